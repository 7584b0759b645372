"""What lies under the photos: sea, land, borders, towns. Painted once for a piece of the world, then moved along."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap

from photomgr.gui.looks import texts
from photomgr.gui.map.outlines import Outlines
from photomgr.gui.map.projection import View
from photomgr.gui.map.towns import Towns

_MARGIN: Final = 256  # pixels around the view that are painted, too
_RULER: Final = 110.0  # pixels of the scale at most


def is_dark(palette: QPalette) -> bool:
    return palette.color(QPalette.ColorRole.Base).lightness() < 128


def colours(palette: QPalette) -> tuple[QColor, QColor, QColor]:
    """Sea, land, and the lines between countries."""
    if is_dark(palette):
        return QColor("#1d2228"), QColor("#34383e"), QColor("#565c66")
    return QColor("#dce5ee"), QColor("#f7f6f2"), QColor("#c3c4c8")


class Ground:
    """Keeps the last pictures, of the land and of the names on it; ``outlines`` and ``towns`` may come later."""

    def __init__(self) -> None:
        self.outlines: Outlines | None = None
        self.towns: Towns | None = None
        self._picture = QPixmap()
        self._names: QPixmap | None = None
        self._view: View | None = None

    def forget(self) -> None:
        self._view = None

    def forget_names(self) -> None:
        """The marks stand elsewhere: names make room for them."""
        self._names = None

    def paint(
        self,
        painter: QPainter,
        view: View,
        palette: QPalette,
        ratio: float,
        marks: Callable[[View], Sequence[QRectF]],
    ) -> None:
        """Paint it where ``view`` looks; ``marks`` says what of a view will be covered."""
        if not self._fits(view, ratio):
            self._names = None
            self._render(view, palette, ratio)
        assert self._view is not None
        if self._names is None and self.towns is not None:
            self._names = self._empty(ratio)
            names = QPainter(self._names)
            names.setRenderHint(QPainter.RenderHint.Antialiasing)
            names.setFont(painter.font())
            self.towns.paint(names, self._view, palette, marks(self._view))
            names.end()
        across = ((self._view.x - view.x + 0.5) % 1 - 0.5) * view.scale
        down = (self._view.y - view.y) * view.scale
        # On whole pixels of the screen, or a picture that is moved would be blurred.
        left, top = (round(each * ratio) / ratio for each in (across - _MARGIN, down - _MARGIN))
        for picture in (self._picture, self._names):
            if picture is not None:
                painter.drawPixmap(QPointF(left, top), picture)

    def _fits(self, view: View, ratio: float) -> bool:
        known = self._view
        if known is None or self._picture.devicePixelRatio() != ratio:
            return False
        if known.scale != view.scale or (known.width, known.height) != (
            view.width + 2 * _MARGIN,
            view.height + 2 * _MARGIN,
        ):
            return False
        across = abs((view.x - known.x + 0.5) % 1 - 0.5) * view.scale
        return across <= _MARGIN and abs(view.y - known.y) * view.scale <= _MARGIN

    def _empty(self, ratio: float) -> QPixmap:
        assert self._view is not None
        picture = QPixmap(QSize(math.ceil(self._view.width * ratio), math.ceil(self._view.height * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        return picture

    def _render(self, view: View, palette: QPalette, ratio: float) -> None:
        wide = replace(view, width=view.width + 2 * _MARGIN, height=view.height + 2 * _MARGIN)
        self._view = wide
        self._picture = self._empty(ratio)
        sea, land, line = colours(palette)
        self._picture.fill(sea)
        if self.outlines is None:
            return
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        level = self.outlines.level(view.scale * ratio)
        half = wide.width / 2 / wide.scale
        rounds = range(math.floor(wide.x - half - 0.06), math.floor(wide.x + half) + 1)
        # Filling with smooth edges takes twenty times as long as a rough filling with a smooth line round it.
        for shift in rounds:
            path = self.outlines.land[level].path(wide, shift)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(path, land)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.strokePath(path, QPen(land, 1))
        painter.setPen(QPen(line, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shift in rounds:
            painter.drawPath(self.outlines.borders[level].path(wide, shift))
        painter.end()


def paint_ruler(painter: QPainter, view: View, palette: QPalette) -> None:
    """How long a kilometre is here, at the lower left."""
    longest = view.metres * _RULER
    power = 10 ** math.floor(math.log10(longest))
    metres = next(each * power for each in (5, 2, 1) if each * power <= longest)
    length = metres / view.metres
    kilometres = metres >= 1000
    text = f"{texts.number(round(metres / 1000 if kilometres else metres))} {'km' if kilometres else 'm'}"
    left, bottom = 16.0, view.height - 16.0
    behind = QColor(palette.color(QPalette.ColorRole.Window))
    behind.setAlpha(200)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(behind)
    painter.drawRoundedRect(QRectF(left - 8, bottom - 26, max(length, 56.0) + 16, 34), 5, 5)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.4))
    for one, other in (
        ((left, bottom), (left + length, bottom)),
        ((left, bottom - 5), (left, bottom)),
        ((left + length, bottom - 5), (left + length, bottom)),
    ):
        painter.drawLine(QPointF(*one), QPointF(*other))
    painter.drawText(QRectF(left + 5, bottom - 22, 150, 18), Qt.AlignmentFlag.AlignLeft, text)
