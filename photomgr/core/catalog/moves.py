"""Photos that were renamed, moved or put into the trash from inside the program, so that it can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import Change
from .connection import Connection
from .places import PLACE, Place
from .tag_facts import about
from .verdicts import Says, Verdicts


@dataclass(frozen=True, slots=True)
class Move:
    """A photo that goes from one place to another; sidecars match one by one."""

    photo: int
    start: Place
    goal: Place

    def reversed(self) -> Move:
        return Move(self.photo, self.goal, self.start)


class Moves:
    """The part of the catalog that knows what was moved."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    def write(self, moves: Sequence[Move], text: Says) -> Change:
        """Note as one undoable action that files have moved."""
        with self._connection.transaction() as writer:
            effects = [
                about(PLACE, None, each.start.as_json(), each.goal.as_json(), each.photo) for each in moves
            ]
            return self._verdicts.commit(writer, effects, text)

    def next(self, *, undo: bool) -> list[Move]:
        """The moves that undo, or redo, would make now; none where it is about something else."""
        state, pick = ("done", "max") if undo else ("undone", "min")
        cursor = self._connection.reader().execute(
            "SELECT photo, before, after FROM verdicts WHERE verdict = ? AND action ="
            f" (SELECT {pick}(action) FROM undo WHERE state = ?) ORDER BY id",
            (PLACE, state),
        )
        moves = [
            Move(photo, Place.of_json(json.loads(before)), Place.of_json(json.loads(after)))
            for photo, before, after in cursor
        ]
        return [each.reversed() for each in reversed(moves)] if undo else moves
