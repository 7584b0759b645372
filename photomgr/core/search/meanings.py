"""Other names in a search: what a word leads to is looked for beside the word itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from photomgr.core.query import And, Field, Node, Not, Or, Words


class Meanings(Protocol):
    """Who knows other names. Called on any thread, for each search anew."""

    def meant(self, text: str) -> Sequence[str]:
        """The tags that a text leads to by another name; usually none."""
        ...

    def networks(self, name: str) -> Sequence[str]:
        """The numbers of the networks that are called so; usually none."""
        ...


_TAG_FIELDS: Final = frozenset({"tag", "maybe", "rejected"})


def widened(node: Node, meanings: Meanings | None) -> Node:
    """The same search, each word or tag of it or what it means; ``golden gate`` in a row as one name too."""
    if meanings is None:
        return node
    match node:
        case Not(child):
            return Not(widened(child, meanings))
        case Or(children):
            return Or(tuple(widened(child, meanings) for child in children))
        case And(children):
            several = And(tuple(widened(child, meanings) for child in children))
            if all(isinstance(child, Words) for child in children):
                text = " ".join(child.text for child in children if isinstance(child, Words))
                return _or(several, meanings.meant(text), ("tag", "maybe"))
            return several
        case Words() | Field() if node.edits or node.pattern:
            return node
        case Words(text):
            return _or(node, meanings.meant(text) if text else (), ("tag", "maybe"))
        case Field(name, text) if name in _TAG_FIELDS and text:
            return _or(node, meanings.meant(text), (name,))
        case Field("model", text) if text:
            return _or(node, meanings.networks(text), ("model",))
        case _:
            return node


def _or(node: Node, tags: Sequence[str], fields: Sequence[str]) -> Node:
    more = tuple(Field(field, tag) for tag in tags for field in fields)
    return Or((node, *more)) if more else node
