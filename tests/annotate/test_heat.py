"""Heat becomes a box and a point."""

from __future__ import annotations

import numpy as np
import pytest

from photomgr.annotate.heat import box, place


def warm(*cells: tuple[int, int]) -> np.ndarray:
    heat = np.full((6, 6), -4.0, np.float32)
    for row, column in cells:
        heat[row, column] = 4.0
    return heat


def test_a_warm_corner_is_a_box_in_that_corner() -> None:
    left, top, width, height = box(warm((0, 4), (0, 5), (1, 4), (1, 5))) or (0, 0, 0, 0)
    assert left > 0.5
    assert top == 0
    assert left + width == pytest.approx(1.0)
    assert height < 0.5


def test_the_point_lies_in_the_hottest_of_two_places() -> None:
    heat = warm((1, 1), (4, 4))
    heat[4, 4] = 6.0
    x, y = place(heat).point
    assert (x, y) == (pytest.approx(0.75, abs=0.05), pytest.approx(0.75, abs=0.05))
    left, top, _, _ = place(heat).box
    assert min(left, top) > 0.4


def test_what_is_everywhere_has_no_box() -> None:
    assert box(np.full((6, 6), 2.0, np.float32)) is None
    assert box(warm(*((r, c) for r in range(6) for c in range(6) if r or c))) is None


def test_no_heat_no_box() -> None:
    assert box(np.zeros((0, 0), np.float32)) is None
