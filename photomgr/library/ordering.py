"""In which order suggestions stand before a person: what says most first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from ..annotate.vocabulary import Vocabulary


class Named(Protocol):
    """Anything about a tag."""

    @property
    def tag(self) -> str: ...


N = TypeVar("N", bound=Named)


def specific_first(suggestions: Sequence[N], vocabulary: Vocabulary) -> list[N]:
    """Suggestions in their order, but what another one implies comes last: dog, then animal and pet.

    A broader tag is always at least as probable as a narrower one, so that by score alone the most
    telling tags would stand last.
    """
    implied = {broader for each in suggestions for broader in vocabulary.ancestors_of(each.tag)}
    return sorted(suggestions, key=lambda each: each.tag in implied)
