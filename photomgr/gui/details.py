"""What the file says of a photo, and what was decided about it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt, QTimeZone
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from photomgr.core.records import Photo, Source, Verdict
from photomgr.gui import texts
from photomgr.gui.picture_loader import upright
from photomgr.gui.tips import trouble, when
from photomgr.gui.trouble_page import display_path


def _tr(text: str) -> str:
    return QCoreApplication.translate("Details", text)


class Details(QWidget):
    """Size, camera, exposure, place and path of one photo, to select and copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(8, 0, 0, 4)
        self._form.setVerticalSpacing(3)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._lines: list[tuple[QLabel, QLabel]] = []

    def show_photo(self, photo: Photo | None) -> None:
        lines = facts_of(photo) if photo is not None else []
        while len(self._lines) < len(lines):
            self._lines.append((self._label(False), self._label(True)))
            self._form.addRow(*self._lines[-1])
        for number, (name, value) in enumerate(self._lines):
            shown = number < len(lines)
            self._form.setRowVisible(number, shown)
            if shown:
                name.setText(lines[number][0])
                value.setText(_breakable(lines[number][1]))
                value.setAccessibleName(f"{lines[number][0]}: {lines[number][1]}")

    def _label(self, selectable: bool) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if selectable:
            label.setWordWrap(True)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        else:
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        return label


def _breakable(text: str) -> str:
    """Long paths may break after a slash."""
    return text.replace("/", "/\u200b")


class History(QLabel):
    """Every verdict on one photo, newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setContentsMargins(8, 0, 0, 4)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def show_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        self.setText("\n".join(verdict_line(each) for each in reversed(verdicts)))


def verdict_line(verdict: Verdict) -> str:
    """One line of the history in words."""
    verbs = {
        "accept": _tr("“{tag}” accepted"),
        "reject": _tr("“{tag}” rejected"),
        "tag": _tr("“{tag}” added"),
        "untag": _tr("“{tag}” taken off"),
        "rate": _tr("rated {tag}"),
        "label": _tr("label {tag}"),
    }
    who, _, kind = verdict.verdict.rpartition(" ")
    text = verbs.get(kind, "{tag}").format(tag=verdict.tag or _tr("none"))
    if who == "undo":
        text = _tr("undone: {what}").format(what=text)
    elif who == "redo":
        text = _tr("redone: {what}").format(what=text)
    elif verdict.source is Source.FILE:
        text = _tr("{what} (in the file)").format(what=text)
    moment = QDateTime.fromString(verdict.when[:19], Qt.DateFormat.ISODate)
    if moment.isValid():
        if verdict.when.endswith(("Z", "+00:00")):
            moment = QDateTime(moment.date(), moment.time(), QTimeZone.utc()).toLocalTime()
        return f"{QLocale().toString(moment, QLocale.FormatType.ShortFormat)}  {text}"
    return text


def facts_of(photo: Photo) -> list[tuple[str, str]]:
    """(name, value) of all that is known of a photo's file, in the order shown."""
    facts = photo.metadata
    lines: list[tuple[str, str | None]] = [
        (_tr("Problem"), trouble(photo)),
        (_tr("Taken"), _taken(photo)),
        (_tr("Size"), _size(photo)),
        (_tr("Camera"), facts.camera),
        (_tr("Lens"), facts.lens),
        (_tr("Exposure"), exposure(photo)),
        (_tr("Flash"), None if facts.flash is None else _tr("fired") if facts.flash else _tr("off")),
        (_tr("Place"), place(photo)),
        (_tr("Title"), facts.title),
        (_tr("Caption"), facts.caption),
        (_tr("File"), display_path(photo)),
    ]
    return [(name, value) for name, value in lines if value]


def _taken(photo: Photo) -> str:
    text = when(photo)
    return f"{text} {photo.metadata.zone}" if text and photo.metadata.zone else text


def _size(photo: Photo) -> str:
    size = upright(photo)
    parts = []
    if not size.isEmpty():
        parts.append(f"{size.width()} × {size.height()}")
        millions = size.width() * size.height() / 1e6
        parts.append(_tr("{number} MP").format(number=QLocale().toString(millions, "f", 1)))
    parts.append(QLocale().formattedDataSize(photo.size, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat))
    return " · ".join(parts)


def exposure(photo: Photo) -> str:
    """``1/250 s · f/2.8 · ISO 400 · 35 mm``, as far as the file says."""
    facts = photo.metadata
    locale = QLocale()
    parts = []
    if facts.exposure:
        if facts.exposure < 0.4:
            shutter = f"1/{round(1 / facts.exposure)}"
        else:
            shutter = locale.toString(float(Fraction(facts.exposure).limit_denominator(10)), "g", 3)
        parts.append(_tr("{time} s").format(time=shutter))
    if facts.aperture:
        parts.append(f"f/{facts.aperture:g}")
    if facts.iso:
        parts.append(f"ISO {facts.iso}")
    if facts.focal:
        parts.append(_tr("{length} mm").format(length=f"{facts.focal:g}"))
    return " · ".join(parts)


def place(photo: Photo) -> str:
    """Latitude and longitude with their letters, and the height where it is known."""
    facts = photo.metadata
    if facts.latitude is None or facts.longitude is None:
        return ""
    north = _tr("N") if facts.latitude >= 0 else _tr("S")
    east = _tr("E") if facts.longitude >= 0 else _tr("W")
    text = f"{abs(facts.latitude):.5f}° {north}, {abs(facts.longitude):.5f}° {east}"
    if facts.altitude is not None:
        text += ", " + _tr("{height} m").format(height=texts.number(round(facts.altitude)))
    return text
