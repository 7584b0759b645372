"""What clusters of photos are called, so that no two are called the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ROUNDS: Final = 2  # tags that may be added to a name
_APART: Final = 0.8  # the share of a cluster's photos whose time tells when it was taken


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Photos that look alike and were taken alike, with their most telling tags, the most telling first.

    Where others have the same tags, ``when`` holds the first and the last time of most of the photos (seconds since
    1970), and where those are the same too, ``number`` counts them from 2 on.
    """

    tags: tuple[str, ...]
    photos: NDArray[np.int64]
    when: tuple[float, float] | None = None
    number: int = 1


def tell_apart(clusters: Sequence[Cluster], more: Sequence[Sequence[str]]) -> list[Cluster]:
    """The same clusters, those called alike with further tags: for each the first of ``more`` that parts it from the
    others, best first."""
    found = list(clusters)
    for _ in range(_ROUNDS):
        for same in _alike([each.tags for each in found]):
            for place in same:
                others = {tag for other in same if other != place for tag in more[other]}
                free = [tag for tag in more[place] if tag not in found[place].tags]
                new = next((tag for tag in free if tag not in others), None)
                if new is not None:
                    found[place] = replace(found[place], tags=(*found[place].tags, new))
    return found


def date_and_number(clusters: Sequence[Cluster], times: Sequence[NDArray[np.float64]]) -> list[Cluster]:
    """The same clusters, those that are still called alike with their time; ``times`` are their photos' in seconds,
    NaN where unknown. What is alike even then is numbered."""
    found = list(clusters)
    for same in _alike([each.tags for each in found]):
        for place in same:
            found[place] = replace(found[place], when=_span(times[place]))
    for same in _alike([(*each.tags, _months(each.when)) for each in found]):
        for number, place in enumerate(same[1:], 2):
            found[place] = replace(found[place], number=number)
    return found


def _alike(names: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """The places of names that stand more than once."""
    places: dict[frozenset[str], list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(frozenset(name), []).append(place)
    return [same for same in places.values() if len(same) > 1]


def _span(times: NDArray[np.float64]) -> tuple[float, float] | None:
    known = np.sort(times[~np.isnan(times)])
    if not len(known):
        return None
    edge = int((1 - _APART) / 2 * len(known))
    return float(known[edge]), float(known[len(known) - 1 - edge])


def _months(when: tuple[float, float] | None) -> str:
    """What of a time is said in a name: the months of its first and last day."""
    if when is None:
        return ""
    return "/".join(str(np.datetime64(int(each), "s").astype("datetime64[M]")) for each in when)
