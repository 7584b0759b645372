"""What a half-typed tag or query may become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ..annotate.vocabulary import Vocabulary
from ..core.catalog import Catalog
from ..core.records import tag_key

_LAST: Final = re.compile(r'(?P<head>.*?)(?P<field>-?(?:tag:|maybe:)|-)?(?P<word>"[^"]*|[^\s"()]*)$', re.S)
_FIELDS: Final = (
    "tag:", "maybe:", "is:untagged", "is:unreviewed", "is:unreadable", "is:offline", "has:gps",
    "rating:>=", "label:", "folder:", "name:", "camera:", "date:",
)  # fmt: skip


class Completion:
    """Completes from the library's own tags, the vocabulary and its aliases."""

    def __init__(self, catalog: Catalog, vocabulary: Callable[[], Vocabulary]) -> None:
        self._catalog = catalog
        self._vocabulary = vocabulary

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
        for tag in self._vocabulary().tags:
            if any(tag_key(alias).startswith(key) for alias in tag.aliases):
                yield tag.name
        inside = re.compile(rf"\b{re.escape(key)}")
        yield from (name for name in (*own, *known) if inside.search(tag_key(name)))

    def query(self, text: str, limit: int) -> list[str]:
        """Whole queries: the text with its last word completed."""
        match = _LAST.match(text)
        if match is None or not (match["word"] or match["field"]):
            return []
        head, field, word = match["head"], match["field"] or "", match["word"].lstrip('"')
        whole = [
            head + field + (f'"{tag}"' if re.search(r'[\s()":]', tag) else tag)
            for tag in self.tags(word, limit)
        ]
        if field in ("", "-") and word:
            whole += [head + field + name for name in _FIELDS if name.startswith(word.casefold())]
        return whole[:limit]
