"""A new name for a photo's file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from photomgr.core.errors import UsageError
from photomgr.library.templates import FIELDS


class NamePage(QDialog):
    """Not modal; ``named`` carries the name. The part before the ending is selected.

    With ``example`` it is a pattern for several photos: what it makes of one of them is shown, or why it cannot.
    """

    named = Signal(str)

    def __init__(
        self, name: str, parent: QWidget, example: Callable[[str], str] | None = None, count: int = 1
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._example = example
        self.setWindowTitle(self.tr("Rename the file(s)", "", count))
        label = QLabel(self.tr("New name; sidecars and the RAW file of the same shot go along"), self)
        label.setWordWrap(True)
        self.edit = QLineEdit(name, self)
        label.setBuddy(self.edit)
        stem = name.rpartition(".")[0] if example is None else ""
        self.edit.setSelection(0, len(stem) or len(name))
        self.rename = QPushButton(self.tr("Rename"), self)
        self.rename.setDefault(True)
        self.rename.clicked.connect(self._take)
        self.shown = QLabel(self)
        self.shown.setTextFormat(Qt.TextFormat.PlainText)
        self.shown.setWordWrap(True)
        self.shown.setVisible(example is not None)
        hint = QLabel(", ".join("{" + each + "}" for each in FIELDS), self)
        hint.setTextFormat(Qt.TextFormat.PlainText)
        hint.setWordWrap(True)
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        hint.setVisible(example is not None)
        self.edit.textChanged.connect(self._look)
        close = QPushButton(self.tr("Cancel"), self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.rename)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addWidget(self.edit)
        layout.addWidget(self.shown)
        layout.addWidget(hint)
        layout.addLayout(buttons)
        self.setMinimumWidth(420)
        self._look(name)

    def _look(self, text: str) -> None:
        good = bool(text.strip())
        if good and self._example is not None:
            try:
                self.shown.setText(self._example(text.strip()))
            except UsageError as error:
                self.shown.setText(str(error))
                good = False
        self.rename.setEnabled(good)

    def _take(self) -> None:
        self.named.emit(self.edit.text())
        self.close()
