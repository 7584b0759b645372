"""Beside the photos: what they have in common, from tags and places to stars, with counts, to narrow the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from photomgr.gui.looks import texts

if TYPE_CHECKING:
    from photomgr.library.facets import Side

_QUERY: Final = Qt.ItemDataRole.UserRole + 1
_COUNT: Final = Qt.ItemDataRole.UserRole + 2
_SHOWN: Final = 12  # values of one side
_MONTHS: Final = 24  # more are not listed: one narrows by year first


def title(name: str) -> str:
    """What a side is called."""
    translate = QCoreApplication.translate
    return {
        "tags": translate("Sides", "Tags"),
        "people": translate("Sides", "People"),
        "suggested": translate("Sides", "Suggested"),
        "countries": translate("Sides", "Countries"),
        "places": translate("Sides", "Places"),
        "years": translate("Sides", "Years"),
        "months": translate("Sides", "Months"),
        "cameras": translate("Sides", "Cameras"),
        "folders": translate("Sides", "Folders"),
        "ratings": translate("Sides", "Stars"),
    }[name]


class _Delegate(QStyledItemDelegate):
    """A bold heading, or a value with its count at the right edge."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, option.fontMetrics.height() + (12 if index.data(_QUERY) is None else 7))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        if not option.widget.hasFocus():  # a row is marked for the keys alone: nothing is chosen here
            option.state &= ~QStyle.StateFlag.State_Selected
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette: QPalette = option.palette
        role = QPalette.ColorRole
        ink = palette.color(role.HighlightedText if selected else role.Text)
        room: QRect = option.rect.adjusted(2, 0, -8, 0)
        count = index.data(_COUNT) or ""
        painter.save()
        if index.data(_QUERY) is None:
            font = option.font
            font.setBold(True)
            painter.setFont(font)
        painter.setPen(ink if selected else palette.color(role.PlaceholderText))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(ink)
        metrics = painter.fontMetrics()
        words = room.adjusted(0, 0, -metrics.horizontalAdvance(count) - 8, 0)
        name = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()


class SidesPanel(QTreeView):
    """``narrowed`` carries a search to add to the present one: a click on a value; with Ctrl its opposite."""

    narrowed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QStandardItemModel(self)
        self._closed: set[str] = set()
        self._sides: Sequence[Side] | None = None
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setIndentation(14)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Narrow these photos"))
        self.clicked.connect(self._clicked)
        self.collapsed.connect(lambda index: self._closed.add(str(index.data(_COUNT + 1))))
        self.expanded.connect(lambda index: self._closed.discard(str(index.data(_COUNT + 1))))
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(190, 400)

    def show_sides(self, sides: Sequence[Side]) -> None:
        """Show other counts; what was open stays open, and where one has scrolled to."""
        if sides == self._sides:
            return
        self._sides = sides
        at = self.verticalScrollBar().value()
        here = self._row_of_current()
        closed = set(self._closed)
        self._model.clear()
        for side in sides:
            if side.name == "months" and len(side.values) > _MONTHS:
                continue
            heading = QStandardItem(title(side.name))
            heading.setData(side.name, _COUNT + 1)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for value in side.values[: _MONTHS if side.name in ("years", "months") else _SHOWN]:
                heading.appendRow(_item(side.name, value.text, value.count, value.query))
            self._model.appendRow(heading)
            self.setExpanded(heading.index(), side.name not in closed)
        if not self._model.rowCount():
            nothing = QStandardItem(self.tr("Nothing to narrow"))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self._model.appendRow(nothing)
        self._closed = closed
        self.verticalScrollBar().setValue(at)
        if here is not None:
            self._go_to(*here)

    def take_keys(self) -> None:
        """The keys are for this list now: the arrows walk, Enter narrows."""
        self.setFocus()
        if self.currentIndex().data(_QUERY) is None:
            self._go_to(0, 0)

    def _row_of_current(self) -> tuple[int, int] | None:
        """(side, value) of the current value, None without one."""
        index = self.currentIndex()
        return (index.parent().row(), index.row()) if index.data(_QUERY) is not None else None

    def _go_to(self, side: int, value: int) -> None:
        """The value there, or the nearest one that is left: who narrows by keys goes on where they were."""
        heading = self._model.index(min(side, self._model.rowCount() - 1), 0)
        index = self._model.index(min(value, self._model.rowCount(heading) - 1), 0, heading)
        if index.isValid():
            self.setCurrentIndex(index)

    def _clicked(self, index: QModelIndex) -> None:
        query = index.data(_QUERY)
        if query is None:
            self.setExpanded(index, not self.isExpanded(index))
        else:
            held = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
            self._narrow(str(query), bool(held))

    def _narrow(self, query: str, without: bool) -> None:
        self.narrowed.emit(f"-{query}" if without else query)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        query = self.currentIndex().data(_QUERY)
        if query is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._narrow(str(query), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif query is not None and event.key() == Qt.Key.Key_Minus:
            self._narrow(str(query), True)
        else:
            super().keyPressEvent(event)


def _item(side: str, text: str, count: int, query: str) -> QStandardItem:
    if side == "ratings":
        shown = "★" * int(text) if text != "0" else QCoreApplication.translate("Sides", "No stars")
    else:
        shown = text
    item = QStandardItem(shown)
    item.setData(query, _QUERY)
    item.setData(texts.number(count), _COUNT)
    item.setData(f"{shown}, {texts.photos(count)}", Qt.ItemDataRole.AccessibleTextRole)
    tip = QCoreApplication.translate(
        "Sides", "Click or Enter: only these. Ctrl+click, Ctrl+Enter or minus: all but these."
    )
    item.setToolTip(tip)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    return item
