"""The figures of one table of scores, the same for the shipped network and for every system beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from photomgr.train import metrics
from photomgr.train.metrics import Scores, Truth
from photomgr.train.sets import CONCEPTS, RELEVANT

Row = dict[str, float]


def figures_of(names: Sequence[str], scores: Scores, truth: Truth) -> Row:
    """Every measure by name. ``scores`` in 0..1 and ``truth`` are [N, C], their columns called ``names``.

    On MIRFLICKR's annotations macro mAP is over the 24 and over all 38, everything else over the 24.
    """
    found: Row = {}
    concepts = [names.index(label) for label in CONCEPTS if label in names]
    everything = concepts + [names.index(label) for label in RELEVANT if label in names]
    if len(concepts) == len(CONCEPTS):
        if len(everything) == len(CONCEPTS) + len(RELEVANT):
            found["macro_map_38"] = metrics.macro_map(scores[:, everything], truth[:, everything])
        scores, truth = scores[:, concepts], truth[:, concepts]
        found |= {"macro_map_24": metrics.macro_map(scores, truth),
                  "micro_ap_24": metrics.micro_ap(scores, truth),
                  "hamming_24": metrics.hamming(scores, truth)}  # fmt: skip
    else:
        found |= {"macro_map": metrics.macro_map(scores, truth), "micro_ap": metrics.micro_ap(scores, truth),
                  "hamming": metrics.hamming(scores, truth)}  # fmt: skip
    found |= metrics.at_k(scores, truth, min(5, scores.shape[1]))
    for k in (1, 5, 10):
        if k <= scores.shape[1]:
            found[f"top_{k}"] = metrics.top_k(scores, truth, k)
    found["calibration_error"] = metrics.calibration_error(scores, truth)
    each = metrics.suggestion_errors(scores, truth)
    suggested = {"suggestion_error": metrics.suggestion_error(scores, truth)}
    if not np.isnan(each).all():
        suggested["suggestion_error_worst_tag"] = float(np.nanmax(each))
        suggested["suggestion_error_mean_tag"] = float(np.nanmean(each))
    return found | {key: value for key, value in suggested.items() if not np.isnan(value)}


def noise(names: Sequence[str], scores: Scores, truth: Truth, draws: int = 20, seed: int = 1) -> Row:
    """What the errors of suggestions would be by chance alone, were every probability exactly right.

    The mean over ``draws`` of labels that come true as often as ``scores`` say, on the same photos and tags.
    """
    concepts = [names.index(label) for label in CONCEPTS if label in names]
    if len(concepts) == len(CONCEPTS):
        scores, truth = scores[:, concepts], truth[:, concepts]
    often = np.flatnonzero(truth.sum(axis=0) >= metrics.OFTEN)
    dice = np.random.default_rng(seed)
    whole: list[float] = []
    mean: list[float] = []
    worst: list[float] = []
    for _ in range(draws):
        drawn = dice.random(scores.shape) < scores
        whole.append(metrics.suggestion_error(scores, drawn))
        each = [metrics.suggestion_error(scores[:, t], drawn[:, t]) for t in often]
        there = [float(error) for error in each if not np.isnan(error)]
        mean.append(float(np.mean(there)) if there else np.nan)
        worst.append(max(there, default=np.nan))
    found = {
        "suggestion_error": float(np.mean(whole)),
        "suggestion_error_mean_tag": float(np.mean(mean)),
        "suggestion_error_worst_tag": float(np.mean(worst)),
    }
    return {key: value for key, value in found.items() if not np.isnan(value)}


def figure_lines(row: Mapping[str, float]) -> list[str]:
    """One figure a line, for a person."""
    return [f"  {key:<28} {value:9.4f}" for key, value in row.items()]
