"""What a photo file and its sidecars say of the photo -> records.Metadata.

EXIF is read by exifread with ``details=False`` (MakerNotes are where crafted files make it hang), and it
gets only the directory that ``tiff.compact`` has made of the wanted fields. XMP and IPTC are read by
``packets``. What a sidecar says wins over what the file says; keywords of all of them are joined.
"""

from __future__ import annotations

import io
import logging
import math
import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import exifread

from photomgr.core import films, images, raw
from photomgr.core.containers import MAX_BLOCK, Parts, PhotoFile, open_photo, parts_of
from photomgr.core.packets import (
    Words,
    clean_keywords,
    clean_text,
    parse_time,
    parse_zone,
    read_iptc,
    read_xmp,
    stars_of_percent,
)
from photomgr.core.records import Metadata
from photomgr.core.said import IN_FILE, Said
from photomgr.core.tiff import TiffReader, compact

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # one line for each odd field of old cameras

Tags = dict[str, Any]  # exifread's: "EXIF FNumber" -> IfdTag

_XP_TAGS: Final = {0x9C9B: "title", 0x9C9C: "caption", 0x9C9E: "keywords"}
_NO_CAPTION: Final = frozenset(  # what cameras write for want of a caption
    (
        "olympus digital camera", "digital camera", "sony dsc", "dcim", "default", "exif_jpeg_picture", "untitled",
        "sanyo digital camera", "minolta digital camera", "kodak digital still camera", "dav", "binary comment",
        "samsung", "asciiascii", "<digimax", "dig", "qrf", "rhdr", "hdr", "cof", "sdr", "mde", "vscocam",
    )
)  # fmt: skip
_MAKE_NOISE: Final = frozenset(
    (
        "corporation", "corp", "corp.", "co.,ltd", "co.,ltd.", "co.", "ltd", "ltd.", "inc", "inc.", "company",
        "optical", "imaging", "electric", "computer", "camera", "ag", "gmbh", "techwin", "electronics",
    )
)  # fmt: skip
_MIDNIGHT: Final = "T00:00:00"
_HALF_HOURS: Final = frozenset((345, 525, 765, -345, -525, -765))  # zones off the half hour, in minutes


def read(path: Path) -> Metadata:
    """The metadata of the photo at ``path`` and of its sidecars.

    Strange content gives empty fields; ImageError only when the file cannot be opened.
    """
    folder, name = os.path.split(os.fsencode(path))
    with open_photo(path) as file:
        return read_open(file, path, [s for s in sidecar_names(name, folder) if os.path.isfile(s)])


def sidecar_names(name: bytes, folder: bytes) -> list[bytes]:
    """Where the sidecars of photo ``name`` can lie: ``IMG.jpg.xmp`` and ``IMG.xmp``, in either case."""
    stem = os.path.join(folder, os.path.splitext(name)[0])
    full = os.path.join(folder, name)
    return [full + b".xmp", full + b".XMP", stem + b".xmp", stem + b".XMP"]


def read_open(file: PhotoFile, path: Path | str | bytes, sidecars: Sequence[bytes] = ()) -> Metadata:
    """As ``read``, of a file that is open already; ``sidecars`` are the paths of those that exist."""
    return merge(file, parts_of(file), path, sidecars)


def merge(
    file: PhotoFile, parts: Parts, path: Path | str | bytes, sidecars: Sequence[bytes] = ()
) -> Metadata:
    """The metadata from a container already walked. Raises OSError only when the disk fails."""
    return merge_places(file, parts, path, sidecars)[0]


def merge_places(
    file: PhotoFile, parts: Parts, path: Path | str | bytes, sidecars: Sequence[bytes] = ()
) -> tuple[Metadata, tuple[Said, ...]]:
    """As ``merge``, and what each place said: the sidecars as given, then the file."""
    stored = 1
    if parts.kind in ("AVIF", "HEIF"):
        stored = images.fill_parts(Path(os.fsdecode(path)), parts)
    elif parts.kind == "RAW":
        parts.width, parts.height = raw.size(file)
        parts.exif = _raw_exif(file)
    reader = _tiff_reader(file, parts)
    tags = _exif_tags(reader)
    beside = [(side, words) for side in sidecars if (words := _sidecar_words(side)) is not None]
    sources = [words for _, words in beside]
    inside: list[Words] = []
    if parts.xmp and (embedded := read_xmp(parts.xmp)) is not None:
        inside.append(embedded)
    if parts.iptc:
        inside.append(read_iptc(parts.iptc))
    if reader is not None and (windows := _windows_words(reader)) is not None:
        inside.append(windows)
    inside.append(_exif_words(tags))
    sources += inside
    orientation = _integer(tags, "Image Orientation") or 0
    if parts.kind in ("AVIF", "HEIF", "JXL"):
        orientation = stored
    elif not 1 <= orientation <= 8:
        orientation = next((words.orientation for words in inside if words.orientation), 1)
    places = [_said(os.path.basename(side), frozenset(("xmp",)), (words,)) for side, words in beside]
    blocks = frozenset(name for name in ("xmp", "iptc", "exif") if getattr(parts, name))
    places.append(_said(IN_FILE, blocks | {"exif"} if parts.kind == "TIFF" else blocks, inside))
    found = _metadata(parts, tags, sources, orientation)
    return _of_film(file, path, found) if parts.kind == "VIDEO" else found, tuple(places)


def _of_film(file: PhotoFile, path: Path | str | bytes, found: Metadata) -> Metadata:
    """What a sidecar says of a film, and where it is silent the film itself."""
    film = films.describe(file, os.path.basename(os.fsencode(path)))
    return replace(
        found,
        width=film.width or None,
        height=film.height or None,
        taken=found.taken or film.taken,
        zone=found.zone if found.taken else film.zone,
    )


def sidecar_says(path: bytes, place: bytes) -> Said | None:
    """What the sidecar at ``path`` says, under the name ``place``; None when it cannot be read."""
    words = _sidecar_words(path)
    return None if words is None else _said(place, frozenset(("xmp",)), (words,))


def packet_says(packet: bytes, place: bytes) -> Said | None:
    """As ``sidecar_says``, of a sidecar's bytes."""
    words = read_xmp(packet)
    return None if words is None else _said(place, frozenset(("xmp",)), (words,))


def _raw_exif(file: PhotoFile) -> bytes:
    try:
        return raw.exif_of(file)
    except (struct.error, ValueError):
        return b""


def _said(place: bytes, blocks: frozenset[str], sources: Sequence[Words]) -> Said:
    return Said(
        place,
        blocks,
        {name: tuple(kept) for words in sources for name, kept in words.fields.items()},
        next((words.rating for words in sources if words.rating is not None), None),
        next((words.label for words in sources if words.label), None),
        next((words.title for words in sources if words.title), None),
        next((words.caption for words in sources if words.caption), None),
    )


def _metadata(parts: Parts, tags: Tags, sources: list[Words], orientation: int) -> Metadata:
    taken, zone = _taken(tags, sources)
    latitude, longitude = _position(tags, sources)
    keywords = [word for words in sources for word in words.keywords]
    flash = _integer(tags, "EXIF Flash")
    return Metadata(
        width=parts.width or None,
        height=parts.height or None,
        orientation=orientation,
        taken=taken,
        zone=zone,
        camera=_camera(tags, sources),
        lens=_lens(tags) or next((words.lens for words in sources if words.lens), None),
        exposure=_exposure(tags),
        aperture=_aperture(tags),
        iso=_iso(tags),
        focal=_within(_number(tags, "EXIF FocalLength"), 0.1, 10_000),
        flash=None if flash is None else bool(flash & 1),
        latitude=latitude,
        longitude=longitude,
        altitude=_altitude(tags) if latitude is not None else None,
        title=next((words.title for words in sources if words.title), None),
        caption=next((words.caption for words in sources if words.caption), None),
        keywords=tuple(clean_keywords(keywords)) if keywords else (),
        rating=next((words.rating for words in sources if words.rating is not None), None),
        label=next((words.label for words in sources if words.label), None),
    )


def _tiff_reader(file: PhotoFile, parts: Parts) -> TiffReader | None:
    blob = parts.exif
    try:
        if parts.kind == "TIFF" or (parts.kind == "RAW" and not blob):
            return TiffReader(file.at)
        return TiffReader(lambda offset, length: blob[offset : offset + length]) if blob else None
    except (ValueError, struct.error):
        return None


def _exif_tags(reader: TiffReader | None) -> Tags:
    """What exifread makes of the wanted fields; nothing when the structure is too broken for it."""
    if reader is None:
        return {}
    try:
        small = compact(reader)
        tags: Tags = exifread.process_file(io.BytesIO(small), details=False, extract_thumbnail=False)
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        struct.error,
        EOFError,
    ) as error:
        logging.getLogger(__name__).debug("EXIF cannot be read: %r", error)
        return {}
    return tags


def _sidecar_words(path: bytes) -> Words | None:
    try:
        with PhotoFile(path) as file:
            return read_xmp(file.at(0, file.size)) if file.size <= MAX_BLOCK else None
    except OSError:
        return None  # it went away or may not be read: the photo itself still counts


def _windows_words(reader: TiffReader) -> Words | None:
    """Explorer's XPTitle, XPComment and XPKeywords: UTF-16, keywords separated by semicolons."""
    try:
        main, _ = reader.directory(reader.first)
        texts = {
            name: reader.raw(main[tag], 65536).decode("utf-16-le", "replace").split("\0", 1)[0]
            for tag, name in _XP_TAGS.items()
            if tag in main
        }
    except struct.error:
        return None
    if not texts:
        return None
    keywords = clean_keywords(texts.get("keywords", "").split(";"))
    return Words(
        keywords=keywords,
        fields={"windows": keywords} if keywords else {},
        title=clean_text(texts.get("title")),
        caption=clean_text(texts.get("caption")),
    )


def _exif_words(tags: Tags) -> Words:
    words = Words()
    description = clean_text(_text(tags, "Image ImageDescription"))
    if description and description.casefold() not in _NO_CAPTION:
        words.caption = description
    stars = _integer(tags, "Image Rating")
    percent = _integer(tags, "Image Tag 0x4749")
    if stars is not None and 0 <= stars <= 5:
        words.rating = stars
    elif percent is not None:
        words.rating = stars_of_percent(percent)
    return words


# One EXIF field, whatever the camera put there ------------------------------------------------------------


def _text(tags: Tags, name: str) -> str:
    tag = tags.get(name)
    if tag is None:
        return ""
    value = tag.values
    if isinstance(value, bytes):  # exifread leaves bytes that are not UTF-8
        value = value.decode("cp1252", "replace")
    return value.strip() if isinstance(value, str) else ""


def _number(tags: Tags, name: str, index: int = 0) -> float | None:
    """A field as a finite number, None when it is absent, 0/0 or no number at all."""
    tag = tags.get(name)
    if tag is None or isinstance(tag.values, str | bytes) or len(tag.values) <= index:
        return None
    value = tag.values[index]
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return number if math.isfinite(number) else None


def _integer(tags: Tags, name: str) -> int | None:
    number = _number(tags, name)
    return None if number is None else int(number)


def _within(number: float | None, least: float, most: float) -> float | None:
    return number if number is not None and least <= number <= most else None


def _exposure(tags: Tags) -> float | None:
    seconds = _within(_number(tags, "EXIF ExposureTime"), 1e-7, 1e5)
    if seconds is None:
        apex = _within(_number(tags, "EXIF ShutterSpeedValue"), -17, 24)
        seconds = None if apex is None else 2**-apex
    return seconds


def _aperture(tags: Tags) -> float | None:
    number = _within(_number(tags, "EXIF FNumber"), 0.5, 512)
    if number is None:
        apex = _within(_number(tags, "EXIF ApertureValue"), 0.01, 18)
        number = None if apex is None else round(2 ** (apex / 2), 1)
    return number


def _iso(tags: Tags) -> int | None:
    for name in ("ISOSpeedRatings", "RecommendedExposureIndex", "ISOSpeed", "Tag 0x8832", "Tag 0x8833"):
        iso = _integer(tags, "EXIF " + name)
        if iso is not None and 0 < iso < 100_000_000 and iso != 65535:  # 65535: "more than fits here"
            return iso
    return None


def _camera(tags: Tags, sources: list[Words]) -> str | None:
    name = camera_name(_text(tags, "Image Make"), _text(tags, "Image Model"))
    return name or next((name for words in sources if (name := camera_name(*words.camera))), None)


def camera_name(make: str, model: str) -> str | None:
    """Maker and model as a person says them: "Canon EOS 5D", not "Canon Canon EOS 5D"."""
    model = " ".join((clean_text(model) or "").split())
    words = (clean_text(make) or "").replace(",", ", ").split()
    words = [w for w in (word.rstrip(",") for word in words) if w and w.casefold() not in _MAKE_NOISE]
    if not model:
        return " ".join(words) or None
    first = model.split()[0].casefold()
    if any(word.casefold() == first or model.casefold().startswith(word.casefold()) for word in words):
        return model
    return " ".join([*words, model])


def _lens(tags: Tags) -> str | None:
    model = clean_text(_text(tags, "EXIF LensModel"))
    if model and model.strip("-0 ."):
        return model
    spec = [_number(tags, "EXIF LensSpecification", index) for index in range(4)]
    short, long, wide, tele = (number if number and 0 < number < 10_000 else None for number in spec)
    if short is None:
        return None
    reach = f"{short:g}" if long in (None, short) else f"{short:g}-{long:g}"
    light = "" if wide is None else f" f/{wide:g}" if tele in (None, wide) else f" f/{wide:g}-{tele:g}"
    return f"{reach} mm{light}"


# When and where ---------------------------------------------------------------------------------------------


def _taken(tags: Tags, sources: list[Words]) -> tuple[str | None, str | None]:
    for name, sub, offset in (
        ("EXIF DateTimeOriginal", "EXIF SubSecTimeOriginal", "EXIF OffsetTimeOriginal"),
        ("Image DateTimeOriginal", "", ""),  # where TIFF/EP has it
        ("EXIF DateTimeDigitized", "EXIF SubSecTimeDigitized", "EXIF OffsetTimeDigitized"),
    ):
        taken, zone = parse_time(_text(tags, name))
        if taken is not None:
            fraction = _text(tags, sub)
            if fraction.isascii() and fraction.isdigit() and fraction.strip("0") and "." not in taken:
                taken += "." + fraction[:3].ljust(3, "0")
            zone = parse_zone(_text(tags, offset)) or parse_zone(_text(tags, "EXIF OffsetTime")) or zone
            return taken, zone or _gps_zone(tags, taken)
    said = [(words.taken, words.zone) for words in sources if words.taken is not None]
    if not said:
        return parse_time(_text(tags, "Image DateTime"))
    day = said[0][0][:10]  # a day alone is told better by whoever knows the hour too
    return next((each for each in said if each[0][:10] == day and each[0][10:] != _MIDNIGHT), said[0])


def _gps_zone(tags: Tags, taken: str) -> str | None:
    """The zone from GPS time (UTC), where it lies within 90 s of a zone that exists."""
    clock = [_within(_number(tags, "GPS GPSTimeStamp", index), 0, 60) for index in range(3)]
    day, _ = parse_time(_text(tags, "GPS GPSDate"))
    hours, minutes, seconds = clock
    if day is None or hours is None or minutes is None or seconds is None:
        return None
    local = (int(taken[11:13]) * 60 + int(taken[14:16])) * 60 + int(taken[17:19])
    apart = local - (hours * 3600 + minutes * 60 + seconds)
    if taken[:10] != day[:10]:
        apart += 86400 if taken[:10] > day[:10] else -86400
    offset = round(apart / 900) * 15
    if abs(apart - offset * 60) > 90 or not -12 * 60 <= offset <= 14 * 60:
        return None
    if offset % 30 and offset not in _HALF_HOURS:
        return None
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"


def _position(tags: Tags, sources: list[Words]) -> tuple[float | None, float | None]:
    latitude = _degrees(tags, "GPS GPSLatitude", "S", 90)
    longitude = _degrees(tags, "GPS GPSLongitude", "W", 180)
    if latitude is None or longitude is None:
        place = next((w for w in sources if w.latitude is not None and w.longitude is not None), None)
        latitude, longitude = (place.latitude, place.longitude) if place else (None, None)
    if latitude == 0 and longitude == 0:  # a receiver without a fix, not a ship off Ghana
        return None, None
    return latitude, longitude


def _degrees(tags: Tags, name: str, negative: str, limit: int) -> float | None:
    tag = tags.get(name)
    if tag is None or isinstance(tag.values, str | bytes) or not tag.values:
        return None
    parts = [_number(tags, name, index) for index in range(3)]
    if parts[0] is None:
        return None
    degrees = parts[0] + (parts[1] or 0.0) / 60 + (parts[2] or 0.0) / 3600
    if not 0 <= degrees <= limit:
        return None
    return -degrees if _text(tags, name + "Ref").upper().startswith(negative) else degrees


def _altitude(tags: Tags) -> float | None:
    metres = _within(_number(tags, "GPS GPSAltitude"), 0, 50_000)
    below = _integer(tags, "GPS GPSAltitudeRef") == 1
    return -metres if below and metres is not None else metres
