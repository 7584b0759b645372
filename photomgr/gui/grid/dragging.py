"""What a drag inside the window carries: photos onto a tag, or a tag onto photos."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QWidget

PHOTOS: Final = "application/x-photomgr-photos"
TAG: Final = "application/x-photomgr-tag"


def with_photos(data: QMimeData, ids: Sequence[int]) -> QMimeData:
    """The same data, which now also says which photos of this library they are."""
    data.setData(PHOTOS, json.dumps([int(each) for each in ids]).encode())
    return data


def photos_of(data: QMimeData) -> list[int]:
    """The photos of a drag; none when it comes from elsewhere."""
    if not data.hasFormat(PHOTOS):
        return []
    return [int(each) for each in json.loads(bytes(data.data(PHOTOS).data()))]


def of_tag(tag: str) -> QMimeData:
    """A tag to be dropped on photos, or as text elsewhere."""
    data = QMimeData()
    data.setData(TAG, tag.encode())
    data.setText(tag)
    return data


def tag_of(data: QMimeData) -> str:
    """The tag of a drag; empty when it carries none."""
    return bytes(data.data(TAG).data()).decode() if data.hasFormat(TAG) else ""


class DropMark(QWidget):
    """A frame around what a drop would fall on: the dragged picture hides half of its name."""

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(viewport)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(QPen(accent, 2))
        accent.setAlpha(40)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()


class Drops(QObject):
    """Lets a view take drops: ``takes`` says of a place in the viewport whether something may fall there,
    ``dropped`` is told the place and what fell."""

    def __init__(
        self,
        view: QAbstractItemView,
        kind: str,
        takes: Callable[[QModelIndex], bool],
        dropped: Callable[[QModelIndex, QMimeData], None],
    ) -> None:
        super().__init__(view)
        self._view, self._kind, self._takes, self._dropped = view, kind, takes, dropped
        self.mark = DropMark(view.viewport())
        view.viewport().setAcceptDrops(True)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.DragLeave, QEvent.Type.Drop):
            self.mark.hide()
        if not isinstance(event, QDropEvent | QDragEnterEvent | QDragMoveEvent):
            return False
        if not event.mimeData().hasFormat(self._kind):
            return False
        place: QPoint = event.position().toPoint()
        index = self._view.indexAt(place)
        entering = event.type() == QEvent.Type.DragEnter
        if not entering and not self._takes(index):
            self.mark.hide()
            event.ignore()
            return True
        if event.type() == QEvent.Type.DragMove:
            self.mark.setGeometry(self._view.visualRect(index))
            self.mark.show()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.Drop:
            self._dropped(index, event.mimeData())
        return True
