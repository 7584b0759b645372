"""From start to a usable window: 100,000 photos against an empty catalog, each in a process of its own.

    python -m tests.benchmarks.bench_start [--quick]

Usable means: the window is shown, its first page of photos is drawn and the event loop is idle.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
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
        for paths in (full, empty):
            library = Library.open(paths)
            library.settings.set("watch", False)
            library.settings.set("annotate", False)
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
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_start", _CHILD, paths.data.parent],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
