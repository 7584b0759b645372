"""The review workbench in the real window, on photos with suggestions of known scores."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from photomgr.core.query import quote
from photomgr.core.records import Suggestion
from photomgr.gui.grid.dragging import DropMark, of_tag, with_photos
from photomgr.gui.housekeeping.desk import TagDesk
from photomgr.gui.main_window import MainWindow
from photomgr.gui.review.arrangement import by_group, by_line
from photomgr.gui.review.pace import DecisionPace
from photomgr.gui.review.page import Way
from photomgr.gui.review.plot import precision_from
from photomgr.gui.search.terms import TermStrip
from photomgr.gui.tags.suggestion_menu import SuggestionMenu
from photomgr.gui.tags.suggestion_row import State as Stand
from photomgr.library import Library
from photomgr.library.reviewing import Order, Together

from .conftest import PATIENCE, OpenWindow

HOSTILE = ("x" * 200, "📷 & <b>bold</b>", "שלום עולם", "tag:beach OR -x", "日本 " * 30)
SHIFT = Qt.KeyboardModifier.ShiftModifier
Reviewed = Callable[[str | None], MainWindow]


@pytest.fixture
def suggested(full_library: Library) -> Library:
    """The twelve photos, each with ``beach`` (0.99 down to 0.44) and ``sand``; no model has to run."""
    ids = sorted(int(each) for each in full_library.find("").ids)
    full_library.catalog.annotations.write(
        "a" * 64,
        [
            (photo, b"", b"", b"", [Suggestion("beach", 0.99 - 0.05 * n), Suggestion("sand", 0.6 - 0.01 * n)])
            for n, photo in enumerate(ids)
        ],
    )
    return full_library


@pytest.fixture
def reviewed(qtbot: QtBot, suggested: Library, open_window: OpenWindow) -> Reviewed:
    """Opens the window with the review of a tag in it."""

    def make(tag: str | None) -> MainWindow:
        window = open_window(suggested)
        window.background.learn = lambda: None  # type: ignore[method-assign]
        qtbot.waitUntil(lambda: window.photos.rowCount() == 12, timeout=PATIENCE)
        window.review.open(tag)
        wait(qtbot, lambda: window.review.page.by_tag.wall.photos.rowCount() == 12)
        return window

    return make


def wait(qtbot: QtBot, ready: Callable[[], bool]) -> None:
    qtbot.waitUntil(ready, timeout=PATIENCE)


def press(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(window.focusWidget() or window, key, modifiers)


def waiting(library: Library, tag: str) -> list[int]:
    return library.reviewing.wall(tag).photos.tolist()


def waiting_now(window: MainWindow) -> int:
    return window.review.page.by_tag.session.waiting


def hold_writes(window: MainWindow) -> threading.Event:
    """Nothing is written until the event is set."""
    go = threading.Event()
    window.bridge.write(lambda: go.wait(20), lambda _: None)
    return go


def shown(window: MainWindow) -> list[int]:
    return window.review.page.by_tag.wall.photos.ids.tolist()


def test_what_is_decided_is_kept_although_the_window_closes_at_once(
    reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    pressed = 0
    while waiting_now(window):
        press(window, Qt.Key.Key_X if pressed % 3 == 2 else Qt.Key.Key_P)
        pressed += 1
    window.close()
    marks = suggested.marks(suggested.find("").ids.tolist())
    assert pressed == 12
    assert sum("beach" in each.tags for each in marks.values()) == 8
    assert waiting(suggested, "beach") == []


def test_undo_takes_back_what_was_pressed_last_not_what_was_saved_last(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    best, second, third = shown(window)[:3]
    held = hold_writes(window)
    for _ in range(3):
        press(window, Qt.Key.Key_P)
    window.undo_steps.undo()
    held.set()
    wait(qtbot, lambda: waiting(suggested, "beach")[:1] == [third])
    assert second not in waiting(suggested, "beach")
    assert best not in waiting(suggested, "beach")


def test_a_line_that_is_being_moved_stays_in_the_hand_when_suggestions_change(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    session = window.review.page.by_tag.session
    before = session.line
    session.move_line(0.6)
    read_again = session.wall
    suggested.accept("sand", shown(window)[:1])  # the wall is read again
    wait(qtbot, lambda: session.wall is not read_again)
    assert session.line == 0.6 != before
    session.settle_line(0.6)
    wait(qtbot, lambda: session.wall is not None and session.wall.proposed.by_hand and not session.moved)
    assert session.line == pytest.approx(0.6)


# arithmetic


def test_the_line_divides_and_only_what_is_above_is_ticked() -> None:
    ids, scores = np.array([4, 2, 9]), np.array([0.5, 0.97, 0.96])
    found = by_line(ids, scores, 0.95)
    assert found.ids.tolist() == [2, 9, 4]
    assert (found.starts.tolist(), found.line) == ([0, 2], 1)
    assert found.ticked.tolist() == [True, True, False]
    assert by_line(ids, scores, 0.1).line == -1
    assert by_line(ids, scores, 1.0).starts.tolist() == [0]
    assert by_line(ids[:0], scores[:0], 0.5).titles == ()


def test_groups_stand_before_single_photos() -> None:
    groups = [Together(np.array([1, 3, 8]), "event", 0.0), Together(np.array([2]), "single", float("nan"))]
    found = by_group(np.array([1, 2, 3]), np.array([0.9, 0.8, 0.7]), groups)
    assert found.ids.tolist() == [1, 3, 2]
    assert (found.starts.tolist(), found.apart) == ([0, 2], 1)
    assert found.ticked.tolist() == [True, True, False]
    assert found.section_of(1) == range(2)


def test_pace_leaves_pauses_out() -> None:
    pace = DecisionPace()
    for second in (0, 2, 4, 1000):
        pace.add(second, 1)
    assert pace.left(10) == pytest.approx(10 * (2 + 2 + 30) / 3)
    assert pace.text(8).startswith("4 of 12")


def test_precision_is_counted_from_each_score_on() -> None:
    precision = precision_from(np.array([2, 0, 2, 0]), np.array([0, 0, 2, 0]))
    assert precision[:3].tolist() == [0.5, 1.0, 1.0]
    assert np.isnan(precision[3])


# by tag


def test_ctrl_r_shows_the_tag_that_waits_most_and_esc_leaves(
    qtbot: QtBot, suggested: Library, open_window: OpenWindow
) -> None:
    window = open_window(suggested)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    press(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    page = window.review.page
    wait(qtbot, lambda: page.by_tag.wall.photos.rowCount() == 12)
    assert window.stage.showing == "review"
    assert window.status.counts.text() == "12 photos"
    assert [each.tag for each in page.tags.model.shown] == ["beach", "sand"]
    assert page.by_tag.session.tag == "beach"
    assert page.by_tag.wall.hasFocus()
    assert not window.folder_tree.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert window.stage.showing == "grid"
    assert window.folder_tree.isVisible()
    assert not window.actions_["review"].isChecked()


def test_a_sweep_accepts_what_is_ticked_in_one_step(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    by_tag = window.review.page.by_tag
    by_tag.session.move_line(0.8)
    before = shown(window)
    above = int(by_tag.wall.ticked().sum())
    assert above == 4
    wall = by_tag.wall
    centre = wall.visualRect(wall.photos.index(1, 0)).center()
    QTest.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert wall.ticked_ids() == [before[0], before[2], before[3]]
    press(window, Qt.Key.Key_A)
    assert shown(window) == [before[1], *before[4:]]  # they leave at once, before anything is written
    wait(qtbot, lambda: set(suggested.find("tag:beach").ids.tolist()) >= set() and not by_tag.decider.busy)
    assert waiting(suggested, "beach") == [before[1], *before[4:]]
    assert suggested.undo_text() is not None
    window.undo()
    wait(qtbot, lambda: shown(window) == before)
    assert suggested.redo() is not None
    wait(qtbot, lambda: len(shown(window)) == 9)


def test_shift_a_rejects_what_was_unticked(qtbot: QtBot, reviewed: Reviewed, suggested: Library) -> None:
    window = reviewed("beach")
    by_tag = window.review.page.by_tag
    by_tag.session.move_line(0.8)
    before = shown(window)
    press(window, Qt.Key.Key_Space)
    assert not by_tag.wall.ticked()[0]
    press(window, Qt.Key.Key_A, SHIFT)
    wait(qtbot, lambda: waiting(suggested, "beach") == before[4:])
    assert suggested.rejected(before) == {"beach": 1}
    assert suggested.decided(before[:4])["beach"] == 3
    assert suggested.undo() is not None
    assert waiting(suggested, "beach") == before


def test_undo_shows_what_came_back_and_does_not_count_it(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    page = window.review.page
    by_tag = page.by_tag
    by_tag.session.move_line(0.8)
    before = shown(window)
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_A, SHIFT)
    assert page.progress.text().startswith("4 of 12")
    wait(qtbot, lambda: not by_tag.decider.busy)
    assert suggested.undo_text() == "3 photos tagged “beach”, 1 marked as not"
    by_tag.wall.selecting.only(len(shown(window)) - 1)
    window.undo()
    wait(qtbot, lambda: shown(window) == before)
    assert by_tag.wall.current_id() == before[0]
    assert page.progress.text().startswith("0 of 12")


def test_the_plot_stays_under_the_hand_that_drags_its_line(qtbot: QtBot, reviewed: Reviewed) -> None:
    window = reviewed("beach")
    by_tag = window.review.page.by_tag
    places = set()
    for line in (0.999, 0.8, 0.02):
        by_tag.session.move_line(line)
        QApplication.processEvents()
        places.add((by_tag.plot.x(), by_tag.plot.y(), by_tag.wall.y(), by_tag.stack.y()))
    assert len(places) == 1


def test_photo_by_photo_with_p_x_and_u(qtbot: QtBot, reviewed: Reviewed, suggested: Library) -> None:
    window = reviewed("beach")
    wall = window.review.page.by_tag.wall
    before = shown(window)
    press(window, Qt.Key.Key_P)
    assert wall.current_id() == before[1]
    press(window, Qt.Key.Key_X)
    press(window, Qt.Key.Key_U)
    assert wall.current_id() == before[3]
    assert shown(window) == before[2:]
    press(window, Qt.Key.Key_P)
    wait(qtbot, lambda: waiting(suggested, "beach") == [before[2], *before[4:]])
    assert suggested.decided([before[0], before[3]])["beach"] == 2
    assert suggested.rejected([before[1]]) == {"beach": 1}
    assert "3 of 12" in window.review.page.progress.text()


def test_when_all_is_decided_it_goes_on_with_the_next_tag(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    page = window.review.page
    page.by_tag.wall.selectAll()
    press(window, Qt.Key.Key_P)
    assert page.by_tag.stack.currentWidget() is page.by_tag.page
    wait(qtbot, lambda: waiting(suggested, "beach") == [])
    page.by_tag.page.buttons[0].click()
    wait(qtbot, lambda: page.by_tag.session.tag == "sand" and page.by_tag.wall.photos.rowCount() == 12)


def test_a_better_order_leaves_the_current_photo_where_it_is(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    wall = window.review.page.by_tag.wall
    wall.set_cell_size(300)
    wall.selecting.only(8)
    qtbot.wait(400)  # what the selection brings about is laid out
    current = wall.current_id()
    place = wall.visualRect(wall.currentIndex()).top()
    ids = sorted(shown(window))
    change = suggested.catalog.annotations.write(
        "a" * 64,
        [(photo, b"", b"", b"", [Suggestion("beach", 0.3 + 0.05 * n)]) for n, photo in enumerate(ids)],
    )
    window.bridge._changed(change)
    wait(qtbot, lambda: shown(window) == ids[::-1])
    assert wall.current_id() == current
    assert wall.visualRect(wall.currentIndex()).top() == place


def test_the_line_moves_by_key_and_goes_home(qtbot: QtBot, reviewed: Reviewed, suggested: Library) -> None:
    window = reviewed("beach")
    by_tag = window.review.page.by_tag
    assert by_tag.plot.line == pytest.approx(0.95)
    by_tag.plot.setFocus()
    for _ in range(20):
        QTest.keyClick(by_tag.plot, Qt.Key.Key_Left)
    assert by_tag.session.line == pytest.approx(0.75)
    assert int(by_tag.wall.ticked().sum()) == 5
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.by_hand)
    assert suggested.reviewing.wall("beach").proposed.sure == pytest.approx(0.75)
    assert suggested.reviewing.tags()[0].sure == 5
    window.undo()
    wait(qtbot, lambda: by_tag.session.line == pytest.approx(0.95))
    for _ in range(3):
        QTest.keyClick(by_tag.plot, Qt.Key.Key_Right, SHIFT)
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.by_hand)
    assert suggested.reviewing.wall("beach").proposed.ask == pytest.approx(0.47)
    window.undo()
    wait(qtbot, lambda: not suggested.reviewing.wall("beach").proposed.by_hand)
    by_tag.itself.click()
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.automatic)
    by_tag.session.move_line(0.5)
    QTest.keyClick(by_tag.plot, Qt.Key.Key_Home)
    assert by_tag.session.line == pytest.approx(0.95)
    QTest.mousePress(by_tag.plot, Qt.MouseButton.LeftButton, pos=by_tag.plot.rect().center())
    QTest.mouseRelease(by_tag.plot, Qt.MouseButton.LeftButton, pos=by_tag.plot.rect().center())
    assert 0.4 < by_tag.session.line < 0.7
    assert "above the line" in by_tag.plot.accessibleDescription()


def test_orders_and_the_filter(qtbot: QtBot, reviewed: Reviewed) -> None:
    window = reviewed("beach")
    page = window.review.page
    best = shown(window)
    page.order.setCurrentIndex(page.order.findData(Order.FOLDER))
    wait(qtbot, lambda: shown(window)[1:] != best[1:] and len(shown(window)) == 12)
    page.order.setCurrentIndex(page.order.findData(Order.TEACHING))
    wait(qtbot, lambda: page.by_tag.session.known)
    page.tags.search.setText("SA")
    assert [each.tag for each in page.tags.model.shown] == ["sand"]


# by photo, by group, browsing


def test_by_photo_enter_accepts_what_is_ticked_and_goes_on(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    page = window.review.page
    page.show_way(Way.PHOTO)
    by_photo = page.by_photo
    wait(qtbot, lambda: len(by_photo.choices) == 2)
    first = by_photo.photo_id
    assert first is not None
    assert {each.suggestion.tag: each.ticked for each in by_photo.choices} == {"beach": True, "sand": True}
    press(window, Qt.Key.Key_2)
    assert [each.ticked for each in by_photo.choices] == [True, False]
    press(window, Qt.Key.Key_Return)
    wait(qtbot, lambda: by_photo.photo_id != first and len(by_photo.choices) == 2)
    wait(qtbot, lambda: suggested.decided([first]).get("beach") == 1)
    assert "sand" not in suggested.decided([first])
    second = by_photo.photo_id
    press(window, Qt.Key.Key_X)
    assert by_photo.choices[0].state is Stand.REJECTED
    press(window, Qt.Key.Key_P)
    wait(qtbot, lambda: by_photo.photo_id not in (first, second))
    wait(qtbot, lambda: not by_photo.decider.busy)
    assert second is not None
    assert sum(suggested.rejected([second]).values()) == 1
    press(window, Qt.Key.Key_Left)
    wait(qtbot, lambda: by_photo.photo_id == second)
    assert page.progress.text().startswith("2 of 12")


def test_by_photo_shows_all_that_is_suggested_and_no_number_changes_its_tag(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    photo = sorted(int(each) for each in suggested.find("").ids)[0]
    given = {"beach": 0.95, **{f"word {number:02}": 0.9 - number / 100 for number in range(20)}}
    suggested.catalog.annotations.write(
        "a" * 64, [(photo, b"", b"", b"", [Suggestion(tag, score) for tag, score in given.items()])]
    )
    suggested.housekeeping.set_parent("beach", "word 00")
    window = reviewed("beach")
    by_photo = window.review.page.by_photo
    window.review.page.show_photo(photo)
    wait(qtbot, lambda: len(by_photo.choices) == len(given))
    tags = [each.suggestion.tag for each in by_photo.choices]
    assert {*tags} == {*given}
    press(window, Qt.Key.Key_P)
    wait(qtbot, lambda: by_photo.choices[1].state is Stand.SETTLED)
    assert [each.suggestion.tag for each in by_photo.choices] == tags
    assert "beach" in by_photo.chips.chips[1].accessibleName()
    press(window, Qt.Key.Key_2)
    press(window, Qt.Key.Key_X)  # the third: what is settled is passed over
    press(window, Qt.Key.Key_4)
    press(window, Qt.Key.Key_Return)
    wanted = {tag: 1 for number, tag in enumerate(tags) if number not in (1, 2, 3)}
    wait(qtbot, lambda: suggested.decided([photo]) == wanted)
    assert suggested.rejected([photo]) == {tags[2]: 1}


def test_by_group_decides_on_a_group_at_once(qtbot: QtBot, reviewed: Reviewed, suggested: Library) -> None:
    window = reviewed("beach")
    page = window.review.page
    by_tag = page.by_tag
    page.show_way(Way.GROUP)
    wait(qtbot, lambda: by_tag.session.known and by_tag.wall.photos.rowCount() == 12)
    ids = shown(window)
    by_tag.session._groups = [Together(np.array(ids[:3]), "alike", float("nan"))]
    by_tag.session.changed.emit(True)
    assert by_tag.wall.header_title(0) == "Nearly the same"
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_P)
    wait(qtbot, lambda: suggested.decided(ids).get("beach") == 2)
    assert shown(window)[0] == ids[0]


def test_browsing_tags_a_whole_group(qtbot: QtBot, reviewed: Reviewed, suggested: Library) -> None:
    from photomgr.library.reviewing import Cluster

    window = reviewed("beach")
    page = window.review.page
    page.show_way(Way.BROWSE)
    wait(qtbot, lambda: page.clusters.stack.currentWidget() is page.clusters.page)
    ids = np.array(sorted(int(each) for each in suggested.find("").ids))
    page.clusters._found([Cluster(("beach",), ids[:5]), Cluster((), ids[5:])])
    assert page.clusters.wall.photos.rowCount() == 5
    page.clusters.wall.toggle_ticks([int(ids[0])])
    page.clusters.tag_ticked("our holiday")
    wait(qtbot, lambda: suggested.decided(ids.tolist()).get("our holiday") == 4)


# what a demanding person tries


def test_hostile_tags_are_shown_as_they_are(
    qtbot: QtBot, full_library: Library, open_window: OpenWindow
) -> None:
    ids = sorted(int(each) for each in full_library.find("").ids)
    full_library.catalog.annotations.write(
        "a" * 64, [(photo, b"", b"", b"", [Suggestion(tag, 0.97) for tag in HOSTILE]) for photo in ids]
    )
    window = open_window(full_library)
    window.review.open(HOSTILE[1])
    page = window.review.page
    for tag in HOSTILE:
        page.show_tag(tag.strip())
        wait(qtbot, lambda: page.by_tag.wall.photos.rowCount() == 12)
        assert page.by_tag.name.accessibleName() == tag.strip()
        window.grab()
    assert page.width() < window.width() + 1
    page.show_way(Way.PHOTO)
    wait(qtbot, lambda: len(page.by_photo.choices) == 5)
    window.grab()
    assert max(chip.width() for chip in page.by_photo.chips.chips) <= 280
    press(window, Qt.Key.Key_Return)
    wait(qtbot, lambda: len(full_library.decided(ids)) == 6)


def test_nothing_waits_and_no_model(qtbot: QtBot, full_library: Library, open_window: OpenWindow) -> None:
    window = open_window(full_library)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.review.open()
    page = window.review.page
    wait(qtbot, lambda: page.by_tag.page.state is not None and page.by_tag.page.isVisible())
    assert page.by_tag.page.state is not None
    assert page.by_tag.page.state.title == "Nothing waits for you"
    full_library.model_problem = "The network is not there."
    page.show_way(Way.PHOTO)
    wait(qtbot, lambda: page.by_photo.page.state is not None)
    assert page.by_photo.page.state is not None
    assert "The network is not there." in page.by_photo.page.state.text
    page.by_photo.page.buttons[0].click()
    assert window.stage.showing == "grid"


def test_an_empty_library_says_so(qtbot: QtBot, library: Library, open_window: OpenWindow) -> None:
    window = open_window(library)
    wait(qtbot, lambda: window.stage.showing == "welcome")
    window.review.open()
    assert window.stage.showing == "welcome"


def test_a_guest_is_told(qtbot: QtBot, suggested: Library, open_window: OpenWindow) -> None:
    suggested.set_read_only(True)
    window = open_window(suggested)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.review.open("beach")
    wait(qtbot, lambda: len(shown(window)) == 12)
    press(window, Qt.Key.Key_A)
    assert len(shown(window)) == 12
    assert "read-only" in window.stage.toast.label.text()


def test_every_control_has_a_name_and_a_tip(qtbot: QtBot, reviewed: Reviewed) -> None:
    window = reviewed("beach")
    page = window.review.page
    buttons = [*page.ways.buttons(), page.close_button, page.keys_button, page.by_tag.accept_button]
    assert all(button.toolTip() for button in buttons)
    assert all(button.text() or button.accessibleName() for button in buttons)
    widgets: list[QWidget] = [
        page.by_tag.wall,
        page.tags.view,
        page.tags.search,
        page.order,
        page.by_tag.plot,
    ]
    assert all(widget.accessibleName() for widget in widgets)
    page.by_tag.wall.speak()
    assert "ticked" in page.by_tag.wall.accessibleDescription()


def _move(target: QWidget, data: QMimeData, place: QPointF) -> None:
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(target, kind(place.toPoint(), Qt.DropAction.CopyAction, data, button, none))


def _drop(target: QWidget, data: QMimeData, place: QPointF) -> bool:
    entering = QDragEnterEvent(
        place.toPoint(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target, entering)
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    return bool(QApplication.sendEvent(target, event)) and event.isAccepted()


def test_photos_fall_on_tags_and_tags_on_photos(
    qtbot: QtBot, suggested: Library, open_window: OpenWindow
) -> None:
    window = open_window(suggested)
    wait(qtbot, lambda: window.photos.rowCount() == 12 and window.folder_tree.tags.rowCount() > 0)
    ids = window.photos.ids.tolist()
    view = window.folder_tree.tag_view
    row = next(n for n in range(3) if window.folder_tree.tags.index(n).data() == "warm")
    place = QPointF(view.visualRect(window.folder_tree.tags.index(row)).center())
    bare = next(each for each in ids if "warm" not in suggested.decided([each]))
    mark = view.viewport().findChild(DropMark)
    assert mark is not None
    for over, seen in ((place, True), (QPointF(5, view.viewport().height() + 50), False), (place, True)):
        _move(view.viewport(), with_photos(QMimeData(), [bare]), over)
        assert mark.isVisible() is seen
    assert mark.geometry() == view.visualRect(window.folder_tree.tags.index(row))
    assert _drop(view.viewport(), with_photos(QMimeData(), [bare]), place)
    assert not mark.isVisible()
    wait(qtbot, lambda: "warm" in suggested.decided([bare]))
    grid = window.grid
    centre = QPointF(grid.visualRect(grid.photos.index(2, 0)).center())
    assert _drop(grid.viewport(), of_tag("holiday"), centre)
    wait(qtbot, lambda: suggested.decided([ids[2]]).get("holiday") == 1)
    assert not _drop(grid.viewport(), of_tag("holiday"), QPointF(1, grid.viewport().height() - 2))


def test_a_tag_is_reviewed_from_its_menu(qtbot: QtBot, suggested: Library, open_window: OpenWindow) -> None:
    window = open_window(suggested)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.grid.select_id(int(window.photos.ids[0]))
    wait(qtbot, lambda: bool(window.tag_panel.suggestions.rows) and window.tag_panel.facts.count == 1)
    row = next(row for row in window.tag_panel.suggestions.rows if row.tag == "sand")
    menu = SuggestionMenu(window.tag_panel, row.tag)
    next(action for action in menu.actions() if "Review" in action.text()).trigger()
    page = window.review.page
    wait(qtbot, lambda: page.by_tag.session.tag == "sand" and page.by_tag.wall.photos.rowCount() == 12)


def test_a_tag_is_renamed_from_its_menu_at_the_left(
    qtbot: QtBot, suggested: Library, open_window: OpenWindow
) -> None:
    window = open_window(suggested)
    tags = window.folder_tree.tags
    wait(qtbot, lambda: window.photos.rowCount() == 12 and tags.rowCount() > 1)
    view = window.folder_tree.tag_view
    row = next(n for n in range(tags.rowCount()) if tags.index(n).data() == "warm")
    view.customContextMenuRequested.emit(view.visualRect(tags.index(row)).center())
    menu = view.findChild(QMenu)
    assert menu is not None
    next(action for action in menu.actions() if "Rename" in action.text()).trigger()
    menu.close()
    desk = window.findChild(TagDesk)
    assert desk is not None
    wait(qtbot, lambda: desk.details.name.text() == "warm")


def test_the_line_that_says_why_never_moves_the_photos(
    qtbot: QtBot, suggested: Library, open_window: OpenWindow
) -> None:
    window = open_window(suggested)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.navigator.go("tag:warm")
    wait(qtbot, lambda: 0 < window.photos.rowCount() < 12)
    why = window.findChild(TermStrip).why  # type: ignore[union-attr]
    wait(qtbot, why.isVisible)
    before, top = why.accessibleName(), window.grid.mapTo(window, QPoint(0, 0)).y()
    window.grid.select_id(int(window.photos.ids[0]))
    wait(qtbot, lambda: why.accessibleName() != before)
    assert window.grid.mapTo(window, QPoint(0, 0)).y() == top


def _at(plot: QWidget, score: float) -> QPoint:
    box = plot._box()  # type: ignore[attr-defined]
    return QPoint(round(box.left() + score * box.width()), round(box.center().y()))


def _drag(plot: QWidget, start: float, end: float) -> None:
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=_at(plot, start))
    for step in range(1, 6):
        QTest.mouseMove(plot, _at(plot, start + (end - start) * step / 5))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=_at(plot, end))


def test_both_bands_are_dragged_said_in_words_and_put_back(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    by_tag = window.review.page.by_tag
    bands, plot = by_tag.bands, by_tag.plot
    before = shown(window)
    assert bands.words.text() == "sure from 95\u00a0%, asked from 44\u00a0%"
    assert bands.reset.isHidden()
    _drag(plot, 0.95, 0.8)
    assert bands.words.text() == "sure from 80\u00a0%, asked from 44\u00a0%"
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.by_hand)
    wait(qtbot, lambda: not by_tag.session.moved)
    assert not bands.reset.isHidden()
    _drag(plot, 0.44, 0.6)  # the end of what is hidden
    assert bands.words.text() == "sure from 80\u00a0%, asked from 60\u00a0%"
    assert shown(window) == before[:8]  # they leave under the hand
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.ask == pytest.approx(0.6))
    wait(qtbot, lambda: not by_tag.session.moved)
    assert shown(window) == before[:8]
    assert (plot.line, plot.ask) == (pytest.approx(0.8), pytest.approx(0.6))
    window.undo()
    wait(qtbot, lambda: shown(window) == before)
    _drag(plot, 0.2, 0.9)  # the grey part itself, and not beyond the line
    assert plot.ask == pytest.approx(plot.line) == pytest.approx(0.8)
    assert bands.words.text() == "sure from 80\u00a0%, hidden below"
    wait(qtbot, lambda: suggested.reviewing.wall("beach").proposed.ask == pytest.approx(0.8))
    QTest.mouseClick(bands.reset, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: not suggested.reviewing.wall("beach").proposed.by_hand)
    wait(qtbot, lambda: shown(window) == before and bands.reset.isHidden())
    assert plot.line == pytest.approx(0.95)


ODD = ("🏖️ am Meer", "שלום עולם", "<b>bold</b> & <img src=x>", "OR", "tag:x", 'a "b"')


def test_odd_tags_are_given_by_hand_and_reviewed(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    photo = shown(window)[0]
    wait(qtbot, lambda: window.tag_panel.ids == [photo])
    for tag in ODD:
        window.review.page.by_tag.wall.setFocus()
        press(window, Qt.Key.Key_T)
        QApplication.clipboard().setText(tag)
        edit = window.focusWidget()
        assert isinstance(edit, QLineEdit)
        edit.clear()
        edit.paste()
        QTest.keyClick(edit, Qt.Key.Key_Return, SHIFT)
        wait(qtbot, lambda tag=tag: tag in suggested.decided([photo]))  # type: ignore[misc]
    window.grab()
    for tag in ODD[2:4]:
        window.review.open(tag)
        assert window.review.page.by_tag.name.accessibleName() == tag
    window.housekeeping.show_tags().look_at(ODD[2])
    desk = window.findChild(TagDesk)
    assert desk is not None
    wait(qtbot, lambda: desk.details.name.text() == ODD[2])
    assert desk.details.name.textFormat() is Qt.TextFormat.PlainText
    desk.query_wanted.emit(f"tag:{quote(ODD[3])}")
    desk.close()
    wait(qtbot, lambda: window.photos.ids.tolist() == [photo])


def test_a_tag_is_kept_as_far_as_it_can_be_or_refused_with_a_sentence(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    said: list[str] = []
    window.messages.said.connect(lambda message: said.append(message.text))
    before = shown(window)
    decider = window.review.page.by_tag.decider
    for tag, sentence in (("x" * 501, "501 characters"), ("\x07\ud83d", "needs a name")):
        decider.add(tag, before[:1])
        wait(qtbot, lambda sentence=sentence: any(sentence in text for text in said))  # type: ignore[misc]
    assert not set(suggested.decided(before)) - {"warm"}
    for tag in ("y" * 300, "half \ud83d of a pair"):
        decider.add(tag, before[:1])
    wait(qtbot, lambda: {"y" * 300, "half of a pair"} <= set(suggested.decided(before[:1])))
    window.grab()
    assert shown(window) == before


def test_a_verdict_on_a_photo_that_vanished_meanwhile(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    before = shown(window)
    gone = suggested.photo(before[0])
    assert gone is not None
    gone.path.unlink()
    press(window, Qt.Key.Key_P)  # its file is gone, and nobody has looked yet
    wait(qtbot, lambda: suggested.decided([gone.id]).get("beach") == 1)
    second = suggested.photo(before[1])
    assert second is not None
    second.path.unlink()
    window.background.scan_all()
    wait(qtbot, lambda: shown(window) == before[2:])  # what is gone waits no more
    window.review.page.by_tag.decider.accept("beach", [before[2], 10**9])
    wait(qtbot, lambda: not window.review.page.by_tag.decider.busy)
    assert "beach" not in suggested.decided([before[2]])  # refused as a whole, and said
    assert shown(window) == before[2:]


def test_suggestions_that_come_while_a_decision_is_being_saved_are_shown(
    qtbot: QtBot, reviewed: Reviewed, suggested: Library
) -> None:
    window = reviewed("beach")
    page = window.review.page
    page.show_way(Way.PHOTO)
    by_photo = page.by_photo
    wait(qtbot, lambda: len(by_photo.choices) == 2)
    by_photo.stop()  # nothing is read ahead
    saving = threading.Event()
    by_photo.decider._do(lambda: (saving.wait(20), suggested.accept("sand", [by_photo.photos.id_at(11)]))[1])
    by_photo.view.next()
    try:
        wait(qtbot, lambda: len(by_photo.choices) == 2 or not by_photo.decider.busy)
        assert by_photo.decider.busy
    finally:
        saving.set()
    wait(qtbot, lambda: not by_photo.decider.busy)
