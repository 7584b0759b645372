"""Deciding with the hands on the keyboard, on suggestions that the real network made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.core.errors import ModelError
from photomgr.gui.main_window import MainWindow
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow

KEY = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


@pytest.fixture
def suggested(full_library: Library) -> Library:
    """The twelve photos with suggestions of the network that ships with the program."""
    try:
        run(full_library.annotate())
    except ModelError as error:
        raise AssertionError(f"the program ships without its network: {error}") from error
    run(full_library.index())
    return full_library


@pytest.fixture
def window(suggested: Library, open_window: OpenWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with one photo selected that has three suggestions or more, and the keys on the grid."""
    opened = open_window(suggested)
    wait(qtbot, lambda: opened.photos.rowCount() == 12)
    marks = suggested.marks([int(each) for each in opened.photos.ids])
    chosen = max(marks, key=lambda photo_id: marks[photo_id].open)
    assert marks[chosen].open >= 3, "the network says too little about the test's photos"
    opened.grid.select_id(chosen)
    opened.grid.setFocus()
    wait(qtbot, lambda: opened.tag_panel.ids == [chosen] and bool(opened.tag_panel.facts.suggested))
    yield opened


def chosen_of(window: MainWindow) -> int:
    return window.grid.selected_ids()[0]


def test_accept_reject_and_leave(window: MainWindow, suggested: Library, qtbot: QtBot) -> None:
    chosen = chosen_of(window)
    first, second = (each.tag for each in suggested.suggested([chosen])[:2])
    before = set(suggested.decided([chosen]))
    qtbot.keyClick(window.grid, KEY.Key_P)
    wait(qtbot, lambda: set(suggested.decided([chosen])) == before | {first})
    qtbot.keyClick(window.grid, KEY.Key_X)
    wait(qtbot, lambda: second in suggested.rejected([chosen]))
    open_ones = len(suggested.suggested([chosen]))
    qtbot.keyClick(window.grid, KEY.Key_U)
    qtbot.wait(50)
    assert len(suggested.suggested([chosen])) == open_ones
    qtbot.keyClick(window.grid, KEY.Key_Z, CONTROL)
    wait(qtbot, lambda: not suggested.rejected([chosen]))
    qtbot.keyClick(window.grid, KEY.Key_Z, CONTROL)
    wait(qtbot, lambda: set(suggested.decided([chosen])) == before)


def test_digits_take_the_nth_suggestion(window: MainWindow, suggested: Library, qtbot: QtBot) -> None:
    chosen = chosen_of(window)
    third = suggested.suggested([chosen])[2].tag
    qtbot.keyClick(window.grid, KEY.Key_3)
    wait(qtbot, lambda: third in suggested.decided([chosen]))


def test_stars_and_labels(window: MainWindow, suggested: Library, qtbot: QtBot) -> None:
    chosen = chosen_of(window)
    qtbot.keyClick(window.grid, KEY.Key_4, CONTROL)
    wait(qtbot, lambda: suggested.marks([chosen])[chosen].rating == 4)
    qtbot.keyClick(window.grid, KEY.Key_8, CONTROL)
    wait(qtbot, lambda: suggested.marks([chosen])[chosen].label == "green")
    qtbot.keyClick(window.grid, KEY.Key_0, CONTROL)
    wait(qtbot, lambda: suggested.marks([chosen])[chosen].rating == 0)


def test_a_tag_is_added_and_letters_in_the_box_stay_letters(
    window: MainWindow, suggested: Library, qtbot: QtBot
) -> None:
    chosen = chosen_of(window)
    qtbot.keyClick(window.grid, KEY.Key_T)
    box = QApplication.focusWidget()
    assert box is not None and window.tag_panel.isAncestorOf(box)
    qtbot.keyClicks(box, "px tour 3")
    qtbot.keyClick(box, KEY.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    wait(qtbot, lambda: "px tour 3" in suggested.decided([chosen]))
    assert not suggested.rejected([chosen])
    qtbot.keyClick(QApplication.focusWidget() or box, KEY.Key_Escape)
    wait(qtbot, lambda: window.grid.hasFocus())


def test_adding_a_tag_brings_the_panel_back(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, KEY.Key_F8)
    assert not window.tag_panel.isVisible()
    qtbot.keyClick(window.grid, KEY.Key_T, CONTROL)
    assert window.tag_panel.isVisible()


def test_the_next_photo_that_waits(window: MainWindow, suggested: Library, qtbot: QtBot) -> None:
    order = [int(each) for each in window.photos.ids]
    start = order.index(chosen_of(window))
    ring = order[start + 1 :] + order[: start + 1]
    marks = suggested.marks(ring)
    wanted = next(photo_id for photo_id in ring if marks[photo_id].open)
    qtbot.keyClick(window.grid, KEY.Key_J, CONTROL)
    wait(qtbot, lambda: window.grid.selected_ids() == [wanted])
    window.navigator.open(wanted)
    wait(qtbot, lambda: window.stage.showing == "photo")
    qtbot.keyClick(window.photo_view, KEY.Key_J, CONTROL)
    wait(qtbot, lambda: window.navigator.place.photo not in (None, wanted))


def test_one_step_for_all_selected_with_undo_beside_it(
    window: MainWindow, suggested: Library, qtbot: QtBot
) -> None:
    window.grid.selectAll()
    ids = window.grid.selected_ids()
    wait(qtbot, lambda: len(window.tag_panel.ids) == 12)
    qtbot.keyClick(window.grid, KEY.Key_3, CONTROL)
    toast = window.stage.toast
    wait(qtbot, lambda: toast.isVisible() and toast.undo_button.isVisible())
    assert "12 photos" in toast.label.text()
    assert all(mark.rating == 3 for mark in suggested.marks(ids).values())
    qtbot.mouseClick(toast.undo_button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: any(mark.rating != 3 for mark in suggested.marks(ids).values()))
