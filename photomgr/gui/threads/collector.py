"""Python's garbage collector, on the GUI thread only.

The collector runs on whichever thread happens to allocate, and what it then frees may hold widgets or
pixmaps, which Qt lets no other thread destroy: the process ends. So it is switched off and asked here.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication

_EVERY: Final = 1000  # ms
_GROWN: Final = (
    1.25  # times as many old objects as after the last full collection, as Python itself waits for
)
_PATIENCE: Final = 300  # turns that a full collection waits for a person to rest


class Collector(QObject):
    """Collects while it lives; make one on the GUI thread, before the first worker, and keep it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = gc.isenabled()
        self._kept = 0
        self._turns, self._full_at = 0, 4
        self._busy = False
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys and pointers that reach a window are a person at work; nothing is held back."""
        self._busy = self._busy or event.isInputEvent()
        return False

    def collect(self) -> None:
        """As much as Python itself would now, but for a full collection, which walks everything that is loaded
        and can be felt under the hand: it is for the seconds after the start, while the library is loaded, and
        then comes ever more seldom, only when a quarter more is old than after the last one, and in a second in which
        nothing is pressed or moved. What was loaded by the first one stays for good, and none after it walks that
        again."""
        self._turns += 1
        rests, self._busy = not self._busy, False
        for window in QGuiApplication.topLevelWindows():
            window.installEventFilter(self)
        late = self._turns - self._full_at
        if late >= 0 and (rests or not self._kept or late >= _PATIENCE):
            self._full_at = 2 * self._turns
            gc.collect(1)  # what is left of it is old from now on
            if len(gc.get_objects(generation=2)) > _GROWN * self._kept:
                gc.collect()
                if not self._kept:
                    gc.freeze()
                self._kept = 1 + len(gc.get_objects(generation=2))
            return
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, limit) in enumerate(counts) if count > limit]
        if due:
            gc.collect(min(due[-1], 1))

    def stop(self) -> None:
        """Leave it as it was before, when no widget is left."""
        self._timer.stop()
        for window in QGuiApplication.topLevelWindows():
            window.removeEventFilter(self)
        gc.unfreeze()
        if self._before:
            gc.enable()
