"""Why a tag is suggested, in a small sheet beside the panel: who spoke, and the photos that look alike.

It is asked for, never in the way: it takes no focus, and Esc, another photo or another "why?" ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import glyphs
from photomgr.gui.looks.glyph_button import GlyphButton
from photomgr.gui.looks.place import Place
from photomgr.gui.looks.qimages import from_jpeg
from photomgr.gui.tags.reasons import percent, sentence
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.gui.viewer.canvas import PhotoCanvas
    from photomgr.library import Library
    from photomgr.library.evidence import Reason

_WIDTH: Final = 320
_TEXT: Final = 166
_SIDE: Final = 54  # of a thumbnail
_GAP: Final = 8


@dataclass(frozen=True)
class _Answer:
    """A reason with the pictures of its nearest photos and of those that speak against it: (file name, likeness,
    picture)."""

    reason: Reason
    near: list[tuple[str, float, QImage]]
    against: list[tuple[str, float, QImage]]


class WhySheet(QFrame):
    """``closed`` tells that the person closed it. ``placed`` carries the Place to draw over the photo, or None."""

    closed = Signal()
    placed = Signal(object)

    def __init__(self, library: Library, bridge: Bridge, panel: QWidget) -> None:
        super().__init__(panel)
        self._library, self._bridge, self._panel = library, bridge, panel
        self._ticket: Ticket | None = None
        self._anchor: QWidget | None = None
        self._canvas: PhotoCanvas | None = None
        self.reason: Reason | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._title, self._share = self._label(bold=True), self._label(bold=True)
        self._close = GlyphButton(glyphs.cross, self.tr("Close (Esc)"), 20, self)
        self._close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        head.addWidget(self._share)
        head.addWidget(self._close)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(10)
        self._rows.setVerticalSpacing(6)
        self._rows.setColumnStretch(0, 1)
        self._near_title, self._against_title = self._label(), self._label()
        self._near, self._against = QHBoxLayout(), QHBoxLayout()
        for row in (self._near, self._against):
            row.setSpacing(4)
            row.addStretch(1)
        self._seen, self._related, self._made = (self._label(faint=True) for _ in range(3))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(self._rows)
        layout.addWidget(self._near_title)
        layout.addLayout(self._near)
        layout.addWidget(self._against_title)
        layout.addLayout(self._against)
        layout.addWidget(self._seen)
        layout.addWidget(self._related)
        layout.addWidget(self._made)
        self._parts: list[QWidget] = []
        self.hide()

    def draw_over(self, canvas: PhotoCanvas) -> None:
        """Show places on that photo, too, and cover none of them as long as there is room elsewhere."""
        self._canvas = canvas
        self.placed.connect(canvas.show_place)

    def _label(self, *, bold: bool = False, faint: bool = False) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(not bold)
        font = label.font()
        font.setBold(bold)
        label.setFont(font)
        if faint:
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self.palette().window().color(), self.palette().windowText().color()
        dark = ground.lightness() < ink.lightness()
        line = QPalette.ColorRole.Light if dark else QPalette.ColorRole.Dark
        painter.setPen(QPen(self.palette().color(line), 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()

    # asking

    def ask(self, photo: int, tag: str, beside: QWidget) -> None:
        """Find out why a tag is suggested for a photo, and show it beside a row of the panel."""
        self._drop()
        self._anchor = beside
        self._ticket = self._bridge.call(
            partial(_gather, self._library, photo, tag), self._show, self._failed, priority=NOW
        )

    def dismiss(self) -> None:
        """Show nothing any more."""
        self._drop()
        self.reason = None
        self._anchor = None
        self.hide()
        self.placed.emit(None)

    def _drop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _failed(self, error: BaseException) -> None:
        self._ticket = None
        self.closed.emit()
        self._bridge.failed.emit(error)

    # showing

    def _show(self, answer: _Answer) -> None:
        self._ticket = None
        reason = self.reason = answer.reason
        for part in self._parts:
            self._rows.removeWidget(part)
            self._near.removeWidget(part)
            self._against.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = []
        self._title.setText(self.tr("Why {tag}?").format(tag=reason.tag))
        self._share.setText("" if reason.score is None else percent(reason.score))
        lines = [self._line(number, reason) for number in range(len(reason.witnesses))]
        if not lines:
            lines = [self._silent()]
        self._near_title.setText(self.tr("You gave it to these, which look most like it:"))
        self._against_title.setText(self.tr("You refused it for these, which look like it:"))
        alike, refused = self.tr("{name}: {percent} alike"), self.tr("{name}: {percent} alike, refused")
        self._thumbnails(self._near_title, self._near, answer.near, alike)
        self._thumbnails(self._against_title, self._against, answer.against, refused)
        self._seen.setText(self._where(reason))
        self._seen.setVisible(bool(self._seen.text()))
        self._related.setText(self.tr("Related words: {words}").format(words=", ".join(reason.related)))
        self._related.setVisible(bool(reason.related))
        made = self.tr("Suggested by {name}, version {version}.")
        self._made.setText(made.format(name=reason.model, version=reason.version))
        self.setAccessibleName(self._title.text())
        self.setAccessibleDescription("\n".join(each for each in (*lines, self._seen.text()) if each))
        warm = (
            reason.heat.tolist() if reason.heat is not None and reason.boxed_by in ("", "network") else None
        )
        self.placed.emit(Place(reason.box, warm) if reason.box is not None or warm else None)
        self._place()
        self.show()
        self.raise_()

    def _line(self, number: int, reason: Reason) -> str:
        one = reason.witnesses[number]
        text = self._label()
        tag = reason.follows if one.name == "narrower" else reason.tag
        text.setText(sentence(one.name, tag, len(reason.near), one.score))
        bar, share = _Bar(one.score, self), self._label(bold=True)
        share.setText(percent(one.score))
        share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        text.setFixedWidth(_TEXT)
        text.setMinimumHeight(text.heightForWidth(_TEXT))
        for column, widget in enumerate((text, bar, share)):
            self._rows.addWidget(widget, number, column)
            widget.show()  # now: what is still to be shown has no height for the layout
            self._parts.append(widget)
        return f"{text.text()} {share.text()}"

    def _silent(self) -> str:
        text = self._label()
        text.setText(self.tr("Nothing more is known about it."))
        self._rows.addWidget(text, 0, 0, 1, 3)
        text.show()
        self._parts.append(text)
        return text.text()

    def _thumbnails(
        self, title: QLabel, row: QHBoxLayout, found: list[tuple[str, float, QImage]], text: str
    ) -> None:
        title.setVisible(bool(found))
        for name, likeness, image in found:
            self._thumbnail(row, image, text.format(name=name, percent=percent(likeness)))

    def _thumbnail(self, row: QHBoxLayout, image: QImage, said: str) -> None:
        label = QLabel(self)
        label.setFixedSize(_SIDE, _SIDE)
        label.setPixmap(QPixmap.fromImage(image))
        label.setToolTip(plain(said))
        label.setAccessibleName(said)
        row.insertWidget(row.count() - 1, label)
        label.show()
        self._parts.append(label)

    def _where(self, reason: Reason) -> str:
        if reason.box is None:
            return ""
        if reason.boxed_by == "network":
            return self.tr("The frame in the picture shows about where it was seen.")
        return self.tr("The frame in the picture is where {name} found it.").format(name=reason.boxed_by)

    def _place(self) -> None:
        """Left of the panel at the height of the row, inside the window; elsewhere rather than over what is framed."""
        window, anchor = self._panel.window(), self._anchor
        if self.parentWidget() is not window:
            self.setParent(window)
        self.setFixedWidth(min(_WIDTH, window.width() - 2 * _GAP))
        self.ensurePolished()
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.width(), max(layout.heightForWidth(self.width()), layout.minimumSize().height()))
        left = self._panel.mapTo(window, QPoint(0, 0)).x() - self.width() - _GAP
        top = anchor.mapTo(window, QPoint(0, 0)).y() if anchor is not None else 0
        lowest = max(_GAP, window.height() - self.height() - _GAP)
        canvas, taken = self._canvas, QRect()
        places = [QPoint(max(_GAP, left), max(_GAP, min(top, lowest)))]
        if canvas is not None and canvas.isVisible():
            corner = canvas.mapTo(window, QPoint(0, 0))
            taken = canvas.framed.translated(corner)
            places += [QPoint(places[0].x(), y) for y in (lowest, max(_GAP, corner.y() + _GAP))]
            places += [QPoint(corner.x() + _GAP, y) for y in (places[0].y(), lowest, corner.y() + _GAP)]
        covered = [_area(QRect(place, self.size()) & taken) for place in places]
        self.move(places[covered.index(min(covered))])


def _area(rect: QRect) -> int:
    return max(0, rect.width()) * max(0, rect.height())


class _Bar(QWidget):
    """How loudly somebody spoke, from 0 to 1."""

    def __init__(self, share: float, parent: QWidget) -> None:
        super().__init__(parent)
        self._value = min(max(share, 0.0), 1.0)
        self.setFixedWidth(64)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(64, 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = self.palette().color(QPalette.ColorRole.WindowText)
        ground.setAlpha(40)
        track = QRectF(0, (self.height() - 5) / 2, self.width(), 5)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, 2.5, 2.5)
        track.setWidth(max(4.0, track.width() * self._value))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Accent))
        painter.drawRoundedRect(track, 2.5, 2.5)
        painter.end()


def _gather(library: Library, photo: int, tag: str) -> _Answer:
    """On a worker thread: the reason, and square pictures of the nearest photos. (slow)"""
    reason = library.evidence.why(photo, tag)
    return _Answer(reason, _pictures(library, reason.near), _pictures(library, reason.against))


def _pictures(library: Library, photos: Sequence[tuple[int, float]]) -> list[tuple[str, float, QImage]]:
    names = {each.id: each.display_name for each in library.photos([number for number, _ in photos])}
    found = []
    for number, likeness in photos:
        data = library.thumbnail(number)
        image = from_jpeg(data) if data is not None else None
        if image is not None and number in names:
            found.append((names[number], likeness, _square(image)))
    return found


def _square(image: QImage) -> QImage:
    side = min(image.width(), image.height())
    middle = QRect((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.copy(middle).scaled(_SIDE, _SIDE, keep, smooth)
