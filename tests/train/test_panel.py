"""Batches for training: what labels say of a view, and what a panel of networks says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photomgr.annotate.runtime import open_session
from photomgr.core.errors import ModelError
from photomgr.train import graph
from photomgr.train.corpus import Part
from photomgr.train.draws import Deck, Draw
from photomgr.train.panel import Head, Mirror, Panel, mirror
from photomgr.train.recipe import Recipe
from photomgr.train.sets import PhotoSet, Row
from photomgr.train.targets import TEACHER, Targets
from tests.train.test_graph import small

GREY, SEA, SKY, TAGS = 0, 1, 2, 3
OUTPUTS = 5
SIDE = 32


def photos(count: int) -> Part:
    """Noise, of which somebody said that there is sea and no sky; the last photo is held out."""
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    targets = Targets.empty(count, OUTPUTS)
    for row in range(count):
        targets.say(row, SEA, 1.0)
        targets.say(row, SKY, 0.0)
    rows = [Row(f"{n}.webp", "sea", n == count - 1) for n in range(count)]
    classes = rng.random((count, 1001)).astype(np.float16)
    return Part(
        PhotoSet("own", SIDE, "present"), rows, pixels, targets, classes, np.zeros((count, 0), np.float16)
    )


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    plan, weights, finish = small()
    own = tmp_path / "own.onnx"
    graph.write(own, plan, weights, finish, SIDE)
    other = tmp_path / "other.onnx"
    graph.write(other, plan, weights, graph.unfinished(weights, TAGS), SIDE)
    rng = np.random.default_rng(3)
    shapes = {"linear.weight": (1, 4), "linear.bias": (1,), "down.weight": (6, 4), "down.bias": (6,),
              "up.weight": (1, 6)}  # fmt: skip

    def head() -> Head:
        return {name: rng.normal(scale=0.1, size=shape).astype(np.float32) for name, shape in shapes.items()}

    eye = np.eye(4, dtype=np.float32)
    sees = Mirror(eye, np.zeros(4, np.float32), np.zeros(4, np.float32))
    return Panel(
        ((open_session(own), SIDE),), np.ones(OUTPUTS, np.bool_), open_session(other), [head(), head()],
        np.arange(64) % 2, [SEA], plan.classifier, sees, side=SIDE,
    )  # fmt: skip


def deck(panel: Panel | None, count: int = 21) -> Deck:
    return Deck([photos(count)], Recipe(batch=10, seed=5), GREY, [SEA], panel)


def alone(count: int) -> np.ndarray:
    """The folds of photos that no head has seen."""
    return np.full(count, -1)


def same(one: Draw, other: Draw) -> bool:
    fields = ("pixels", "value", "weight", "classes", "features")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


@pytest.mark.parametrize("judged", [False, True])
def test_a_step_is_drawn_alike_whenever_it_is_drawn(panel: Panel, judged: bool) -> None:
    some = deck(panel if judged else None)
    assert some.steps == 2
    first = some.draw(0, 16)
    assert first.pixels.shape == (10, 16, 16, 3)
    some.draw(1, 16)
    assert same(first, some.draw(0, 16))
    assert not same(first, some.draw(2, 16))  # the next epoch shuffles anew


def test_without_a_panel_labels_are_the_targets() -> None:
    batch = deck(None).draw(0, 16)
    assert (batch.value[:, SEA] == 1).all()
    assert (batch.value[:, SKY] == 0).all()
    assert (batch.weight[:, [SEA, SKY]] == 1).all()
    assert (batch.weight[:, TAGS:] == 0).all()
    assert batch.classes.shape == (10, 1001)
    assert batch.features.shape == (10, 0)


def test_a_panel_judges_the_view_itself_and_labels_have_their_share(panel: Panel) -> None:
    some = deck(panel)
    batches = [some.draw(step, SIDE) for step in range(8)]
    pixels = np.concatenate([batch.pixels for batch in batches])
    value = np.concatenate([batch.value for batch in batches])
    opinion = panel.judge(pixels, alone(len(pixels)))
    np.testing.assert_allclose(np.concatenate([b.classes for b in batches]), opinion.classes, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([b.features for b in batches]), opinion.features, atol=1e-5)
    np.testing.assert_allclose(value[:, TAGS:], opinion.value[:, TAGS:], atol=1e-5)  # nobody said anything
    labelled = np.isclose(value[:, SEA], 0.3 + 0.7 * opinion.value[:, SEA], atol=1e-5)
    mixed = np.isclose(value[:, SEA], opinion.value[:, SEA], atol=1e-5)
    assert (labelled ^ mixed).all()
    assert 0.1 < mixed.mean() < 0.5


def test_the_head_on_the_judge_has_a_say_in_its_own_concepts_only(panel: Panel) -> None:
    views = photos(6).pixels
    plain = replace(panel, heads=[]).judge(views, alone(6))
    said = panel.judge(views, alone(6))
    others = [column for column in range(OUTPUTS) if column != SEA]
    np.testing.assert_array_equal(said.value[:, others], plain.value[:, others])
    assert (np.abs(said.value[:, SEA] / plain.value[:, SEA] - 1) > 0.01).all()
    np.testing.assert_allclose(said.classes.sum(axis=1), 1, atol=1e-5)


def test_a_photo_is_judged_by_the_head_that_has_not_seen_it(panel: Panel) -> None:
    views, folds = photos(4).pixels, np.array([0, 1, 1, -1])
    said = panel.judge(views, folds).value[:, SEA]
    first, second = (
        replace(panel, heads=[head]).judge(views, alone(4)).value[:, SEA] for head in panel.heads
    )
    np.testing.assert_allclose(said[:3], [first[0], second[1], second[2]], rtol=1e-4)
    assert min(first[3], second[3]) < said[3] < max(first[3], second[3])


def test_a_tag_that_the_panel_has_no_word_for_is_taught_by_labels(panel: Panel) -> None:
    known = np.ones(OUTPUTS, np.bool_)
    known[[SKY, TAGS]] = False
    some = deck(replace(panel, known=known))
    batches = [some.draw(step, SIDE) for step in range(6)]
    value, weight = (np.concatenate([getattr(b, name) for b in batches]) for name in ("value", "weight"))
    labelled = weight[:, SKY] > 0
    assert 0 < labelled.sum() < len(labelled)  # those that are mixed teach nothing of it
    assert (value[labelled, SKY] == 0).all() and (weight[labelled, SKY] == 1).all()
    unsaid = weight[:, TAGS] > 0  # what no label speaks of counts as the start would have it, and little
    np.testing.assert_array_equal(unsaid, labelled)
    assert (weight[unsaid, TAGS] == TEACHER).all()


def test_photos_that_are_held_out_are_never_drawn() -> None:
    part = photos(11)
    part.pixels[:10], part.pixels[10] = 0, 255
    some = Deck([part], Recipe(batch=10), GREY, [SEA])
    assert some.steps == 1
    assert all(some.draw(step, 16).pixels.max() < 60 for step in range(3))


def test_fewer_photos_than_a_batch_make_a_small_one() -> None:
    some = deck(None, 4)
    assert some.steps == 1
    assert len(some.draw(0, 16).pixels) == 3
    with pytest.raises(ModelError, match="no photo to learn from"):
        deck(None, 1)


def test_a_mirror_finds_how_one_network_sees_what_another_sees() -> None:
    rng = np.random.default_rng(9)
    mine = rng.normal(size=(4000, 6)).astype(np.float16) * 5
    kernel, offset = rng.normal(size=(6, 3)), rng.normal(size=3)
    found = mirror(mine, (mine @ kernel + offset).astype(np.float16))
    np.testing.assert_allclose(found.kernel, kernel, atol=0.05)
    np.testing.assert_allclose(found.offset, offset, atol=0.1)
    np.testing.assert_allclose(found.centre, (mine @ kernel + offset).mean(axis=0), atol=0.02)
