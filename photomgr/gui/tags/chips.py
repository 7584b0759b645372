"""A decided tag as a filled chip, to click, to remove, and to give to all photos of a selection."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs, texts
from photomgr.gui.looks.glyph_button import GlyphButton

HEIGHT: Final = 24
_SIGN: Final = 18


class TagChip(QWidget):
    """``clicked``, ``removed`` and ``spread`` (give it to all) carry the tag's name.

    On some of the selected photos only, it is half filled and says on how many.
    """

    clicked = Signal(str)
    removed = Signal(str)
    spread = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tag = ""
        self._part = ""
        self._pending = False
        self._locked = ""
        self._automatic = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._spread = GlyphButton(glyphs.plus, "", _SIGN, self)
        self._remove = GlyphButton(glyphs.cross, "", _SIGN, self)
        for button in (self._spread, self._remove):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._remove.clicked.connect(lambda: self.removed.emit(self.tag))
        self._spread.clicked.connect(lambda: self.spread.emit(self.tag))

    def show_tag(self, tag: str, count: int, of: int, source: str = "", locked: str = "") -> None:
        """The tag stands on ``count`` of ``of`` photos. ``source`` says who decided, ``locked`` why
        nothing can be changed."""
        self.tag = tag
        self._part = ""
        if count < of:
            self._part = self.tr("{some} of {all}").format(some=texts.number(count), all=texts.number(of))
        self._pending = False
        self._locked = locked
        self._spread.setVisible(bool(self._part) and not locked)
        self._remove.setVisible(not locked)
        self._remove.setAccessibleName(self.tr("Remove {tag}").format(tag=tag))
        self._spread.setAccessibleName(self.tr("Give {tag} to all").format(tag=tag))
        for button in (self._remove, self._spread):
            button.setToolTip(plain(button.accessibleName()))
            button.role = QPalette.ColorRole.WindowText if self._part else QPalette.ColorRole.HighlightedText
        spoken = f"{tag}, {self._part}" if self._part else tag
        self.setAccessibleName(spoken)
        self.setAccessibleDescription(self.tr("Enter finds photos with it, Delete removes it."))
        self.setToolTip(plain("\n".join(line for line in (spoken, source, locked) if line)))
        self._place()
        self.updateGeometry()
        self.update()

    def set_pending(self) -> None:
        """It is being saved."""
        self._pending = True
        self.update()

    def set_automatic(self, automatic: bool) -> None:
        """It was accepted by itself: shown apart from what a hand decided."""
        self._automatic = automatic
        for button in (self._remove, self._spread):
            outlined = automatic or bool(self._part)
            button.role = QPalette.ColorRole.WindowText if outlined else QPalette.ColorRole.HighlightedText
        self.update()

    @property
    def partial(self) -> bool:
        return bool(self._part)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._text()) + 18 + self._signs()
        return QSize(width, max(HEIGHT, self.fontMetrics().height() + 6))

    def _text(self) -> str:
        name = self.tag.replace("\n", " ")
        return f"{name}  {self._part}" if self._part else name

    def _signs(self) -> int:
        return sum(_SIGN for button in (self._spread, self._remove) if not button.isHidden())

    def _place(self) -> None:
        x = self.width() - 3
        for button in (self._remove, self._spread):
            if not button.isHidden():
                x -= _SIGN
                button.move(x, (self.height() - _SIGN) // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        fill = palette.color(QPalette.ColorRole.Highlight)
        ink = palette.color(QPalette.ColorRole.HighlightedText)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._part or self._automatic:
            style = Qt.PenStyle.DashLine if self._automatic else Qt.PenStyle.SolidLine
            painter.setPen(QPen(fill, 1.5, style))
            fill.setAlpha(60)
            ink = palette.color(QPalette.ColorRole.WindowText)
        if self._pending:
            painter.setOpacity(0.6)
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(ink)
        room = self.width() - 16 - self._signs()
        text = self.fontMetrics().elidedText(self._text(), Qt.TextElideMode.ElideRight, room)
        inner = QRectF(9, 0, room + 2, self.height())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine, text)
        if self.hasFocus():
            painter.setOpacity(1.0)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.WindowText), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self.tag)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self.tag)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not self._locked:
            self.removed.emit(self.tag)
        elif event.key() == Qt.Key.Key_Plus and self._part and not self._locked:
            self.spread.emit(self.tag)
        else:
            event.ignore()
