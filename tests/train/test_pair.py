"""Two bodies as one network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from photomgr.annotate.runtime import open_session
from photomgr.core.errors import ModelError
from photomgr.train.backbones import SHIPPED, finished
from photomgr.train.graph import Finish, quantize, unfinished, write
from photomgr.train.heat import BESIDE_DOWN
from photomgr.train.network import Plan, Step, smaller
from photomgr.train.pair import divided, first_alone, join, joined
from photomgr.train.recipe import Recipe, check
from photomgr.train.sets import RELEVANT
from photomgr.train.shipped import read_back, read_plan
from tests.train.test_graph import small

TAGS, SIDE, SECOND = 3, 64, 48
Weights = dict[str, np.ndarray]


def clipped() -> tuple[Plan, Weights]:
    """Another body, of five features, whose activations end at 6."""
    rng = np.random.default_rng(8)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    steps = (
        Step("conv", ("input",), "a", 2), Step("relu6", ("a",), "b"),
        Step("conv", ("b",), "e", 2), Step("relu6", ("e",), "f"),
    )  # fmt: skip
    weights = {
        "body.convs.a.weight": 4 * some(4, 3, 1, 1), "body.convs.a.bias": some(4) + 3,
        "body.convs.e.weight": some(5, 4, 1, 1), "body.convs.e.bias": some(5) + 3,
        "head.down.weight": some(7, 5), "head.down.bias": some(7),
        "head.linear.weight": some(5, 5), "head.linear.bias": some(5), "head.up.weight": some(5, 7),
    }  # fmt: skip
    return Plan("input", "f", steps, {}, (some(1001, 5), some(1001))), weights


def pixels(count: int = 2) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, 3, SIDE, SIDE), dtype=np.uint8)


def shrunk(whole: np.ndarray) -> np.ndarray:
    """By linear interpolation between the four pixels around, as the network does it."""
    at = (np.arange(SECOND) + 0.5) * SIDE / SECOND - 0.5
    low = np.clip(np.floor(at).astype(int), 0, SIDE - 2)
    weights = np.zeros((SECOND, SIDE))
    weights[np.arange(SECOND), low], weights[np.arange(SECOND), low + 1] = 1 - (at - low), at - low
    return np.round(np.einsum("ai,ncij,bj->ncab", weights, whole, weights)).astype(np.uint8)


def logits(network: Path, look: np.ndarray) -> np.ndarray:
    said = open_session(network).run({"image": look})
    held = np.clip(np.concatenate([said["probabilities"], said["relevance"]], axis=1), 1e-6, 1 - 1e-6)
    return np.log(held / (1 - held))


def shy(weights: Weights) -> Weights:
    """The same body with smaller logits, so that their probabilities can be told from 0 and 1."""
    return weights | {
        f"head.{k}": 0.1 * weights[f"head.{k}"] for k in ("linear.weight", "linear.bias", "up.weight")
    }


def test_both_have_their_share_of_what_is_said(tmp_path: Path) -> None:
    (first, one), (second, other) = small()[:2], clipped()
    one, other = shy(one), shy(other)
    both = joined(one, other, 0.25)
    write(tmp_path / "both.onnx", join(first, second), both, unfinished(both, TAGS, second=SECOND), SIDE)
    write(tmp_path / "one.onnx", first, one, unfinished(one, TAGS), SIDE)
    write(tmp_path / "other.onnx", second, other, unfinished(other, TAGS), SECOND)
    copy = shrunk(pixels())
    wanted = 0.75 * logits(tmp_path / "one.onnx", pixels()) + 0.25 * logits(tmp_path / "other.onnx", copy)
    np.testing.assert_allclose(logits(tmp_path / "both.onnx", pixels()), wanted, atol=0.05)
    seen = [open_session(tmp_path / f"{name}.onnx").run({"image": look})["embedding"]
            for name, look in (("one", pixels()), ("other", copy), ("both", pixels()))]  # fmt: skip
    np.testing.assert_allclose(seen[2], np.concatenate(seen[:2], axis=1), atol=0.05)


def test_the_first_one_is_found_again_alone(tmp_path: Path) -> None:
    first, one = small()[0], shy(small()[1])
    plan, alone = first_alone(join(first, clipped()[0]), joined(one, clipped()[1], 0.25))
    assert plan.beside is None and plan.widths == (4,)
    alone["head.linear.bias"] = 0.75 * one["head.linear.bias"]  # that of both is one number
    write(tmp_path / "alone.onnx", plan, alone, unfinished(alone, TAGS), SIDE)
    write(tmp_path / "one.onnx", first, one, unfinished(one, TAGS), SIDE)
    found, wanted = (logits(tmp_path / f"{name}.onnx", pixels()) for name in ("alone", "one"))
    np.testing.assert_allclose(found, 0.75 * wanted, atol=0.02)
    assert first_alone(first, one) == (first, one)


def pair(folder: Path, *, eight_bit: bool, mixed: bool = False) -> Path:
    """A small network of two bodies, as an export leaves it in ``folder``.

    ``mixed``: trained on together, so that hidden units see both.
    """
    rng, width = np.random.default_rng(4), TAGS + len(RELEVANT)
    parts = []
    for _, weights in (small()[:2], clipped()):
        hidden, features = weights["head.down.weight"].shape
        parts.append(weights | {
            "head.linear.weight": 0.1 * rng.normal(size=(width, features)).astype(np.float32),
            "head.linear.bias": rng.normal(size=width).astype(np.float32),
            "head.up.weight": 0.1 * rng.normal(size=(width, hidden)).astype(np.float32),
        })  # fmt: skip
    scale = rng.uniform(0.5, 2, (2, width)).astype(np.float32)
    axes = rng.normal(size=(9, 2)).astype(np.float32)
    finish = Finish(scale[0], scale[1], np.zeros(9, np.float32), axes, TAGS, second=SECOND)
    network = folder / "model.onnx"
    both = joined(*parts)
    assert divided(both, 4) == 6
    if mixed:
        both["head.down.weight"] += 0.1 * rng.normal(size=(13, 9)).astype(np.float32)
        assert divided(both, 4) == 0
    write(network, join(small()[0], clipped()[0]), both, finish, SIDE)
    kept = {each.name for each in onnx.load(str(network)).graph.initializer}
    assert (f"{BESIDE_DOWN}.half" in kept) is not mixed
    if eight_bit:
        full = network.rename(folder / "full.onnx")
        quantize(full, network, [pixels(6)])
    (folder / "labels.csv").write_text("tag,threshold\ncat,0.5\ndog,0.5\nsea,0.5\n", encoding="utf-8")
    return network


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("eight_bit", [False, True])
def test_the_heat_is_of_both(tmp_path: Path, eight_bit: bool, mixed: bool) -> None:
    network = pair(tmp_path, eight_bit=eight_bit, mixed=mixed)
    found = open_session(network).run({"image": pixels(), "look": np.array(True)})
    assert found["heat"].shape == (2, TAGS, SIDE, SIDE)
    spread = found["heat"].mean(axis=(2, 3))
    np.testing.assert_allclose(1 / (1 + np.exp(-spread)), found["probabilities"], atol=1e-4)
    look = pixels()
    look[..., : SIDE // 2] = 0
    black = open_session(network).run({"image": look, "look": np.array(True)})["heat"][..., 8 : SIDE // 2 - 8]
    assert np.abs(black - black[..., :1, :1]).max() < 1e-3, "where all is the same, so is the heat"
    assert found["heat"].std() > 0.1


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("eight_bit", [False, True])
def test_both_are_read_back(tmp_path: Path, eight_bit: bool, mixed: bool) -> None:
    network = pair(tmp_path, eight_bit=eight_bit, mixed=mixed)
    plan, weights = read_plan(tmp_path), read_back(tmp_path)
    written = join(small()[0], clipped()[0])
    assert plan.beside is not None and written.beside is not None
    assert plan.widths == (4, 5)
    for found, body in ((plan, written), (plan.beside, written.beside)):
        assert [(step.op, step.output, step.stride) for step in found.steps] == [
            (step.op, step.output, step.stride) for step in body.steps
        ]
        assert found.target == body.target
    again = tmp_path / "again.onnx"
    write(again, plan, weights, unfinished(weights, TAGS, second=SECOND), SIDE)
    said, before = (open_session(each).run({"image": pixels()}) for each in (again, network))
    for name in ("probabilities", "relevance"):
        np.testing.assert_allclose(said[name], before[name], atol=0.06 if eight_bit else 5e-3)


def test_the_second_one_sees_a_smaller_copy_by_itself(tmp_path: Path) -> None:
    assert [smaller(side) for side in (256, 224, 192, 64, 32)] == [160, 128, 128, 32, 32]
    both = joined(shy(small()[1]), shy(clipped()[1]))
    found = []
    for second in (0, smaller(SIDE), SECOND):
        network = tmp_path / f"{second}.onnx"
        write(network, join(small()[0], clipped()[0]), both, unfinished(both, TAGS, second=second), SIDE)
        found.append(logits(network, pixels()))
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-3


def test_the_module_that_is_trained_computes_the_same(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs photomgr[train]")
    from photomgr.train.network import make_body

    pair(tmp_path, eight_bit=False)
    plan, weights = read_plan(tmp_path), read_back(tmp_path)
    x = torch.from_numpy((pixels().astype(np.float32) - 127.5) / 127.5)
    with torch.inference_mode():
        found = make_body(plan)(x).numpy()
    write(tmp_path / "raw.onnx", plan, weights, unfinished(weights, TAGS), SIDE)
    wanted = open_session(tmp_path / "raw.onnx").run({"image": pixels()})["embedding"]
    assert found.shape == (2, 9)
    np.testing.assert_allclose(found, wanted, atol=0.02)
    assert set(replace(plan, beside=None).body()) < set(plan.body())


def test_a_recipe_with_a_second_body_leaves_both_and_not_a_third(tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="training needs photomgr[train]")
    from tests.train.test_shipped import shipped

    shipped(tmp_path, eight_bit=True)
    recipe = Recipe(beside=str(tmp_path), backbone="efficientnet-lite0")
    backbone = finished(recipe, tmp_path / "none")
    assert backbone.name == SHIPPED
    assert backbone.plan.widths == (4, 1280)
    pair(tmp_path, eight_bit=False)
    with pytest.raises(ModelError, match="second body already"):
        finished(recipe, tmp_path / "none")


def test_a_second_body_does_not_go_on_from_anything() -> None:
    with pytest.raises(ModelError, match="leave out --start"):
        check(Recipe(beside="a", start="b"))
