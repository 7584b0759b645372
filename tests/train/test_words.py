"""Word vectors from captions and the map from photos to words, on a small world that is made up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from photomgr.annotate.words import Lexis
from photomgr.train.captions import Language, Vectors, learn_language
from photomgr.train.systems import unnamed
from photomgr.train.words import learn_chance, learn_sight, lexis, mentions, spoken, write

THEMES = {"sea": ["wave", "boat", "sand", "shell"], "farm": ["cow", "tractor", "hay", "barn"],
          "town": ["street", "car", "shop", "bus"]}  # fmt: skip


def test_language_finds_lemmas_and_names_of_two_words() -> None:
    captions = ["A man eats two hot dogs .", "Hot dogs on a plate .", "A dog can run .", "Dogs running ."] * 3
    language = learn_language(captions, ["hot dog"])
    assert language.words("Running dogs and a hot dog") == ["run", "dog", "hot dog"]
    assert language.words("a gypsy with a dog") == ["dog"]


@pytest.fixture(scope="module")
def world() -> tuple[Vectors, list[str], np.ndarray]:
    """Words with vectors by theme, photos of one theme each with captions, and embeddings that show the theme."""
    rng = np.random.default_rng(1)
    words = [word for theme in THEMES.values() for word in theme]
    theme_of = np.repeat(np.arange(3), 4)
    vectors = np.eye(3)[theme_of] + 0.1 * rng.standard_normal((12, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    language = Language({word: word for word in words}, frozenset(), Counter())
    known = Vectors(
        tuple(words), vectors.astype(np.float32), np.full(12, 50), np.ones(12, np.bool_), language
    )
    shown = rng.integers(0, 3, 400)
    captions = [
        " || ".join(" ".join(rng.choice(list(THEMES.values())[theme], 2)) for _ in range(5))
        for theme in shown
    ]
    embedding = np.eye(8)[shown] + 0.3 * rng.standard_normal((400, 8))
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    return known, captions, embedding.astype(np.float32)


def test_a_word_that_no_photo_showed_finds_its_photos(world: tuple[Vectors, list[str], np.ndarray]) -> None:
    vectors, captions, embedding = world
    value = mentions(vectors, captions)
    cow = vectors.words.index("cow")
    sight = learn_sight(vectors.vectors, [spoken(embedding[:200], value[:200], [cow])], embedding[:200])
    assert sight.reliance[cow] == 0
    scores = (embedding[200:] - sight.centre) @ sight.directions[:, [cow]]
    there = value[200:, [cow]] > 0
    row = unnamed.over_chance(scores, there, np.ones_like(there))
    assert row["mean_ap_over_chance"] > 1.5
    assert row["mean_ap"] > 0.7


def test_what_is_written_is_read_again(world: tuple[Vectors, list[str], np.ndarray], tmp_path: Path) -> None:
    vectors, captions, embedding = world
    value = mentions(vectors, captions)
    sight = learn_sight(vectors.vectors, [spoken(embedding[:300], value[:300])], embedding)
    chance = learn_chance(sight, np.full(12, 0.1), embedding[300:], value[300:])
    made = lexis(vectors, sight, chance, 2000, "f" * 64)
    write(tmp_path / "words.npz", made)
    again = Lexis.load(tmp_path, "f" * 64)
    assert again.words == made.words
    for text in ("cow", "boat sand"):
        np.testing.assert_allclose(again.rank(text, embedding), made.rank(text, embedding), atol=0.03)
    mean = float(again.rank("cow", embedding[300:]).mean())
    assert mean == pytest.approx(float((value[300:, vectors.words.index("cow")] > 0).mean()), abs=0.1)
