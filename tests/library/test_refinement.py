"""Doubtful and missing tags of a real catalog, whose photos carry made embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.photos import plain

_EACH = 20


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Twenty photos of the sea and twenty of a wood; the network says so, too."""
    for n in range(2 * _EACH):
        plain(tmp_path / "photos" / f"{n:02}.png", (5 * n, 90, 200))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    annotator = opened.annotator()
    dice = np.random.default_rng(1)
    rows = np.repeat(np.eye(2, 512), _EACH, axis=0) + 0.01 * dice.normal(size=(2 * _EACH, 512))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = np.zeros((2 * _EACH, len(annotator.labels)), np.float16)
    for tag, part in (("sea", slice(0, _EACH)), ("forest", slice(_EACH, None))):
        scores[:, annotator.labels.index(tag)] = 0.02
        scores[part, annotator.labels.index(tag)] = 0.9
    opened.catalog.annotations.write(
        annotator.model_hash,
        [
            (photo, b"", rows[n].astype(np.float16).tobytes(), scores[n].tobytes(), ())
            for n, photo in enumerate(_ids(opened))
        ],
    )
    yield opened
    opened.close()


def _ids(library: Library) -> list[int]:
    return sorted(photo for photo, _, _ in library.catalog.lists.without_problem())


def _as_files(library: Library, tag: str, ids: list[int]) -> None:
    """Tags as a scan takes them from files."""
    library.tag(tag, ids)
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE decisions SET source = 'file'")


def test_a_tag_that_does_not_fit_is_doubted_and_one_that_lacks_is_missed(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    _as_files(library, "holiday", ids[:1])
    (wrong,) = library.refinement.doubtful()
    assert (wrong.photo, wrong.tag) == (ids[-1], "sea")
    assert wrong.score > 0.75 and wrong.why
    assert (ids[0], "sea") in [(one.photo, one.tag) for one in library.refinement.missing()]


def test_what_the_person_decided_is_not_doubted(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "sea", ids[:_EACH])
    library.tag("sea", [ids[-1]])
    assert library.refinement.doubtful() == []


def test_findings_follow_new_decisions(library: Library) -> None:
    ids = _ids(library)
    _as_files(library, "forest", ids[_EACH:])
    _as_files(library, "sea", [*ids[1:_EACH], ids[-1]])
    assert len(library.refinement.doubtful()) == 1
    library.reject("sea", [ids[-1]])
    assert library.refinement.doubtful() == []
    _as_files(library, "sea", [ids[-1]])
    assert len(library.refinement.doubtful(limit=1)) == 1


def test_an_untagged_library_has_nothing_to_say(library: Library) -> None:
    assert library.refinement.doubtful() == library.refinement.missing() == []
