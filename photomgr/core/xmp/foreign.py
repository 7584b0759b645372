"""Proves that a write lost nothing: everything that is not ours is the same before and after.

XMP is compared as meaning (ISO 16684-1), because the same properties can be written as attributes or as
elements; IPTC data set by data set; EXIF field by field; the picture byte by byte.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from ..containers import PhotoFile, parts_of
from ..tiff import Entry, TiffReader
from .packet import MetadataError

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_OURS: Final = frozenset(
    (
        "{http://purl.org/dc/elements/1.1/}subject", "{http://purl.org/dc/elements/1.1/}title",
        "{http://purl.org/dc/elements/1.1/}description", "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
        "{http://www.digikam.org/ns/1.0/}TagsList", "{http://www.digikam.org/ns/1.0/}ColorLabel",
        "{http://ns.iview-multimedia.com/mediapro/1.0/}CatalogSets", "{http://ns.adobe.com/xap/1.0/}Rating",
        "{http://ns.adobe.com/xap/1.0/}Label", "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP",
        "{http://ns.microsoft.com/photo/1.0/}Rating", "{http://ns.microsoft.com/photo/1.0}LastKeywordXMP",
        "{http://ns.microsoft.com/photo/1.0}Rating",
    )
)  # fmt: skip
_XP_KEYWORDS: Final = 0x9C9E
_DESCRIPTION: Final = 0x010E
_MOVED: Final = frozenset((0x8769, 0x8825, 0xA005, 0x927C, 0x02BC, 0x83BB, 0x8649, 0x0111, 0x0144, 0xEA1C))
_OF_PIXELS: Final = frozenset((0x100, 0x101, 0x102, 0x103, 0x106, 0x111, 0x115, 0x116, 0x117, 0x11C))
"""What EXIF 2.32 forbids in a JPEG, which says it itself: exiv2 leaves it out there."""
Meaning = object


def check_packet(before: bytes, after: bytes) -> None:
    """Raise MetadataError when an XMP packet lost something of another program."""
    now = _foreign(after)
    if any(now.get(name) != value for name, value in _foreign(before).items()):
        raise MetadataError("Something that another program wrote there would be lost; it was left as it is.")


def _foreign(packet: bytes) -> dict[str, Meaning]:
    return {name: value for name, value in _properties(packet).items() if name not in _OURS}


def _properties(packet: bytes) -> dict[str, Meaning]:
    """Top-level properties of a packet by ``{namespace}name``; none of one that is not there, as exiv2 leaves out an
    empty one."""
    if not packet:
        return {}
    if b"<!DOCTYPE" in packet:
        raise MetadataError("This metadata has a document type, which is not read.")
    try:
        root = ET.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MetadataError(f"This metadata is damaged: {error}.") from error
    found: dict[str, Meaning] = {}
    for description in root.iter(_RDF + "RDF"):
        for element in description:
            found.update(_fields(element))
    return found


def _fields(element: ET.Element) -> dict[str, Meaning]:
    """What a description or a structure holds, from attributes and elements alike."""
    found: dict[str, Meaning] = {
        name: ("", value)
        for name, value in element.attrib.items()
        if not name.startswith((_RDF, "{http://www.w3.org/XML/1998/namespace}")) and name.startswith("{")
    }
    for child in element:
        found[child.tag] = _meaning(child)
    return found


def _meaning(element: ET.Element) -> Meaning:
    language = element.get(_LANGUAGE, "")
    uri = element.get(_RDF + "resource")
    if uri is not None:
        return language, uri
    children = list(element)
    if len(children) == 1 and children[0].tag in (_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"):
        return children[0].tag, tuple(_meaning(item) for item in children[0])
    if len(children) == 1 and children[0].tag == _RDF + "Description":
        return _struct(_fields(children[0]))
    inside = _fields(element)
    return _struct(inside) if inside else (language, element.text or "")


def _struct(fields: dict[str, Meaning]) -> Meaning:
    if _RDF + "value" in fields:  # a value with qualifiers
        return (
            "value",
            fields[_RDF + "value"],
            tuple(sorted((n, str(v)) for n, v in fields.items() if n != _RDF + "value")),
        )
    return "struct", tuple(sorted((name, str(value)) for name, value in fields.items()))


def check_file(before: PhotoFile, after: PhotoFile, changed: Iterable[str] = ()) -> None:
    """Raise MetadataError when a photo file lost a foreign field or a byte of its picture.

    ``changed`` names the fields (packet's names) that the write is meant to change.
    """
    meant = frozenset(changed)
    ours = {number for name, number in (("IPTC ObjectName", 5), ("IPTC Caption", 120)) if name in meant}
    described = "EXIF ImageDescription" in meant
    old, new = parts_of(before), parts_of(after)
    if old.xmp:
        check_packet(old.xmp, new.xmp)
    same = (old.kind, old.width, old.height) == (new.kind, new.width, new.height)
    if not same or _picture(before, old.kind) != _picture(after, new.kind):
        raise MetadataError("The picture itself would change; the file was left as it is.")
    if _comments(before, old.kind) != _comments(after, new.kind):
        raise MetadataError("A comment would be lost; the file was left as it is.")
    if _data_sets(old.iptc, ours) != _data_sets(new.iptc, ours):
        raise MetadataError("IPTC fields would be lost; the file was left as it is.")
    if old.exif != new.exif or old.kind == "TIFF":
        tiff = old.kind == "TIFF"
        _check_exif(before if tiff else old.exif, after if tiff else new.exif, described)


def _picture(file: PhotoFile, kind: str) -> list[bytes]:
    data = file.at(0, file.size)
    if kind == "JPEG":
        return [b"".join(_jpeg_parts(data))]
    if kind == "PNG":
        return [
            body
            for name, body in _chunks(data, 8, ">I", 4)
            if name
            in (b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fdAT", b"iCCP", b"gAMA", b"cHRM", b"sRGB")
        ]
    if kind == "WEBP":
        return [
            body
            for name, body in _chunks(data, 12, "<I", 0)
            if name in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP")
        ]
    return _strips(file)


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    """All segments but the metadata's, and everything from the first scan on."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            yield data[at:]
            return
        segment = data[at : at + 2 + length]
        if marker not in (0xE0, 0xE1, 0xED, 0xFE):
            yield segment
        at += 2 + length


def _chunks(data: bytes, at: int, order: str, tail: int) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of each chunk of a PNG (length first) or RIFF file (name first)."""
    png = order == ">I"
    while at + 8 <= len(data):
        name = data[at + 4 : at + 8] if png else data[at : at + 4]
        length = struct.unpack(order, data[at : at + 4] if png else data[at + 4 : at + 8])[0]
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + tail + (0 if png else length & 1)


def _strips(file: PhotoFile) -> list[bytes]:
    """The picture data of every page of a TIFF."""
    reader = TiffReader(file.at)
    found, offset = [], reader.first
    for _ in range(64):
        entries, offset_after = reader.directory(offset)
        for starts, lengths in ((0x111, 0x117), (0x144, 0x145)):
            places = zip(_numbers(reader, entries, starts), _numbers(reader, entries, lengths), strict=False)
            found += [file.at(start, length) for start, length in places]
        if not offset_after:
            break
        offset = offset_after
    return found


def _numbers(reader: TiffReader, entries: Mapping[int, Entry], tag: int) -> list[int]:
    entry = entries.get(tag)
    if entry is None:
        return []
    size = "H" if entry.type == 3 else "I"
    raw = reader.raw(entry, 1 << 24)
    return [value for (value,) in struct.iter_unpack(reader.order + size, raw)]


def _comments(file: PhotoFile, kind: str) -> list[bytes]:
    """The comments of a JPEG; exiv2 puts them elsewhere and ends them with a NUL."""
    if kind != "JPEG":
        return []
    data, at, found = file.at(0, file.size), 2, []
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xFE:
            found.append(data[at + 4 : at + 2 + length].rstrip(b"\0"))
        at += 2 + length
    return found


def _data_sets(block: bytes, ours: Set[int]) -> list[tuple[int, int, bytes]]:
    """The data sets of an IPTC block but keywords, ``ours``, their encoding and the version of the records."""
    found, at = [], 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, length = block[at + 1], block[at + 2], int.from_bytes(block[at + 3 : at + 5], "big")
        if length & 0x8000:
            break
        known = (record, number) in ((2, 25), (1, 90), (1, 0), (2, 0)) or (record == 2 and number in ours)
        if not known:
            found.append((record, number, block[at + 5 : at + 5 + length]))
        at += 5 + length
    return sorted(found)


def _check_exif(before: PhotoFile | bytes, after: PhotoFile | bytes, described: bool) -> None:
    if not before:
        return
    if not after or _exif_fields(before, described) != _exif_fields(after, described):
        raise MetadataError("EXIF fields would be lost; the file was left as it is.")


def _exif_fields(source: PhotoFile | bytes, described: bool) -> dict[tuple[int, int], bytes]:
    """(directory, tag) -> value of the main, EXIF and GPS directories, without what only says where things lie, and
    where it is ``described`` anew, the description."""
    if isinstance(source, PhotoFile):
        reader = TiffReader(source.at)
    else:
        blob = source
        reader = TiffReader(lambda offset, length: blob[offset : offset + length])
    found: dict[tuple[int, int], bytes] = {}
    main, _ = reader.directory(reader.first)
    for pointer in (0, 0x8769, 0x8825):
        offset = reader.number(main.get(pointer)) if pointer else reader.first
        if offset:
            for tag, entry in reader.directory(offset)[0].items():
                if (
                    tag not in _MOVED
                    and tag != _XP_KEYWORDS
                    and not (described and (pointer, tag) == (0, _DESCRIPTION))
                    and not (tag in _OF_PIXELS and isinstance(source, bytes))
                ):
                    found[pointer, tag] = reader.raw(entry, 1 << 20)
    return found
