"""Where the words of a photo go, and one photo's write from plan to place.

A sidecar that is there is written to, a new one is made where there is none. One that belongs to several photos
(IMG.xmp beside IMG.jpg and IMG.png) is never written to: it speaks for all of them. Pictures of kinds that
exiv2 does not write (HEIC, AVIF, GIF, BMP, RAW) always get a sidecar.
"""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from ..containers import PhotoBytes, PhotoFile, content_hash, parts_of, stamp_ns
from ..metadata import merge_places, packet_says, sidecar_names, sidecar_says
from ..records import FileStamp, tag_key
from ..said import IN_FILE, Said
from ..walk import is_photo_name
from . import writer
from .foreign import check_packet
from .packet import EMPTY_SIDECAR, MetadataError, edit
from .proof import check_file
from .wish import Difference, Wish

_EMBEDDED: Final = frozenset((b".jpg", b".jpeg", b".jpe", b".png", b".webp", b".tif", b".tiff"))
_MOST: Final = 256 << 20  # bytes of a file that is worked on in memory
_MOST_SIDECAR: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class How:
    """How a person wants metadata written: ``mode`` sidecar or file, ``adobe`` names sidecars IMG.xmp."""

    mode: str
    adobe: bool = False
    keep_time: bool = False


@dataclass(slots=True)
class Target:
    """One file that a write changes. ``before`` is None where there was none; ``part`` once it is prepared."""

    path: bytes
    place: bytes
    before: bytes | None
    after: bytes
    stamp: writer.Stamp | None
    mtime_ns: int
    differences: list[Difference]
    part: bytes = b""


@dataclass(slots=True)
class Plan:
    """What a write would do to one photo, and what its places say before."""

    path: bytes
    targets: list[Target] = field(default_factory=list)
    said: tuple[Said, ...] = ()
    instead: str = ""  # why it is a sidecar although the file was meant


def plan(path: bytes, wish: Wish, how: How) -> Plan:
    """What has to change at the photo ``path``. Raises OSError and MetadataError; touches nothing."""
    real = os.path.realpath(path)
    folder, name = os.path.split(real)
    beside = [each for each in dict.fromkeys(sidecar_names(name, folder)) if os.path.isfile(each)]
    found = Plan(real, said=_said(real, real, beside))
    own = [each for each in beside if not is_shared(each, name)]
    if how.mode == "file":
        found.instead = _why_beside(real, name)
    if how.mode == "file" and not found.instead:
        _add(found, _in_file(real, wish))
    elif not own:
        stem = os.path.splitext(name)[0]
        base = stem if how.adobe and not is_shared(os.path.join(folder, stem + b".xmp"), name) else name
        own = [os.path.join(folder, base + b".xmp")]
    for sidecar in own:
        _add(found, _in_sidecar(sidecar, wish))
    if found.targets and not os.access(folder, os.W_OK):
        raise MetadataError("You are not permitted to write into its folder.")
    return found


def holds_any(found: Plan, keys: Set[str]) -> bool:
    """Whether the photo file itself holds one of these keywords, by their keys."""
    inside = next((place for place in found.said if place.place == IN_FILE), None)
    return inside is not None and any(tag_key(word) in keys for word in inside.all_keywords())


def _add(found: Plan, target: Target) -> None:
    if target.differences:
        found.targets.append(target)


def is_shared(sidecar: bytes, name: bytes) -> bool:
    """Whether a sidecar of the Adobe kind belongs to other photos besides ``name`` too."""
    folder, own = os.path.split(sidecar)
    stem = own[:-4]
    if stem.lower() == name.lower():
        return False
    with os.scandir(folder) as entries:
        return any(
            is_photo_name(entry.name)
            and entry.name != name
            and os.path.splitext(entry.name)[0].lower() == stem.lower()
            for entry in entries
        )


def _why_beside(path: bytes, name: bytes) -> str:
    """Why nothing is written into a file of this kind; "" where it can be."""
    ending = os.path.splitext(name)[1].lower()
    if ending not in _EMBEDDED:
        kind = ending.lstrip(b".").decode("ascii", "replace").upper()
        return f"{kind or 'These'} files are never written into."
    return "" if os.stat(path).st_size <= _MOST else "This file is too large to be written into."


def _in_file(path: bytes, wish: Wish) -> Target:
    if not os.access(path, os.W_OK):
        raise MetadataError("You are not permitted to write to this file.")
    stamp = writer.stamp_of(path)
    with PhotoFile(path) as file:
        data = file.at(0, file.size)
        mtime_ns = file.mtime_ns
    after, differences = edit(data, wish, sidecar=False)
    return Target(path, IN_FILE, data, after, stamp, mtime_ns, differences)


def _in_sidecar(path: bytes, wish: Wish) -> Target:
    stamp = writer.stamp_of(path)
    place = os.path.basename(path)
    if stamp is None:
        after, differences = edit(EMPTY_SIDECAR, wish, sidecar=True)
        return Target(path, place, None, after, None, 0, differences)
    if not os.access(path, os.W_OK):
        raise MetadataError("You are not permitted to write to its sidecar.")
    with PhotoFile(path) as file:
        if file.size > _MOST_SIDECAR:
            raise MetadataError("Its sidecar is too large to be one.")
        data = file.at(0, file.size)
        mtime_ns = file.mtime_ns
    after, differences = edit(data or EMPTY_SIDECAR, wish, sidecar=True)
    if differences and data:
        check_packet(data, after)
    return Target(path, place, data, after, stamp, mtime_ns, differences)


def rehearse(found: Plan) -> tuple[Said, ...]:
    """Prove that nothing is lost, and say what places will say, without writing anything. Raises MetadataError."""
    for target in found.targets:
        if target.place == IN_FILE and target.before is not None:
            before, after = PhotoBytes(target.path, target.before), PhotoBytes(target.path, target.after)
            check_file(before, after, (each.field for each in target.differences))
    said = {place.place: place for place in found.said}
    for target in found.targets:
        if target.place == IN_FILE:
            said[IN_FILE] = _said_of(PhotoBytes(target.path, target.after), found.path, ())[-1]
        elif (says := packet_says(target.after, target.place)) is not None:
            said[target.place] = says
    inside = said.pop(IN_FILE)
    return (*said.values(), inside)


def prepare(found: Plan, how: How) -> tuple[Said, ...]:
    """As ``rehearse``, with all parts beside their targets.

    They are not on the disk yet: writer.flush_files does that. Raises OSError and MetadataError; then no part is left
    behind.
    """
    said = rehearse(found)
    try:
        for target in found.targets:
            keep = how.keep_time and target.place == IN_FILE
            target.part = writer.prepare(target.path, target.after, keep_time=keep, flush=False)
    except BaseException:
        drop(found)
        raise
    return said


def says(file: bytes, path: bytes, place: bytes) -> Said | None:
    """What ``file`` would say in a place of the photo at ``path``; None for a sidecar that cannot be read.

    Raises OSError.
    """
    return sidecar_says(file, place) if place != IN_FILE else _said(file, path, ())[-1]


def _said(real: bytes, path: bytes, sidecars: Sequence[bytes]) -> tuple[Said, ...]:
    with PhotoFile(real) as file:
        return _said_of(file, path, sidecars)


def _said_of(file: PhotoFile, path: bytes, sidecars: Sequence[bytes]) -> tuple[Said, ...]:
    return merge_places(file, parts_of(file), path, sidecars)[1]


def drop(found: Plan) -> None:
    """Take all parts away that were prepared and not put in place."""
    for target in found.targets:
        if target.part:
            writer.drop(target.part)
            target.part = b""


def put(target: Target) -> None:
    """Give a prepared part its name. Raises MetadataError when its file has changed since it was read."""
    if writer.stamp_of(target.path) != target.stamp:
        writer.drop(target.part)
        target.part = b""
        raise MetadataError("Another program changed it at this moment; it was left as it is. Try again.")
    writer.replace(target.part, target.path)
    target.part = b""


def look(path: bytes) -> tuple[tuple[Said, ...], FileStamp, bytes]:
    """What places say now, the photo's stamp as the scanner takes it, and its content hash. Raises OSError."""
    folder, name = os.path.split(path)
    sidecars = [each for each in dict.fromkeys(sidecar_names(name, folder)) if os.path.isfile(each)]
    times = {each: stamp_ns(os.stat(each)) for each in sidecars}
    sidecars.sort(key=lambda each: (times[each], os.path.basename(each)), reverse=True)
    with PhotoFile(path) as file:
        said = merge_places(file, parts_of(file), path, sidecars)[1]
        return said, FileStamp(file.size, file.mtime_ns, max(times.values(), default=0)), content_hash(file)
