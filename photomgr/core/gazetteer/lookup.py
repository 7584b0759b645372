"""Where a photo was taken, in words: the nearest town or village on great circles, with a sense for how far a big
city reaches; and the other way round, where a place of a name lies."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.gazetteer.arrays import EARTH, Arrays, load
from photomgr.core.search.text import fold, words_of

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

FARTHEST: Final = 100.0
"""Kilometres from the nearest place from which on a photo has no name of a place."""
_REACH: Final = 0.008  # km of a city's reach for the root of its people: 12 km for Paris, 1 km for 15,000
_LEAST, _MOST = 1.0, 25.0  # km of reach
_BLUR: Final = 2.0  # km that count on top, so that a quarter does not win at its very centre
_FINE, _COARSE = _MOST / EARTH, FARTHEST / EARTH  # sides of the cells, as part of the radius
_BATCH: Final = 2048  # points at once
_STEPS: Final = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)], np.int64)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: ``Paris``, ``Île-de-France`` ("" where unknown), ``France``, where it lies in degrees."""

    name: str
    region: str
    country: str
    latitude: float
    longitude: float
    population: int

    @property
    def label(self) -> str:
        """``Paris, Île-de-France, France``; no region that is called after the place, such as ``State of Berlin``."""
        after = set(words_of(fold(self.name))) <= set(words_of(fold(self.region)))
        parts = (self.name, "" if after else self.region, self.country)
        return ", ".join(dict.fromkeys(part for part in parts if part))


def on_sphere(latitudes: Floats, longitudes: Floats) -> Floats:
    """Points [n, 3] on the sphere of radius 1: there the date line and the poles are like any other place."""
    north, east = np.radians(latitudes), np.radians(longitudes)
    flat = np.cos(north)
    return np.stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)], axis=1)


class _Cells:
    """Points in cubes of one side; neighbours within that side are in the 27 cubes around."""

    def __init__(self, points: Floats, side: float) -> None:
        self._side = side
        keys = self._keys(np.floor(points / side).astype(np.int64))
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]

    def _keys(self, cells: Numbers) -> Numbers:
        return ((cells[..., 0] + 2**20) << 42) | ((cells[..., 1] + 2**20) << 21) | (cells[..., 2] + 2**20)

    def around(self, points: Floats) -> tuple[Numbers, Numbers]:
        """(which of ``points``, which of the cells' points) for all pairs in neighbouring cubes, by the first."""
        cells = np.floor(points / self._side).astype(np.int64)
        keys = self._keys(cells[:, None, :] + _STEPS[None]).ravel()
        low = np.searchsorted(self._sorted, keys)
        sizes = np.searchsorted(self._sorted, keys, side="right") - low
        who = np.repeat(np.repeat(np.arange(len(points)), len(_STEPS)), sizes)
        before = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) - np.repeat(before - low, sizes)
        return who, self._order[at]


class Gazetteer:
    """Places of the world, those that ship or ``arrays`` of the same form. Loaded when first asked, which raises
    CatalogError if they cannot be; safe from any thread."""

    def __init__(self, arrays: Arrays | None = None) -> None:
        self._lock = threading.Lock()
        self._arrays = arrays
        self._fine: _Cells | None = None

    @property
    def arrays(self) -> Arrays:
        with self._lock:
            if self._arrays is None:
                self._arrays = load()
            return self._arrays

    def _prepare(self) -> tuple[_Cells, _Cells]:
        arrays = self.arrays
        with self._lock:
            if self._fine is None:
                points = on_sphere(
                    arrays["latitude"].astype(np.float64), arrays["longitude"].astype(np.float64)
                )
                root = np.sqrt(np.maximum(arrays["population"], 1)).astype(np.float32)
                self._near_points = points.T.astype(np.float32)
                self._lightness = np.float32(1e-6) / root
                self._reach = np.clip(np.float32(_REACH) * root, _LEAST, _MOST)
                self._rough = _Cells(points, _COARSE)
                self._fine = _Cells(points, _FINE)
            return self._fine, self._rough

    # from coordinates to names

    def nearest(self, latitudes: Floats, longitudes: Floats) -> tuple[Numbers, Floats]:
        """(number of the place, kilometres to it) for each point in degrees; -1 and infinity where no place is
        within FARTHEST or a coordinate is not a number.

        In the reach of several places that one is meant whose distance is least for its size; outside all of
        them simply the nearest.
        """
        numbers = np.full(len(latitudes), -1, np.int64)
        far = np.full(len(latitudes), np.inf)
        known = np.flatnonzero(np.isfinite(latitudes) & np.isfinite(longitudes))
        if not len(known):
            return numbers, far
        fine, rough = self._prepare()
        # Ten metres are near enough: photos of one walk are looked up once.
        grid = np.round(np.stack([latitudes[known], longitudes[known]], axis=1), 4)
        spots, back = np.unique(grid, axis=0, return_inverse=True)
        points = on_sphere(*np.asarray(spots.T, np.float64))
        found, away = np.full(len(spots), -1, np.int64), np.full(len(spots), np.inf)
        for cells in (fine, rough):
            left = np.flatnonzero(found < 0)
            for start in range(0, len(left), _BATCH):
                some = left[start : start + _BATCH]
                found[some], away[some] = self._best(points[some], *cells.around(points[some]))
        back = back.reshape(-1)
        numbers[known], far[known] = found[back], away[back]
        return numbers, far

    def _best(self, points: Floats, who: Numbers, place: Numbers) -> tuple[Numbers, Floats]:
        """The place of each point among pairs of points and places, which stand by their points."""
        numbers, far = np.full(len(points), -1, np.int64), np.full(len(points), np.inf)
        if not len(who):
            return numbers, far
        here, there = points.astype(np.float32), self._near_points
        # Chords instead of arcs: on 100 km they differ by a metre.
        squares = sum((here[:, axis][who] - there[axis][place]) ** 2 for axis in range(3))
        away = np.sqrt(squares) * np.float32(EARTH)
        # Those that reach so far come first, by distance for size; the others after them, by distance.
        inside = away <= self._reach[place]
        score = np.where(inside, (away + np.float32(_BLUR)) * self._lightness[place], away + 1)
        score[away > FARTHEST] = np.inf
        starts = np.flatnonzero(np.diff(who, prepend=-1))
        least = np.minimum.reduceat(score, starts)
        hits = np.flatnonzero(score == np.repeat(least, np.diff(starts, append=len(who))))
        first = hits[np.flatnonzero(np.diff(who[hits], prepend=-1))]
        first = first[np.isfinite(score[first])]
        numbers[who[first]], far[who[first]] = place[first], away[first]
        return numbers, far

    def spot(self, number: int) -> Spot:
        """The place of a number."""
        arrays = self.arrays
        return Spot(
            self._text("name", number),
            self._text("region_name", int(arrays["region"][number])),
            self._text("country_name", int(arrays["country"][number])),
            float(arrays["latitude"][number]),
            float(arrays["longitude"][number]),
            int(arrays["population"][number]),
        )

    def country_code(self, number: int) -> str:
        """Two letters, as ISO 3166 has them."""
        return self._text("country_code", int(self.arrays["country"][number]))

    def _text(self, name: str, number: int) -> str:
        arrays = self.arrays
        low, high = arrays[f"{name}_starts"][number : number + 2]
        return bytes(arrays[name][low:high]).decode()

    # from names to coordinates

    def called(self, name: str) -> list[int]:
        """Numbers of the places of this name, in any language that is known, the most populous first."""
        arrays, key = self.arrays, fold(name).encode()
        starts, keys, place = arrays["key_starts"], arrays["key"], arrays["key_place"]
        low, high = 0, len(place)
        while low < high:
            middle = (low + high) // 2
            if bytes(keys[starts[middle] : starts[middle + 1]]) < key:
                low = middle + 1
            else:
                high = middle
        found = []
        while low < len(place) and bytes(keys[starts[low] : starts[low + 1]]) == key:
            found.append(int(place[low]))
            low += 1
        return sorted(found)

    def where(self, text: str) -> Spot | None:
        """The place that ``Paris`` means, or ``Paris, Texas``: after commas its region or country."""
        name, *more = (fold(part.strip()) for part in text.split(","))
        for number in self.called(name):
            spot = self.spot(number)
            around = {fold(spot.region), fold(spot.country), fold(self.country_code(number))}
            if all(part in around for part in more):
                return spot
        return None

    def countries(self) -> dict[str, str]:
        """English names of countries by their code."""
        count = len(self.arrays["country_code_starts"]) - 1
        return {self._text("country_code", n): self._text("country_name", n) for n in range(count)}
