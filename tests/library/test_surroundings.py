"""Circumstances in the learning of a real catalog whose photos carry made embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
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
