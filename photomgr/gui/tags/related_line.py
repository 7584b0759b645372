"""A quiet line under the chips: the words that lie near the tag under the pointer or the focus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QWidget

from photomgr.gui.looks.glyphs import dimmed
from photomgr.gui.threads.bridge import Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library


class RelatedLine(QLabel):
    """Keeps its height when it is empty, so that nothing moves under the pointer."""

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._tag = ""
        self._asking: Ticket | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self._dim()

    def show_for(self, tag: str) -> None:
        """Show the words for a tag as soon as they are found; nothing for no tag."""
        if tag == self._tag:
            return
        self._tag = tag
        self.setText("")
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if tag:
            self._asking = self._bridge.call(
                partial(self._library.words.related, tag), self._found, self._not_found
            )

    def _found(self, words: tuple[str, ...]) -> None:
        self._asking = None
        self.setText(self.tr("Related: {words}").format(words=", ".join(words)) if words else "")

    def _not_found(self, error: BaseException) -> None:
        self._asking = None
        self._bridge.failed.emit(error)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self.parentWidget() is not None:
            self._dim()

    def _dim(self) -> None:
        parent = self.parentWidget()
        own = parent.palette() if parent is not None else self.palette()
        colour = dimmed(own)
        if self.palette().color(QPalette.ColorRole.WindowText) != colour:
            own.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(own)
