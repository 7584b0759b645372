"""What is shown is read again after changes, with rests between: one reading at a time, and the last change is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from photomgr.core.errors import UsageError
from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.threads.rereading import Rereading, Rest

from .conftest import PATIENCE


class Shelf:
    """Something that is read slowly, when told to go on."""

    def __init__(self) -> None:
        self.value = self.readings = 0
        self.go = threading.Event()
        self.reading = threading.Event()
        self.go.set()
        self.error: Exception | None = None

    def read(self) -> int:
        self.readings += 1
        seen = self.value
        self.reading.set()
        self.go.wait(10)
        if self.error is not None:
            raise self.error
        return seen


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    assert made.shutdown()


Made = Callable[[int], tuple[Rereading, list[int]]]


@pytest.fixture
def made(bridge: Bridge, shelf: Shelf) -> Iterator[Made]:
    parent = QObject()

    def make(pause: int) -> tuple[Rereading, list[int]]:
        shown: list[int] = []
        return Rereading(bridge, shelf.read, shown.append, parent, pause=pause), shown

    yield make
    parent.deleteLater()


def test_many_changes_are_one_reading(made: Made, shelf: Shelf, qtbot: QtBot) -> None:
    reading, shown = made(50)
    for value in range(1, 6):
        shelf.value = value
        reading.soon()
    qtbot.waitUntil(lambda: shown == [5], timeout=PATIENCE)
    qtbot.wait(120)
    assert shelf.readings == 1


@pytest.mark.parametrize("now", [False, True])
def test_a_change_while_it_is_read_is_read_afterwards(
    made: Made, shelf: Shelf, qtbot: QtBot, now: bool
) -> None:
    reading, shown = made(1)
    shelf.go.clear()
    reading.now()
    qtbot.waitUntil(shelf.reading.is_set, timeout=PATIENCE)
    shelf.value = 7
    for _ in range(3):
        (reading.now if now else reading.soon)()
    assert shelf.readings == 1
    shelf.go.set()
    qtbot.waitUntil(lambda: shown == [0, 7], timeout=PATIENCE)
    qtbot.wait(60)
    assert shelf.readings == 2


def test_what_was_stopped_is_not_shown(made: Made, shelf: Shelf, qtbot: QtBot) -> None:
    reading, shown = made(1)
    shelf.go.clear()
    reading.now()
    qtbot.waitUntil(shelf.reading.is_set, timeout=PATIENCE)
    reading.soon()
    reading.stop()
    shelf.go.set()
    qtbot.wait(60)
    assert (shown, shelf.readings) == ([], 1)
    reading.now()
    qtbot.waitUntil(lambda: shown == [0], timeout=PATIENCE)


def test_an_error_is_told_and_the_next_change_is_read(
    made: Made, shelf: Shelf, bridge: Bridge, qtbot: QtBot
) -> None:
    told: list[BaseException] = []
    bridge.failed.connect(told.append)
    reading, shown = made(1)
    shelf.error = UsageError("The library is away.")
    reading.now()
    qtbot.waitUntil(lambda: len(told) == 1, timeout=PATIENCE)
    shelf.error = None
    reading.soon()
    qtbot.waitUntil(lambda: shown == [0], timeout=PATIENCE)


def test_what_took_long_rests_longer_but_not_for_ever() -> None:
    rest = Rest(0.2, share=9, longest=1.0)
    assert rest.milliseconds() == 200
    rest.note(0.001)
    assert rest.milliseconds() == 200
    rest.note(0.05)
    assert 400 <= rest.milliseconds() <= 450
    rest.note(100.0)
    assert 900 <= rest.milliseconds() <= 1000
