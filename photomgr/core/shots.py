"""What belongs together in one folder: the files of one shot, and the shots of one burst.

A shot is what a camera wrote at one press under one name: a RAW file, its picture, the film of a live photo. A burst
is three shots or more of one camera, each within a second of the one before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from .containers import RAW_SUFFIXES, VIDEO_SUFFIXES

GAP: Final = 1.0
"""Seconds between two shots of a burst, at most."""
LEAST: Final = 3
"""Shots of a burst, at least: two in a second are often two photos."""
PICTURE: Final = 0
RAW: Final = 1
FILM: Final = 2
_AT_ONCE: Final = 30  # shots in one second: no camera makes more, but a date given to many scans does
_MIDNIGHT: Final = "T00:00:00"


class ShotFile(NamedTuple):
    """One file of a folder. ``taken`` as in records.Metadata, ``camera`` "" when the file does not say."""

    photo: int
    name: bytes
    taken: str
    camera: str


class Stack(NamedTuple):
    """Photos that belong together, the one on top first. ``shots`` are the same by shot, each with its top first."""

    photos: tuple[int, ...]
    shots: tuple[tuple[int, ...], ...]


def kind_of_name(name: bytes) -> int:
    """PICTURE, RAW or FILM, by the ending of a file's name."""
    ending = os.path.splitext(name)[1].decode("latin-1").lower()
    return RAW if ending in RAW_SUFFIXES else FILM if ending in VIDEO_SUFFIXES else PICTURE


def shots_of(files: Iterable[ShotFile]) -> list[list[ShotFile]]:
    """The files of one folder by shot, the picture first, then the RAW file, then the film.

    Files of one kind and stem (``cat.jpg``, ``cat.png``) are two shots when nothing of another kind is beside them.
    """
    by_stem: dict[bytes, list[ShotFile]] = {}
    for file in files:
        by_stem.setdefault(os.path.splitext(file.name)[0].lower(), []).append(file)
    found: list[list[ShotFile]] = []
    for group in by_stem.values():
        if len(group) > 1 and len({kind_of_name(file.name) for file in group}) > 1:
            found.append(sorted(group, key=lambda file: (kind_of_name(file.name), file.name)))
        else:
            found.extend([file] for file in group)
    return found


def stacks_of(files: Iterable[ShotFile]) -> list[Stack]:
    """What stands as one among the files of one folder: shots of several files, and bursts."""
    shots = shots_of(files)
    loose = {id(shot): shot for shot in shots}
    found = []
    for burst in _bursts(shots):
        for shot in burst:
            del loose[id(shot)]
        found.append(_stack(burst))
    return found + [_stack([shot]) for shot in loose.values() if len(shot) > 1]


def _stack(shots: Sequence[Sequence[ShotFile]]) -> Stack:
    cover = next((shot for shot in shots if b"cover" in shot[0].name.lower()), shots[0])
    ordered = [cover, *(shot for shot in shots if shot is not cover)]
    parts = tuple(tuple(file.photo for file in shot) for shot in ordered)
    return Stack(tuple(photo for part in parts for photo in part), parts)


def _bursts(shots: Iterable[list[ShotFile]]) -> list[list[list[ShotFile]]]:
    by_camera: dict[str, list[tuple[float, list[ShotFile]]]] = {}
    for shot in shots:
        taken = shot[0].taken
        if shot[0].camera and taken and _MIDNIGHT not in taken and (when := _seconds(taken)) is not None:
            by_camera.setdefault(shot[0].camera, []).append((when, shot))
    found = []
    for timed in by_camera.values():
        timed.sort(key=lambda each: (each[0], each[1][0].name))
        run: list[tuple[float, list[ShotFile]]] = []
        for when, shot in timed:
            if run and when - run[-1][0] > GAP:
                found.append(run)
                run = []
            run.append((when, shot))
        found.append(run)
    return [[shot for _, shot in run] for run in found if _is_burst([when for when, _ in run])]


def _is_burst(times: Sequence[float]) -> bool:
    return len(times) >= LEAST and max(Counter(map(int, times)).values()) <= _AT_ONCE


def _seconds(taken: str) -> float | None:
    try:
        return datetime.fromisoformat(f"{taken}+00:00").timestamp()
    except ValueError:
        return None
