"""Photos that stay under the hands: what one decides on does not leave the list at once.

Who looks through ``maybe:dog`` and accepts ``dog`` on a photo changes what the search finds. The photo
stays where it is while it is selected or open; it goes when the list changes after the person has
moved on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photomgr.core.records import Change, What

IntArray = npt.NDArray[np.int64]
_DECIDED = What.TAGS | What.RATING | What.LABEL


class Staying:
    """Remembers which photos the person has just decided on."""

    def __init__(self) -> None:
        self._decided: set[int] = set()

    def note(self, change: Change, looked_at: set[int]) -> None:
        """A change came; ``looked_at`` are the photos selected or open at this moment."""
        if change.what & _DECIDED:
            self._decided |= change.photos & looked_at

    def forget(self) -> None:
        """The person went somewhere else."""
        self._decided.clear()

    def keep(self, shown: IntArray, found: IntArray, looked_at: set[int]) -> IntArray:
        """``found``, with those photos put back that were decided on and are still looked at."""
        self._decided &= looked_at
        if not self._decided:
            return found
        wanted = np.fromiter(self._decided, dtype=np.int64, count=len(self._decided))
        return put_back(shown, found, wanted[~np.isin(wanted, found)])


def put_back(shown: IntArray, found: IntArray, wanted: IntArray) -> IntArray:
    """``found`` with the ``wanted`` ids behind the photo that stood before them in ``shown``.

    Ids of ``wanted`` that were not shown are left out.
    """
    rows = np.flatnonzero(np.isin(shown, wanted))
    if not len(rows):
        return found
    order = np.argsort(found, kind="stable")
    if len(found):
        places = np.minimum(np.searchsorted(found, shown, sorter=order), len(found) - 1)
        ranks = np.where(found[order[places]] == shown, order[places], -1)
    else:
        ranks = np.full(len(shown), -1)
    # For each row the last one at or above it that is still found.
    above = np.maximum.accumulate(np.where(ranks >= 0, np.arange(len(shown)), -1))[rows]
    before = np.where(above >= 0, ranks[above], -1)
    return np.insert(found, before + 1, shown[rows])
