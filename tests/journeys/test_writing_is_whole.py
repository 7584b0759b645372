"""kill -9 and a full disk at random points of a bulk write: every file is wholly old or wholly new."""

from __future__ import annotations

import errno
import os
import random
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from photomgr import jobs
from photomgr.core.errors import PhotomgrError
from photomgr.core.images import decode
from photomgr.core.paths import Paths
from photomgr.core.xmp import writer
from photomgr.library import Library

from ..library.exchange_kit import has_foreign, photo, places

_PHOTOS = 8
_POINTS = 100


def _library(tmp_path: Path) -> list[Path]:
    paths = [
        photo(tmp_path / "photos" / f"{number}.jpg", "file", ["foreign"], seed=number)
        for number in range(_PHOTOS)
    ]
    library = Library.open(Paths.under(tmp_path / "base"))
    library.add_root(tmp_path / "photos")
    jobs.run(library.scan())
    library.close()
    return paths


def _ids(library: Library, paths: list[Path]) -> list[int]:
    return [found.id for path in paths if (found := library.photo_at(path)) is not None]


def _bulk(base: Path, paths: list[Path], word: str, mode: str) -> None:
    library = Library.open(Paths.under(base))
    try:
        numbers = _ids(library, paths)
        library.tag(word, numbers)
        jobs.run(library.exchange.write(numbers, mode))
    finally:
        library.close()


def _check(paths: list[Path], pixels: list[bytes], words: set[str], mode: str) -> None:
    """Every file can be read, has its picture and its foreign fields, and says the same in all its fields."""
    for path, picture in zip(paths, pixels, strict=True):
        assert decode(path).tobytes() == picture
        assert has_foreign(path)
        for said in places(path).values():
            lists = {name: set(kept) for name, kept in said.keywords.items()}
            assert all(kept <= words | {"foreign"} for kept in lists.values())
            ours = [kept - {"foreign"} for name, kept in lists.items() if name != "microsoft"]
            assert all(each == ours[0] for each in ours), lists


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system knows no fork")
def test_killed_at_random_points(tmp_path: Path) -> None:
    paths = _library(tmp_path)
    pixels = [decode(path).tobytes() for path in paths]
    dice = random.Random(7)
    started = time.monotonic()
    _bulk(tmp_path / "base", paths, "w", "file")
    usual = time.monotonic() - started
    words = {"w"}
    for point in range(_POINTS):
        word, mode = f"w{point % 5}", ("file", "sidecar")[point // 5 % 2]
        words.add(word)
        child = os.fork()
        if child == 0:
            _bulk(tmp_path / "base", paths, word, mode)
            os._exit(0)
        time.sleep(dice.uniform(0, usual * 1.2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _check(paths, pixels, words, mode)
        if point % 10 == 9:
            _undecide(tmp_path / "base", paths, words)
    _settles(tmp_path, paths, words)


def _undecide(base: Path, paths: list[Path], words: set[str]) -> None:
    """Nothing was lost or came back by the kills; take some off, so that the next rounds write again."""
    library = Library.open(Paths.under(base))
    try:
        jobs.run(library.scan())
        numbers = _ids(library, paths)
        assert set(library.decided(numbers)) <= words | {"foreign"}
        assert library.decided(numbers)["foreign"] == len(paths)
        assert not library.exchange.conflicts()
        for word in words - {"w"}:
            library.untag(word, numbers)
    finally:
        library.close()


def _settles(tmp_path: Path, paths: list[Path], words: set[str]) -> None:
    """After all that, one quiet write brings every file to what stands, and restore is still possible."""
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        numbers = _ids(library, paths)
        done = jobs.run(library.exchange.write(numbers, "file"))
        assert not done.problems
        for path, number in zip(paths, numbers, strict=True):
            stands = {each.tag for each in library.decided_of(number)}
            assert "foreign" in stands and "w" in stands
            assert set(places(path)[b""].keywords["subject"]) == stands
    finally:
        library.close()


def test_a_full_disk_at_every_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = _library(tmp_path)
    pixels = [decode(path).tobytes() for path in paths]
    dice = random.Random(3)
    state = SimpleNamespace(left=0)

    def failing(name: str):  # type: ignore[no-untyped-def]
        real = getattr(os, name)

        def call(*arguments, **options):  # type: ignore[no-untyped-def]
            state.left -= 1
            if state.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        return call

    full = {name: failing(name) for name in ("fsync", "replace", "open", "utime")}
    disk = SimpleNamespace(
        **{name: getattr(os, name) for name in dir(os) if not name.startswith("__")} | full
    )
    words = set()
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        numbers = _ids(library, paths)
        for point in range(_POINTS):
            word = f"w{point}"
            words.add(word)
            library.tag(word, numbers)
            state.left = dice.randrange(_PHOTOS * 4)
            with monkeypatch.context() as patch:
                patch.setattr(writer, "os", disk)
                try:
                    done = jobs.run(library.exchange.write(numbers, "file"))
                    assert done.photos + done.failed + done.unchanged >= len(paths) or done.problems
                except PhotomgrError:
                    pass
            if point % 10 == 9:
                _check(paths, pixels, words, "file")
            library.untag(word, numbers)
        jobs.run(library.scan())
        assert not library.exchange.conflicts()
        assert not jobs.run(library.exchange.write(numbers, "file")).problems
        assert set(places(paths[0])[b""].keywords["subject"]) == {"foreign"}
        assert not [name for name in os.listdir(paths[0].parent) if name.startswith(".")]
    finally:
        library.close()
