"""Calibration and thresholds of tags, fitted on photos that no training step has seen. Only numpy.

Platt scaling (Platt 1999) of each tag's logit with a prior that holds it near the identity where few photos
speak of a tag, so that a tag with little evidence keeps the scale that training gave it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.train.metrics import average_precision

Floats = NDArray[np.float32]

_PRIOR = 4.0
FIRM = 64.0
"""Prior of a second fit, of what is calibrated already: of 1 to 256 this foretold photos left out best (five folds)."""
_USUAL = 0.4
"""Threshold of a tag of which nothing else is known: a little bolder than even odds, a click rejects it."""
_HIGH = 0.7
_DOUBTFUL = 0.1
"""Of the suggestions that are right. Many more may be: who labels a photo leaves out most of what it shows."""


@dataclass(frozen=True)
class Scaling:
    """``slope`` and ``offset`` [T]: the calibrated logit is ``slope * logit + offset``."""

    slope: Floats
    offset: Floats


@dataclass(frozen=True)
class TagQuality:
    """Of one tag on held-out photos: the ``threshold`` for suggesting it, how many photos truly have it, its AP."""

    threshold: float
    positives: int
    average_precision: float


def platt(logits: Floats, value: Floats, weight: Floats, prior: float = _PRIOR) -> Scaling:
    """Fit every column of [N, T] to soft targets ``value`` in [0, 1], each pair counted ``weight`` times.

    ``prior``: how firmly the identity is held to, in pairs that would speak for it.
    """
    fitted = [_platt(logits[:, t], value[:, t], weight[:, t], prior) for t in range(logits.shape[1])]
    pairs = np.array(fitted, dtype=np.float32)
    return Scaling(pairs[:, 0], pairs[:, 1])


def _platt(z: Floats, y: Floats, w: Floats, prior: float) -> tuple[float, float]:
    used = w > 0
    x, target, count = z[used].astype(np.float64), y[used].astype(np.float64), w[used].astype(np.float64)
    slope, offset = 1.0, 0.0
    for _ in range(25):
        p = 1.0 / (1.0 + np.exp(-np.clip(slope * x + offset, -30, 30)))
        error, bend = count * (p - target), count * p * (1 - p)
        gradient = np.array([error @ x + prior * (slope - 1), error.sum() + prior * 0.25 * offset])
        cross = bend @ x
        curve = np.array([[bend @ (x * x) + prior, cross], [cross, bend.sum() + prior * 0.25]])
        move = np.linalg.solve(curve, gradient)
        move *= min(1.0, 0.5 / max(1e-9, float(np.abs(move).max())))
        slope, offset = slope - float(move[0]), offset - float(move[1])
        if float(np.abs(move).max()) < 1e-5:
            break
    # A negative slope would turn a tag upside down: then the evidence is too poor to change anything.
    return (slope, offset) if 0.2 < slope < 5.0 else (1.0, 0.0)


def tag_quality(scores: Floats, truth: NDArray[np.bool_], known: NDArray[np.bool_]) -> TagQuality:
    """Threshold with the best F1 among the photos where the truth is ``known``, drawn to 0.4 when they are few.

    Where less than one in ten suggestions would be right there, it is high.
    """
    s, y = scores[known], truth[known]
    positives = int(y.sum())
    if positives < 3 or positives == len(y):
        return TagQuality(_USUAL, positives, float("nan"))
    best = _best_threshold(s, y)
    share = positives / (positives + 25.0)
    threshold = float(np.clip(share * best + (1 - share) * _USUAL, 0.3, _HIGH))
    suggested = s >= threshold
    if suggested.any() and y[suggested].mean() < _DOUBTFUL:
        threshold = _HIGH
    return TagQuality(round(threshold, 3), positives, average_precision(s, y))


def _best_threshold(s: NDArray[Any], y: NDArray[np.bool_]) -> float:
    order = np.argsort(-s, kind="stable")
    hits = np.cumsum(y[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + y.sum())
    return float(s[order][int(np.argmax(f1))])


def principal_axes(features: Floats, width: int) -> tuple[Floats, Floats]:
    """Centre [D] and the ``width`` strongest axes [D, width] of features [N, D], for a shorter embedding."""
    centre = features.mean(axis=0, dtype=np.float64)
    moved = features.astype(np.float64) - centre
    _, vectors = np.linalg.eigh(moved.T @ moved / len(moved))
    return centre.astype(np.float32), vectors[:, ::-1][:, :width].astype(np.float32).copy()
