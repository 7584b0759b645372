"""What a write would change: a line for each file, and below it one for each field."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from photomgr.library.writing import FileDifference

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class DifferenceModel(QAbstractItemModel):
    """Two columns: the file or the field, and what comes and goes. A field's id is its file's row + 1.

    ``all_files`` is everything, ``files`` what the filter leaves.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.all_files: Sequence[FileDifference] = ()
        self.files: Sequence[FileDifference] = ()
        self._words: list[str] = []  # of each file, as the filter compares it

    def show(self, files: Sequence[FileDifference]) -> None:
        """Show these, without a filter."""
        self.all_files = files
        self._words.clear()
        self.filter("")

    def filter(self, text: str) -> None:
        """Leave the files that hold ``text`` in their name, a field, a value or what is wrong with them."""
        wanted = text.casefold().strip()
        if wanted and not self._words:
            self._words = [_whole(each) for each in self.all_files]
        self.beginResetModel()
        self.files = self.all_files
        if wanted:
            pairs = zip(self.all_files, self._words, strict=True)
            self.files = [each for each, words in pairs if wanted in words]
        self.endResetModel()

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, child: Index | None = None) -> Any:
        if child is None:
            return QObject.parent(self)
        owner = int(child.internalId()) if child.isValid() else 0
        return self.createIndex(owner - 1, 0, 0) if owner else QModelIndex()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        if not parent.isValid():
            return len(self.files)
        return 0 if parent.internalId() or parent.column() else len(self.files[parent.row()].differences)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        owner = int(index.internalId())
        file = self.files[owner - 1 if owner else index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() and not owner:
                return self._about(file)
            return os.fsdecode(os.fsencode(file.path)).encode("utf-8", "replace").decode()
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if owner:
            one = file.differences[index.row()]
            return one.text().partition(": ")[2] if index.column() else one.field
        return self._about(file) if index.column() else file.path.name.encode("utf-8", "replace").decode()

    def _about(self, file: FileDifference) -> str:
        """Which file it is that changes, and why not another one."""
        if file.problem:
            return self.tr("cannot be written: {reason}").format(reason=file.problem)
        if file.new:
            text = self.tr("a new sidecar")
        else:
            text = self.tr("%n field(s)", "", len(file.differences))
            if file.sidecar:
                text = self.tr("sidecar, {fields}").format(fields=text)
        return f"{text} · {file.instead}" if file.instead else text

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return (self.tr("File and field"), self.tr("What changes"))[section]
        return None


def _whole(file: FileDifference) -> str:
    parts = [file.path.name, file.problem, file.instead, *(each.text() for each in file.differences)]
    return "\n".join(parts).casefold()
