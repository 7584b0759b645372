"""XMP packets and IPTC blocks -> the words that a person or another program gave to a photo.

XMP is read by expat as a stream (ISO 16684-1), of which only the properties below are kept. A packet with
a document type is refused: that is the only door for entity bombs. IPTC-IIM 4.2 is read by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from photomgr.core.records import LABEL_COLOURS, MAX_TAG_LENGTH, tag_key

_MAX_KEYWORDS: Final = 500
_MAX_DEPTH: Final = 64
MAX_TEXT: Final = 20_000  # characters of a caption

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_DC: Final = "http://purl.org/dc/elements/1.1/ "
_XMP: Final = "http://ns.adobe.com/xap/1.0/ "
_EXIF: Final = "http://ns.adobe.com/exif/1.0/ "
_TIFF: Final = "http://ns.adobe.com/tiff/1.0/ "
_LANGUAGE: Final = "http://www.w3.org/XML/1998/namespace lang"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/ "
_LIGHTROOM: Final = "http://ns.adobe.com/lightroom/1.0/ "
_DIGIKAM: Final = "http://www.digikam.org/ns/1.0/ "
_MEDIAPRO: Final = "http://ns.iview-multimedia.com/mediapro/1.0/ "
_DARKTABLE: Final = "http://darktable.sf.net/ "
_MICROSOFT: Final = "http://ns.microsoft.com/photo/1.0/ "  # with and without a slash before the space
_MICROSOFT_OLD: Final = "http://ns.microsoft.com/photo/1.0 "

_KEYWORDS: Final = (  # property, the name of the field in said.Said, what separates the parts of a path
    (_DC + "subject", "subject", ""),
    (_MICROSOFT + "LastKeywordXMP", "microsoft", ""),
    (_MICROSOFT_OLD + "LastKeywordXMP", "microsoft", ""),
    (_LIGHTROOM + "hierarchicalSubject", "lightroom", "|"),
    (_DIGIKAM + "TagsList", "digikam", "/"),
    (_MEDIAPRO + "CatalogSets", "mediapro", "|"),
)
_PEOPLE: Final = frozenset(  # names on regions of a picture, deep inside structures
    (
        "http://www.metadataworkinggroup.com/schemas/regions/ Name",
        "http://ns.microsoft.com/photo/1.2/t/Region# PersonDisplayName",
    )
)
_COLOURS: Final = {colour: colour for colour in LABEL_COLOURS} | {
    # Adobe Bridge's own names, and the colours as localised editors write them
    "select": "red", "second": "yellow", "approved": "green", "review": "blue", "to do": "purple",
    "rot": "red", "gelb": "yellow", "grün": "green", "blau": "blue", "lila": "purple", "violett": "purple",
    "rouge": "red", "jaune": "yellow", "vert": "green", "bleu": "blue", "violet": "purple", "pourpre": "purple",
    "rojo": "red", "amarillo": "yellow", "verde": "green", "azul": "blue", "morado": "purple",
    "magenta": "purple",
}  # fmt: skip
_DIGIKAM_COLOURS: Final = {"1": "red", "3": "yellow", "4": "green", "5": "blue", "6": "purple"}
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")  # UTF-16, with its mark or without
DARKTABLE_COLOURS: Final = {"0": "red", "1": "yellow", "2": "green", "3": "blue", "4": "purple"}
"""darktable:colorlabels, of which a photo may have several."""
_IPTC_UTF8: Final = b"\x1b%G"


@dataclass(slots=True)
class Words:
    """What one packet says; None or empty where it says nothing.

    ``rating`` is 0 to 5 (a "rejected" of -1 becomes 0), ``taken`` as in records.Metadata with ``zone``,
    ``orientation`` EXIF's 1 to 8, ``latitude`` and ``longitude`` degrees. ``fields`` are the keywords by
    the field that holds them, as said.Said names them.
    """

    keywords: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    rating: int | None = None
    label: str | None = None
    title: str | None = None
    caption: str | None = None
    taken: str | None = None
    zone: str | None = None
    orientation: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    camera: tuple[str, str] = ("", "")
    lens: str | None = None


class _Refused(Exception):
    """The packet is built to harm."""


class _Packet:
    """Collects the top-level properties of all rdf:Description elements: name -> texts."""

    def __init__(self) -> None:
        self.properties: dict[str, list[str]] = {}
        self._stack: list[str] = []
        self._property = ""
        self._texts: list[str] | None = None
        self._items = 0
        self._default = False
        self.people: list[str] = []
        self._person: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        stack = self._stack
        if len(stack) >= _MAX_DEPTH:
            raise _Refused
        if name in _PEOPLE:
            self._person = []
        elif attributes and not _PEOPLE.isdisjoint(attributes):
            self.people += (value for key, value in attributes.items() if key in _PEOPLE)
        if name == _RDF + "Description" and stack and stack[-1] == _RDF + "RDF":
            for key, value in attributes.items():
                self.properties.setdefault(key, [value])
        elif len(stack) >= 2 and stack[-1] == _RDF + "Description" and stack[-2] == _RDF + "RDF":
            self._property, self._items, self._texts = name, 0, []
        elif name == _RDF + "li" and self._property:
            # only the items of the property's own list: deeper ones belong to structures inside it
            self._texts = [] if len(stack) >= 2 and stack[-2] == self._property else None
            self._default = attributes.get(_LANGUAGE, "").casefold() == "x-default"
        stack.append(name)

    def text(self, data: str) -> None:
        if self._texts is not None:
            self._texts.append(data)
        if self._person is not None:
            self._person.append(data)

    def end(self, name: str) -> None:
        stack = self._stack
        stack.pop()
        if self._person is not None and name in _PEOPLE:
            if len(self.people) < _MAX_KEYWORDS:
                self.people.append("".join(self._person))
            self._person = None
        if not self._property:
            return
        if name == _RDF + "li":
            if self._texts is not None:
                self._keep("".join(self._texts), first=self._default)
                self._items += 1
                self._texts = None
        elif name == self._property and stack and stack[-1] == _RDF + "Description":
            if not self._items and self._texts:
                self._keep("".join(self._texts))
            self._property, self._texts = "", None

    def _keep(self, text: str, *, first: bool = False) -> None:
        """``first``: of a text in several languages the one for everybody, wherever it stands."""
        values = self.properties.setdefault(self._property, [])
        if len(values) < _MAX_KEYWORDS:
            values.insert(0 if first else len(values), text)


def _refuse(*_: object) -> None:
    raise _Refused


def read_xmp(packet: bytes) -> Words | None:
    """The words of an XMP packet (any encoding that XML allows), None when it cannot be read."""
    collected = _Packet()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = collected.start
    parser.EndElementHandler = collected.end
    parser.CharacterDataHandler = collected.text
    if not packet.startswith(_WIDE):
        packet = packet.strip(b"\0 \r\n\t")  # padding, which expat would take for a second document
    try:
        parser.Parse(packet, True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        return None
    return _words(collected.properties, collected.people)


def _words(properties: dict[str, list[str]], people: list[str]) -> Words:
    words = Words()

    def first(*names: str) -> str:
        return next(
            (text for name in names if (texts := properties.get(name)) and (text := texts[0].strip())), ""
        )

    for name, place, separator in _KEYWORDS:
        if paths := properties.get(name):
            words.fields[place] = clean_keywords(last_part(path, separator) for path in paths)
    if people and (names := clean_keywords(people)):
        words.fields["people"] = names
    words.keywords = clean_keywords(word for kept in words.fields.values() for word in kept)
    words.rating = stars_of(first(_XMP + "Rating"))
    if words.rating is None:
        words.rating = stars_of_percent(first(_MICROSOFT + "Rating", _MICROSOFT_OLD + "Rating"))
    words.label = label_colour(first(_XMP + "Label"))
    if words.label is None:
        words.label = _DIGIKAM_COLOURS.get(first(_DIGIKAM + "ColorLabel"))
    colours = [DARKTABLE_COLOURS.get(each.strip()) for each in properties.get(_DARKTABLE + "colorlabels", ())]
    if colours and words.label not in colours:  # darktable changes its own alone
        words.label = colours[0]
    words.title = clean_text(first(_DC + "title", _PHOTOSHOP + "Headline"))
    words.caption = clean_text(first(_DC + "description", _TIFF + "ImageDescription"))
    when = first(_EXIF + "DateTimeOriginal", _PHOTOSHOP + "DateCreated", _XMP + "CreateDate")
    words.taken, words.zone = parse_time(when)
    orientation = first(_TIFF + "Orientation")
    if orientation in ("1", "2", "3", "4", "5", "6", "7", "8"):
        words.orientation = int(orientation)
    words.latitude = _coordinate(first(_EXIF + "GPSLatitude"), 90)
    words.longitude = _coordinate(first(_EXIF + "GPSLongitude"), 180)
    words.camera = (first(_TIFF + "Make"), first(_TIFF + "Model"))
    words.lens = clean_text(
        first("http://ns.adobe.com/exif/1.0/aux/ Lens", "http://cipa.jp/exif/1.0/ LensModel")
    )
    return words


def last_part(path: str, separator: str) -> str:
    """The keyword itself of one written as a path; ``separator`` "" for fields that know no paths."""
    return path.rstrip(separator).rpartition(separator)[2] if separator else path


def label_colour(text: str) -> str | None:
    """The colour that a label means, in any of the spellings that editors use; None for other words."""
    return _COLOURS.get(text.strip().casefold())


def stars_of(text: str, *, percent: bool = False) -> int | None:
    """xmp:Rating, or with ``percent`` Windows' rating, as 0 to 5 stars; None where it says nothing."""
    if percent:
        return stars_of_percent(text)
    try:
        stars = float(text)
    except ValueError:
        return None
    return max(0, int(stars)) if -1 <= stars <= 5 else None


def stars_of_percent(value: str | int) -> int | None:
    """Windows' rating of 0 to 99 as stars: 1, 25, 50, 75 and 99 are one to five."""
    try:
        percent = int(value)
    except ValueError:
        return None
    if not 0 <= percent <= 100:
        return None
    return 0 if percent == 0 else min(5, 1 + (percent + 12) // 25)


def _coordinate(text: str, limit: int) -> float | None:
    """XMP's "50,30.25N" or "50,30,15N" in degrees."""
    found = re.fullmatch(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])", text)
    if found is None:
        return None
    degrees = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    if degrees > limit:
        return None
    return -degrees if found[4] in "SW" else degrees


_TIME: Final = re.compile(
    r"(\d{4})[-:/](\d\d)[-:/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_DAYS: Final = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_time(text: str) -> tuple[str | None, str | None]:
    """EXIF's or XMP's time as (``YYYY-MM-DDTHH:MM:SS[.fff]``, zone ``+HH:MM``), each None when it says none."""
    found = _TIME.match(text.strip())
    if found is None:
        return None, None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    hour, minute, second = hour or "00", minute or "00", second or "00"
    if second == "60":
        second = "59"
    if not ("1800" <= year <= "2200" and "01" <= month <= "12" and 1 <= int(day) <= _DAYS[int(month)]):
        return None, None
    if hour > "23" or minute > "59" or second > "59":
        return None, None
    taken = f"{year}-{month}-{day}T{hour}:{minute}:{second}"
    if fraction and fraction.strip("0"):
        taken += "." + fraction[:3].ljust(3, "0")
    return taken, parse_zone(zone or "")


def parse_zone(text: str) -> str | None:
    """An offset as ``+HH:MM``; None when there is none or it is not on this earth."""
    text = text.strip()
    if text == "Z":
        return "+00:00"
    if len(text) == 5 and text[3] != ":":
        text = text[:3] + ":" + text[3:]
    if re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", text) is None:
        return None
    return text


def read_iptc(block: bytes) -> Words:
    """The words of an IPTC-IIM block; an empty record for strange content."""
    words = Words()
    fields: dict[int, list[bytes]] = {}
    utf8 = False
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, length = block[at + 1], block[at + 2], (block[at + 3] << 8) + block[at + 4]
        at += 5
        if length & 0x8000:  # an extended data set: the length of its length
            size = length & 0x7FFF
            length = int.from_bytes(block[at : at + min(size, 8)], "big")
            at += size
        value = block[at : at + length]
        at += length
        if record == 1 and number == 90:
            utf8 = value == _IPTC_UTF8
        elif record == 2:
            fields.setdefault(number, []).append(value)

    def text(number: int) -> str:
        return _iptc_text(fields[number][0], utf8) if number in fields else ""

    words.keywords = clean_keywords(_iptc_text(value, utf8) for value in fields.get(25, ())[:_MAX_KEYWORDS])
    if words.keywords:
        words.fields["iptc"] = words.keywords
    words.title = clean_text(text(5))
    words.caption = clean_text(text(120))
    date, time = text(55), text(60)
    if len(date) == 8:
        clock = f"T{time[:2]}:{time[2:4]}:{time[4:6]}{time[6:]}" if len(time) >= 6 else ""
        words.taken, words.zone = parse_time(f"{date[:4]}-{date[4:6]}-{date[6:]}{clock}")
    return words


def _iptc_text(value: bytes, utf8: bool) -> str:
    value = value[: 4 * MAX_TEXT]
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace") if utf8 else value.decode("cp1252", "replace")


def clean_text(text: str | None) -> str | None:
    """One caption or title, without NULs and controls, None when nothing is left."""
    if not text:
        return None
    text = text.split("\0", 1)[0]
    if not text.isprintable():
        text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return text.strip()[:MAX_TEXT] or None


def clean_keywords(keywords: Iterable[str]) -> list[str]:
    """Keywords as tags: NFC, single spaces, no controls, no doubles, none over MAX_TAG_LENGTH."""
    kept: dict[str, str] = {}
    for word in keywords:
        word = word.split("\0", 1)[0]
        word = " ".join(unicodedata.normalize("NFC", word).split())
        if not word.isprintable():
            word = "".join(c for c in word if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
        if word and len(word) <= MAX_TAG_LENGTH:
            kept.setdefault(tag_key(word), word)
        if len(kept) >= _MAX_KEYWORDS:
            break
    return list(kept.values())
