"""The suggestions of one photo as numbered chips that are ticked, decided on, or passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from photomgr.core.records import Settled, SuggestedTag
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs
from photomgr.gui.looks.flow_layout import FlowLayout
from photomgr.gui.tags.reasons import percent, settled_by, why
from photomgr.gui.tags.suggestion_row import State

_WIDEST: Final = 280
_TICK: Final = 16.0


@dataclass(slots=True)
class Choice:
    """A suggestion with where it stands: its ``state``, whether Enter would accept it, and what settled it."""

    suggestion: SuggestedTag
    state: State
    ticked: bool
    settled: Settled | None = None


class PhotoChip(QAbstractButton):
    """Its number, a tick, the tag and how probable it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self.choice: Choice | None = None
        self.current = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_choice(self, choice: Choice, number: int, current: bool) -> None:
        self.choice, self._number, self.current = choice, number, current
        tag = choice.suggestion.tag
        said = {
            State.OPEN: self.tr("{tag}, suggested, {percent}, {ticked}"),
            State.ACCEPTED: self.tr("{tag}, accepted"),
            State.REJECTED: self.tr("{tag}, rejected"),
            State.SETTLED: "{tag}, {reasons}",
        }[choice.state]
        reasons = settled_by(choice.settled) if choice.state is State.SETTLED else why(choice.suggestion)
        ticked = self.tr("ticked") if choice.ticked else self.tr("not ticked")
        share = percent(choice.suggestion.score)
        self.setAccessibleName(said.format(tag=tag, percent=share, ticked=ticked, reasons=reasons))
        self.setToolTip(plain(f"{tag}\n{reasons}"))
        self.updateGeometry()
        self.update()

    def _tail(self) -> str:
        assert self.choice is not None
        return percent(self.choice.suggestion.score) if self.choice.state is State.OPEN else ""

    def sizeHint(self) -> QSize:
        if self.choice is None:
            return QSize(40, 34)
        metrics = self.fontMetrics()
        name = metrics.horizontalAdvance(self.choice.suggestion.tag.replace("\n", " ")[:120])
        width = 10 + metrics.horizontalAdvance("0") + 8 + _TICK + 8 + name + 10
        tail = metrics.horizontalAdvance(percent(1.0)) + 8
        return QSize(min(_WIDEST, int(width + tail) + 4), metrics.height() + 16)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.choice is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        state = self.choice.state
        ink, ground = (
            palette.color(role) for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Window)
        )
        faint = glyphs.mixed(ink, ground, 0.72)
        accent = palette.color(QPalette.ColorRole.Accent)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(faint, 1.1))
        if state is State.ACCEPTED:
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            painter.setPen(Qt.PenStyle.NoPen)
        elif state is State.REJECTED:
            painter.setPen(QPen(faint, 1.0, Qt.PenStyle.DotLine))
        elif state is State.SETTLED:
            painter.setPen(Qt.PenStyle.NoPen)
        elif self.current:
            ground = palette.color(QPalette.ColorRole.Accent)
            ground.setAlpha(40)
            painter.setBrush(ground)
        if self.current or self.hasFocus():
            painter.setPen(QPen(accent, 2.2))
        painter.drawRoundedRect(box, 8, 8)
        self._write(painter, box, palette)
        painter.end()

    def _write(self, painter: QPainter, box: QRectF, palette: QPalette) -> None:
        assert self.choice is not None
        state, metrics = self.choice.state, self.fontMetrics()
        ink = palette.color(QPalette.ColorRole.WindowText)
        faint = glyphs.mixed(ink, palette.color(QPalette.ColorRole.Window), 0.72)
        if state is State.ACCEPTED:
            ink = faint = palette.color(QPalette.ColorRole.HighlightedText)
        elif state is not State.OPEN:
            ink = faint
        middle = int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine
        inner = box.adjusted(8, 0, -9, 0)
        painter.setPen(faint)
        if self._number <= 9 and state is not State.SETTLED:
            painter.drawText(inner, middle, str(self._number))
        x = inner.left() + metrics.horizontalAdvance("0") + 8
        place = QRectF(x, inner.center().y() - _TICK / 2, _TICK, _TICK)
        if state is State.OPEN:
            painter.setBrush(
                palette.color(QPalette.ColorRole.Accent) if self.choice.ticked else Qt.BrushStyle.NoBrush
            )
            painter.setPen(QPen(faint, 1.1))
            painter.drawEllipse(place)
            if self.choice.ticked:
                glyphs.tick(
                    painter, place.adjusted(3.5, 3.5, -3.5, -3.5), palette.color(QPalette.ColorRole.Base)
                )
        elif state is not State.SETTLED or (self.choice.settled and self.choice.settled.stands):
            sign = glyphs.cross if state is State.REJECTED else glyphs.tick
            sign(painter, place.adjusted(2, 2, -2, -2), ink)
        words = inner.adjusted(x + _TICK + 8 - inner.left(), 0, 0, 0)
        tail = self._tail()
        painter.setPen(faint)
        painter.drawText(words, middle | int(Qt.AlignmentFlag.AlignRight), tail)
        words.adjust(0, 0, -(metrics.horizontalAdvance(tail) + 8 if tail else 0), 0)
        painter.setPen(ink)
        name = metrics.elidedText(
            self.choice.suggestion.tag.replace("\n", " "), Qt.TextElideMode.ElideRight, int(words.width()) + 1
        )
        painter.drawText(words, middle, name)
        if state is State.REJECTED:
            y = words.center().y() + 1
            end = words.left() + metrics.horizontalAdvance(name)
            painter.drawLine(QPointF(words.left(), y), QPointF(end, y))


class ChipRow(QWidget):
    """``pressed`` carries the place of a chip, from 0."""

    pressed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[PhotoChip] = []
        self._layout = FlowLayout(self, spacing=6)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("Suggestions of this photo"))

    def show_choices(self, choices: Sequence[Choice], current: int) -> None:
        while len(self.chips) < len(choices):
            self._add(len(self.chips))
        for place, chip in enumerate(self.chips):
            chip.setVisible(place < len(choices))
            if place < len(choices):
                chip.show_choice(choices[place], place + 1, place == current)
        self._layout.invalidate()
        self.updateGeometry()

    def _add(self, place: int) -> None:
        chip = PhotoChip(self)
        chip.clicked.connect(lambda: self.pressed.emit(place))
        self.chips.append(chip)
        self._layout.addWidget(chip)


__all__ = ("ChipRow", "Choice", "PhotoChip")
