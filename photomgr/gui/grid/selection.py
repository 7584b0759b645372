"""Selecting in the grid by mouse and key, as in any file manager. It moves rows of the view's
selection model about and knows nothing of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from photomgr.gui.grid.grid import Grid

_FLAG: Final = QItemSelectionModel.SelectionFlag
_CTRL: Final = Qt.KeyboardModifier.ControlModifier
_SHIFT: Final = Qt.KeyboardModifier.ShiftModifier
_EDGE: Final = 24  # pixels from the edge where a band scrolls


class GridSelection(QObject):
    """The anchor, the band and what a click or key does to the selection."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self._grid = grid
        self.anchor = -1
        self.band: QRect | None = None  # in content coordinates
        self._origin: QPoint | None = None  # where a band would begin, in content coordinates
        self._pressed = -1  # the row under a press that may become a drag
        self._press_point = QPoint()
        self._on_release = False  # the click still has to be acted on
        self._base: npt.NDArray[np.bool_] | None = None  # what was selected before the band
        self._scroll = QTimer(self, interval=30)
        self._scroll.timeout.connect(self._scroll_on)

    # rows in, selection out

    def only(self, row: int, scroll: bool = True) -> None:
        self.anchor = row
        self._grid.move_current(row, scroll)
        self.select_ranges([(row, row)])

    def select_ranges(self, ranges: list[tuple[int, int]], keep: bool = False) -> None:
        model = self._grid.photos
        selection = QItemSelection()
        for first, last in ranges:
            selection.select(model.index(first, 0), model.index(last, 0))
        flag = _FLAG.Select if keep else _FLAG.ClearAndSelect
        self._grid.selectionModel().select(selection, flag)

    def toggle(self, row: int) -> None:
        self.anchor = row
        self._grid.move_current(row)
        self._grid.selectionModel().select(self._grid.photos.index(row, 0), _FLAG.Toggle)

    def extend(self, row: int, keep: bool = False) -> None:
        """From the anchor to ``row``."""
        anchor = self.anchor if self.anchor >= 0 else max(0, self._grid.current_row())
        self.anchor = anchor
        self._grid.move_current(row)
        self.select_ranges([(min(anchor, row), max(anchor, row))], keep)

    def mask(self) -> npt.NDArray[np.bool_]:
        """Which rows are selected."""
        chosen = np.zeros(self._grid.photos.rowCount(), dtype=np.bool_)
        selection = self._grid.selectionModel().selection()
        for number in range(selection.count()):
            part = selection.at(number)
            chosen[part.top() : part.bottom() + 1] = True
        return chosen

    # mouse

    def press(self, event: QMouseEvent, point: QPoint) -> None:
        """``point`` in content coordinates."""
        grid = self._grid
        row = grid.geometry_.row_at(point)
        modifiers = event.modifiers()
        self._press_point, self._pressed, self._on_release, self._origin = point, -1, False, None
        if row < 0:
            section = grid.header_at(event.position().toPoint())
            if section >= 0 and event.button() is Qt.MouseButton.LeftButton:
                self._section(section, bool(modifiers & (_CTRL | _SHIFT)))
                return
            self._empty(event, point)
            return
        if event.button() is Qt.MouseButton.LeftButton and grid.on_badge(row, point):
            grid.toggle_stack(row)
            return
        selected = grid.is_selected(row)
        if event.button() is not Qt.MouseButton.LeftButton:
            if not selected and event.button() is Qt.MouseButton.RightButton:
                self.only(row)
            return
        self._pressed = row
        if modifiers & _SHIFT:
            self.extend(row, bool(modifiers & _CTRL))
        elif selected:
            self._on_release = True  # it may be the beginning of a drag of all that is selected
        elif modifiers & _CTRL:
            self.toggle(row)
        else:
            self.only(row)

    def _section(self, section: int, keep: bool) -> None:
        rows = self._grid.geometry_.section_rows(section)
        self.anchor = rows.start
        self._grid.move_current(rows.start)
        self.select_ranges([(rows.start, rows.stop - 1)], keep)

    def _empty(self, event: QMouseEvent, point: QPoint) -> None:
        keep = bool(event.modifiers() & (_CTRL | _SHIFT))
        if not keep:
            self._grid.selectionModel().clearSelection()
        if event.button() is Qt.MouseButton.LeftButton:
            self._origin = point
            self._base = self.mask() if keep else None

    def move(self, event: QMouseEvent, point: QPoint) -> bool:
        """True when the press has become a drag of photos."""
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return False
        far = (point - self._press_point).manhattanLength() >= QApplication.startDragDistance()
        if self._pressed >= 0:
            if far and self._grid.is_selected(self._pressed):
                self._pressed, self._on_release = -1, False
                return True
            return False
        if self._origin is not None and (far or self.band is not None):
            self.stretch(point)
            y = point.y() - self._grid.verticalOffset()
            if y < _EDGE or y > self._grid.viewport().height() - _EDGE:
                self._scroll.start()
            else:
                self._scroll.stop()
        return False

    def _scroll_on(self) -> None:
        """The band is held at the edge."""
        viewport, bar = self._grid.viewport(), self._grid.verticalScrollBar()
        point = viewport.mapFromGlobal(self._grid.cursor().pos())
        if point.y() < _EDGE:
            bar.setValue(bar.value() - (_EDGE - point.y()))
        elif point.y() > viewport.height() - _EDGE:
            bar.setValue(bar.value() + (point.y() - viewport.height() + _EDGE))
        self.stretch(self._grid.content_point(point))

    def stretch(self, point: QPoint) -> None:
        """The band now ends at ``point``."""
        if self._origin is None:
            return
        self.band = QRect(self._origin, point).normalized()
        ranges = joined(self._grid.geometry_.rows_in(self.band))
        if self._base is not None:
            chosen = self._base.copy()
            for first, last in ranges:
                chosen[first : last + 1] = True
            ranges = runs(chosen)
        self.select_ranges(ranges)
        self._grid.viewport().update()

    def release(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._on_release and self._pressed >= 0:
            if event.modifiers() & _CTRL:
                self.toggle(self._pressed)
            else:
                self.only(self._pressed)
        if self.band is not None:
            last = self._grid.geometry_.row_at(self._grid.content_point(event.position().toPoint()))
            if last >= 0 and self._grid.is_selected(last):
                self.anchor = last
                self._grid.move_current(last, scroll=False)
            self._grid.viewport().update()
        self.stop()

    def stop(self) -> None:
        """Forget a band or a press that was under way."""
        self._scroll.stop()
        self.band = self._origin = self._base = None
        self._pressed, self._on_release = -1, False

    # keys

    def key(self, event: QKeyEvent) -> bool:
        """True when the key was one of moving or selecting."""
        modifiers = event.modifiers()
        if modifiers & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier):
            return False
        if event.key() == Qt.Key.Key_Space and modifiers & _CTRL:
            if (row := self._grid.current_row()) >= 0:
                self.toggle(row)
            return True
        row = self._target(Qt.Key(event.key()))
        if row < 0:
            return False
        if modifiers & _SHIFT:
            self.extend(row, bool(modifiers & _CTRL))
        elif modifiers & _CTRL and event.key() not in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._grid.move_current(row)
        else:
            self.only(row)
        return True

    def _target(self, key: Qt.Key) -> int:
        """The row that a key leads to; -1 when it is no such key or there is no photo."""
        grid = self._grid
        count, row = grid.photos.rowCount(), grid.current_row()
        geometry = grid.geometry_
        page = max(1, grid.viewport().height() // geometry.step_y)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Space: 1,
            Qt.Key.Key_Backspace: -1,
        }
        lines = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
        }
        if not count or key not in (*steps, *lines, Qt.Key.Key_Home, Qt.Key.Key_End):
            return -1
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return 0 if key == Qt.Key.Key_Home else count - 1
        if row < 0:
            return grid.first_visible()
        if key in steps:
            return min(max(row + steps[key], 0), count - 1)
        target = geometry.line_below(row, lines[key])
        if target == row and key == Qt.Key.Key_PageUp:
            return 0
        if target == row and key in (Qt.Key.Key_PageDown, Qt.Key.Key_Down):
            return count - 1 if key == Qt.Key.Key_PageDown else row
        return target


def joined(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring (first, last) pairs as one; they come in ascending order."""
    result: list[tuple[int, int]] = []
    for first, last in pairs:
        if result and result[-1][1] + 1 == first:
            result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return result


def runs(chosen: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of True as (first, last) pairs."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], chosen, [False])).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


class Kept:
    """What was selected, current and at the top, by id, while the rows change."""

    def __init__(self, grid: Grid) -> None:
        self._selected = np.array(grid.selected_ids(), dtype=np.int64)  # those behind others too
        self._current = grid.current_id()
        first = grid.first_visible() if grid.verticalOffset() > 0 else -1
        self._first = grid.photos.id_at(first) if first >= 0 else None
        self._offset = grid.geometry_.rect(first).top() - grid.verticalOffset() if first >= 0 else 0

    def restore(self, grid: Grid, selection: GridSelection) -> bool:
        """Put it back as far as it is still there; True when the selection is the same as before."""
        photos = grid.photos
        chosen = np.zeros(photos.rowCount(), dtype=np.bool_)
        chosen[photos.rows_of(self._selected)] = True
        for photo in self._selected.tolist() if photos.stacked.any and len(self._selected) <= 1000 else ():
            if (row := photos.row_of(photo)) >= 0:  # what stands behind a chosen one now
                chosen[row] = True
        selection.select_ranges(runs(chosen))
        row = photos.row_of(self._current) if self._current is not None else -1
        if row >= 0:
            grid.move_current(row, scroll=False)
        selection.anchor = row
        row = photos.row_of(self._first) if self._first is not None else -1
        top = grid.geometry_.rect(row).top() - self._offset if row >= 0 else 0
        grid.verticalScrollBar().setValue(top)
        return bool(np.array_equal(photos.stacked.spread(photos.ids[chosen]), self._selected))
