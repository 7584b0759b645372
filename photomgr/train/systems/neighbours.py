"""System A: TagProp and 2PKNN over deep features, over manual ones, and over both together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.neighbours import TagProp, TwoPass, nearest, unit
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.figures import Row, figures_of
from photomgr.train.systems import Bench, Photos

_K: Final = 200
_BATCH: Final = 64

Features = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of the known photos and of the scored ones."""


class NeighbourSystem:
    """Rows of both ways to vote and of both kinds of features; fitted on the known photos alone."""

    letter = "A"
    title = "Mohite et al., Image Tagging and Classification: neighbours over deep and manual features"
    published: Mapping[str, object] = {
        "claims": "deep >= manual; deep + manual > deep; TagProp > 2PKNN with AlexNet features",
        "figures": "none of its own",
    }

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """The headline is the best of its claims: TagProp by distance over deep and manual features together."""
        known = bench.known
        if known is None:
            raise ModelError("Neighbours need MIRFLICKR's training photos, which are not at hand.")
        deep = unit(known.embedding), unit(bench.scored.embedding)
        before = yield from _manual(known, bench, "known")
        after = yield from _manual(bench.scored, bench, "scored")
        mean, spread = before.mean(axis=0), before.std(axis=0) + 1e-6
        manual = unit((before - mean) / spread), unit((after - mean) / spread)
        yield Progress(0, 3, "neighbours, deep")
        near = _Near.of(*deep)
        found = _votes(bench, known, "deep", deep, near)
        yield Progress(1, 3, "neighbours, deep and manual")
        joined = _joined(bench, known, near, manual)
        yield Progress(2, 3, "neighbours, manual")
        return joined | found | _votes(bench, known, "manual", manual, _Near.of(*manual))


SYSTEM = NeighbourSystem()


@dataclass(frozen=True, eq=False)
class _Near:
    """The nearest known photos of each known and of each scored photo: places and similarities, [N, K] each."""

    places: NDArray[np.intp]
    similar: NDArray[np.float32]
    there: NDArray[np.intp]
    near: NDArray[np.float32]

    @classmethod
    def of(cls, rows: NDArray[np.float32], queries: NDArray[np.float32]) -> _Near:
        own = nearest(rows, rows, _K, without=np.arange(len(rows)))
        return cls(*own, *nearest(rows, queries, _K))


def _votes(bench: Bench, known: Photos, name: str, features: Features, near: _Near) -> dict[str, Row]:
    tags, truth = known.truth, bench.scored.truth
    found: dict[str, Row] = {}
    for by, boost in (("rank", False), ("distance", False), ("rank", True), ("distance", True)):
        model = TagProp.fit(tags, near.places, 1 - near.similar, by=by, boost=boost)
        title = f"{name}: TagProp, {by}{', logistic boost' if boost else ''}"
        found[title] = figures_of(bench.names, model(tags, near.there, 1 - near.near), truth)
    votes = TwoPass.fit(features[0], tags)(features[0], tags, features[1])
    found[f"{name}: 2PKNN"] = figures_of(bench.names, votes, truth)
    return found


def _joined(bench: Bench, known: Photos, near: _Near, manual: Features) -> dict[str, Row]:
    """TagProp with both distances, whose weights it learns; neighbours are the nearest by deep features."""
    measures = np.stack([1 - near.similar, 1 - _between(manual[0], manual[0], near.places)], axis=2)
    theirs = np.stack([1 - near.near, 1 - _between(manual[1], manual[0], near.there)], axis=2)
    model = TagProp.fit(known.truth, near.places, measures, by="distance")
    scores = model(known.truth, near.there, theirs)
    return {"deep + manual: TagProp, distance": figures_of(bench.names, scores, bench.scored.truth)}


def _between(
    queries: NDArray[np.float32], rows: NDArray[np.float32], places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Similarities of each query to some rows of its own, [Q, K]."""
    found = np.empty(places.shape, np.float32)
    for start in range(0, len(queries), 256):
        part = slice(start, start + 256)
        found[part] = np.matmul(rows[places[part]], queries[part, :, None])[:, :, 0]
    return found


def _manual(photos: Photos, bench: Bench, side: str) -> Job[NDArray[np.float32]]:
    """Manual features [N, 186] of photos, computed once and kept by the names of the photos."""
    kept = bench.work / "evaluate" / f"manual-{side}-{_fingerprint(photos.ids)}.npy"
    if not kept.exists():
        parts = []
        for number, part in enumerate(_slices(len(photos.pixels))):
            parts.append(manual_features(photos.pixels[part]))
            if number % 8 == 0:
                yield Progress(part.start, len(photos.pixels), "manual features")
        _keep(kept, np.concatenate(parts).astype(np.float16))
    return np.asarray(np.load(kept), np.float32)


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, count, _BATCH):
        yield slice(start, min(start + _BATCH, count))


def _keep(path: Path, values: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.stem + ".partial.npy")
    np.save(partial, values)
    partial.replace(path)


def _fingerprint(ids: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]


def manual_features(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colour histogram (HSV, 6 x 3 x 3), colour moments on a 4 x 4 grid and edge directions, [n, 186], of [n, 3, S, S].

    What image retrieval used before networks learned their own; at every second pixel.
    """
    small = pixels[:, :, ::2, ::2].astype(np.float32) / 255
    count, _, side, _ = small.shape
    high, low = small.max(axis=1), small.min(axis=1)
    reach = high - low
    red, green, blue = small[:, 0], small[:, 1], small[:, 2]
    safe = np.maximum(reach, 1e-6)
    hue = np.where(high == red, ((green - blue) / safe) % 6, 0.0)
    hue = np.where((high == green) & (high != red), (blue - red) / safe + 2, hue)
    hue = np.where((high == blue) & (high != red) & (high != green), (red - green) / safe + 4, hue)
    full = reach / np.maximum(high, 1e-6)
    cell = (
        np.minimum(hue.astype(np.intp), 5) * 9
        + np.minimum((full * 3).astype(np.intp), 2) * 3
        + np.minimum((high * 3).astype(np.intp), 2)
    )
    place = (np.arange(count)[:, None] * 54 + cell.reshape(count, -1)).ravel()
    histogram = np.sqrt(np.bincount(place, minlength=54 * count).reshape(count, 54) / side**2)
    edge = side // 4 * 4
    opponent = np.stack([(red + green + blue) / 3, red - green, (red + green) / 2 - blue], axis=1)[
        :, :, :edge, :edge
    ]
    grid = opponent.reshape(count, 3, 4, edge // 4, 4, edge // 4)
    moments = np.concatenate(
        [grid.mean(axis=(3, 5)).reshape(count, -1), grid.std(axis=(3, 5)).reshape(count, -1)], axis=1
    )
    down, right = np.gradient(opponent[:, 0], axis=(1, 2))
    strength = np.hypot(down, right)
    angle = ((np.arctan2(down, right) % np.pi) / np.pi * 9).astype(np.intp) % 9
    quarter = (np.arange(edge) * 2 // edge)[:, None] * 2 + (np.arange(edge) * 2 // edge)[None]
    where = (np.arange(count)[:, None, None] * 36 + quarter * 9 + angle).ravel()
    edges = np.bincount(where, weights=strength.ravel(), minlength=36 * count).reshape(count, 36)
    edges = np.sqrt(edges / np.maximum(edges.sum(axis=1, keepdims=True), 1e-6))
    return np.concatenate([histogram, moments, edges], axis=1).astype(np.float32)
