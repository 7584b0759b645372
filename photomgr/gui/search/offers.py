"""The rows under the search box: what the text may become, and at the right edge what that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QDropEvent, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

if TYPE_CHECKING:
    from photomgr.library.completion import Offer


def note_of(offer: Offer) -> str:
    """What stands at the right of an offer."""
    translate = QCoreApplication.translate
    kinds = {"saved": translate("Offers", "saved"), "recent": translate("Offers", "recent")}
    return " · ".join(part for part in (kinds.get(offer.kind, ""), offer.note) if part)


def dropped_picture(event: QDropEvent) -> str:
    """The path of the one file that a drag brings from outside or of the one photo from inside, else ""."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return ""
    return urls[0].toLocalFile()


class OfferDelegate(QStyledItemDelegate):
    """``notes`` by the text of a row."""

    def __init__(self, notes: Mapping[str, str], parent: QWidget) -> None:
        super().__init__(parent)
        self._notes = notes

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        note = self._notes.get(str(index.data()), "")
        room: QRect = option.rect.adjusted(0, 0, -8, 0)
        taken = option.fontMetrics.horizontalAdvance(str(index.data())) + 28
        if not note or option.fontMetrics.horizontalAdvance(note) + taken > room.width():
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.PlaceholderText
        painter.save()
        painter.setPen(option.palette.color(role))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)
        painter.restore()
