"""Garbage that holds widgets is collected on the GUI thread, never on a worker."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.threads.collector import Collector

from .conftest import PATIENCE


class Loop(QWidget):
    """A widget that only the cyclic collector frees, and that notes on which thread that happens."""

    freed: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.me = self

    def __del__(self) -> None:
        Loop.freed.append(threading.get_ident())


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


def allocate() -> int:
    """Enough containers to make Python collect, were it left to itself."""
    return len([[number] for number in range(200_000)])


def test_a_worker_never_frees_a_widget(qtbot: QtBot, collector: Collector) -> None:
    Loop.freed.clear()
    bridge = Bridge()
    for _ in range(20):
        Loop()
    done: list[int] = []
    for _ in range(4):
        bridge.call(allocate, done.append)
    qtbot.waitUntil(lambda: len(done) == 4, timeout=PATIENCE)
    assert Loop.freed == [] or set(Loop.freed) == {threading.get_ident()}
    allocate()
    collector.collect()
    gc.collect()
    assert len(Loop.freed) == 20
    assert set(Loop.freed) == {threading.get_ident()}
    bridge.shutdown()


def test_afterwards_it_is_as_it_was() -> None:
    before = gc.isenabled()
    collector = Collector()
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled() == before


def test_a_full_collection_comes_ever_more_seldom(collector: Collector) -> None:
    full: list[int] = []

    def note(phase: str, found: dict[str, int]) -> None:
        if phase == "start" and found["generation"] == 2:
            full.append(len(kept))

    gc.callbacks.append(note)
    kept: list[object] = []
    try:
        for _ in range(32):
            kept.append([[number] for number in range(50_000)])  # what is loaded goes on growing
            collector.collect()
    finally:
        gc.callbacks.remove(note)
    assert set(full) <= {4, 8, 16, 32} and {4, 8} <= set(full)


def test_what_was_loaded_at_the_start_is_walked_once_only(collector: Collector) -> None:
    before = gc.get_freeze_count()
    loaded = [[number] for number in range(50_000)]
    for _ in range(4):
        collector.collect()
    assert gc.get_freeze_count() - before > len(loaded)
    assert len(gc.get_objects(generation=2)) < len(loaded)
    collector.stop()
    assert gc.get_freeze_count() == 0


def test_a_full_collection_waits_for_a_person_to_rest(qtbot: QtBot, collector: Collector) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    full: list[int] = []

    def note(phase: str, found: dict[str, int]) -> None:
        if phase == "start" and found["generation"] == 2:
            full.append(turn)

    kept: list[object] = []
    gc.callbacks.append(note)
    try:
        for turn in range(1, 21):
            kept.append([[number] for number in range(20_000)])
            if 4 < turn < 15:
                QTest.keyClick(window.windowHandle(), Qt.Key.Key_P)
            collector.collect()
    finally:
        gc.callbacks.remove(note)
    assert full == [4, 15]  # the first one while the library is loaded; the second was due at 8
