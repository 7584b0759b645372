"""In which order suggestions stand before a person: the most probable first, and of a kind what says most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol, TypeVar

from ..annotate.vocabulary import Vocabulary
from ..core.records import tag_key

TELLING: Final = 0.6
"""From this score on a narrower tag goes before the broader ones that it implies."""


class Scored(Protocol):
    """Anything that is said of a tag with a score in [0, 1]."""

    @property
    def tag(self) -> str: ...

    @property
    def score(self) -> float: ...


S = TypeVar("S", bound=Scored)


def telling_first(suggestions: Sequence[S], vocabulary: Vocabulary, first: Collection[str] = ()) -> list[S]:
    """Suggestions in their order, best first, but dog before the animal and the pet that it implies.

    A broader tag is always at least as probable as a narrower one: by score alone the most telling tags
    would stand last. Those in ``first`` (as keys) lead in any case.
    """
    narrower: dict[str, list[S]] = {}
    for each in suggestions:
        if each.score >= TELLING:
            for broader in vocabulary.ancestors_of(each.tag):
                narrower.setdefault(broader, []).append(each)
    ordered: dict[str, S] = {each.tag: each for each in suggestions if tag_key(each.tag) in first}

    def put(suggestion: S) -> None:
        if suggestion.tag not in ordered:
            for each in narrower.get(suggestion.tag, ()):
                put(each)
            ordered[suggestion.tag] = suggestion

    for each in suggestions:
        put(each)
    return list(ordered.values())
