"""The photos that are shown, as a list model: it holds ids, rows are fetched in pages when needed.

The grid and the photo view share one list. What a change touched is stamped stale, still shown,
and fetched again when somebody looks at it.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
)

from photomgr.core.records import Change, Marks, Photo, Sort, What
from photomgr.gui.grid.geometry import IntArray, sections_of
from photomgr.gui.grid.stacked import Place, Stacked
from photomgr.gui.threads.bridge import SOON, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

Index = QModelIndex | QPersistentModelIndex

ID_ROLE: Final = Qt.ItemDataRole.UserRole
PAGE: Final = 200  # rows in one fetch
KEPT: Final = 20_000  # rows in memory
_IN_FLIGHT: Final = 2
_GROUPED: Final = {Sort.NEWEST: "taken", Sort.OLDEST: "taken", Sort.ADDED: "added"}
_ROWS: Final = (
    What.METADATA | What.TAGS | What.RATING | What.LABEL | What.SUGGESTIONS | What.PRESENCE | What.TEXTS
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one photo. ``marks`` is None only while they could not be read."""

    photo: Photo
    marks: Marks | None


class PhotoList(QAbstractListModel):
    """``replaced`` follows a new set of ids, ``arrived`` carries the ids whose rows were fetched,
    ``grouped`` says that the sections (``unit`` and ``starts``) are there, ``restacked`` carries the ids of those
    whose stack was opened, closed or became another."""

    replaced = Signal()
    arrived = Signal(object)
    grouped = Signal()
    restacked = Signal(object)

    def __init__(self, library: Library, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._ids: IntArray = np.zeros(0, dtype=np.int64)
        self._stacked = Stacked(self._ids)
        self._tops: IntArray | None = None
        self._parts: tuple[tuple[int, str], ...] = ()  # ``sections`` before anything was stacked
        self._opened: set[int] = set()
        self._order: IntArray | None = None
        self._sort: Sort | None = None
        self._rows: collections.OrderedDict[int, Row] = collections.OrderedDict()
        self._stale: set[int] = set()
        self._absent: set[int] = set()  # asked for, and not in the catalog any more
        self._wanted: list[int] = []
        self._asked: set[int] = set()
        self._in_flight = 0
        self._grouping: Ticket | None = None
        self._looked_for: frozenset[str] = frozenset()
        self.unit = "day"
        self.days: npt.NDArray[np.int32] | None = None
        self.sections: tuple[tuple[int, str], ...] = ()
        self.starts: IntArray | None = None
        bridge.changes.connect(self._changed)

    # ids and rows

    @property
    def ids(self) -> IntArray:
        """All ids in the order shown: of a closed stack its top alone. Not to be written to."""
        return self._ids

    @property
    def stacked(self) -> Stacked:
        """All ids that were found, and which of them stand behind others."""
        return self._stacked

    def look_for(self, tags: frozenset[str]) -> None:
        """The tags that the search is about (``query.asked_for``): they lead among the suggestions."""
        if tags != self._looked_for:
            self._looked_for = tags
            self._stale |= self._rows.keys() | self._asked

    def set_ids(
        self,
        ids: Sequence[int] | IntArray,
        sort: Sort | None = None,
        sections: Sequence[tuple[int, str]] = (),
        tops: IntArray | None = None,
    ) -> None:
        """Show these photos in this order. ``sort`` says what they are sorted by: sorted by a date,
        they are grouped under headers, unless the search itself has parted them (``Found.sections``). ``tops``
        [N] names the photo on top of each one's stack, 0 for none; None when nothing is to be stacked. The same
        again costs nothing."""
        array = np.ascontiguousarray(ids, dtype=np.int64)
        if (
            sort == self._sort
            and tuple(sections) == self._parts
            and np.array_equal(array, self._stacked.found)
            and _same(tops, self._tops)
        ):
            return
        self._sort, self._tops, self._parts = sort, tops, tuple(sections)
        self._show(Stacked(array, tops, self._opened))

    def _show(self, stacked: Stacked) -> None:
        self.beginResetModel()
        changed = self._stacked.changed_from(stacked)
        self._stacked = stacked
        self._ids = stacked.shown
        self._order = None
        self._wanted = []
        self._absent.clear()
        self.days = self.starts = None
        self.sections = stacked.sections(self._parts)
        self.endResetModel()
        self.replaced.emit()
        if changed:
            self.restacked.emit(changed)
        self._group()

    def toggle_stack(self, photo_id: int) -> bool:
        """Open the stack that a photo stands for, or close it; False when it stands alone."""
        top = self._stacked.top_of(photo_id)
        if not top:
            return False
        self._opened ^= {top}
        self._show(Stacked(self._stacked.found, self._tops, self._opened))
        return True

    def place(self, photo_id: int) -> Place | None:
        """Where a shown photo stands in its stack; None for one that stands alone."""
        return self._stacked.place(photo_id)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def id_at(self, row: int) -> int:
        """The id in that row; raises IndexError outside the list."""
        if not 0 <= row < len(self._ids):
            raise IndexError(row)
        return int(self._ids[row])

    def ids_at(self, rows: Iterable[int]) -> list[int]:
        return [int(photo_id) for photo_id in self._ids[np.fromiter(rows, dtype=np.int64)]]

    def row_of(self, photo_id: int) -> int:
        """The row of a photo, or of the one that it stands behind; -1 when it is not in the list."""
        rows = self.rows_of(np.array([self._stacked.shown_for(photo_id)], dtype=np.int64))
        return int(rows[0]) if len(rows) else -1

    def rows_of(self, ids: IntArray) -> IntArray:
        """The rows of those ``ids`` that are in the list, in the order of ``ids``."""
        if not len(self._ids):
            return np.zeros(0, dtype=np.int64)
        if self._order is None:
            self._order = np.argsort(self._ids, kind="stable").astype(np.int64)
        places = np.searchsorted(self._ids, ids, sorter=self._order)
        rows = self._order[np.minimum(places, len(self._ids) - 1)]
        found: IntArray = rows[self._ids[rows] == ids]
        return found

    # what is known of a photo

    def row(self, photo_id: int) -> Row | None:
        """What is known now, maybe stale; None while it was never fetched."""
        return self._rows.get(photo_id)

    def need(self, ids: Iterable[int]) -> None:
        """These photos are looked at: fetch what is missing or stale, forget older wishes."""
        self._wanted = [
            photo_id
            for photo_id in ids
            if (photo_id not in self._rows or photo_id in self._stale)
            and photo_id not in self._asked
            and photo_id not in self._absent
        ]
        self._fetch()

    def _fetch(self) -> None:
        while self._wanted and self._in_flight < _IN_FLIGHT:
            page, self._wanted = self._wanted[:PAGE], self._wanted[PAGE:]
            self._asked.update(page)
            self._stale.difference_update(page)
            self._in_flight += 1
            self._bridge.call(
                partial(_fetch, self._library, page, self._looked_for),
                partial(self._arrived, page),
                partial(self._failed, page),
                priority=SOON,
            )

    def _arrived(self, page: list[int], rows: dict[int, Row]) -> None:
        self._in_flight -= 1
        self._asked.difference_update(page)
        self._absent.update(photo_id for photo_id in page if photo_id not in rows)
        for photo_id, row in rows.items():
            self._rows[photo_id] = row
            self._rows.move_to_end(photo_id)
        while len(self._rows) > KEPT:
            self._stale.discard(self._rows.popitem(last=False)[0])
        if rows:
            self.arrived.emit(list(rows))
        self._fetch()

    def _failed(self, page: list[int], error: BaseException) -> None:
        self._in_flight -= 1
        self._asked.difference_update(page)
        self._bridge.failed.emit(error)

    def _changed(self, change: Change) -> None:
        if not change.what & _ROWS:
            return
        known = self._rows.keys() & change.photos if change.photos else set(self._rows)
        self._stale |= known | (self._asked & change.photos)
        if known:
            self.arrived.emit(list(known))

    # groups

    def _group(self) -> None:
        if self._grouping is not None:
            self._grouping.cancel()
            self._grouping = None
        if self.sections and self.sections[-1][0] < len(self._ids):
            self.starts = np.array([start for start, _ in self.sections], np.int64)
            self.grouped.emit()
            return
        by = _GROUPED.get(self._sort) if self._sort is not None else None
        if by is None or not len(self._ids):
            return
        ids = self._ids
        self._grouping = self._bridge.call(
            partial(self._library.days, ids, by), partial(self._sections, ids), priority=SOON
        )

    def _sections(self, ids: IntArray, days: npt.NDArray[np.int32]) -> None:
        self._grouping = None
        if ids is self._ids and len(days) == len(ids):
            self.days = days
            self.unit, self.starts = sections_of(days)
            self.grouped.emit()

    # Qt's view of it, for accessibility and drags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        photo_id = int(self._ids[index.row()])
        if role == ID_ROLE:
            return photo_id
        row = self._rows.get(photo_id)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.photo.display_name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._spoken(row, self.place(photo_id))
        return None

    def _spoken(self, row: Row, place: Place | None) -> str:
        parts = [row.photo.display_name]
        if place is not None and place.open:
            parts.append(self.tr("{n} of {count} in its stack").format(n=place.number, count=place.count))
        elif place is not None:
            parts.append(self.tr("stack of %n photo(s)", "", place.count))
        if row.photo.rating:
            parts.append(self.tr("%n star(s)", "", row.photo.rating))
        if row.marks is not None and row.marks.decided:
            parts.append(self.tr("%n tag(s)", "", row.marks.decided))
        if row.marks is not None and row.marks.open:
            parts.append(self.tr("%n open suggestion(s)", "", row.marks.open))
        if row.photo.problem:
            parts.append(self.tr("cannot be read: {reason}").format(reason=row.photo.problem))
        return ", ".join(parts)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemNeverHasChildren
        )

    def files_of(self, ids: Sequence[int]) -> QMimeData:
        """The files of the photos as a drag or the clipboard carries them. Ids whose row was never
        fetched are read here: call it with what a person selected, not with a whole library."""
        known = {photo_id: row.photo for photo_id in ids if (row := self._rows.get(photo_id))}
        missing = [photo_id for photo_id in ids if photo_id not in known]
        known.update((photo.id, photo) for photo in self._library.photos(missing))
        paths = [os.fspath(known[photo_id].path) for photo_id in ids if photo_id in known]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in paths])
        data.setText("\n".join(path.encode("utf-8", "replace").decode("utf-8") for path in paths))
        return data


def _fetch(library: Library, ids: list[int], first: frozenset[str]) -> dict[int, Row]:
    marks = library.marks(ids, first)
    return {photo.id: Row(photo, marks.get(photo.id)) for photo in library.photos(ids)}


def _same(one: IntArray | None, other: IntArray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
