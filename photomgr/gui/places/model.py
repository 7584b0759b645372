"""What the left panel lists: places of the library, folders with counts, tags with counts.

The trees are built off the GUI thread (:func:`folder_nodes`); the models only hold them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from photomgr.core.query import quote
from photomgr.core.records import Counts, FolderCount, Root, Sort, TagCount, tag_key
from photomgr.gui.grid.dragging import of_tag
from photomgr.gui.looks import texts

Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
COUNT_ROLE: Final = _Role.UserRole + 1  # the text at the right
FAINT_ROLE: Final = _Role.UserRole + 2  # bool: drawn in the placeholder colour
ICON_ROLE: Final = _Role.UserRole + 3  # a name of the icon set
_NONE: Final = QModelIndex()


def tag_query(tag: str, suggested: bool = False) -> str:
    """The search for a tag that stands, or for one that is suggested."""
    return f"{'maybe' if suggested else 'tag'}:{quote(tag)}"


def folder_query(path: Path) -> str:
    """The search for a folder and what is below it."""
    return f"folder:{quote(printable(os.fspath(path)))}"


@dataclass(slots=True)
class FolderNode:
    """A folder of the tree. ``total`` counts the photos in it and below; ``row`` and ``parent`` place it."""

    path: Path
    name: str
    root: int
    key: str  # the path as text, quicker to compare
    online: bool = True
    total: int = 0
    parent: int = -1
    row: int = 0
    children: list[int] = field(default_factory=list)

    @property
    def is_root(self) -> bool:
        return self.parent < 0


def folder_nodes(roots: Sequence[Root], folders: Iterable[FolderCount]) -> list[FolderNode]:
    """The folder tree as a flat list, parents before children; folders between that hold nothing
    themselves are put in, so that every child has its parent."""
    nodes: list[FolderNode] = []
    at: dict[str, int] = {}
    for row, root in enumerate(sorted(roots, key=lambda root: os.fspath(root.path))):
        key = os.fspath(root.path)
        at[key] = len(nodes)
        nodes.append(FolderNode(root.path, root.path.name or key, root.id, key, root.online, row=row))
    for folder in sorted(folders, key=lambda folder: folder.path.parts):
        number = _place(folder.path, nodes, at)
        while number >= 0:
            nodes[number].total += folder.count
            number = nodes[number].parent
    return nodes


def _place(path: Path, nodes: list[FolderNode], at: dict[str, int]) -> int:
    """The number of the node for ``path``, made with its parents up to a root; -1 outside all roots."""
    missing: list[Path] = []
    while os.fspath(path) not in at:
        missing.append(path)
        if path.parent == path:
            return -1
        path = path.parent
    number = at[os.fspath(path)]
    for path in reversed(missing):
        parent = nodes[number]
        parent.children.append(len(nodes))
        key, row = os.fspath(path), len(parent.children) - 1
        node = FolderNode(path, path.name, parent.root, key, parent.online, parent=number, row=row)
        number = at[key] = len(nodes)
        nodes.append(node)
    return number


class FolderModel(QAbstractItemModel):
    """Folders of all roots as a tree."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: list[FolderNode] = []
        self._tops: list[int] = []

    @property
    def nodes(self) -> list[FolderNode]:
        return self._nodes

    def set_nodes(self, nodes: list[FolderNode]) -> bool:
        """Show another tree. Returns False when only numbers differ and nothing was reset."""
        same = [node.key for node in nodes] == [node.key for node in self._nodes]
        if same:
            before, self._nodes = self._nodes, nodes
            for number, (old, new) in enumerate(zip(before, nodes, strict=True)):
                if (old.total, old.online) != (new.total, new.online):
                    self.dataChanged.emit(self.index_of(number), self.index_of(number))
            return False
        self.beginResetModel()
        self._nodes = nodes
        self._tops = [number for number, node in enumerate(nodes) if node.parent < 0]
        self.endResetModel()
        return True

    def index_of(self, number: int) -> QModelIndex:
        return self.createIndex(self._nodes[number].row, 0, number)

    def node(self, index: Index) -> FolderNode | None:
        return self._nodes[index.internalId()] if index.isValid() else None

    def find(self, path: Path) -> QModelIndex:
        """The index of a folder; invalid when it is not in the tree."""
        for number, node in enumerate(self._nodes):
            if node.path == path:
                return self.index_of(number)
        return QModelIndex()

    def _family(self, parent: Index) -> list[int]:
        return self._nodes[parent.internalId()].children if parent.isValid() else self._tops

    def rowCount(self, parent: Index = _NONE) -> int:
        return len(self._family(parent))

    def columnCount(self, parent: Index = _NONE) -> int:
        return 1

    def index(self, row: int, column: int, parent: Index = _NONE) -> QModelIndex:
        family = self._family(parent)
        if column != 0 or not 0 <= row < len(family):
            return QModelIndex()
        return self.createIndex(row, 0, family[row])

    def parent(self, child: Index = _NONE) -> Any:
        if not child.isValid():
            return QModelIndex()
        number = self._nodes[child.internalId()].parent
        return self.index_of(number) if number >= 0 else QModelIndex()

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        node = self.node(index)
        if node is None:
            return None
        if role == _Role.DisplayRole:
            return printable(node.name)
        if role == COUNT_ROLE:
            return texts.number(node.total)
        if role == FAINT_ROLE:
            return not node.online
        if role == ICON_ROLE:
            return "drive-away" if node.is_root and not node.online else "folder"
        if role == _Role.ToolTipRole:
            away = "" if node.online else "\n" + QCoreApplication.translate("Places", "The drive is away")
            return f"{printable(os.fspath(node.path))}\n{texts.photos(node.total)}{away}"
        if role == _Role.AccessibleTextRole:
            return f"{printable(node.name)}, {texts.photos(node.total)}"
        return None


def printable(name: str) -> str:
    """A file name for the screen: undecodable bytes become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


class TagModel(QAbstractListModel):
    """Tags with counts, those that match the filter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[TagCount] = []
        self._shown: list[TagCount] = []
        self._filter = ""

    def set_tags(self, tags: list[TagCount]) -> None:
        if tags != self._all:
            self._all = tags
            self._show()

    def set_filter(self, text: str) -> None:
        self._filter = tag_key(text)
        self._show()

    def _show(self) -> None:
        shown = [tag for tag in self._all if self._filter in tag_key(tag.tag)]
        if [tag.tag for tag in shown] == [tag.tag for tag in self._shown]:
            self._shown = shown
            if shown:
                self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def tag(self, index: Index) -> TagCount | None:
        return self._shown[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return of_tag(self._shown[indexes[0].row()].tag)

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        tag = self.tag(index)
        if tag is None:
            return None
        if role == _Role.DisplayRole:
            return tag.tag
        if role == COUNT_ROLE:
            # What a click finds: photos of a narrower tag too.
            found = tag.count + tag.implied
            return texts.number(found) if found else f"{texts.number(tag.suggested)}?"
        if role == FAINT_ROLE:
            return not tag.count + tag.implied
        if role == ICON_ROLE:
            return "tag"
        if role in (_Role.ToolTipRole, _Role.AccessibleTextRole):
            text = QCoreApplication.translate("Places", "{tag}: on {photos}, suggested for {more}")
            return text.format(
                tag=tag.tag, photos=texts.photos(tag.count + tag.implied), more=texts.photos(tag.suggested)
            )
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the library list: a query, and the order that belongs to it."""

    key: str
    icon: str
    query: str
    sort: Sort | None = None


MAP: Final = "map"  # the entry that is no search
PLACES: Final = (
    Place("all", "photos", ""),
    Place("unreviewed", "unreviewed", "is:unreviewed"),
    Place("untagged", "untagged", "is:untagged"),
    Place("unreadable", "unreadable", "is:unreadable"),
    Place("offline", "drive-away", "is:offline"),
    Place("duplicate", "photos", "is:duplicate"),
    Place("recent", "recent", "", Sort.ADDED),
    Place(MAP, "map", "\0map"),
)


class PlaceModel(QAbstractListModel):
    """The fixed entries with their counts; the one of offline photos stands only while there are some."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._counts: Counts | None = None
        self._shown = [place for place in PLACES if place.key != "offline"]

    def set_counts(self, counts: Counts) -> None:
        shown = [place for place in PLACES if place.key != "offline" or counts.offline]
        if shown != self._shown:
            self.beginResetModel()
            self._shown, self._counts = shown, counts
            self.endResetModel()
        else:
            self._counts = counts
            self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))

    def place(self, index: Index) -> Place | None:
        return self._shown[index.row()] if index.isValid() else None

    def row_of(self, query: str, sort: Sort) -> int:
        """The entry that shows this, -1 for none."""
        for row, place in enumerate(self._shown):
            if place.query == query and (place.sort is None) == (sort is not Sort.ADDED or bool(query)):
                return row
        return -1

    def row_of_key(self, key: str) -> int:
        """The entry of that key, -1 while it is not there."""
        return next((row for row, place in enumerate(self._shown) if place.key == key), -1)

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def _count(self, key: str) -> int | None:
        counts = self._counts
        if counts is None or key in ("recent", "duplicate"):
            return None
        return {
            "all": counts.photos,
            "unreviewed": counts.unreviewed,
            "untagged": counts.untagged,
            "unreadable": counts.unreadable,
            "offline": counts.offline,
            MAP: counts.located,
        }[key]

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        place = self.place(index)
        if place is None:
            return None
        count = self._count(place.key)
        if role == _Role.DisplayRole:
            return _title(place.key)
        if role == COUNT_ROLE:
            return texts.number(count) if count is not None else ""
        if role == FAINT_ROLE:
            return count == 0
        if role == ICON_ROLE:
            return place.icon
        if role == _Role.ToolTipRole:
            return _tip(place.key)
        if role == _Role.AccessibleTextRole:
            return f"{_title(place.key)}, {texts.photos(count)}" if count is not None else _title(place.key)
        return None


def _title(key: str) -> str:
    translate = QCoreApplication.translate
    return {
        "all": translate("Places", "All photos"),
        "unreviewed": translate("Places", "Unreviewed"),
        "untagged": translate("Places", "Untagged"),
        "unreadable": translate("Places", "Unreadable"),
        "offline": translate("Places", "On absent drives"),
        "duplicate": translate("Places", "Duplicates"),
        "recent": translate("Places", "Recent"),
        MAP: translate("Places", "Map"),
    }[key]


def _tip(key: str) -> str:
    translate = QCoreApplication.translate
    return {
        "all": translate("Places", "Every photo of the library"),
        "unreviewed": translate("Places", "Photos with suggestions that wait for your decision"),
        "untagged": translate("Places", "Photos without a decided tag"),
        "unreadable": translate("Places", "Photos that cannot be read, with the reason"),
        "offline": translate("Places", "Photos on drives that are away"),
        "duplicate": translate("Places", "Photos that are there several times, or nearly"),
        "recent": translate("Places", "Photos added last come first"),
        MAP: translate(
            "Places", "The photos of this search on a map, as far as they say where they were taken (M)"
        ),
    }[key]
