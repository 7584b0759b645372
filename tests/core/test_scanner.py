"""The scanner against a real catalog: what happens to files happens to rows, and decisions stay."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core import images, scanner
from photomgr.core.catalog import Catalog
from photomgr.core.containers import PhotoFile, content_hash
from photomgr.core.records import Change, Photo, Presence, Suggestion, What
from photomgr.core.scanner import ScanResult, scan

from ..photos import SHARED
from .catalog_kit import judge
from .file_kit import bag, exif_block, jpeg, xmp_packet


class Place:
    """A library folder with its catalog, and what tests ask of them."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "photos"
        self.root.mkdir()
        self.catalog = Catalog(base / "catalog.db")
        self.catalog.files.add_root(self.root)
        self.changes: list[Change] = []

    def scan(self, *only: Path) -> ScanResult:
        folders = [os.fsencode(path) for path in only] if only else None
        return jobs.run(
            scan(self.catalog, self.catalog.files.roots(), on_change=self.changes.append, only=folders)
        )

    def photo(self, *parts: str) -> Photo:
        found = self.catalog.files.photo_at(self.root.joinpath(*parts))
        assert found is not None, parts
        return found

    def here(self) -> set[str]:
        """The photos that are here, as paths below the root."""
        return {
            os.path.relpath(os.fsdecode(os.path.join(row.folder, row.name)), self.root)
            for root in self.catalog.files.roots()
            for rows in self.catalog.files.known(root.id).values()
            for row in rows.values()
            if row.presence is Presence.HERE
        }

    def tag(self, tag: str, *parts: str) -> int:
        photo = self.photo(*parts).id
        judge(self.catalog, "accept", tag, [photo])
        return photo

    def tags(self, *parts: str) -> list[str]:
        return [each.tag for each in self.catalog.lists.decided_of(self.photo(*parts).id)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.catalog.close()


def test_first_scan_rescan_and_new_files(place: Place) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    jpeg(place.root / "2019" / "June" / "B.JPEG", seed=2)
    (place.root / "notes.txt").write_text("no photo")
    first = place.scan()
    assert (first.new, first.changed, first.gone, first.unreadable) == (2, 0, 0, 0)
    assert place.here() == {"a.jpg", "2019/June/B.JPEG"}
    assert place.photo("a.jpg").metadata.width == 320
    place.changes.clear()
    again = place.scan()
    assert (again.new, again.changed, again.moved, again.gone, again.seen) == (0, 0, 0, 0, 2)
    assert not place.changes
    jpeg(place.root / "2019" / "c.jpg", seed=3)
    assert place.scan().new == 1


def test_a_changed_file_keeps_its_row_and_tags(place: Place) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    place.scan()
    number = place.tag("beach", "a.jpg")
    jpeg(place.root / "a.jpg", seed=9)
    assert place.scan().changed == 1
    assert place.photo("a.jpg").id == number and place.tags("a.jpg") == ["beach"]


def test_another_time_with_the_same_content_is_only_noted(place: Place) -> None:
    path = jpeg(place.root / "a.jpg")
    place.scan()
    os.utime(path, ns=(1, 1_600_000_000_123_456_789))
    result = place.scan()
    assert (result.changed, result.new) == (0, 0)
    assert place.photo("a.jpg").mtime_ns == 1_600_000_000_123_456_789


def test_moved_and_renamed_files_keep_their_tags(place: Place) -> None:
    for number in range(4):
        jpeg(place.root / f"{number}.jpg", seed=number)
    place.scan()
    ids = [place.tag(f"tag{number}", f"{number}.jpg") for number in range(4)]
    (place.root / "sub").mkdir()
    (place.root / "0.jpg").rename(place.root / "sub" / "0.jpg")
    (place.root / "1.jpg").rename(place.root / "renamed.jpg")
    (place.root / "2.jpg").rename(place.root / "2.JPG")
    result = place.scan()
    assert (result.moved, result.new, result.gone) == (3, 0, 0)
    for number, where in ((0, "sub/0.jpg"), (1, "renamed.jpg"), (2, "2.JPG"), (3, "3.jpg")):
        assert place.photo(where).id == ids[number]
        assert place.tags(where) == [f"tag{number}"]
    (place.root / "sub").rename(place.root / "album")
    assert place.scan().moved == 1
    assert place.tags("album/0.jpg") == ["tag0"]


def test_files_that_change_places_take_their_tags_along(place: Place) -> None:
    for number in range(3):
        jpeg(place.root / f"{number}.jpg", seed=number, pad=number)
    place.scan()
    for number in range(3):
        place.tag(f"tag{number}", f"{number}.jpg")
    (place.root / "0.jpg").rename(place.root / "x")
    (place.root / "1.jpg").rename(place.root / "0.jpg")
    (place.root / "x").rename(place.root / "1.jpg")
    place.scan()
    assert place.tags("0.jpg") == ["tag1"] and place.tags("1.jpg") == ["tag0"]
    # and a chain, as renumbering makes: 1 -> 2 -> 3, with a new file in the first place
    (place.root / "2.jpg").rename(place.root / "3.jpg")
    (place.root / "1.jpg").rename(place.root / "2.jpg")
    jpeg(place.root / "1.jpg", seed=77, pad=50)
    place.scan()
    assert place.tags("3.jpg") == ["tag2"] and place.tags("2.jpg") == ["tag0"]
    assert place.tags("1.jpg") == []
    assert place.here() == {"0.jpg", "1.jpg", "2.jpg", "3.jpg"}


def test_a_copy_is_a_new_photo_and_an_edited_original_stays_itself(place: Place) -> None:
    exif = exif_block({}, {0x9003: "2019:06:15 12:30:05"})
    jpeg(place.root / "m.jpg", seed=1, exif=exif)
    place.scan()
    number = place.tag("beach", "m.jpg")
    shutil.copy2(place.root / "m.jpg", place.root / "copy.jpg")
    assert place.scan().new == 1
    assert place.photo("m.jpg").id == number and place.tags("copy.jpg") == []
    for number_of_edits, copy in enumerate(("a-before.jpg", "z-before.jpg"), 2):  # met before it, and after
        shutil.copy2(place.root / "m.jpg", place.root / copy)
        jpeg(place.root / "m.jpg", seed=number_of_edits, exif=exif)
        result = place.scan()
        assert (result.new, result.changed, result.moved) == (1, 1, 0)
        assert place.photo("m.jpg").id == number


@pytest.mark.parametrize("name", ["a-best.jpg", "z-best.jpg"])
def test_a_new_photo_in_the_place_of_a_renamed_one_is_new(place: Place, name: str) -> None:
    jpeg(place.root / "m.jpg", seed=1, exif=exif_block({}, {0x9003: "2019:06:15 12:30:05"}))
    place.scan()
    place.tag("beach", "m.jpg")
    (place.root / "m.jpg").rename(place.root / name)
    jpeg(place.root / "m.jpg", seed=2, exif=exif_block({}, {0x9003: "2021:01:01 10:00:00"}))
    place.scan()
    assert place.tags(name) == ["beach"] and place.tags("m.jpg") == []
    result = place.scan()
    assert (result.new, result.changed, result.moved, result.gone) == (0, 0, 0, 0)


def test_deleted_files_are_gone_and_come_back(place: Place) -> None:
    path = jpeg(place.root / "a" / "a.jpg", seed=1)
    jpeg(place.root / "b.jpg", seed=2)
    place.scan()
    number = place.tag("beach", "a", "a.jpg")
    kept = path.read_bytes()
    shutil.rmtree(path.parent)
    assert place.scan().gone == 1
    assert place.photo("a", "a.jpg").presence is Presence.GONE
    assert place.scan().gone == 0
    path.parent.mkdir()
    path.write_bytes(kept)
    assert place.scan().back == 1
    assert place.photo("a", "a.jpg").presence is Presence.HERE
    path.unlink()
    place.scan()
    (place.root / "elsewhere.jpg").write_bytes(kept)
    assert place.scan().moved == 1
    assert place.photo("elsewhere.jpg").id == number


def test_moves_between_roots_and_to_a_new_root(place: Place) -> None:
    other = place.base / "other"
    other.mkdir()
    jpeg(other / "keep.jpg", seed=5)
    jpeg(place.root / "keep.jpg", seed=6)
    jpeg(place.root / "a.jpg", seed=1)
    place.catalog.files.add_root(other)
    place.scan()
    number = place.tag("beach", "a.jpg")
    (place.root / "a.jpg").rename(other / "a.jpg")
    assert place.scan().moved == 1
    moved = place.catalog.files.photo_at(other / "a.jpg")
    assert moved is not None and moved.id == number
    # the whole folder turns up at another place, as a drive under another name does
    other.rename(place.base / "drive2")
    place.scan()
    place.catalog.files.add_root(place.base / "drive2")
    assert place.scan().moved == 2
    moved = place.catalog.files.photo_at(place.base / "drive2" / "a.jpg")
    assert moved is not None and moved.id == number and moved.presence is Presence.HERE


@pytest.mark.parametrize("mount_point_stays", [False, True])
def test_a_root_that_is_away_is_offline_and_loses_nothing(place: Place, mount_point_stays: bool) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    jpeg(place.root / "sub" / "b.jpg", seed=2)
    place.scan()
    place.tag("beach", "a.jpg")
    place.root.rename(place.base / "unplugged")
    if mount_point_stays:
        place.root.mkdir()
        (place.root / ".hidden").touch()
    result = place.scan()
    assert result.gone == 0
    assert place.photo("a.jpg").presence is Presence.OFFLINE
    assert place.catalog.files.roots()[0].online is False
    place.scan()
    if mount_point_stays:
        shutil.rmtree(place.root)
    (place.base / "unplugged").rename(place.root)
    (place.root / "sub" / "b.jpg").unlink()
    jpeg(place.root / "c.jpg", seed=3)
    result = place.scan(place.root)  # as the watcher would report it: all of it is looked at nevertheless
    assert (result.new, result.gone) == (1, 1)
    assert place.catalog.files.roots()[0].online is True
    assert place.photo("a.jpg").presence is Presence.HERE and place.tags("a.jpg") == ["beach"]


def test_only_some_folders(place: Place) -> None:
    jpeg(place.root / "a" / "a.jpg", seed=1)
    jpeg(place.root / "b" / "deep" / "b.jpg", seed=2)
    place.scan()
    jpeg(place.root / "a" / "new.jpg", seed=3)
    jpeg(place.root / "b" / "deep" / "unreported.jpg", seed=4)
    jpeg(place.root / "a" / "fresh" / "deeper" / "c.jpg", seed=5)
    result = place.scan(place.root / "a")
    assert (result.new, result.gone) == (2, 0)
    assert place.here() == {"a/a.jpg", "a/new.jpg", "a/fresh/deeper/c.jpg", "b/deep/b.jpg"}
    (place.root / "b").rename(place.root / "c")
    result = place.scan(place.root)
    assert (result.moved, result.new, result.gone) == (1, 1, 0)
    shutil.rmtree(place.root / "a")
    assert place.scan(place.root / "a").gone == 3
    assert place.scan(place.base / "elsewhere", place.root / ".hidden").gone == 0


def test_sidecars_are_noticed(place: Place) -> None:
    photo = jpeg(place.root / "a.jpg", xmp=xmp_packet("", bag("dc:subject", ["inside"])))
    place.scan()
    assert place.tags("a.jpg") == ["inside"]
    sidecar = photo.with_suffix(".xmp")
    sidecar.write_bytes(xmp_packet('xmp:Rating="4"', bag("dc:subject", ["beside"])))
    assert place.scan().changed == 1
    assert sorted(place.tags("a.jpg")) == ["beside", "inside"] and place.photo("a.jpg").rating == 4
    assert place.scan().changed == 0
    sidecar.write_bytes(xmp_packet('xmp:Rating="4"', bag("dc:subject", ["later"])))
    os.utime(sidecar, ns=(1, place.photo("a.jpg").mtime_ns + 7_000_000_000))
    assert place.scan().changed == 1
    assert "later" in place.tags("a.jpg")


# Odd things on disks ----------------------------------------------------------------------------------------


def test_links_loops_and_special_files(place: Place) -> None:
    jpeg(place.root / "real" / "a.jpg", seed=1)
    outside = place.base / "outside"
    jpeg(outside / "o.jpg", seed=2)
    try:
        (place.root / "real" / "loop").symlink_to(place.root)
        (place.root / "up").symlink_to(place.base)
        (place.root / "again").symlink_to(place.root / "real")
        (place.root / "again.jpg").symlink_to(place.root / "real" / "a.jpg")
        (place.root / "broken.jpg").symlink_to(place.root / "nothing.jpg")
        (place.root / "out").symlink_to(outside)
        (place.root / "out2").symlink_to(outside)
        (outside / "back").symlink_to(outside)
    except OSError:
        pytest.skip("not posix: no symbolic links here")
    if hasattr(os, "mkfifo"):
        os.mkfifo(place.root / "pipe.jpg")
    (place.root / "folder.jpg").mkdir()
    jpeg(place.root / "folder.jpg" / "b.jpg", seed=3)
    assert place.scan().new == 3
    assert place.here() == {"real/a.jpg", "out/o.jpg", "folder.jpg/b.jpg"}
    again = place.scan()
    assert (again.new, again.gone, again.moved) == (0, 0, 0)


def test_hidden_folders_trash_and_caches_are_passed_over(place: Place) -> None:
    for name in (".hidden", "@eaDir", "$RECYCLE.BIN", ".Trash-1000", "Previews.lrdata"):
        jpeg(place.root / name / "x.jpg", seed=1)
    jpeg(place.root / "cache" / "sub" / "x.jpg", seed=2)
    (place.root / "cache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    jpeg(place.root / "._a.jpg", seed=3)
    jpeg(place.root / "a.jpg", seed=4)
    place.scan()
    assert place.here() == {"a.jpg"}
    place.scan(place.root / "cache" / "sub", place.root / "cache", place.root / ".hidden")
    assert place.here() == {"a.jpg"}


@pytest.mark.skipif(os.name != "posix", reason="not posix: other permissions")
def test_unreadable_folders_and_files(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg(place.root / "shut" / "deep" / "a.jpg", seed=1)
    locked = jpeg(place.root / "locked.jpg", seed=2)
    jpeg(place.root / "open.jpg", seed=3)
    place.scan()
    fresh = jpeg(place.root / "fresh.jpg", seed=4)

    # Tests may run as root, whom permissions do not stop, so the refusal itself is made here.
    real_scandir, real_open = os.scandir, os.open

    def scandir(path: bytes) -> object:
        if path == os.fsencode(place.root / "shut"):
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    def open_file(path: str, *rest: int, **more: int) -> int:
        if os.fsencode(path) in (os.fsencode(locked), os.fsencode(fresh)):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "open", open_file)
    os.utime(locked, ns=(1, 1))
    result = place.scan()
    assert result.gone == 0 and result.unreadable == 3
    assert place.photo("shut", "deep", "a.jpg").presence is Presence.HERE
    assert place.photo("locked.jpg").problem == "You are not permitted to read this file."
    assert place.photo("locked.jpg").metadata.width == 320
    assert place.photo("fresh.jpg").problem == "You are not permitted to read this file."
    place.changes.clear()
    place.scan()
    monkeypatch.undo()
    result = place.scan()
    assert place.photo("fresh.jpg").problem is None and place.photo("fresh.jpg").metadata.width == 320
    assert place.here() == {"shut/deep/a.jpg", "locked.jpg", "open.jpg", "fresh.jpg"}


@pytest.mark.skipif(os.name != "posix", reason="not posix: file names are text there")
def test_any_file_name_survives(place: Place) -> None:
    names = [
        b"\xff\xfe.jpg",
        b"new\nline.jpg",
        b"  .jpg",
        "é.jpg".encode(),
        "e\u0301.jpg".encode(),
        b"a'b\"c;--.jpg",
    ]
    folder = os.path.join(os.fsencode(place.root), b"\xe9t\xe9")
    os.mkdir(folder)
    original = jpeg(place.base / "x.jpg").read_bytes()
    for number, name in enumerate(names):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(original + bytes([number]))
    assert place.scan().new == len(names)
    root = place.catalog.files.roots()[0].id
    assert set(place.catalog.files.known(root)[folder]) == set(names)
    assert place.scan().new == 0


def test_what_is_no_picture_is_a_row_with_its_reason(place: Place) -> None:
    (place.root / "text.jpg").write_text("hello")
    (place.root / "empty.jpg").touch()
    (place.root / "empty2.jpg").touch()
    assert place.scan().unreadable == 3
    assert place.photo("text.jpg").problem == images.UNKNOWN
    assert place.photo("empty.jpg").problem == images.EMPTY
    assert place.scan().new == 0
    jpeg(place.root / "empty.jpg", seed=1)  # the copy has come to its end
    assert place.scan().changed == 1
    assert place.photo("empty.jpg").problem is None


def test_a_file_that_is_still_being_copied_is_read_again(place: Place) -> None:
    whole = jpeg(place.base / "x.jpg", seed=1).read_bytes()
    path = place.root / "a.jpg"
    path.write_bytes(whole[: len(whole) // 3])
    place.scan()
    place.catalog.files.set_problem(place.photo("a.jpg").id, "The file is cut short.")
    path.write_bytes(whole)
    os.utime(path, ns=(1, 1_700_000_000_000_000_000))
    assert place.scan().changed == 1
    assert place.photo("a.jpg").problem is None


def test_files_that_vanish_while_we_look(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    jpeg(place.root / "b.jpg", seed=2)
    place.scan()
    jpeg(place.root / "a.jpg", seed=3)
    jpeg(place.root / "c.jpg", seed=4)
    real = scanner.PhotoFile

    def vanishing(path: bytes) -> PhotoFile:
        os.unlink(path)
        return real(path)

    monkeypatch.setattr(scanner, "PhotoFile", vanishing)
    result = place.scan()
    assert (result.new, result.gone) == (0, 1)
    assert place.here() == {"b.jpg"}


# A moment between two looks ---------------------------------------------------------------------------------


def test_a_circular_link_hides_nothing_beside_it(place: Place) -> None:
    jpeg(place.root / "d" / "a.jpg", seed=1)
    jpeg(place.root / "d" / "b.jpg", seed=2)
    try:
        for name in ("self", "self.jpg", "self.xmp", "CACHEDIR.TAG"):
            (place.root / "d" / name).symlink_to(place.root / "d" / name)
    except OSError:
        pytest.skip("not posix: no symbolic links here")
    result = place.scan()
    assert (result.new, result.unreadable, result.problems) == (2, 0, ())
    place.tag("beach", "d", "b.jpg")
    (place.root / "d" / "b.jpg").unlink()
    (place.root / "d" / "b.jpg").symlink_to("b.jpg")  # something is there, and nobody can say what
    result = place.scan()
    assert (result.gone, result.new, result.unreadable) == (0, 0, 1)
    ((path, reason),) = result.problems
    assert path == str(place.root / "d" / "b.jpg") and reason.startswith("The file cannot be read: ")
    assert place.here() == {"d/a.jpg", "d/b.jpg"}
    (place.root / "d" / "b.jpg").unlink()
    assert place.scan().gone == 1


@pytest.mark.skipif(os.name != "posix", reason="not posix: other permissions")
def test_entries_that_may_not_be_looked_at_are_still_here(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg", "new.jpg"):
        jpeg(place.root / "d" / name, seed=ord(name[0]))
    (place.root / "d" / "new.jpg").rename(place.base / "new.jpg")
    place.scan()
    (place.base / "new.jpg").rename(place.root / "d" / "new.jpg")
    real = os.scandir

    class Refusing:
        """A folder that may be listed and not entered."""

        def __init__(self, entry: os.DirEntry[bytes]) -> None:
            self.name, self.path = entry.name, entry.path

        def stat(self) -> os.stat_result:
            raise PermissionError(13, "Permission denied")

        is_symlink = is_dir = is_file = stat

    class Listing:
        def __init__(self, path: bytes) -> None:
            with real(path) as entries:
                self._entries = iter([Refusing(entry) for entry in entries])

        def __iter__(self) -> Iterator[Refusing]:
            return self._entries

        def __enter__(self) -> Listing:
            return self

        def __exit__(self, *_: object) -> None:
            return None

    def scandir(path: bytes) -> object:
        return Listing(path) if path == os.fsencode(place.root / "d") else real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = place.scan()
    assert (result.gone, result.new, result.unreadable) == (0, 0, 2)
    assert place.here() == {"d/a.jpg", "d/b.jpg"}
    monkeypatch.undo()
    assert place.scan().new == 1


def test_files_of_a_far_future_and_past(place: Place) -> None:
    path = jpeg(place.root / "a.jpg", seed=1, xmp=xmp_packet("", bag("dc:subject", ["inside"])))
    sidecar = place.root / "a.xmp"
    sidecar.write_bytes(xmp_packet("", bag("dc:subject", ["beside"])))
    jpeg(place.root / "b.jpg", seed=2)
    future = 10_413_792_000  # the year 2300, which no 64 bits of nanoseconds hold
    for late in (path, sidecar):
        os.utime(late, (future, future))
    if path.stat().st_mtime_ns < 2**63:
        pytest.skip("this file system keeps no such dates")
    assert place.scan().new == 2
    again = place.scan()
    assert (again.seen, again.changed, again.new) == (2, 0, 0)
    assert place.photo("a.jpg").mtime_ns == 2**63 - 1
    path.rename(place.root / "c.jpg")
    assert place.scan().moved == 1
    os.utime(place.root / "b.jpg", (future, future))
    place.scan()
    assert place.scan().seen == 2


def test_a_result_names_what_could_not_be_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "_MOST_PROBLEMS", 3)
    for number in range(4):
        (place.root / f"{number}.jpg").write_bytes(b"no photo" * (number + 1))
    (place.root / "4.jpg").touch()
    result = place.scan()
    assert result.unreadable == 5 and len(result.problems) == 3
    assert set(result.problems) < {
        (str(place.root / f"{number}.jpg"), images.UNKNOWN if number < 4 else images.EMPTY)
        for number in range(5)
    }


def test_a_problem_goes_when_the_file_is_written_again(place: Place) -> None:
    path = jpeg(place.root / "a.jpg", seed=1)
    (place.root / "text.jpg").write_text("no picture")
    place.scan()
    photo = place.photo("a.jpg")
    place.catalog.files.set_problem(photo.id, "The picture data is damaged.")
    assert place.scan().seen == 2 and place.photo("a.jpg").problem is not None
    place.changes.clear()
    os.utime(path, ns=(1, 1_600_000_000_000_000_000))
    os.utime(place.root / "text.jpg", ns=(1, 1_600_000_000_000_000_000))
    place.scan()
    assert place.photo("a.jpg").problem is None
    assert What.METADATA | What.THUMBNAILS in place.changes[0].what
    assert place.photo("text.jpg").problem == images.UNKNOWN  # that one is no better than before


def test_what_lies_in_the_world_is_tried_again_by_each_scan(place: Place) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    place.scan()
    photo = place.photo("a.jpg")
    change = place.catalog.files.set_problem(photo.id, "You are not permitted.", passing=True)
    assert change.what is What.METADATA
    again = place.catalog.files.set_problem(photo.id, "You are not permitted.", passing=True)
    assert again.what is What.NOTHING
    assert place.photo("a.jpg").problem == "You are not permitted."
    place.scan()  # nothing was written to the file, only its permissions were changed
    after = place.photo("a.jpg")
    assert (after.problem, after.mtime_ns) == (None, photo.mtime_ns)
    assert place.scan().seen == 1


def test_another_picture_loses_what_the_network_said_of_the_old_one(place: Place) -> None:
    jpeg(place.root / "a.jpg", seed=1)
    kept = jpeg(place.root / "b.jpg", seed=2)
    place.scan()
    photos = [place.photo("a.jpg"), place.photo("b.jpg")]
    place.catalog.annotations.write(
        "model",
        [(each.id, each.content or b"", b"", b"", [Suggestion("cat", 0.9)]) for each in photos],
    )
    jpeg(place.root / "a.jpg", seed=9)
    os.utime(kept, ns=(1, 1_600_000_000_000_000_000))
    kept.rename(place.root / "moved.jpg")
    place.changes.clear()
    place.scan()
    assert place.catalog.lists.suggested([photos[0].id]) == []
    assert [each.tag for each in place.catalog.lists.suggested([photos[1].id])] == ["cat"]
    assert [each.id for each in place.catalog.annotations.waiting("model")] == [photos[0].id]
    assert any(What.SUGGESTIONS in change.what for change in place.changes)


# Moves in two steps -----------------------------------------------------------------------------------------


def test_a_move_to_another_drive_that_was_scanned_half_way_keeps_its_tags(place: Place) -> None:
    other = place.base / "drive"
    other.mkdir()
    jpeg(other / "keep.jpg", seed=8)
    jpeg(place.root / "keep.jpg", seed=9)
    place.catalog.files.add_root(other)
    for number in range(3):
        jpeg(place.root / "a" / f"{number}.jpg", seed=number)
    place.scan()
    ids = [place.tag(f"tag{number}", "a", f"{number}.jpg") for number in range(3)]
    shutil.copytree(place.root / "a", other / "a")
    assert place.scan(other / "a").new == 3
    copies = [place.catalog.files.photo_at(other / "a" / f"{number}.jpg") for number in range(3)]
    judge(place.catalog, "tag", "own", [copies[2].id])
    shutil.rmtree(place.root / "a")
    place.changes.clear()
    result = place.scan(place.root, place.root / "a")
    assert (result.moved, result.gone, result.new) == (2, 1, 0)
    for number in range(2):
        moved = place.catalog.files.photo_at(other / "a" / f"{number}.jpg")
        assert moved is not None and (moved.id, moved.presence) == (ids[number], Presence.HERE)
        assert list(place.catalog.lists.decided([moved.id])) == [f"tag{number}"]
    told = frozenset[int]().union(*(change.photos for change in place.changes))
    assert {copies[0].id, copies[1].id} <= told, "who shows the copies' rows must hear that they gave way"
    own = place.catalog.files.photo_at(other / "a" / "2.jpg")  # on which the person had decided already
    assert own is not None and list(place.catalog.lists.decided([own.id])) == ["own"]
    assert place.catalog.lists.photos([ids[2]])[0].presence is Presence.GONE
    result = place.scan()
    assert (result.new, result.changed, result.moved, result.gone) == (0, 0, 0, 0)
    assert place.catalog.lists.counts().photos == result.seen == 5


def test_of_several_copies_the_one_of_the_same_name_is_the_photo(place: Place) -> None:
    path = jpeg(place.root / "a.jpg", seed=1)
    place.scan()
    number = place.tag("beach", "a.jpg")
    for copy in ("b/a.jpg", "c/other.jpg"):
        (place.root / copy).parent.mkdir()
        shutil.copy2(path, place.root / copy)
    assert place.scan().new == 2
    path.unlink()
    assert (place.scan().moved, place.photo("b", "a.jpg").id) == (1, number)
    assert place.tags("b", "a.jpg") == ["beach"] and place.tags("c", "other.jpg") == []


@pytest.mark.parametrize("all_at_once", [False, True])
def test_a_linked_folder_that_becomes_a_root_keeps_its_tags(place: Place, all_at_once: bool) -> None:
    outside = place.base / "outside"
    jpeg(outside / "a.jpg", seed=1)
    jpeg(outside / "sub" / "b.jpg", seed=2)
    jpeg(place.root / "own.jpg", seed=3)
    try:
        (place.root / "link").symlink_to(outside)
    except OSError:
        pytest.skip("not posix: no symbolic links here")
    assert place.scan().new == 3
    place.tag("beach", "link", "a.jpg")
    place.tag("sea", "link", "sub", "b.jpg")
    place.catalog.files.add_root(outside)
    roots = place.catalog.files.roots()
    chosen = roots if all_at_once else [root for root in roots if root.path == outside]
    result = jobs.run(scan(place.catalog, chosen))
    assert (result.new, result.moved) == (0, 2)
    assert (place.scan().gone, place.scan().new) == (0, 0)
    for name, tag in (("a.jpg", "beach"), ("sub/b.jpg", "sea")):
        photo = place.catalog.files.photo_at(outside / name)
        assert photo is not None and list(place.catalog.lists.decided([photo.id])) == [tag]


# As a job ---------------------------------------------------------------------------------------------------


def test_photos_appear_while_the_scan_goes_on_and_cancelling_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "_SLICE", 0.01)
    for number in range(120):
        jpeg(place.root / str(number % 7) / f"{number}.jpg", seed=number % 5, pad=number)
    job = scan(place.catalog, place.catalog.files.roots(), on_change=place.changes.append)
    for progress in job:
        if progress.done >= 60:
            break
    before_closing = len(place.here())
    assert 24 <= before_closing <= progress.done
    job.close()
    assert len(place.here()) == progress.done
    rest = place.scan()
    assert rest.new == 120 - progress.done and len(place.here()) == 120


def test_progress_comes_often_and_ends_complete(place: Place) -> None:
    for number in range(300):
        (place.root / f"{number}.jpg").write_bytes(b"\xff\xd8\xff" + number.to_bytes(4, "big"))
    reports = []
    started = last = time.monotonic()
    longest = 0.0
    for progress in scan(place.catalog, place.catalog.files.roots()):
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        reports.append(progress)
    assert longest < 3, f"silent for {longest:.1f} s of {now - started:.1f} s"
    assert (reports[-1].done, reports[-1].total) == (300, 300)


def test_the_content_hash(tmp_path: Path) -> None:
    def digest(data: bytes) -> bytes:
        (tmp_path / "x").write_bytes(data)
        with PhotoFile(tmp_path / "x") as file:
            return content_hash(file)

    base = bytes(300_000)
    changed_end = base[:-1] + b"\1"
    assert len(digest(base)) == 16
    assert (
        len({digest(base), digest(base + b"\0"), digest(changed_end), digest(b"\1" + base[1:]), digest(b"")})
        == 5
    )
    for size in (100_000, 180_000, 300_000):  # repaired in the middle
        middle = bytearray(size)
        middle[size // 2] = 1
        assert digest(bytes(size)) != digest(bytes(middle))
    tiff = b"II*\0" + base
    middle = bytearray(tiff)
    middle[150_000:160_000] = b"\xff" * 10_000
    assert digest(tiff) != digest(bytes(middle))


def test_many_identical_files(place: Place) -> None:
    one = jpeg(place.base / "x.jpg").read_bytes()
    for number in range(150):
        (place.root / f"{number}.jpg").write_bytes(one)
    assert place.scan().new == 150
    assert place.scan().new == 0


def test_the_sample_library_is_left_as_it_is(place: Place) -> None:
    folder = SHARED / "data" / "library"
    if not folder.is_dir():
        pytest.skip(f"no sample library at {folder}")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}
    place.catalog.files.add_root(folder)
    result = place.scan()
    assert result.new == sum(path.is_file() for path in before)
    assert before == {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


@pytest.mark.parametrize("seed", range(6))
def test_tags_follow_any_renaming(place: Place, seed: int) -> None:
    """Whatever names and folders photos exchange, and whatever new file takes an old name."""
    dice = random.Random(seed)
    count = dice.randint(3, 8)
    names = [f"{number}.jpg" for number in range(count + 3)] + [f"s/{number}.jpg" for number in range(3)]
    (place.root / "s").mkdir()
    for number in range(count):
        jpeg(place.root / names[number], seed=number, pad=number)
    place.scan()
    where = names[:count]
    for number in range(count):
        place.tag(f"tag{number}", where[number])
    for step in range(3):
        targets = dice.sample(names, count)
        for number in range(count):
            (place.root / where[number]).rename(place.root / f"x{number}")
        for number in range(count):
            (place.root / f"x{number}").rename(place.root / targets[number])
        where = targets
        intruder = dice.choice([name for name in names if name not in targets])
        jpeg(place.root / intruder, seed=100 + step, pad=100 + step)
        place.scan()
        assert [place.tags(name) for name in where] == [[f"tag{number}"] for number in range(count)]
        assert place.here() == {*where, intruder}
        again = place.scan()
        assert (again.new, again.changed, again.moved, again.gone) == (0, 0, 0, 0)
        (place.root / intruder).unlink()
        place.scan()
