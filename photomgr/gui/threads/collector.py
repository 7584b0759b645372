"""Python's garbage collector, on the GUI thread only.

The collector runs on whichever thread happens to allocate, and what it then frees may hold widgets or
pixmaps, which Qt lets no other thread destroy: the process ends. So it is switched off and asked here.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_EVERY: Final = 1000  # ms


class Collector(QObject):
    """Collects while it lives; make one on the GUI thread, before the first worker, and keep it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """As much as Python itself would now."""
        due = [count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation, wanted in enumerate(due):
            if wanted:
                gc.collect(generation)

    def stop(self) -> None:
        """Leave it as it was before, when no widget is left."""
        self._timer.stop()
        if self._before:
            gc.enable()
