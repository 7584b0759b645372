"""Which photo of the list waits for a decision next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from photomgr.gui.threads.bridge import NOW

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow
    from photomgr.library import Library

_PAGE: Final = 500


def next_waiting(library: Library, ids: npt.NDArray[np.int64], after: int) -> int | None:
    """The first photo with an open suggestion behind row ``after`` (-1: from the start), then from the
    beginning; None when there is none. Slow: not for the GUI thread."""
    order = np.concatenate([ids[after + 1 :], ids[: after + 1]])
    for start in range(0, len(order), _PAGE):
        page = [int(photo_id) for photo_id in order[start : start + _PAGE]]
        marks = library.marks(page)
        for photo_id in page:
            if photo_id in marks and marks[photo_id].open:
                return photo_id
    return None


class WaitingDoor(QObject):
    """Goes to the next photo of one window's list that waits."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def go(self) -> None:
        """Look for it behind the open or the current photo, and select or open it."""
        window = self._window
        ids, library = window.photos.ids, window.library
        start = window.photos.row_of(window.navigator.place.photo or window.grid.current_id() or -1)
        window.bridge.call(lambda: next_waiting(library, ids, start), self._found, priority=NOW)

    def _found(self, photo_id: int | None) -> None:
        window = self._window
        if photo_id is None:
            window.messages.info(self.tr("No photo here waits for a decision."))
        elif window.navigator.place.photo is not None:
            window.photo_view.show_photo(photo_id)
            window.show_moved(photo_id)
        else:
            window.grid.select_id(photo_id)
