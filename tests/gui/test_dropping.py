"""Pictures dropped from a browser: asked before anything is fetched, looked at, kept when the person wants it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from photomgr.gui.exchange.drop_page import DropPage
from photomgr.gui.main_window import MainWindow

from ..library.test_address import net
from .conftest import PATIENCE, make_photo

assert net  # the open net in the person of a server on this machine
LINK = "https://open.example/a%20b.png"


def drop(window: MainWindow, data: QMimeData) -> bool:
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    where = QPoint(400, 300)
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(where, Qt.DropAction.CopyAction, data, buttons, keys))
    return enter.isAccepted()


def page(window: MainWindow, qtbot: QtBot) -> DropPage:
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(DropPage)), timeout=PATIENCE)
    return next(each for each in window.findChildren(DropPage) if each.isVisible())


def link(where: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(where)])
    return data


def test_a_link_is_asked_for_first(window: MainWindow, qtbot: QtBot, net: list[str]) -> None:
    assert drop(window, link(LINK))
    shown = page(window, qtbot)
    assert shown.heading.text() == LINK and shown.once.isVisible() and not shown.keep.isVisible()
    assert net == []
    qtbot.mouseClick(shown.once, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(shown.keep.isVisible, timeout=PATIENCE)
    assert len(net) == 1 and not shown.picture.pixmap().isNull()
    assert window.library.settings.get("network") is False and window.library.counts().photos == 12
    qtbot.mouseClick(shown.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.library.counts().photos == 13, timeout=PATIENCE)
    inbox = window.library.roots()[0].path / "Inbox"
    assert (inbox / "a b.png").exists()


def test_always_into_the_inbox(window: MainWindow, qtbot: QtBot, net: list[str]) -> None:
    window.library.settings.set("network", True)
    window.library.settings.set("dropped", "inbox")
    assert drop(window, link(LINK))
    qtbot.waitUntil(lambda: window.library.counts().photos == 13, timeout=PATIENCE)
    assert not any(each.isVisible() for each in window.findChildren(DropPage))


@pytest.mark.parametrize(
    "where", ["http://open.example/a.png", "ftp://open.example/a.png", "javascript:alert(1)"]
)
def test_what_is_not_taken(window: MainWindow, net: list[str], where: str) -> None:
    assert not drop(window, link(where)) and net == []


def test_a_link_that_leads_into_a_private_network(window: MainWindow, qtbot: QtBot, net: list[str]) -> None:
    window.library.settings.set("network", True)
    assert drop(window, link("https://me.example/a.png"))
    qtbot.waitUntil(
        lambda: any("private network" in each.text for each in window.messages.kept), timeout=PATIENCE
    )
    assert net == []
    qtbot.waitUntil(lambda: not any(p.isVisible() for p in window.findChildren(DropPage)), timeout=PATIENCE)


def test_the_picture_itself_and_a_file(
    window: MainWindow, qtbot: QtBot, net: list[str], tmp_path: Path
) -> None:
    data = link(LINK)
    image = QImage(80, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    data.setImageData(image)
    assert drop(window, data)
    shown = page(window, qtbot)
    qtbot.waitUntil(shown.keep.isVisible, timeout=PATIENCE)
    assert net == []  # what lies in the drop need not be fetched
    if shown.copy.isVisible():
        qtbot.mouseClick(shown.copy, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text()
    shown.close()
    outside = make_photo(tmp_path / "elsewhere" / "out.jpg", (9, 90, 200), "2020:01:01 10:00:00")
    file = QMimeData()
    file.setUrls([QUrl.fromLocalFile(str(outside))])
    assert drop(window, file)
    qtbot.waitUntil(
        lambda: any(p.isVisible() and p.keep.isVisible() for p in window.findChildren(DropPage)),
        timeout=PATIENCE,
    )
    assert window.library.counts().photos == 12
