"""What the file says of a photo, and what was decided about it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt, QTimeZone
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from photomgr.core.gazetteer import Taken
from photomgr.core.records import Photo, Source, Verdict
from photomgr.gui.grid.tips import trouble, when
from photomgr.gui.looks import texts
from photomgr.gui.viewer.pictures import upright
from photomgr.gui.viewer.trouble import display_path

translate = QCoreApplication.translate
_BESIDE: Final = 15.0  # km from the middle of a place that are not worth a word


class Details(QWidget):
    """Size, camera, exposure, place and path of one photo, to select and copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(8, 0, 0, 4)
        self._form.setVerticalSpacing(3)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._lines: list[tuple[QLabel, QLabel]] = []

    def show_photo(self, photo: Photo | None, taken: Taken | None = None) -> None:
        lines = facts_of(photo, taken) if photo is not None else []
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
        "accept": translate("Details", "“{tag}” accepted"),
        "reject": translate("Details", "“{tag}” rejected"),
        "tag": translate("Details", "“{tag}” added"),
        "untag": translate("Details", "“{tag}” taken off"),
        "unreject": translate("Details", "“{tag}” open again"),
        "revoke": translate("Details", "“{tag}” taken back with its run"),
        "merge": translate("Details", "“{tag}” merged"),
        "rate": translate("Details", "rated {tag}"),
        "label": translate("Details", "label {tag}"),
        "title": translate("Details", "title “{tag}”"),
        "caption": translate("Details", "caption “{tag}”"),
    }
    who, _, kind = verdict.verdict.rpartition(" ")
    text = verbs.get(kind, "{tag}").format(tag=verdict.tag or translate("Details", "none"))
    if who == "undo":
        text = translate("Details", "undone: {what}").format(what=text)
    elif who == "redo":
        text = translate("Details", "redone: {what}").format(what=text)
    elif verdict.source is Source.FILE:
        text = translate("Details", "{what} (in the file)").format(what=text)
    elif verdict.source is Source.MODEL:
        text = translate("Details", "{what} (by itself)").format(what=text)
    elif verdict.source is Source.RULE:
        text = translate("Details", "{what} (looks like another)").format(what=text)
    when = moment_text(verdict.when)
    return f"{when}  {text}" if when else text


def moment_text(when: str) -> str:
    """A moment as the catalog keeps it, in local time and the way of the person's language; empty when it is none."""
    moment = QDateTime.fromString(when[:19], Qt.DateFormat.ISODate)
    if not moment.isValid():
        return ""
    if when.endswith(("Z", "+00:00")):
        moment = QDateTime(moment.date(), moment.time(), QTimeZone.utc()).toLocalTime()
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def facts_of(photo: Photo, taken: Taken | None = None) -> list[tuple[str, str]]:
    """(name, value) of all that is known of a photo's file, in the order shown, with where it was ``taken``."""
    facts = photo.metadata
    lines: list[tuple[str, str | None]] = [
        (translate("Details", "Problem"), trouble(photo)),
        (translate("Details", "Taken"), _taken(photo)),
        (translate("Details", "Size"), _size(photo)),
        (translate("Details", "Camera"), facts.camera),
        (translate("Details", "Lens"), facts.lens),
        (translate("Details", "Exposure"), exposure(photo)),
        (translate("Details", "Flash"), _flash(photo)),
        (translate("Details", "Place"), "\n".join(filter(None, (near(taken), place(photo))))),
        (translate("Details", "File"), display_path(photo)),
    ]
    return [(name, value) for name, value in lines if value]


def _taken(photo: Photo) -> str:
    text = when(photo)
    return f"{text} {photo.metadata.zone}" if text and photo.metadata.zone else text


def _flash(photo: Photo) -> str:
    if photo.metadata.flash is None:
        return ""
    return translate("Details", "fired") if photo.metadata.flash else translate("Details", "off")


def _size(photo: Photo) -> str:
    size = upright(photo)
    parts = []
    if not size.isEmpty():
        parts.append(f"{size.width()} × {size.height()}")
        millions = size.width() * size.height() / 1e6
        parts.append(translate("Details", "{number} MP").format(number=QLocale().toString(millions, "f", 1)))
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
        parts.append(translate("Details", "{time} s").format(time=shutter))
    if facts.aperture:
        parts.append(f"f/{facts.aperture:g}")
    if facts.iso:
        parts.append(f"ISO {facts.iso}")
    if facts.focal:
        parts.append(translate("Details", "{length} mm").format(length=f"{facts.focal:g}"))
    return " · ".join(parts)


def near(taken: Taken | None) -> str:
    """``Paris, Île-de-France, France``, and how far that is off where one would wonder."""
    if taken is None:
        return ""
    if taken.kilometres < _BESIDE:
        return taken.spot.label
    text = translate("Details", "{distance} km from {place}")
    return text.format(distance=texts.number(round(taken.kilometres)), place=taken.spot.label)


def place(photo: Photo) -> str:
    """Latitude and longitude with their letters, and the height where it is known."""
    facts = photo.metadata
    if facts.latitude is None or facts.longitude is None:
        return ""
    north = translate("Details", "N") if facts.latitude >= 0 else translate("Details", "S")
    east = translate("Details", "E") if facts.longitude >= 0 else translate("Details", "W")
    text = f"{abs(facts.latitude):.5f}° {north}, {abs(facts.longitude):.5f}° {east}"
    if facts.altitude is not None:
        text += ", " + translate("Details", "{height} m").format(height=texts.number(round(facts.altitude)))
    return text
