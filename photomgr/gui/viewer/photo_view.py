"""One photo, large: the picture, a bar with its name and place, and what to do when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import (
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.records import Change, Photo, What
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.looks import texts
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket
from photomgr.gui.viewer.bar import PhotoBar
from photomgr.gui.viewer.canvas import PhotoCanvas
from photomgr.gui.viewer.pictures import PictureLoader, upright
from photomgr.gui.viewer.trouble import TroublePage

if TYPE_CHECKING:
    from photomgr.library import Library

_PAN: Final = 80.0  # pixels for one press of an arrow key


class PhotoView(QWidget):
    """``closed`` asks to go back to the grid; ``moved`` carries the photo that is looked at now."""

    closed = Signal()
    moved = Signal(int)

    def __init__(
        self, library: Library, bridge: Bridge, photos: PhotoList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._photos = photos
        self._photo: Photo | None = None
        self._id: int | None = None
        self._asking: Ticket | None = None
        self._way = 1  # in which direction the person goes
        self.pictures = PictureLoader(library, bridge, self)
        self.canvas = PhotoCanvas(self)
        self.trouble = TroublePage(self)
        self.bar = PhotoBar(self)
        self._sharpen = QTimer(self, singleShot=True, interval=120)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Photo"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.trouble)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.bar.back.connect(self.closed)
        self.bar.previous.connect(self.previous)
        self.bar.next.connect(self.next)
        self.bar.larger.connect(self.zoom_in)
        self.bar.smaller.connect(self.zoom_out)
        self.bar.toggled.connect(self.canvas.toggle)
        self.pictures.arrived.connect(self._arrived)
        self.pictures.failed.connect(self._failed)
        self.canvas.zoomed.connect(self._zoomed)
        self.canvas.resized.connect(self._sharpen.start)
        self._sharpen.timeout.connect(self._load)
        self._photos.replaced.connect(self._say_place)
        self._bridge.changes.connect(self._changed)
        self.trouble.again.connect(self._again)

    # which photo

    @property
    def photo_id(self) -> int | None:
        return self._id

    @property
    def photo(self) -> Photo | None:
        """The photo that is looked at, None until its row is there."""
        return self._photo

    @property
    def place_text(self) -> str:
        """Where it stands in the list, such as ``3 of 120``."""
        return self.bar.place.text()

    def show_photo(self, photo_id: int) -> None:
        """Look at that photo; its row is read off this thread when the list does not have it."""
        known = self._photos.row(photo_id)
        self._id = photo_id
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if known is not None:
            self._show(known.photo)
        else:
            self._photo = None
            self.canvas.set_photo(QSize())
            self._ask()
        self._say_place()

    def _ask(self) -> None:
        wanted = self._id
        assert wanted is not None
        self._asking = self._bridge.call(lambda: self._library.photo(wanted), self._show, priority=NOW)

    def _show(self, photo: Photo | None) -> None:
        self._asking = None
        if photo is None:
            self.closed.emit()
            return
        self._photo = photo
        self.bar.name.set_text(photo.display_name)
        self.canvas.set_photo(upright(photo))
        self.canvas.setAccessibleName(photo.display_name)
        if photo.problem:
            self._failed(photo.id, photo.problem)
            return
        self._stack.setCurrentWidget(self.canvas)
        self._take(photo.id)
        self._load()

    def next(self) -> None:
        self._step(1)

    def previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        row = self._photos.row_of(self._id) if self._id is not None else -1
        if row >= 0 and 0 <= row + by < self._photos.rowCount():
            self._way = by
            self._go(row + by)

    def _go(self, row: int) -> None:
        photo_id = self._photos.id_at(row)
        self.show_photo(photo_id)
        self.moved.emit(photo_id)

    def _say_place(self) -> None:
        row = self._photos.row_of(self._id) if self._id is not None else -1
        if row < 0:
            self.bar.place.setText("")
            return
        text = self.tr("{place} of {count}")
        count = self._photos.rowCount()
        self.bar.place.setText(text.format(place=texts.number(row + 1), count=texts.number(count)))
        around = range(max(0, row - 3), min(count, row + 4))
        self._photos.need(self._photos.ids_at(around))

    # pictures

    def _box(self) -> QSize:
        ratio = self.canvas.devicePixelRatioF()
        return QSize(round(self.canvas.width() * ratio), round(self.canvas.height() * ratio))

    def _load(self) -> None:
        """Ask for what the window can show of this photo."""
        if self._photo is not None and self._photo.id == self._id and self.isVisible():
            self.pictures.show(self._photo.id, self._box())
            if self.pictures.is_sharp(self._photo.id):
                self._prepare()

    def _take(self, photo_id: int) -> None:
        pixmap = self.pictures.best(photo_id)
        if pixmap is not None:
            full = pixmap.size() if self.pictures.has_full(photo_id) else None
            self.canvas.set_picture(pixmap, full)

    def _arrived(self, photo_id: int) -> None:
        if photo_id != self._id:
            return
        self._take(photo_id)
        if self.pictures.is_sharp(photo_id):
            self._prepare()
            self._zoomed()

    def _prepare(self) -> None:
        row = self._photos.row_of(self._id) if self._id is not None else -1
        if row >= 0:
            rows = [row + self._way, row - self._way, row + 2 * self._way]
            self.pictures.prepare(
                self._photos.ids_at(each for each in rows if 0 <= each < self._photos.rowCount())
            )

    def _failed(self, photo_id: int, reason: str) -> None:
        if photo_id == self._id and self._photo is not None:
            self.trouble.say(self._photo, reason)
            self.bar.show_percent(None)
            self._stack.setCurrentWidget(self.trouble)
            self._prepare()

    def _again(self) -> None:
        if self._photo is not None:
            self._stack.setCurrentWidget(self.canvas)
            self._load()

    def _changed(self, change: Change) -> None:
        moved = What.METADATA | What.PRESENCE
        if change.what & moved and self._id is not None and (not change.photos or self._id in change.photos):
            self._ask()

    # zoom

    def zoom_in(self) -> None:
        self.canvas.zoom(1)

    def zoom_out(self) -> None:
        self.canvas.zoom(-1)

    def _zoomed(self) -> None:
        self.bar.show_percent(None if self.canvas.photo_size.isEmpty() else self.canvas.percent)
        if self._id is None or self._photo is None or self.canvas.fits:
            return
        best = self.pictures.best(self._id)
        shown = self.canvas.photo_size.width() * self.canvas.scale * self.canvas.devicePixelRatioF()
        if best is None or shown > best.width() + 1:
            self.pictures.show_full(self._id)

    # events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Space: self.next,
            Qt.Key.Key_PageDown: self.next,
            Qt.Key.Key_Backspace: self.previous,
            Qt.Key.Key_PageUp: self.previous,
            Qt.Key.Key_Escape: self.closed.emit,
            Qt.Key.Key_Return: self.closed.emit,
            Qt.Key.Key_Enter: self.closed.emit,
            Qt.Key.Key_Plus: self.zoom_in,
            Qt.Key.Key_Minus: self.zoom_out,
            Qt.Key.Key_Z: self.canvas.toggle,
            Qt.Key.Key_Home: lambda: self._go(0) if self._photos.rowCount() else None,
            Qt.Key.Key_End: lambda: (
                self._go(self._photos.rowCount() - 1) if self._photos.rowCount() else None
            ),
        }
        arrows = {
            Qt.Key.Key_Left: (-1, QPointF(_PAN, 0)),
            Qt.Key.Key_Right: (1, QPointF(-_PAN, 0)),
            Qt.Key.Key_Up: (-1, QPointF(0, _PAN)),
            Qt.Key.Key_Down: (1, QPointF(0, -_PAN)),
        }
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
        elif event.key() in keys:
            keys[event.key()]()
        elif event.key() in arrows:
            way, by = arrows[Qt.Key(event.key())]
            if self.canvas.fits:
                self._step(way)
            else:
                self.canvas.pan(by)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.BackButton:
            self.closed.emit()
        else:
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._sharpen.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # left, not merely minimised
            self.pictures.close()
            self._id = self._photo = None
