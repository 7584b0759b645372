"""Stacks: photos that stand as one in lists, a RAW file with its picture, a live photo, a burst."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..core.records import Change, What
from ..core.shots import Stack, stacks_of

if TYPE_CHECKING:
    from .facade import Library

Ids = NDArray[np.int64]

_MOVES: Final = What.PHOTOS | What.METADATA | What.PRESENCE | What.ROOTS
_MANY: Final = 5000  # photos that changed, from which on all folders are looked at again
_NONE: Final[Ids] = np.zeros(0, np.int64)


class Stacks:
    """Knows the stacks of the whole library; kept up with every change, folder by folder.

    ``catch_up`` reads from the catalog and is not for the GUI thread; what is asked then is answered from memory.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._stacks: dict[int, list[Stack]] = {}  # by folder
        self._folder: dict[int, int] = {}  # of each stacked photo
        self._tops = _NONE  # by photo id: the photo on top of its stack, 0 without one
        self._by_top: dict[int, Stack] = {}
        self._stale: set[int] | None = None  # photos that changed; None: nothing was read yet
        self._revision = -1
        library.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if not change.what & _MOVES:
            return
        with self._lock:
            if self._stale is not None:
                self._stale |= change.photos
                if not change.photos or len(self._stale) > _MANY:
                    self._stale = None

    @property
    def wanted(self) -> bool:
        """Whether the person wants stacks to stand as one."""
        return bool(self._library.settings.get("stacks"))

    def catch_up(self) -> None:
        """Read what has changed since the last time."""
        catalog = self._library.catalog
        with self._lock:
            stale, self._stale = self._stale, set()
            # what another program wrote says nothing here: a guest reads all of it again
            if self._library.read_only and catalog.revision != self._revision:
                stale, self._revision = None, catalog.revision
            if stale is None:
                self._stacks = {
                    folder: found
                    for folder, files in catalog.stacking.files().items()
                    if (found := stacks_of(files))
                }
            elif stale:
                folders = catalog.stacking.folders_of(stale)
                folders |= {self._folder[photo] for photo in stale if photo in self._folder}
                files_of = catalog.stacking.files(folders)
                for folder in folders:
                    self._stacks[folder] = stacks_of(files_of.get(folder, ()))
            else:
                return
            self._arrange()

    def _arrange(self) -> None:
        self._folder = {
            photo: folder for folder, found in self._stacks.items() for one in found for photo in one.photos
        }
        self._by_top = {one.photos[0]: one for found in self._stacks.values() for one in found}
        tops = np.zeros(max(self._folder, default=-1) + 1, np.int64)
        for top, one in self._by_top.items():
            for photo in one.photos:
                tops[photo] = top
        self._tops = tops

    def tops(self, ids: Ids) -> Ids:
        """For each photo the one on top of its stack, 0 for a photo in none: [N] to [N]."""
        tops = self._tops
        if not len(tops) or not len(ids):
            return np.zeros(len(ids), np.int64)
        known = ids < len(tops)
        return np.asarray(np.where(known, tops[np.where(known, ids, 0)], 0), np.int64)

    def of(self, photo: int) -> tuple[int, ...]:
        """The photos of a photo's stack, the top first; the photo alone when it is in none."""
        top = int(self.tops(np.array([photo], np.int64))[0])
        stack = self._by_top.get(top)
        return stack.photos if stack is not None else (photo,)

    def every(self) -> Ids:
        """All photos that are in a stack, ascending."""
        return np.flatnonzero(self._tops).astype(np.int64)

    def is_shot(self, ids: Sequence[int]) -> bool:
        """Whether photos are files of one shot, on which the person decides together."""
        if len(ids) < 2 or not self._library.settings.get("pairs"):
            return False
        stack = self._by_top.get(int(self.tops(np.array(ids[:1], np.int64))[0]))
        return stack is not None and any(set(ids) <= set(shot) for shot in stack.shots)

    def count(self, ids: Iterable[int]) -> int:
        """How many things stand in a list of photos: stacks, and photos in none."""
        array = np.fromiter(ids, np.int64)
        tops = self.tops(array)
        return int(np.count_nonzero(tops == 0)) + len(np.unique(tops[tops != 0]))
