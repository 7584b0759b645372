"""The tag list in the real window: renaming in place, merging by drag, parents, aliases, sets on keys, runs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from photomgr.core.catalog.learning import STEPS, Ground, Learnt, Proposals
from photomgr.core.records import Suggestion
from photomgr.gui.housekeeping.desk import MERGES, REPORT, RUNS, SETS, TagDesk
from photomgr.gui.housekeeping.merging import MergeDialog
from photomgr.gui.housekeeping.tag_model import NAME
from photomgr.gui.main_window import MainWindow
from photomgr.gui.tags.suggestion_menu import SuggestionMenu
from photomgr.library import Library
from tests.gui.conftest import PATIENCE, OpenWindow


def _index(desk: TagDesk, tag: str) -> QModelIndex:
    return desk.model.index(desk.model.row_of(tag), NAME)


@pytest.fixture
def ids(full_library: Library) -> list[int]:
    found = [int(each) for each in full_library.find("").ids]
    full_library.tag("sea", found[:5])
    full_library.tag("ocean", found[:4])
    return found


@pytest.fixture
def window(ids: list[int], full_library: Library, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    opened = open_window(full_library)
    qtbot.waitUntil(lambda: opened.photos.rowCount() == 12, timeout=PATIENCE)
    return opened


@pytest.fixture
def desk(window: MainWindow, qtbot: QtBot) -> TagDesk:
    window.actions_["tag_list"].trigger()
    opened = window.findChild(TagDesk)
    assert opened is not None
    qtbot.waitUntil(lambda: opened.model.row_of("sea") >= 0, timeout=PATIENCE)
    return opened


def _choose(desk: TagDesk, qtbot: QtBot, tag: str) -> None:
    desk.table.setCurrentIndex(_index(desk, tag))
    qtbot.waitUntil(lambda: desk.details.name.text() == tag, timeout=PATIENCE)


def test_f2_renames_in_place_and_the_panel_follows(
    window: MainWindow, desk: TagDesk, library: Library, qtbot: QtBot
) -> None:
    _choose(desk, qtbot, "sea")
    desk.table.setFocus()
    qtbot.keyClick(desk.table, Qt.Key.Key_F2)
    editor = desk.table.findChild(QLineEdit)
    assert editor is not None and editor.text() == "sea"
    editor.setText("<b>salt</b> 🌊")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.model.row_of("<b>salt</b> 🌊") >= 0, timeout=PATIENCE)
    assert library.undo_text() == "“sea” is called “<b>salt</b> 🌊”"
    assert desk.details.name.textFormat() is Qt.TextFormat.PlainText
    library.undo()
    qtbot.waitUntil(lambda: desk.model.row_of("sea") >= 0, timeout=PATIENCE)


def test_a_tag_dropped_on_another_asks_with_numbers_and_merges(
    desk: TagDesk, library: Library, qtbot: QtBot
) -> None:
    data = desk.model.mimeData([_index(desk, "ocean")])
    desk.model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, _index(desk, "sea"))
    dialog = desk.findChild(MergeDialog)
    assert dialog is not None and not dialog.merge.isEnabled()
    qtbot.waitUntil(dialog.merge.isEnabled, timeout=PATIENCE)
    assert "4 photos" in dialog.preview.text() and "4 have both" in dialog.preview.text()
    qtbot.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.model.row_of("ocean") < 0, timeout=PATIENCE)
    assert library.housekeeping.tag("ocean") == library.housekeeping.tag("sea")
    library.undo()
    qtbot.waitUntil(lambda: desk.model.row_of("ocean") >= 0, timeout=PATIENCE)


def test_the_preview_of_a_merge_is_read_as_a_whole(desk: TagDesk, library: Library, qtbot: QtBot) -> None:
    ids = [int(each) for each in library.find("").ids]
    library.tag("sea " * 70, ids[:3])
    library.reject("sea", ids[2:4])
    library.runs.set_automatic("ocean")
    qtbot.waitUntil(lambda: desk.model.row_of(("sea " * 70).strip()) >= 0, timeout=PATIENCE)
    dialog = desk.ask_merge(("sea " * 70).strip(), "ocean")
    qtbot.waitUntil(dialog.merge.isEnabled, timeout=PATIENCE)
    QApplication.processEvents()
    assert dialog.preview.height() >= dialog.preview.heightForWidth(dialog.preview.width())
    assert dialog.width() < 600
    dialog.close()


def test_a_name_that_another_tag_has_offers_to_merge(desk: TagDesk, qtbot: QtBot) -> None:
    desk.model.setData(_index(desk, "ocean"), "Sea")
    qtbot.waitUntil(lambda: desk.findChild(MergeDialog) is not None, timeout=PATIENCE)
    dialog = desk.findChild(MergeDialog)
    assert dialog is not None and dialog.into.text() == "sea"
    dialog.into.setText("ocean")
    qtbot.waitUntil(lambda: "one tag already" in dialog.preview.text(), timeout=PATIENCE)
    assert not dialog.merge.isEnabled()


def test_parents_names_and_switches_are_kept(desk: TagDesk, library: Library, qtbot: QtBot) -> None:
    _choose(desk, qtbot, "ocean")
    details = desk.details
    details.parents.setText("big things, sea")
    searched: list[str] = []
    desk.query_wanted.connect(searched.append)
    qtbot.keyClick(details.parents, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _kept(library, "ocean").parents == ("big things", "sea", "water")
                    or _kept(library, "ocean").parents == ("big things", "sea"), timeout=PATIENCE)  # fmt: skip
    qtbot.waitUntil(lambda: "big things" in details.parents.text(), timeout=PATIENCE)
    details.names.setText("salt water")
    details.names.editingFinished.emit()
    qtbot.waitUntil(lambda: library.housekeeping.tag("salt water") is not None, timeout=PATIENCE)
    details.automatic.click()
    details.by_hand.click()
    qtbot.waitUntil(
        lambda: _kept(library, "ocean").automatic and _kept(library, "ocean").by_hand, timeout=PATIENCE
    )
    details.ignored.click()
    qtbot.waitUntil(lambda: _kept(library, "ocean").ignored, timeout=PATIENCE)
    assert searched == []
    desk.filter.setText("salt")
    qtbot.waitUntil(lambda: desk.model.rowCount() == 1, timeout=PATIENCE)


def _kept(library: Library, tag: str):  # type: ignore[no-untyped-def]
    found = library.housekeeping.tag(tag)
    assert found is not None
    return found.kept


def test_a_set_is_edited_and_given_by_its_key(
    window: MainWindow, desk: TagDesk, library: Library, ids: list[int], qtbot: QtBot
) -> None:
    desk.pages.setCurrentIndex(SETS)
    name, tags = desk.sets.lines[1]
    name.setText("trip")
    tags.setText("Rome, 2024")
    tags.editingFinished.emit()
    qtbot.waitUntil(lambda: len(library.housekeeping.sets()) == 1, timeout=PATIENCE)
    desk.close()
    window.grid.select_id(ids[0])
    qtbot.waitUntil(lambda: window.tag_panel.ids == [ids[0]], timeout=PATIENCE)
    window.actions_["set_1"].trigger()
    qtbot.waitUntil(lambda: {"Rome", "2024"} <= set(library.decided([ids[0]])), timeout=PATIENCE)


def test_pages_show_merges_runs_and_the_report(
    window: MainWindow, desk: TagDesk, library: Library, ids: list[int], qtbot: QtBot
) -> None:
    desk.pages.setCurrentIndex(MERGES)
    library.tag("shore", ids[:5])
    qtbot.waitUntil(lambda: desk.merges.listing.rowCount() >= 1, timeout=PATIENCE)
    library.catalog.annotations.write("cafe01", [(ids[7], b"c", b"", b"", [Suggestion("dog", 0.99)])])
    library.runs.set_automatic("dog")
    ground = Ground(1, "cafe01", 0.9)
    library.catalog.runs.accept_sure(library.catalog.runs.automatic()[0][0], ground, lambda _: "by itself")
    desk.pages.setCurrentIndex(RUNS)
    qtbot.waitUntil(lambda: desk.runs.listing.rowCount() == 1, timeout=PATIENCE)
    qtbot.mouseClick(desk.runs.revoke, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "dog" not in library.decided(ids), timeout=PATIENCE)
    desk.pages.setCurrentIndex(REPORT)
    qtbot.waitUntil(lambda: "accepted" in desk.report.summary.text(), timeout=PATIENCE)


def test_the_menu_of_a_suggestion_refuses_everywhere(
    window: MainWindow, library: Library, ids: list[int], qtbot: QtBot
) -> None:
    library.catalog.annotations.write(
        "cafe01", [(each, b"c", b"", b"", [Suggestion("dog", 0.9)]) for each in ids]
    )
    window.grid.select_id(ids[0])
    window.bridge.changes.emit(library.rate(1, ids[:1]))
    qtbot.waitUntil(lambda: bool(window.tag_panel.suggestions.rows), timeout=PATIENCE)
    window.tag_panel.suggestions.menu_wanted.emit("dog", QPoint(200, 200))
    menu = window.tag_panel.findChild(SuggestionMenu)
    assert menu is not None
    never = next(action for action in menu.actions() if "anywhere" in action.text())
    never.trigger()
    menu.close()
    qtbot.waitUntil(lambda: library.reviewing.suggestions("dog") == [], timeout=PATIENCE)
    said = window.stage.toast.label  # one photo was asked about, and all are concerned
    qtbot.waitUntil(lambda: "never suggested" in said.text(), timeout=PATIENCE)
    QApplication.processEvents()


def test_the_bands_of_a_tag_are_dragged_beside_the_list(
    desk: TagDesk, library: Library, qtbot: QtBot
) -> None:
    _choose(desk, qtbot, "ocean")
    details = desk.details
    plot = details.bands.plot
    box = plot._box()
    places = [
        box.topLeft().toPoint() + QPoint(round(share * box.width()), 9) for share in (0.95, 0.7, 0.0, 0.3)
    ]
    for start, end in (places[:2], places[2:]):
        qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(plot, end)
        qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: _kept(library, "ocean").ask == pytest.approx(0.3), timeout=PATIENCE)
    assert _kept(library, "ocean").sure == pytest.approx(0.7)
    qtbot.waitUntil(lambda: details.by_hand.isChecked() and details.sure.value() == 70, timeout=PATIENCE)
    assert details.ask.value() == 30
    words = "sure from 70\u00a0%, asked from 30\u00a0%"
    qtbot.waitUntil(lambda: details.bands.words.text() == words, timeout=PATIENCE)
    qtbot.mouseClick(details.bands.reset, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not _kept(library, "ocean").by_hand, timeout=PATIENCE)


def test_learnt_bands_are_said_in_the_same_numbers_beside_each_other(
    desk: TagDesk, library: Library, ids: list[int], qtbot: QtBot
) -> None:
    scores, none = np.array([0.97, 0.48]), np.zeros(STEPS, np.int32)
    proposals = Proposals(np.array(ids[6:8]), scores, {"network": scores})
    tag = library.catalog.learning.tag("sea")
    assert tag is not None
    list(library.catalog.learning.keep([Learnt(tag, proposals, "", 0.9, 0.62, none, none)], "cafe01"))
    _choose(desk, qtbot, "ocean")
    _choose(desk, qtbot, "sea")
    words = "sure from 90\u00a0%, asked from 48\u00a0%"  # a narrower tag implies it there
    qtbot.waitUntil(lambda: desk.details.bands.words.text() == words, timeout=PATIENCE)
    assert (desk.details.sure.value(), desk.details.ask.value()) == (90, 48)


def test_the_report_looks_back_to_a_day_or_a_network_and_goes_back(
    window: MainWindow, desk: TagDesk, library: Library, ids: list[int], qtbot: QtBot
) -> None:
    annotator = library.annotator()
    model, labels = annotator.model_hash, len(annotator.labels)
    looks = np.random.default_rng(1).normal(size=(len(ids), 512)).astype("<f2")
    seen = [(each, b"c", look.tobytes(), bytes(2 * labels), [Suggestion("dog", 0.9)])
            for each, look in zip(ids, looks, strict=True)]  # fmt: skip
    library.catalog.annotations.write(model, seen)
    for each in ids[:4]:
        library.accept("dog", [each])
        qtbot.wait(3)  # the report tells what came after the moment of the first, in milliseconds
    page = desk.report
    desk.pages.setCurrentIndex(REPORT)
    qtbot.waitUntil(lambda: page.since.count() == 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.listing.rowCount() > 1, timeout=PATIENCE)
    assert "accepted" in page.summary.text() and page.back.isEnabled()
    page.since.setFocus()
    qtbot.keyClick(page.since, Qt.Key.Key_End)  # the network
    assert page.since.currentData() == model and "4 decisions" in page.since.currentText()
    qtbot.waitUntil(lambda: "3 accepted" in page.summary.text(), timeout=PATIENCE)
    assert not page.day.isVisible()
    qtbot.mouseClick(page.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: library.catalog.keeping.until() is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "learnt from" in page.summary.text() and page.lift.isEnabled(), timeout=PATIENCE)
    library.undo()
    assert library.catalog.keeping.until() is None
    qtbot.keyClick(page.since, Qt.Key.Key_Home)
    qtbot.keyClick(page.since, Qt.Key.Key_Down)  # a day
    assert page.day.isVisible()
    page.day.setDate(page.day.maximumDate())
    qtbot.mouseClick(page.lift, Qt.MouseButton.LeftButton)
