"""Where each cell of the grid lies: arithmetic over sections, no object per photo.

All lengths are logical pixels; y counts from the top of the whole content, not of what is seen.
A section is a run of rows under one header; without headers there is one section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect

IntArray = npt.NDArray[np.int64]

GAP: Final = 8
WIDEST_GAP: Final = 18
MARGIN: Final = 10
HEADER: Final = 34
BELOW_HEADER: Final = 4

_NO_ROWS: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell measures: the square of ``side`` and ``caption`` pixels of text under it."""

    side: int
    caption: int

    @property
    def height(self) -> int:
        return self.side + self.caption


class GridGeometry:
    """Rows to rectangles and back in O(log sections).

    ``starts`` holds the first row of every section, ascending and beginning with 0; None means that
    there are no headers. ``width`` is what the viewport has.
    """

    def __init__(self, count: int, cell: Cell, width: int, starts: IntArray | None = None) -> None:
        self.count = count
        self.cell = cell
        self.width = max(1, width)
        self.headers = starts is not None and count > 0
        self.columns = max(1, (self.width - 2 * MARGIN + GAP) // (cell.side + GAP))
        free = self.width - 2 * MARGIN - self.columns * cell.side
        # what is left over goes between the cells as far as it looks good, the rest to both sides
        between = min(WIDEST_GAP, max(GAP, free // max(1, self.columns - 1)))
        self.step_x = cell.side + between
        self.left = max(MARGIN, (self.width - self.columns * self.step_x + between) // 2)
        self.step_y = cell.height + GAP
        if starts is None or not count:
            starts = np.zeros(1, dtype=np.int64)
        self.starts = starts
        ends = np.append(starts[1:], count)
        lines = -(-(ends - starts) // self.columns)
        self._header = HEADER + BELOW_HEADER if self.headers else 0
        heights = self._header + lines * self.step_y
        first = 0 if self.headers else MARGIN
        self.tops = np.concatenate(([0], np.cumsum(heights)))[:-1] + first
        self._ends = ends
        self._lines = lines
        self.height = int(self.tops[-1] + heights[-1] + MARGIN - GAP) if count else 0

    def section_of(self, row: int) -> int:
        return int(np.searchsorted(self.starts, row, "right")) - 1

    def section_at(self, y: int) -> int:
        """The section whose header or cells lie at ``y``; the first one above all."""
        return max(0, int(np.searchsorted(self.tops, y, "right")) - 1)

    def section_rows(self, section: int) -> range:
        return range(int(self.starts[section]), int(self._ends[section]))

    def rect(self, row: int) -> QRect:
        """The whole cell with its caption."""
        section = self.section_of(row)
        line, column = divmod(row - int(self.starts[section]), self.columns)
        x = self.left + column * self.step_x
        y = int(self.tops[section]) + self._header + line * self.step_y
        return QRect(x, y, self.cell.side, self.cell.height)

    def header_rect(self, section: int) -> QRect:
        return QRect(0, int(self.tops[section]), self.width, HEADER if self.headers else 0)

    def row_at(self, point: QPoint) -> int:
        """The row whose cell holds ``point``, -1 between cells and on headers."""
        if not self.count:
            return -1
        section = self.section_at(point.y())
        y = point.y() - int(self.tops[section]) - self._header
        x = point.x() - self.left
        if x < 0 or y < 0:
            return -1
        line, in_y = divmod(y, self.step_y)
        column, in_x = divmod(x, self.step_x)
        if in_y >= self.cell.height or in_x >= self.cell.side or column >= self.columns:
            return -1
        row = int(self.starts[section]) + line * self.columns + column
        return row if row < int(self._ends[section]) else -1

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows whose lines touch ``top <= y < bottom``."""
        if not self.count or bottom <= top:
            return range(0)
        first, last = self.section_at(top), self.section_at(bottom - 1)
        begin = int(self.starts[first]) + self._line_at(first, top) * self.columns
        end = int(self.starts[last]) + (self._line_at(last, bottom - 1) + 1) * self.columns
        if bottom - 1 < int(self.tops[last]) + self._header:
            end = int(self.starts[last])
        begin = min(begin, int(self._ends[first]))
        return range(begin, max(begin, min(end, int(self._ends[last]))))

    def cells_between(self, top: int, bottom: int) -> list[tuple[int, int, int]]:
        """(row, x, y) of the cells whose lines touch ``top <= y < bottom``: one walk, made for painting."""
        rows = self.rows_between(top, bottom)
        cells: list[tuple[int, int, int]] = []
        begin = rows.start
        while begin < rows.stop:
            section = self.section_of(begin)
            start, end = int(self.starts[section]), min(int(self._ends[section]), rows.stop)
            base = int(self.tops[section]) + self._header
            for row in range(begin, end):
                line, column = divmod(row - start, self.columns)
                cells.append((row, self.left + column * self.step_x, base + line * self.step_y))
            begin = end
        return cells

    def _line_at(self, section: int, y: int) -> int:
        return max(0, y - int(self.tops[section]) - self._header) // self.step_y

    def sections_between(self, top: int, bottom: int) -> range:
        if not self.headers:
            return range(0)
        return range(self.section_at(top), self.section_at(max(top, bottom - 1)) + 1)

    def rows_in(self, area: QRect) -> list[tuple[int, int]]:
        """The rows whose cells the rectangle touches, as (first, last) pairs, one for a line."""
        left = -(-(area.left() - self.left - self.cell.side + 1) // self.step_x)
        right = (area.right() - self.left) // self.step_x
        left, right = max(0, left), min(self.columns - 1, right)
        pairs: list[tuple[int, int]] = []
        if left > right or not self.count:
            return pairs
        for section in range(self.section_at(area.top()), self.section_at(area.bottom()) + 1):
            self._add_lines(pairs, section, area, (left, right))
        return pairs

    def _add_lines(
        self, pairs: list[tuple[int, int]], section: int, area: QRect, columns: tuple[int, int]
    ) -> None:
        base = int(self.tops[section]) + self._header
        start, end = int(self.starts[section]), int(self._ends[section])
        first = max(0, -(-(area.top() - base - self.cell.height + 1) // self.step_y))
        last = min(int(self._lines[section]) - 1, (area.bottom() - base) // self.step_y)
        for line in range(first, last + 1):
            row = start + line * self.columns
            low, high = row + columns[0], min(row + columns[1], end - 1)
            if low <= high:
                pairs.append((low, high))

    def line_below(self, row: int, lines: int) -> int:
        """The row that stands ``lines`` lines below (above, when negative), in about the same column."""
        section = self.section_of(row)
        line, column = divmod(row - int(self.starts[section]), self.columns)
        line += lines
        while line < 0 and section > 0:
            section -= 1
            line += int(self._lines[section])
        while line >= int(self._lines[section]) and section < len(self.starts) - 1:
            line -= int(self._lines[section])
            section += 1
        if line < 0 or line >= int(self._lines[section]):
            return row
        target = int(self.starts[section]) + line * self.columns + column
        return min(target, int(self._ends[section]) - 1)


UNITS: Final = ("day", "month", "year", "all")
_ENOUGH: Final = 6  # photos under a header, on average, before a finer unit pays: about one line


def starts_of(keys: Sequence[int] | npt.NDArray[np.generic]) -> IntArray:
    """Where runs of equal keys begin."""
    array = np.asarray(keys)
    if not len(array):
        return _NO_ROWS
    return np.concatenate(([0], np.flatnonzero(array[1:] != array[:-1]) + 1)).astype(np.int64)


def sections_of(days: npt.NDArray[np.int32]) -> tuple[str, IntArray]:
    """The unit in which to group ``days`` (days since 1970-01-01, -1 = none) and where its runs begin.

    The finest of day, month and year under which the runs hold some photos each; where even years hold
    few, one run of "all", so that photos flow instead of standing alone under their headers.
    """
    whole = days.astype(np.int64)
    dates = whole.astype("datetime64[D]")
    unit, starts = UNITS[0], starts_of(whole)
    for letter, wider in (("M", "month"), ("Y", "year"), ("", "all")):
        if len(starts) * _ENOUGH <= len(whole) or len(starts) <= 1:
            break
        if not letter:
            return wider, starts[:1]
        keys = dates.astype(f"datetime64[{letter}]").astype(np.int64)
        unit, starts = wider, starts_of(np.where(whole < 0, np.int64(-(10**6)), keys))
    return unit, starts
