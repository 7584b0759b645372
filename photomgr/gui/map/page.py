"""The map as a page of the window: a line that says what it shows, its buttons, and why it may be empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from photomgr.core.errors import CatalogError
from photomgr.core.gazetteer import Gazetteer
from photomgr.gui.frame.pages import Choice, Page, State
from photomgr.gui.grid.thumbnails import ThumbnailLoader
from photomgr.gui.looks import glyphs, texts
from photomgr.gui.looks.glyph_button import GlyphButton
from photomgr.gui.map import outlines
from photomgr.gui.map.canvas import STEP, MapCanvas
from photomgr.gui.map.clusters import Clusters, Spots, clusters
from photomgr.gui.map.projection import View, degrees
from photomgr.gui.map.towns import Towns
from photomgr.gui.threads.bridge import LATER, NOW, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

_BUDGET = 24 * 1024 * 1024  # bytes of small pictures
_NAMED = 250  # clusters of a view that get the name of their place


def spots_of(library: Library, ids: np.typing.NDArray[np.int64]) -> Spots:
    """Those of the photos that say where they were taken. (slow)"""
    known, latitude, longitude = library.search.coordinates(ids)
    return Spots.of(known, latitude, longitude, others=len(ids) - len(known))


def _grouped(library: Library, spots: Spots, view: View) -> Clusters:
    """The clusters of a view with the names of their places. (slow)"""
    found = clusters(spots, view)
    middles = np.array([degrees(each.x, each.y) for each in found.found[:_NAMED]], np.float64).reshape(-1, 2)
    names = library.geography.named(middles[:, 0], middles[:, 1])
    named = [replace(each, name=name) for each, (name, _) in zip(found.found, names, strict=False)]
    return replace(found, found=(*named, *found.found[_NAMED:]))


def _towns(gazetteer: Gazetteer) -> Towns | None:
    try:
        return Towns.of(gazetteer)
    except CatalogError:  # the map says enough without names
        return None


class MapPage(QWidget):
    """``asked`` carries a search for photos of the map, ``closed`` asks for the photos to come back."""

    asked = Signal(str)
    closed = Signal()

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self.spots: Spots | None = None
        self._grouping = False
        self._moved_on = False
        self.canvas = MapCanvas(ThumbnailLoader(library, bridge, self, _BUDGET), self)
        self.empty = Page(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.canvas)
        self.stack.addWidget(self.empty)
        self.line = QLabel(self)
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.show_button = self._button(
            self.tr("Show these photos"), self.tr("The photos of this piece of the map (Enter)")
        )
        self.select_button = self._button(
            self.tr("Select an area"), self.tr("Draw a frame around photos; with Shift at any time")
        )
        self.select_button.setCheckable(True)
        self.all_button = self._button(
            self.tr("All"), self.tr("So far away that all photos are there (Home)")
        )
        self.nearer = GlyphButton(glyphs.plus, self.tr("Nearer (+)"), 26, self)
        self.further = GlyphButton(glyphs.minus, self.tr("Further away (-)"), 26, self)
        self.close_button = GlyphButton(glyphs.cross, self.tr("Back to the photos (Esc)"), 26, self)
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.canvas)

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setProperty("flat", True)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        self._tools = (self.show_button, self.select_button, self.all_button, self.further, self.nearer)
        for button in (*self._tools, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.stack, 1)
        order: list[QWidget] = [*self._tools, self.close_button, self.canvas]
        for one, other in pairwise(order):
            QWidget.setTabOrder(one, other)

    def _connect(self) -> None:
        canvas = self.canvas
        canvas.viewed.connect(self._group)
        canvas.asked.connect(self.asked)
        canvas.selecting_ended.connect(lambda: self.select_button.setChecked(False))
        canvas.home.connect(self.show_all)
        self.show_button.clicked.connect(lambda: self.asked.emit(canvas.area()))
        self.select_button.toggled.connect(self._select)
        self.all_button.clicked.connect(self.show_all)
        self.nearer.clicked.connect(lambda: canvas.zoom(STEP))
        self.further.clicked.connect(lambda: canvas.zoom(1 / STEP))
        self.close_button.clicked.connect(self.closed)

    def _select(self, wanted: bool) -> None:
        self.canvas.selecting = wanted
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if wanted else Qt.CursorShape.OpenHandCursor)

    def showEvent(self, event: QShowEvent) -> None:
        """The world is read when it is first looked at."""
        if self.canvas.ground.outlines is None:
            self._bridge.call(outlines.load, self._show_world, priority=NOW)
            gazetteer = self._library.geography.gazetteer
            self._bridge.call(lambda: _towns(gazetteer), self._show_towns, priority=LATER)
        super().showEvent(event)

    def _show_world(self, world: outlines.Outlines) -> None:
        self.canvas.ground.outlines = world
        self.canvas.ground.forget()
        self.canvas.update()

    def _show_towns(self, towns: Towns | None) -> None:
        self.canvas.ground.towns = towns
        self.canvas.ground.forget()
        self.canvas.update()

    def show_spots(self, spots: Spots, searching: bool, everything: Callable[[], None]) -> None:
        """Show these photos; ``searching`` says that they are the result of a search, which ``everything`` ends."""
        fresh = self.spots is None or not np.array_equal(self.spots.ids, spots.ids)
        self.spots = spots
        there = len(spots) > 0
        for tool in self._tools:
            tool.setEnabled(there)
        total = len(spots) + spots.others
        if spots.others and there:
            text = self.tr("{some} of {all} say where they were taken")
            self.line.setText(text.format(some=texts.number(len(spots)), all=texts.photos(total)))
        else:
            self.line.setText(texts.photos(total) if there else self.tr("Map"))
        if not there:
            self.empty.show_state(self._why_empty(total, searching, everything))
            self._turn_to(self.empty)
            return
        self._turn_to(self.canvas)
        if fresh:
            self.canvas.show_clusters(Clusters())
            self.canvas.show_all(spots)
        self._group()

    def _turn_to(self, widget: QWidget) -> None:
        before = self.stack.currentWidget()
        held = before is not None and before.hasFocus()
        self.stack.setCurrentWidget(widget)
        if held:
            widget.setFocus()

    def _why_empty(self, total: int, searching: bool, everything: Callable[[], None]) -> State:
        back = Choice(self.tr("Back to the photos"), self.closed.emit)
        if searching:
            said = self.tr("None of the photos that you searched for says where it was taken.")
            return State(
                "map", "map", self.tr("Nothing for the map"), said,
                (Choice(self.tr("Show all photos on the map"), everything, first=True), back),
            )  # fmt: skip
        said = self.tr(
            "No photo says where it was taken. Phones write it when they may use their location; so do cameras with a "
            "receiver, and programs that join photos with a recorded track."
        )
        return State("map", "map", self.tr("No places yet"), said, (back,) if total else ())

    def show_all(self) -> None:
        """A view of all photos."""
        if self.spots is not None and len(self.spots):
            self.canvas.show_all(self.spots)

    # clusters

    def _group(self) -> None:
        """Ask for the clusters of the view, one question at a time."""
        spots, view = self.spots, self.canvas.view
        if (
            spots is None
            or not len(spots)
            or (self.canvas.clusters.found and self.canvas.clusters.covers(view))
        ):
            return
        if self._grouping:
            self._moved_on = True
            return
        self._grouping, self._moved_on = True, False
        library = self._library

        def show(found: Clusters) -> None:
            self._grouping = False
            if spots is self.spots:
                self.canvas.show_clusters(found)
            if self._moved_on or spots is not self.spots:
                self._group()

        def failed(error: BaseException) -> None:
            self._grouping = False
            self._bridge.failed.emit(error)

        self._bridge.call(lambda: _grouped(library, spots, view), show, failed, priority=NOW)
