"""Messages, numbers and times, colours: what needs no library."""

from __future__ import annotations

import logging

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from photomgr.core.assets import resources_dir
from photomgr.core.errors import ReadOnly
from photomgr.core.records import LABEL_COLOURS
from photomgr.gui import actions
from photomgr.gui.looks import icons, texts
from photomgr.gui.looks.theme import Choice, Theme, palette
from photomgr.gui.messages import KEPT, Kind, Message, Messages
from tests import translations


def luminance(colour: QColor) -> float:
    """Relative luminance after WCAG 2.1."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("WindowText", "Window"),
        ("Text", "Base"),
        ("Text", "AlternateBase"),
        ("ButtonText", "Button"),
        ("ButtonText", "Midlight"),
        ("HighlightedText", "Highlight"),
        ("ToolTipText", "ToolTipBase"),
        ("PlaceholderText", "Base"),
        ("PlaceholderText", "Window"),
        ("Link", "Base"),
        ("Link", "Window"),
        ("BrightText", "Window"),
    ],
)
def test_text_stands_out(dark: bool, ink: str, ground: str) -> None:
    colours = palette(dark)
    role = QPalette.ColorRole
    measured = contrast(colours.color(getattr(role, ink)), colours.color(getattr(role, ground)))
    assert measured >= 4.5, f"{ink} on {ground}: {measured:.2f}"


def test_colours_switch_live(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.choose(Choice.DARK)
    assert theme.dark and qapp.palette().color(QPalette.ColorRole.Window).lightness() < 80
    with qtbot.waitSignal(theme.changed):
        theme.choose(Choice.LIGHT)
    assert qapp.palette().color(QPalette.ColorRole.Window).lightness() > 200
    theme.choose(Choice.SYSTEM)


def test_icons_take_the_colours_of_the_palette(theme: Theme, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QToolButton

    button = QToolButton()
    qtbot.addWidget(button)
    icons.dress(button, "search")
    button.show()
    light = button.icon().pixmap(24, 24).toImage()
    theme.choose(Choice.DARK)
    dark = button.icon().pixmap(24, 24).toImage()
    theme.choose(Choice.SYSTEM)

    def inks(image: object) -> set[int]:
        return {
            QColor(image.pixelColor(x, y)).lightness()  # type: ignore[attr-defined]
            for x in range(24)
            for y in range(24)
            if image.pixelColor(x, y).alpha() > 200  # type: ignore[attr-defined]
        }

    assert max(inks(light)) < 100 < min(inks(dark))


def test_a_box_is_seen_whether_it_is_ticked_or_not(theme: Theme, qtbot: QtBot) -> None:
    box = QCheckBox("Show")
    qtbot.addWidget(box)
    for choice in (Choice.DARK, Choice.LIGHT):
        theme.choose(choice)
        ground = palette(choice is Choice.DARK).color(QPalette.ColorRole.Window)
        sizes = set()
        for on in (False, True):
            box.setChecked(on)
            box.resize(box.sizeHint())
            sizes.add((box.sizeHint().width(), box.sizeHint().height()))
            image = box.grab().toImage()
            row = [image.pixelColor(x, image.height() // 2) for x in range(4)]
            assert max(contrast(each, ground) for each in row) >= 3
        assert len(sizes) == 1
    theme.choose(Choice.SYSTEM)


def test_every_icon_that_is_named_is_there(theme: Theme) -> None:
    named = {spec.icon for spec in actions.specs() if spec.icon}
    there = {path.stem for path in (resources_dir() / "icons").glob("*.svg")}
    assert named <= there
    for name in there:
        assert not icons.icon(name).isNull()


def test_no_key_has_two_meanings() -> None:
    keys = [key for spec in actions.specs() for key in spec.keys]
    assert len(keys) == len(set(keys))
    assert {f"label_{colour}" for colour in LABEL_COLOURS} <= {spec.name for spec in actions.specs()}


def test_tooltips_name_the_keys() -> None:
    assert actions.tip("Search", ("Ctrl+F", "/")) == "Search (Ctrl+F or /)"
    assert actions.tip("About photomgr", ()) == "About photomgr"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (45, "45 s"), (89, "89 s"), (180, "3 min"), (4800, "80 min"), (7260, "2 h 1 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert texts.duration(seconds) == said


def test_counts(theme: Theme) -> None:
    assert texts.photos(1) == "1 photo"
    assert texts.photos(12_408) == "12,408 photos"
    assert texts.photos(0) == "0 photos"


def test_pace_is_that_of_the_last_seconds() -> None:
    pace = texts.Pace(window=4)
    assert pace.per_second is None and pace.left(10) is None
    for second in range(20):
        pace.add(second, second * 2 if second < 10 else 18 + (second - 9) * 10)
    assert pace.per_second == pytest.approx(10)
    assert pace.left(218) == pytest.approx(10)
    pace.restart()
    assert pace.per_second is None


def test_messages_say_and_keep(qtbot: QtBot) -> None:
    messages = Messages()
    said: list[Message] = []
    messages.said.connect(said.append)
    messages.info("412 photos tagged", undo=True)
    messages.info("")
    messages.error("The library is open read-only.")
    messages.problem("2 photos cannot be read.", [3, 4])
    assert [(message.kind, message.text, message.undo) for message in said] == [
        (Kind.INFO, "412 photos tagged", True),
        (Kind.ERROR, "The library is open read-only.", False),
    ]
    assert [message.photos for message in messages.kept] == [(), (3, 4)]
    assert messages.unread == 2
    messages.read()
    assert messages.unread == 0
    for number in range(KEPT + 50):
        messages.problem(f"{number}")
    assert len(messages.kept) == KEPT


def test_a_sentence_of_ours_is_shown_as_it_is(qtbot: QtBot) -> None:
    messages = Messages()
    messages.failed(ReadOnly("This library is open read-only."))
    assert messages.kept[0].text == "This library is open read-only."


@pytest.mark.logs_errors
def test_a_bug_is_logged_and_the_program_goes_on(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    messages = Messages()
    messages.failed(KeyError("rows"))
    assert messages.kept[0].text.startswith("Something went wrong (KeyError)")
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


def test_the_english_plurals_are_up_to_date() -> None:
    """``python -m tests.translations`` mends it."""
    assert translations.known() == translations.plural_texts()
    assert translations.ENGLISH.with_suffix(".qm").stat().st_size > 100
