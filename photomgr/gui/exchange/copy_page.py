"""How copies of photos shall be."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from photomgr.library.copying import CopyWish
from photomgr.library.templates import FIELDS


class CopyPage(QDialog):
    """Not modal; ``wanted`` carries the folder and the CopyWish."""

    wanted = Signal(object, object)

    def __init__(self, count: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Copy photos"))
        self.folder = QLineEdit(str(Path.home() / "Copies"), self)
        choose = QPushButton(self.tr("Choose…"), self)
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        self.convert = QComboBox(self)
        for text, kind in ((self.tr("As they are"), ""), ("JPEG", "jpeg"), ("WebP", "webp"), ("PNG", "png")):
            self.convert.addItem(text, kind)
        self.resize_to = QSpinBox(self)
        self.resize_to.setRange(0, 20_000)
        self.resize_to.setSingleStep(256)
        self.resize_to.setSpecialValueText(self.tr("Full size"))
        self.resize_to.setSuffix(self.tr(" pixels"))
        self.strip = QCheckBox(self.tr("Leave out where they were taken"), self)
        self.name = QLineEdit("{name}", self)
        self.name.setToolTip(", ".join("{" + each + "}" for each in FIELDS))
        form = QFormLayout()
        form.addRow(self.tr("Folder"), row)
        form.addRow(self.tr("Format"), self.convert)
        form.addRow(self.tr("Long side at most"), self.resize_to)
        form.addRow(self.tr("Names"), self.name)
        hint = QLabel(
            self.tr("Names may hold {year}, {month}, {n:03}, {camera} …; a / makes a folder."), self
        )
        hint.setTextFormat(Qt.TextFormat.PlainText)
        hint.setWordWrap(True)
        hint.setMinimumHeight(2 * hint.fontMetrics().lineSpacing())
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        form.addRow("", hint)
        form.addRow("", self.strip)
        self.copy = QPushButton(self.tr("Copy %n photo(s)", "", count), self)
        self.copy.setDefault(True)
        self.copy.clicked.connect(self._take)
        close = QPushButton(self.tr("Cancel"), self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.addLayout(form)
        layout.addLayout(buttons)
        self.setMinimumWidth(480)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for the copies"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _take(self) -> None:
        wish = CopyWish(
            self.convert.currentData() or None,
            self.resize_to.value() or None,
            self.strip.isChecked(),
            self.name.text().strip() or "{name}",
        )
        self.wanted.emit(Path(self.folder.text()).expanduser(), wish)
        self.close()
