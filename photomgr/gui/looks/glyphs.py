"""The few small shapes that are painted on thumbnails and beside them, drawn so that no font has to
have them. Each takes the rectangle that it fills; colours come from the painter's brush and pen."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF

LABELS: Final = {
    "red": QColor("#e5484d"),
    "yellow": QColor("#e2b203"),
    "green": QColor("#30a46c"),
    "blue": QColor("#3b82f6"),
    "purple": QColor("#9a5bd4"),
}


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """``share`` (0 to 1) of ``one``, the rest of ``other``, channel by channel."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        one.redF() * share + other.redF() * rest,
        one.greenF() * share + other.greenF() * rest,
        one.blueF() * share + other.blueF() * rest,
    )


def dimmed(palette: QPalette, share: float = 0.72) -> QColor:
    """Text of second rank: still 4.5:1 against the base in our palettes."""
    return mixed(palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base), share)


def star_shape(box: QRectF) -> QPolygonF:
    centre = box.center()
    outer, inner = box.width() / 2, box.width() / 4.7
    points = []
    for corner in range(10):
        radius = inner if corner % 2 else outer
        angle = math.pi * corner / 5 - math.pi / 2
        points.append(QPointF(centre.x() + radius * math.cos(angle), centre.y() + radius * math.sin(angle)))
    return QPolygonF(points)


def star(painter: QPainter, box: QRectF, colour: QColor, filled: bool = True) -> None:
    painter.setPen(QPen(colour, 1.0))
    painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(star_shape(box))


def _stroke(painter: QPainter, colour: QColor, width: float) -> None:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def tick(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _stroke(painter, colour, box.width() / 7)
    w, h = box.width(), box.height()
    painter.drawPolyline(
        QPolygonF(
            [
                box.topLeft() + QPointF(w * 0.15, h * 0.55),
                box.topLeft() + QPointF(w * 0.4, h * 0.8),
                box.topLeft() + QPointF(w * 0.87, h * 0.22),
            ]
        )
    )


def cross(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _stroke(painter, colour, box.width() / 7)
    d = box.width() * 0.2
    inner = box.adjusted(d, d, -d, -d)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.topRight(), inner.bottomLeft())


def plus(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _stroke(painter, colour, box.width() / 7)
    d = box.width() * 0.15
    centre = box.center()
    painter.drawLine(QPointF(box.left() + d, centre.y()), QPointF(box.right() - d, centre.y()))
    painter.drawLine(QPointF(centre.x(), box.top() + d), QPointF(centre.x(), box.bottom() - d))


def minus(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _stroke(painter, colour, box.width() / 7)
    d = box.width() * 0.15
    centre = box.center()
    painter.drawLine(QPointF(box.left() + d, centre.y()), QPointF(box.right() - d, centre.y()))


def arrow(painter: QPainter, box: QRectF, colour: QColor, down: bool) -> None:
    """The little arrow of a section that can be opened."""
    _stroke(painter, colour, box.width() / 7)
    w, h = box.width(), box.height()
    points = [(0.2, 0.35), (0.5, 0.68), (0.8, 0.35)] if down else [(0.35, 0.2), (0.68, 0.5), (0.35, 0.8)]
    painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(w * x, h * y) for x, y in points]))


def sheets(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Two sheets, one behind the other: several photos as one."""
    _stroke(painter, colour, box.width() / 9)
    w, h = box.width(), box.height()
    painter.drawRoundedRect(QRectF(box.left() + w * 0.08, box.top() + h * 0.3, w * 0.62, h * 0.62), 1.5, 1.5)
    behind = [(0.3, 0.08), (0.92, 0.08), (0.92, 0.7)]
    painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(w * x, h * y) for x, y in behind]))


def play(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """The triangle that says: a film."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    w, h = box.width(), box.height()
    corners = [(0.22, 0.1), (0.9, 0.5), (0.22, 0.9)]
    painter.drawPolygon(QPolygonF([box.topLeft() + QPointF(w * x, h * y) for x, y in corners]))


def warning(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A triangle with an exclamation mark."""
    _stroke(painter, colour, box.width() / 12)
    w, h = box.width(), box.height()
    corner = box.topLeft()
    painter.drawPolygon(
        QPolygonF(
            [corner + QPointF(w * 0.5, h * 0.1), corner + QPointF(w * 0.95, h * 0.88),
             corner + QPointF(w * 0.05, h * 0.88)]
        )
    )  # fmt: skip
    painter.drawLine(corner + QPointF(w * 0.5, h * 0.4), corner + QPointF(w * 0.5, h * 0.6))
    painter.drawPoint(corner + QPointF(w * 0.5, h * 0.74))


def away(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A drive, struck through: the file is not here."""
    _stroke(painter, colour, box.width() / 10)
    w, h = box.width(), box.height()
    corner = box.topLeft()
    painter.drawRoundedRect(QRectF(corner + QPointF(w * 0.1, h * 0.32), box.size() * 0.8).adjusted(
        0, 0, 0, -h * 0.38), w * 0.1, w * 0.1)  # fmt: skip
    painter.drawPoint(corner + QPointF(w * 0.72, h * 0.53))
    painter.drawLine(corner + QPointF(w * 0.12, h * 0.9), corner + QPointF(w * 0.88, h * 0.1))
