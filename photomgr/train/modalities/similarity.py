"""From what a modality measures to scores of concepts: three similarities, each trained by itself. Only numpy.

*linear*: logistic regression on the features. *cosine*: the angles to the mean photo with each concept and to the
mean photo without it. *radial*: logistic regression on Gaussian nearness to centres. Every score is a logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KINDS: Final = ("linear", "cosine", "radial")
CENTRES: Final = 256
_STEPS: Final = 40
_RIDGE: Final = {"linear": 3e-3, "radial": 3e-5}
_FLAT: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Whitening:
    """``(features - mean) @ axes`` has uncorrelated columns of about equal variance; ``axes`` [D, K]."""

    mean: Floats
    axes: Floats

    @classmethod
    def of(cls, features: NDArray[Any], most: int, shrink: float = 0.1) -> Whitening:
        """The ``most`` strongest axes of unlabelled features [N, D], weak ones held back by ``shrink``.

        ``shrink``: share of the mean variance that is added to each axis's own before it is divided out.
        """
        rows = np.asarray(features, np.float64)
        mean = rows.mean(axis=0)
        rows = rows - mean
        variance, axes = np.linalg.eigh(rows.T @ rows / len(rows))
        variance, axes = np.maximum(variance[::-1][:most], 0), axes[:, ::-1][:, :most]
        scale = 1 / np.sqrt(variance + shrink * variance.mean() + _FLAT * variance.max() + 1e-12)
        return cls(mean.astype(np.float32), (axes * scale).astype(np.float32))

    @classmethod
    def plain(cls, features: NDArray[Any]) -> Whitening:
        """Each column by itself to mean 0 and deviation 1: what is done without pre-training."""
        rows = np.asarray(features, np.float64)
        return cls(
            rows.mean(axis=0).astype(np.float32),
            np.diag(1 / np.maximum(rows.std(axis=0), _FLAT)).astype(np.float32),
        )

    def __call__(self, features: NDArray[Any]) -> Floats:
        return np.asarray((np.asarray(features, np.float32) - self.mean) @ self.axes, np.float32)


@dataclass(frozen=True, eq=False)
class Scorer:
    """Logits of C concepts from one modality: ``lift(whitening(features)) @ weights + bias``.

    ``centres`` [K, D]: of the *radial* kind, else empty. ``width``: squared distance at which nearness is 1/e.
    ``directions`` [D, 2C]: of the *cosine* kind, unit vectors with and without each concept, else empty.
    """

    kind: str
    whitening: Whitening
    weights: Floats
    bias: Floats
    centres: Floats
    width: float
    directions: Floats

    def __call__(self, features: NDArray[Any]) -> Floats:
        """Logits [N, C] of features [N, D]."""
        rows = self.whitening(features)
        if self.kind == "radial":
            rows = nearness(rows, self.centres, self.width)
        elif self.kind == "cosine":
            return np.asarray(angles(rows, self.directions) * self.weights + self.bias, np.float32)
        return np.asarray(rows @ self.weights + self.bias, np.float32)


def train(
    kind: str,
    whitening: Whitening,
    features: NDArray[Any],
    truth: NDArray[Any],
    *,
    centres: Floats | None = None,
    ridge: float | None = None,
) -> Scorer:
    """A scorer of ``kind`` from features [N, D] and truth [N, C] in 0..1.

    ``centres`` [K, D'] in the whitened space, for *radial*; None takes some of the photos themselves. ``ridge``:
    see :func:`logistic`; None is the usual one.
    """
    rows, none = whitening(features), np.zeros((0, 0), np.float32)
    if kind == "cosine":
        directions = prototypes(rows, truth)
        near = angles(rows, directions)
        fits = [logistic(near[:, c : c + 1], truth[:, c : c + 1], 1e-5) for c in range(truth.shape[1])]
        weights, bias = np.concatenate([w[0] for w, _ in fits]), np.concatenate([b for _, b in fits])
        return Scorer(kind, whitening, weights, bias, none, 1.0, directions)
    width = 1.0
    if kind == "radial":
        none = rows[:: max(1, len(rows) // CENTRES)][:CENTRES] if centres is None else centres
        width = typical(rows[:2000], none)
        rows = nearness(rows, none, width)
    weights, bias = logistic(rows, truth, ridge or _RIDGE[kind])
    return Scorer(kind, whitening, weights, bias, none, width, np.zeros((0, 0), np.float32))


def prototypes(rows: Floats, truth: NDArray[Any]) -> Floats:
    """Unit vectors [D, 2C]: the mean direction of the photos with each concept, then of those without."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _FLAT)
    have = np.asarray(truth, np.float32)
    sums = np.concatenate([unit.T @ have, unit.T @ (1 - have)], axis=1)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=0), _FLAT), np.float32)


def angles(rows: Floats, directions: Floats) -> Floats:
    """Cosine to the prototype with less cosine to that without, [N, C]."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _FLAT)
    cosine = unit @ directions
    half = directions.shape[1] // 2
    return np.asarray(cosine[:, :half] - cosine[:, half:], np.float32)


def typical(rows: Floats, centres: Floats) -> float:
    """A squared distance to measure nearness by: the mean one to the nearest eighth of the centres."""
    apart = np.sort(_apart(rows, centres), axis=1)
    return float(apart[:, : max(1, len(centres) // 8)].mean())


def nearness(rows: Floats, centres: Floats, width: float) -> Floats:
    """Gaussian nearness [N, K] of rows [N, D] to centres [K, D]: 1 at a centre, 1/e at squared distance ``width``."""
    return np.asarray(np.exp(-_apart(rows, centres) / width), np.float32)


def _apart(rows: Floats, centres: Floats) -> Floats:
    squares = (rows**2).sum(axis=1, keepdims=True) + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares - 2 * rows @ centres.T, 0.0), np.float32)


def means(rows: Floats, count: int, seed: int, rounds: int = 12) -> Floats:
    """``count`` centres of unlabelled rows [N, D], or N where there are fewer (k-means, Lloyd 1982)."""
    rng = np.random.default_rng(seed)
    centres = rows[rng.permutation(len(rows))[:count]].copy()
    for _ in range(rounds):
        nearest = _apart(rows, centres).argmin(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, rows)
        members = np.bincount(nearest, minlength=len(centres))[:, None]
        centres = np.where(members > 0, sums / np.maximum(members, 1), centres).astype(np.float32)
    return centres


def logistic(rows: Floats, truth: NDArray[Any], ridge: float, steps: int = _STEPS) -> tuple[Floats, Floats]:
    """Weights [D, C] and bias [C] of logistic regression, all concepts at once.

    Newton steps under one bound of the curvature for all concepts (Böhning and Lindsay 1988), accelerated
    (Nesterov 1983). ``ridge``: squared weights cost so much for each photo.
    """
    x = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)
    y = np.asarray(truth, np.float32)
    penalty = np.full(x.shape[1], ridge * len(x))
    penalty[-1] = 1e-6
    curve = (x.T @ x).astype(np.float64) / 4
    curve[np.diag_indices_from(curve)] += penalty + 1e-9 * np.trace(curve) / len(curve)
    inverse = np.linalg.inv(curve).astype(np.float32)
    base = np.clip(y.mean(axis=0), 1e-4, 1 - 1e-4)
    found = np.zeros((x.shape[1], y.shape[1]), np.float32)
    found[-1] = np.log(base / (1 - base))
    ahead, pace = found, 1.0
    for _ in range(steps):
        wrong = 0.5 * (1 + np.tanh(0.5 * (x @ ahead))) - y
        new = ahead - inverse @ (x.T @ wrong + penalty.astype(np.float32)[:, None] * ahead)
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead, found, pace = new + np.float32((pace - 1) / faster) * (new - found), new, faster
    return found[:-1], found[-1]
