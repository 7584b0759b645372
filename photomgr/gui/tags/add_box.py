"""The box in which tags are added, with what the half-typed name may become under it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from photomgr.core.records import MAX_TAG_LENGTH, tag_key
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

_SHOWN: Final = 8
_NEW: Final = Qt.ItemDataRole.UserRole


class AddBox(QWidget):
    """``wanted`` carries the tag to add.

    Enter adds what is highlighted under the box; Shift+Enter makes a new tag exactly as typed.
    """

    wanted = Signal(str)
    left = Signal()

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._asking: Ticket | None = None
        self._answered: str | None = None
        self._waiting = False  # Enter was pressed before the answer came
        self.edit = _Edit(self)
        self.edit.setPlaceholderText(self.tr("Add a tag…"))
        self.edit.setAccessibleName(self.tr("Add a tag"))
        self.edit.setMaxLength(MAX_TAG_LENGTH)
        self.edit.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Tags that fit"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setUniformItemSizes(True)
        self.list.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self.edit)
        layout.addWidget(self.list)
        self.edit.textEdited.connect(self._typed)
        self.edit.entered.connect(self._enter)
        self.edit.moved.connect(self._move)
        self.edit.escaped.connect(self._escape)
        self.list.itemClicked.connect(lambda item: self._take(item.data(_NEW)))

    def lock(self, reason: str) -> None:
        """Nothing can be added, and why; empty for free again."""
        self.edit.setEnabled(not reason)
        self.edit.setToolTip(reason or self.tr("Enter adds, Shift+Enter makes a new tag as typed (T)"))

    def start(self) -> None:
        """Take the keyboard."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def clear(self) -> None:
        self.edit.clear()
        self._close()

    def _typed(self, text: str) -> None:
        self._stop()
        if not text.strip():
            self._close()
            return
        wanted = text.strip()
        self._asking = self._bridge.call(
            lambda: self._library.complete_tag(wanted, _SHOWN), partial(self._fits, wanted), priority=NOW
        )

    def _stop(self) -> None:
        self._waiting = False
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _fits(self, typed: str, tags: list[str]) -> None:
        self._asking = None
        self._answered = typed
        self.list.clear()
        exact = [tag for tag in tags if tag_key(tag) == tag_key(typed)]
        for tag in exact + [tag for tag in tags if tag not in exact]:
            self._add(tag.replace("\n", " "), tag)
        if not exact:
            self._add(self.tr("New tag “{name}” (Shift+Enter)").format(name=typed), typed)
        self.list.setCurrentRow(0)
        height = self.list.sizeHintForRow(0) * self.list.count() + 2 * self.list.frameWidth()
        self.list.setFixedHeight(height)
        self.list.show()
        if self._waiting:
            self._enter(False)

    def _add(self, text: str, tag: str) -> None:
        item = QListWidgetItem(text, self.list)
        item.setData(_NEW, tag)
        item.setSizeHint(QSize(0, self.fontMetrics().height() + 6))

    def _enter(self, exactly: bool) -> None:
        typed = self.edit.text().strip()
        if not typed:
            return
        if exactly:
            self._take(typed)
        elif self._answered == typed and self.list.currentItem() is not None:
            self._take(self.list.currentItem().data(_NEW))
        else:
            self._waiting = True

    def _take(self, tag: str) -> None:
        self._stop()
        self.clear()
        self.wanted.emit(tag)

    def _move(self, by: int) -> None:
        if self.list.isVisible() and self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def _escape(self) -> None:
        if self.list.isVisible() or self.edit.text():
            self._stop()
            self.clear()
        else:
            self.left.emit()

    def _close(self) -> None:
        self._answered = None
        self.list.clear()
        self.list.hide()


class _Edit(QLineEdit):
    """Hands the keys of the list under it on."""

    entered = Signal(bool)  # True with Shift
    moved = Signal(int)
    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        """Esc first clears what was typed; only then it is the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = event.key() == Qt.Key.Key_Escape and bool(self.text())
            if mine:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
