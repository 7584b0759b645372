"""Which picture a file holds, whatever is written around it: a hash that stays when only metadata changes.

The coded data are found after ISO 14496-12 and 23008-12 (HEIF, AVIF, films), TIFF 6.0 (TIFF and most RAW files) and by
the walkers of ``containers``. GIF and BMP have none: hardly anybody writes metadata into them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Final

from .containers import Parts, PhotoFile
from .tiff import TiffReader

Piece = tuple[int, int]
"""Offset and length of coded data."""

_MOST_BOXES: Final = 4096
_MOST_META: Final = 4 << 20
_CODED: Final = frozenset((b"hvc1", b"av01", b"avc1", b"j2k1", b"hvt1", b"unci"))
_STRIPS: Final = ((0x111, 0x117), (0x144, 0x145))  # where strips and tiles begin, and how long they are
_SAMPLES: Final = 8
_SAMPLE: Final = 2048


def picture_hash(file: PhotoFile, parts: Parts) -> bytes:
    """16 bytes that stand for the picture alone, b"" where it cannot be told from the rest. Raises OSError.

    BLAKE2b over kind, size in pixels, length of the coded data and eight samples of 2 KiB of them.
    """
    try:
        pieces = _pieces(file, parts)
    except (struct.error, ValueError, IndexError):
        return b""
    length = sum(size for _, size in pieces)
    if length < 64 or not (parts.width or parts.kind == "VIDEO"):
        return b""
    digest = hashlib.blake2b(
        f"{parts.kind} {parts.width} {parts.height} {length}".encode(), digest_size=16, usedforsecurity=False
    )
    for sample in range(_SAMPLES):
        digest.update(
            _read(file, pieces, (length - 1) * sample // _SAMPLES, min(_SAMPLE, length // _SAMPLES + 1))
        )
    return digest.digest()


def _read(file: PhotoFile, pieces: Sequence[Piece], at: int, length: int) -> bytes:
    """From the ``at``-th byte of all pieces in a row, up to the end of the one in which it lies."""
    for start, size in pieces:
        if at < size:
            return file.at(start + at, min(length, size - at))
        at -= size
    return b""


def _pieces(file: PhotoFile, parts: Parts) -> Sequence[Piece]:
    if parts.picture[1]:
        return [parts.picture]
    if parts.kind in ("HEIF", "AVIF"):
        return _items(file)
    if file.head[4:8] == b"ftyp":  # films and Canon's CR3
        return [(start, size) for name, start, size in boxes(file) if name == b"mdat"]
    return _strips(file) if parts.kind in ("TIFF", "RAW") else []


def _strips(file: PhotoFile) -> Sequence[Piece]:
    """The data of the page that has most of them."""
    reader = TiffReader(file.at)
    pages = [
        list(zip(reader.numbers(page.get(starts)), reader.numbers(page.get(lengths)), strict=False))
        for page in reader.directories()
        for starts, lengths in _STRIPS
    ]
    return max(pages, key=lambda pieces: sum(size for _, size in pieces), default=[])


def boxes(file: PhotoFile) -> Iterator[tuple[bytes, int, int]]:
    """(name, offset of the content, its length) of the outermost boxes."""
    at = 0
    for _ in range(_MOST_BOXES):
        head = file.at(at, 16)
        if len(head) < 8:
            return
        length, name, begin = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = file.size - at
        if length < begin:
            return
        yield name, at + begin, length - begin
        at += length


def _items(file: PhotoFile) -> Sequence[Piece]:
    """Where the coded items lie: the picture or its tiles, thumbnails, depth and gain maps, but no metadata."""
    place = next(((start, size) for name, start, size in boxes(file) if name == b"meta"), (0, 0))
    meta = file.at(place[0], min(place[1], _MOST_META))
    inside = {name: meta[start : start + size] for name, start, size in _within(meta, 4)}
    infos, places = inside.get(b"iinf", b""), inside.get(b"iloc", b"")
    coded = set()
    for name, start, size in _within(infos, 6 if infos[0] == 0 else 8):
        info = infos[start : start + size]
        wide = info[0] > 2
        if name == b"infe" and info[0] >= 2 and info[8 if not wide else 10 :][:4] in _CODED:
            coded.add(int.from_bytes(info[4 : 8 if wide else 6], "big"))
    return [piece for item, pieces in _located(places) if item in coded for piece in pieces]


def _within(data: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:
            return
        yield data[at + 4 : at + 8], at + 8, length - 8
        at += length


def _located(box: bytes) -> Iterator[tuple[int, list[Piece]]]:
    """(item, its pieces) of an item location box, of items that lie in the file itself."""
    version, at = box[0], 6

    def take(size: int) -> int:
        nonlocal at
        at += size
        if at > len(box):
            raise ValueError("the box ends too early")
        return int.from_bytes(box[at - size : at], "big")

    offset_size, length_size, base_size, index_size = box[4] >> 4, box[4] & 15, box[5] >> 4, box[5] & 15
    for _ in range(min(take(2 if version < 2 else 4), _MOST_BOXES)):
        item = take(2 if version < 2 else 4)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(base_size)
        pieces = []
        for _ in range(min(take(2), _MOST_BOXES)):
            take(index_size if version else 0)
            pieces.append((base + take(offset_size), take(length_size)))
        if method == 0:
            yield item, pieces
