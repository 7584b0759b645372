"""The three-way merge of what we last wrote, what is there now and what the person decided.

Nothing that another program added is lost, nothing that it removed comes back: a keyword that is gone
from any field that we last wrote counts as removed, unless the whole block or sidecar is gone, which is a
stripped copy and no decision. What both sides changed differently is a clash, for the person to settle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ..records import tag_key
from ..said import Said, block_of
from .wish import LABEL, RATING, TEXTS

T = TypeVar("T")

TAG: Final = "tag"
TAGS: Final = "tags"
_IPTC_MOST: Final = 64  # bytes of a keyword after IPTC-IIM 4.2, where strict programs cut it off


@dataclass(frozen=True, slots=True)
class Base:
    """What places said when we last wrote or looked, with the rating, label and own texts that stood then.

    ``pending`` is what a write that was interrupted may have left there instead.
    """

    places: tuple[Said, ...]
    pending: tuple[Said, ...] = ()
    rating: int = 0
    label: str | None = None
    title: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """What stands in the catalog: keys of tags -> names, and keys of those that the person refused or took off.

    ``quiet`` are keys that another program took off, which some field may still hold. ``title`` and ``caption`` are
    the person's own, None where the file's count.
    """

    accepted: Mapping[str, str]
    refused: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    rating: int = 0
    label: str | None = None
    title: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Something that both sides changed. ``field`` is RATING, LABEL, one of TEXTS, TAG or TAGS (renamed to different
    names)."""

    field: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    tag: str = ""


@dataclass(slots=True)
class Outcome:
    """What the catalog has to take over; ``rating`` and ``label`` are None where nothing changes."""

    accept: list[str] = field(default_factory=list)
    remove: set[str] = field(default_factory=set)  # keys
    rating: int | None = None
    label: tuple[str | None] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)


def merge(base: Base, now: Sequence[Said], ours: Ours) -> Outcome:
    """What came from outside since ``base``."""
    outcome = Outcome()
    added = _added(base, now, ours.quiet)
    removed = _removed(base, now) - added.keys()
    for key, name in added.items():
        if key in ours.refused:
            outcome.clashes.append(Clash(TAG, ("no",), ("yes",), name))
        elif key not in ours.accepted:
            outcome.accept.append(name)
    outcome.remove = removed
    clash = _renamed_twice(base, ours, added, removed)
    if clash is not None:
        outcome.clashes.append(clash)
    _rating(base, now, ours, outcome)
    _label(base, now, ours, outcome)
    for name in TEXTS:
        _text(name, base, now, ours, outcome)
    return outcome


def _keys(places: Sequence[Said]) -> set[str]:
    return {tag_key(word) for place in places for word in place.all_keywords()}


def _by_field(places: Sequence[Said]) -> dict[tuple[bytes, str], set[str]]:
    return {
        (place.place, name): {tag_key(word) for word in words}
        for place in places
        for name, words in place.keywords.items()
    }


def _added(base: Base, now: Sequence[Said], quiet: frozenset[str]) -> dict[str, str]:
    """Keywords that are nowhere in the base, and those that were taken off and are in a new field again."""
    known = _keys(base.places) | _keys(base.pending)
    fields = _by_field(base.places)
    for where, keys in _by_field(base.pending).items():
        fields.setdefault(where, set()).update(keys)
    added: dict[str, str] = {}
    for place in now:
        for name, words in place.keywords.items():
            before = fields.get((place.place, name), set())
            for word in words:
                key = tag_key(word)
                if key not in before and (key not in known or key in quiet):
                    added.setdefault(key, word)
    return added


def _removed(base: Base, now: Sequence[Said]) -> set[str]:
    """Keys that are gone from a field which held them, while its block is still there."""
    before = _by_field(base.places)
    if base.pending:
        pending = _by_field(base.pending)
        before = {key: words & pending.get(key, set()) for key, words in before.items()}
    there = {place.place: place for place in now}
    removed: set[str] = set()
    for (name, field_name), words in before.items():
        place = there.get(name)
        if place is None or block_of(field_name) not in place.blocks:
            continue
        gone = words - {tag_key(word) for word in place.keywords.get(field_name, ())}
        if field_name == "iptc":
            gone = {word for word in gone if len(word.encode()) <= _IPTC_MOST}
        removed |= gone
    return removed


def _renamed_twice(base: Base, ours: Ours, added: Mapping[str, str], removed: set[str]) -> Clash | None:
    """A tag that both sides replaced, each by another one: both new ones stay until the person chooses."""
    held = _keys(base.places)
    twice = {key for key in removed if key in held and key not in ours.accepted and key not in ours.quiet}
    mine = [name for key, name in ours.accepted.items() if key not in held and key not in added]
    theirs = [name for key, name in added.items() if key not in ours.accepted]
    return Clash(TAGS, tuple(mine), tuple(theirs)) if twice and mine and theirs else None


def _rating(base: Base, now: Sequence[Said], ours: Ours, outcome: Outcome) -> None:
    changed = _changed(base, now, lambda place: place.rating, base.rating)
    if changed is None:
        return
    theirs = changed[0] or 0
    if theirs in (ours.rating, base.rating):  # no stars are none, written or not
        return
    if ours.rating == base.rating:
        outcome.rating = theirs
    else:
        outcome.clashes.append(Clash(RATING, (str(ours.rating),), (str(theirs),)))


def _label(base: Base, now: Sequence[Said], ours: Ours, outcome: Outcome) -> None:
    changed = _changed(base, now, lambda place: place.label, base.label)
    if changed is None or changed[0] == ours.label:
        return
    if ours.label == base.label:
        outcome.label = (changed[0],)
    else:
        outcome.clashes.append(Clash(LABEL, (ours.label or "",), (changed[0] or "",)))


def _text(name: str, base: Base, now: Sequence[Said], ours: Ours, outcome: Outcome) -> None:
    """A title or caption; where the person gave none, what the file says counts and nothing is merged."""
    own: str | None = getattr(ours, name)
    stood: str | None = getattr(base, name)
    changed = _changed(base, now, lambda place: getattr(place, name), stood)
    if own is None or changed is None or (theirs := changed[0] or "") == own:
        return
    if own == stood:
        outcome.texts[name] = theirs
    else:
        outcome.clashes.append(Clash(name, (own,), (theirs,)))


def _changed(
    base: Base, now: Sequence[Said], value: Callable[[Said], T | None], stood: T | None
) -> tuple[T | None] | None:
    """The value that a place has now and had neither before nor by our own write; None when there is none."""
    before: dict[bytes, set[T | None]] = {}
    for place in (*base.places, *base.pending):
        before.setdefault(place.place, set()).add(value(place))
    for place in now:
        known = before.get(place.place)
        there = value(place)
        if known is None:
            if there is not None and there != stood:
                return (there,)
        elif there not in known and (there is not None or "xmp" in place.blocks):
            return (there,)
    return None
