"""When, where and with what photos were taken, for learning."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from . import rows
from .connection import Connection


@dataclass(frozen=True, slots=True)
class Surrounding:
    """Of one photo: ``taken`` as ISO 8601 local time, ``flash``, ``focal`` in mm, degrees; None where unknown."""

    taken: str | None
    flash: bool | None
    focal: float | None
    latitude: float | None
    longitude: float | None
    folder: str


class Surroundings:
    """Reads them; nothing is written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_photos(self, ids: Iterable[int]) -> dict[int, Surrounding]:
        """Photo -> its surrounding; photos that are not in the catalog are left out."""
        cursor = self._connection.reader().execute(
            "SELECT p.id, p.taken, p.flash, p.focal, p.latitude, p.longitude, f.path FROM photos p"
            " JOIN folders f ON f.id = p.folder WHERE p.id IN (SELECT value FROM json_each(?))",
            (rows.id_list(ids),),
        )
        return {
            photo: Surrounding(
                taken, None if flash is None else bool(flash), focal, latitude, longitude,
                os.fsdecode(folder),
            )
            for photo, taken, flash, focal, latitude, longitude, folder in cursor
        }  # fmt: skip
