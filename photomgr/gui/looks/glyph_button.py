"""Small flat buttons with a painted sign: ✓, ✗, ×, + without a font that has them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

Sign = Callable[[QPainter, QRectF, QColor], None]


class GlyphButton(QAbstractButton):
    """``side`` is in logical pixels; checked, it is filled. Its colour can be another role's."""

    def __init__(self, sign: Sign, name: str, side: int = 22, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = sign
        self._side = side
        self.role = QPalette.ColorRole.WindowText
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = palette.color(group, self.role)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground = QColor(colour)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(group, QPalette.ColorRole.Highlight))
            painter.drawRoundedRect(box, 5, 5)
            colour = palette.color(group, QPalette.ColorRole.HighlightedText)
        elif self.isEnabled() and (self.underMouse() or self.isDown()):
            ground.setAlpha(70 if self.isDown() else 36)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 5, 5)
        inset = self._side * 0.26
        self._sign(painter, QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), colour)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 5, 5)
        painter.end()
