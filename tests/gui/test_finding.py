"""Around the search in the real window: chips, sides, saved searches, albums, the timeline, a dropped picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.gui.main_window import MainWindow
from photomgr.gui.search.terms import terms
from photomgr.jobs import run
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow, make_photo


def _chips(window: MainWindow) -> list[str]:
    return [chip.term for chip in window.finding.strip.chips]


def test_terms_are_the_parts_that_must_all_be_true() -> None:
    assert terms('beach -night tag:"new york" (cat OR dog) 2019') == [
        "beach", "-night", 'tag:"new york"', "(cat OR dog)", "2019",
    ]  # fmt: skip
    assert terms("cat OR dog") == ["cat OR dog"]
    assert terms("") == terms("a " * 300) == []
    assert terms('date:"last summer" iso:>=1600 sunst~') == ['date:"last summer"', "iso:>=1600", "sunst~2"]


def test_a_chip_is_taken_out_and_changed(window: MainWindow, qtbot: QtBot) -> None:
    assert window.finding.strip.isHidden()
    window.navigator.go("2019 -green")
    assert _chips(window) == ["2019", "-green"]
    assert window.finding.strip.isVisible()
    qtbot.waitUntil(lambda: window.photos.rowCount() == 5, timeout=PATIENCE)
    chip = window.finding.strip.chips[1]
    qtbot.mouseClick(chip.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    assert window.search_bar.text == "2019"
    window.navigator.go("2019 -green")
    qtbot.mouseClick(window.finding.strip.chips[0], Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert window.search_bar.text == "-green 2019"
    assert window.search_bar.edit.selectedText() == "2019"
    qtbot.keyClicks(window.search_bar.edit, "2021")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 3, timeout=PATIENCE)
    assert _chips(window) == ["-green", "2021"]


def test_it_is_said_why_a_photo_was_found(window: MainWindow, qtbot: QtBot) -> None:
    window.navigator.go("warm rating:5")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 1, timeout=PATIENCE)
    window.grid.select_id(window.photos.id_at(0))
    why = window.finding.strip.why
    qtbot.waitUntil(
        lambda: why.isVisible() and "tag: warm · rating: 5" in why.accessibleName(), timeout=PATIENCE
    )
    window.actions_["label_red"].trigger()  # the photos are looked for again, and this one stays selected
    qtbot.waitUntil(lambda: window.library.photo(window.photos.id_at(0)).label is not None, timeout=PATIENCE)
    qtbot.wait(400)
    assert window.grid.selected_ids() == [window.photos.id_at(0)]
    qtbot.waitUntil(lambda: "tag: warm · rating: 5" in why.accessibleName(), timeout=PATIENCE)
    window.navigator.go("")
    assert window.finding.strip.isHidden()
    qtbot.mouseClick(window.finding.strip.sides_button, Qt.MouseButton.LeftButton)
    window.grid.clearSelection()
    assert why.accessibleName() == ""


def test_a_side_narrows_by_click(window: MainWindow, qtbot: QtBot) -> None:
    window.navigator.go("name:*")
    qtbot.mouseClick(window.finding.strip.sides_button, Qt.MouseButton.LeftButton)
    sides = window.finding.sides
    qtbot.waitUntil(lambda: sides.isVisible() and sides.model().rowCount() > 0, timeout=PATIENCE)
    model = sides.model()
    headings = {model.index(row, 0).data(): model.index(row, 0) for row in range(model.rowCount())}
    assert {"Tags", "Years", "Folders", "Stars"} <= set(headings)
    years = headings["Years"]
    assert [model.index(row, 0, years).data() for row in range(model.rowCount(years))] == [
        "2023",
        "2021",
        "2019",
    ]
    where = sides.visualRect(model.index(1, 0, years)).center()
    qtbot.mouseClick(sides.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 4, timeout=PATIENCE)
    assert window.search_bar.text == "name:* date:2021"


def test_a_search_is_saved_shown_renamed_and_removed(window: MainWindow, qtbot: QtBot) -> None:
    collected = window.finding.collected
    window.navigator.go("name:red")
    qtbot.mouseClick(window.finding.strip.save_button, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(window.finding.strip.name, "Reds")
    qtbot.keyClick(window.finding.strip.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: collected.model().rowCount() == 1, timeout=PATIENCE)
    window.navigator.go("")
    index = collected.model().index(0, 0)
    qtbot.mouseClick(
        collected.viewport(), Qt.MouseButton.LeftButton, pos=collected.visualRect(index).center()
    )
    assert window.search_bar.text == "name:red"
    collected.model().item(0).setText("Red ones")
    kept = window.library.collections
    qtbot.waitUntil(lambda: [each.name for each in kept.searches()] == ["Red ones"], timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.actions_["undo"].text().endswith("renamed “Red ones”"), timeout=PATIENCE)
    qtbot.wait(300)  # the list is read again
    collected.setCurrentIndex(collected.model().index(0, 0))
    qtbot.keyClick(collected, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: collected.model().rowCount() == 0, timeout=PATIENCE)


def test_albums_from_a_selection_and_in_another_order(window: MainWindow, qtbot: QtBot) -> None:
    collected, kept = window.finding.collected, window.library.collections
    window.grid.album_wanted.emit([1, 2])
    window.grid.album_wanted.emit([3])
    qtbot.waitUntil(lambda: collected.model().rowCount() == 2, timeout=PATIENCE)
    names = ["New album", "New album 2"]
    qtbot.waitUntil(lambda: [collected.model().index(n, 0).data() for n in (0, 1)] == names, timeout=PATIENCE)
    model = collected.model()
    model.insertRow(0, model.takeRow(1))
    qtbot.waitUntil(
        lambda: [each.name for each in kept.albums()] == ["New album 2", "New album"], timeout=PATIENCE
    )
    window.navigator.go('album:"New album"')
    qtbot.waitUntil(lambda: window.photos.rowCount() == 2, timeout=PATIENCE)


def test_the_timeline_goes_to_a_month(window: MainWindow, qtbot: QtBot) -> None:
    timeline = window.finding.timeline
    window.finding.timeline_section.header.setChecked(True)
    qtbot.waitUntil(lambda: timeline.model().rowCount() == 3, timeout=PATIENCE)
    year = timeline.model().index(2, 0)
    assert year.data() == "2019"
    timeline.expand(year)
    timeline.scrollTo(timeline.model().index(0, 0, year))
    timeline.setCurrentIndex(timeline.model().index(0, 0, year))
    QTest.keyClick(timeline, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    assert window.search_bar.text == "date:2019-06"


def test_the_timeline_counts_again_once_the_index_knows_of_new_photos(
    window: MainWindow, qtbot: QtBot, photos_folder: Path
) -> None:
    timeline = window.finding.timeline
    window.finding.timeline_section.header.setChecked(True)
    qtbot.waitUntil(lambda: timeline.model().rowCount() == 3, timeout=PATIENCE)
    window.background._index_soon.blockSignals(True)  # the index comes late
    make_photo(photos_folder / "1999.jpg", (10, 20, 30), "1999:05:05 10:00:00")
    run(window.library.scan())
    qtbot.wait(2500)
    assert timeline.model().rowCount() == 3
    window.background.index()
    qtbot.waitUntil(lambda: timeline.model().rowCount() == 4, timeout=PATIENCE)


def test_a_picture_of_the_library_dropped_on_the_box_is_searched_by(
    window: MainWindow, qtbot: QtBot, photos_folder: Path
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photos_folder / "top_red.jpg"))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    QApplication.sendEvent(window.search_bar.edit, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window.search_bar.edit, QDropEvent(QPointF(5, 5), copy, data, left, none))
    qtbot.waitUntil(lambda: window.search_bar.text.startswith("similar:"), timeout=PATIENCE)


def test_offers_say_what_they_are(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.search_bar
    bar.edit.setFocus()
    qtbot.keyClicks(bar.edit, "war")
    qtbot.waitUntil(lambda: bar._notes.get("warm", "").startswith("3 photos"), timeout=PATIENCE)


def test_a_side_leaves_out_by_ctrl_click_and_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    sides, strip = window.finding.sides, window.finding.strip
    window.actions_["narrow"].trigger()
    qtbot.waitUntil(sides.hasFocus, timeout=PATIENCE)
    assert strip.isVisible()
    assert not strip.save_button.isVisible()
    model = sides.model()

    def value(heading: str, text: str) -> QModelIndex:
        tops = [model.index(row, 0) for row in range(model.rowCount())]
        (top,) = [index for index in tops if index.data() == heading]
        rows = [model.index(row, 0, top) for row in range(model.rowCount(top))]
        return next(index for index in rows if index.data() == text)

    index = value("Years", "2021")
    assert "Ctrl+click" in index.data(Qt.ItemDataRole.ToolTipRole)
    sides.scrollTo(index)
    held, left = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton
    qtbot.mouseClick(sides.viewport(), left, held, sides.visualRect(index).center())
    qtbot.waitUntil(lambda: window.photos.rowCount() == 8, timeout=PATIENCE)
    assert window.search_bar.text == "-date:2021"
    qtbot.waitUntil(
        lambda: _has(value, "Years", "2023") and not _has(value, "Years", "2021"), timeout=PATIENCE
    )
    sides.setCurrentIndex(value("Years", "2023"))
    qtbot.keyClick(sides, Qt.Key.Key_Return, held)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    assert window.search_bar.text == "-date:2021 -date:2023"
    assert sides.hasFocus()
    window.actions_["narrow"].trigger()
    assert not sides.isVisible()


def _has(value: Callable[[str, str], QModelIndex], heading: str, text: str) -> bool:
    try:
        value(heading, text)
    except (StopIteration, ValueError):
        return False
    return True


def test_the_amount_of_what_only_looks_like_it_is_set_and_remembered(
    window: MainWindow, qtbot: QtBot
) -> None:
    looks, settings = window.finding.strip.looks, window.library.settings
    window.navigator.go("tag:warm")
    assert not looks.isVisible()
    window.navigator.go("sunset glow")
    qtbot.waitUntil(looks.isVisible, timeout=PATIENCE)
    assert looks.slider.value() == 2
    looks.slider.setFocus()
    qtbot.keyClick(looks.slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: settings.get("visual") == 0, timeout=PATIENCE)
    assert looks.slider.toolTip().endswith("none")
    qtbot.keyClick(looks.slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: settings.get("visual") == 3, timeout=PATIENCE)
    qtbot.mouseClick(looks.switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: settings.get("variety") is False, timeout=PATIENCE)
    window.navigator.go("glow visual:off")
    assert looks.slider.value() == 0
    assert not looks.slider.isEnabled()
    window.navigator.go("glow")
    assert looks.slider.value() == 3


def test_near_duplicates_are_found_without_asking_for_them(
    full_library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    with Image.open(photos_folder / "top_red.jpg") as picture:
        picture.resize((300, 225)).save(photos_folder / "smaller.jpg", quality=60)
    window = open_window(full_library)
    run = []
    window.background.started.connect(lambda handle: run.append(handle.name))
    reviews = full_library.catalog.reviews
    qtbot.waitUntil(lambda: window.photos.rowCount() == 13 and not reviews.without_hash(), timeout=PATIENCE)
    assert "compare" in run
    window.navigator.go("is:duplicate")
    wanted = {full_library.photo_at(photos_folder / name) for name in ("top_red.jpg", "smaller.jpg")}
    qtbot.waitUntil(
        lambda: {photo.id for photo in wanted if photo} <= set(window.photos.ids.tolist()), timeout=PATIENCE
    )
    qtbot.waitUntil(lambda: bool(window.photos.sections), timeout=PATIENCE)


def test_a_search_typed_over_an_open_photo_shows_what_it_finds(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    first = window.photos.id_at(0)
    window.navigator.open(first)
    assert window.stage.showing == "photo"
    edit.setFocus()
    qtbot.keyClicks(edit, "2019")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    assert window.stage.showing == "grid"
    assert edit.hasFocus(), "one goes on typing"
    window.navigator.back()
    assert (window.stage.showing, window.photo_view.photo_id) == ("photo", first)
    window.navigator.go("2019")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    window.navigator.open(window.photos.id_at(0))
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert window.stage.showing == "grid"


def test_enter_keeps_what_was_found_by_beginnings_and_says_so(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "tag:war hawai")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 0 and not window.navigator.asking, timeout=PATIENCE)
    edit.clear()
    qtbot.keyClicks(edit, "tag:warm hawai")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 1, timeout=PATIENCE)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.navigator.asking, timeout=PATIENCE)
    assert window.photos.rowCount() == 1
    assert window.navigator.result is not None
    assert window.navigator.result.hint.endswith("these have words that begin so.")


def test_a_mistyped_word_beside_what_looks_like_the_rest_is_mended_by_a_click(
    full_library: Library, open_window: OpenWindow, qtbot: QtBot
) -> None:
    run(full_library.annotate())
    run(full_library.index())
    window = open_window(full_library)
    window.navigator.go("sunset")
    qtbot.waitUntil(lambda: not window.navigator.asking, timeout=PATIENCE)
    assert window.finding.strip.nearest_button.isHidden()
    window.navigator.go("sunset hawaai")
    qtbot.waitUntil(lambda: window.photos.rowCount() > 0, timeout=PATIENCE)
    button = window.finding.strip.nearest_button
    qtbot.waitUntil(button.isVisible, timeout=PATIENCE)
    assert button.text() == "Search for hawaii"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 6, timeout=PATIENCE)
    assert window.search_bar.text == "hawaii"
    assert button.isHidden()


def test_all_duplicates_but_the_best_are_selected_at_once(
    full_library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    for number in range(2):
        (photos_folder / f"copy{number}.jpg").write_bytes((photos_folder / "top_red.jpg").read_bytes())
    (photos_folder / "blue copy.jpg").write_bytes((photos_folder / "top_blue.jpg").read_bytes())
    run(full_library.scan())
    run(full_library.index())
    window = open_window(full_library)
    button = window.finding.strip.spare_button
    assert button.isHidden()
    window.navigator.go("is:duplicate")
    qtbot.waitUntil(lambda: window.photos.rowCount() >= 5, timeout=PATIENCE)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    starts = [start for start, _ in window.photos.sections]
    firsts = {window.photos.id_at(start) for start in starts}
    chosen = set(window.grid.selected_ids())
    assert chosen | firsts == set(window.photos.ids.tolist())
    assert not chosen & firsts
    assert window.grid.hasFocus()
    window.navigator.go("2019")
    qtbot.waitUntil(button.isHidden, timeout=PATIENCE)


def test_who_types_a_search_over_the_review_goes_on_typing(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["review"].trigger()
    assert window.stage.showing == "review"
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "re")
    qtbot.waitUntil(lambda: window.stage.showing == "grid", timeout=PATIENCE)
    assert edit.hasFocus()
    qtbot.keyClicks(window.focusWidget(), "d")
    qtbot.waitUntil(lambda: window.navigator.place.query == "red", timeout=PATIENCE)
    window.search_bar.completer.popup().hide()
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(window.grid.hasFocus, timeout=PATIENCE)
