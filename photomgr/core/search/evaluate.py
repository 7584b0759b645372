"""A tree of the search language -> which documents of a segment it is true for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.containers import RAW_SUFFIXES, VIDEO_SUFFIXES
from photomgr.core.query import (
    And,
    Box,
    Dates,
    Everything,
    Field,
    Flag,
    Known,
    Leaf,
    Listed,
    Near,
    Node,
    Not,
    Number,
    Or,
    Words,
)
from photomgr.core.query_values import number_text
from photomgr.core.records import Presence, Source
from photomgr.core.search.listed import resolved
from photomgr.core.search.segment import (
    AUTOMATIC,
    GPS,
    ROW,
    SUGGESTED,
    TAGGED,
    UNREADABLE,
    Mask,
    Segment,
    folder_text,
)
from photomgr.core.search.snapshot import Snapshot
from photomgr.core.search.text import fold, words_of
from photomgr.core.search.words import Indexes, Values

#: Where a bare word looks, in the order of their worth.
BARE_FIELDS: Final = ("tag", "maybe", "place", "title", "folder", "name", "camera")
_EXACT_FIELDS: Final = frozenset({"tag", "maybe", "rejected", "label", "source", "country"})
_SAME_KIND: Final = (("jpg", "jpeg", "jpe"), ("tif", "tiff"), ("heic", "heif", "hif"))
_PLAIN_DATE: Final = re.compile(r"[\d-]+")
_ROOTED: Final = re.compile(r"/|[a-z]:/")
ENDINGS: Final = {
    "raw": sorted(suffix[1:] for suffix in RAW_SUFFIXES),
    "video": sorted(suffix[1:] for suffix in VIDEO_SUFFIXES),
}
_cut: Final = lru_cache(64)(words_of)  # of what is searched for: each field of each segment asks for it
_EARTH: Final = 6371.0088  # mean radius in km


def evaluate(node: Node, snapshot: Snapshot) -> Mask:
    """The places of a snapshot that a query is true for, dead ones too."""
    known = resolved(node, snapshot.lists)
    parts = (in_segment(known, segment) for segment in snapshot.segments)
    return np.concatenate([np.empty(0, np.bool_), *parts])


def in_segment(node: Node, segment: Segment) -> Mask:
    """The documents of one segment that a query is true for. Do not change the result."""
    match node:
        case And(children):
            result = in_segment(children[0], segment)
            for child in children[1:]:
                result = result & in_segment(child, segment)
            return result
        case Or(children):
            result = in_segment(children[0], segment)
            for child in children[1:]:
                result = result | in_segment(child, segment)
            return result
        case Not(child):
            return ~in_segment(child, segment)
        case Everything():
            return np.ones(segment.size, np.bool_)
        case Words():
            return _words(node, segment, BARE_FIELDS)
        case Field():
            return segment.mask((node, node.literal), lambda mask: _mark_field(node, segment, mask))
        case Dates():
            return _dates(node, segment)
        case Number(field, low, high):
            column = segment.rows[field]
            # As float64: a bound just above 2.8 is another number only there.
            between: Mask = (column >= np.float64(low)) & (column <= np.float64(high))
            return between
        case Near(latitude) if math.isinf(latitude):
            return np.zeros(segment.size, np.bool_)
        case Box():
            return _inside(node, segment)
        case Near():
            return kilometres(segment, node.latitude, node.longitude) <= node.kilometres
        case Flag():
            return _flag(node, segment)
        case Known(ids):
            return np.isin(segment.rows["id"], ids)
        case Listed():
            return np.zeros(segment.size, np.bool_)


def kilometres(segment: Segment, latitude: float, longitude: float) -> NDArray[np.float64]:
    """How far from a place each photo of a segment was taken, NaN where unknown: great circles (haversine)."""
    here, there = np.radians(latitude), np.radians(segment.rows["latitude"].astype(np.float64))
    east = np.radians(segment.rows["longitude"].astype(np.float64) - longitude)
    half = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(east / 2) ** 2
    return np.asarray(2 * _EARTH * np.arcsin(np.sqrt(np.clip(half, 0, 1))), np.float64)


def _inside(node: Box, segment: Segment) -> Mask:
    north, east = segment.rows["latitude"], segment.rows["longitude"]
    # As float64: the rows are float32, and an edge between two of them must not move.
    high = (north >= np.float64(node.south)) & (north <= np.float64(node.north))
    from_west, to_east = east >= np.float64(node.west), east <= np.float64(node.east)
    found: Mask = high & (from_west & to_east if node.west <= node.east else from_west | to_east)
    return found


def _words(node: Words, segment: Segment, fields: tuple[str, ...]) -> Mask:
    def mark(mask: Mask) -> None:
        for field in fields:
            values = segment.values(field)
            values.mark(values_with(values, node), mask)

    return segment.mask((node, node.literal, fields), mark)


def values_with(values: Values, node: Words) -> Indexes:
    """The values of a field that hold a bare word or quoted text. Some may stand there twice."""
    text = fold(node.text)
    if node.edits:
        if len(_cut(text)) > 1:
            return _nearly(values, node)
        return values.words.holding(values.words.spellings.near(text, node.edits))
    if node.pattern:
        whole = values.spellings.fitting(text)
        return np.concatenate([values.words.holding(values.words.spellings.fitting(text)), whole])
    words = _cut(text)
    if not words:
        literal = fold(node.literal) if node.literal else text
        return (
            values.matching(lambda value: text in value or literal in value) if text else values.equal(text)
        )
    # "img_" while typing: the word img is complete.
    return values.words.find(words, node.prefix and text.endswith(words[-1]))


def _nearly(values: Values, node: Words | Field) -> Indexes:
    return values.spellings.near(fold(node.text), node.edits)


def field_values(values: Values, node: Field) -> Indexes:
    """The values that ``field:text`` means."""
    if not node.text:
        return values.everything()
    if node.field in _EXACT_FIELDS and node.edits:
        return _nearly(values, node)
    if node.field in _EXACT_FIELDS and node.pattern:
        return values.spellings.fitting(fold(node.text))
    if node.field == "name" and node.pattern:  # DSCN00?0 is DSCN0010.jpg
        whole = values.spellings.fitting(f"{fold(node.text)}.*")
        return np.concatenate([whole, values_with(values, Words(node.text, pattern=True))])
    if node.edits or node.pattern:
        return values_with(values, Words(node.text, edits=node.edits, pattern=node.pattern))
    if node.field == "model":
        return values.starting(fold(node.text))
    if node.field == "source" and fold(node.text) == "auto":
        return values.equal(Source.MODEL)
    if node.field in _EXACT_FIELDS:
        if node.prefix:
            return values.starting(fold(node.text))
        found = values.equal(fold(node.text))
        return np.union1d(found, values.equal(fold(node.literal))) if node.literal else found
    if node.field == "ext":
        return _kinds(values, node)
    if node.field == "folder" and ("/" in node.text or "\\" in node.text):
        return _paths(values, node)
    return values_with(values, Words(node.text, node.prefix, literal=node.literal))


def _mark_field(node: Field, segment: Segment, mask: Mask) -> None:
    values = segment.values(node.field)
    values.mark(field_values(values, node), mask)


def _kinds(values: Values, node: Field) -> Indexes:
    kind = fold(node.text).lstrip(".")
    if node.prefix:
        return values.starting(kind)
    alike = next((kinds for kinds in _SAME_KIND if kind in kinds), (kind,))
    return np.concatenate([values.equal(name) for name in alike])


def _paths(values: Values, node: Field) -> Indexes:
    """Folders by their path, and all below them; from the root when it is given, else by its end."""
    path = folder_text(node.text)
    rooted = _ROOTED.match(path) is not None
    wanted = ("" if rooted else "/") + path.strip("/") + ("" if node.prefix else "/")
    if rooted:
        wanted = "/" * path.startswith("/") + wanted
        return values.matching(lambda folder: f"{folder}/".startswith(wanted))
    return values.matching(lambda folder: wanted in f"/{folder}/")


def _dates(node: Dates, segment: Segment) -> Mask:
    column = segment.rows["added" if node.field == "added" else "taken"]
    inside: Mask = (column >= node.low) & (column < node.high)
    if node.bare and _PLAIN_DATE.fullmatch(node.text):
        words = Words(node.text, exact=True)
        unknown = column == 0
        named = _words(words, segment, ("folder", "name")) & unknown
        inside = inside | named | _words(words, segment, ("tag", "maybe", "title"))
    return inside


def _of_kind(kind: str, segment: Segment) -> Mask:
    """By the endings of the names: kind:raw, kind:video, and kind:picture for the rest."""

    def mark(mask: Mask) -> None:
        values = segment.values("ext")
        for wanted in ENDINGS[kind]:
            values.mark(values.equal(wanted), mask)

    if kind in ENDINGS:
        return segment.mask(("kind", kind), mark)
    return ~(_of_kind("raw", segment) | _of_kind("video", segment))


def _flag(node: Flag, segment: Segment) -> Mask:
    if node.field == "kind":
        return _of_kind(node.name, segment)
    rows = segment.rows
    flags = rows["flags"]
    tests: dict[str, Callable[[], Mask]] = {
        "auto": lambda: (flags & AUTOMATIC) != 0,
        "untagged": lambda: (flags & TAGGED) == 0,
        "unreviewed": lambda: (flags & SUGGESTED) != 0,
        "unreadable": lambda: (flags & UNREADABLE) != 0,
        "gps": lambda: (flags & GPS) != 0,
        "date": lambda: rows["taken"] != 0,
        "offline": lambda: rows["presence"] == Presence.OFFLINE,
        "gone": lambda: rows["presence"] == Presence.GONE,
    }
    # What remains says how to search, not for what: visual:off.
    return tests[node.name]() if node.name in tests else np.ones(segment.size, np.bool_)


_LABELS: Final = {
    "tag": "tag",
    "maybe": "suggested",
    "rejected": "rejected",
    "title": "title or caption",
    "folder": "folder",
    "name": "file name",
    "ext": "kind of file",
    "camera": "camera",
    "place": "place",
    "country": "country",
    "lens": "lens",
    "label": "label",
    "source": "decided by",
    "model": "suggested by the network",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a term is true for a photo, ``said`` as ``file name: img_1.jpg``; of words also the ``field`` and its
    ``value`` as a person wrote it."""

    said: str
    field: str = ""
    value: str = ""


def reasons(leaf: Leaf, segment: Segment, document: int) -> list[Reason]:
    """Why a term is true for a document; empty when it is not."""
    match leaf:
        case Words():
            return _reasons_in(leaf, segment, document, BARE_FIELDS)
        case Field(field):
            numbers = segment.numbers((leaf, leaf.literal), lambda: field_values(segment.values(field), leaf))
            return _named(field, numbers, segment, document)
        case Dates(field, low, high):
            stamp = int(segment.rows["added" if field == "added" else "taken"][document])
            if low <= stamp < high:
                day = f"{stamp:014}"
                verb = "added" if field == "added" else "taken"
                return [Reason(f"{verb}: {day[:4]}-{day[4:6]}-{day[6:8]}")]
            plain = leaf.bare and bool(in_segment(leaf, segment)[document])
            return _reasons_in(Words(leaf.text, exact=True), segment, document, BARE_FIELDS) if plain else []
        case Number(field) if field in (ROW.names or ()):
            true = bool(in_segment(leaf, segment)[document])
            value = number_text(float(segment.rows[field][document]), field)
            return [Reason(f"{field}: {value}")] if true else []
        case Near(latitude, longitude, place=place):
            true = bool(in_segment(leaf, segment)[document])
            far = float(kilometres(segment, latitude, longitude)[document]) if true else 0.0
            said = f"place: {far:.1f} km " + (f"from {place}" if place else "away")
            return [Reason(said)] if true else []
        case Box():
            return [Reason("place: inside these edges")] if in_segment(leaf, segment)[document] else []
        case Flag("visual" | "variety"):
            return []
        case Flag(field, name):
            return [Reason(f"{field}: {name}")] if in_segment(leaf, segment)[document] else []
        case _:
            return []


def _reasons_in(node: Words, segment: Segment, document: int, fields: tuple[str, ...]) -> list[Reason]:
    found: list[Reason] = []
    for field in fields:
        values = segment.values(field)
        numbers = segment.numbers((node, node.literal, field), partial(values_with, values, node))
        found += _named(field, numbers, segment, document)
    return found


def _named(field: str, numbers: Indexes, segment: Segment, document: int) -> list[Reason]:
    """Those of the values ``numbers`` that a document has, as reasons.

    Most values of names and titles have one document: they are compared at once, for all photos of a
    long list are asked about one after the other.
    """
    values = segment.values(field)
    single = values.single[numbers]
    shared = [n for n in numbers[single < 0].tolist() if document in values.documents_of(n)]
    hits = sorted([*numbers[single == document].tolist(), *shared])
    spelt = [segment.spelling(field, number) for number in hits]
    return [Reason(f"{_LABELS[field]}: {value}", field, value) for value in spelt]
