"""Stars and label colours, by mouse and key."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from photomgr.core.records import LABEL_COLOURS
from photomgr.gui.grid.menu import label_name
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs

_STAR: Final = 20


class StarBar(QWidget):
    """Five stars; ``rated`` carries what the person wants. None shows that the photos differ."""

    rated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stars: int | None = 0
        self._hover = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setFixedSize(_STAR * 5 + 4, _STAR + 6)
        self.show_stars(0)

    @property
    def stars(self) -> int | None:
        return self._stars

    def show_stars(self, stars: int | None, locked: str = "") -> None:
        self._stars = stars
        self.setEnabled(not locked)
        if stars is None:
            name = self.tr("Rating: the photos differ")
        elif stars:
            name = self.tr("Rating: %n star(s)", "", stars)
        else:
            name = self.tr("No rating")
        self.setAccessibleName(name)
        self.setToolTip(plain(locked or self.tr("{state} (Ctrl+0 to Ctrl+5)").format(state=name)))
        self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def _star_at(self, event: QMouseEvent) -> int:
        return min(5, max(1, int((event.position().x() - 2) // _STAR) + 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._star_at(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = 0
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            star = self._star_at(event)
            self.rated.emit(0 if star == self._stars else star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        stars = self._stars or 0
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Plus) and stars < 5:
            self.rated.emit(stars + 1)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Minus) and stars > 0:
            self.rated.emit(stars - 1)
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            return
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = self.palette().color(group, QPalette.ColorRole.WindowText)
        shown = self._hover if self._hover and self.isEnabled() else (self._stars or 0)
        if self._hover and self.isEnabled():
            colour = self.palette().color(QPalette.ColorRole.Accent)
        for star in range(5):
            box = QRectF(2 + star * _STAR + 2, 5, _STAR - 4, _STAR - 4)
            glyphs.star(painter, box, colour, star < shown)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()


class Swatch(QAbstractButton):
    """One label colour; the chosen one has a tick on it, so that colour does not speak alone."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = colour
        self.setCheckable(True)
        self.setFixedSize(20, 20)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Label: {colour}").format(colour=label_name(colour)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(glyphs.LABELS[self.colour])
        if not self.isEnabled():
            fill.setAlpha(110)
        painter.setBrush(fill)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        on = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(text, 1.6) if on else QPen(Qt.PenStyle.NoPen))
        inset = 2.0 if on else 4.0
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 5, 5)
        if self.isChecked():
            ink = QColor("#000000") if fill.lightnessF() > 0.43 else QColor("#ffffff")
            glyphs.tick(painter, QRectF(self.rect()).adjusted(5, 5, -5, -5), ink)
        painter.end()


class LabelBar(QWidget):
    """``labelled`` carries a colour's name, or None to take the label off."""

    labelled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        self.swatches = [Swatch(colour, self) for colour in LABEL_COLOURS]
        for swatch in self.swatches:
            layout.addWidget(swatch)
            swatch.clicked.connect(self._clicked)
        self._label: str | None = None
        self.show_label(None)

    def show_label(self, label: str | None, locked: str = "") -> None:
        """None shows none chosen; the photos may differ."""
        self._label = label
        for swatch in self.swatches:
            swatch.setChecked(swatch.colour == label)
            swatch.setEnabled(not locked)
            swatch.setToolTip(plain(locked or swatch.accessibleName()))

    def _clicked(self) -> None:
        swatch = self.sender()
        assert isinstance(swatch, Swatch)
        wanted = None if swatch.colour == self._label else swatch.colour
        self.show_label(self._label)  # what is shown as chosen is saved
        self.labelled.emit(wanted)
