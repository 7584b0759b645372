"""The skeleton of a TIFF structure (TIFF 6.0, as EXIF uses it): directories, not meanings.

Meanings are exifread's work. This room finds what exifread should see, because a crafted file can keep
exifread busy for minutes: 65,535 entries of 999 values in each of a chain of a million directories.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_SIZES: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)  # bytes of one value, by field type
_ORDERS: Final = {  # the last four: Olympus and Panasonic RAW
    b"II*\0": "<", b"MM\0*": ">", b"IIRO": "<", b"IIRS": "<", b"MMOR": ">", b"IIU\0": "<",
}  # fmt: skip
_LONG: Final = (4, 9, 13)  # LONG, SLONG, IFD
_MAX_ENTRIES: Final = 1024
_MAX_VALUE: Final = 4096
_MOST_PAGES: Final = 64
_SUB_DIRECTORIES: Final = 0x14A
_EXIF_POINTER: Final = 0x8769
_GPS_POINTER: Final = 0x8825

IMAGE_TAGS: Final = frozenset(
    (0x10E, 0x10F, 0x110, 0x112, 0x132, 0x4746, 0x4749, 0x9003)
)  # description, make, model, orientation, time, the two ratings, TIFF/EP's time of taking
EXIF_TAGS: Final = frozenset(
    (
        0x829A, 0x829D, 0x8827, 0x8831, 0x8832, 0x8833, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9201,
        0x9202, 0x9209, 0x920A, 0x9290, 0x9291, 0x9292, 0xA432, 0xA433, 0xA434,
    )
)  # fmt: skip
GPS_TAGS: Final = frozenset((1, 2, 3, 4, 5, 6, 7, 29))


class Entry(NamedTuple):
    """One field of a directory: its type, how many values, and the four bytes that hold or point to them."""

    type: int
    number: int
    value: bytes


class TiffReader:
    """Reads directories through ``at(offset, length) -> bytes``, in which the structure starts at 0.

    Raises ValueError when it is no TIFF structure, struct.error when it ends too early.
    """

    def __init__(self, at: Callable[[int, int], bytes]) -> None:
        self._at = at
        header = at(0, 8)
        order = _ORDERS.get(header[:4])
        if order is None:
            raise ValueError("no TIFF structure")
        self.order = order
        self.first = int(struct.unpack(order + "I", header[4:8])[0])

    def directory(self, offset: int) -> tuple[dict[int, Entry], int]:
        """The fields at ``offset`` by tag (the first of each), and where the next directory is (0: none)."""
        count = min(struct.unpack(self.order + "H", self._at(offset, 2))[0], _MAX_ENTRIES)
        raw = self._at(offset + 2, 12 * count + 4)
        entries: dict[int, Entry] = {}
        whole = raw[: len(raw) // 12 * 12] if len(raw) < 12 * count else raw[: 12 * count]
        for tag, kind, number, value in struct.iter_unpack(self.order + "HHI4s", whole):
            entries.setdefault(tag, Entry(kind, number, value))
        after = raw[12 * count : 12 * count + 4]
        following = struct.unpack(self.order + "I", after)[0] if len(after) == 4 else 0
        return entries, following

    def directories(self) -> Iterator[dict[int, Entry]]:
        """The main ones of all pages, then those below the first (SubIFDs)."""
        offset = self.first
        first: dict[int, Entry] = {}
        for _ in range(_MOST_PAGES):
            entries, offset = self.directory(offset)
            first = first or entries
            yield entries
            if not offset:
                break
        for offset in self.numbers(first.get(_SUB_DIRECTORIES))[:_MOST_PAGES]:
            yield self.directory(offset)[0]

    def numbers(self, entry: Entry | None) -> list[int]:
        """All values of a SHORT or LONG field."""
        if entry is None:
            return []
        size = "H" if entry.type == 3 else "I"
        return [value for (value,) in struct.iter_unpack(self.order + size, self.raw(entry, 1 << 24))]

    def number(self, entry: Entry | None) -> int | None:
        """The first value of a field of whole numbers, also where a program counted a directory's place as signed."""
        if entry is None or entry.number < 1:
            return None
        if entry.type == 3:
            return int(struct.unpack(self.order + "H", entry.value[:2])[0])
        return int(struct.unpack(self.order + "I", entry.value)[0]) if entry.type in _LONG else None

    def at(self, offset: int, length: int) -> bytes:
        """Bytes of the structure; fewer at its end."""
        return self._at(offset, length)

    def raw(self, entry: Entry | None, limit: int) -> bytes:
        """All bytes of a field's values; b"" when it is absent, of an unknown type or over ``limit`` bytes."""
        if entry is None or not 0 < entry.type < len(_SIZES):
            return b""
        length = _SIZES[entry.type] * entry.number
        if length > limit:
            return b""
        if length <= 4:
            return entry.value[:length]
        return self._at(int(struct.unpack(self.order + "I", entry.value)[0]), length)


def compact(reader: TiffReader) -> bytes:
    """A small new TIFF structure with only the fields of IMAGE_TAGS, EXIF_TAGS and GPS_TAGS.

    Fields of more than 4 KiB are left out, so that whatever reads the result has little to do,
    however the original was made. Raises struct.error when the main directory cannot be read.
    """
    main, _ = reader.directory(reader.first)
    out = bytearray(8)
    pointers: dict[int, Entry] = {}
    for pointer, wanted in ((_EXIF_POINTER, EXIF_TAGS), (_GPS_POINTER, GPS_TAGS)):
        offset = reader.number(main.get(pointer))
        if offset:
            try:
                entries, _ = reader.directory(offset)
            except struct.error:
                continue
            place = struct.pack(reader.order + "I", len(out))
            _append(reader, out, {tag: entry for tag, entry in entries.items() if tag in wanted})
            pointers[pointer] = Entry(4, 1, place)
    first = len(out)
    _append(reader, out, {tag: entry for tag, entry in main.items() if tag in IMAGE_TAGS} | pointers)
    out[:8] = struct.pack(reader.order + "2sHI", b"II" if reader.order == "<" else b"MM", 42, first)
    return bytes(out)


def joined(main: bytes, exif: bytes, gps: bytes) -> bytes:
    """One TIFF structure of three, whose main directories are the main, EXIF and GPS ones (as Canon's CR3 has them).

    Raises struct.error and ValueError when the main one cannot be read.
    """
    reader = _reader_of(main)
    out = bytearray(8)
    pointers: dict[int, Entry] = {}
    for pointer, blob, wanted in ((_EXIF_POINTER, exif, EXIF_TAGS), (_GPS_POINTER, gps, GPS_TAGS)):
        if blob[:4] == main[:4]:
            part = _reader_of(blob)
            entries, _ = part.directory(part.first)
            place = struct.pack(reader.order + "I", len(out))
            _append(part, out, {tag: entry for tag, entry in entries.items() if tag in wanted})
            pointers[pointer] = Entry(4, 1, place)
    entries, _ = reader.directory(reader.first)
    first = len(out)
    _append(reader, out, {tag: entry for tag, entry in entries.items() if tag in IMAGE_TAGS} | pointers)
    out[:8] = struct.pack(reader.order + "2sHI", b"II" if reader.order == "<" else b"MM", 42, first)
    return bytes(out)


def _reader_of(blob: bytes) -> TiffReader:
    return TiffReader(lambda offset, length: blob[offset : offset + length])


def _append(reader: TiffReader, out: bytearray, entries: dict[int, Entry]) -> None:
    """Write a directory and its values to the end of ``out``, with no directory following it."""
    fields = [(tag, entry, raw) for tag, entry in entries.items() if (raw := reader.raw(entry, _MAX_VALUE))]
    data_at = len(out) + 2 + 12 * len(fields) + 4
    data = bytearray()
    pack = struct.Struct(reader.order + "HHI").pack
    out += struct.pack(reader.order + "H", len(fields))
    for tag, entry, raw in fields:
        out += pack(tag, entry.type, len(raw) // _SIZES[entry.type])
        if len(raw) <= 4:
            out += raw.ljust(4, b"\0")
        else:
            out += struct.pack(reader.order + "I", data_at + len(data))
            data += raw
    out += bytes(4) + data
