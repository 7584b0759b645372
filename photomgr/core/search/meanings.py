"""Other names in a search: what a word leads to is looked for beside the word itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from photomgr.core.query import And, Field, Node, Not, Or, Words
from photomgr.core.search.places import Places


class Meanings(Protocol):
    """Who knows other names. Called on any thread, for each search anew."""

    def meant(self, text: str) -> Sequence[str]:
        """The tags that a text leads to by another name; usually none."""
        ...

    def fitting(self, text: str, *, pattern: bool) -> Sequence[str]:
        """The tags that the person's own other names lead to which begin with a text, or with ``pattern`` are spelt
        like it, * and ? standing for any letters; usually none."""
        ...

    def networks(self, name: str) -> Sequence[str]:
        """The numbers of the networks that are called so; usually none."""
        ...


_TAG_FIELDS: Final = frozenset({"tag", "maybe", "rejected"})
_PLACE_FIELDS: Final = frozenset({"place", "country"})


def widened(node: Node, meanings: Meanings | None, places: Places | None = None) -> Node:
    """The same search, each word, tag or place of it or what it means; ``golden gate`` in a row as one name too."""
    match node:
        case Not(child):
            return Not(widened(child, meanings, places))
        case Or(children):
            return Or(tuple(widened(child, meanings, places) for child in children))
        case And(children):
            several = And(tuple(widened(child, meanings, places) for child in children))
            if all(isinstance(child, Words) for child in children):
                text = " ".join(child.text for child in children if isinstance(child, Words))
                return _or(several, _of_words(text, meanings, places))
            return several
        case Words() | Field() if node.edits or not node.text:
            return node
        case Words(text):
            whole = _of_words(text, meanings, places) if not node.pattern else []
            return _or(node, [*whole, *_of_part(node, meanings)])
        case Field(name, text):
            whole = _of_field(name, text, meanings, places) if not node.pattern else []
            return _or(node, [*whole, *_of_part(node, meanings)])
        case _:
            return node


def _of_part(node: Words | Field, meanings: Meanings | None) -> list[Field]:
    """The tags that a part of a name leads to: its beginning, or a pattern."""
    if meanings is None or not (node.pattern or node.prefix):
        return []
    if isinstance(node, Words):
        fields: tuple[str, ...] = ("tag", "maybe")
    else:
        fields = (node.field,) if node.field in _TAG_FIELDS else ()
    if not fields:
        return []
    tags = meanings.fitting(node.text, pattern=node.pattern)
    return [Field(field, tag) for tag in tags for field in fields]


def _of_words(text: str, meanings: Meanings | None, places: Places | None) -> list[Field]:
    tags = meanings.meant(text) if meanings is not None else ()
    spots = places.meant(text) if places is not None else ()
    return [
        *(Field(field, tag) for tag in tags for field in ("tag", "maybe")),
        *(Field(field, value) for field, value in spots),
    ]


def _of_field(name: str, text: str, meanings: Meanings | None, places: Places | None) -> list[Field]:
    if name in _PLACE_FIELDS:
        spots = places.meant(text) if places is not None else ()
        return [Field(field, value) for field, value in spots if field in (name, "country")]
    if meanings is None:
        return []
    if name in _TAG_FIELDS:
        return [Field(name, tag) for tag in meanings.meant(text)]
    return [Field(name, number) for number in meanings.networks(text)] if name == "model" else []


def _or(node: Node, more: Sequence[Field]) -> Node:
    return Or((node, *more)) if more else node
