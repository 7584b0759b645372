"""Votes of look-alikes on made photos: they help where look-alikes agree, and are not heard where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr.annotate import votes
from photomgr.annotate.neighbours import unit
from photomgr.annotate.votes import Heard, Votes


def _heard(seed: int, count: int, *, alike: bool) -> Heard:
    """Photos of which some have the tag, seen dimly by the linear model; they are clusters in the embedding, or not."""
    dice = np.random.default_rng(seed)
    truth = dice.random(count) < 0.4
    middle = np.random.default_rng(9).normal(size=(6, 48)) * 2
    place = np.where(truth, dice.integers(0, 3, count), 3 + dice.integers(0, 3, count))
    if not alike:
        place = dice.integers(0, 6, count)
    rows = unit(middle[place] + dice.normal(size=(count, 48)))
    foretold = 0.8 * (2.0 * truth - 1) + dice.normal(size=count)
    return Heard(rows, np.zeros(count), foretold, truth.astype(np.float64), np.ones(count))


def _loss(logits: NDArray[np.floating], says: NDArray[np.float64]) -> float:
    return float(np.logaddexp(0, np.where(says > 0.5, -logits, logits)).mean())


def test_look_alikes_that_agree_are_heard() -> None:
    photos, fresh = _heard(1, 60, alike=True), _heard(2, 400, alike=True)
    found = votes.fit(photos, 60, known=True)
    assert found is not None
    assert found[0].weight > 0.4
    rows = np.asarray(fresh.embeddings, np.float32)
    after = fresh.foretold + found[0].add(rows, fresh.foretold, fresh.prior)
    assert _loss(after, fresh.says) < 0.7 * _loss(fresh.foretold, fresh.says)
    assert _loss(photos.foretold + found[1], photos.says) < _loss(photos.foretold, photos.says)


def test_look_alikes_that_disagree_are_not() -> None:
    for seed in range(5):
        photos, fresh = _heard(seed, 60, alike=False), _heard(seed + 50, 400, alike=False)
        found = votes.fit(photos, 60, known=True)
        assert found is not None
        rows = np.asarray(fresh.embeddings, np.float32)
        after = fresh.foretold + found[0].add(rows, fresh.foretold, fresh.prior)
        assert _loss(after, fresh.says) < _loss(fresh.foretold, fresh.says) + 0.02


def test_what_all_photos_share_is_no_likeness() -> None:
    """As embeddings of some networks are: about a middle far from 0, so that any two have a high cosine."""
    middle = np.random.default_rng(5).normal(size=48) / 3
    photos, fresh = _heard(1, 60, alike=True), _heard(2, 400, alike=True)
    moved = [replace(each, embeddings=middle + 0.4 * each.embeddings) for each in (photos, fresh)]
    plain = votes.fit(photos, 60, known=True)
    about = votes.fit(moved[0], 60, known=True, middle=middle)
    as_is = votes.fit(replace(moved[0], embeddings=unit(moved[0].embeddings)), 60, known=True)
    assert plain is not None and about is not None and as_is is not None
    assert about[0].weight == pytest.approx(plain[0].weight, abs=1e-3)
    assert np.allclose(about[1], plain[1], atol=1e-3) and not np.allclose(as_is[1], plain[1], atol=0.1)
    heard = [
        each[0].add(np.asarray(one.embeddings, np.float32), fresh.foretold, fresh.prior)
        for each, one in ((about, moved[1]), (plain, fresh))
    ]
    assert np.allclose(*heard, atol=1e-3)


def test_one_decision_is_no_vote() -> None:
    photos = _heard(1, 20, alike=True)
    assert votes.fit(photos, 1, known=False) is None
    assert votes.fit(photos, 0, known=True) is None


def test_a_decision_does_not_vote_on_itself() -> None:
    """Photos alone in their corner: without their own votes nothing is heard of them but the prior."""
    rows = np.eye(8, dtype=np.float32)
    photos = Heard(rows, np.zeros(8), np.zeros(8), np.tile([1.0, 0.0], 4), np.ones(8))
    found = votes.fit(photos, 8, known=True)
    assert found is not None
    others = [found[1][n] for n in range(8)]
    assert np.ptp(others[::2]) < 1e-6 and np.ptp(others[1::2]) < 1e-6
    assert others[0] <= others[1]  # an accepted photo hears one accepting voter less


def test_many_decisions_are_heard_through_a_few_of_them() -> None:
    photos = _heard(3, 900, alike=True)
    found = votes.fit(photos, 900, known=True)
    assert found is not None
    assert len(found[0].rows) == 48
    assert round(found[0].counts.sum()) == 900


def test_only_the_most_probable_hear_the_votes_in_a_large_library() -> None:
    photos, fresh = _heard(1, 60, alike=True), _heard(2, 2000, alike=True)
    found = votes.fit(photos, 60, known=True)
    assert found is not None
    rows = np.asarray(fresh.embeddings, np.float32)
    all_, few = (found[0].add(rows, fresh.foretold, fresh.prior, share) for share in (1.0, 0.1))
    best = np.argsort(-fresh.foretold)[:200]
    assert np.allclose(few[best], all_[best], atol=1e-4)
    assert len(np.unique(few)) <= 201


def test_the_same_decisions_give_the_same_votes() -> None:
    photos = _heard(4, 80, alike=True)
    once, again = (votes.fit(photos, 50, known=False) for _ in range(2))
    assert once is not None and again is not None
    assert once[0].weight == again[0].weight
    assert once[1].tobytes() == again[1].tobytes()


def test_photos_of_no_votes_at_all() -> None:
    nobody = Votes(np.empty((0, 4), np.float32), np.empty(0), np.empty(0), 0.5)
    moved = nobody.add(np.eye(4, dtype=np.float32), np.ones(4), np.ones(4))
    assert np.allclose(moved, 0, atol=1e-6)
