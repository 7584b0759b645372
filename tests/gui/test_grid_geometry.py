"""Where cells lie: the arithmetic against a plain walk over all rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect

from photomgr.gui.grid.geometry import HEADER, MARGIN, Cell, GridGeometry, sections_of, starts_of

COUNT = 300
STARTS = np.array([0, 1, 2, 40, 41, 150, 290], dtype=np.int64)


@pytest.fixture(params=[(None, 50), (None, 885), (STARTS, 50), (STARTS, 300), (STARTS, 1280)])
def geometry(request: pytest.FixtureRequest) -> GridGeometry:
    starts, width = request.param
    return GridGeometry(COUNT, Cell(96, 30), width, starts)


def test_a_point_in_a_cell_leads_to_its_row(geometry: GridGeometry) -> None:
    for row in range(COUNT):
        cell = geometry.rect(row)
        assert geometry.row_at(cell.topLeft()) == row
        assert geometry.row_at(cell.center()) == row
        assert geometry.row_at(cell.bottomRight()) == row
        assert geometry.row_at(cell.topLeft() - QPoint(1, 0)) == -1
        assert geometry.row_at(cell.bottomLeft() + QPoint(0, 1)) == -1


def test_cells_do_not_overlap_and_stay_inside(geometry: GridGeometry) -> None:
    cells = [geometry.rect(row) for row in range(COUNT)]
    for one, other in itertools.pairwise(cells):
        assert not one.intersects(other)
        assert (one.y(), one.x()) < (other.y(), other.x())
    assert cells[-1].bottom() < geometry.height
    if geometry.width > 200:
        assert max(cell.right() for cell in cells) < geometry.width - MARGIN + 1


def test_rows_on_a_page_and_in_a_band(geometry: GridGeometry) -> None:
    dice = np.random.default_rng(2)
    for _ in range(200):
        top = int(dice.integers(0, geometry.height))
        bottom = top + int(dice.integers(1, 900))
        wanted = [
            r for r in range(COUNT) if geometry.rect(r).bottom() >= top and geometry.rect(r).top() < bottom
        ]
        got = geometry.rows_between(top, bottom)
        assert set(wanted) <= set(got)
        assert len(got) <= len(wanted) + 2 * geometry.columns
        cells = [(r, geometry.rect(r).x(), geometry.rect(r).y()) for r in got]
        assert geometry.cells_between(top, bottom) == cells
        band = QRect(int(dice.integers(-20, geometry.width)), top, int(dice.integers(1, 900)), bottom - top)
        inside = [row for first, last in geometry.rows_in(band) for row in range(first, last + 1)]
        assert inside == [r for r in range(COUNT) if geometry.rect(r).intersects(band)]


def test_lines_up_and_down_keep_the_column(geometry: GridGeometry) -> None:
    for row in range(COUNT):
        below = geometry.line_below(row, 1)
        if below != row:
            assert geometry.rect(below).y() > geometry.rect(row).y()
            assert geometry.rect(below).x() <= geometry.rect(row).x()
        above = geometry.line_below(row, -1)
        if above != row:
            assert geometry.rect(above).y() < geometry.rect(row).y()


def test_headers_stand_above_their_first_row() -> None:
    geometry = GridGeometry(COUNT, Cell(96, 30), 600, STARTS)
    for section, start in enumerate(STARTS):
        header = geometry.header_rect(section)
        assert header.height() == HEADER
        assert header.bottom() < geometry.rect(int(start)).top()
        assert geometry.section_at(header.top()) == section
        assert geometry.section_of(int(start)) == section
    assert list(geometry.section_rows(3)) == [40]


def test_nothing_at_all() -> None:
    geometry = GridGeometry(0, Cell(96, 30), 600, np.zeros(0, dtype=np.int64))
    assert geometry.height == 0
    assert geometry.row_at(QPoint(20, 20)) == -1
    assert not geometry.rows_between(0, 500)
    assert geometry.rows_in(QRect(0, 0, 500, 500)) == []


@pytest.mark.parametrize(
    ("days", "unit", "groups"),
    [
        (np.repeat([18000, 17999, 17000], 20), "day", 3),
        (np.arange(18000, 17900, -1), "month", 4),
        (np.repeat(np.arange(18000, 10000, -400), 6) - np.tile(np.arange(6), 20), "year", 20),
        (np.arange(18000, 10000, -400), "all", 1),
        (np.array([18000, 17990, 15000, -1]), "all", 1),
        (np.array([18000, 18000, 18000]), "day", 1),
        (np.array([18000] * 9 + [-1] * 9), "day", 2),
        (np.zeros(0), "day", 0),
    ],
)
def test_sections_are_as_fine_as_there_are_photos_for(days: np.ndarray, unit: str, groups: int) -> None:
    got, starts = sections_of(days.astype(np.int32))
    assert (got, len(starts)) == (unit, groups)


def test_starts_of_runs() -> None:
    assert starts_of([5, 5, 4, 5]).tolist() == [0, 2, 3]
