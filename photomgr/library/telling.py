"""Why a photo is among those found, as far as more than the word itself says it: its other name, what it follows
from, how probable it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from ..core.catalog import Catalog
from ..core.query import And, Field, Leaf, Node, Words, leaves
from ..core.records import tag_key
from ..core.search import Reason
from ..core.search.text import fold
from . import words
from .naming import Naming

_TAGS = frozenset({"tag", "maybe", "rejected"})
_NUMBER = re.compile(r"[0-9a-f]{64}")  # of a network


class Telling:
    """Says the reasons of one photo. ``naming`` tells the tags that a word leads to by another name."""

    def __init__(self, catalog: Catalog, naming: Naming, photo_id: int) -> None:
        self._catalog = catalog
        self._naming = naming
        self._photo = photo_id

    def say(self, node: Node, reasons: Sequence[Reason]) -> list[str]:
        """Sentences such as ``suggested: dog, 97 % (“Hund”)`` or ``tag: animal, which dog is``."""
        names = self._other_names(node)
        return [self._said(reason, names) for reason in _telling(reasons)]

    def _said(self, reason: Reason, names: dict[str, str]) -> str:
        if reason.field not in _TAGS:
            return reason.said
        key = tag_key(reason.value)
        said = reason.said
        if reason.field == "maybe" and (score := self._scores.get(key)):
            said += f", {words.percent(score)}"
        elif reason.field == "tag" and key not in self._decided and (narrow := self._implied.get(key)):
            said += f", which {narrow} is"
        return f"{said} (“{names[key]}”)" if key in names else said

    def _other_names(self, node: Node) -> dict[str, str]:
        """What was typed for a tag of another name, by the tag's key."""
        said = [leaf for leaf, negated in leaves(node) if not negated and _words_of(leaf)]
        typed = [_words_of(leaf) for leaf in said]
        if isinstance(node, And) and all(isinstance(child, Words) for child in node.children):
            typed.append(" ".join(child.text for child in node.children if isinstance(child, Words)))
        found = {tag_key(tag): text for text in typed for tag in self._naming.meant(text)}
        for leaf in said:
            if isinstance(leaf, Words | Field) and (leaf.pattern or leaf.prefix):
                shown = leaf.text if leaf.pattern else f"{leaf.text}*"
                for tag in self._naming.fitting(leaf.text, pattern=leaf.pattern):
                    found.setdefault(tag_key(tag), shown)
        return {key: text for key, text in found.items() if key not in {fold(each) for each in typed}}

    @cached_property
    def _scores(self) -> dict[str, float]:
        return {tag_key(each.tag): each.score for each in self._catalog.lists.suggested([self._photo])}

    @cached_property
    def _decided(self) -> set[str]:
        return {tag_key(tag) for tag in self._catalog.lists.decided([self._photo])}

    @cached_property
    def _implied(self) -> dict[str, str]:
        found = self._catalog.lists.implied_on(self._photo)
        return {tag_key(broader): narrow for broader, narrow in found.items()}


def _telling(reasons: Sequence[Reason]) -> list[Reason]:
    """A network once: its name or number is left out where a reason says name and version."""
    networks = [each.value for each in reasons if each.field == "model" and not _NUMBER.fullmatch(each.value)]

    def is_said(value: str) -> bool:
        number = bool(_NUMBER.fullmatch(value)) and bool(networks)
        return number or any(other.startswith(f"{value} ") for other in networks)

    return [each for each in reasons if each.field != "model" or not is_said(each.value)]


def _words_of(leaf: Leaf) -> str:
    """What was typed for a tag, "" for a term about something else."""
    return leaf.text if isinstance(leaf, Words) or (isinstance(leaf, Field) and leaf.field in _TAGS) else ""
