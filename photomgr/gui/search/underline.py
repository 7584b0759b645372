"""Where in a line of text something was mended: underlined, and said when the pointer rests on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QColor, QHelpEvent, QInputMethodEvent, QPalette, QTextCharFormat
from PySide6.QtWidgets import QLineEdit, QToolTip

from photomgr.core.errors import QueryError
from photomgr.core.query import Fault, parse
from photomgr.gui.grid.tips import plain

_ON_LIGHT: Final = QColor("#c01c28")
_ON_DARK: Final = QColor("#ff7b63")


class Underline(QObject):
    """Shows the faults of the search text in ``edit``.

    A line edit has no formats of its own but those of an input method; an input method that composes is not
    disturbed.
    """

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self._composing = False
        self.faults: tuple[Fault, ...] = ()
        edit.installEventFilter(self)

    def look(self, typing: bool) -> None:
        """Look at the text anew; while ``typing`` what is not finished yet is no fault."""
        text = self._edit.text()
        try:
            faults = parse(text, typing).faults
        except QueryError as error:
            faults = (Fault(0, len(text), str(error)),)
        if not self._composing and (faults or self.faults):
            self._show(text, faults)
        if faults != self.faults:
            self.faults = faults
            said = dict.fromkeys(fault.said for fault in faults)
            self._edit.setAccessibleDescription(" ".join(said))

    def _show(self, text: str, faults: Sequence[Fault]) -> None:
        dark = self._edit.palette().color(QPalette.ColorRole.Base).lightness() < 128
        wavy = QTextCharFormat()
        wavy.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wavy.setUnderlineColor(_ON_DARK if dark else _ON_LIGHT)
        here = self._edit.cursorPosition()
        kind = QInputMethodEvent.AttributeType.TextFormat
        marks = [
            QInputMethodEvent.Attribute(
                kind,
                _units(text, fault.start) - here,
                _units(text[fault.start :], fault.end - fault.start),
                wavy,
            )
            for fault in faults
        ]
        QCoreApplication.sendEvent(self._edit, QInputMethodEvent("", marks))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QInputMethodEvent):
            self._composing = bool(event.preeditString())
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self._edit.text()
            at = self._edit.cursorPositionAt(event.pos())
            for fault in self.faults:
                if _units(text, fault.start) <= at <= _units(text, fault.end):
                    QToolTip.showText(event.globalPos(), plain(fault.said), self._edit)
                    return True
        return super().eventFilter(watched, event)


def _units(text: str, end: int) -> int:
    """How many places in Qt's text the first ``end`` characters take."""
    return len(text[:end].encode("utf-16-le", "surrogatepass")) // 2
