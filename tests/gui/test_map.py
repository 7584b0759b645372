"""The map in the real window: opened, moved, searched from, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.main_window import MainWindow
from photomgr.gui.map.canvas import MapCanvas
from photomgr.gui.map.clusters import Cluster
from photomgr.gui.map.ground import colours
from photomgr.jobs import run
from photomgr.library import Library
from tests.photos import plain, somewhere

from .conftest import PATIENCE, OpenWindow
from .test_window import click, row_named, search_for

KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
SPOTS = {
    "paris": [(48.8584, 2.2945), (48.8606, 2.3376), (48.853, 2.349)],
    "tokyo": [(35.68, 139.69)],
    "new_york": [(40.7580, -73.9855), (40.7128, -74.0060)],
    "fiji": [(-16.8, 179.95), (-16.9, -179.95)],
}


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


@pytest.fixture
def travelled(library: Library, tmp_path: Path) -> Library:
    """Eight photos from four places, and two from nowhere."""
    number = 0
    for name, places in SPOTS.items():
        for at in places:
            number += 1
            somewhere(tmp_path / "photos" / f"{name}_{number}.jpg", *at, colour=(number * 20, 120, 60))
    for number in range(2):
        plain(tmp_path / "photos" / f"nowhere_{number}.jpg", (10, 20, 100 + number))
    library.add_root(tmp_path / "photos")
    run(library.scan())
    run(library.index())
    return library


@pytest.fixture
def window(travelled: Library, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    opened = open_window(travelled)
    wait(qtbot, lambda: opened.photos.rowCount() == 10)
    return opened


def open_map(window: MainWindow, qtbot: QtBot) -> MapCanvas:
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_M)
    canvas = window.finding.map.page.canvas
    wait(qtbot, lambda: window.stage.showing == "map" and total(canvas) == 8)
    wait(qtbot, lambda: canvas.clusters.covers(canvas.view))
    return canvas


def total(canvas: MapCanvas) -> int:
    return sum(each.count for each in canvas.clusters.found)


def cluster_of(canvas: MapCanvas, name: str) -> Cluster:
    return next(each for each in canvas.clusters.found if each.name.startswith(name))


def click_on(canvas: MapCanvas, qtbot: QtBot, cluster: Cluster) -> None:
    qtbot.mouseClick(canvas, LEFT, pos=canvas.marks.middle(cluster, canvas.view).toPoint())


def shown(window: MainWindow) -> list[str]:
    return sorted(
        photo.path.stem.rpartition("_")[0] for photo in window.library.photos(window.photos.ids.tolist())
    )


def test_the_map_shows_all_photos_that_say_where(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    page = window.finding.map.page
    assert page.line.text() == "8 of 10 photos say where they were taken"
    assert {each.name: each.count for each in canvas.clusters.found if each.count == 3} == {
        "Paris, Île-de-France, France": 3
    }
    assert window.actions_["map"].isChecked() and canvas.hasFocus()
    assert window.folder_tree.place_view.currentIndex().data() == "Map"
    assert not window.tag_panel.isVisible()
    wait(qtbot, lambda: canvas.ground.outlines is not None and canvas.ground.towns is not None)
    qtbot.keyClick(canvas, KEY.Key_Escape)
    assert window.stage.showing == "grid" and window.tag_panel.isVisible()
    assert not window.actions_["map"].isChecked() and window.grid.hasFocus()


def test_the_left_panel_opens_it_and_counts(window: MainWindow, qtbot: QtBot) -> None:
    view = window.folder_tree.place_view
    wait(qtbot, lambda: window.folder_tree.counts is not None)
    index = row_named(view, "Map")
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Map, 8 photos"
    click(qtbot, view, index)
    wait(qtbot, lambda: window.stage.showing == "map")
    click(qtbot, view, row_named(view, "All photos"))
    wait(qtbot, lambda: window.stage.showing == "grid")


def test_a_click_on_a_cluster_shows_its_photos_as_a_search(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    click_on(canvas, qtbot, cluster_of(canvas, "Paris"))
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 3)
    assert shown(window) == ["paris"] * 3
    assert window.search_bar.text.startswith("box:48.85")
    window.navigator.back()
    wait(qtbot, lambda: window.photos.rowCount() == 10)


def test_photos_on_the_date_line_are_shown_by_one_click(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    (fiji,) = [each for each in canvas.clusters.found if each.box[0] < 0]
    assert fiji.count == 2
    click_on(canvas, qtbot, fiji)
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 2)
    assert shown(window) == ["fiji", "fiji"]


def test_what_is_searched_for_is_what_the_map_shows(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    search_for(qtbot, window, "name:new*")
    wait(qtbot, lambda: total(canvas) == 2)
    assert window.stage.showing == "map"
    qtbot.keyClick(window.search_bar.edit, KEY.Key_Return)
    wait(qtbot, lambda: not window.navigator.asking and window.stage.showing == "map")
    click_on(canvas, qtbot, canvas.clusters.found[0])
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 2)
    assert window.search_bar.text.startswith("name:new* box:40.7")


def test_an_area_is_taken_with_a_frame(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)

    def frame(*modifiers: Qt.KeyboardModifier) -> None:
        at = [canvas.marks.middle(cluster_of(canvas, name), canvas.view) for name in ("Paris", "New York")]
        left, right = (sorted(at, key=lambda point: point.x())[n] for n in (0, 1))
        corner = QPoint(round(left.x()) - 40, round(min(left.y(), right.y())) - 40)
        end = QPoint(round(right.x()) + 60, round(max(left.y(), right.y())) + 40)
        keys = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
        qtbot.mousePress(canvas, LEFT, keys, corner)
        qtbot.mouseMove(canvas, QPoint(corner.x() + 30, corner.y() + 30))
        qtbot.mouseMove(canvas, end)
        qtbot.mouseRelease(canvas, LEFT, keys, end)

    frame(SHIFT)
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 5)
    assert set(shown(window)) == {"paris", "new_york"}
    window.navigator.go("")
    wait(qtbot, lambda: window.photos.rowCount() == 10)
    canvas = open_map(window, qtbot)
    qtbot.mouseClick(window.finding.map.page.select_button, LEFT)
    qtbot.keyClick(canvas, KEY.Key_Escape)  # first takes the frame back
    assert window.stage.showing == "map" and not canvas.selecting
    qtbot.mouseClick(window.finding.map.page.select_button, LEFT)
    frame()
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 5)
    assert not window.finding.map.page.select_button.isChecked()


def test_the_keys_reach_everything(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    before = canvas.view
    qtbot.keyClick(canvas, KEY.Key_Plus)
    assert canvas.view.scale > before.scale
    qtbot.keyClick(canvas, KEY.Key_Right)
    qtbot.keyClick(canvas, KEY.Key_Minus)
    qtbot.keyClick(canvas, KEY.Key_Home)
    assert canvas.view == before
    wait(qtbot, lambda: canvas.clusters.covers(before) and total(canvas) == 8)
    said = []
    for _ in canvas.visible():
        qtbot.keyClick(canvas, KEY.Key_Tab)
        said.append(canvas.accessibleDescription())
    assert len(set(said)) == len(canvas.clusters.found) and all("Enter shows them." in each for each in said)
    for _ in canvas.clusters.found:
        if canvas.clusters.found[canvas.current].count == 3:
            break
        qtbot.keyClick(canvas, KEY.Key_Backtab)
    qtbot.keyClick(canvas, KEY.Key_Return)
    wait(qtbot, lambda: window.stage.showing == "grid" and shown(window) == ["paris"] * 3)


def test_it_is_moved_by_the_hand_and_zoomed_by_the_wheel(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    middle = QPoint(canvas.width() // 2, canvas.height() // 4)
    turn = QWheelEvent(
        QPointF(middle), canvas.mapToGlobal(QPointF(middle)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    at = canvas.view.at(middle.x(), middle.y())
    QApplication.sendEvent(canvas, turn)
    assert canvas.view.at(middle.x(), middle.y()) == pytest.approx(at, abs=1e-6)
    before = canvas.view
    qtbot.mousePress(canvas, LEFT, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(60, 10))
    qtbot.mouseMove(canvas, middle + QPoint(120, 20))
    qtbot.mouseRelease(canvas, LEFT, pos=middle + QPoint(120, 20))
    assert canvas.view.x == pytest.approx((before.x - 120 / before.scale) % 1)
    assert window.stage.showing == "map"


def test_the_buttons_do_what_they_say(window: MainWindow, qtbot: QtBot) -> None:
    canvas = open_map(window, qtbot)
    page, before = window.finding.map.page, canvas.view
    qtbot.mouseClick(page.nearer, LEFT)
    assert canvas.view.scale > before.scale
    qtbot.mouseClick(page.all_button, LEFT)
    assert canvas.view == before
    qtbot.mouseClick(page.show_button, LEFT)
    wait(qtbot, lambda: window.stage.showing == "grid" and window.photos.rowCount() == 8)


def test_an_empty_map_says_why(window: MainWindow, qtbot: QtBot) -> None:
    page = window.finding.map.page
    window.navigator.go("name:nowhere*")
    wait(qtbot, lambda: window.photos.rowCount() == 2)
    qtbot.keyClick(window.grid, KEY.Key_M)
    wait(qtbot, lambda: page.stack.currentWidget() is page.empty)
    assert "searched for" in page.empty.text.text()
    qtbot.mouseClick(page.empty.buttons[0], LEFT)
    wait(qtbot, lambda: window.stage.showing == "map" and total(page.canvas) == 8)
    assert window.search_bar.text == ""


def test_a_library_without_places_says_how_they_come(
    full_library: Library, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(full_library)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    page = window.finding.map.page
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_M)
    wait(qtbot, lambda: page.empty.state is not None and page.empty.isVisible())
    assert page.empty.title.text() == "No places yet" and "Phones" in page.empty.text.text()
    qtbot.keyClick(page, KEY.Key_Escape)
    assert window.stage.showing == "grid"


def test_it_wears_the_colours_of_the_window(window: MainWindow, qtbot: QtBot, theme: Theme) -> None:
    canvas = open_map(window, qtbot)
    wait(qtbot, lambda: canvas.ground.outlines is not None)

    def ground() -> set[str]:
        picture = canvas.grab().toImage()
        return {picture.pixelColor(x, canvas.height() - 60).name() for x in range(4, canvas.width() - 4, 7)}

    try:
        for choice in (Choice.DARK, Choice.LIGHT):
            theme.choose(choice)
            QApplication.processEvents()
            sea, land, _ = colours(canvas.palette())
            assert {sea.name(), land.name()} & ground()
    finally:
        theme.choose(Choice.SYSTEM)


def test_the_panel_says_the_place(window: MainWindow, qtbot: QtBot) -> None:
    (photo,) = window.library.find("tokyo").ids.tolist()
    window.grid.select_id(photo)
    wait(
        qtbot,
        lambda: window.tag_panel.ids == [photo] and "Tokyo, Japan" in window.tag_panel.head.line.text(),
    )
