"""The first lines of the tag panel: which photo it is, or how many, when, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QDate, QLocale, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from photomgr.gui.grid.tips import trouble, when
from photomgr.gui.looks import texts
from photomgr.gui.looks.elided import ElidedLabel
from photomgr.gui.tags.details import exposure
from photomgr.gui.tags.facts import Facts


class PhotoHead(QWidget):
    """Name, date, camera line, trouble."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(self)
        self.line = QLabel(self)
        self.trouble = QLabel(self)
        font = self.name.font()
        font.setBold(True)
        self.name.setFont(font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.name)
        for label in (self.line, self.trouble):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            layout.addWidget(label)

    def show_facts(self, facts: Facts) -> None:
        photo = facts.photo
        if photo is not None:
            self.name.set_text(photo.display_name)
            camera = " · ".join(each for each in (photo.metadata.camera, exposure(photo)) if each)
            lines = [when(photo) or self.tr("Without a date"), camera]
            if facts.taken is not None:
                spot = facts.taken.spot
                lines.insert(1, ", ".join(dict.fromkeys((spot.name, spot.country))))
            elif photo.metadata.latitude is not None:
                lines[0] += " · " + self.tr("GPS")
            self.line.setText("\n".join(line for line in lines if line))
            lines = [trouble(photo), *self._waiting(facts)]
            self.trouble.setText("\n".join(line for line in lines if line))
        else:
            self.name.set_text(texts.photos(facts.count))
            self.line.setText(_span(facts.dates))
            bad = facts.unreadable
            lines = [self.tr("%n photo(s) cannot be read", "", bad) if bad else "", *self._waiting(facts)]
            self.trouble.setText("\n".join(line for line in lines if line))
        self.line.setVisible(bool(self.line.text()))
        self.trouble.setVisible(bool(self.trouble.text()))

    def _waiting(self, facts: Facts) -> list[str]:
        """What waits for the person about files: decisions that are not written, conflicts."""
        lines = []
        if facts.unwritten and facts.photo is not None:
            lines.append(self.tr("Not written: {reason}").format(reason=facts.unwritten[0]))
        elif facts.unwritten:
            lines.append(self.tr("%n photo(s) could not be written to", "", len(facts.unwritten)))
        if facts.conflicts:
            lines.append(self.tr("%n conflict(s) with another program wait for you", "", facts.conflicts))
        return lines


def _span(dates: tuple[str, ...]) -> str:
    """``14/07/2019`` or ``14/07/2019 – 02/08/2019``."""
    days = [QDate.fromString(each, Qt.DateFormat.ISODate) for each in dict.fromkeys(dates)]
    shown = [QLocale().toString(day, QLocale.FormatType.ShortFormat) for day in days if day.isValid()]
    return " – ".join(shown)
