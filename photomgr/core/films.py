"""Films: what their container says, and a poster frame through PyAV, which brings its own codecs.

MP4 and QuickTime after ISO 14496-12 and Apple's QuickTime File Format; other containers are known by name alone.
"""

from __future__ import annotations

import contextlib
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from . import readers
from .errors import ImageError
from .pictures import boxes

if TYPE_CHECKING:
    from .containers import PhotoFile

_MOST_HEAD: Final = 8 << 20  # bytes of a film's index that are looked through
_MOST_BOXES: Final = 4096
_SINCE: Final = datetime(1904, 1, 1, tzinfo=UTC)
_APPLE_DATE: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d)")
_NAMED_DATE: Final = re.compile(rb"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)[_-]?(\d\d)(\d\d)(\d\d)")
_MOST_PIXELS: Final = 64_000_000
_PATIENCE: Final = 10.0  # seconds for a poster
_MOST_PACKETS: Final = 600
_INTO: Final = 1.0  # seconds into the film, where it is seldom black any more
_FORMATS: Final[tuple[tuple[Callable[[bytes], bool], str], ...]] = (
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), "mov"),
    (lambda head: head.startswith(b"\x1a\x45\xdf\xa3"), "matroska"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", "avi"),
    (lambda head: head[:1] == b"G" and head[188:189] == b"G", "mpegts"),
    (lambda head: head[4:5] == b"G" and head[196:197] == b"G", "mpegts"),
    (lambda head: head.startswith((b"\0\0\1\xba", b"\0\0\1\xb3")), "mpeg"),
    (lambda head: head.startswith(b"\x30\x26\xb2\x75"), "asf"),
    (lambda head: head.startswith(b"OggS"), "ogg"),
)


@dataclass(slots=True)
class Film:
    """What a film says of itself. ``width`` and ``height`` in pixels as shown, 0 unknown; ``taken`` and ``zone`` as
    in records.Metadata."""

    width: int = 0
    height: int = 0
    taken: str | None = None
    zone: str | None = None


def kind_of_film(head: bytes) -> str:
    """FFmpeg's name of the container that begins with ``head`` (200 bytes or more), "" for what is no film."""
    return next((name for fits, name in _FORMATS if fits(head)), "")


def describe(file: PhotoFile, name: bytes) -> Film:
    """What the container and the file's name say. Raises OSError when the disk fails."""
    film = Film()
    index = _index(file)
    with contextlib.suppress(struct.error, ValueError, OverflowError):
        _read_index(index, film)  # what was found before the damage still counts
    found = _APPLE_DATE.search(index) if b"creationdate" in index else None
    if found is not None:
        film.taken = found[1].decode()
        film.zone = f"{found[2].decode()}:{found[3].decode()}"
    elif (named := _named_date(name)) is not None:
        film.taken, film.zone = named, None
    return film


def _named_date(name: bytes) -> str | None:
    found = _NAMED_DATE.search(name)
    if found is None:
        return None
    try:
        return datetime(*(int(part) for part in found.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:
        return None


def _index(file: PhotoFile) -> bytes:
    """The moov box of an MP4 or QuickTime film, b"" without one."""
    found = next(((at, size) for name, at, size in boxes(file) if name == b"moov"), None)
    return b"" if found is None else file.at(found[0], min(found[1], _MOST_HEAD))


def _read_index(index: bytes, film: Film) -> None:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(index):
            return
        length, kind = struct.unpack_from(">I4s", index, at)
        if length < 8:
            return
        body = index[at + 8 : at + length]
        if kind == b"mvhd":
            seconds = struct.unpack_from(">Q" if body[0] else ">I", body, 4)[0]
            if seconds:
                when = _SINCE + timedelta(seconds=seconds)
                if when.year >= 1990:
                    film.taken, film.zone = when.replace(tzinfo=None).isoformat(), "+00:00"
        elif kind == b"trak":
            _read_track(body, film)
        at += length


def _read_track(body: bytes, film: Film) -> None:
    at = body.find(b"tkhd")
    if at < 0 or film.width:
        return
    start = at + 4 + (88 if body[at + 4] else 76)  # behind it the matrix has its 36 bytes before
    turn = struct.unpack_from(">9i", body, start - 36)
    width, height = (value >> 16 for value in struct.unpack_from(">II", body, start))
    if 0 < width < 65536 and 0 < height < 65536:
        lying = turn[0] == 0 and turn[1] != 0
        film.width, film.height = (height, width) if lying else (width, height)


def poster(file: PhotoFile) -> Image.Image:
    """A frame from the beginning of a film, upright, RGB. Raises NotYet without PyAV, ImageError."""
    readers.demand("VIDEO")
    name = kind_of_film(file.head)
    if not name:
        raise ImageError("This is not a film of a kind that photomgr reads.")
    import av

    until = time.monotonic() + _PATIENCE
    try:
        # of the one container that it is, through a stream: no playlist can lead to another file
        with av.open(file.stream(), format=name, options={"enable_drefs": "0"}) as container:
            frame = _frame(container, until)
            if frame is None:
                raise ImageError("No picture of this film can be decoded.")
            image: Image.Image = frame.to_image()
            turn = -int(getattr(frame, "rotation", 0)) % 360
    except av.FFmpegError as error:
        raise ImageError(f"This film cannot be decoded: {error.strerror}.") from error
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return image.transpose(turns[turn]) if turn in turns else image


def _frame(container: Any, until: float) -> Any:
    """A frame one second in, else the first one; None when none comes within the patience."""
    if not container.streams.video:
        return None
    stream = container.streams.video[0]
    size = stream.codec_context.width * stream.codec_context.height
    if size > _MOST_PIXELS:
        raise ImageError("The film's pictures are too large to be decoded safely.")
    stream.codec_context.thread_count = 1
    long = stream.duration is not None and stream.time_base and stream.duration * stream.time_base > 2 * _INTO
    if long:
        start = stream.start_time or 0
        container.seek(start + int(_INTO / stream.time_base), stream=stream)
    found = _first(container, stream, until)
    if found is None and long:
        container.seek(stream.start_time or 0, stream=stream)
        found = _first(container, stream, until)
    return found


def _first(container: Any, stream: Any, until: float) -> Any:
    for number, packet in enumerate(container.demux(stream)):
        if number > _MOST_PACKETS or time.monotonic() > until:
            return None
        for frame in packet.decode():
            return frame
    return None
