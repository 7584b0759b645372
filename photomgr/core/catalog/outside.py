"""What other programs changed where we had written: merged into decisions, clashes into a list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..records import Source, tag_key
from ..said import Said, from_text, to_text
from ..xmp.merging import TAG, TAGS, Base, Clash, Ours, Outcome, merge
from ..xmp.wish import LABEL, RATING
from . import rows, texts

Effect = tuple[int, str, int | None, str | None, str | None]
"""Photo, verdict, tag, before and after, as a row of ``verdicts``."""


def bases(writer: sqlite3.Connection, ids: Iterable[int]) -> dict[int, Base]:
    """What we know of the places of those photos to which we wrote."""
    cursor = writer.execute(
        "SELECT photo, state, pending, rating, label, title, caption FROM written"
        " WHERE photo IN (SELECT value FROM json_each(?))",
        (rows.id_list(ids),),
    )
    return {
        photo: Base(from_text(state), from_text(pending) if pending else (), *stood)
        for photo, state, pending, *stood in cursor
    }


def merged(
    writer: sqlite3.Connection, photo: int, base: Base, now: Sequence[Said], moment: str
) -> tuple[list[Effect], set[int]]:
    """Inside a transaction: the effects of what changed outside, and the tags that it took off.

    What is there now becomes the new base.
    """
    stand, ours = _ours(writer, photo)
    keys = {tag_key(w) for each in (*base.places, *base.pending, *now) for w in each.all_keywords()}
    led = led_to(writer, keys)
    known = replace(base, places=_by_tag(base.places, led), pending=_by_tag(base.pending, led))
    there = _by_tag(now, led)
    outcome = merge(known, there, ours)
    effects: list[Effect] = []
    for name in outcome.accept:
        try:
            tag = rows.tag_id(writer, rows.clean_tag(str(rows.storable(name))))
        except UsageError:
            continue
        effects.append((photo, "tag", tag, stand.get(tag_key(name), (0, None))[1], "accepted/file"))
    left = {tag_key(word) for place in there for word in place.all_keywords()}
    gone: set[int] = set()
    for key in sorted(outcome.remove):
        if key in stand:
            tag, state = stand[key]
            gone.add(tag)
            if state.startswith("accepted/"):
                effects.append((photo, "untag", tag, state, "removed/file" if key in left else None))
    effects.extend(_stars_and_colour(photo, outcome, ours, writer))
    _store(writer, photo, now, outcome, ours)
    for clash in outcome.clashes:
        _note(writer, photo, clash, moment)
    return effects, gone


@dataclass(frozen=True, slots=True)
class Led:
    """The tag to which another name leads, and how that came (``alias``, ``renamed`` …)."""

    tag: str
    kind: str


def led_to(reader: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Led]:
    """Key -> the tag that it leads to, of those keys that are other names."""
    cursor = reader.execute(
        "SELECT n.key, t.name, n.kind FROM names n JOIN tags t ON t.id = n.tag"
        " WHERE n.key IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(keys)),),
    )
    return {key: Led(tag, kind) for key, tag, kind in cursor}


def _by_tag(places: Sequence[Said], led: dict[str, Led]) -> tuple[Said, ...]:
    """Places with the tags that their words mean."""
    if not led:
        return tuple(places)
    return tuple(
        replace(
            place,
            keywords={
                name: tuple(led[key].tag if (key := tag_key(word)) in led else word for word in words)
                for name, words in place.keywords.items()
            },
        )
        for place in places
    )


def _ours(writer: sqlite3.Connection, photo: int) -> tuple[dict[str, tuple[int, str]], Ours]:
    """(key -> tag and state), and the same as the merge wants it."""
    stand: dict[str, tuple[int, str]] = {}
    accepted: dict[str, str] = {}
    refused, quiet = set(), set()
    for tag, name, key, state, source in writer.execute(
        "SELECT t.id, t.name, t.key, d.state, d.source FROM decisions d JOIN tags t ON t.id = d.tag"
        " WHERE d.photo = ?",
        (photo,),
    ):
        stand[key] = (tag, f"{state}/{source}")
        if state == "accepted":
            accepted[key] = name
        elif source == Source.FILE:
            quiet.add(key)
        else:
            refused.add(key)
    marks = writer.execute(
        "SELECT rating, label, own_title, own_caption FROM photos WHERE id = ?", (photo,)
    ).fetchone()
    return stand, Ours(accepted, frozenset(refused), frozenset(quiet), *marks)


def _stars_and_colour(photo: int, outcome: Outcome, ours: Ours, writer: sqlite3.Connection) -> list[Effect]:
    effects: list[Effect] = []
    stars_by, colour_by = writer.execute(
        "SELECT rating_source, label_source FROM photos WHERE id = ?", (photo,)
    ).fetchone()
    if outcome.rating is not None:
        effects.append((photo, "rate", None, f"{ours.rating}/{stars_by or ''}", f"{outcome.rating}/file"))
    if outcome.label is not None:
        label = outcome.label[0]
        effects.append((photo, "label", None, f"{ours.label or ''}/{colour_by or ''}", f"{label or ''}/file"))
    for field, text in outcome.texts.items():
        effects.append((photo, field, None, texts.stands(writer, field, photo), f"{text}/file"))
    return effects


def _store(writer: sqlite3.Connection, photo: int, now: Sequence[Said], outcome: Outcome, ours: Ours) -> None:
    """Note what stands in both; where they clash that is theirs, so that ours is still the one to be written."""
    clashes = {clash.field: clash.theirs[0] for clash in outcome.clashes if clash.field not in (TAG, TAGS)}
    rating = ours.rating if outcome.rating is None else outcome.rating
    rating = int(clashes.get(RATING, rating))
    label = ours.label if outcome.label is None else outcome.label[0]
    label = clashes.get(LABEL, label) or None
    title, caption = (
        clashes.get(name, outcome.texts.get(name, getattr(ours, name))) for name in texts.FIELDS
    )
    writer.execute(
        "UPDATE written SET state = ?, pending = NULL, rating = ?, label = ?, title = coalesce(?, title),"
        " caption = coalesce(?, caption) WHERE photo = ?",
        (to_text(tuple(now)), rating, label, title, caption, photo),
    )


def _note(writer: sqlite3.Connection, photo: int, clash: Clash, moment: str) -> None:
    tag = tag_key(clash.tag) if clash.field == TAG else ""
    writer.execute(
        "INSERT INTO conflicts (photo, field, tag, ours, theirs, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (photo, field, tag) DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs,"
        " at = excluded.at",
        (photo, clash.field, tag, _json(clash.ours), _json(clash.theirs), moment),
    )


def _json(values: Sequence[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
