"""The photo view over the real library: sizes, zoom, moving, neighbours, photos that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.core.records import Sort
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.looks.place import Place
from photomgr.gui.looks.theme import Theme
from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.viewer.photo_view import PhotoView
from photomgr.gui.viewer.pictures import KEPT
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SIZES = ((1600, 1200), (900, 1800), (300, 200))


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


@pytest.fixture
def large(library: Library, tmp_path: Path) -> Library:
    """Three photos whose four corners differ, one that lies on its side (orientation 6), one broken file."""
    folder = tmp_path / "large"
    folder.mkdir()
    for number, size in enumerate(SIZES):
        corners(size).save(folder / f"{number}.jpg", quality=92)
    exif = Image.Exif()
    exif[0x0112] = 6
    corners((1200, 800)).rotate(90, expand=True).save(folder / "3.jpg", quality=92, exif=exif)
    (folder / "4.jpg").write_bytes((folder / "0.jpg").read_bytes()[:300])
    library.add_root(folder)
    run(library.scan())
    run(library.index())
    return library


def corners(size: tuple[int, int]) -> Image.Image:
    """Red and green above, blue and yellow below."""
    picture = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    for at, colour in (
        ((0, 0), (220, 20, 20)), ((half[0], 0), (20, 200, 20)),
        ((0, half[1]), (20, 20, 220)), (half, (230, 220, 20)),
    ):  # fmt: skip
        picture.paste(colour, (*at, *size))
    return picture


@pytest.fixture
def view(qtbot: QtBot, theme: Theme, large: Library) -> Iterator[PhotoView]:
    bridge = Bridge()
    bridge.follow(large)
    photos = PhotoList(large, bridge)
    photos.set_ids(large.find("", Sort.NAME).ids, Sort.NAME)
    made = PhotoView(large, bridge, photos)
    made.photos_in_test = photos  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(640, 520)
    made.show()
    qtbot.waitExposed(made)
    yield made
    bridge.shutdown()


def photos_of(view: PhotoView) -> PhotoList:
    photos: PhotoList = view.photos_in_test  # type: ignore[attr-defined]
    return photos


def show(qtbot: QtBot, view: PhotoView, row: int) -> int:
    photo_id = photos_of(view).id_at(row)
    view.show_photo(photo_id)
    wait(qtbot, lambda: view.pictures.is_sharp(photo_id) or view.trouble.isVisible())
    return photo_id


def colour_at(view: PhotoView, x: float, y: float) -> str:
    """Which quarter is seen at that share of the canvas."""
    image = view.canvas.grab().toImage()
    colour = image.pixelColor(int(image.width() * x), int(image.height() * y))
    names = {
        "red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "yellow": (230, 220, 20),
    }  # fmt: skip
    for name, want in names.items():
        if all(
            abs(a - b) < 40 for a, b in zip((colour.red(), colour.green(), colour.blue()), want, strict=True)
        ):
            return name
    return "none"


def test_a_photo_is_fitted_and_stands_upright(qtbot: QtBot, view: PhotoView) -> None:
    for row in (0, 1, 3):
        show(qtbot, view, row)
        assert view.canvas.fits
        seen = [colour_at(view, x, y) for x, y in ((0.4, 0.3), (0.6, 0.3), (0.4, 0.7), (0.6, 0.7))]
        assert seen == ["red", "green", "blue", "yellow"], row
    assert view.canvas.photo_size == QSize(1200, 800)
    show(qtbot, view, 2)
    assert view.canvas.percent == 100  # a small one is not blown up
    assert colour_at(view, 0.02, 0.5) == "none"


def test_only_what_the_screen_needs_is_decoded_until_one_zooms(qtbot: QtBot, view: PhotoView) -> None:
    photo_id = show(qtbot, view, 0)
    best = view.pictures.best(photo_id)
    assert best is not None
    assert best.width() == round(view.canvas.width())
    assert not view.pictures.has_full(photo_id)
    qtbot.mouseDClick(view.canvas, LEFT, NONE, view.canvas.rect().center())
    assert view.canvas.percent == 100
    wait(qtbot, lambda: view.pictures.has_full(photo_id))
    best = view.pictures.best(photo_id)
    assert best is not None and best.size() == QSize(1600, 1200)
    qtbot.mouseDClick(view.canvas, LEFT, NONE, view.canvas.rect().center())
    assert view.canvas.fits


def test_the_wheel_zooms_at_the_pointer(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 0)
    at = QPointF(view.canvas.width() * 0.25, view.canvas.height() * 0.3)
    for _ in range(9):
        event = QWheelEvent(
            at, QPointF(view.canvas.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view.canvas, event)
    assert view.canvas.percent > 150
    assert [colour_at(view, x, y) for x, y in ((0.1, 0.1), (0.9, 0.9))] == ["red", "red"]
    view.canvas.pan(QPointF(-5000, -5000))
    assert [colour_at(view, x, y) for x, y in ((0.1, 0.1), (0.9, 0.9))] == ["yellow", "yellow"]
    assert colour_at(view, 0.999, 0.999) == "yellow"  # never past the edge


def test_dragging_moves_the_photo(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 0)
    view.canvas.toggle()
    before = colour_at(view, 0.9, 0.5)
    middle = view.canvas.rect().center()
    qtbot.mousePress(view.canvas, LEFT, NONE, middle)
    qtbot.mouseMove(view.canvas, middle + QPoint(300, 0))
    qtbot.mouseMove(view.canvas, middle + QPoint(600, 0))
    qtbot.mouseRelease(view.canvas, LEFT, NONE, middle + QPoint(600, 0))
    assert before in ("green", "yellow")
    assert colour_at(view, 0.9, 0.45) in ("red", "blue")


def test_keys_go_through_the_photos(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 0)
    photos = photos_of(view)
    for key, row in (
        (Key.Key_Space, 1), (Key.Key_Right, 2), (Key.Key_Backspace, 1), (Key.Key_Left, 0), (Key.Key_Left, 0),
        (Key.Key_End, 4), (Key.Key_Space, 4), (Key.Key_Home, 0),
    ):  # fmt: skip
        qtbot.keyClick(view, key)
        assert view.photo_id == photos.id_at(row), key
    with qtbot.waitSignal(view.moved, timeout=PATIENCE) as moved:
        qtbot.keyClick(view, Key.Key_Space)
    assert moved.args == [photos.id_at(1)]
    assert "2" in view.place_text and "5" in view.place_text
    with qtbot.waitSignal(view.closed, timeout=PATIENCE):
        qtbot.keyClick(view, Key.Key_Escape)


def test_neighbours_are_ready_and_few_pictures_are_kept(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 0)
    following = photos_of(view).id_at(1)
    wait(qtbot, lambda: view.pictures.best(following) is not None)
    for _ in range(2):
        for row in range(4):
            show(qtbot, view, row)
    assert view.pictures.bytes <= (KEPT + 1) * view.canvas.width() * view.canvas.height() * 4
    view.hide()
    assert view.pictures.bytes == 0


def test_a_photo_that_cannot_be_read_says_why_and_what_to_do(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 4)
    wait(qtbot, view.trouble.isVisible)
    assert not view.canvas.isVisible()
    said = view.trouble.accessibleName()
    photo = view.photo
    assert photo is not None and "4.jpg" in photo.display_name
    assert "cannot be read" in said and len(said) > 60
    qtbot.keyClick(view, Key.Key_Backspace)
    assert view.photo_id == photos_of(view).id_at(3)
    wait(qtbot, view.canvas.isVisible)


def test_a_file_that_was_mended_is_shown(
    qtbot: QtBot, view: PhotoView, large: Library, tmp_path: Path
) -> None:
    photo_id = show(qtbot, view, 4)
    wait(qtbot, view.trouble.isVisible)
    corners((800, 600)).save(tmp_path / "large" / "4.jpg")
    run(large.scan())
    wait(qtbot, lambda: view.pictures.is_sharp(photo_id) and view.canvas.isVisible())
    assert colour_at(view, 0.3, 0.3) == "red"


def test_a_window_that_grows_gets_a_sharper_picture(qtbot: QtBot, view: PhotoView) -> None:
    photo_id = show(qtbot, view, 0)
    view.resize(1100, 900)
    wait(
        qtbot, lambda: (view.pictures.best(photo_id) or view.canvas.grab()).width() >= view.canvas.width() - 1
    )
    wait(qtbot, lambda: view.pictures.is_sharp(photo_id))


def test_a_photo_on_a_drive_that_is_away_says_so(
    qtbot: QtBot, view: PhotoView, large: Library, tmp_path: Path
) -> None:
    (tmp_path / "large").rename(tmp_path / "away")
    run(large.scan())
    view.show_photo(photos_of(view).id_at(0))
    wait(qtbot, view.trouble.isVisible)
    assert "drive" in view.trouble.accessibleName()
    (tmp_path / "away").rename(tmp_path / "large")
    run(large.scan())
    wait(qtbot, view.canvas.isVisible)
    wait(qtbot, lambda: colour_at(view, 0.3, 0.4) == "red")


def test_what_was_seen_is_drawn_over_the_photo_until_another_one(qtbot: QtBot, view: PhotoView) -> None:
    show(qtbot, view, 3)  # its file lies on its side
    view.canvas.show_place(Place((0.5, 0.5, 0.5, 0.5), [[0.0, 0.0], [0.0, 1.0]]))
    assert colour_at(view, 0.4, 0.3) == "none" and colour_at(view, 0.8, 0.7) == "yellow"
    framed, middle = view.canvas.framed, view.canvas.rect().center()
    assert (
        abs(framed.left() - middle.x()) <= 1 and abs(framed.top() - middle.y()) <= 1 and framed.width() > 50
    )
    show(qtbot, view, 0)
    assert colour_at(view, 0.4, 0.3) == "red" and view.canvas.framed.isEmpty()
