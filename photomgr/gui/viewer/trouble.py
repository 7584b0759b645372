"""What stands in the place of a photo that cannot be shown: why, and what can be done."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QCoreApplication, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from photomgr.core.records import Photo, Presence
from photomgr.gui.grid.tips import waits_for_reader
from photomgr.gui.looks import icons


class TroublePage(QWidget):
    """``again`` asks to try once more."""

    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo: Photo | None = None
        self._sign = QLabel(self)
        self._heading = self._label(1.3)
        self._reason = self._label()
        self._advice = self._label()
        self._path = self._label()
        self._path.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._retry = QPushButton(self.tr("Try again"), self)
        self._retry.clicked.connect(self.again)
        self._folder = QPushButton(self.tr("Show in folder"), self)
        self._folder.clicked.connect(self._show_in_folder)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._retry)
        buttons.addWidget(self._folder)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 20, 40, 20)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self._heading, self._reason, self._advice, self._path):
            layout.addWidget(label)
        layout.addLayout(buttons)
        layout.addStretch(2)

    def _label(self, size: float = 1.0) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        if size != 1.0:
            font = label.font()
            font.setPointSizeF(font.pointSizeF() * size)
            font.setBold(True)
            label.setFont(font)
        return label

    def say(self, photo: Photo, reason: str) -> None:
        """Show why that photo cannot be shown; ``reason`` is the decoder's sentence."""
        self._photo = photo
        names = {Presence.OFFLINE: "drive-away", Presence.GONE: "unreadable", Presence.HERE: "unreadable"}
        colour = self.palette().color(QPalette.ColorRole.PlaceholderText)
        name = names[photo.presence]
        self._sign.setPixmap(icons.pixmap(name, 64, colour, self.devicePixelRatioF()))
        heading, advice = self._words(photo)
        self._heading.setText(heading)
        self._reason.setText(reason)
        self._reason.setVisible(photo.presence is Presence.HERE)
        self._advice.setText(advice)
        self._path.setText(display_path(photo))
        self._folder.setEnabled(photo.presence is not Presence.OFFLINE)
        self.setAccessibleName(f"{heading} {reason} {advice}")

    def _words(self, photo: Photo) -> tuple[str, str]:
        presence = photo.presence
        if presence is Presence.OFFLINE:
            return (
                self.tr("The drive of this photo is away"),
                self.tr("Connect the drive to open the photo. It can be tagged and rated meanwhile."),
            )
        if presence is Presence.GONE:
            return (
                self.tr("The file is not where it was"),
                self.tr("If you moved it, add the folder where it is now: its tags come back."),
            )
        if waits_for_reader(photo):
            return (
                self.tr("Not shown yet"),
                self.tr("Nothing is wrong with the file. It can be tagged, rated and found like any other."),
            )
        return (
            self.tr("This photo cannot be read"),
            self.tr(
                "The file may be damaged or only half copied. Replace it from a backup or the camera's card: "
                "it is read again as soon as it changes. It can be tagged and rated meanwhile."
            ),
        )

    def _show_in_folder(self) -> None:
        if self._photo is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(os.fspath(self._photo.path.parent)))


def display_path(photo: Photo) -> str:
    """The whole path for a person: bytes that are no text become U+FFFD."""
    try:
        return os.fsencode(photo.path).decode(sys.getfilesystemencoding(), "replace")
    except UnicodeEncodeError:
        return QCoreApplication.translate("TroublePage", "(a name that cannot be shown)")
