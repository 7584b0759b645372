"""Photo sets as uint8 arrays on disk, decoded once, so that training reads them at the speed of memory."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.core.arrays import write_array
from photomgr.core.errors import ImageError, ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS, Archive
from photomgr.train.sets import PhotoSet, Row, read_rows
from photomgr.train.workers import workers

Pixels = NDArray[np.uint8]
_FOLDERS: Final = ("teach", "earlier", "committee")
"""Where what was made of a packed set is kept, under its name."""
_BATCH: Final = 64


@dataclass(frozen=True, eq=False)
class Packed:
    """The photos of one set that could be read: ``pixels`` [N, side, side, 3] RGB, mapped for reading, and ``rows``."""

    pixels: Pixels
    rows: list[Row]


def pack(data: Path, work: Path, photo_set: PhotoSet) -> Job[Packed]:
    """Decode one set to ``work/pack/NAME.npy``, in the CSV's order.

    Photos stand upright and are squashed to a square, as the network will see them. Those that are missing or broken
    are left out, see :func:`lost`. What is there is used again while the tar and the table's photos are the same;
    else all that was made of it goes, too. Raises ModelError where no photo of the table could be read.
    """
    target, archive = work / "pack" / f"{photo_set.name}.npy", data / f"{photo_set.name}.tar"
    listed = read_rows(data / f"{photo_set.name}.csv", photo_set.name)
    key = yield from _key(archive, listed, photo_set.side)
    if not target.exists() or _note(work, photo_set.name).get("key") != key:
        target.parent.mkdir(parents=True, exist_ok=True)
        _forget(work, photo_set.name)
        gone = yield from _decode(archive, listed, photo_set, target)
        note = {"key": key, "lost": gone}
        target.with_suffix(".json").write_text(json.dumps(note), encoding="utf-8")
    missing = set(lost(work, photo_set.name))
    return Packed(np.load(target, mmap_mode="r"), [row for row in listed if row.file not in missing])


def lost(work: Path, name: str) -> list[str]:
    """Photos of a packed set that its table names and that are not in its tar, or broken."""
    return list(_note(work, name).get("lost", []))


def _decode(archive: Path, listed: list[Row], photo_set: PhotoSet, target: Path) -> Job[list[str]]:
    """Write the pixels to ``target``; returns what could not be read."""
    tar, side = Archive(archive), photo_set.side

    def read(row: Row) -> Pixels | None:
        try:
            photo = tar.photo(row.file, side)
        except ImageError:
            return None
        return np.asarray(photo.resize((side, side), Image.Resampling.BICUBIC), np.uint8)

    there = [row for row in listed if row.file in tar]
    gone = [row.file for row in listed if row.file not in tar]
    partial = target.with_suffix(".decoding.npy")
    _need_room(target.parent, len(there) * side * side * 3)
    array = np.lib.format.open_memmap(partial, "w+", np.uint8, (len(there), side, side, 3))
    count = 0
    with workers(THREADS) as pool:
        for start in range(0, len(there), _BATCH):
            yield Progress(start, len(there), f"decoding {photo_set.name}")
            some = there[start : start + _BATCH]
            for row, photo in zip(some, pool.map(read, some), strict=True):
                if photo is None:
                    gone.append(row.file)
                else:
                    array[count] = photo
                    count += 1
    if not count:
        raise ModelError(f"None of the photos that {archive.stem}.csv names can be read from {archive.name}.")
    array.flush()
    del array
    if count == len(there):
        partial.replace(target)
    else:
        write_array(target, np.load(partial, mmap_mode="r")[:count])
        partial.unlink()
    return gone


def _need_room(folder: Path, size: int) -> None:
    """A mapped file that the disk has no room for would end the program without a word."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ModelError(f"There is no room in {folder}: {size >> 20} MiB are needed, {free >> 20} are free.")


def _key(archive: Path, listed: list[Row], side: int) -> Job[str]:
    """What the pixels depend on: the tar, the table's photos in their order, the size."""
    yield Progress(0, None, f"looking at {archive.name}")
    digest = hashlib.sha256(f"{side}\n".encode())
    digest.update("\n".join(row.file for row in listed).encode())
    try:
        with archive.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise ModelError(f"The photos {archive} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def _note(work: Path, name: str) -> dict[str, str | list[str]]:
    try:
        note: dict[str, str | list[str]] = json.loads((work / "pack" / f"{name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return note


def _forget(work: Path, name: str) -> None:
    """Everything that was made of a set as it was before."""
    for folder in _FOLDERS:
        for pattern in (f"{name}.npy", f"{name}_*.npy", f"{name}-*.npy"):
            for file in (work / folder).glob(pattern):
                file.unlink()
    for folder in ("panel", "beside"):  # they were fitted to what was known of all photos
        for file in (work / folder).glob("*"):
            file.unlink()
