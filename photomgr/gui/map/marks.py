"""Clusters of photos as round pictures with their count."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPalette, QPen, QPixmap

from photomgr.gui.grid.thumbnails import ThumbnailLoader
from photomgr.gui.looks import texts
from photomgr.gui.map.clusters import Cluster
from photomgr.gui.map.projection import View

_LEAST, _MOST = 34.0, 58.0  # pixels across


def diameter(count: int) -> float:
    """Of the mark for so many photos."""
    return min(_MOST, _LEAST + 6 * math.log10(count)) if count > 1 else _LEAST


class Marks:
    """Paints them, and knows which one is at a point."""

    def __init__(self, thumbnails: ThumbnailLoader) -> None:
        self._thumbnails = thumbnails
        self._round: dict[tuple[int, int], QPixmap] = {}
        thumbnails.arrived.connect(self._arrived)

    def _arrived(self, photo: int) -> None:
        for key in [key for key in self._round if key[0] == photo]:
            del self._round[key]

    def forget(self) -> None:
        self._round.clear()

    @staticmethod
    def middle(cluster: Cluster, view: View) -> QPointF:
        """Where a cluster stands."""
        away = (cluster.x - view.x + 0.5) % 1 - 0.5
        return QPointF(
            away * view.scale + view.width / 2, (cluster.y - view.y) * view.scale + view.height / 2
        )

    def visible(self, found: Sequence[Cluster], view: View) -> list[int]:
        """Numbers of the clusters in view."""
        room = QRectF(0, 0, view.width, view.height).adjusted(-_MOST, -_MOST, _MOST, _MOST)
        return [number for number, each in enumerate(found) if room.contains(self.middle(each, view))]

    def rooms(self, found: Sequence[Cluster], view: View) -> list[QRectF]:
        """The squares that the marks of a view cover."""
        sides = (
            (self.middle(found[n], view), diameter(found[n].count) + 6) for n in self.visible(found, view)
        )
        return [QRectF(at.x() - side / 2, at.y() - side / 2, side, side) for at, side in sides]

    def at(self, found: Sequence[Cluster], view: View, where: QPointF) -> int:
        """The cluster under a point, -1 for none. The largest are painted last, so they are on top."""
        for number, each in enumerate(found):
            off = self.middle(each, view) - where
            if math.hypot(off.x(), off.y()) <= diameter(each.count) / 2 + 2:
                return number
        return -1

    def paint(
        self,
        painter: QPainter,
        found: Sequence[Cluster],
        view: View,
        palette: QPalette,
        current: int,
        ratio: float,
    ) -> None:
        """All that are in view, the one that has the keys with a ring."""
        shown = self.visible(found, view)
        self._thumbnails.need([found[n].photo for n in shown], round(_MOST * ratio))
        for number in sorted(shown, key=lambda n: (n == current, -n)):
            self._paint_one(
                painter, found[number], self.middle(found[number], view), palette, number == current, ratio
            )

    def _paint_one(
        self,
        painter: QPainter,
        cluster: Cluster,
        middle: QPointF,
        palette: QPalette,
        current: bool,
        ratio: float,
    ) -> None:
        side = diameter(cluster.count)
        circle = QRectF(middle - QPointF(side / 2, side / 2), QSizeF(side, side))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 60))
        painter.drawEllipse(circle.adjusted(-2, -1, 2, 3.5))
        rim = palette.color(QPalette.ColorRole.Accent if current else QPalette.ColorRole.Light)
        painter.setBrush(QColor("white") if not current else rim)
        painter.drawEllipse(circle.adjusted(-2, -2, 2, 2) if not current else circle.adjusted(-4, -4, 4, 4))
        picture = self._rounded(cluster.photo, side, ratio)
        if picture is not None:
            painter.drawPixmap(circle.topLeft(), picture)
        else:
            painter.setBrush(palette.color(QPalette.ColorRole.Mid))
            painter.drawEllipse(circle)
        if cluster.count > 1:
            self._paint_count(painter, texts.number(cluster.count), circle, palette)

    def _paint_count(self, painter: QPainter, text: str, circle: QRectF, palette: QPalette) -> None:
        metrics = QFontMetricsF(painter.font())
        wide = max(metrics.horizontalAdvance(text) + 10, metrics.height() + 2)
        pill = QRectF(
            circle.center().x() - wide / 2, circle.bottom() - metrics.height() + 4, wide, metrics.height() + 1
        )
        painter.setPen(QPen(QColor("white"), 1.4))
        painter.setBrush(palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setPen(palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.HighlightedText))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _rounded(self, photo: int, side: float, ratio: float) -> QPixmap | None:
        """The middle of a photo as a disc in pixels of the screen."""
        pixels = round(side * ratio)
        known = self._round.get((photo, pixels))
        if known is not None:
            return known
        picture = self._thumbnails.get(photo)
        if picture is None or picture.isNull():
            return None
        whole = picture.scaled(
            pixels,
            pixels,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        disc = QPixmap(pixels, pixels)
        disc.fill(Qt.GlobalColor.transparent)
        painter = QPainter(disc)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addEllipse(QRectF(0, 0, pixels, pixels))
        painter.setClipPath(path)
        painter.setBrush(QBrush())
        painter.drawPixmap((pixels - whole.width()) // 2, (pixels - whole.height()) // 2, whole)
        painter.end()
        disc.setDevicePixelRatio(ratio)
        if len(self._round) > 600:
            self._round.clear()
        self._round[(photo, pixels)] = disc
        return disc
