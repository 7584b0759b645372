"""All tags as a table, those that fit the filter."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from photomgr.core.records import tag_key
from photomgr.gui.grid.dragging import TAG, of_tag, tag_of
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import texts
from photomgr.library.housekeeping import ListedTag

Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_NONE: Final = QModelIndex()
_GAP: Final = "\u2002"  # between a number at the right and the words of the next column
NAME, PHOTOS, SUGGESTED, PARENTS, NAMES, RULE = range(6)


class TagTable(QAbstractTableModel):
    """``renamed`` carries (tag, new name), ``dropped`` (tag, the tag that it was dropped on)."""

    renamed = Signal(str, str)
    dropped = Signal(str, str)

    def __init__(self, locked: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._locked = locked
        self._all: list[ListedTag] = []
        self._shown: list[ListedTag] = []
        self._filter = ""
        self._column, self._order = PHOTOS, Qt.SortOrder.DescendingOrder

    # what is shown

    def set_tags(self, tags: list[ListedTag]) -> None:
        if tags != self._all:
            self._all = tags
            self._show()

    def set_filter(self, text: str) -> None:
        self._filter = tag_key(text)
        self._show()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._order = column, order
        self._show()

    def _show(self) -> None:
        fits = [each for each in self._all if self._fits(each)]
        if self._column in (PHOTOS, SUGGESTED):
            fits.sort(key=lambda each: tag_key(each.kept.tag))
            counted = {PHOTOS: lambda each: each.count.count, SUGGESTED: lambda each: each.count.suggested}
            key: Any = counted[self._column]
        else:
            key = lambda each: self._text(each, self._column).casefold()  # noqa: E731
        fits.sort(key=key, reverse=self._order is Qt.SortOrder.DescendingOrder)
        self.beginResetModel()
        self._shown = fits
        self.endResetModel()

    def _fits(self, each: ListedTag) -> bool:
        names = (each.kept.tag, *(name.name for name in each.kept.names))
        return any(self._filter in tag_key(name) for name in names)

    @property
    def everything(self) -> list[ListedTag]:
        """All tags, whatever the filter."""
        return list(self._all)

    def tag(self, index: Index) -> ListedTag | None:
        return self._shown[index.row()] if index.isValid() else None

    def row_of(self, name: str) -> int:
        """The row of a tag, -1 when it is not shown."""
        return next((row for row, each in enumerate(self._shown) if each.kept.tag == name), -1)

    # the model

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else 6

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or role != _Role.DisplayRole:
            return None
        translate = QCoreApplication.translate
        return (
            translate("TagTable", "Tag"),
            translate("TagTable", "Photos"),
            translate("TagTable", "Suggested"),
            translate("TagTable", "Is a kind of"),
            translate("TagTable", "Other names"),
            translate("TagTable", "Accepted"),
        )[section]

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        each = self.tag(index)
        if each is None:
            return None
        if role == _Role.DisplayRole:
            text = self._text(each, index.column()).replace("\n", " ")
            return text + _GAP if index.column() in (PHOTOS, SUGGESTED) else text
        if role == _Role.EditRole:
            return each.kept.tag
        if role == _Role.ToolTipRole:
            return plain(self._tip(each))
        if role == _Role.TextAlignmentRole and index.column() in (PHOTOS, SUGGESTED):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _text(self, each: ListedTag, column: int) -> str:
        translate = QCoreApplication.translate
        kept = each.kept
        if column == NAME:
            return kept.tag
        if column == PHOTOS:
            more = f"+{texts.number(each.count.implied)}" if each.count.implied else ""
            own = texts.number(each.count.count) if each.count.count else ""
            return " ".join(part for part in (own, more) if part)
        if column == SUGGESTED:
            return texts.number(each.count.suggested) if each.count.suggested else ""
        if column == PARENTS:
            return ", ".join(kept.parents)
        if column == NAMES:
            return ", ".join(name.name for name in kept.names)
        if kept.ignored:
            return translate("TagTable", "never")
        if kept.automatic:
            return translate("TagTable", "by itself")
        return translate("TagTable", "by hand") if kept.by_hand else ""

    def _tip(self, each: ListedTag) -> str:
        text = QCoreApplication.translate("TagTable", "{tag}: on {photos}, and on {more} by a narrower tag")
        return text.format(
            tag=each.kept.tag, photos=texts.photos(each.count.count), more=texts.photos(each.count.implied)
        )

    # renaming in place, merging by drag

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if self._locked or not index.isValid():
            return flags
        flags |= Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        """What was typed is only asked for: the table shows it when it is so."""
        each = self.tag(index)
        if role == _Role.EditRole and each is not None and str(value).strip() not in ("", each.kept.tag):
            self.renamed.emit(each.kept.tag, str(value).strip())
        return False

    def mimeTypes(self) -> list[str]:
        return [TAG]

    def mimeData(self, indexes: Any) -> QMimeData:
        each = self.tag(indexes[0]) if indexes else None
        return QMimeData() if each is None else of_tag(each.kept.tag)

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        into = self.tag(parent)
        tag = tag_of(data)
        if tag and into is not None and tag != into.kept.tag:
            self.dropped.emit(tag, into.kept.tag)
        return False  # nothing is moved in the table itself
