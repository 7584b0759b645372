"""The real grid over the real library: selecting as in a file manager, zoom, pictures, painting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPalette, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from photomgr.core.records import Sort
from photomgr.gui.grid.geometry import HEADER
from photomgr.gui.grid.grid import LARGEST, SMALLEST, Grid
from photomgr.gui.grid.menu import PhotoMenu
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.grid.thumbnails import ThumbnailLoader
from photomgr.gui.grid.tips import tip
from photomgr.gui.looks.theme import Theme
from photomgr.gui.threads.bridge import Bridge
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE, make_photo

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def bridge(qtbot: QtBot, full_library: Library) -> Iterator[Bridge]:
    made = Bridge()
    made.follow(full_library)
    yield made
    made.shutdown()


@pytest.fixture
def grid(qtbot: QtBot, theme: Theme, full_library: Library, bridge: Bridge) -> Grid:
    """The twelve photos, four or so in a line, without headers."""
    photos = PhotoList(full_library, bridge)
    made = Grid(full_library, bridge, photos)
    qtbot.addWidget(made)
    made.resize(640, 420)
    made.set_cell_size(130)
    photos.set_ids(full_library.find("", Sort.NAME).ids, Sort.NAME)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


def place(grid: Grid, row: int) -> QPoint:
    return grid.visualRect(grid.photos.index(row, 0)).center()


def click(qtbot: QtBot, grid: Grid, row: int, keys: Qt.KeyboardModifier = NONE) -> None:
    qtbot.mouseClick(grid.viewport(), LEFT, keys, place(grid, row))


def rows(grid: Grid) -> list[int]:
    return [grid.photos.row_of(photo_id) for photo_id in grid.selected_ids()]


# Selecting by mouse


def test_click_selects_one_and_says_so(qtbot: QtBot, grid: Grid) -> None:
    with qtbot.waitSignal(grid.selection_changed, timeout=PATIENCE) as said:
        click(qtbot, grid, 2)
    assert said.args == [[grid.photos.id_at(2)]]
    click(qtbot, grid, 5)
    assert rows(grid) == [5]
    assert grid.current_id() == grid.photos.id_at(5)


def test_ctrl_adds_and_takes_away(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 1)
    click(qtbot, grid, 4, CTRL)
    click(qtbot, grid, 6, CTRL)
    assert rows(grid) == [1, 4, 6]
    click(qtbot, grid, 4, CTRL)
    assert rows(grid) == [1, 6]


def test_shift_goes_from_the_anchor_whichever_way(qtbot: QtBot, grid: Grid) -> None:
    columns = grid.geometry_.columns
    click(qtbot, grid, columns + 1)
    click(qtbot, grid, 1 + 2 * columns - 2, SHIFT)
    assert rows(grid) == list(range(columns + 1, 2 * columns))
    click(qtbot, grid, 1, SHIFT)
    assert rows(grid) == list(range(1, columns + 2))
    click(qtbot, grid, 0)
    click(qtbot, grid, 3, CTRL)
    click(qtbot, grid, 5, CTRL | SHIFT)
    assert rows(grid) == [0, 3, 4, 5]


def test_a_click_into_the_empty_clears(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 2)
    qtbot.mouseClick(grid.viewport(), LEFT, NONE, QPoint(2, 2))
    assert grid.selected_ids() == []


def test_a_band_takes_what_it_touches(qtbot: QtBot, grid: Grid) -> None:
    last = place(grid, grid.geometry_.columns + 1)
    view = grid.viewport()
    qtbot.mousePress(view, LEFT, NONE, QPoint(3, 3))
    qtbot.mouseMove(view, QPoint(30, 30))
    qtbot.mouseMove(view, last)
    assert grid.selecting.band is not None
    columns = grid.geometry_.columns
    assert rows(grid) == [0, 1, columns, columns + 1]
    qtbot.mouseMove(view, place(grid, 0))
    assert rows(grid) == [0]
    qtbot.mouseRelease(view, LEFT, NONE, place(grid, 0))
    assert grid.selecting.band is None
    assert rows(grid) == [0]
    qtbot.mousePress(
        view, LEFT, CTRL, QPoint(3, 3) + QPoint(0, grid.geometry_.rect(columns).top()) - QPoint(0, 6)
    )
    qtbot.mouseMove(view, place(grid, columns))
    qtbot.mouseRelease(view, LEFT, CTRL, place(grid, columns))
    assert rows(grid) == [0, columns]


def test_a_selected_photo_can_be_dragged_without_losing_the_others(
    qtbot: QtBot, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[list[str]] = []

    def drag(drag: object, *_: object) -> Qt.DropAction:
        carried.append([url.toLocalFile() for url in drag.mimeData().urls()])  # type: ignore[attr-defined]
        return Qt.DropAction.CopyAction

    monkeypatch.setattr("PySide6.QtGui.QDrag.exec", drag)
    click(qtbot, grid, 0)
    click(qtbot, grid, 1, CTRL)
    view = grid.viewport()
    qtbot.mousePress(view, LEFT, NONE, place(grid, 0))
    qtbot.mouseMove(view, place(grid, 0) + QPoint(40, 40))
    qtbot.mouseRelease(view, LEFT, NONE, place(grid, 2))
    assert rows(grid) == [0, 1]
    assert [Path(path).exists() for path in carried[0]] == [True, True]


# By key


def test_arrows_home_end_and_pages(qtbot: QtBot, grid: Grid) -> None:
    columns = grid.geometry_.columns
    steps = [
        (Key.Key_Right, 0), (Key.Key_Right, 1), (Key.Key_Down, columns + 1), (Key.Key_Left, columns),
        (Key.Key_Up, 0), (Key.Key_Up, 0), (Key.Key_End, 11), (Key.Key_Home, 0), (Key.Key_PageDown, None),
        (Key.Key_Space, None), (Key.Key_Backspace, None),
    ]  # fmt: skip
    for key, row in steps:
        before = grid.current_row()
        qtbot.keyClick(grid, key)
        if row is not None:
            assert grid.current_row() == row, key
        else:
            assert grid.current_row() != before
        assert rows(grid) == [grid.current_row()]


def test_the_current_photo_is_spoken(qtbot: QtBot, grid: Grid) -> None:
    wait(qtbot, lambda: grid.photos.row(grid.photos.id_at(2)) is not None)
    click(qtbot, grid, 2)
    photo = grid.library.photo(grid.photos.id_at(2))
    assert photo is not None
    assert photo.display_name in grid.accessibleDescription()
    assert "3 of 12" in grid.accessibleDescription()


def test_shift_with_arrows_stretches_and_shrinks(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 1)
    qtbot.keyClick(grid, Key.Key_Right, SHIFT)
    qtbot.keyClick(grid, Key.Key_Right, SHIFT)
    assert rows(grid) == [1, 2, 3]
    qtbot.keyClick(grid, Key.Key_Left, SHIFT)
    assert rows(grid) == [1, 2]
    qtbot.keyClick(grid, Key.Key_End, SHIFT)
    assert rows(grid) == list(range(1, 12))


def test_ctrl_moves_without_selecting_and_ctrl_space_picks(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 0)
    qtbot.keyClick(grid, Key.Key_Right, CTRL)
    qtbot.keyClick(grid, Key.Key_Right, CTRL)
    assert rows(grid) == [0]
    qtbot.keyClick(grid, Key.Key_Space, CTRL)
    assert rows(grid) == [0, 2]


def test_all_and_none(qtbot: QtBot, grid: Grid) -> None:
    qtbot.keyClick(grid, Key.Key_A, CTRL)
    assert len(grid.selected_ids()) == 12
    qtbot.keyClick(grid, Key.Key_Escape)
    assert grid.selected_ids() == []


def test_enter_and_double_click_open(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 3)
    with qtbot.waitSignal(grid.opened, timeout=PATIENCE) as opened:
        qtbot.keyClick(grid, Key.Key_Return)
    assert opened.args == [grid.photos.id_at(3)]
    with qtbot.waitSignal(grid.opened, timeout=PATIENCE) as opened:
        qtbot.mouseDClick(grid.viewport(), LEFT, NONE, place(grid, 1))
    assert opened.args == [grid.photos.id_at(1)]


# What stays where it is


def test_new_photos_keep_selection_current_and_place(qtbot: QtBot, grid: Grid) -> None:
    grid.resize(400, 300)
    ids = grid.photos.ids.tolist()
    click(qtbot, grid, 1)
    click(qtbot, grid, 0, CTRL)
    bar = grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    first = grid.photos.id_at(grid.first_visible())
    top = grid.visualRect(grid.photos.index(grid.first_visible(), 0)).top()
    with qtbot.assertNotEmitted(grid.selection_changed):
        grid.photos.set_ids([10**6, 10**6 + 1, *ids], Sort.NAME)
    assert grid.selected_ids() == ids[:2]
    assert grid.current_id() == ids[0]
    assert grid.visualRect(grid.photos.index(grid.photos.row_of(first), 0)).top() == top
    with qtbot.waitSignal(grid.selection_changed, timeout=PATIENCE) as said:
        grid.photos.set_ids(ids[1:], Sort.NAME)
    assert said.args == [[ids[1]]]


def test_ctrl_wheel_zooms_about_the_pointer(qtbot: QtBot, grid: Grid) -> None:
    grid.verticalScrollBar().setValue(60)
    row = grid.first_visible()
    at = place(grid, row)
    top = grid.visualRect(grid.photos.index(row, 0)).top()
    with qtbot.waitSignal(grid.zoomed, timeout=PATIENCE):
        wheel(grid, at, 120)
    assert grid.cell_size > 130
    assert abs(grid.visualRect(grid.photos.index(row, 0)).top() - top) <= 1
    for _ in range(30):
        wheel(grid, at, 120)
    assert grid.cell_size == LARGEST
    for _ in range(40):
        wheel(grid, at, -120)
    assert grid.cell_size == SMALLEST


def wheel(grid: Grid, at: QPoint, delta: int) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(grid.viewport().mapToGlobal(at)), QPoint(), QPoint(0, delta),
        Qt.MouseButton.NoButton, CTRL, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(grid.viewport(), event)


def test_few_photos_of_many_days_flow_under_one_header(
    qtbot: QtBot, grid: Grid, full_library: Library
) -> None:
    with qtbot.waitSignal(grid.photos.grouped, timeout=PATIENCE):
        grid.photos.set_ids(full_library.find("", Sort.NEWEST).ids, Sort.NEWEST)
    assert grid.header_title(0) == "2023 \u2013 2019"
    places = [grid.geometry_.rect(row) for row in range(12)]
    columns = grid.geometry_.columns
    assert columns >= 4 and len({place.y() for place in places}) == 12 // columns
    with qtbot.waitSignal(grid.photos.grouped, timeout=PATIENCE):
        grid.photos.set_ids(full_library.find("", Sort.OLDEST).ids, Sort.OLDEST)
    assert grid.header_title(0) == "2019 \u2013 2023"


def test_headers_stay_on_top_and_select_their_photos(
    qtbot: QtBot, grid: Grid, full_library: Library, photos_folder: Path
) -> None:
    for year in (2021, 2023):
        for number in range(4):
            make_photo(
                photos_folder / f"{year}_{number}.jpg", (9, 9, 90), f"{year}:05:0{number + 1} 08:00:00"
            )
    run(full_library.scan())
    run(full_library.index())
    with qtbot.waitSignal(grid.photos.grouped, timeout=PATIENCE):
        grid.photos.set_ids(full_library.find("", Sort.NEWEST).ids, Sort.NEWEST)
    assert grid.geometry_.headers
    assert grid.header_at(QPoint(50, 5)) == 0
    tops = grid.geometry_.tops
    grid.verticalScrollBar().setValue(int(tops[1]) + 3)
    assert grid.header_at(QPoint(50, 5)) == 1
    assert not grid.indexAt(QPoint(50, HEADER - 2)).isValid()
    qtbot.mouseClick(grid.viewport(), LEFT, NONE, QPoint(50, 5))
    assert rows(grid) == list(range(6, 14))
    assert "2021" in grid.header_title(1)


# Pictures


def test_thumbnails_come_for_what_is_seen(qtbot: QtBot, grid: Grid) -> None:
    first = grid.photos.id_at(0)
    wait(qtbot, lambda: grid.thumbnails.get(first) is not None and grid.thumbnails.idle)
    pixmap = grid.thumbnails.get(first)
    assert pixmap is not None
    assert max(pixmap.width(), pixmap.height()) == grid.cells.photo_box().width()
    photo = grid.library.photo(first)
    assert photo is not None
    centre = place(grid, 0)

    def painted() -> bool:
        colour = grid.viewport().grab().toImage().pixelColor(centre)
        return colour.saturation() > 60 or abs(colour.red() - 120) < 40

    wait(qtbot, painted)
    grid.set_cell_size(200)
    wait(qtbot, lambda: (grid.thumbnails.get(first) or QPixmap()).width() > 150)


def test_the_small_picture_in_the_file_comes_first(
    qtbot: QtBot, bridge: Bridge, full_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    asked: list[str] = []
    photo_id = int(full_library.find("").ids[0])
    thumbnail = full_library.thumbnail

    def quick(photo: int) -> Image.Image:
        asked.append("quick")
        return Image.new("RGB", (160, 120), (1, 2, 3))

    def sharp(photo: int, *, make: bool = True) -> bytes | None:
        asked.append("make" if make else "cached")
        return thumbnail(photo, make=make)

    monkeypatch.setattr(full_library, "quick_thumbnail", quick)
    monkeypatch.setattr(full_library, "thumbnail", sharp)
    loader = ThumbnailLoader(full_library, bridge)
    sizes = []
    loader.arrived.connect(lambda _: sizes.append((loader.get(photo_id) or QPixmap()).width()))
    loader.need([photo_id], 300)
    wait(qtbot, lambda: loader.idle)
    assert asked == ["cached", "quick", "make"]
    assert sizes == [160, 300]


def test_thumbnails_stay_within_their_bytes(qtbot: QtBot, bridge: Bridge, full_library: Library) -> None:
    loader = ThumbnailLoader(full_library, bridge, budget=3 * 200 * 150 * 4)
    ids = [int(each) for each in full_library.find("").ids]
    loader.need(ids, 200)
    wait(qtbot, lambda: loader.idle)
    assert 0 < loader.bytes <= 3 * 200 * 150 * 4
    assert len([photo_id for photo_id in ids if loader.get(photo_id) is not None]) == 3


def test_what_scrolled_away_is_not_loaded(qtbot: QtBot, bridge: Bridge, full_library: Library) -> None:
    loader = ThumbnailLoader(full_library, bridge)
    ids = [int(each) for each in full_library.find("").ids]
    loader.need(ids, 200)
    loader.need(ids[-1:], 200)
    wait(qtbot, lambda: loader.idle)
    loaded = [photo_id for photo_id in ids if loader.get(photo_id) is not None]
    assert ids[-1] in loaded
    assert len(loaded) < len(ids)


def test_an_unreadable_photo_says_so(qtbot: QtBot, theme: Theme, library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "broken <b>&.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is not a photo")
    library.add_root(folder)
    run(library.scan())
    run(library.index())
    bridge = Bridge()
    bridge.follow(library)
    photos = PhotoList(library, bridge)
    grid = Grid(library, bridge, photos)
    qtbot.addWidget(grid)
    grid.resize(400, 300)
    photos.set_ids(library.find("").ids)
    grid.show()
    photo_id = photos.id_at(0)

    def known() -> bool:
        row = photos.row(photo_id)
        return row is not None and row.photo.problem is not None and grid.thumbnails.idle

    wait(qtbot, known)
    row = photos.row(photo_id)
    assert row is not None and row.photo.problem is not None
    assert row.photo.problem.split()[0] in tip(row)
    assert "<b>&.jpg" not in tip(row)
    assert "cannot be read" in photos.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    spot = place(grid, 0)
    help_ = QHelpEvent(QEvent.Type.ToolTip, spot, grid.viewport().mapToGlobal(spot))
    QApplication.sendEvent(grid.viewport(), help_)
    assert row.photo.problem.split()[0] in QToolTip.text()
    QToolTip.hideText()
    bridge.shutdown()


def test_tags_that_stand_are_seen_and_said(qtbot: QtBot, grid: Grid, full_library: Library) -> None:
    photo_id = grid.photos.id_at(0)
    wait(qtbot, lambda: grid.photos.row(photo_id) is not None and grid.thumbnails.idle)
    filled = grid.palette().color(QPalette.ColorRole.Highlight).name()
    for tag in full_library.decided([photo_id]):
        full_library.untag(tag, [photo_id])
    full_library.tag("<b>dog", [photo_id])
    full_library.tag("beach", [photo_id])

    def row_says() -> bool:
        grid.photos.need([photo_id])
        row = grid.photos.row(photo_id)
        return row is not None and "Tags: &lt;b&gt;dog, beach" in tip(row)

    wait(qtbot, row_says)
    line = grid.cells.photo_box().bottom() - 12  # through the chips at the lower edge, above their text

    def colours() -> set[str]:
        face = grid.cells.compose(photo_id, grid.photos.row(photo_id), None).toImage()
        return {face.pixelColor(x, line).name() for x in range(face.width())}

    assert filled in colours()
    grid.cells.suggestions = False  # what is decided is no suggestion
    assert filled in colours()


# The menu


def test_the_menu_opens_copies_and_asks_for_stars(qtbot: QtBot, grid: Grid) -> None:
    click(qtbot, grid, 1)
    menu = PhotoMenu(grid)
    menu.copy_paths()
    photo = grid.library.photo(grid.photos.id_at(1))
    assert photo is not None
    assert QApplication.clipboard().text() == str(photo.path)
    menus = [action.menu() for action in menu.actions() if action.menu() is not None]
    with qtbot.waitSignal(grid.rate_wanted, timeout=PATIENCE) as wanted:
        menus[0].actions()[0].trigger()  # type: ignore[union-attr]
    assert wanted.args == [5]
    with qtbot.waitSignal(grid.label_wanted, timeout=PATIENCE) as wanted:
        menus[1].actions()[-1].trigger()  # type: ignore[union-attr]
    assert wanted.args == [None]
    with qtbot.waitSignal(grid.opened, timeout=PATIENCE):
        menu.defaultAction().trigger()
    switches = [action for action in menu.actions() if action.isCheckable()]
    switches[0].trigger()
    assert grid.geometry_.cell.caption > 30
    menu.deleteLater()


# Painting


def test_a_page_of_a_hundred_thousand_is_painted(qtbot: QtBot, grid: Grid) -> None:
    grid.photos.set_ids(np.arange(1, 100_001))
    bar = grid.verticalScrollBar()
    assert bar.maximum() > 1_000_000
    for share in (0.0, 0.37, 1.0):
        bar.setValue(round(bar.maximum() * share))
        page = grid.geometry_.rows_between(*grid.page())
        assert 0 < len(page) < 60
        grid.viewport().repaint()
    assert 99_999 in page
    grid.selectAll()
    assert len(grid.selected_ids()) == 100_000


def test_painting_twenty_thousand_times_keeps_python_alive(qapp: QApplication) -> None:
    """Some PySide wheels lose a reference to None on each of these calls and end the process."""
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    pixmap = QPixmap(16, 16)
    pixmap.fill(Qt.GlobalColor.red)
    painter = QPainter(image)
    for turn in range(20_000):
        painter.save()
        painter.setPen(QPen(Qt.GlobalColor.white, 1 + turn % 3))
        painter.setBrush(Qt.GlobalColor.blue)
        painter.setOpacity(0.5)
        painter.drawPixmap(turn % 48, 4, pixmap)
        painter.drawRect(2, 2, 20, 20)
        painter.restore()
    painter.end()
    assert image.pixelColor(60, 60).isValid()
