"""Photo files for others: with the metadata of the photo they were made from, and without the place on request.

A copy without the place has also no MakerNote, no thumbnail and nothing behind its picture: each of them may tell the
place in a way of its own (cities of Pentax, films of motion photos, further pictures with an EXIF block of theirs).
"""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import exiv2

from ..containers import PhotoBytes, parts_of
from ..tiff import TiffReader
from .packet import LOCK, Edit, MetadataError, bytes_of, opened, reason_of
from .wish import Wish

_PLACE: Final = re.compile(  # in the name of a field; not the address of who took the photo, nor "Capacity"
    r"GPS|Gps|[Ll]atitude|[Ll]ongt?itude|Location|Landmark|Geo[A-Z]|(?<!Adr)(City|Country|Province)|^State$"
)
_PLACE_SETS: Final = re.compile(r"\.(City|SubLocation|ProvinceState|Country(Name|Code)|Location(Code|Name))$")
_OF_THE_REST: Final = frozenset(("GCamera", "Container", "GContainer", "hdrgm", "xmpNote", "HDRGainMap"))
_OF_THE_PICTURE: Final = (
    "Exif.Image.Orientation", "Exif.Image.ImageWidth", "Exif.Image.ImageLength", "Exif.Photo.PixelXDimension",
    "Exif.Photo.PixelYDimension", "Exif.Photo.ColorSpace", "Exif.Iop.InteroperabilityIndex", "Xmp.tiff.Orientation",
    "Xmp.tiff.ImageWidth", "Xmp.tiff.ImageLength", "Xmp.exif.PixelXDimension", "Xmp.exif.PixelYDimension",
    "Xmp.exif.ColorSpace", "Xmp.photoshop.ICCProfile",
)  # fmt: skip
_KEPT: Final = ((0xE0, b"JFIF\0"), (0xE1, b"Exif\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
                (0xE2, b"ICC_PROFILE\0"), (0xED, b"Photoshop 3.0\0"), (0xEE, b"Adobe"))  # fmt: skip
_GPS: Final = 0x8825
_SAYS: Final = re.compile(rb"G[Pp][Ss]L(at|ong)itude|[Ll]ocation(Created|Shown)")
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def dressed(data: bytes, source: bytes, wish: Wish, *, strip_place: bool) -> bytes:
    """A converted picture ``data`` with the metadata of the ``source`` that it was made from, and a wish.

    What it says of the picture itself is left out: this one is upright, in sRGB, and of another size. Raises
    MetadataError.
    """
    with LOCK:
        try:
            image = opened(data)
            with contextlib.suppress(exiv2.Exiv2Error):  # of a kind that it does not read: the wish is all
                image.setMetadata(opened(source))
            for key in _OF_THE_PICTURE:
                where = image.exifData() if key.startswith("Exif") else image.xmpData()
                if key in where:
                    del where[key]
            exiv2.ExifThumb(image.exifData()).erase()
            _drop_xmp(image, lambda space, _: space in _OF_THE_REST)
            if strip_place:
                _drop_place(image)
            work = Edit(image, wish)
            work.xmp()
            work.iptc()
            image.writeMetadata()
            made = bytes_of(image)
            return _proved(made) if strip_place else made
        except (exiv2.Exiv2Error, ValueError, KeyError, RuntimeError, struct.error) as error:
            raise MetadataError(f"Its metadata cannot be written: {reason_of(error)}.") from error


def without_place(data: bytes) -> bytes:
    """A photo file without what says where it was taken. Raises MetadataError."""
    with LOCK:
        try:
            image = opened(_bare(data))
            _drop_place(image)
            image.writeMetadata()
            return _proved(bytes_of(image))
        except struct.error as error:
            raise MetadataError("Its place cannot be taken off: the file is damaged.") from error
        except (exiv2.Exiv2Error, ValueError, RuntimeError) as error:
            raise MetadataError(f"Its place cannot be taken off: {reason_of(error)}.") from error


def _drop_place(image: Any) -> None:
    exif, iptc = image.exifData(), image.iptcData()
    exiv2.ExifThumb(exif).erase()
    for key in {datum.key() for datum in exif}:
        page = re.match(
            r"Exif\.(Photo|Iop|Image\d*|SubImage\d*)\.", key
        )  # other groups are of MakerNotes, and GPS
        if page is None or "GPS" in key or key == "Exif.Photo.MakerNote":
            while key in exif:
                del exif[key]
    for key in {datum.key() for datum in iptc}:
        while _PLACE_SETS.search(key) and key in iptc:
            del iptc[key]
    _drop_xmp(image, lambda space, name: space in _OF_THE_REST or _PLACE.search(name) is not None)


def _drop_xmp(image: Any, unwanted: Callable[[str, str], bool]) -> None:
    """Take out whole properties of which a part is unwanted, by the prefix of its namespace and its name."""
    data = image.xmpData()
    keys = [datum.key() for datum in data]
    whole = {_property(key) for key in keys if unwanted(key.split(".", 2)[1], key.split(".", 2)[2])}
    for key in keys:
        if _property(key) in whole:
            del data[key]


def _property(key: str) -> str:
    return re.split(r"[\[/]", key, maxsplit=1)[0]


def _bare(data: bytes) -> bytes:
    """A JPEG without what is behind its picture and without the segments of makers, a PNG without texts on places."""
    if data.startswith(b"\xff\xd8\xff"):
        return b"".join(_jpeg_parts(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data[:8] + b"".join(_png_parts(data))
    return data


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # coded data up to the next marker, of which there may be many
            found = _MARKER.search(data, end)
            end = found.start() if found else len(data)
        if not 0xE0 <= marker <= 0xEF or any(
            marker == each and data.startswith(mark, at + 4) for each, mark in _KEPT
        ):
            yield data[at:end]
        at = end
        if data[at + 1 : at + 2] == b"\xd9":
            break
    yield b"\xff\xd9"


def _png_parts(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name, keyword = data[at + 4 : at + 8], data[at + 8 : end].partition(b"\0")[0].decode("latin-1")
        if name not in (b"tEXt", b"zTXt", b"iTXt") or not _PLACE.search(keyword):
            yield data[at:end]
        at = end
        if name == b"IEND":
            break


def _proved(data: bytes) -> bytes:
    """The same, if nothing in it tells a place. Raises ValueError, struct.error."""
    file = PhotoBytes(b"", data)
    parts = parts_of(file)
    if _SAYS.search(parts.xmp):
        raise ValueError("its XMP still tells it")
    if parts.exif or parts.kind == "TIFF":
        reader = TiffReader(file.at if parts.kind == "TIFF" else PhotoBytes(b"", parts.exif).at)
        if any(_GPS in page for page in reader.directories()):
            raise ValueError("its EXIF still tells it")
    return data
