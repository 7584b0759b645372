"""Photos get the names of the places where they were taken as they come into the index, and searches the degrees
of the places that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photomgr.core.query import And, Near, Node, Not, Or
from photomgr.core.records import SearchDocument


class Places(Protocol):
    """Who knows the places of the world. Called on any thread."""

    def named(
        self, latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]
    ) -> Sequence[tuple[str, str]]:
        """(place, country) for each point in degrees, "" where there is none."""
        ...

    def where(self, text: str) -> tuple[float, float] | None:
        """Latitude and longitude of the place of a name; None when it is unknown."""
        ...

    def meant(self, text: str) -> Sequence[tuple[str, str]]:
        """(field, value) of what a text leads to by another name; usually nothing."""
        ...


def named(documents: dict[int, SearchDocument | None], places: Places | None) -> None:
    """Put place and country into those documents that have coordinates, all in one look-up."""
    somewhere = [
        each
        for each in documents.values()
        if each is not None and each.latitude is not None and each.longitude is not None
    ]
    if places is None or not somewhere:
        return
    latitudes = np.array([each.latitude for each in somewhere], np.float64)
    longitudes = np.array([each.longitude for each in somewhere], np.float64)
    for each, (place, country) in zip(somewhere, places.named(latitudes, longitudes), strict=True):
        documents[each.id] = replace(each, place=place, country=country)


def located(node: Node, places: Places | None) -> Node:
    """The same search, ``near:paris`` with the degrees of Paris; what nobody knows stays without."""
    match node:
        case Not(child):
            return Not(located(child, places))
        case And(children):
            return And(tuple(located(child, places) for child in children))
        case Or(children):
            return Or(tuple(located(child, places) for child in children))
        case Near(place=place) if place and places is not None:
            found = places.where(place)
            return node if found is None else replace(node, latitude=found[0], longitude=found[1])
        case _:
            return node
