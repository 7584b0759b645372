"""System E on made-up photos, and ML-kNN against counting by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from photomgr import jobs
from photomgr.annotate.learner import logit
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.handcrafted import Handcrafted
from photomgr.train.modalities.mlknn import ml_knn
from photomgr.train.systems import Bench, Photos, everything, late
from photomgr.train.systems.fused import SYSTEM

NAMES = ("night", "red", "stripes")


class Painted:
    """Pictures whose truth shows: dark ones, red ones, striped ones."""

    def __init__(self, truth: np.ndarray, seed: int) -> None:
        rng = np.random.default_rng(seed)
        light = np.where(truth[:, 0], 30, 140)[:, None, None, None]
        pixels = light + rng.normal(0, 20, (len(truth), 3, 64, 64))
        pixels[:, 0] += np.where(truth[:, 1], 80, 0)[:, None, None]
        stripes = np.where(np.arange(64) // 4 % 2, 40, -40)[None, None, :, None]
        pixels += np.where(truth[:, 2], 1, 0)[:, None, None, None] * stripes
        self._pixels = np.clip(pixels, 0, 255).astype(np.uint8)

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, part: slice) -> np.ndarray:
        return self._pixels[part]


def side(count: int, seed: int) -> Photos:
    rng = np.random.default_rng(seed)
    truth = rng.random((count, 3)) < 0.4
    guess = np.clip(np.where(truth, 0.7, 0.3) + rng.normal(0, 0.25, truth.shape), 0.01, 0.99)
    ids = tuple(f"{seed}-{n}.jpg" for n in range(count))
    return Photos(
        Painted(truth, seed), ids, truth, guess.astype(np.float32), np.zeros((count, 4), np.float32)
    )


def test_what_was_painted_is_told_by_its_modality_and_by_all_fused(tmp_path: Path) -> None:
    bench = Bench(NAMES, side(120, 2), side(400, 1), None, None, tmp_path, "0" * 64)
    rows = jobs.run(SYSTEM.rows(bench))
    assert next(iter(rows)) == "hand-made and network, fused"
    assert rows["hand-made and network, fused"]["macro_map"] > rows["network"]["macro_map"]
    assert rows["hand-made, fused"]["macro_map"] > 0.95
    for name in d.WIDTHS:
        assert {f"{name}, linear", f"{name}, cosine", f"{name}, radial", f"all but {name}"} <= set(rows)
    assert "hand-made, fused, not pre-trained" in rows and "all in one vector, linear" in rows
    assert rows == jobs.run(SYSTEM.rows(bench)), "from what was kept the same comes out"


def test_the_system_is_among_those_that_evaluate_runs() -> None:
    assert "E" in [system.letter for system in everything()]
    assert SYSTEM.published


def test_shipped_modalities_can_be_loaded_and_run() -> None:
    hand = Handcrafted.load()
    found = hand.run(np.full((2, 3, hand.size, hand.size), 90, np.uint8))
    assert found.shape == (2, d.TOTAL) and np.isfinite(found).all()
    for name, part in d.parts(found).items():
        assert hand.whitenings[name](part).shape[1] == hand.centres[name].shape[1]


def test_ml_knn_counts_the_neighbours_of_either_kind() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(60)[:, None] % 2 == 0
    rows = np.where(truth, 1.0, -1.0) * np.ones((60, 4)) + rng.normal(0, 0.1, (60, 4))
    found = ml_knn(rows, truth, np.array([np.ones(4), -np.ones(4)]), k=5)
    # All five neighbours of every photo are of its own kind: (30 + 1) / (30 + 6) against 1 / (30 + 6).
    np.testing.assert_allclose(found[:, 0], [31 / 32, 1 / 32])


def fusing(tmp_path: Path) -> Bench:
    """A bench whose network fuses two of three labels from its own head and from one that sees half of it."""
    scored = side(400, 5)
    dice = np.random.default_rng(6)
    right = np.where(scored.truth[:, :2], 1.5, -1.5)
    voices = right[:, None, :] + dice.normal(0, 2.0, (400, 2, 2))
    fused = scored.probabilities.copy()
    fused[:, :2] = 1 / (1 + np.exp(-voices.mean(axis=1)))
    visual = SimpleNamespace(modalities=("network", "layout"), fused=("red", "night"))
    scored = replace(scored, probabilities=fused, modalities=voices[:, :, ::-1].astype(np.float32))
    return Bench(NAMES, scored, None, None, None, tmp_path, "0" * 64, visual=visual)  # type: ignore[arg-type]


def test_late_fusion_is_measured_against_each_of_its_voices(tmp_path: Path) -> None:
    bench = fusing(tmp_path)
    rows = late.rows(bench)
    assert list(rows) == [late.FUSED, late.OWN, "shipped: layout alone", late.GAINED, late.ERROR]
    assert all(set(rows[late.FUSED]) == set(row) for row in rows.values())
    gain = rows[late.FUSED]["macro_map"] - rows[late.OWN]["macro_map"]
    assert rows[late.GAINED]["macro_map"] == pytest.approx(gain)
    assert gain > 2 * rows[late.ERROR]["macro_map"] > 0


def test_what_is_not_fused_and_what_fuses_nothing_change_nothing(tmp_path: Path) -> None:
    bench = fusing(tmp_path)
    said = logit(np.repeat(bench.scored.probabilities[:, None, [1, 0]], 2, axis=1)).astype(np.float32)
    same = late.rows(replace(bench, scored=replace(bench.scored, modalities=said)))
    assert abs(same[late.GAINED]["macro_map"]) < 1e-6
    assert late.rows(replace(bench, visual=None)) == {}
    assert late.rows(replace(bench, scored=side(400, 5))) == {}
