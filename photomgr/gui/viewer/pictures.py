"""Pictures for the photo view: the thumbnail at once, then what the screen can show, then all pixels
when somebody zooms in; the neighbours beforehand. A few pictures are kept, never many."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage, QPixmap

from photomgr.core.errors import ImageError
from photomgr.core.records import Change, Photo, What
from photomgr.gui.looks.qimages import fitted, from_jpeg, from_pillow
from photomgr.gui.threads.bridge import LATER, NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

KEPT: Final = 5  # screen-sized pictures: this photo, two before and two after it


def upright(photo: Photo) -> QSize:
    """The size of the photo as it is looked at, in its own pixels; empty when the file does not say."""
    width, height = photo.metadata.width or 0, photo.metadata.height or 0
    return QSize(height, width) if photo.metadata.orientation >= 5 else QSize(width, height)


class PictureLoader(QObject):
    """``arrived`` says that there is a better picture of that photo, ``failed`` carries a photo and the
    reason why there is none."""

    arrived = Signal(int)
    failed = Signal(int, str)

    def __init__(self, library: Library, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._box = QSize(1, 1)
        self._screen: collections.OrderedDict[int, tuple[QPixmap, QSize]] = collections.OrderedDict()
        self._thumbnail: tuple[int, QPixmap] | None = None
        self._full: tuple[int, QPixmap] | None = None
        self._tickets: dict[tuple[str, int], Ticket] = {}
        self._current: int | None = None
        bridge.changes.connect(self._changed)

    def best(self, photo_id: int) -> QPixmap | None:
        """The sharpest picture there is of that photo now."""
        if self._full is not None and self._full[0] == photo_id:
            return self._full[1]
        if photo_id in self._screen:
            return self._screen[photo_id][0]
        if self._thumbnail is not None and self._thumbnail[0] == photo_id:
            return self._thumbnail[1]
        return None

    def has_full(self, photo_id: int) -> bool:
        return self._full is not None and self._full[0] == photo_id

    def is_sharp(self, photo_id: int) -> bool:
        """True when the picture fills the screen's pixels as well as the photo can."""
        return self.has_full(photo_id) or (
            photo_id in self._screen and self._screen[photo_id][1] == self._box
        )

    @property
    def bytes(self) -> int:
        """Of pixels now held."""
        held = [entry[0] for entry in self._screen.values()]
        held += [entry[1] for entry in (self._thumbnail, self._full) if entry is not None]
        return sum(pixmap.width() * pixmap.height() * 4 for pixmap in held)

    def show(self, photo_id: int, box: QSize) -> None:
        """This photo is looked at in a window of ``box`` device pixels; requests for others are dropped."""
        if photo_id != self._current:
            self.drop()
            self._current = photo_id
            self._full = None if not self.has_full(photo_id) else self._full
        self._box = QSize(box)
        if self.is_sharp(photo_id):
            return
        if self.best(photo_id) is None:
            self._call("thumbnail", photo_id, partial(_thumbnail, self._library, photo_id), NOW)
        self._call("screen", photo_id, partial(_screen, self._library, photo_id, QSize(box)), NOW)

    def show_full(self, photo_id: int) -> None:
        """All its pixels are wanted."""
        if not self.has_full(photo_id):
            self._call("full", photo_id, partial(_full, self._library, photo_id), NOW)

    def prepare(self, ids: Sequence[int]) -> None:
        """These will probably be looked at next; nobody waits for them."""
        for photo_id in ids:
            known = self._screen.get(photo_id)
            if known is None or known[1] != self._box:
                work = partial(_screen, self._library, photo_id, QSize(self._box))
                self._call("screen", photo_id, work, LATER)

    def drop(self) -> None:
        """Nobody waits for anything any more."""
        for ticket in self._tickets.values():
            ticket.cancel()
        self._tickets.clear()

    def close(self) -> None:
        """The view is left: keep nothing."""
        self.drop()
        self._screen.clear()
        self._thumbnail = self._full = self._current = None

    def _call(self, level: str, photo_id: int, work: Callable[[], QImage | None], priority: int) -> None:
        key = (level, photo_id)
        if key in self._tickets:
            if priority <= LATER:
                return
            self._tickets[key].cancel()
        self._tickets[key] = self._bridge.call(
            work, partial(self._done, key, QSize(self._box)), partial(self._failed, key), priority=priority
        )

    def _done(self, key: tuple[str, int], box: QSize, image: QImage | None) -> None:
        self._tickets.pop(key, None)
        level, photo_id = key
        if image is None:
            return
        pixmap = QPixmap.fromImage(image)
        if level == "thumbnail":
            self._thumbnail = (photo_id, pixmap)
        elif level == "full":
            self._full = (photo_id, pixmap)
        else:
            self._screen[photo_id] = (pixmap, box)
            self._screen.move_to_end(photo_id)
            while len(self._screen) > KEPT:
                self._screen.popitem(last=False)
        self.arrived.emit(photo_id)

    def _failed(self, key: tuple[str, int], error: BaseException) -> None:
        self._tickets.pop(key, None)
        level, photo_id = key
        if not isinstance(error, ImageError):
            self._bridge.failed.emit(error)
        elif level != "thumbnail" and photo_id == self._current:
            self.failed.emit(photo_id, str(error))

    def _changed(self, change: Change) -> None:
        if not change.what & What.METADATA:
            return
        for photo_id in [each for each in self._screen if not change.photos or each in change.photos]:
            del self._screen[photo_id]
            if self.has_full(photo_id):
                self._full = None
            self.arrived.emit(photo_id)


def _thumbnail(library: Library, photo_id: int) -> QImage | None:
    data = library.thumbnail(photo_id, make=False)
    if data is not None:
        return from_jpeg(data)
    small = library.quick_thumbnail(photo_id)
    return None if small is None else from_pillow(small)


def _screen(library: Library, photo_id: int, box: QSize) -> QImage | None:
    photo = library.photo(photo_id)
    if photo is None:
        raise ImageError("This photo is not in the library any more.")
    size = upright(photo)
    short = min(box.width(), box.height())
    if not size.isEmpty():
        target = fitted(size, box)
        short = min(target.width(), target.height())
    image = library.picture(photo_id, max(1, short))
    target = fitted(QSize(image.width, image.height), box)
    scale = target.width() / image.width
    side = None if scale >= 1 else math.ceil(max(image.size) * scale)
    return from_pillow(image, side)


def _full(library: Library, photo_id: int) -> QImage | None:
    return from_pillow(library.picture(photo_id, None))
