"""Trained weights as an ONNX file: normalisation, body, calibrated head and projected embedding in one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.train import heat
from photomgr.train.extra import need_onnx
from photomgr.train.modalities import joining
from photomgr.train.modalities.joined import Joined
from photomgr.train.modalities.subgraph import PREFIX
from photomgr.train.network import MEAN, SCALE, Plan
from photomgr.train.nodes import Graph

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Finish:
    """What is folded into the graph after training.

    ``slope`` and ``offset`` [T + R]: calibration of the logits. ``centre`` [D] and ``axes`` [D, E]: the
    embedding is ``(features - centre) @ axes``. ``tags``: T, how many of the outputs are tags. ``rooted``: the
    features are square-rooted first, which tames the few that fire strongly (Perronnin et al. 2010) and makes
    few examples go further. ``joined``: the fusion with other modalities, of the calibrated logits.
    ``shown``: views of earlier feature maps that are given out too, see :func:`joining.views`.
    """

    slope: Floats
    offset: Floats
    centre: Floats
    axes: Floats
    tags: int
    rooted: bool = True
    joined: Joined | None = None
    shown: tuple[str, ...] = ()


def unfinished(weights: Mapping[str, Floats], tags: int, shown: tuple[str, ...] = ()) -> Finish:
    """Nothing folded in: plain probabilities, all features as the embedding, and the views that are to be shown."""
    width, depth = weights["head.linear.weight"].shape
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    axes = np.eye(depth, dtype=np.float32)
    return Finish(ones, zeros, np.zeros(depth, np.float32), axes, tags, rooted=False, shown=shown)


def write(target: Path, plan: Plan, weights: Mapping[str, Floats], finish: Finish, size: int) -> None:
    """Write the network to ``target``.

    Input ``image`` uint8 [N, 3, S, S] RGB in 0..255; outputs ``probabilities`` [N, T], ``embedding`` [N, E]
    and ``relevance`` [N, R], float32, and ``heat``, which stays empty unless it is asked for: see
    :mod:`photomgr.train.heat`. With a fusion also ``modalities`` [N, M, C], what each says of the fused concepts;
    heat is of the network's own logits then. ``weights`` are those of ``model.npz``.
    """
    onnx = need_onnx()
    graph = Graph()
    pooled = _body(graph, plan, weights)
    kernels = {
        s.output: weights[f"body.convs.{s.output}.weight"].shape[-1] for s in plan.steps if s.op == "conv"
    }
    sides = heat.sides_of(plan, kernels, size)
    wanted = finish.shown if finish.joined is None else tuple(finish.joined.sources.values())
    seen = joining.views(graph, plan, sides, wanted)
    _head(graph, weights, finish, pooled, size, seen)
    look, where = heat.add(graph, plan.target, finish.centre.shape[0], finish.tags, sides[plan.target])
    relevant = len(finish.slope) - finish.tags
    make = onnx.helper.make_tensor_value_info
    outputs = [
        make("probabilities", onnx.TensorProto.FLOAT, ["N", finish.tags]),
        make("embedding", onnx.TensorProto.FLOAT, ["N", finish.axes.shape[1]]),
        make("relevance", onnx.TensorProto.FLOAT, ["N", relevant]),
        where,
    ]
    if finish.joined is not None:
        outputs.append(make(joining.MODALITIES, onnx.TensorProto.FLOAT, ["N", *finish.joined.weights.shape]))
    for name in finish.shown:
        if name in seen:
            graph.node("Identity", [seen[name]], name)
            outputs.append(make(name, onnx.TensorProto.FLOAT, ["N", None]))
    image = make("image", onnx.TensorProto.UINT8, ["N", 3, size, size])
    graph.save(target, "photomgr-everyday", [image, look], outputs)


def _body(graph: Graph, plan: Plan, weights: Mapping[str, Floats]) -> str:
    floats = graph.node("Cast", ["image"], "floats", to=1)
    centred = graph.node("Sub", [floats, graph.constant("mean", np.array(MEAN, np.float32))], "centred")
    scale = graph.constant("scale", np.array(1.0 / SCALE, np.float32))
    live = {plan.source: graph.node("Mul", [centred, scale], "normal")}
    bounds: list[str] = []
    if any(step.op == "relu6" for step in plan.steps):
        bounds = [graph.constant(f"bound.{n}", np.array(n, np.float32)) for n in (0, 6)]
    for step in plan.steps:
        inputs = [live[name] for name in step.inputs]
        if step.op == "conv":
            kernel = weights[f"body.convs.{step.output}.weight"]
            inputs.append(graph.constant(f"{step.output}.weight", kernel))
            inputs.append(graph.constant(f"{step.output}.bias", weights[f"body.convs.{step.output}.bias"]))
            live[step.output] = graph.node(
                "Conv", inputs, step.output, strides=[step.stride] * 2, group=step.groups, pads=list(step.pads),
                kernel_shape=list(kernel.shape[2:]), dilations=[1, 1],
            )  # fmt: skip
        elif step.op == "relu6":
            live[step.output] = graph.node("Clip", [*inputs, *bounds], step.output)
        else:
            live[step.output] = graph.node({"relu": "Relu", "add": "Add"}[step.op], inputs, step.output)
    maps = graph.node("GlobalAveragePool", [live[plan.target]], "maps")
    return graph.node("Flatten", [maps], "features", axis=1)


def _head(
    graph: Graph,
    weights: Mapping[str, Floats],
    finish: Finish,
    pooled: str,
    size: int,
    seen: Mapping[str, str],
) -> None:
    down = graph.dense("down.weight", weights["head.down.weight"].T)
    inner = graph.node(
        "Gemm", [pooled, down, graph.constant("down.bias", weights["head.down.bias"])], "inner"
    )
    inner = graph.node("Relu", [inner], "inner.relu")
    # Calibration is an affine map of each logit, so it disappears into the last layers.
    direct = weights["head.linear.weight"] * finish.slope[:, None]
    through = weights["head.up.weight"] * finish.slope[:, None]
    bias = weights["head.linear.bias"] * finish.slope + finish.offset
    parts = {"probabilities": slice(0, finish.tags), "relevance": slice(finish.tags, None)}
    logits: list[str] = []
    for name, part in parts.items():
        first = graph.node(
            "Gemm",
            [
                pooled,
                graph.dense(f"{name}.direct", direct[part].T),
                graph.constant(f"{name}.bias", bias[part]),
            ],
            f"{name}.first",
        )
        second = graph.node(
            "MatMul", [inner, graph.dense(f"{name}.through", through[part].T)], f"{name}.second"
        )
        logits.append(graph.node("Add", [first, second], f"{name}.logits"))
    moved = -(finish.centre @ finish.axes)
    axes = graph.dense("axes", finish.axes)
    if finish.rooted:
        pooled = graph.node("Sqrt", [graph.node("Relu", [pooled], "pooled.positive")], "pooled.root")
    graph.node("Gemm", [pooled, axes, graph.constant("moved", moved.astype(np.float32))], "embedding")
    if finish.joined is not None:
        widths = [finish.tags, len(finish.slope) - finish.tags]
        logits = joining.add(graph, finish.joined, logits, widths, size, seen)
    for name, logit in zip(parts, logits, strict=True):
        graph.node("Sigmoid", [logit], name)


def rescale(network: Path, slope: Floats, offset: Floats) -> None:
    """Replace the logits of a written network by ``slope * logit + offset``, both [T + R], in place."""
    onnx = need_onnx()
    model = onnx.load(str(network))
    last = {node.output[0]: node for node in model.graph.node if node.op_type == "Sigmoid"}
    width = next(o for o in model.graph.output if o.name == "probabilities").type.tensor_type.shape.dim[1]
    for name, part in {
        "probabilities": slice(0, width.dim_value),
        "relevance": slice(width.dim_value, None),
    }.items():
        sigmoid, helper = last[name], Graph()
        factor = helper.constant(f"settled.{name}.slope", slope[part].astype(np.float32))
        more = helper.constant(f"settled.{name}.offset", offset[part].astype(np.float32))
        scaled = helper.node("Mul", [sigmoid.input[0], factor], f"settled.{name}.scaled")
        sigmoid.input[0] = helper.node("Add", [scaled, more], f"settled.{name}.logits")
        place = list(model.graph.node).index(sigmoid)
        for node in reversed(helper.nodes):
            model.graph.node.insert(place, node)
        model.graph.initializer.extend(helper.constants)
    onnx.checker.check_model(model)
    onnx.save(model, str(network))


def without_modalities(network: Path, target: Path) -> None:
    """Write the part of a network that its own head and embedding need, to see what the modalities cost."""
    onnx = need_onnx()
    made = {name for node in onnx.load(str(network)).graph.node for name in node.output}
    heads = [name for name in ("probabilities.logits", "relevance.logits", "embedding") if name in made]
    onnx.utils.extract_model(str(network), str(target), ["image"], heads, check_model=False)


def quantize(source: Path, target: Path, batches: list[NDArray[np.uint8]]) -> None:
    """An 8-bit copy of a network (QDQ, static, per channel), its ranges taken from ``batches`` of pixels.

    The convolutions become 8-bit; the small dense layers stay in full precision, where tags are told apart.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(batches)

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            batch = next(self._left, None)
            return None if batch is None else {"image": batch}

    # Eight bits would leave logits in steps of a tenth, and photos with the same score in no order.
    dense = ["inner.relu", "pooled.positive", *(f"{name}.logits" for name in ("probabilities", "relevance"))]
    onnx = need_onnx()
    fusion = [node.name for node in onnx.load(str(source)).graph.node if node.name.startswith(PREFIX)]
    quantize_static(
        str(source), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "Add", "Relu", "Clip"],
        nodes_to_exclude=dense + fusion,
    )  # fmt: skip
    model = onnx.load(str(target))
    heat.settle(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
