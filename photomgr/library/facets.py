"""The sides of a result from which it can be narrowed, for a person: with people apart, and each as a search."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from ..annotate.vocabulary import Vocabulary
from ..core.query import quote
from ..core.search import Facets

_PEOPLE: Final = "people"
_MOST: Final = 40  # values of one side


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a side: what it is called, on how many photos of the result it stands, and the search that
    narrows to these."""

    text: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Side:
    """``name``: tags, people, suggested, countries, places, years, months, cameras, folders or ratings; most photos
    first where that is an order."""

    name: str
    values: tuple[Value, ...]


def sides(facets: Facets, vocabulary: Vocabulary) -> list[Side]:
    """All sides that have values. A value that stands on every photo of the result narrows nothing: it is left out
    of tags and people, and a side of one such value altogether."""
    tags = [(tag, n) for tag, n in facets.tags if n < facets.photos]
    about_people = {tag for tag, _ in tags if tag == _PEOPLE or _PEOPLE in vocabulary.ancestors_of(tag)}
    folders = _with_those_below(facets.folders)
    short = _short_places([place for place, _ in facets.places])
    found = {
        "tags": [Value(tag, n, f"tag:{_typed(tag)}") for tag, n in tags if tag not in about_people],
        "people": [Value(tag, n, f"tag:{_typed(tag)}") for tag, n in tags if tag in about_people],
        "suggested": [
            Value(tag, n, f"maybe:{_typed(tag)}") for tag, n in facets.suggested if n < facets.photos
        ],
        "years": [Value(year, n, f"date:{year}") for year, n in reversed(facets.years)],
        "months": [Value(month, n, f"date:{month}") for month, n in reversed(facets.months)],
        "countries": [Value(country, n, f"country:{_typed(country)}") for country, n in facets.countries],
        "places": [Value(short[place], n, f"place:{quote(place)}") for place, n in facets.places],
        "cameras": [Value(camera, n, f"camera:{quote(camera)}") for camera, n in facets.cameras],
        "folders": [Value(_short(folder), n, f"folder:{quote(folder)}") for folder, n in folders],
        "ratings": [Value(stars, n, f"rating:{stars}") for stars, n in reversed(facets.ratings)],
    }
    kept = {"years": len(facets.years), "months": len(facets.months)}
    return [
        Side(name, tuple(values[: kept.get(name, _MOST)]))
        for name, values in found.items()
        if values and (len(values) > 1 or values[0].count < facets.photos)
    ]


def _with_those_below(folders: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Counts of folders with the photos of all folders below them, as the search for a folder finds them."""
    paths = sorted(folders)
    names = [path for path, _ in paths]
    until = [0, *accumulate(number for _, number in paths)]
    found = []
    for place, (path, number) in enumerate(paths):
        # In their order those below follow at once, but for names that differ by a sign before the slash.
        first = bisect_left(names, f"{path}/", place)
        last = bisect_left(names, f"{path}0", first)
        found.append((path, number + until[last] - until[first]))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _typed(tag: str) -> str:
    return tag if tag.isalnum() else quote(tag)


def _short_places(labels: Sequence[str]) -> dict[str, str]:
    """Each place by its own name, with region or country where two have the same one."""
    names = Counter(label.partition(", ")[0] for label in labels)
    whole = {label: label.rpartition(", ")[0] if label.count(", ") > 1 else label for label in labels}
    return {label: name if names[name := label.partition(", ")[0]] == 1 else whole[label] for label in labels}


def _short(folder: str) -> str:
    """The last two parts of a path: what tells folders apart at a glance."""
    parts = [part for part in folder.replace(os.sep, "/").split("/") if part]
    return "/".join(parts[-2:]) or folder
