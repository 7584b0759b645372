"""The left panel's timeline: years and their months with counts, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLocale, QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QTreeView, QWidget

from photomgr.core.records import Change, What
from photomgr.gui.looks import texts
from photomgr.gui.places.model import COUNT_ROLE, FAINT_ROLE, ICON_ROLE
from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.threads.rereading import Rereading

if TYPE_CHECKING:
    from photomgr.library import Library
    from photomgr.library.facets import Side

_QUERY: Final = Qt.ItemDataRole.UserRole + 10
_DATED: Final = What.PHOTOS | What.METADATA | What.PRESENCE
_PAUSE: Final = 1500  # milliseconds in which changes are gathered


class Timeline(QTreeView):
    """``asked`` carries the search for a year or month, ``narrowed`` the same with Ctrl, to add to the present one."""

    asked = Signal(str, object)
    narrowed = Signal(str)

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._shown: list[tuple[str, int]] = []
        self._behind = 0  # the revision up to which the index must have come before the counts are right
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Timeline"))
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self._clicked)
        self._counts = Rereading(bridge, self._read, self._show, self, pause=_PAUSE)
        bridge.changes.connect(self._changed)

    def _changed(self, change: Change) -> None:
        if change.what & _DATED:
            self._behind = max(self._behind, change.revision, 1)

    def indexed(self) -> None:
        """Searches may find something else: what has changed is counted as soon as they know of it."""
        if self._behind:
            self._counts.soon()
            if self._library.search.revision >= self._behind:
                self._behind = 0

    def refresh(self) -> None:
        """Count again, off this thread."""
        self._counts.now()

    def _read(self) -> list[Side]:
        return self._library.facets(self._library.find("").ids)

    def _show(self, sides: list[Side]) -> None:
        found = {side.name: side.values for side in sides}
        dated = [(value.text, value.count) for name in ("years", "months") for value in found.get(name, ())]
        if dated == self._shown:
            return
        self._shown = dated
        opened = {
            self._model.item(n).text()
            for n in range(self._model.rowCount())
            if self.isExpanded(self._model.index(n, 0))
        }
        self._model.clear()
        years = {value.text: _item(value.text, value.count, value.query) for value in found.get("years", ())}
        for value in found.get("months", ()):
            name = QLocale().standaloneMonthName(int(value.text[5:]))
            if (
                year := years.get(value.text[:4])
            ) is not None:  # of very many years only the largest are named
                year.appendRow(_item(name[:1].upper() + name[1:], value.count, value.query))
        for text, item in years.items():
            self._model.appendRow(item)
            self.setExpanded(item.index(), text in opened)

    def mark(self, query: str) -> None:
        """Show where the present query stands."""
        for row in range(self._model.rowCount()):
            year = self._model.item(row)
            for item in (year, *(year.child(n) for n in range(year.rowCount()))):
                if item.data(_QUERY) == query:
                    self.setCurrentIndex(item.index())
                    return
        self.setCurrentIndex(QModelIndex())

    def _clicked(self, index: QModelIndex) -> None:
        query = str(index.data(_QUERY))
        if QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier:
            self.narrowed.emit(query)
        else:
            self.asked.emit(query, None)
            self.expand(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.currentIndex().isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._clicked(self.currentIndex())
        else:
            super().keyPressEvent(event)


def _item(text: str, count: int, query: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(query, _QUERY)
    item.setData(texts.number(count), COUNT_ROLE)
    item.setData("recent", ICON_ROLE)
    item.setData(False, FAINT_ROLE)
    item.setData(f"{text}, {texts.photos(count)}", Qt.ItemDataRole.AccessibleTextRole)
    return item
