"""What looking for alike photos reads: embeddings in blocks, and suggestions by their score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Presence, tag_key
from . import rows
from .connection import Connection

Ids = NDArray[np.int64]

_BLOCK: Final = 8192  # photos read at once
_FITS: Final = (
    " FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ? WHERE length(a.embedding) > 0"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """What decides which of several alike photos is kept: pixels, bytes of its file, stars and tags that stand."""

    photo: int
    content: bytes
    pixels: int
    size: int
    rating: int
    tags: int
    here: bool


class Likeness:
    """The reading side of what looks alike."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def embedded(self, model: str) -> Ids:
        """The photos that a network has seen, ascending."""
        cursor = self._connection.reader().execute(f"SELECT a.photo{_FITS} ORDER BY a.photo", (model,))
        return np.array([row[0] for row in cursor], np.int64)

    def embeddings(self, model: str, ids: Ids) -> Iterator[tuple[Ids, NDArray[np.float16]]]:
        """Photos [N] and their embeddings [N, D] in blocks, by id; those that are not known are left out."""
        for start in range(0, len(ids), _BLOCK):
            found = (
                self._connection.reader()
                .execute(
                    f"SELECT a.photo, a.embedding{_FITS}"
                    " AND a.photo IN (SELECT value FROM json_each(?)) ORDER BY a.photo",
                    (model, rows.id_list(ids[start : start + _BLOCK].tolist())),
                )
                .fetchall()
            )
            if found:
                length = len(found[0][1]) // 2
                kept = [row for row in found if len(row[1]) == 2 * length]
                vectors = np.frombuffer(b"".join(row[1] for row in kept), "<f2").reshape(len(kept), length)
                yield np.array([row[0] for row in kept], np.int64), vectors

    def surest(self, ids: Iterable[int] | None = None) -> tuple[Ids, NDArray[np.float64]]:
        """Photos [N] with open suggestions, ascending, and the score of the surest one on each; of all or of some."""
        where = "" if ids is None else " WHERE s.photo IN (SELECT value FROM json_each(?))"
        values = () if ids is None else (rows.id_list(ids),)
        found = self._connection.reader().execute(
            f"SELECT s.photo, max(s.score) FROM open_suggestions s{where} GROUP BY s.photo ORDER BY s.photo",
            values,
        )
        table = np.array(found.fetchall(), np.float64).reshape(-1, 2)
        return table[:, 0].astype(np.int64), table[:, 1]

    def suggested_with(self, tag: str, low: float, high: float) -> Ids:
        """Photos for which a tag was suggested with a score in [low, high]; on some it is decided by now."""
        found = self._connection.reader().execute(
            "SELECT s.photo FROM suggestions s JOIN tags t ON t.id = s.tag"
            " WHERE t.key = ? AND s.score BETWEEN ? AND ?",
            (tag_key(tag), max(low, -1.0), min(high, 2.0)),
        )
        return np.array([row[0] for row in found], np.int64)

    def copies(self, ids: Iterable[int]) -> dict[int, Copy]:
        """What is known of photos that are alike."""
        found = self._connection.reader().execute(
            "SELECT p.id, p.content, coalesce(p.width * p.height, 0), p.size, p.rating, p.presence,"
            " (SELECT count(*) FROM decisions d WHERE d.photo = p.id AND d.state = 'accepted') FROM photos p"
            " WHERE p.id IN (SELECT value FROM json_each(?))",
            (rows.id_list(ids),),
        )
        return {
            photo: Copy(photo, content or b"", pixels, size, rating, tags, presence == Presence.HERE)
            for photo, content, pixels, size, rating, presence, tags in found
        }
