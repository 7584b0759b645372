"""What undo and redo say in the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from photomgr.gui.main_window import MainWindow
from photomgr.library import Library

from .conftest import PATIENCE

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def wait_for(window: MainWindow, qtbot: QtBot, name: str) -> None:
    """Until the window knows of the step."""
    qtbot.waitUntil(lambda: "sunset" in window.actions_[name].text(), timeout=PATIENCE)


def test_undo_of_one_photo_names_its_file(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    photo = full_library.photo(int(full_library.find("name:yellow").ids[0]))
    assert photo is not None
    full_library.tag("sunset", [photo.id])
    label = window.stage.toast.label
    steps = (("undo", CONTROL, "Undone: "), ("redo", CONTROL | SHIFT, "Done again: "))
    for name, keys, word in steps:
        wait_for(window, qtbot, name)
        qtbot.keyClick(window, Qt.Key.Key_Z, keys)
        qtbot.waitUntil(lambda word=word: label.text().startswith(word), timeout=PATIENCE)
        assert "sunset" in label.text()
        assert label.text().endswith(f"\u2014 {photo.display_name}")


def test_undo_of_many_photos_names_none(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    full_library.tag("sunset", [int(each) for each in full_library.find("name:red").ids])
    wait_for(window, qtbot, "undo")
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    label = window.stage.toast.label
    qtbot.waitUntil(lambda: label.text().startswith("Undone: "), timeout=PATIENCE)
    assert ".jpg" not in label.text()
