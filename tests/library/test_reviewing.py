"""The review of a real library: what waits, in which order, what belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.cluster_names import Cluster, date_and_number, tell_apart
from photomgr.library.reviewing import Order
from tests.photos import sample


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of real photos, some of them twice, in an annotated library."""
    base = tmp_path_factory.mktemp("reviewing")
    folder = base / "photos"
    for place, name in enumerate(("chelsea", "coffee", "rocket", "astronaut")):
        whole = Image.open(sample(name, folder / f"{name}.jpg"))
        side = min(whole.size) - 40
        for n in range(4):
            part = whole.crop((n * 12, n * 8, n * 12 + side, n * 8 + side))
            exif = Image.Exif()
            exif.get_ifd(0x8769)[0x9003] = f"2024:06:{10 + place:02} 12:0{n}:00"
            part.save(folder / f"{name}{n}.jpg", exif=exif)
        whole.resize((whole.width // 2, whole.height // 2)).save(folder / f"{name}-small.jpg")
    library = Library.open(Paths.under(base / "base"))
    library.add_root(folder)
    jobs.run(library.scan())
    jobs.run(library.annotate())
    library.close()
    return base


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of it, to be changed; the thumbnails are shared."""
    paths = Paths.under(tmp_path / "base")
    paths.make()
    paths.catalog.write_bytes((original / "base" / "data" / "catalog.db").read_bytes())
    paths.thumbnails.rmdir() if paths.thumbnails.exists() else None
    paths.thumbnails.symlink_to(Paths.under(original / "base").thumbnails, target_is_directory=True)
    opened = Library.open(paths)
    jobs.run(opened.index())
    yield opened
    opened.close()


def test_tags_that_wait_are_counted_as_the_queue_counts(library: Library) -> None:
    waiting = {each.tag: each for each in library.reviewing.tags()}
    cats = library.reviewing.suggestions("cat")
    assert waiting["cat"].waiting == len(cats) > 0
    assert waiting["cat"].sure == sum(each.band == "sure" for each in cats)
    counts = [each.waiting for each in library.reviewing.tags()]
    assert counts == sorted(counts, reverse=True)


def test_a_wall_shows_what_waits_and_forgets_what_is_decided(library: Library) -> None:
    wall = library.reviewing.wall("CAT")
    assert wall.photos.tolist() == [each.photo for each in library.reviewing.suggestions("cat")]
    assert (np.diff(wall.scores) <= 0).all()
    assert 0 < wall.needed <= len(wall.photos)
    library.accept("cat", wall.photos[:2].tolist())
    after = library.reviewing.wall("cat")
    assert after.photos.tolist() == wall.photos[2:].tolist()
    assert (after.proposed.accepted, after.proposed.rejected) == (2, 0)
    assert len(library.reviewing.wall("no such tag").photos) == 0


def test_decisions_are_counted_by_what_was_foretold(library: Library) -> None:
    ids = library.reviewing.wall("cat").photos.tolist()
    library.accept("cat", ids[:3])
    library.reject("cat", ids[3:4])
    jobs.run(library.learn())
    proposed = library.reviewing.wall("cat").proposed
    assert (proposed.foretold.sum(), proposed.foretold_right.sum()) == (4, 3)
    assert (proposed.foretold >= proposed.foretold_right).all()


@pytest.mark.parametrize("order", list(Order))
def test_every_order_shows_the_same_photos(library: Library, order: Order) -> None:
    best = library.reviewing.wall("cat")
    wall = library.reviewing.wall("cat", order)
    assert sorted(wall.photos.tolist()) == sorted(best.photos.tolist())
    assert dict(zip(wall.photos.tolist(), wall.scores.tolist(), strict=True)) == dict(
        zip(best.photos.tolist(), best.scores.tolist(), strict=True)
    )
    photos = library.reviewing.photos(order).tolist()
    assert sorted(photos) == sorted({each.photo for each in library.reviewing.suggestions()})
    several = library.reviewing.suggestions(order=order, limit=5)
    assert len(several) == 5
    everything = library.reviewing.suggestions(order=order)
    assert {(each.photo, each.tag) for each in everything} == {
        (each.photo, each.tag) for each in library.reviewing.suggestions()
    }


def test_dates_and_folders_give_their_order(library: Library) -> None:
    newest = library.photos(library.reviewing.photos(Order.DATE).tolist())
    taken = [each.metadata.taken for each in newest]
    assert taken == sorted(taken, key=lambda each: each or "", reverse=True)
    names = [each.name for each in library.photos(library.reviewing.photos(Order.FOLDER).tolist())]
    assert names == sorted(names)


def test_shots_of_one_scene_are_together(library: Library) -> None:
    ids = [int(each) for each in library.find("").ids]
    names = {each.id: each.display_name for each in library.photos(ids)}
    found = jobs.run(library.reviewing.groups(ids))
    assert sorted(photo for each in found for photo in each.photos.tolist()) == sorted(ids)
    of = {names[photo]: number for number, each in enumerate(found) for photo in each.photos.tolist()}
    for name in ("chelsea", "coffee", "rocket", "astronaut"):
        assert len({of[f"{name}{n}.jpg"] for n in range(4)}) == 1
        assert of[f"{name}.jpg"] == of[f"{name}-small.jpg"]
    assert of["chelsea0.jpg"] != of["rocket0.jpg"]
    again = jobs.run(library.reviewing.groups(ids))
    assert [each.photos.tolist() for each in again] == [each.photos.tolist() for each in found]


def test_clusters_hold_every_photo_once_and_have_names(library: Library) -> None:
    clusters = jobs.run(library.reviewing.clusters())
    ids = [photo for each in clusters for photo in each.photos.tolist()]
    assert sorted(ids) == sorted(int(each) for each in library.find("").ids)
    assert all(each.tags for each in clusters)
    assert any("cat" in each.tags for each in clusters)
    called = [(frozenset(each.tags), each.when, each.number) for each in clusters]
    assert len(set(called)) == len(called)


def test_no_two_clusters_are_called_the_same() -> None:
    ids = np.zeros(0, np.int64)
    names = [("indoor", "outdoor"), ("outdoor", "indoor"), ("cat",), ("cat",), ("cat",), ("dog",)]
    clusters = [Cluster(tags, ids) for tags in names]
    more = [["indoor", "food"], ["outdoor", "food", "music"], ["cat"], ["cat"], ["cat"], ["dog", "grass"]]
    found = tell_apart(clusters, more)
    assert found[0].tags == ("indoor", "outdoor")  # nothing parts it, but the other one is called otherwise
    assert found[1].tags == ("outdoor", "indoor", "music")
    june, july = 1_560_000_000.0, 1_563_000_000.0
    times = [
        np.full(3, june),
        np.full(3, june),
        np.full(9, june),
        np.full(9, july),
        np.full(9, july),
        np.full(3, june),
    ]
    found = date_and_number(found, times)
    assert found[0].when is None and found[5].when is None
    assert [(each.when, each.number) for each in found[2:5]] == [
        ((june, june), 1), ((july, july), 1), ((july, july), 2)
    ]  # fmt: skip
    unknown = date_and_number([Cluster((), ids), Cluster((), ids)], [np.full(2, np.nan)] * 2)
    assert [(each.when, each.number) for each in unknown] == [(None, 1), (None, 2)]
