"""Terms that the index does not answer: photos that look alike, duplicates, albums, scores, conflicts.

Somebody else names their photos; they then stand in the tree as ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from photomgr.core.query import And, Field, Flag, Known, Leaf, Listed, Node, Not, Number, Or, leaves

Ids = NDArray[np.int64]

_FLAGS: Final = frozenset(Flag("is", name) for name in ("duplicate", "stacked", "conflict", "unwritten"))
_PLAIN: Final = Flag("variety", "off")
_NONE: Final[Ids] = np.empty(0, np.int64)


class Lists(Protocol):
    """Who knows such photos. Called on any thread, for each search anew."""

    def ids(self, leaf: Leaf, beside: str) -> Ids:
        """Photos of a term, the best first. ``beside`` is the tag whose suggestions stand beside ``conf:``, or ""."""
        ...

    def why(self, leaf: Leaf, photo_id: int) -> str:
        """Why a photo is among them, as ``looks: 83 % like IMG_12.jpg``, or ""."""
        ...


def is_listed(leaf: Leaf) -> bool:
    """Whether a term is one that the index cannot answer."""
    return isinstance(leaf, Listed) or leaf in _FLAGS or (isinstance(leaf, Number) and leaf.field == "conf")


def resolved(node: Node, lists: Lists | None) -> Node:
    """The same tree with the photos of such terms in their places."""
    if not any(is_listed(leaf) for leaf, _ in leaves(node)):
        return node
    return _resolved(node, lists, "")


def _resolved(node: Node, lists: Lists | None, beside: str) -> Node:
    match node:
        case And(children):
            tags = [each.text for each in children if isinstance(each, Field) and each.field == "maybe"]
            return And(tuple(_resolved(child, lists, tags[0] if tags else beside) for child in children))
        case Or(children):
            return Or(tuple(_resolved(child, lists, beside) for child in children))
        case Not(child):
            return Not(_resolved(child, lists, beside))
        case _:
            known = is_listed(node)
            return Known(lists.ids(node, beside) if lists is not None else _NONE) if known else node


def ranking(node: Node, lists: Lists | None) -> Ids | None:
    """The order that ``similar:`` asks for where it must be true: photos, the most similar first; None without it."""
    wanted = node.children if isinstance(node, And) else (node,)
    first = next((leaf for leaf in wanted if isinstance(leaf, Listed) and leaf.field == "similar"), None)
    if first is None or lists is None:
        return None
    return lists.ids(replace(first, spread=_PLAIN not in wanted), "")
