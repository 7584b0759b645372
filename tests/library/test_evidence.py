"""Which decided photos are shown as the reason of a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.evidence import nearest_decided
from tests.photos import plain


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Eight photos with made embeddings: photo n points n/10 radians away from the first."""
    from photomgr import jobs

    for n in range(8):
        plain(tmp_path / "photos" / f"{n}.png", (20 * n, 90, 200))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    annotator = opened.annotator()
    angles = np.arange(8) / 10
    rows = np.zeros((8, 512), np.float16)
    rows[:, 0], rows[:, 1] = np.cos(angles), np.sin(angles)
    scores = np.zeros(len(annotator.labels), np.float16).tobytes()
    opened.catalog.annotations.write(
        annotator.model_hash,
        [(photo, b"", rows[n].tobytes(), scores, ()) for n, photo in enumerate(_ids(opened))],
    )
    yield opened
    opened.close()


def _ids(library: Library) -> list[int]:
    return sorted(photo for photo, _, _ in library.catalog.lists.without_problem())


def test_the_most_similar_accepted_photos_come_first(library: Library) -> None:
    ids = _ids(library)
    library.tag("pier", [ids[1], ids[3], ids[6]])
    library.reject("pier", [ids[2]])
    found = nearest_decided(library, ids[0], "Pier", k=2)
    assert [photo for photo, _ in found] == [ids[1], ids[3]]
    assert [near for _, near in found] == pytest.approx([np.cos(0.1), np.cos(0.3)], abs=2e-3)


def test_a_photo_is_no_reason_for_itself(library: Library) -> None:
    ids = _ids(library)
    library.tag("pier", ids[:2])
    assert [photo for photo, _ in nearest_decided(library, ids[0], "pier")] == [ids[1]]


def test_nothing_decided_no_reason(library: Library) -> None:
    ids = _ids(library)
    library.reject("pier", ids[1:3])
    assert nearest_decided(library, ids[0], "pier") == []
    assert nearest_decided(library, ids[0], "never heard of") == []
    assert nearest_decided(library, 10**6, "pier") == []
