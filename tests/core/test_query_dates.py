"""Dates as people say them, seen from one day."""

from __future__ import annotations

from datetime import date

import pytest

from photomgr.core.query_dates import SPOKEN, spoken_span

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("today", 20261123, 20261124),
        ("Yesterday", 20261122, 20261123),
        ("gestern", 20261122, 20261123),
        ("this week", 20261123, 20261130),
        ("last week", 20261116, 20261123),
        ("last weekend", 20261121, 20261123),
        ("last month", 20261001, 20261101),
        ("this year", 20260101, 20270101),
        ("last year", 20250101, 20260101),
        ("last monday", 20261116, 20261117),
        ("friday", 20261120, 20261121),
        ("last 30 days", 20261025, 20261124),
        ("past two weeks", 20261110, 20261124),
        ("3 days ago", 20261120, 20261121),
        ("two weeks ago", 20261109, 20261116),
        ("11 months ago", 20251201, 20260101),
        ("a year ago", 20250101, 20260101),
        ("june 2019", 20190601, 20190701),
        ("Juni 2019", 20190601, 20190701),
        ("in june", 20260601, 20260701),
        ("december", 20251201, 20260101),
        ("21 june 2019", 20190621, 20190622),
        ("June 21st, 2019", 20190621, 20190622),
        ("summer 2019", 20190601, 20190901),
        ("last summer", 20260601, 20260901),
        ("last winter", 20251201, 20260301),
        ("this autumn", 20260901, 20261201),
        ("last autumn", 20250901, 20251201),
        ("winter 2019", 20191201, 20200301),
        ("christmas 2020", 20201224, 20201227),
        ("last christmas", 20251224, 20251227),
        ("easter 2019", 20190419, 20190423),
        ("Ostern 2024", 20240329, 20240402),
        ("new year's eve 2019", 20191231, 20200102),
    ],
)
def test_each_means_its_days(text: str, first: int, after: int) -> None:
    assert spoken_span(text, TODAY) == (first * 10**6, after * 10**6)


@pytest.mark.parametrize(
    "text",
    ["", "x", "beach", "next summer", "31 february 2019", "last", "summer summer", "june 20199", "99999 years ago",
     "9999 years ago", "last 9999 years", "\u0662 days ago", "a" * 61, "the of in", "last last week"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert spoken_span(text, TODAY) is None


def test_everything_that_is_offered_is_understood() -> None:
    assert all(spoken_span(text, TODAY) is not None for text in SPOKEN)
