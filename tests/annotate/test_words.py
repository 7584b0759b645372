"""The shipped words under the shipped network, and the rules by which a text becomes words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photomgr.annotate.lemmas import lemma, tokens
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.annotate.words import FILE, Lexis
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError

EVERYDAY = models_dir() / "everyday"


@pytest.fixture(scope="module")
def model() -> VisualModel:
    return VisualModel.load(EVERYDAY)


@pytest.fixture(scope="module")
def lexis(model: VisualModel) -> Lexis:
    return Lexis.load(EVERYDAY, model.hash)


@pytest.fixture(scope="module")
def seen(model: VisualModel) -> np.ndarray:
    """Embeddings of a cat, a cup of coffee, an astronaut, and a rocket."""
    pictures = (data.chelsea(), data.coffee(), data.astronaut(), data.rocket())
    batch = np.stack([model.prepare(Image.fromarray(picture)) for picture in pictures])
    embedding = model.run(batch).embedding
    return embedding / np.linalg.norm(embedding, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("form", "known", "expected"),
    [
        ("dogs", "dog", "dog"), ("beaches", "beach", "beach"), ("cherries", "cherry", "cherry"),
        ("running", "run", "run"), ("riding", "ride", "ride"), ("fried", "fry", "fry"), ("glass", "glas", "glass"),
        ("women", "", "woman"), ("wedding", "wed", "wedding"), ("tennis", "tenni", "tennis"),
        ("zorbing", "", "zorbing"),
    ],
)  # fmt: skip
def test_lemmas(form: str, known: str, expected: str) -> None:
    assert lemma(form, lambda word: float(word in (form, known))) == expected


def test_tokens_know_no_case_accents_or_possessives() -> None:
    assert tokens("Grandma's CAFÉ, 2019!") == ["grandma", "cafe"]


def test_enough_words_in_a_small_file(lexis: Lexis) -> None:
    assert len(lexis.words) == len(set(lexis.words)) >= 8000
    assert (EVERYDAY / FILE).stat().st_size <= 4_000_000


def test_a_phrase_is_read_with_its_names_and_what_is_unknown_is_said(lexis: Lexis) -> None:
    assert lexis.read("Hot dogs").known == ("hot dog",)
    phrase = lexis.read("surfing at the floofle beach")
    assert phrase.known[-1] == "beach"
    assert phrase.unknown == ("floofle",)
    assert lexis.read("the of").known == ()


@pytest.mark.parametrize(("text", "place"), [("kitten", 0), ("a cup of coffee", 1)])
def test_words_find_the_photo_they_mean(lexis: Lexis, seen: np.ndarray, text: str, place: int) -> None:
    scores = lexis.rank(text, seen)
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert int(scores.argmax()) == place
    assert ((scores >= 0) & (scores <= 1)).all()


def test_scores_of_kept_photos_are_the_same(lexis: Lexis, seen: np.ndarray) -> None:
    np.testing.assert_allclose(lexis.score("cat", lexis.see(seen)), lexis.rank("cat", seen), atol=1e-4)


def test_unknown_words_rank_nothing(lexis: Lexis, seen: np.ndarray) -> None:
    assert lexis.rank("floofle", seen).tolist() == [0, 0, 0, 0]
    assert lexis.nearest("floofle") == []
    assert lexis.related("floofle") == []


def test_neighbours_in_meaning(lexis: Lexis) -> None:
    assert {"bride", "groom"} & {word for word, _ in lexis.nearest("wedding", 5)}
    assert "wedding" not in [word for word, _ in lexis.nearest("weddings", 5)]
    cosines = [cosine for _, cosine in lexis.nearest("beach")]
    assert cosines == sorted(cosines, reverse=True)


def test_related_words_are_called_as_people_call_them(lexis: Lexis) -> None:
    vocabulary = Vocabulary.load()
    assert "living room" in [
        word for tag in ("bedroom", "furniture") for word in lexis.related(tag, vocabulary)
    ]
    for tag in ("supermarket", "hiking", "swimwear", "gymnastics", "television"):
        for word in lexis.related(tag, vocabulary):
            assert " " not in word or vocabulary.resolve(word) == word, (tag, word)
    assert "athlete" in lexis.related("sport", vocabulary)
    assert "athletic" not in lexis.related("sport", vocabulary)


def test_a_tag_without_a_word_has_those_of_its_other_names_or_broader_tags(lexis: Lexis) -> None:
    vocabulary = Vocabulary.load()
    assert lexis.related("scorpion") == []
    assert lexis.related("scorpion", vocabulary) == list(vocabulary.parents_of("scorpion")[:2]) != []


def test_related_words_are_two_other_things(lexis: Lexis) -> None:
    vocabulary = Vocabulary.load()
    for tag in ("beach", "kitchen", "dog", "wedding"):
        related = lexis.related(tag, vocabulary)
        assert len(set(related)) == 2
        assert vocabulary.resolve(tag) not in [vocabulary.resolve(word) for word in related]


def test_a_photo_has_words(lexis: Lexis, seen: np.ndarray) -> None:
    best = lexis.best(seen[0], 12)
    assert "cat" in [word for word, _ in best]


def test_words_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="another network"):
        Lexis.load(EVERYDAY, "0" * 64)
    with pytest.raises(ModelError, match="cannot be read"):
        Lexis.load(tmp_path)
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="damaged"):
        Lexis.load(tmp_path)
