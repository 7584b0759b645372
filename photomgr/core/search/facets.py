"""What the photos of a result have in common: counts by tag, date, camera, folder, stars and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.search.snapshot import Snapshot

Counted = tuple[tuple[str, int], ...]

_STARS: Final = 6
_YEAR, _MONTH = 10**10, 10**8


@dataclass(frozen=True, slots=True)
class Facets:
    """Values with the number of photos of the result, most photos first; years, months and stars in their order.

    ``tags`` are decided ones with their parents, ``suggested`` open ones, as a person wrote them, and so are
    ``cameras``; ``folders`` are paths with slashes; ``years`` as ``2019``, ``months`` as ``2019-06``, ``ratings`` as
    ``0`` to ``5``.
    """

    photos: int
    tags: Counted = ()
    cameras: Counted = ()
    folders: Counted = ()
    years: Counted = ()
    months: Counted = ()
    ratings: Counted = ()
    suggested: Counted = ()
    countries: Counted = ()
    places: Counted = ()


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
        _values(snapshot, mask, "maybe"),
        _values(snapshot, mask, "country"),
        _values(snapshot, mask, "place"),
    )


def _values(snapshot: Snapshot, mask: NDArray[np.bool_], field: str) -> Counted:
    """The values of a field on the photos of a mask; two spellings of one folded form count together."""
    if np.array_equal(mask, snapshot.present):
        return tuple(snapshot.counts(field).items())
    names, where = snapshot.every_value(field)
    counts = np.zeros(len(names), np.int64)
    offset = 0
    for segment, here in zip(snapshot.segments, where, strict=True):
        part = mask[offset : offset + segment.size]
        offset += segment.size
        if part.any():
            documents, numbers = segment.values(field).pairs
            found = np.bincount(numbers[part[documents]], minlength=len(here))
            counts += np.bincount(here, weights=found, minlength=len(names)).astype(np.int64)
    some = np.flatnonzero(counts)
    order = some[np.argsort(-counts[some], kind="stable")].tolist()
    return tuple(zip([names[n] for n in order], counts[order].tolist(), strict=True))
