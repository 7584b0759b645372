"""A small plot of how often a tag is right from each score on, with the two ends of its bands to be moved."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs, texts

_STEPS: Final = {
    Qt.Key.Key_Left: -0.01,
    Qt.Key.Key_Down: -0.01,
    Qt.Key.Key_Right: 0.01,
    Qt.Key.Key_Up: 0.01,
}
_REST: Final = 500  # milliseconds without a key after which the line is kept
_LOW, _HIGH = 0.02, 0.999
_GOAL: Final = 0.95
_REACH: Final = 8.0  # pixels beside the end of what is hidden in which the mouse takes hold of it
_FLOOR: Final = 0.5  # precision at the lower edge: what is below is no use to anybody


def precision_from(decided: NDArray[np.int32], accepted: NDArray[np.int32]) -> NDArray[np.float64]:
    """The share of right ones among the decisions from each step of the score on [N]; NaN where there is none."""
    every = np.cumsum(decided[::-1])[::-1].astype(np.float64)
    right = np.cumsum(accepted[::-1])[::-1].astype(np.float64)
    return np.asarray(np.divide(right, every, out=np.full(len(every), np.nan), where=every > 0))


class PrecisionPlot(QWidget):
    """``moved`` carries (sure, ask) while one of them is moved, ``settled`` follows when it rests there. ``ask`` is
    None where it was not moved; both are None for where the learner has them."""

    moved = Signal(object, object)
    settled = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: NDArray[np.float64] = np.zeros(0)
        self._decided: NDArray[np.int32] = np.zeros(1, np.int32)
        self._accepted: NDArray[np.int32] = np.zeros(1, np.int32)
        self._line, self._ask = _GOAL, 0.0
        self._ask_wanted: float | None = None
        self._held = ""  # which end the mouse has: "sure" or "ask"
        self._rest = QTimer(self, singleShot=True, interval=_REST)  # a key is pressed many times in a row
        self._rest.timeout.connect(self._settle)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("The bands of the tag: from where on it is sure, and asked about"))

    def sizeHint(self) -> QSize:
        return QSize(236, 58)

    @property
    def line(self) -> float:
        """The score from which on the tag is sure."""
        return self._line

    @property
    def ask(self) -> float:
        """The score from which on the tag is asked about: what lies below is hidden."""
        return self._ask or (float(self._scores.min()) if len(self._scores) else 0.0)

    @property
    def held(self) -> bool:
        """Whether a hand is at it, by mouse or key."""
        return bool(self._held) or self._rest.isActive()

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
        above = int((self._scores >= self._line).sum())
        if above == 1:
            first = self.tr("Sure from {percent}: one photo stands above the line.")
        else:
            first = self.tr("Sure from {percent}: {n} photos stand above the line.")
        lines = [first.format(percent=texts.percent(self._line), n=texts.number(above))]
        step = min(int(self._line * len(self._decided)), len(self._decided) - 1)
        every, right = int(self._decided[step:].sum()), int(self._accepted[step:].sum())
        if every:
            text = self.tr("%n decision(s) of yours from there on, right: {right}.", "", every)
            lines.append(text.format(right=texts.number(right)))
        elif len(self._scores):
            lines.append(self.tr("Nobody has decided there yet: this is what the model itself expects."))
        lines.append(
            self.tr(
                "Drag the line, or the end of the grey part at the left, in which the tag is not suggested. "
                "The arrow keys move the line, with Shift the grey part; Home puts both back."
            )
        )
        self.setToolTip(plain("\n".join(lines)))
        self.setAccessibleDescription(" ".join(lines))

    # the curve

    def _curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Scores, the precision from each on, and whether decisions say so, or only the model."""
        precision = precision_from(self._decided, self._accepted)
        known = np.flatnonzero(~np.isnan(precision))
        if len(known) and int(self._decided.sum()) >= 5:
            return known / len(precision), precision[known], True
        ranked = np.sort(self._scores)[::-1]
        if not len(ranked):
            return ranked, ranked, False
        expected = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
        some = np.unique(np.linspace(0, len(ranked) - 1, 40).astype(int))[::-1]
        return ranked[some], expected[some], False

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(4, 3, -34, -4)

    def _x(self, score: float) -> float:
        box = self._box()
        return box.left() + box.width() * score

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
        end = self._x(self.ask)
        painter.fillRect(QRectF(box.left(), box.top(), end - box.left(), box.height()), _faint(text, 34))
        goal = box.bottom() - box.height() * (_GOAL - _FLOOR) / (1 - _FLOOR)
        painter.setPen(QPen(_faint(text, 110), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.left(), goal), QPointF(box.right(), goal))
        scores, precision, by_person = self._curve()
        across = box.left() + box.width() * scores
        up = box.bottom() - box.height() * np.maximum(0.0, precision - _FLOOR) / (1 - _FLOOR)
        painter.setPen(QPen(text, 1.6, Qt.PenStyle.SolidLine if by_person else Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF(list(map(QPointF, across.tolist(), up.tolist()))))
        painter.setPen(QPen(_faint(text, 190), 1.4))
        painter.drawLine(QPointF(end, box.top()), QPointF(end, box.bottom()))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawEllipse(QPointF(end, box.top() + 4), 3.5, 3.5)
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
        tall = (np.sqrt(counts / counts.max()) * 0.55 * box.height()).tolist()
        left, bottom = box.left(), box.bottom()
        painter.drawRects(
            [
                QRectF(left + n * width, bottom - high, width - 0.5, high)
                for n, high in enumerate(tall)
                if high
            ]
        )

    # moving the bands

    def _move(self, line: float) -> None:
        self._line = float(np.clip(line, _LOW, _HIGH))
        if self._ask_wanted is not None or self._ask > self._line:
            self._ask = self._ask_wanted = min(self.ask, self._line)
        self._tell()

    def _move_ask(self, ask: float) -> None:
        self._ask = self._ask_wanted = float(np.clip(ask, _LOW, self._line))
        self._tell()

    def _tell(self) -> None:
        self._explain()
        self.update()
        self.moved.emit(self._line, self._ask_wanted)

    def put_back(self) -> None:
        """Both where the learner has them."""
        self._rest.stop()
        self._ask_wanted = None
        self.moved.emit(None, None)
        self.settled.emit(None, None)

    def _end_at(self, x: float) -> str:
        """Which end the mouse takes hold of there: the line, unless the grey part or its end lies under it."""
        end, line = self._x(self.ask), self._x(self._line)
        near = x < end + _REACH and abs(x - end) < abs(x - line)
        return "ask" if near else "sure"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.isEnabled():
            self._rest.stop()
            self._held = self._end_at(event.position().x())
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        score = round((x - self._box().left()) / self._box().width(), 2)
        if self._held == "sure":
            self._move(score)
        elif self._held:
            self._move_ask(score)
        else:
            near = min(abs(x - self._x(self.ask)), abs(x - self._x(self._line))) <= _REACH
            shape = Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = ""
            self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._move_ask(round(self.ask + step, 2))
            self._rest.start()
        elif step is not None:
            self._move(round(self._line + step, 2))
            self._rest.start()
        elif event.key() == Qt.Key.Key_Home:
            self.put_back()
        else:
            event.ignore()

    def _settle(self) -> None:
        ask, self._ask_wanted = self._ask_wanted, None
        self.settled.emit(self._line, ask)


def _faint(colour: QColor, alpha: int) -> QColor:
    faint = QColor(colour)
    faint.setAlpha(alpha)
    return faint
