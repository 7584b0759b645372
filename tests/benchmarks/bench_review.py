"""The review in the real window: from key to next photo drawn, a sweep in one stroke, bulk accept, undo and redo.

    python -m tests.benchmarks.bench_review [--quick]

A library of 20,000 photos with thumbnails and embeddings of the shipped network's shape; four tags wait, three on 2,000
photos and one on 10,000. While keys are pressed, what follows decisions runs as in daily use: writing, the search
index, the lists at the left; with one key each 0.3 s learning too, which a key held down comes before. Blocked is the
longest that the event loop was away. 4,000 photos with --quick.
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

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from photomgr.core.paths import Paths
from photomgr.core.records import Suggestion
from photomgr.gui.app import prepare
from photomgr.gui.background import LEARN
from photomgr.gui.looks.theme import Theme
from photomgr.gui.main_window import MainWindow
from photomgr.gui.review.page import ReviewPage, Way
from photomgr.gui.review.wall import WallPainting
from photomgr.gui.threads.collector import Collector
from photomgr.jobs import run
from photomgr.library import Library

from .bench_grid import store_thumbnails
from .records import make_catalog
from .table import Table, peak_memory

_PATIENCE = 120.0  # seconds
_PACE = 0.3  # seconds between two keys of somebody who looks at each photo


class Stage:
    """The window at work, and the longest that it was away."""

    def __init__(self, application: QApplication, window: MainWindow) -> None:
        self.application = application
        self.window = window
        self.drawn: set[int] = set()
        self.paints = 0
        self.longest = self.busiest = 0.0
        paint = WallPainting.paint

        def watched(painting: WallPainting, region: QRegion) -> None:
            paint(painting, region)
            self.paints += 1
            wall = painting._wall
            current = wall.current_id()
            if current is not None and wall.cells.face(current) is not None:
                self.drawn.add(current)

        WallPainting.paint = watched  # type: ignore[method-assign]

    @property
    def page(self) -> ReviewPage:
        return self.window.review.page

    def turn(self) -> None:
        """One turn of the event loop."""
        self._watch(self.application.processEvents)
        time.sleep(0.0005)

    def _watch(self, work: Callable[[], object]) -> None:
        begin, worked = time.perf_counter(), time.thread_time()
        work()
        self.longest = max(self.longest, time.perf_counter() - begin)
        self.busiest = max(self.busiest, time.thread_time() - worked)

    def until(self, ready: Callable[[], bool]) -> float:
        """Work until ``ready``; how long that took, in seconds."""
        begin = time.perf_counter()
        while not ready():
            if time.perf_counter() - begin > _PATIENCE:
                raise SystemExit(f"The window did not get there: {self.page.by_tag.session.waiting} wait.")
            self.turn()
        return time.perf_counter() - begin

    def rest(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() > until)

    def press(self, key: Qt.Key) -> None:
        # Through the window system, as a person's key comes, and not to a widget alone.
        self._watch(lambda: QTest.keyClick(self.window.windowHandle(), key))

    def blocked(self) -> tuple[float, float]:
        """The longest time away since the last call in ms: on the clock, and of the processor's time."""
        longest, busiest = self.longest, self.busiest
        self.longest = self.busiest = 0.0
        return 1000 * longest, 1000 * busiest

    def show(self, tag: str) -> int:
        """Review a tag, until its wall is drawn and nothing else goes on; how many photos wait for it."""
        self.until(lambda: not self.window.background.jobs())
        session = self.page.by_tag.session
        self.page.show_way(Way.TAG)
        self.page.show_tag(tag)
        self.until(lambda: session.known and self.page.by_tag.wall.photos.rowCount() == session.waiting)
        self.rest(1)
        self.blocked()
        return session.waiting


def decide_one(stage: Stage, number: int) -> float:
    """P, or X for each twentieth photo; the milliseconds until the next photo is drawn."""
    stage.drawn.clear()
    begin = time.perf_counter()
    stage.press(Qt.Key.Key_X if number % 20 == 19 else Qt.Key.Key_P)
    following = stage.page.by_tag.wall.current_id()
    stage.until(lambda: following in stage.drawn)
    return 1000 * (time.perf_counter() - begin)


def decide_at_leisure(table: Table, stage: Stage, count: int, waiting: int) -> None:
    """One key after the other with a pause between, in which the learner begins."""
    assert waiting > count
    times, learning = [], 0
    for number in range(count):
        learning += stage.window.bridge.job(LEARN) is not None
        times.append(decide_one(stage, number))
        stage.rest(_PACE)
    what = f"a key each {_PACE} s, {learning} of {count} while it learns: drawn, p95"
    table.at_most(what, float(np.percentile(times, 95)), 50, " ms")
    table.note("  the longest until the next photo is drawn", max(times), " ms")
    table.at_most("  longest frame", stage.blocked()[0], 100, " ms")


def sweep_by_keys(table: Table, stage: Stage, count: int) -> None:
    """P for every photo, the next key as soon as the next photo is drawn."""
    times = []
    for number in range(count - 1):
        if stage.page.by_tag.session.waiting < 2:
            break
        times.append(decide_one(stage, number))
    table.at_most(
        f"key to next photo drawn, p95 of {len(times):,}", float(np.percentile(times, 95)), 50, " ms"
    )
    table.note("key to next photo drawn, median", float(np.median(times)), " ms")
    away, busy = stage.blocked()
    table.at_most("longest frame of the sweep", max(max(times), away), 100, " ms")
    table.note("  of the processor's time", busy, " ms")
    saved = stage.until(lambda: not stage.page.by_tag.decider.busy)
    table.note("last decision saved after", saved, " s")


def bulk(table: Table, stage: Stage, count: int, shown_limit: float | None) -> None:
    """A for everything, then undo and redo."""
    by_tag, library = stage.page.by_tag, stage.window.library
    by_tag.session.move_line(0.02)
    stage.rest(0.3)
    stage.blocked()
    begin = time.perf_counter()
    stage.press(Qt.Key.Key_A)
    stage.until(lambda: not by_tag.wall.isVisible())
    stage.turn()
    shown = time.perf_counter() - begin
    stage.until(lambda: not by_tag.decider.busy)
    saved = time.perf_counter() - begin
    name = f"{count:,} photos x 1 tag"
    if shown_limit is not None:
        table.at_most(f"a sweep of {count:,}: shown", shown, shown_limit, " s")
    table.at_most(f"accept {name}: saved", saved, 2, " s")
    tag = by_tag.session.tag
    for step, text, left in (
        (stage.window.undo_steps.undo, "undo", count),
        (stage.window.undo_steps.redo, "redo", 0),
    ):
        stage.until(lambda: not stage.window.background.jobs())
        begin = time.perf_counter()
        saved = _saved(stage, step)
        table.at_most(f"{text} {name}: saved", saved, 2, " s")
        stage.until(lambda left=left: (by_tag.session.waiting > 0) == (left > 0))  # type: ignore[misc]
        table.note(f"{text}: shown on the wall", time.perf_counter() - begin, " s")
    assert tag is not None and len(library.reviewing.wall(tag).photos) == 0
    stage.rest(0.5)
    away, busy = stage.blocked()
    table.at_most(f"window blocked meanwhile ({count:,})", away, 100, " ms")
    table.note("  of the processor's time", busy, " ms")


def _saved(stage: Stage, step: Callable[[], None]) -> float:
    """Seconds until an undo or redo is committed."""
    done: list[float] = []
    begin = time.perf_counter()
    unsubscribe = stage.window.library.subscribe(
        lambda change: done.append(time.perf_counter()) if change.action else None
    )
    step()
    stage.until(lambda: bool(done))
    unsubscribe()
    return done[0] - begin


def fill(library: Library, ids: list[int], few: int, many: int) -> None:
    """Embeddings, scores and four tags that wait."""
    annotator = library.annotator()
    dice = np.random.default_rng(1)
    waiting = [
        (tag, annotator.labels.index(tag), most)
        for tag, most in (("sunset", few), ("dog", few), ("cat", few), ("beach", many))
    ]
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        vectors = dice.normal(size=(len(part), 512)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        scores = (dice.random((len(part), len(annotator.labels))) * 0.002).astype(np.float16)
        for _, column, most in waiting:
            some = max(0, min(len(part), most - start))
            scores[:some, column] = dice.uniform(0.75, 1, some)
        library.catalog.annotations.write(
            annotator.model_hash,
            [
                (
                    photo, _content(start + n), vectors[n].astype(np.float16).tobytes(),  scores[n].tobytes(),
                    [Suggestion(tag, float(scores[n, column])) for tag, column, most in waiting if start + n < most],
                )
                for n, photo in enumerate(part)
            ],
        )  # fmt: skip


def _content(number: int) -> bytes:
    return number.to_bytes(16, "big")


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    count, few, many = (4_000, 300, 2_000) if quick else (20_000, 2_000, 10_000)
    table = Table(f"Review in a library of {count:,} photos, {os.environ['QT_QPA_PLATFORM']}, 1280 x 800")
    application = QApplication([])
    prepare(application)
    theme = Theme(application)
    collector = Collector(application)
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder) / "home")
        ids = make_catalog(paths, Path(folder) / "photos", count, tagged=False)
        library = Library.open(paths)
        library.settings.set("annotate", False)
        library.settings.set("watch", False)
        store_thumbnails(library, paths, count)
        fill(library, ids, few, many)
        run(library.index())
        run(library.learn())
        window = MainWindow(library, theme)
        # These photos have no files: a look through the folders would find them gone.
        window.background.scan_all = lambda: None  # type: ignore[method-assign]
        window.resize(1280, 800)
        window.show()
        window.begin()
        stage = Stage(application, window)
        stage.until(lambda: window.photos.rowCount() == count)
        stage.rest(5)
        window.review.open("sunset")
        bulk(table, stage, stage.show("beach"), None)
        bulk(table, stage, stage.show("sunset"), 0.5)
        sweep_by_keys(table, stage, stage.show("dog"))
        decide_at_leisure(table, stage, 30 if quick else 100, stage.show("cat"))
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        library.close()
    collector.stop()
    table.note("most memory", peak_memory(), " MiB")
    return table.exit_code()


if __name__ == "__main__":
    sys.exit(main())
