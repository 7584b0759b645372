"""The signs over the photos of a wall, each drawn once: a wall is painted anew with every key that is pressed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from photomgr.gui.looks import glyphs

_SHADE: Final = QColor(0, 0, 0, 165)
_WHITE: Final = QColor(255, 255, 255)
_EDGE: Final = 1  # room around for the line that goes along the rim
_BOX: Final = 22.0


class Badges:
    """Draws for one widget: anew when its colours, its font or its screen are others."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._looks: tuple[object, ...] = ()
        self._kept: dict[tuple[str, int], QPixmap] = {}

    def refresh(self) -> None:
        """Forget what was drawn for other looks; once for each painting."""
        widget = self._widget
        looks = (widget.devicePixelRatioF(), widget.palette().cacheKey(), widget.font().key())
        if looks != self._looks:
            self._looks = looks
            self._kept.clear()

    def box(self, ticked: bool) -> QPixmap:
        """A round box with a tick, or empty."""
        return self._badge(
            ("box", int(ticked)), _BOX, _BOX, lambda painter, rect: self._box(painter, rect, ticked)
        )

    def score(self, percent: int) -> QPixmap:
        """How sure the model is, in a chip."""
        known = self._kept.get(("score", percent))
        if known is not None:
            return known
        text = QCoreApplication.translate("Badges", "{number} %").format(number=percent)
        metrics = self._widget.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 2
        return self._badge(
            ("score", percent), width, height, lambda painter, rect: self._chip(painter, rect, text)
        )

    def _badge(
        self, key: tuple[str, int], width: float, height: float, draw: Callable[[QPainter, QRectF], None]
    ) -> QPixmap:
        badge = self._kept.get(key)
        if badge is None:
            ratio = self._widget.devicePixelRatioF()
            badge = QPixmap(math.ceil((width + 2 * _EDGE) * ratio), math.ceil((height + 2 * _EDGE) * ratio))
            badge.setDevicePixelRatio(ratio)
            badge.fill(Qt.GlobalColor.transparent)
            painter = QPainter(badge)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw(painter, QRectF(_EDGE, _EDGE, width, height))
            painter.end()
            self._kept[key] = badge
        return badge

    def _box(self, painter: QPainter, rect: QRectF, ticked: bool) -> None:
        highlight = self._widget.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(_WHITE, 1.5))
        painter.setBrush(highlight if ticked else QColor(0, 0, 0, 90))
        painter.drawEllipse(rect)
        if ticked:
            glyphs.tick(painter, rect.adjusted(4.5, 4.5, -4.5, -4.5), _WHITE)

    def _chip(self, painter: QPainter, rect: QRectF, text: str) -> None:
        painter.setFont(self._widget.font())
        painter.setPen(QPen(QColor(255, 255, 255, 190), 1))
        painter.setBrush(_SHADE)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        painter.setPen(_WHITE)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
