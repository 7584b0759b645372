"""A value in an EXIF block, changed without anything else in the block changing its place.

Cameras keep offsets in their MakerNotes that nobody else understands: whoever writes the block anew breaks them.
Structure after TIFF 6.0 and EXIF 2.32.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from ..tiff import TiffReader

DESCRIPTION: Final = 0x010E
XP_KEYWORDS: Final = 0x9C9E
_MARK: Final = b"Exif\0\0"
_MOST: Final = 65533 - len(_MARK)  # bytes that a segment of a JPEG holds besides its length
_OF_BYTES: Final = (1, 2, 6, 7)  # field types whose values are single bytes
_ENTRY: Final = 12


def with_values(block: bytes, values: Mapping[int, bytes]) -> bytes:
    """An EXIF block in which fields of the main directory that are there have other values; b"" takes one out.

    A value goes where the old one was, or, where it is too long, to the end. Raises ValueError and struct.error for a
    block that is damaged.
    """
    reader = TiffReader(lambda offset, length: block[offset : offset + length])
    out = bytearray(block)
    count = struct.unpack_from(reader.order + "H", out, reader.first)[0]
    start = reader.first + 2
    for tag, value in values.items():
        tags = [struct.unpack_from(reader.order + "H", out, start + _ENTRY * n)[0] for n in range(count)]
        if tag not in tags:
            continue
        at = start + _ENTRY * tags.index(tag)
        _clear(out, at, reader.order)
        if value:
            _fill(out, at, reader.order, value)
            continue
        end = start + _ENTRY * count + 4  # the entries behind it and the link to the next directory move up
        out[at:end] = out[at + _ENTRY : end] + bytes(_ENTRY)
        count -= 1
        struct.pack_into(reader.order + "H", out, reader.first, count)
    return bytes(out)


def _clear(out: bytearray, at: int, order: str) -> None:
    """Overwrite an entry's old value; what does not fit into the entry stays its place."""
    kind, length, offset = struct.unpack_from(order + "HII", out, at + 2)
    if kind not in _OF_BYTES or offset + length > len(out) > 4 < length:
        raise ValueError("a field of an unknown type")
    if length > 4:
        out[offset : offset + length] = bytes(length)


def _fill(out: bytearray, at: int, order: str, value: bytes) -> None:
    kind, length, offset = struct.unpack_from(order + "HII", out, at + 2)
    if len(value) <= 4:
        struct.pack_into(order + "HI4s", out, at + 2, kind, len(value), value.ljust(4, b"\0"))
        return
    if not 4 < len(value) <= length:
        out += bytes(len(out) & 1)
        offset = len(out)
        out += value
    out[offset : offset + len(value)] = value
    struct.pack_into(order + "HII", out, at + 2, kind, len(value), offset)


def put_back(jpeg: bytes, block: bytes) -> bytes:
    """A JPEG without EXIF with this block, before everything but its JFIF header. Raises ValueError where it is too
    long."""
    if not block:
        return jpeg
    if len(block) > _MOST:
        raise ValueError("the EXIF block would be too long")
    at = 2
    if jpeg[2:4] == b"\xff\xe0":
        at += 2 + int.from_bytes(jpeg[4:6], "big")
    segment = b"\xff\xe1" + (len(block) + len(_MARK) + 2).to_bytes(2, "big") + _MARK + block
    return jpeg[:at] + segment + jpeg[at:]
