"""A library that was annotated by a former network: photos wait again, decisions stay, nothing of the two is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.catalog.learning import STEPS, Learnt, Proposals
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


def test_suggestions_stay_until_the_new_network_has_seen_the_photo(library: Library) -> None:
    reds, blues = _ids(library, "red"), _ids(library, "blue")
    every, nothing = sorted([*reds, *blues]), np.zeros(STEPS, np.int32)
    tag = library.catalog.learning.tag("my wall")
    assert tag is not None
    found = Proposals(np.array(every), np.full(len(every), 0.97), {})
    list(
        library.catalog.learning.keep([Learnt(tag, found, "of before", 0.95, 0.2, nothing, nothing)], FORMER)
    )
    assert _suggested(library) == {*reds[4:], *blues[4:]}
    library.runs.set_automatic("my wall")
    jobs.run(library.annotate(limit=1))
    (seen,) = _seen(library)
    jobs.run(library.learn())
    assert seen in {*reds[:4], *blues[:4]}  # what can be learnt from comes first
    assert _suggested(library) == {*reds[4:], *blues[4:]}
    jobs.run(library.annotate(limit=8))
    jobs.run(library.learn())
    read = set(reds[4:] + blues[4:]) & _seen(library)
    assert len(read) == 1 and _suggested(library) == {*reds[4:], *blues[4:]} - (read - set(reds))
    assert library.runs.all() == []  # what another network was sure of is not accepted by itself


def test_learning_goes_on_where_no_example_of_a_refusal_was_seen_yet(library: Library) -> None:
    jobs.run(library.annotate(limit=1))
    anchor = next(each for each in _ids(library, "red") if each not in _seen(library))
    library.catalog.runs.refuse_lookalikes("my lamp", {anchor: []}, lambda _: "no lamp")
    jobs.run(library.learn())
    assert library.rejected([anchor])["my lamp"] == 1


def _suggested(library: Library) -> set[int]:
    return {each.photo for each in library.reviewing.suggestions("my wall")}


def _seen(library: Library) -> set[int]:
    """What the network of today has seen."""
    annotator = library.annotator()
    found = library.catalog.learning.sample(annotator.model_hash, len(annotator.labels), 100)
    return set(found.photos.tolist())


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
