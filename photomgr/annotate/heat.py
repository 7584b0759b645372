"""Where in a photo a tag was seen: the network's heat as one box and one point.

The heat is a class activation map (Zhou et al. 2016): each cell's share in the tag's logit. What lies above a
share of its range, and hangs together with the hottest cell, is the tag's place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE = 0.2
"""Of the heat's range, softened below zero; the value with the best overlap on half of the photos with boxes."""
EVERYWHERE = 0.85
"""A box with more than this share of the photo says nothing about where a thing is."""
_FINE = 48
"""Points a side at which the coarse map is read."""

Heat = NDArray[np.float32]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """``box``: left, top, width, height; ``point``: x, y of the centre of the heat. Fractions of the whole photo."""

    box: Box
    point: tuple[float, float]

    @property
    def everywhere(self) -> bool:
        """Whether the box is as good as the whole photo."""
        return self.box[2] * self.box[3] > EVERYWHERE


def place(heat: Heat, share: float = SHARE) -> Place:
    """Where the heat [h, w] of one tag lies."""
    # Cells that speak against the tag differ only a little from cells that do not care.
    fine = _finer(np.logaddexp(0.0, heat.astype(np.float64)))
    floor = fine.min() + share * (fine.max() - fine.min())
    peak = np.unravel_index(int(fine.argmax()), fine.shape)
    inside = _around(fine >= floor, (int(peak[0]), int(peak[1])))
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    box = (columns[0] / _FINE, rows[0] / _FINE, width / _FINE, height / _FINE)
    mass = np.where(inside, fine - floor, 0.0) ** 2 + 1e-12 * inside
    middle = (np.arange(_FINE) + 0.5) / _FINE
    x, y = (float(mass.sum(axis=axis) @ middle / mass.sum()) for axis in (0, 1))
    return Place((float(box[0]), float(box[1]), float(box[2]), float(box[3])), (x, y))


def box(heat: Heat) -> Box | None:
    """Left, top, width, height of a tag with this heat [h, w]; None when it is everywhere, or the heat is empty."""
    if not heat.size:
        return None
    found = place(heat)
    return None if found.everywhere else found.box


def _finer(heat: NDArray[np.float64]) -> NDArray[np.float64]:
    across, down = _between(heat.shape[1]), _between(heat.shape[0])
    return np.asarray(down @ heat @ across.T, np.float64)


def _between(cells: int) -> NDArray[np.float64]:
    """Weights [_FINE, cells] of linear interpolation between the middles of cells, level beyond the outer ones."""
    position = np.clip((np.arange(_FINE) + 0.5) / _FINE * cells - 0.5, 0, cells - 1)
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(cells)))


def _around(hot: NDArray[np.bool_], start: tuple[int, int]) -> NDArray[np.bool_]:
    """The part of ``hot`` that hangs together with ``start`` by sides."""
    found = np.zeros_like(hot)
    found[start] = True
    while True:
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        grown &= hot
        if (grown == found).all():
            return found
        found = grown
