"""What a half-typed tag or query may become."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Final

from ..annotate.vocabulary import Vocabulary
from ..core.catalog import Catalog
from ..core.records import tag_key
from .naming import Naming

_WORD: Final = re.compile(r'(?P<field>-?(?:tag:|maybe:)|-)?(?P<word>"[^"]*|[^\s"()]*)', re.S)
_FRESH: Final = 2.0  # seconds for which the counts of tags are good enough to complete by
_FIELDS: Final = (
    "tag:", "maybe:", "is:untagged", "is:unreviewed", "is:unreadable", "is:offline", "has:gps",
    "rating:>=", "label:", "folder:", "name:", "camera:", "date:",
)  # fmt: skip


class Completion:
    """Completes from the library's own tags, the vocabulary and its aliases."""

    def __init__(self, catalog: Catalog, vocabulary: Callable[[], Vocabulary], naming: Naming) -> None:
        self._naming = naming
        self._catalog = catalog
        self._vocabulary = vocabulary
        self._counted: list[str] = []
        self._counted_at = -_FRESH

    def tags(self, prefix: str, limit: int) -> list[str]:
        """Tag names for a prefix, best first: own tags, the vocabulary, what an alias stands for, then
        tags with a word inside that begins so."""
        key = tag_key(prefix)
        found: dict[str, str] = {}
        for name in self._candidates(key):
            found.setdefault(tag_key(name), name)
            if len(found) >= limit:
                break
        return list(found.values())

    def _candidates(self, key: str) -> Iterator[str]:
        own = self._catalog.lists.tag_names()
        known = [tag.name for tag in self._vocabulary().tags]
        yield from (name for name in (*own, *known) if tag_key(name).startswith(key))
        if not key:
            return
        yield from self._naming.beginning(key)
        inside = re.compile(rf"\b{re.escape(key)}")
        yield from (name for name in (*own, *known) if inside.search(tag_key(name)))

    def _present(self, prefix: str, limit: int) -> list[str]:
        """Tags of the library, decided or suggested, that begin with or hold ``prefix``; most photos first."""
        if time.monotonic() - self._counted_at > _FRESH:
            counts = self._catalog.lists.tags()
            self._counted = [each.tag for each in sorted(counts, key=lambda one: -one.count - one.suggested)]
            self._counted_at = time.monotonic()
        key = tag_key(prefix)
        begin = [name for name in self._counted if tag_key(name).startswith(key)]
        inside = re.compile(rf"\b{re.escape(key)}")
        if not key:
            return begin[:limit]
        meant = set(self._naming.beginning(key))
        called = [name for name in self._counted if name not in begin and name in meant]
        held = (
            name for name in self._counted if name not in {*begin, *called} and inside.search(tag_key(name))
        )
        return [*begin, *called, *held][:limit]

    def query(self, text: str, limit: int) -> list[str]:
        """Whole queries: the text with its last word completed."""
        start = _last_word(text)
        match = _WORD.fullmatch(text, start)
        if match is None or not (match["word"] or match["field"]):
            return []
        head, field, word = text[:start], match["field"] or "", match["word"].lstrip('"')
        whole = [
            head + field + (f'"{tag}"' if re.search(r'[\s()":]', tag) else tag)
            for tag in self._present(word, limit)
        ]
        if field in ("", "-") and word:
            whole += [head + field + name for name in _FIELDS if name.startswith(word.casefold())]
        return whole[:limit]


def _last_word(text: str) -> int:
    """Where the word begins that is being typed: after the last space or bracket outside quotes."""
    start, quoted = 0, False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and (character.isspace() or character in "()"):
            start = place + 1
    return start
