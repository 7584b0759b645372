"""RAW files through LibRaw: the camera's own preview where it is large enough, else a demosaic at half size.

Containers that are TIFF inside (CR2, NEF, ARW, DNG, ORF, RW2 …) give their EXIF as TIFF does; Fujifilm's RAF and
Canon's CR3 keep it in blocks of their own.
"""

from __future__ import annotations

import io
from typing import Any, Final

import rawpy
from PIL import Image

from .containers import PhotoFile
from .errors import ImageError
from .tiff import joined

_MOST_PIXELS: Final = (
    220_000_000  # of a sensor: a demosaic at half size takes some 12 bytes for a quarter of them
)
_TURNS: Final = {
    3: Image.Transpose.ROTATE_180,
    5: Image.Transpose.ROTATE_90,
    6: Image.Transpose.ROTATE_270,
}


def load(file: PhotoFile, short_side: int | None) -> Image.Image:
    """The picture, upright, as RGB; the preview where it has ``short_side`` or half of what the sensor has.

    Raises ImageError for what LibRaw does not know.
    """
    try:
        with rawpy.imread(file.stream()) as raw:
            sensor = min(raw.sizes.width, raw.sizes.height)
            preview = _preview(raw)
            wanted = min(short_side or sensor // 2, sensor // 2)
            if preview is not None and min(preview.size) >= wanted:
                return preview
            if raw.sizes.raw_width * raw.sizes.raw_height > _MOST_PIXELS:
                raise ImageError("The RAW file is too large to be decoded safely.")
            developed = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
            if preview is not None and min(preview.size) > min(developed.size):
                return preview
            return developed
    except rawpy.LibRawError as error:
        raise ImageError(
            "This RAW file cannot be decoded: it is damaged, or of a camera that is not known."
        ) from error


def size(file: PhotoFile) -> tuple[int, int]:
    """Width and height of the sensor's picture before it is turned; (0, 0) where LibRaw does not know it."""
    try:
        with rawpy.imread(file.stream()) as raw:
            return int(raw.sizes.width), int(raw.sizes.height)
    except (rawpy.LibRawError, ValueError, OSError):
        return 0, 0


def _preview(raw: Any) -> Image.Image | None:
    """The largest preview in the file, upright; None where there is no JPEG."""
    try:
        found = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if found.format != rawpy.ThumbFormat.JPEG:
        return None
    try:
        image: Image.Image = Image.open(io.BytesIO(found.data), formats=("JPEG",))
        own = image.getexif().get(0x112, 1)
        image.load()
    except (OSError, SyntaxError, ValueError):
        return None
    turn = _TURNS.get(raw.sizes.flip) if own in (0, 1, raw.sizes.flip) else None
    return image if turn is None else image.transpose(turn)


def exif_of(file: PhotoFile) -> bytes:
    """The EXIF block of a RAF or CR3 file as a TIFF structure, b"" where there is none."""
    if file.head.startswith(b"FUJIFILMCCD-RAW"):
        at = int.from_bytes(file.head[84:88], "big")
        block = file.at(at, 65536 + 12)
        if block[:4] == b"\xff\xd8\xff\xe1" and block[6:12] == b"Exif\0\0":
            return block[12 : 4 + int.from_bytes(block[4:6], "big")]
    elif file.head[4:12] == b"ftypcrx ":
        boxes = [_box(file.head, name) for name in (b"CMT1", b"CMT2", b"CMT4")]
        if boxes[0]:
            return joined(*boxes)
    return b""


def _box(head: bytes, name: bytes) -> bytes:
    at = head.find(name)
    length = int.from_bytes(head[at - 4 : at], "big") if at >= 4 else 0
    return head[at + 4 : at - 4 + length]
