"""A person's first day: from an empty folder to a found photo, in the real window with the real network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.gui.conftest import OpenWindow
from tests.gui.test_states import drop
from tests.photos import SHARED, holiday, sample

PATIENCE = 60_000
KEY = Qt.Key


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


def photo_named(library: Library, name: str) -> int:
    return next(
        photo.id
        for photo in library.photos([int(each) for each in library.find("").ids])
        if photo.display_name == name
    )


def test_from_an_empty_folder_to_a_found_photo(
    paths: Paths, tmp_path: Path, qtbot: QtBot, open_window: OpenWindow
) -> None:
    library = Library.open(paths)
    window = open_window(library)
    wait(qtbot, lambda: window.stage.showing == "welcome")

    drop(window, holiday(tmp_path / "photos"))
    wait(qtbot, lambda: window.photos.rowCount() == 7)
    wait(qtbot, lambda: library.waiting().annotate == 0)
    cat = photo_named(library, "cat.jpg")
    assert "cat" in [each.tag for each in library.suggested([cat])]

    window.grid.setFocus()
    window.grid.select_id(cat)
    current = lambda: window.tag_panel.suggestions.current  # noqa: E731
    wait(qtbot, lambda: window.tag_panel.ids == [cat] and current() is not None)
    first = current().tag
    qtbot.keyClick(window.grid, KEY.Key_P)
    wait(qtbot, lambda: first in library.decided([cat]))
    wait(qtbot, lambda: current() is not None and current().tag != first)
    second = current().tag
    qtbot.keyClick(window.grid, KEY.Key_X)
    wait(qtbot, lambda: second in library.rejected([cat]))
    qtbot.keyClick(window.grid, KEY.Key_4, Qt.KeyboardModifier.ControlModifier)
    wait(qtbot, lambda: library.photos([cat])[0].rating == 4)

    qtbot.keyClick(window.grid, KEY.Key_T)
    qtbot.keyClicks(QApplication.focusWidget(), "Chelsea")
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Return)
    wait(qtbot, lambda: "Chelsea" in library.decided([cat]))

    window.search_bar.edit.setFocus()
    window.search_bar.edit.clear()
    qtbot.keyClicks(window.search_bar.edit, "tag:chelsea")
    wait(qtbot, lambda: list(window.photos.ids) == [cat])
    window.close()
    library.close()

    library = Library.open(paths)
    window = open_window(library)
    wait(qtbot, lambda: list(window.photos.ids) == [cat])
    assert {first, "Chelsea"} <= set(library.decided([cat]))
    window.undo()
    wait(qtbot, lambda: "Chelsea" not in library.decided([cat]))
    window.close()
    library.close()


def test_new_changed_and_moved_photos_appear_by_themselves(
    paths: Paths, tmp_path: Path, qtbot: QtBot, open_window: OpenWindow
) -> None:
    photos = tmp_path / "photos"
    sample("coffee", photos / "cup.jpg")
    library = Library.open(paths)
    library.settings.set("annotate", False)
    library.add_root(photos)
    window = open_window(library)
    wait(qtbot, lambda: window.photos.rowCount() == 1)
    wait(qtbot, lambda: window.background.is_watching)
    cup = photo_named(library, "cup.jpg")
    library.tag("mine", [cup])

    sample("rocket", photos / "new folder" / "rocket.jpg")
    wait(qtbot, lambda: window.photos.rowCount() == 2)
    (photos / "cup.jpg").rename(photos / "new folder" / "renamed.jpg")
    wait(qtbot, lambda: library.photos([cup])[0].display_name == "renamed.jpg")
    assert library.decided([cup]) == {"mine": 1}
    (photos / "new folder" / "rocket.jpg").unlink()
    wait(qtbot, lambda: window.photos.rowCount() == 1)
    window.close()
    library.close()


def test_closing_in_the_middle_loses_nothing(
    paths: Paths, tmp_path: Path, qtbot: QtBot, open_window: OpenWindow
) -> None:
    photos = tmp_path / "photos"
    for number in range(90):
        sample("astronaut", photos / f"{number}.jpg", camera=f"Nikon D{number}")
    library = Library.open(paths)
    library.add_root(photos)
    window = open_window(library)
    wait(qtbot, lambda: 0 < library.waiting().annotate < 90)
    window.close()
    library.close()

    library = Library.open(paths)
    assert library.counts().photos == 90
    window = open_window(library)
    wait(qtbot, lambda: library.waiting().annotate == 0)
    assert library.counts().unreadable == 0
    window.close()
    library.close()


@pytest.fixture
def real_library() -> Path:
    folder = SHARED / "data" / "library"
    if not folder.is_dir():
        pytest.skip("the photos of shared/data/library are not here (PHOTOMGR_SHARED)")
    return folder


def test_real_photos_are_found_and_stay_as_they_are(paths: Paths, real_library: Path) -> None:
    files = [path for path in real_library.rglob("*") if path.is_file()]
    before = {path: (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) for path in files}
    library = Library.open(paths)
    library.add_root(real_library)
    found = jobs.run(library.scan())
    assert found.new == 91
    done = jobs.run(library.annotate())
    assert done.annotated + done.failed == 91
    jobs.run(library.index())
    assert len(library.find("camera:nikon").ids) >= 5
    assert len(library.find("has:gps").ids) >= 9
    assert len(library.find("ext:heic").ids) == 2
    dogs = library.photos([int(each) for each in library.find("maybe:dog").ids])
    assert "dog.jpg" in [photo.display_name for photo in dogs]
    for photo in library.photos([int(each) for each in library.find("is:unreadable").ids]):
        assert photo.problem
    library.close()
    assert before == {
        path: (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) for path in files
    }
