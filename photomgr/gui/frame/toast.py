"""A short message over the lower edge of the photos, with Undo where a step can be taken back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from photomgr.gui.messages import Kind, Message

_SHOWN: Final = {False: 4_000, True: 8_000}  # milliseconds, longer with a button


class Toast(QFrame):
    """Shows one message at a time over ``host``; never takes the focus by itself."""

    undo_clicked = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(False)
        self.undo_button = QPushButton(self.tr("Undo"), self)
        self.undo_button.setFlat(True)
        self.undo_button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.undo_button.setToolTip(self.tr("Take this step back (Ctrl+Z)"))
        self.undo_button.clicked.connect(self._undo)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 7, 8, 7)
        layout.setSpacing(10)
        layout.addWidget(self.label)
        layout.addWidget(self.undo_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._colour()
        host.installEventFilter(self)
        self.hide()

    def _colour(self) -> None:
        colours = self.palette()
        ground = colours.color(QPalette.ColorRole.ToolTipBase).name()
        ink = colours.color(QPalette.ColorRole.ToolTipText).name()
        self.setStyleSheet(
            f"#toast {{ background: {ground}; border: 1px solid palette(shadow); border-radius: 6px; }}"
            f"#toast QLabel {{ color: {ink}; }}"
            f"#toast QPushButton {{ color: #8fbaff; font-weight: 600; border: 1px solid transparent;"
            f" border-radius: 4px; padding: 2px 8px; background: transparent; }}"
            f"#toast QPushButton:hover, #toast QPushButton:focus {{ border-color: #8fbaff; }}"
        )

    def say(self, message: Message) -> None:
        """Show ``message`` for some seconds, in place of the one before."""
        room = max(120, self._host.width() - 160)
        text = self.label.fontMetrics().elidedText(message.text, Qt.TextElideMode.ElideRight, room)
        self.label.setText(text)
        self.label.setToolTip(message.text if text != message.text else "")
        self.undo_button.setVisible(message.undo)
        self.setAccessibleName(message.text)
        self._timer.start(_SHOWN[message.undo or message.kind is not Kind.INFO])
        self._place()
        self.show()
        self.raise_()

    def _undo(self) -> None:
        self.hide()
        self.undo_clicked.emit()

    def _place(self) -> None:
        self.adjustSize()
        left = (self._host.width() - self.width()) // 2
        self.move(max(8, left), self._host.height() - self.height() - 16)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_timer"):
            self._recolour_later()
        super().changeEvent(event)

    def _recolour_later(self) -> None:
        if self.property("ground") != self.palette().color(QPalette.ColorRole.ToolTipBase).name():
            self.setProperty("ground", self.palette().color(QPalette.ColorRole.ToolTipBase).name())
            self._colour()
