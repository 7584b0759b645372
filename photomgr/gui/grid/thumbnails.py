"""Thumbnails for the grid: read and decoded on worker threads, kept as pixmaps within a byte budget.

What is on the screen comes first, then what lies ahead; wishes that scrolled away are dropped. The
small picture inside the file comes first where the sharp one would have to be made.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from photomgr.core.errors import PhotomgrError
from photomgr.core.records import Change, What
from photomgr.gui.looks.qimages import from_jpeg, from_pillow
from photomgr.gui.threads.bridge import LATER, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

BUDGET: Final = 160 * 1024 * 1024  # bytes of pixels
LONGEST: Final = 384  # the long side of a cached thumbnail, pixels
_IN_FLIGHT: Final = 3


@dataclass(slots=True)
class _Entry:
    pixmap: QPixmap | None
    side: int  # the square box that it was scaled into
    sharp: bool  # nothing better can be had until the photo changes
    stale: bool = False

    @property
    def bytes(self) -> int:
        return 0 if self.pixmap is None else self.pixmap.width() * self.pixmap.height() * 4


class ThumbnailLoader(QObject):
    """``arrived`` carries the id of a photo of which there is a new or better picture."""

    arrived = Signal(int)

    def __init__(
        self, library: Library, bridge: Bridge, parent: QObject | None = None, budget: int = BUDGET
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._budget = budget
        self._entries: collections.OrderedDict[int, _Entry] = collections.OrderedDict()
        self._bytes = 0
        self._quick: collections.deque[int] = collections.deque()
        self._sharp: collections.deque[int] = collections.deque()
        self._side = LONGEST
        self._asked: set[int] = set()
        bridge.changes.connect(self._changed)

    @property
    def bytes(self) -> int:
        """Of pixels now held; at most the budget, or one page of the screen."""
        return self._bytes

    @property
    def idle(self) -> bool:
        return not (self._asked or self._quick or self._sharp)

    def get(self, photo_id: int) -> QPixmap | None:
        """The best picture there is now, of whatever size; None while there is none."""
        entry = self._entries.get(photo_id)
        if entry is None:
            return None
        self._entries.move_to_end(photo_id)
        return entry.pixmap

    def missing(self, photo_id: int) -> bool:
        """True when it is known that no picture can be had."""
        entry = self._entries.get(photo_id)
        return entry is not None and entry.pixmap is None and entry.sharp

    def need(self, ids: Sequence[int], side: int) -> None:
        """These photos are looked at (or soon), the most urgent first, in boxes of ``side`` device
        pixels. Replaces all earlier wishes."""
        self._side = min(side, LONGEST)
        self._quick = collections.deque(
            photo_id for photo_id in ids if photo_id not in self._entries and photo_id not in self._asked
        )
        self._sharp = collections.deque(
            photo_id for photo_id in ids if photo_id in self._entries and self._lacks(photo_id)
        )
        self._pump()

    def forget_all(self) -> None:
        self._entries.clear()
        self._bytes = 0

    def _lacks(self, photo_id: int) -> bool:
        entry = self._entries.get(photo_id)
        if entry is None:
            return True
        if entry.stale or not entry.sharp:
            return photo_id not in self._asked
        return entry.pixmap is not None and entry.side < self._side and photo_id not in self._asked

    def _pump(self) -> None:
        while len(self._asked) < _IN_FLIGHT and (self._quick or self._sharp):
            if self._quick:
                photo_id, load = self._quick.popleft(), _quick
            else:
                photo_id, load = self._sharp.popleft(), _sharp
                if not self._lacks(photo_id):
                    continue
            if photo_id in self._asked:
                continue
            self._asked.add(photo_id)
            self._bridge.call(
                partial(load, self._library, photo_id, self._side),
                partial(self._loaded, photo_id, self._side),
                partial(self._failed, photo_id, self._side),
                priority=LATER,
            )

    def _loaded(self, photo_id: int, side: int, result: tuple[QImage | None, bool]) -> None:
        image, sharp = result
        self._asked.discard(photo_id)
        old = self._entries.pop(photo_id, None)
        if old is not None:
            self._bytes -= old.bytes
        entry = _Entry(None if image is None else QPixmap.fromImage(image), side, sharp)
        if image is None and old is not None and not old.sharp:
            entry.pixmap = old.pixmap  # the small one stays when the sharp one cannot be made
        self._entries[photo_id] = entry
        self._bytes += entry.bytes
        self._trim()
        if not sharp:
            self._sharp.append(photo_id)
        self.arrived.emit(photo_id)
        self._pump()

    def _failed(self, photo_id: int, side: int, error: BaseException) -> None:
        if not isinstance(error, PhotomgrError):
            self._bridge.failed.emit(error)
        self._loaded(photo_id, side, (None, True))

    def _trim(self) -> None:
        while self._bytes > self._budget and len(self._entries) > 1:
            self._bytes -= self._entries.popitem(last=False)[1].bytes

    def _changed(self, change: Change) -> None:
        if not change.what & (What.METADATA | What.PRESENCE | What.THUMBNAILS):
            return
        touched = self._entries.keys() & change.photos if change.photos else set(self._entries)
        moved = []
        for photo_id in touched:
            entry = self._entries[photo_id]
            blind = entry.pixmap is None
            if blind or change.what & What.METADATA:
                entry.stale = True
                moved.append(photo_id)
        for photo_id in moved:
            self.arrived.emit(photo_id)


def _quick(library: Library, photo_id: int, side: int) -> tuple[QImage | None, bool]:
    """The cached thumbnail (True: sharp), else the small picture inside the file (False)."""
    data = library.thumbnail(photo_id, make=False)
    image = from_jpeg(data, side) if data is not None else None
    if image is not None:
        return image, True
    small = library.quick_thumbnail(photo_id)
    return (None if small is None else from_pillow(small, side)), False


def _sharp(library: Library, photo_id: int, side: int) -> tuple[QImage | None, bool]:
    data = library.thumbnail(photo_id)
    return (None if data is None else from_jpeg(data, side)), True
