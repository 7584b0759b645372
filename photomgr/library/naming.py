"""Which tags a word leads to: by the vocabulary's aliases, by its words in other languages, by the person's names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property

from ..annotate import languages
from ..annotate.vocabulary import Vocabulary
from ..core.catalog import Catalog
from ..core.errors import ModelError
from ..core.records import tag_key
from ..core.search.fuzzy import Spellings
from ..core.search.text import fold

_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
"""How German is typed where the keyboard has none of these letters."""


class Naming:
    """Other names of tags, compared without case and accents. Safe from any thread."""

    def __init__(self, catalog: Catalog, vocabulary: Callable[[], Vocabulary]) -> None:
        self._catalog = catalog
        self._vocabulary = vocabulary

    def meant(self, text: str) -> tuple[str, ...]:
        """The tags that ``text`` leads to as another name, as they are called now; not the tag of that very name."""
        folded = fold(text)
        found = dict.fromkeys(self._own().get(folded, ()))
        for tag in self._shipped.get(folded, ("", []))[1]:
            found[self._called(tag)] = None
        return tuple(tag for tag in found if fold(tag) != folded)

    def fitting(self, text: str, *, pattern: bool) -> tuple[str, ...]:
        """The tags that the person's own names lead to which begin so, or with ``pattern`` are spelt so, * and ?
        standing for any letters.

        The vocabulary's names in other languages are left out: who looks for ``ca*`` wants no dog for Italian *cane*.
        """
        names, folded = self._own(), fold(text)
        texts = sorted(names)
        if pattern:
            found = [texts[number] for number in Spellings(texts).fitting(folded)]
        else:
            found = [name for name in texts if name.startswith(folded)]
        return tuple(dict.fromkeys(tag for name in found for tag in names[name]))

    def asked_for(self, keys: Collection[str]) -> frozenset[str]:
        """The same tag keys with those that they lead to: who searches for a word looks at its tag."""
        return frozenset(keys).union(tag_key(tag) for key in keys for tag in self.meant(key))

    def networks(self, name: str) -> tuple[str, ...]:
        """The numbers of networks that spoke alone, by name, or name and version: what was decided before the index
        took in who spoke."""
        return tuple(self._catalog.opinions.alone(name))

    def beginning(self, prefix: str) -> Iterator[tuple[str, str]]:
        """(tag, other name) of tags with another name that begins so, the person's own first."""
        folded = fold(prefix)
        for each in self._catalog.keeping.names():
            if fold(each.name).startswith(folded):
                yield each.tag, each.name
        for key, (name, tags) in self._shipped.items():
            if key.startswith(folded):
                yield from ((self._called(tag), name) for tag in tags)

    def _own(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self._catalog.keeping.names():
            found.setdefault(fold(each.name), []).append(each.tag)
        return found

    def _called(self, tag: str) -> str:
        """What a tag of the vocabulary is called in this library."""
        return self._catalog.keeping.find(tag) or tag

    @cached_property
    def _shipped(self) -> dict[str, tuple[str, list[str]]]:
        """Folded name -> (that name as it is written, the tags that it leads to)."""
        found: dict[str, tuple[str, list[str]]] = {}
        for tag in self._vocabulary().tags:
            for alias in tag.aliases:
                name = alias.replace("_", " ")
                found.setdefault(fold(name), (name, []))[1].append(tag.name)
        try:
            words = languages.load()
        except ModelError:  # the vocabulary's own names are enough to go on with
            words = ()
        for word in words:
            for key in {fold(word.text), fold(word.text.translate(_SPELT_OUT))}:
                _, tags = found.setdefault(key, (word.text, []))
                if word.tag not in tags:
                    tags.append(word.tag)
        return found
