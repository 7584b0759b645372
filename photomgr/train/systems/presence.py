"""Everyday objects on a set that labels them by COCO's names: the shipped network, the detector, and both.

No such set stands beside the program, and no training saw one: a tar of COCO's photos with the classes of each
in a CSV (or their boxes) is all that ``photomgr train evaluate`` needs for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.card import WEIGHTS
from photomgr.annotate.company import SHY
from photomgr.annotate.foreign import ForeignNetwork
from photomgr.annotate.learner import logit, sigmoid
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import metrics
from photomgr.train.archive import THREADS, TarPictures
from photomgr.train.detector import SIDE, coco_names, dropped_in
from photomgr.train.figures import Row
from photomgr.train.systems import Bench
from photomgr.train.workers import workers

LEAST: Final = 20
"""Fewer labels with names of COCO's classes make no set of everyday objects."""
_BATCH: Final = 8

OURS, BOTH, EXACT = "the shipped network", "the shipped network and YOLOX-nano", "YOLOX-nano"


class PresenceSystem:
    """Mean average precision of the presence of COCO's classes, on photos that no training saw."""

    letter = "objects"
    title = "Everyday objects in context: which of COCO's 80 classes are there"
    published: Mapping[str, object] = {"YOLOX-nano, trained on COCO": "mean AP of presence 0.71"}

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Headline: the network alone. Raises ModelError where the labels are others."""
        if bench.data is None:
            raise ModelError("The list of COCO's classes is not at hand.")
        pairs = named(bench.names, coco_names(bench.data))
        if len(pairs) < LEAST:
            raise ModelError(
                f"This set names {len(pairs)} of COCO's classes, too few: give photos of COCO with their labels."
            )
        columns, classes = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
        truth, ours = bench.scored.truth[:, columns], bench.scored.probabilities[:, columns]
        found = {OURS: _figures(ours, truth)}
        detector = dropped_in(bench.models, bench.data)
        if detector is not None and isinstance(bench.scored.pixels, TarPictures):
            seen = yield from _detected(detector, bench.scored.pixels, bench.scored.ids)
            found[BOTH] = _figures(joined(ours, seen[:, classes]), truth)
            found[EXACT] = _figures(seen[:, classes], truth)
        return found


SYSTEM = PresenceSystem()


def joined(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities as the program joins them when a person drops a detector in (``annotate.company``)."""
    return sigmoid(logit(ours) + WEIGHTS["detector"] * np.maximum(0.0, logit(theirs) - SHY))


def named(labels: Sequence[str], coco: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of a label's place and the place of the class of COCO that it means, by name or alias."""
    vocabulary = Vocabulary.load()
    meant = {vocabulary.resolve(name) or name: number for number, name in enumerate(coco)}
    return [
        (column, meant[name])
        for column, label in enumerate(labels)
        if (name := vocabulary.resolve(label) or label) in meant
    ]


def asks_for_objects(labels: Sequence[str], data: Path | None) -> bool:
    """Whether a set with these labels is one of everyday objects."""
    return (
        data is not None
        and (data / "words" / "coco.names").exists()
        and len(named(labels, coco_names(data))) >= LEAST
    )


def _figures(scores: NDArray[Any], truth: NDArray[np.bool_]) -> Row:
    return {
        "mean_ap": metrics.macro_map(scores, truth),
        "micro_ap": metrics.micro_ap(scores, truth),
        "objects": float(truth.any(axis=0).sum()),
    }


def _detected(
    detector: ForeignNetwork, pictures: TarPictures, names: Sequence[str]
) -> Job[NDArray[np.float32]]:
    """How sure the detector is of each class, [N, 80], on photos as they are stored."""

    def run(start: int) -> NDArray[np.float32]:
        batch = names[start : start + _BATCH]
        return np.stack([detector.look(pictures.photo(name, SIDE)).scores for name in batch])

    parts: list[NDArray[np.float32]] = []
    with workers(THREADS) as pool:
        for part in pool.map(run, range(0, len(names), _BATCH)):
            parts.append(part)
            yield Progress(min(len(parts) * _BATCH, len(names)), len(names), "objects by YOLOX-nano")
    return np.concatenate(parts)
