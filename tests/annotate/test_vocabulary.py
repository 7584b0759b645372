"""The shipped vocabulary and what a damaged one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return Vocabulary.load()


def test_has_the_promised_breadth(shipped: Vocabulary) -> None:
    assert len(shipped.tags) >= 250
    assert {"dog", "beach", "pizza", "bicycle", "receipt", "sunset", "wedding"} <= {
        t.name for t in shipped.tags
    }


def test_names_are_lower_case_and_unique(shipped: Vocabulary) -> None:
    names = [tag.name for tag in shipped.tags]
    assert len(set(names)) == len(names)
    assert all(name == name.lower().strip() for name in names)


def test_an_alias_means_one_tag_only(shipped: Vocabulary) -> None:
    owners: dict[str, set[str]] = {}
    for tag in shipped.tags:
        for alias in tag.aliases:
            owners.setdefault(alias, set()).add(tag.name)
    assert {alias for alias, tags in owners.items() if len(tags) > 1} == set()
    assert not {tag.name for tag in shipped.tags} & set(owners)


def test_no_plural_means_another_tag(shipped: Vocabulary) -> None:
    """Nobody thinks of a muffin as one thing and of muffins as another; glasses are worn."""
    owners = {name: tag.name for tag in shipped.tags for name in (*tag.aliases, tag.name)}
    plurals = [(name, form) for name in owners for form in _plurals(name) if form in owners]
    torn = {(name, form) for name, form in plurals if owners[name] != owners[form]}
    assert torn == {("glass", "glasses")}


@pytest.mark.parametrize(
    "word",
    ["ferret", "guinea pig", "hawk", "cheetah", "plum", "garlic", "christmas", "mouse", "crane", "band"],
)
def test_other_things_and_words_of_many_senses_are_no_aliases(shipped: Vocabulary, word: str) -> None:
    assert shipped.resolve(word) is None


def test_football_is_soccer_and_a_gorilla_no_monkey(shipped: Vocabulary) -> None:
    assert shipped.resolve("football") == "soccer"
    assert shipped.ancestors_of("gorilla") == ("animal",)
    assert "child" in shipped.ancestors_of("girl")


def test_only_water_in_the_open_is_outdoor(shipped: Vocabulary) -> None:
    for name in ("sea", "lake", "river", "beach", "waterfall", "wave", "coast"):
        assert "outdoor" in shipped.ancestors_of(name), name
    assert "outdoor" not in shipped.ancestors_of("swimming pool")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("dog", "dog"), ("DOG", "dog"), (" Puppy ", "dog"), ("plant_life", "plant"), ("bike", "bicycle")],
)
def test_resolves_names_and_aliases_whatever_the_case(shipped: Vocabulary, said: str, meant: str) -> None:
    assert shipped.resolve(said) == meant


def test_an_unknown_word_is_no_tag(shipped: Vocabulary) -> None:
    assert shipped.resolve("flux capacitor") is None
    assert shipped.parents_of("flux capacitor") == ()


def test_a_dog_is_an_animal_and_a_pet(shipped: Vocabulary) -> None:
    assert set(shipped.parents_of("dog")) == {"animal", "pet"}
    assert "animal" in shipped.ancestors_of("labrador")
    assert "labrador" not in shipped.ancestors_of("labrador")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tags]\na = { parents = ['b'] }", "no parent b"),
        ("[tags]\na = { parents = ['b'] }\nb = { parents = ['a'] }", "implies itself"),
        ("[tags", "damaged"),
        ("title = 'none'", "damaged"),
        ("[tags]\na = 3", "damaged"),
    ],
)
def test_a_damaged_vocabulary_is_said_so(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "vocabulary.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        Vocabulary.load(path)


def test_a_missing_vocabulary_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Vocabulary.load(tmp_path / "none.toml")


def _plurals(name: str) -> set[str]:
    return {f"{name}s", f"{name}es"} | ({f"{name[:-1]}ies"} if name.endswith("y") else set())
