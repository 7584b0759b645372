"""Saved searches and albums: kept in the catalog, live, and undone like everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.errors import QueryError, ReadOnly, UsageError
from photomgr.core.paths import Paths
from photomgr.core.records import Change, Sort, What
from photomgr.library import Library
from tests.photos import plain


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    for n in range(4):
        plain(tmp_path / "photos" / f"{n}.png", (n * 50, 20, 20))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    jobs.run(opened.index())
    yield opened
    opened.close()


def _ids(library: Library) -> list[int]:
    return sorted(library.find("").ids.tolist())


def test_a_search_is_saved_renamed_ordered_removed_and_all_of_it_undone(library: Library) -> None:
    kept = library.collections
    heard: list[Change] = []
    library.subscribe(heard.append)
    kept.save("Reds", "name:1*", Sort.NAME)
    kept.save("Best", "rating:5")
    kept.save("reds", "name:2*")
    assert [(each.name, each.query, each.sort) for each in kept.searches()] == [
        ("reds", "name:2*", "newest"), ("Best", "rating:5", "newest"),
    ]  # fmt: skip
    assert all(change.what is What.COLLECTIONS for change in heard)
    kept.order_searches(["Best", "reds"])
    assert [each.name for each in kept.searches()] == ["Best", "reds"]
    kept.rename_search("REDS", "Blues")
    kept.remove_search("best")
    assert [each.name for each in kept.searches()] == ["Blues"]
    for _ in range(4):
        library.undo()
    assert [(each.name, each.query) for each in kept.searches()] == [
        ("Reds", "name:1*"),
        ("Best", "rating:5"),
    ]
    for _ in range(4):
        library.redo()
    assert [each.name for each in kept.searches()] == ["Blues"]
    assert kept.search(" blues ") is not None


def test_what_makes_no_sense_is_refused(library: Library) -> None:
    kept = library.collections
    with pytest.raises(QueryError):
        kept.save("x", "rating:9x")
    with pytest.raises(UsageError):
        kept.save("x", "  ")
    with pytest.raises(UsageError):
        kept.save(" ", "a")
    for wrong in (lambda: kept.remove_search("x"), lambda: kept.rename_album("x", "y"), lambda: kept.add("x", [1]),
                  lambda: kept.take("x", [1])):  # fmt: skip
        with pytest.raises(UsageError, match="There is no"):
            wrong()
    kept.make_album("One")
    with pytest.raises(UsageError, match="already"):
        kept.make_album("ONE")
    with pytest.raises(UsageError):
        kept.add("One", [999])


def test_an_album_holds_photos_and_is_searched(library: Library) -> None:
    kept, ids = library.collections, _ids(library)
    change = kept.make_album("My best", ids[:2])
    assert change.text == "album “My best” made with 2 photos"
    kept.add("my best", ids[1:3])
    assert [(each.name, each.count) for each in kept.albums()] == [("My best", 3)]
    assert sorted(library.find('album:"MY best"').ids.tolist()) == ids[:3]
    assert sorted(library.find('-album:"my best"').ids.tolist()) == ids[3:]
    assert library.why('album:"my best"', ids[0]) == ["album: my best"]
    kept.take("My best", [ids[0], ids[3]])
    assert kept.in_album("My best").tolist() == ids[1:3]
    assert kept.add("My best", ids[1:3]).what is What.NOTHING
    kept.remove_album("My best")
    assert kept.albums() == []
    library.undo()
    assert kept.in_album("My best").tolist() == ids[1:3]
    library.undo()
    assert kept.in_album("My best").tolist() == ids[:3]
    library.undo()
    library.undo()
    assert kept.albums() == []
    library.redo()
    kept.make_album("Other")
    kept.order_albums(["other"])
    assert [each.name for each in kept.albums()] == ["Other", "My best"]
    kept.rename_album("Other", "Another")
    assert library.history(ids[0]) == []


def test_recent_searches_come_back_latest_first(library: Library) -> None:
    kept = library.collections
    for query in ("beach", "dog", " beach ", "", "x" * 3000):
        kept.note(query)
    assert kept.recent() == ["beach", "dog"]


def test_a_guest_collects_nothing(library: Library) -> None:
    library.set_read_only(True)
    with pytest.raises(ReadOnly):
        library.collections.save("x", "a")
    library.collections.note("a")
    assert library.collections.recent() == []
