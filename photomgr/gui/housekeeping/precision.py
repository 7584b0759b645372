"""How right a tag's suggestions have been at each score, with the bands as lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from photomgr.gui.looks import glyphs


class PrecisionPlot(QWidget):
    """From left to right the score; the curve is the share of right ones among the decisions from there on up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._every: NDArray[np.int32] = np.zeros(0, np.int32)
        self._right: NDArray[np.int32] = np.zeros(0, np.int32)
        self._sure = self._ask = 0.0
        self.setAccessibleName(self.tr("Precision by score"))

    def sizeHint(self) -> QSize:
        return QSize(240, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 84)

    def show_counts(
        self, every: NDArray[np.int32], right: NDArray[np.int32], sure: float, ask: float
    ) -> None:
        """Decisions by what the others foretold of each, in equal steps of the score: all and the accepted ones."""
        self._every, self._right, self._sure, self._ask = every, right, sure, ask
        total = int(every.sum())
        self.setToolTip(self.tr("%n decision(s), each foretold by the others", "", total))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        box = QRectF(self.rect()).adjusted(30, 6, -20, -18)
        faint = glyphs.dimmed(palette)
        painter.setPen(QPen(faint, 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.drawLine(box.bottomLeft(), box.topLeft())
        small = painter.font()
        small.setPointSizeF(small.pointSizeF() * 0.85)
        painter.setFont(small)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for share, text in ((1.0, "100 %"), (0.5, "50 %")):
            y = box.bottom() - box.height() * share
            painter.drawText(QRectF(0, y - 7, 27, 14), int(right), text.replace(" %", ""))
        for share in (0.0, 0.5, 1.0):
            place = QRectF(box.left() + box.width() * share - 20, box.bottom() + 2, 40, 15)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), f"{share:.0%}".replace("%", " %"))
        if not self._every.sum():
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self.tr("No decisions yet"))
            painter.end()
            return
        self._curve(painter, box)
        for share in (self._ask, self._sure):
            x = box.left() + box.width() * share
            style = Qt.PenStyle.SolidLine if share == self._sure else Qt.PenStyle.DashLine
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.2, style))
            painter.drawLine(QLineF(x, box.top(), x, box.bottom()))
        painter.end()

    def _curve(self, painter: QPainter, box: QRectF) -> None:
        above = np.cumsum(self._every[::-1])[::-1]
        right = np.cumsum(self._right[::-1])[::-1]
        steps = len(above)
        points = [
            QPointF(box.left() + box.width() * n / steps, box.bottom() - box.height() * right[n] / above[n])
            for n in range(steps)
            if above[n]
        ]
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(QPen(accent, 2))
        painter.drawPolyline(QPolygonF(points))
