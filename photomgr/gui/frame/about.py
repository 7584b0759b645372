"""What this program is, and where it keeps what it knows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from photomgr import __version__
from photomgr.gui.looks.icons import application_icon
from photomgr.gui.places.model import printable

if TYPE_CHECKING:
    from photomgr.library import Library


class About(QDialog):
    """Not modal; closes by Esc."""

    def __init__(self, library: Library, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About photomgr"))
        picture = QLabel(self)
        picture.setPixmap(application_icon().pixmap(QSize(72, 72), self.devicePixelRatioF()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 22, 28, 18)
        layout.setSpacing(10)
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        where = printable(os.fspath(library.paths.catalog))
        log = printable(os.fspath(library.paths.cache / "photomgr.log"))
        for text, bold in (
            (f"photomgr {__version__}", True),
            (
                self.tr("Tags your photos, learns from you, finds them again. Nothing leaves this computer."),
                False,
            ),
            (self.tr("Your decisions are kept in {path}").format(path=where), False),
            (self.tr("What went wrong is written to {path}").format(path=log), False),
            (self.tr("Free software under the GNU General Public License, version 3 or later."), False),
        ):
            label = QLabel(text, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setMinimumWidth(380)
            font = label.font()
            font.setBold(bold)
            label.setFont(font)
            layout.addWidget(label)
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignHCenter)
