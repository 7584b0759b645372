"""Who searches for a tag decides on that tag: it leads in the panel and on the photos."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from photomgr.core.records import Suggestion
from photomgr.gui.main_window import MainWindow
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow


def test_the_tag_that_is_searched_for_is_the_one_that_the_keys_decide_on(
    qtbot: QtBot, full_library: Library, open_window: OpenWindow
) -> None:
    ids = [int(each) for each in full_library.find("name:blue").ids]
    offers = [Suggestion("sky", 0.9), Suggestion("sea", 0.8), Suggestion("dog", 0.4)]
    full_library.catalog.annotations.write("test", [(photo, b"c", b"", b"", offers) for photo in ids])
    run(full_library.index())
    window: MainWindow = open_window(full_library)
    panel = window.tag_panel

    def current() -> str:
        row = panel.suggestions.current
        return row.tag if row is not None else ""

    qtbot.waitUntil(lambda: window.photos.rowCount() == 12, timeout=PATIENCE)
    window.grid.select_id(ids[0])
    qtbot.waitUntil(lambda: current() == "sky", timeout=PATIENCE)
    window.navigator.go("maybe:dog")
    qtbot.waitUntil(lambda: window.photos.rowCount() == len(ids), timeout=PATIENCE)
    window.grid.select_id(ids[0])
    qtbot.waitUntil(lambda: current() == "dog", timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: (
            (row := window.photos.row(ids[0])) is not None
            and row.marks is not None
            and row.marks.suggested[0].tag == "dog"
        ),
        timeout=PATIENCE,
    )
    window.grid.setFocus()
    qtbot.keyClick(window.grid, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: "dog" in full_library.decided([ids[0]]), timeout=PATIENCE)
