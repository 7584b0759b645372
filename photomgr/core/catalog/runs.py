"""What decides by itself: acceptance in the sure band, and refusals that follow a refused look-alike.

Each run is an action of its own that the steps of undo pass over; it is taken back by its number, whatever was
done after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import UsageError
from ..records import Change, Presence, Source
from . import keywords, rows
from .connection import Connection
from .learning import Ground
from .lookalikes import is_anchor
from .tag_facts import Effect, about
from .verdicts import Says, Verdicts

SURE_RUN: Final = "sure"
LOOKALIKE_RUN: Final = "lookalike"
_WHO: Final = "auto"

_STANDS: Final = (
    "d.photo = v.photo AND d.state || '/' || d.source = v.after AND (d.tag = v.tag OR EXISTS ("
    "SELECT 1 FROM tags t JOIN names n ON n.key = t.key JOIN verdicts m ON m.photo = d.photo AND +m.tag = d.tag"
    " WHERE t.id = v.tag AND n.tag = d.tag AND m.verdict = 'merge' AND m.after = v.after AND m.action > v.action))"
)
"""That a run's verdict ``v`` stands as the decision ``d``: on its own tag, or on the one that this was merged into."""


@dataclass(frozen=True, slots=True)
class Run:
    """One automatic run: its action's ``id``, on how many ``photos`` it decided, on how many that ``stands``.

    ``kind`` is ``sure`` or ``lookalike``; ``model`` the network's hash, None where it played no part, and ``network``
    what that is called.
    """

    id: int
    when: str
    kind: str
    tag: str
    photos: int
    stands: int
    model: str | None
    network: str = ""


class Runs:
    """The part of the catalog that holds what was decided without the person."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    # accepted in the sure band

    def automatic(self) -> list[tuple[int, str]]:
        """(id, name) of the tags that are accepted by themselves where they are sure."""
        cursor = self._connection.reader().execute(
            "SELECT t.id, t.name FROM automatic a JOIN tags t ON t.id = a.tag ORDER BY t.key"
        )
        return cursor.fetchall()

    def accept_sure(self, tag: int, ground: Ground, text: Says) -> Change:
        """Accept one tag's open suggestions in its sure band (the target where none was learnt) as one run.

        Nothing when photos or decisions came since the tag was learnt: they wait for the next learning. Photos that
        the network of ``ground`` has not seen are left out. Pairs on which anything was ever decided are left to the
        person: what was taken back stays so.
        """
        with self._connection.transaction() as writer:
            found = _sure(writer, tag, ground) if _is_current(writer, tag, ground) else []
            effects = [
                Effect(
                    photo,
                    "accept",
                    tag,
                    None,
                    "accepted/model",
                    Source.MODEL,
                    ground.model,
                    score,
                    rows.spoke(reasons),
                )
                for photo, score, reasons in found
            ]
            return self._keep(writer, effects, text, SURE_RUN, tag, ground.model)

    # refused look-alikes

    def refuse_lookalikes(self, tag: str, anchors: Mapping[int, Sequence[int]], text: Says) -> Change:
        """Refuse a tag for the photos of ``anchors`` and for the look-alikes of each, as one undoable action.

        A look-alike on which somebody decided stays as it is.
        """
        with self._connection.transaction() as writer:
            found = rows.tag_id(writer, rows.clean_tag(tag))
            self._verdicts.demand(writer, set(anchors))
            stand = _standing(writer, found, {*anchors, *(p for alike in anchors.values() for p in alike)})
            effects = []
            for anchor, alike in anchors.items():
                if stand.get(anchor) != "rejected/person":
                    effects.append(Effect(anchor, "reject", found, stand.get(anchor), "rejected/person"))
                    stand[anchor] = "rejected/person"
                if not is_anchor(writer, found, anchor):
                    effects.append(about("lookalike", found, None, True, anchor))
                for photo in alike:
                    if stand.get(photo) in (None, "accepted/model"):
                        effects.append(
                            Effect(photo, "reject", found, stand.get(photo), "rejected/rule", Source.RULE)
                        )
                        stand[photo] = "rejected/rule"
            return self._verdicts.commit(writer, effects, text)

    def anchors(self) -> list[tuple[int, int]]:
        """(tag, photo) of every refusal that holds for look-alikes."""
        return self._connection.reader().execute("SELECT tag, photo FROM lookalikes").fetchall()

    def refuse_later(self, tag: int, anchor: int, photos: Sequence[int], text: Says) -> Change:
        """Refuse a tag for look-alikes that came after the refusal, as one run."""
        with self._connection.transaction() as writer:
            stand = _standing(writer, tag, set(photos))
            effects = [
                Effect(photo, "reject", tag, None, "rejected/rule", Source.RULE)
                for photo in photos
                if photo not in stand
            ]
            return self._keep(writer, effects, text, LOOKALIKE_RUN, tag, None, anchor)

    def open_for(self, tag: int) -> list[int]:
        """Photos for which a tag is suggested, undecided, and never was refused by this rule and reopened."""
        cursor = self._connection.reader().execute(
            "SELECT s.photo FROM open_suggestions s WHERE s.tag = ? AND NOT EXISTS (SELECT 1 FROM verdicts v"
            " WHERE v.photo = s.photo AND +v.tag = s.tag AND v.verdict = 'unreject')",
            (tag,),
        )
        return [photo for (photo,) in cursor]

    def _keep(
        self,
        writer: sqlite3.Connection,
        effects: Sequence[Effect],
        text: Says,
        kind: str,
        tag: int,
        model: str | None,
        anchor: int | None = None,
    ) -> Change:
        change = self._verdicts.commit(writer, effects, text, _WHO, undoable=False)
        if change.action is not None:
            writer.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (change.action, kind, tag, model, anchor)
            )
        return change

    # looking back

    def all(self) -> list[Run]:
        """Every automatic run, newest first."""
        reader = self._connection.reader()
        called = rows.networks_called(reader)
        cursor = reader.execute(
            "SELECT r.action, a.at, r.kind, t.name, count(*), coalesce(sum(d.source IN ('model', 'rule')), 0), r.model"
            " FROM runs r JOIN actions a ON a.id = r.action JOIN tags t ON t.id = r.tag"
            " JOIN verdicts v ON v.action = r.action"
            f" LEFT JOIN decisions d ON {_STANDS}"
            " GROUP BY r.action ORDER BY r.action DESC"
        )
        return [
            Run(number, when, kind, tag, photos, stands, model, called.get(model, (model or "")[:12]))
            for number, when, kind, tag, photos, stands, model in cursor
        ]

    def photos_of(self, run: str) -> list[int]:
        """The photos on which one run decided, as far as that stands, by id."""
        cursor = self._connection.reader().execute(
            f"SELECT DISTINCT v.photo FROM runs r JOIN verdicts v ON v.action = r.action JOIN decisions d ON {_STANDS}"
            " WHERE r.action = ? AND d.source IN ('model', 'rule') ORDER BY v.photo",
            (run,),  # as text: a number of any length may be asked for
        )
        return [photo for (photo,) in cursor]

    def revoke(self, run: int, text: Says) -> Change:
        """Take one run back as one undoable action, except where somebody decided since. Raises UsageError."""
        with self._connection.transaction() as writer:
            # As text: a number of any length may be asked for.
            if writer.execute("SELECT 1 FROM runs WHERE action = ?", (str(run),)).fetchone() is None:
                raise UsageError(f"There is no automatic run with the number {run}.")
            found = writer.execute(
                f"SELECT d.photo, d.tag, v.after, v.source FROM verdicts v JOIN decisions d ON {_STANDS}"
                " WHERE v.action = ? ORDER BY v.id",
                (run,),
            ).fetchall()
            said = keywords.said_of(writer, {row[0] for row in found})
            effects = [
                Effect(photo, "revoke", tag, after, "accepted/file" if (photo, tag) in said else None, source)
                for photo, tag, after, source in found
            ]
            return self._verdicts.commit(writer, effects, text)


def _is_current(writer: sqlite3.Connection, tag: int, ground: Ground) -> bool:
    """Whether a tag's suggestions are made from what stands at this moment, or by the network alone."""
    found = writer.execute(
        "SELECT l.state, m.value, (SELECT max(id) FROM verdicts WHERE tag = l.tag)"
        " FROM learnt l, meta m WHERE l.tag = ? AND m.key = 'annotated'",
        (tag,),
    ).fetchone()
    # What the network says of a photo that has just come is not yet corrected by the decisions on the tag.
    return found is None or found[0] == ground.state(int(found[1]), found[2])


def _sure(writer: sqlite3.Connection, tag: int, ground: Ground) -> list[tuple[int, float, str]]:
    """(photo, score, reasons) of a tag's open suggestions in the sure band on which nothing was ever decided."""
    cursor = writer.execute(
        "SELECT s.photo, s.score, s.reasons FROM open_suggestions s JOIN photos p ON p.id = s.photo"
        " JOIN annotations a ON a.photo = s.photo JOIN models m ON m.id = a.model AND m.hash = ?"
        " WHERE s.tag = ? AND p.presence <> ? AND s.score >= coalesce("
        "(SELECT sure FROM bands WHERE tag = s.tag), (SELECT sure FROM learnt WHERE tag = s.tag), ?)"
        " AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.photo = s.photo AND +v.tag = s.tag)"
        " ORDER BY s.photo",
        (ground.model, tag, Presence.GONE, ground.target),
    )
    return cursor.fetchall()


def _standing(writer: sqlite3.Connection, tag: int, photos: set[int]) -> dict[int, str]:
    cursor = writer.execute(
        "SELECT photo, state || '/' || source FROM decisions WHERE tag = ?"
        " AND photo IN (SELECT value FROM json_each(?))",
        (tag, rows.id_list(photos)),
    )
    return dict(cursor.fetchall())
