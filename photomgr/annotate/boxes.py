"""From a detector's rows to boxes: decoding grids, dropping doubles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_MOST: int = 300  # boxes of one photo that are compared with each other


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is: ``column`` of the detector's labels, ``score`` in [0, 1], and the corner, width and height
    as shares of the picture in [0, 1]."""

    column: int
    score: float
    x: float
    y: float
    w: float
    h: float

    @property
    def place(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.w, self.h


def anchors(height: int, width: int, strides: Sequence[int]) -> int:
    """How many rows a detector of grids with these strides gives for an input of this size."""
    return sum((height // stride) * (width // stride) for stride in strides)


def decode(rows: Floats, height: int, width: int, strides: Sequence[int]) -> Floats:
    """Rows [A, 5 + C] of a YOLOX head with boxes as centre and size in pixels (Ge et al. 2021, section 2.1).

    An offset counts from its cell in strides, a size is the stride times its exponential. Without strides the rows
    come back as they are.
    """
    if not strides:
        return rows
    cells, steps = [], []
    for stride in strides:
        y, x = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        steps.append(np.full((cells[-1].shape[0], 1), stride))
    grid, step = np.concatenate(cells).astype(np.float32), np.concatenate(steps).astype(np.float32)
    found = rows.copy()
    found[:, :2] = (rows[:, :2] + grid) * step
    found[:, 2:4] = np.exp(np.minimum(rows[:, 2:4], 20.0)) * step
    return found


def presence(rows: Floats) -> Floats:
    """For each class [C] how sure the best row is that it is there: objectness times class."""
    return np.asarray((rows[:, 4:5] * rows[:, 5:]).max(axis=0), np.float32)


def boxes(decoded: Floats, height: int, width: int, *, least: float, overlap: float) -> list[Box]:
    """Boxes of at least the score ``least``, best first; of two of one class that overlap the weaker goes."""
    scores = decoded[:, 4:5] * decoded[:, 5:]
    row, column = np.nonzero(scores >= least)
    best = np.argsort(-scores[row, column], kind="stable")[:_MOST]
    row, column = row[best], column[best]
    corners = _corners(decoded[row, :4], height, width)
    kept: list[int] = []
    for each in range(len(row)):
        rivals = [other for other in kept if column[other] == column[each]]
        if not rivals or _cover(corners[each], corners[rivals]).max() <= overlap:
            kept.append(each)
    found = []
    for each in kept:
        x0, y0, x1, y1 = (float(value) for value in corners[each])
        if x1 > x0 and y1 > y0:
            score = float(min(1.0, scores[row[each], column[each]]))
            found.append(Box(int(column[each]), score, x0, y0, x1 - x0, y1 - y0))
    return found


def within(found: Sequence[Box], width: float, height: float) -> tuple[Box, ...]:
    """Boxes as shares of a picture that fills only ``width`` and ``height`` of what was looked at, its upper left
    corner; those beside it are left out."""
    kept = []
    for box in found:
        right, low = min(1.0, (box.x + box.w) / width), min(1.0, (box.y + box.h) / height)
        x, y = box.x / width, box.y / height
        if x < right and y < low:
            kept.append(Box(box.column, box.score, x, y, right - x, low - y))
    return tuple(kept)


def _corners(places: Floats, height: int, width: int) -> Floats:
    """Left, top, right, bottom as shares of the picture."""
    size = np.array([width, height], np.float32)
    low, high = places[:, :2] - places[:, 2:] / 2, places[:, :2] + places[:, 2:] / 2
    return np.asarray(np.clip(np.concatenate([low / size, high / size], axis=1), 0.0, 1.0), np.float32)


def _cover(one: Floats, others: Floats) -> Floats:
    """Intersection over union of a box and others [N, 4]."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(one[2:] - one[:2])
    return np.asarray(both / np.maximum(areas - both, 1e-9), np.float32)
