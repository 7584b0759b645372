"""A feed that stands in memory, for tests of the search index alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from photomgr import jobs
from photomgr.core.records import SearchDocument
from photomgr.core.search import SearchIndex


class MemoryFeed:
    """Photos with the revision of their last change, as a catalog would give them."""

    def __init__(self, uuid: str = "library") -> None:
        self.uuid = uuid
        self.revision = 0
        self.documents: dict[int, SearchDocument | None] = {}
        self._touched: dict[int, int] = {}

    def photo_count(self) -> int:
        return sum(document is not None for document in self.documents.values())

    def put(self, *documents: SearchDocument) -> None:
        """One change over photos."""
        self.revision += 1
        for document in documents:
            self.documents[document.id] = document
            self._touched[document.id] = self.revision

    def change(self, photo_id: int, **fields: Any) -> None:
        document = self.documents[photo_id]
        assert document is not None
        self.put(replace(document, **fields))

    def delete(self, *ids: int) -> None:
        self.revision += 1
        for photo_id in ids:
            self.documents[photo_id] = None
            self._touched[photo_id] = self.revision

    def search_feed(self, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
        rows = sorted((revision, photo) for photo, revision in self._touched.items() if revision > after)
        for revision, photo in rows:
            yield revision, photo, self.documents[photo]


def open_index(feed: MemoryFeed, folder: Path | None = None, *, read_only: bool = False) -> SearchIndex:
    """An index that has caught up."""
    index = SearchIndex(folder, feed, read_only=read_only)
    jobs.run(index.catch_up())
    return index


def found(index: SearchIndex, query: str, **options: Any) -> list[int]:
    """Ids in ascending order."""
    return sorted(index.find(query, **options).ids.tolist())
