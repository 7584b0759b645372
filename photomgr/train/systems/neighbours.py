"""System A: TagProp and 2PKNN over deep features, over manual ones, and over both together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.neighbours import TagProp, TwoPass, fitted, nearest, unit
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.figures import Row, figures_of
from photomgr.train.modalities.definition import parts
from photomgr.train.modalities.handcrafted import Handcrafted, measured
from photomgr.train.systems import Bench, Photos

HEADLINE: Final = "deep + manual: TagProp, distance"
_K: Final = 200
CLAIMS: Final = {
    "deep >= manual": ("deep: TagProp, distance", "manual: TagProp, distance"),
    "deep + manual > deep": (HEADLINE, "deep: TagProp, distance"),
    "TagProp > 2PKNN": ("deep: TagProp, distance", "deep: 2PKNN"),
}
"""What the paper rests on, and the rows that judge it: the first is to be better than the second."""
_TIE: Final = 0.001
"""A smaller difference of macro mAP is none."""

Features = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of the known photos and of the scored ones."""


class NeighbourSystem:
    """Rows of both ways to vote and of both kinds of features; fitted on the known photos alone."""

    letter = "A"
    title = "Mohite et al., Image Tagging and Classification: neighbours over deep and manual features"
    published: Mapping[str, object] = {
        "claims": "; ".join(CLAIMS) + " with AlexNet features",
        "figures": "none of its own",
    }

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """The headline is the best of its claims: TagProp by distance over deep and manual features together."""
        known = bench.known
        if known is None:
            raise ModelError("Neighbours need MIRFLICKR's training photos, which are not at hand.")
        deep = unit(known.embedding), unit(bench.scored.embedding)
        hand = Handcrafted.load()
        before = yield from measured(hand, known, bench)
        after = yield from measured(hand, bench.scored, bench)
        manual = _manual(before, after)
        yield Progress(0, 3, "neighbours, deep")
        near = _Near.of(*deep)
        found = _votes(bench, known, "deep", deep, near)
        yield Progress(1, 3, "neighbours, deep and manual")
        joined = _joined(bench, known, near, manual)
        yield Progress(2, 3, "neighbours, manual")
        rows = joined | found | _votes(bench, known, "manual", manual, _Near.of(*manual))
        return rows | judged(rows)


SYSTEM = NeighbourSystem()


def judged(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Each claim with what macro mAP gains by it here, and whether that is as claimed (1) or not (0)."""
    found: dict[str, Row] = {}
    for claim, (better, worse) in CLAIMS.items():
        key = next((key for key in ("macro_map_24", "macro_map") if key in rows[better]), None)
        if key is not None:
            gain = rows[better][key] - rows[worse][key]
            least = -_TIE if ">=" in claim else _TIE
            found[claimed(claim)] = {"gain": gain, "reproduced": float(gain >= least)}
    return found


def claimed(claim: str) -> str:
    """The name of a claim's row."""
    return f"claimed: {claim}"


@dataclass(frozen=True, eq=False)
class _Near:
    """The nearest known photos of those that weights are fitted on (``whose``), and of each scored one.

    Places and similarities, [N, K] each.
    """

    whose: NDArray[np.intp]
    places: NDArray[np.intp]
    similar: NDArray[np.float32]
    there: NDArray[np.intp]
    near: NDArray[np.float32]

    @classmethod
    def of(cls, rows: NDArray[np.float32], queries: NDArray[np.float32]) -> _Near:
        of = fitted(len(rows))
        return cls(of, *nearest(rows, rows[of], _K, without=of), *nearest(rows, queries, _K))


def _votes(bench: Bench, known: Photos, name: str, features: Features, near: _Near) -> dict[str, Row]:
    tags, truth = known.truth, bench.scored.truth
    found: dict[str, Row] = {}
    for by, boost in (("rank", False), ("distance", False), ("rank", True), ("distance", True)):
        model = TagProp.fit(tags, near.places, 1 - near.similar, by=by, boost=boost, of=near.whose)
        title = f"{name}: TagProp, {by}{', logistic boost' if boost else ''}"
        found[title] = figures_of(bench.names, model(tags, near.there, 1 - near.near), truth)
    votes = TwoPass.fit(features[0], tags)(features[0], tags, features[1])
    found[f"{name}: 2PKNN"] = figures_of(bench.names, votes, truth)
    return found


def _joined(bench: Bench, known: Photos, near: _Near, manual: Features) -> dict[str, Row]:
    """TagProp with both distances, whose weights it learns; neighbours are the nearest by deep features."""
    measures = np.stack(
        [1 - near.similar, 1 - _between(manual[0][near.whose], manual[0], near.places)], axis=2
    )
    theirs = np.stack([1 - near.near, 1 - _between(manual[1], manual[0], near.there)], axis=2)
    model = TagProp.fit(known.truth, near.places, measures, by="distance", of=near.whose)
    scores = model(known.truth, near.there, theirs)
    return {HEADLINE: figures_of(bench.names, scores, bench.scored.truth)}


def _between(
    queries: NDArray[np.float32], rows: NDArray[np.float32], places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Similarities of each query to some rows of its own, [Q, K]."""
    found = np.empty(places.shape, np.float32)
    for start in range(0, len(queries), 256):
        part = slice(start, start + 256)
        found[part] = np.matmul(rows[places[part]], queries[part, :, None])[:, :, 0]
    return found


def _manual(before: NDArray[np.float32], after: NDArray[np.float32]) -> Features:
    """Hand-made measures as unit rows: standardised on the known photos, every modality counting the same."""
    mean, spread = before.mean(axis=0), before.std(axis=0) + 1e-4
    known, scored = (parts(np.clip((rows - mean) / spread, -4, 4)) for rows in (before, after))
    return (
        unit(np.concatenate([unit(part) for part in known.values()], axis=1)),
        unit(np.concatenate([unit(part) for part in scored.values()], axis=1)),
    )
