"""What the catalog knows of files that may belong together, folder by folder."""

from __future__ import annotations

from collections.abc import Iterable

from ..shots import ShotFile, shots_of
from . import rows
from .connection import Connection

_FILES = "SELECT folder, id, name, coalesce(taken, ''), coalesce(camera, '') FROM photos WHERE presence <> 2"


class Stacking:
    """Reads only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def files(self, folders: Iterable[int] | None = None) -> dict[int, list[ShotFile]]:
        """The photos that are not gone, by the folder's number; of all folders or of these."""
        reader = self._connection.reader()
        if folders is None:
            cursor = reader.execute(_FILES)
        else:
            cursor = reader.execute(
                f"{_FILES} AND folder IN (SELECT value FROM json_each(?))", (rows.id_list(folders),)
            )
        found: dict[int, list[ShotFile]] = {}
        for folder, photo, name, taken, camera in cursor:
            found.setdefault(folder, []).append(ShotFile(photo, name, taken, camera))
        return found

    def folders_of(self, photos: Iterable[int]) -> set[int]:
        """The folders in which photos are now."""
        cursor = self._connection.reader().execute(
            "SELECT DISTINCT folder FROM photos WHERE id IN (SELECT value FROM json_each(?))",
            (rows.id_list(photos),),
        )
        return {folder for (folder,) in cursor}

    def partners(self, ids: Iterable[int]) -> dict[int, list[int]]:
        """Photo -> the others that are one shot with it: RAW file, picture and film of one name in one folder."""
        wanted = set(ids)
        found: dict[int, list[int]] = {}
        for files in self.files(self.folders_of(wanted)).values():
            for shot in shots_of(files):
                photos = [file.photo for file in shot]
                for photo in photos if len(photos) > 1 else ():
                    if photo in wanted:
                        found[photo] = [other for other in photos if other != photo]
        return found
