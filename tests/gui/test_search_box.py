"""The search box itself: faults are underlined and said, hostile texts do not stop it, odd names can be typed."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from photomgr import jobs
from photomgr.core.query import quote
from photomgr.gui.main_window import MainWindow
from photomgr.gui.search.bar import LONGEST
from photomgr.library import Library
from tests import naughty

from .conftest import PATIENCE, OpenWindow

HOSTILE = {
    "a megabyte": "a" * 1_000_000,
    "a megabyte of words": "ab " * 333_333,
    "5,000 brackets": "(" * 5_000 + "a" + ")" * 5_000,
    "brackets that fit": "(" * 900 + "a" + ")" * 900,
    "3,000 NOTs": " ".join(f"NOT a{n}" for n in range(3_000)),
    "NOTs that fit": "NOT " * 400 + "a",
    "stars": "*a*",
    "fifty errors": "abc~50",
    "a range": "[a TO z]",
    "quotes": '"' * 1_900,
    "patterns": " OR ".join(f"{letter}*e" for letter in "abcdefghijkl"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_answered_or_refused_and_typing_goes_on(
    window: MainWindow, qtbot: QtBot, text: str
) -> None:
    edit = window.search_bar.edit
    beats = [time.perf_counter()]
    heart = QTimer(window, interval=2)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start()
    edit.setFocus()
    QApplication.clipboard().setText(text)
    edit.paste()
    qtbot.keyClick(edit, Qt.Key.Key_Space)
    qtbot.wait(150)
    qtbot.waitUntil(lambda: not window.navigator.asking, timeout=PATIENCE)
    if len(edit.text()) > LONGEST:
        assert window.search_bar.hint.startswith("This search is too long")
        assert window.photos.rowCount() == 12
    else:
        qtbot.waitUntil(lambda: window.navigator.place.query == text.strip(), timeout=PATIENCE)
        qtbot.waitUntil(
            lambda: window.photos.rowCount() > 0 or window.stage.showing == "nothing", timeout=PATIENCE
        )
        said = window.stage.page.text.text()
        assert window.photos.rowCount() or said.endswith((".", "”"))
    assert max(b - a for a, b in itertools.pairwise(beats)) < 0.5


def test_what_is_mistyped_is_underlined_said_and_left_out(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.search_bar
    bar.edit.setFocus()
    qtbot.keyClicks(bar.edit, "red rating:4x")
    assert bar.underline.faults == ()  # it may still become something
    qtbot.keyClicks(bar.edit, " ")
    (fault,) = bar.underline.faults
    assert bar.edit.text()[fault.start : fault.end] == "rating:4x"
    qtbot.waitUntil(lambda: window.photos.rowCount() == 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: bar.hint.startswith("rating: takes stars from 0 to 5"), timeout=PATIENCE)
    assert bar.edit.accessibleDescription() == fault.said
    place = next(
        QPoint(x, 10) for x in range(bar.edit.width()) if bar.edit.cursorPositionAt(QPoint(x, 10)) == 8
    )
    QApplication.sendEvent(bar.edit, QHelpEvent(QEvent.Type.ToolTip, place, bar.edit.mapToGlobal(place)))
    assert "stars from 0 to 5" in QToolTip.text()
    QToolTip.hideText()
    qtbot.keyClick(bar.edit, Qt.Key.Key_Backspace)
    qtbot.keyClick(bar.edit, Qt.Key.Key_Backspace)
    assert bar.edit.text() == "red rating:4"
    bar.edit.insert(" 👍🏽 (tga:red")  # two of Qt's characters each
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    assert [bar.edit.text()[f.start : f.end] for f in bar.underline.faults] == ["tga:", "("]


def test_odd_names_are_found_by_what_is_typed_in_the_box(
    library: Library, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    names = naughty.names()
    assert len(names) >= 515
    kept = naughty.tag_all(library, tmp_path / "odd", names)
    assert len(kept) == len(names)
    assert naughty.lost(library, kept) == []
    window = open_window(library)
    qtbot.waitUntil(lambda: window.photos.rowCount() == len(names), timeout=PATIENCE)
    edit = window.search_bar.edit
    edit.setFocus()
    for number, (name, photo) in enumerate(kept.items()):
        edit.setText(f"tag:{quote(name)}")
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        assert photo in library.find(window.navigator.place.query).ids, name
        if number % 40 == 0:
            qtbot.waitUntil(lambda photo=photo: photo in window.photos.ids, timeout=PATIENCE)
            edit.setFocus()
    jobs.run(library.index())


def test_saved_and_recent_searches_are_offered_with_nothing_typed(window: MainWindow, qtbot: QtBot) -> None:
    kept, bar = window.library.collections, window.search_bar
    kept.save("Reds", "name:red")
    kept.note("green 2019")
    bar.edit.setFocus()
    qtbot.keyClick(bar.edit, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: bar.completer.popup().isVisible(), timeout=PATIENCE)
    rows = bar.completer.popup().model()
    assert [rows.index(row, 0).data() for row in range(rows.rowCount())] == ["name:red", "green 2019"]
    qtbot.keyClick(bar.completer.popup(), Qt.Key.Key_Down)
    qtbot.keyClick(bar.completer.popup(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 3, timeout=PATIENCE)
    assert bar.text == "name:red"
    bar.clear()
    qtbot.mouseClick(bar.edit, Qt.MouseButton.LeftButton, pos=QPoint(80, 10))
    qtbot.waitUntil(lambda: bar.completer.popup().isVisible(), timeout=PATIENCE)
    qtbot.keyClick(bar.completer.popup(), Qt.Key.Key_Escape)


def test_only_what_finds_something_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    edit, kept = window.search_bar.edit, window.library.collections
    for text in ("zzzz", "name:red", "warm"):
        edit.setFocus()
        edit.clear()
        qtbot.keyClicks(edit, text)
        window.search_bar.completer.popup().hide()
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not window.navigator.asking, timeout=PATIENCE)
    qtbot.waitUntil(lambda: kept.recent() == ["warm", "name:red"], timeout=PATIENCE)


def test_a_completion_that_wants_more_leaves_the_keys_in_the_box(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.search_bar
    bar.edit.setFocus()
    qtbot.keyClicks(bar.edit, "warm fold")
    popup = bar.completer.popup()
    qtbot.waitUntil(lambda: popup.isVisible() and popup.model().rowCount() > 0, timeout=PATIENCE)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert bar.edit.text() == "warm folder:"
    qtbot.waitUntil(lambda: window.photos.rowCount() == 3 and not window.navigator.asking, timeout=PATIENCE)
    assert bar.edit.hasFocus()
    qtbot.keyClicks(bar.edit, "hawaii")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 1, timeout=PATIENCE)
