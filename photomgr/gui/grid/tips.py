"""What is said of a photo when the pointer rests on it."""

from __future__ import annotations

import html
from typing import Final

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt

from photomgr.core.readers import NOT_YET
from photomgr.core.records import Photo, Presence
from photomgr.core.shots import FILM, kind_of_name
from photomgr.gui.grid.photo_list import Row

translate = QCoreApplication.translate

_NAMED: Final = 12  # tags that are named


def plain(text: str) -> str:
    """Text for a tooltip that Qt shall not take for markup, whatever is in it."""
    if not text:
        return ""
    return "<p style='white-space:pre-wrap'>" + html.escape(text).replace("\n", "<br>") + "</p>"


def when(photo: Photo) -> str:
    """The date and time that the photo was taken, in the way of the person's language; else empty."""
    if not photo.metadata.taken:
        return ""
    moment = QDateTime.fromString(photo.metadata.taken[:19], Qt.DateFormat.ISODate)
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat) if moment.isValid() else ""


def is_film(photo: Photo) -> bool:
    """Whether the file is a film, by its name."""
    return kind_of_name(photo.name) == FILM


def waits_for_reader(photo: Photo) -> bool:
    """Whether nothing is wrong with the file, and what reads its kind is not installed."""
    return (photo.problem or "").startswith(NOT_YET)


def trouble(photo: Photo) -> str:
    """What is wrong with the photo's file and what can be done; empty when nothing is."""
    if photo.presence is Presence.OFFLINE:
        return translate(
            "Tips", "The drive of this photo is away. Connect it to open it; tags can be set meanwhile."
        )
    if photo.presence is Presence.GONE:
        return translate(
            "Tips", "The file is not where it was. If you moved it, add its new folder; its tags come back."
        )
    if waits_for_reader(photo):
        return photo.problem or ""
    if photo.problem:
        text = translate("Tips", "This photo cannot be read: {reason}")
        return text.format(reason=photo.problem)
    return ""


def _some(tags: tuple[str, ...]) -> str:
    """The names in a line, of very many the first."""
    names = ", ".join(tags[:_NAMED])
    return f"{names} \u2026" if len(tags) > _NAMED else names


def tip(row: Row) -> str:
    """As rich text, every piece of it escaped."""
    photo = row.photo
    lines = [f"<b>{html.escape(photo.display_name)}</b>"]
    if taken := when(photo):
        lines.append(html.escape(taken))
    if text := trouble(photo):
        lines.append(html.escape(text))
    if row.marks is not None and row.marks.tags:
        lines.append(html.escape(translate("Tips", "Tags: {tags}").format(tags=_some(row.marks.tags))))
    if row.marks is not None and row.marks.suggested:
        names = ", ".join(f"{each.tag} {round(each.score * 100)} %" for each in row.marks.suggested[:6])
        lines.append(html.escape(translate("Tips", "Suggested: {tags}").format(tags=names)))
    return "<p style='white-space:pre-wrap'>" + "<br>".join(lines) + "</p>"
