"""Numbers, times and counts as a person reads them."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QTimeZone


def number(value: int) -> str:
    """12408 -> ``12,408``, in the way of the person's language."""
    return QLocale().toString(value)


def one_line(tag: str) -> str:
    """A tag of any length and with any characters in a line of text."""
    line = tag.replace("\n", " ")
    return line if len(line) <= 60 else line[:59] + "\u2026"


def photos(count: int) -> str:
    """``1 photo``, ``12,408 photos``."""
    text = QCoreApplication.translate("Texts", "%n photo(s)", "", count)
    return text.replace(str(count), number(count), 1)


def percent(share: float) -> str:
    """0.953 -> ``95 %``, 0.998 -> ``99.8 %``: a share that is not quite the whole is never said to be."""
    digits = 1 if 0.995 <= share < 1 else 0
    text = QCoreApplication.translate("Texts", "{number} %")
    shown = min(100 * share, 99.9) if share < 1 else 100 * share
    return text.format(number=QLocale().toString(shown, "f", digits))


def months(first: float, last: float) -> str:
    """From when to when in months, by seconds since 1970: ``June 2019``, ``2019\u20132021``."""
    begin, end = (QDateTime.fromSecsSinceEpoch(int(each), QTimeZone.utc()).date() for each in (first, last))
    if (begin.year(), begin.month()) == (end.year(), end.month()):
        return QLocale().toString(begin, "MMMM yyyy")
    if begin.year() == end.year():
        return f"{QLocale().toString(begin, 'MMM')}\u2013{QLocale().toString(end, 'MMM yyyy')}"
    return f"{begin.year()}\u2013{end.year()}"


def duration(seconds: float) -> str:
    """How long something will take: ``45 s``, ``3 min``, ``1 h 20 min``."""
    whole = max(1, round(seconds))
    if whole < 90:
        return QCoreApplication.translate("Texts", "{n} s").format(n=whole)
    minutes = round(whole / 60)
    if minutes < 90:
        return QCoreApplication.translate("Texts", "{n} min").format(n=minutes)
    text = QCoreApplication.translate("Texts", "{h} h {n} min")
    return text.format(h=number(minutes // 60), n=minutes % 60)


def rate(per_second: float) -> str:
    """``41/s``, ``0.4/s``."""
    value = number(round(per_second)) if per_second >= 10 else QLocale().toString(per_second, "f", 1)
    return QCoreApplication.translate("Texts", "{n}/s").format(n=value)


class Pace:
    """How fast a job goes, from its own reports over the last seconds.

    Time that passes while the job is paused does not count: call :meth:`restart` when it goes on.
    """

    def __init__(self, window: float = 8.0) -> None:
        self._window = window
        self._seen: deque[tuple[float, int]] = deque()

    def restart(self) -> None:
        self._seen.clear()

    def add(self, now: float, done: int) -> None:
        """``done`` items at the time ``now`` (seconds of any steady clock)."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > self._window:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """Items a second, None while it is too early to say."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        if last - first < 0.5 or after <= before:
            return None
        return (after - before) / (last - first)

    def left(self, total: int | None) -> float | None:
        """Seconds until ``total`` is reached, None while it is not known."""
        speed = self.per_second
        if speed is None or total is None or not self._seen:
            return None
        return max(0, total - self._seen[-1][1]) / speed
