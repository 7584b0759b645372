"""Something shown that is read again when the library has changed: one reading at a time, with rests between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer

from photomgr.gui.threads.bridge import LATER, Bridge, Ticket

_SHARE: Final = 9  # times as long as the work took it rests: a tenth of a processor while changes come
_LONGEST: Final = 3.0  # seconds after which slow work is done again whatever it took


class Rest:
    """How long to wait before work that follows changes is done again, from how long it took the last time."""

    def __init__(self, pause: float, *, share: float = _SHARE, longest: float = _LONGEST) -> None:
        """``pause`` in seconds: in that time changes are gathered, also when nothing was done for long. After work
        it rests ``share`` times as long as that took, ``longest`` seconds at most."""
        self._pause, self._share, self._longest = pause, share, longest
        self._free_at = 0.0

    def note(self, seconds: float) -> None:
        """It was done, in so many seconds, and ended now."""
        self._free_at = time.monotonic() + min(self._share * seconds, self._longest)

    def milliseconds(self) -> int:
        """From a change that came now until the work may begin."""
        return int(1000 * max(self._pause, self._free_at - time.monotonic()))


class Rereading(QObject):
    """``read`` runs off the GUI thread, ``show`` takes what it found on this one.

    Changes are gathered for ``pause`` milliseconds, longer where a reading has just taken long: while somebody
    decides several times a second, the processors belong to the photos and the keys.
    """

    def __init__(
        self,
        bridge: Bridge,
        read: Callable[[], Any],
        show: Callable[[Any], None],
        parent: QObject,
        *,
        pause: int,
        priority: int = LATER,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._read = read
        self._show = show
        self._priority = priority
        self._rest = Rest(pause / 1000)
        self._ticket: Ticket | None = None
        self._stale = self._wanted = False
        self._began = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.now)

    def soon(self) -> None:
        """Something has changed."""
        if self._ticket is not None:
            self._stale = True
        elif not self._timer.isActive():
            self._timer.start(self._rest.milliseconds())

    def now(self) -> None:
        """Read at once, or as soon as what is being read has come."""
        self._timer.stop()
        if self._ticket is not None:
            self._wanted = True
            return
        self._began = time.monotonic()
        self._ticket = self._bridge.call(self._read, self._arrived, self._failed, priority=self._priority)

    def stop(self) -> None:
        """Nobody looks on any more: what is being read is not shown, nothing is read until asked for again."""
        self._timer.stop()
        self._stale = self._wanted = False
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _arrived(self, result: Any) -> None:
        self._go_on()
        self._show(result)

    def _failed(self, error: BaseException) -> None:
        self._go_on()
        self._bridge.failed.emit(error)

    def _go_on(self) -> None:
        self._ticket = None
        self._rest.note(time.monotonic() - self._began)
        wanted, stale = self._wanted, self._stale
        self._wanted = self._stale = False
        if wanted:
            self.now()
        elif stale:
            self.soon()
