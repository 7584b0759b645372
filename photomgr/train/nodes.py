"""Nodes and constants of an ONNX graph that is being written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.train.extra import need_onnx

OPSET, IR = 17, 9


class Graph:
    """Nodes and constants of a graph that is being written."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        onnx = need_onnx()
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def dense(self, name: str, value: NDArray[Any]) -> str:
        """A matrix kept in 16 bits, which halves the file; onnxruntime widens it once, when it opens it."""
        return self.node("Cast", [self.constant(f"{name}.half", value.astype(np.float16))], name, to=1)

    def node(self, op: str, inputs: list[str], output: str, **attributes: object) -> str:
        onnx = need_onnx()
        self.nodes.append(onnx.helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def save(
        self, target: Path, name: str, inputs: list[Any], outputs: list[Any],
        told: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Write everything as one network called ``name``. ``inputs``, ``outputs``: onnx's value infos.

        ``told``: what the file says of itself.
        """
        onnx = need_onnx()
        whole = onnx.helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        model = onnx.helper.make_model(
            whole,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR,
            producer_name="photomgr",
        )
        onnx.helper.set_model_props(model, dict(told or {}))
        onnx.checker.check_model(model)
        onnx.save(model, str(target))
