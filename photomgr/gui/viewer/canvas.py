"""One picture to look at: fit, zoom at the pointer, drag. It knows nothing of where pictures come from."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from photomgr.gui.looks.place import Place

_STEP: Final = 1.25
_CLOSEST: Final = 16.0  # screen pixels for one of the photo's


class PhotoCanvas(QWidget):
    """``zoomed`` follows every change of scale, ``resized`` one of the widget's size."""

    zoomed = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._size = QSize()
        self._scale: float | None = None  # logical pixels for one of the photo's; None fits
        self._centre = QPointF(0.5, 0.5)  # what is in the middle, as shares of the photo
        self._grip: QPoint | None = None
        self._place: Place | None = None
        self.setMinimumSize(120, 120)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)

    # the picture

    def set_photo(self, size: QSize) -> None:
        """Another photo of ``size`` of its own pixels (empty while unknown); fitted, nothing shown yet."""
        self._pixmap = self._place = None
        self._size = QSize(size)
        self._scale, self._centre = None, QPointF(0.5, 0.5)
        self._grip = None
        self.update()
        self.zoomed.emit()

    def set_picture(self, pixmap: QPixmap | None, size: QSize | None = None) -> None:
        """A better picture of the same photo; ``size`` when only now it is known."""
        self._pixmap = pixmap
        if size is not None and size != self._size:
            self._size = QSize(size)
            self.zoomed.emit()
        elif self._size.isEmpty() and pixmap is not None:
            self._size = pixmap.size()
            self.zoomed.emit()
        self.update()

    def show_place(self, place: Place | None) -> None:
        """Draw over the photo where something was seen, or nothing any more."""
        self._place = place
        self.update()

    @property
    def framed(self) -> QRect:
        """What is framed of what is seen, nothing where there is no frame."""
        place = QRectF() if self._place is None else self._place.frame(self._target())
        return place.toAlignedRect().intersected(self.rect())

    @property
    def photo_size(self) -> QSize:
        return self._size

    # scale

    @property
    def fits(self) -> bool:
        """True while the whole photo is shown as large as it fits."""
        return self._scale is None

    @property
    def scale(self) -> float:
        """Logical pixels for one of the photo's."""
        return self._fit_scale() if self._scale is None else self._scale

    @property
    def percent(self) -> int:
        """100 means one screen pixel for one of the photo's."""
        return round(self.scale * self.devicePixelRatioF() * 100)

    def _fit_scale(self) -> float:
        if self._size.isEmpty():
            return 1.0
        across, down = self.width() / self._size.width(), self.height() / self._size.height()
        return min(across, down, 1.0)

    def fit(self) -> None:
        self._scale = None
        self._centre = QPointF(0.5, 0.5)
        self.update()
        self.zoomed.emit()

    def set_scale(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom to ``scale``; what is under ``at`` (the middle, when None) stays there."""
        at = QPointF(self.rect().center()) if at is None else at
        scale = min(max(scale, min(self._fit_scale(), 0.05)), _CLOSEST / self.devicePixelRatioF())
        before = self._target()
        if before.isEmpty():
            return
        share = QPointF((at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height())
        share = QPointF(min(max(share.x(), 0.0), 1.0), min(max(share.y(), 0.0), 1.0))
        if scale <= self._fit_scale():
            self.fit()
            return
        self._scale = scale
        width, height = self._size.width() * scale, self._size.height() * scale
        middle = QPointF(self.rect().center())
        self._centre = QPointF(
            share.x() + (middle.x() - at.x()) / width, share.y() + (middle.y() - at.y()) / height
        )
        self._bound()
        self.update()
        self.zoomed.emit()

    def zoom(self, steps: float, at: QPointF | None = None) -> None:
        """In (positive) or out by steps of a quarter."""
        self.set_scale(self.scale * _STEP**steps, at)

    def toggle(self, at: QPointF | None = None) -> None:
        """Between the whole photo and its real pixels."""
        whole = 1.0 / self.devicePixelRatioF()
        if self.fits and abs(self.scale - whole) > 1e-6:
            self.set_scale(whole, at)
        else:
            self.fit()

    def pan(self, by: QPointF) -> None:
        """Move the photo by logical pixels."""
        target = self._target()
        if self.fits or target.isEmpty():
            return
        self._centre -= QPointF(by.x() / target.width(), by.y() / target.height())
        self._bound()
        self.update()

    def _bound(self) -> None:
        """No more empty ground than there has to be."""
        scale = self.scale
        shares = []
        for place, own, room in (
            (self._centre.x(), self._size.width() * scale, self.width()),
            (self._centre.y(), self._size.height() * scale, self.height()),
        ):
            half = room / own / 2 if own else 0.5
            shares.append(0.5 if half >= 0.5 else min(max(place, half), 1 - half))
        self._centre = QPointF(*shares)

    def _target(self) -> QRectF:
        """Where the whole photo lies, partly outside when zoomed in."""
        size = QSizeF(self._size) * self.scale
        middle = QRectF(self.rect()).center()
        return QRectF(
            middle.x() - self._centre.x() * size.width(),
            middle.y() - self._centre.y() * size.height(),
            size.width(),
            size.height(),
        )

    # events

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._pixmap is None or self._size.isEmpty():
            return
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        target = self._target()
        # whole device pixels, so that a picture of just that size is not blurred
        target.moveTo(round(target.x() * ratio) / ratio, round(target.y() * ratio) / ratio)
        if self.percent < 400:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        visible = target.intersected(QRectF(self.rect()))
        across = self._pixmap.width() / target.width()
        down = self._pixmap.height() / target.height()
        source = QRectF(
            (visible.x() - target.x()) * across, (visible.y() - target.y()) * down,
            visible.width() * across, visible.height() * down,
        )  # fmt: skip
        painter.drawPixmap(visible, self._pixmap, source)
        if self._place is not None:
            self._place.paint(painter, target, self.palette())
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bound()
        self.resized.emit()
        self.zoomed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(event.angleDelta().y() / 120, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not self.fits:
            self._grip = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            here = event.position().toPoint()
            self.pan(QPointF(here - self._grip))
            self._grip = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.toggle(event.position())
