"""An earlier training to go on from: its weights fitted to today's vocabulary, and its opinion of every photo.

A network that learns from its own predecessor beside the labels does better than the predecessor did
(Furlanello et al. 2018, "Born-again neural networks").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.core.errors import ModelError
from photomgr.jobs import Job
from photomgr.train import graph
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan
from photomgr.train.pack import Pixels
from photomgr.train.sharpen import run_over
from photomgr.train.targets import columns

Floats = NDArray[np.float32]
_SHY = -5.0
"""Bias of a tag that the earlier network did not know: it starts out as very unlikely."""


def load(weights: Path, lexicon: Lexicon, plan: Plan) -> dict[str, Floats]:
    """Weights of an earlier training with one output for each of today's columns, matched by name.

    A tag that is new starts from the rows of its ImageNet classes. Raises ModelError for a file without names.
    """
    try:
        kept: dict[str, Any] = dict(np.load(weights))
        names = [str(name) for name in kept.pop("names")]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The weights {weights} cannot be used to go on from: {error}.") from error
    place = {name: number for number, name in enumerate(names)}
    wanted = columns(lexicon)
    old = np.array([place.get(name, -1) for name in wanted])
    kernel = plan.classifier[0] - plan.classifier[0].mean(axis=0)
    for key in ("head.linear.weight", "head.linear.bias", "head.up.weight"):
        fresh = np.zeros((len(wanted), *kept[key].shape[1:]), np.float32)
        fresh[old >= 0] = kept[key][old[old >= 0]]
        kept[key] = fresh
    kept["head.linear.bias"][old < 0] = _SHY
    for column in np.flatnonzero(old < 0):
        classes = lexicon.classes[column] if column < len(lexicon.classes) else ()
        if classes:
            kept["head.linear.weight"][column] = 0.5 * kernel[list(classes)].mean(axis=0)
    return kept


def blended(weights: Mapping[str, Floats], before: Mapping[str, Floats], share: float) -> dict[str, Floats]:
    """The weights with ``share`` of those of ``before`` in them; names and what ``before`` lacks stay."""
    return {
        name: ((1 - share) * value + share * before[name]).astype(np.float32) if name in before else value
        for name, value in weights.items()
    }


def opinion(
    weights: dict[str, Floats], plan: Plan, tags: int, work: Path, name: str, pixels: Pixels, size: int
) -> Job[Floats]:
    """What that network thinks of a packed set, [N, T + 14] in 0..1; kept in ``work/earlier``."""
    target = work / "earlier" / f"{name}.npy"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        network = work / "earlier" / "network.onnx"
        graph.write(network, plan, weights, graph.unfinished(weights, tags), size)
        answer = yield from run_over(open_session(network), pixels, np.arange(len(pixels)), size)
        both = np.concatenate([answer["probabilities"], answer["relevance"]], axis=1)
        np.save(target, both.astype(np.float16))
    return np.asarray(np.load(target), np.float32)
