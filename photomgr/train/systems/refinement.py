"""System C: noisy, incomplete tags made right again, on the scored photos with their labels corrupted on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.neighbours import nearest, unit
from photomgr.annotate.refinement import best_cut, low_rank, refine
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS
from photomgr.train.systems import Bench

SHARES: Final = (0.2, 0.4)
OURS, LOW_RANK, GIVEN = "ours: network and neighbours", "low rank, look-alikes, tags together", "uncorrected"
_STROKES: Final = (0.08, 0.1)
"""Photos that carry the tags of another one, and of the others the tags that are left out."""
_NEIGHBOURS: Final = 50
_LOW_RANK_CUT: Final = 0.3  # chosen on MIRFLICKR ids 1 to 4000 with labels corrupted in the same way

Tags = NDArray[np.bool_]


class RefinementSystem:
    """Rows for each share of corrupted labels. Nothing sees the clean labels of the scored photos."""

    letter = "C"
    title = "Social image tag refinement (JETIR 2020): tags corrupted on purpose, then corrected; F1 over 24 labels"
    published: Mapping[str, object] = {"figures": "a table of features, no figure"}

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Headline: ours at 20 % corrupted."""
        columns = [bench.names.index(name) for name in CONCEPTS if name in bench.names]
        if len(columns) < len(CONCEPTS):
            raise ModelError(
                "Refinement is measured on MIRFLICKR's annotations, which this set does not have."
            )
        truth, network = bench.scored.truth[:, columns], bench.scored.probabilities[:, columns]
        rows = unit(bench.scored.embedding)
        yield Progress(0, len(SHARES), "refinement: neighbours")
        places, similar = nearest(rows, rows, _NEIGHBOURS, without=np.arange(len(rows)))
        found: dict[str, Row] = {}
        kinds = {f"{share:.0%} corrupted": corrupted(truth, share, bench.seed) for share in SHARES}
        kinds[f"{_STROKES[0]:.0%} of photos with another's tags"] = stroked(truth, *_STROKES, bench.seed)
        for number, (kind, given) in enumerate(kinds.items()):
            yield Progress(number, len(kinds), f"refinement: {kind}")
            ours = refine(given, places, similar, network).probability
            beside = refine(given, places, similar, network, together=True).probability
            alone = refine(given, places, similar).probability
            rank = low_rank(given, places, similar)
            for name, tags in (
                (OURS, ours >= best_cut(ours)),
                ("ours and the photo's other tags", beside >= best_cut(beside)),
                ("ours without the network", alone >= best_cut(alone)),
                (LOW_RANK, rank >= _LOW_RANK_CUT),
                ("the network alone", network >= best_cut(network)),
                (GIVEN, given),
            ):
                found[f"{kind}, {name}"] = _figures(tags, truth, given)
        return found


SYSTEM = RefinementSystem()


def corrupted(truth: Tags, share: float, seed: int) -> Tags:
    """Tags as careless people give them: of every tag this share of its photos lose it, and as many others get it.

    Which ones is drawn evenly, by ``seed``; ``truth`` [N, C].
    """
    dice, given = np.random.default_rng(seed), truth.copy()
    for tag in range(truth.shape[1]):
        there, absent = np.flatnonzero(truth[:, tag]), np.flatnonzero(~truth[:, tag])
        count = min(round(share * len(there)), len(absent))
        given[dice.choice(there, count, replace=False), tag] = False
        given[dice.choice(absent, count, replace=False), tag] = True
    return given


def stroked(truth: Tags, swapped: float, left_out: float, seed: int) -> Tags:
    """Tags as a stroke over a folder gives them: this share of the photos have all tags of another photo instead of
    their own, and of the tags of the others a share is left out. Drawn by ``seed``; ``truth`` [N, C]."""
    dice = np.random.default_rng(seed)
    given = truth & (dice.random(truth.shape) >= left_out)
    photos = np.flatnonzero(dice.random(len(truth)) < swapped)
    given[photos] = truth[dice.integers(0, len(truth), len(photos))]
    return given


def _figures(tags: Tags, truth: Tags, given: Tags) -> Row:
    """F1, precision and recall over all pairs, mean F1 of the tags, and which share of each kind of error is mended."""
    right = float((tags & truth).sum())
    precision, recall = right / max(1.0, float(tags.sum())), right / max(1.0, float(truth.sum()))
    each = 2 * (tags & truth).sum(axis=0) / np.maximum(1, tags.sum(axis=0) + truth.sum(axis=0))
    row = {
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "precision": precision,
        "recall": recall,
        "macro_f1": float(each.mean()),
    }
    return row | {
        "wrong_removed": _share(given & ~truth, ~tags),
        "missing_added": _share(~given & truth, tags),
    }


def _share(errors: Tags, mended: NDArray[Any]) -> float:
    return float((errors & mended).sum() / max(1, errors.sum()))
