"""Doubtful and missing tags of a real catalog, whose photos carry made embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr import jobs
from photomgr.annotate import neighbours
from photomgr.annotate.annotator import Annotator
from photomgr.core.paths import Paths
from photomgr.library import Library, refinement
from photomgr.library.refinement import Checked, Doubt
from tests.photos import plain

_EACH = 20


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Twenty photos of the sea and twenty of a wood; the network says so, too."""
    rows = np.repeat(np.eye(2, 512), _EACH, axis=0)
    rows += 0.01 * np.random.default_rng(1).normal(size=rows.shape)
    says = {"sea": np.full(2 * _EACH, 0.02), "forest": np.full(2 * _EACH, 0.02)}
    says["sea"][:_EACH] = says["forest"][_EACH:] = 0.9
    opened = _seen(tmp_path, rows, says)
    yield opened
    opened.close()


def _seen(folder: Path, rows: NDArray[np.float64], says: dict[str, NDArray[np.float64]]) -> Library:
    """A library of photos with these embeddings, of which the network says ``says``."""
    for n in range(len(rows)):
        plain(folder / "photos" / f"{n:03}.png", (n, 90, 200), (64, 48))
    opened = Library.open(Paths.under(folder / "base"))
    opened.add_root(folder / "photos")
    jobs.run(opened.scan())
    annotator = opened.annotator()
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    scores = np.zeros((len(rows), len(annotator.labels)), np.float16)
    for tag, said in says.items():
        scores[:, annotator.labels.index(tag)] = said
    opened.catalog.annotations.write(
        annotator.model_hash,
        [(photo, b"", unit[n].tobytes(), scores[n].tobytes(), ()) for n, photo in enumerate(_ids(opened))],
    )
    return opened


def _ids(library: Library) -> list[int]:
    return sorted(photo for photo, _, _ in library.catalog.lists.without_problem())


def _wrong(library: Library) -> list[Doubt]:
    return list(jobs.run(library.refinement.check()).wrong)


def _missing(library: Library) -> list[Doubt]:
    return list(jobs.run(library.refinement.check()).missing)


def _as_files(library: Library, tag: str, ids: list[int]) -> None:
    """Tags as a scan takes them from files."""
    library.tag(tag, ids)
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE decisions SET source = 'file'")


def test_a_tag_that_does_not_fit_is_doubted_and_one_that_lacks_is_missed(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    _as_files(library, "holiday", ids[:1])
    (wrong,) = _wrong(library)
    assert (wrong.photo, wrong.tag) == (ids[-1], "sea")
    assert wrong.score > 0.75 and wrong.why
    assert (ids[0], "sea") in [(one.photo, one.tag) for one in _missing(library)]


def test_a_tag_is_missed_where_the_network_or_half_of_the_look_alikes_vouch_for_it() -> None:
    has = np.array([[True], [True], [False], [False]])
    places = np.array([[1, 2], [0, 2], [0, 3], [3, 3]])
    network = np.array([[np.nan], [0.02], [0.02], [0.02]])
    assert refinement._vouched(network, has, places).ravel().tolist() == [True, True, True, False]
    assert refinement._vouched(network + 0.4, has, places).ravel().tolist() == [True, True, True, True]


def test_what_the_person_decided_is_not_doubted(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "sea", ids[:_EACH])
    library.tag("sea", [ids[-1]])
    assert _wrong(library) == []


def test_findings_follow_new_decisions(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    assert len(_wrong(library)) == 1
    library.reject("sea", [ids[-1]])
    assert _wrong(library) == []
    _as_files(library, "sea", [ids[-1]])
    assert len(_wrong(library)) == 1


def test_what_somebody_decided_on_since_stands_no_more(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    _as_files(library, "holiday", ids[:1])
    checked = jobs.run(library.refinement.check())
    found = [*checked.wrong, *checked.missing]
    both = {(ids[-1], "sea"), (ids[0], "sea")}
    assert both <= library.refinement.standing(found)
    library.judge([(ids[-1], "Sea", True), (ids[0], "sea", False)])
    assert not both & library.refinement.standing(found)


def test_an_untagged_library_has_nothing_to_say(library: Library) -> None:
    assert _wrong(library) == _missing(library) == []
    assert jobs.run(library.refinement.check()) == Checked()


def test_what_was_accepted_by_itself_came_with_no_file(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE decisions SET source = 'model' WHERE photo = ?", (ids[-1],))
    assert _wrong(library) == []


def test_the_network_speaks_of_a_renamed_tag_as_before(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    (before,), missing = _wrong(library), _missing(library)
    library.housekeeping.rename("sea", "die See")
    (after,) = _wrong(library)
    assert after == replace(before, tag="die See")
    assert _missing(library) == [
        replace(one, tag="die See" if one.tag == "sea" else one.tag) for one in missing
    ]


def test_tags_with_few_photos_in_every_part_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten things, on four photos of each part: three say so."""
    monkeypatch.setattr(refinement, "_TOGETHER", 40)
    names = ("beard", "costume", "landscape", "rain", "fog", "snow", "ice", "shadow", "sun", "waterfall")
    shows = np.arange(80) % 10
    rows = np.eye(10, 512)[shows] + 0.01 * np.random.default_rng(2).normal(size=(80, 512))
    library = _seen(tmp_path, rows, {name: np.where(shows == n, 0.97, 0.01) for n, name in enumerate(names)})
    ids = np.array(_ids(library))
    said = np.arange(80) % 40 < 30
    for part in np.split(ids[~said], 5):
        _as_files(library, f"too rare {part[0]}", part.tolist())
    for n, name in enumerate(names):
        _as_files(library, name, ids[said & (shows == n)].tolist())
    checked = jobs.run(library.refinement.check())
    assert (checked.photos, checked.tags, checked.waiting) == (80, 10, 0)
    found = {(one.photo, one.tag) for one in _missing(library)}
    assert found == {(int(ids[n]), names[shows[n]]) for n in np.flatnonzero(~said)}
    library.close()


def test_the_last_photos_are_looked_at_like_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refinement, "_TOGETHER", 20)
    sea = np.arange(61) % 2 == 0
    rows = np.eye(2, 512)[sea.astype(int)] + 0.01 * np.random.default_rng(2).normal(size=(61, 512))
    says = {"sea": np.where(sea, 0.9, 0.02), "forest": np.where(sea, 0.02, 0.9)}
    library = _seen(tmp_path, rows, says)
    ids = _ids(library)
    _as_files(library, "sea", ids[::2])
    _as_files(library, "forest", [*ids[1::2], ids[-1]])
    assert [(one.photo, one.tag) for one in _wrong(library)] == [(ids[-1], "forest")]
    library.close()


def test_the_last_tags_are_looked_at_like_the_first(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refinement, "_TAGS", 1)
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    assert [(one.photo, one.tag) for one in _wrong(library)] == [(ids[-1], "sea")]


def test_scattered_tags_that_nobody_knows_are_not_missing_everywhere(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    looks = np.arange(120) % 12
    rows = np.eye(12, 64)[looks] + 0.15 * dice.normal(size=(120, 64))
    library = _seen(tmp_path, np.pad(rows, ((0, 0), (0, 512 - 64))), {})
    ids = np.array(_ids(library))
    for look in range(12):
        _as_files(library, f"look {look}", ids[(looks == look) & (dice.random(120) < 0.8)].tolist())
    for tag in ("mine", "yours"):
        _as_files(library, tag, dice.choice(ids, 5, replace=False).tolist())
    missing = [one.tag for one in _missing(library)]
    assert missing.count("mine") <= 45 and missing.count("yours") <= 45
    library.close()


@pytest.mark.parametrize("own", [True, False])
def test_photos_are_compared_about_their_middle_where_another_network_embeds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    """All photos of some networks look alike as they are: what they share tells nothing."""
    rows = np.repeat(np.eye(2, 512), _EACH, axis=0) + 4 * np.eye(1, 512, 7)
    library = _seen(tmp_path, rows, {"sea": np.repeat([0.9, 0.02], _EACH)})
    _as_files(library, "sea", _ids(library)[:_EACH])
    _as_files(library, "forest", _ids(library)[_EACH:])
    compared: list[NDArray[np.float32]] = []
    nearest = neighbours.nearest

    def watched(rows: NDArray[np.float32], *more: object, **by_name: object) -> object:
        compared.append(rows)
        return nearest(rows, *more, **by_name)  # type: ignore[arg-type]

    monkeypatch.setattr(neighbours, "nearest", watched)
    if not own:
        monkeypatch.setattr(Annotator, "embedded_by", property(lambda _: "another network"))
    jobs.run(library.refinement.check())
    apart = float(compared[0][0] @ compared[0][-1])
    assert apart == pytest.approx(16 / 17, abs=0.01) if own else apart < -0.9
    library.close()
