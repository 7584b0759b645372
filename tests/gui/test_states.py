"""Every state has its page, and the work in the background goes on, pauses, stops and comes back."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from photomgr.core import readers
from photomgr.core.catalog import Catalog
from photomgr.core.paths import Paths
from photomgr.gui.app import App
from photomgr.gui.background import ANNOTATE, SCAN
from photomgr.gui.frame.job_bar import JobBar
from photomgr.gui.main_window import MainWindow
from photomgr.jobs import Job, Progress, run
from photomgr.library import Library

from .conftest import PATIENCE, OpenWindow, make_photo


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


def drop(window: MainWindow, *paths: Path) -> bool:
    """Drop files as a file manager does; whether the window takes them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(os.fspath(path)) for path in paths])
    where = QPoint(400, 300)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(window, QDropEvent(where, Qt.DropAction.CopyAction, data, buttons, keys))
    return True


# Pages


def test_from_welcome_to_photos_by_dropping_a_folder(
    library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(library)
    wait(qtbot, lambda: window.stage.showing == "welcome")
    page = window.stage.page
    assert "suggests tags" in page.text.text()
    assert not window.folder_tree.isVisible()
    assert drop(window, photos_folder)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert window.stage.showing == "grid"
    wait(qtbot, window.folder_tree.isVisible)
    more = photos_folder.parent / "more"
    make_photo(more / "one.jpg", (10, 20, 30), "2020:01:01 00:00:00")
    assert drop(window, more)
    wait(qtbot, lambda: window.photos.rowCount() == 13)


def test_a_dropped_file_is_refused_in_words(
    library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(library)
    notes = photos_folder / "notes.txt"
    notes.write_text("not a picture")
    assert drop(window, notes)
    wait(qtbot, lambda: bool(window.messages.kept))
    assert "folder" in window.messages.kept[0].text
    assert window.stage.toast.isVisible()


def test_folders_of_the_command_line_are_added(
    library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(library)
    window.adding.add(photos_folder)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert [root.path for root in library.roots()] == [photos_folder]


def test_a_folder_without_photos_says_so(
    library: Library, tmp_path: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    empty = tmp_path / "empty"
    (empty / "below").mkdir(parents=True)
    (empty / "notes.txt").write_text("no picture")
    library.add_root(empty)
    window = open_window(library)
    wait(qtbot, lambda: window.stage.showing == "empty")
    assert "empty" in window.stage.page.text.text()
    make_photo(empty / "below" / "first.jpg", (9, 9, 9), "2020:01:01 00:00:00")
    qtbot.mouseClick(window.stage.page.buttons[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.photos.rowCount() == 1)


def test_a_drive_that_is_away_keeps_its_photos(
    full_library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    away = photos_folder.with_name("unplugged")
    photos_folder.rename(away)
    window = open_window(full_library)
    wait(qtbot, lambda: window.stage.drive_banner.isVisible())
    assert "photos" in window.stage.drive_banner.label.text()
    assert window.photos.rowCount() == 12
    away.rename(photos_folder)
    qtbot.mouseClick(window.stage.drive_banner.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: not window.stage.drive_banner.isVisible())


def test_a_drive_that_was_never_here_has_its_page(
    library: Library, tmp_path: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    drive = tmp_path / "usb"
    drive.mkdir()
    library.add_root(drive)
    run(library.scan())
    drive.rmdir()
    library.catalog.files.set_online(library.roots()[0].id, False)
    window = open_window(library)
    wait(qtbot, lambda: window.stage.showing == "away")


def test_without_a_model_one_is_told_and_everything_else_works(
    full_library: Library, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(full_library)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.stage.set_model_problem("The network is missing.")
    banner = window.stage.model_banner
    assert banner.isVisible() and banner.label.text().startswith("The network is missing.")
    qtbot.mouseClick(banner.hide_button, Qt.MouseButton.LeftButton)
    window.stage.set_model_problem("The network is missing.")
    assert not banner.isVisible()


def test_without_the_network_s_files_thumbnails_are_made_all_the_same(
    full_library: Library,
    tmp_path: Path,
    open_window: OpenWindow,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("photomgr.annotate.annotator.models_dir", lambda: tmp_path / "nothing here")
    full_library.settings.set("annotate", True)
    window = open_window(full_library)
    wait(qtbot, lambda: window.stage.model_banner.isVisible())
    assert "Everything else works" in window.stage.model_banner.label.text()
    wait(qtbot, lambda: full_library.waiting().thumbnails == 0)
    assert window.messages.kept == []


def test_unreadable_photos_are_listed_and_shown(
    full_library: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(full_library)
    wait(qtbot, lambda: window.folder_tree.counts is not None)
    (photos_folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo" * 40)
    window.background.scan_all()
    wait(qtbot, lambda: any(message.photos for message in window.messages.kept))
    assert window.status.problem_button.isVisible()
    qtbot.mouseClick(window.status.problem_button, Qt.MouseButton.LeftButton)
    shows = [button for button in window.status.problems.findChildren(QPushButton) if "Show" in button.text()]
    qtbot.mouseClick(shows[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.photos.rowCount() == 1)
    photo = full_library.photo(window.photos.id_at(0))
    assert photo is not None and photo.name == b"broken.jpg" and photo.problem
    window.actions_["back"].trigger()
    wait(qtbot, lambda: window.photos.rowCount() == 13)


# Jobs


def test_new_changed_and_gone_photos_appear_by_themselves(
    window: MainWindow, photos_folder: Path, qtbot: QtBot
) -> None:
    wait(qtbot, lambda: window.background.is_watching)
    make_photo(photos_folder / "2021" / "new.jpg", (1, 2, 3), "2024:01:01 10:00:00")
    wait(qtbot, lambda: window.photos.rowCount() == 13)
    (photos_folder / "2021" / "new.jpg").unlink()
    wait(qtbot, lambda: window.photos.rowCount() == 12)


def test_closing_in_the_middle_loses_nothing_and_the_next_start_goes_on(
    library: Library, tmp_path: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    folder = tmp_path / "many"
    first = make_photo(folder / "0000.jpg", (50, 60, 70), "2020:01:01 00:00:00", 200)
    for number in range(1, 400):
        (folder / f"{number:04}.jpg").write_bytes(first.read_bytes() + str(number).encode())
    window = open_window(library)
    window.adding.add(folder)
    wait(qtbot, lambda: library.counts().photos > 0 or window.bridge.job(SCAN) is not None)
    started = time.monotonic()
    window.close()
    assert time.monotonic() - started < 5
    found = library.counts().photos
    again = open_window(library)
    wait(qtbot, lambda: again.photos.rowCount() == 400)
    assert found <= 400


def test_tagging_goes_on_in_the_background_and_shows_what_it_suggests(
    full_library: Library, open_window: OpenWindow, qtbot: QtBot
) -> None:
    run(full_library.index())
    full_library.settings.set("annotate", True)
    window = open_window(full_library)
    wait(qtbot, lambda: full_library.waiting().annotate == 0 or full_library.model_problem is not None)
    if full_library.model_problem is not None:
        wait(qtbot, lambda: window.stage.model_banner.isVisible())
        return
    wait(qtbot, lambda: window.bridge.job(ANNOTATE) is None)
    wait(qtbot, lambda: full_library.waiting().thumbnails == 0)
    assert not window.stage.model_banner.isVisible()


def test_a_job_shows_how_far_it_is_and_obeys_its_buttons(
    qtbot: QtBot, library: Library, open_window: OpenWindow
) -> None:
    window = open_window(library)
    taken: list[int] = []
    closed = threading.Event()

    def job() -> Job[None]:
        try:
            for number in range(100_000):
                taken.append(number)
                time.sleep(0.005)
                yield Progress(number, 100_000, f"IMG_{number}.jpg")
        finally:
            closed.set()

    handle = window.bridge.start("thumbnails", job)
    window.status.jobs.add(handle)
    bar: JobBar = window.status.jobs
    view = bar.views[-1]
    wait(qtbot, view.isVisible)
    wait(qtbot, lambda: "/100,000" in view.said and "/s" in view.said)
    assert view.said.startswith("Making thumbnails")
    qtbot.mouseClick(view.pause_button, Qt.MouseButton.LeftButton)
    qtbot.wait(60)
    stood = len(taken)
    qtbot.wait(120)
    assert len(taken) == stood and "paused" in view.said
    assert view.pause_button.accessibleName() == "Go on: Making thumbnails"
    qtbot.mouseClick(view.pause_button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: len(taken) > stood)
    qtbot.mouseClick(view.cancel_button, Qt.MouseButton.LeftButton)
    wait(qtbot, closed.is_set)
    wait(qtbot, lambda: view not in bar.views)


def test_a_cancelled_job_stays_away_until_it_is_asked_for(window: MainWindow, qtbot: QtBot) -> None:
    background = window.background
    wait(qtbot, lambda: not background.jobs())
    background.note_cancelled(ANNOTATE)
    window.library.settings.set("annotate", True)
    background.apply_settings()
    qtbot.wait(700)
    assert window.bridge.job(ANNOTATE) is None
    background.tag_now()
    wait(qtbot, lambda: window.library.waiting().annotate == 0 or window.library.model_problem is not None)


# Guests


@pytest.fixture
def guest(full_library: Library, paths: Paths) -> Iterator[Library]:
    """The same library, opened by somebody who may only look."""
    opened = Library.open(paths, read_only=True)
    yield opened
    opened.close()


def test_a_guest_sees_everything_and_changes_nothing(
    guest: Library, photos_folder: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(guest)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    assert "read-only" in window.windowTitle()
    assert not window.actions_["add_folder"].isEnabled() and not window.actions_["undo"].isEnabled()
    window.adding.add(photos_folder.parent / "home")
    wait(qtbot, lambda: bool(window.messages.kept))
    assert "read-only" in window.messages.kept[0].text
    search = window.search_bar
    search.edit.setFocus()
    qtbot.keyClicks(search.edit, "tag:warm")
    wait(qtbot, lambda: window.photos.rowCount() == 3)


def test_a_guest_sees_what_the_owner_does(
    full_library: Library, guest: Library, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(guest)
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    window.navigator.go("tag:later")
    wait(qtbot, lambda: window.stage.showing == "nothing")
    full_library.tag("later", [int(each) for each in full_library.find("name:blue").ids])
    run(full_library.index())
    window.background.index()
    wait(qtbot, lambda: window.photos.rowCount() == 3)


@pytest.fixture
def app(qapp: QApplication, paths: Paths, theme: object) -> App:
    return App(qapp, paths)


def test_a_busy_library_is_explained_and_offered_read_only(
    app: App, paths: Paths, full_library: Library, qtbot: QtBot
) -> None:
    started = time.monotonic()
    assert not app.open(False)
    assert time.monotonic() - started < 10
    page = app.page
    assert page is not None and page.isVisible()
    assert page.state is not None and page.state.name == "busy"
    assert page.buttons[0].text() == "Look at it read-only"
    qtbot.mouseClick(page.buttons[0], Qt.MouseButton.LeftButton)
    window = app.window
    assert window is not None and window.library.read_only
    wait(qtbot, lambda: window.photos.rowCount() == 12)
    app.close()


def test_read_only_is_chosen_in_the_window_and_left_again(app: App, qtbot: QtBot) -> None:
    assert app.open(False)
    first = app.window
    assert first is not None
    first.actions_["read_only"].trigger()
    wait(qtbot, lambda: app.window is not None and app.window is not first)
    guest = app.window
    assert guest is not None and guest.library.read_only and "read-only" in guest.windowTitle()
    assert guest.actions_["read_only"].isChecked()
    guest.actions_["read_only"].trigger()
    wait(qtbot, lambda: app.window is not None and app.window is not guest)
    assert app.window is not None and not app.window.library.read_only
    app.close()


def test_a_catalog_that_cannot_be_used_is_explained(app: App, paths: Paths, qtbot: QtBot) -> None:
    paths.make()
    paths.catalog.write_bytes(b"this is no database, and it never was one" * 100)
    assert not app.open(False)
    assert app.page is not None and app.page.state is not None
    assert app.page.state.name == "broken" and app.page.text.text()
    paths.catalog.unlink()
    again = next(button for button in app.page.buttons if button.text() == "Try again")
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assert app.window is not None and app.page is None
    app.close()


def test_the_pen_is_free_after_the_window_is_closed(app: App, paths: Paths, qtbot: QtBot) -> None:
    assert app.open(False)
    qtbot.wait(50)
    app.close()
    Catalog(paths.catalog, pen=paths.pen).close()


def test_what_waits_for_its_reader_is_no_fault(
    library: Library, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "has", lambda kind: kind != "VIDEO")
    folder = tmp_path / "photos"
    make_photo(folder / "a.jpg", (90, 60, 40), "2020:01:01 10:00:00")
    (folder / "party.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    library.add_root(folder)
    run(library.scan())
    run(library.index())
    window = open_window(library)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 2, timeout=PATIENCE)
    window.navigator.go("kind:video")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 1, timeout=PATIENCE)
    window.navigator.open(window.photos.id_at(0))
    qtbot.waitUntil(lambda: window.photo_view.trouble.isVisible(), timeout=PATIENCE)
    assert window.photo_view.trouble.accessibleName().startswith("Not shown yet")
    assert window.messages.kept == [] and library.counts().unreadable == 0
