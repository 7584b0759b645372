"""The present search as chips above the photos: each term can be changed or taken out. The text stays the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.errors import QueryError
from photomgr.core.query import And, Node, Or, parse, to_text
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs
from photomgr.gui.looks.elided import ElidedLabel
from photomgr.gui.looks.flow_layout import FlowLayout
from photomgr.gui.looks.glyph_button import GlyphButton
from photomgr.gui.looks.icons import dress
from photomgr.gui.search.amount import LooksAmount

_SIGN: Final = 18
_MOST: Final = 24  # terms that get a chip


def terms(text: str) -> list[str]:
    """The parts of a search that all must be true, each as it can be typed; none for a hopeless text."""
    try:
        query = parse(text)
    except QueryError:
        return []
    if query.empty:
        return []
    children = query.node.children if isinstance(query.node, And) else (query.node,)
    return [_term(child, alone=len(children) == 1) for child in children]


def _term(node: Node, alone: bool) -> str:
    text = to_text(node)
    return text if alone or not isinstance(node, Or | And) else f"({text})"


class TermChip(QWidget):
    """One term. ``edited`` asks to change it in the search box, ``removed`` to take it out."""

    edited = Signal(str)
    removed = Signal(str)

    def __init__(self, term: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.term = term
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setAccessibleName(self.tr("Search term {term}").format(term=term))
        self.setAccessibleDescription(self.tr("Enter changes it, Delete takes it out."))
        self.setToolTip(plain(self.tr("Change “{term}” in the search box").format(term=term)))
        self.remove = GlyphButton(glyphs.cross, self.tr("Take {term} out").format(term=term), _SIGN, self)
        self.remove.setToolTip(plain(self.remove.accessibleName()))
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.remove.clicked.connect(lambda: self.removed.emit(self.term))

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.term) + 20 + _SIGN
        return QSize(width, max(24, self.fontMetrics().height() + 6))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.remove.move(self.width() - _SIGN - 3, (self.height() - _SIGN) // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        role = QPalette.ColorRole.Accent if self.hasFocus() else QPalette.ColorRole.Mid
        painter.setPen(QPen(palette.color(role), 1.5 if self.hasFocus() else 1))
        painter.setBrush(
            palette.color(QPalette.ColorRole.Midlight if self.underMouse() else QPalette.ColorRole.Base)
        )
        painter.drawRoundedRect(box, 11, 11)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        room = self.width() - 16 - _SIGN
        text = self.fontMetrics().elidedText(self.term, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(
            QRectF(10, 0, room + 2, self.height()),
            int(Qt.AlignmentFlag.AlignVCenter) | Qt.TextFlag.TextSingleLine,
            text,
        )
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.edited.emit(self.term)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.edited.emit(self.term)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.term)
        else:
            event.ignore()


class TermStrip(QFrame):
    """``edited`` carries (the other terms as text, the term), ``asked`` a whole query, ``saved`` (name, query).

    It is there while something is searched for. ``sides_button`` opens the sides from which to narrow.
    """

    edited = Signal(str, str)
    asked = Signal(str)
    saved = Signal(str, str)

    def __init__(self, parent: QWidget, read_only: bool) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self.chips: list[TermChip] = []
        self._query = self._note = ""
        self._holder = QWidget(self)
        self._flow = FlowLayout(self._holder)
        self._flow.setContentsMargins(0, 2, 0, 0)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._holder.setSizePolicy(policy)
        self.sides_button = self._button(
            self.tr("Narrow"), "sort", self.tr("Show what can narrow these photos (Ctrl+Shift+F)")
        )
        self.sides_button.setCheckable(True)
        self.save_button = self._button(
            self.tr("Save…"), "check", self.tr("Keep this search in the left panel")
        )
        self.save_button.setVisible(not read_only)
        self.save_button.clicked.connect(self._ask_name)
        self.looks = LooksAmount(self)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(self.tr("Name of this search"))
        self.name.setAccessibleName(self.tr("Name of this search"))
        self.name.setMaxLength(120)
        self.name.setFixedWidth(190)
        self.name.hide()
        self.name.returnPressed.connect(self._save)
        self.name.editingFinished.connect(self._put_name_away)
        self._nearest = ""
        self.nearest_button = self._button(
            "", "search", self.tr("Not all of these words are known: this may be meant")
        )
        self.nearest_button.clicked.connect(lambda: self.asked.emit(self._nearest))
        self.spare_button = self._button(
            self.tr("Select all but the best"),
            "photos",
            self.tr("All photos of these groups but the first of each; Del then puts them into the trash"),
        )
        self.spare_button.hide()
        self.why = ElidedLabel(self)
        self.why.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.show_note("")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 5, 8, 5)
        outer.setSpacing(3)
        layout = QHBoxLayout()
        layout.setSpacing(6)
        outer.addLayout(layout)
        below = QHBoxLayout()
        below.addWidget(self.why, 1)
        below.addWidget(self.nearest_button)
        outer.addLayout(below)
        layout.addWidget(self.sides_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._holder, 1)
        layout.addWidget(self.spare_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.looks, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.name, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def _button(self, text: str, icon: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setProperty("flat", True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(tip)
        dress(button, icon)
        return button

    def show_query(self, query: str) -> None:
        """Show the terms of a query; nothing is shown for an empty one."""
        if query == self._query:
            return
        self._query = query
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        for term in terms(query)[:_MOST]:
            chip = TermChip(term, self._holder)
            chip.edited.connect(self._edit)
            chip.removed.connect(self._remove)
            self._flow.addWidget(chip)
            chip.show()
            self.chips.append(chip)
        self._holder.updateGeometry()
        self.show_why(())
        self.setVisible(bool(self.chips))

    def show_note(self, note: str, nearest: str = "") -> None:
        """A sentence about all photos that were found, which stands where the reasons of a single one do; and a
        search that may be meant instead."""
        self._note, self._nearest = note, nearest
        text = self.tr("Search for {query}").format(query=nearest).replace("&", "&&")
        self.nearest_button.setText(text)
        self.nearest_button.setVisible(bool(nearest))
        self.show_why(())

    def show_why(self, reasons: Sequence[str]) -> None:
        """Say below the chips why the selected photo is among those found. The line is always there: if it came
        with the selection, the photos would jump under the hand that clicks."""
        if reasons:
            said = self.tr("Why this photo: {reasons}").format(reasons=" · ".join(reasons))
        elif self._note or not self.chips:  # nothing is searched for while only the sides are open
            said = self._note
        else:
            said = self.tr("Select one photo to see why it was found.")
        self.why.set_text(said)

    def _others(self, term: str) -> str:
        kept = [chip.term for chip in self.chips]
        kept.remove(term)
        return " ".join(kept)

    def _edit(self, term: str) -> None:
        self.edited.emit(self._others(term), term)

    def _remove(self, term: str) -> None:
        self.asked.emit(self._others(term))

    def _ask_name(self) -> None:
        self.name.show()
        self.name.setText("")
        self.name.setFocus()

    def _save(self) -> None:
        if name := self.name.text().strip():
            self.saved.emit(name, self._query)
        self.name.hide()

    def _put_name_away(self) -> None:
        if not self.name.hasFocus():
            self.name.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.name.isVisible():
            self.name.hide()
        else:
            super().keyPressEvent(event)
