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
    """Two columns: the file or the field, and what comes and goes. A field's id is its file's row + 1."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.files: Sequence[FileDifference] = ()

    def show(self, files: Sequence[FileDifference]) -> None:
        self.beginResetModel()
        self.files = files
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
            return os.fspath(file.path)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if owner:
            one = file.differences[index.row()]
            return one.text().partition(": ")[2] if index.column() else one.field
        if index.column():
            return self.tr("a new sidecar") if file.new else self.tr("%n field(s)", "", len(file.differences))
        return file.path.name.encode("utf-8", "replace").decode()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return (self.tr("File and field"), self.tr("What changes"))[section]
        return None
