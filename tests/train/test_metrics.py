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
