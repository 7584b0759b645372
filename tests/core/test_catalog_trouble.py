"""Damage, full disks and half-done restores: a sentence each time, and nothing lost."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from photomgr.core.catalog import Catalog, explain
from photomgr.core.errors import CatalogError
from photomgr.core.paths import Paths
from photomgr.core.records import FileBatch, Metadata
from photomgr.library import Library, backups

from .catalog_kit import fact, fill, judge


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths.under(tmp_path / "base")
    made.make()
    return made


@pytest.fixture
def catalog(paths: Paths):
    opened = Catalog(paths.catalog, pen=paths.pen)
    yield opened
    opened.close()


def test_a_damaged_page_is_named_and_found_by_the_doctor(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 500)
    judge(catalog, "tag", "x", ids)
    catalog.close()
    with sqlite3.connect(catalog.path) as raw:
        page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'decisions'").fetchone()[0]
        size = raw.execute("PRAGMA page_size").fetchone()[0]
    raw.close()
    with catalog.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    damaged = Catalog(catalog.path)
    try:
        assert damaged.lists.faults()
        with pytest.raises(sqlite3.DatabaseError) as seen:
            damaged.lists.decided(ids)
        assert "restore" in str(explain(seen.value))
    finally:
        damaged.close()
    assert explain(sqlite3.IntegrityError("ours")) is None
    assert explain(ValueError()) is None


def test_a_missing_catalog_with_backups_is_not_replaced_by_an_empty_one(
    catalog: Catalog, paths: Paths, tmp_path: Path
) -> None:
    fill(catalog, tmp_path / "p", 1)
    backups.make(catalog, paths.backups)
    catalog.close()
    for lose in (lambda: os.unlink(paths.catalog), lambda: paths.catalog.write_bytes(b"")):
        lose()
        with pytest.raises(CatalogError, match="restore"):
            Library.open(paths)
    assert backups.restore(paths, paths.backups) is not None
    library = Library.open(paths)
    assert library.counts().photos == 1
    library.close()


def test_a_backup_of_nothing_is_not_made(catalog: Catalog, paths: Paths, tmp_path: Path) -> None:
    assert backups.daily(catalog, paths.backups, 3) is None
    fill(catalog, tmp_path / "p", 1)
    left = paths.backups / "catalog-1.part"
    paths.backups.mkdir()
    left.touch()
    assert backups.daily(catalog, paths.backups, 3) is not None
    assert not left.exists()


@pytest.mark.parametrize("stop", [1, 2])
def test_a_restore_that_is_killed_leaves_the_old_or_the_new_catalog(
    catalog: Catalog, paths: Paths, tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    made = backups.make(catalog, paths.backups)
    judge(catalog, "tag", "later", ids)
    # As after kill -9: what was decided last lies in the journal alone.
    kept_journal = Path(f"{paths.catalog}-wal").read_bytes()
    before = paths.catalog.read_bytes()
    catalog.close()
    paths.catalog.write_bytes(before)
    Path(f"{paths.catalog}-wal").write_bytes(kept_journal)
    calls = 0

    class Killed(BaseException):
        pass

    def die(source: object, target: object) -> None:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise Killed
        real(source, target)

    real = os.replace
    monkeypatch.setattr(os, "replace", die)
    if stop == 1:
        with pytest.raises(Killed):
            backups.restore(paths, made)
    else:
        backups.restore(paths, made)
    monkeypatch.undo()
    again = Catalog(paths.catalog, pen=paths.pen)
    assert again.lists.decided(ids) == ({"later": 1} if stop == 1 else {})
    again.close()
    if stop == 2:
        old = Catalog(next(paths.data.glob("before-restore-*.db")), pen=tmp_path / "pen")
        assert old.lists.decided(ids) == {"later": 1}
        old.close()


def test_what_the_person_confirms_outlives_the_file(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    said = Metadata(keywords=("beach",), rating=3, label="red")
    photo = fill(catalog, folder, 1, said)[0]
    judge(catalog, "accept", "beach", [photo])
    catalog.verdicts.rate(3, [photo], str)
    catalog.verdicts.label("red", [photo], str)
    catalog.files.write(FileBatch(1, changed=[(photo, fact(folder, "0.jpg", 9))]))
    row = catalog.lists.photos([photo])[0]
    assert (catalog.lists.decided([photo]), row.rating, row.label) == ({"beach": 1}, 3, "red")


def test_undo_falls_back_on_what_the_file_says_now(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    photo = fill(catalog, folder, 1, Metadata(keywords=("cat",)))[0]

    def file_says(*keywords: str) -> None:
        catalog.files.write(
            FileBatch(1, changed=[(photo, fact(folder, "0.jpg", 9, Metadata(keywords=keywords)))])
        )

    judge(catalog, "untag", "cat", [photo])
    file_says()
    catalog.verdicts.undo()
    assert catalog.lists.decided([photo]) == {}
    judge(catalog, "tag", "dog", [photo])
    file_says("dog")
    catalog.verdicts.undo()
    assert catalog.lists.decided([photo]) == {"dog": 1}
    catalog.verdicts.redo()
    judge(catalog, "untag", "dog", [photo])
    file_says("dog")
    assert catalog.lists.decided([photo]) == {}
