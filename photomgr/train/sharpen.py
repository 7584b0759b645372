"""A second dense net for the concepts that people labelled completely, merged into the trained head.

The head's one hidden layer serves hundreds of tags, most of them taught by teachers; the concepts of
MIRFLICKR, whose truth is known everywhere, deserve units of their own. Their logits become the mean of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import Session
from photomgr.jobs import Job, Progress
from photomgr.train.head import fit_head, make_head
from photomgr.train.pack import Pixels
from photomgr.train.workers import workers

Floats = NDArray[np.float32]
HIDDEN = 768
_EPOCHS = 8
_BATCH = 8


def squash(pixels: Pixels, rows: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Whole photos as the shipped network takes them, [len(rows), 3, size, size]."""
    side = (size, size)
    photos = [Image.fromarray(pixels[r]).resize(side, Image.Resampling.BICUBIC) for r in rows]
    return np.ascontiguousarray(np.stack([np.asarray(p) for p in photos]).transpose(0, 3, 1, 2))


def run_over(
    session: Session, pixels: Pixels, rows: NDArray[np.int64], size: int
) -> Job[dict[str, NDArray[Any]]]:
    """Outputs of a network for these photos of a packed set, each output in one array."""
    parts: list[dict[str, NDArray[Any]]] = []

    def run(start: int) -> dict[str, NDArray[Any]]:
        return session.run({"image": squash(pixels, rows[start : start + _BATCH], size)})

    with workers(2) as pool:
        for answer in pool.map(run, range(0, len(rows), _BATCH)):
            parts.append(answer)
            if len(parts) % 20 == 0:
                yield Progress(len(parts) * _BATCH, len(rows), "running over photos")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def sharpen(
    weights: Mapping[str, Floats], features: NDArray[np.float16], value: Floats, columns: list[int], seed: int
) -> dict[str, Floats]:
    """The weights with more hidden units for ``columns``: [M, D] ``features``, [M, len(columns)] targets ``value``."""
    head = make_head(features.shape[1], len(columns), HIDDEN)
    fit_head(features, value, np.ones_like(value), seed=seed, epochs=_EPOCHS, start=head)
    new = {name: tensor.detach().numpy() for name, tensor in head.state_dict().items()}
    merged = {name: np.array(array) for name, array in weights.items()}
    merged["head.down.weight"] = np.concatenate([merged["head.down.weight"], new["down.weight"]])
    merged["head.down.bias"] = np.concatenate([merged["head.down.bias"], new["down.bias"]])
    up = np.zeros((len(merged["head.up.weight"]), HIDDEN), np.float32)
    up[columns] = 0.5 * new["up.weight"]
    merged["head.up.weight"][columns] *= 0.5
    merged["head.up.weight"] = np.concatenate([merged["head.up.weight"], up], axis=1)
    for name in ("weight", "bias"):
        merged[f"head.linear.{name}"][columns] = 0.5 * (
            merged[f"head.linear.{name}"][columns] + new[f"linear.{name}"]
        )
    return merged
