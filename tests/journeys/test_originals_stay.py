"""Originals are never touched unless the person asks, and then they can be had back byte by byte."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.photos import SHARED, holiday

State = dict[str, tuple[str, int, int, dict[str, bytes]]]


def state(folder: Path) -> State:
    """Path -> hash of the bytes, time of change, rights and extended attributes of every file."""
    found: State = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        info = path.stat()
        names = os.listxattr(path) if hasattr(os, "listxattr") else []
        extended = {name: os.getxattr(path, name) for name in names}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(folder))] = (digest, info.st_mtime_ns, info.st_mode, extended)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the library of real photos where it is at hand, else a few of our own; every third marked."""
    there = SHARED / "data" / "library"
    if there.is_dir():
        shutil.copytree(there, tmp_path / "photos")
    else:
        holiday(tmp_path / "photos")
    for number, path in enumerate(
        sorted(each for each in (tmp_path / "photos").rglob("*") if each.is_file())
    ):
        os.utime(path, ns=(10**18 + number, 10**18 + number * 7_777_777))
        if number % 3 == 0 and hasattr(os, "setxattr"):
            os.setxattr(path, "user.note", b"kept")
    return tmp_path / "photos"


def test_looked_at_tagged_written_and_had_back(folder: Path, tmp_path: Path) -> None:
    before = state(folder)
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        library.add_root(folder)
        jobs.run(library.scan())
        jobs.run(library.annotate(limit=40))
        jobs.run(library.index())
        ids = [int(each) for each in library.find("").ids]
        for one in library.reviewing.suggestions(limit=20):
            library.accept(one.tag, [one.photo])
        library.tag("mine", ids)
        library.rate(3, ids[::2])
        jobs.run(library.index())
        assert len(library.find("mine").ids) == len(ids)
        assert state(folder) == before
        for mode in ("file", "sidecar"):
            done = jobs.run(library.exchange.write(ids, mode))
            assert done.files >= len(ids) - done.failed - done.unchanged and done.files
        assert state(folder) != before
        done = jobs.run(library.exchange.restore(ids))
        assert not done.failed
        assert state(folder) == before
    finally:
        library.close()
