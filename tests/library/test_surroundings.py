"""Circumstances in the learning of a real catalog whose photos carry made embeddings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.moments import Moments, moments_of
from photomgr.library.surroundings import Lookup, joined
from tests.photos import plain

_EACH = 24


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Photos in a folder named harbour and as many in one named attic; their pictures tell nothing."""
    for n in range(2 * _EACH):
        place = "harbour" if n % 2 else "attic"
        plain(tmp_path / "photos" / place / f"{n:02}.png", (5 * n, 90, 200))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    annotator = opened.annotator()
    dice = np.random.default_rng(1)
    rows = dice.normal(size=(2 * _EACH, 512))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = np.full((2 * _EACH, len(annotator.labels)), 0.01, np.float16)
    scores[:, annotator.labels.index("boat")] = 0.4
    opened.catalog.annotations.write(
        annotator.model_hash,
        [
            (photo, b"", rows[n].astype(np.float16).tobytes(), scores[n].tobytes(), ())
            for n, photo in enumerate(_ids(opened))
        ],
    )
    yield opened
    opened.close()


def _ids(library: Library, place: str = "") -> list[int]:
    photos = sorted(photo for photo, _, _ in library.catalog.lists.without_problem())
    return [each.id for each in library.photos(photos) if place.encode() in each.folder]


def test_the_folder_tells_where_pictures_do_not(library: Library) -> None:
    harbour, attic = _ids(library, "harbour"), _ids(library, "attic")
    library.accept("boat", harbour[:14])
    library.reject("boat", attic[:14])
    jobs.run(library.learn())
    found = {each.photo: each.score for each in library.reviewing.suggestions("boat")}
    assert all(found.get(photo, 0.0) > 0.5 for photo in harbour[14:])
    assert max(found.get(photo, 0.0) for photo in attic[14:]) < min(found[photo] for photo in harbour[14:])
    reasons = [each.reasons for each in library.suggested(harbour[14:15]) if each.tag == "boat"]
    assert reasons and reasons[0]["context"] > 0.5


def test_circumstances_that_tell_nothing_are_left_out(library: Library) -> None:
    photos = np.array(_ids(library), np.int64)
    lookup = Lookup(library.catalog, photos)
    for seed in range(5):
        dice = np.random.default_rng(seed)
        prior, truth = dice.normal(size=30), (dice.random(30) < 0.5).astype(np.float64)
        found = joined(lookup, (photos[:30], photos[30:]), (prior, np.zeros(18)), truth, known=True)
        assert np.abs(found.decided - prior).max() < 0.9
        assert np.abs(found.undecided).max() < 0.9


def test_photos_without_circumstances_stay_as_they_are(library: Library) -> None:
    photos = np.array(_ids(library), np.int64)
    lookup = Lookup(library.catalog, photos[:0])
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE photos SET taken = NULL, flash = NULL, focal = NULL, latitude = NULL")
    prior, truth = np.zeros(10), np.tile([1.0, 0.0], 5)
    found = joined(lookup, (photos[:10], photos[10:]), (prior, np.ones(38)), truth, known=True)
    assert found.context is None
    assert (found.decided == 0).all() and (found.undecided == 1).all()


def test_the_same_decisions_give_the_same_suggestions(library: Library) -> None:
    harbour, attic = _ids(library, "harbour"), _ids(library, "attic")
    library.accept("boat", harbour[:9])
    library.reject("boat", attic[:9])
    jobs.run(library.learn())
    first = [(each.photo, each.score) for each in library.reviewing.suggestions("boat")]
    library.reject("boat", harbour[20:21])
    jobs.run(library.learn())
    library.undo()
    jobs.run(library.learn())
    assert [(each.photo, each.score) for each in library.reviewing.suggestions("boat")] == first


def _take(library: Library, seconds: dict[int, float]) -> None:
    with library.catalog.connection.transaction() as writer:
        for photo, at in seconds.items():
            moment = datetime(2024, 5, 1) + timedelta(seconds=at)
            writer.execute("UPDATE photos SET taken = ? WHERE id = ?", (moment.isoformat(), photo))


def _see(library: Library, scores: dict[int, float]) -> None:
    """Photos that look like anything, with a word of the network on boats."""
    annotator, dice = library.annotator(), np.random.default_rng(1)
    column = annotator.labels.index("boat")
    results = []
    for photo, score in scores.items():
        row = dice.normal(size=512)
        said = np.full(len(annotator.labels), 0.01, np.float16)
        said[column] = score
        unit = (row / np.linalg.norm(row)).astype(np.float16)
        results.append((photo, b"", unit.tobytes(), said.tobytes(), ()))
    library.catalog.annotations.write(annotator.model_hash, results)


def test_photos_of_one_event_help_each_other(library: Library) -> None:
    """Six photos a minute apart, eight times; of every other event the network sees boats on most photos."""
    photos = _ids(library)
    dice = np.random.default_rng(4)
    event = {photo: number // 6 for number, photo in enumerate(photos)}
    _take(library, {photo: 86400.0 * event[photo] + 60 * number for number, photo in enumerate(photos)})
    at_sea = {photo: event[photo] % 2 == 0 for photo in photos}
    _see(library, {photo: float(dice.choice([0.85, 0.2], p=[0.7, 0.3]) if at_sea[photo]
                                else dice.choice([0.2, 0.6], p=[0.8, 0.2])) for photo in photos})  # fmt: skip
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE folders SET path = CAST('/photos' || id AS BLOB)")  # their names tell nothing
    decided, others = photos[:24], photos[24:]
    library.accept("boat", [photo for photo in decided if at_sea[photo]])
    library.reject("boat", [photo for photo in decided if not at_sea[photo]])
    jobs.run(library.learn())
    found = {each.photo: each.score for each in library.reviewing.suggestions("boat")}
    doubtful = [photo for photo in others if found.get(photo, 0.0)]
    assert np.mean([found.get(photo, 0.0) > 0.5 for photo in others if at_sea[photo]]) > 0.8
    assert np.mean([found.get(photo, 0.0) > 0.5 for photo in others if not at_sea[photo]]) < 0.2
    assert any("context" in each.reasons for photo in doubtful for each in library.suggested([photo]))


def test_a_few_photos_of_an_event_bring_the_others(library: Library) -> None:
    """Twelve photos a minute apart, four times, that look like anything; no network knows the tag."""
    photos = _ids(library)
    _take(library, {photo: 86400.0 * (number // 12) + 60 * number for number, photo in enumerate(photos)})
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE folders SET path = CAST('/photos' || id AS BLOB)")  # their names tell nothing
    library.tag("Anna's wedding", photos[12:18])
    jobs.run(library.learn())
    offered = [each.photo for each in library.reviewing.suggestions("Anna's wedding")]
    assert set(photos[18:24]) == set(offered)
    reasons = next(each.reasons for each in library.suggested(offered[:1]) if each.tag == "Anna's wedding")
    assert reasons["context"] > 0.5
    library.reject("Anna's wedding", photos[18:20])
    library.reject("Anna's wedding", photos[:2])
    jobs.run(library.learn())
    assert {each.photo for each in library.reviewing.suggestions("Anna's wedding")} <= set(photos[20:24])


def test_decisions_of_a_tag_that_comes_at_any_time_say_nothing_of_the_moment(library: Library) -> None:
    photos = _ids(library)
    _take(library, {photo: 60.0 * number for number, photo in enumerate(photos)})
    annotator = library.annotator()
    moments = moments_of(library.catalog, annotator.model_hash, len(annotator.labels))
    near = moments.decided(np.array(photos[10:14], np.int64), np.array([1.0, 0.0, 1.0, 0.0]))
    assert near is not None
    assert np.abs(near(np.array(photos[20:], np.int64))).max() < 0.1
    assert moments.decided(np.zeros(0, np.int64), np.zeros(0)) is None


def test_what_was_taken_around_is_known_of_photos_in_company_alone(library: Library) -> None:
    photos = _ids(library)
    _take(library, dict(zip(photos[:3], (0.0, 60.0, 1e6), strict=True)))
    _see(library, {photo: 0.9 if photo == photos[0] else 0.1 for photo in photos})
    annotator = library.annotator()
    moments = moments_of(library.catalog, annotator.model_hash, len(annotator.labels))
    near = moments.near((annotator.labels.index("boat"),))
    assert near is not None and near.photos.tolist() == photos[:2]
    heard = near(np.array(photos[:4], np.int64))[:, 0]
    assert heard[1] > 1 > heard[0] and (heard[2:] == 0).all()
    assert moments_of(library.catalog, annotator.model_hash, len(annotator.labels)) is moments


def test_several_threads_may_ask_what_was_taken_around(library: Library) -> None:
    """Each of them asks for more tags than are held, so that each drops what others have just read."""
    photos = _ids(library)
    _take(library, {photo: 60.0 * number for number, photo in enumerate(photos)})
    annotator = library.annotator()
    moments = Moments(library.catalog, annotator.model_hash, len(annotator.labels))

    def ask(first: int) -> int:
        asked = [(first, other) for other in range(first + 1, first + 301)]
        missed = 0
        for _ in range(6):
            moments.prepare(asked)
            missed += sum(moments.near(columns) is None for columns in asked[::10])
        return missed

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(16))) == [0] * 16
    finally:
        sys.setswitchinterval(before)


def test_features_come_in_the_order_of_the_question(library: Library) -> None:
    photos = np.array(_ids(library), np.int64)
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE photos SET flash = id % 2, taken = NULL")
        writer.execute("UPDATE photos SET taken = '2024-05-04T12:00:00.250' WHERE id = ?", (int(photos[3]),))
        writer.execute("UPDATE photos SET taken = '20240504T120000' WHERE id = ?", (int(photos[4]),))
        writer.execute("UPDATE photos SET taken = 'in May' WHERE id = ?", (int(photos[5]),))
    lookup = Lookup(library.catalog, photos)
    asked = np.array([photos[5], 10**6, photos[4], photos[3]], np.int64)
    rows = lookup.features(asked)
    assert rows[:, 7].tolist() == pytest.approx(
        [1.0 if photos[5] % 2 else -0.3, 0.0, 1.0 if photos[4] % 2 else -0.3, 1.0 if photos[3] % 2 else -0.3]
    )
    assert not rows[1].any()
    assert not rows[0, :7].any()
    assert rows[2, :7].tolist() == rows[3, :7].tolist()
    assert rows[3, 1] == pytest.approx(-1)  # noon
