"""The pictures of the model card, drawn from what was measured: loss, precision and recall, reliability, learning."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from photomgr.core.errors import ModelError
from photomgr.library.simulation import Point
from photomgr.train.metrics import Scores, Truth

GROUPS: Mapping[str, tuple[str, ...]] = {
    "people": ("baby", "female", "male", "people", "portrait"),
    "animals": ("animals", "bird", "dog"),
    "nature": ("clouds", "flower", "lake", "plant_life", "river", "sea", "sky", "sunset", "tree", "water"),
    "other": ("car", "food", "indoor", "night", "structures", "transport"),
}
"""MIRFLICKR's 24 concepts by what they are about."""
_BINS = 15
_POINTS = 200
"""Of a curve that are drawn: more cannot be told apart."""


def loss(curve: Path, target: Path) -> None:
    """The loss and the learning rate over the steps, from the ``loss.csv`` of a training."""
    with curve.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    steps = [int(row["step"]) for row in rows]
    figure, axes = _figure("step", "loss (mean of the last 50 steps)")
    axes.plot(steps, [float(row["loss"]) for row in rows], label="loss")
    rate = axes.twinx()
    rate.plot(steps, [float(row["rate"]) for row in rows], color="0.6", linewidth=0.8)
    rate.set_ylabel("learning rate")
    _save(figure, target)


def precision_recall(names: Sequence[str], scores: Scores, truth: Truth, target: Path) -> None:
    """One curve a group of concepts, all its pairs of photo and concept ranked together; [N, C] each."""
    figure, axes = _figure("recall", "precision")
    for group, labels in GROUPS.items():
        columns = [names.index(label) for label in labels if label in names]
        if not columns or not truth[:, columns].any():
            continue
        hits = truth[:, columns].ravel()[np.argsort(-scores[:, columns].ravel(), kind="stable")]
        right = np.cumsum(hits)
        shown = np.unique(np.linspace(0, len(hits) - 1, _POINTS).astype(np.int64))
        axes.plot(right[shown] / right[-1], right[shown] / (shown + 1), label=group)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    _save(figure, target)


def reliability(scores: Scores, truth: Truth, target: Path) -> None:
    """How often a probability is right, over all pairs [N, C] in bins of equal mass above 0.05."""
    flat, hits = scores.ravel(), truth.ravel()
    order = np.flatnonzero(flat >= 0.05)
    order = order[np.argsort(flat[order], kind="stable")]
    figure, axes = _figure("probability that was said", "share that was right")
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    if len(order) >= _BINS:
        bins = np.array_split(order, _BINS)
        axes.plot([flat[part].mean() for part in bins], [hits[part].mean() for part in bins], marker="o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    _save(figure, target)


def learning(curves: Mapping[str, Sequence[Point]], target: Path) -> None:
    """Average precision on photos that are never shown, over the decisions of a simulated reviewer."""
    figure, axes = _figure("decisions on one tag", "average precision")
    for name, curve in curves.items():
        axes.plot(
            [point.decisions for point in curve], [point.precision for point in curve], marker=".", label=name
        )
    axes.set_xscale("symlog")
    axes.legend()
    _save(figure, target)


def _figure(across: str, up: str) -> tuple[Any, Any]:
    try:
        pyplot = importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise ModelError(
            "Drawing the plots of the card needs matplotlib: pip install 'photomgr[train]'."
        ) from error
    figure = pyplot.Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=across, ylabel=up)
    axes.grid(color="0.9")
    return figure, axes


def _save(figure: Any, target: Path) -> None:
    """Write SVG that is the same, byte for byte, for the same figures."""
    target.parent.mkdir(parents=True, exist_ok=True)
    settings = {"svg.hashsalt": "photomgr", "svg.fonttype": "none"}
    with importlib.import_module("matplotlib").rc_context(settings):
        figure.savefig(target, format="svg", metadata={"Date": None})
