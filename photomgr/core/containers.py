"""What lies around the pixels: kind, stored size and the EXIF, XMP and IPTC blocks of a photo file.

Nothing here decodes pixels, trusts a length it reads, follows more than a fixed number of steps or
opens anything but regular files. The walkers follow ITU T.81 (JPEG), ISO 15948 (PNG), RFC 9649 (WebP),
TIFF 6.0, GIF89a and, for AVIF and HEIF, only the brands of ISO 14496-12.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final

from photomgr.core import jxl
from photomgr.core.errors import ImageError, ImageUnavailable
from photomgr.core.tiff import TiffReader

HEAD: Final = 65536  # bytes read at once from the start of a file
MAX_BLOCK: Final = 4 << 20  # an EXIF or XMP block larger than this is not one
_TIFF_SAMPLES: Final = 15  # looks into the middle of a TIFF
_LAST_NS: Final = 2**63 - 1  # the year 2262: what 64 bits hold, here and in SQLite
_MAX_STEPS: Final = 4096  # segments or chunks followed in one file
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO must not keep us waiting for its writer
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
RAW_SUFFIXES: Final = frozenset(
    (
        ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".dng", ".raf", ".orf", ".rw2", ".rwl",
        ".pef", ".srw", ".x3f", ".iiq", ".3fr", ".fff", ".erf", ".kdc", ".dcr", ".mrw", ".mef", ".mos",
    )
)  # fmt: skip
VIDEO_SUFFIXES: Final = frozenset(
    (
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".mts",
        ".m2ts",
        ".3gp",
        ".3g2",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".ogv",
    )
)
_XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
_GIF_XMP_END: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))
_CRAFTED: Final = frozenset((errno.EINVAL, errno.EOVERFLOW))  # what seeking to a made-up offset gives
_HEIF_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_NO_FRAME: Final = frozenset((0xC4, 0xC8, 0xCC))  # markers in the SOF range that are something else


@dataclass(slots=True)
class Parts:
    """What a file's container says. ``kind`` is Pillow's format name, "" for an unknown file.

    ``width`` and ``height`` are stored pixels, 0 when the container alone does not tell (AVIF, HEIF).
    ``exif`` is a TIFF structure without the "Exif" mark; for a TIFF file it is empty: the file is it.
    """

    kind: str = ""
    width: int = 0
    height: int = 0
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    progressive: bool = False
    picture: tuple[int, int] = (0, 0)  # where the first coded picture data are: offset and length


class PhotoFile:
    """A regular file opened for reading at any place, its first 64 KiB in memory (``head``)."""

    __slots__ = ("_fd", "_streams", "head", "is_film", "is_raw", "mtime_ns", "size")

    def __init__(self, path: str | bytes | os.PathLike[str]) -> None:
        """Open ``path``. Raises OSError when that fails or when it is no regular file."""
        self._fd = os.open(path, _OPEN_FLAGS)
        self._streams: list[BinaryIO] = []
        self._name(path)
        try:
            info = os.fstat(self._fd)
            if not stat.S_ISREG(info.st_mode):
                raise OSError("not a regular file")
            self.size = info.st_size
            self.mtime_ns = stamp_ns(info)
            self.head = os.read(self._fd, HEAD)
            while len(self.head) < min(HEAD, self.size):  # network file systems may give less
                more = os.read(self._fd, HEAD - len(self.head))
                if not more:
                    break
                self.head += more
        except BaseException:
            os.close(self._fd)
            raise

    def _name(self, path: str | bytes | os.PathLike[str]) -> None:
        """Note what the ending alone tells: a TIFF and a RAW file may begin alike."""
        ending = os.fsdecode(os.path.splitext(os.fspath(path))[1]).lower()
        self.is_raw = ending in RAW_SUFFIXES
        self.is_film = ending in VIDEO_SUFFIXES

    def __enter__(self) -> PhotoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._streams:
            stream.close()
        os.close(self._fd)

    def stream(self) -> BinaryIO:
        """A stream over the whole file, at its start; closed with this object."""
        stream = os.fdopen(os.dup(self._fd), "rb")
        self._streams.append(stream)
        stream.seek(0)
        return stream

    def at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``; fewer at the end of the file. Raises OSError."""
        end = offset + length
        if end <= len(self.head):
            return self.head[offset:end]
        if offset >= self.size:
            return b""
        os.lseek(self._fd, offset, os.SEEK_SET)
        got = os.read(self._fd, length)
        while len(got) < length:
            more = os.read(self._fd, length - len(got))
            if not more:
                break
            got += more
        return got

    def is_as_opened(self) -> bool:
        """Whether nobody has written to the file since it was opened, by its size and time. Raises OSError."""
        info = os.fstat(self._fd)
        return (info.st_size, stamp_ns(info)) == (self.size, self.mtime_ns)


class PhotoBytes(PhotoFile):
    """The bytes of a photo that is in no file (yet); ``path`` only names its kind."""

    __slots__ = ("_data",)

    def __init__(self, path: bytes, data: bytes) -> None:
        self._data = data
        self._streams = []
        self._name(path)
        self.size, self.mtime_ns, self.head = len(data), 0, data[:HEAD]

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def stream(self) -> BinaryIO:
        return io.BytesIO(self._data)

    def at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def is_as_opened(self) -> bool:
        return True


def stamp_ns(info: os.stat_result) -> int:
    """When a file was last written, in ns since 1970, within what 64 bits hold: years 1678 to 2262."""
    return max(-_LAST_NS, min(info.st_mtime_ns, _LAST_NS))


def content_hash(file: PhotoFile) -> bytes:
    """16 bytes that stand for a file's content: BLAKE2b over its size and its first, middle and last 64 KiB.

    TIFFs, which are often uncompressed with white margins, are also sampled in between. Raises OSError.
    """
    digest = hashlib.blake2b(file.size.to_bytes(8, "little"), digest_size=16, usedforsecurity=False)
    digest.update(file.head)
    if file.size > 3 * HEAD:
        digest.update(file.at((file.size - HEAD) // 2, HEAD))
        digest.update(file.at(file.size - HEAD, HEAD))
    elif file.size > HEAD:
        digest.update(file.at(HEAD, 2 * HEAD))
    if file.size > HEAD and kind_of(file.head) == "TIFF":
        for part in range(1, _TIFF_SAMPLES + 1):
            digest.update(file.at(file.size * part // (_TIFF_SAMPLES + 1), 4096))
    return digest.digest()


def open_photo(path: str | bytes | os.PathLike[str]) -> PhotoFile:
    """Open ``path`` as a PhotoFile; ImageError with a sentence for the person when that is impossible."""
    try:
        return PhotoFile(path)
    except OSError as error:
        raise open_fault(error) from error


def open_fault(error: OSError) -> ImageError:
    """The ImageError for a file that the system does not give: ImageUnavailable where that may pass."""
    passing = error.errno is not None and error.errno not in _CRAFTED
    return (ImageUnavailable if passing else ImageError)(open_reason(error))


def open_reason(error: OSError) -> str:
    """Why a file cannot be opened, as a sentence."""
    if isinstance(error, FileNotFoundError):
        return "The file is not there."
    if isinstance(error, PermissionError):
        return "You are not permitted to read this file."
    return f"The file cannot be read: {error.strerror or error}."


def kind_of(head: bytes) -> str:
    """Pillow's name of the format that starts with ``head`` (16 bytes or more), "" when it is none of ours."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "BMP"
    if head.startswith(jxl.MARKS):
        return "JXL"
    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4], "big"), 256)
        brands = {head[8:12], *(head[i : i + 4] for i in range(16, length - 3, 4))}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    return ""


def parts_of(file: PhotoFile) -> Parts:
    """Walk the container of an opened file. Raises OSError when the disk fails, nothing for odd content."""
    parts = Parts("RAW" if file.is_raw and file.size else kind_of(file.head))
    if file.is_film and not parts.kind and file.size:
        parts.kind = "VIDEO"
    walker = _WALKERS.get(parts.kind)
    if walker is not None:
        try:
            walker(file, parts)
        except (struct.error, IndexError, ValueError, zlib.error):
            return parts  # what was found before the damage still counts
    return parts


def _jpeg(file: PhotoFile, parts: Parts) -> None:
    base, data, at = 0, file.head, 2
    photoshop: list[bytes] = []
    for _ in range(_MAX_STEPS):
        if at + 4 > len(data):
            base, at = base + at, 0
            data = file.at(base, HEAD)
            if len(data) < 4:
                break
        marker = data[at + 1]
        if data[at] != 0xFF:
            break
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (0xDA, 0xD9):
            parts.picture = (base + at, file.size - base - at)
            break
        length = (data[at + 2] << 8) + data[at + 3]
        if at + 2 + length > len(data) and (marker in (0xE1, 0xED) or 0xC0 <= marker <= 0xCF):
            base, at = base + at, 0
            data = file.at(base, HEAD + 2)
        start, end = at + 4, at + 2 + length
        if marker == 0xE1:
            if data.startswith(b"Exif\0", start) and not parts.exif:
                parts.exif = data[start + 6 : end]
            elif data.startswith(_XMP_MARK, start) and not parts.xmp:
                parts.xmp = data[start + len(_XMP_MARK) : end]
        elif marker == 0xED and data.startswith(b"Photoshop 3.0\0", start):
            photoshop.append(data[start + 14 : end])
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            parts.height, parts.width = struct.unpack_from(">HH", data, start + 1)
            parts.progressive = marker in (0xC2, 0xC6, 0xCA, 0xCE)
        at = end
    if photoshop:
        parts.iptc = photoshop_iptc(b"".join(photoshop))


def photoshop_iptc(resources: bytes) -> bytes:
    """The IPTC block (resource 0x0404) of a chain of Photoshop image resources, b"" when absent."""
    return next((data for number, _, data in photoshop_resources(resources) if number == 0x0404), b"")


def photoshop_resources(chain: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(number, name, data) of each in a chain of Photoshop image resources."""
    at = 0
    while chain[at : at + 4] == b"8BIM":
        number = int.from_bytes(chain[at + 4 : at + 6], "big")
        name = chain[at + 7 : at + 7 + chain[at + 6]] if at + 6 < len(chain) else b""
        at += 7 + len(name) + (len(name) + 1 & 1)
        length = int.from_bytes(chain[at : at + 4], "big")
        yield number, name, chain[at + 4 : at + 4 + length]
        at += 4 + length + (length & 1)


def _png(file: PhotoFile, parts: Parts) -> None:
    at = 8
    for _ in range(_MAX_STEPS):
        header = file.at(at, 8)
        if len(header) < 8:
            return
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind == b"IHDR":
            parts.width, parts.height = struct.unpack(">II", file.at(at + 8, 8))
        elif kind == b"IEND":
            return
        elif kind == b"IDAT":
            parts.picture = parts.picture if parts.picture[1] else (at + 8, length)
        elif length <= MAX_BLOCK:
            if kind == b"eXIf":
                parts.exif = _unmarked(file.at(at + 8, length))
            elif kind in (b"iTXt", b"zTXt", b"tEXt"):
                _png_text(kind, file.at(at + 8, length), parts)
        at += 12 + length


def _png_text(kind: bytes, data: bytes, parts: Parts) -> None:
    keyword, _, rest = data.partition(b"\0")
    if kind == b"iTXt" and keyword == b"XML:com.adobe.xmp":
        packed, rest = rest[:1] == b"\1", rest[2:]
        text = rest.split(b"\0", 2)[2]
        parts.xmp = _inflate(text) if packed else text
    elif keyword.startswith(b"Raw profile type ") and kind != b"iTXt":  # as ImageMagick writes them
        text = _inflate(rest[1:]) if kind == b"zTXt" else rest
        lines = text.strip().split(b"\n", 2)
        block = bytes.fromhex(re.sub(rb"\s+", b"", lines[2]).decode("ascii"))
        name = keyword[17:]
        if name in (b"exif", b"APP1") and block.startswith(b"Exif\0") and not parts.exif:
            parts.exif = _unmarked(block)
        elif name == b"xmp" and not parts.xmp:
            parts.xmp = block
        elif name == b"iptc":
            parts.iptc = photoshop_iptc(block) or block


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, MAX_BLOCK)


def _webp(file: PhotoFile, parts: Parts) -> None:
    at = 12
    for _ in range(_MAX_STEPS):
        header = file.at(at, 8)
        if len(header) < 8:
            return
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        if kind == b"VP8X":
            data = file.at(at + 8, 10)
            parts.width = int.from_bytes(data[4:7], "little") + 1
            parts.height = int.from_bytes(data[7:10], "little") + 1
        elif kind == b"VP8 " and not parts.width:
            width, height = struct.unpack("<HH", file.at(at + 14, 4))
            parts.width, parts.height = width & 0x3FFF, height & 0x3FFF
        elif kind == b"VP8L" and not parts.width:
            bits = int.from_bytes(file.at(at + 9, 4), "little")
            parts.width, parts.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == b"EXIF" and length <= MAX_BLOCK:
            parts.exif = _unmarked(file.at(at + 8, length))
        elif kind == b"XMP " and length <= MAX_BLOCK:
            parts.xmp = file.at(at + 8, length)
        if kind in (b"VP8 ", b"VP8L"):
            parts.picture = (at + 8, length)
        at += 8 + length + (length & 1)


def _gif(file: PhotoFile, parts: Parts) -> None:
    parts.width, parts.height, flags = struct.unpack_from("<HHB", file.head, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    for _ in range(_MAX_STEPS):  # extensions; from the first image on it is the picture
        block = file.at(at, 14)
        if block[:1] != b"\x21":
            parts.picture = (at, file.size - at)
            return
        if (
            block[2:] == b"\x0bXMP DataXMP"
        ):  # not in sub-blocks: a table behind it leads their readers to its end
            data = file.at(at + 14, MAX_BLOCK)
            end = data.find(_GIF_XMP_END)
            parts.xmp, at = data[: max(end, 0)], at + 14 + end + len(_GIF_XMP_END)
            if end < 0:
                return
            continue
        at += 2
        while size := file.at(at, 1)[0]:
            at += size + 1
        at += 1


def _tiff(file: PhotoFile, parts: Parts) -> None:
    reader = TiffReader(file.at)
    entries, _ = reader.directory(reader.first)
    parts.width = reader.number(entries.get(0x100)) or 0
    parts.height = reader.number(entries.get(0x101)) or 0
    parts.xmp = reader.raw(entries.get(0x2BC), MAX_BLOCK)
    parts.iptc = reader.raw(entries.get(0x83BB), MAX_BLOCK)
    if not parts.iptc:
        parts.iptc = photoshop_iptc(reader.raw(entries.get(0x8649), MAX_BLOCK))


def _bmp(file: PhotoFile, parts: Parts) -> None:
    if int.from_bytes(file.head[14:18], "little") >= 40:
        width, height = struct.unpack_from("<ii", file.head, 18)
        parts.width, parts.height = max(width, 0), abs(height)


def _unmarked(block: bytes) -> bytes:
    return block[6:] if block.startswith(b"Exif\0") else block


_WALKERS: Final = {
    "JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif, "TIFF": _tiff, "RAW": _tiff, "BMP": _bmp, "JXL": jxl.walk,
}  # fmt: skip
