"""The bar over a photo that is looked at: its name and place, zoom, previous and next."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from photomgr.gui.looks import glyphs
from photomgr.gui.looks.elided import ElidedLabel
from photomgr.gui.looks.glyph_button import GlyphButton, Sign
from photomgr.gui.looks.icons import dress


class PhotoBar(QWidget):
    """Its signals say what the person wants; ``toggled`` is whole photo or real size."""

    back = Signal()
    previous = Signal()
    next = Signal()
    larger = Signal()
    smaller = Signal()
    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(self)
        self.place = QLabel(self)
        self.place.setTextFormat(Qt.TextFormat.PlainText)
        self._smaller = self._sign(glyphs.minus, self.tr("Smaller (Ctrl+-)"), self.smaller)
        self._percent = self._button(self.tr("Whole photo or real size (Z)"), self.toggled)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("1600 %") + 12)
        self._larger = self._sign(glyphs.plus, self.tr("Larger (Ctrl++)"), self.larger)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 3, 8, 3)
        layout.addWidget(self._icon("photos", self.tr("Back to the grid (Esc)"), self.back))
        layout.addWidget(self.name, 1)
        layout.addWidget(self.place)
        layout.addSpacing(12)
        for widget in (self._smaller, self._percent, self._larger):
            layout.addWidget(widget)
        layout.addSpacing(12)
        layout.addWidget(self._icon("back", self.tr("Previous photo (Backspace)"), self.previous))
        layout.addWidget(self._icon("forward", self.tr("Next photo (Space)"), self.next))

    def show_percent(self, percent: int | None) -> None:
        """None where there is nothing to zoom."""
        self._percent.setText("" if percent is None else self.tr("{number} %").format(number=percent))
        for widget in (self._smaller, self._percent, self._larger):
            widget.setEnabled(percent is not None)

    def _button(self, text: str, wish: SignalInstance) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setProperty("flat", True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: wish.emit())
        return button

    def _icon(self, name: str, text: str, wish: SignalInstance) -> QToolButton:
        button = self._button(text, wish)
        dress(button, name)
        return button

    def _sign(self, sign: Sign, text: str, wish: SignalInstance) -> GlyphButton:
        button = GlyphButton(sign, text, 26, self)
        button.clicked.connect(lambda: wish.emit())
        return button
