"""A fusion of modalities as nodes of the shipped network's graph.

Beside the embedding and hand-made measures they may look at the network's earlier feature maps. Every name begins
with ``hand.``, so that the 8-bit quantiser leaves them alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.train.modalities.definition import WIDTHS
from photomgr.train.modalities.joined import Joined
from photomgr.train.modalities.similarity import Scorer
from photomgr.train.modalities.subgraph import PREFIX, Measures
from photomgr.train.network import Plan
from photomgr.train.nodes import Graph

MODALITIES = "modalities"
"""Name of the output: float32 [N, M, C], the logit that each modality gives to each fused concept."""


VIEWS = ("layout", "midway")
"""Deep modalities of the last two blocks before the final convolutions: see :func:`views`."""


def views(graph: Graph, plan: Plan, sides: Mapping[str, int], names: Collection[str]) -> dict[str, str]:
    """What earlier feature maps hold, by name: mean, maximum and the means of the four quarters, [N, 6 * channels].

    The pooled features of the last map have forgotten where things are and what is fine; these have not.
    ``sides``: of the maps, in cells. A plan with fewer blocks has fewer views; so does one with maps of one cell.
    """
    blocks = [step.output for step in plan.steps if step.op == "add" and sides[step.output] > 1]
    found = {}
    for name, block in zip(VIEWS, reversed(blocks), strict=False):
        if name not in names:
            continue
        side = sides[block]
        quarters = graph.node(
            "AveragePool", [block], f"{PREFIX}{name}.quarters",
            kernel_shape=[(side + 1) // 2] * 2, strides=[side // 2] * 2,
        )  # fmt: skip
        pools = [
            graph.node("GlobalAveragePool", [block], f"{PREFIX}{name}.mean"),
            graph.node("GlobalMaxPool", [block], f"{PREFIX}{name}.most"),
            quarters,
        ]
        flat = [graph.node("Flatten", [pool], f"{pool}.flat", axis=1) for pool in pools]
        found[name] = graph.node("Concat", flat, f"{PREFIX}{name}.view", axis=1)
    return found


def add(
    graph: Graph, joined: Joined, logits: list[str], widths: list[int], size: int, seen: Mapping[str, str]
) -> list[str]:
    """Write the modalities and their fusion; returns the logits with the concepts' replaced, split as before.

    ``logits``: tensors [N, width] of the outputs, ``widths`` wide; ``seen``: what :func:`views` wrote. The graph
    must have ``embedding``.
    """
    whole = graph.node("Concat", logits, f"{PREFIX}own", axis=1)
    columns = graph.constant(f"{PREFIX}columns", np.array(joined.columns, np.int64))
    voices = [graph.node("Gather", [whole, columns], f"{PREFIX}network", axis=1)]
    measured = {**_measured(graph, joined, size), **seen}
    for name, scorer in joined.scorers.items():
        source = joined.sources[name]
        voices.append(_scorer(graph, f"{PREFIX}{name}", scorer, measured.get(source, source)))
    one = graph.constant(f"{PREFIX}one", np.array([1], np.int64))
    stacked = [graph.node("Unsqueeze", [voice, one], f"{voice}.row") for voice in voices]
    every = graph.node("Concat", stacked, MODALITIES, axis=1)
    # Calibration and weights are one product.
    shares = graph.constant(f"{PREFIX}shares", (joined.weights * joined.slope).astype(np.float32))
    weighed = graph.node("Mul", [every, shares], f"{PREFIX}weighed")
    total = graph.node("ReduceSum", [weighed, one], f"{PREFIX}total", keepdims=0)
    offset = graph.constant(f"{PREFIX}offset", joined.offset.astype(np.float32))
    fused = graph.node("Add", [total, offset], f"{PREFIX}fused")
    places = np.arange(sum(widths), dtype=np.int64)
    places[list(joined.columns)] = sum(widths) + np.arange(len(joined.columns))
    both = graph.node("Concat", [whole, fused], f"{PREFIX}both", axis=1)
    found, start = [], 0
    for number, width in enumerate(widths):
        part = graph.constant(f"{PREFIX}places.{number}", places[start : start + width])
        found.append(graph.node("Gather", [both, part], f"{PREFIX}logits.{number}", axis=1))
        start += width
    return found


def _measured(graph: Graph, joined: Joined, size: int) -> dict[str, str]:
    wanted = [name for name in WIDTHS if name in joined.sources.values()]
    return Measures(graph, size, joined.words).write(wanted) if wanted else {}


def _scorer(graph: Graph, name: str, scorer: Scorer, source: str) -> str:
    """The nodes of one :class:`Scorer` on a tensor [N, D]; returns its logits [N, C]."""
    axes = scorer.whitening.axes
    if scorer.kind == "linear":
        folded = axes.astype(np.float64) @ scorer.weights
        bias = scorer.bias - scorer.whitening.mean @ folded
        return graph.node(
            "Gemm", [source, graph.dense(f"{name}.weights", folded), _row(graph, f"{name}.bias", bias)], name
        )
    moved = _row(graph, f"{name}.moved", -(scorer.whitening.mean.astype(np.float64) @ axes))
    rows = graph.node("Gemm", [source, graph.dense(f"{name}.axes", axes), moved], f"{name}.rows")
    if scorer.kind == "cosine":
        return _cosine(graph, name, scorer, rows)
    centres = scorer.centres.astype(np.float16).astype(np.float32)
    squares = graph.node("Mul", [rows, rows], f"{name}.squares")
    one = graph.constant(f"{name}.axis", np.array([1], np.int64))
    length = graph.node("ReduceSum", [squares, one], f"{name}.length", keepdims=1)
    scaled = graph.node(
        "Mul", [length, _row(graph, f"{name}.rate", np.array(-1 / scorer.width))], f"{name}.far"
    )
    across = graph.dense(f"{name}.centres", centres.T)
    own = _row(graph, f"{name}.own", -(centres.astype(np.float64) ** 2).sum(axis=1) / scorer.width)
    near = graph.node("Gemm", [rows, across, own], f"{name}.near", alpha=2 / scorer.width)
    close = graph.node("Exp", [graph.node("Add", [near, scaled], f"{name}.exponent")], f"{name}.close")
    mixed = graph.dense(f"{name}.weights", scorer.weights)
    return graph.node("Gemm", [close, mixed, _row(graph, f"{name}.bias", scorer.bias)], name)


def _cosine(graph: Graph, name: str, scorer: Scorer, rows: str) -> str:
    half = scorer.directions.shape[1] // 2
    apart = (scorer.directions[:, :half] - scorer.directions[:, half:]) * scorer.weights
    long = graph.node("ReduceL2", [rows], f"{name}.long", axes=[1], keepdims=1)
    held = graph.node("Max", [long, _row(graph, f"{name}.least", np.array(1e-6))], f"{name}.held")
    unit = graph.node("Div", [rows, held], f"{name}.unit")
    bias = _row(graph, f"{name}.bias", scorer.bias)
    return graph.node("Gemm", [unit, graph.dense(f"{name}.directions", apart), bias], name)


def _row(graph: Graph, name: str, value: NDArray[Any]) -> str:
    return graph.constant(name, np.asarray(value, np.float32))
