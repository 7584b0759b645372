"""Checking the tags of files in the real window, on photos whose embeddings and scores are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.gui.main_window import MainWindow
from photomgr.gui.review.checking import Checking
from photomgr.gui.review.page import Way
from photomgr.library import Library
from tests.photos import keyworded

from .conftest import PATIENCE, OpenWindow

EACH = 20
Checked = Callable[[], tuple[MainWindow, Checking]]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An open library of a folder that is empty still, which tags nothing by itself."""
    (tmp_path / "photos").mkdir()
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.settings.set("annotate", False)
    opened.add_root(tmp_path / "photos")
    yield opened
    opened.close()


def filed(library: Library, keywords: Sequence[Sequence[str]]) -> list[int]:
    """A photo for each of these lists of keywords, which stand in the files; their ids."""
    (folder,) = (root.path for root in library.roots())
    for n, words in enumerate(keywords):
        keyworded(folder / f"{n:03}.jpg", (6 * n, 90, 200), words)
    jobs.run(library.scan())
    jobs.run(library.index())
    found = library.photos([int(each) for each in library.find("").ids])
    return [photo.id for photo in sorted(found, key=lambda photo: photo.path)]


def tagged(library: Library, also: int = 0) -> list[int]:
    """Twenty photos of the sea and twenty of a wood, as the network says, and files that say so: but for the last one
    and the first ``also`` of the wood, which say ``sea`` too, and the first of the sea, which does not."""
    sea = [["holiday"], *[["sea"]] * (EACH - 1)]
    wood = [["forest"] + ["sea"] * (n < also or n == EACH - 1) for n in range(EACH)]
    ids = filed(library, sea + wood)
    rows = np.repeat(np.eye(2, 512), EACH, axis=0)
    rows += 0.01 * np.random.default_rng(1).normal(size=rows.shape)
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    annotator = library.annotator()
    scores = np.full((len(ids), len(annotator.labels)), 0.02, np.float16)
    scores[:EACH, annotator.labels.index("sea")] = scores[EACH:, annotator.labels.index("forest")] = 0.9
    library.catalog.annotations.write(
        annotator.model_hash,
        [(photo, b"", unit[n].tobytes(), scores[n].tobytes(), ()) for n, photo in enumerate(ids)],
    )
    return ids


@pytest.fixture
def checked(qtbot: QtBot, library: Library, open_window: OpenWindow) -> Checked:
    """Opens the window and checks the tags by the menu."""

    def make() -> tuple[MainWindow, Checking]:
        window = open_window(library)
        window.background.learn = lambda: None  # type: ignore[method-assign]
        wait(qtbot, lambda: window.photos.rowCount() == 2 * EACH)
        window.actions_["check_tags"].trigger()
        room = window.review.page.checking
        wait(
            qtbot, lambda: room.stack.currentWidget() is room.columns or _state(room) not in ("", "checking")
        )
        return window, room

    return make


def wait(qtbot: QtBot, ready: Callable[[], bool]) -> None:
    qtbot.waitUntil(ready, timeout=PATIENCE)


def press(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(window.focusWidget() or window, key, modifiers)


def listed(room: Checking) -> list[tuple[str, bool, list[int]]]:
    return [(row.tag, row.missing, [one.photo for one in row.doubts]) for row in room.model.rows]


def _state(room: Checking) -> str:
    return room.page.state.name if room.page.state is not None else ""


def tags_of(library: Library, photo: int) -> tuple[str, ...]:
    return tuple(library.marks([photo])[photo].tags)


def test_a_wrong_tag_is_taken_off_and_a_missing_one_given_by_key(
    qtbot: QtBot, library: Library, checked: Checked
) -> None:
    ids = tagged(library)
    window, room = checked()
    assert listed(room) == [("sea", False, [ids[-1]]), ("sea", True, [ids[0]])]
    assert "probably wrong" in room.about.text()
    assert "%" in room.why.text()
    wait(qtbot, lambda: window.tag_panel.ids == [ids[-1]])
    window.review.page.by_tag.looked_at.emit([])  # what it was reading when it was left
    qtbot.wait(200)
    assert window.tag_panel.ids == [ids[-1]]
    press(window, Qt.Key.Key_X)
    assert listed(room) == [("sea", True, [ids[0]])]
    assert "lack it" in room.about.text()
    press(window, Qt.Key.Key_P)
    wait(qtbot, lambda: "sea" in tags_of(library, ids[0]) and "sea" not in tags_of(library, ids[-1]))
    assert listed(room) == []
    assert _state(room) == "nothing"
    assert "2 tags on 40 photos" in room.page.text.text()


def test_undo_brings_back_what_was_decided(qtbot: QtBot, library: Library, checked: Checked) -> None:
    ids = tagged(library)
    window, room = checked()
    press(window, Qt.Key.Key_P)  # it is right
    assert listed(room) == [("sea", True, [ids[0]])]
    wait(qtbot, lambda: not room.decider.busy)
    window.undo_steps.undo()
    wait(qtbot, lambda: listed(room) == [("sea", False, [ids[-1]]), ("sea", True, [ids[0]])])
    assert "sea" in tags_of(library, ids[-1])
    assert "probably wrong" in room.about.text()
    assert room.pace.decided == 0


def test_a_decision_elsewhere_is_followed(qtbot: QtBot, library: Library, checked: Checked) -> None:
    ids = tagged(library)
    _, room = checked()
    library.reject("sea", [ids[0]])
    wait(qtbot, lambda: listed(room) == [("sea", False, [ids[-1]])])


def test_the_ticked_are_settled_and_what_was_unticked_with_shift(
    qtbot: QtBot, library: Library, checked: Checked
) -> None:
    ids = tagged(library, also=3)
    window, room = checked()
    wrong = sorted([*ids[EACH : EACH + 3], ids[-1]])
    assert [sorted(photos) for tag, missing, photos in listed(room) if not missing] == [wrong]
    unticked = set(wrong) - set(room.wall.ticked_ids())
    room.wall.toggle_ticks(unticked)  # whatever the line is, all four are ticked now
    press(window, Qt.Key.Key_Space)
    kept = room.wall.current_id()
    assert room.do_button.text() == "Take it off 3 ticked photos"
    press(window, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert kept is not None
    wait(qtbot, lambda: all("sea" not in tags_of(library, one) for one in wrong if one != kept))
    assert "sea" in tags_of(library, kept)
    assert [kept] == [photo for tag, missing, photos in listed(room) for photo in photos if not missing]


def test_a_library_without_tags_says_so_and_leads_back(
    qtbot: QtBot, library: Library, checked: Checked
) -> None:
    filed(library, [()] * 2 * EACH)
    window, room = checked()
    assert room.page.title.text() == "There are no tags to check"
    room.page.buttons[0].click()
    assert not window.review.is_open


def test_photos_that_no_network_saw_are_told(library: Library, checked: Checked) -> None:
    filed(library, [("sea",)] * 6 + [()] * (2 * EACH - 6))
    _, room = checked()
    assert "6 photos" in room.page.text.text()


def test_a_guest_sees_the_doubts_and_changes_nothing(
    qtbot: QtBot, library: Library, tmp_path: Path, open_window: OpenWindow
) -> None:
    ids = tagged(library)
    guest = Library.open(Paths.under(tmp_path / "base"), read_only=True)
    window = open_window(guest)
    wait(qtbot, lambda: window.photos.rowCount() == 2 * EACH)
    window.actions_["check_tags"].trigger()
    room = window.review.page.checking
    wait(qtbot, lambda: bool(room.model.rows))
    assert not room.do_button.isEnabled()
    room.decide(False)
    assert "sea" in tags_of(library, ids[-1])
    assert listed(room)[0] == ("sea", False, [ids[-1]])
    window.close()
    guest.close()


def test_another_way_of_reviewing_and_back(qtbot: QtBot, library: Library, checked: Checked) -> None:
    ids = tagged(library)
    window, room = checked()
    page = window.review.page
    page.show_way(Way.BROWSE)
    page.show_way(Way.CHECK)
    assert page.stack.currentWidget() is room
    wait(qtbot, lambda: window.bridge.job("check tags") is None)
    assert listed(room)[0] == ("sea", False, [ids[-1]])
    assert page.tag == "sea"
    press(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert room.name.accessibleName() == "sea"
    assert "lack it" in room.about.text()
    press(window, Qt.Key.Key_Escape)
    assert not window.review.is_open
