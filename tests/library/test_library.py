"""The facade on a real library: real photos, the real network, the real index."""

from __future__ import annotations

import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.catalog.copies import check
from photomgr.core.errors import CatalogBusy, CatalogError, PhotomgrError, ReadOnly
from photomgr.core.paths import Paths
from photomgr.core.records import Change, Presence, Sort, What
from photomgr.library import Library, backups
from tests.photos import holiday, plain


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory):
    """An annotated library that tests do not change for good."""
    base = tmp_path_factory.mktemp("tagged")
    library = Library.open(Paths.under(base / "base"))
    library.add_root(holiday(base / "photos"))
    jobs.run(library.scan())
    jobs.run(library.annotate())
    jobs.run(library.index())
    yield library
    library.close()


@pytest.fixture
def library(tmp_path: Path):
    opened = Library.open(Paths.under(tmp_path / "base"))
    yield opened
    opened.close()


def _id(library: Library, name: str) -> int:
    return int(library.find(f"name:{name}").ids[0])


def test_each_photo_is_decoded_once_for_thumbnail_and_network(tagged: Library) -> None:
    waiting = tagged.waiting()
    assert (waiting.thumbnails, waiting.annotate, waiting.index) == (0, 0, 0)
    assert tagged.thumbnail(_id(tagged, "cat"))[:2] == b"\xff\xd8"


def test_a_cat_is_suggested_with_a_reason(tagged: Library) -> None:
    found = {each.tag: each for each in tagged.suggested([_id(tagged, "cat")])}
    assert found["cat"].score > 0.5
    assert found["cat"].reasons
    assert "animal" in found


def test_what_says_most_stands_first(tagged: Library) -> None:
    cat = _id(tagged, "cat")
    order = [each.tag for each in tagged.suggested([cat])]
    assert order.index("cat") < order.index("animal")
    assert "cat" in [each.tag for each in tagged.marks([cat])[cat].suggested]


def test_a_broken_photo_is_a_row_with_its_reason(tagged: Library) -> None:
    (photo,) = tagged.photos([int(each) for each in tagged.find("is:unreadable").ids])
    assert photo.display_name == "broken.jpg"
    assert photo.problem.endswith(".")
    assert tagged.thumbnail(photo.id) is None
    tagged.tag("to mend", [photo.id])
    jobs.run(tagged.index())
    assert list(tagged.find("tag:'to mend' OR tag:\"to mend\"").ids) == [photo.id]


def test_changes_are_published_after_their_commit(tagged: Library) -> None:
    cat = _id(tagged, "cat")
    heard: list[tuple[Change, dict[str, int]]] = []
    stop = tagged.subscribe(lambda change: heard.append((change, tagged.decided([cat]))))
    tagged.accept("cat", [cat])
    tagged.undo()
    stop()
    tagged.redo()
    tagged.undo()
    assert [(change.what, "cat" in seen) for change, seen in heard] == [(What.TAGS, True), (What.TAGS, False)]
    assert heard[0][0].photos == {cat}
    assert heard[0][0].text == "1 photo tagged “cat”"


def test_a_decision_is_searchable_after_the_index_job(tagged: Library) -> None:
    cat = _id(tagged, "cat")
    assert cat in tagged.find("maybe:cat").ids
    tagged.reject("cat", [cat])
    jobs.run(tagged.index())
    assert cat not in tagged.find("maybe:cat").ids
    tagged.undo()
    jobs.run(tagged.index())
    assert cat in tagged.find("maybe:cat").ids


def test_sorting(tagged: Library) -> None:
    dated = tagged.find("canon OR nikon", Sort.OLDEST).ids
    assert [photo.display_name for photo in tagged.photos(dated)] == [
        "cat.jpg", "breakfast.jpg", "IMG_0001.jpg", "IMG_0002.jpg",
    ]  # fmt: skip
    assert list(tagged.find("canon OR nikon", Sort.NEWEST).ids) == list(dated)[::-1]


def test_completion(tagged: Library) -> None:
    tagged.tag("Zeppelin field", [_id(tagged, "blue")])
    assert tagged.complete_tag("zep") == ["Zeppelin field"]
    assert "dog" in tagged.complete_tag("do")
    assert tagged.complete_tag("puppy")[:1] == ["dog"]
    assert 'sun -tag:"Zeppelin field"' in tagged.complete_query("sun -tag:zep")
    assert tagged.complete_query("") == []


def test_a_second_library_is_refused_and_a_guest_is_not(tagged: Library) -> None:
    with pytest.raises(CatalogBusy):
        Library.open(tagged.paths)
    guest = Library.open(tagged.paths, read_only=True)
    try:
        cat = _id(guest, "cat")
        assert guest.thumbnail(cat)
        for change in (
            lambda: guest.accept("cat", [cat]),
            lambda: guest.rate(1, [cat]),
            lambda: guest.label("red", [cat]),
            guest.undo,
            lambda: jobs.run(guest.scan()),
            lambda: jobs.run(guest.annotate()),
            lambda: guest.remove_root(1),
        ):
            with pytest.raises(ReadOnly) as refusal:
                change()
            assert str(refusal.value).endswith(".")
        with pytest.raises(ReadOnly):
            guest.set_read_only(False)
    finally:
        guest.close()


def test_read_only_can_be_chosen_while_open(library: Library, tmp_path: Path) -> None:
    library.set_read_only(True)
    with pytest.raises(ReadOnly):
        library.add_root(tmp_path)
    library.set_read_only(False)
    library.add_root(tmp_path)


def test_a_guest_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        Library.open(Paths.under(tmp_path / "base"), read_only=True)
    assert not (tmp_path / "base").exists()


def test_stopping_in_the_middle_loses_nothing(library: Library, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for n in range(40):
        plain(photos / f"{n}.png", (n * 6, 10, 20))
    library.add_root(photos)
    jobs.run(library.scan())
    job = library.annotate()
    for progress in job:
        if progress.done >= 10:
            break
    job.close()
    left = library.waiting().annotate
    assert 0 < left <= 30
    done = jobs.run(library.annotate())
    assert (done.annotated, done.remaining) == (left, 0)


def test_a_photo_that_vanishes_meanwhile_stops_nothing(library: Library, tmp_path: Path) -> None:
    for n in range(3):
        plain(tmp_path / "photos" / f"{n}.png", (n, 1, 1))
    library.add_root(tmp_path / "photos")
    jobs.run(library.scan())
    (tmp_path / "photos" / "1.png").unlink()
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed) == (2, 1)
    assert library.counts().unreadable == 0


def test_a_drive_that_goes_and_comes_back(library: Library, tmp_path: Path) -> None:
    photos = holiday(tmp_path / "drive" / "photos")
    library.add_root(photos)
    jobs.run(library.scan())
    jobs.run(library.index())
    cat = _id(library, "cat")
    library.tag("mine", [cat])
    photos.rename(tmp_path / "unplugged")
    jobs.run(library.scan())
    assert library.photo(cat).presence is Presence.OFFLINE
    assert library.counts().offline == library.counts().photos == 7
    jobs.run(library.index())
    assert cat in library.find("tag:mine").ids
    (tmp_path / "unplugged").rename(photos)
    jobs.run(library.scan())
    assert library.photo(cat).presence is Presence.HERE
    assert library.decided([cat]) == {"mine": 1}


def test_daily_backups_are_made_once_and_rotated(library: Library, tmp_path: Path) -> None:
    library.add_root(plain(tmp_path / "photos" / "blue.png").parent)
    jobs.run(library.scan())
    library.paths.backups.mkdir()
    for day in range(10, 25):
        (library.paths.backups / f"catalog-201901{day}-000000-000000.db").write_bytes(b"old")
    library.settings.set("backups_kept", 3)
    made = library.daily_backup()
    assert made is not None
    check(made)
    assert datetime.now(UTC).strftime("%Y%m%d") in made.name
    assert len(backups.all_in(library.paths.backups)) == 3
    assert library.daily_backup() is None


def test_a_backup_that_cannot_be_written_says_so(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PhotomgrError, match="could not be written"):
        library.backup(tmp_path / "file")


def test_a_backup_that_fails_leaves_no_half_copy(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path, *, slim: bool) -> None:
        target.write_bytes(b"half")
        raise CatalogError("The disk is full.")

    monkeypatch.setattr(backups, "copy", full)
    with pytest.raises(PhotomgrError, match="disk is full"):
        library.backup(tmp_path / "backups")
    assert not list((tmp_path / "backups").iterdir())


def test_restore_refuses_what_is_no_backup_and_keeps_what_was_there(library: Library, tmp_path: Path) -> None:
    good = library.backup(tmp_path / "backups")
    library.close()
    bad = tmp_path / "bad.db"
    bad.write_bytes(good.read_bytes()[:3000])
    before = library.paths.catalog.read_bytes()
    with pytest.raises(CatalogError):
        backups.restore(library.paths, bad)
    assert library.paths.catalog.read_bytes() == before
    kept = backups.restore(library.paths, good)
    assert kept is not None
    check(kept)
    assert kept.stat().st_size == len(before)


def test_a_restored_catalog_is_not_taken_for_the_one_that_was_indexed(
    library: Library, tmp_path: Path
) -> None:
    blue = plain(tmp_path / "photos" / "blue.png")
    library.add_root(blue.parent)
    jobs.run(library.scan())
    photo = library.photo_at(blue)
    assert photo is not None
    good = library.backup(tmp_path / "backups")
    library.tag("lost", [photo.id])
    jobs.run(library.index())
    library.close()
    backups.restore(library.paths, good)
    again = Library.open(library.paths)
    try:
        again.tag("new", [photo.id])
        jobs.run(again.index())
        assert list(again.find("tag:new").ids) == [photo.id]
        assert list(again.find("tag:lost").ids) == []
    finally:
        again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="not posix")
def test_the_folders_are_private(library: Library) -> None:
    for folder in (library.paths.data, library.paths.cache, library.paths.config):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_query_is_completed_by_what_the_library_holds(tagged: Library) -> None:
    assert tagged.complete_query("maybe:anim")[0] == "maybe:animal"
    assert tagged.complete_query("maybe:zebra") == []
    for closed in ('"two words"', '"two words"p', 'sun "two words"-x'):
        assert tagged.complete_query(closed) == []
    assert tagged.complete_query('"two words" anim')[0] == '"two words" animal'
