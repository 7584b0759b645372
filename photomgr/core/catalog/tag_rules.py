"""What a person laid down for a tag beside its photos, and what becomes of it when the tag goes into another."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from .tag_facts import Effect, about

AUTOMATIC: Final = "automatic"
IGNORED: Final = "ignored"
BANDS: Final = "bands"
_VERDICTS: Final = {AUTOMATIC: "automatic", IGNORED: "ignore", BANDS: "bands"}


def rules_of(reader: sqlite3.Connection, tag: int | None) -> dict[str, Any]:
    """The rules of a tag: True for AUTOMATIC and IGNORED, [sure, ask] for BANDS; those that are not are left out."""
    found: dict[str, Any] = {}
    for table in (AUTOMATIC, IGNORED):
        if reader.execute(f"SELECT 1 FROM {table} WHERE tag = ?", (tag,)).fetchone():
            found[table] = True
    row = reader.execute("SELECT sure, ask FROM bands WHERE tag = ?", (tag,)).fetchone()
    if row:
        found[BANDS] = list(row)
    return found


def kept_and_lost(
    reader: sqlite3.Connection, one: int, other: int | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The rules of ``one`` that come to hold for ``other``, and the names of those that nothing follows.

    A tag on which something was decided, or that has a rule of its own, keeps to what was laid down for it: what was
    true of the one word alone would surprise there. Any other tag takes all of them.
    """
    mine, its = rules_of(reader, one), rules_of(reader, other)
    used = reader.execute("SELECT 1 FROM decisions WHERE tag = ? LIMIT 1", (other,)).fetchone() is not None
    if not its and not used:
        return mine, ()
    return {}, tuple(rule for rule in mine if rule not in its)


def move_rules(writer: sqlite3.Connection, one: int, other: int) -> list[Effect]:
    """Take the rules of a tag off it, and lay down for the other one those that go with it."""
    kept, _ = kept_and_lost(writer, one, other)
    effects = [about(_VERDICTS[rule], one, value, None) for rule, value in rules_of(writer, one).items()]
    return effects + [about(_VERDICTS[rule], other, None, value) for rule, value in kept.items()]
