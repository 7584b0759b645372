"""A line of text that is cut in the middle where there is no room, whole in its tip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from photomgr.gui.grid.tips import plain


class ElidedLabel(QLabel):
    """Plain text, one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        self._whole = text.replace("\n", " ")
        self.setAccessibleName(self._whole)
        self._elide()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._elide()
        return handled

    def _elide(self) -> None:
        room = max(10, self.width() - 2)
        text = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room)
        if text != self.text():
            self.setText(text)
        self.setToolTip("" if text == self._whole else plain(self._whole))


def heading(parent: QWidget) -> ElidedLabel:
    """What a part of the window is about, larger than what it says of it."""
    label = ElidedLabel(parent)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * 1.35)
    font.setBold(True)
    label.setFont(font)
    return label
