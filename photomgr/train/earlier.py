"""An earlier training to go on from: its weights fitted to today's vocabulary, and its opinion of every photo.

A network that learns from its own predecessor beside the labels does better than the predecessor did
(Furlanello et al. 2018, "Born-again neural networks").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.core.arrays import read_arrays, write_array, write_arrays
from photomgr.core.errors import ModelError
from photomgr.jobs import Job
from photomgr.train import graph
from photomgr.train.extra import need_torch
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan
from photomgr.train.pack import Pixels
from photomgr.train.recipe import digest as summary
from photomgr.train.sets import RELEVANT
from photomgr.train.sharpen import run_over
from photomgr.train.shipped import read_back
from photomgr.train.targets import columns

Floats = NDArray[np.float32]
_BATCH, _EPOCHS = 128, 3
_SHY = -5.0
"""Bias of a tag that the earlier network did not know: it starts out as very unlikely."""


def load(weights: Path, lexicon: Lexicon, plan: Plan) -> dict[str, Floats]:
    """Weights of an earlier training with one output for each of today's columns, matched by name.

    ``weights``: a file of ``fit``, or the folder of a network as it ships.

    A tag that is new starts from the rows of its ImageNet classes. Raises ModelError for a file without names, and for
    weights of another body than the plan's.
    """
    kept, told = _read(weights)
    if not fits(kept, plan):
        raise ModelError(
            f"The weights {weights} cannot be used to go on from: their network is another than the backbone."
        )
    place = {name: number for number, name in enumerate(told)}
    wanted = columns(lexicon)
    old = np.array([place.get(name, -1) for name in wanted])
    kernel = plan.classifier[0]
    if len(kernel):
        kernel = kernel - kernel.mean(axis=0)
    for key in ("head.linear.weight", "head.linear.bias", "head.up.weight"):
        fresh = np.zeros((len(wanted), *kept[key].shape[1:]), np.float32)
        fresh[old >= 0] = kept[key][old[old >= 0]]
        kept[key] = fresh
    kept["head.linear.bias"][old < 0] = _SHY
    for column in np.flatnonzero(old < 0):
        classes = lexicon.classes[column] if column < len(lexicon.classes) else ()
        if classes and len(kernel):
            kept["head.linear.weight"][column] = 0.5 * kernel[list(classes)].mean(axis=0)
    return kept


def fits(weights: Mapping[str, Any], plan: Plan) -> bool:
    """Whether the weights, as ``fit`` writes them, are of a body as the plan's."""
    there = {key: value.shape for key, value in weights.items() if key.startswith("body.")}
    return there == {key: value.shape for key, value in plan.body().items()}


def names(weights: Path) -> frozenset[str]:
    """What the earlier network has an output for: tags, and concepts that are the subject of a photo.

    Raises ModelError as :func:`load` does.
    """
    return frozenset(_read(weights)[1])


def digest(weights: Path) -> str:
    """SHA-256 of the weights, as :func:`load` takes them, in hex. Raises ModelError where they cannot be read."""
    file = weights / "model.onnx" if weights.is_dir() else weights
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise _unusable(weights, error) from error


def _read(weights: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        kept: dict[str, Any] = read_back(weights) if weights.is_dir() else read_arrays(weights)
        return kept, [str(name) for name in kept.pop("names")]
    except (OSError, ValueError, KeyError) as error:
        raise _unusable(weights, error) from error


def _unusable(weights: Path, error: Exception) -> ModelError:
    return ModelError(f"The weights {weights} cannot be used to go on from: {error}.")


def blended(weights: Mapping[str, Floats], before: Mapping[str, Floats], share: float) -> dict[str, Floats]:
    """The weights with ``share`` of those of ``before`` in them; names and what ``before`` lacks stay."""
    return {
        name: ((1 - share) * value + share * before[name]).astype(np.float32) if name in before else value
        for name, value in weights.items()
    }


def opinion(
    weights: dict[str, Floats], plan: Plan, names: list[str], work: Path, name: str, pixels: Pixels, size: int
) -> Job[tuple[Floats, NDArray[np.float16]]]:
    """What that network thinks of a packed set, [N, T + 14] in 0..1, and its features [N, D]; in ``work/earlier``.

    ``names`` of its outputs, after which the files are called: with another vocabulary they would be misread.
    """
    stem = f"{name}-{summary(names)}"
    target, features = work / "earlier" / f"{stem}.npy", work / "earlier" / f"{stem}-features.npy"
    tags = len(names) - len(RELEVANT)
    if not (target.exists() and features.exists()):
        target.parent.mkdir(parents=True, exist_ok=True)
        network = work / "earlier" / "network.onnx"
        graph.write(network, plan, weights, graph.unfinished(weights, tags), size)
        answer = yield from run_over(open_session(network), pixels, np.arange(len(pixels)), size)
        both = np.concatenate([answer["probabilities"], answer["relevance"]], axis=1)
        write_array(target, both.astype(np.float16))
        write_array(features, answer["embedding"].astype(np.float16))
    return np.asarray(np.load(target), np.float32), np.asarray(np.load(features))


def classifier(
    features: NDArray[np.float16],
    said: NDArray[np.float16],
    start: tuple[Floats, Floats],
    work: Path,
    seed: int,
) -> tuple[Floats, Floats]:
    """The backbone's classifier fitted to the earlier network's features, kernel [1001, D] and bias [1001].

    ``features`` [N, D]; ``said``: what the backbone thinks, [N, 1001]. The features have moved since ``start`` was
    trained on them; unfitted, it would pull them back. Kept in ``work/earlier``.
    """
    target = work / "earlier" / "classifier.npz"
    if not target.exists():
        torch = need_torch()
        kernel, bias = (torch.from_numpy(each.copy()).requires_grad_() for each in start)
        optimizer = torch.optim.AdamW([kernel, bias], lr=3e-4, weight_decay=0.0)
        starts = np.arange(0, len(features), _BATCH)
        for number in np.random.default_rng(seed).permutation(np.tile(starts, _EPOCHS)):
            x = torch.from_numpy(features[number : number + _BATCH].astype(np.float32))
            wanted = torch.from_numpy(said[number : number + _BATCH].astype(np.float32))
            loss = -(wanted * torch.log_softmax(x @ kernel.T + bias, dim=1)).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        write_arrays(target, {"kernel": kernel.detach().numpy(), "bias": bias.detach().numpy()})
    with np.load(target) as kept:
        return kept["kernel"], kept["bias"]


def classes(classifier: tuple[Floats, Floats], features: NDArray[np.float16]) -> NDArray[np.float16]:
    """Probabilities of ImageNet's classes, [N, 1001], as a fitted classifier tells them from features [N, D]."""
    kernel, bias = classifier
    found = np.zeros((len(features), len(bias)), np.float16)
    for start in range(0, len(features), _BATCH):
        logits = features[start : start + _BATCH].astype(np.float32) @ kernel.T + bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        found[start : start + _BATCH] = odds / odds.sum(axis=1, keepdims=True)
    return found
