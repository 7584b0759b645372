"""A new name for a photo's file."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget


class NamePage(QDialog):
    """Not modal; ``named`` carries the name. The part before the ending is selected."""

    named = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Rename the file"))
        label = QLabel(self.tr("New name; sidecars go along"), self)
        self.edit = QLineEdit(name, self)
        label.setBuddy(self.edit)
        stem = name.rpartition(".")[0]
        self.edit.setSelection(0, len(stem) or len(name))
        self.rename = QPushButton(self.tr("Rename"), self)
        self.rename.setDefault(True)
        self.rename.clicked.connect(self._take)
        self.edit.textChanged.connect(lambda text: self.rename.setEnabled(bool(text.strip())))
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
        layout.addLayout(buttons)
        self.setMinimumWidth(380)

    def _take(self) -> None:
        self.named.emit(self.edit.text())
        self.close()
