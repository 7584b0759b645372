"""The learner on made embeddings: what it gains, what it never loses, and that it replays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr.annotate import learner
from photomgr.annotate.learner import Basis, Evidence, TagModel
from photomgr.annotate.neighbours import unit

_SIZE, _WIDTH = 1200, 64


@dataclass
class World:
    """A library in which a tag is a direction of the embedding and the network sees it dimly."""

    embeddings: NDArray[np.float16]
    truth: NDArray[np.bool_]
    network: NDArray[np.float64]

    @classmethod
    def make(cls, seed: int, clarity: float = 0.6) -> World:
        dice = np.random.default_rng(seed)
        spread = np.geomspace(3, 0.3, _WIDTH)
        mixing = np.linalg.qr(dice.normal(size=(_WIDTH, _WIDTH)))[0]
        rows = dice.normal(size=(_SIZE, _WIDTH)) * spread
        truth = dice.random(_SIZE) < 0.08
        rows[truth] += 1.6 * np.eye(_WIDTH)[_WIDTH // 2] + 1.2 * np.eye(_WIDTH)[_WIDTH // 3]
        rows = rows @ mixing
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        logits = -3 + 3.5 * clarity * truth + dice.normal(size=_SIZE)
        return cls(rows.astype(np.float16), truth, 1 / (1 + np.exp(-logits)))

    def learn(self, decided: list[int], says: NDArray[np.bool_], *, known: bool) -> TagModel:
        chosen = np.sort(np.array(decided, np.intp))
        others = np.setdiff1d(np.arange(0, _SIZE, 4), chosen)
        prior = self.prior(known)
        return learner.learn(
            Basis.of(self.embeddings),
            Evidence(self.embeddings[chosen], prior[chosen]),
            says[chosen],
            Evidence(self.embeddings[others], prior[others]),
            known=known,
        )

    def prior(self, known: bool) -> NDArray[np.float64]:
        return learner.logit(self.network if known else np.full(_SIZE, learner.BASE_RATE))

    def score(self, model: TagModel, known: bool) -> NDArray[np.float32]:
        return learner.scores([model], self.embeddings, self.prior(known)[:, None])[0][:, 0]

    def some(self, dice: np.random.Generator, right: int, wrong: int) -> list[int]:
        yes = dice.choice(np.flatnonzero(self.truth), right, replace=False)
        no = dice.choice(np.flatnonzero(~self.truth), wrong, replace=False)
        return [*map(int, yes), *map(int, no)]

    def precision(self, scores: NDArray[np.floating], without: list[int]) -> float:
        left = np.setdiff1d(np.arange(_SIZE), without)
        ranked = self.truth[left][np.argsort(-scores[left], kind="stable")]
        return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def _gains(known: bool, right: int, wrong: int, flip: bool = False) -> NDArray[np.float64]:
    """AP gained over the network (known) or over chance (invented) in several worlds."""
    gains = []
    for seed in range(8):
        world = World.make(seed)
        decided = world.some(np.random.default_rng(seed), right, wrong)
        model = world.learn(decided, world.truth ^ flip, known=known)
        before = world.network if known else np.random.default_rng(seed).random(_SIZE)
        gains.append(world.precision(world.score(model, known), decided) - world.precision(before, decided))
    return np.array(gains)


def test_ten_decisions_sharpen_a_known_tag() -> None:
    gains = _gains(True, 5, 5)
    assert gains.mean() > 0.01
    assert gains.min() > -0.03


def test_a_hundred_decisions_sharpen_it_much() -> None:
    assert _gains(True, 50, 50).mean() > 0.15


@pytest.mark.parametrize("decisions", [1, 2, 3])
def test_few_wrong_decisions_do_little_harm(decisions: int) -> None:
    gains = _gains(True, decisions, 0, flip=True)
    assert gains.mean() > -0.03
    assert gains.min() > -0.08


def test_an_invented_tag_is_learnt_from_five_examples() -> None:
    few, many = _gains(False, 5, 0), _gains(False, 30, 30)
    assert few.min() > 0
    assert many.mean() > few.mean() + 0.08


def test_without_decisions_the_network_speaks_alone() -> None:
    world = World.make(1)
    model = world.learn([], world.truth, known=True)
    assert np.allclose(world.score(model, True), world.network, atol=2e-3)


def test_it_replays_bit_for_bit() -> None:
    world = World.make(2)
    decided = world.some(np.random.default_rng(2), 12, 9)
    for known in (True, False):
        first = world.learn(decided, world.truth, known=known)
        world.learn(decided[:7], world.truth, known=known)  # what was learnt between leaves no trace
        again = world.learn(decided[::-1], world.truth, known=known)
        assert first.weights.tobytes() == again.weights.tobytes()
        assert (first.slope, first.bias) == (again.slope, again.bias)
        assert first.foretold.tobytes() == again.foretold.tobytes()
        assert first.votes is not None and again.votes is not None
        assert first.votes.rows.tobytes() == again.votes.rows.tobytes()
        assert first.votes.weight == again.votes.weight


def test_probabilities_promise_no_more_than_they_keep() -> None:
    """Over all photos they are as high as the tag is frequent; those above 0.7 are right at least so often."""
    scores, truth = [], []
    for seed in range(6):
        world = World.make(seed)
        decided = list(range(seed, _SIZE, 8))
        left = np.setdiff1d(np.arange(_SIZE), decided)
        scores.append(world.score(world.learn(decided, world.truth, known=True), True)[left])
        truth.append(world.truth[left])
    said, true = np.concatenate(scores), np.concatenate(truth)
    assert abs(said.mean() - true.mean()) < 0.02
    bold = said > 0.7
    assert bold.sum() > 20
    assert true[bold].mean() > said[bold].mean() - 0.05


def test_each_decision_is_foretold_without_itself() -> None:
    """The formula's leave-one-out is close to really leaving one out."""
    world = World.make(3)
    decided = sorted(world.some(np.random.default_rng(3), 10, 10))
    model = world.learn(decided, world.truth, known=True)
    for place in (0, 7, 15):
        rest = decided[:place] + decided[place + 1 :]
        without = world.score(world.learn(rest, world.truth, known=True), True)[decided[place]]
        assert abs(float(model.foretold[place]) - float(without)) < 0.1


def test_many_tags_are_scored_as_each_alone() -> None:
    world = World.make(4)
    models = [world.learn(list(range(n, 200, 3)), world.truth, known=True) for n in range(3)]
    priors = np.repeat(world.prior(True)[:, None], 3, axis=1)
    together, own, votes = learner.scores(models, world.embeddings, priors)
    assert together.shape == own.shape == votes.shape == (_SIZE, 3)
    for n, model in enumerate(models):
        assert np.allclose(together[:, n], world.score(model, True), atol=1e-5)
    assert together.min() >= 0
    assert together.max() <= 1


@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_libraries_and_twins_are_no_trouble(size: int) -> None:
    embeddings = np.repeat(World.make(5).embeddings[:1], size, axis=0)
    prior = np.full(size, -2.0)
    none = Evidence(embeddings[:0], prior[:0])
    for known in (True, False):
        model = learner.learn(
            Basis.of(embeddings), Evidence(embeddings, prior), np.ones(size), none, known=known
        )
        scores, _, _ = learner.scores([model], embeddings, prior[:, None])
        assert np.isfinite(scores).all()


def test_bands_follow_the_decisions() -> None:
    foretold = np.linspace(0.999, 0.50, 60)
    assert learner.bands(foretold[:10], np.ones(10), 0.4) == (0.95, 0.4)  # too few to say otherwise
    timid = learner.bands(foretold, np.ones(60), 0.4)
    assert timid == (0.85, 0.4)
    wrong_below = np.ones(60)
    wrong_below[3:] = 0
    assert learner.bands(foretold, wrong_below, 0.4)[0] == 0.995  # nothing proves that it is ever right
    bold = np.linspace(0.999, 0.90, 60)
    wrong_below[:20] = 1
    sure, ask = learner.bands(bold, wrong_below, 0.4)
    assert sure == pytest.approx(bold[19])
    assert ask == 0.4


def test_look_alikes_are_compared_about_the_middle_where_embeddings_have_one() -> None:
    """Those of the shipped network are about 0, those of a person's own networks rarely."""
    world = World.make(1)
    decided = np.arange(40)
    prior = world.prior(True)
    for central in (False, True):
        basis = Basis.of(world.embeddings, central=central)
        model = learner.learn(
            basis,
            Evidence(world.embeddings[decided], prior[decided]),
            world.truth[decided],
            Evidence(world.embeddings[decided + 40], prior[decided + 40]),
            known=True,
        )
        assert model.votes is not None
        middle = basis.mean if central else 0
        wanted = unit(world.embeddings[decided] - middle)
        assert (model.votes.middle is not None) is central
        assert float((model.votes.rows @ wanted.T).max(axis=1).min()) > 0.999
