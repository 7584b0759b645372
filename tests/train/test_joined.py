"""Modalities are fused in the graph as they were in numpy, and what does not help is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photomgr.annotate.fusion import Fusion
from photomgr.annotate.runtime import open_session
from photomgr.train.graph import Finish, quantize, write
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.joined import Joined, choose, fuse, learn
from photomgr.train.modalities.similarity import KINDS, Scorer, Whitening, logistic, train
from tests.train.handmade import reference
from tests.train.test_graph import small


def scores(seed: int = 0, photos: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Three modalities of six concepts: a good one, a weaker one that errs elsewhere, and noise."""
    rng = np.random.default_rng(seed)
    truth = rng.random((photos, 6)) < 0.3
    centre = np.where(truth, 1.5, -1.5)
    noise = rng.normal(size=(photos, 3, 6))
    return np.stack([centre, 0.8 * centre, np.zeros_like(centre)], axis=1) + 1.5 * noise, truth


def test_fusion_beats_each_modality_and_noise_is_left_out() -> None:
    seen, truth = scores(0)
    fresh, unseen = scores(1)
    kept, found = choose(("network", "second", "noise"), seen, truth, 1)
    assert kept == [0, 1]
    assert [one.kept for one in found] == [True, True, False]
    assert found[1].gain > 2 * found[1].error > 0
    fusion = learn(seen[:, kept], truth, 1)
    assert fusion.weights == pytest.approx(learn(seen[:, kept], truth, 1).weights)
    assert fusion.weights.sum(axis=1) == pytest.approx(np.ones(6))

    def wrong(z: np.ndarray) -> float:
        return float(((z > 0) != unseen).mean())

    fused = wrong(fuse(fresh[:, kept], fusion))
    assert fused < min(wrong(fresh[:, 0]), wrong(fresh[:, 1])) - 0.02


def test_photos_that_have_all_concepts_or_none_teach_nothing() -> None:
    seen, truth = scores(0, 30)
    assert learn(seen, np.zeros_like(truth), 1).weights == pytest.approx(np.full((6, 3), 1 / 3))


def test_logistic_regression_finds_what_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 3)).astype(np.float32)
    true = np.array([[2.0, 0.0], [-1.0, 1.0], [0.0, 0.5]])
    odds = rows @ true + np.array([-1.0, 0.5])
    labels = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))
    weights, bias = logistic(rows, labels, 1e-5, 100)
    np.testing.assert_allclose(weights, true, atol=0.2)
    np.testing.assert_allclose(bias, [-1.0, 0.5], atol=0.2)


def test_each_similarity_learns_a_concept_of_its_own() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1200, 8)).astype(np.float32)
    ring = (rows[:, :2] ** 2).sum(axis=1) < 1.0  # only nearness can tell it
    side = rows[:, 2] + 0.3 * rows[:, 3] > 0.5
    truth = np.stack([ring, side], axis=1)
    right = {}
    for kind in KINDS:
        scorer = train(kind, Whitening.of(rows, 8), rows[:900], truth[:900], ridge=1e-4)
        right[kind] = ((scorer(rows[900:]) > 0) == truth[900:]).mean(axis=0)
    assert right["linear"][1] > 0.93 and right["cosine"][1] > 0.9
    assert right["radial"][0] > right["linear"][0]


def fusion_of(concepts: int, columns: tuple[int, ...], embedding: int) -> Joined:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(300, embedding)).astype(np.float32)
    truth = rng.random((300, concepts)) < 0.4
    whole = Whitening.of(rows, embedding)
    scorers: dict[str, Scorer] = {kind: train(kind, whole, rows, truth) for kind in KINDS}
    measured = rng.random((300, d.WIDTHS["wavelets"])).astype(np.float32)
    scorers["wavelets"] = train("radial", Whitening.of(measured, 8), measured, truth)
    seen = rng.normal(size=(300, 24)).astype(np.float32)
    scorers["layout"] = train("linear", Whitening.of(seen, 24), seen, truth)
    weights = rng.random((1 + len(scorers), concepts)).astype(np.float32)
    return Joined(
        scorers, {name: name if name in ("wavelets", "layout") else "embedding" for name in scorers},
        weights / weights.sum(axis=0), np.full(concepts, 1.5, np.float32), np.full(concepts, -0.2, np.float32),
        columns,
    )  # fmt: skip


@pytest.mark.parametrize("eight_bit", [False, True])
def test_the_graph_fuses_as_numpy_does(tmp_path: Path, eight_bit: bool) -> None:
    plan, weights, finish = small()
    joined = fusion_of(2, (1, 4), 2)
    network = tmp_path / "fused.onnx"
    pixels = np.random.default_rng(2).integers(0, 256, (3, 3, 64, 64), dtype=np.uint8)
    plain = Finish(finish.slope, finish.offset, finish.centre, finish.axes, finish.tags, shown=("layout",))
    fused = Finish(finish.slope, finish.offset, finish.centre, finish.axes, finish.tags, joined=joined)
    write(tmp_path / "plain.onnx", plan, weights, plain, 64)
    write(network, plan, weights, fused, 64)
    if eight_bit:
        for name in ("plain", "fused"):
            quantize(tmp_path / f"{name}.onnx", tmp_path / f"{name}8.onnx", [pixels])
        network = tmp_path / "fused8.onnx"
    own = open_session(tmp_path / ("plain8.onnx" if eight_bit else "plain.onnx")).run({"image": pixels})
    found = open_session(network).run({"image": pixels})

    both = np.concatenate([own["probabilities"], own["relevance"]], axis=1).astype(np.float64)
    logits = np.log(both / (1 - both))
    looked = {"embedding": own["embedding"], "wavelets": d.parts(reference(pixels))["wavelets"]}
    looked["layout"] = own["layout"]
    assert own["layout"].shape == (3, 24)
    voices = [logits[:, [1, 4]]]
    for name, scorer in joined.scorers.items():
        voices.append(scorer(looked[joined.sources[name]]))
    stacked = np.stack(voices, axis=1)
    np.testing.assert_allclose(found["modalities"], stacked, atol=3e-2)
    rows = Fusion(joined.weights.T.astype(np.float64))
    wanted = logits.copy()
    wanted[:, [1, 4]] = fuse(stacked, rows) * joined.slope + joined.offset
    np.testing.assert_allclose(found["probabilities"], 1 / (1 + np.exp(-wanted[:, :3])), atol=1e-2)
    np.testing.assert_allclose(found["relevance"], 1 / (1 + np.exp(-wanted[:, 3:])), atol=1e-2)
