"""The real window on a small real library. A test fails on Qt warnings, logged errors and threads left behind."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.core.paths import Paths
from photomgr.gui.app import prepare
from photomgr.gui.looks.theme import Theme
from photomgr.gui.main_window import MainWindow
from photomgr.gui.threads.collector import Collector
from photomgr.jobs import run
from photomgr.library import Library

PATIENCE = 20_000  # milliseconds; a loaded machine with two slow cores must never fail a test
HERE = Path(__file__).parent

COLOURS = {
    "red": (190, 40, 35),
    "green": (60, 140, 70),
    "blue": (60, 100, 190),
    "yellow": (220, 190, 60),
    "grey": (120, 120, 125),
    "purple": (120, 70, 150),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            # What the offscreen platform says of itself, not of the window.
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The application as the program prepares it, in light colours."""
    prepare(qapp)
    collector = Collector()
    yield Theme(qapp)
    collector.stop()
    collector.deleteLater()
    # The offscreen platform frees what lies in its clipboard after Python has ended, and the process with it.
    qapp.clipboard().clear()


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No error may be logged, unless the test is marked ``logs_errors``, and no thread of ours may stay."""
    before = set(threading.enumerate())
    yield
    if request.node.get_closest_marker("logs_errors") is None:
        bad = [record for when in ("setup", "call") for record in caplog.get_records(when)]
        assert [record.getMessage() for record in bad if record.levelno >= logging.ERROR] == []
    until = time.monotonic() + 5
    left = [thread for thread in threading.enumerate() if thread not in before]
    while any(thread.is_alive() for thread in left) and time.monotonic() < until:
        time.sleep(0.02)
    assert [thread.name for thread in left if thread.is_alive()] == []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "logs_errors: the test provokes an error that is logged")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path / "home")


def make_photo(path: Path, colour: tuple[int, int, int], taken: str, side: int = 480) -> Path:
    """A JPEG with a date, with shapes on it so that no two are the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (side, side * 3 // 4), colour)
    draw = ImageDraw.Draw(picture)
    number = sum(map(ord, path.name))
    for step in range(4):
        x, y = (number * 37 * (step + 1)) % side, (number * 53 * (step + 2)) % (side * 3 // 4)
        shade = tuple(min(255, part + 30 * step) for part in colour)
        draw.ellipse((x - 60, y - 60, x + 60, y + 60), fill=shade, outline=(255, 255, 255))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Model 1"
    exif.get_ifd(0x8769)[0x9003] = taken
    picture.save(path, quality=88, exif=exif)
    return path


@pytest.fixture
def photos_folder(tmp_path: Path) -> Path:
    """Twelve photos of six colours in three folders, of three years."""
    folder = tmp_path / "photos"
    for number, (name, colour) in enumerate(COLOURS.items()):
        make_photo(folder / "2019" / "Hawaii" / f"{name}.jpg", colour, f"2019:06:{number + 1:02} 12:00:00")
    for number, (name, colour) in enumerate(list(COLOURS.items())[:4]):
        make_photo(folder / "2021" / f"IMG_{name}.jpg", colour, f"2021:03:{number + 1:02} 09:30:00", 360)
    for name in ("red", "blue"):
        make_photo(folder / f"top_{name}.jpg", COLOURS[name], "2023:12:24 18:00:00", 400)
    return folder


@pytest.fixture
def library(paths: Paths) -> Iterator[Library]:
    """An open, empty library, which tags nothing by itself: a test that wants that sets ``annotate``."""
    opened = Library.open(paths)
    opened.settings.set("annotate", False)
    yield opened
    opened.close()


@pytest.fixture
def full_library(library: Library, photos_folder: Path) -> Library:
    """The twelve photos scanned and indexed; red ones tagged ``warm``, one of them five stars."""
    library.add_root(photos_folder)
    run(library.scan())
    run(library.index())
    red = [int(photo_id) for photo_id in library.find("name:red").ids]
    library.tag("warm", red)
    library.rate(5, red[:1])
    run(library.index())
    return library


OpenWindow = Callable[[Library], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, theme: Theme) -> Iterator[OpenWindow]:
    """Opens the real window on a library, shown and at work; closes it at the end."""
    opened: list[MainWindow] = []

    def make(library: Library) -> MainWindow:
        window = MainWindow(library, theme)
        window.resize(1100, 720)
        opened.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.begin()
        return window

    yield make
    for window in opened:
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(qtbot: QtBot, full_library: Library, open_window: OpenWindow) -> MainWindow:
    """The window on the twelve photos, all of them shown."""
    opened = open_window(full_library)
    qtbot.waitUntil(lambda: opened.photos.rowCount() == 12, timeout=PATIENCE)
    return opened
