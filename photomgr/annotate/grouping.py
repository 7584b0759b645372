"""Which photos belong together: the same picture, nearly the same, the same event, the same kind of scene.

Pure functions over hashes, unit-length embeddings and times. Everything is deterministic: the same photos give
the same groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]

NEAR: Final = 6
"""Bits of 64 in which the hashes of two shots of one scene may differ."""

_HASH_SIDE, _HASH_KEPT = 32, 8
_WINDOW: Final = 16  # neighbours in the order of rotated hashes that are compared
_EVENT_GAP: Final = 15 * 60.0  # seconds without a photo that end an event
# Cosines about the library's mean; of pairs of different photos 1 of 10 has 0.13, 1 of 100 has 0.32 (see likeness.py).
_EVENT_LIKE: Final = 0.3  # below which a photo begins something else
_ODD_LIKE: Final = 0.1  # to the rest of its group, below which a photo stands apart
_ODD_LOGIT: Final = 3.0  # or this far from the group's middle in the logit of its score
_BATCH, _PASSES = 4096, 40
_CONTEXT: Final = 0.25  # how far season and hour count beside the look
_SMALLEST: Final = 3  # photos of a cluster; smaller ones join their nearest


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that are decided together. ``kind`` is ``same`` (one picture), ``alike``, ``event`` or ``single``."""

    rows: Rows
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What is known of N photos: ``contents`` (equal for equal files), ``hashes`` uint64 [N] with ``hashed``
    bool [N] where one is known, ``embeddings`` [N, D] about the library's mean with length 0 where unknown,
    ``times`` float64 [N] in seconds, NaN where unknown, ``scores`` [N] in [0, 1] of the tag to decide, or None."""

    contents: Sequence[bytes]
    hashes: Hashes
    hashed: NDArray[np.bool_]
    embeddings: NDArray[Any]
    times: NDArray[np.float64]
    scores: NDArray[np.float64] | None = None


def perceptual_hash(picture: Image.Image) -> int:
    """64 bits that stay nearly the same when a picture is scaled or encoded again.

    The signs of the lowest 8 x 8 frequencies of the cosine transform about their median (C. Zauner,
    Implementation and Benchmarking of Perceptual Image Hash Functions, 2010).
    """
    small = picture.convert("L").resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BILINEAR)
    pixels = np.asarray(small, np.float64)
    step = np.arange(_HASH_SIDE)
    waves = np.cos(np.pi * np.outer(np.arange(_HASH_KEPT), 2 * step + 1) / (2 * _HASH_SIDE))
    low = (waves @ pixels @ waves.T).ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def group(looks: Looks) -> list[Group]:
    """Every row in one group. Large groups first, single photos last, each in the order of the rows."""
    n = len(looks.contents)
    joined = _Joined(n)
    for one, other in _same(looks.contents):
        joined.unite(one, other)
    same = joined.labels()
    for one, other in near_pairs(looks.hashes, looks.hashed):
        joined.unite(one, other)
    alike = joined.labels()
    for one, other in _event_pairs(looks):
        joined.unite(one, other)
    event = joined.labels()
    kinds = ((same, "same"), (alike, "alike"), (event, "event"))
    found: list[Group] = []
    for rows in _members(event):
        kind = next((name for labels, name in kinds if (labels[rows] == labels[rows[0]]).all()), "event")
        kept = rows if kind != "event" else rows[~_odd(looks, rows)]
        apart = np.setdiff1d(rows, kept)
        found.append(Group(kept, kind if len(kept) > 1 else "single"))
        found += [Group(apart[each : each + 1], "single") for each in range(len(apart))]
    return sorted(found, key=lambda each: (each.kind == "single", -len(each.rows), int(each.rows[0])))


def near_pairs(hashes: Hashes, hashed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of rows whose hashes differ in at most ``NEAR`` bits; found by sorting four rotations of them, so that
    100,000 take a second. Of many equal ones enough pairs to hold them together."""
    rows = np.flatnonzero(hashed)
    found: set[tuple[int, int]] = set()
    for turn in range(4):
        shift = np.uint64(16 * turn)
        turned = hashes[rows]
        if turn:
            turned = (turned << shift) | (turned >> np.uint64(64 - 16 * turn))
        order = rows[np.argsort(turned, kind="stable")]
        for ahead in range(1, min(_WINDOW, len(order) - 1) + 1):
            one, other = order[:-ahead], order[ahead:]
            near = _bits(hashes[one] ^ hashes[other]) <= NEAR
            found.update(zip(one[near].tolist(), other[near].tolist(), strict=True))
    return sorted(found)


def _bits(value: Hashes) -> NDArray[np.intp]:
    """How many bits of each are set."""
    eight = np.ascontiguousarray(value).view(np.uint8).reshape(-1, 8)
    return np.asarray(_BITS[eight].sum(axis=1, dtype=np.intp))


_BITS: Final = np.array([bin(each).count("1") for each in range(256)], np.uint8)


def _same(contents: Sequence[bytes]) -> list[tuple[int, int]]:
    first: dict[bytes, int] = {}
    return [(first.setdefault(each, row), row) for row, each in enumerate(contents) if each]


def _event_pairs(looks: Looks) -> list[tuple[int, int]]:
    """Neighbours in time that are close to each other and look related."""
    known = np.flatnonzero(~np.isnan(looks.times))
    order = known[np.argsort(looks.times[known], kind="stable")]
    one, other = order[:-1], order[1:]
    close = looks.times[other] - looks.times[one] <= _EVENT_GAP
    like = _cosine(looks.embeddings[one], looks.embeddings[other]) >= _EVENT_LIKE
    wanted = close & like
    return list(zip(one[wanted].tolist(), other[wanted].tolist(), strict=True))


def _odd(looks: Looks, rows: Rows) -> NDArray[np.bool_]:
    """Which rows of an event stand apart: unlike the rest, or scored quite otherwise."""
    odd = np.zeros(len(rows), np.bool_)
    if len(rows) < 4:
        return odd
    vectors = np.asarray(looks.embeddings[rows], np.float32)
    odd |= _cosine(vectors, vectors.sum(axis=0) - vectors) < _ODD_LIKE
    if looks.scores is not None:
        held = np.clip(looks.scores[rows], 1e-3, 1 - 1e-3)
        logits = np.log(held) - np.log1p(-held)
        odd |= np.abs(logits - np.median(logits)) > _ODD_LOGIT
    return odd if odd.sum() * 2 < len(rows) else np.zeros(len(rows), np.bool_)


def _cosine(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float32]:
    """Row by row; 0 where one of both is unknown."""
    first, second = np.asarray(one, np.float32), np.asarray(other, np.float32)
    length = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray(np.einsum("ij,ij->i", first, second) / np.maximum(length, 1e-9), np.float32)


def _members(labels: Rows) -> list[Rows]:
    order = np.argsort(labels, kind="stable")
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.astype(np.int64) for part in np.split(order, edges)] if len(order) else []


class _Joined:
    """Disjoint sets over N rows, each named by its lowest row."""

    def __init__(self, n: int) -> None:
        self._up = list(range(n))

    def _root(self, row: int) -> int:
        up = self._up
        while up[row] != row:
            up[row] = up[up[row]]
            row = up[row]
        return row

    def unite(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._up[second] = first

    def labels(self) -> Rows:
        return np.array([self._root(row) for row in range(len(self._up))], np.int64)


# clusters of a whole library


def context(times: NDArray[np.float64]) -> NDArray[np.float32]:
    """Season and hour of N times (seconds) as points on two circles [N, 4], scaled to stand beside unit-length
    embeddings; 0 where a time is NaN."""
    known = ~np.isnan(times)
    held = np.where(known, times, 0.0)
    year, day = 2 * np.pi * held / (365.2425 * 86400), 2 * np.pi * held / 86400
    circles = np.stack([np.cos(year), np.sin(year), np.cos(day), np.sin(day)], axis=1)
    return np.asarray(_CONTEXT * circles * known[:, None], np.float32)


def cluster(points: NDArray[np.float32], count: int, seed: int = 1) -> Rows:
    """A cluster's number for each of ``points`` [N, D], at most ``count`` of them, largest first.

    Mini-batch k-means (D. Sculley, Web-Scale K-Means Clustering, 2010) from k-means++ seeds; clusters of fewer
    than three points are dissolved.
    """
    n = len(points)
    if n == 0:
        return np.zeros(0, np.int64)
    dice = np.random.default_rng(seed)
    sample = points if n <= _BATCH else points[np.sort(dice.choice(n, _BATCH, replace=False))]
    centres = _seeds(sample, min(count, n), dice)
    weight = np.zeros(len(centres))
    for _ in range(_PASSES):
        batch = points if n <= _BATCH else points[dice.integers(0, n, _BATCH)]
        nearest = _nearest(batch, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, batch)
        got = np.bincount(nearest, minlength=len(centres)).astype(np.float64)
        weight = got if n <= _BATCH else weight + got
        some = got > 0
        step: NDArray[np.float32] = (got[some] / weight[some])[:, None].astype(np.float32)
        means = sums[some] / got[some][:, None].astype(np.float32)
        centres[some] = centres[some] + step * (means - centres[some])
    nearest = _nearest(points, centres)
    kept = np.flatnonzero(np.bincount(nearest, minlength=len(centres)) >= min(_SMALLEST, n))
    if 0 < len(kept) < len(centres):
        nearest = _nearest(points, centres[kept])
    sizes = np.bincount(nearest)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(sizes), np.int64)
    rank[order] = np.arange(len(sizes))
    return np.asarray(rank[nearest], np.int64)


def _seeds(points: NDArray[np.float32], count: int, dice: np.random.Generator) -> NDArray[np.float32]:
    """Points far from each other, by chance in proportion to the squared distance (k-means++)."""
    chosen = [int(dice.integers(len(points)))]
    length = np.einsum("ij,ij->i", points, points)
    distance: NDArray[Any] = np.full(len(points), np.inf)
    while len(chosen) < count:
        last = points[chosen[-1]]
        distance = np.minimum(distance, np.maximum(length - 2 * points @ last + last @ last, 0.0))
        total = float(distance.sum())
        if total <= 1e-9:
            break
        chosen.append(int(np.searchsorted(np.cumsum(distance), dice.random() * total)))
        chosen[-1] = min(chosen[-1], len(points) - 1)
    return points[chosen].astype(np.float32).copy()


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> Rows:
    """The nearest centre of each point, a block of points at a time."""
    half = 0.5 * np.einsum("ij,ij->i", centres, centres)
    blocks = range(0, len(points), 4 * _BATCH)
    parts = [np.argmax(points[at : at + 4 * _BATCH] @ centres.T - half, axis=1) for at in blocks]
    return np.concatenate(parts).astype(np.int64)


def telling(
    counts: NDArray[np.float64], overall: NDArray[np.float64], size: int, total: int, least: float = 0.25
) -> Rows:
    """Tags from the most to the least telling of a cluster of ``size`` photos among ``total``.

    ``counts`` [T] on the cluster's photos and ``overall`` [T] on all: the share that has a tag, times how much
    larger that share is than elsewhere (as logarithm). Only tags on at least the share ``least`` of the photos.
    """
    share = counts / max(size, 1)
    lift = np.log((share + 1e-9) / (overall / max(total, 1) + 1e-9))
    worth = share * np.maximum(lift, 0.02)
    order = np.argsort(-worth, kind="stable")
    return np.asarray(order[share[order] >= least], np.int64)
