"""A library that was annotated by a former network: photos wait again, decisions stay, nothing of the two is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.photos import plain

FORMER = "f0" * 32
TAGS, NUMBERS = 520, 256


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Six reds and six blues as a network of other tags and other numbers left them."""
    for name, colour in (("red", (200, 20, 20)), ("blue", (20, 20, 200))):
        for n in range(6):
            plain(tmp_path / "photos" / f"{name}{n}.png", tuple(min(255, part + 5 * n) for part in colour))
    paths = Paths.under(tmp_path / "base")
    opened = Library.open(paths)
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    jobs.run(opened.annotate())
    opened.tag("my wall", _ids(opened, "red")[:4])
    opened.reject("my wall", _ids(opened, "blue")[:4])
    with opened.catalog.connection.transaction() as writer:
        writer.execute("UPDATE models SET hash = ?", (FORMER,))
        writer.execute("UPDATE verdicts SET model = ? WHERE model IS NOT NULL", (FORMER,))
        vector = np.full(NUMBERS, 1 / 16, "<f2").tobytes()
        writer.execute("UPDATE annotations SET embedding = ?, scores = ?", (vector, bytes(2 * TAGS)))
    opened.close()
    again = Library.open(paths)
    yield again
    again.close()


def _ids(library: Library, name: str) -> list[int]:
    jobs.run(library.index())
    return sorted(int(each) for each in library.find(f"name:{name}*").ids)


def _decided(library: Library) -> dict[str, object]:
    photos = [*_ids(library, "red"), *_ids(library, "blue")]
    return {"given": library.decided(photos), "refused": library.rejected(photos)}


def test_photos_wait_again_and_decisions_stay(library: Library) -> None:
    before = _decided(library)
    assert before == {"given": {"my wall": 4}, "refused": {"my wall": 4}}
    assert library.waiting().annotate == 12
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining) == (12, 0, 0)
    jobs.run(library.learn())
    assert _decided(library) == before
    found = {each.photo for each in library.reviewing.suggestions("my wall")}
    assert found and found <= set(_ids(library, "red"))


def test_nothing_of_two_networks_is_mixed(library: Library) -> None:
    first = _ids(library, "red")[0]
    assert len(library.looks.similar(first).ids) == 0
    assert library.words.by_word("mountainside") == []
    assert library.evidence.why(first, "my wall").near == ()
    jobs.run(library.learn())  # nobody whom it could learn from has been seen
    assert jobs.run(library.annotate(limit=5)).annotated == 5
    model, labels = library.annotator().model_hash, len(library.annotator().labels)
    seen = set(library.catalog.learning.sample(model, labels, 100).photos.tolist())
    assert len(seen) == 5
    jobs.run(library.learn())
    one = next(iter(seen))
    assert set(library.looks.similar(one).ids.tolist()) <= seen
    assert {photo for photo, _ in library.words.by_word("mountainside")} <= seen
    assert {photo for photo, _ in library.evidence.why(one, "my wall").near} <= seen
    jobs.run(library.annotate())
    assert len(library.words.by_word("mountainside")) == 12
