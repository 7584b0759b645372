"""A picture from elsewhere, and what is seen on it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.looks.qimages import from_pillow
from photomgr.library.dropping import Looked

_SIDE = 240


class DropPage(QDialog):
    """Not modal. It asks whether an address may be fetched (``allowed`` carries whether from now on), says that it is
    under way, then shows the picture and its tags; ``kept`` asks to save it."""

    allowed = Signal(bool)
    kept = Signal()

    def __init__(self, name: str, parent: QWidget, can_keep: bool = True) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("A picture from elsewhere"))
        self._tags: tuple[tuple[str, float], ...] = ()
        self.heading = self._label(name)
        self.heading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._asking())
        self._stack.addWidget(self._working())
        self._stack.addWidget(self._showing())
        self.once = QPushButton(self.tr("Fetch it this time"), self)
        self.once.clicked.connect(lambda: self.allowed.emit(False))
        self.always = QPushButton(self.tr("Always fetch"), self)
        self.always.clicked.connect(lambda: self.allowed.emit(True))
        self.copy = QPushButton(self.tr("Copy the tags"), self)
        self.copy.clicked.connect(self._copy)
        self.keep = QPushButton(self.tr("Save into the inbox"), self)
        self.keep.clicked.connect(self.kept)
        self._can_keep = can_keep
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.once, self.always, self.copy, self.keep, close):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(self.heading)
        layout.addWidget(self._stack, 1)
        layout.addLayout(buttons)
        self.setMinimumWidth(460)
        self._turn(0)

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _asking(self) -> QWidget:
        return self._label(
            self.tr(
                "photomgr fetches nothing from the net unless you allow it. The server learns your address, and nothing"
                " about your photos."
            )
        )

    def _working(self) -> QWidget:
        bar = QProgressBar(self)
        bar.setRange(0, 0)
        bar.setAccessibleName(self.tr("Looking at the picture"))
        return bar

    def _showing(self) -> QWidget:
        page = QWidget(self)
        self.picture = QLabel(page)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._list = QGridLayout()
        self._list.setHorizontalSpacing(14)
        side = QVBoxLayout()
        side.addLayout(self._list)
        side.addStretch(1)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.picture)
        row.addLayout(side, 1)
        return page

    def _turn(self, page: int) -> None:
        self._stack.setCurrentIndex(page)
        for button in (self.once, self.always):
            button.setVisible(page == 0)
        self.copy.setVisible(page == 2 and bool(self._tags))
        self.keep.setVisible(page == 2 and self._can_keep)

    def work(self) -> None:
        """It is under way."""
        self._turn(1)

    def show_looked(self, looked: Looked) -> None:
        """The picture, and its tags with their probabilities."""
        self._tags = looked.tags
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(from_pillow(looked.picture, round(_SIDE * ratio)))
        size = QSize(_SIDE, _SIDE) * ratio
        pixmap = pixmap.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)
        self.picture.setAccessibleName(self.heading.text())
        for row, (tag, score) in enumerate(looked.tags):
            self._list.addWidget(self._label(tag), row, 0)
            share = self._label(self.tr("{number} %").format(number=round(score * 100)))
            share.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            self._list.addWidget(share, row, 1, Qt.AlignmentFlag.AlignRight)
        if not looked.tags:
            self._list.addWidget(self._label(self.tr("No suggestion for this picture.")), 0, 0)
        self._list.setColumnStretch(0, 1)
        self._turn(2)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(", ".join(tag for tag, _ in self._tags))
