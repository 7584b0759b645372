"""Why a search found nothing, and a query nearby that finds something."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from photomgr.core.query import And, Dates, Field, Flag, Near, Node, Not, Or, Words, leaves, parse, to_text
from photomgr.core.query_values import FIELD_ALIASES, FIELD_NAMES
from photomgr.core.search.evaluate import evaluate
from photomgr.core.search.fuzzy import distances
from photomgr.core.search.snapshot import Snapshot
from photomgr.core.search.text import fold, words_of

_ALL_AT_ONCE: Final = "No photo has all of these at once."
_LONGEST: Final = 24  # letters of words whose spelling is compared
_MOST_CLAUSES: Final = 12  # of a longer query only the cause is said: trying its parts would take too long
_SPOKEN: Final = (
    "tag",
    "maybe",
    "place",
    "folder",
    "camera",
    "title",
)  # file names are too many and no words


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate with the fewest edits, at most one for short words and two for longer; else None."""
    limit = 1 if len(word) <= 4 else 2
    if not 3 <= len(word) <= _LONGEST:
        return None
    near = sorted({c for c in candidates if abs(len(c) - len(word)) <= limit and c != word})
    if not near:
        return None
    far = distances(word, near)
    best = min(range(len(near)), key=lambda i: (far[i], near[i][0] != word[0], near[i]))
    return near[best] if far[best] <= limit else None


class Advisor:
    """Looks for a way out of an empty result. ``text`` of nodes is shown to the person in quotes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def advise(self, node: Node) -> tuple[str, str]:
        """(why nothing was found, a query that finds something or "")."""
        if not self._snapshot.present.any():
            return "No photo is in the search index yet.", ""
        gone = int(np.count_nonzero(evaluate(node, self._snapshot) & self._snapshot.live))
        if gone:
            found = "1 photo" if gone == 1 else f"{gone:,} photos"
            return f"Only photos whose files are gone match: {found}.", to_text(
                _and((node, Flag("is", "gone")))
            )
        if (spelt := _with_operators(node)) is not None and self._count(spelt):
            return "OR and NOT are written in capital letters.", to_text(spelt)
        clauses = node.children if isinstance(node, And) else (node,)
        dead = [clause for clause in clauses if not self._count(clause)]
        if len(clauses) > _MOST_CLAUSES:
            rest = [clause for clause in clauses if clause not in dead]
            return self._why(dead[0]) if dead else _ALL_AT_ONCE, to_text(_and(rest)) if self._finds(
                rest
            ) else ""
        if not dead:
            return self._too_narrow(clauses)
        why = self._why(dead[0])
        if len(dead) > 1:
            why = "Nothing is found for " + ", ".join(f"“{to_text(c)}”" for c in dead[:5]) + "."
        return self._mend(clauses, dead, why)

    def _count(self, node: Node) -> int:
        return int(np.count_nonzero(evaluate(node, self._snapshot) & self._snapshot.present))

    def _finds(self, clauses: Sequence[Node]) -> bool:
        return bool(clauses) and self._count(_and(clauses)) > 0

    def _too_narrow(self, clauses: Sequence[Node]) -> tuple[str, str]:
        """Each part finds something and all together nothing: leave the narrowest out."""
        shorter = [_and([c for c in clauses if c is not left]) for left in clauses]
        counts = [self._count(node) for node in shorter]
        best = int(np.argmax(counts))
        if not counts[best]:
            best = int(np.argmax([self._count(c) for c in clauses]))
            return _ALL_AT_ONCE, to_text(clauses[best])
        return (
            f"{_ALL_AT_ONCE} Without “{to_text(clauses[best])}”: {counts[best]:,}.",
            to_text(shorter[best]),
        )

    def _mend(self, clauses: Sequence[Node], dead: Sequence[Node], why: str) -> tuple[str, str]:
        replaced = {id(clause): self._replace(clause) for clause in dead}
        whole = [replaced.get(id(clause), clause) for clause in clauses]
        attempts = [
            [clause for clause in whole if clause is not None],
            [clause for clause in clauses if id(clause) not in replaced],
            [clause for clause in replaced.values() if clause is not None],
        ]
        for attempt in attempts:
            if self._finds(attempt):
                return why, to_text(_and(attempt))
        return why, ""

    def _why(self, node: Node) -> str:
        match node:
            case Dates(field, text=text):
                return self._when(field, text)
            case Flag():
                return f"No photo matches {to_text(node)}."
            case Not(child):
                return f"Every photo matches “{to_text(child)}”."
            case Words(text) if (name := _unknown_field(text)) is not None:
                return f"Nothing is found for “{text}”; {name}: is no field. Fields are {', '.join(FIELD_NAMES)}."
            case Near(latitude, place=place) if math.isinf(latitude):
                return f"No place called “{place}” is known."
            case Field("tag", text) if text:
                return f"No photo is tagged “{text}”."
            case Field("maybe", text) if text:
                return f"“{text}” is suggested for no photo."
            case _:
                return f"Nothing is found for “{to_text(node)}”."

    def _when(self, field: str, text: str) -> str:
        column = self._snapshot.rows["added" if field == "added" else "taken"]
        known = column[self._snapshot.present & (column > 0)]
        verb = "added" if field == "added" else "taken"
        if not len(known):
            return f"No photo says when it was {verb}."
        first, last = int(known.min()) // 10**10, int(known.max()) // 10**10
        years = f"in {first}" if first == last else f"between {first} and {last}"
        when = f"in {text}" if text[:4].isdigit() and len(text) <= len("2019-06") else f"“{text}”"
        return f"No photo was {verb} {when}; they were {verb} {years}."

    def _replace(self, node: Node) -> Node | None:
        """A node that finds something in place of one that does not."""
        choices: list[Node | None] = []
        match node:
            case Words(text) if (name := _unknown_field(text)) is not None:
                known = closest(name, FIELD_ALIASES)
                choices = [parse(known + text[len(name) :]).node if known else None]
            case Words():
                choices = [replace(node, prefix=True), self._respelt(node), _loose(node)]
            case Field(field, text, prefix):
                other = {"tag": "maybe", "maybe": "tag"}.get(field)
                respelt = self._respelt_value(field, text) if field in ("tag", "maybe") else None
                choices = [
                    Field(other, text, prefix) if other else None,
                    Field(field, respelt, prefix) if respelt else None,
                    Field(field, text, prefix=True),
                    Words(text, prefix, exact=True),
                    self._respelt(Words(text, prefix, exact=True)),
                ]
            case Dates():
                choices = [self._closest_year(node)]
            case Or(children):
                choices = [self._replace(child) for child in children]
            case Not(child) if not isinstance(child, And | Or | Not):
                choices = [child]
        return next((choice for choice in choices if choice is not None and self._count(choice)), None)

    def _respelt(self, node: Words) -> Words | None:
        """The words with each unknown one replaced by the closest known one."""
        words = words_of(fold(node.text))
        known: set[str] = set()
        for segment in self._snapshot.segments:
            for field in _SPOKEN:
                known.update(segment.values(field).words.words)
        mended = [word if word in known else closest(word, known) for word in words]
        if not words or None in mended:
            return None
        return Words(" ".join(word for word in mended if word), node.prefix, exact=len(words) > 1)

    def _respelt_value(self, field: str, text: str) -> str | None:
        known: set[str] = set()
        for segment in self._snapshot.segments:
            known.update(segment.values(field).folded)
        return closest(fold(text), known)

    def _closest_year(self, node: Dates) -> Dates | None:
        column = self._snapshot.rows["added" if node.field == "added" else "taken"]
        known = column[self._snapshot.present & (column > 0)]
        if not len(known):
            return None
        year = int(known[np.argmin(np.abs(known - min(node.low, int(known.max()))))]) // 10**10
        return Dates(node.field, year * 10**10, (year + 1) * 10**10, f"{year:04}", node.bare)


def _and(clauses: Sequence[Node]) -> Node:
    return clauses[0] if len(clauses) == 1 else And(tuple(clauses))


def _unknown_field(text: str) -> str | None:
    """``tga`` of ``tga:beach``."""
    name, colon, value = text.partition(":")
    known = not colon or not value or not name.isalpha() or not name.isascii()
    return None if known or name.casefold() in FIELD_ALIASES else name


def _with_operators(node: Node) -> Node | None:
    """``cat or dog`` with OR, where the words or, not, and stand; else None."""
    words = (
        [c.text for c in node.children if isinstance(c, Words) and not c.exact]
        if isinstance(node, And)
        else []
    )
    if not isinstance(node, And) or not {"or", "not", "and"} & {word.lower() for word in words}:
        return None
    parts = [
        c.text.upper() if isinstance(c, Words) and c.text.lower() in ("or", "not", "and") else to_text(c)
        for c in node.children
    ]
    return parse(" ".join(parts)).node


def _loose(node: Words) -> Node | None:
    """The words of a quoted text, wherever they stand."""
    words = words_of(fold(node.text))
    return And(tuple(Words(word) for word in words)) if node.exact and len(words) > 1 else None


def wants_gone(node: Node) -> bool:
    """Whether a query asks for photos whose files are gone, which others leave out."""
    return any(leaf == Flag("is", "gone") and not negated for leaf, negated in leaves(node))
