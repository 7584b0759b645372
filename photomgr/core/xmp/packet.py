"""One photo file or sidecar, as bytes, with a wish worked into its metadata by exiv2.

Fields after the conventions of the Metadata Working Group and of Lightroom and digiKam: dc:subject (flat),
lr:hierarchicalSubject (``A|B``), digiKam:TagsList (``A/B``), IPTC Keywords in UTF-8, xmp:Rating, xmp:Label,
dc:title and dc:description. Fields of Windows and of digiKam's labels are kept in line where they are.
"""

from __future__ import annotations

import struct
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import exiv2

from ..containers import PhotoBytes, parts_of
from ..errors import PhotomgrError
from ..packets import DARKTABLE_COLOURS, label_colour, last_part, stars_of
from ..records import tag_key
from .exif import DESCRIPTION, XP_KEYWORDS, put_back, with_values
from .wish import LABEL, RATING, Difference, Wish

EMPTY_SIDECAR: Final = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
_LISTS: Final = (  # key, name for a person, separator of paths, made where it is not there, ordered
    ("Xmp.dc.subject", "dc:subject", "", True, False),
    ("Xmp.lr.hierarchicalSubject", "lr:hierarchicalSubject", "|", True, False),
    ("Xmp.digiKam.TagsList", "digiKam:TagsList", "/", True, True),
    ("Xmp.mediapro.CatalogSets", "mediapro:CatalogSets", "|", False, False),
    ("Xmp.MicrosoftPhoto.LastKeywordXMP", "MicrosoftPhoto:LastKeywordXMP", "", False, False),
)
_PERCENT: Final = (0, 1, 25, 50, 75, 99)
_COLOUR_NUMBERS: Final = {"red": "1", "yellow": "3", "green": "4", "blue": "5", "purple": "6"}
_DARKTABLE: Final = "Xmp.darktable.colorlabels"
_IPTC: Final = "Iptc.Application2.Keywords"
_IPTC_SET: Final = "Iptc.Envelope.CharacterSet"
_WINDOWS: Final = "Exif.Image.XPKeywords"
_XMP_TEXTS: Final = (  # key, name for a person, which text
    ("Xmp.dc.title", "dc:title", "title"),
    ("Xmp.dc.description", "dc:description", "caption"),
)
_IPTC_TEXTS: Final = (  # key, name for a person, which text, bytes at most after IPTC-IIM 4.2; kept in line where it is
    ("Iptc.Application2.ObjectName", "IPTC ObjectName", "title", 64),
    ("Iptc.Application2.Caption", "IPTC Caption", "caption", 2000),
)
_DESCRIPTION: Final = "Exif.Image.ImageDescription"
LOCK: Final = threading.Lock()  # the XMP toolkit inside exiv2 keeps its namespaces in one table

exiv2.XmpParser.initialize()
exiv2.XmpProperties.registerNs("http://darktable.sf.net/", "darktable")
exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)


class MetadataError(PhotomgrError):
    """Metadata that cannot be read or written; the file was left as it is."""


def edit(data: bytes, wish: Wish, *, sidecar: bool) -> tuple[bytes, list[Difference]]:
    """``data`` with the wish worked in, and what that changed; the same bytes where nothing has to change.

    ``sidecar``: the bytes are an XMP packet (EMPTY_SIDECAR for a new one), else a whole photo file. Raises
    MetadataError for what exiv2 cannot read or write.
    """
    with LOCK:
        try:
            image = opened(data)
            work = Edit(image, wish)
            work.xmp()
            if not sidecar:
                work.iptc()
                work.exif()
                work.windows()
            if not work.found:
                return data, []
            if sidecar and not len(image.xmpData()):
                return EMPTY_SIDECAR, work.found  # exiv2 would leave there what was there
            if sidecar:  # it reads EXIF and IPTC out of a packet, and puts back from there what was taken out
                image.clearExifData()
                image.clearIptcData()
            return _written(image, data, work.values), work.found
        except (exiv2.Exiv2Error, ValueError, KeyError, RuntimeError, struct.error) as error:
            if sidecar:
                raise MetadataError(
                    f"Its sidecar is damaged and stays as it is: {reason_of(error)}."
                ) from error
            raise MetadataError(f"Its metadata cannot be written: {reason_of(error)}.") from error


def opened(data: bytes) -> Any:
    """The metadata of a file. Of a copy: exiv2 writes into the very bytes that it is given where its own fit in."""
    image = exiv2.ImageFactory.open(bytes(memoryview(data)))
    image.readMetadata()
    return image


def _written(image: Any, data: bytes, values: Mapping[int, bytes]) -> bytes:
    """The file with what was changed; in a JPEG the EXIF block stays as it was, but for these values."""
    if not data.startswith(b"\xff\xd8\xff"):
        image.writeMetadata()
        return bytes_of(image)
    block = parts_of(PhotoBytes(b".jpg", data)).exif
    image.clearExifData()
    image.writeMetadata()
    return put_back(bytes_of(image), with_values(block, values) if values else block)


def reason_of(error: Exception) -> str:
    """What exiv2 says, without the number that stands before it in its exception."""
    return str(error.args[-1] if error.args else error).strip().rstrip(".")


class Edit:
    """One opened image while the wish is worked in; ``found`` are the differences so far, ``values`` those of EXIF."""

    def __init__(self, image: Any, wish: Wish) -> None:
        self._image = image
        self._wish = wish
        self._data = image.xmpData()
        self.found: list[Difference] = []
        self._paths: Mapping[str, tuple[str, ...]] = {}
        self.values: dict[int, bytes] = {}  # of fields of EXIF's main directory, b"" for those that go

    def xmp(self) -> None:
        """Into the packet."""
        there = {key: self._entries(key) for key, *_ in _LISTS}
        self._paths = self._known_paths(there)
        for key, name, separator, made, ordered in _LISTS:
            before = there[key]
            if not before and not made:
                continue
            after = self._listed(before, separator)
            if after != before:
                self._note(name, before, after)
                self._store(key, after, ordered)
        self._rating()
        self._label()
        for key, name, field in _XMP_TEXTS:
            if (text := self._own(field)) is not None:
                self._text(key, name, text)

    def _known_paths(self, there: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """A tag's key -> the names above it: the person's, else those that any field has for it, or for its old
        name."""
        found: dict[str, tuple[str, ...]] = {}
        for key, _, separator, _, _ in _LISTS:
            for entry in there[key] if separator else ():
                *above, last = entry.split(separator)
                if above and last:
                    found.setdefault(tag_key(last), tuple(above))
        for old, new in self._wish.former.items():
            if old in found:
                found.setdefault(new, found[old])
        return found | dict(self._wish.paths)

    def _own(self, field: str) -> str | None:
        """The title or caption that shall be there, None where nothing is to be changed."""
        if field in self._wish.held:
            return None
        return self._wish.title if field == "title" else self._wish.caption

    def _note(self, name: str, before: Sequence[str], after: Sequence[str]) -> None:
        self.found.append(Difference(name, tuple(before), tuple(after)))

    def _listed(self, before: Sequence[str], separator: str) -> list[str]:
        """The entries that a list shall have: those that stay in their order, then what is missing."""
        wish = self._wish
        gone = wish.gone - wish.held_tags
        keys = [tag_key(last_part(entry, separator)) for entry in before]
        after = [
            self._path(entry, wish.paths, separator) or entry
            if entry == last_part(entry, separator)
            else entry
            for entry, key in zip(before, keys, strict=True)
            if key not in gone
        ]
        have = set(keys)
        for tag in wish.tags:
            key = tag_key(tag)
            if key in have or key in wish.held_tags:
                continue
            if path := self._path(tag, self._paths, separator):
                after.append(path)
                have.add(key)
        return after

    @staticmethod
    def _path(tag: str, paths: Mapping[str, tuple[str, ...]], separator: str) -> str:
        """A tag as a field has it that separates the names above it so; "" where it cannot have it."""
        parts = (*paths.get(tag_key(tag), ()), tag) if separator else (tag,)
        return "" if separator and any(separator in part for part in parts) else separator.join(parts)

    def _entries(self, key: str) -> list[str]:
        found = self._data.findKey(exiv2.XmpKey(key))
        if found == self._data.end():
            return []
        value = self._data[key].value()
        if isinstance(value, exiv2.XmpArrayValue):
            return [unicodedata.normalize("NFC", str(each)) for each in value]
        text = str(value)
        return [text] if text else []

    def _single(self, key: str) -> str | None:
        found = self._entries(key)
        return found[0] if found else None

    def _store(self, key: str, entries: Sequence[str], ordered: bool) -> None:
        if key in self._data:
            ordered = self._data[key].typeId() == exiv2.TypeId.xmpSeq
            del self._data[key]
        if entries:
            kind = exiv2.TypeId.xmpSeq if ordered else exiv2.TypeId.xmpBag
            self._data[key] = exiv2.XmpArrayValue(list(entries), kind)

    def _rating(self) -> None:
        if RATING in self._wish.held:
            return
        stars = self._wish.rating
        keys: tuple[tuple[str, str, str, Callable[[str], int | None]], ...] = (
            ("Xmp.xmp.Rating", "xmp:Rating", str(stars), lambda text: stars_of(text)),
            ("Xmp.MicrosoftPhoto.Rating", "MicrosoftPhoto:Rating", str(_PERCENT[stars]),
             lambda text: stars_of(text, percent=True)),
        )  # fmt: skip
        for number, (key, name, value, read) in enumerate(keys):
            text = self._single(key)
            if text is None and (number or not stars):
                continue
            if text is None or read(text) != stars:
                self._note(name, () if text is None else (text,), (value,))
                self._data[key] = value

    def _label(self) -> None:
        if LABEL in self._wish.held:
            return
        colour = self._wish.label
        text = self._single("Xmp.xmp.Label")
        if label_colour(text or "") != colour:
            after = (colour.capitalize(),) if colour else ()
            self._note("xmp:Label", () if text is None else (text,), after)
            if colour:
                self._data["Xmp.xmp.Label"] = colour.capitalize()
            else:
                del self._data["Xmp.xmp.Label"]
        number = self._single("Xmp.digiKam.ColorLabel")
        wanted = _COLOUR_NUMBERS.get(colour or "", "0")
        if number is not None and number != wanted and (colour or number in _COLOUR_NUMBERS.values()):
            self._note("digiKam:ColorLabel", (number,), (wanted,))
            self._data["Xmp.digiKam.ColorLabel"] = wanted
        numbers = self._entries(_DARKTABLE)
        if numbers and colour not in [DARKTABLE_COLOURS.get(each) for each in numbers]:
            ours = [each for each, name in DARKTABLE_COLOURS.items() if name == colour]
            self._note("darktable:colorlabels", numbers, ours)
            self._store(_DARKTABLE, ours, ordered=True)

    def _text(self, key: str, name: str, text: str) -> None:
        """A text with languages: only the default one is ours."""
        stored: dict[str, str] = {}
        if key in self._data:
            value = self._data[key].value()
            stored = (
                dict(value.items()) if isinstance(value, exiv2.LangAltValue) else {"x-default": str(value)}
            )
        before = stored.pop("x-default", None)
        if (before or "") == text:
            return
        self._note(name, () if before is None else (before,), (text,) if text else ())
        if text:
            self._data[key] = exiv2.LangAltValue({"x-default": text} | stored)
        elif stored:
            self._data[key] = exiv2.LangAltValue(stored)
        else:
            del self._data[key]

    def iptc(self) -> None:
        """Into the IPTC block: keywords, and texts where it has them."""
        data = self._image.iptcData()
        latin = _IPTC_SET not in data or str(data[_IPTC_SET].value()) != "\x1b%G"
        if latin and any(not str(each.value()).isascii() for each in data if _is_text(each)):
            return  # other texts of the block are in another encoding, which its marker would turn into nonsense
        for key, name, field, most in _IPTC_TEXTS:
            text = self._own(field)
            if text is None or key not in data or str(data[key].value()) == _cut(text, most):
                continue
            self._note(name, (str(data[key].value()),), (_cut(text, most),) if text else ())
            del data[key]
            if text:
                data.add(exiv2.IptcKey(key), exiv2.StringValue(_cut(text, most)))
                data[_IPTC_SET] = "\x1b%G"
        before = [str(each.value()) for each in data if each.key() == _IPTC]
        after = self._listed(before, "")
        if after == before:
            return
        self._note("IPTC Keywords", before, after)
        while _IPTC in data:
            del data[_IPTC]
        for word in after:
            data.add(exiv2.IptcKey(_IPTC), exiv2.StringValue(word))
        if after:
            data[_IPTC_SET] = "\x1b%G"

    def exif(self) -> None:
        """EXIF's description, where there is one: programs that read it first shall find the same."""
        data = self._image.exifData()
        text = self._own("caption")
        before = str(data[_DESCRIPTION].value()).rstrip("\0") if _DESCRIPTION in data else ""
        if text is None or not before.strip() or before == text:
            return
        self._note("EXIF ImageDescription", (before,), (text,) if text else ())
        self.values[DESCRIPTION] = text.encode() + b"\0" if text else b""
        if text:
            data[_DESCRIPTION] = text
        else:
            del data[_DESCRIPTION]

    def windows(self) -> None:
        """Explorer's keywords in EXIF, where there are some."""
        data = self._image.exifData()
        if _WINDOWS not in data:
            return
        raw = bytes(int(each) & 0xFF for each in str(data[_WINDOWS].value()).split())
        before = [word.strip() for word in raw.decode("utf-16-le", "replace").split("\0")[0].split(";")]
        before = [word for word in before if word]
        after = [word for word in self._listed(before, "") if ";" not in word]
        if after == before:
            return
        self._note("EXIF XPKeywords", before, after)
        text = (";".join(after) + "\0").encode("utf-16-le") if after else b""
        self.values[XP_KEYWORDS] = text
        del data[_WINDOWS]
        if after:
            data.add(
                exiv2.ExifKey(_WINDOWS),
                exiv2.DataValue(text, exiv2.ByteOrder.littleEndian, exiv2.TypeId.unsignedByte),
            )


def _cut(text: str, most: int) -> str:
    """A text of at most so many bytes of UTF-8."""
    return text.encode()[:most].decode("utf-8", "ignore")


def _is_text(datum: Any) -> bool:
    return bool(datum.key().startswith("Iptc.Application2.") and datum.typeId() == exiv2.TypeId.string)


def bytes_of(image: Any) -> bytes:
    """The file as it was written last."""
    io = image.io()
    io.open()
    with io.mmap() as mapped:
        return bytes(mapped)
