"""The small picture at the top of the tag panel: one photo, or the first few of a selection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from photomgr.gui.looks import glyphs, texts
from photomgr.gui.looks.place import Place
from photomgr.gui.looks.qimages import fitted, from_jpeg, from_pillow
from photomgr.gui.threads.bridge import SOON, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

_HEIGHT: Final = 150
_MANY: Final = 4
_BETWEEN: Final = 4


class Preview(QWidget):
    """Shows what there is at once, never decodes on this thread."""

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._ids: list[int] = []
        self._pixmaps: dict[int, QPixmap] = {}
        self._tickets: list[Ticket] = []
        self._place: Place | None = None
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_photos(self, ids: Sequence[int], anew: bool = False) -> None:
        """One photo whole, or up to four of many beside each other; ``anew`` loads them again."""
        for ticket in self._tickets:
            ticket.cancel()
        self._ids = list(ids[:_MANY])
        self._pixmaps = {each: self._pixmaps[each] for each in self._ids if each in self._pixmaps}
        self._tickets = [
            self._bridge.call(
                partial(_load, self._library, photo_id), partial(self._loaded, photo_id), priority=SOON
            )
            for photo_id in self._ids
            if anew or photo_id not in self._pixmaps
        ]
        self.setAccessibleName(texts.photos(len(ids)))
        self._fit()
        self.update()

    def show_place(self, place: Place | None) -> None:
        """Draw over the photo where something was seen, or nothing any more. For one photo only."""
        self._place = place
        self.update()

    def _loaded(self, photo_id: int, image: QImage | None) -> None:
        if photo_id in self._ids:
            self._pixmaps[photo_id] = QPixmap() if image is None else QPixmap.fromImage(image)
            self.update()

    def _fit(self) -> None:
        """As high as one photo may be, or as the squares that several have beside each other."""
        self.setFixedHeight(_HEIGHT if len(self._ids) < 2 else max(1, min(_HEIGHT, self._column())))

    def _column(self) -> int:
        columns = max(1, len(self._ids))
        return (self.width() - _BETWEEN * (columns - 1)) // columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        width = self._column()
        for number, photo_id in enumerate(self._ids):
            box = QRect(number * (width + _BETWEEN), 0, width, self.height())
            pixmap = self._pixmaps.get(photo_id)
            if pixmap is None:
                continue
            if pixmap.isNull():
                self._sign(painter, box)
                continue
            target = QRect(box.topLeft(), fitted(pixmap.size(), box.size().boundedTo(QSize(600, 600))))
            target.moveCenter(box.center())
            painter.drawPixmap(target, pixmap)
            if self._place is not None and len(self._ids) == 1:
                self._place.paint(painter, QRectF(target), self.palette())
        painter.end()

    def _sign(self, painter: QPainter, box: QRect) -> None:
        """There is no picture of it."""
        side = min(56, box.width())
        sign = QRect(0, 0, side, side)
        sign.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        glyphs.warning(painter, QRectF(sign), glyphs.dimmed(self.palette()))


def _load(library: Library, photo_id: int) -> QImage | None:
    data = library.thumbnail(photo_id)
    if data is not None:
        return from_jpeg(data)
    small = library.quick_thumbnail(photo_id)
    return None if small is None else from_pillow(small)
