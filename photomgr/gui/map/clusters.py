"""Photos that stand close together on the map as one. Numbers only: runs on a worker thread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.gui.map.projection import Floats, View, arc, project

Ids = NDArray[np.int64]

CELL: Final = 68.0  # pixels of a cell in which photos are one
_TOUCH: Final = 46.0  # pixels between the middles of two clusters that become one
_ALL_AROUND: Final = 0.6  # of the way round the world
_MARGIN: Final = 0.75  # of a view's width and height that is known beyond its edges


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Photos with coordinates, in the order of the result that they are of; ``others`` have none."""

    ids: Ids
    latitude: Floats
    longitude: Floats
    x: Floats
    y: Floats
    others: int = 0

    @classmethod
    def of(cls, ids: Ids, latitude: Floats, longitude: Floats, others: int = 0) -> Spots:
        return cls(ids, latitude, longitude, *project(latitude, longitude), others)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Cluster:
    """``count`` photos around a point of the map, the first of them ``photo``; ``box`` is their south, west, north and
    east edge in degrees."""

    x: float
    y: float
    count: int
    photo: int
    box: tuple[float, float, float, float]
    name: str = ""

    @property
    def query(self) -> str:
        return box_query(*self.box)


@dataclass(frozen=True, slots=True)
class Clusters:
    """The clusters of one view and what lies around it, for as long as it is drawn at that scale."""

    view: View = field(default_factory=View)
    found: tuple[Cluster, ...] = ()

    def covers(self, view: View) -> bool:
        """Whether these are the clusters of another view, too."""
        if abs(view.scale / self.view.scale - 1) > 1e-6 or view.width > self.view.width * 1.01:
            return False
        across = abs((view.x - self.view.x + 0.5) % 1 - 0.5) * view.scale
        down = abs(view.y - self.view.y) * view.scale
        return across <= self.view.width * _MARGIN * 0.8 and down <= self.view.height * _MARGIN * 0.8


def box_query(south: float, west: float, north: float, east: float) -> str:
    """``box:…`` that holds these edges, to ten metres."""
    low = (math.floor(each * 1e4) / 1e4 for each in (south, west))
    high = (math.ceil(each * 1e4) / 1e4 for each in (north, east))
    (south, west), (north, east) = low, high
    west, east = max(west, -180.0), min(east, 180.0)
    return "box:" + ",".join(f"{each:.4f}".rstrip("0").rstrip(".") for each in (south, west, north, east))


def clusters(spots: Spots, view: View) -> Clusters:
    """The clusters of a view and its surroundings, the largest first."""
    inside = _inside(spots, view)
    if not len(inside):
        return Clusters(view)
    x, y = spots.x[inside], spots.y[inside]
    # Cells that stand still while one moves the map.
    across = max(1, round(view.scale / CELL))
    key = np.floor(y * across).astype(np.int64) * across + np.floor(x * across).astype(np.int64)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    middle_x = np.add.reduceat(x[order], starts) / sizes
    middle_y = np.add.reduceat(y[order], starts) / sizes
    group = _joined(middle_x, middle_y, sizes, _TOUCH / view.scale)
    return Clusters(view, _described(spots, inside[order], np.repeat(group, sizes)))


def _inside(spots: Spots, view: View) -> Ids:
    across, down = view.across(spots.x), view.down(spots.y)
    wide, high = view.width * _MARGIN, view.height * _MARGIN
    seen = (across >= -wide) & (across <= view.width + wide) & (down >= -high) & (down <= view.height + high)
    return np.flatnonzero(seen)


def _joined(x: Floats, y: Floats, sizes: Ids, touch: float) -> Ids:
    """For each cell the cell that it becomes part of: the largest near enough, itself where there is none. Cells on
    both sides of the date line are neighbours."""
    group = np.full(len(x), -1, np.int64)
    for cell in np.argsort(-sizes, kind="stable").tolist():
        if group[cell] < 0:
            across = np.abs((x - x[cell] + 0.5) % 1 - 0.5)
            near = (across < touch) & (np.abs(y - y[cell]) < touch) & (group < 0)
            group[near] = cell
    return group


def _described(spots: Spots, numbers: Ids, group: Ids) -> tuple[Cluster, ...]:
    order = np.lexsort((numbers, group))
    numbers, group = numbers[order], group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(starts, append=len(group))
    north = spots.latitude[numbers]
    # Seen from the first photo of each, so that the two sides of the date line lie side by side.
    east = _near(spots.longitude[numbers], np.repeat(spots.longitude[numbers[starts]], sizes), 360)
    x = _near(spots.x[numbers], np.repeat(spots.x[numbers[starts]], sizes), 1)
    edges = [
        np.minimum.reduceat(north, starts),
        _round(np.minimum.reduceat(east, starts)),
        np.maximum.reduceat(north, starts),
        _round(np.maximum.reduceat(east, starts)),
    ]
    middles = [np.add.reduceat(values, starts) / sizes for values in (x, spots.y[numbers])]
    found = [
        Cluster(
            float(middles[0][n]) % 1,
            float(middles[1][n]),
            int(sizes[n]),
            int(spots.ids[numbers[starts[n]]]),
            (float(edges[0][n]), float(edges[1][n]), float(edges[2][n]), float(edges[3][n])),
        )
        for n in np.argsort(-sizes, kind="stable").tolist()
    ]
    return tuple(found)


def _near(values: Floats, home: Floats, whole: float) -> Floats:
    """The same places on a circle, written as near to ``home`` as can be."""
    return np.asarray((values - home + whole / 2) % whole - whole / 2 + home, np.float64)


def _round(longitude: Floats) -> Floats:
    """Degrees from -180 to 180."""
    inside = np.abs(longitude) <= 180
    return np.where(inside, longitude, (longitude + 180) % 360 - 180)


def all_of(spots: Spots, view: View) -> View:
    """A view of all photos, the short way round the world."""
    if not len(spots):
        return view.fitted()
    across = arc(spots.x)
    # What lies all around the world is looked at as on a wall map.
    return view.around(
        across if across[1] - across[0] < _ALL_AROUND else (0.0, 1.0),
        (float(spots.y.min()), float(spots.y.max())),
    )
