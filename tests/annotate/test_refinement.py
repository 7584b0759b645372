"""Refinement on made photos: tags follow from the picture, some were lost and some invented, and it is known which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr.annotate import neighbours
from photomgr.annotate.refinement import best_cut, low_rank, refine


@dataclass
class World:
    """600 photos of six kinds, each kind with a tag of its own and one of two broad ones; a dim network."""

    truth: NDArray[np.bool_]
    given: NDArray[np.bool_]
    network: NDArray[np.float64]
    places: NDArray[np.intp]
    similar: NDArray[np.float32]

    @classmethod
    def make(cls, share: float, seed: int = 1) -> World:
        dice = np.random.default_rng(seed)
        kind = np.repeat(np.arange(6), 100)
        truth = np.zeros((600, 8), np.bool_)
        truth[np.arange(600), kind] = True
        truth[np.arange(600), 6 + kind % 2] = True
        rows = neighbours.unit(np.eye(6, 40)[kind] + 0.22 * dice.normal(size=(600, 40)))
        logits = -2.5 + 4.0 * truth + 1.5 * dice.normal(size=truth.shape)
        given = truth.copy()
        for tag in range(8):
            yes, no = np.flatnonzero(truth[:, tag]), np.flatnonzero(~truth[:, tag])
            count = round(share * len(yes))
            given[dice.choice(yes, count, replace=False), tag] = False
            given[dice.choice(no, count, replace=False), tag] = True
        places, similar = neighbours.nearest(rows, rows, 20, without=np.arange(600))
        return cls(truth, given, 1 / (1 + np.exp(-logits)), places, similar)

    def f1(self, found: NDArray[np.bool_]) -> float:
        return float(2 * (found & self.truth).sum() / (found.sum() + self.truth.sum()))


def _parts(world: World) -> tuple[Any, ...]:
    return world.given, world.places, world.similar, world.network


@pytest.mark.parametrize("share", [0.2, 0.4])
@pytest.mark.parametrize("network", [True, False])
def test_corrected_tags_are_better_than_those_given(share: float, network: bool) -> None:
    world = World.make(share)
    found = refine(world.given, world.places, world.similar, world.network if network else None)
    assert world.f1(found.probability >= 0.5) > world.f1(world.given) + 0.08
    assert world.f1(found.probability >= best_cut(found.probability)) > world.f1(world.given) + 0.08


def test_it_learns_how_often_the_giver_errs() -> None:
    world = World.make(0.3)
    found = refine(world.given, world.places, world.similar, world.network)
    assert found.omits == pytest.approx(np.full(8, 0.3), abs=0.13)
    assert refine(*_parts(World.make(0.05))).omits.max() < 0.1


def test_true_tags_are_left_alone() -> None:
    world = World.make(0.0)
    found = refine(world.given, world.places, world.similar, world.network)
    assert world.f1(found.probability >= 0.5) > 0.98


def test_what_a_person_decided_is_not_doubted() -> None:
    world = World.make(0.3)
    fixed = np.zeros_like(world.given)
    fixed[:50] = True
    found = refine(world.given, world.places, world.similar, world.network, fixed=fixed)
    assert (found.probability[:50] == world.given[:50]).all()


def test_a_tag_that_the_network_lacks_is_judged_by_the_others() -> None:
    world = World.make(0.2)
    network = world.network.copy()
    network[:, 3] = np.nan
    found = refine(world.given, world.places, world.similar, network)
    better = (found.probability[:, 3] >= 0.5) == world.truth[:, 3]
    assert better.mean() > (world.given[:, 3] == world.truth[:, 3]).mean() + 0.02
    assert (found.says[0, :, 3] == 0).all()


def test_the_witness_that_speaks_against_an_invented_tag_is_named() -> None:
    world = World.make(0.2)
    found = refine(world.given, world.places, world.similar, world.network)
    invented = world.given & ~world.truth & (found.probability < 0.3)
    says = found.says[:, invented]
    assert found.witnesses == ("network", "neighbours")
    assert (says.min(axis=0) < 0).mean() > 0.95


def test_the_tags_of_another_photo_are_found_where_each_photo_has_one_tag() -> None:
    """Its other tags, which it lacks, would vouch for whatever tag a photo was given."""
    dice = np.random.default_rng(3)
    kind = np.arange(200) % 5
    rows = np.eye(5, 64)[kind] + 0.05 * dice.normal(size=(200, 64))
    rows = neighbours.unit(rows)
    places, similar = neighbours.nearest(rows, rows, 20, without=np.arange(200))
    truth, given = (
        np.eye(5, dtype=bool)[each] for each in (kind, np.where(dice.random(200) < 0.08, 0, kind))
    )
    network = 1 / (1 + np.exp(-np.where(truth, 1.0, -3.0) - 1.5 * dice.normal(size=truth.shape)))
    wrong = given & ~truth
    assert wrong.sum() > 8
    found = refine(given, places, similar, network)
    assert (found.probability < 0.25)[wrong].mean() > 0.9
    assert (found.probability < 0.25)[given & truth].mean() < 0.02
    heard = refine(given, places, similar, network, together=True)
    assert heard.witnesses[-1] == "other tags"
    assert not (heard.probability < 0.25)[wrong].any()


def test_low_rank_mends_what_few_errors_broke() -> None:
    world = World.make(0.2)
    found = low_rank(world.given, world.places, world.similar)
    assert found.min() >= 0 and found.max() <= 1
    assert max(world.f1(found >= cut) for cut in (0.4, 0.5)) > world.f1(world.given)


def test_a_tag_that_all_or_none_have() -> None:
    world = World.make(0.1)
    world.given[:, 0], world.given[:, 1] = True, False
    for found in (
        refine(world.given, world.places, world.similar, world.network).probability,
        low_rank(world.given, world.places, world.similar),
    ):
        assert np.isfinite(found).all()


def test_the_cut_of_certain_tags_takes_just_these() -> None:
    probability = np.array([[0.99, 0.98, 0.01], [0.02, 0.97, 0.0]])
    assert (probability >= best_cut(probability)).sum() == 3


def test_the_same_tags_give_the_same_answer() -> None:
    world = World.make(0.3)
    once, again = (refine(world.given, world.places, world.similar, world.network) for _ in range(2))
    assert once.probability.tobytes() == again.probability.tobytes()
