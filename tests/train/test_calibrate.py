"""Calibration, thresholds and the shorter embedding."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.train.calibrate import FIRM, platt, principal_axes, tag_quality


def test_platt_finds_the_scale_that_made_the_labels() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (8000, 1)).astype(np.float32)
    truth = (rng.random((8000, 1)) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.float32)
    scaling = platt(logits, truth, np.ones_like(truth))
    assert float(scaling.slope[0]) == pytest.approx(0.5, abs=0.06)
    assert float(scaling.offset[0]) == pytest.approx(-1.0, abs=0.1)


def test_platt_leaves_a_tag_alone_of_which_nothing_is_known() -> None:
    logits = np.zeros((50, 1), np.float32)
    scaling = platt(logits, np.ones_like(logits), np.zeros_like(logits))
    assert (float(scaling.slope[0]), float(scaling.offset[0])) == (1.0, 0.0)


def test_a_firm_prior_keeps_nearer_to_what_was_said() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 2, (300, 1)).astype(np.float32)
    truth = (rng.random((300, 1)) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.float32)
    loose, firm = (platt(logits, truth, np.ones_like(truth), prior) for prior in (4.0, FIRM))
    assert float(loose.slope[0]) < float(firm.slope[0]) < 1
    assert float(loose.offset[0]) < float(firm.offset[0]) < 0


def test_platt_never_turns_a_tag_upside_down() -> None:
    logits = np.linspace(-5, 5, 400, dtype=np.float32)[:, None]
    scaling = platt(logits, (logits < 0).astype(np.float32), np.ones_like(logits))
    assert float(scaling.slope[0]) > 0


def test_a_rare_tag_gets_the_usual_threshold() -> None:
    scores = np.linspace(0, 1, 100, dtype=np.float32)
    truth = scores > 0.985
    quality = tag_quality(scores, truth, np.ones(100, np.bool_))
    assert quality.positives == 2
    assert quality.threshold == pytest.approx(0.4)
    assert np.isnan(quality.average_precision)


def test_a_common_tag_gets_its_own_threshold() -> None:
    scores = np.linspace(0, 1, 1000, dtype=np.float32)
    quality = tag_quality(scores, scores >= 0.6, np.ones(1000, np.bool_))
    assert quality.threshold == pytest.approx(0.6, abs=0.02)
    assert quality.average_precision == pytest.approx(1.0)


def test_photos_of_which_nothing_is_known_do_not_count() -> None:
    scores = np.linspace(0, 1, 100, dtype=np.float32)
    known = np.arange(100) < 10
    assert tag_quality(scores, scores > 0.5, known).positives == 0


def test_principal_axes_keep_the_angles_of_flat_data() -> None:
    rng = np.random.default_rng(2)
    flat = (rng.normal(size=(300, 3)) @ rng.normal(size=(3, 20))).astype(np.float32)
    centre, axes = principal_axes(flat, 3)
    short = (flat - centre) @ axes
    np.testing.assert_allclose(short @ short.T, (flat - centre) @ (flat - centre).T, rtol=1e-2, atol=0.05)
