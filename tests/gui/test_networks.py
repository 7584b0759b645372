"""The window of the networks: taking in, comparing, letting speak and undoing that, taking out."""

from __future__ import annotations

import inspect
import re
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from photomgr.annotate.company import WITNESSES
from photomgr.core.assets import models_dir
from photomgr.gui.background import ANNOTATE, COMPARE
from photomgr.gui.main_window import MainWindow
from photomgr.gui.networks.desk import NetworksDesk
from photomgr.gui.networks.wording import card_beside
from photomgr.gui.tags.reasons import witness
from photomgr.jobs import Job, Progress
from tests.annotate import cards

from .conftest import PATIENCE

EVERYDAY = (
    f"● everyday {tomllib.loads((models_dir() / 'everyday' / 'card.toml').read_text())['model']['version']}"
)


@pytest.fixture
def reds(tmp_path: Path) -> Path:
    """A network with its card beside it."""
    (tmp_path / "reds").mkdir()
    (tmp_path / "reds" / "card.toml").write_text(cards.card_text(labels=("crimson wall", "sunset")))
    return cards.redness(tmp_path / "reds")


@pytest.fixture
def desk(qtbot: QtBot, window: MainWindow) -> NetworksDesk:
    window.actions_["networks"].trigger()
    found = window.findChild(NetworksDesk)
    assert found is not None
    wait(qtbot, lambda: rows(found) == [EVERYDAY])
    return found


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=4 * PATIENCE)


def rows(desk: NetworksDesk) -> list[str]:
    return [desk.listing.item(row, 0).text() for row in range(desk.listing.rowCount())]


def test_a_network_is_taken_in_speaks_and_is_undone(
    qtbot: QtBot, window: MainWindow, desk: NetworksDesk, reds: Path
) -> None:
    assert not desk.use.isEnabled() and not desk.remove.isEnabled()  # the one that ships stays
    desk.take_in(reds)
    assert not desk.add.isEnabled()
    wait(qtbot, lambda: rows(desk) == [EVERYDAY, "○ reds"])
    assert "Compare it" in desk.said.text()
    desk.listing.selectRow(1)
    assert "CC0-1.0, from made here" in desk.about.text()
    desk.use.click()
    wait(qtbot, lambda: rows(desk)[1] == "● reds" and not desk.use.text().endswith("speak"))
    window.undo()
    wait(qtbot, lambda: rows(desk)[1] == "○ reds" and desk.use.text().endswith("speak"))
    desk.remove.click()
    assert "Press again" in desk.said.text()
    desk.remove.click()
    wait(qtbot, lambda: rows(desk) == [EVERYDAY])


def test_networks_are_compared_on_decisions_in_the_background(
    qtbot: QtBot, window: MainWindow, desk: NetworksDesk, reds: Path
) -> None:
    desk.take_in(reds)
    wait(qtbot, lambda: len(rows(desk)) == 2)
    desk.compare.click()
    assert desk.cancel.isVisible() and not desk.compare.isEnabled()
    wait(qtbot, lambda: desk.compare.isEnabled())
    first, second, *_ = (int(each) for each in window.library.find("").ids)
    window.library.accept("sunset", [first])
    window.library.reject("sunset", [second])
    desk.compare.click()
    wait(qtbot, lambda: "Compared on" in desk.said.text() and desk.compare.isEnabled())
    assert int(desk.listing.item(1, 4).text()) >= 2 and "(" in desk.listing.item(1, 5).text()
    assert not desk.cancel.isVisible() and desk.compare.isEnabled()


def test_networks_are_compared_while_the_background_looks_for_duplicates(
    qtbot: QtBot, window: MainWindow, desk: NetworksDesk
) -> None:
    wait(qtbot, lambda: not window.background.jobs())
    ended = threading.Event()

    def long_look() -> Job[None]:
        while not ended.wait(0.02):
            yield Progress(0, 1)

    looking = window.bridge.start(COMPARE, long_look)
    desk.compare.click()
    assert desk.cancel.isVisible() and not desk.compare.isEnabled()
    wait(qtbot, lambda: "Compared on" in desk.said.text() and desk.compare.isEnabled())
    assert window.bridge.job(COMPARE) is looking
    ended.set()
    wait(qtbot, lambda: window.bridge.job(COMPARE) is None)


def test_photos_without_suggestions_for_want_of_an_embedding_are_in_the_list(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "card.toml").write_text(cards.embedding_text())
    window.library.networks.add(cards.blind_to_red(tmp_path), tmp_path / "card.toml")
    window.library.networks.use(["alike"])
    window.library.settings.set("annotate", True)
    window.background.tag_now()
    wait(qtbot, lambda: any("failed on them" in each.text for each in window.messages.kept))
    (said,) = (each for each in window.messages.kept if "failed on them" in each.text)
    wait(qtbot, lambda: not window.background.jobs())
    assert len(said.photos) == window.library.waiting().annotate > 0
    qtbot.wait(600)  # what follows tagging begins a little later: let it end before the window is closed
    wait(qtbot, lambda: not window.background.jobs())


def test_no_network_has_a_name_that_the_window_has_other_words_for() -> None:
    known = set(re.findall(r'^ +"([^"]+)": translate', inspect.getsource(witness), re.MULTILINE))
    assert {"network", "context", "linear"} <= known <= WITNESSES


def test_what_is_dropped_is_tried_and_refused_with_a_reason(
    qtbot: QtBot, desk: NetworksDesk, reds: Path, tmp_path: Path
) -> None:
    bad = cards.nothing_but_nan(tmp_path / "nan")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(each)) for each in (bad, reds.parent / "card.toml")])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    desk.dropEvent(QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    wait(qtbot, lambda: "no number" in desk.said.text())
    assert rows(desk) == [EVERYDAY] and desk.add.isEnabled()


def test_the_card_is_the_one_of_its_name_or_the_only_one(tmp_path: Path) -> None:
    model = tmp_path / "a.onnx"
    assert card_beside(model) is None
    (tmp_path / "one.toml").touch()
    assert card_beside(model) == tmp_path / "one.toml"
    (tmp_path / "two.toml").touch()
    assert card_beside(model) is None
    (tmp_path / "a.toml").touch()
    assert card_beside(model) == tmp_path / "a.toml"


def test_a_run_of_tagging_begins_anew_when_others_speak(
    qtbot: QtBot, window: MainWindow, desk: NetworksDesk, reds: Path
) -> None:
    desk.take_in(reds)
    wait(qtbot, lambda: len(rows(desk)) == 2)
    window.library.settings.set("annotate", True)
    window.background.tag_now()
    wait(qtbot, lambda: window.bridge.job("annotate") is not None or not window.library.waiting().annotate)
    desk.listing.selectRow(1)
    desk.use.click()
    wait(qtbot, lambda: rows(desk)[1] == "● reds")
    wait(qtbot, lambda: not window.library.waiting().annotate and not window.background.jobs())
    company = window.library.annotator()
    assert [name for name, _ in company.names] == ["everyday", "reds"]
    assert window.library.catalog.learning.count(company.model_hash) == len(window.library.find("").ids)
    qtbot.wait(600)  # what follows tagging begins a little later: let it end before the window is closed
    wait(qtbot, lambda: not window.background.jobs())


def test_tagging_begins_anew_also_when_photos_were_counted_before_the_run_had_ended(
    qtbot: QtBot, window: MainWindow, reds: Path
) -> None:
    window.library.networks.add(reds, reds.parent / "card.toml")
    ended = threading.Event()

    def long_run() -> Job[None]:
        yield Progress(0, 1)
        ended.wait()
        yield Progress(1, 1)

    wait(qtbot, lambda: not window.background.jobs())
    window.background._start(ANNOTATE, long_run)
    run = window.bridge.job(ANNOTATE)
    window.library.networks.use(["reds"])
    wait(qtbot, lambda: window.background._turned)
    window.library.settings.set("annotate", True)
    window.background.tag_now()
    wait(qtbot, lambda: ANNOTATE in window.background._again)
    assert window.bridge.job(ANNOTATE) is run
    ended.set()
    wait(qtbot, lambda: not window.library.waiting().annotate and not window.background.jobs())
    qtbot.wait(600)  # what follows tagging begins a little later: let it end before the window is closed
    wait(qtbot, lambda: not window.background.jobs())


def test_closing_the_window_ends_what_it_started_and_still_tells_what_came(
    qtbot: QtBot, window: MainWindow, desk: NetworksDesk, reds: Path
) -> None:
    said: list[str] = []
    window.messages.said.connect(lambda message: said.append(message.text))
    desk.compare.click()
    desk.take_in(reds)
    desk.reject()
    wait(qtbot, lambda: any("reds is taken in" in each for each in said))
    wait(qtbot, lambda: window.bridge.job("networks") is None)
    assert not window.findChildren(NetworksDesk)
