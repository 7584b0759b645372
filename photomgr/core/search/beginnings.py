"""What a half-typed word may become: values of a field that hold a word beginning so, and their numbers of photos."""

from __future__ import annotations

import numpy as np

from photomgr.core.search.segment import Segment
from photomgr.core.search.snapshot import Snapshot
from photomgr.core.search.text import fold, words_of

#: Where a value stands: its segment, the place of that segment's first document, and the value's number in it.
Holder = tuple[Segment, int, int]


def beginning(snapshot: Snapshot, prefix: str, limit: int, field: str) -> list[tuple[str, int]]:
    """(value, photos), the most first."""
    wanted = fold(prefix)
    cut = words_of(wanted)
    holders: dict[str, list[Holder]] = {}
    offset = 0
    for segment in snapshot.segments:
        values = segment.values(field)
        found = values.starting(wanted)
        if cut and wanted.endswith(cut[-1]):
            found = np.union1d(found, values.words.find(cut, prefix=True))
        for number in found.tolist():
            holders.setdefault(segment.spelling(field, number), []).append((segment, offset, number))
        offset += segment.size
    return _most(holders, snapshot, limit, field)


def _most(
    holders: dict[str, list[Holder]], snapshot: Snapshot, limit: int, field: str
) -> list[tuple[str, int]]:
    """Values by how many present photos carry them. Only those that can be among the best are counted."""

    def bound(value: str) -> int:
        return sum(len(segment.values(field).documents_of(n)) for segment, _, n in holders[value])

    counted: list[tuple[str, int]] = []
    for most, value in sorted(
        ((bound(value), value) for value in holders), key=lambda pair: (-pair[0], pair[1])
    ):
        if len(counted) >= limit and most < counted[limit - 1][1]:
            break
        count = sum(
            segment.values(field).count(n, snapshot.present[offset : offset + segment.size])
            for segment, offset, n in holders[value]
        )
        if count:
            counted.append((value, count))
            counted.sort(key=lambda pair: (-pair[1], pair[0]))
    return counted[:limit]
