"""What the circumstances of photos add to what is known of a tag, as far as the decisions prove it.

The features are those of :mod:`photomgr.annotate.context`. What they add joins the network's word before the
embeddings do; each decision is foretold from the others, so that nothing is counted twice. Where they prove nothing,
or photos have no circumstances, nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..annotate.context import Album, Frame
from ..annotate.learner import Added, added
from ..core.catalog import Catalog
from .moments import Near, local_times

Floats = NDArray[np.float64]

_PRESUMED: Final = 0.3  # of a photo that nobody decided on, for a tag that the network does not know
_LEAST: Final = (
    0.05  # logits that circumstances must add somewhere among the decisions to be looked up at all
)


class Lookup:
    """Features of the photos of a library. What was read last is held, since many tags want the same photos."""

    def __init__(self, catalog: Catalog, sample: NDArray[np.int64]) -> None:
        self._catalog = catalog.surroundings
        self._frame = Frame.of(self._read(sample))
        self._key = b""
        self._held: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def features(self, photos: NDArray[np.int64]) -> NDArray[np.float32]:
        """[N, F] of photos by id; 0 where something is unknown."""
        key = photos.tobytes()
        if key != self._key:
            self._held, self._key = self._frame.features(self._read(photos)), key
        return self._held

    def _read(self, photos: NDArray[np.int64]) -> Album:
        found = self._catalog.of_photos(photos)
        flash, focal, latitude, longitude = found.numbers
        return Album(local_times(found.taken), flash, focal, latitude, longitude, found.folders)


@dataclass(frozen=True, eq=False)
class Context:
    """What circumstances add to one tag."""

    lookup: Lookup
    adds: Added
    near: Near | None = None

    def join(self, prior: Floats, photos: NDArray[np.int64]) -> Floats:
        """The logits [N] of photos with what their circumstances add."""
        return prior + self.adds(_features(self.lookup, self.near, photos), prior)

    def adds_to(self, photos: NDArray[np.int64]) -> Floats:
        """What it adds to an even chance [N]: for showing."""
        return self.adds(_features(self.lookup, self.near, photos), np.zeros(len(photos)))


def _features(lookup: Lookup, near: Near | None, photos: NDArray[np.int64]) -> NDArray[np.float32]:
    """[N, F] of photos: their own circumstances, and what was taken around them."""
    own = lookup.features(photos)
    return own if near is None else np.concatenate([own, near(photos)], axis=1)


@dataclass(frozen=True, eq=False)
class Joined:
    """Logits with context of the photos decided on and of those that were not, and the context that gave them."""

    decided: Floats
    undecided: Floats
    context: Context | None


def joined(
    lookup: Lookup,
    photos: tuple[NDArray[np.int64], NDArray[np.int64]],
    prior: tuple[Floats, Floats],
    truth: Floats,
    *,
    known: bool,
    near: Near | None = None,
) -> Joined:
    """Learn what context adds to one tag. ``photos`` and ``prior`` of the decided [n] and of the undecided; ``near``:
    what was taken around them.

    Undecided photos are presumed not to have a tag that the network does not ``know``, as everywhere in learning.
    """
    rows, logits, says = _features(lookup, near, photos[0]), prior[0], truth
    count = np.ones(len(truth))
    if not known:
        rows = np.concatenate([rows, _features(lookup, near, photos[1])])
        logits, says = np.concatenate([logits, prior[1]]), np.append(says, np.zeros(len(photos[1])))
        count = np.append(count, np.full(len(photos[1]), _PRESUMED))
    adds = proven(rows, logits, says, count)
    if adds is None:
        return Joined(*prior, None)
    context = Context(lookup, adds, near)
    return Joined(prior[0] + adds.foretold[: len(truth)], context.join(prior[1], photos[1]), context)


def proven(
    rows: NDArray[np.float32], prior: Floats, truth: Floats, count: Floats | None = None
) -> Added | None:
    """What features ``rows`` [n, F] add to the logits ``prior`` [n] of decided photos; None where that is as good as
    nothing."""
    if not rows.any():
        return None
    adds = added(rows, prior, truth, count)
    return adds if np.abs(adds.foretold).max() >= _LEAST else None
