"""Title and caption of the photos that are shown: read as plain lines, written by clicking into them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from photomgr.gui.tags.facts import Facts

_MOST_LINES: Final = {"title": 3, "caption": 6}  # before they scroll
_CALM: Final = (
    "QPlainTextEdit { background: transparent; border: 1px solid transparent; border-radius: 4px; }"
    "QPlainTextEdit:hover:enabled { border-color: palette(mid); }"
    "QPlainTextEdit:focus { background: palette(base); border-color: palette(accent); }"
)


class Describing(QWidget):
    """``described`` carries (field, text) when the person is done with one: Enter, Tab, or a click elsewhere.

    Esc takes back what was typed. In a caption Shift+Enter begins a line.
    """

    described = Signal(str, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _Line("title", self.tr("Add a title"), self.tr("Title"), self)
        self.caption = _Line("caption", self.tr("Add a caption"), self.tr("Caption"), self)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for field, edit in (("title", self.title), ("caption", self.caption)):
            layout.addWidget(edit)
            edit.done.connect(lambda text, field=field: self.described.emit(field, text))
            edit.left.connect(self.left)

    def show_facts(self, facts: Facts, locked: str) -> None:
        """What stands on the photos; what is being typed stays."""
        for field, edit in (("title", self.title), ("caption", self.caption)):
            texts = facts.texts.get(field, ("",))
            edit.show_text(texts[0] if len(texts) == 1 else None, locked, len(facts.ids))

    def finish(self) -> None:
        """Keep what is being typed: other photos are about to be shown."""
        self.title.finish()
        self.caption.finish()


class _Line(QPlainTextEdit):
    """A text without a frame that is as high as its lines."""

    done = Signal(str)
    left = Signal()

    def __init__(self, field: str, invitation: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._invitation = invitation
        self._most = _MOST_LINES[field]
        self._single = field == "title"
        self._stored: str | None = ""
        self.setAccessibleName(name)
        self.setStyleSheet(_CALM)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            self.tr("Enter keeps it, Esc takes it back")
            if self._single
            else self.tr("Enter keeps it, Shift+Enter begins a line, Esc takes it back")
        )
        self.textChanged.connect(self._fit)

    def show_text(self, text: str | None, locked: str, photos: int) -> None:
        """``text`` None where the photos differ."""
        if text == self._stored and self.hasFocus():
            return
        self._stored = text
        self.setReadOnly(bool(locked))
        different = self.tr("%n photos, each with its own", "", photos) if text is None else ""
        self.setPlaceholderText(different or ("" if locked else self._invitation))
        if self.toPlainText() != (text or ""):
            self.setPlainText(text or "")
        self.setVisible(bool(text) or not locked)

    def finish(self) -> None:
        """Keep what was typed, if it is something else than what stood there."""
        text = self.toPlainText().strip()
        if self._single:
            text = " ".join(text.split())
        if not self.isReadOnly() and text != (self._stored or "") and (text or self._stored is not None):
            self._stored = text
            self.done.emit(text)

    def event(self, event: QEvent) -> bool:
        """Keys that mean something in a text are the text's, Esc only when something was typed."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._takes(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (self._single or not shift):
            self.finish()
            self.left.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.setPlainText(self._stored or "")
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.finish()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        # a plain document's height is its number of lines as they are broken
        lines = min(self._most, max(1, round(self.document().size().height())))
        return QSize(100, lines * self.fontMetrics().lineSpacing() + 8)
