"""Late fusion in the shipped network: what it answers, against each of its modalities alone, on the same photos.

Every modality's logits were calibrated on the photos that the fusion's were, MIRFLICKR ids 16001 to 17000. So what
is gained on the ids after these is gained by fusing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.learner import sigmoid
from photomgr.annotate.visual import VisualModel
from photomgr.train.figures import Row, figures_of
from photomgr.train.sets import CONCEPTS
from photomgr.train.systems import Bench

FUSED, OWN = "shipped: fused late", "shipped: the network's own head, not fused"
GAINED, ERROR = "shipped: fused less own head", "shipped: standard error of that, over photos"
_ALONE: Final = "shipped: {name} alone"
_DRAWS: Final = 60

Floats = NDArray[np.floating[Any]]


def rows(bench: Bench) -> dict[str, Row]:
    """The fused answer, the network's own, each other modality's, and fused less own; nothing where nothing is fused.

    The standard error is that of a paired bootstrap. A label that is not fused has the same answer in every row.
    """
    voices = _voices(bench)
    if not voices:
        return {}
    truth, fused = bench.scored.truth, bench.scored.probabilities
    names = list(voices)
    found = {FUSED: figures_of(bench.names, fused, truth)}
    for name in names:
        title = OWN if name == names[0] else _ALONE.format(name=name)
        found[title] = figures_of(bench.names, voices[name], truth)
    own = voices[names[0]]
    dice = np.random.default_rng(bench.seed)
    draws = [dice.integers(0, len(truth), len(truth)) for _ in range(_DRAWS)]
    each = [_less(bench.names, fused[draw], own[draw], truth[draw]) for draw in draws]
    found[GAINED] = _less(bench.names, fused, own, truth)
    found[ERROR] = {key: _spread([row[key] for row in each if key in row]) for key in found[GAINED]}
    return found


def _spread(values: list[float]) -> float:
    return float(np.std(values)) if values else float("nan")


def _less(names: tuple[str, ...], one: Floats, other: Floats, truth: NDArray[np.bool_]) -> Row:
    first, second = figures_of(names, one, truth), figures_of(names, other, truth)
    return {key: first[key] - second[key] for key in first if key in second}


def _voices(bench: Bench) -> dict[str, NDArray[np.float32]]:
    """What each modality says of each label, [N, C] in 0..1, by its name; the network's own head is the first."""
    model, said = bench.visual, bench.scored.modalities
    places = _places(bench.names, model) if model is not None else {}
    if model is None or not places or said.shape[1:] != (len(model.modalities), len(model.fused)):
        return {}
    columns, fused = list(places), list(places.values())
    found = {}
    for number, name in enumerate(model.modalities):
        shares = bench.scored.probabilities.copy()
        shares[:, columns] = sigmoid(said[:, number, fused])
        found[name] = shares
    return found


def _places(labels: tuple[str, ...], model: VisualModel) -> dict[int, int]:
    """Columns of the labels that are fused, with their places among the fused concepts."""
    place = {concept: number for number, concept in enumerate(model.fused)}
    meant = [CONCEPTS.get(label, label) for label in labels]
    return {column: place[concept] for column, concept in enumerate(meant) if concept in place}
