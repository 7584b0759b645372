"""Which photos of a list stand in a row of their own, and which stand behind the top of their stack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shown photo stands in its stack: as the ``number``-th of ``count``, from 1; ``open`` or closed."""

    number: int
    count: int
    open: bool


class Stacked:
    """``found`` [N] photo ids in their order, ``tops`` [N] the photo on top of each one's stack, 0 for none.

    ``shown`` [M] are the rows: of a closed stack its top (where that was found, else the first that was); of one whose
    top is in ``opened`` all that were found, side by side. A stack of which one photo was found is none.
    """

    def __init__(self, found: IntArray, tops: IntArray | None = None, opened: Collection[int] = ()) -> None:
        self.found = found
        self._tops = np.zeros(0, np.int64)  # of the stacked ones alone, ascending
        self._members = self._tops  # beside it: who they are, in the order found
        self._several = self._begins = self._tops  # each top once, and where its photos begin
        self._order: IntArray | None = None
        self.shown = found
        self.count = len(found)  # stacks, and photos in none
        self._opened: frozenset[int] = frozenset()
        if tops is None or not len(found) or not tops.any():
            return
        rows = np.flatnonzero(tops)
        several, first, inverse, sizes = np.unique(
            tops[rows], return_index=True, return_inverse=True, return_counts=True
        )
        rows, firsts = rows[sizes[inverse] > 1], rows[first[sizes > 1]]
        several = several[sizes > 1]
        if not len(rows):
            return
        order = np.argsort(tops[rows], kind="stable")
        self._tops, self._members = tops[rows][order], found[rows][order]
        self._several, self._begins = several, np.searchsorted(self._tops, several)
        stays = np.ones(len(found), np.bool_)
        stays[rows] = False
        stays[firsts] = True
        shown = found.copy()
        shown[firsts] = np.where(np.isin(several, self._members), several, found[firsts])
        self._opened = frozenset(opened) & frozenset(several.tolist()) if opened else frozenset()
        self.count = int(np.count_nonzero(stays))
        self.shown = self._with_opened(shown[stays], tops[stays]) if self._opened else shown[stays]

    def _with_opened(self, shown: IntArray, tops: IntArray) -> IntArray:
        places, others = [], []
        for row in np.flatnonzero(np.isin(tops, list(self._opened))).tolist():
            for photo in self._of(int(tops[row])):
                if photo != int(shown[row]):
                    places.append(row + 1)
                    others.append(photo)
        return np.insert(shown, places, others)

    def _of(self, top: int) -> list[int]:
        begin, end = np.searchsorted(self._tops, [top, top + 1])
        members: list[int] = self._members[begin:end].tolist()
        return [top, *(each for each in members if each != top)] if top in members else members

    def changed_from(self, other: Stacked) -> list[int]:
        """Photos whose place in a stack is another one there, or which stand in one there alone."""
        tops = np.setxor1d(self._signs(), other._signs(), assume_unique=True) >> 20
        if not len(tops):
            return []
        both = [each._members[np.isin(each._tops, tops)] for each in (self, other)]
        changed: list[int] = np.union1d(*both).tolist()
        return changed

    def _signs(self) -> IntArray:
        """A number for each stack that tells its top, its size below half a million, and whether it is open."""
        tops, counts = self._several, np.diff(self._begins, append=len(self._tops))
        return (tops << 20) | (np.minimum(counts, (1 << 19) - 1) << 1) | np.isin(tops, list(self._opened))

    @property
    def any(self) -> bool:
        """Whether anything is stacked."""
        return bool(len(self._tops))

    def top_of(self, photo: int) -> int:
        """The top of a photo's stack, 0 when it stands alone."""
        return int(self._tops_of(np.array([photo], np.int64))[0]) if self.any else 0

    def is_open(self, top: int) -> bool:
        return top in self._opened

    def members(self, photo: int) -> list[int]:
        """What a shown photo stands for: all of its stack while that is closed, the photo alone otherwise."""
        top = self.top_of(photo)
        return self._of(top) if top and top not in self._opened else [photo]

    def place(self, photo: int) -> Place | None:
        """None for a photo that stands alone."""
        top = self.top_of(photo)
        if not top:
            return None
        members = self._of(top)
        return Place(members.index(photo) + 1, len(members), top in self._opened)

    def shown_for(self, photo: int) -> int:
        """The photo whose row stands for this one."""
        top = self.top_of(photo)
        if not top or top in self._opened:
            return photo
        return self._of(top)[0]

    def spread(self, shown: IntArray) -> IntArray:
        """All photos that rows stand for, those of closed stacks behind their tops."""
        if not self.any or not len(shown):
            return shown
        tops = self._tops_of(shown)
        closed = (tops > 0) & ~np.isin(tops, list(self._opened))
        if not closed.any():
            return shown
        if np.count_nonzero(closed) <= 64:
            parts: list[Sequence[int]] = []
            for photo, is_closed in zip(shown.tolist(), closed.tolist(), strict=True):
                parts.append(self.members(photo) if is_closed else [photo])
            return np.array([photo for part in parts for photo in part], np.int64)
        behind = self._members[np.isin(self._tops, tops[closed])]
        return np.concatenate([shown, behind[~np.isin(behind, shown)]])

    def _tops_of(self, photos: IntArray) -> IntArray:
        if self._order is None:
            self._order = np.argsort(self._members, kind="stable").astype(np.int64)
        order = self._order
        rows = np.minimum(np.searchsorted(self._members, photos, sorter=order), len(order) - 1)
        known = self._members[order[rows]] == photos
        return np.where(known, self._tops[order[rows]], 0)

    def sections(self, sections: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
        """Parts of ``found``, as (first row, kind), as parts of ``shown``."""
        if not self.any or not sections:
            return tuple(sections)
        place = np.full(int(self.found.max()) + 1, -1, np.int64)
        place[self.found] = np.arange(len(self.found))
        # a stack stands in the part where the first of it was found
        tops = self._several
        earliest = np.minimum.reduceat(place[self._members], self._begins)
        stacks = self._tops_of(self.shown)
        rows = np.minimum(np.searchsorted(tops, stacks), len(tops) - 1)
        first = np.where(stacks > 0, earliest[rows], place[self.shown])
        return tuple((int(np.count_nonzero(first < start)), kind) for start, kind in sections)
