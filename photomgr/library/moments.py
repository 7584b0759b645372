"""What the photos taken around a photo say of its tags: photos of one event help each other.

The network's word on the neighbours in time is a feature of the photo like its hour or its folder, and so is what was
decided on them: five photos of a wedding tagged, and the others of that day are offered. Both count as far as decisions
prove that they help (:mod:`.surroundings`). Nothing is kept; what was read is held while it is true.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..annotate.context import APART, around, recalled
from ..core.catalog import Catalog

Columns = tuple[int, ...]

_HELD: Final = 160  # tags
_AT_ONCE: Final = 16  # of them, whose numbers of the whole library stand in memory at once in full precision


@dataclass(frozen=True, eq=False)
class Near:
    """Of one tag: ``photos`` [M] ascending that have others around, and what these say, ``logits`` [M] against the
    tag's base rate."""

    photos: NDArray[np.int64]
    logits: NDArray[np.float16]

    def __call__(self, photos: NDArray[np.int64]) -> NDArray[np.float32]:
        """[N, 1] of photos by id; 0 where nothing was taken around."""
        found = np.zeros((len(photos), 1), np.float32)
        if len(self.photos):
            places = np.minimum(np.searchsorted(self.photos, photos), len(self.photos) - 1)
            known = self.photos[places] == photos
            found[known, 0] = self.logits[places[known]]
        return found


class Moments:
    """For one network's scores as they are now. Safe to use from several threads."""

    def __init__(self, catalog: Catalog, model: str, labels: int) -> None:
        self._catalog = catalog.surroundings
        self._model, self._labels = model, labels
        self._photos, self._seconds = _in_company(self._catalog.moments(model))
        self._order = np.argsort(self._seconds, kind="stable")
        self._rank = np.argsort(self._order)
        self._held: dict[Columns, Near] = {}
        self._lock = threading.Lock()

    def prepare(self, tags: Iterable[Columns]) -> None:
        """Read what ``near`` will be asked for, in one go. (slow)"""
        self._hold([columns for columns in dict.fromkeys(tags) if columns not in self._held])

    def near(self, columns: Columns) -> Near | None:
        """Of the tag in these columns of the network; None where nothing is known of any photo."""
        held = self._held.get(columns)
        # What another thread drops at this moment is of no use to this one: what was read is given, not what is held.
        return held if held is not None else self._hold([columns]).get(columns)

    def decided(self, photos: NDArray[np.int64], accepted: NDArray[np.float64]) -> Near | None:
        """What the decisions on a tag, of ``photos`` [n] by id, say of those taken around them; None where they say
        nothing."""
        if not len(self._photos):
            return None
        places = np.minimum(np.searchsorted(self._photos, photos), len(self._photos) - 1)
        there = self._photos[places] == photos
        in_time = recalled(self._seconds[self._order], self._rank[places[there]], accepted[there])
        logits = in_time[self._rank]
        heard = np.flatnonzero(logits)
        return Near(self._photos[heard], logits[heard].astype(np.float16)) if len(heard) else None

    def _hold(self, wanted: Sequence[Columns]) -> dict[Columns, Near]:
        """Read these and hold them in the place of the oldest. The lock is not held while reading."""
        found = self._read([columns for columns in wanted if columns])
        with self._lock:
            self._held.update(found)
            for columns in list(self._held)[: max(0, len(self._held) - _HELD)]:
                del self._held[columns]
        return found

    def _read(self, wanted: Sequence[Columns]) -> dict[Columns, Near]:
        found: dict[Columns, Near] = {}
        if not wanted or not len(self._photos):
            return found
        flat = np.array(sorted({column for columns in wanted for column in columns}), np.intp)
        photos, scores = self._catalog.said(self._model, self._labels, flat)
        rows = np.searchsorted(photos, self._photos)
        there = (rows < len(photos)) & (photos[np.minimum(rows, len(photos) - 1)] == self._photos)
        ids, seconds, scores = self._photos[there], self._seconds[there], scores[rows[there]]
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            parts = [scores[:, np.searchsorted(flat, columns)].max(axis=1) for columns in some]
            heard = around(seconds, np.stack(parts, axis=1)).astype(np.float16)
            found.update((columns, Near(ids, heard[:, n].copy())) for n, columns in enumerate(some))
        return found


_lock: Final = threading.Lock()
_known: Final[WeakKeyDictionary[Catalog, tuple[tuple[str, int, int], Moments]]] = WeakKeyDictionary()


def moments_of(catalog: Catalog, model: str, labels: int) -> Moments:
    """Those of a library, read anew when the network or what it saw is another. (slow)"""
    key = model, labels, catalog.learning.annotated()
    with _lock:
        held = _known.get(catalog)
        if held is None or held[0] != key:
            held = _known[catalog] = key, Moments(catalog, model, labels)
        return held[1]


def local_times(taken: Sequence[str | None]) -> NDArray[np.datetime64]:
    """Moments in ISO 8601 without a zone [N] as datetime64[ms] [N]; NaT for none, and for any other text."""
    try:
        return np.array(taken, "datetime64[ms]")
    except ValueError:  # one of them is written otherwise
        return np.array([_local(text) for text in taken], "datetime64[ms]")


def _local(text: str | None) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    return None


def _in_company(moments: list[tuple[int, str]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Photos [M] by id with another one taken around them, and when, in seconds of local time."""
    when = local_times([taken for _, taken in moments])
    seconds = np.where(np.isnat(when), np.nan, when.astype(np.int64) / 1000)
    photos = np.array([photo for photo, _ in moments], np.int64)
    order = np.argsort(seconds, kind="stable")
    close = np.diff(seconds[order], prepend=np.nan, append=np.nan) <= APART  # false beside NaN
    company = np.zeros(len(moments), np.bool_)
    company[order] = close[:-1] | close[1:]
    return photos[company], seconds[company]
