"""What looks alike: a small space of unit vectors, results spread over it, and groups of duplicates.

Pure functions over embeddings, hashes and times; the same photos give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.grouping import near_pairs

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]

DIMENSIONS: Final = 128

# Measured on the network of two bodies: 3,500 photos (MIRFLICKR, Flickr8k, COCO), 300 of them changed. In the space
# below 1 of 100 pairs of different photos has a cosine of 0.47, 1 of 1,000 one of 0.68. Of copies that were made
# smaller, darker, brighter, or JPEG of quality 30, 99 of 100 have 0.83 or more, of grey ones 0.64; shots moved by a
# tenth, turned by up to 3 degrees and lit by up to a quarter otherwise have 0.90. The networks of one body before it
# gave 0.40 and 0.60 for the pairs and 0.82 for such shots; embeddings of three others (470 photos) give 0.34 to 0.43
# for 1 of 100 pairs and 0.79 to 0.83 for such shots: what holds here holds for a network of the person's own, too,
# while cosines about no mean differ widely from one to the next.
BURST_SECONDS: Final = 3.0
BURST_LIKE: Final = 0.45
"""Shots of one burst follow each other within so many seconds and look at least so alike (cosine)."""

_FEW: Final = 64  # photos, beside which a mean counts half
_NEAR_LIKE: Final = 0.5  # cosine below which equal perceptual hashes are an accident of flat pictures
_LARGE: Final = 0.8  # share of the most pixels of a group from which on sharpness decides
_SHARP: Final = 0.9  # share of the greatest sharpness from which on the file's size decides


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Embeddings about the library's mean in the directions in which it spreads most.

    ``mean`` float32 [D], ``axes`` float32 [D, K] with K at most DIMENSIONS.
    """

    mean: Vectors
    axes: Vectors

    @classmethod
    def of(cls, sample: NDArray[Any]) -> Space:
        """From embeddings [N, D] of a fair sample; a few thousand are plenty. N at least 1.

        The mean of few photos is no library's mean: it is taken the less, the fewer there are.
        """
        rows = np.asarray(sample, np.float64)
        mean = rows.mean(axis=0) * len(rows) / (len(rows) + _FEW)
        rows = rows - mean
        _, axes = np.linalg.eigh(rows.T @ rows)
        kept = axes[:, ::-1][:, :DIMENSIONS]
        return cls(mean.astype(np.float32), kept.astype(np.float32))

    def __call__(self, embeddings: NDArray[Any]) -> Vectors:
        """Vectors of unit length [N, K], float32; the cosine of two photos is their product."""
        rows = (np.asarray(embeddings, np.float32) - self.mean) @ self.axes
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(length, 1e-9), np.float32)


def spread(vectors: Vectors, relevance: NDArray[Any], first: int, weight: float = 0.6) -> Rows:
    """An order of N photos whose ``first`` places hold relevant ones that differ from each other.

    ``vectors`` [N, K] of unit length, ``relevance`` [N]. Each place takes the photo with the largest ``weight *
    relevance - (1 - weight) * likeness to the most alike one before it`` (maximal marginal relevance, Carbonell and
    Goldstein 1998); the rest follow by relevance. Photos that answer one question are always somewhat alike: of the
    cosine only what lies above one half counts.
    """
    count = len(relevance)
    worth = np.asarray(relevance, np.float32) * weight
    alike = np.full(count, -1.0, np.float32)
    chosen: list[int] = []
    free = np.ones(count, np.bool_)
    for _ in range(min(first, count)):
        score = worth - (1 - weight) * np.maximum(2 * alike - 1, 0)
        best = int(np.argmax(np.where(free, score, -np.inf)))
        chosen.append(best)
        free[best] = False
        alike = np.maximum(alike, vectors @ vectors[best])
    rest = np.flatnonzero(free)
    order = rest[np.argsort(-np.asarray(relevance)[rest], kind="stable")]
    return np.concatenate([np.array(chosen, np.int64), order.astype(np.int64)])


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Rows that are one photo several times: ``exact`` (one file), ``near`` (one picture) or ``burst``."""

    rows: Rows
    kind: str


def duplicates(
    contents: Sequence[bytes],
    hashes: NDArray[np.uint64],
    hashed: NDArray[np.bool_],
    times: NDArray[np.float64],
    vectors: Vectors,
) -> list[Alike]:
    """Groups of N photos, the surest kind first, then the largest; each photo stands in one group at most.

    ``contents`` are hashes of files (b"" unknown), ``hashes`` uint64 [N] with ``hashed`` where known, ``times`` in
    seconds (NaN unknown), ``vectors`` [N, K] of unit length, 0 where unknown.
    """
    n = len(contents)
    first: dict[bytes, int] = {}
    exact = np.array([(first.setdefault(each, row), row) for row, each in enumerate(contents) if each])
    exact = exact.reshape(-1, 2).astype(np.int64)
    near = np.array(near_pairs(hashes, hashed), np.int64).reshape(-1, 2)
    near = near[_may_be_one(vectors, near)]
    order = np.flatnonzero(~np.isnan(times))
    order = order[np.argsort(times[order], kind="stable")]
    follows = np.stack([order[:-1], order[1:]], axis=1)
    close = times[follows[:, 1]] - times[follows[:, 0]] <= BURST_SECONDS
    alike = np.einsum("ij,ij->i", vectors[follows[:, 0]], vectors[follows[:, 1]]) >= BURST_LIKE
    sure = _labels(n, exact)
    same = _labels(n, np.concatenate([exact, near]))
    burst = _labels(n, np.concatenate([exact, near, follows[close & alike]]))
    found = []
    for rows in _members(burst):
        kinds = ((sure, "exact"), (same, "near"))
        kind = next((name for labels, name in kinds if (labels[rows] == labels[rows[0]]).all()), "burst")
        found.append(Alike(rows, kind))
    rank = {"exact": 0, "near": 1, "burst": 2}
    return sorted(found, key=lambda each: (rank[each.kind], -len(each.rows), int(each.rows[0])))


def _may_be_one(vectors: Vectors, pairs: Rows) -> NDArray[np.bool_]:
    """Whether what both networks' vectors say does not speak against a pair; unknown ones say nothing."""
    one, other = vectors[pairs[:, 0]], vectors[pairs[:, 1]]
    unknown = ~one.any(axis=1) | ~other.any(axis=1)
    return np.asarray(unknown | (np.einsum("ij,ij->i", one, other) >= _NEAR_LIKE))


def _labels(n: int, pairs: Rows) -> Rows:
    """For each row the lowest row that it is joined with."""
    up = list(range(n))
    for one, other in pairs.tolist():
        roots = []
        for row in (one, other):
            while up[row] != row:
                up[row] = up[up[row]]
                row = up[row]
            roots.append(row)
        up[max(roots)] = min(roots)
    for row in range(n):
        up[row] = up[up[row]]
    return np.array(up, np.int64)


def _members(labels: Rows) -> list[Rows]:
    """The rows of each label that has several."""
    order = np.argsort(labels, kind="stable")
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.astype(np.int64) for part in np.split(order, edges) if len(part) > 1]


def sharpness(picture: Image.Image) -> float:
    """How sharp a picture is: the variance of its Laplacian (Pech-Pacheco et al. 2000). Compare equal sizes only."""
    grey = np.asarray(picture.convert("L"), np.float32)
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(laplacian.var())


def best_of(pixels: Sequence[int], sharp: Sequence[float], sizes: Sequence[int], liked: Sequence[int]) -> int:
    """Which of several alike photos to keep: of the largest ones the sharpest, of those the one with the largest
    file, then the one that a person has rated or tagged most (``liked``), then the first."""
    count = len(pixels)
    large = [n for n in range(count) if pixels[n] >= _LARGE * max(pixels)]
    best = max(sharp[n] for n in large)
    clear = [n for n in large if sharp[n] >= _SHARP * best]
    return max(clear, key=lambda n: (sizes[n], liked[n], -n))
