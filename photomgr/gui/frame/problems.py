"""The quiet list of what went wrong, opened from the status bar."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.looks import texts
from photomgr.gui.messages import Message, Messages

_SHOWN = 100


class Problems(QFrame):
    """A popup over the status bar, newest first. ``show_photos`` carries the ids of one entry."""

    show_photos = Signal(object)

    def __init__(self, messages: Messages, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._messages = messages
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(self.tr("What went wrong"))
        title = QLabel(self.tr("What went wrong"), self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self.clear_button = QPushButton(self.tr("Clear the list"), self)
        self.clear_button.clicked.connect(self._clear)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.clear_button)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(head)
        layout.addWidget(self._area)

    def popup_over(self, widget: QWidget) -> None:
        """Open above ``widget``, right edges in line, and take the entries as read."""
        self._fill()
        self.resize(520, min(360, 90 + 44 * max(1, len(self._messages.kept))))
        self.move(widget.mapToGlobal(QPoint(widget.width() - self.width(), -self.height() - 6)))
        self.show()
        self._messages.read()

    def _fill(self) -> None:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 2, 6, 2)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, message in enumerate(reversed(self._messages.kept[-_SHOWN:])):
            self._line(grid, row, message)
        grid.setRowStretch(len(self._messages.kept[-_SHOWN:]), 1)
        self._area.setWidget(inner)

    def _line(self, grid: QGridLayout, row: int, message: Message) -> None:
        when = QLabel(message.when.strftime("%H:%M"))
        when.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        text = QLabel(message.text)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(when, row, 0, top)
        text.setAlignment(top)
        grid.addWidget(text, row, 1)
        if message.photos:
            button = QPushButton(self.tr("Show these photos"))
            button.setToolTip(texts.photos(len(message.photos)))
            button.clicked.connect(lambda _=False, ids=message.photos: self._show(ids))
            grid.addWidget(button, row, 2, top)

    def _show(self, ids: tuple[int, ...]) -> None:
        self.hide()
        self.show_photos.emit(list(ids))

    def _clear(self) -> None:
        self.hide()
        self._messages.clear()
