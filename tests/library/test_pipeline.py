"""What may happen to files between a scan and the moment when they are decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.annotate.annotator import Annotator, ScoredTag
from photomgr.core.paths import Paths
from photomgr.core.records import Change, Photo, What
from photomgr.library import Library
from tests.photos import plain, sample

FORBIDDEN = "You are not permitted to read this file."


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    plain(folder / "red.png", (200, 30, 20))
    plain(folder / "blue.png", (20, 30, 200))
    return folder


@pytest.fixture
def library(tmp_path: Path, photos: Path) -> Iterator[Library]:
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(photos)
    jobs.run(opened.scan())
    yield opened
    opened.close()


def _photo(library: Library, path: Path) -> Photo:
    found = library.photo_at(path)
    assert found is not None
    return found


def _swap(photos: Path) -> None:
    (photos / "red.png").rename(photos / "x")
    (photos / "blue.png").rename(photos / "red.png")
    (photos / "x").rename(photos / "blue.png")


def test_files_that_changed_places_since_the_scan_wait_for_the_next(library: Library, photos: Path) -> None:
    red, blue = (_photo(library, photos / name) for name in ("red.png", "blue.png"))
    _swap(photos)
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining, done.problems) == (0, 0, 2, ())
    assert jobs.run(library.make_thumbnails()) == 0
    assert library.thumbnail(red.id) is None
    waiting = library.waiting()
    assert (waiting.annotate, waiting.thumbnails, library.counts().unreadable) == (2, 2, 0)
    jobs.run(library.scan())
    assert _photo(library, photos / "blue.png").id == red.id
    assert jobs.run(library.annotate()).annotated == 2
    assert library.thumbnail(red.id) != library.thumbnail(blue.id)


def test_a_photo_that_was_replaced_since_the_scan_shows_nothing_wrong(library: Library, photos: Path) -> None:
    red = _photo(library, photos / "red.png")
    plain(photos / "red.png", (90, 140, 20))
    assert library.thumbnail(red.id) is None
    assert jobs.run(library.make_thumbnails()) == 1
    assert jobs.run(library.scan()).changed == 1
    assert library.thumbnail(red.id) is not None
    assert library.counts().unreadable == 0


def _forbid(monkeypatch: pytest.MonkeyPatch, path: Path, *, folder_too: bool = False) -> None:
    """Tests may run as root, whom permissions do not stop, so the refusal itself is made here."""
    real_open, real_stat = os.open, os.stat

    def open_file(name: str | bytes, *rest: int, **more: int) -> int:
        if os.fsdecode(name) == str(path):
            raise PermissionError(13, "Permission denied")
        return real_open(name, *rest, **more)

    def stat_file(name: str | bytes | int, **more: bool) -> os.stat_result:
        if folder_too and not isinstance(name, int) and os.fsdecode(name) == str(path):
            raise PermissionError(13, "Permission denied")
        return real_stat(name, **more)

    monkeypatch.setattr(os, "open", open_file)
    monkeypatch.setattr(os, "stat", stat_file)


def test_a_file_that_was_forbidden_is_tried_again_after_a_scan(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photos / "red.png"
    _forbid(monkeypatch, path)
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining) == (1, 1, 0)
    assert done.problems == ((str(path), FORBIDDEN),)
    assert _photo(library, path).problem == FORBIDDEN
    assert library.thumbnail(_photo(library, path).id) is None
    jobs.run(library.scan())
    heard: list[Change] = []
    library.subscribe(heard.append)
    jobs.run(library.scan())
    assert _photo(library, path).problem == FORBIDDEN
    assert not heard, "what was known is no news"
    monkeypatch.undo()
    jobs.run(library.scan())
    assert _photo(library, path).problem is None
    assert any(What.METADATA in change.what for change in heard)
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.problems) == (1, 0, ())
    assert library.thumbnail(_photo(library, path).id) is not None


def test_a_folder_that_may_not_be_entered_stops_no_annotation(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid(monkeypatch, photos / "red.png", folder_too=True)
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining) == (1, 1, 1)
    assert done.problems == ((str(photos / "red.png"), FORBIDDEN),)
    assert jobs.run(library.make_thumbnails()) == 0


def test_a_damaged_photo_that_is_written_again_is_annotated(library: Library, photos: Path) -> None:
    whole = sample("chelsea", photos / "cat.jpg").read_bytes()
    path = photos / "cat.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    jobs.run(library.scan())
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed) == (2, 1)
    assert _photo(library, path).problem is not None
    jobs.run(library.scan())
    assert _photo(library, path).problem is not None, "the picture itself is damaged: no scan mends that"
    path.write_bytes(whole)
    jobs.run(library.scan())
    assert jobs.run(library.annotate()).annotated == 1
    assert "cat" in [each.tag for each in library.suggested([_photo(library, path).id])]


def test_what_the_person_refused_is_not_built_upon(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sample("chelsea", photos / "cat.jpg")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    cat = _photo(library, path).id
    assert "cat" in {each.tag for each in library.suggested([cat])}
    library.reject("CAT", [cat])
    told = []
    real = Annotator.suggestions

    def listen(self: Annotator, scores: np.ndarray, **wishes: frozenset[str]) -> list[ScoredTag]:
        told.append(wishes.get("rejected", frozenset()))
        return real(self, scores, **wishes)  # type: ignore[arg-type]

    monkeypatch.setattr(Annotator, "suggestions", listen)
    assert jobs.run(library.annotate(again=True)).annotated == 3
    assert [each for each in told if each] == [frozenset({"cat"})]
    assert "cat" not in {each.tag for each in library.suggested([cat])}
    library.undo()
    assert "cat" in {each.tag for each in library.suggested([cat])}
