"""What a search looks at: the segments of one moment, who is alive in them, and their orders."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.records import Presence, Sort
from photomgr.core.search.listed import Lists
from photomgr.core.search.segment import ROW, Mask, Segment

Places = NDArray[np.intp]
_NEVER: Final = np.iinfo(np.int64).max
_FEW: Final = 2000  # new photos that are put into an order one by one


class Snapshot:
    """Immutable for its users: a search that holds one is not disturbed by what is written meanwhile.

    A document's place is its number in the concatenation of all segments. ``lists`` answers what the index
    cannot.
    """

    def __init__(self, segments: Sequence[Segment], live: Sequence[Mask], lists: Lists | None = None) -> None:
        self.lists = lists
        self.segments = tuple(segments)
        self.rows: NDArray[Any] = np.concatenate([np.empty(0, ROW), *(s.rows for s in segments)])
        self.live: Mask = np.concatenate([np.empty(0, np.bool_), *live])
        self.ids: NDArray[np.int64] = np.ascontiguousarray(self.rows["id"], np.int64)
        self.present: Mask = self.live & (self.rows["presence"] != Presence.GONE)
        self.count = int(np.count_nonzero(self.live))
        self._orders: dict[Sort, Places] = {}
        self._by_id: Places | None = None
        self._counts: dict[str, dict[str, int]] = {}
        self._every: dict[str, tuple[list[str], list[NDArray[np.int64]]]] = {}
        self._lock = threading.Lock()

    def sorted_ids(self, mask: Mask, sort: Sort) -> NDArray[np.int64]:
        """The ids of the documents of a mask, in an order."""
        order = self.order(sort)
        return self.ids[order[mask[order]]]

    def place_of(self, photo_id: int) -> int | None:
        """Where a living photo stands."""
        found = np.flatnonzero((self.ids == photo_id) & self.live)
        return int(found[0]) if len(found) else None

    def places_of(self, ids: NDArray[np.int64]) -> Places:
        """Where living photos stand; those that are not there are left out."""
        if self._by_id is None:
            alive = np.flatnonzero(self.live)
            self._by_id = alive[np.argsort(self.ids[alive])]
        known = self.ids[self._by_id]
        if not len(known):
            return np.empty(0, np.intp)
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        found: Places = self._by_id[at[known[at] == ids]]
        return found

    def every_value(self, field: str) -> tuple[list[str], list[NDArray[np.int64]]]:
        """The values of a field in all segments, as a person wrote them, and for each segment which of them each
        of its own is. Two spellings of one folded form are one value."""
        found = self._every.get(field)
        if found is None:
            first: dict[str, int] = {}
            names: list[str] = []
            where = []
            for segment in self.segments:
                values = segment.values(field)
                for number, folded in enumerate(values.folded):
                    if folded not in first:
                        first[folded] = len(names)
                        names.append(segment.spelling(field, number))
                where.append(np.array([first[folded] for folded in values.folded], np.int64))
            found = self._every[field] = (names, where)
        return found

    def counts(self, field: str) -> dict[str, int]:
        """On how many photos each value of a field stands, the most first; values on none are left out."""
        found = self._counts.get(field)
        if found is None:
            names, where = self.every_value(field)
            total = np.zeros(len(names), np.int64)
            offset = 0
            for segment, here in zip(self.segments, where, strict=True):
                documents, numbers = segment.values(field).pairs
                alive = self.present[offset : offset + segment.size]
                offset += segment.size
                each = np.bincount(numbers[alive[documents]], minlength=len(here))
                total += np.bincount(here, weights=each, minlength=len(names)).astype(np.int64)
            order = np.argsort(-total, kind="stable").tolist()
            found = self._counts[field] = {names[n]: int(total[n]) for n in order if total[n]}
        return found

    @cached_property
    def months(self) -> dict[int, int]:
        """How many present photos were taken in each month (YYYYMM; YYYY00: in some month), the latest first."""
        counts = np.bincount(self.rows["taken"][self.present] // 10**8)
        months = np.flatnonzero(counts)[::-1].tolist()
        return {month: int(counts[month]) for month in months if month}

    def split(self, place: int) -> tuple[Segment, int]:
        """The segment of a place and the document's number in it."""
        for segment in self.segments:
            if place < segment.size:
                return segment, place
            place -= segment.size
        raise IndexError(place)

    def order(self, sort: Sort) -> Places:
        """All places in an order; photos that are alike in it by their ids."""
        found = self._orders.get(sort)
        if found is None:
            with self._lock:
                found = self._orders.get(sort)
                if found is None:
                    found = self._orders[sort] = self._make_order(sort)
        return found

    def _make_order(self, sort: Sort) -> Places:
        if sort is Sort.NAME:
            runs: list[int] = []
            for segment in self.segments:
                offset = len(runs)
                runs.extend(document + offset for document in segment.name_order)
            # Each segment is in order already, which makes sorting the whole a cheap merge.
            runs.sort(key=self._name_keys().__getitem__)
            return np.array(runs, np.intp)
        return np.lexsort((self.ids, self._keys(sort)))

    def _keys(self, sort: Sort) -> NDArray[np.int64]:
        """For each place the number by which an order sorts."""
        match sort:
            case Sort.NEWEST:
                return -self.rows["taken"]
            case Sort.OLDEST:
                return np.where(self.rows["taken"] == 0, _NEVER, self.rows["taken"])
            case Sort.ADDED:
                return -self.rows["added"]
            case _:
                return -self.rows["rating"].astype(np.int64)

    def _name_keys(self) -> list[str]:
        return [key for segment in self.segments for key in segment.name_keys]

    def inherit(self, old: Snapshot) -> None:
        """Take over the orders for all that stood in ``old`` already: what is new is put into its places."""
        new_place, fresh = self._moved(old)
        for sort, order in tuple(old._orders.items()):
            kept = new_place[order]
            kept = kept[kept >= 0]
            if sort is Sort.NAME:
                self._orders[sort] = self._with_names(kept, fresh)
            elif len(fresh) <= _FEW:
                self._orders[sort] = self._with_numbers(kept, fresh, self._keys(sort))

    def _moved(self, old: Snapshot) -> tuple[Places, list[int]]:
        """For each place of ``old`` the place here, -1 where there is none; and the living places that are new."""
        shift, offset = {}, 0
        for segment in old.segments:
            shift[id(segment)] = offset
            offset += segment.size
        new_place = np.full(offset, -1, np.intp)
        fresh: list[int] = []
        here = 0
        for segment in self.segments:
            before = shift.get(id(segment))
            if before is None:
                fresh.extend((np.flatnonzero(self.live[here : here + segment.size]) + here).tolist())
            else:
                new_place[before : before + segment.size] = np.arange(here, here + segment.size)
            here += segment.size
        return new_place, fresh

    def _with_names(self, kept: Places, fresh: list[int]) -> Places:
        key = self._name_keys().__getitem__
        added = sorted(fresh, key=key)
        stands = kept.tolist()
        at = [bisect_left(stands, key(place), key=key) for place in added]
        return np.insert(kept, at, added)

    def _with_numbers(self, kept: Places, fresh: list[int], keys: NDArray[np.int64]) -> Places:
        added = np.array(fresh, np.intp)
        added = added[np.lexsort((self.ids[added], keys[added]))]
        stands = keys[kept]
        low = np.searchsorted(stands, keys[added], "left").tolist()
        high = np.searchsorted(stands, keys[added], "right").tolist()
        at = [
            first + int(np.searchsorted(self.ids[kept[first:last]], self.ids[place]))
            for first, last, place in zip(low, high, added.tolist(), strict=True)
        ]
        return np.insert(kept, at, added)
