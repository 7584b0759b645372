"""Proves that a write lost nothing of a photo file: everything that is not ours is the same before and after.

The picture, comments and what programs keep beside them are compared byte by byte, IPTC data set by data set, EXIF
field by field with its thumbnail, XMP by ``foreign``. Containers after ITU T.81, ISO 15948, RFC 9649 and TIFF 6.0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from ..containers import PhotoFile, parts_of, photoshop_resources
from ..tiff import Entry, TiffReader
from .exif import DESCRIPTION, XP_KEYWORDS
from .foreign import check_packet
from .packet import MetadataError

_EXIF: Final = b"Exif\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_IPTC: Final = frozenset((0x0404, 0x0425))  # Photoshop's resources with the IPTC block, and its digest
_OF_EXIF: Final = 0x8769
_OF_GPS: Final = 0x8825
_MAKER_NOTE: Final = 0x927C
_MOVED: Final = frozenset(
    (_OF_EXIF, _OF_GPS, 0xA005, 0x02BC, 0x83BB, 0x8649, 0x0111, 0x0144, 0x014A, 0x0201, 0xEA1C)
)
_OF_PIXELS: Final = frozenset((0x100, 0x101, 0x102, 0x103, 0x106, 0x111, 0x115, 0x116, 0x117, 0x11C))
"""What EXIF 2.32 forbids in a file that says it itself: exiv2 leaves it out there."""
_DATA: Final = (
    (0x111, 0x117),
    (0x144, 0x145),
    (0x201, 0x202),
)  # where strips, tiles and thumbnails begin; how long
_MOST: Final = 256 << 20  # bytes of a field
Fields = dict[tuple[int, int, int], object]


def check_file(before: PhotoFile, after: PhotoFile, changed: Iterable[str] = ()) -> None:
    """Raise MetadataError when a photo file lost a foreign field or a byte of its picture.

    ``changed`` names the fields (packet's names) that the write is meant to change.
    """
    try:
        _check(before, after, frozenset(changed))
    except (struct.error, ValueError, IndexError, zlib.error) as error:
        raise MetadataError("It is damaged, so that a write might lose something of it.") from error


def _check(before: PhotoFile, after: PhotoFile, meant: Set[str]) -> None:
    old, new = parts_of(before), parts_of(after)
    if old.xmp:
        check_packet(old.xmp, new.xmp)
    if (old.kind, old.width, old.height) != (new.kind, new.width, new.height):
        raise MetadataError("The picture itself would change; the file was left as it is.")
    if old.kind != "TIFF" and _rest(before, old.kind) != _rest(after, new.kind):
        raise MetadataError("Something else in the file would change; it was left as it is.")
    ours = {number for name, number in (("IPTC ObjectName", 5), ("IPTC Caption", 120)) if name in meant}
    if _data_sets(old.iptc, ours) != _data_sets(new.iptc, ours):
        raise MetadataError("IPTC fields would be lost; the file was left as it is.")
    if old.kind == "TIFF":
        _check_exif(before, after, meant)
    elif old.exif != new.exif:
        _check_exif(old.exif, new.exif, meant)


def _rest(file: PhotoFile, kind: str) -> list[object]:
    """Everything in the file but the three blocks of metadata, in its order."""
    data = file.at(0, file.size)
    if kind == "JPEG":
        return list(_jpeg_rest(data))
    return list(_png_rest(data) if kind == "PNG" else _webp_rest(data))


def _jpeg_rest(data: bytes) -> Iterator[object]:
    """Comments apart: exiv2 puts them elsewhere and ends them with a NUL."""
    at, packets = 2, 0
    comments: list[bytes] = []
    photoshop = b""
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + length]
        if marker == 0xDA or (marker == 0xE2 and segment.startswith(b"MPF\0")):
            yield data[at:]  # what MPF points to is counted from there
            break
        if marker == 0xED and segment.startswith(_PHOTOSHOP):
            photoshop += segment[len(_PHOTOSHOP) :]
        elif marker == 0xFE:
            comments.append(segment.rstrip(b"\0"))
        elif marker == 0xE1 and segment.startswith(_XMP):
            packets += 1
        elif not (marker == 0xE1 and segment.startswith(_EXIF)) and not segment.startswith(b"JFIF\0"):
            yield marker, segment
        at += 2 + length
    if packets > 1:
        raise MetadataError("It has two XMP packets, of which programs read either.")
    yield comments
    yield [each for each in photoshop_resources(photoshop) if each[0] not in _IPTC]


def _png_rest(data: bytes) -> Iterator[object]:
    for name, body in _chunks(data, 8, ">I", 4):
        keyword = body.partition(b"\0")[0]
        if name == b"iCCP":  # exiv2 packs it anew
            yield name, keyword, zlib.decompress(body[len(keyword) + 2 :])
        elif name == b"eXIf" or (name == b"iTXt" and keyword == b"XML:com.adobe.xmp"):
            continue
        elif not keyword.startswith(b"Raw profile type ") or name not in (b"zTXt", b"tEXt"):
            yield name, body


def _webp_rest(data: bytes) -> Iterator[object]:
    for name, body in _chunks(data, 12, "<I", 0):
        if name not in (b"EXIF", b"XMP ", b"VP8X"):
            yield name, body


def _chunks(data: bytes, at: int, order: str, tail: int) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of each chunk of a PNG (length first) or RIFF file (name first)."""
    png = order == ">I"
    while at + 8 <= len(data):
        name = data[at + 4 : at + 8] if png else data[at : at + 4]
        length = struct.unpack(order, data[at : at + 4] if png else data[at + 4 : at + 8])[0]
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + tail + (0 if png else length & 1)


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


def _check_exif(before: PhotoFile | bytes, after: PhotoFile | bytes, meant: Set[str]) -> None:
    if not before:
        return
    ours = {tag for name, tag in (("EXIF ImageDescription", DESCRIPTION), ("EXIF XPKeywords", XP_KEYWORDS))
            if name in meant}  # fmt: skip
    if not after or _exif_fields(before, ours) != _exif_fields(after, ours):
        raise MetadataError("EXIF fields would be lost; the file was left as it is.")


def _exif_fields(source: PhotoFile | bytes, ours: Set[int]) -> Fields:
    """(page, directory, tag) -> value, without what only says where things lie, and without ``ours``.

    A MakerNote comes with its place: offsets in it count from outside. Pictures of pages stand under tag 0.
    """
    if isinstance(source, PhotoFile):
        reader = TiffReader(source.at)
    else:
        blob = source
        reader = TiffReader(lambda offset, length: blob[offset : offset + length])
    found: Fields = {}
    for page, entries in enumerate(reader.directories()):
        found[page, 0, 0] = _pictures(reader, entries)
        for pointer in (0, _OF_EXIF, _OF_GPS):
            if pointer:
                offset = reader.number(entries.get(pointer))
                inside = reader.directory(offset)[0] if offset else {}
            else:
                inside = entries
            for tag, entry in inside.items():
                if tag == _MAKER_NOTE:
                    found[page, pointer, tag] = entry.value, reader.raw(entry, _MOST)
                elif tag not in _MOVED | ours and not (tag in _OF_PIXELS and isinstance(source, bytes)):
                    found[page, pointer, tag] = reader.raw(entry, _MOST)
    return found


def _pictures(reader: TiffReader, entries: Mapping[int, Entry]) -> list[bytes]:
    found = []
    for starts, lengths in _DATA:
        places = zip(reader.numbers(entries.get(starts)), reader.numbers(entries.get(lengths)), strict=False)
        found += [reader.at(start, length) for start, length in places]
    return found
