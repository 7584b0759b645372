"""Everyday objects on a set that labels them by COCO's names: the shipped network, the detector, and both."""

from __future__ import annotations

import numpy as np

from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import Job
from photomgr.train import metrics
from photomgr.train.detector import coco_names, likely
from photomgr.train.figures import Row
from photomgr.train.systems import Bench
from photomgr.train.systems.features import objects

_LEAST = 20
"""Fewer labels with names of COCO's classes make no set of everyday objects."""


def rows(bench: Bench) -> Job[dict[str, Row]]:
    """Mean average precision over the labels that COCO names. Raises ModelError where too few of them are such."""
    if bench.data is None:
        raise ModelError("The list of COCO's classes is not at hand.")
    vocabulary = Vocabulary.load()
    meant = {vocabulary.resolve(name) or name: number for number, name in enumerate(coco_names(bench.data))}
    pairs = [
        (column, meant[name])
        for column, label in enumerate(bench.names)
        if (name := vocabulary.resolve(label) or label) in meant
    ]
    if len(pairs) < _LEAST:
        raise ModelError("Too few of the labels are objects that the detector knows.")
    found = yield from objects(bench, "scored", bench.scored.ids, bench.scored.pixels)
    columns, classes = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
    truth, ours = bench.scored.truth[:, columns], bench.scored.probabilities[:, columns]
    theirs = likely(found[:, classes])
    mixed = {"the shipped network": ours, "YOLOX-nano": theirs, "both": 1 - (1 - ours) * (1 - theirs)}
    return {
        f"everyday objects: {name}": {
            "mean_ap": metrics.macro_map(scores, truth), "micro_ap": metrics.micro_ap(scores, truth),
            "objects": float(len(pairs)),
        }
        for name, scores in mixed.items()
    }  # fmt: skip
