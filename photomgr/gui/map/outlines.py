"""Coast lines and country lines of Natural Earth, as much of them as a view needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QIODevice
from PySide6.QtGui import QPainterPath

from photomgr.core.assets import resources_dir
from photomgr.gui.map.projection import Floats, View, project

_UNITS: Final = 32767 / 200  # of a coordinate in a degree; islands on the date line go on beyond 180
_SPECK: Final = 0.8  # pixels that nobody sees
_PIECE: Final = 48  # points that are left out together when they are out of sight
_DETAIL: Final = (1200.0, 4500.0, 14_000.0)  # pixels round the world from which on the next level is drawn
_ELEMENT: Final = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines one after another: ``first`` marks where one begins. They fall into pieces of consecutive points, each
    with the box that it lies in."""

    x: Floats
    y: Floats
    first: NDArray[np.bool_]
    pieces: NDArray[np.int64]  # where each piece begins, and the end
    boxes: Floats  # [pieces, 4] of left, top, right, bottom
    line: NDArray[np.int64]  # [pieces] which line each is of
    bounds: Floats  # [lines, 4] of left, top, right, bottom

    @classmethod
    def of(cls, units: NDArray[np.int16], starts: NDArray[np.int32]) -> Lines:
        _, y = project(units[:, 1] / _UNITS, 0.0)
        x = (units[:, 0] / _UNITS + 180) / 360
        first = np.zeros(len(x), np.bool_)
        first[starts[:-1]] = True
        pieces = np.unique(np.concatenate([np.arange(0, len(x), _PIECE), starts[:-1]])).astype(np.int64)
        # A piece goes on to the first point of the next, so that nothing between two is forgotten.
        reach = [np.minimum.reduceat(each, pieces) for each in (x, y)] + [
            np.maximum.reduceat(each, pieces) for each in (x, y)
        ]
        last = np.append(pieces[1:], len(x)) - 1
        after = np.where(np.append(first[pieces[1:]], True), last, np.minimum(last + 1, len(x) - 1))
        boxes = np.stack(
            [
                np.minimum(reach[0], x[after]),
                np.minimum(reach[1], y[after]),
                np.maximum(reach[2], x[after]),
                np.maximum(reach[3], y[after]),
            ],
            axis=1,
        )
        begins = starts[:-1].astype(np.int64)
        bounds = np.stack(
            [reduce.reduceat(each, begins) for reduce in (np.minimum, np.maximum) for each in (x, y)], axis=1
        )
        line = np.searchsorted(begins, pieces, side="right") - 1
        return cls(x, y, first, np.append(pieces, len(x)), boxes, line, bounds)

    def path(self, view: View, shift: float) -> QPainterPath:
        """These lines in pixels of a view, the world moved by ``shift`` rounds to the east.

        Of a piece that is out of sight the ends are enough: the straight line between them is out of sight, too.
        """
        half, high = view.width / 2 / view.scale, view.height / 2 / view.scale
        left, top = view.x - half - shift, view.y - high
        seen, here = (
            (boxes[:, 2] >= left)
            & (boxes[:, 0] <= left + 2 * half)
            & (boxes[:, 3] >= top)
            & (boxes[:, 1] <= top + 2 * high)
            for boxes in (self.boxes, self.bounds)
        )
        here &= (self.bounds[:, 2:] - self.bounds[:, :2]).max(axis=1) * view.scale > _SPECK
        needed = here[self.line]
        keep = np.repeat(seen & needed, np.diff(self.pieces))
        keep[self.pieces[:-1][needed]] = True
        keep[self.pieces[1:][needed] - 1] = True
        across = (self.x[keep] + shift - view.x) * view.scale + view.width / 2
        down = (self.y[keep] - view.y) * view.scale + view.height / 2
        begins = self.first[keep]
        # Points on the pixel of the one before add nothing.
        fresh = (
            np.abs(np.diff(across, prepend=np.inf)) + np.abs(np.diff(down, prepend=np.inf)) > _SPECK
        ) | begins
        return _path(across[fresh], down[fresh], begins[fresh])


def _path(x: Floats, y: Floats, begins: NDArray[np.bool_]) -> QPainterPath:
    """A path of many points at once, by the form in which Qt stores one."""
    elements = np.empty(len(x), _ELEMENT)
    elements["kind"] = np.where(begins, 0, 1)
    elements["x"], elements["y"] = x, y
    head = np.array([len(x)], ">i4").tobytes()
    tail = np.array([0, 0], ">i4").tobytes()  # where the last line begins, and odd-even filling
    stored = QByteArray(head + elements.tobytes() + tail)
    path = QPainterPath()
    if len(x):
        stream = QDataStream(stored, QIODevice.OpenModeFlag.ReadOnly)
        stream >> path
    return path


@dataclass(frozen=True, slots=True)
class Outlines:
    """Land to be filled, and lines between countries, in levels of detail."""

    land: tuple[Lines, ...]
    borders: tuple[Lines, ...]

    def level(self, scale: float) -> int:
        return sum(scale >= least for least in _DETAIL)


@cache
def load() -> Outlines:
    """The outlines that ship with the program. (slow: some 50 ms)"""
    with np.load(resources_dir() / "geography" / "world.npz", allow_pickle=False) as kept:
        levels = range(len(_DETAIL) + 1)
        land, borders = (
            tuple(Lines.of(kept[f"{kind}{level}"], kept[f"{kind}{level}_starts"]) for level in levels)
            for kind in ("land", "border")
        )
    return Outlines(land, borders)
