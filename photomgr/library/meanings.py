"""Which tag a network's label stands for in a library: tags are renamed and merged, a network's words stay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..annotate.vocabulary import Vocabulary
from ..core.catalog import Catalog
from ..core.records import tag_key


class Meanings:
    """What words lead to as the catalog stood when this was made. Labels of a network are told by their keys
    (``tag_key``), and so are tags."""

    def __init__(self, catalog: Catalog) -> None:
        self._led = {tag_key(each.name): tag_key(each.tag) for each in catalog.keeping.names()}
        self._others: dict[str, list[str]] = {}
        for word, tag in self._led.items():
            self._others.setdefault(tag, []).append(word)

    def key(self, word: str) -> str:
        """The key of the tag that a label, or any other word, leads to as it is called now; its own where it leads to
        no other."""
        key = tag_key(word)
        return self._led.get(key, key)

    def words(self, tag: str) -> tuple[str, ...]:
        """The keys of all words that lead to ``tag``, which may be any of them."""
        key = self.key(tag)
        own = () if key in self._led else (key,)
        return (*own, *self._others.get(key, ()))

    def columns(self, labels: tuple[str, ...], tag: str) -> list[int]:
        """Where ``tag`` stands among a network's labels: nowhere, once, or more often where words of the network were
        merged."""
        places = _places(labels)
        return sorted(places[word] for word in self.words(tag) if word in places)

    def above(self, vocabulary: Vocabulary, tag: str) -> frozenset[str]:
        """The keys of the tags that ``tag`` implies by the vocabulary, whatever they are called now."""
        implied = (self.key(each) for word in self.words(tag) for each in vocabulary.ancestors_of(word))
        return frozenset(implied) - {self.key(tag)}


@lru_cache(maxsize=8)
def _places(labels: tuple[str, ...]) -> dict[str, int]:
    return {tag_key(label): column for column, label in enumerate(labels)}


__all__: Sequence[str] = ("Meanings",)
