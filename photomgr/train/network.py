"""The network that is trained: the body of a published ONNX classifier as a PyTorch module, and a new head.

Only what folded mobile networks are made of is read: Conv, Relu, Clip, Add, GlobalAveragePool. The clips of
the 8-bit original are left out; training has no use for them and they stop gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.train.extra import load_onnx, need_onnx, need_torch

MEAN = SCALE = 127.5
"""The body sees (pixel - MEAN) / SCALE."""
_GRID, _SMALLER = 32, 0.625


@dataclass(frozen=True)
class Step:
    """One operation of the body: ``op`` is conv, relu, relu6 or add; ``inputs`` and ``output`` name activations."""

    op: str
    inputs: tuple[str, ...]
    output: str
    stride: int = 1
    groups: int = 1
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Padding at the top, left, bottom, right, in pixels."""


@dataclass(frozen=True)
class Plan:
    """The body as a list of steps from activation ``source`` to ``target``, with its starting weights.

    ``weights``: for each conv's output name the kernel [out, in / groups, k, k] and the bias [out].
    ``classifier``: kernel [1001, D] and bias [1001] of the original head.
    ``beside``: a second body, whose steps have other names, and which is shown a smaller copy of the photo. Its
    features stand behind those of the first; D counts both.
    """

    source: str
    target: str
    steps: tuple[Step, ...]
    weights: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
    classifier: tuple[NDArray[np.float32], NDArray[np.float32]]
    beside: Plan | None = None

    @property
    def bodies(self) -> tuple[Plan, ...]:
        """The first and, where there is one, the second."""
        return (self,) if self.beside is None else (self, self.beside)

    @property
    def widths(self) -> tuple[int, ...]:
        """How many features each of the bodies has."""
        whole = self.classifier[0].shape[1]
        if self.beside is None:
            return (whole,)
        other = self.beside.classifier[0].shape[1]
        return (whole - other, other)

    def body(self) -> dict[str, NDArray[np.float32]]:
        """The starting weights under the names that ``fit`` writes them by."""
        return {
            f"body.convs.{name}.{kind}": array
            for part in self.bodies
            for name, both in part.weights.items()
            for kind, array in zip(("weight", "bias"), both, strict=True)
        }


def smaller(side: int) -> int:
    """Side of the copy that a second body is shown, of a photo of ``side`` pixels: five eighths, by 32."""
    return max(_GRID, int(_SMALLER * side / _GRID + 0.5) * _GRID)


def read_plan(model: Path) -> Plan:
    """Read an ONNX classifier up to its global pooling. Raises ModelError for an operation that is unknown."""
    onnx = need_onnx()
    try:
        graph = load_onnx(model).graph
    except (OSError, ValueError) as error:
        raise ModelError(f"The teacher network {model} cannot be read: {error}.") from error
    constants = {c.name: onnx.numpy_helper.to_array(c) for c in graph.initializer}
    alias: dict[str, str] = {}
    steps: list[Step] = []
    weights: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    nodes = list(graph.node)
    for position, node in enumerate(nodes):
        inputs = tuple(alias.get(name, name) for name in node.input if name not in constants)
        output = node.output[0]
        if node.op_type == "Clip":
            alias[output] = inputs[0]
        elif node.op_type == "GlobalAveragePool":
            head = next(n for n in nodes[position:] if n.op_type == "Conv")
            kernel, bias = (constants[name] for name in head.input[1:3])
            classifier = (kernel.reshape(kernel.shape[:2]), bias)
            return Plan(graph.input[0].name, inputs[0], tuple(steps), weights, classifier)
        elif node.op_type == "Conv":
            values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            top, left, bottom, right = values["pads"]
            steps.append(
                Step(
                    "conv", inputs, output, values["strides"][0], values["group"], (top, left, bottom, right)
                )
            )
            weights[output] = (constants[node.input[1]], constants[node.input[2]])
        elif node.op_type in ("Relu", "Add"):
            steps.append(Step(node.op_type.lower(), inputs, output))
        else:
            raise ModelError(
                f"The teacher network {model} has an operation that is not known: {node.op_type}."
            )
    raise ModelError(f"The teacher network {model} has no global pooling.")


def make_body(plan: Plan) -> Any:
    """The body as a module: [N, 3, S, S] floats in -1..1 -> pooled features [N, D]. S divides by 32.

    The weights of a second body are named as those of the first are.
    """
    torch = need_torch()
    nn, functional = torch.nn, torch.nn.functional

    class Body(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.ModuleDict()
            for part in plan.bodies:
                for step in part.steps:
                    if step.op == "conv":
                        self.convs[step.output] = _conv(torch, step, *part.weights[step.output])

        def forward(self, x: Any) -> Any:
            first = self._features(plan, x)
            if plan.beside is None:
                return first
            side = smaller(x.shape[-1])
            small = functional.interpolate(x, (side, side), mode="bilinear", align_corners=False)
            return torch.cat([first, self._features(plan.beside, small)], dim=1)

        def _features(self, part: Plan, x: Any) -> Any:
            live: dict[str, Any] = {part.source: x}
            for step in part.steps:
                value = live[step.inputs[0]]
                if step.op == "conv":
                    top, left, bottom, right = step.pads
                    if (top, left) != (bottom, right):
                        value = functional.pad(value, (left, right, top, bottom))
                    live[step.output] = self.convs[step.output](value)
                elif step.op == "relu":
                    live[step.output] = functional.relu(value, inplace=True)
                elif step.op == "relu6":
                    live[step.output] = functional.relu6(value, inplace=True)
                else:
                    live[step.output] = value + live[step.inputs[1]]
            return live[part.target].mean(dim=(2, 3))

    return Body()


def _conv(torch: Any, step: Step, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Any:
    out, per_group, side, _ = kernel.shape
    symmetric = step.pads[:2] == step.pads[2:]
    conv = torch.nn.Conv2d(
        per_group * step.groups,
        out,
        side,
        stride=step.stride,
        padding=step.pads[:2] if symmetric else 0,
        groups=step.groups,
    )
    with torch.no_grad():
        conv.weight.copy_(torch.from_numpy(kernel.copy()))
        conv.bias.copy_(torch.from_numpy(bias.copy()))
    return conv
