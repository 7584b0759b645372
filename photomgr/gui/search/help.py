"""The `?` beside the search box: what can be searched for, each line a button that tries it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from photomgr.core.query import SYNTAX


class SearchHelp(QFrame):
    """A popup that closes by Esc or a click beside it. ``chosen`` carries the example clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(self.tr("What can be searched for"))
        self.examples: list[QPushButton] = []

    def _build(self) -> None:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(12, 8, 16, 10)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(1)
        for row, (example, meaning) in enumerate(SYNTAX):
            button = QPushButton(example.replace("&", "&&"), inner)
            button.setFlat(True)
            button.setStyleSheet("text-align: left; padding: 3px 6px; font-weight: 600;")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setToolTip(self.tr("Add to the search"))
            button.clicked.connect(lambda _=False, text=example: self._choose(text))
            label = QLabel(QCoreApplication.translate("Query", meaning), inner)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setForegroundRole(QPalette.ColorRole.Text)
            grid.addWidget(button, row, 0)
            grid.addWidget(label, row, 1)
            self.examples.append(button)
        grid.setColumnStretch(1, 1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        wanted = inner.sizeHint()
        self.resize(wanted.width() + 24, min(wanted.height() + 6, 560))

    def popup_under(self, widget: QWidget) -> None:
        """Open below ``widget``, right edges in line."""
        if not self.examples:
            self._build()
        corner = widget.mapToGlobal(QPoint(widget.width() - self.width(), widget.height() + 4))
        screen = widget.screen().availableGeometry()
        corner.setX(max(screen.left() + 4, corner.x()))
        self.move(corner)
        self.show()

    def _choose(self, text: str) -> None:
        self.hide()
        self.chosen.emit(text)
