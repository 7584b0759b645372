"""The tree that a search text becomes: frozen nodes, and the way back to text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches each photo."""


@dataclass(frozen=True, slots=True)
class Words:
    """A bare word or quoted text. ``exact`` when it was quoted; ``prefix`` when its last word may go on.

    ``literal`` is the quoted text before unescaping, where that differs: the backslashes may have been
    meant as themselves. ``edits``: how many typing errors it may have (``sunst~``). With ``pattern`` its * stand
    for any letters and its ? for any one.
    """

    text: str
    prefix: bool = False
    exact: bool = False
    literal: str = dataclasses.field(default="", compare=False)
    edits: int = 0
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Text in one of TEXT_FIELDS. ``text`` "" with ``prefix`` means: any value. The rest as in Words."""

    field: str
    text: str
    prefix: bool = False
    literal: str = dataclasses.field(default="", compare=False)
    edits: int = 0
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """``low <= date < high``, both as the number YYYYMMDDhhmmss.

    ``field`` is "date" or "added". A ``bare`` one (typed without a field) also finds photos without a
    date by their names. ``text`` is what was typed.
    """

    field: str
    low: int
    high: int
    text: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """``low <= value <= high`` in one of NUMBER_FIELDS; ``text`` is what was typed."""

    field: str
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One of FLAGS: ``is:untagged`` is Flag("is", "untagged")."""

    field: str
    name: str


@dataclass(frozen=True, slots=True)
class Near:
    """Taken within ``kilometres`` of a place in degrees; ``text`` is what was typed. Where it is said by name,
    ``place`` is that name, and the degrees are infinite until somebody knows it."""

    latitude: float
    longitude: float
    kilometres: float
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """Taken between these edges in degrees, over the date line where ``west`` is beyond ``east``."""

    south: float
    west: float
    north: float
    east: float
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Photos that only the library can name: those that look like photo ``text`` (``similar``), those of the
    album ``text``, those that the automatic run ``text`` decided on (``run``). ``field`` is one of LISTED_FIELDS.
    Alike ones stand ``spread`` unless ``variety:off`` does too."""

    field: str
    text: str
    spread: bool = dataclasses.field(default=True, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Photos by their ids, in place of a term that was answered elsewhere. Never parsed, never shown."""

    ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Not:
    child: Node


@dataclass(frozen=True, slots=True)
class And:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple[Node, ...]


Leaf = Everything | Words | Field | Dates | Number | Flag | Near | Box | Listed | Known
Node = Leaf | Not | And | Or


def quote(text: str) -> str:
    """``text`` as a term that stands for itself, whatever its characters: for tags in queries."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_PLAIN = re.compile(r"[^\W_][\w.]*")


def _open_text(text: str, edits: int, pattern: bool) -> str:
    """A word with typing errors or with * and ? in it, as it is typed."""
    return text if pattern else f"{text}~{edits}"


def _value_text(text: str, prefix: bool, literal: str) -> str:
    if literal:
        return f'"{literal}"' + "*" * prefix
    plain = _PLAIN.fullmatch(text) is not None or (not text and prefix)
    return (text if plain else quote(text)) + "*" * prefix


def _typed(text: str) -> str:
    """A value as it can be typed again: in quotes when it holds spaces or brackets."""
    return quote(text) if re.search(r"[\s()\"]", text) else text


def to_text(node: Node) -> str:
    """A query that parses to this node again."""
    match node:
        case Everything():
            return "*"
        case Words(text, edits=edits, pattern=pattern) if edits or pattern:
            return _open_text(text, edits, pattern)
        case Words(text, prefix, exact, literal):
            if exact or ")" in text:
                return _value_text(text, prefix, literal) if literal else quote(text) + "*" * prefix
            return text + "*" * prefix
        case Field(name, text, edits=edits, pattern=pattern) if edits or pattern:
            return f"{name}:{_open_text(text, edits, pattern)}"
        case Field(name, text, prefix, literal):
            return f"{name}:{_value_text(text, prefix, literal)}"
        case Dates(name, _, _, text, bare):
            return text if bare else f"{name}:{_typed(text)}"
        case Number(name, _, _, text):
            return f"{name}:{_typed(text)}"
        case Near(text=text):
            return f"near:{_typed(text)}"
        case Box(text=text):
            return f"box:{_typed(text)}"
        case Listed(name, text):
            return f"{name}:{_value_text(text, False, '')}"
        case Flag(name, flag):
            return f"{name}:{flag}"
        case Known():
            return ""
        case Not(child):
            inner = to_text(child)
            return f"-({inner})" if isinstance(child, And | Or | Not) else f"-{inner}"
        case And(children):
            return " ".join(f"({to_text(c)})" if isinstance(c, Or | And) else to_text(c) for c in children)
        case Or(children):
            return " OR ".join(f"({to_text(c)})" if isinstance(c, Or) else to_text(c) for c in children)


def leaves(node: Node, negated: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """Each term of the tree, with whether it stands under an odd number of NOTs."""
    match node:
        case Not(child):
            yield from leaves(child, not negated)
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child, negated)
        case _:
            yield node, negated
