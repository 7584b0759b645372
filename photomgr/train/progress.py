"""What a long evaluation shows while it runs: what it does, and about how long all of it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, TextIO

from photomgr.jobs import Progress

_QUIET: Final = 10.0  # seconds between lines where they cannot overwrite each other
_BLINK: Final = 0.2


class Meter:
    """Shows progress of steps whose length is guessed beforehand and corrected by how long the past ones took.

    ``steps``: seconds that each step may take on an ordinary computer, by name, in order.
    """

    def __init__(
        self, stream: TextIO, steps: Mapping[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._clock, self._steps = stream, clock, dict(steps)
        self._step, self._shown, self._wide = "", -_QUIET, False
        self._past = self._passed = 0.0
        self._begun = clock()
        self._live = stream.isatty()

    def begin(self, step: str) -> None:
        """The step before is over, this one starts."""
        now = self._clock()
        if self._step:
            self._past += self._steps.pop(self._step, 0.0)
            self._passed += now - self._begun
        self._step, self._begun, self._shown = step, now, -_QUIET

    def left(self, share: float | None) -> float | None:
        """About how many seconds remain, ``share`` of the present step being done; None where nothing is known."""
        now = self._clock()
        own, spent = self._steps.get(self._step, 0.0), now - self._begun
        later = sum(seconds for step, seconds in self._steps.items() if step != self._step)
        if self._past:
            pace = self._passed / self._past
        elif share:
            pace = spent / (share * max(own, 1e-9))
        else:
            return None
        rest = own * pace - spent if share is None or self._past else spent * (1 - share) / share
        return max(rest, 0.0) + later * pace

    def __call__(self, progress: Progress) -> None:
        """Show a line, not too often."""
        now = self._clock()
        if now - self._shown < (_BLINK if self._live else _QUIET):
            return
        self._shown = now
        share = progress.done / progress.total if progress.total and progress.done else None
        of = f"{progress.done}/{progress.total} " if progress.total else ""
        left = self.left(share)
        text = f"{self._step}: {of}{progress.text}" + ("" if left is None else f", {spoken(left)}")
        self._stream.write("\r" + text[:100].ljust(100) if self._live else text + "\n")
        self._stream.flush()
        self._wide = self._live

    def clear(self) -> None:
        """Take the line away, before something else is printed."""
        if self._wide:
            self._stream.write("\r" + " " * 100 + "\r")
            self._stream.flush()
            self._wide = False


def spoken(seconds: float) -> str:
    """A rest of time for a person, no finer than it is known."""
    if seconds < 90:
        return f"about {max(10, round(seconds / 10) * 10)} s left"
    return f"about {round(seconds / 60)} min left"
