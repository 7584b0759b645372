"""Exponentiated gradient: stays on the simplex, finds the modality that is right, and can be replayed."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.annotate.fusion import Fusion, Pairs


def drawn(seed: int = 0, pairs: int = 200) -> Pairs:
    """Three modalities: the first is mostly right, the second noise, the third mostly wrong."""
    rng = np.random.default_rng(seed)
    right, wrong = rng.normal(size=(pairs, 3)), rng.normal(size=(pairs, 3))
    right[:, 0] += 2.0
    wrong[:, 2] += 2.0
    return Pairs(right, wrong)


def test_weights_stay_on_the_simplex_and_follow_what_is_right() -> None:
    fusion = Fusion.even(3)
    before = fusion.loss(drawn(9)).mean()
    for seed in range(30):
        fusion = fusion.update(drawn(seed))
        assert fusion.weights.min() > 0
        assert fusion.weights.sum() == pytest.approx(1.0)
    assert fusion.weights[0, 0] > 0.8 > 0.1 > fusion.weights[0, 2]
    assert fusion.loss(drawn(9)).mean() < 0.5 * before


def test_one_step_is_the_published_one() -> None:
    fusion = Fusion(np.array([[0.5, 0.5]]), rate=0.3, margin=1.0)
    pair = Pairs(np.array([[0.4, 0.1]]), np.array([[0.0, 0.2]]))
    grown = 0.5 * np.exp(0.3 * np.array([0.4, -0.1]))
    assert fusion.loss(pair) == pytest.approx([1.0 - 0.15])
    assert fusion.update(pair).weights[0] == pytest.approx(grown / grown.sum())


def test_pairs_that_keep_the_margin_change_nothing() -> None:
    fusion = Fusion.even(2, margin=1.0)
    pair = Pairs(np.array([[3.0, 3.0]]), np.array([[0.0, 0.0]]))
    assert fusion.loss(pair) == 0
    assert fusion.update(pair) is fusion


def test_rows_learn_apart_and_a_row_that_is_not_asked_stays() -> None:
    pairs = drawn()
    rows = np.full(len(pairs.right), 2)
    fusion = Fusion.even(3, 4).update(Pairs(pairs.right, pairs.wrong, rows, rows))
    assert fusion.weights[2, 0] > 1 / 3
    for row in (0, 1, 3):
        assert fusion.weights[row] == pytest.approx([1 / 3] * 3)


def test_two_tags_of_one_photo_move_both_rows_in_opposite_directions() -> None:
    pair = Pairs(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]), np.array([0]), np.array([1]))
    fusion = Fusion.even(2, 2).update(pair)
    assert fusion.weights[0, 0] > 0.5 > fusion.weights[1, 0]


def test_replaying_gives_the_same_weights() -> None:
    batches = [drawn(seed, 20) for seed in range(5)]
    last, mean = Fusion.even(3).replay(batches)
    again, mean_again = Fusion.even(3).replay(batches)
    assert (last.weights == again.weights).all() and (mean.weights == mean_again.weights).all()
    assert mean.weights.sum() == pytest.approx(1.0)
    assert Fusion.even(3).replay([])[1].weights[0, 0] == pytest.approx(1 / 3)


def test_a_modality_that_was_wrong_for_long_can_come_back() -> None:
    fusion = Fusion.even(2, rate=2.0)
    for _ in range(200):
        fusion = fusion.update(Pairs(np.array([[1.0, -1.0]]), np.array([[0.0, 0.0]])))
    for _ in range(30):
        fusion = fusion.update(Pairs(np.array([[-1.0, 1.0]]), np.array([[0.0, 0.0]])))
    assert fusion.weights[0, 1] > 0.9


def test_scores_are_weighed_by_the_row_of_each_tag() -> None:
    fusion = Fusion(np.array([[1.0, 0.0], [0.25, 0.75]]))
    scores = np.array([[[2.0, 4.0], [2.0, 4.0]]])
    assert fusion.score(scores, np.array([0, 1])) == pytest.approx(np.array([[2.0, 3.5]]))
