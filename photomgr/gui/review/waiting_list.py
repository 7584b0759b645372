"""The tags that wait for decisions, with how many photos and how many of those are sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.reviewing import WaitingTag
from photomgr.core.records import tag_key
from photomgr.gui.grid.dragging import PHOTOS, Drops, of_tag, photos_of
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs, texts

Index = QModelIndex | QPersistentModelIndex
_NONE: Final = QModelIndex()
_TAG: Final = Qt.ItemDataRole.UserRole


class WaitingModel(QAbstractListModel):
    """The tags that pass the filter, those with most open suggestions first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[WaitingTag] = []
        self._shown: list[WaitingTag] = []
        self._filter = ""

    @property
    def shown(self) -> list[WaitingTag]:
        return list(self._shown)

    def set_tags(self, tags: Sequence[WaitingTag]) -> None:
        """Show these; the rows of those that stay keep their places, so that nothing jumps under a hand."""
        before = {each.tag: place for place, each in enumerate(self._all)}
        last = len(before)
        self._all = sorted(tags, key=lambda each: before.get(each.tag, last))
        self._fill()

    def set_filter(self, text: str) -> None:
        self._filter = tag_key(text)
        self._fill()

    def _fill(self) -> None:
        shown = [each for each in self._all if self._filter in tag_key(each.tag)]
        if [each.tag for each in shown] == [each.tag for each in self._shown]:
            self._shown = shown
            if shown:
                self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def row_of(self, tag: str | None) -> int:
        """-1 when it does not wait, or does not pass the filter."""
        key = tag_key(tag) if tag is not None else None
        return next((row for row, each in enumerate(self._shown) if tag_key(each.tag) == key), -1)

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        tag = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return tag.tag
        if role == _TAG:
            return tag
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = self.tr("{tag}: {photos} wait, {n} of them sure").format(
                tag=tag.tag, photos=texts.photos(tag.waiting), n=texts.number(tag.sure)
            )
            return plain(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return of_tag(self._shown[indexes[0].row()].tag)


class WaitingDelegate(QStyledItemDelegate):
    """A tag's name, its count, and a bar of how much of it is sure."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, option.fontMetrics.height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        tag: WaitingTag = index.data(_TAG)
        option.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        palette: QPalette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole
        ink = palette.color(role.HighlightedText if selected else role.Text)
        faint = ink if selected else palette.color(role.PlaceholderText)
        room: QRect = option.rect.adjusted(8, 2, -10, -7)
        metrics = option.fontMetrics
        line = int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine
        count = texts.number(tag.waiting)
        painter.setPen(faint)
        painter.drawText(room, line | int(Qt.AlignmentFlag.AlignRight), count)
        words = room.adjusted(0, 0, -metrics.horizontalAdvance(count) - 8, 0)
        painter.setPen(ink)
        name = metrics.elidedText(tag.tag.replace("\n", " "), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, line | int(Qt.AlignmentFlag.AlignLeft), name)
        track = QRectF(room.left(), option.rect.bottom() - 6, room.width(), 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glyphs.mixed(ink, palette.color(role.Highlight if selected else role.Base), 0.22))
        painter.drawRoundedRect(track, 1.5, 1.5)
        if tag.sure:
            track.setWidth(max(3.0, track.width() * tag.sure / max(tag.waiting, 1)))
            painter.setBrush(ink if selected else palette.color(role.Accent))
            painter.drawRoundedRect(track, 1.5, 1.5)


class WaitingList(QWidget):
    """``chosen`` carries a tag to review, ``dropped`` photos that were dropped on one; ``left`` says that the
    keys are for the photos."""

    chosen = Signal(str)
    dropped = Signal(str, object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = WaitingModel(self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Filter the tags that wait"))
        self.search.setAccessibleName(self.tr("Filter the tags that wait"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.model.set_filter)
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(WaitingDelegate(self))
        self.view.setUniformItemSizes(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setDragEnabled(True)
        self.view.setAccessibleName(self.tr("Tags that wait for you"))
        self.view.viewport().setAutoFillBackground(False)
        self.view.clicked.connect(self._clicked)
        self.view.installEventFilter(self)
        self.legend = QLabel(self.tr("The bar: how much of it is sure"), self)
        self.legend.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.legend.setContentsMargins(8, 0, 8, 2)
        self.legend.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.legend)
        Drops(self.view, PHOTOS, lambda index: index.isValid(), self._drop)

    def _drop(self, index: QModelIndex, data: QMimeData) -> None:
        self.dropped.emit(self.model.shown[index.row()].tag, photos_of(data))

    def show_tags(self, tags: Sequence[WaitingTag], current: str | None) -> None:
        """All that wait, with the one that is reviewed marked."""
        self.model.set_tags(tags)
        self.legend.setVisible(bool(tags))
        self.mark(current)

    def mark(self, tag: str | None) -> None:
        row = self.model.row_of(tag)
        self.view.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())

    def next_of(self, tag: str | None) -> str | None:
        """The tag below, or the first one; None when no other waits."""
        shown = self.model.shown
        row = self.model.row_of(tag)
        following = [each.tag for each in (*shown[row + 1 :], *shown[: max(row, 0)])]
        return following[0] if following else None

    def _clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(self.model.shown[index.row()].tag)
        self.left.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            index = self.view.currentIndex()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
                self._clicked(index)
                return True
        return False
