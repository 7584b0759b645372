"""The grid on 100,000 photos: first frame, repaint of a page, resize, scrolling; the real library behind it.

    python -m tests.benchmarks.bench_grid [--quick]

Every repaint that the window does is timed: of pages that nothing is known of yet, of pages whose rows and
thumbnails come in, and of finished ones. Everything is done three times and the best is taken, for these are
times on the clock and the machine may have other things to do. 10,000 photos with --quick.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QApplication

from photomgr.core.paths import Paths
from photomgr.core.records import Sort
from photomgr.core.thumbnails import Thumbnails
from photomgr.gui.app import prepare
from photomgr.gui.grid import thumbnails as thumbnail_loader
from photomgr.gui.grid.grid import Grid
from photomgr.gui.grid.painting import GridPainting
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.looks.theme import Theme
from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.threads.collector import Collector
from photomgr.library import Library

from .records import make_catalog
from .table import Table, peak_memory

_PAGES = 16
_TURNS = 3


def stacked(ids: np.ndarray) -> np.ndarray:
    """Of each ten neighbours four stand in stacks of two: [N] tops, 0 for a photo that stands alone."""
    tops = np.zeros(len(ids), np.int64)
    for first in (0, 5):
        for behind in (0, 1):
            part = tops[first + behind :: 10]
            part[:] = np.resize(ids[first::10], len(part))
    return tops


class Watch:
    """Times each repaint of the grid and notes on which threads pictures are decoded."""

    def __init__(self) -> None:
        self.paints: list[float] = []
        self.decoders: set[int] = set()
        self._paint = GridPainting.paint
        self._decode: Callable[..., object] = thumbnail_loader.from_jpeg
        watch = self

        def paint(painting: GridPainting, region: QRegion) -> None:
            begin = time.perf_counter()
            watch._paint(painting, region)
            watch.paints.append(1000 * (time.perf_counter() - begin))

        def decode(*args: object) -> object:
            watch.decoders.add(threading.get_ident())
            return watch._decode(*args)

        GridPainting.paint = paint
        thumbnail_loader.from_jpeg = decode

    def take(self) -> list[float]:
        """The times since the last call, in ms."""
        taken, self.paints = self.paints, []
        return taken


class Stand:
    """A grid over a library, with a clock beside it."""

    def __init__(self, application: QApplication, library: Library, ids: np.ndarray, watch: Watch) -> None:
        self.application = application
        self.watch = watch
        watch.take()
        self.bridge = Bridge()
        begin = time.perf_counter()
        self.photos = PhotoList(library, self.bridge)
        self.grid = Grid(library, self.bridge, self.photos)
        self.grid.resize(1280, 800)
        self.photos.set_ids(ids, Sort.NEWEST, tops=stacked(ids))
        self.grid.show()
        while not self.watch.paints:
            application.processEvents()
        self.first_frame = 1000 * (time.perf_counter() - begin)

    def close(self) -> None:
        self.grid.close()
        self.bridge.shutdown()
        self.grid.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def settle(self, most: float = 20.0) -> None:
        """Until all that this page needs is there."""
        until = time.perf_counter() + most
        quiet = time.perf_counter()
        while time.perf_counter() < until and time.perf_counter() - quiet < 0.12:
            before = len(self.watch.paints)
            self.application.processEvents()
            if len(self.watch.paints) != before or not self.grid.thumbnails.idle:
                quiet = time.perf_counter()
            time.sleep(0.001)

    def pages(self, turn: int) -> tuple[list[float], list[float]]:
        """Jump to pages all over the library: (every repaint on the way, repaints of finished pages)."""
        bar = self.grid.verticalScrollBar()
        seen: list[float] = []
        finished: list[float] = []
        for page in range(_PAGES):
            bar.setValue(int(bar.maximum() * (page + turn / _TURNS) / _PAGES))
            self.settle()
            seen += self.watch.take()
            for _ in range(5):
                self.grid.viewport().repaint()
            finished += self.watch.take()
        return seen, finished

    def scroll(self) -> list[float]:
        """The wheel, three seconds of it."""
        bar = self.grid.verticalScrollBar()
        bar.setValue(bar.maximum() // 3)
        self.settle()
        self.watch.take()
        until = time.perf_counter() + 3
        while time.perf_counter() < until:
            bar.setValue(bar.value() + bar.singleStep())
            frame = time.perf_counter() + 0.016
            while time.perf_counter() < frame:
                self.application.processEvents()
                time.sleep(0.001)
        return self.watch.take()

    def stacks(self) -> list[float]:
        """Stacks on the page opened and closed."""
        times = []
        rows = list(self.grid.geometry_.rows_between(*self.grid.page()))
        tops = [photo for photo in self.photos.ids_at(rows) if self.photos.place(photo) is not None]
        for photo in (tops * (20 // max(1, len(tops)) + 1))[:20]:
            for _ in range(2):
                begin = time.perf_counter()
                self.photos.toggle_stack(photo)
                self.grid.viewport().repaint()
                times.append(1000 * (time.perf_counter() - begin))
        return times

    def resizes(self) -> list[float]:
        times = []
        for step in range(30):
            begin = time.perf_counter()
            self.grid.resize(900 + 17 * step, 700 + 5 * (step % 7))
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
            self.grid.viewport().repaint()
            times.append(1000 * (time.perf_counter() - begin))
        return times


def main() -> int:
    """Run it and print the table."""
    count = 10_000 if "--quick" in sys.argv else 100_000
    table = Table(f"Grid of {count:,} photos, {os.environ['QT_QPA_PLATFORM']}, 1280 x 800")
    application = QApplication([])
    prepare(application)
    Theme(application)
    collector = Collector(application)
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder) / "home")
        ids = np.array(make_catalog(paths, Path(folder) / "photos", count), dtype=np.int64)
        library = Library.open(paths)
        store_thumbnails(library, paths, count)
        begin = time.perf_counter()
        library.stacks.catch_up()
        table.at_most("find the stacks of all photos", time.perf_counter() - begin, 3, " s")
        days = library.days(ids, "taken")
        ids, watch = ids[np.argsort(-days, kind="stable")], Watch()
        first_frames = []
        for turn in range(_TURNS):
            stand = Stand(application, library, ids, watch)
            first_frames.append(stand.first_frame)
            if turn < _TURNS - 1:
                stand.close()
        table.at_most("first frame, the first time", first_frames[0], 100, " ms")
        table.note("first frame, after that", min(first_frames), " ms")
        _measure(table, stand)
        library.close()
    collector.stop()
    table.note("most memory", peak_memory(), " MiB")
    return table.exit_code()


def _measure(table: Table, stand: Stand) -> None:
    stand.settle()
    stand.watch.take()
    for side, width, height in ((180, 1280, 800), (96, 1920, 1080), (384, 1280, 800)):
        stand.grid.resize(width, height)
        stand.grid.set_cell_size(side)
        stand.settle()
        stand.watch.take()
        turns = [stand.pages(turn) for turn in range(_TURNS)]
        seen, finished = (min(_p95(turn[part]) for turn in turns) for part in (0, 1))
        cells = len(stand.grid.geometry_.rows_between(*stand.grid.page()))
        where = f"{side} px cells, {width} x {height} ({cells} on a page)"
        table.at_most(f"repaint p95, {where}", finished, 8, " ms")
        if side == 180:
            table.at_most("  while rows and thumbnails come in, p95", seen, 8, " ms")
        else:
            table.note("  while rows and thumbnails come in, p95", seen, " ms")
    stand.grid.resize(1280, 800)
    stand.grid.set_cell_size(180)
    turning = min(_p95(stand.scroll()) for _ in range(_TURNS))
    table.at_most("repaint while the wheel turns, p95", turning, 8, " ms")
    resizing = min(_p95(stand.resizes()) for _ in range(_TURNS))
    table.at_most("resize with repaint, p95", resizing, 30, " ms")
    begin = time.perf_counter()
    stand.grid.selectAll()
    table.note("select all", 1000 * (time.perf_counter() - begin), " ms")
    begin = time.perf_counter()
    chosen = len(stand.grid.selected_ids())
    table.note(f"  and name the {chosen:,} photos", 1000 * (time.perf_counter() - begin), " ms")
    stand.grid.clearSelection()
    table.at_most("open or close a stack with repaint, p95", _p95(stand.stacks()), 60, " ms")
    table.at_most("decodes on the GUI thread", float(threading.get_ident() in stand.watch.decoders), 0)
    table.note("bytes of thumbnails held", stand.grid.thumbnails.bytes / 2**20, " MiB")
    stand.close()


def _p95(times: list[float]) -> float:
    return float(np.percentile(times, 95))


def store_thumbnails(library: Library, paths: Paths, count: int) -> None:
    """Every photo has a cached thumbnail; they share a few pictures, as links."""
    cache = Thumbnails(paths.thumbnails)
    dice = np.random.default_rng(1)
    stored: list[Path] = []
    for number in range(16):
        size = ((384, 256), (256, 384), (384, 288))[number % 3]
        coarse = dice.integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        content = number.to_bytes(16, "big")
        cache.store(content, image)
        stored.append(cache.path(content))
    for number in range(16, count):
        place = cache.path(number.to_bytes(16, "big"))
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(stored[number % 16], place)


if __name__ == "__main__":
    sys.exit(main())
