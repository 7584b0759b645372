"""What the photos of a result have in common: counts by tag, date, camera, folder and stars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.search.segment import Segment
from photomgr.core.search.snapshot import Snapshot

Counted = tuple[tuple[str, int], ...]

_STARS: Final = 6
_YEAR, _MONTH = 10**10, 10**8


@dataclass(frozen=True, slots=True)
class Facets:
    """Values with the number of photos of the result, most photos first; years, months and stars in their order.

    ``tags`` are decided ones with their parents, as a person wrote them, and so are ``cameras``; ``folders`` are
    paths with slashes; ``years`` as ``2019``, ``months`` as ``2019-06``, ``ratings`` as ``0`` to ``5``.
    """

    photos: int
    tags: Counted
    cameras: Counted
    folders: Counted
    years: Counted
    months: Counted
    ratings: Counted


def count(snapshot: Snapshot, ids: NDArray[np.int64]) -> Facets:
    """The facets of some photos; those that the index does not know are left out."""
    chosen = snapshot.places_of(ids)
    taken = snapshot.rows["taken"][chosen]
    months = taken[taken > 0] // _MONTH
    low = int(months.min()) if len(months) else 0
    by_month = np.bincount(months - low)
    filled = np.flatnonzero(by_month)
    dated = [(int(month) + low, int(by_month[month])) for month in filled]
    years: dict[int, int] = {}
    for month, number in dated:
        years[month // 100] = years.get(month // 100, 0) + number
    stars = np.bincount(np.minimum(snapshot.rows["rating"][chosen], _STARS - 1), minlength=_STARS)
    mask = np.zeros(len(snapshot.ids), np.bool_)
    mask[chosen] = True
    return Facets(
        len(chosen),
        _values(snapshot, mask, "tag"),
        _values(snapshot, mask, "camera"),
        _values(snapshot, mask, "folder"),
        tuple((f"{year:04}", number) for year, number in years.items()),
        tuple((f"{month // 100:04}-{month % 100:02}", number) for month, number in dated if month % 100),
        tuple((str(star), int(number)) for star, number in enumerate(stars) if number),
    )


def _values(snapshot: Snapshot, mask: NDArray[np.bool_], field: str) -> Counted:
    """The values of a field on the photos of a mask; two spellings of one folded form count together."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    offset = 0
    for segment in snapshot.segments:
        part = mask[offset : offset + segment.size]
        offset += segment.size
        if part.any():
            _add(segment, part, field, counts, names)
    found = ((names[folded], number) for folded, number in counts.items())
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _add(
    segment: Segment, mask: NDArray[np.bool_], field: str, counts: dict[str, int], names: dict[str, str]
) -> None:
    values = segment.values(field)
    documents, numbers = values.pairs
    found = np.bincount(numbers[mask[documents]], minlength=len(values.terms))
    for number in np.flatnonzero(found).tolist():
        folded = values.folded[number]
        counts[folded] = counts.get(folded, 0) + int(found[number])
        names.setdefault(folded, segment.spelling(field, number))
