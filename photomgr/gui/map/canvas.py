"""The map itself: drawn along by the mouse or the arrows, nearer by the wheel or +, its clusters clicked or reached by
Tab, an area taken with a rubber band."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from photomgr.gui.grid.thumbnails import ThumbnailLoader
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import texts
from photomgr.gui.map.clusters import Cluster, Clusters, Spots, all_of, box_query
from photomgr.gui.map.ground import Ground, paint_ruler
from photomgr.gui.map.marks import Marks
from photomgr.gui.map.projection import View, degrees

STEP: Final = 1.6  # of zoom by a key or button
_NOTCH: Final = 1.35  # of zoom by a notch of the wheel
_ALONG: Final = 120.0  # pixels of an arrow key
_STILL: Final = 5.0  # pixels that the mouse may move in a click
_ARROWS: Final = {
    Qt.Key.Key_Left: (_ALONG, 0.0),
    Qt.Key.Key_Right: (-_ALONG, 0.0),
    Qt.Key.Key_Up: (0.0, _ALONG),
    Qt.Key.Key_Down: (0.0, -_ALONG),
}


class MapCanvas(QWidget):
    """``viewed`` follows each other view, ``asked`` carries a search for the photos of a cluster or an area,
    ``selecting_ended`` says that the rubber band was used, ``home`` asks for all photos."""

    viewed = Signal()
    asked = Signal(str)
    selecting_ended = Signal()
    home = Signal()

    def __init__(self, thumbnails: ThumbnailLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ground = Ground()
        self.marks = Marks(thumbnails)
        self.view = View()
        self.clusters = Clusters()
        self.current = -1
        self.selecting = False
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._band: QRectF | None = None
        self._dragged = False
        self._fit: Spots | None = None
        thumbnails.arrived.connect(lambda _: self.update())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Map of photos"))
        self.setMinimumSize(QSize(160, 120))
        self._describe()

    # what is shown

    def show_all(self, spots: Spots) -> None:
        """A view of all these photos, also when the window takes another size, until somebody moves the map."""
        self._fit = spots
        self._fit_now()

    def _fit_now(self) -> None:
        spots = self._fit
        if spots is not None and self.isVisible():
            self._show(all_of(spots, self._sized(self.view)))

    def show_clusters(self, found: Clusters) -> None:
        held = (
            self.clusters.found[self.current].photo if 0 <= self.current < len(self.clusters.found) else None
        )
        self.clusters = found
        self.ground.forget_names()
        self.current = next((n for n, each in enumerate(found.found) if each.photo == held), -1)
        self._describe()
        self.update()

    def visible(self) -> list[Cluster]:
        """The clusters in view, in the order in which Tab goes: from the top, from the left."""
        shown = self.marks.visible(self.clusters.found, self.view)
        return [self.clusters.found[n] for n in sorted(shown, key=self._reading)]

    def _reading(self, number: int) -> tuple[float, float]:
        middle = self.marks.middle(self.clusters.found[number], self.view)
        return middle.y() // 60, middle.x()

    def zoom(self, factor: float) -> None:
        """Nearer or further, about the middle."""
        self._look(self.view.zoomed(factor, self.width() / 2, self.height() / 2))

    def area(self, room: QRectF | None = None) -> str:
        """The search for what lies in a rectangle of pixels; without one, in the view."""
        room = room or QRectF(self.rect())
        left, top = self.view.at(room.left(), room.top())
        right, bottom = self.view.at(room.right(), room.bottom())
        north, west = degrees(left, max(top, 0.0))
        south, east = degrees(right, min(bottom, 1.0))
        if top <= 0:
            north = 90.0
        if bottom >= 1:
            south = -90.0
        if right - left >= 1:
            west, east = -180.0, 180.0
        return box_query(south, west, north, east)

    def text_of(self, cluster: Cluster) -> str:
        """``Paris, Île-de-France, France · 214 photos``."""
        return " · ".join(part for part in (cluster.name, texts.photos(cluster.count)) if part)

    def _sized(self, view: View) -> View:
        return replace(view, width=float(max(1, self.width())), height=float(max(1, self.height())))

    def _look(self, view: View) -> None:
        """Somebody wants to see this."""
        self._fit = None
        self._show(view)

    def _show(self, view: View) -> None:
        if view != self.view:
            self.view = view
            self.update()
            self.viewed.emit()

    def _describe(self) -> None:
        if 0 <= self.current < len(self.clusters.found):
            shown = self.visible()
            cluster = self.clusters.found[self.current]
            place = shown.index(cluster) + 1 if cluster in shown else 1
            said = self.tr("{what}, {n} of {all}. Enter shows them.").format(
                what=self.text_of(cluster), n=place, all=len(shown)
            )
        else:
            said = self.tr("Tab goes from place to place, arrows move the map, + and - zoom, Home shows all.")
        self.setAccessibleDescription(said)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPointSizeF(max(7.5, font.pointSizeF() * 0.88))
        painter.setFont(font)
        ratio = self.devicePixelRatioF()
        self.ground.paint(
            painter,
            self.view,
            self.palette(),
            ratio,
            lambda view: self.marks.rooms(self.clusters.found, view),
        )
        paint_ruler(painter, self.view, self.palette())
        current = self.current if self.hasFocus() else -1
        self.marks.paint(painter, self.clusters.found, self.view, self.palette(), current, ratio)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        if self._band is not None:
            inside = QColor(accent)
            inside.setAlpha(50)
            painter.setPen(QPen(accent, 1.5))
            painter.setBrush(inside)
            painter.drawRect(self._band)
        elif self.hasFocus() and current < 0:
            painter.setPen(QPen(accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show(self._sized(self.view).fitted())
        self._fit_now()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_now()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.ground.forget()
            self.update()
        super().changeEvent(event)

    # the mouse

    def _cluster_at(self, where: QPointF) -> int:
        return self.marks.at(self.clusters.found, self.view, where)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._pressed = self._last = event.position()
        self._dragged = False
        if self.selecting or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._band = QRectF(self._pressed, self._pressed)
        QToolTip.hideText()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where = event.position()
        if self._pressed is None:
            self._point(where)
            return
        if (where - self._pressed).manhattanLength() > _STILL:
            self._dragged = True
        if self._band is not None:
            self._band = QRectF(self._pressed, where).normalized()
            self.update()
        elif self._dragged:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            off = where - self._last
            self._last = where
            self._look(self.view.moved(off.x(), off.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        band, self._band, self._pressed = self._band, None, None
        if band is not None and self._dragged:
            self.selecting_ended.emit()
            self.asked.emit(self.area(band))
        elif not self._dragged and (number := self._cluster_at(event.position())) >= 0:
            self.asked.emit(self.clusters.found[number].query)
        self._point(event.position())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._cluster_at(event.position()) < 0:
            self._look(self.view.zoomed(2, event.position().x(), event.position().y()))

    def _point(self, where: QPointF) -> None:
        """The hand says what a click would do."""
        over = self._cluster_at(where) >= 0
        shape = Qt.CursorShape.OpenHandCursor
        if self.selecting:
            shape = Qt.CursorShape.CrossCursor
        elif over:
            shape = Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)

    def leave_selecting(self) -> bool:
        """Drop a rubber band that is being drawn; whether there was one."""
        had, self._band = self._band is not None, None
        if had:
            self._pressed = None
            self.update()
        return had

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self._look(self.view.zoomed(_NOTCH**notches, event.position().x(), event.position().y()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tip(event.pos(), event.globalPos())
            return True
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture
        ):
            self._look(self.view.zoomed(1 + event.value(), event.position().x(), event.position().y()))
            return True
        return super().event(event)

    def _tip(self, where: QPoint, on_screen: QPoint) -> None:
        number = self._cluster_at(QPointF(where))
        if number < 0:
            QToolTip.hideText()
        else:
            QToolTip.showText(on_screen, plain(self.text_of(self.clusters.found[number])), self)

    # the keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in _ARROWS:
            self._look(self.view.moved(*_ARROWS[Qt.Key(key)]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / STEP)
        elif key == Qt.Key.Key_Home:
            self.home.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            reached = 0 <= self.current < len(self.clusters.found)
            self.asked.emit(self.clusters.found[self.current].query if reached else self.area())
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes through the clusters in view, then on to what follows the map."""
        shown = [self.clusters.found.index(each) for each in self.visible()]
        if self.current in shown:
            place = shown.index(self.current) + (1 if next else -1)
        else:
            place = 0 if next else len(shown) - 1
        if 0 <= place < len(shown):
            self.current = shown[place]
            self._describe()
            self.update()
            return True
        self.current = -1
        self._describe()
        self.update()
        return super().focusNextPrevChild(next)
