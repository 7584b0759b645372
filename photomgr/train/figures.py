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
    return found | {key: value for key, value in suggested.items() if not np.isnan(value)}


def figure_lines(row: Mapping[str, float]) -> list[str]:
    """One figure a line, for a person."""
    return [f"  {key:<28} {value:9.4f}" for key, value in row.items()]
