"""Stacks in the grid: closed and open, what is selected, decided and counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from photomgr.gui.grid.stacked import Place, Stacked
from photomgr.gui.main_window import MainWindow
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow, make_photo


def array(*ids: int) -> np.ndarray:
    return np.array(ids, np.int64)


def test_closed_and_open() -> None:
    found, tops = array(9, 5, 4, 3, 2, 1), array(0, 3, 3, 3, 0, 7)
    closed = Stacked(found, tops)
    assert closed.shown.tolist() == [9, 3, 2, 1] and closed.count == 4
    assert closed.members(3) == [3, 5, 4] and closed.members(9) == [9]
    assert closed.place(3) == Place(1, 3, False) and closed.place(1) is None  # the others of 7 were not found
    assert closed.shown_for(4) == 3 and closed.spread(array(9, 3)).tolist() == [9, 3, 5, 4]
    opened = Stacked(found, tops, {3})
    assert opened.shown.tolist() == [9, 3, 5, 4, 2, 1] and opened.count == 4
    assert opened.place(4) == Place(3, 3, True) and opened.members(3) == [3]
    assert opened.spread(array(9, 3)).tolist() == [9, 3] and opened.shown_for(4) == 4
    assert closed.changed_from(opened) == [3, 4, 5] and closed.changed_from(closed) == []


def test_a_top_that_was_not_found_and_parts() -> None:
    stacked = Stacked(array(5, 8, 4), array(3, 0, 3))
    assert stacked.shown.tolist() == [5, 8] and stacked.members(5) == [5, 4]
    assert stacked.sections(((0, "hits"), (1, "looks"))) == ((0, "hits"), (1, "looks"))
    assert Stacked(array(1, 2, 4), array(1, 1, 0)).sections(((0, "hits"), (2, "looks"))) == (
        (0, "hits"), (1, "looks"),
    )  # fmt: skip


def test_many_selected() -> None:
    found = np.arange(1, 1001)
    tops = (found - 1) // 4 * 4 + 1
    stacked = Stacked(found, tops)
    assert stacked.count == 250 and sorted(stacked.spread(stacked.shown).tolist()) == found.tolist()


@pytest.fixture
def stacks(library: Library, tmp_path: Path) -> Library:
    """A RAW with its picture, a burst of four, and two photos that stand alone."""
    folder = tmp_path / "photos"
    make_photo(folder / "IMG_1.jpg", (200, 60, 40), "2020:01:01 10:00:00")
    (folder / "IMG_1.dng").write_bytes(b"II*\0" + bytes(64))
    for shot in range(4):
        make_photo(folder / f"run_{shot}.jpg", (60, 40 * shot, 90), f"2020:02:01 10:00:0{shot // 2}")
    make_photo(folder / "alone.jpg", (10, 60, 40), "2020:03:01 10:00:00")
    Image.new("RGB", (90, 60), (3, 4, 5)).save(folder / "drawn.png")
    library.add_root(folder)
    run(library.scan())
    run(library.index())
    return library


@pytest.fixture
def window(stacks: Library, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    opened = open_window(stacks)
    qtbot.waitUntil(lambda: opened.photos.rowCount() == 4, timeout=PATIENCE)
    return opened


def named(window: MainWindow, name: str) -> int:
    photo = next(each for each in window.library.photos(list(range(1, 20))) if each.display_name == name)
    return photo.id


def test_a_burst_is_decided_and_opened_as_one(window: MainWindow, qtbot: QtBot) -> None:
    assert window.status.counts.text() == "8 photos, shown as 4"
    first = named(window, "run_0.jpg")
    burst = sorted(named(window, f"run_{shot}.jpg") for shot in range(4))
    other = named(window, "run_2.jpg")
    window.grid.select_id(other)  # it stands behind the first
    assert window.grid.current_id() == first and sorted(window.grid.selected_ids()) == burst
    assert window.status.counts.text() == "8 photos, shown as 4 · 4 selected"
    qtbot.waitUntil(lambda: sorted(window.tag_panel.ids) == burst, timeout=PATIENCE)
    window.tag_panel.rate(4)
    qtbot.waitUntil(lambda: all(each.rating == 4 for each in window.library.photos(burst)), timeout=PATIENCE)
    window.grid.setFocus()
    qtbot.keyClick(window.grid, Qt.Key.Key_S)
    assert window.photos.rowCount() == 7 and set(window.grid.selected_ids()) == set(burst)
    row = window.photos.row_of(first)
    assert set(window.photos.ids_at(range(row, row + 4))) == set(burst)
    window.grid.select_id(other)
    assert window.grid.selected_ids() == [other]
    qtbot.keyClick(window.grid, Qt.Key.Key_S)
    assert window.photos.rowCount() == 4 and sorted(window.grid.selected_ids()) == burst


def test_a_click_on_the_number(window: MainWindow, qtbot: QtBot) -> None:
    top = named(window, "IMG_1.jpg")
    row = window.photos.row_of(top)
    place = window.photos.place(top)
    assert place == Place(1, 2, False)
    middle = window.grid.cells.stack_box(place).center().toPoint()
    corner = window.grid.geometry_.rect(row).topLeft() - QPoint(0, window.grid.verticalOffset())
    qtbot.mouseClick(window.grid.viewport(), Qt.MouseButton.LeftButton, pos=corner + middle)
    assert window.photos.rowCount() == 5 and window.photos.place(top) == Place(1, 2, True)


def test_a_pair_shows_its_picture_and_is_decided_together(window: MainWindow, qtbot: QtBot) -> None:
    top, raw = named(window, "IMG_1.jpg"), named(window, "IMG_1.dng")
    window.grid.select_id(top)
    assert window.grid.selected_ids() == [top, raw]
    qtbot.waitUntil(lambda: window.tag_panel.ids == [top], timeout=PATIENCE)
    window.library.tag("poppy", [top])
    assert window.library.decided([raw]) == {"poppy": 1}


def test_shown_one_by_one_and_in_the_large_view(window: MainWindow, qtbot: QtBot) -> None:
    window.navigator.open(named(window, "run_0.jpg"))
    qtbot.waitUntil(lambda: len(window.tag_panel.ids) == 4, timeout=PATIENCE)
    window.actions_["stack"].trigger()
    assert window.photos.rowCount() == 7
    window.navigator.open(None)
    window.actions_["stacks"].trigger()
    qtbot.waitUntil(lambda: window.photos.rowCount() == 8, timeout=PATIENCE)
    assert window.status.counts.text().startswith("8 photos") and "shown" not in window.status.counts.text()
    assert not window.library.settings.get("stacks")


def test_what_comes_later_joins(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "run_4.jpg", (60, 200, 90), "2020:02:01 10:00:02")
    (tmp_path / "photos" / "alone.cr2").write_bytes(b"II*\0" + bytes(80))
    run(window.library.scan())
    run(window.library.index())
    window.navigator.refresh()
    qtbot.waitUntil(lambda: window.status.counts.text() == "10 photos, shown as 4", timeout=PATIENCE)
    assert window.photos.place(named(window, "run_0.jpg")) == Place(1, 5, False)
