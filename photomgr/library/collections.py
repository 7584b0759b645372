"""What a person collects: saved searches, which stay live, albums filled by hand, and recent searches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.catalog import Catalog
from ..core.catalog.collections import Album, SavedSearch
from ..core.errors import UsageError
from ..core.query import demand, parse
from ..core.records import Change, Sort
from . import words

_LONGEST: Final = 2000  # characters of a search that is remembered


class Collections:
    """Every write is one undoable action; raises UsageError for a name that is taken or not there."""

    def __init__(self, catalog: Catalog, publish: Callable[[Change], Change]) -> None:
        self._kept = catalog.collections
        self._catalog = catalog
        self._publish = publish
        self._naming = threading.Lock()

    # saved searches

    def searches(self) -> list[SavedSearch]:
        """In the person's order. What each finds is asked anew every time."""
        return self._kept.searches()

    def search(self, name: str) -> SavedSearch | None:
        """The saved search of a name, by any spelling."""
        key = name.casefold().split()
        return next((each for each in self.searches() if each.name.casefold().split() == key), None)

    def save(self, name: str, query: str, sort: Sort = Sort.NEWEST) -> Change:
        """Keep a search under a name, in place of one that had it. Raises QueryError for one that says nothing."""
        demand(query)
        if parse(query).empty:
            raise UsageError("There is nothing to save: the search is empty.")
        says = f"search “{name}” saved"
        return self._publish(self._kept.save(name, query.strip(), str(sort), words.says(says, says)))

    def rename_search(self, name: str, new: str) -> Change:
        says = f"search “{name}” renamed “{new}”"
        return self._publish(self._kept.rename_search(name, new, words.says(says, says)))

    def remove_search(self, name: str) -> Change:
        says = f"search “{name}” removed"
        return self._publish(self._kept.remove_search(name, words.says(says, says)))

    def order_searches(self, names: Sequence[str]) -> Change:
        says = "searches put in order"
        return self._publish(self._kept.order_searches(names, words.says(says, says)))

    # albums

    def albums(self) -> list[Album]:
        """In the person's order, with how many photos each holds."""
        return self._kept.albums()

    def in_album(self, name: str) -> NDArray[np.int64]:
        """The photos of an album, ascending; none for one that is not there."""
        return np.array(self._kept.in_album(name), np.int64)

    def make_album(self, name: str, ids: Iterable[int] = ()) -> Change:
        says = f"album “{name}” made"
        return self._publish(
            self._kept.make_album(name, ids, words.says(f"{says} with 1 photo", f"{says} with {{n}} photos"))
        )

    def new_album(self, base: str, ids: Iterable[int] = ()) -> Change:
        """Make an album under ``base``, or under the first of ``base 2``, ``base 3`` … that is free."""
        with self._naming:
            taken = {each.name.casefold() for each in self.albums()}
            name, number = base, 2
            while name.casefold() in taken:
                name, number = f"{base} {number}", number + 1
            return self.make_album(name, ids)

    def add(self, name: str, ids: Iterable[int]) -> Change:
        says = words.says(f"1 photo put into “{name}”", f"{{n}} photos put into “{name}”")
        return self._publish(self._kept.add(name, ids, says))

    def take(self, name: str, ids: Iterable[int]) -> Change:
        says = words.says(f"1 photo taken out of “{name}”", f"{{n}} photos taken out of “{name}”")
        return self._publish(self._kept.take(name, ids, says))

    def rename_album(self, name: str, new: str) -> Change:
        says = f"album “{name}” renamed “{new}”"
        return self._publish(self._kept.rename_album(name, new, words.says(says, says)))

    def remove_album(self, name: str) -> Change:
        """The photos stay where they are."""
        says = f"album “{name}” removed"
        return self._publish(self._kept.remove_album(name, words.says(says, says)))

    def order_albums(self, names: Sequence[str]) -> Change:
        says = "albums put in order"
        return self._publish(self._kept.order_albums(names, words.says(says, says)))

    # what was searched for lately

    def note(self, query: str) -> None:
        """Remember a search that somebody made; a guest's is not."""
        if query.strip() and len(query) <= _LONGEST and not self._catalog.read_only:
            self._kept.note(query.strip())

    def recent(self) -> list[str]:
        """The latest first."""
        return self._kept.recent()
