"""Where the person is: the present search, its order, what it found, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from photomgr.core.records import Found, Sort
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

_KEPT: Final = 100
_SETTLED: Final = 1200  # milliseconds after which a typed query is a place to come back to


@dataclass(frozen=True, slots=True)
class Place:
    """A search with its order, and the photo that is open in it. While ``typing``, its last word may go
    on. ``ids`` is a list of its own, for photos that no search describes."""

    query: str = ""
    sort: Sort = Sort.NEWEST
    photo: int | None = None
    ids: tuple[int, ...] | None = None
    typing: bool = False


class Navigator(QObject):
    """Runs searches off the GUI thread; only the answer to the last question counts.

    ``found`` carries the :class:`Found` of the present place, ``moved`` follows every change of place
    (the search box and the left panel then show it), ``settled`` says that only the way back is another
    now (the search box may already hold more than the place), ``photo_wanted`` carries an id to open, or None to
    go back to the grid. ``refreshing`` says of the answer under way that nobody asked for it.
    """

    found = Signal(object)
    moved = Signal()
    settled = Signal()
    photo_wanted = Signal(object)

    def __init__(self, library: Library, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self.place = Place()
        self.result: Found | None = None
        self._behind: list[Place] = []
        self._ahead: list[Place] = []
        self._typed_from: Place | None = None
        self._asked: Ticket | None = None
        self._again = False
        self.refreshing = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED)
        self._settle.timeout.connect(self.settle)

    # Going somewhere

    def go(self, query: str, sort: Sort | None = None) -> None:
        """Search for something else; the place left can be come back to."""
        self.settle()
        self._leave(Place(query, self._order(query, sort)))

    def narrow(self, query: str) -> None:
        """Search for what the present search and ``query`` both find."""
        present = self.place.query
        joined = f"({present}) {query}" if " OR " in present else f"{present} {query}"
        self.go(joined.strip())

    def type(self, query: str) -> None:
        """A query while it is typed: found at once, remembered when it has settled."""
        if query == self.place.query and self.place.ids is None:
            return
        before = self.place
        if self._typed_from is None:
            self._typed_from = before
        self.place = Place(query, self._order(query, None), typing=True)
        self._settle.start()
        if before.photo is not None:
            self.photo_wanted.emit(None)
        self.moved.emit()
        self.search()

    def type_on(self) -> None:
        """A key was pressed in the search box: what is typed has not settled yet."""
        if self._settle.isActive():
            self._settle.start()

    def enter(self) -> None:
        """What was typed is meant as it stands: its last word is whole, and its photos are wanted."""
        self.settle()
        self.open(None)
        if self.place.typing:
            self.place = replace(self.place, typing=False)
            self.search()

    def settle(self) -> None:
        """What was typed is now a place of its own."""
        self._settle.stop()
        start, self._typed_from = self._typed_from, None
        if start is not None and start != self.place:
            self._remember(start)
            self.settled.emit()

    def show_list(self, ids: Sequence[int]) -> None:
        """Show just these photos."""
        self.settle()
        self._leave(Place("", self.place.sort, ids=tuple(ids)))

    def open(self, photo_id: int | None) -> None:
        """Open a photo of the present place, or go back to its grid with None."""
        if photo_id == self.place.photo:
            return
        self.settle()
        if photo_id is not None and self.place.photo is None:
            self._remember(self.place)
        self.place = replace(self.place, photo=photo_id)
        self.photo_wanted.emit(photo_id)
        self.moved.emit()

    def note_photo(self, photo_id: int) -> None:
        """The open photo is another one now: no new place."""
        if self.place.photo is not None:
            self.place = replace(self.place, photo=photo_id)

    def set_sort(self, sort: Sort) -> None:
        """Show the same photos in another order."""
        if sort is not self.place.sort:
            self.place = replace(self.place, sort=sort)
            self.moved.emit()
            self.search()

    def back(self) -> None:
        self._step(self._behind, self._ahead)

    def forward(self) -> None:
        self._step(self._ahead, self._behind)

    @property
    def can_go_back(self) -> bool:
        return bool(self._behind) or self._typed_from is not None

    @property
    def can_go_forward(self) -> bool:
        return bool(self._ahead)

    def _order(self, query: str, sort: Sort | None) -> Sort:
        if sort is not None:
            return sort
        leaves_recent = self.place.sort is Sort.ADDED and not self.place.query and not query
        return Sort.NEWEST if leaves_recent else self.place.sort

    def _leave(self, place: Place) -> None:
        if place != self.place:
            self._remember(self.place)
        self._arrive(place)

    def _remember(self, place: Place) -> None:
        self._behind.append(place)
        del self._behind[:-_KEPT]
        self._ahead.clear()

    def _step(self, source: list[Place], other: list[Place]) -> None:
        self.settle()
        if source:
            other.append(self.place)
            self._arrive(source.pop())

    def _arrive(self, place: Place) -> None:
        before = self.place
        self.place = place
        if place.photo != before.photo:
            self.photo_wanted.emit(place.photo)
        self.moved.emit()
        if self.result is None or replace(place, photo=None) != replace(before, photo=None):
            self.search()

    # Searching

    def search(self, refreshing: bool = False) -> None:
        """Ask for the present place; an answer that is still under way is dropped. ``refreshing``: the
        person did not ask, the index has changed."""
        if self._asked is not None:
            self._asked.cancel()
        self._again = False
        self.refreshing = refreshing
        place = self.place
        if place.ids is not None:
            self._asked = None
            self._answer(Found(np.array(place.ids, dtype=np.int64)))
            return
        self._asked = self._bridge.call(
            lambda: _find(self._library, place), self._answer, self._failed, priority=NOW
        )

    @property
    def asking(self) -> bool:
        """An answer is under way."""
        return self._asked is not None

    def refresh(self) -> None:
        """The index has changed: ask again, after the answer that is under way."""
        if self._asked is not None:
            self._again = True
        elif self.place.ids is None:
            self.search(refreshing=True)

    def _answer(self, found: Found) -> None:
        self._asked = None
        self.result = found
        self.found.emit(found)
        self._once_more()

    def _failed(self, error: BaseException) -> None:
        self._asked = None
        self._bridge.failed.emit(error)
        self._once_more()

    def _once_more(self) -> None:
        if self._again:
            self.search(refreshing=True)


def _find(library: Library, place: Place) -> Found:
    """Who ends a search with Enter that found photos while it was typed shall not stand before none, nor before
    what only looks like the words that are known."""
    if library.stacks.wanted:
        library.stacks.catch_up()
    found = library.find(place.query, place.sort, typing=place.typing, visual=True)
    if (len(found.ids) and not found.nearest) or place.typing or not place.query:
        return found
    begun = library.find(place.query, place.sort, typing=True)
    if not len(begun.ids):
        return found
    said = QCoreApplication.translate(
        "Navigator", "No photo has just these words; these have words that begin so."
    )
    return replace(begun, hint=f"{begun.hint} {said}".strip())
