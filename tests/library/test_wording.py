"""Words that nobody tagged find photos of the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.photos import sample


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name in ("chelsea", "coffee", "rocket"):
        sample(name, tmp_path / "photos" / f"{name}.jpg")
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    jobs.run(opened.annotate())
    return opened


def called(library: Library, photo: int) -> str:
    found = library.photo(photo)
    assert found is not None
    return found.path.stem


def test_a_word_that_is_no_tag_finds_photos(library: Library, tmp_path: Path) -> None:
    found = library.words.by_word("kittens")
    assert called(library, found[0][0]) == "chelsea"
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    ids = [photo for photo, _ in found]
    ranked = library.words.rank("kittens", [*ids, 999_999])
    assert ranked[:-1].tolist() == pytest.approx([score for _, score in found])
    assert ranked[-1] == 0
    assert library.words.by_word("kittens", limit=1) == found[:1]
    assert library.words.by_word("floofle") == []

    sample("astronaut", tmp_path / "photos" / "astronaut.jpg")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    assert len(library.words.by_word("kittens")) == 4
    library.close()


def test_related_words_of_a_tag(library: Library) -> None:
    assert len(library.words.related("beach")) == 2
    assert library.words.related("floofle") == ()
    library.close()
