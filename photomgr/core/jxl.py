"""What a JPEG XL file says without being decoded, after ISO/IEC 18181: a bare codestream, or boxes around one.

The decoder turns the picture itself; the sizes here are those of the upright one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from photomgr.core.containers import Parts, PhotoFile

_STREAM: Final = b"\xff\x0a"
MARKS: Final = (_STREAM, b"\0\0\0\x0cJXL \r\n\x87\n")
"""What such a file begins with."""
_MOST_BOXES: Final = 4096
_MOST_BYTES: Final = 4 << 20  # of an EXIF or XMP block


def walk(file: PhotoFile, parts: Parts) -> None:
    """Complete the parts of an opened file. Raises OSError when the disk fails."""
    if file.head.startswith(_STREAM):
        parts.width, parts.height = _size(file.head[2:34])
        parts.picture = (0, file.size)
        return
    at = 0
    for _ in range(_MOST_BOXES):
        head = file.at(at, 16)
        length, kind, begin = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        if len(head) < 8 or (length and length < begin):
            return
        if kind in (b"jxlc", b"jxlp"):
            start = file.at(at + begin + (4 if kind == b"jxlp" else 0), 34)
            if start.startswith(_STREAM) and not parts.width:
                parts.width, parts.height = _size(start[2:])
            size = length - begin if length else file.size - at - begin
            if size > parts.picture[1]:
                parts.picture = (at + begin, size)
        elif kind == b"Exif" and begin < length <= _MOST_BYTES and not parts.exif:
            block = file.at(at + begin, length - begin)
            bare = block[:4] in (b"II*\0", b"MM\0*")  # as some write it, without the offset before it
            block = block if bare else block[4 + int.from_bytes(block[:4], "big") :]
            parts.exif = block.removeprefix(b"Exif\0\0")
        elif kind == b"xml " and begin < length <= _MOST_BYTES and not parts.xmp:
            parts.xmp = file.at(at + begin, length - begin)
        if not length:
            return
        at += length


def _size(stream: bytes) -> tuple[int, int]:
    """Width and height of the upright picture, from the SizeHeader and ImageMetadata behind the mark."""
    bits, at = int.from_bytes(stream, "little"), 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return bits >> (at - count) & ((1 << count) - 1)

    def side(small: bool) -> int:
        return 8 * (take(5) + 1) if small else take((9, 13, 18, 30)[take(2)]) + 1

    small = bool(take(1))
    height = side(small)
    ratio = take(3)
    shares = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
    width = height * shares[ratio][0] // shares[ratio][1] if ratio else side(small)
    turned = not take(1) and take(1) and take(3) >= 4
    return (height, width) if turned else (width, height)
