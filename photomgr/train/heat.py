"""Where in the photo the network saw a tag: class activation maps inside the exported graph.

After Zhou et al. 2016 (CAM), for a head with one hidden layer. The head is linear once it is settled which of its
hidden units are active, so the logit of a tag is exactly the mean over the last feature map's cells of what each
cell gives to it. That mean's parts are the heat. The map of a second body is laid over the first one's cells.

onnxruntime computes a whole graph, whichever outputs are fetched. So the heat stands in one branch of an ``If``
that is only taken when the optional input ``look`` is fed with True: a run without it pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photomgr.train.extra import need_onnx
from photomgr.train.network import Plan

if TYPE_CHECKING:
    from photomgr.train.nodes import Graph

LOOK = "look"
"""Name of the optional input, a boolean."""
BESIDE_DOWN = "down.beside.weight"
"""[D2, H2] where hidden units see one body each: those of the second."""
HEAT = "heat"
"""Name of the output: float32 [N, T, h, w] where ``look`` is True, else [0, T, h, w]."""


@dataclass(frozen=True)
class Map:
    """The last feature map of a body, [N, ``depth``, ``side``, ``side``], by the name that it has in the graph."""

    name: str
    depth: int
    side: int


def sides_of(plan: Plan, kernels: dict[str, int], size: int) -> dict[str, int]:
    """Cells along one side of every feature map for an input of ``size`` pixels; ``kernels``: sides by conv."""
    sides = {plan.source: size}
    for step in plan.steps:
        side = sides[step.inputs[0]]
        if step.op == "conv":
            top, _, bottom, _ = step.pads
            side = (side + top + bottom - kernels[step.output]) // step.stride + 1
        sides[step.output] = side
    return sides


def add(
    graph: Graph, maps: Sequence[Map], tags: int, other: tuple[str, str] | None = None, *,
    apart: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Add the heat of ``tags`` tags to a graph that has its head; returns the input and the output to declare.

    ``maps``: of the body, and of a second one beside it; D is the sum of their depths. Of the head the graph must have
    ``inner`` [N, H] before its ReLU, and the matrices ``down.weight`` [D, H], ``down.bias`` [H],
    ``probabilities.direct`` [D, T], ``probabilities.through`` [H, T] and ``probabilities.bias`` [T].
    ``other``: where a second look has a part in the features, the share of the first one and that part [N, D]. It is
    the same for every cell. ``apart``: hidden units see one body each, by ``down.weight`` and ``BESIDE_DOWN``.
    """
    onnx = need_onnx()
    make, kind = onnx.helper.make_node, onnx.TensorProto
    info = onnx.helper.make_tensor_value_info
    depth, side = maps[0].depth, maps[0].side
    # The reshape stays outside: the branch may not hold on to the convolution's own output, or the 8-bit copy of
    # that convolution could not hand its result on in 8 bits.
    graph.node("Flatten", [maps[0].name], "heat.cells", axis=1)
    graph.constant(LOOK, np.array(False))
    for name, value in (
        ("flat", np.array([0, depth, side * side], np.int64)),
        ("zero", np.array(0, np.float32)),
        ("row", np.array([1], np.int64)),
        ("map", np.array([0, tags, side, side], np.int64)),
    ):
        graph.constant(f"heat.{name}", value)
    alone, added = "heat.each", []
    if other is not None:
        alone = "heat.alone"
        added = [
            make("Mul", [alone, other[0]], ["heat.shared"]),
            make("Unsqueeze", [other[1], "heat.row"], ["heat.other"]),
            make("Add", ["heat.shared", "heat.other"], ["heat.each"]),
        ]
    for beside in maps[1:]:
        alone = "heat.alone"
        graph.node("Flatten", [beside.name], "heat.beside.cells", axis=1)
        graph.constant("heat.beside.flat", np.array([0, beside.depth, beside.side**2], np.int64))
        graph.constant("heat.beside.laid", _laid(beside.side, side))
        added = [
            make("Reshape", ["heat.beside.cells", "heat.beside.flat"], ["heat.beside.rows"]),
            make("MatMul", ["heat.beside.rows", "heat.beside.laid"], ["heat.beside.spread"]),
            make("Transpose", ["heat.beside.spread"], ["heat.beside.each"], perm=[0, 2, 1]),
            make("Concat", [alone, "heat.beside.each"], ["heat.each"], axis=2),
        ]
    hidden = [make("MatMul", ["heat.each", "down.weight"], ["heat.hidden"])]
    if apart:
        hidden = [
            make("MatMul", ["heat.alone", "down.weight"], ["heat.hidden.first"]),
            make("MatMul", ["heat.beside.each", BESIDE_DOWN], ["heat.hidden.beside"]),
            make("Concat", ["heat.hidden.first", "heat.hidden.beside"], ["heat.hidden"], axis=2),
        ]
    yes = [
        make("Reshape", ["heat.cells", "heat.flat"], ["heat.rows"]),
        make("Transpose", ["heat.rows"], [alone], perm=[0, 2, 1]),
        *added,
        *hidden,
        make("Add", ["heat.hidden", "down.bias"], ["heat.moved"]),
        make("Greater", ["inner", "heat.zero"], ["heat.active"]),
        make("Unsqueeze", ["heat.active", "heat.row"], ["heat.gate"]),
        make("Where", ["heat.gate", "heat.moved", "heat.zero"], ["heat.open"]),
        make("MatMul", ["heat.open", "probabilities.through"], ["heat.second"]),
        make("MatMul", ["heat.each", "probabilities.direct"], ["heat.first"]),
        make("Add", ["heat.first", "heat.second"], ["heat.sum"]),
        make("Add", ["heat.sum", "probabilities.bias"], ["heat.logits"]),
        make("Transpose", ["heat.logits"], ["heat.tags"], perm=[0, 2, 1]),
        make("Reshape", ["heat.tags", "heat.map"], ["heat.yes"]),
    ]
    no = [make("ConstantOfShape", ["heat.map"], ["heat.no"])]
    branches = {
        branch: onnx.helper.make_graph(
            nodes, f"heat.{branch}", [], [info(nodes[-1].output[0], kind.FLOAT, [None, tags, side, side])]
        )
        for branch, nodes in (("then_branch", yes), ("else_branch", no))
    }
    graph.node("If", [LOOK], HEAT, **branches)
    return info(LOOK, kind.BOOL, []), info(HEAT, kind.FLOAT, ["M", tags, side, side])


def _laid(cells: int, side: int) -> NDArray[np.float32]:
    """[cells * cells, side * side]: what each of the one map's cells gives to those of the other that it lies under.

    By area, so that the mean stays what it is.
    """
    one, other = np.arange(cells)[:, None] / cells, np.arange(side)[None] / side
    under = np.minimum(one + 1 / cells, other + 1 / side) - np.maximum(one, other)
    share = np.maximum(under, 0.0) * side
    return np.kron(share, share).astype(np.float32)


def settle(model: Any) -> None:
    """Move the branches of a quantised network behind what they use; the quantiser sorts without looking into them."""
    nodes = model.graph.node
    branching = [node for node in nodes if node.op_type == "If"]
    for node in branching:
        nodes.remove(node)
    nodes.extend(branching)
