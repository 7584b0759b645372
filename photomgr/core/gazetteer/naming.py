"""What searches and the index want of the gazetteer: names for photos, and what the words of a search mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from photomgr.core.assets import resources_dir
from photomgr.core.errors import CatalogError
from photomgr.core.gazetteer.lookup import Floats, Gazetteer, Spot
from photomgr.core.search.text import fold, words_of

_MOST: Final = 8  # places of one name: London is in Canada too
_SHORT: Final = {
    "AE": ("UAE", "Emirates"), "BA": ("Bosnia",), "CD": ("DR Congo",), "CZ": ("Czechia", "Czech Republic"),
    "GB": ("UK", "Britain", "Great Britain"), "KR": ("Korea",), "NL": ("Holland",), "NZ": ("Aotearoa",),
    "TR": ("Turkey", "Türkiye"), "US": ("USA", "America"),
}  # fmt: skip
"""What countries are called beside their names in lists."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a photo was taken: the nearest place and how far off that is in kilometres."""

    spot: Spot
    kilometres: float


class PlaceNames:
    """Names by a gazetteer. Safe from any thread; without its data nothing has a name and ``problem`` says why."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._known: dict[int, tuple[str, str]] = {-1: ("", "")}
        self.problem: str | None = None

    def named(self, latitudes: Floats, longitudes: Floats) -> list[tuple[str, str]]:
        """(``Paris, Île-de-France, France``, ``France``) for each point in degrees; both "" where there is none."""
        try:
            numbers, _ = self.gazetteer.nearest(latitudes, longitudes)
        except CatalogError as error:
            self.problem = str(error)
            return [("", "")] * len(latitudes)
        return [self._labels(number) for number in numbers.tolist()]

    def _labels(self, number: int) -> tuple[str, str]:
        known = self._known.get(number)
        if known is None:
            spot = self.gazetteer.spot(number)
            known = self._known[number] = (spot.label, spot.country)
        return known

    def taken(self, latitude: float | None, longitude: float | None) -> Taken | None:
        """Where one photo was taken; None without coordinates, or far from all places."""
        if latitude is None or longitude is None:
            return None
        try:
            numbers, far = self.gazetteer.nearest(np.array([latitude]), np.array([longitude]))
        except CatalogError as error:
            self.problem = str(error)
            return None
        if numbers[0] < 0:
            return None
        return Taken(self.gazetteer.spot(int(numbers[0])), float(far[0]))

    def where(self, text: str) -> tuple[float, float] | None:
        """Latitude and longitude of the place that ``paris`` or ``Paris, Texas`` means."""
        try:
            spot = self.gazetteer.where(text)
        except CatalogError as error:
            self.problem = str(error)
            return None
        return None if spot is None else (spot.latitude, spot.longitude)

    def meant(self, text: str) -> Sequence[tuple[str, str]]:
        """(field, value) of the places and countries that a text leads to by another name: Florenz, Frankreich.

        What a place is called itself needs none of this: the index holds its words.
        """
        words = words_of(fold(text))
        if not words:
            return ()
        found = [("country", country) for country in self._countries.get(fold(text), ())]
        try:
            for number in self.gazetteer.called(text)[:_MOST]:
                label, _ = self._labels(number)
                if not set(words) <= set(words_of(fold(label))):
                    found.append(("place", label))
        except CatalogError as error:
            self.problem = str(error)
        return found

    @cached_property
    def _countries(self) -> dict[str, list[str]]:
        """English names of countries by their folded names in other languages."""
        english = self.gazetteer.countries()
        found: dict[str, list[str]] = {}
        for line in (resources_dir() / "geography" / "countries.tsv").read_text("utf-8").splitlines():
            code, *names = line.split("\t")
            for name in filter(None, (code, *names, *_SHORT.get(code, ()))) if code in english else ():
                known = found.setdefault(fold(name), [])
                if english[code] not in known and fold(name) != fold(english[code]):
                    known.append(english[code])
        return found
