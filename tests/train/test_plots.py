"""The pictures of the model card."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from photomgr.library.simulation import Point
from photomgr.train import plots

DICE = np.random.default_rng(3)
TRUTH = DICE.random((300, 2)) < 0.3
SCORES = np.clip(0.6 * TRUTH + 0.4 * DICE.random((300, 2)), 0, 1).astype(np.float32)


def words(picture: Path) -> set[str]:
    return {
        (node.text or "").strip() for node in ElementTree.parse(picture).iter() if node.tag.endswith("text")
    }


def test_a_plot_says_what_its_axes_are(tmp_path: Path) -> None:
    plots.precision_recall(["dog", "sky"], SCORES, TRUTH, tmp_path / "curve.svg")
    assert {"recall", "precision", "animals", "nature"} <= words(tmp_path / "curve.svg")
    assert "people" not in words(tmp_path / "curve.svg")
    plots.reliability(SCORES, TRUTH, tmp_path / "reliability.svg")
    assert "share that was right" in words(tmp_path / "reliability.svg")


def test_the_loss_is_read_from_the_training(tmp_path: Path) -> None:
    (tmp_path / "loss.csv").write_text("step,rate,loss\n20,1e-5,2.0\n40,1e-4,1.5\n", encoding="utf-8")
    plots.loss(tmp_path / "loss.csv", tmp_path / "loss.svg")
    assert {"step", "learning rate"} <= words(tmp_path / "loss.svg")


def test_the_same_figures_give_the_same_picture(tmp_path: Path) -> None:
    curve = [Point("mean", True, n, 0.5 + n / 100, 0.0, 0.0, 0.0) for n in (0, 1, 5, 20)]
    for name in ("first.svg", "second.svg"):
        plots.learning({"a tag that is known": curve}, tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    assert "a tag that is known" in words(tmp_path / "first.svg")
