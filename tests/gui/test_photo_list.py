"""The list of photos over the real library: ids, rows in pages, stale rows, groups."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from photomgr.core.records import Photo, Sort
from photomgr.gui.grid.photo_list import ID_ROLE, PhotoList
from photomgr.gui.threads.bridge import Bridge
from photomgr.library import Library

from .conftest import PATIENCE


@pytest.fixture
def bridge(qtbot: QtBot, full_library: Library) -> Iterator[Bridge]:
    made = Bridge()
    made.follow(full_library)
    yield made
    made.shutdown()


@pytest.fixture
def photos(full_library: Library, bridge: Bridge) -> PhotoList:
    return PhotoList(full_library, bridge)


def test_ids_and_rows_go_both_ways(photos: PhotoList) -> None:
    ids = [30, 10, 20, 40]
    photos.set_ids(ids)
    assert photos.rowCount() == 4
    assert [photos.id_at(row) for row in range(4)] == ids
    assert [photos.row_of(photo_id) for photo_id in ids] == [0, 1, 2, 3]
    assert photos.row_of(25) == -1
    assert photos.row_of(10**12) == -1
    assert photos.ids_at([2, 0]) == [20, 30]
    assert photos.rows_of(np.array([40, 5, 30])).tolist() == [3, 0]
    assert photos.index(1, 0).data(ID_ROLE) == 10
    with pytest.raises(IndexError):
        photos.id_at(4)


def test_rows_come_when_they_are_looked_at(qtbot: QtBot, full_library: Library, photos: PhotoList) -> None:
    found = full_library.find("", Sort.NEWEST)
    photos.set_ids(found.ids, Sort.NEWEST)
    assert photos.row(photos.id_at(0)) is None
    photos.need(photos.ids_at(range(3)))
    qtbot.waitUntil(lambda: photos.row(photos.id_at(2)) is not None, timeout=PATIENCE)
    known = photos.row(photos.id_at(0))
    assert known is not None
    assert known.photo == full_library.photo(photos.id_at(0))
    assert known.marks == full_library.marks([photos.id_at(0)])[photos.id_at(0)]
    assert photos.row(photos.id_at(11)) is None
    assert photos.index(0, 0).data() == known.photo.display_name


def test_what_changed_is_fetched_again_when_looked_at(
    qtbot: QtBot, full_library: Library, photos: PhotoList
) -> None:
    photos.set_ids(full_library.find("").ids)
    wanted = photos.ids_at(range(2))
    photos.need(wanted)
    qtbot.waitUntil(lambda: photos.row(wanted[0]) is not None, timeout=PATIENCE)
    with qtbot.waitSignal(photos.arrived, timeout=PATIENCE):
        full_library.rate(3, [wanted[0]])
    before = photos.row(wanted[0])
    assert before is not None  # stale, and still shown
    photos.need(wanted)

    def rated() -> bool:
        row = photos.row(wanted[0])
        return row is not None and row.photo.rating == 3

    qtbot.waitUntil(rated, timeout=PATIENCE)
    spoken = photos.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "3" in spoken


def test_photos_that_are_gone_are_asked_for_once(
    qtbot: QtBot, full_library: Library, photos: PhotoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []
    read = full_library.photos

    def record(ids: list[int]) -> list[Photo]:
        asked.append(list(ids))
        return read(ids)

    monkeypatch.setattr(full_library, "photos", record)
    photos.set_ids([10**6, 10**6 + 1])
    with qtbot.assertNotEmitted(photos.arrived, wait=100):
        photos.need([10**6, 10**6 + 1])
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=PATIENCE)
    with qtbot.assertNotEmitted(photos.arrived, wait=100):
        photos.need([10**6, 10**6 + 1])
    assert asked == [[10**6, 10**6 + 1]]


def test_a_list_by_date_is_grouped_and_another_is_not(
    qtbot: QtBot, full_library: Library, photos: PhotoList
) -> None:
    with qtbot.waitSignal(photos.grouped, timeout=PATIENCE):
        photos.set_ids(full_library.find("", Sort.NEWEST).ids, Sort.NEWEST)
    assert photos.starts is not None
    assert photos.starts.tolist() == [0]  # in 2023, 2021 and 2019: too few even for years
    assert photos.unit == "all"
    dated = full_library.find("2019", Sort.NEWEST).ids
    with qtbot.waitSignal(photos.grouped, timeout=PATIENCE):
        photos.set_ids(dated, Sort.NEWEST)
    assert (photos.unit, photos.starts.tolist()) == ("month", [0])
    photos.set_ids(full_library.find("", Sort.NAME).ids, Sort.NAME)
    assert photos.starts is None


def test_the_same_ids_again_cost_nothing(qtbot: QtBot, photos: PhotoList) -> None:
    photos.set_ids([1, 2, 3])
    with qtbot.assertNotEmitted(photos.replaced):
        photos.set_ids(np.array([1, 2, 3]))
    with qtbot.waitSignal(photos.replaced, timeout=PATIENCE):
        photos.set_ids([1, 2, 4])


def test_files_go_along_in_a_drag(full_library: Library, photos: PhotoList) -> None:
    photos.set_ids(full_library.find("").ids)
    ids = photos.ids_at([3, 1])
    data = photos.files_of(ids)
    paths = [os.fspath(photo.path) for photo in full_library.photos(ids)]
    assert [url.toLocalFile() for url in data.urls()] == paths
    assert data.text().splitlines() == paths


def test_a_hundred_thousand_ids(photos: PhotoList) -> None:
    ids = np.random.default_rng(1).permutation(200_000)[:100_000].astype(np.int64)
    photos.set_ids(ids)
    assert photos.row_of(int(ids[77_777])) == 77_777
    assert photos.rows_of(ids[::1000]).tolist() == list(range(0, 100_000, 1000))
