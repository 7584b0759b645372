"""Tags that joined the vocabulary after the network was trained: their rows of the head, learned on its features.

Nothing else moves, so every other tag keeps its figures. The next training teaches them to all layers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.core.arrays import write_arrays
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import earlier, graph
from photomgr.train.backbones import SHIPPED, finished
from photomgr.train.corpus import Part, assemble
from photomgr.train.extra import need_torch
from photomgr.train.head import fit_head
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan
from photomgr.train.origin import located
from photomgr.train.recipe import WEIGHTS, digest, read_recipe, write_recipe
from photomgr.train.sharpen import run_over
from photomgr.train.targets import columns
from photomgr.train.taught import gather

Floats = NDArray[np.float32]
_SMALLEST = 100
"""Sets packed at fewer pixels a side say little about what people do in a photo."""
_EPOCHS = 8


def extend(data: Path, models: Path, work: Path, size: int, seed: int) -> Job[Path]:
    """Teach ``work/final.npz`` what the vocabulary has since gained; ``size``: side of the photos in pixels.

    Returns the file, which then has an output for each of today's tags. Raises ModelError where there is none.
    """
    torch = need_torch()
    torch.manual_seed(seed)
    lexicon = Lexicon.load(data, models)
    said = read_recipe(work)
    recipe = located(work, said)
    backbone = finished(recipe, models)
    plan = backbone.plan
    target = work / WEIGHTS
    weights = earlier.load(target, lexicon, plan)
    known = earlier.names(target)
    names = columns(lexicon)
    late = [number for number, name in enumerate(names) if name not in known]
    if not late:
        return target
    if backbone.name == SHIPPED and recipe.origin:  # it has no opinion: the network that was gone on from has
        parts = (yield from gather(data, models, work, lexicon, backbone, recipe)).parts
    else:
        parts = yield from assemble(data, models, work, lexicon, backbone, seed)
    parts = [
        part
        for part in parts
        if part.photo_set.kind != "complete" and part.photo_set.side > _SMALLEST and not part.held_out.all()
    ]
    if not parts:
        raise ModelError(f"No set here can teach {', '.join(names[number] for number in late)}.")
    inputs = yield from _inputs(parts, plan, weights, len(lexicon.vocabulary.tags), work, size)
    rows = [np.flatnonzero(~part.held_out) for part in parts]
    value = np.concatenate([part.targets.value[r][:, late] for part, r in zip(parts, rows, strict=True)])
    weight = np.concatenate([part.targets.weight[r][:, late] for part, r in zip(parts, rows, strict=True)])
    yield Progress(0, None, f"learning {len(late)} tags")
    head = torch.nn.Linear(inputs.shape[1], len(late))
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.constant_(head.bias, -4.0)
    fit_head(inputs, value, weight, seed=seed, epochs=_EPOCHS, start=head)
    kernel = head.weight.detach().numpy()
    width = weights["head.linear.weight"].shape[1]
    weights["head.linear.weight"][late] = kernel[:, :width]
    weights["head.up.weight"][late] = kernel[:, width:]
    weights["head.linear.bias"][late] = head.bias.detach().numpy()
    write_arrays(target, {**weights, "names": np.array(names)})
    write_recipe(work, replace(said, vocabulary=digest(names)))
    return target


def _inputs(
    parts: list[Part], plan: Plan, weights: dict[str, Floats], tags: int, work: Path, size: int
) -> Job[NDArray[np.float16]]:
    """What the head's last layer sees of the training photos: features and hidden units, [N, D + H]."""
    graph.write(work / "raw.onnx", plan, weights, graph.unfinished(weights, tags), size)
    session = open_session(work / "raw.onnx")
    found = []
    for part in parts:
        answer = yield from run_over(session, part.pixels, np.flatnonzero(~part.held_out), size)
        features = answer["embedding"].astype(np.float32)
        hidden = np.maximum(features @ weights["head.down.weight"].T + weights["head.down.bias"], 0.0)
        found.append(np.concatenate([features, hidden], axis=1).astype(np.float16))
    return np.concatenate(found)
