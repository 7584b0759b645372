"""What a decision is worth, and whether the forecast of how many more are needed is honest."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.annotate import learner, teaching
from photomgr.annotate.learner import Basis, Evidence


def test_the_open_question_in_a_crowd_teaches_most() -> None:
    crowd = np.tile([1.0, 0.0, 0.0], (20, 1))
    alone = np.array([[0.0, 1.0, 0.0]])
    vectors = np.concatenate([crowd, alone])
    probable = np.full(21, 0.5)
    worth = teaching.worth(vectors, probable, vectors, probable)
    assert worth[0] > 3 * worth[20]
    probable[1] = 0.99
    assert teaching.worth(vectors, probable, vectors, probable)[1] < worth[0] / 5


def test_what_is_needed_follows_from_the_probabilities() -> None:
    assert teaching.needed(np.ones(100), 0) == 95
    assert teaching.needed(np.ones(100), 10_000) == 0
    assert teaching.needed(np.zeros(0), 3) == 0
    assert teaching.needed(np.array([0.9, 0.1]), 0) == 2
    # the order in which they come does not matter
    assert teaching.needed(np.array([0.1, 0.9, 0.9]), 0) == teaching.needed(np.array([0.9, 0.1, 0.9]), 0)


@pytest.mark.parametrize("seed", range(6))
def test_the_forecast_is_honest(seed: int) -> None:
    """A person decides on the best first while the learner learns; the forecast made after twenty decisions is
    within a factor of two of what was needed in the end."""
    dice = np.random.default_rng(seed)
    n, dimensions = 800, 32
    direction = dice.normal(size=dimensions)
    vectors = dice.normal(size=(n, dimensions))
    clean = vectors @ direction / np.linalg.norm(direction)
    network = 2.2 * clean - 2.0 + dice.normal(0, 0.8, n)
    truth = dice.random(n) < learner.sigmoid(network)
    prior = learner.logit(learner.sigmoid(network))
    basis = Basis.of(vectors)
    decided: list[int] = []
    logits, forecast = prior, 0
    while truth[decided].sum() < teaching.ENOUGH * truth.sum():
        left = np.setdiff1d(np.arange(n), decided)
        if len(decided) == 20:
            found = int(truth[decided].sum())
            forecast = teaching.needed(learner.sigmoid(logits[left]), found)
        decided += left[np.argsort(-logits[left], kind="stable")][:10].tolist()
        rows = np.sort(decided)
        others = np.setdiff1d(np.arange(n), decided)[:256]
        model = learner.learn(
            basis, Evidence(vectors[rows], prior[rows]), truth[rows],
            Evidence(vectors[others], prior[others]), known=True,
        )  # fmt: skip
        logits = prior + vectors @ model.weights + model.bias + model.slope * prior
    needed = len(decided) - 20
    assert needed / 2 <= forecast <= needed * 2
