"""What the decisions say of a network's raw scores: the calibration that its card could state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.annotate.learner import logit, sigmoid
from photomgr.cli.models import _calibration
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.judging import calibrated
from tests.annotate import cards
from tests.photos import plain

_RED, _BLUE = 6, 6


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Six red photos and six blue ones, and a network that says how red they are, not in use."""
    for n in range(_RED):
        plain(tmp_path / "photos" / f"red{n}.png", (170 + 10 * n, 10, 20))
        plain(tmp_path / "photos" / f"blue{n}.png", (10, 20, 170 + 10 * n))
    (tmp_path / "reds").mkdir()
    (tmp_path / "reds" / "card.toml").write_text(cards.card_text(labels=("crimson wall", "sunset")))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    opened.networks.add(cards.redness(tmp_path / "reds"), tmp_path / "reds" / "card.toml")
    yield opened
    opened.close()


def _bold(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose log-odds are three times what they should be, and one too high."""
    dice = np.random.default_rng(3)
    honest = dice.normal(size=count)
    truth = dice.random(count) < sigmoid(honest)
    return sigmoid(3 * honest + 1).astype(np.float32), truth


def test_scores_that_are_too_bold_are_told_how_bold() -> None:
    scores, truth = _bold(3000)
    found = calibrated(scores, truth, (1.0, 0.0))
    assert found is not None
    slope, bias = found
    assert slope == pytest.approx(1 / 3, abs=0.05) and bias == pytest.approx(-1 / 3, abs=0.12)
    after = sigmoid(slope * logit(scores) + bias)
    sure = after >= 0.9
    assert truth[scores >= 0.9].mean() < 0.8 < truth[sure].mean()


def test_the_card_that_made_the_scores_is_reckoned_with() -> None:
    """What is told belongs into the card as it is, in the place of what stands there."""
    scores, truth = _bold(3000)
    raw = calibrated(scores, truth, (1.0, 0.0))
    again = calibrated(sigmoid(0.5 * logit(scores) + 0.2).astype(np.float32), truth, (0.5, 0.2))
    assert raw is not None and again == pytest.approx(raw, abs=0.06)


def test_a_few_decisions_tell_nothing() -> None:
    scores, truth = _bold(3000)
    few = np.flatnonzero(truth)[:9]
    some = np.concatenate([few, np.flatnonzero(~truth)])
    assert calibrated(scores[some], truth[some], (1.0, 0.0)) is None
    assert calibrated(scores, truth, None) is None
    assert calibrated(1 - scores, truth, (1.0, 0.0)) is None  # they foretell the contrary


def test_the_comparison_tells_it_of_added_networks_alone(library: Library) -> None:
    folder = library.roots()[0].path
    found = {
        name: [library.photo_at(folder / f"{name}{n}.png") for n in range(_RED)] for name in ("red", "blue")
    }
    for tag in ("sunset", "crimson wall"):
        library.accept(tag, [photo.id for photo in found["red"] if photo is not None])
        library.reject(tag, [photo.id for photo in found["blue"] if photo is not None])
    shipped, own = jobs.run(library.networks.evaluate())
    assert (shipped.slope, shipped.bias, _calibration(shipped)) == (None, None, "")
    assert own.slope is not None and own.bias is not None and own.slope > 0
    assert f"its card would say: slope = {own.slope:.2f}, bias = {own.bias:.2f}" in _calibration(own)
