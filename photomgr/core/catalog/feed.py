"""What the search index consumes: photos as documents, in the order in which they were touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..records import SearchDocument
from . import rows
from .connection import Connection

_PAGE: Final = 1000


def search_feed(connection: Connection, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
    """Photos touched after a revision as (revision, photo id, document), ascending.

    Rows never vanish from the catalog, so a document is always there; the seam allows None.
    """
    at = (after, 2**62)
    while True:
        page = (
            connection.reader()
            .execute(
                f"SELECT p.revision, p.id, f.path, p.name, p.camera, p.lens, {rows.TITLE}, {rows.CAPTION},"
                " p.taken, p.added,"
                f" p.rating, p.label, {rows.UNREADABLE}, p.presence, p.latitude IS NOT NULL, p.size,"
                " iif(p.orientation >= 5, p.height, p.width), iif(p.orientation >= 5, p.width, p.height),"
                " p.iso, p.aperture, p.focal, p.exposure, p.latitude, p.longitude"
                " FROM photos p JOIN folders f ON f.id = p.folder WHERE (p.revision, p.id) > (?, ?)"
                " ORDER BY p.revision, p.id LIMIT ?",
                (*at, _PAGE),
            )
            .fetchall()
        )
        if not page:
            return
        ids = [row[1] for row in page]
        stand = _stand(connection, ids)
        suggested = _suggested(connection, ids)
        implied = _implied(connection, ids)
        for row in page:
            revision, photo = row[0], row[1]
            known = stand.get(photo, _Stand())
            yield revision, photo, SearchDocument(
                id=photo, tags=tuple(known.accepted), suggested=tuple(suggested.get(photo, ())),
                folder=os.fsdecode(row[2]), name=os.fsdecode(row[3]), camera=row[4] or "", lens=row[5] or "",
                title=row[6] or "", caption=row[7] or "", taken=row[8], added=row[9], rating=row[10],
                label=row[11], problem=bool(row[12]), presence=row[13], gps=bool(row[14]),
                size=row[15], width=row[16], height=row[17], iso=row[18],
                aperture=row[19], focal=row[20], exposure=row[21], latitude=row[22], longitude=row[23],
                rejected=tuple(known.rejected), implied=tuple(implied.get(photo, ())),
                sources=tuple(sorted(known.sources)), models=tuple(sorted(known.models)),
            )  # fmt: skip
        at = (page[-1][0], page[-1][1])


@dataclass(slots=True)
class _Stand:
    """What was decided on one photo, by whom, and with which networks' help."""

    accepted: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)


def _stand(connection: Connection, ids: list[int]) -> dict[int, _Stand]:
    found: dict[int, _Stand] = {}
    called = network_names(connection)
    for photo, tag, state, source, witness in connection.reader().execute(
        f"SELECT d.photo, t.name, d.state, d.source, {rows.WITNESS} FROM decisions d JOIN tags t ON t.id = d.tag"
        " WHERE d.photo IN (SELECT value FROM json_each(?)) AND d.state IN ('accepted', 'rejected')",
        (rows.id_list(ids),),
    ):
        known = found.setdefault(photo, _Stand())
        if state == "rejected":
            known.rejected.append(tag)
            continue
        known.accepted.append(tag)
        known.sources.add(source)
        if (model := rows.witness(witness)[0]) is not None:
            known.models.add(model)
            known.models |= _spoke(called.get(model, []), rows.witnesses(witness))
    return found


def network_names(connection: Connection) -> dict[str, list[tuple[str, str]]]:
    """Number -> (name, version) of the networks behind it, the shipped one first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for number, name, version in connection.reader().execute(
        "SELECT hash, name, version FROM network_names ORDER BY hash, place"
    ):
        found.setdefault(number, []).append((name, version))
    return found


def _spoke(networks: list[tuple[str, str]], witnesses: list[str]) -> set[str]:
    """The networks that spoke, by name, and by name and version; whoever is no other network is the shipped one."""
    known = dict(networks[1:])
    found = set()
    for witness in witnesses if networks else ():
        name, version = (witness, known[witness]) if witness in known else networks[0]
        found |= {name, f"{name} {version}".strip()}
    return found


def _implied(connection: Connection, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for photo, tag in connection.reader().execute(
        "SELECT i.photo, t.name FROM settled i JOIN tags t ON t.id = i.tag"
        " WHERE i.photo IN (SELECT value FROM json_each(?))",
        (rows.id_list(ids),),
    ):
        found.setdefault(photo, []).append(tag)
    return found


def _suggested(connection: Connection, ids: list[int]) -> dict[int, list[tuple[str, float]]]:
    found: dict[int, list[tuple[str, float]]] = {}
    for photo, tag, score in connection.reader().execute(
        "SELECT s.photo, t.name, s.score FROM open_suggestions s JOIN tags t ON t.id = s.tag"
        " WHERE s.photo IN (SELECT value FROM json_each(?)) ORDER BY s.score DESC",
        (rows.id_list(ids),),
    ):
        found.setdefault(photo, []).append((tag, score))
    return found
