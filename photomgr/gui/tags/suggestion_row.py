"""One suggestion in the panel: an outlined chip with its probability as number and bar, ✓, ✗ and why."""

from __future__ import annotations

import enum
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from photomgr.core.records import Settled, SuggestedTag
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs, texts
from photomgr.gui.looks.glyph_button import GlyphButton
from photomgr.gui.tags.reasons import percent, settled_by, why

_HEIGHT: Final = 28


class State(enum.Enum):
    """What became of a suggestion while the same photos are looked at."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SETTLED = "settled"  # a decision on another tag said it, or nothing suggests it any more


class SuggestionChip(QWidget):
    """Paints the outlined chip; open ones with number and bar, accepted ones filled, rejected ones struck,
    settled ones without an outline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tag = ""
        self._share = 0.0
        self._part = ""
        self._number = 0
        self.state = State.OPEN
        self.pending = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, max(_HEIGHT, self.fontMetrics().height() + 10))

    def show_suggestion(self, suggestion: SuggestedTag, part: str, number: int, state: State) -> None:
        self._tag, self._share, self._part, self._number = suggestion.tag, suggestion.score, part, number
        self.state, self.pending = state, False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.pending:
            painter.setOpacity(0.55)
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        faint = glyphs.mixed(text, palette.color(QPalette.ColorRole.Window), 0.72)
        box = QRectF(self.rect()).adjusted(1, 2, -1, -2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(faint, 1.2))
        if self.state is State.ACCEPTED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            text = faint = palette.color(QPalette.ColorRole.HighlightedText)
        elif self.state is State.REJECTED:
            painter.setPen(QPen(faint, 1.0, Qt.PenStyle.DotLine))
            text = faint
        elif self.state is State.SETTLED:
            painter.setPen(Qt.PenStyle.NoPen)
            text = faint
        painter.drawRoundedRect(box, 6, 6)
        self._write(painter, box, text, faint)
        if self.state is State.OPEN:
            self._bar(painter, box, palette)
        painter.end()

    def _write(self, painter: QPainter, box: QRectF, text: QColor, faint: QColor) -> None:
        metrics = self.fontMetrics()
        middle = int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine
        inner = box.adjusted(8, 0, -8, -3 if self.state is State.OPEN else 0)
        if 1 <= self._number <= 9 and self.state is not State.SETTLED:
            painter.setPen(faint)
            painter.drawText(inner, middle, str(self._number))
        inner.adjust(metrics.horizontalAdvance("0") + 7, 0, 0, 0)  # all names stand below each other
        tail = self.tail(int(inner.width()))
        painter.setPen(text)
        painter.drawText(inner, middle | int(Qt.AlignmentFlag.AlignRight), tail)
        left = inner.adjusted(0, 0, -metrics.horizontalAdvance(tail) - 8, 0)
        name = metrics.elidedText(
            self._tag.replace("\n", " "), Qt.TextElideMode.ElideRight, int(left.width())
        )
        painter.drawText(left, middle, name)
        if self.state is State.REJECTED:
            y = left.center().y() + 1
            painter.drawLine(
                QPointF(left.left(), y), QPointF(left.left() + metrics.horizontalAdvance(name), y)
            )

    def tail(self, room: int) -> str:
        """What stands at the right of the name in ``room`` pixels: the name is decided on and comes first,
        then how probable it is, then on how many photos."""
        metrics = self.fontMetrics()
        share = percent(self._share) if self.state is State.OPEN else ""
        name = metrics.horizontalAdvance(self._tag.replace("\n", " "))
        full = "   ".join(each for each in (self._part, share) if each)
        return full if name + 8 + metrics.horizontalAdvance(full) <= room else share

    def _bar(self, painter: QPainter, box: QRectF, palette: QPalette) -> None:
        track = QRectF(box.left() + 8, box.bottom() - 6, box.width() - 16, 3)
        ground = palette.color(QPalette.ColorRole.WindowText)
        ground.setAlpha(40)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, 1.5, 1.5)
        track.setWidth(max(3.0, track.width() * min(max(self._share, 0.0), 1.0)))
        painter.setBrush(palette.color(QPalette.ColorRole.Accent))
        painter.drawRoundedRect(track, 1.5, 1.5)


class SuggestionRow(QWidget):
    """``accepted`` (of an accepted one: taken back), ``rejected`` and ``chosen`` carry the tag's name.

    ``explained`` says that its reasons are wanted, or not any more; ``menu_wanted`` carries the tag's name and a
    place on the screen.
    """

    accepted = Signal(str)
    rejected = Signal(str)
    chosen = Signal(str)
    explained = Signal(bool)
    menu_wanted = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tag = ""
        self._suggestion = SuggestedTag("", 0, 0.0)
        self._current = False
        self._one = False
        self.chip = SuggestionChip(self)
        self.yes = GlyphButton(glyphs.tick, "", 24, self)
        self.no = GlyphButton(glyphs.cross, "", 24, self)
        for button in (self.yes, self.no):
            button.setCheckable(True)
        self.why = QToolButton(self)
        self.why.setProperty("flat", True)
        self.why.setAutoRaise(True)
        self.why.setText(self.tr("why?"))
        self.why.setCheckable(True)
        self.why.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout()
        line.setContentsMargins(6, 0, 0, 0)
        line.setSpacing(2)
        for widget in (self.chip, self.why, self.yes, self.no):  # the two stay where they are when it hides
            line.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        self.yes.clicked.connect(lambda: self._click(self.accepted))
        self.no.clicked.connect(lambda: self._click(self.rejected))
        self.why.toggled.connect(self._explain)

    @property
    def state(self) -> State:
        return self.chip.state

    @property
    def pending(self) -> bool:
        return self.chip.pending

    def show_suggestion(
        self,
        suggestion: SuggestedTag,
        of: int,
        number: int,
        state: State,
        locked: str = "",
        settled: Settled | None = None,
    ) -> None:
        """``of`` photos are selected; ``number`` is the digit that toggles it; ``locked`` says why not, ``settled``
        what settled it."""
        if suggestion.tag != self.tag or of > 1:
            self.why.setChecked(False)
        self._one = of == 1  # reasons are those of one photo
        self._offer_why()
        self.tag, self._suggestion = suggestion.tag, suggestion
        part = some = ""
        if state is State.SETTLED:
            some = self.tr("with {tag}").format(tag=settled.by) if settled and settled.stands else ""
        elif suggestion.count < of:
            some = texts.number(suggestion.count)
            part = self.tr("{some} of {all}").format(some=some, all=texts.number(of))
        self.chip.show_suggestion(suggestion, some, number, state)
        self._describe(state, part, settled)
        self._name(
            self.yes, self.tr("Accept {tag} (P)"), self.tr("Take back: {tag}"), state is State.ACCEPTED
        )
        self._name(self.no, self.tr("Reject {tag} (X)"), self.tr("Rejected: {tag}"), state is State.REJECTED)
        free = not locked and state is not State.SETTLED
        self.yes.setEnabled(free)
        self.no.setEnabled(free and state is not State.REJECTED)
        if locked:
            self.yes.setToolTip(plain(locked))
            self.no.setToolTip(plain(locked))
        self.why.setAccessibleName(self.tr("Why {tag}?").format(tag=suggestion.tag))
        self.why.setToolTip(
            plain(self.tr("Why {tag}? (W)").format(tag=suggestion.tag) + "\n" + why(suggestion))
        )

    def _describe(self, state: State, part: str, settled: Settled | None) -> None:
        """Say aloud, and in the tip, what the chip shows."""
        tag, reasons = self._suggestion.tag, why(self._suggestion)
        spoken = self.tr("Suggested: {tag}, {percent}").format(
            tag=tag, percent=percent(self._suggestion.score)
        )
        if state is State.SETTLED:
            reasons = settled_by(settled)
            spoken = f"{tag}, {reasons}"
        self.setAccessibleName(", ".join(each for each in (spoken, part) if each))
        about = (tag, self.tr("On {part} photos").format(part=part) if part else "", reasons)
        self.chip.setToolTip(plain("\n".join(each for each in about if each)))

    def _name(self, button: GlyphButton, text: str, undo: str, stands: bool) -> None:
        button.setChecked(stands)
        name = (undo if stands else text).format(tag=self.tag)
        button.setAccessibleName(name)
        button.setToolTip(plain(name))

    def _click(self, signal: object) -> None:
        # a click does not check by itself: what is shown as decided is decided
        self.yes.setChecked(self.state is State.ACCEPTED)
        self.no.setChecked(self.state is State.REJECTED)
        self.chosen.emit(self.tag)
        if not self.pending:
            (self.accepted if signal is self.accepted else self.rejected).emit(self.tag)

    def set_current(self, current: bool) -> None:
        if current != self._current:
            self._current = current
            self._offer_why()
            self.update()

    def set_pending(self) -> None:
        """It is being saved; shown as decided only when it is."""
        self.chip.pending = True
        self.chip.update()

    def _explain(self, shown: bool) -> None:
        self._offer_why()
        self.explained.emit(shown)

    @property
    def can_explain(self) -> bool:
        """Reasons are those of one photo."""
        return self._one

    def _offer_why(self) -> None:
        """Only in the row that is looked at: elsewhere its place goes to the name."""
        looked_at = self._current or self.underMouse() or self.why.hasFocus() or self.why.isChecked()
        self.why.setVisible(self._one and looked_at)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._offer_why()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._offer_why()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.tag)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.chosen.emit(self.tag)
        if self.tag:
            self.menu_wanted.emit(self.tag, event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._current:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(0, 3, 3, self.chip.height() - 6), 1.5, 1.5)
        accent.setAlpha(40)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.end()
