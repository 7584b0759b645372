"""What is taken out of the library, of which photos, and into which file or folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.looks import texts

EVERYTHING: Final = "everything"
TABLE: Final = "table"
GALLERY: Final = "gallery"
KEYWORDS: Final = "keywords"
_OF_PHOTOS: Final = (TABLE, GALLERY)
_NAMES: Final = {
    EVERYTHING: "photomgr.jsonl",
    TABLE: "photos.csv",
    GALLERY: "Gallery",
    KEYWORDS: "keywords.txt",
}


@dataclass(frozen=True, slots=True)
class ExportWish:
    """``kind`` one of the four above; ``ids`` for a table or gallery, ``title`` for a gallery."""

    kind: str
    target: Path
    ids: tuple[int, ...] = ()
    title: str = ""


class ExportPage(QDialog):
    """Not modal; ``wanted`` carries the ExportWish. ``shown`` and ``selected`` are ids of photos."""

    wanted = Signal(object)

    def __init__(
        self, shown: tuple[int, ...], selected: tuple[int, ...], title: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export"))
        self._folder = Path.home()
        self._touched = False
        self.kinds: dict[str, QRadioButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(8)
        group = QButtonGroup(self)
        for kind, text, about in self._offers():
            button = QRadioButton(text, self)
            button.setAccessibleDescription(about)
            group.addButton(button)
            self.kinds[kind] = button
            note = QLabel(about, self)
            note.setTextFormat(Qt.TextFormat.PlainText)
            note.setWordWrap(True)
            note.setIndent(22)
            note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            button.toggled.connect(self._turn)
            layout.addWidget(button)
            layout.addWidget(note)
        self.photos = QComboBox(self)
        for text, ids in ((self.tr("Shown: {photos}"), shown), (self.tr("Selected: {photos}"), selected)):
            if ids:
                self.photos.addItem(text.format(photos=texts.photos(len(ids))), ids)
        self.photos.setCurrentIndex(self.photos.count() - 1 if len(selected) > 1 else 0)
        self.title = QLineEdit(title, self)
        self.target = QLineEdit(self)
        self.target.textEdited.connect(self._note_touch)
        self.target.textChanged.connect(self._look)
        choose = QPushButton(self.tr("Choose…"), self)
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.target, 1)
        row.addWidget(choose)
        self.form = QFormLayout()
        self.form.addRow(self.tr("Photos"), self.photos)
        self.form.addRow(self.tr("Title"), self.title)
        self.form.addRow(self.tr("Into"), row)
        layout.addSpacing(6)
        layout.addLayout(self.form)
        self.export = QPushButton(self.tr("Export"), self)
        self.export.setDefault(True)
        self.export.clicked.connect(self._take)
        close = QPushButton(self.tr("Cancel"), self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.export)
        layout.addLayout(buttons)
        self.setMinimumWidth(520)
        self.kinds[EVERYTHING].setChecked(True)

    def _offers(self) -> list[tuple[str, str, str]]:
        return [
            (EVERYTHING, self.tr("Everything that was decided"),
             self.tr("As lines of JSON, for this library elsewhere or for a script; Import takes it in again.")),
            (TABLE, self.tr("A table of photos"),
             self.tr("As CSV for a spreadsheet: path, date, rating, label and tags.")),
            (GALLERY, self.tr("A web page of photos"),
             self.tr("A folder with thumbnails and captions that any browser shows, without the originals.")),
            (KEYWORDS, self.tr("The tags as a keyword list"),
             self.tr("As text in the form of Lightroom, with broader tags and other names.")),
        ]  # fmt: skip

    @property
    def kind(self) -> str:
        return next((kind for kind, button in self.kinds.items() if button.isChecked()), EVERYTHING)

    def _note_touch(self) -> None:
        self._touched = True

    def _turn(self, on: bool) -> None:
        """Something else is wanted: with a name of its own, unless the person gave one."""
        if on and not self._touched:
            self.target.setText(str(self._folder / _NAMES[self.kind]))
        if on:
            self._look()

    def _look(self) -> None:
        kind = self.kind
        self.form.setRowVisible(self.photos, kind in _OF_PHOTOS)
        self.form.setRowVisible(self.title, kind == GALLERY)
        some = kind not in _OF_PHOTOS or self.photos.count() > 0
        self.export.setEnabled(some and bool(self.target.text().strip()))

    def _choose(self) -> None:
        start = self.target.text()
        if self.kind == GALLERY:
            name = QFileDialog.getExistingDirectory(
                self, self.tr("Folder for the web page"), str(self._folder)
            )
        else:
            name, _ = QFileDialog.getSaveFileName(self, self.tr("Export"), start)
        if name:
            self._touched = True
            self.target.setText(name)

    def _take(self) -> None:
        ids = self.photos.currentData() if self.kind in _OF_PHOTOS else ()
        target = Path(self.target.text().strip()).expanduser()
        self.wanted.emit(ExportWish(self.kind, target, tuple(ids or ()), self.title.text().strip()))
        self.close()
