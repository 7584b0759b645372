"""Classes learned from one example at a time, against the same computed from all of them at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr.annotate.online import Discriminants, NaiveBayes, enough

_CLASSES, _WIDTH = 6, 24


def _stream(seed: int, each: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Classes that differ in a few directions under a strong noise that they share, in random order."""
    dice = np.random.default_rng(seed)
    labels = dice.permutation(np.repeat(np.arange(_CLASSES), each))
    middle = np.random.default_rng(9).normal(size=(_CLASSES, _WIDTH))
    mixing = np.random.default_rng(8).normal(size=(_WIDTH, _WIDTH)) @ np.diag(np.geomspace(1.5, 0.1, _WIDTH))
    return middle[labels] + dice.normal(size=(len(labels), _WIDTH)) @ mixing.T, labels


def _right(found: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    return float((found.argmax(axis=1) == labels).mean())


def test_running_statistics_are_those_of_all_examples() -> None:
    rows, labels = _stream(1, 20)
    model = NaiveBayes(_WIDTH)
    for row, label in zip(rows, labels, strict=True):
        model.learn(row, int(label))
    fresh = _stream(2, 5)[0]
    logits = np.zeros((len(fresh), _CLASSES))
    for label in range(_CLASSES):
        own = rows[labels == label]
        logits[:, label] = -0.5 * ((fresh - own.mean(0)) ** 2 / own.var(0) + np.log(own.var(0))).sum(1)
    expected = np.exp(logits - logits.max(1, keepdims=True))
    assert np.allclose(model.probabilities(fresh), expected / expected.sum(1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("kind", ["bayes", "discriminants"])
def test_the_order_of_examples_does_not_matter(kind: str) -> None:
    rows, labels = _stream(1, 60)
    fresh, _ = _stream(2, 5)
    found = []
    for order in (np.arange(len(rows)), np.arange(len(rows))[::-1]):
        model = NaiveBayes(_WIDTH, rooted=True) if kind == "bayes" else Discriminants(_WIDTH)
        for n in order:
            model.learn(rows[n], int(labels[n]))
        found.append(model.probabilities(fresh))
    assert np.allclose(found[0], found[1], atol=1e-9)


def test_a_shared_covariance_sees_through_shared_noise() -> None:
    rows, labels = _stream(1, 40)
    fresh, truth = _stream(2, 100)
    models = (Discriminants(_WIDTH), NaiveBayes(_WIDTH))
    for model in models:
        for row, label in zip(rows, labels, strict=True):
            model.learn(row, int(label))
    shared, naive = (_right(model.probabilities(fresh), truth) for model in models)
    assert shared > 0.8 and shared > naive + 0.1


def test_means_of_few_examples_that_are_long_by_chance_win_no_photos() -> None:
    """Half of the classes have three examples, half have thirty: by angle the many are told apart more often."""
    dice = np.random.default_rng(0)
    centres = dice.normal(size=(30, 60))
    by_angle, by_distance = Discriminants(60), Discriminants(60, by_angle=False)
    for label, centre in enumerate(centres):
        for row in centre + 2.5 * dice.normal(size=(3 if label % 2 else 30, 60)):
            by_angle.learn(row, label)
            by_distance.learn(row, label)
    truth = np.repeat(np.arange(30), 40)
    asked = centres[truth] + 2.5 * dice.normal(size=(len(truth), 60))
    assert (
        _right(by_angle.probabilities(asked), truth) > _right(by_distance.probabilities(asked), truth) + 0.04
    )


def test_it_may_be_asked_at_any_time_and_then_learns_on() -> None:
    rows, labels = _stream(1, 40)
    asked, silent = Discriminants(_WIDTH), Discriminants(_WIDTH)
    for row, label in zip(rows, labels, strict=True):
        asked.learn(row, int(label))
        silent.learn(row, int(label))
        asked.probabilities(rows[:1])
    assert np.allclose(asked.probabilities(rows), silent.probabilities(rows), atol=1e-9)


@pytest.mark.parametrize("model", [NaiveBayes(3), NaiveBayes(3, rooted=True), Discriminants(3)])
def test_a_class_may_come_late_and_one_without_examples_is_impossible(
    model: NaiveBayes | Discriminants,
) -> None:
    dice = np.random.default_rng(1)
    for label in (0, 0, 0, 2, 2, 2):
        model.learn(dice.normal(size=3) + label, label)
    found = model.probabilities(np.array([[0.0, 0, 0], [2, 2, 2]]))
    assert found.shape == (2, 3) and (found[:, 1] == 0).all()
    assert np.allclose(found.sum(axis=1), 1)


def test_a_feature_that_never_moved_does_not_break_it() -> None:
    for model in (NaiveBayes(2), NaiveBayes(2, rooted=True), Discriminants(2)):
        for value, label in ((0.1, 0), (0.2, 0), (0.9, 1), (1.0, 1)):
            model.learn(np.array([value, 0.0]), label)
        found = model.probabilities(np.array([[0.1, 0.0], [1.0, 0.0]]))
        assert np.isfinite(found).all() and found.argmax(axis=1).tolist() == [0, 1]


def test_tags_end_where_their_probabilities_are_enough() -> None:
    assert enough(np.array([0.05, 0.6, 0.3, 0.05])).tolist() == [1, 2]
    assert enough(np.array([0.05, 0.6, 0.3, 0.05]), mass=0.5).tolist() == [1]
    assert enough(np.array([0.5, 0.5]), mass=1.0).tolist() == [0, 1]
    assert enough(np.array([0.2, 0.1, 0.1])).tolist() == [0, 1, 2]  # of their sum, whatever it is
    assert enough(np.zeros(3)).tolist() == []
