"""How fast a person decides, and how long the rest will take at that pace."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

from photomgr.gui.looks import texts

_PAUSE: Final = 30.0  # seconds: who thinks longer is away
_ENOUGH: Final = 3  # decisions before anything is said


class DecisionPace:
    """Counts what was decided in one review and the time that it took, without the pauses."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another review."""
        self.decided = 0
        self._steps = 0
        self._counted = 0
        self._seconds = 0.0
        self._last: float | None = None

    def add(self, now: float, photos: int) -> None:
        """``photos`` were decided at the time ``now`` (seconds of any steady clock)."""
        if self._last is not None:
            self._seconds += min(now - self._last, _PAUSE)
            self._counted += photos
            self._steps += 1
        self.decided += photos
        self._last = now

    def take_back(self, photos: int) -> None:
        """``photos`` wait again: they were undone, or could not be saved."""
        self.decided = max(0, self.decided - photos)

    def left(self, waiting: int) -> float | None:
        """Seconds for what waits; None while it is too early to say."""
        if self._steps < _ENOUGH:
            return None
        return waiting * self._seconds / max(self._counted, 1)

    def text(self, waiting: int) -> str:
        """``37 of 412, about 9 min at this pace``."""
        translate = QCoreApplication.translate
        total = self.decided + waiting
        if not total:
            return ""
        text = translate("Review", "{n} of {total}").format(
            n=texts.number(self.decided), total=texts.number(total)
        )
        seconds = self.left(waiting)
        if not waiting or seconds is None:
            return text
        pace = translate("Review", "{text}, about {time} at this pace")
        return pace.format(text=text, time=texts.duration(seconds))
