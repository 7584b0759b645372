"""What both the person and another program changed: one line each, and a choice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.exchange import Conflict
from photomgr.core.records import Change, What
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import NOW, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

_CONFLICT = Qt.ItemDataRole.UserRole
_MOST: Final = 60  # letters of a text that are shown


class ConflictPage(QDialog):
    """Not modal. A field in the list is left alone in files until the person has chosen.

    ``photos_wanted`` carries the photos of the selected lines.
    """

    photos_wanted = Signal(object)

    def __init__(self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Conflicts with other programs"))
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self.note = QLabel(self)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setAccessibleName(self.tr("Conflicts"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemSelectionChanged.connect(self._offer)
        self.mine = QPushButton(self.tr("Keep mine"), self)
        self.theirs = QPushButton(self.tr("Take theirs"), self)
        self.both = QPushButton(self.tr("Keep both"), self)
        self.look = QPushButton(self.tr("Show the photos"), self)
        self.look.setAutoDefault(False)
        self.look.clicked.connect(self._look)
        buttons = QHBoxLayout()
        buttons.addWidget(self.look)
        buttons.addStretch(1)
        for button, keep in ((self.both, "both"), (self.theirs, "theirs"), (self.mine, "ours")):
            button.clicked.connect(partial(self.settle, keep))
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.addWidget(self.note)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self.resize(620, 380)
        bridge.changes.connect(self._changed)
        self.refresh()

    def _changed(self, change: Change) -> None:
        if change.what & (What.WRITING | What.METADATA):
            self.refresh()

    def _look(self) -> None:
        chosen = self.chosen() or [self.list.item(row).data(_CONFLICT) for row in range(self.list.count())]
        self.photos_wanted.emit(list(dict.fromkeys(each.photo for each in chosen)))

    def refresh(self) -> None:
        """Ask the catalog again."""
        library = self._library

        def ask() -> list[tuple[Conflict, str]]:
            found = library.exchange.conflicts()
            names = {photo.id: photo.display_name for photo in library.photos([each.photo for each in found])}
            return [(each, names.get(each.photo, "")) for each in found]

        self._bridge.call(ask, self._show, priority=NOW)

    def _show(self, found: list[tuple[Conflict, str]]) -> None:
        chosen = {each.id for each in self.chosen()}
        self.list.clear()
        for conflict, name in found:
            item = QListWidgetItem(f"{name}: {self._said(conflict)}", self.list)
            item.setData(_CONFLICT, conflict)
            item.setSelected(conflict.id in chosen)
        some = self.tr(
            "You and another program changed these differently. Until you choose, files keep theirs."
        )
        self.note.setText(some if found else self.tr("No conflict waits."))
        if found and not self.list.selectedItems():
            self.list.setCurrentRow(0)
        self.look.setEnabled(bool(found))
        self._offer()

    def _said(self, conflict: Conflict) -> str:
        ours, theirs = ", ".join(conflict.ours), ", ".join(conflict.theirs)
        if conflict.field == "tag":
            return self.tr("you took “{tag}” off, the other program added it").format(tag=conflict.tag)
        if conflict.field == "tags":
            return self.tr("you renamed to “{mine}”, the other program to “{theirs}”").format(
                mine=ours, theirs=theirs
            )
        if conflict.field == "rating":
            return self.tr("you gave {mine} of 5 stars, the other program {theirs}").format(
                mine=ours, theirs=theirs
            )
        nothing = self.tr("none")
        if conflict.field in ("title", "caption"):
            text = {
                "title": self.tr("your title is “{mine}”, the other program's “{theirs}”"),
                "caption": self.tr("your caption is “{mine}”, the other program's “{theirs}”"),
            }[conflict.field]
            return text.format(mine=_short(ours) or nothing, theirs=_short(theirs) or nothing)
        return self.tr("your label is {mine}, the other program's {theirs}").format(
            mine=ours or nothing, theirs=theirs or nothing
        )

    def chosen(self) -> list[Conflict]:
        return [item.data(_CONFLICT) for item in self.list.selectedItems()]

    def _offer(self) -> None:
        chosen = self.chosen()
        for button in (self.mine, self.theirs):
            button.setEnabled(bool(chosen) and not self._library.read_only)
        self.both.setVisible(bool(chosen) and all(each.field == "tags" for each in chosen))

    def settle(self, keep: str, _checked: bool = False) -> None:
        """Choose for the selected lines."""
        chosen, exchange = self.chosen(), self._library.exchange

        self._bridge.write(partial(exchange.settle, chosen, keep), self._settled, self._messages.failed)

    def _settled(self, change: Change) -> None:
        self._messages.info(change.text, undo=change.action is not None)
        self.refresh()


def _short(text: str) -> str:
    """A text in one line, its beginning alone where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST else line[:_MOST] + "…"
