"""Roots, folders and photos as the scanner writes them."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from photomgr.core.catalog import Catalog
from photomgr.core.errors import CatalogBusy, CatalogError, ReadOnly, UsageError
from photomgr.core.records import FileBatch, FileStamp, Metadata, Presence, Source

from .catalog_kit import fact, fill, judge


@pytest.fixture
def catalog(tmp_path: Path):
    opened = Catalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


def test_every_file_name_survives(catalog: Catalog, tmp_path: Path) -> None:
    names = [b"\xff\xfe.jpg", "naïve 😀.jpg".encode(), b"a\nb.jpg", b"' OR 1=1.jpg", b"-rf.jpg"]
    catalog.files.add_root(tmp_path)
    root = catalog.files.roots()[0]
    change = catalog.files.write(FileBatch(root.id, new=[fact(tmp_path, name) for name in names]))
    photos = catalog.lists.photos(sorted(change.photos))
    assert [photo.name for photo in photos] == names
    assert [os.fsencode(photo.path) for photo in photos] == [os.fsencode(tmp_path) + b"/" + n for n in names]
    assert set(catalog.files.known(root.id)[os.fsencode(tmp_path)]) == set(names)


def test_lone_surrogates_in_metadata_are_kept_as_text(catalog: Catalog, tmp_path: Path) -> None:
    said = Metadata(camera="Cam\udce9ra", keywords=("ok", "bad\x00one", "half\ud800"))
    photo = fill(catalog, tmp_path / "p", 1, said)[0]
    assert catalog.lists.photos([photo])[0].metadata.camera == "Cam\ufffdra"
    assert "ok" in catalog.lists.decided([photo])
    assert not any("\x00" in tag for tag in catalog.lists.decided([photo]))


def test_keywords_of_a_file_follow_the_file_until_the_person_decides(
    catalog: Catalog, tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    said = Metadata(keywords=("beach", "Dog", "night"), rating=4, label="red")
    photo = fill(catalog, folder, 1, said)[0]
    assert {each.tag: each.source for each in catalog.lists.decided_of(photo)} == {
        "beach": Source.FILE, "Dog": Source.FILE, "night": Source.FILE,
    }  # fmt: skip
    judge(catalog, "reject", "dog", [photo])
    judge(catalog, "untag", "night", [photo])
    catalog.verdicts.rate(1, [photo], str)
    root = catalog.files.roots()[0].id
    later = Metadata(keywords=("Dog", "night", "sea"), rating=5)
    catalog.files.write(FileBatch(root, changed=[(photo, fact(folder, "0.jpg", 77, later))]))
    assert set(catalog.lists.decided([photo])) == {"sea"}
    assert set(catalog.lists.rejected([photo])) == {"Dog"}
    row = catalog.lists.photos([photo])[0]
    assert (row.rating, row.label) == (1, None)


def test_unreadable_metadata_takes_nothing_away(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "p", 1, Metadata(keywords=("beach",)))[0]
    root = catalog.files.roots()[0].id
    broken = fact(tmp_path / "p", "0.jpg", 5)
    broken = type(broken)(broken.folder, broken.name, broken.stamp, broken.content, None, "cut off")
    catalog.files.write(FileBatch(root, changed=[(photo, broken)]))
    assert set(catalog.lists.decided([photo])) == {"beach"}
    assert catalog.lists.photos([photo])[0].problem == "cut off"
    assert catalog.lists.counts().unreadable == 1


def test_a_moved_photo_keeps_its_decisions(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "p", 1)[0]
    judge(catalog, "tag", "beach", [photo])
    root = catalog.files.roots()[0].id
    catalog.files.write(FileBatch(root, gone=[photo]))
    assert catalog.lists.counts().photos == 0
    catalog.files.write(FileBatch(root, moved=[(photo, fact(tmp_path / "p" / "sub", "new.jpg", 1))]))
    row = catalog.lists.photos([photo])[0]
    assert (row.presence, row.path) == (Presence.HERE, tmp_path / "p" / "sub" / "new.jpg")
    assert catalog.lists.decided([photo]) == {"beach": 1}


def test_photos_that_swap_names_keep_their_own_decisions(catalog: Catalog, tmp_path: Path) -> None:
    first, second = fill(catalog, tmp_path / "p", 2)
    judge(catalog, "tag", "one", [first])
    root = catalog.files.roots()[0].id
    swap = [(first, fact(tmp_path / "p", "1.jpg", 1)), (second, fact(tmp_path / "p", "0.jpg", 2))]
    catalog.files.write(FileBatch(root, moved=swap))
    assert {row.id: row.display_name for row in catalog.lists.photos([first, second])} == {
        first: "1.jpg", second: "0.jpg",
    }  # fmt: skip
    assert [row.presence for row in catalog.lists.photos([first, second])] == [Presence.HERE] * 2


def test_a_removed_root_forgets_nothing(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    photo = fill(catalog, folder, 3)[0]
    judge(catalog, "tag", "beach", [photo])
    catalog.files.remove_root(catalog.files.roots()[0].id)
    assert catalog.lists.counts().photos == 0
    assert catalog.lists.folders() == []
    catalog.files.add_root(folder)
    known = catalog.files.known(catalog.files.roots()[0].id)[os.fsencode(folder)]
    assert known[b"0.jpg"].id == photo
    assert known[b"0.jpg"].presence is Presence.GONE
    catalog.files.write(FileBatch(catalog.files.roots()[0].id, back=[photo]))
    assert catalog.lists.decided([photo]) == {"beach": 1}


def test_a_drive_that_is_away_deletes_nothing(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 3)
    root = catalog.files.roots()[0].id
    assert catalog.files.set_online(root, False) is not None
    assert catalog.files.set_online(root, False) is None
    assert catalog.lists.counts().offline == catalog.lists.counts().photos == 3
    back = catalog.files.set_online(root, True)
    assert back is not None
    assert back.photos == frozenset(ids)
    assert catalog.lists.counts().offline == 0


def test_roots_do_not_overlap(catalog: Catalog, tmp_path: Path) -> None:
    inner = tmp_path / "all" / "inner"
    inner.mkdir(parents=True)
    photo = fill(catalog, inner, 1)[0]
    catalog.files.add_root(tmp_path / "all")
    assert [root.path for root in catalog.files.roots()] == [tmp_path / "all"]
    assert catalog.files.known(catalog.files.roots()[0].id)[os.fsencode(inner)][b"0.jpg"].id == photo
    for path in (tmp_path / "all", inner, tmp_path / "nowhere"):
        with pytest.raises(UsageError):
            catalog.files.add_root(path)


def test_touched_files_only_change_their_stamp(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "p", 1)[0]
    root = catalog.files.roots()[0].id
    catalog.files.write(FileBatch(root, touched=[(photo, FileStamp(1000, 99, 7))]))
    known = catalog.files.known(root)[os.fsencode(tmp_path / "p")][b"0.jpg"]
    assert (known.mtime_ns, known.sidecar_ns) == (99, 7)


def test_a_second_writer_is_refused_and_may_look(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 2)
    with pytest.raises(CatalogBusy, match="Another photomgr"):
        Catalog(catalog.path, wait=0.1)
    guest = Catalog(catalog.path, read_only=True)
    assert len(guest.lists.photos(ids)) == 2
    for change in (
        lambda: judge(guest, "tag", "x", ids),
        guest.verdicts.undo,
        lambda: guest.files.add_root(tmp_path),
    ):
        with pytest.raises(ReadOnly, match="read-only"):
            change()
    judge(catalog, "tag", "seen", ids)
    assert guest.lists.decided(ids) == {"seen": 2}
    guest.close()


def test_a_guest_may_look_at_a_catalog_that_cannot_be_written(tmp_path: Path) -> None:
    first = Catalog(tmp_path / "data" / "catalog.db") if (tmp_path / "data").mkdir() is None else None
    assert first is not None
    ids = fill(first, tmp_path / "p", 2)
    first.close()
    (tmp_path / "data").chmod(0o500)
    try:
        guest = Catalog(tmp_path / "data" / "catalog.db", read_only=True)
        assert len(guest.lists.photos(ids)) == 2
        guest.close()
    finally:
        (tmp_path / "data").chmod(0o700)


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_a_damaged_catalog_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(content)
    if content:
        with pytest.raises(CatalogError, match="restore"):
            Catalog(path)
        assert path.read_bytes() == content
    else:
        Catalog(path).close()


def test_a_catalog_of_a_newer_program_is_left_alone(catalog: Catalog) -> None:
    catalog.close()
    with sqlite3.connect(catalog.path) as future:
        future.execute("INSERT INTO migrations VALUES ('from the future', '2100')")
    future.close()
    with pytest.raises(CatalogError, match="newer"):
        Catalog(catalog.path)


@pytest.mark.skipif(sys.platform == "win32", reason="not posix")
def test_the_catalog_is_private(catalog: Catalog) -> None:
    assert stat.S_IMODE(catalog.path.stat().st_mode) == 0o600
