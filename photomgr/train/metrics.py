"""Figures of merit of multi-label tagging, as the annotation papers define them. Only numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating[Any]]
Truth = NDArray[np.bool_]


def average_precision(scores: Scores, truth: Truth) -> float:
    """Mean precision at the rank of every positive of one tag; NaN without positives. Both [N]."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = truth[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def per_tag_ap(scores: Scores, truth: Truth) -> NDArray[np.float64]:
    """Average precision of every column of [N, T]."""
    return np.array([average_precision(scores[:, t], truth[:, t]) for t in range(truth.shape[1])])


def macro_map(scores: Scores, truth: Truth) -> float:
    """Average precision averaged over the tags that have positives."""
    return float(np.nanmean(per_tag_ap(scores, truth)))


def micro_ap(scores: Scores, truth: Truth) -> float:
    """Average precision over all pairs of photo and tag, ranked together."""
    return average_precision(scores.ravel(), truth.ravel())


def hamming(scores: Scores, truth: Truth, threshold: float = 0.5) -> float:
    """Share of pairs of photo and tag that are decided wrongly at ``threshold``."""
    return float(((scores >= threshold) != truth).mean())


def at_k(scores: Scores, truth: Truth, k: int) -> dict[str, float]:
    """Precision, recall and F1 per tag with each photo given its ``k`` best tags, and N+ (tags ever right).

    The measure of Duygulu et al. 2002 as used since TagProp: averaged over the tags that occur.
    """
    given = np.zeros_like(truth)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.put_along_axis(given, best, True, axis=1)
    right = (given & truth).sum(axis=0)
    occurs = truth.sum(axis=0) > 0
    precision = float((right / np.maximum(given.sum(axis=0), 1))[occurs].mean())
    recall = float((right / np.maximum(truth.sum(axis=0), 1))[occurs].mean())
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {f"precision_at_{k}": precision, f"recall_at_{k}": recall, f"f1_at_{k}": f1,
            "n_plus": float((right > 0).sum())}  # fmt: skip


def top_k(scores: Scores, truth: Truth, k: int) -> float:
    """Share of the photos that have any tag of which one of the ``k`` best is true."""
    labelled = truth.any(axis=1)
    best = np.argsort(-scores[labelled], axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(truth[labelled], best, axis=1).any(axis=1).mean())


def calibration_error(scores: Scores, truth: Truth, bins: int = 15) -> float:
    """Expected calibration error over all pairs: mean distance of score and frequency (Guo et al. 2017)."""
    flat, hits = scores.ravel().astype(np.float64), truth.ravel()
    place = np.clip((flat * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    score = np.bincount(place, weights=flat, minlength=bins)
    hit = np.bincount(place, weights=hits.astype(np.float64), minlength=bins)
    return float(np.abs(score - hit).sum() / max(1, count.sum()))


SUGGESTED = 0.2
"""A tag this probable is a suggestion, for calibration."""
OFTEN = 200
"""Tags with fewer positives are not judged by themselves."""
_BINS = 10


def suggestion_error(scores: Scores, truth: Truth, least: float = SUGGESTED, bins: int = _BINS) -> float:
    """Expected calibration error over the pairs with a score of ``least`` or more, in bins of equal mass.

    NaN where there are no such pairs. Arrays of any shape, scores in 0..1.
    """
    flat = np.asarray(scores, np.float64).ravel()
    kept = flat >= least
    if not kept.any():
        return float("nan")
    order = np.argsort(flat[kept], kind="stable")
    apart = flat[kept][order] - truth.ravel()[kept][order]
    parts = np.array_split(apart, min(bins, len(apart)))
    return float(sum(abs(part.sum()) for part in parts) / len(apart))


def suggestion_errors(
    scores: Scores, truth: Truth, positives: int = OFTEN, least: float = SUGGESTED
) -> NDArray[np.float64]:
    """:func:`suggestion_error` of every column of [N, T]; NaN for tags with fewer than ``positives``."""
    often = truth.sum(axis=0) >= positives
    return np.array(
        [
            suggestion_error(scores[:, t], truth[:, t], least) if often[t] else float("nan")
            for t in range(truth.shape[1])
        ]
    )
