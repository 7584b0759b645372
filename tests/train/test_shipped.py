"""A network as it ships can be gone on from."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photomgr.annotate.runtime import open_session
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError
from photomgr.train import earlier, graph
from photomgr.train.backbones import SHIPPED, choose
from photomgr.train.sets import RELEVANT
from photomgr.train.shipped import read_back, read_plan
from tests.train.test_graph import small

TAGS = 3
SHARED = Path(os.environ.get("PHOTOMGR_SHARED", Path(__file__).parents[3] / "shared"))
needs_shared = pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")


def shipped(folder: Path, *, eight_bit: bool, second: int = 0) -> Path:
    """A small network with its labels, as an export leaves it in ``folder``; returns the network."""
    plan, weights, finish = small()
    rng = np.random.default_rng(4)
    width = TAGS + len(RELEVANT)
    weights |= {
        "head.linear.weight": rng.normal(size=(width, 4)).astype(np.float32),
        "head.linear.bias": rng.normal(size=width).astype(np.float32),
        "head.up.weight": rng.normal(size=(width, 6)).astype(np.float32),
    }
    scale = rng.uniform(0.5, 2, (2, width)).astype(np.float32)
    network = folder / "model.onnx"
    graph.write(network, plan, weights, replace(finish, slope=scale[0], offset=scale[1], second=second), 8)
    if eight_bit:
        full = network.rename(folder / "full.onnx")
        graph.quantize(full, network, [pixels()])
    (folder / "labels.csv").write_text("tag,threshold\ncat,0.5\ndog,0.5\nsea,0.5\n", encoding="utf-8")
    return network


def pixels() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (6, 3, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_weights_read_back_say_what_the_network_says(tmp_path: Path, eight_bit: bool) -> None:
    network = shipped(tmp_path, eight_bit=eight_bit)
    weights = read_back(tmp_path)
    assert list(weights["names"]) == ["cat", "dog", "sea", *RELEVANT]
    again = tmp_path / "again.onnx"
    graph.write(again, small()[0], weights, graph.unfinished(weights, TAGS), 8)
    said, before = (open_session(each).run({"image": pixels()}) for each in (again, network))
    for name in ("probabilities", "relevance"):
        np.testing.assert_allclose(said[name], before[name], atol=0.06 if eight_bit else 5e-3)


@pytest.mark.parametrize("second", [0, 4])
@pytest.mark.parametrize("eight_bit", [False, True])
def test_the_steps_are_read_back_too(tmp_path: Path, eight_bit: bool, second: int) -> None:
    shipped(tmp_path, eight_bit=eight_bit, second=second)
    plan, written = read_plan(tmp_path), small()[0]
    assert [(step.op, step.output) for step in plan.steps] == [(s.op, s.output) for s in written.steps]
    assert [step.inputs for step in plan.steps[1:]] == [step.inputs for step in written.steps[1:]]
    assert plan.target == written.target
    assert plan.classifier[0].shape == (0, 4)


def test_training_goes_on_from_it_without_any_teacher(tmp_path: Path) -> None:
    backbone = choose(None, tmp_path / "no teachers", str(models_dir() / "everyday"))
    assert backbone.name == SHIPPED
    assert len(backbone.plan.weights) > 20


@needs_shared
def test_training_goes_on_from_it_beside_the_teachers(tmp_path: Path) -> None:
    folder = models_dir() / "everyday"
    assert earlier.fits(read_back(folder), choose(None, SHARED / "models", str(folder)).plan)


def test_the_shipped_network_can_be_read_back() -> None:
    weights = read_back(models_dir() / "everyday")
    assert list(weights["names"]) == [tag.name for tag in Vocabulary.load().tags] + list(RELEVANT)
    kernels = [value for name, value in weights.items() if name.startswith("body.") and value.ndim == 4]
    assert len(kernels) > 20
    assert all(np.isfinite(value).all() and value.std() > 0 for value in kernels)


def test_what_is_no_such_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be gone on from"):
        read_back(tmp_path)
    shipped(tmp_path, eight_bit=False)
    (tmp_path / "labels.csv").write_text("tag,threshold\ncat,0.5\n", encoding="utf-8")
    with pytest.raises(ModelError, match="other outputs"):
        read_back(tmp_path)
