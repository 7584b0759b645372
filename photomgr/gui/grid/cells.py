"""What one cell of the grid looks like, composed once into a pixmap and kept while nothing changes."""

from __future__ import annotations

import collections
import enum
from typing import Final

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QPen, QPixmap

from photomgr.core.records import Marks, Presence, Suggestion
from photomgr.gui.grid.geometry import Cell
from photomgr.gui.grid.photo_list import Row
from photomgr.gui.grid.stacked import Place
from photomgr.gui.grid.tips import is_film, waits_for_reader
from photomgr.gui.looks import glyphs
from photomgr.gui.looks.qimages import fitted

BUDGET: Final = 64 * 1024 * 1024  # bytes of composed cells
PAD: Final = 4
LINE: Final = 20  # the line of marks under the photo
_RADIUS: Final = 6.0
_CHIP: Final = 18.0
_SHADE: Final = QColor(0, 0, 0, 165)
_ON_SHADE: Final = QColor(255, 255, 255)


class _Chip(enum.Enum):
    """What a chip over a photo stands for: a tag, one that was accepted by itself, or an open suggestion."""

    TAG = enum.auto()
    AUTOMATIC = enum.auto()
    OPEN = enum.auto()


def cell_for(side: int, names: bool, font: QFont) -> Cell:
    """The measures of a cell of ``side`` pixels, with the file name under it or without."""
    text = int(QFontMetricsF(font).height()) + 2
    return Cell(side, LINE + (text if names else 0))


class CellPainter(QObject):
    """Composes cells. ``configure`` drops all that was composed for other measures or colours."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._faces: collections.OrderedDict[int, QPixmap] = collections.OrderedDict()
        self._bytes = 0
        self._blank: QPixmap | None = None
        self._cell = Cell(160, LINE)
        self._ratio = 1.0
        self._palette = QPalette()
        self._font = QFont()
        self._metrics = QFontMetricsF(self._font)
        self.names = False
        self.suggestions = True

    def configure(self, cell: Cell, ratio: float, palette: QPalette, font: QFont) -> None:
        self._cell, self._ratio, self._palette, self._font = cell, ratio, palette, font
        self._metrics = QFontMetricsF(font)
        self.forget_all()

    def forget(self, photo_id: int) -> None:
        face = self._faces.pop(photo_id, None)
        if face is not None:
            self._bytes -= face.width() * face.height() * 4

    def forget_all(self) -> None:
        self._faces.clear()
        self._bytes = 0
        self._blank = None

    def face(self, photo_id: int) -> QPixmap | None:
        face = self._faces.get(photo_id)
        if face is not None:
            self._faces.move_to_end(photo_id)
        return face

    def blank(self) -> QPixmap:
        """The tone of a cell of which nothing is known yet."""
        if self._blank is None:
            self._blank, painter = self._canvas()
            painter.end()
        return self._blank

    def photo_box(self) -> QRect:
        side = self._cell.side - 2 * PAD
        return QRect(PAD, PAD, side, side)

    def compose(
        self, photo_id: int, row: Row | None, thumbnail: QPixmap | None, place: Place | None = None
    ) -> QPixmap:
        """The cell's picture, kept until ``forget``; works with whatever is known."""
        face, painter = self._canvas()
        if thumbnail is not None:
            self._photo(painter, thumbnail, row)
        if row is not None:
            if row.photo.problem and thumbnail is None:
                self._unreadable(painter, row)
            self._badges(painter, row, thumbnail is not None)
            if row.marks is not None:
                self._chips(painter, row.marks)
            self._line(painter, row)
        if place is not None:
            self._stack(painter, place)
        painter.end()
        self._faces[photo_id] = face
        self._bytes += face.width() * face.height() * 4
        while self._bytes > BUDGET and len(self._faces) > 1:
            old = self._faces.popitem(last=False)[1]
            self._bytes -= old.width() * old.height() * 4
        return face

    def _canvas(self) -> tuple[QPixmap, QPainter]:
        size = QSize(self._cell.side, self._cell.height) * self._ratio
        face = QPixmap(size)
        face.setDevicePixelRatio(self._ratio)
        face.fill(Qt.GlobalColor.transparent)
        painter = QPainter(face)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(self._font)
        tone = self._palette.color(QPalette.ColorRole.Text)
        tone.setAlpha(16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.drawRoundedRect(QRectF(0, 0, self._cell.side, self._cell.height), _RADIUS, _RADIUS)
        return face, painter

    def _photo(self, painter: QPainter, thumbnail: QPixmap, row: Row | None) -> None:
        box = self.photo_box()
        size = fitted(thumbnail.size(), box.size() * self._ratio) / self._ratio
        target = QRect(QPointF().toPoint(), size)
        target.moveCenter(box.center())
        if row is not None and row.photo.presence is not Presence.HERE:
            painter.setOpacity(0.55)
        painter.drawPixmap(target, thumbnail)
        painter.setOpacity(1.0)

    def _unreadable(self, painter: QPainter, row: Row) -> None:
        """A sign in the place of the photo, and its name, for there is nothing else to know it by."""
        box = QRectF(self.photo_box())
        colour = glyphs.dimmed(self._palette)
        size = min(44.0, box.width() / 3)
        sign = QRectF(0, 0, size, size)
        sign.moveCenter(box.center() - QPointF(0, self._metrics.height() * 0.7))
        waits = waits_for_reader(row.photo)
        (glyphs.play if waits and is_film(row.photo) else glyphs.warning)(painter, sign, colour)
        painter.setPen(self._palette.color(QPalette.ColorRole.Text))
        lines = [self.tr("Not shown yet") if waits else self.tr("Cannot be read")]
        if self._metrics.horizontalAdvance(lines[0]) > box.width():
            lines = []
        if not self.names:
            lines.append(row.photo.display_name.replace("\n", " "))
        text = QRectF(box.left(), sign.bottom() + 4, box.width(), self._metrics.height() + 2)
        middle = int(Qt.AlignmentFlag.AlignCenter) | Qt.TextFlag.TextSingleLine
        for line in lines:
            line = self._metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, text.width())
            painter.drawText(text, middle, line)
            text.translate(0, text.height())

    def _badges(self, painter: QPainter, row: Row, has_photo: bool) -> None:
        x = PAD + 4.0
        signs = []
        if row.photo.presence is not Presence.HERE:
            signs.append(glyphs.away)
        if row.photo.problem and has_photo:
            signs.append(glyphs.warning)
        if has_photo and is_film(row.photo):
            signs.append(glyphs.play)
        for sign in signs:
            box = QRectF(x, PAD + 4.0, 22.0, 22.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_SHADE)
            painter.drawRoundedRect(box, 5, 5)
            sign(painter, box.adjusted(4, 4, -4, -4), _ON_SHADE)
            x += 26.0

    def stack_box(self, place: Place) -> QRectF:
        """Where the number of a stack stands, in the cell: in the upper right corner of the photo."""
        width = self._metrics.horizontalAdvance(_stack_text(place)) + 28
        return QRectF(self.photo_box().right() - width - 3, PAD + 4.0, width, 22.0)

    def _stack(self, painter: QPainter, place: Place) -> None:
        """Sheets and how many they are; in an open stack, filled, which of them this one is."""
        box = self.stack_box(place)
        painter.setPen(Qt.PenStyle.NoPen)
        ink = _ON_SHADE
        painter.setBrush(_SHADE)
        if place.open:
            painter.setBrush(self._palette.color(QPalette.ColorRole.Highlight))
            ink = self._palette.color(QPalette.ColorRole.HighlightedText)
        painter.drawRoundedRect(box, 5, 5)
        glyphs.sheets(painter, QRectF(box.left() + 5, box.top() + 4, 14, 14), ink)
        painter.setPen(ink)
        text = box.adjusted(20, 0, -5, 0)
        painter.drawText(
            text, int(Qt.AlignmentFlag.AlignCenter) | Qt.TextFlag.TextSingleLine, _stack_text(place)
        )

    def _chips(self, painter: QPainter, marks: Marks) -> None:
        """Over the lower edge of the photo: the first tags that stand as filled chips, then the best
        suggestions as outlined ones."""
        box = QRectF(self.photo_box()).adjusted(3, 3, -3, -3)
        lines = 1 if box.width() < 120 else 2 if box.width() < 200 else 3
        suggested = marks.suggested if self.suggestions else ()
        # some room is left for what waits to be decided
        tags = marks.tags[: lines if suggested else 2 * lines]
        chips = [
            (*self._tag_text(tag, box.width()), _Chip.AUTOMATIC if tag in marks.automatic else _Chip.TAG)
            for tag in tags
        ]
        chips += [(*self._chip_text(each, box.width()), _Chip.OPEN) for each in suggested]
        rows: list[list[tuple[str, float, _Chip]]] = [[]]
        used = 0.0
        for text, width, kind in chips:
            if rows[-1] and used + width > box.width():
                if len(rows) == lines:
                    break
                rows.append([])
                used = 0.0
            rows[-1].append((text, width, kind))
            used += width + 3
        y = box.bottom() - len(rows) * (_CHIP + 3) + 3
        for line in rows:
            x = box.left()
            for text, width, kind in line:
                self._chip(painter, QRectF(x, y, width, _CHIP), text, kind)
                x += width + 3
            y += _CHIP + 3

    def _tag_text(self, tag: str, room: float) -> tuple[str, float]:
        name = tag.replace("\n", " ")
        text = self._metrics.elidedText(name, Qt.TextElideMode.ElideRight, room - 12)
        return text, min(room, self._metrics.horizontalAdvance(text) + 12)

    def _chip_text(self, suggestion: Suggestion, room: float) -> tuple[str, float]:
        percent = self.tr("{number} %").format(number=round(suggestion.score * 100))
        tag = suggestion.tag.replace("\n", " ")
        left = room - 12 - self._metrics.horizontalAdvance(" " + percent)
        name = self._metrics.elidedText(tag, Qt.TextElideMode.ElideRight, left)
        text = f"{name} {percent}"
        if name != tag and len(name) < 5:  # the name says more than the number
            text = self._metrics.elidedText(tag, Qt.TextElideMode.ElideRight, room - 12)
        return text, min(room, self._metrics.horizontalAdvance(text) + 12)

    def _chip(self, painter: QPainter, box: QRectF, text: str, kind: _Chip) -> None:
        ink = _ON_SHADE
        if kind is _Chip.AUTOMATIC:
            fill = self._palette.color(QPalette.ColorRole.Highlight).darker(160)
            fill.setAlpha(215)
            painter.setBrush(fill)
            painter.setPen(QPen(_ON_SHADE, 1.0, Qt.PenStyle.DashLine))
        elif kind is _Chip.TAG:
            painter.setBrush(self._palette.color(QPalette.ColorRole.Highlight))
            painter.setPen(Qt.PenStyle.NoPen)
            ink = self._palette.color(QPalette.ColorRole.HighlightedText)
        else:
            painter.setBrush(_SHADE)
            painter.setPen(QPen(QColor(255, 255, 255, 190), 1.0))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), _CHIP / 2, _CHIP / 2)
        painter.setPen(ink)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | Qt.TextFlag.TextSingleLine, text)

    def _line(self, painter: QPainter, row: Row) -> None:
        """Stars and label at the left, the counts of tags and of open suggestions at the right."""
        top = float(self._cell.side)
        x = PAD + 2.0
        text = self._palette.color(QPalette.ColorRole.Text)
        if row.photo.label in glyphs.LABELS:
            painter.setPen(QPen(text, 0.8))
            painter.setBrush(glyphs.LABELS[row.photo.label])
            painter.drawRoundedRect(QRectF(x, top + LINE / 2 - 5, 10, 10), 3, 3)
            x += 14
        right = self._cell.side - PAD - 1.0
        if row.marks is not None and row.marks.open:
            right = self._pill(painter, right, row.marks.open, filled=False)
        if row.marks is not None and row.marks.decided:
            right = self._pill(painter, right, row.marks.decided, filled=True)
        self._stars(painter, x, right, row.photo.rating)
        if self._cell.caption > LINE:
            self._name(painter, row, text)

    def _stars(self, painter: QPainter, x: float, right: float, rating: int) -> None:
        """One for each, or a number and one where there is no room for that."""
        text = self._palette.color(QPalette.ColorRole.Text)
        middle = self._cell.side + LINE / 2
        if rating > 1 and x + 11.5 * rating > right:
            painter.setPen(text)
            width = self._metrics.horizontalAdvance(str(rating))
            painter.drawText(
                QRectF(x, middle - 10, width + 1, 20), int(Qt.AlignmentFlag.AlignVCenter), str(rating)
            )
            x, rating = x + width + 1, 1
        for _ in range(rating):
            glyphs.star(painter, QRectF(x, middle - 5.5, 11, 11), text)
            x += 11.5

    def _pill(self, painter: QPainter, right: float, number: int, filled: bool) -> float:
        """A count; decided ones filled, open ones outlined. Returns where the next one ends."""
        text = str(number) if number < 1000 else "999+"
        if not filled:
            text = f"{text}?"
        width = max(18.0, self._metrics.horizontalAdvance(text) + 9)
        box = QRectF(right - width, self._cell.side + 2.0, width, LINE - 5.0)
        ink = self._palette.color(QPalette.ColorRole.Text)
        if filled:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._palette.color(QPalette.ColorRole.Highlight))
            ink = self._palette.color(QPalette.ColorRole.HighlightedText)
        else:
            painter.setPen(QPen(glyphs.dimmed(self._palette), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box.adjust(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, 7, 7)
        painter.setPen(ink)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        return right - width - 3

    def _name(self, painter: QPainter, row: Row, colour: QColor) -> None:
        room = self._cell.side - 2.0 * PAD
        name = row.photo.display_name.replace("\n", " ")
        name = self._metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        painter.setPen(colour)
        box = QRectF(PAD, self._cell.side + LINE - 2.0, room, self._cell.caption - LINE)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | Qt.TextFlag.TextSingleLine, name)


def _stack_text(place: Place) -> str:
    return f"{place.number}/{place.count}" if place.open else str(place.count)
