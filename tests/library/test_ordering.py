"""The order in which suggestions are offered."""

from __future__ import annotations

from photomgr.annotate.vocabulary import Vocabulary, VocabularyTag
from photomgr.core.records import Suggestion
from photomgr.library.ordering import telling_first

_VOCABULARY = Vocabulary(
    (
        VocabularyTag("animal", (), ()),
        VocabularyTag("pet", ("animal",), ()),
        VocabularyTag("dog", ("animal", "pet"), ()),
        VocabularyTag("hound", ("dog",), ()),
        VocabularyTag("plant", (), ()),
        VocabularyTag("flower", ("plant",), ()),
        VocabularyTag("rose", ("flower",), ()),
    )
)


def order(*first: str, **scores: float) -> list[str]:
    best = sorted((Suggestion(tag, score) for tag, score in scores.items()), key=lambda each: -each.score)
    return [each.tag for each in telling_first(best, _VOCABULARY, first)]


def test_what_is_implied_follows_what_implies_it() -> None:
    assert order(animal=1.0, dog=1.0, pet=1.0, hound=0.69, structure=0.81) == [
        "hound", "dog", "pet", "animal", "structure",
    ]  # fmt: skip


def test_a_weak_narrower_tag_stays_where_its_score_puts_it() -> None:
    assert order(plant=1.0, flower=0.95, mushroom=0.58, rose=0.45) == ["flower", "plant", "mushroom", "rose"]


def test_what_was_asked_for_leads() -> None:
    assert order("pet", animal=1.0, dog=1.0, pet=0.9)[0] == "pet"
    assert order("never suggested", dog=1.0) == ["dog"]
