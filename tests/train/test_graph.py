"""The written graph computes what the trained network would."""

from __future__ import annotations

import csv
import importlib
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from photomgr.annotate.runtime import open_session
from photomgr.core.assets import models_dir
from photomgr.train.__main__ import main
from photomgr.train.graph import SECOND_SHARE, Finish, quantize, rescale, write
from photomgr.train.network import Plan, Step


def small() -> tuple[Plan, dict[str, np.ndarray], Finish]:
    rng = np.random.default_rng(1)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    steps = (
        Step("conv", ("input",), "a"),
        Step("relu", ("a",), "b"),
        Step("conv", ("b",), "c"),
        Step("add", ("b", "c"), "d"),
    )
    weights = {
        "body.convs.a.weight": some(4, 3, 1, 1), "body.convs.a.bias": some(4),
        "body.convs.c.weight": some(4, 4, 1, 1), "body.convs.c.bias": some(4),
        "head.down.weight": some(6, 4), "head.down.bias": some(6),
        "head.linear.weight": some(5, 4), "head.linear.bias": some(5), "head.up.weight": some(5, 6),
    }  # fmt: skip
    plan = Plan("input", "d", steps, {}, (some(1001, 4), some(1001)))
    return plan, weights, Finish(some(5) ** 2 + 0.1, some(5), some(4), some(4, 2), 3)


def test_graph_computes_body_head_calibration_and_embedding(tmp_path: Path) -> None:
    plan, w, finish = small()
    write(tmp_path / "small.onnx", plan, w, finish, 8)
    pixels = np.random.default_rng(2).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    found = open_session(tmp_path / "small.onnx").run({"image": pixels})

    x = (pixels.astype(np.float32) - 127.5) / 127.5

    def conv(name: str, value: np.ndarray) -> np.ndarray:
        kernel, bias = w[f"body.convs.{name}.weight"][:, :, 0, 0], w[f"body.convs.{name}.bias"]
        return np.einsum("oc,nchw->nohw", kernel, value) + bias[None, :, None, None]

    b = np.maximum(conv("a", x), 0)
    pooled = (b + conv("c", b)).mean(axis=(2, 3))
    inner = np.maximum(pooled @ w["head.down.weight"].T + w["head.down.bias"], 0)
    logits = pooled @ w["head.linear.weight"].T + w["head.linear.bias"] + inner @ w["head.up.weight"].T
    wanted = 1 / (1 + np.exp(-(logits * finish.slope + finish.offset)))
    np.testing.assert_allclose(found["probabilities"], wanted[:, :3], atol=5e-3)
    np.testing.assert_allclose(found["relevance"], wanted[:, 3:], atol=5e-3)
    rooted = np.sqrt(np.maximum(pooled, 0))
    np.testing.assert_allclose(found["embedding"], (rooted - finish.centre) @ finish.axes, atol=2e-2)
    assert found["heat"].shape == (0, 3, 8, 8)


def test_a_clipped_network_is_clipped_at_six(tmp_path: Path) -> None:
    plan, weights, finish = small()
    steps = (plan.steps[0], Step("relu6", ("a",), "b"), *plan.steps[2:])
    pixels = np.random.default_rng(2).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    weights["body.convs.a.bias"] = weights["body.convs.a.bias"] + 6.0
    plain = Finish(finish.slope, finish.offset, finish.centre, np.eye(4, dtype=np.float32), 3, rooted=False)
    write(tmp_path / "small.onnx", replace(plan, steps=steps), weights, plain, 8)
    found = open_session(tmp_path / "small.onnx").run({"image": pixels})["embedding"]
    a = np.einsum("oc,nchw->nohw", weights["body.convs.a.weight"][:, :, 0, 0], (pixels - 127.5) / 127.5)
    b = np.clip(a + weights["body.convs.a.bias"][None, :, None, None], 0, 6)
    c = np.einsum("oc,nchw->nohw", weights["body.convs.c.weight"][:, :, 0, 0], b)
    pooled = (b + c + weights["body.convs.c.bias"][None, :, None, None]).mean(axis=(2, 3))
    assert b.max() == 6
    np.testing.assert_allclose(found, pooled - finish.centre, atol=2e-2)


@pytest.mark.parametrize("second", [0, 4])
@pytest.mark.parametrize("eight_bit", [False, True])
def test_the_heat_of_a_tag_adds_up_to_its_logit(tmp_path: Path, eight_bit: bool, second: int) -> None:
    network = tmp_path / "small.onnx"
    write(network, *small()[:2], replace(small()[2], second=second), 8)
    pixels = np.random.default_rng(2).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    if eight_bit:
        quantize(network, tmp_path / "eight.onnx", [pixels])
        network = tmp_path / "eight.onnx"
    found = open_session(network).run({"image": pixels, "look": np.array(True)})
    assert found["heat"].shape == (2, 3, 8, 8)
    spread = found["heat"].mean(axis=(2, 3))
    np.testing.assert_allclose(1 / (1 + np.exp(-spread)), found["probabilities"], atol=1e-5)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_a_written_network_can_be_calibrated_once_more(tmp_path: Path, eight_bit: bool) -> None:
    network = tmp_path / "small.onnx"
    write(network, *small(), 8)
    pixels = np.random.default_rng(2).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    if eight_bit:
        quantize(network, tmp_path / "eight.onnx", [pixels])
        network = tmp_path / "eight.onnx"
    before = open_session(network).run({"image": pixels})
    slope, offset = np.array([1, 2, 0.5, 1, 3], np.float32), np.array([0, 1, -1, 0, 0.5], np.float32)
    rescale(network, slope, offset)
    after = open_session(network).run({"image": pixels})
    for name, part in (("probabilities", slice(0, 3)), ("relevance", slice(3, None))):
        held = np.clip(before[name].astype(np.float64), 1e-7, 1 - 1e-7)
        logits = np.log(held / (1 - held)) * slope[part] + offset[part]
        np.testing.assert_allclose(after[name], 1 / (1 + np.exp(-logits)), atol=1e-3)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_a_second_look_at_a_smaller_copy_has_its_share(tmp_path: Path, eight_bit: bool) -> None:
    plan, weights, finish = small()
    plain = replace(finish, rooted=False, centre=np.zeros(4, np.float32), axes=np.eye(4, dtype=np.float32))
    pixels = np.random.default_rng(2).integers(0, 256, (6, 3, 8, 8), dtype=np.uint8)
    # Half the size: each pixel is the mean of four.
    copy = pixels.reshape(6, 3, 4, 2, 4, 2).mean(axis=(3, 5)).astype(np.uint8)
    seen = []
    for name, look, size in (("whole", pixels, 8), ("copy", copy, 4)):
        write(tmp_path / f"{name}.onnx", plan, weights, plain, size)
        seen.append(open_session(tmp_path / f"{name}.onnx").run({"image": look})["embedding"])
    network = tmp_path / "both.onnx"
    write(network, plan, weights, replace(plain, second=4), 8)
    if eight_bit:
        quantize(network, tmp_path / "eight.onnx", [pixels])
        network = tmp_path / "eight.onnx"
    found = open_session(network).run({"image": pixels, "look": np.array(True)})
    wanted = (1 - SECOND_SHARE) * seen[0] + SECOND_SHARE * seen[1]
    np.testing.assert_allclose(found["embedding"], wanted, atol=0.1 if eight_bit else 0.02)
    assert np.abs(found["embedding"] - seen[0]).max() > 0.1
    assert found["heat"].shape == (6, 3, 8, 8)


def test_a_network_that_looks_twice_keeps_its_kernels_once(tmp_path: Path) -> None:
    for second in (0, 4):
        write(tmp_path / f"{second}.onnx", *small()[:2], replace(small()[2], second=second), 8)
    kernels = [
        [each.name for each in onnx.load(str(tmp_path / f"{second}.onnx")).graph.initializer
         if each.name.endswith(".weight") and len(each.dims) == 4]
        for second in (0, 4)
    ]  # fmt: skip
    assert kernels[0] == kernels[1]


def test_the_card_of_the_shipped_network_was_measured() -> None:
    card = tomllib.loads((models_dir() / "everyday" / "card.toml").read_text(encoding="utf-8"))
    assert "Apache-2.0" in card["model"]["origin"]
    for figures in card["figures"]:
        assert figures["set"] == "mirflickr"
        assert figures["command"].startswith("photomgr train evaluate")
        assert 0.7 < figures["macro_map_24"] < 1.0
    assert card["photos_a_second_on_one_core"]


def test_the_labels_say_how_well_each_tag_is_known() -> None:
    with (models_dir() / "everyday" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["tag"]: row for row in csv.DictReader(stream)}
    assert int(rows["people"]["held_out_positives"]) > 100
    assert float(rows["people"]["held_out_ap"]) > 0.8


@pytest.mark.parametrize(("command", "module"), [("fit", "torch"), ("export", "onnx")])
def test_without_the_extra_a_hint_is_given(
    command: str,
    module: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setitem(sys.modules, module, None)
    assert main([command, "--data", str(tmp_path), "--work", str(tmp_path / "work")]) == 1
    assert "install photomgr[train]" in capsys.readouterr().err


def test_evaluating_needs_no_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    for name in ("evaluate", "metrics", "sets"):
        monkeypatch.delitem(sys.modules, f"photomgr.train.{name}", raising=False)
        importlib.import_module(f"photomgr.train.{name}")
