"""From start to a usable window: 100,000 photos against an empty catalog, each in a process of its own.

    python -m tests.benchmarks.bench_start [--quick]

Usable means: the window is shown and has its photos, the rows of the first page among them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library

from .records import make_catalog
from .table import Table

_CHILD = "--child"


def main() -> int:
    """Run it and print the table."""
    count = 10_000 if "--quick" in sys.argv else 100_000
    table = Table(f"Start to a usable window, {count:,} photos")
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Paths.under(Path(folder) / "empty"), Paths.under(Path(folder) / "full")
        make_catalog(full, Path(folder) / "photos", count)
        make_catalog(empty, Path(folder) / "no photos", 0)
        # Their drive is away: what is measured is the start, not the first look through the folders.
        shutil.rmtree(Path(folder) / "photos")
        shutil.rmtree(Path(folder) / "no photos")
        for paths in (full, empty):
            library = Library.open(paths)
            library.settings.set("watch", False)
            library.settings.set("annotate", False)
            jobs.run(library.scan())
            jobs.run(library.index())
            library.close()
        times: dict[Path, list[float]] = {empty.data: [], full.data: []}
        for _ in range(5):
            for paths in (empty, full):
                times[paths.data].append(_start(paths))
        least, most = (statistics.median(times[paths.data]) for paths in (empty, full))
        table.note("empty catalog", least * 1000, " ms")
        table.note("full catalog", most * 1000, " ms")
        table.at_most("full against empty", most / least, 1.5)
    return table.exit_code()


def _start(paths: Paths) -> float:
    """Seconds from the start of a process to its usable window."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_start", _CHILD, paths.data.parent]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "STARTED": str(time.time())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.splitlines()[-1])


def _child(base: Path) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from photomgr.gui import app as gui

    application = QApplication(sys.argv[:1])
    gui.prepare(application)
    app = gui.App(application, Paths.under(base))
    app.open(False)
    window = app.window
    assert window is not None
    answers: list[object] = []
    window.navigator.found.connect(answers.append)

    def look() -> None:
        photos = window.photos
        drawn = photos.rowCount() == 0 or photos.row(photos.id_at(0)) is not None
        if answers and drawn and window.isVisible():
            print(time.time() - float(os.environ["STARTED"]), flush=True)
            os._exit(0)

    timer = QTimer(interval=2)
    timer.timeout.connect(look)
    timer.start()
    application.exec()


if __name__ == "__main__":
    if _CHILD in sys.argv:
        _child(Path(sys.argv[-1]))
    sys.exit(main())
