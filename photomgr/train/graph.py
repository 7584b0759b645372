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
from photomgr.train.network import MEAN, SCALE, Plan, smaller
from photomgr.train.nodes import Graph
from photomgr.train.pair import divided

Floats = NDArray[np.float32]
SECOND = "second."
"""The names of everything of a second look by the same body begin with it, and of the copy that is looked at."""
POOLED = ("maps", "beside.maps")
"""The pooled last maps of the body, and of a second one beside it."""
CLIPPED = "clipped"
"""Under this the file tells which activations end at 6: in 8 bits that is a matter of their range alone."""
SECOND_SHARE = 0.3
"""Share of the second look. On MIRFLICKR ids 16001 to 17000, 160 pixels beside 256, 0.25 to 0.4 do as well."""
_BOUNDS = (0, 6)


@dataclass(frozen=True)
class Finish:
    """What is folded into the graph after training.

    ``slope`` and ``offset`` [T + R]: calibration of the logits. ``centre`` [D] and ``axes`` [D, E]: the
    embedding is ``(features - centre) @ axes``. ``tags``: T, how many of the outputs are tags. ``rooted``: the
    features are square-rooted first, which tames the few that fire strongly (Perronnin et al. 2010) and makes
    few examples go further. ``joined``: the fusion with other modalities, of the calibrated logits.
    ``shown``: views of earlier feature maps that are given out too, see :func:`joining.views`. ``second``: side in
    pixels of a smaller copy of the photo that the body looks at too, 0 for none; its features have the share
    ``SECOND_SHARE`` in those that everything else is told from. One size sees what is small, the other the whole.
    Where there is a second body, the copy is what that one sees, and 0 stands for the usual side.
    """

    slope: Floats
    offset: Floats
    centre: Floats
    axes: Floats
    tags: int
    rooted: bool = True
    joined: Joined | None = None
    shown: tuple[str, ...] = ()
    second: int = 0


def unfinished(
    weights: Mapping[str, Floats], tags: int, shown: tuple[str, ...] = (), second: int = 0
) -> Finish:
    """Nothing folded in: plain probabilities, all features as the embedding, and the views that are to be shown."""
    width, depth = weights["head.linear.weight"].shape
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    axes = np.eye(depth, dtype=np.float32)
    centre = np.zeros(depth, np.float32)
    return Finish(ones, zeros, centre, axes, tags, rooted=False, shown=shown, second=second)


def write(target: Path, plan: Plan, weights: Mapping[str, Floats], finish: Finish, size: int) -> None:
    """Write the network to ``target``.

    Input ``image`` uint8 [N, 3, S, S] RGB in 0..255; outputs ``probabilities`` [N, T], ``embedding`` [N, E]
    and ``relevance`` [N, R], float32, and ``heat``, which stays empty unless it is asked for: see
    :mod:`photomgr.train.heat`. With a fusion also ``modalities`` [N, M, C], what each says of the fused concepts;
    heat is of the network's own logits then. ``weights`` are those of ``model.npz``.
    """
    onnx = need_onnx()
    graph = Graph()
    second = finish.second or (smaller(size) if plan.beside else 0)
    pooled = _body(graph, plan, weights, second)
    sides = _sides(plan, weights, size)
    wanted = finish.shown if finish.joined is None else tuple(finish.joined.sources.values())
    seen = joining.views(graph, plan, sides, wanted)
    apart = divided(weights, plan.widths[0])
    inner = _hidden(graph, weights, pooled, plan.widths[0], apart)
    _head(graph, weights, finish, pooled, inner, size, seen)
    maps = [heat.Map(plan.target, plan.widths[0], sides[plan.target])]
    other = None
    if plan.beside is not None:
        small = _sides(plan.beside, weights, second)
        maps.append(heat.Map(plan.beside.target, plan.widths[1], small[plan.beside.target]))
    elif second:
        other = (f"{SECOND}share.0", "features.second.part")
    look, where = heat.add(graph, maps, finish.tags, other, apart=bool(apart))
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
    clipped = [step.output for part in plan.bodies for step in part.steps if step.op == "relu6"]
    told = {CLIPPED: " ".join(clipped)} if clipped else {}
    graph.save(target, "photomgr-everyday", [image, look], outputs, told)


def _sides(plan: Plan, weights: Mapping[str, Floats], size: int) -> dict[str, int]:
    kernels = {
        s.output: weights[f"body.convs.{s.output}.weight"].shape[-1] for s in plan.steps if s.op == "conv"
    }
    return heat.sides_of(plan, kernels, size)


def _body(graph: Graph, plan: Plan, weights: Mapping[str, Floats], second: int) -> str:
    """The features [N, D] of one look at the photo, or of two, by one body or two."""
    floats = graph.node("Cast", ["image"], "floats", to=1)
    centred = graph.node("Sub", [floats, graph.constant("mean", np.array(MEAN, np.float32))], "centred")
    scale = graph.constant("scale", np.array(1.0 / SCALE, np.float32))
    normal = graph.node("Mul", [centred, scale], "normal")
    steps = [step for part in plan.bodies for step in part.steps]
    if any(step.op == "relu6" for step in steps):
        for bound in _BOUNDS:
            graph.constant(f"bound.{bound}", np.array(bound, np.float32))
    for step in steps:
        if step.op == "conv":
            graph.constant(f"{step.output}.weight", weights[f"body.convs.{step.output}.weight"])
    if not second:
        return _look(graph, plan, weights, normal, "", "features")
    first = _look(graph, plan, weights, normal, "", "features.first")
    side = graph.constant(f"{SECOND}side", np.array([second, second], np.int64))
    nothing = [graph.constant(f"{SECOND}{name}", np.zeros(0, np.float32)) for name in ("region", "scales")]
    # Of [N, 3, S, S] only the last two axes change; earlier opsets cannot leave the others out.
    whole = graph.node("Shape", [normal], f"{SECOND}whole", end=2)
    wanted = graph.node("Concat", [whole, side], f"{SECOND}wanted", axis=0)
    small = graph.node("Resize", [normal, *nothing, wanted], f"{SECOND}normal", mode="linear")
    if plan.beside is not None:
        beside = _look(graph, plan.beside, weights, small, "", "features.beside", POOLED[1])
        return graph.node("Concat", [first, beside], "features", axis=1)
    other = _look(graph, plan, weights, small, SECOND, "features.second")
    shares = [graph.constant(f"{SECOND}share.{n}", np.array(share, np.float32))
              for n, share in enumerate((1 - SECOND_SHARE, SECOND_SHARE))]  # fmt: skip
    parts = [
        graph.node("Mul", [each, share], f"{each}.part")
        for each, share in zip((first, other), shares, strict=True)
    ]
    return graph.node("Add", parts, "features")


def _look(
    graph: Graph, plan: Plan, weights: Mapping[str, Floats], source: str, prefix: str, target: str,
    pooled: str = POOLED[0],
) -> str:  # fmt: skip
    """The body over ``source``, every node's name after ``prefix``; its features are ``target`` [N, D].

    Kernels are shared between looks. Biases are not: in 8 bits their steps depend on what comes in.
    """
    live = {plan.source: source}
    for step in plan.steps:
        inputs, name = [live[each] for each in step.inputs], prefix + step.output
        if step.op == "conv":
            kernel = weights[f"body.convs.{step.output}.weight"]
            bias = graph.constant(f"{name}.bias", weights[f"body.convs.{step.output}.bias"])
            live[step.output] = graph.node(
                "Conv", [*inputs, f"{step.output}.weight", bias], name, strides=[step.stride] * 2,
                group=step.groups, pads=list(step.pads), kernel_shape=list(kernel.shape[2:]), dilations=[1, 1],
            )  # fmt: skip
        elif step.op == "relu6":
            live[step.output] = graph.node("Clip", [*inputs, *(f"bound.{n}" for n in _BOUNDS)], name)
        else:
            live[step.output] = graph.node({"relu": "Relu", "add": "Add"}[step.op], inputs, name)
    maps = graph.node("GlobalAveragePool", [live[plan.target]], prefix + pooled)
    return graph.node("Flatten", [maps], target, axis=1)


def _head(
    graph: Graph,
    weights: Mapping[str, Floats],
    finish: Finish,
    pooled: str,
    inner: str,
    size: int,
    seen: Mapping[str, str],
) -> None:
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


def _hidden(graph: Graph, weights: Mapping[str, Floats], pooled: str, width: int, apart: int) -> str:
    """The hidden units before their ReLU.

    Where ``apart`` of them see the ``width`` features of the first body alone, and the others those of the second,
    nothing is multiplied by the zeros in between: at a photo a time that takes longer than all other dense layers.
    """
    down, bias = weights["head.down.weight"], graph.constant("down.bias", weights["head.down.bias"])
    if not apart:
        return graph.node("Gemm", [pooled, graph.dense("down.weight", down.T), bias], "inner")
    graph.dense("down.weight", down[:apart, :width].T)
    graph.dense(heat.BESIDE_DOWN, down[apart:, width:].T)
    blocks = [
        graph.node("MatMul", ["features.first", "down.weight"], "inner.first"),
        graph.node("MatMul", ["features.beside", heat.BESIDE_DOWN], "inner.beside"),
    ]
    return graph.node("Add", [graph.node("Concat", blocks, "inner.both", axis=1), bias], "inner")


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
    dense = [
        "features",
        "inner",
        "inner.relu",
        "pooled.positive",
        *(f"{name}.logits" for name in ("probabilities", "relevance")),
    ]
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
