"""When, where and with what photos were taken, for learning."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import rows
from .connection import Connection

_CHUNK: Final = 4096  # photos read in one go


class Surrounding(NamedTuple):
    """Of N photos by column: ``taken`` as ISO 8601 local time, None where unknown; ``numbers`` float64 [4, N], NaN
    where unknown: flash (1: it fired), focal length in mm, latitude and longitude in degrees; ``folders``."""

    taken: Sequence[str | None]
    numbers: NDArray[np.float64]
    folders: Sequence[str]


class Surroundings:
    """Reads them; nothing is written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_photos(self, ids: NDArray[np.int64]) -> Surrounding:
        """In the order of ``ids``; nothing is known of photos that are not in the catalog."""
        cursor = self._connection.reader().execute(
            "SELECT p.id, p.taken, p.flash, p.focal, p.latitude, p.longitude, f.path FROM photos p"
            " JOIN folders f ON f.id = p.folder WHERE p.id IN (SELECT value FROM json_each(?))",
            (rows.id_list(ids.tolist()),),
        )
        found = {row[0]: row for row in cursor.fetchall()}
        if not found:
            return Surrounding([None] * len(ids), np.full((4, len(ids)), np.nan), [""] * len(ids))
        nothing = (0, None, None, None, None, None, b"")
        _, taken, *numbers, folders = zip(*(found.get(photo, nothing) for photo in ids.tolist()), strict=True)
        decoded = {folder: os.fsdecode(folder) for folder in set(folders)}
        return Surrounding(taken, np.array(numbers, np.float64), [decoded[folder] for folder in folders])

    def moments(self, model: str) -> list[tuple[int, str]]:
        """(photo, taken) of every photo that a network has seen and whose moment is known, by photo."""
        cursor = self._connection.reader().execute(
            "SELECT a.photo, p.taken FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ?"
            " JOIN photos p ON p.id = a.photo WHERE p.taken IS NOT NULL ORDER BY a.photo",
            (model,),
        )
        return cursor.fetchall()

    def said(
        self, model: str, labels: int, columns: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """The photos that a network of ``labels`` tags has seen [N], by id, and its scores in some columns [N, K]."""
        cursor = self._connection.reader().execute(
            "SELECT a.photo, a.scores FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ?"
            " WHERE length(a.scores) = ? ORDER BY a.photo",
            (model, 2 * labels),
        )
        photos: list[int] = []
        parts = [np.empty((0, len(columns)), np.float16)]
        while found := cursor.fetchmany(_CHUNK):
            photos += [photo for photo, _ in found]
            rows = np.frombuffer(b"".join(scores for _, scores in found), "<f2").reshape(len(found), labels)
            parts.append(rows[:, columns])
        return np.array(photos, np.int64), np.concatenate(parts)
