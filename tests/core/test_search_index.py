"""The life of the search index: catching up, damage, crashes, guests, threads."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from whoosh.filedb.filestore import FileStorage

from photomgr import jobs
from photomgr.core.catalog import Catalog
from photomgr.core.errors import PhotomgrError
from photomgr.core.records import SearchDocument, Sort
from photomgr.core.search import SearchIndex
from photomgr.core.search import index as index_module
from photomgr.core.search.segment import ROW, VERSION
from photomgr.core.search.shelf import Meta, Shelf

from .catalog_kit import fill, judge
from .search_kit import MemoryFeed, found, open_index


def _photos(first: int, count: int, **fields: object) -> list[SearchDocument]:
    return [
        SearchDocument(n, folder="/photos", name=f"IMG_{n}.jpg", **({"tags": ("old",)} | fields))  # type: ignore[arg-type]
        for n in range(first, first + count)
    ]


@pytest.fixture
def feed() -> MemoryFeed:
    feed = MemoryFeed()
    feed.put(*_photos(1, 50))
    return feed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def _reopen(feed: MemoryFeed, folder: Path) -> SearchIndex:
    open_index(feed, folder).close()
    return open_index(feed, folder)


def test_a_change_is_found_after_catching_up_and_again_after_a_restart(
    feed: MemoryFeed, folder: Path
) -> None:
    index = open_index(feed, folder)
    feed.change(7, tags=("new",))
    feed.delete(8)
    assert jobs.run(index.catch_up()) == 2
    assert jobs.run(index.catch_up()) == 0
    for opened in (index, open_index(feed, folder)):
        assert found(opened, "new") == [7]
        assert len(found(opened, "old")) == 48
        assert found(opened, "img_8") == []
        assert opened.revision == feed.revision
        opened.close()


class Decided(MemoryFeed):
    """Somebody decides each time when it is read."""

    def search_feed(self, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
        yield from list(super().search_feed(after))
        if self.documents:
            self.change(1 + self.revision % 50, tags=(f"t{self.revision}",))


def test_decisions_without_end_do_not_keep_it_from_ending(folder: Path) -> None:
    feed = Decided()
    feed.put(*_photos(1, 50))
    index = SearchIndex(folder, feed)
    job = index.catch_up()
    for _ in range(30):
        if next(job, None) is None:
            break
    else:
        raise AssertionError("it went on and on")
    assert len(found(index, "old")) == 50
    decided = feed.revision
    jobs.run(index.catch_up())
    assert index.revision >= decided > 1
    index.close()


def test_an_index_that_is_up_to_date_is_only_opened(feed: MemoryFeed, folder: Path) -> None:
    open_index(feed, folder).close()
    index = SearchIndex(folder, feed)
    assert len(found(index, "old")) == 50
    assert jobs.run(index.catch_up()) == 0
    index.close()


def test_many_small_changes_are_folded(feed: MemoryFeed, folder: Path) -> None:
    index = open_index(feed, folder)
    for n in range(1, 41):
        feed.change(n, tags=(f"t{n}",))
        jobs.run(index.catch_up())
    files = [name for name in os.listdir(folder) if name.endswith(".seg")]
    assert len(files) < 10
    assert found(index, "old") == list(range(41, 51))
    assert found(index, "t17") == [17]
    assert index.find("", Sort.NAME).ids.tolist() == list(range(1, 51))
    again = open_index(feed, folder)
    assert found(again, "t17 OR old") == [17, *range(41, 51)]
    index.close()
    again.close()


def test_one_revision_larger_than_a_chunk(
    feed: MemoryFeed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_CHUNK", 20)
    feed.put(*_photos(1, 110, tags=("bulk",)))
    job = SearchIndex(folder, feed).catch_up()
    progress = next(job)
    while progress.done < 40:
        progress = next(job)
    job.close()  # cancelled in the middle of the revision
    index = open_index(feed, folder)
    assert len(found(index, "bulk")) == 110
    assert index.revision == feed.revision
    index.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_revision_of_full_chunks_alone_is_taken_in_once(
    feed: MemoryFeed, folder: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setattr(index_module, "_CHUNK", 20)
    feed.put(*_photos(1, 40, tags=("bulk",)))
    index = SearchIndex(folder, feed, read_only=read_only)
    assert jobs.run(index.catch_up()) == 50  # 40 of the last revision, 10 of the one before
    assert index.revision == feed.revision
    feed.put(*_photos(1, 40, tags=("again",)))
    assert jobs.run(index.catch_up()) == 40
    assert index.revision == feed.revision
    assert found(index, "again") == list(range(1, 41))
    index.close()


def test_the_job_reports_and_can_be_left_at_any_time(feed: MemoryFeed, folder: Path) -> None:
    index = SearchIndex(folder, feed)
    job = index.catch_up()
    next(job)
    job.close()
    index.close()
    assert jobs.run(index.catch_up()) == 0  # closed: nothing more is written
    assert len(found(open_index(feed, folder), "old")) == 50


def _flip_bytes(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20] = os.urandom(20)
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("hurt", [_flip_bytes, _truncate, _empty, Path.unlink])
@pytest.mark.parametrize("suffix", [".seg", ".toc", ".sums"])
@pytest.mark.parametrize("checked", [True, False])
def test_a_damaged_index_is_built_anew(
    feed: MemoryFeed, folder: Path, hurt: Callable[[Path], object], suffix: str, checked: bool
) -> None:
    open_index(feed, folder).close()
    if not checked:
        (folder / "photomgr.sums").unlink(missing_ok=True)  # as after a crash right behind a commit
    for path in sorted(folder.iterdir()):
        if path.suffix == suffix:
            hurt(path)
    index = open_index(feed, folder)
    if checked or hurt is not _flip_bytes:
        assert len(found(index, "old")) == 50
    assert index.revision == feed.revision
    feed.change(1, tags=("mended",))
    jobs.run(index.catch_up())
    assert found(index, "mended") == [1]
    index.close()
    again = open_index(feed, folder)
    assert found(again, "mended") == [1]
    again.close()


def test_damage_that_only_a_search_meets_is_said_and_mended(feed: MemoryFeed, folder: Path) -> None:
    open_index(feed, folder).close()
    (folder / "photomgr.sums").unlink()
    index = SearchIndex(folder, feed)
    for path in folder.glob("*.seg"):
        with path.open("r+b") as file:  # in place, under the open map
            file.write(b"\xff" * (path.stat().st_size - 200))
    result = index.find("old")
    assert result.ids.tolist() == []
    assert "damaged" in result.hint
    jobs.run(index.catch_up())
    assert len(found(index, "old")) == 50
    index.close()


@pytest.mark.parametrize(
    "meta",
    [Meta(1, "library", VERSION - 1), Meta(1, "another library", VERSION), Meta(99, "library", VERSION)],
    ids=["older format", "foreign", "ahead of a restored backup"],
)
def test_an_index_that_does_not_fit_is_built_anew(feed: MemoryFeed, folder: Path, meta: Meta) -> None:
    shelf = Shelf(folder)
    shelf.create()
    shelf.apply({1: SearchDocument(1, tags=("stranger",))}, meta)
    index = SearchIndex(folder, feed)
    assert found(index, "stranger") == []
    jobs.run(index.catch_up())
    assert len(found(index, "old")) == 50
    index.close()


def test_a_backup_restored_while_the_index_is_open(feed: MemoryFeed, folder: Path) -> None:
    index = open_index(feed, folder)
    feed.uuid, feed.revision, feed._touched = "restored", 0, {}
    feed.documents.clear()
    feed.put(*_photos(1, 3, tags=("restored",)))
    jobs.run(index.catch_up())
    assert found(index, "") == [1, 2, 3]
    index.close()


def test_rebuild(feed: MemoryFeed, folder: Path) -> None:
    index = open_index(feed, folder)
    assert jobs.run(index.rebuild()) == 50
    assert len(found(index, "old")) == 50
    index.close()


def test_memory_alone(feed: MemoryFeed) -> None:
    index = open_index(feed)
    for n in range(1, 21):
        feed.change(n, tags=("new",))
        jobs.run(index.catch_up())
    assert found(index, "new") == list(range(1, 21))
    assert len(index._base.segments) < 10
    index.close()


def test_only_the_index_s_own_files_are_removed(feed: MemoryFeed, folder: Path) -> None:
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"photo")
    (folder / "_MAIN_3.toc").write_bytes(b"garbage")
    open_index(feed, folder).close()
    assert (folder / "holiday.jpg").read_bytes() == b"photo"
    assert len(found(open_index(feed, folder), "old")) == 50


def _listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_guest_reads_the_index_of_a_writer_and_writes_nothing(feed: MemoryFeed, folder: Path) -> None:
    writer = open_index(feed, folder)
    guest = open_index(feed, folder, read_only=True)
    before = _listing(folder)
    feed.change(5, tags=("new",))
    feed.delete(6)
    jobs.run(guest.catch_up())
    assert found(guest, "new") == [5]
    assert len(found(guest, "old")) == 48
    assert guest.find("", Sort.NAME).ids.tolist() == [1, 2, 3, 4, 5, *range(7, 51)]
    assert _listing(folder) == before
    jobs.run(writer.catch_up())  # not locked out by the guest
    feed.change(9, tags=("newer",))
    jobs.run(writer.catch_up())
    jobs.run(guest.catch_up())
    assert found(guest, "newer OR new") == [5, 9]
    assert guest.revision == feed.revision
    after = _listing(folder)
    guest.close()
    assert _listing(folder) == after
    writer.close()


def test_a_guest_without_or_with_a_broken_index_keeps_it_in_memory(feed: MemoryFeed, folder: Path) -> None:
    guest = open_index(feed, folder, read_only=True)
    assert len(found(guest, "old")) == 50
    assert not folder.exists()
    guest.close()
    open_index(feed, folder).close()
    for path in folder.glob("*.seg"):
        _truncate(path)
    before = _listing(folder)
    guest = open_index(feed, folder, read_only=True)
    assert len(found(guest, "old")) == 50
    assert _listing(folder) == before
    guest.close()


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are those of posix")
def test_the_folder_is_private_and_a_stranger_s_is_not_opened(
    feed: MemoryFeed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_index(feed, folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700
    before = _listing(folder)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    index = open_index(feed, folder)
    assert index.problem is not None
    assert "somebody else" in index.problem
    assert len(found(index, "old")) == 50
    assert _listing(folder) == before
    index.close()


def test_a_second_writer_is_told(feed: MemoryFeed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = open_index(feed, folder)
    shelf = Shelf(folder)
    shelf.open()
    blocking = shelf._writer()
    feed.change(1, tags=("new",))
    with pytest.raises(PhotomgrError, match="Another program"):
        jobs.run(index.catch_up())
    blocking.cancel()
    jobs.run(index.catch_up())
    assert found(index, "new") == [1]
    index.close()


def test_searches_go_on_while_changes_come_in(folder: Path) -> None:
    feed = MemoryFeed()
    feed.put(*_photos(1, 400, tags=("a",)))
    index = open_index(feed, folder)
    wrong: list[str] = []
    stop = threading.Event()

    def search(seed: int) -> None:
        dice = random.Random(seed)
        while not stop.is_set():
            sort = dice.choice(list(Sort))
            if len(index.find("tag:a tag:b", sort).ids):
                wrong.append("a photo was in both states")
            if (count := len(index.find("tag:a OR tag:b", sort).ids)) != 400:
                wrong.append(f"{count} photos")
            index.words("a")
            index.why("a OR b", dice.randrange(400))

    threads = [threading.Thread(target=search, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    dice = random.Random(0)
    for _ in range(12):
        feed.put(*(SearchDocument(n, tags=(dice.choice("ab"),)) for n in dice.sample(range(1, 401), 30)))
        jobs.run(index.catch_up())
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    index.close()


def test_two_jobs_at_once_do_not_lose_changes(feed: MemoryFeed, folder: Path) -> None:
    index = SearchIndex(folder, feed)
    threads = [threading.Thread(target=lambda: jobs.run(index.catch_up())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1, 20):
        feed.change(n, tags=(f"t{n}",))
    for thread in threads:
        thread.join()
    jobs.run(index.catch_up())
    assert [found(index, f"t{n}") for n in range(1, 20)] == [[n] for n in range(1, 20)]
    assert len(found(index, "")) == 50
    index.close()


def test_a_disk_that_cannot_be_written_is_a_sentence(
    feed: MemoryFeed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = open_index(feed, folder)
    feed.change(1, tags=("new",))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(PhotomgrError, match="No space left"):
        patch.setattr(index._base._storage, "create_file", full)
        jobs.run(index.catch_up())
    assert len(found(index, "old")) == 50
    jobs.run(index.catch_up())
    assert found(index, "new") == [1]
    index.close()


_CHILD = """
import sys
from pathlib import Path
from photomgr import jobs
from photomgr.core.catalog import Catalog
from photomgr.core.search import SearchIndex, index
index._CHUNK = 7
base = Path(sys.argv[1])
catalog = Catalog(base / "catalog.db", read_only=True)
search = SearchIndex(base / "index", catalog)
print("ready", flush=True)
jobs.run(search.catch_up())
search.close()
catalog.close()
"""


def test_killed_at_any_moment_the_index_goes_on_from_the_catalog(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    ids = fill(catalog, tmp_path / "photos", 200)
    dice = random.Random(3)
    for round_ in range(6):
        judge(catalog, "accept", f"tag {round_}", dice.sample(ids, 30))
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(dice.uniform(0, 0.4))
        if child.poll() is None:
            child.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        child.communicate()
    index = SearchIndex(tmp_path / "index", catalog)
    jobs.run(index.catch_up())
    assert sorted(index.find("").ids.tolist()) == ids
    for round_ in range(6):
        assert len(index.find(f'tag:"tag {round_}"').ids) == 30
    assert index.revision == catalog.revision
    index.close()
    catalog.close()


def _postings(folder: Path, field: str, term: str) -> set[int]:
    """The photos that plain Whoosh has for a term, without a line of ours but for how a row is packed."""
    reader = FileStorage(str(folder)).open_index("MAIN").reader()
    rows = reader.column_reader("row")
    found = {int(np.frombuffer(rows[n], ROW)["id"][0]) for n in reader.postings(field, term).all_ids()}
    reader.close()
    return found


def test_what_is_found_is_what_stands_in_the_postings_and_nothing_that_was_deleted_there(
    feed: MemoryFeed, folder: Path
) -> None:
    feed.change(3, tags=("old", "beach"))
    feed.change(4, tags=("beach",))
    open_index(feed, folder).close()
    index = SearchIndex(folder, feed)
    for tag in ("old", "beach"):
        assert set(found(index, f"tag:{tag}")) == _postings(folder, "tag", tag) == set(found(index, tag))
    index.close()

    writer = FileStorage(str(folder)).open_index("MAIN").writer()
    writer.delete_document(min(writer.reader().postings("tag", "beach").all_ids()))
    writer.commit(merge=False)
    (left,) = _postings(folder, "tag", "beach")
    index = SearchIndex(folder, feed)
    assert found(index, "tag:beach") == found(index, "beach") == [left]
    assert found(index, f"name:IMG_{7 - left}.jpg") == []
    assert 7 - left not in found(index, "")
    assert index.counts("tag")["beach"] == index.words("bea")[0][1] == 1
    index.close()


def test_with_a_real_catalog(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    ids = fill(catalog, tmp_path / "photos", 20)
    index = SearchIndex(tmp_path / "index", catalog)
    jobs.run(index.catch_up())
    assert sorted(index.find("").ids.tolist()) == ids
    judge(catalog, "accept", "Sunny Beach", ids[:3])
    jobs.run(index.catch_up())
    assert sorted(index.find("tag:sunny*").ids.tolist()) == ids[:3]
    assert index.words("bea") == [("Sunny Beach", 3)]
    catalog.verdicts.undo()
    jobs.run(index.catch_up())
    assert index.find("sunny").ids.tolist() == []
    assert sorted(index.find("folder:photos name:1*").ids.tolist()) == [
        n for n in ids if index.why("name:1*", n)
    ]
    index.close()
    catalog.close()


def test_orders_stay_right_while_photos_come_and_go() -> None:
    dice = random.Random(1)

    def some(photo: int) -> SearchDocument:
        return SearchDocument(
            photo, tags=("a",), name=f"n{dice.randrange(50)}.jpg", rating=dice.randrange(6),
            taken=dice.choice([None, f"20{dice.randrange(10, 20)}-01-01T00:00:00"]),
            added=f"2024-01-{dice.randrange(1, 9):02}T00:00:00",
        )  # fmt: skip

    feed = MemoryFeed()
    feed.put(*map(some, range(1, 300)))
    index = open_index(feed)
    for step in range(12):
        for sort in Sort:
            index.find("", sort)  # each order is there before the change
        feed.put(*(some(dice.randrange(1, 400)) for _ in range(dice.randrange(1, 20))))
        feed.delete(*range(step * 3, step * 3 + 2))
        jobs.run(index.catch_up())
        fresh = open_index(feed)
        for sort in Sort:
            assert index.find("", sort).ids.tolist() == fresh.find("", sort).ids.tolist()
