"""The real window, driven as a person drives it: finding, moving, panels, places, keys."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from photomgr.annotate.runtime import available
from photomgr.core.records import Sort, Suggestion
from photomgr.gui.frame.key_sheet import KeySheet
from photomgr.gui.frame.settings_page import SettingsPage
from photomgr.gui.grid.staying import put_back
from photomgr.gui.main_window import MainWindow
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow

KEY = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


def search_for(qtbot: QtBot, window: MainWindow, text: str) -> None:
    window.search_bar.edit.clear()
    qtbot.keyClicks(window.search_bar.edit, text)


def click(qtbot: QtBot, view: QAbstractItemView, index: QModelIndex, modifier: object = None) -> None:
    view.scrollTo(index)
    place = view.visualRect(index).center()
    keys = Qt.KeyboardModifier.NoModifier if modifier is None else modifier
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, place)  # type: ignore[arg-type]


def row_named(view: QAbstractItemView, name: str) -> QModelIndex:
    """The index of an entry of the left panel, wherever it is in its tree."""
    model = view.model()
    left = [QModelIndex()]
    while left:
        parent = left.pop()
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            if index.data() == name:
                return index
            left.append(index)
    raise AssertionError(f"no {name}")


# Searching


def test_the_grid_follows_what_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    search_for(qtbot, window, "warm")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    qtbot.keyClicks(window.search_bar.edit, " 2019")
    wait(qtbot, lambda: window.photos.rowCount() == 1)
    assert window.status.counts.text() == "1 photo"
    window.search_bar.clear_action.trigger()
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert not window.search_bar.clear_action.isVisible()
    assert window.status.counts.text() == "12 photos"


def test_a_late_answer_never_replaces_a_newer_one(window: MainWindow, qtbot: QtBot) -> None:
    for text in ("name:red", "name:blue", "-name:red"):
        window.navigator.go(text)
    wait(qtbot, lambda: window.photos.rowCount() == 9)
    qtbot.wait(100)
    assert window.photos.rowCount() == 9


def test_typing_letters_and_signs_is_never_taken_for_a_command(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "pxut?/123")
    assert edit.text() == "pxut?/123"
    assert window.findChildren(KeySheet) == []


def test_completion_is_offered_and_taken(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "tag:wa")
    popup = window.search_bar.completer.popup()
    assert popup is not None
    wait(qtbot, popup.isVisible)
    offers = [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())]
    assert "tag:warm" in offers
    popup.setCurrentIndex(popup.model().index(offers.index("tag:warm"), 0))
    qtbot.keyClick(popup, KEY.Key_Return)
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert edit.text() == "tag:warm"


def test_enter_searches_for_what_is_typed_and_not_for_an_offer(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "name:r")
    popup = window.search_bar.completer.popup()
    assert popup is not None
    edit.clear()
    qtbot.keyClicks(edit, "tag:wa")
    wait(qtbot, popup.isVisible)
    assert not popup.currentIndex().isValid()
    qtbot.keyClick(popup, KEY.Key_Return)
    wait(qtbot, lambda: not window.navigator.place.typing)
    assert edit.text() == "tag:wa" and window.navigator.place.query == "tag:wa"
    assert not popup.isVisible()


def test_down_picks_an_offer_and_enter_takes_it(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "tag:wa")
    popup = window.search_bar.completer.popup()
    assert popup is not None
    wait(qtbot, popup.isVisible)
    qtbot.keyClick(popup, KEY.Key_Down)
    picked = popup.currentIndex().data()
    assert picked and edit.text() == "tag:wa"
    entered: list[str] = []
    window.search_bar.entered.connect(entered.append)
    qtbot.keyClick(popup, KEY.Key_Return)
    wait(qtbot, lambda: window.navigator.place.query == picked.strip())
    assert entered == [picked.strip()]


@pytest.mark.parametrize("way", ["closed", "open", "picked", "at once"])
def test_enter_goes_to_the_photos_that_were_found(window: MainWindow, qtbot: QtBot, way: str) -> None:
    edit, popup = window.search_bar.edit, window.search_bar.completer.popup()
    assert popup is not None
    edit.setFocus()
    qtbot.keyClicks(edit, "tag:wa")
    if way != "at once":
        wait(qtbot, lambda: popup.isVisible() and window.photos.rowCount() == 3)
    if way == "closed":
        qtbot.keyClick(popup, KEY.Key_Escape)
        assert not popup.isVisible() and edit.text() == "tag:wa"
    if way == "picked":
        qtbot.keyClick(popup, KEY.Key_Down)
    qtbot.keyClick(popup if popup.isVisible() else edit, KEY.Key_Return)
    wait(qtbot, window.grid.hasFocus)
    assert window.photos.rowCount() == 3
    qtbot.keyClick(window.grid, KEY.Key_Slash)
    assert edit.hasFocus()


def test_enter_stays_in_the_box_when_nothing_was_found_or_one_types_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "zzzz")
    qtbot.keyClick(edit, KEY.Key_Return)
    wait(qtbot, lambda: window.stage.showing == "nothing" and not window.navigator.asking)
    assert edit.hasFocus()
    qtbot.keyClick(edit, KEY.Key_A, CONTROL)
    qtbot.keyClicks(edit, "name:re")
    qtbot.keyClick(edit, KEY.Key_Return)
    qtbot.keyClicks(edit, "d")
    wait(qtbot, lambda: window.navigator.place.query == "name:red" and not window.navigator.asking)
    assert edit.hasFocus() and edit.text() == "name:red"


def test_offers_for_an_older_text_are_dropped(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.search_bar
    popup = bar.completer.popup()
    assert popup is not None
    bar.edit.setFocus()
    qtbot.keyClicks(bar.edit, "tag:wa")
    wait(qtbot, popup.isVisible)
    qtbot.keyClicks(bar.edit, "x")
    assert not popup.isVisible()
    qtbot.wait(200)
    assert not popup.isVisible() and bar.edit.text() == "tag:wax"
    bar.edit.setText("tag:wa")
    qtbot.keyClicks(bar.edit, "r")
    bar.edit.setText("name:red")  # the answer for "tag:war" comes when the box holds this
    qtbot.wait(200)
    assert not popup.isVisible()


def test_finding_nothing_leaves_the_keys_to_the_search_box(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_Slash)
    edit = window.search_bar.edit
    qtbot.keyClicks(edit, "zzzz")
    wait(qtbot, lambda: window.stage.showing == "nothing")
    assert edit.hasFocus()
    qtbot.keyClick(edit, KEY.Key_A, CONTROL)
    qtbot.keyClicks(edit, "name:red")
    wait(qtbot, lambda: window.stage.showing == "grid")
    assert edit.hasFocus() and edit.text() == "name:red"


def test_a_query_that_settles_never_touches_what_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "name:re")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    qtbot.keyClicks(edit, "d")
    window.navigator.settle()  # as its timer does, before the letter is searched for
    assert edit.text() == "name:red"
    assert window.actions_["back"].isEnabled()
    wait(qtbot, lambda: window.navigator.place.query == "name:red")
    assert edit.text() == "name:red"


def test_nothing_found_says_why_and_offers_what_is_near(window: MainWindow, qtbot: QtBot) -> None:
    search_for(qtbot, window, "tag:warn")
    wait(qtbot, lambda: window.stage.showing == "nothing")
    page = window.stage.page
    assert page.text.text()
    assert page.text.textFormat() is Qt.TextFormat.PlainText
    assert "warm" in page.buttons[0].text()
    qtbot.mouseClick(page.buttons[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert window.stage.showing == "grid"
    window.navigator.go("zzzz")
    wait(qtbot, lambda: window.stage.showing == "nothing")
    qtbot.mouseClick(page.buttons[-1], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.photos.rowCount() == 12)


def test_a_query_that_was_mended_says_so_quietly(window: MainWindow, qtbot: QtBot) -> None:
    edit = window.search_bar.edit
    edit.setFocus()
    search_for(qtbot, window, "(name:red")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert not window.search_bar.hint
    qtbot.keyClick(edit, KEY.Key_Return)
    wait(qtbot, lambda: "bracket" in window.search_bar.hint)
    assert window.photos.rowCount() == 3
    qtbot.keyClicks(edit, ")")
    wait(qtbot, lambda: not window.search_bar.hint)


def test_enter_never_takes_away_what_typing_found(window: MainWindow, qtbot: QtBot) -> None:
    search_for(qtbot, window, "tag:war")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    qtbot.keyClick(window.search_bar.edit, KEY.Key_Return)
    qtbot.wait(100)
    assert window.photos.rowCount() == 3


def test_a_query_beyond_all_bounds_is_refused_in_words(window: MainWindow, qtbot: QtBot) -> None:
    window.navigator.go("a " * 300)
    wait(qtbot, lambda: window.stage.showing == "nothing")
    assert "too many words" in window.stage.page.text.text()
    assert window.messages.kept == []


def test_the_help_of_the_search_lists_examples_that_can_be_tried(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.search_bar.help_button, Qt.MouseButton.LeftButton)
    examples = window.search_bar.help.examples
    assert window.search_bar.help.isVisible() and len(examples) > 10
    example = next(button for button in examples if button.text() == "is:untagged")
    qtbot.mouseClick(example, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.photos.rowCount() == 9)
    assert not window.search_bar.help.isVisible()


def test_escape_clears_the_search_and_then_leaves_it(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, KEY.Key_F, CONTROL)
    edit = window.search_bar.edit
    assert edit.hasFocus()
    qtbot.keyClicks(edit, "name:red")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    for _ in range(2):  # one for the completions, if they are open
        if edit.text():
            qtbot.keyClick(edit, KEY.Key_Escape)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    qtbot.keyClick(edit, KEY.Key_Escape)
    assert window.grid.hasFocus()
    qtbot.keyClick(window.grid, KEY.Key_Slash)
    assert edit.hasFocus() and not edit.text()


def test_a_photo_decided_on_stays_until_one_moves_on(
    window: MainWindow, qtbot: QtBot, full_library: Library
) -> None:
    window.navigator.go("is:untagged")
    wait(qtbot, lambda: window.photos.rowCount() == 9)
    before = window.photos.ids.tolist()
    chosen = before[3]
    window.grid.select_id(chosen)
    with qtbot.waitSignal(window.background.indexed, timeout=PATIENCE):
        full_library.tag("done", [chosen])
    qtbot.wait(200)
    assert window.photos.ids.tolist() == before and window.grid.selected_ids() == [chosen]
    window.grid.select_id(before[4])
    full_library.tag("done", [before[4]])
    wait(qtbot, lambda: window.photos.ids.tolist() == before[:3] + before[4:])
    window.navigator.go("is:untagged -xyz")
    wait(qtbot, lambda: window.photos.rowCount() == 7)


@pytest.mark.parametrize(
    ("shown", "found", "wanted", "result"),
    [
        ([1, 2, 3, 4], [1, 3, 4], [2], [1, 2, 3, 4]),
        ([1, 2, 3, 4], [3, 4], [1, 2], [1, 2, 3, 4]),
        ([1, 2, 3, 4], [], [2, 4], [2, 4]),
        ([1, 2, 3, 4], [1, 2, 3], [4], [1, 2, 3, 4]),
        ([1, 2, 3, 4], [1, 9, 3, 4], [2], [1, 2, 9, 3, 4]),
        ([1, 2], [5, 1], [7], [5, 1]),
        ([4, 3, 2, 1], [4, 1], [3, 2], [4, 3, 2, 1]),
        ([], [1], [2], [1]),
    ],
)
def test_photos_are_put_back_where_they_stood(
    shown: list[int], found: list[int], wanted: list[int], result: list[int]
) -> None:
    arrays = (np.array(ids, dtype=np.int64) for ids in (shown, found, wanted))
    assert put_back(*arrays).tolist() == result


# The left panel


def test_the_left_panel_counts_and_searches(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.folder_tree
    wait(qtbot, lambda: tree.counts is not None and tree.counts.photos == 12)
    counts = {
        tree.places.index(row).data(): tree.places.index(row).data(Qt.ItemDataRole.UserRole + 1)
        for row in range(4)
    }
    assert counts == {"All photos": "12", "Unreviewed": "0", "Untagged": "9", "Unreadable": "0"}
    hawaii = row_named(tree.folder_view, "Hawaii")
    tree.folder_view.expandAll()
    click(qtbot, tree.folder_view, hawaii)
    wait(qtbot, lambda: window.photos.rowCount() == 6)
    assert window.search_bar.text.startswith("folder:")
    click(qtbot, tree.tag_view, row_named(tree.tag_view, "warm"))
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert window.search_bar.text == 'tag:"warm"'
    click(qtbot, tree.place_view, row_named(tree.place_view, "All photos"))
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert window.search_bar.text == ""


def test_a_click_in_the_left_panel_leaves_the_keys_to_the_photos(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.folder_tree
    wait(qtbot, lambda: bool(tree.folders.nodes) and tree.tags.rowCount() > 0)
    click(qtbot, tree.tag_view, row_named(tree.tag_view, "warm"))
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert window.grid.hasFocus()
    tree.folder_view.expandAll()
    click(qtbot, tree.folder_view, row_named(tree.folder_view, "Hawaii"))
    wait(qtbot, lambda: window.photos.rowCount() == 6)
    assert window.grid.hasFocus()
    tree.tag_view.setFocus()
    tree.tag_view.setCurrentIndex(row_named(tree.tag_view, "warm"))
    qtbot.keyClick(tree.tag_view, KEY.Key_Return)
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert tree.tag_view.hasFocus()


def test_control_click_narrows_the_search(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = window.folder_tree
    wait(qtbot, lambda: bool(tree.folders.nodes))
    tree.folder_view.expandAll()
    click(qtbot, tree.folder_view, row_named(tree.folder_view, "2021"))
    wait(qtbot, lambda: window.photos.rowCount() == 4)
    window.navigator.narrow('tag:"warm"')
    wait(qtbot, lambda: window.photos.rowCount() == 1)


def test_the_folder_tree_sums_up_what_is_below(window: MainWindow, qtbot: QtBot) -> None:
    folders = window.folder_tree.folders
    wait(qtbot, lambda: bool(folders.nodes))
    totals = {node.name: node.total for node in folders.nodes}
    assert totals == {"photos": 12, "2019": 6, "Hawaii": 6, "2021": 4}


def test_tags_are_filtered(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    full_library.tag("<b>bold</b>", [int(each) for each in full_library.find("").ids][:2])
    tags = window.folder_tree.tags
    wait(qtbot, lambda: tags.rowCount() == 2)
    assert tags.index(1).data() == "<b>bold</b>"
    qtbot.keyClicks(window.folder_tree.tag_filter, "WAR")
    assert [tags.index(row).data() for row in range(tags.rowCount())] == ["warm"]
    window.folder_tree.tag_filter.clear()
    assert tags.rowCount() == 2


def test_a_folder_is_taken_out_and_its_photos_go(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.folder_tree
    wait(qtbot, lambda: bool(tree.folders.nodes))
    menu = tree.folder_menu(tree.folders.nodes[0])
    labels = [action.text() for action in menu.actions() if action.text()]
    assert labels[0] == "Show these photos" and "Take out of the library" in labels
    next(action for action in menu.actions() if action.text() == "Take out of the library").trigger()
    menu.close()
    assert window.actions_["left_panel"].isVisible()
    wait(qtbot, lambda: window.stage.showing == "welcome")
    assert not window.actions_["left_panel"].isVisible() and not window.actions_["right_panel"].isVisible()


# Order, size, places


def test_the_order_is_chosen_and_kept(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    oldest = [int(each) for each in full_library.find("", Sort.OLDEST).ids]
    menu = window.toolbar.sort_button.menu()
    next(action for action in menu.actions() if action.text() == "Oldest first").trigger()
    wait(qtbot, lambda: window.photos.ids.tolist() == oldest)
    assert window.toolbar.sort_button.text() == "Oldest first"
    window.navigator.go("tag:warm")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    assert window.navigator.place.sort is Sort.OLDEST


def test_slider_wheel_and_keys_set_one_size(window: MainWindow, qtbot: QtBot) -> None:
    window.toolbar.slider.setValue(240)
    assert window.grid.cell_size == 240
    window.actions_["larger"].trigger()
    assert window.grid.cell_size > 240
    assert window.toolbar.slider.value() == window.grid.cell_size
    window.actions_["smaller"].trigger()
    assert abs(window.grid.cell_size - 240) <= 1


def test_back_and_forward(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.actions_["back"].isEnabled()
    search_for(qtbot, window, "name:red")
    qtbot.keyClick(window.search_bar.edit, KEY.Key_Return)
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    window.grid.setFocus()
    window.navigator.open(window.photos.id_at(1))
    wait(qtbot, lambda: window.stage.showing == "photo")
    window.actions_["back"].trigger()
    assert window.stage.showing == "grid" and window.search_bar.text == "name:red"
    window.actions_["back"].trigger()
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert window.search_bar.text == ""
    window.actions_["forward"].trigger()
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    window.actions_["forward"].trigger()
    assert window.stage.showing == "photo"


def test_a_photo_is_opened_walked_on_and_left(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.select_id(window.photos.id_at(0))
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_Return)
    wait(qtbot, lambda: window.stage.showing == "photo")
    qtbot.keyClick(window.photo_view, KEY.Key_Space)
    second = window.photos.id_at(1)
    wait(qtbot, lambda: window.navigator.place.photo == second)
    qtbot.keyClick(window.photo_view, KEY.Key_Escape)
    wait(qtbot, lambda: window.stage.showing == "grid")
    assert window.grid.selected_ids() == [second]
    assert window.grid.hasFocus()


def test_selecting_is_counted_and_shown_in_the_panel(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.setFocus()
    window.grid.selectAll()
    assert window.status.counts.text() == "12 photos · 12 selected"
    qtbot.keyClick(window.grid, KEY.Key_Escape)
    assert window.status.counts.text() == "12 photos"


# Panels, keys, accessibility


def test_panels_hide_and_full_screen_comes_and_goes(window: MainWindow, qtbot: QtBot) -> None:
    assert window.folder_tree.isVisible() and window.tag_panel.isVisible()
    qtbot.keyClick(window, KEY.Key_F9)
    qtbot.keyClick(window, KEY.Key_F8)
    assert not window.folder_tree.isVisible() and not window.tag_panel.isVisible()
    qtbot.keyClick(window, KEY.Key_F9)
    assert window.folder_tree.isVisible() and window.actions_["left_panel"].isChecked()
    qtbot.keyClick(window, KEY.Key_F11)
    wait(qtbot, window.isFullScreen)
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_Escape)
    wait(qtbot, lambda: not window.isFullScreen())


def test_the_key_sheet_opens_and_closes(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_Question)
    wait(qtbot, lambda: bool(window.findChildren(KeySheet)))
    sheet = window.findChildren(KeySheet)[0]
    wait(qtbot, sheet.isActiveWindow)
    words = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for key in ("Ctrl+F", "F11", "Ctrl+Shift+Z", "Ctrl+J", "F5"):
        assert key in words
    qtbot.keyClick(sheet, KEY.Key_Escape)
    wait(qtbot, lambda: not window.findChildren(KeySheet))


def test_controls_have_names_and_tips(window: MainWindow) -> None:
    for button in window.findChildren(QToolButton):
        if button.isVisible() and not isinstance(button.parent(), QLineEdit):
            assert button.accessibleName() or button.text(), button
    for edit in window.findChildren(QLineEdit):
        if edit.isVisible():
            assert edit.accessibleName(), edit
    for view in (
        window.folder_tree.place_view,
        window.folder_tree.folder_view,
        window.folder_tree.tag_view,
        window.grid,
    ):
        assert view.accessibleName()


def test_labels_never_read_names_as_rich_text(window: MainWindow) -> None:
    page = window.stage.page
    for label in (page.title, page.text, page.small, window.stage.toast.label, window.status.counts):
        assert label.textFormat() is Qt.TextFormat.PlainText


def test_undo_says_what_and_the_toast_offers_it(
    window: MainWindow, qtbot: QtBot, full_library: Library
) -> None:
    red = [int(each) for each in full_library.find("name:red").ids]
    change = full_library.tag("sunset", red)
    window.messages.info(change.text, undo=True)
    toast = window.stage.toast
    assert toast.isVisible() and toast.label.text() == "3 photos tagged “sunset”"
    wait(qtbot, lambda: "sunset" in window.actions_["undo"].text())
    qtbot.mouseClick(toast.undo_button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: "sunset" not in full_library.decided(red))
    wait(qtbot, lambda: toast.label.text().startswith("Undone: "))
    wait(qtbot, lambda: "sunset" in window.actions_["redo"].text())
    qtbot.keyClick(window, KEY.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    wait(qtbot, lambda: full_library.decided(red).get("sunset") == 3)


def test_settings_take_effect_at_once(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    window.actions_["settings"].trigger()
    page = window.findChildren(SettingsPage)[0]
    colours = page.controls["colours"]
    colours.setCurrentIndex(2)  # type: ignore[attr-defined]
    colours.activated.emit(2)  # type: ignore[attr-defined]
    wait(qtbot, lambda: window.theme.dark)
    assert full_library.settings.get("colours") == "dark"
    colours.activated.emit(0)  # type: ignore[attr-defined]
    wait(qtbot, lambda: not window.theme.dark)
    page.close()


def test_the_settings_say_what_the_networks_run_on(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["settings"].trigger()
    page = window.findChildren(SettingsPage)[0]
    wait(qtbot, page.running.isVisible)
    assert "Processor" in page.running.text()
    missing = next(key for key in ("cuda", "openvino", "coreml", "directml") if key not in available())
    page.wanted.emit("provider", missing)
    wait(qtbot, lambda: missing in page.running.text() and "Processor" in page.running.text())
    assert missing in window.stage.toast.label.text() or missing in window.stage.toast.accessibleName()
    page.close()


def test_layout_and_place_are_remembered(
    window: MainWindow, qtbot: QtBot, full_library: Library, open_window: OpenWindow
) -> None:
    window.navigator.set_sort(Sort.OLDEST)
    window.navigator.go("name:red")
    wait(qtbot, lambda: window.photos.rowCount() == 3)
    wanted = window.photos.id_at(1)
    window.grid.select_id(wanted)
    window.grid.set_cell_size(222)
    qtbot.keyClick(window, KEY.Key_F8)
    window.resize(1000, 640)
    window.close()
    again = open_window(full_library)
    wait(qtbot, lambda: again.photos.rowCount() == 3)
    assert again.search_bar.text == "name:red" and again.navigator.place.sort is Sort.OLDEST
    strip = again.finding.strip
    wait(qtbot, strip.isVisible)
    assert [chip.term for chip in strip.chips] == ["name:red"]
    wait(qtbot, lambda: again.grid.selected_ids() == [wanted])
    assert again.grid.cell_size == 222
    assert not again.tag_panel.isVisible() and again.folder_tree.isVisible()
    assert again.width() == 1100  # the fixture's own size comes after the remembered one


def test_a_damaged_memory_of_the_window_is_no_obstacle(
    full_library: Library, qtbot: QtBot, open_window: OpenWindow
) -> None:
    full_library.paths.window_state.write_text(
        "[General]\nversion=1\nsort=sideways\ngeometry=@Bad\ncell=x\nphoto=y\n"
    )
    window = open_window(full_library)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert window.navigator.place.sort is Sort.NEWEST


@pytest.mark.parametrize("guest", [False, True])
def test_read_only_is_seen_and_said(
    full_library: Library, qtbot: QtBot, open_window: OpenWindow, guest: bool
) -> None:
    if not guest:
        assert not open_window(full_library).status.read_only.isVisible()
        return
    library = Library.open(full_library.paths, read_only=True)
    try:
        window = open_window(library)
        wait(qtbot, lambda: window.photos.rowCount() == 12)
        label, toast = window.status.read_only, window.stage.toast
        assert (
            label.isVisible() and label.text() == "Read-only" and "nothing can be changed" in label.toolTip()
        )
        window.grid.setFocus()
        window.grid.select_id(window.photos.id_at(0))
        for key in (KEY.Key_P, KEY.Key_X, KEY.Key_T, KEY.Key_1):
            toast.hide()
            qtbot.keyClick(window.grid, key)
            assert toast.isVisible() and toast.label.text() == label.toolTip()
        assert window.messages.kept == []
        window.close()
    finally:
        library.close()


def test_tab_goes_in_reading_order(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.folder_tree
    window.search_bar.edit.setFocus()
    seen = []
    while (focus := QApplication.focusWidget()) is not None and focus is not window.grid:
        seen.append(focus)
        assert len(seen) < 40
        qtbot.keyClick(focus, KEY.Key_Tab)
    assert seen[0] is window.search_bar.edit
    assert seen[-7:] == [
        tree.library_section.header,
        tree.place_view,
        tree.folder_section.header,
        tree.folder_view,
        tree.tag_section.header,
        tree.tag_filter,
        tree.tag_view,
    ]


def test_w_says_why_and_escape_closes_it(window: MainWindow, qtbot: QtBot, full_library: Library) -> None:
    photo = window.photos.id_at(0)
    assert photo is not None
    full_library.catalog.annotations.write(
        "test network", [(photo, b"", b"", b"", [Suggestion("sand", 0.9, {"network": 0.9})])]
    )
    window.grid.select_id(photo)
    wait(qtbot, lambda: [each.tag for each in window.tag_panel.facts.suggested] == ["sand"])
    sheet = window.tag_panel.why
    window.grid.setFocus()
    qtbot.keyClick(window.grid, KEY.Key_W)
    wait(qtbot, sheet.isVisible)
    assert (
        sheet.parentWidget() is window and sheet.geometry().right() <= window.tag_panel.x() + window.width()
    )
    assert window.rect().contains(sheet.geometry()) and window.grid.hasFocus()
    qtbot.keyClick(window, KEY.Key_Escape)
    wait(qtbot, lambda: not sheet.isVisible())
    assert window.grid.selected_ids() == [photo]
