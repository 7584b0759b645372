"""What a check of the tags has found, by tag: as a list to choose from, without what was decided since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from photomgr.core.records import tag_key
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import texts
from photomgr.gui.places.model import COUNT_ROLE, FAINT_ROLE, ICON_ROLE
from photomgr.library.refinement import Doubt

_NONE: Final = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Doubted:
    """A tag that is probably wrong, or probably ``missing``, on the photos of ``doubts``, the clearest first."""

    tag: str
    missing: bool
    doubts: tuple[Doubt, ...]

    @property
    def key(self) -> tuple[bool, str]:
        return self.missing, self.tag


class DoubtModel(QAbstractListModel):
    """Tags that are probably wrong, those with most photos first, then such that are probably missing; each kind under
    a heading that cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[Doubt, ...] = ()
        self._decided: set[tuple[int, str]] = set()
        self.rows: list[Doubted] = []
        self._lines: list[Doubted | bool] = []  # a heading says whether it is that of what is missing

    @property
    def waiting(self) -> int:
        """How many decisions are left."""
        return sum(len(row.doubts) for row in self.rows)

    def set_found(self, found: Iterable[Doubt]) -> None:
        """Show what another check has found."""
        self._found = tuple(found)
        self._decided.clear()
        self._fill()

    def keep(self, standing: set[tuple[int, str]]) -> None:
        """Show only what stands of it, see :meth:`Refinement.standing`: more than before where something was undone."""
        decided = {_pair(one) for one in self._found} - standing
        if decided != self._decided:
            self._decided = decided
            self._fill()

    def drop(self, tag: str, photos: Iterable[int]) -> None:
        """These were decided just now."""
        self._decided |= {(photo, tag_key(tag)) for photo in photos}
        self._fill()

    def _fill(self) -> None:
        by_tag: dict[tuple[bool, str], list[Doubt]] = {}
        often = Counter((one.missing, one.tag) for one in self._found)
        for one in self._found:
            if _pair(one) not in self._decided:
                by_tag.setdefault((one.missing, one.tag), []).append(one)
        rows = [Doubted(tag, missing, tuple(doubts)) for (missing, tag), doubts in by_tag.items()]
        # By how often it was found, and not by what is left: nothing jumps under a hand, and undo finds its place.
        rows.sort(key=lambda row: (row.missing, -often[row.key], row.tag))
        lines: list[Doubted | bool] = []
        for missing in (False, True):
            some = [row for row in rows if row.missing is missing]
            lines += [missing, *some] if some else []
        same = [row.key for row in rows] == [row.key for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows, self._lines = rows, lines
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))

    def at(self, index: Index) -> Doubted | None:
        """The tag of a line, None at a heading and beside the list."""
        line = self._lines[index.row()] if index.isValid() else None
        return line if isinstance(line, Doubted) else None

    def index_of(self, row: Doubted) -> QModelIndex:
        """The line of one of ``rows``."""
        return self.index(self._lines.index(row))

    def row_of(self, key: tuple[bool, str] | None) -> int:
        """The place in ``rows``, -1 where nothing waits for it."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) if self.at(index) is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.at(index)
        if row is None:
            return self._heading(self._lines[index.row()] is True, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return texts.one_line(row.tag)
        if role == COUNT_ROLE:
            return texts.number(len(row.doubts))
        if role == FAINT_ROLE:
            return False
        if role == ICON_ROLE:
            return "tag-missing" if row.missing else "tag-wrong"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = self.about(row)
            return plain(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return None

    def _heading(self, missing: bool, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Probably missing") if missing else self.tr("Probably wrong")
        if role == COUNT_ROLE:
            return texts.number(sum(len(row.doubts) for row in self.rows if row.missing is missing))
        if role == FAINT_ROLE:
            return True
        return "tag" if role == ICON_ROLE else None

    def about(self, row: Doubted) -> str:
        """What is thought of the tag, in a sentence."""
        photos = texts.photos(len(row.doubts))
        if row.missing:
            return self.tr("{tag}: probably missing on {photos}").format(tag=row.tag, photos=photos)
        return self.tr("{tag}: probably wrong on {photos}").format(tag=row.tag, photos=photos)


def _pair(one: Doubt) -> tuple[int, str]:
    return one.photo, tag_key(one.tag)
