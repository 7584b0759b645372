"""What networks of the person's own said of photos, beside the scores of the shipped one. All derived."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..records import Change, Presence, Source
from . import rows
from .connection import Connection
from .feed import network_names
from .tag_facts import NETWORKS, about
from .verdicts import Says, Verdicts

Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Said:
    """One network's word on one photo: ``scores`` float16 [K] as bytes, and ``boxes`` as (column, score, place)."""

    photo: int
    content: bytes
    network: str
    scores: bytes
    boxes: Sequence[tuple[int, float, Place]] = ()


@dataclass(frozen=True, slots=True)
class DecidedPhoto:
    """A photo with what the person decided on it: tag -> accepted."""

    photo: int
    content: bytes
    path: Path
    tags: dict[str, bool]


class Opinions:
    """The part of the catalog that keeps second opinions. ``network`` is always a network's hash."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    # which networks speak

    def speaking(self) -> list[str] | None:
        """The networks that speak beside the shipped one, by name; None where that was never decided here."""
        found = self._connection.meta("networks")
        return None if found is None else list(map(str, json.loads(found)))

    def set_speaking(
        self, before: Sequence[str], names: Sequence[str], text: Says, *, undoable: bool = True
    ) -> Change:
        """Let these speak and no others, as one action."""
        with self._connection.transaction() as writer:
            effect = about(NETWORKS, None, list(before), list(names))
            return self._verdicts.commit(writer, [effect], text, undoable=undoable)

    def name(self, number: str, networks: Sequence[tuple[str, str]]) -> None:
        """Note who is behind a number: (name, version), the shipped one first."""
        if networks and network_names(self._connection).get(number) != list(networks):
            with self._connection.transaction() as writer:
                writer.execute("DELETE FROM network_names WHERE hash = ?", (number,))
                writer.executemany(
                    "INSERT INTO network_names (hash, place, name, version) VALUES (?, ?, ?, ?)",
                    [(number, place, *each) for place, each in enumerate(networks)],
                )

    def alone(self, text: str) -> list[str]:
        """The numbers of networks that spoke alone and are called so, with or without their version."""
        wanted = text.casefold()
        return [
            number
            for number, ((name, version), *others) in network_names(self._connection).items()
            if not others and wanted in (name.casefold(), f"{name} {version}".casefold())
        ]

    # what they said

    def write(self, said: Iterable[Said]) -> None:
        """Keep opinions in the place of earlier ones. They change nothing that is shown by themselves."""
        said = list(said)
        if not said:
            return
        with self._connection.transaction() as writer:
            writer.executemany(
                "INSERT OR IGNORE INTO models (hash) VALUES (?)", [(each.network,) for each in said]
            )
            writer.executemany(
                "INSERT OR REPLACE INTO opinions (photo, model, content, scores, boxes)"
                " VALUES (?, (SELECT id FROM models WHERE hash = ?), ?, ?, ?)",
                [
                    (each.photo, each.network, each.content, each.scores, json.dumps(list(each.boxes)))
                    for each in said
                ],
            )

    def keep(self, networks: Iterable[str]) -> None:
        """Drop what networks said that are not among these."""
        with self._connection.transaction() as writer:
            writer.execute(
                "DELETE FROM opinions WHERE model NOT IN (SELECT id FROM models"
                " WHERE hash IN (SELECT value FROM json_each(?)))",
                (json.dumps(list(networks)),),
            )

    def scores(self, network: str, width: int, ids: Iterable[int]) -> NDArray[np.float32]:
        """What a network of ``width`` tags said of photos, [N, width] in their order; NaN where it has not spoken
        on the present content."""
        order = [int(each) for each in ids]
        found = np.full((len(order), width), np.nan, np.float32)
        place = {photo: row for row, photo in enumerate(order)}
        for photo, scores in self._connection.reader().execute(
            f"SELECT o.photo, o.scores {_SPOKEN} AND length(o.scores) = ?"
            " AND o.photo IN (SELECT value FROM json_each(?))",
            (network, 2 * width, rows.id_list(order)),
        ):
            found[place[photo]] = np.frombuffer(scores, "<f2")
        return found

    def boxes(self, network: str, photo: int) -> list[tuple[int, float, Place]]:
        """(column, score, place) of what a detector found on a photo, best first."""
        row = (
            self._connection.reader()
            .execute(f"SELECT o.boxes {_SPOKEN} AND o.photo = ?", (network, photo))
            .fetchone()
        )
        found = json.loads(row[0]) if row else []
        return [(int(column), float(score), (x, y, w, h)) for column, score, (x, y, w, h) in found]

    def decided(self, limit: int) -> list[DecidedPhoto]:
        """Photos that the person decided on and that can be read, those decided on last first, at most ``limit``."""
        photos: dict[int, DecidedPhoto] = {}
        cursor = self._connection.reader().execute(
            "SELECT p.id, p.content, f.path, p.name, t.name, d.state FROM decisions d JOIN tags t ON t.id = d.tag"
            " JOIN photos p ON p.id = d.photo JOIN folders f ON f.id = p.folder"
            " WHERE d.source = ? AND d.state IN ('accepted', 'rejected') AND p.presence = ? AND p.problem IS NULL"
            " AND p.content IS NOT NULL AND p.id IN (SELECT photo FROM decisions WHERE source = ?"
            " GROUP BY photo ORDER BY max(at) DESC, photo DESC LIMIT ?) ORDER BY p.id, t.key",
            (str(Source.PERSON), Presence.HERE.value, str(Source.PERSON), limit),
        )
        for photo, content, folder, name, tag, state in cursor:
            path = Path(os.fsdecode(folder)) / os.fsdecode(name)
            one = photos.setdefault(photo, DecidedPhoto(photo, content, path, {}))
            one.tags[tag] = state == "accepted"
        return list(photos.values())


_SPOKEN = (
    "FROM opinions o JOIN models m ON m.id = o.model AND m.hash = ?"
    " JOIN photos p ON p.id = o.photo AND p.content = o.content WHERE 1"
)
