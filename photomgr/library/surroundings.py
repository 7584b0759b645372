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
class _Step:
    """What some features add to the logits: a photo's own circumstances, where they are looked up, and what is known
    of those taken around it."""

    lookup: Lookup | None
    near: Near | None
    adds: Added

    def __call__(self, prior: Floats, photos: NDArray[np.int64]) -> Floats:
        return self.adds(_features(self.lookup, self.near, photos), prior)


@dataclass(frozen=True, eq=False)
class Context:
    """What circumstances add to one tag, one step after the other."""

    steps: tuple[_Step, ...]

    def join(self, prior: Floats, photos: NDArray[np.int64]) -> Floats:
        """The logits [N] of photos with what their circumstances add."""
        for step in self.steps:
            prior = prior + step(prior, photos)
        return prior

    def adds_to(self, photos: NDArray[np.int64]) -> Floats:
        """What it adds to an even chance [N]: for showing."""
        return self.join(np.zeros(len(photos)), photos)


def _features(lookup: Lookup | None, near: Near | None, photos: NDArray[np.int64]) -> NDArray[np.float32]:
    """[N, F] of photos: their own circumstances, and what is known of those taken around them."""
    own = [] if lookup is None else [lookup.features(photos)]
    return np.concatenate([*own, *([] if near is None else [near(photos)])], axis=1)


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
    decided: Near | None = None,
) -> Joined:
    """Learn what context adds to one tag. ``photos`` and ``prior`` of the decided [n] and of the undecided; ``near``:
    what the network says of those taken around them, ``decided``: what was decided on these.

    Undecided photos are presumed not to have a tag that the network does not ``know``, as everywhere in learning. What
    was decided around comes last, and adds to what the rest says: who decides event by event would learn nothing else
    that holds for events that are still to come.
    """
    steps: list[_Step] = []
    logits = prior
    for own, around in ((lookup, near), (None, decided)):
        if own is None and around is None:
            continue
        rows, before, says = _features(own, around, photos[0]), logits[0], truth
        count = np.ones(len(truth))
        if not known:
            rows = np.concatenate([rows, _features(own, around, photos[1])])
            before, says = np.concatenate([before, logits[1]]), np.append(says, np.zeros(len(photos[1])))
            count = np.append(count, np.full(len(photos[1]), _PRESUMED))
        adds = proven(rows, before, says, count)
        if adds is not None:
            step = _Step(own, around, adds)
            steps.append(step)
            logits = logits[0] + adds.foretold[: len(truth)], logits[1] + step(logits[1], photos[1])
    return Joined(*logits, Context(tuple(steps)) if steps else None)


def proven(
    rows: NDArray[np.float32], prior: Floats, truth: Floats, count: Floats | None = None
) -> Added | None:
    """What features ``rows`` [n, F] add to the logits ``prior`` [n] of decided photos; None where that is as good as
    nothing."""
    if not rows.any():
        return None
    adds = added(rows, prior, truth, count)
    return adds if np.abs(adds.foretold).max() >= _LEAST else None
