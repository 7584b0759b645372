"""Refusals that hold for look-alikes: when one ends, and what ends with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ..records import Source
from .tag_facts import Effect, about


def ended(writer: sqlite3.Connection, effects: Sequence[Effect]) -> list[Effect]:
    """A refusal that is taken back no longer holds for look-alikes."""
    return [
        about("lookalike", each.tag, True, None, each.photo)
        for each in effects
        if each.tag is not None
        and (each.before or "").startswith("rejected/")
        and not (each.after or "").startswith("rejected/")
        and is_anchor(writer, each.tag, each.photo)
    ]


def followers(writer: sqlite3.Connection, effects: Sequence[Effect]) -> list[Effect]:
    """What was refused for look-alikes of photos that no longer are such an example, and still is."""
    mine = {(each.photo, each.tag) for each in effects}
    found = {}
    for each in effects:
        if each.verdict != "lookalike" or (each.after is not None and json.loads(each.after)):
            continue
        for (photo,) in writer.execute(
            "SELECT d.photo FROM decisions d WHERE d.tag = ? AND d.state = 'rejected' AND d.source = 'rule' AND"
            " EXISTS (SELECT 1 FROM verdicts v WHERE v.photo = d.photo AND +v.tag = d.tag AND v.action IN ("
            "SELECT action FROM runs WHERE tag = d.tag AND anchor = ? UNION ALL"
            " SELECT action FROM verdicts WHERE photo = ? AND +tag = d.tag AND verdict = 'lookalike'))",
            (each.tag, each.photo, each.photo),
        ):
            if (photo, each.tag) not in mine:
                found[photo, each.tag] = Effect(photo, "revoke", each.tag, "rejected/rule", None, Source.RULE)
    return list(found.values())


def is_anchor(writer: sqlite3.Connection, tag: int, photo: int) -> bool:
    """Whether a refusal of this tag for this photo holds for its look-alikes."""
    found = writer.execute("SELECT 1 FROM lookalikes WHERE tag = ? AND photo = ?", (tag, photo)).fetchone()
    return found is not None
