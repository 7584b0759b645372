"""Alike photos of a real library: similar ones, pictures from outside, duplicates, scores."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.looks import Spare
from tests.photos import sample

_NAMES = ("chelsea", "coffee", "rocket", "astronaut")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Four photos; of the cat a copy, a small one, and a blurred burst."""
    base = tmp_path_factory.mktemp("looks")
    folder = base / "photos"
    for name in _NAMES:
        sample(name, folder / f"{name}.jpg")
    shutil.copy(folder / "coffee.jpg", folder / "coffee copy.jpg")
    rocket = Image.open(folder / "rocket.jpg")
    rocket.resize((rocket.width // 2, rocket.height // 2)).save(folder / "rocket small.png")
    cat = Image.open(folder / "chelsea.jpg")
    for n in range(3):
        part = cat.crop((30 * n, 20 * n, cat.width - 60 + 30 * n, cat.height - 40 + 20 * n))
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"2024:06:10 12:00:0{n}"
        (part if n == 1 else part.filter(ImageFilter.GaussianBlur(2))).save(
            folder / f"burst{n}.jpg", exif=exif
        )
    opened = Library.open(Paths.under(base / "base"))
    opened.add_root(folder)
    jobs.run(opened.scan())
    jobs.run(opened.annotate())
    jobs.run(opened.index())
    yield opened
    opened.close()


def _names(library: Library, ids: object) -> list[str]:
    return [photo.display_name for photo in library.photos(ids)]  # type: ignore[arg-type]


def _id(library: Library, name: str) -> int:
    return int(library.find(f'name:"{name}"').ids[0])


def test_similar_begins_with_itself_and_what_is_nearest(library: Library) -> None:
    found = library.looks.similar(_id(library, "burst1.jpg"), spread=False)
    names = _names(library, found.ids.tolist())
    assert names[0] == "burst1.jpg"
    assert set(names[1:4]) <= {"burst0.jpg", "burst2.jpg", "chelsea.jpg"}
    assert (found.scores[:-1] >= found.scores[1:]).all()
    assert not len(library.looks.similar(999_999).ids)


def test_a_picture_from_outside(library: Library, tmp_path: Path) -> None:
    picture = Image.open(sample("coffee", tmp_path / "x.jpg")).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture.save(tmp_path / "mirrored.png")
    names = _names(library, library.looks.similar_to_file(tmp_path / "mirrored.png").ids.tolist())
    assert names[0].startswith("coffee")


def test_similar_in_a_search(library: Library) -> None:
    cat = _id(library, "chelsea.jpg")
    found = library.find(f"similar:{cat}")
    assert found.ids[0] == cat
    assert library.find(f"similar:{cat}", visual=True).hint == "These look like chelsea.jpg."
    either = library.find(f"similar:{cat} OR name:rocket*")
    assert set(either.ids.tolist()) >= {_id(library, "rocket.jpg"), *found.ids.tolist()}
    assert either.visual_from is None
    narrowed = library.find(f"similar:{cat} name:burst*")
    assert {"burst0.jpg", "burst1.jpg", "burst2.jpg"} == set(_names(library, narrowed.ids.tolist()))
    (why,) = library.why(f"similar:{cat}", int(found.ids[1]))
    assert why.startswith("looks: ")
    assert why.endswith("like chelsea.jpg")
    assert library.find("similar:999999").hint


def test_duplicates_with_the_best_one_first(library: Library) -> None:
    groups = jobs.run(library.looks.duplicates())
    by_kind = {each.kind: each for each in groups}
    assert set(_names(library, by_kind["exact"].photos)) == {"coffee.jpg", "coffee copy.jpg"}
    assert _names(library, by_kind["near"].photos) == ["rocket.jpg", "rocket small.png"]
    burst = _names(library, by_kind["burst"].photos)
    assert {"burst0.jpg", "burst1.jpg", "burst2.jpg"} <= set(burst)
    assert burst[0] in ("burst1.jpg", "chelsea.jpg")
    every = {photo for each in groups for photo in each.photos}
    assert every == set(library.find("is:duplicate").ids.tolist())
    assert "duplicate: exact" in library.why("is:duplicate", _id(library, "coffee.jpg"))
    shown = library.find("is:duplicate", visual=True)
    assert [kind for _, kind in shown.sections] == [each.kind for each in groups]
    assert shown.ids.tolist() == [photo for each in groups for photo in each.photos]
    assert len(library.find("-is:duplicate").ids) == library.counts().photos - len(every)


def test_what_is_spare_has_a_better_one_on_the_disk_now(library: Library) -> None:
    groups = {each.kind: each for each in jobs.run(library.looks.duplicates())}
    exact, near = groups["exact"], groups["near"]
    spare = jobs.run(library.looks.spare([exact, near]))
    assert spare == Spare((exact.photos[1], near.photos[1]), 2, 0)
    best = library.photo(exact.best).path  # type: ignore[union-attr]
    data = best.read_bytes()
    try:
        best.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert jobs.run(library.looks.spare([exact])) == Spare((), 0, 1), "not the same to the last byte"
        best.unlink()
        assert jobs.run(library.looks.spare([exact, near])) == Spare((near.photos[1],), 1, 1)
        os.link(library.photo(exact.photos[1]).path, best)  # type: ignore[union-attr]
        assert jobs.run(library.looks.spare([exact])) == Spare((), 0, 1), "one file under two names"
    finally:
        best.unlink(missing_ok=True)
        best.write_bytes(data)


def test_scores_follow_what_is_decided(library: Library) -> None:
    cat = _id(library, "chelsea.jpg")
    score = next(each.score for each in library.suggested([cat]) if each.tag == "cat")
    assert cat in library.find(f"maybe:cat conf:>={score - 0.01:.3f}").ids
    assert cat not in library.find(f"maybe:cat conf:<{score - 0.01:.3f}").ids
    surest = max(each.score for each in library.suggested([cat]))
    assert cat in library.find(f"conf:>={surest - 0.01:.3f}").ids
    for each in library.suggested([cat]):
        library.reject(each.tag, [cat])
    assert cat not in library.find("conf:>0").ids
    while library.suggested([cat]) == []:
        library.undo()
    assert cat in library.find("conf:>0").ids


def test_new_photos_are_known_at_once(library: Library, tmp_path: Path) -> None:
    before = len(library.looks.similar(_id(library, "coffee.jpg")).ids)
    root = library.roots()[0].path
    Image.open(root / "coffee.jpg").rotate(3).save(root / "turned.jpg")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    found = library.looks.similar(_id(library, "coffee.jpg"))
    assert len(found.ids) > before
    assert "turned.jpg" in _names(library, found.ids.tolist())
