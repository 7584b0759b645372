"""The left panel's saved searches and albums, in the person's order: click, rename, drag, drop photos on albums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QWidget

from photomgr.core.query import quote
from photomgr.core.records import Change, Sort, What
from photomgr.gui.grid.dragging import PHOTOS, Drops, photos_of
from photomgr.gui.looks import texts
from photomgr.gui.places.model import COUNT_ROLE, FAINT_ROLE, ICON_ROLE
from photomgr.gui.threads.bridge import LATER, Bridge

if TYPE_CHECKING:
    from photomgr.core.catalog.collections import Album, SavedSearch
    from photomgr.library import Library

_NAME: Final = Qt.ItemDataRole.UserRole + 10  # as it is kept
_QUERY: Final = Qt.ItemDataRole.UserRole + 11
_SORT: Final = Qt.ItemDataRole.UserRole + 12
_ALBUM: Final = Qt.ItemDataRole.UserRole + 13

_LEAST_SHOWN: Final = 3

_Read = tuple[list["SavedSearch"], list["Album"]]


class Collected(QListView):
    """``asked`` carries (query, Sort) to show, ``filled`` follows when it is known whether there is anything."""

    asked = Signal(str, object)
    filled = Signal(int)

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._showing = False
        self._shown: _Read | None = None
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setAccessibleName(self.tr("Searches and albums"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.viewport().setAutoFillBackground(False)
        if not library.read_only:
            self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
            self.setDefaultDropAction(Qt.DropAction.MoveAction)
            self._drops = Drops(self, PHOTOS, lambda index: bool(index.data(_ALBUM)), self._dropped)
        self._query = ""  # the present one
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._keep_order)
        self._model.rowsRemoved.connect(lambda: None if self._showing else self._settle.start())
        self._model.itemChanged.connect(self._renamed)
        self.clicked.connect(self._clicked)
        bridge.changes.connect(self._changed)

    def _changed(self, change: Change) -> None:
        if change.what & (What.COLLECTIONS | What.PRESENCE):
            self.refresh()

    def refresh(self) -> None:
        """Read them again, off this thread."""
        kept = self._library.collections
        self._bridge.call(lambda: (kept.searches(), kept.albums()), self._show, priority=LATER)

    def _show(self, read: _Read) -> None:
        if read == self._shown:
            return
        self._shown = read
        searches, albums = read
        current = self.currentIndex().data(_NAME)
        self._showing = True
        self._model.clear()
        for search in searches:
            item = self._item(search.name, "search", search.query, search.query)
            item.setData(search.sort, _SORT)
            self._model.appendRow(item)
        for album in albums:
            query = f"album:{quote(album.name)}"
            item = self._item(album.name, "photos", query, texts.photos(album.count))
            item.setData(True, _ALBUM)
            item.setData(texts.number(album.count), COUNT_ROLE)
            self._model.appendRow(item)
        self._showing = False
        names = [self._model.item(row).data(_NAME) for row in range(self._model.rowCount())]
        if current in names:
            self.setCurrentIndex(self._model.index(names.index(current), 0))
        rows = self._model.rowCount()
        row = max(self.sizeHintForRow(0), 1)
        self.setMinimumHeight(min(rows, _LEAST_SHOWN) * row + 8)
        self.setMaximumHeight(max(rows, 1) * row + 8)
        self.filled.emit(len(searches) + len(albums))

    def _item(self, name: str, icon: str, query: str, tip: str) -> QStandardItem:
        item = QStandardItem(name)
        for role, value in (
            (_NAME, name),
            (_QUERY, query),
            (ICON_ROLE, icon),
            (COUNT_ROLE, ""),
            (FAINT_ROLE, False),
        ):
            item.setData(value, role)
        item.setToolTip(tip)
        item.setDropEnabled(False)
        item.setEditable(not self._library.read_only)
        return item

    def mark(self, query: str) -> None:
        """Show where the present query stands."""
        self._query = query
        for row in range(self._model.rowCount()):
            if self._model.item(row).data(_QUERY) == query:
                self.setCurrentIndex(self._model.index(row, 0))
                return
        self.setCurrentIndex(QModelIndex())

    def _clicked(self, index: QModelIndex) -> None:
        sort = index.data(_SORT)
        self.asked.emit(str(index.data(_QUERY)), Sort(sort) if sort else None)

    def event(self, event: QEvent) -> bool:
        """Here Delete is about what is listed, not about photos."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_F2):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._clicked(index)
        elif index.isValid() and event.key() == Qt.Key.Key_Delete and not self._library.read_only:
            self._remove(index)
        else:
            super().keyPressEvent(event)

    # changing them

    def _do(self, work: Callable[[], Any]) -> None:
        self._bridge.write(work, lambda _: None, self._failed)

    def _failed(self, error: BaseException) -> None:
        self._bridge.failed.emit(error)
        self._shown = None  # what stands in the list is not what is kept
        self.refresh()

    def _renamed(self, item: QStandardItem) -> None:
        old, new = str(item.data(_NAME)), item.text().strip()
        if self._showing or new == old:
            return
        self._showing = True
        item.setData(new, _NAME)
        self._showing = False
        kept = self._library.collections
        self._do(partial(kept.rename_album if item.data(_ALBUM) else kept.rename_search, old, new))

    def _remove(self, index: QModelIndex) -> None:
        kept = self._library.collections
        self._do(
            partial(kept.remove_album if index.data(_ALBUM) else kept.remove_search, str(index.data(_NAME)))
        )

    def _keep_order(self) -> None:
        """After a drag: the order as it stands now, of both kinds by themselves."""
        rows = [self._model.item(row) for row in range(self._model.rowCount())]
        searches = [str(item.data(_NAME)) for item in rows if not item.data(_ALBUM)]
        albums = [str(item.data(_NAME)) for item in rows if item.data(_ALBUM)]
        kept = self._library.collections

        def keep() -> None:
            if [each.name for each in kept.searches()] != searches:
                kept.order_searches(searches)
            if [each.name for each in kept.albums()] != albums:
                kept.order_albums(albums)

        self._do(keep)
        self.mark(self._query)

    def _dropped(self, index: QModelIndex, data: QMimeData) -> None:
        self._do(partial(self._library.collections.add, str(index.data(_NAME)), photos_of(data)))

    def _menu(self, where: QPoint) -> None:
        menu = self.menu_for(self.indexAt(where))
        menu.popup(self.viewport().mapToGlobal(where))

    def menu_for(self, index: QModelIndex) -> QMenu:
        """What can be done with one of them; deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        free = not self._library.read_only
        if index.isValid():
            menu.addAction(self.tr("Show these photos"), lambda: self._clicked(index))
            menu.addAction(self.tr("Rename"), lambda: self.edit(index)).setEnabled(free)
            menu.addAction(self.tr("Remove"), lambda: self._remove(index)).setEnabled(free)
            menu.addSeparator()
        menu.addAction(self.tr("New album"), lambda: self.make_album()).setEnabled(free)
        return menu

    def make_album(self, ids: Sequence[int] = ()) -> None:
        """A new album with these photos, under a name that is free; F2 renames it."""
        self._do(partial(self._library.collections.new_album, self.tr("New album"), ids))
