"""The way to the map and back: the photos of the present search on it, and from it searches for places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject

from photomgr.core.records import Found
from photomgr.gui.map.canvas import STEP
from photomgr.gui.map.clusters import Spots
from photomgr.gui.map.page import MapPage, spots_of
from photomgr.gui.threads.bridge import NOW, Ticket

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow


class MapDoor(QObject):
    """Opens and closes the map of one window. It stays while somebody types a search, and shows what that finds."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.page = MapPage(window.library, window.bridge, window.stage)
        window.stage.stack.addWidget(self.page)
        self._asked: Ticket | None = None
        self.page.closed.connect(self.close)
        self.page.asked.connect(self._show_photos)
        window.folder_tree.map_wanted.connect(self.open)
        window.navigator.found.connect(self._found)
        window.navigator.moved.connect(self._moved)

    @property
    def is_open(self) -> bool:
        stage = self._window.stage
        return stage.mapping and not stage.reviewing

    def toggle(self) -> None:
        """In, or out again."""
        self.close() if self.is_open else self.open()

    def open(self) -> None:
        """Show the photos of the present search on the map."""
        window = self._window
        if window.stage.showing == "welcome":
            window.messages.info(self.tr("There are no photos to show on a map yet: add a folder first."))
            return
        window.review.close()
        if window.navigator.place.photo is not None:
            window.navigator.open(None)
        window.stage.set_map(self.page)
        window.actions_["map"].setChecked(True)
        window.folder_tree.mark_map(True)
        self._read()
        self.page.canvas.setFocus()

    def close(self) -> None:
        """Back to the photos."""
        window = self._window
        window.actions_["map"].setChecked(False)
        if self.is_open:
            window.folder_tree.mark_map(False)
            window.stage.set_map(None)
            window.stage.focus_photos()

    def _moved(self) -> None:
        if self.is_open and not self._window.navigator.place.typing:
            self.close()

    def _found(self, found: Found) -> None:
        if self.is_open:
            self._read()

    def _read(self) -> None:
        result = self._window.navigator.result
        ids = result.ids if result is not None else np.empty(0, np.int64)
        library, navigator = self._window.library, self._window.navigator
        if self._asked is not None:
            self._asked.cancel()

        def show(spots: Spots) -> None:
            self._asked = None
            searching = bool(navigator.place.query) or navigator.place.ids is not None
            self.page.show_spots(spots, searching, self._everything)

        self._asked = self._window.bridge.call(lambda: spots_of(library, ids), show, priority=NOW)

    def _everything(self) -> None:
        """The map of all photos."""
        self._window.navigator.go("")
        self.open()

    def _show_photos(self, query: str) -> None:
        """The photos of a cluster or an area in the grid, as a search that stands in the box."""
        navigator = self._window.navigator
        if navigator.place.ids is None:
            navigator.narrow(query)
        else:
            navigator.go(query)

    def handlers(self, plain: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
        """What the window's keys do: on the map something of their own, else what they did."""
        canvas = self.page.canvas
        here: dict[str, Callable[[], Any]] = {
            "larger": lambda: canvas.zoom(STEP),
            "smaller": lambda: canvas.zoom(1 / STEP),
            "escape": self._escape,
        }

        def either(name: str) -> Callable[[], Any]:
            return lambda: here[name]() if self.is_open else plain[name]()

        return plain | {name: either(name) for name in here} | {"map": self.toggle}

    def _escape(self) -> None:
        """Step by step: from the search box to the map, from an area that is being drawn, then back to the photos."""
        page, window = self.page, self._window
        focus = window.focusWidget()
        if focus is not None and not page.isAncestorOf(focus):
            page.canvas.setFocus()
        elif page.select_button.isChecked() or page.canvas.leave_selecting():
            page.select_button.setChecked(False)
        else:
            self.close()
