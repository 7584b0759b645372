"""A small plot of how often a tag is right from each score on, with the line that a person can move."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs

_STEP: Final = 0.01
_REST: Final = 500  # milliseconds without a key after which the line is kept
_LOW, _HIGH = 0.02, 0.999
_GOAL: Final = 0.95
_FLOOR: Final = 0.5  # precision at the lower edge: what is below is no use to anybody


def precision_from(decided: NDArray[np.int32], accepted: NDArray[np.int32]) -> NDArray[np.float64]:
    """The share of right ones among the decisions from each step of the score on [N]; NaN where there is none."""
    every = np.cumsum(decided[::-1])[::-1].astype(np.float64)
    right = np.cumsum(accepted[::-1])[::-1].astype(np.float64)
    return np.asarray(np.divide(right, every, out=np.full(len(every), np.nan), where=every > 0))


class PrecisionPlot(QWidget):
    """``moved`` carries the line's new score, None for the learner's own; ``settled`` follows when it
    rests there, with the end
    of what is hidden where that was moved too."""

    moved = Signal(object)
    settled = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: NDArray[np.float64] = np.zeros(0)
        self._decided: NDArray[np.int32] = np.zeros(1, np.int32)
        self._accepted: NDArray[np.int32] = np.zeros(1, np.int32)
        self._line, self._ask = _GOAL, 0.0
        self._ask_wanted: float | None = None
        self._held = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)  # a key is pressed many times in a row
        self._rest.timeout.connect(self._settle)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("The line from which on the tag is sure"))

    def sizeHint(self) -> QSize:
        return QSize(236, 58)

    @property
    def line(self) -> float:
        return self._line

    def show_tag(
        self,
        scores: NDArray[np.float64],
        decided: NDArray[np.int32],
        accepted: NDArray[np.int32],
        line: float,
        ask: float,
    ) -> None:
        """``scores`` [N] of what waits; decisions and accepted ones by steps of the foretold score."""
        self._scores, self._decided, self._accepted = scores, decided, accepted
        self._line, self._ask = line, ask
        self._explain()
        self.update()

    def _explain(self) -> None:
        percent = round(100 * self._line)
        above = int((self._scores >= self._line).sum())
        lines = [
            self.tr("Sure from {percent} %: {n} photos stand above the line.").format(
                percent=percent, n=above
            )
        ]
        step = min(int(self._line * len(self._decided)), len(self._decided) - 1)
        every, right = int(self._decided[step:].sum()), int(self._accepted[step:].sum())
        if every:
            text = self.tr("Of your {n} decisions from there on, {right} were right.")
            lines.append(text.format(n=every, right=right))
        elif len(self._scores):
            lines.append(self.tr("Nobody has decided there yet: this is what the model itself expects."))
        lines.append(self.tr("Drag it, or use the arrow keys; Home puts it back where the model has it."))
        lines.append(
            self.tr(
                "What lies in the grey part at the left is not shown: Shift and the arrow keys move its end."
            )
        )
        self.setToolTip(plain("\n".join(lines)))
        self.setAccessibleDescription(" ".join(lines))

    # the curve

    def _curve(self) -> tuple[list[tuple[float, float]], bool]:
        """(score, precision from there on) and whether decisions say so, or only the model."""
        precision = precision_from(self._decided, self._accepted)
        known = np.flatnonzero(~np.isnan(precision))
        if len(known) and int(self._decided.sum()) >= 5:
            size = len(precision)
            return [(each / size, float(precision[each])) for each in known], True
        ranked = np.sort(self._scores)[::-1]
        if not len(ranked):
            return [], False
        expected = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
        some = np.unique(np.linspace(0, len(ranked) - 1, 40).astype(int))[::-1]
        return [(float(ranked[each]), float(expected[each])) for each in some], False

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(4, 3, -34, -4)

    def _x(self, score: float) -> float:
        box = self._box()
        return box.left() + box.width() * score

    def _y(self, precision: float) -> float:
        box = self._box()
        return box.bottom() - box.height() * max(0.0, precision - _FLOOR) / (1 - _FLOOR)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, box = self.palette(), self._box()
        text = palette.color(QPalette.ColorRole.WindowText)
        accent = palette.color(QPalette.ColorRole.Accent)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base))
        sure = QColor(accent)
        sure.setAlpha(40)
        painter.fillRect(
            QRectF(self._x(self._line), box.top(), box.right() - self._x(self._line), box.height()), sure
        )
        self._bars(painter, box, text)
        if self._ask > 0:
            painter.fillRect(
                QRectF(box.left(), box.top(), self._x(self._ask) - box.left(), box.height()), _faint(text, 26)
            )
        goal = self._y(_GOAL)
        painter.setPen(QPen(_faint(text, 110), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.left(), goal), QPointF(box.right(), goal))
        points, by_person = self._curve()
        painter.setPen(QPen(text, 1.6, Qt.PenStyle.SolidLine if by_person else Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF([QPointF(self._x(x), self._y(y)) for x, y in points]))
        painter.setPen(QPen(accent, 2))
        x = self._x(self._line)
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.setBrush(accent)
        painter.drawEllipse(QPointF(x, box.bottom() - 2), 4, 4)
        painter.setPen(glyphs.dimmed(palette))
        small = self.font()
        small.setPointSizeF(max(8.0, small.pointSizeF() - 1.5))
        painter.setFont(small)
        beside = QRectF(box.right() + 3, goal - 8, 31, 16)
        painter.drawText(beside, int(Qt.AlignmentFlag.AlignVCenter), self.tr("95 %"))
        painter.setPen(QPen(accent if self.hasFocus() else palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.end()

    def _bars(self, painter: QPainter, box: QRectF, text: QColor) -> None:
        """How many photos wait at each score."""
        if not len(self._scores):
            return
        counts, _ = np.histogram(self._scores, bins=40, range=(0.0, 1.0))
        width = box.width() / 40
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_faint(text, 60))
        for place, count in enumerate(np.sqrt(counts / counts.max()) * 0.55 * box.height()):
            painter.drawRect(QRectF(box.left() + place * width, box.bottom() - count, width - 0.5, count))

    # moving the line

    def _move(self, line: float) -> None:
        self._line = float(np.clip(line, _LOW, _HIGH))
        self._explain()
        self.update()
        self.moved.emit(self._line)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.isEnabled():
            self._held = True
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            box = self._box()
            self._move(round((event.position().x() - box.left()) / box.width(), 2))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -_STEP,
            Qt.Key.Key_Down: -_STEP,
            Qt.Key.Key_Right: _STEP,
            Qt.Key.Key_Up: _STEP,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            lowest = float(self._scores.min()) if len(self._scores) else 0.0
            self._ask = self._ask_wanted = float(
                np.clip(round((self._ask or lowest) + step, 2), _LOW, self._line)
            )
            self.update()
            self._rest.start()
        elif step is not None:
            self._move(round(self._line + step, 2))
            self._rest.start()
        elif event.key() == Qt.Key.Key_Home:
            self._rest.stop()
            self._ask_wanted = None
            self.moved.emit(None)
            self.settled.emit(None, None)
        else:
            event.ignore()

    def _settle(self) -> None:
        ask, self._ask_wanted = self._ask_wanted, None
        self.settled.emit(self._line, ask)


def _faint(colour: QColor, alpha: int) -> QColor:
    faint = QColor(colour)
    faint.setAlpha(alpha)
    return faint
