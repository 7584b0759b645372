"""Where in a photo something was seen, drawn over its picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen

from photomgr.annotate.heat import Box

_DEEPEST = 140  # opacity where nothing was seen, of 255


class Place:
    """A ``box`` as shares of the photo, and ``warm`` [h][w] in [0, 1]: what is cold is darkened."""

    def __init__(self, box: Box | None, warm: Sequence[Sequence[float]] | None = None) -> None:
        self.box = box
        self._veil = _veil(warm) if warm else None

    def frame(self, over: QRectF) -> QRectF:
        """Where the box lies on a photo that fills ``over``; nowhere without one."""
        if self.box is None:
            return QRectF()
        left, top, width, height = self.box
        return QRectF(
            over.left() + left * over.width(), over.top() + top * over.height(),
            width * over.width(), height * over.height(),
        )  # fmt: skip

    def paint(self, painter: QPainter, over: QRectF, palette: QPalette) -> None:
        """Draw it over a photo that fills ``over``."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._veil is not None:
            painter.drawImage(over, self._veil, QRectF(self._veil.rect()))
        if self.box is not None:
            frame = self.frame(over).adjusted(1, 1, -1, -1)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, thick in ((QColor(0, 0, 0, 170), 4.0), (QColor("#ffd84d"), 2.0)):  # seen on any photo
                painter.setPen(QPen(colour, thick))
                painter.drawRoundedRect(frame, 3, 3)
        painter.restore()


def _veil(warm: Sequence[Sequence[float]]) -> QImage:
    image = QImage(len(warm[0]), len(warm), QImage.Format.Format_ARGB32)
    for y, row in enumerate(warm):
        for x, value in enumerate(row):
            image.setPixelColor(x, y, QColor(0, 0, 0, round(_DEEPEST * (1 - min(max(value, 0.0), 1.0)))))
    side = 96  # smooth between the few cells, before it is stretched over the photo
    return image.scaled(
        side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
