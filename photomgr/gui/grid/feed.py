"""Asks for the rows and thumbnails that the grid shows and soon will, and shows them when they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from photomgr.gui.grid.grid import Grid

_PAUSE: Final = 25  # ms between looking and asking, so that a flying scroll bar asks for little


class GridFeed(QObject):
    """Serves one grid."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._last_top = 0
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE)
        self._timer.timeout.connect(self._ask)
        grid.photos.arrived.connect(self._rows_arrived)
        grid.photos.restacked.connect(self._rows_arrived)
        grid.thumbnails.arrived.connect(self._thumbnail_arrived)

    def ask(self) -> None:
        """Something else is on the screen: ask for it soon."""
        if not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        """For this page first, then for the next one in the way of scrolling."""
        grid = self._grid
        top, bottom = grid.page()
        height = bottom - top
        rows = list(grid.geometry_.rows_between(top, bottom))
        if top < self._last_top:
            rows += reversed(grid.geometry_.rows_between(max(0, top - height), top))
        else:
            rows += grid.geometry_.rows_between(bottom, bottom + height)
        self._last_top = top
        ids = grid.photos.ids_at(dict.fromkeys(rows))
        grid.photos.need(ids)
        grid.thumbnails.need(ids, round(grid.cells.photo_box().width() * grid.devicePixelRatioF()))

    def _rows_arrived(self, ids: Sequence[int]) -> None:
        for photo_id in ids:
            self._grid.cells.forget(photo_id)
        if self._grid.current_id() in ids:
            self._grid.speak()
        self._grid.viewport().update()
        self.ask()

    def _thumbnail_arrived(self, photo_id: int) -> None:
        grid = self._grid
        grid.cells.forget(photo_id)
        row = grid.photos.row_of(photo_id)
        if row < 0:
            return
        rect = grid.geometry_.rect(row).translated(0, -grid.verticalOffset())
        if rect.intersects(grid.viewport().rect()):
            grid.viewport().update(rect)
