"""System B's parts on photos that are made up: TaggerNet, equal precision, boxes."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.train.systems import everything
from photomgr.train.systems.places import Found, figures, overlap, true_boxes
from photomgr.train.systems.tagger import _recall
from photomgr.train.systems.taggernet import Net


def test_it_is_one_of_the_systems() -> None:
    assert "B" in [system.letter for system in everything()]


def test_taggernet_learns_what_can_be_learned_and_the_seed_decides_all() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((4500, 20)).astype(np.float32)
    truth = np.stack([features[:, 0] > 0, features[:, 1] * features[:, 2] > 0.2], axis=1)
    logits = Net(features[:4000], truth[:4000], 1)(features[4000:])
    assert ((logits[:, 0] > 0) == truth[4000:, 0]).mean() > 0.85
    np.testing.assert_array_equal(logits, Net(features[:4000], truth[:4000], 1)(features[4000:]))


def test_recall_at_a_precision() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.5]], np.float32)
    truth = np.array([[True, False, True, True, False]])
    assert _recall(scores, truth, 0.75) == pytest.approx(1.0)
    assert _recall(scores, truth, 0.9) == pytest.approx(1 / 3)
    assert _recall(scores, np.zeros_like(truth), 0.5) == 0


def test_boxes_are_read_and_measured() -> None:
    found = true_boxes("car 50 0 100 100  ; person 0 0 10 100 ;", "100x200->50x100")
    assert found == {"car": [(0.5, 0.0, 0.5, 0.5)], "person": [(0.0, 0.0, 0.1, 0.5)]}
    assert overlap((0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5)) == pytest.approx(1)
    assert overlap((0, 0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)) == 0
    row = figures([Found((0.5, 0, 0.5, 0.25), (0.6, 0.1), ((0.5, 0.0, 0.5, 0.5),))])
    assert row == {"pointing": 1.0, "iou": pytest.approx(0.5), "iou_over_half": 1.0, "objects": 1.0}
