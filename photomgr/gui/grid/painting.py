"""Painting the grid: cells that are on the screen, selection, headers that stay on top, the band."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QDate, QLocale, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QPainter, QPalette, QPen, QPixmap, QRegion

from photomgr.gui.grid.geometry import HEADER, MARGIN
from photomgr.gui.looks import glyphs, texts

if TYPE_CHECKING:
    from photomgr.gui.grid.grid import Grid

_COMPOSE: Final = 0.0025  # seconds of composing cells in one repaint; the rest follows in the next
_EPOCH: Final = QDate(1970, 1, 1)


class GridPainting(QObject):
    """Paints one grid."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self._grid = grid

    def paint(self, region: QRegion) -> None:
        """``region`` of the viewport, in its coordinates; the painter is clipped to it."""
        grid = self._grid
        offset = grid.verticalOffset()
        area = region.boundingRect()
        painter = QPainter(grid.viewport())
        painter.fillRect(area, grid.palette().brush(QPalette.ColorRole.Base))
        self._cells(painter, region, offset)
        if grid.geometry_.headers:
            self._headers(painter, area, offset)
        if grid.selecting.band is not None:
            self._band(painter, grid.selecting.band.translated(0, -offset))
        painter.end()

    def _cells(self, painter: QPainter, region: QRegion, offset: int) -> None:
        grid = self._grid
        geometry, faces = grid.geometry_, grid.cells
        area, parts = region.boundingRect(), region.rectCount() > 1
        cells = geometry.cells_between(area.top() + offset, area.bottom() + 1 + offset)
        if not cells:
            return
        first, end = cells[0][0], cells[-1][0] + 1
        ids, selected = grid.photos.ids[first:end].tolist(), grid.selected()[first:end].tolist()
        current = grid.current_row() - first if grid.hasFocus() else -1
        width, height = geometry.cell.side, geometry.cell.height
        until = time.perf_counter() + _COMPOSE
        late = False
        for row, x, y in cells:
            y -= offset
            row -= first
            if parts and not region.intersects(QRect(x - 3, y - 3, width + 6, height + 6)):
                continue
            if selected[row]:
                self._selected(painter, QRect(x, y, width, height))
            face = faces.face(ids[row])
            if face is None:
                face = self._new_face(ids[row], until)
                late = late or face is None
                face = face or faces.blank()
            painter.drawPixmap(x, y, face)
            if row == current:
                self._focus(painter, QRect(x, y, width, height))
        if late:
            QTimer.singleShot(0, grid.viewport(), grid.viewport().update)

    def _new_face(self, photo_id: int, until: float) -> QPixmap | None:
        """The cell composed now; None when this repaint has no time left for it."""
        grid = self._grid
        known, thumbnail = grid.photos.row(photo_id), grid.thumbnails.get(photo_id)
        if known is None and thumbnail is None:
            return grid.cells.blank()
        if time.perf_counter() >= until:
            return None
        return grid.cells.compose(photo_id, known, thumbnail, grid.photos.place(photo_id))

    def _selected(self, painter: QPainter, rect: QRect) -> None:
        colour = self._grid.palette().color(QPalette.ColorRole.Highlight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 2))
        colour.setAlpha(110)
        painter.setBrush(colour)
        painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 7, 7)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _focus(self, painter: QPainter, rect: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._grid.palette().color(QPalette.ColorRole.Text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), 8, 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _band(self, painter: QPainter, band: QRect) -> None:
        colour = self._grid.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(colour, 1))
        colour.setAlpha(50)
        painter.setBrush(colour)
        painter.drawRect(band)

    def _headers(self, painter: QPainter, area: QRect, offset: int) -> None:
        """Each section's header at its place; the first one stays at the top until the next pushes it."""
        geometry = self._grid.geometry_
        top = geometry.section_at(offset)
        for section in geometry.sections_between(area.top() + offset, area.bottom() + 1 + offset):
            if section != top:
                self._header(painter, section, int(geometry.tops[section]) - offset)
        if area.top() < HEADER and geometry.count:
            y = 0
            if top + 1 < len(geometry.starts):
                y = min(0, int(geometry.tops[top + 1]) - offset - HEADER)
            self._header(painter, top, y)

    def _header(self, painter: QPainter, section: int, y: int) -> None:
        grid = self._grid
        palette = grid.palette()
        strip = QRect(0, y, grid.viewport().width(), HEADER)
        painter.fillRect(strip, palette.color(QPalette.ColorRole.Base))
        font = grid.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        inner = strip.adjusted(grid.geometry_.left + 2, 0, -MARGIN, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        used = painter.boundingRect(inner, middle, self.title(section))
        painter.drawText(inner, middle, self.title(section))
        painter.setFont(grid.font())
        painter.setPen(glyphs.dimmed(palette))
        count = texts.photos(len(grid.geometry_.section_rows(section)))
        painter.drawText(inner.adjusted(used.width() + 12, 1, 0, 1), middle, count)

    def title(self, section: int) -> str:
        """The date of a section in words."""
        photos = self._grid.photos
        start = int(self._grid.geometry_.starts[section])
        if photos.sections and section < len(photos.sections):
            return self._part(photos.sections[section][1])
        if photos.days is not None and photos.unit == "all":
            return self._span(photos.days[photos.days >= 0])
        if photos.days is None or int(photos.days[start]) < 0:
            return self.tr("Without a date")
        date = _EPOCH.addDays(int(np.int64(photos.days[start])))
        locale = QLocale()
        if photos.unit == "year":
            return str(date.year())
        if photos.unit == "month":
            return f"{locale.standaloneMonthName(date.month())} {date.year()}"
        return locale.toString(date, QLocale.FormatType.LongFormat)

    def _part(self, kind: str) -> str:
        return {
            "hits": self.tr("Exact hits"),
            "looks": self.tr("Looks like it"),
            "exact": self.tr("The same file"),
            "near": self.tr("The same picture, the best one first"),
            "burst": self.tr("One moment, the best one first"),
        }[kind]

    def _span(self, days: npt.NDArray[np.int32]) -> str:
        """From which year to which year the photos of these days go, in the order shown."""
        if not len(days):
            return self.tr("Without a date")
        first, last = (_EPOCH.addDays(int(day)).year() for day in (days[0], days[-1]))
        return str(first) if first == last else f"{first} \u2013 {last}"
