"""Files from the window: look before a write, put back, settle conflicts, rename, trash, copy, take out and in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog
from pytestqt.qtbot import QtBot

from photomgr.gui.exchange.conflict_page import ConflictPage
from photomgr.gui.exchange.explain_page import ExplainPage
from photomgr.gui.exchange.export_page import EVERYTHING, GALLERY, TABLE, ExportPage, ExportWish
from photomgr.gui.exchange.name_page import NamePage
from photomgr.gui.exchange.write_page import WritePage
from photomgr.gui.frame.settings_page import SettingsPage
from photomgr.gui.main_window import MainWindow
from photomgr.jobs import run
from photomgr.library import Library

from ..library.exchange_kit import another_program
from .conftest import PATIENCE, OpenWindow


def page(window: MainWindow, kind: type[QDialog], qtbot: QtBot) -> QDialog:
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(kind)), timeout=PATIENCE)
    return next(each for each in window.findChildren(kind) if each.isVisible())


@pytest.fixture
def window(full_library: Library, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    opened = open_window(full_library)
    qtbot.waitUntil(lambda: opened.photos.rowCount() == 12, timeout=PATIENCE)
    return opened


def choose(window: MainWindow, qtbot: QtBot, query: str) -> int:
    number = int(window.library.find(query).ids[0])
    window.grid.select_id(number)
    window.grid.setFocus()
    qtbot.waitUntil(lambda: list(window.tag_panel.ids) == [number], timeout=PATIENCE)
    return number


def test_look_write_and_put_back(window: MainWindow, qtbot: QtBot) -> None:
    number = choose(window, qtbot, "rating:5")
    photo = window.library.photo(number)
    assert photo is not None
    before = photo.path.read_bytes()
    window.actions_["write_metadata"].trigger()
    shown = page(window, WritePage, qtbot)
    assert isinstance(shown, WritePage)
    qtbot.waitUntil(shown.write.isEnabled, timeout=PATIENCE)
    shown.where.setCurrentIndex(1)
    shown.look()
    qtbot.waitUntil(shown.write.isEnabled, timeout=PATIENCE)
    fields = [each.field for each in shown.model.files[0].differences]
    assert fields[:2] == ["dc:subject", "lr:hierarchicalSubject"] and "xmp:Rating" in fields
    file = shown.model.index(0, 0)
    assert shown.model.rowCount(file) == len(fields) and shown.tree.isExpanded(file)
    assert shown.model.data(shown.model.index(0, 1, file)) == "+warm"
    assert photo.path.read_bytes() == before  # until the person says so
    qtbot.mouseClick(shown.write, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(shown.put_back.isVisible, timeout=PATIENCE)
    assert b"warm" in photo.path.read_bytes()
    qtbot.mouseClick(shown.put_back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: photo.path.read_bytes() == before, timeout=PATIENCE)
    qtbot.waitUntil(shown.write.isEnabled, timeout=PATIENCE)


def test_conflicts(window: MainWindow, qtbot: QtBot) -> None:
    library = window.library
    number = choose(window, qtbot, "rating:5")
    photo = library.photo(number)
    assert photo is not None
    run(library.exchange.write([number], "sidecar"))
    library.rate(4, [number])
    another_program(Path(f"{photo.path}.xmp"), rating=2)
    run(library.scan())
    qtbot.waitUntil(lambda: any("conflict" in each.text for each in window.messages.kept), timeout=PATIENCE)
    window.actions_["conflicts"].trigger()
    shown = page(window, ConflictPage, qtbot)
    assert isinstance(shown, ConflictPage)
    qtbot.waitUntil(lambda: shown.list.count() == 1, timeout=PATIENCE)
    assert shown.list.item(0).text() == f"{photo.display_name}: you gave 4 of 5 stars, the other program 2"
    assert not shown.both.isVisible()
    qtbot.mouseClick(shown.theirs, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.list.count() == 0, timeout=PATIENCE)
    assert library.photo(number).rating == 2  # type: ignore[union-attr]
    window.undo()  # the choice is taken back, and waits again
    qtbot.waitUntil(lambda: shown.list.count() == 1, timeout=PATIENCE)
    assert library.photo(number).rating == 4  # type: ignore[union-attr]
    window.navigator.go("is:conflict")
    qtbot.waitUntil(lambda: list(window.photos.ids) == [number], timeout=PATIENCE)
    qtbot.waitUntil(lambda: "1 conflict" in window.tag_panel.head.trouble.text(), timeout=PATIENCE)


def test_rename_and_undo(window: MainWindow, qtbot: QtBot) -> None:
    number = choose(window, qtbot, "name:top_red")
    photo = window.library.photo(number)
    assert photo is not None
    qtbot.keyClick(window.grid, Qt.Key.Key_F2)
    shown = page(window, NamePage, qtbot)
    assert isinstance(shown, NamePage) and shown.edit.selectedText() == "top_red"
    qtbot.keyClicks(shown.edit, "poppies")
    qtbot.keyClick(shown.edit, Qt.Key.Key_Return)
    renamed = photo.path.with_name("poppies.jpg")
    qtbot.waitUntil(renamed.exists, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: window.actions_["undo"].text() == "Undo: top_red.jpg renamed poppies.jpg", timeout=PATIENCE
    )
    window.undo()
    qtbot.waitUntil(photo.path.exists, timeout=PATIENCE)


def test_trash_and_undo(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash = str(tmp_path / "data" / "Trash")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("send2trash.plat_other.HOMETRASH", trash, raising=False)
    monkeypatch.setattr("send2trash.plat_other.HOMETRASH_B", os.fsencode(trash), raising=False)
    number = choose(window, qtbot, "name:top_blue")
    photo = window.library.photo(number)
    assert photo is not None
    qtbot.keyClick(window.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not photo.path.exists(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 11, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.stage.toast.isVisible(), timeout=PATIENCE)
    window.undo()
    qtbot.waitUntil(photo.path.exists, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.photos.rowCount() == 12, timeout=PATIENCE)


def test_copies_export_and_import(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    choose(window, qtbot, "rating:5")
    shown = window.files.show_copy()
    assert shown is not None
    shown.folder.setText(str(tmp_path / "out"))
    shown.convert.setCurrentIndex(2)
    shown.resize_to.setValue(100)
    qtbot.mouseClick(shown.copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(list((tmp_path / "out").glob("*.webp"))) == 1, timeout=PATIENCE)
    window.files.export_as(ExportWish(EVERYTHING, tmp_path / "all.jsonl"))
    qtbot.waitUntil((tmp_path / "all.jsonl").exists, timeout=PATIENCE)
    red = [int(each) for each in window.library.find("tag:warm").ids]
    window.library.untag("warm", red)
    window.files.take_in_from(tmp_path / "all.jsonl")
    qtbot.waitUntil(lambda: window.library.decided(red).get("warm") == len(red), timeout=PATIENCE)


def test_title_and_caption(window: MainWindow, qtbot: QtBot) -> None:
    """Typed into the panel, kept by Enter or a click elsewhere, taken back by Esc and by undo."""
    number = choose(window, qtbot, "name:top_red")
    shown = window.tag_panel.texts
    qtbot.waitUntil(lambda: window.tag_panel.facts.ids == (number,), timeout=PATIENCE)
    shown.title.setFocus()
    qtbot.keyClicks(shown.title, "Px poppies")  # keys that decide elsewhere
    qtbot.keyClick(shown.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.library.photo(number).metadata.title == "Px poppies", timeout=PATIENCE)  # type: ignore[union-attr]
    assert window.grid.hasFocus()
    shown.caption.setFocus()
    qtbot.keyClicks(shown.caption, "never mind")
    qtbot.keyClick(shown.caption, Qt.Key.Key_Escape)
    assert shown.caption.toPlainText() == "" and window.photos.rowCount() == 12
    shown.caption.setFocus()
    qtbot.keyClicks(shown.caption, "by the road")
    window.grid.setFocus()
    qtbot.waitUntil(lambda: window.library.photo(number).metadata.caption == "by the road", timeout=PATIENCE)  # type: ignore[union-attr]
    qtbot.waitUntil(
        lambda: [int(each) for each in window.library.find("title:poppies road").ids] == [number],
        timeout=PATIENCE,
    )
    choose(window, qtbot, "name:top_blue")
    qtbot.waitUntil(lambda: shown.title.toPlainText() == "", timeout=PATIENCE)
    for _ in range(2):
        window.undo()
        qtbot.wait(50)
    qtbot.waitUntil(lambda: window.library.photo(number).metadata.title is None, timeout=PATIENCE)  # type: ignore[union-attr]


def test_several_are_named_after_a_pattern_and_moved(window: MainWindow, qtbot: QtBot) -> None:
    library = window.library
    ids = [int(each) for each in library.find("folder:2021").ids]
    folder = library.photos(ids)[0].path.parent
    before = sorted(each.name for each in folder.iterdir())
    for each in ids:
        row = window.photos.row_of(each)
        window.grid.selecting.toggle(row)
    window.actions_["rename"].trigger()
    shown = page(window, NamePage, qtbot)
    assert isinstance(shown, NamePage) and "→ 2021-03-" in shown.shown.text()
    shown.edit.setText("{nothing}")
    assert not shown.rename.isEnabled() and "A name is made of" in shown.shown.text()
    shown.edit.setText("march {n:02}")
    qtbot.mouseClick(shown.rename, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: (folder / "march 04.jpg").exists(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: "photos renamed" in window.actions_["undo"].text(), timeout=PATIENCE)
    window.undo()
    qtbot.waitUntil(lambda: sorted(each.name for each in folder.iterdir()) == before, timeout=PATIENCE)
    window.files.move_to(ids, folder / "March")
    qtbot.waitUntil(lambda: len(list((folder / "March").glob("*.jpg"))) == 4, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.stage.toast.isVisible(), timeout=PATIENCE)


def test_files_follow_decisions_by_themselves(window: MainWindow, qtbot: QtBot) -> None:
    """Not before it was explained and agreed to; then undo is followed too."""
    library = window.library
    window.background._write_soon.setInterval(50)
    number = choose(window, qtbot, "rating:5")
    path = library.photo(number).path  # type: ignore[union-attr]
    window.housekeeping.show_settings()
    settings = page(window, SettingsPage, qtbot)
    assert isinstance(settings, SettingsPage)
    box = settings.controls["write_metadata"]
    assert isinstance(box, QComboBox)
    for answer in ("no", "yes"):
        box.setCurrentIndex(box.findData("file"))
        box.activated.emit(box.currentIndex())
        shown = page(window, ExplainPage, qtbot)
        assert isinstance(shown, ExplainPage) and str(path.parents[2]) in shown.where.text()
        assert library.settings.get("write_metadata") == "never" and b"warm" not in path.read_bytes()
        qtbot.mouseClick(getattr(shown, answer), Qt.MouseButton.LeftButton)
        wanted = {"no": "never", "yes": "file"}[answer]
        qtbot.waitUntil(lambda wanted=wanted: box.currentData() == wanted, timeout=PATIENCE)  # type: ignore[misc]
    qtbot.waitUntil(lambda: b"warm" in path.read_bytes(), timeout=PATIENCE)
    window.tag_panel.decider.add("evening", [number])
    qtbot.waitUntil(lambda: b"evening" in path.read_bytes(), timeout=PATIENCE)
    window.undo()
    qtbot.waitUntil(lambda: b"evening" not in path.read_bytes(), timeout=PATIENCE)


def test_a_window_may_go_while_it_explains(window: MainWindow, qtbot: QtBot, photos_folder: Path) -> None:
    """The page goes with the window after the test, and must tell nobody who is gone too."""
    window.folder_tree.writing_wanted.emit(photos_folder / "2021", "sidecar")
    assert page(window, ExplainPage, qtbot).isVisible()
    assert not list(photos_folder.rglob("*.xmp"))


def test_a_folder_with_a_rule_of_its_own(window: MainWindow, qtbot: QtBot, photos_folder: Path) -> None:
    window.background._write_soon.setInterval(50)
    folder = photos_folder / "2021"
    window.folder_tree.writing_wanted.emit(folder, "sidecar")
    shown = page(window, ExplainPage, qtbot)
    assert isinstance(shown, ExplainPage)
    qtbot.mouseClick(shown.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: [each.name for each in photos_folder.rglob("*.xmp")] == ["IMG_red.jpg.xmp"], timeout=PATIENCE
    )
    assert window.library.exchange.folder_modes() == {os.fsencode(folder): "sidecar"}


def test_a_look_can_be_stopped_and_filtered(window: MainWindow, qtbot: QtBot) -> None:
    library = window.library
    ids = [int(each) for each in library.find("").ids]
    library.tag("all of them", ids)
    window.files._open_write("", ids)
    shown = page(window, WritePage, qtbot)
    assert isinstance(shown, WritePage)
    shown.look()  # again while it looks
    qtbot.mouseClick(shown.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.stop.isHidden(), timeout=PATIENCE)
    shown.look()
    qtbot.waitUntil(shown.write.isEnabled, timeout=PATIENCE)
    assert len(shown.model.files) == len(ids)
    shown.filter.setText("top_")
    qtbot.waitUntil(lambda: len(shown.model.files) == 2, timeout=PATIENCE)


def test_a_table_and_a_web_page_of_a_search(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.navigator.go("tag:warm")
    qtbot.waitUntil(lambda: window.photos.rowCount() == 3, timeout=PATIENCE)
    window.actions_["export"].trigger()
    shown = page(window, ExportPage, qtbot)
    assert isinstance(shown, ExportPage) and shown.kind == EVERYTHING and not shown.photos.isVisible()
    shown.kinds[TABLE].setChecked(True)
    assert shown.photos.currentText() == "Shown: 3 photos" and shown.target.text().endswith("photos.csv")
    shown.target.setText(str(tmp_path / "warm.csv"))
    qtbot.mouseClick(shown.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil((tmp_path / "warm.csv").exists, timeout=PATIENCE)
    assert (tmp_path / "warm.csv").read_text().count("\n") == 4
    qtbot.waitUntil(lambda: window.bridge.job("Exporting") is None, timeout=PATIENCE)
    again = window.files.export()
    again.kinds[GALLERY].setChecked(True)
    assert again.title.text() == "tag:warm"
    again.title.setText("<Warm & red>")
    again.target.setText(str(tmp_path / "page"))
    qtbot.mouseClick(again.export, Qt.MouseButton.LeftButton)
    index = tmp_path / "page" / "index.html"
    qtbot.waitUntil(index.exists, timeout=PATIENCE)
    assert (
        "<title>&lt;Warm &amp; red&gt;</title>" in index.read_text()
        and index.read_text().count("<figure>") == 3
    )
    assert len(list((tmp_path / "page" / "thumbnails").iterdir())) == 3
    index.write_text("my own page")
    qtbot.waitUntil(lambda: window.bridge.job("Exporting page") is None, timeout=PATIENCE)
    window.files.export_as(ExportWish(GALLERY, tmp_path / "page", (1,), "x"))
    qtbot.waitUntil(
        lambda: any("page of its own" in each.text for each in window.messages.kept), timeout=PATIENCE
    )
    assert index.read_text() == "my own page"


def test_a_folder_that_is_somewhere_else_now(
    window: MainWindow, qtbot: QtBot, photos_folder: Path, tmp_path: Path
) -> None:
    library = window.library
    warm = set(library.find("tag:warm").ids.tolist())
    photos_folder.rename(tmp_path / "new place")
    window.background.scan_all()
    qtbot.waitUntil(lambda: not library.roots()[0].online, timeout=PATIENCE)
    tree = window.folder_tree

    def away() -> bool:
        node = tree.folders.node(tree.folders.index(0, 0))
        return node is not None and not node.online

    qtbot.waitUntil(away, timeout=PATIENCE)
    menu = window.folder_tree.folder_menu(
        window.folder_tree.folders.node(window.folder_tree.folders.index(0, 0))
    )
    assert any(action.text() == "It is somewhere else now…" for action in menu.actions())
    menu.deleteLater()
    window.files.relink(photos_folder, tmp_path / "new place")
    qtbot.waitUntil(lambda: library.counts().photos == 12 and library.counts().offline == 0, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: [root.path for root in library.roots()] == [tmp_path / "new place"], timeout=PATIENCE
    )
    qtbot.waitUntil(lambda: window.bridge.job("Finding moved photos") is None, timeout=PATIENCE)
    run(library.index())
    assert set(library.find("tag:warm").ids.tolist()) == warm
