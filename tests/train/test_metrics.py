"""Figures of merit against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.train import metrics

TRUTH = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], dtype=np.bool_)
SCORES = np.array([[0.9, 0.2, 0.1], [0.8, 0.6, 0.2], [0.7, 0.9, 0.3], [0.1, 0.7, 0.4]])


def test_average_precision_is_the_mean_precision_at_the_hits() -> None:
    assert metrics.average_precision(SCORES[:, 0], TRUTH[:, 0]) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert metrics.average_precision(SCORES[:, 1], TRUTH[:, 1]) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert np.isnan(metrics.average_precision(SCORES[:, 2], TRUTH[:, 2]))


def test_macro_leaves_out_tags_that_never_occur() -> None:
    assert metrics.macro_map(SCORES, TRUTH) == pytest.approx(5 / 6)


def test_micro_ranks_all_pairs_together() -> None:
    # Ranks: 0.9 hit, 0.9 hit, 0.8 miss, 0.7 hit, 0.7 miss, 0.6 hit.
    assert metrics.micro_ap(SCORES, TRUTH) == pytest.approx((1 + 1 + 3 / 4 + 4 / 6) / 4)


def test_hamming_counts_wrong_decisions() -> None:
    assert metrics.hamming(SCORES, TRUTH) == pytest.approx(2 / 12)


def test_at_k_follows_the_annotation_papers() -> None:
    found = metrics.at_k(SCORES, TRUTH, 1)
    assert found["precision_at_1"] == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert found["recall_at_1"] == pytest.approx(1 / 2)
    assert found["f1_at_1"] == pytest.approx(0.5)
    assert found["n_plus"] == 2


def test_top_k_leaves_out_photos_without_tags() -> None:
    assert metrics.top_k(SCORES, TRUTH, 1) == pytest.approx(2 / 3)
    assert metrics.top_k(SCORES, TRUTH, 2) == 1.0


def test_calibration_error_of_honest_and_of_boastful_scores() -> None:
    rng = np.random.default_rng(5)
    scores = rng.random((20_000, 1))
    truth = rng.random((20_000, 1)) < scores
    assert metrics.calibration_error(scores, truth) < 0.02
    assert metrics.calibration_error(np.ones((100, 1)), np.zeros((100, 1), np.bool_)) == pytest.approx(1.0)


def test_suggestions_that_mean_what_they_say_have_no_error() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((20_000, 3))
    truth = rng.random(scores.shape) < scores
    assert metrics.suggestion_error(scores, truth) < 0.01
    assert metrics.suggestion_errors(scores, truth).max() < 0.03
    bold = np.minimum(1.0, scores + 0.2)
    assert metrics.suggestion_error(bold, truth) > 0.15


def test_only_suggestions_count_in_bins_of_equal_mass() -> None:
    scores = np.array([0.1, 0.1, 0.2, 0.4, 0.6, 1.0])
    truth = np.array([True, True, False, True, True, True])
    # Two bins of two: 0.2 and 0.4 with one right, 0.6 and 1.0 with two right.
    assert metrics.suggestion_error(scores, truth, bins=2) == pytest.approx((0.4 + 0.4) / 4)
    assert np.isnan(metrics.suggestion_error(np.array([0.1]), np.array([True])))


def test_rare_tags_are_not_judged_by_themselves() -> None:
    scores = np.full((300, 2), 0.5)
    truth = np.zeros((300, 2), np.bool_)
    truth[:, 0] = np.arange(300) % 3 < 2
    truth[1:, 1] = truth[1:, 0]
    found = metrics.suggestion_errors(scores, truth)
    assert found[0] == pytest.approx(abs(0.5 - 2 / 3)) and np.isnan(found[1])
