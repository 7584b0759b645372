"""The only decoder: a photo file -> an upright RGB picture in sRGB.

Only the formats in ``_FORMATS`` are ever tried, whatever the file is called: Pillow left to itself would
run Ghostscript on an EPS named ``.jpg``. Before pixels are touched, the stored size decides whether the
photo can be decoded in ``MEMORY_LIMIT`` bytes; JPEGs that cannot are decoded at a half, quarter or eighth.
"""

from __future__ import annotations

import functools
import io
import re
import struct
import zlib
from pathlib import Path
from typing import Final

import pillow_heif
from PIL import Image, ImageChops, ImageCms, ImageFile, ImageStat, UnidentifiedImageError

from photomgr.core import films, raw, readers
from photomgr.core.containers import (
    HEAD,
    RAW_SUFFIXES,
    VIDEO_SUFFIXES,
    Parts,
    PhotoFile,
    content_hash,
    open_fault,
    open_photo,
    parts_of,
)
from photomgr.core.errors import ImageChanged, ImageError, ImageUnavailable
from photomgr.core.tiff import TiffReader

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limits below are stricter, and know the formats apart

SUFFIXES: Final = (
    frozenset(
        (
            ".jpg",
            ".jpeg",
            ".jpe",
            ".png",
            ".webp",
            ".tif",
            ".tiff",
            ".gif",
            ".bmp",
            ".avif",
            ".heic",
            ".heif",
            ".hif",
            ".jxl",
        )
    )
    | RAW_SUFFIXES
    | VIDEO_SUFFIXES
)
MEMORY_LIMIT: Final = 384 << 20  # bytes that decoding one photo may take at its peak
MAX_SIDE: Final = 65_535
UNKNOWN: Final = "This is not a picture of a kind that photomgr reads."
EMPTY: Final = "The file is empty."
CHANGED: Final = "The file is another one since it was last looked at."

_FORMATS: Final = {
    "JPEG": ("JPEG",), "PNG": ("PNG",), "WEBP": ("WEBP",), "TIFF": ("TIFF",), "GIF": ("GIF",),
    "AVIF": ("AVIF",), "HEIF": ("HEIF",), "BMP": ("BMP",), "JXL": ("JXL",),
}  # fmt: skip
# Peak bytes for a stored pixel, measured, the copies for colour and turning included: Pillow itself takes 4.
_PIXEL_COST: Final = {
    "JPEG": 8.0,
    "PNG": 10.0,
    "WEBP": 16.3,
    "TIFF": 9.0,
    "GIF": 12.0,
    "AVIF": 15.0,
    "HEIF": 7.8,
    "BMP": 9.0,
    "JXL": 14.0,
}
_DEEP_HEIF_COST: Final = 13.0  # more than 8 bits for a channel
_HELD_WHOLE: Final = frozenset(("WEBP", "AVIF", "HEIF", "JXL"))  # formats whose file is in memory as well
_UPRIGHT: Final = frozenset(("TIFF", "HEIF", "RAW", "VIDEO"))  # kinds whose decoders turn the picture
_JPEG_PIXELS: Final = 600_000_000  # even an eighth of more than that takes too long
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROBE: Final = Image.merge(
    "RGB", [Image.linear_gradient("L").rotate(turn).resize((16, 16)) for turn in (0, 90, 180)]
)
_ALIKE: Final = 2  # levels of 255 that nobody sees
_DECODE_ERRORS: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, EOFError,
    RuntimeError, AssertionError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip  # all of these were seen to come out of Pillow's plugins for crafted files


def decode(path: Path, *, short_side: int | None = None, content: bytes | None = None) -> Image.Image:
    """The photo upright, as RGB in sRGB, transparency on white; of an animation the first frame.

    ``short_side`` in pixels: the result's short side is at least that (or the photo's own), and as
    little more as the codec can give cheaply. Without it the result has the stored size, except for
    JPEGs too large for memory. Raises ImageError with the reason as a sentence: ImageUnavailable when
    it may pass, ImageChanged when the file has not the content hash ``content`` (where one is given).
    """
    with open_photo(path) as file:
        try:
            if content is not None and content_hash(file) != content:
                raise ImageChanged(CHANGED)
            parts = parts_of(file)
            # no name for the raw picture here: it must be free to go while the next one is made
            image = _finished(_loaded(file, parts, short_side), parts, short_side)
            if content is not None and not file.is_as_opened():
                raise ImageChanged(CHANGED)
        except _DECODE_ERRORS as error:
            raise _fault(error) from error
    return image


def dimensions(path: Path) -> tuple[int, int]:
    """Width and height of the stored picture in pixels, before orientation. Raises ImageError."""
    with open_photo(path) as file:
        try:
            parts = parts_of(file)
            if parts.kind == "RAW":
                parts.width, parts.height = raw.size(file)
            elif parts.kind == "VIDEO":
                parts.width, parts.height = films.poster(file).size
            elif not parts.width:
                parts.width, parts.height = _opened(file, parts).size
        except _DECODE_ERRORS as error:
            raise _fault(error) from error
    return parts.width, parts.height


def fill_parts(path: Path, parts: Parts) -> int:
    """Complete the parts of an AVIF or HEIF file without decoding pixels; returns its EXIF orientation.

    For HEIF that is 1: libheif turns the picture itself. Nothing happens when the file is damaged.
    """
    try:
        with PhotoFile(path) as file:
            image = _opened(file, parts)
            parts.width, parts.height = image.size
            exif, xmp = image.info.get("exif"), image.info.get("xmp")
    except _DECODE_ERRORS:
        return 1
    if isinstance(exif, bytes):
        parts.exif = exif[6:] if exif.startswith(b"Exif\0") else exif
    if isinstance(xmp, bytes):
        parts.xmp = xmp
    return _orientation(parts) if parts.kind == "AVIF" else 1


def embedded_thumbnail(path: Path) -> Image.Image | None:
    """The small JPEG that cameras put into the EXIF block, upright, as RGB; None when there is no good one.

    It is good when it shows the whole photo: black bars are cut off, other shapes refused.
    """
    try:
        with PhotoFile(path) as file:
            parts = parts_of(file)
        blob = parts.exif
        if not blob or not parts.width:
            return None
        reader = TiffReader(lambda offset, length: blob[offset : offset + length])
        _, following = reader.directory(reader.first)
        entries, _ = reader.directory(following) if following else ({}, 0)
        start, length = reader.number(entries.get(0x201)), reader.number(entries.get(0x202))
        if not start or not length or length > HEAD:
            return None
        image: Image.Image = Image.open(io.BytesIO(blob[start : start + length]), formats=("JPEG",))
        if image.width > 1024 or image.height > 1024 or min(image.size) < 16:
            return None
        image.load()
        shaped = _shaped(image.convert("RGB"), parts.width / parts.height)
    except _DECODE_ERRORS:
        return None
    return None if shaped is None else _turned(shaped, _orientation(parts))


def _shaped(image: Image.Image, aspect: float) -> Image.Image | None:
    """``image`` with its bars cut off so that it has the photo's aspect; None when it shows something else."""
    width, height = image.size
    if abs(width / height / aspect - 1) < 0.03:
        return image
    bar_x = max(0, round((width - height * aspect) / 2))
    bar_y = max(0, round((height - width / aspect) / 2))
    if bar_x > width // 4 or bar_y > height // 4:
        return None
    bars = (
        [(0, 0, bar_x, height), (width - bar_x, 0, width, height)]
        if bar_x
        else [(0, 0, width, bar_y), (0, height - bar_y, width, height)]
    )
    for bar in bars:
        if (
            bar[2] > bar[0]
            and bar[3] > bar[1]
            and max(ImageStat.Stat(image.crop(bar).convert("L")).mean) > 24
        ):
            return None
    edge_x, edge_y = bar_x and bar_x + 1, bar_y and bar_y + 1  # JPEG smears the bar's edge by a pixel
    return image.crop((edge_x, edge_y, width - edge_x, height - edge_y))


def _opened(file: PhotoFile, parts: Parts) -> ImageFile.ImageFile:
    if not file.size:
        raise ImageError(EMPTY)
    formats = _FORMATS.get(parts.kind)
    if formats is None:
        raise ImageError(UNKNOWN)
    readers.demand(parts.kind)
    return Image.open(file.stream(), formats=formats)


def _loaded(file: PhotoFile, parts: Parts, short_side: int | None) -> Image.Image:
    """Open, check the size, choose the scale, decode."""
    if parts.kind == "RAW" and file.size:
        return raw.load(file, short_side)
    if parts.kind == "VIDEO":
        return films.poster(file)
    if parts.width:  # before Pillow sees it: its WebP plugin makes room for the pixels on opening
        _check_size(file, parts.kind, parts.width, parts.height, 0)
    image = _opened(file, parts)
    _check_size(file, parts.kind, *image.size, _extra_bytes(image, parts.kind))
    if parts.kind == "JPEG":
        scale = _jpeg_scale(image, short_side)
        if scale > 1:
            image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
    elif parts.kind == "HEIF" and short_side and min(image.size) > short_side:
        factor = short_side / min(image.size)
        image.draft(None, (round(image.width * factor + 0.5), round(image.height * factor + 0.5)))
    image.load()
    return image


def _extra_bytes(image: ImageFile.ImageFile, kind: str) -> float:
    """What decoding this very picture takes besides the usual cost of its pixels."""
    pixels = image.width * image.height
    if kind == "HEIF" and image.info.get("bit_depth", 8) > 8:
        return pixels * (_DEEP_HEIF_COST - _PIXEL_COST["HEIF"])
    if kind == "TIFF":  # libtiff decodes a whole strip, and one strip may be the whole picture
        tags = getattr(image, "tag_v2", {})
        bits = tags.get(258, (8,))
        depth = sum(bits) if isinstance(bits, tuple) else int(bits) * int(tags.get(277, 1))
        return min(pixels, int(tags.get(278, 1)) * image.width) * depth / 8
    return 0


def _check_size(file: PhotoFile, kind: str, width: int, height: int, extra: float) -> None:
    if width < 1 or height < 1:
        raise ImageError("The picture says that it has no pixels.")
    pixels = width * height
    held = file.size if kind in _HELD_WHOLE else 0
    fits = (
        pixels <= _JPEG_PIXELS
        if kind == "JPEG"
        else pixels * _PIXEL_COST[kind] + extra + held <= MEMORY_LIMIT
    )
    if not fits or max(width, height) > MAX_SIDE:
        raise ImageError(
            f"The picture is too large to be decoded safely: {width} × {height} pixels as {kind}."
        )


def _jpeg_scale(image: ImageFile.ImageFile, short_side: int | None) -> int:
    """1, 2, 4 or 8: what the decoder shall divide the sides by."""
    pixels = image.width * image.height
    held = 0.0
    if image.info.get("progressive"):  # its coefficients are kept whole, two bytes each, at every scale
        layers = getattr(image, "layer", [])
        most = max((layer[1] * layer[2] for layer in layers), default=1)
        held = 2.0 * pixels * sum(layer[1] * layer[2] for layer in layers) / most

    def fits(scale: int) -> bool:
        decoded = 4 * pixels / scale**2
        return max(held + decoded, decoded / 4 * _PIXEL_COST["JPEG"]) <= MEMORY_LIMIT

    scale = 1
    if short_side:
        scale = next((s for s in (8, 4, 2) if min(image.size) // s >= short_side), 1)
    while scale < 8 and not fits(scale):
        scale *= 2
    if not fits(scale):
        raise ImageError(
            "The picture is too large to be decoded safely: "
            f"{image.width} × {image.height} pixels as progressive JPEG."
        )
    return scale


def _finished(image: Image.Image, parts: Parts, short_side: int | None) -> Image.Image:
    """Mode, colour, size and orientation of a decoded picture made right."""
    icc = image.info.get("icc_profile")
    orientation = 1 if parts.kind in _UPRIGHT else _orientation(parts, image)
    if parts.kind == "TIFF" and isinstance(image, ImageFile.ImageFile):
        orientation = 1  # Pillow turns TIFFs itself while loading
    image = _eight_bit(image)
    if short_side and (factor := min(image.size) // short_side) >= 2:
        image = image.reduce(factor)
    image = _in_srgb(_opaque(image), icc if isinstance(icc, bytes) else b"")
    image = _turned(image, orientation)
    image.info = {}
    return image


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _orientation(parts: Parts, image: Image.Image | None = None) -> int:
    """EXIF's 1 to 8; XMP's where EXIF does not say; 1 for anything else."""
    if parts.kind == "AVIF" and image is not None:
        return int(image.getexif().get(0x112, 1))
    if parts.kind == "JXL":  # its own header turns it, except where it is a JPEG packed losslessly
        packed = image is not None and getattr(image, "jpeg", False)
        return int(image.getexif().get(0x112, 1)) if packed and image is not None else 1
    found: int | None = None
    if parts.exif:
        blob = parts.exif
        try:
            reader = TiffReader(lambda offset, length: blob[offset : offset + length])
            found = reader.number(reader.directory(reader.first)[0].get(0x112))
        except (ValueError, struct.error):
            found = None
    if found is None and parts.xmp:
        match = re.search(rb"tiff:Orientation(?:=[\"']|>)([1-8])", parts.xmp)
        found = int(match[1]) if match else None
    return found if found is not None and 1 <= found <= 8 else 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and floating point greys as L, palettes and bitmaps as L, RGB or RGBA."""
    mode = image.mode
    if mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if mode in ("I", "F"):
        low, high = image.getextrema()
        assert isinstance(low, int | float) and isinstance(high, int | float)
        if low >= 0 and high <= (1 if mode == "F" else 65535):
            low, high = 0, 1 if mode == "F" else 65535
        factor = 255 / (high - low or 1)
        return image.point(lambda value: value * factor + -low * factor).convert("L")
    if mode == "1":
        return image.convert("L")
    if mode in ("P", "PA"):
        return image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    if "transparency" in image.info and mode in ("L", "RGB"):
        return image.convert("RGBA")
    return image


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "La", "RGBa"):
        if image.mode != "RGBA":
            image = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image)
        return white
    return image


def _in_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """``image`` through its own profile where that is not sRGB; plainly converted where it is unusable."""
    if icc and image.mode in ("RGB", "L", "CMYK"):
        transform = _transform(icc, image.mode)
        if transform is not None:
            try:
                converted = ImageCms.applyTransform(image, transform)
            except (ImageCms.PyCMSError, ValueError):
                converted = None
            if converted is not None:
                return converted
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=32)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None when it is sRGB already, broken or made for another mode.

    What it is called does not tell: there are linear profiles that call themselves sRGB.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = (profile.profile.xcolor_space or "").strip()
        if space != {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}[mode]:
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
        if mode != "RGB":
            return transform
        seen = ImageCms.applyTransform(_PROBE, transform)
        same = seen is not None and max(ImageChops.difference(_PROBE, seen).tobytes()) <= _ALIKE
        return None if same else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _fault(error: Exception) -> ImageError:
    """What went wrong while decoding, as the error that says it to the person."""
    if isinstance(error, OSError) and error.errno is not None:
        return open_fault(error)
    if isinstance(error, MemoryError):
        return ImageUnavailable("There is not enough memory for this picture.")
    return ImageError(_damage(error))


def _damage(error: Exception) -> str:
    """How the picture data is damaged, as a sentence."""
    text = str(error)
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "The file is cut short."
    if isinstance(error, UnidentifiedImageError) or not text or "\n" in text:
        return "The picture data is damaged."
    return f"The picture data is damaged ({text[:120]})."
