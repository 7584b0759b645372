"""Context on made photos: it finds what circumstances tell, and says nothing where they tell nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from photomgr.annotate.context import Album, Circumstances, ContextModel, Frame, around, recalled
from photomgr.annotate.learner import logit, sigmoid


def _night_photos(
    seed: int, count: int = 800
) -> tuple[list[Circumstances], NDArray[np.bool_], NDArray[np.float64]]:
    """Half are taken at night, which a dim network half sees."""
    dice = np.random.default_rng(seed)
    truth = dice.random(count) < 0.5
    photos = []
    for night in truth:
        hour = (21 + dice.integers(0, 7)) % 24 if night else dice.integers(8, 20)
        day = datetime(2024, 1, 1) + timedelta(days=int(dice.integers(0, 365)))
        photos.append(
            Circumstances(day.replace(hour=int(hour)), bool(dice.random() < 0.3), 35.0, folder="/photos")
        )
    return photos, truth, 1.2 * (2.0 * truth - 1) + 1.5 * dice.normal(size=count)


def _loss(logits: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    return float(np.logaddexp(0, np.where(truth, -logits, logits)).mean())


def test_the_hour_tells_night() -> None:
    photos, truth, prior = _night_photos(1)
    fresh, says, before = _night_photos(2)
    frame = Frame.of(Album.of(photos))
    model = ContextModel.fit(frame.features(Album.of(photos))[:100], prior[:100], truth[:100])
    after = logit(model(frame.features(Album.of(fresh)), before))
    assert _loss(after, says) < 0.5 * _loss(before, says)


def test_circumstances_that_tell_nothing_change_nothing() -> None:
    dice = np.random.default_rng(3)
    photos, truth, prior = _night_photos(1)
    fresh, says, before = _night_photos(2)
    shuffled = [photos[n] for n in dice.permutation(len(photos))]
    other = [fresh[n] for n in dice.permutation(len(fresh))]
    frame = Frame.of(Album.of(photos))
    for count in (4, 12, 40, 150):
        with_it = ContextModel.fit(frame.features(Album.of(shuffled))[:count], prior[:count], truth[:count])
        without = ContextModel.fit(np.zeros((count, 1)), prior[:count], truth[:count])
        context = _loss(logit(with_it(frame.features(Album.of(other)), before)), says)
        assert context < _loss(logit(without(np.zeros((len(fresh), 1)), before)), says) + 0.02


def test_photos_without_circumstances_have_no_features() -> None:
    frame = Frame.of(Album.of([Circumstances(folder="/a/beach")] * 3 + [Circumstances(folder="/b")] * 3))
    assert frame.words == ("beach",)
    assert not frame.features(Album.of([Circumstances()])).any()


def test_folder_words_and_places_are_features() -> None:
    shore = [Circumstances(latitude=54.1, longitude=7.9, folder="/x/2023/Nordsee Urlaub")] * 5
    rest = [Circumstances(latitude=48.1, longitude=11.6, folder="/x/2023")] * 5
    frame = Frame.of(Album.of(shore + rest))
    assert frame.words == ("nordsee", "urlaub")
    assert len(frame.places) == 2
    rows = frame.features(Album.of([shore[0], rest[0]]))
    assert (rows[0] != rows[1]).sum() == 4


def test_the_south_has_its_summer_in_january() -> None:
    frame = Frame.of(Album.of([]))
    july = Circumstances(datetime(2024, 7, 1, 12), latitude=50.0)
    january = Circumstances(datetime(2024, 1, 1, 12), latitude=-35.0)
    rows = frame.features(Album.of([july, january]))
    assert rows[0, 4:6] == pytest.approx(rows[1, 4:6], abs=0.1)


def test_hour_season_and_weekend_are_those_of_the_calendar() -> None:
    dice = np.random.default_rng(8)
    whens = [datetime(1960, 1, 1) + timedelta(seconds=float(s)) for s in dice.uniform(0, 3e9, 300)]
    rows = Frame.of(Album.of([])).features(Album.of([Circumstances(when) for when in whens]))
    hours = np.array([2 * np.pi * (when.hour + when.minute / 60) / 24 for when in whens])
    seasons = np.array([2 * np.pi * when.timetuple().tm_yday / 365.25 for when in whens])
    assert rows[:, 0] == pytest.approx(np.sin(hours), abs=1e-6)
    assert rows[:, 3] == pytest.approx(np.cos(2 * hours), abs=1e-6)
    assert rows[:, 5] == pytest.approx(np.cos(seasons), abs=1e-6)
    assert (rows[:, 6] > 0).tolist() == [when.weekday() >= 5 for when in whens]


def test_what_is_unknown_of_a_photo_is_nought_beside_what_is_known() -> None:
    photos = Album.of(
        [
            Circumstances(datetime(2024, 5, 4, 9)),
            Circumstances(flash=False, focal=35.0),
            Circumstances(flash=True, focal=0.0, latitude=50.0),
        ]
    )
    rows = Frame.of(Album.of([])).features(photos)
    assert rows[0, 7:].tolist() == [0, 0, 0]
    assert rows[1, :7].tolist() == [0] * 7
    assert rows[1, 7:] == pytest.approx([-0.3, 0, -0.5])
    assert rows[2].tolist() == [0] * 7 + [1, 0, 0]


def test_photos_of_one_event_help_each_other() -> None:
    """Twenty events of ten photos; the network sees the tag of an event on most of its photos."""
    dice = np.random.default_rng(5)
    event = np.repeat(np.arange(20), 10)
    truth = (event % 2 == 0)[:, None]
    seconds = event * 86400.0 + dice.random(200) * 1200
    alone = sigmoid(1.5 * (2.0 * truth - 1) + 2.0 * dice.normal(size=truth.shape))
    order = dice.permutation(200)
    heard = np.empty((200, 1))
    heard[order] = around(seconds[order], alone[order])
    both = logit(alone) + heard
    assert ((both > 0) == truth).mean() > ((alone > 0.5) == truth).mean() + 0.05
    assert np.isfinite(heard).all()


def test_a_photo_does_not_hear_itself() -> None:
    alone = np.full((3, 1), 0.1)
    alone[1] = 0.99
    seconds = np.array([0.0, 1e7, 2e7])
    assert np.abs(around(seconds, alone)).max() < 0.01
    assert around(np.full(3, np.nan), alone) == pytest.approx(0.0)
    assert around(np.zeros(1), np.full((1, 2), 0.5)).shape == (1, 2)


def test_what_was_decided_is_heard_by_those_around_and_not_by_itself() -> None:
    seconds = np.array([0.0, 60.0, 600.0, 1e6, 1e6 + 60])
    heard = recalled(seconds, np.array([0, 3]), np.array([1.0, 0.0]))
    assert heard[0] == heard[3] == 0
    assert heard[1] > heard[2] > 0 > heard[4]
    both = recalled(np.array([0.0, 0.0, 60.0]), np.array([0, 1]), np.array([1.0, 0.0]))
    assert both[0] < 0 < both[1]
    assert both[2] == pytest.approx(0.0)
    assert (recalled(seconds, np.zeros(0, np.intp), np.zeros(0)) == 0).all()


def test_the_same_decisions_give_the_same_model() -> None:
    photos, truth, prior = _night_photos(1, 60)
    rows = Frame.of(Album.of(photos)).features(Album.of(photos))
    once, again = (ContextModel.fit(rows, prior, truth).correction.weights for _ in range(2))
    assert once.tobytes() == again.tobytes()
