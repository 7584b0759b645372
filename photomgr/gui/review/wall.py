"""A grid whose photos carry ticks, under headings with the line between what is sure and what is asked."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from photomgr.core.records import Marks
from photomgr.gui.grid.cells import PAD, CellPainter
from photomgr.gui.grid.geometry import HEADER, MARGIN, IntArray
from photomgr.gui.grid.grid import Grid
from photomgr.gui.grid.painting import GridPainting
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.looks import glyphs
from photomgr.gui.review.arrangement import Arrangement, count_text, nothing
from photomgr.gui.review.badges import Badges
from photomgr.gui.threads.bridge import Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

_PLAIN: Final = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class WallList(PhotoList):
    """Photos in sections that somebody else decides on."""

    def set_sections(self, ids: IntArray, starts: IntArray) -> None:
        """Show these photos under headings that begin at ``starts``; the same again costs nothing."""
        starts_or_none = starts if len(ids) else None
        if np.array_equal(ids, self._ids):
            if len(ids) and (self.starts is None or not np.array_equal(starts, self.starts)):
                self.starts = starts
                self.grouped.emit()
            return
        self.beginResetModel()
        self._ids = np.ascontiguousarray(ids, dtype=np.int64)
        self._order = None
        self._wanted = []
        self._absent.clear()
        self.starts = starts_or_none
        self.endResetModel()
        self.replaced.emit()


class WallCells(CellPainter):
    """Cells without tags on the photos: one tag is decided on, and it is the same for all."""

    def _chips(self, painter: QPainter, marks: Marks) -> None:
        """Nothing: the wall paints the score itself, since it changes while the photo stays."""


class WallPainting(GridPainting):
    """The grid's painting, with ticks, scores and the line."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(wall)
        self._wall = wall
        self._badges = Badges(wall)

    def _cells(self, painter: QPainter, region: QRegion, offset: int) -> None:
        super()._cells(painter, region, offset)
        geometry, wall = self._wall.geometry_, self._wall
        area = region.boundingRect()
        cells = geometry.cells_between(area.top() + offset, area.bottom() + 1 + offset)
        if not cells or cells[-1][0] >= len(wall.arrangement.ids):
            return
        self._badges.refresh()
        first, end = cells[0][0], cells[-1][0] + 1
        arrangement, ticked = wall.arrangement, wall.ticked()[first:end].tolist()
        at_first = arrangement.ticked[first:end].tolist()
        scores = arrangement.scores[first:end].tolist()
        for row, x, y in cells:
            box = QRectF(x, y - offset, geometry.cell.side, geometry.cell.side)
            row -= first
            self._marks(painter, box, ticked[row], at_first[row])
            if scores:
                self._score(painter, box, scores[row])

    def _marks(self, painter: QPainter, box: QRectF, ticked: bool, at_first: bool) -> None:
        wall = self._wall
        if at_first and not ticked:  # an outlier, or one taken out of its group
            veil = wall.palette().color(QPalette.ColorRole.Base)
            veil.setAlpha(165)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(veil)
            painter.drawRoundedRect(box, 6, 6)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if ticked or wall.ticks_shown:
            badge = self._badges.box(ticked)
            width = badge.deviceIndependentSize().width()
            painter.drawPixmap(QPointF(box.right() - PAD - width - 3, box.top() + PAD + 3), badge)

    def _score(self, painter: QPainter, box: QRectF, score: float) -> None:
        badge = self._badges.score(round(100 * score))
        height = badge.deviceIndependentSize().height()
        painter.drawPixmap(QPointF(box.left() + PAD + 3, box.bottom() - PAD - height - 3), badge)

    def title(self, section: int) -> str:
        titles = self._wall.arrangement.titles
        return titles[section] if section < len(titles) else ""

    def _header(self, painter: QPainter, section: int, y: int) -> None:
        wall = self._wall
        arrangement = wall.arrangement
        if section >= len(arrangement.titles):
            return
        palette = wall.palette()
        strip = QRect(0, y, wall.viewport().width(), HEADER)
        painter.fillRect(strip, palette.color(QPalette.ColorRole.Base))
        if section == arrangement.line:
            accent = palette.color(QPalette.ColorRole.Accent)
            painter.fillRect(QRect(0, y, strip.width(), 2), accent)
        inner = strip.adjusted(wall.geometry_.left + 2, 0, -MARGIN, 0)
        middle = int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine
        bold = wall.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        title = painter.fontMetrics().elidedText(
            self.title(section), Qt.TextElideMode.ElideRight, inner.width()
        )
        painter.drawText(inner, middle, title)
        used = painter.fontMetrics().horizontalAdvance(title) + 12
        painter.setFont(wall.font())
        painter.setPen(glyphs.dimmed(palette))
        rest = inner.adjusted(used, 1, 0, 1)
        painter.drawText(rest, middle, painter.fontMetrics().elidedText(
            self._about(section), Qt.TextElideMode.ElideRight, max(0, rest.width())))  # fmt: skip

    def _about(self, section: int) -> str:
        wall = self._wall
        rows = wall.geometry_.section_rows(section)
        count = count_text(len(rows), int(wall.ticked()[rows.start : rows.stop].sum()))
        hints = wall.arrangement.hints
        return f"{count} \u00b7 {hints[section]}" if section < len(hints) else count


class Wall(Grid):
    """``ticks_changed`` follows a tick; ``hand_at`` is when mouse or key were last at work here (monotonic)."""

    ticks_changed = Signal()

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        self.arrangement: Arrangement = nothing()
        self.ticks_shown = True
        self.hand_at = 0.0
        self._said: dict[int, bool] = {}  # what a person ticked or unticked
        self._ticked: npt.NDArray[np.bool_] | None = None
        self._pressed_row = -1
        self._place: tuple[int, int | None, int] = (-1, None, 0)
        super().__init__(library, bridge, WallList(library, bridge), parent)
        self.photos.setParent(self)
        self.cells = WallCells(self)
        self._painting = WallPainting(self)
        self._ratio = 0.0
        self._relayout()
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(self.tr("Photos to review"))

    # what is shown

    def arrange(self, arrangement: Arrangement, current: int | None = None) -> None:
        """Show photos anew. The current one stays where it is on the screen; with ``current`` that photo
        becomes the current one."""
        assert isinstance(self.photos, WallList)
        self.arrangement = arrangement
        self._ticked = None
        self.photos.set_sections(arrangement.ids, arrangement.starts)
        if current is not None and (row := self.photos.row_of(current)) >= 0:
            self.selecting.only(row)
        elif self.current_row() < 0 and self.photos.rowCount():
            self.selecting.only(min(max(0, self._place[0]), self.photos.rowCount() - 1))
        elif not self.photos.rowCount():
            self.selection_changed.emit([])
        self.viewport().update()
        self.ticks_changed.emit()

    def forget_ticks(self) -> None:
        """All as the arrangement has it: something else is reviewed."""
        self._said.clear()
        self._ticked = None

    # ticks

    def ticked(self) -> npt.NDArray[np.bool_]:
        """By row."""
        if self._ticked is None or len(self._ticked) != len(self.arrangement.ids):
            mask = self.arrangement.ticked.copy()
            for photo, on in self._said.items():
                if (row := self.photos.row_of(photo)) >= 0:
                    mask[row] = on
            self._ticked = mask
        return self._ticked

    def ticked_ids(self, rows: range | None = None) -> list[int]:
        """The photos that are ticked, among ``rows`` or all."""
        mask = self.ticked()
        chosen = (
            np.flatnonzero(mask)
            if rows is None
            else rows.start + np.flatnonzero(mask[rows.start : rows.stop])
        )
        ids: list[int] = self.arrangement.ids[chosen].tolist()
        return ids

    def outliers(self) -> list[int]:
        """Photos that stood ticked and that a person unticked."""
        found: list[int] = self.arrangement.ids[self.arrangement.ticked & ~self.ticked()].tolist()
        return found

    def next_without(self, gone: Collection[int]) -> int | None:
        """The first photo from the current one on that stays, after the last from the beginning."""
        row, ids = max(self.current_row(), 0), self.arrangement.ids
        for place in (*range(row, len(ids)), *range(row)):
            if int(ids[place]) not in gone:
                return int(ids[place])
        return None

    def toggle_ticks(self, ids: Iterable[int]) -> None:
        """Tick them, or when all are ticked untick them."""
        mask = self.ticked()
        rows = {photo: row for photo in ids if (row := self.photos.row_of(photo)) >= 0}
        on = not all(mask[row] for row in rows.values())
        for photo, row in rows.items():
            self._said[photo] = on
            mask[row] = on
        self.viewport().update()
        self.ticks_changed.emit()
        self.speak()

    def speak(self) -> None:
        super().speak()
        row = self.current_row()
        if 0 <= row < len(self.arrangement.ids) and self.ticks_shown:
            state = self.tr("ticked") if self.ticked()[row] else self.tr("not ticked")
            self.setAccessibleDescription(f"{self.accessibleDescription()}; {state}")

    # while the photos change

    def _keep(self) -> None:
        row, bar = self.current_row(), self.verticalScrollBar().value()
        seen = row >= 0 and row < self.geometry_.count
        top = self.geometry_.rect(row).top() - bar if seen else 0
        in_sight = seen and -self.geometry_.cell.height < top < self.viewport().height()
        self._place = (row, self.current_id() if in_sight else None, top if in_sight else bar)

    def current_id(self) -> int | None:
        row = self.current_row()
        return self.photos.id_at(row) if 0 <= row < self.photos.rowCount() else None

    def _restore(self) -> None:
        self._mask = None
        self.selecting.stop()
        self._relayout()
        old, current, place = self._place
        row = self.photos.row_of(current) if current is not None else -1
        if row >= 0:
            self.verticalScrollBar().setValue(self.geometry_.rect(row).top() - place)
            self.selecting.only(row, scroll=False)
        elif current is not None and 0 <= old < self.geometry_.count:
            self.verticalScrollBar().setValue(self.geometry_.rect(old).top() - place)
        elif current is None:
            self.verticalScrollBar().setValue(place)

    # hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hand_at = time.monotonic()
        row = self.indexAt(event.position().toPoint()).row()
        simple = event.button() is Qt.MouseButton.LeftButton and event.modifiers() in _PLAIN
        self._pressed_row = row if simple else -1
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.hand_at = time.monotonic()
        row = self.indexAt(event.position().toPoint()).row()
        clicked = row >= 0 and row == self._pressed_row and self.selecting.band is None
        super().mouseReleaseEvent(event)
        self._pressed_row = -1
        if clicked and self.ticks_shown:
            self.toggle_ticks([self.photos.id_at(row)])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hand_at = time.monotonic()
        super().mouseMoveEvent(event)

    def _drag(self) -> None:
        self._pressed_row = -1
        super()._drag()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.hand_at = time.monotonic()
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        elif event.key() == Qt.Key.Key_Space and event.modifiers() in _PLAIN and self.ticks_shown:
            self.toggle_ticks(self.selected_ids())
        else:
            super().keyPressEvent(event)


__all__ = ("Wall", "WallList")
