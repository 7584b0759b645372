"""Two bodies as one network: the features of both behind each other, and a head of which each has its own block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.train.network import Plan

Floats = NDArray[np.float32]
SHARE: Final = 0.35
"""Share of the second body's logits."""
_NAMED: Final = "beside_"
"""The names of the second body's steps begin with it, so that they are not the first one's."""


def join(first: Plan, second: Plan) -> Plan:
    """Both bodies as one plan, with a classifier of no classes."""
    width = first.classifier[0].shape[1] + second.classifier[0].shape[1]
    nothing = (np.zeros((0, width), np.float32), np.zeros(0, np.float32))
    return replace(first, classifier=nothing, beside=_renamed(second))


def _renamed(plan: Plan) -> Plan:
    def name(old: str) -> str:
        return old if old == plan.source else f"{_NAMED}{old}"

    steps = tuple(
        replace(step, inputs=tuple(map(name, step.inputs)), output=name(step.output)) for step in plan.steps
    )
    weights = {name(old): both for old, both in plan.weights.items()}
    return replace(plan, target=name(plan.target), steps=steps, weights=weights)


def joined(
    first: Mapping[str, Floats],
    second: Mapping[str, Floats],
    share: float = SHARE,
    known: NDArray[np.bool_] | None = None,
) -> dict[str, Floats]:
    """The weights of both, as ``fit`` writes them, as those of :func:`join`'s plan.

    The logits are the first one's, and ``share`` of the second one's instead; of those that the first one never learnt,
    by ``known`` [T + 14], all.
    """
    shares = np.full(len(first["head.linear.bias"]), share, np.float32)
    if known is not None:
        shares[~known] = 1.0
    whole = {key: value for key, value in first.items() if key.startswith("body.")}
    for key, value in second.items():
        kind = key.removeprefix("body.convs.")
        if kind != key:
            whole[f"body.convs.{_NAMED}{kind}"] = value
    parts = ((first, 1 - shares), (second, shares))
    for key in ("head.linear.weight", "head.up.weight"):
        whole[key] = np.concatenate([part[:, None] * each[key] for each, part in parts], axis=1)
    whole["head.linear.bias"] = (1 - shares) * first["head.linear.bias"] + shares * second["head.linear.bias"]
    whole["head.down.weight"] = blocks(*(each["head.down.weight"] for each, _ in parts))
    whole["head.down.bias"] = np.concatenate([each["head.down.bias"] for each, _ in parts])
    return {key: np.asarray(value, np.float32) for key, value in whole.items()}


def blocks(first: Floats, second: Floats) -> Floats:
    """One matrix with both along its diagonal and nothing beside them."""
    whole = np.zeros((len(first) + len(second), first.shape[1] + second.shape[1]), np.float32)
    whole[: len(first), : first.shape[1]] = first
    whole[len(first) :, first.shape[1] :] = second
    return whole


def divided(weights: Mapping[str, Floats], width: int) -> int:
    """How many of the hidden units, from the first on, see nothing but the first body's ``width`` features.

    0 where there is one body, and where the others see more than the second one's: training both at once mixes them.
    """
    down = weights["head.down.weight"]
    if width == down.shape[1]:
        return 0
    count = int((down[:, :width] != 0).any(axis=1).sum())
    apart = not down[:count, width:].any() and not down[count:, :width].any()
    return count if apart and count < len(down) else 0


def first_alone(plan: Plan, weights: Mapping[str, Floats]) -> tuple[Plan, dict[str, Floats]]:
    """The first body of such a plan with its own part of the head."""
    if plan.beside is None:
        return plan, dict(weights)
    width = plan.widths[0]
    nothing = (np.zeros((0, width), np.float32), np.zeros(0, np.float32))
    alone = replace(plan, classifier=nothing, beside=None)
    convs = {f"body.convs.{step.output}" for step in plan.steps}
    kept = {key: value for key, value in weights.items() if key.rpartition(".")[0] in convs}
    kept["head.linear.bias"] = weights["head.linear.bias"]
    mine = (weights["head.down.weight"][:, :width] != 0).any(axis=1)
    kept["head.linear.weight"] = weights["head.linear.weight"][:, :width]
    kept["head.down.weight"] = weights["head.down.weight"][mine, :width]
    kept["head.down.bias"] = weights["head.down.bias"][mine]
    kept["head.up.weight"] = weights["head.up.weight"][:, mine]
    return alone, kept
