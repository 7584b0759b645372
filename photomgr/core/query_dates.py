"""Dates as people say them: ``yesterday``, ``last summer``, ``june 2019``, ``christmas 2020``, ``3 weeks ago``.

Every span is ``[low, high)`` as numbers YYYYMMDDhhmmss. Seasons are those of the north by whole months; a winter
has the year in which it begins. What has no year is the last one that has begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

Span = tuple[int, int]
_Days = tuple[date, date]  # the first day, and the first day after

_MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio",
            "february feb februar février fevrier febrero febbraio",
            "march mar märz maerz marz mars marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug août aout agosto",
            "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_SEASONS: Final[dict[str, int]] = {  # the month in which each begins
    name: first
    for first, names in (
        (3, "spring frühling fruehling frühjahr printemps primavera"),
        (6, "summer sommer été ete verano estate"),
        (9, "autumn fall herbst automne otoño otono autunno"),
        (12, "winter hiver invierno inverno"),
    )
    for name in names.split()
}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_TODAY: Final = {"today": 0, "heute": 0, "yesterday": 1, "gestern": 1, "hier": 1, "ayer": 1, "ieri": 1}
_FIRST_YEAR, _LAST_YEAR = 1800, 2199

#: What is offered while a date is typed.
SPOKEN: Final = (
    "today", "yesterday", "this week", "last week", "this month", "last month", "this year", "last year",
    "last weekend", "last summer", "last winter", "last 30 days", "christmas", "easter",
)  # fmt: skip


def spoken_span(text: str, today: date | None = None) -> Span | None:
    """What a spoken date means on the day ``today``, None when it is none. Raises nothing for any text."""
    if not 2 <= len(text) <= 60:
        return None
    words = re.sub(r"[\s,]+", " ", text.casefold().replace("'s", "")).strip().split(" ")
    words = [word for word in words if word not in ("in", "the", "of", "on")]
    if not words:
        return None
    try:
        days = next((found for rule in _RULES if (found := rule(words, today or date.today()))), None)
    except (OverflowError, ValueError):
        return None
    return None if days is None else (packed(days[0]), packed(days[1]))


def packed(day: date) -> int:
    """A day as YYYYMMDD000000."""
    return (day.year * 10_000 + day.month * 100 + day.day) * 1_000_000


def _month(year: int, month: int, count: int = 1) -> _Days:
    """So many whole months; ``month`` may lie outside 1 to 12."""
    first, after = (year * 12 + month - 1), (year * 12 + month - 1 + count)
    return date(first // 12, first % 12 + 1, 1), date(after // 12, after % 12 + 1, 1)


def _year_of(word: str) -> int | None:
    return int(word) if re.fullmatch(r"[12]\d{3}", word) and _FIRST_YEAR <= int(word) <= _LAST_YEAR else None


def _day(words: Sequence[str], today: date) -> _Days | None:
    """today, yesterday; and ``friday`` or ``last friday``: the last one before today."""
    if len(words) == 1 and words[0] in _TODAY:
        first = today - timedelta(days=_TODAY[words[0]])
        return first, first + timedelta(days=1)
    name = words[-1]
    if name in _WEEKDAYS and len(words) <= 2 and words[0] in ("last", name):
        back = (today.weekday() - _WEEKDAYS.index(name) - 1) % 7 + 1
        first = today - timedelta(days=back)
        return first, first + timedelta(days=1)
    return None


def _near_span(words: Sequence[str], today: date) -> _Days | None:
    """``this week``, ``last month``, ``last year``, ``last weekend``."""
    if len(words) != 2 or words[0] not in ("this", "last", "past", "previous"):
        return None
    back = 0 if words[0] == "this" else 1
    monday = today - timedelta(days=today.weekday())
    match words[1]:
        case "week":
            first = monday - timedelta(days=7 * back)
            return first, first + timedelta(days=7)
        case "weekend":
            saturday = monday + timedelta(days=5) - timedelta(days=7 * back)
            return saturday, saturday + timedelta(days=2)
        case "month":
            return _month(today.year, today.month - back)
        case "year":
            return _month(today.year - back, 1, 12)
    return None


def _recent(words: Sequence[str], today: date) -> _Days | None:
    """``last 30 days``, ``past two weeks``: up to and with today."""
    if len(words) != 3 or words[0] not in ("last", "past"):
        return None
    count = _count(words[1])
    return None if count is None else _back(count, words[2], today, lambda day: (day, today + timedelta(1)))


def _ago(words: Sequence[str], today: date) -> _Days | None:
    """``3 days ago``: that day; ``two weeks ago``: that week; ``a year ago``: that year."""
    if len(words) != 3 or words[2] != "ago" or (count := _count(words[0])) is None:
        return None
    match words[1].rstrip("s"):
        case "day":
            first = today - timedelta(days=count)
            return first, first + timedelta(days=1)
        case "week":
            first = today - timedelta(days=today.weekday() + 7 * count)
            return first, first + timedelta(days=7)
        case "month":
            return _month(today.year, today.month - count)
        case "year":
            return _month(today.year - count, 1, 12)
    return None


def _count(word: str) -> int | None:
    return int(word) if re.fullmatch(r"\d{1,4}", word) and word.isascii() else _NUMBERS.get(word)


def _back(count: int, unit: str, today: date, made: Callable[[date], _Days]) -> _Days | None:
    days = {"day": 1, "week": 7, "month": 30, "year": 365}.get(unit.rstrip("s"))
    return None if days is None else made(today - timedelta(days=days * count - 1))


def _named(words: Sequence[str], today: date) -> _Days | None:
    """A month, a season or a feast, with a year, with last or this, or alone; ``21 june 2019`` too."""
    if len(words) == 3 and words[1] in _MONTHS and (year := _year_of(words[2])):
        return _one_day(year, _MONTHS[words[1]], words[0])
    if len(words) == 3 and words[0] in _MONTHS and (year := _year_of(words[2])):
        return _one_day(year, _MONTHS[words[0]], words[1])
    this = words[0] == "this"
    words = words[1:] if words[0] in ("last", "this") and len(words) > 1 else words
    year = _year_of(words[-1])
    name = " ".join(words[:-1] if year else words)
    if not name:
        return None
    if year:
        return _of_year(name, year)
    candidates = [_of_year(name, today.year + step) for step in (1, 0, -1, -2)]
    begun = [days for days in candidates if days is not None and days[0] <= today]
    ended = [days for days in begun if days[1] <= today]
    return next(iter(begun if this or name in _MONTHS else ended), None)


def _one_day(year: int, month: int, day: str) -> _Days | None:
    found = re.fullmatch(r"(\d{1,2})(st|nd|rd|th|\.)?", day)
    if found is None:
        return None
    first = date(year, month, int(found[1]))
    return first, first + timedelta(days=1)


def _of_year(name: str, year: int) -> _Days | None:
    if name in _MONTHS:
        return _month(year, _MONTHS[name])
    if name in _SEASONS:
        return _month(year, _SEASONS[name], 3)
    match name:
        case "christmas" | "xmas" | "weihnachten" | "noël" | "noel" | "navidad" | "natale":
            return date(year, 12, 24), date(year, 12, 27)
        case "new year" | "new years" | "silvester" | "new year eve" | "new years eve":
            return date(year, 12, 31), date(year + 1, 1, 2)
        case "halloween":
            return date(year, 10, 31), date(year, 11, 1)
        case "easter" | "ostern" | "pâques" | "paques" | "pascua" | "pasqua":
            sunday = _easter(year)
            return sunday - timedelta(days=2), sunday + timedelta(days=2)
    return None


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (anonymous computus, Nature 1876; Meeus 1991, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


_RULES: Final[tuple[Callable[[Sequence[str], date], _Days | None], ...]] = (
    _day,
    _near_span,
    _recent,
    _ago,
    _named,
)
