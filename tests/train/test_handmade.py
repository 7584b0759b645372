"""The hand-made modalities in ONNX agree with their definition written in plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from photomgr.annotate.runtime import open_session
from photomgr.train.extra import need_onnx
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.subgraph import Measures
from photomgr.train.nodes import Graph
from tests.train.handmade import reference


def words() -> np.ndarray:
    found = np.random.default_rng(3).random((d.WORDS, 128)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def pictures(side: int) -> np.ndarray:
    """Noise, soft colours, a flat picture and stripes, uint8 [4, 3, side, side]."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    soft = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(side / 16))
    wide = np.asarray(soft, np.float64)
    wide = ((wide - wide.min()) / np.ptp(wide) * 255).astype(np.uint8)
    flat = np.full_like(noise, 100)
    stripes = np.where(np.arange(side)[:, None, None] // 7 % 2, np.uint8(220), np.uint8(30)) + 0 * noise
    return np.stack([noise, wide, flat, stripes.astype(np.uint8)]).transpose(0, 3, 1, 2).copy()


def network(target: Path, size: int) -> Path:
    make, graph = need_onnx().helper.make_tensor_value_info, Graph()
    found = Measures(graph, size, words()).write(list(d.WIDTHS))
    graph.node("Concat", list(found.values()), "handmade", axis=1)
    graph.save(
        target, "handmade", [make("image", 2, ["N", 3, size, size])], [make("handmade", 1, ["N", d.TOTAL])]
    )
    return target


@pytest.mark.parametrize("size", [64, 192])
def test_the_graph_measures_what_the_definition_says(tmp_path: Path, size: int) -> None:
    photos = pictures(size)
    found = open_session(network(tmp_path / "handmade.onnx", size)).run({"image": photos})["handmade"]
    assert found.shape == (4, d.TOTAL)
    wanted = d.parts(reference(photos, words()))
    for name, part in d.parts(found).items():
        np.testing.assert_allclose(part, wanted[name], atol=4e-3, err_msg=name)


def test_a_side_that_is_no_multiple_is_squashed(tmp_path: Path) -> None:
    found = open_session(network(tmp_path / "handmade.onnx", 160)).run({"image": pictures(160)})["handmade"]
    assert found.shape == (4, d.TOTAL) and np.isfinite(found).all()


def test_patterns_have_58_bins_of_at_most_two_changes() -> None:
    bins = d.uniform_patterns()
    assert sorted(set(bins.tolist())) == list(range(59))
    assert (bins == 58).sum() == 256 - 58
    assert bins[0b00000000] != bins[0b11111111] != bins[0b00001111]


def test_the_waves_see_no_flat_grey_and_tell_directions() -> None:
    waves = d.gabor()
    np.testing.assert_allclose(waves.sum(axis=(1, 2, 3)), 0, atol=1e-6)
    stripes = np.tile(np.cos(np.pi / 2 * np.arange(7) - 3 * np.pi / 2), (7, 1))
    strength = np.hypot(*np.einsum("kyx,yx->k", waves[:, 0], stripes).reshape(2, -1))
    assert strength.argmax() == 0 and strength[0] > 5 * strength[d.ORIENTATIONS // 2]
