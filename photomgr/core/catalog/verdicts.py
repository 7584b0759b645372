"""Decisions of the person: append-only verdicts, the state that they add up to, undo and redo."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..errors import UsageError
from ..records import LABEL_COLOURS, Change, Source, Verdict, What
from . import keywords, lookalikes, places, rows, shelves, tag_facts, texts
from .connection import Connection
from .schema import now
from .tag_facts import Effect

Says = Callable[[int], str]
"""Says to a person what was done to so many photos."""

_STATES: Final = {
    "accept": "accepted",
    "tag": "accepted",
    "reject": "rejected",
    "untag": None,
    "unreject": None,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One wish of a person: ``verdict`` is accept, tag, reject, untag or unreject."""

    photo: int
    tag: str
    verdict: str


class Verdicts:
    """The part of the catalog that only ever grows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # deciding

    def judge(self, judgements: Sequence[Judgement], text: Says, who: str = "person") -> Change:
        """Write decisions as one undoable action; those that change nothing are left out.

        Raises UsageError for a tag that cannot be kept or a photo that is not in the catalog.
        """
        with self._connection.transaction() as writer:
            names = {each.tag for each in judgements}
            tag_ids = {name: rows.tag_id(writer, rows.clean_tag(name)) for name in names}
            photos = {each.photo for each in judgements}
            self.demand(writer, photos)
            stand = self._standing(writer, photos, set(tag_ids.values()))
            offered = self._offered(writer, photos, set(tag_ids.values()))
            said = keywords.said_of(writer, photos)
            effects = []
            for each in judgements:
                tag = tag_ids[each.tag]
                before = stand.get((each.photo, tag))
                after = _after(each.verdict, before, (each.photo, tag) in said)
                if after == before:
                    continue
                stand[each.photo, tag] = after
                effects.append(
                    Effect(
                        each.photo, each.verdict, tag, before, after, Source.PERSON,
                        *offered.get((each.photo, tag), ()),
                    )
                )  # fmt: skip
            effects += lookalikes.ended(writer, effects)
            return self.commit(writer, [*effects, *lookalikes.followers(writer, effects)], text, who)

    def rate(self, stars: int, ids: Iterable[int], text: Says, who: str = "person") -> Change:
        """Set the rating, 0 to 5, as one undoable action."""
        if stars not in range(6):
            raise UsageError("A rating is a number from 0 to 5.")
        return self._set("rate", "rating", str(stars), ids, text, who)

    def label(self, colour: str | None, ids: Iterable[int], text: Says, who: str = "person") -> Change:
        """Set or, with None, take off the colour label as one undoable action."""
        if colour is not None and colour not in LABEL_COLOURS:
            raise UsageError(f"A label is one of {', '.join(LABEL_COLOURS)}, or none.")
        return self._set("label", "label", colour or "", ids, text, who)

    def describe(self, field: str, text: str, ids: Iterable[int], says: Says, who: str = "person") -> Change:
        """Give photos a title or a caption, "" for none, as one undoable action. Raises UsageError."""
        clean = texts.cleaned(field, text)
        with self._connection.transaction() as writer:
            photos = set(ids)
            self.demand(writer, photos)
            return self.commit(writer, texts.wanted(writer, field, clean, photos), says, who)

    def _set(self, verdict: str, column: str, value: str, ids: Iterable[int], text: Says, who: str) -> Change:
        with self._connection.transaction() as writer:
            photos = set(ids)
            self.demand(writer, photos)
            effects = [
                Effect(
                    photo,
                    verdict,
                    None,
                    f"{old if old is not None else ''}/{source or ''}",
                    f"{value}/person",
                )
                for photo, old, source in writer.execute(
                    f"SELECT id, {column}, {column}_source FROM photos"
                    " WHERE id IN (SELECT value FROM json_each(?))",
                    (rows.id_list(photos),),
                ).fetchall()
                if str(old if old is not None else "") != value or source == Source.FILE
            ]
            return self.commit(writer, effects, text, who)

    @staticmethod
    def demand(writer: sqlite3.Connection, photos: set[int]) -> None:
        """Raises UsageError for a photo that is not in the catalog."""
        found = writer.execute(
            "SELECT count(*) FROM photos WHERE id IN (SELECT value FROM json_each(?))",
            (rows.id_list(photos),),
        ).fetchone()[0]
        if found < len(photos):
            raise UsageError("A photo of this selection is not in the catalog any more.")

    @staticmethod
    def _standing(
        writer: sqlite3.Connection, photos: set[int], tags: set[int]
    ) -> dict[tuple[int, int], str | None]:
        cursor = writer.execute(
            "SELECT photo, tag, state, source FROM decisions WHERE photo IN (SELECT value FROM json_each(?))"
            " AND tag IN (SELECT value FROM json_each(?))",
            (rows.id_list(photos), rows.id_list(tags)),
        )
        return {(photo, tag): f"{state}/{source}" for photo, tag, state, source in cursor}

    @staticmethod
    def _offered(
        writer: sqlite3.Connection, photos: set[int], tags: set[int]
    ) -> dict[tuple[int, int], tuple[str, float, str]]:
        """The model with which each decided tag was suggested, the score, and who spoke, where it was."""
        cursor = writer.execute(
            "SELECT s.photo, s.tag, m.hash, s.score, s.reasons FROM suggestions s"
            " JOIN annotations a ON a.photo = s.photo JOIN models m ON m.id = a.model"
            " WHERE s.photo IN (SELECT value FROM json_each(?)) AND s.tag IN (SELECT value FROM json_each(?))",
            (rows.id_list(photos), rows.id_list(tags)),
        )
        return {
            (photo, tag): (model, score, rows.spoke(reasons)) for photo, tag, model, score, reasons in cursor
        }

    # undo and redo

    def undo(self) -> Change | None:
        """Take back the last action that stands; None when there is none. The inverse is an action too."""
        return self._turn("done", "undone", "max", "undo")

    def redo(self) -> Change | None:
        """Do again what was undone last; None when there is nothing."""
        return self._turn("undone", "done", "min", "redo")

    def undo_text(self) -> str | None:
        """What undo would take back, for a menu."""
        return self._top("done", "max")

    def redo_text(self) -> str | None:
        """What redo would do again, for a menu."""
        return self._top("undone", "min")

    def _top(self, state: str, pick: str) -> str | None:
        row = (
            self._connection.reader()
            .execute(
                f"SELECT text FROM actions WHERE id = (SELECT {pick}(action) FROM undo WHERE state = ?)",
                (state,),
            )
            .fetchone()
        )
        return str(row[0]) if row else None

    def _turn(self, state: str, other: str, pick: str, verdict: str) -> Change | None:
        with self._connection.transaction() as writer:
            action = writer.execute(f"SELECT {pick}(action) FROM undo WHERE state = ?", (state,)).fetchone()[
                0
            ]
            if action is None:
                return None
            text = writer.execute("SELECT text FROM actions WHERE id = ?", (action,)).fetchone()[0]
            stored = writer.execute(
                "SELECT photo, verdict, tag, before, after FROM verdicts WHERE action = ? ORDER BY id",
                (action,),
            ).fetchall()
            said = keywords.said_of(writer, {row[0] for row in stored})
            ours = keywords.written_to(writer, {row[0] for row in stored})
            effects = []
            for photo, kind, tag, before, after in stored:
                start, goal = (after, before) if verdict == "undo" else (before, after)
                effects.append(_as_files_say(Effect(photo, kind, tag, start, goal), said, ours))
            effects = effects[::-1] if verdict == "undo" else effects
            change = self.commit(
                writer,
                [*effects, *lookalikes.followers(writer, effects)],
                lambda _: str(text),
                verdict,
                inverse_of=action,
            )
            writer.execute("UPDATE undo SET state = ? WHERE action = ?", (other, action))
        return change

    # the one place that writes verdicts

    def commit(
        self,
        writer: sqlite3.Connection,
        effects: Sequence[Effect],
        says: Says,
        who: str = "person",
        inverse_of: int | None = None,
        *,
        undoable: bool = True,
    ) -> Change:
        """Inside a transaction: write effects as one action. What is not ``undoable`` leaves the steps of undo and
        redo as they are."""
        if not effects and inverse_of is None:
            return Change(What.NOTHING, text="")
        moment = now()
        # First what is about tags: which broader tags a decision settles depends on it.
        moved = tag_facts.apply(writer, [each for each in effects if each.verdict in tag_facts.KINDS])
        self._apply(writer, [each for each in effects if each.verdict not in tag_facts.KINDS], moment)
        touched = frozenset({*moved, *(each.photo for each in effects)} - {tag_facts.ABOUT_TAGS})
        text = rows.storable(says(len(touched)))  # a name as it was given, with what is not kept of it
        action = writer.execute(
            "INSERT INTO actions (at, who, text, inverse_of) VALUES (?, ?, ?, ?) RETURNING id",
            (moment, who, text, inverse_of),
        ).fetchone()[0]
        writer.executemany(
            "INSERT INTO verdicts (action, photo, verdict, tag, before, after, source, model, score, witnesses)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    action,
                    e.photo,
                    e.verdict,
                    e.tag,
                    e.before,
                    e.after,
                    e.source,
                    e.model,
                    e.score,
                    e.witnesses,
                )
                for e in effects
            ],
        )
        if inverse_of is None and undoable:
            writer.execute("UPDATE undo SET state = 'dropped' WHERE state = 'undone'")
            writer.execute("INSERT INTO undo VALUES (?, 'done')", (action,))
        revision = self._connection.next_revision()
        rows.stamp(writer, touched, revision)
        sides = {"rate": What.RATING, "label": What.LABEL} | dict.fromkeys(texts.FIELDS, What.TEXTS)
        sides |= dict.fromkeys(tag_facts.KINDS, What.TAGS | What.SUGGESTIONS)
        sides |= dict.fromkeys(shelves.KINDS, What.COLLECTIONS)
        sides[tag_facts.NETWORKS] = What.NETWORKS | What.SUGGESTIONS
        sides[places.PLACE] = What.PHOTOS | What.PRESENCE | What.METADATA
        sides["clash"] = What.WRITING
        what = What.NOTHING
        for kind in {each.verdict for each in effects}:
            what |= sides.get(kind, What.TAGS)
        return Change(what, touched, text, action, revision)

    @staticmethod
    def _apply(writer: sqlite3.Connection, effects: Sequence[Effect], moment: str) -> None:
        """Bring ``decisions``, ratings, labels and texts to what the effects say."""
        texts.apply(writer, [each for each in effects if each.verdict in texts.FIELDS])
        stars, colours, gone, stand = [], [], [], []
        for each in effects:
            value, _, source = (each.after or "/").rpartition("/")
            if each.verdict == "rate":
                stars.append((int(value or 0), source or None, each.photo))
            elif each.verdict == "label":
                colours.append((value or None, source or None, each.photo))
            elif each.verdict in texts.FIELDS:
                continue
            elif each.after is None:
                gone.append((each.photo, each.tag))
            else:
                stand.append((each.photo, each.tag, value, source, moment))
        writer.executemany("UPDATE photos SET rating = ?, rating_source = ? WHERE id = ?", stars)
        writer.executemany("UPDATE photos SET label = ?, label_source = ? WHERE id = ?", colours)
        writer.executemany("DELETE FROM decisions WHERE photo = ? AND tag = ?", gone)
        writer.executemany(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?) ON CONFLICT (photo, tag)"
            " DO UPDATE SET state = excluded.state, source = excluded.source, at = excluded.at",
            stand,
        )

    # history

    def history(self, photo: int) -> list[Verdict]:
        """Every verdict on a photo, oldest first. Ratings, labels and texts show their value as the tag."""
        cursor = self._connection.reader().execute(
            "SELECT a.at, a.who, v.verdict, t.name, v.after, v.source, v.model, v.score FROM verdicts v"
            " JOIN actions a ON a.id = v.action LEFT JOIN tags t ON t.id = v.tag"
            " WHERE v.photo = ? AND v.verdict NOT IN ('said', 'lookalike', 'shelve', 'place', 'clash')"
            " ORDER BY v.id",
            (photo,),
        )
        history = []
        for at, who, verdict, tag, after, source, model, score in cursor:
            shown = tag if tag is not None else (after or "/").rpartition("/")[0]
            verb = f"{who} {verdict}" if who in ("undo", "redo") else verdict
            history.append(Verdict(at, verb, shown, Source(source), model, score))
        return history


def _after(verdict: str, before: str | None, said: bool) -> str | None:
    """Where a decision stands after a verdict; ``said``: the file itself holds the tag.

    Saying it again changes nothing, but what only a file said becomes the person's own.
    """
    state = _STATES[verdict]
    if verdict == "unreject":
        if before is None or not before.startswith("rejected/"):
            return before
        return "accepted/file" if said else None
    if state is None:
        if before is None or before.startswith(("rejected/", "removed/")):
            return before
        # The file still says it: remember that the person does not want it, or the next scan brings it back.
        return "removed/person" if said else None
    return f"{state}/person"


def _as_files_say(effect: Effect, said: set[tuple[int, int]], ours: set[int]) -> Effect:
    """An inverse leads to where nobody had decided: there the file counts, as it is now.

    To those of ``ours`` we wrote: what was in no file when it was decided, and is now, came from us and goes again.
    """
    if effect.verdict in tag_facts.KINDS:
        return effect
    if effect.tag is None or (effect.after is not None and not effect.after.endswith("/file")):
        return effect
    if (effect.photo, effect.tag) not in said:
        return replace(effect, after=None)
    return replace(
        effect, after="removed/person" if effect.after is None and effect.photo in ours else "accepted/file"
    )
