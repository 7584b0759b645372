"""Names of towns on the map: the largest first, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen

from photomgr.core.gazetteer import Gazetteer
from photomgr.gui.map.projection import Floats, View, project

_INK: Final = ("#555a62", "#b9bdc5")  # on light and on dark land and sea 4.5:1 and more
_MOST: Final = 60  # names at once
_TRIED: Final = 400  # towns that are tried for these
_AIR: Final = 10.0  # pixels around a name


@dataclass(frozen=True, slots=True, eq=False)
class Towns:
    """All towns, the most populous first."""

    gazetteer: Gazetteer
    x: Floats
    y: Floats

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> Towns:
        """(slow: reads the gazetteer) Raises CatalogError."""
        return cls(gazetteer, *project(gazetteer.arrays["latitude"], gazetteer.arrays["longitude"]))

    def paint(self, painter: QPainter, view: View, palette: QPalette, marks: Sequence[QRectF]) -> None:
        """Dots and names of the largest towns in view; a name that one of ``marks`` would hide stands beside it."""
        # From far away only cities: what is called a village there would be chosen at random.
        count = int(min(len(self.x), max(150, view.scale * view.scale / 2500)))
        across, down = view.across(self.x[:count]), view.down(self.y[:count])
        inside = (across > -80) & (across < view.width) & (down > 0) & (down < view.height)
        metrics = QFontMetricsF(painter.font())
        dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
        ink, halo = QColor(_INK[dark]), palette.color(QPalette.ColorRole.Base)
        taken: list[QRectF] = list(marks)
        waiting = list(marks)
        for number in np.flatnonzero(inside)[:_TRIED].tolist():
            name = self.gazetteer.spot(number).name
            where = QPointF(float(across[number]), float(down[number]))
            over = next((mark for mark in waiting if mark.contains(where)), None)
            if over is not None:
                waiting.remove(over)
                where = QPointF(over.right(), over.center().y())
            room = QRectF(
                where.x() - 3,
                where.y() - metrics.height() / 2,
                metrics.horizontalAdvance(name) + 9,
                metrics.height(),
            )
            airy = room.adjusted(-_AIR, -_AIR / 2, _AIR, _AIR / 2)
            if any(airy.intersects(other) for other in taken if other is not over):
                continue
            taken.append(room)
            if over is None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink)
                painter.drawEllipse(where, 1.8, 1.8)
            text = QPointF(where.x() + 5, where.y() + metrics.ascent() / 2 - 1)
            painter.setPen(QPen(halo, 1))
            for step in (QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1)):
                painter.drawText(text + step, name)
            painter.setPen(ink)
            painter.drawText(text, name)
            if len(taken) - len(marks) >= _MOST:
                return
