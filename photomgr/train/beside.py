"""A second body that is taught to stand beside a network that is there.

Two bodies of another make err elsewhere, so that both together do better than either, and than one that looks twice
(Lakshminarayanan et al. 2017, "deep ensembles"). The second is trained by itself: labels and the panel, on which the
network sits that it will stand beside, teach it. Then the features of both stand behind each other, and the head of
both is theirs, each in its own block.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.core.arrays import read_arrays, write_array, write_arrays
from photomgr.jobs import Job, Progress
from photomgr.train.corpus import Part
from photomgr.train.eight import eight_bit, headless
from photomgr.train.extra import need_torch
from photomgr.train.head import fit_head, make_head
from photomgr.train.network import Plan
from photomgr.train.recipe import Recipe
from photomgr.train.sharpen import run_over

Floats = NDArray[np.float32]
_HEAD: Final = "head.npz"


def begin(
    parts: list[Part],
    plan: Plan,
    opinions: list[Floats],
    known: NDArray[np.bool_],
    work: Path,
    recipe: Recipe,
) -> Job[tuple[Any, list[NDArray[np.float16]]]]:
    """A head to begin with on what the second body sees as published, and these features of each part, [N, D].

    ``opinions`` [N, T + 14] of the network that it will stand beside, which has outputs of its own for what is
    ``known`` [T + 14]; labels have their share in the targets, and of the others all.
    """
    folder = work / "beside"
    folder.mkdir(parents=True, exist_ok=True)
    side = recipe.last_side
    file = eight_bit(folder / f"published-{side}.onnx", plan, headless(plan), 1, side, parts)
    session, seen = open_session(file), []
    for part in parts:
        kept = folder / f"{part.photo_set.name}-{side}.npy"
        if not kept.exists():
            answer = yield from run_over(session, part.pixels, np.arange(len(part.rows)), side)
            write_array(kept, answer["embedding"].astype(np.float16))
        seen.append(np.asarray(np.load(kept)))
    torch = need_torch()
    head = make_head(plan.classifier[0].shape[1], len(known))
    if not (folder / _HEAD).exists():
        yield Progress(0, None, "training a head on frozen features")
        rows = [np.flatnonzero(~part.held_out) for part in parts]
        features = np.concatenate([each[some] for each, some in zip(seen, rows, strict=True)])
        value = np.concatenate(
            [_wanted(part, said, np.where(known, recipe.label_share, 1.0))[some]
             for part, said, some in zip(parts, opinions, rows, strict=True)]
        )  # fmt: skip
        fit_head(
            features, value, np.ones_like(value), seed=recipe.seed, epochs=recipe.head_epochs, start=head
        )
        write_arrays(folder / _HEAD, {key: tensor.numpy() for key, tensor in head.state_dict().items()})
    head.load_state_dict({key: torch.from_numpy(value) for key, value in read_arrays(folder / _HEAD).items()})
    return head, seen


def _wanted(part: Part, said: Floats, share: NDArray[np.float64]) -> Floats:
    targets = part.targets
    return np.asarray(said + share * targets.weight * targets.true * (targets.value - said), np.float32)
