"""An item view over arithmetic: what Qt asks of a view, answered from a :class:`GridGeometry`."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QAbstractItemView, QWidget

from photomgr.gui.grid.geometry import BELOW_HEADER, HEADER, Cell, GridGeometry

Index = QModelIndex | QPersistentModelIndex


class ArithmeticView(QAbstractItemView):
    """Places, points and rows of a grid that scrolls downwards by pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.geometry_ = GridGeometry(0, Cell(180, 20), 1)

    def set_up_bars(self) -> None:
        """Once the widget is complete: Qt calls back into it from here."""
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def current_row(self) -> int:
        """-1 when no photo is current."""
        return self.currentIndex().row()

    def first_visible(self) -> int:
        """The first row that is seen whole, -1 when there is none."""
        top = self.verticalOffset() + (HEADER if self.geometry_.headers else 0)
        rows = self.geometry_.rows_between(top, top + self.viewport().height())
        for row in rows:
            if self.geometry_.rect(row).top() >= top:
                return row
        return rows.start if rows else -1

    def content_point(self, point: QPoint) -> QPoint:
        """A point of the viewport in content coordinates."""
        return point + QPoint(0, self.verticalOffset())

    def header_at(self, point: QPoint) -> int:
        """The section whose header is at that point of the viewport, -1 when there is none."""
        geometry = self.geometry_
        if not geometry.headers:
            return -1
        if point.y() < HEADER:
            return geometry.section_at(self.verticalOffset())
        y = point.y() + self.verticalOffset()
        section = geometry.section_at(y)
        return section if geometry.header_rect(section).contains(1, y) else -1

    def page(self) -> tuple[int, int]:
        """The upper and lower end of what is seen, in content coordinates."""
        top = self.verticalOffset()
        return top, top + self.viewport().height()

    def hold(self, at: QPoint | None = None) -> tuple[int, int] | None:
        """A row and how far its top is from the viewport's: what shall not jump."""
        if not self.geometry_.count:
            return None
        row = self.geometry_.row_at(self.content_point(at)) if at is not None else self.current_row()
        page = QRect(0, self.verticalOffset(), self.viewport().width(), self.viewport().height())
        if row < 0 or row >= self.geometry_.count or not self.geometry_.rect(row).intersects(page):
            if self.verticalOffset() == 0:
                return None
            row = self.first_visible()
        return (row, self.geometry_.rect(row).top() - self.verticalOffset()) if row >= 0 else None

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= self.geometry_.count:
            return QRect()
        return self.geometry_.rect(index.row()).translated(0, -self.verticalOffset())

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid() or index.row() >= self.geometry_.count:
            return
        rect = self.geometry_.rect(index.row())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        above = HEADER + BELOW_HEADER if self.geometry_.headers else 4
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(rect.center().y() - height // 2)
        elif rect.top() - above < bar.value() or hint is QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(rect.top() - above)
        elif rect.bottom() + 4 > bar.value() + height:
            bar.setValue(min(rect.top() - above, rect.bottom() + 4 - height))

    def indexAt(self, point: QPoint) -> QModelIndex:
        if not self.geometry_.count or (self.geometry_.headers and point.y() < HEADER):
            return QModelIndex()
        return self.model().index(self.geometry_.row_at(self.content_point(point)), 0)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        return self.currentIndex()  # keys are GridSelection's

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Nothing: the mouse is GridSelection's too."""

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())
