"""Places and the map for 100,000 photos: naming them, clustering them, and each frame while one moves and zooms.

    python -m tests.benchmarks.bench_map [--quick]

Frames are drawn in three turns and the best is taken, for these are times on the clock.
Photos stand around 400 towns as travels leave them, some anywhere. 10,000 photos with --quick.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from photomgr.core.gazetteer import Gazetteer, PlaceNames
from photomgr.core.paths import Paths
from photomgr.gui.app import prepare
from photomgr.gui.looks.theme import Theme
from photomgr.gui.map import outlines
from photomgr.gui.map.clusters import Spots, clusters
from photomgr.gui.map.page import MapPage
from photomgr.gui.map.projection import View, project
from photomgr.gui.threads.bridge import Bridge
from photomgr.library import Library

from .table import Table, peak_memory


def travels(count: int) -> Spots:
    """Photos as people take them: many around few places."""
    dice = np.random.default_rng(7)
    home = np.stack(
        [np.degrees(np.arcsin(dice.uniform(-0.6, 0.93, 400))), dice.uniform(-180, 180, 400)], axis=1
    )
    places = home[dice.zipf(1.4, count) % 400] + dice.normal(0, 0.05, (count, 2))
    latitude, longitude = places[:, 0], (places[:, 1] + 180) % 360 - 180
    return Spots.of(np.arange(1, count + 1), latitude, longitude)


def _took(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _names(table: Table, spots: Spots, folder: Path) -> None:
    fresh = Gazetteer()
    table.at_most("gazetteer: loaded", _took(lambda: fresh.arrays), 200, " ms")
    names = PlaceNames(fresh)
    names.named(spots.latitude[:10], spots.longitude[:10])
    took = _took(lambda: names.named(spots.latitude, spots.longitude)) / 1000
    table.at_least("photos named a second", len(spots) / took, 30_000)
    table.at_most("a place by its name, p95", _p95(lambda: names.where("florenz"), 50), 1, " ms")


def _p95(work: Callable[[], object], times: int) -> float:
    return float(np.percentile([_took(work) for _ in range(times)], 95))


def _clusters(table: Table, spots: Spots) -> None:
    took = []
    for scale in (512.0, 2000.0, 20_000.0, 400_000.0):
        for at in ((48.0, 8.0), (40.0, -74.0), (-17.0, 179.9)):
            x, y = project(*at)
            view = View(float(x), float(y), scale, 1600, 1000).fitted()
            took += [_took(lambda view=view: clusters(spots, view)) for _ in range(3)]  # type: ignore[misc]
    table.at_most("clusters of a view, p95", float(np.percentile(took, 95)), 80, " ms")


def _frames(table: Table, spots: Spots, folder: Path) -> None:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    prepare(application)
    theme = Theme(application)
    library = Library.open(Paths.under(folder))
    bridge = Bridge()
    page = MapPage(library, bridge)
    page.resize(1600, 1000)
    page.show()

    def settle(seconds: float = 1.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            application.processEvents()

    canvas = page.canvas
    table.note("the outlines of the world, read", _took(outlines.load), " ms")
    page.show_spots(spots, False, lambda: None)
    settle(3)
    table.note("clusters in the first view", len(canvas.clusters.found))
    x, y = project(47.0, 8.0)
    for name, scale in (("world", 1700.0), ("continent", 9000.0), ("town", 600_000.0)):
        canvas._look(View(float(x), float(y), scale, canvas.width(), canvas.height()).fitted())
        settle()
        dragging, zooming = [], []
        for _ in range(3):
            drags, zooms = [], []
            for step in range(60):
                canvas._look(canvas.view.moved(9 if step % 40 < 20 else -9, 3 if step % 2 else -3))
                drags.append(_took(canvas.repaint))
            for step in range(24):
                canvas._look(canvas.view.zoomed(1.15 if step % 12 < 6 else 1 / 1.15, 800, 500))
                zooms.append(_took(canvas.repaint))
                application.processEvents()
            dragging.append(float(np.percentile(drags, 95)))
            zooming.append(float(np.percentile(zooms, 95)))
        table.at_most(f"a frame while one drags, {name}, p95", min(dragging), 16, " ms")
        table.at_most(f"a frame while one zooms, {name}, p95", min(zooming), 66, " ms")
    page.close()
    bridge.shutdown()
    library.close()
    theme.deleteLater()


def main() -> int:
    """Run it and print the table."""
    count = 10_000 if "--quick" in sys.argv else 100_000
    table = Table(f"Places and the map, {count:,} photos")
    spots = travels(count)
    with tempfile.TemporaryDirectory() as temporary:
        _names(table, spots, Path(temporary))
        _clusters(table, spots)
        _frames(table, spots, Path(temporary) / "library")
    table.note("memory, peak", peak_memory(), " MiB")
    return table.exit_code()


if __name__ == "__main__":
    sys.exit(main())
