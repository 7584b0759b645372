"""Before files are written by themselves for the first time: what will be written, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from photomgr.gui.looks import texts
from photomgr.library.upkeep import Reach

_MOST: Final = 6  # folders that are named


class ExplainPage(QDialog):
    """Not modal. ``agreed`` carries whether earlier decisions are to be written too, ``look_wanted`` asks to see what
    would change; closed without either, nothing is written."""

    agreed = Signal(bool)
    look_wanted = Signal()

    def __init__(self, mode: str, reach: Reach, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Write decisions to files by themselves"))
        self.what = self._label(self._said(mode))
        self.where = self._label(self._places(reach))
        self.promise = self._label(
            self.tr(
                "Never a suggestion. What other programs wrote stays, undo is followed by the files, and what was "
                "there before is kept: “Write tags to files…” puts it back byte by byte."
            )
        )
        count = self.tr("Also what was decided until now (%n photo(s))", "", reach.decided)
        self.earlier = QCheckBox(count.replace(str(reach.decided), texts.number(reach.decided), 1), self)
        self.earlier.setChecked(True)
        self.earlier.setVisible(reach.decided > 0)
        look = QPushButton(self.tr("See what would change…"), self)
        look.clicked.connect(self.look_wanted)
        look.setEnabled(reach.decided > 0)
        self.no = QPushButton(self.tr("Not now"), self)
        self.no.clicked.connect(self.close)
        self.yes = QPushButton(self.tr("Write by itself"), self)
        self.yes.setDefault(True)
        self.yes.clicked.connect(self._agree)
        buttons = QHBoxLayout()
        buttons.addWidget(look)
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(12)
        for widget in (self.what, self.where, self.promise, self.earlier):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.setFixedWidth(560)

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _said(self, mode: str) -> str:
        what = self.tr(
            "A few seconds after you decide, the tags, stars, colour labels, titles and captions that you gave are "
            "written where other programs find them:"
        )
        if mode == "file":
            where = self.tr(
                "into the photo files themselves (JPEG, PNG, WebP, TIFF). Of other kinds, and where a file cannot "
                "take it, into a small file beside it, such as IMG_1234.heic.xmp."
            )
        elif mode == "sidecar":
            where = self.tr(
                "into a small file beside each photo, such as IMG_1234.jpg.xmp. The photo files themselves are not "
                "touched."
            )
        else:
            where = self.tr("only in the folders below, as was set for each.")
        return f"{what} {where}"

    def _places(self, reach: Reach) -> str:
        lines = [str(each) for each in reach.folders[:_MOST]]
        if len(reach.folders) > _MOST:
            lines.append("…")
        words = {
            "never": self.tr("nothing is written"),
            "sidecar": self.tr("into sidecars"),
            "file": self.tr("into the photo files"),
        }
        lines += [f"{_shown(path)}: {words[mode]}" for path, mode in reach.rules[:_MOST]]
        lines = [line.encode("utf-8", "replace").decode() for line in lines]
        return "\n".join([self.tr("In these folders and below:"), *(f"    {line}" for line in lines)])

    def _agree(self) -> None:
        self.agreed.emit(self.earlier.isChecked() and self.earlier.isVisibleTo(self))
        self.close()


def _shown(path: Path) -> str:
    return str(path)
