"""Web Mercator: the world as a square of side 1, x from the date line eastwards, y from the north."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TOP: Final = 85.0511  # degrees north where the square ends; photos at the poles stand on its edge
_CIRCLE: Final = 40_075_017.0  # metres round the equator
DEEPEST: Final = 256.0 * 2**17  # pixels round the world when one is nearest: a metre at the equator


def project(latitudes: ArrayLike, longitudes: ArrayLike) -> tuple[Floats, Floats]:
    """(x, y) of points in degrees; x in [0, 1)."""
    north = np.radians(np.clip(np.asarray(latitudes, np.float64), -TOP, TOP))
    x = (np.asarray(longitudes, np.float64) + 180) / 360 % 1
    return x, np.clip((1 - np.arcsinh(np.tan(north)) / np.pi) / 2, 0, 1)


def degrees(x: float, y: float) -> tuple[float, float]:
    """(latitude, longitude) of a point; x may go round the world."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y)))), (x % 1) * 360 - 180


@dataclass(frozen=True, slots=True)
class View:
    """What a window of the map shows: its middle, ``scale`` pixels for the whole world, and its size in pixels."""

    x: float = 0.5
    y: float = 0.45
    scale: float = 512.0
    width: float = 1.0
    height: float = 1.0

    def fitted(self) -> View:
        """The same, no further away than the world is high, and not beyond its ends."""
        scale = min(max(self.scale, self.height, 256.0), DEEPEST)
        half = self.height / 2 / scale
        return replace(
            self, scale=scale, x=self.x % 1, y=min(max(self.y, half), 1 - half) if half < 0.5 else 0.5
        )

    def moved(self, across: float, down: float) -> View:
        """Drawn along by so many pixels, as by a hand."""
        return replace(self, x=self.x - across / self.scale, y=self.y - down / self.scale).fitted()

    def zoomed(self, factor: float, left: float, top: float) -> View:
        """Nearer by a factor; what is at these pixels stays there."""
        x, y = self.at(left, top)
        near = replace(self, scale=self.scale * factor).fitted()
        return replace(
            near, x=x - (left - near.width / 2) / near.scale, y=y - (top - near.height / 2) / near.scale
        ).fitted()

    def at(self, left: float, top: float) -> tuple[float, float]:
        """The point at some pixels; x may lie outside [0, 1)."""
        return self.x + (left - self.width / 2) / self.scale, self.y + (top - self.height / 2) / self.scale

    def across(self, x: Floats) -> Floats:
        """Pixels from the left of points, each as near to the middle as the round world allows."""
        away = (x - self.x + 0.5) % 1 - 0.5
        return np.asarray(away * self.scale + self.width / 2, np.float64)

    def down(self, y: Floats) -> Floats:
        """Pixels from the top of points."""
        return np.asarray((y - self.y) * self.scale + self.height / 2, np.float64)

    def around(self, x: tuple[float, float], y: tuple[float, float]) -> View:
        """One that shows all between these ends, with a margin; not so near that nothing else is to be seen."""
        wide, high = max(x[1] - x[0], 1e-9), max(y[1] - y[0], 1e-9)
        scale = min(0.8 * self.width / wide, 0.75 * self.height / high, 256.0 * 2**12)
        return replace(self, x=(x[0] + x[1]) / 2, y=(y[0] + y[1]) / 2, scale=scale).fitted()

    @property
    def metres(self) -> float:
        """Of one pixel in the middle."""
        latitude, _ = degrees(self.x, self.y)
        return _CIRCLE * math.cos(math.radians(latitude)) / self.scale


def arc(x: Floats) -> tuple[float, float]:
    """The shortest piece of the way round the world on which all points lie; its end may be beyond 1."""
    ordered = np.unique(x % 1)
    gaps = np.diff(ordered, append=ordered[0] + 1)
    widest = int(np.argmax(gaps))
    start = float(ordered[(widest + 1) % len(ordered)])
    return start, start + 1 - float(gaps[widest])
