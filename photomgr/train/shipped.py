"""A network as it ships, read back as weights: training goes on from it where its own folder of work is gone.

Eight bits a weight and sixteen in the head are exact enough to start from. Calibration stays folded into the head;
the fusion with other modalities is left behind, since each export weighs them anew.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.train.extra import load_onnx, need_onnx
from photomgr.train.graph import CLIPPED, POOLED, SECOND
from photomgr.train.heat import BESIDE_DOWN
from photomgr.train.network import Plan, Step
from photomgr.train.pair import blocks
from photomgr.train.sets import RELEVANT

Floats = NDArray[np.float32]
_PARTS = ("probabilities", "relevance")


def read_back(folder: Path) -> dict[str, Any]:
    """The arrays of ``final.npz``, its ``names`` among them, out of ``model.onnx`` and ``labels.csv`` in ``folder``.

    Raises ModelError for a folder without both, or a network that this project did not write.
    """
    onnx = need_onnx()
    try:
        with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
            names = [row["tag"] for row in csv.DictReader(stream)]
        constants = load_onnx(folder / "model.onnx").graph.initializer
        held = {each.name: onnx.numpy_helper.to_array(each) for each in constants}
        weights = {**_body(held), **_head(held)}
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"The network in {folder} cannot be gone on from: {error}.") from error
    names += RELEVANT
    if len(names) != len(weights["head.linear.bias"]):
        raise ModelError(f"The network in {folder} has other outputs than its labels.csv names.")
    return {**weights, "names": np.array(names)}


def read_plan(folder: Path) -> Plan:
    """The body's steps out of ``model.onnx`` in ``folder``, with its weights and a classifier of no classes.

    A second body comes beside it. 8 bits leave no Relu behind a convolution: the output then has another name than its
    node, which keeps the convolution's; the file says which of them were clipped at 6, too. Raises ModelError as
    :func:`read_back` does.
    """
    onnx = need_onnx()
    weights = read_back(folder)
    model = load_onnx(folder / "model.onnx")
    clipped = {name for entry in model.metadata_props if entry.key == CLIPPED for name in entry.value.split()}
    steps: list[Step] = []
    pooled: dict[str, str] = {}
    alias = {"normal": "image", f"{SECOND}normal": "image"}
    for node in model.graph.node:
        source, output = node.input[0], node.output[0]
        inputs = tuple(alias.get(name, name) for name in node.input)
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            alias[output] = inputs[0]
        elif node.name.startswith(SECOND):  # the same body once more
            continue
        elif node.op_type == "GlobalAveragePool" and output in POOLED:
            pooled[output] = alias.get(source, source)
        elif node.op_type == "Conv":
            values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            top, left, bottom, right = values["pads"]
            pads = (top, left, bottom, right)
            steps.append(Step("conv", inputs[:1], node.name, values["strides"][0], values["group"], pads))
            if output != node.name:
                steps.append(Step("relu6" if output in clipped else "relu", (node.name,), output))
        elif node.op_type in ("Relu", "Clip", "Add"):
            op = {"Relu": "relu", "Clip": "relu6", "Add": "add"}[node.op_type]
            steps.append(Step(op, inputs[: 2 if op == "add" else 1], output))
    if POOLED[0] not in pooled:
        raise ModelError(f"The network in {folder} has no body to go on from.")
    width, beside = weights["head.linear.weight"].shape[1], None
    if POOLED[1] in pooled:
        beside = _plan(steps, pooled[POOLED[1]], weights)
    return replace(_plan(steps, pooled[POOLED[0]], weights, width), beside=beside)


def _plan(steps: list[Step], target: str, weights: Mapping[str, Any], width: int | None = None) -> Plan:
    """The steps that lead to ``target``; it has ``width`` features, or as many as its last convolution gives."""
    wanted, kept = {target}, []
    for step in reversed(steps):
        if step.output in wanted:
            wanted |= set(step.inputs)
            kept.append(step)
    convs = {step.output for step in kept if step.op == "conv"}
    kernels = {
        name: (weights[f"body.convs.{name}.weight"], weights[f"body.convs.{name}.bias"])
        for name in (step.output for step in reversed(kept)) if name in convs
    }  # fmt: skip
    last = next(step.output for step in kept if step.op == "conv")
    nothing = (np.zeros((0, width or len(kernels[last][1])), np.float32), np.zeros(0, np.float32))
    return Plan("image", target, tuple(reversed(kept)), kernels, nothing)


def _body(held: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
    found = {}
    for name in held:
        step, dot, kind = name.removesuffix("_quantized").rpartition(".")
        # The body's convolutions alone have kernels of four dimensions.
        if dot and kind == "weight" and held[name].ndim == 4:
            found[f"body.convs.{step}.weight"] = _plain(held, f"{step}.weight")
            found[f"body.convs.{step}.bias"] = _plain(held, f"{step}.bias")
    return found


def _plain(held: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """A constant in full precision: as it is, or out of its 8 bits (weights) and 32 (biases) a number."""
    if name in held:
        return np.asarray(held[name], np.float32)
    stem = f"{name}_quantized" if f"{name}_quantized_scale" in held else name
    whole, step, zero = held[f"{name}_quantized"], held[f"{stem}_scale"], held[f"{stem}_zero_point"]
    each = (-1, *[1] * (whole.ndim - 1))
    plain = (whole.astype(np.float32) - zero.reshape(each)) * step.reshape(each)
    return np.asarray(plain, np.float32)


def _head(held: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
    def rows(kind: str) -> Floats:
        return np.concatenate([held[f"{part}.{kind}.half"].T for part in _PARTS]).astype(np.float32)

    return {
        "head.linear.weight": rows("direct"),
        "head.linear.bias": np.concatenate([held[f"{part}.bias"] for part in _PARTS]),
        "head.down.weight": _down(held),
        "head.down.bias": held["down.bias"],
        "head.up.weight": rows("through"),
    }


def _down(held: Mapping[str, NDArray[Any]]) -> Floats:
    """[H, D]: one matrix, or two where hidden units see one body each."""
    first = held["down.weight.half"].T.astype(np.float32)
    if f"{BESIDE_DOWN}.half" not in held:
        return first
    return blocks(first, held[f"{BESIDE_DOWN}.half"].T.astype(np.float32))
