"""The tag panel over the real library: one photo and many, by mouse and by key, and a guest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from photomgr.core.paths import Paths
from photomgr.core.query import quote
from photomgr.core.records import Change, Suggestion, What
from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.messages import Kind, Message, Messages
from photomgr.gui.tags.chips import TagChip
from photomgr.gui.tags.panel import TagPanel
from photomgr.gui.tags.suggestion_row import State, SuggestionRow
from photomgr.gui.threads.bridge import Bridge
from photomgr.library import Library
from photomgr.library.evidence import Evidence, Reason, Witness

from .conftest import PATIENCE

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Stand:
    """The panel with what it needs, and what it said."""

    def __init__(self, qtbot: QtBot, library: Library) -> None:
        self.qtbot = qtbot
        self.library = library
        self.bridge = Bridge()
        self.bridge.follow(library)
        self.messages = Messages()
        self.said: list[Message] = []
        self.messages.said.connect(self.said.append)
        self.bridge.failed.connect(self.messages.failed)
        self.panel = TagPanel(library, self.bridge, self.messages)
        qtbot.addWidget(self.panel)
        self.panel.resize(300, 760)
        self.panel.show()
        self.ids = [int(each) for each in library.find("").ids]

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def show(self, *ids: int) -> None:
        self.panel.set_photos(list(ids))
        self.wait(lambda: self.panel.facts.ids == ids)

    def rows(self) -> list[SuggestionRow]:
        return [row for row in self.panel.suggestions.rows if not row.isHidden()]

    def states(self) -> dict[str, State]:
        return {row.tag: row.state for row in self.rows()}

    def chips(self) -> list[str]:
        return [chip.tag for chip in self.panel.tags.shown]

    def chip(self, tag: str) -> TagChip:
        return next(chip for chip in self.panel.tags.shown if chip.tag == tag)

    def click(self, widget: QWidget) -> None:
        self.qtbot.mouseClick(widget, LEFT)


def suggest(library: Library, *given: tuple[int, dict[str, float]]) -> None:
    """As the annotator does it."""
    items = [
        (photo, b"", b"", b"", [Suggestion(tag, score, {"network": score}) for tag, score in tags.items()])
        for photo, tags in given
    ]
    library.catalog.annotations.write("test network", items)


@pytest.fixture
def stand(qtbot: QtBot, theme: Theme, full_library: Library) -> Iterator[Stand]:
    """Photo 0 has three suggestions, 1 and 2 have one each of them; the rest none."""
    ids = [int(each) for each in full_library.find("").ids]
    suggest(
        full_library,
        (ids[0], {"sand": 0.96, "sunset": 0.71, "dog": 0.4}),
        (ids[1], {"sand": 0.5}),
        (ids[2], {"dog": 0.6}),
    )
    made = Stand(qtbot, full_library)
    yield made
    made.bridge.shutdown()


# One photo


def test_suggestions_show_number_bar_and_reasons(stand: Stand) -> None:
    stand.show(stand.ids[0])
    assert [row.tag for row in stand.rows()] == ["sand", "sunset", "dog"]
    first = stand.rows()[0]
    assert "96" in first.accessibleName() and "sand" in first.accessibleName()
    stand.click(first.why)
    stand.wait(stand.panel.why.isVisible)
    shown = [label.text() for label in stand.panel.why.findChildren(QLabel) if label.isVisible()]
    assert "Why sand?" in shown and "The picture shows it." in shown and "96 %" in shown
    assert not any("network" in text for text in shown)
    assert stand.panel.suggestions.current is first


def test_reasons_come_and_go_by_key_and_click(stand: Stand) -> None:
    stand.show(stand.ids[0])
    sheet, rows = stand.panel.why, stand.rows()
    stand.panel.explain_current()
    stand.wait(sheet.isVisible)
    assert sheet.accessibleName() == "Why sand?" and "96 %" in sheet.accessibleDescription()
    assert sheet.reason is not None and sheet.reason.model
    stand.click(rows[1].why)
    stand.wait(lambda: sheet.accessibleName() == "Why sunset?")
    assert not rows[0].why.isChecked() and rows[1].why.isChecked()
    layout = sheet.layout()
    assert layout is not None and sheet.height() >= layout.heightForWidth(sheet.width())
    assert stand.panel.close_why() and not sheet.isVisible() and not stand.panel.close_why()
    stand.panel.explain_current()
    stand.wait(sheet.isVisible)
    stand.show(stand.ids[1])
    assert not sheet.isVisible()
    stand.panel.explain_current()
    stand.wait(sheet.isVisible)
    close = next(button for button in sheet.findChildren(QAbstractButton) if button.isVisible())
    stand.click(close)
    assert not sheet.isVisible()
    stand.show(*stand.ids[:2])
    stand.panel.explain_current()
    assert not any(row.why.isChecked() for row in stand.rows())


def test_a_look_alike_that_was_refused_is_shown_as_one(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library says of look-alikes is tested there; here is what one sees of it."""
    ids, library = stand.ids, stand.library
    answer = Reason(
        ids[0], "sand", 0.96, (Witness("neighbours", 0.7),), ((ids[1], 0.9),), against=((ids[2], 0.98),)
    )
    monkeypatch.setattr(Evidence, "why", lambda *_: answer)
    stand.show(ids[0])
    stand.click(stand.rows()[0].why)
    stand.wait(stand.panel.why.isVisible)
    labels = [label for label in stand.panel.why.findChildren(QLabel) if label.isVisible()]
    shown = [label.text() for label in labels]
    assert any(text.startswith("It looks like 1 photo") for text in shown)
    assert "You refused it for these, which look like it:" in shown
    names = [label.accessibleName() for label in labels if label.accessibleName()]
    first, second = (library.photo(each) for each in ids[1:3])
    assert first is not None and second is not None
    assert names == [f"{first.display_name}: 90 % alike", f"{second.display_name}: 98 % alike, refused"]


def test_reasons_follow_the_colours(stand: Stand, theme: Theme) -> None:
    stand.show(stand.ids[0])
    stand.panel.explain_current()
    stand.wait(stand.panel.why.isVisible)
    corners = []
    for choice in (Choice.DARK, Choice.LIGHT):
        theme.choose(choice)
        corners.append(stand.panel.why.grab().toImage().pixelColor(20, 4).lightness())
    assert corners[0] < 100 < corners[1]


def test_why_is_offered_where_one_looks(stand: Stand) -> None:
    stand.show(stand.ids[0])
    first, second, third = stand.rows()
    assert first.why.isVisible() and not second.why.isVisible() and not third.why.isVisible()
    height, crosses = second.height(), [row.no.x() for row in stand.rows()]
    assert len(set(crosses)) == 1
    centre = QPointF(second.rect().center())
    second.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    QApplication.sendEvent(second, QEnterEvent(centre, centre, QPointF(second.mapToGlobal(centre))))
    assert second.why.isVisible() and not third.why.isVisible()
    QApplication.sendPostedEvents()
    assert (second.height(), [row.no.x() for row in stand.rows()]) == (height, crosses)
    second.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(second, QEvent(QEvent.Type.Leave))
    assert not second.why.isVisible()
    stand.click(second.chip)
    assert second.why.isVisible() and not first.why.isVisible()
    stand.click(second.why)
    stand.click(third.chip)
    assert second.why.isVisible()  # its reasons are open


def test_the_name_comes_before_the_numbers(stand: Stand) -> None:
    long = "structure of a building with columns"
    suggest(stand.library, (stand.ids[3], {long: 0.8, "tree": 0.7}))
    stand.show(*stand.ids[3:6])
    chips = {row.tag: row.chip for row in stand.rows()}
    room = chips[long].width()
    assert chips["tree"].tail(room) == "1   70 %"
    assert chips[long].tail(room) == "80 %"
    assert "1 of 3" in chips[long].toolTip()
    assert all("1 of 3" in row.accessibleName() for row in stand.rows())


def test_tick_accepts_and_cross_rejects(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.show(photo)
    stand.click(stand.rows()[1].yes)
    stand.wait(lambda: stand.chips() == ["sunset"])
    assert stand.library.decided([photo]) == {"sunset": 1}
    assert stand.states() == {"sand": State.OPEN, "sunset": State.ACCEPTED, "dog": State.OPEN}
    stand.click(stand.rows()[2].no)
    stand.wait(lambda: stand.states()["dog"] is State.REJECTED)
    assert stand.library.rejected([photo]) == {"dog": 1}
    assert stand.said == []  # one photo needs no toast


def test_nothing_is_shown_as_decided_before_it_is_committed(stand: Stand) -> None:
    stand.show(stand.ids[0])
    row = stand.rows()[0]
    stand.click(row.yes)
    assert row.pending and row.state is State.OPEN and not row.yes.isChecked()
    assert stand.chips() == []
    stand.wait(lambda: row.state is State.ACCEPTED)
    assert not row.pending and row.yes.isChecked()


def test_keys_walk_through_the_suggestions(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.show(photo)
    stand.panel.accept_current()
    stand.panel.leave_current()
    stand.panel.reject_current()
    wanted = {"sand": State.ACCEPTED, "sunset": State.OPEN, "dog": State.REJECTED}
    stand.wait(lambda: stand.states() == wanted)
    assert stand.panel.suggestions.current is stand.rows()[1]
    assert stand.library.decided([photo]) == {"sand": 1}


def test_a_digit_accepts_and_takes_back(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.show(photo)
    stand.panel.toggle_suggestion(2)
    stand.wait(lambda: stand.states()["sunset"] is State.ACCEPTED)
    stand.panel.toggle_suggestion(2)
    stand.wait(lambda: stand.states()["sunset"] is State.OPEN)
    assert stand.library.decided([photo]) == {}
    stand.panel.toggle_suggestion(9)
    assert [row.tag for row in stand.rows()] == ["sand", "sunset", "dog"]


def test_no_digit_changes_its_tag_when_a_decision_settles_another_one(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.library.housekeeping.set_parent("sand", "sunset")
    stand.show(photo)
    stand.panel.toggle_suggestion(1)
    stand.wait(lambda: stand.states()["sunset"] is State.SETTLED)
    assert [row.tag for row in stand.rows()] == ["sand", "sunset", "dog"]
    assert "sand" in stand.rows()[1].accessibleName() and not stand.rows()[1].yes.isEnabled()
    assert stand.panel.suggestions.current is stand.rows()[2]
    stand.panel.toggle_suggestion(2)
    stand.panel.toggle_suggestion(3)
    stand.wait(lambda: stand.states()["dog"] is State.ACCEPTED)
    assert stand.library.decided([photo]) == {"sand": 1, "dog": 1}
    stand.panel.toggle_suggestion(1)
    stand.wait(lambda: stand.states()["sunset"] is State.OPEN)
    assert [row.tag for row in stand.rows()] == ["sand", "sunset", "dog"]


def test_what_is_narrower_than_a_rejected_tag_is_not_asked_about(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.library.housekeeping.set_parent("dog", "sand")
    stand.show(photo)
    stand.panel.suggestions.rows[0].no.click()
    stand.wait(lambda: stand.states()["dog"] is State.SETTLED)
    assert "you rejected sand" in stand.rows()[2].accessibleName()
    stand.panel.toggle_suggestion(3)
    stand.panel.accept_current()
    stand.wait(lambda: stand.states()["sunset"] is State.ACCEPTED)
    assert stand.library.decided([photo]) == {"sunset": 1}
    stand.panel.toggle_suggestion(1)  # accepted after all
    stand.wait(lambda: stand.states()["dog"] is State.OPEN)


def test_a_digit_leaves_the_current_suggestion_where_it_is(stand: Stand) -> None:
    stand.show(stand.ids[0])
    stand.panel.toggle_suggestion(2)
    stand.wait(lambda: stand.states()["sunset"] is State.ACCEPTED)
    assert stand.panel.suggestions.current is stand.rows()[0]
    stand.panel.accept_current()
    stand.wait(lambda: stand.states()["sand"] is State.ACCEPTED)
    assert stand.panel.suggestions.current is stand.rows()[2]


def test_undo_brings_the_suggestion_back_where_it_was(stand: Stand) -> None:
    stand.show(stand.ids[0])
    stand.panel.accept_current()
    stand.wait(lambda: stand.states()["sand"] is State.ACCEPTED)
    stand.library.undo()
    stand.wait(lambda: stand.states()["sand"] is State.OPEN)
    assert stand.chips() == []


def test_a_chip_is_removed_by_its_cross_and_by_delete(stand: Stand) -> None:
    photo = stand.ids[4]
    stand.library.tag("one", [photo])
    stand.library.tag("two", [photo])
    stand.show(photo)
    assert {"one", "two"} <= set(stand.chips())
    chip = stand.chip("one")
    stand.qtbot.mouseClick(chip, LEFT, pos=QPoint(chip.width() - 10, chip.height() // 2))
    buttons = [each for each in chip.children() if getattr(each, "accessibleName", str)() == "Remove one"]
    stand.click(buttons[0])  # type: ignore[arg-type]
    stand.wait(lambda: "one" not in stand.chips())
    stand.chip("two").setFocus()
    stand.qtbot.keyClick(stand.chip("two"), Key.Key_Delete)
    stand.wait(lambda: "two" not in stand.chips())
    assert "one" not in stand.library.decided([photo])


def test_a_click_on_a_chip_asks_for_its_photos(stand: Stand) -> None:
    tag = 'a "quoted" tag'
    stand.library.tag(tag, [stand.ids[0]])
    stand.show(stand.ids[0])
    with stand.qtbot.waitSignal(stand.panel.tag_clicked, timeout=PATIENCE) as clicked:
        stand.qtbot.keyClick(stand.chip(tag), Key.Key_Return)
    assert clicked.args == [f"tag:{quote(tag)}"]


# Adding


def test_enter_adds_what_is_highlighted(stand: Stand) -> None:
    photo = stand.ids[3]
    stand.library.tag("Zanzibar", [stand.ids[0]])
    stand.show(photo)
    stand.panel.focus_add()
    edit = stand.panel.add_box.edit
    stand.qtbot.keyClicks(edit, "zanz")
    stand.wait(lambda: stand.panel.add_box.list.isVisible())
    stand.qtbot.keyClick(edit, Key.Key_Return)
    stand.wait(lambda: "Zanzibar" in stand.chips())
    assert edit.text() == "" and not stand.panel.add_box.list.isVisible()


def test_enter_right_after_typing_waits_for_the_answer(stand: Stand) -> None:
    stand.library.tag("Zanzibar", [stand.ids[0]])
    stand.show(stand.ids[3])
    edit = stand.panel.add_box.edit
    stand.qtbot.keyClicks(edit, "zanzib")
    stand.qtbot.keyClick(edit, Key.Key_Return)
    stand.wait(lambda: "Zanzibar" in stand.chips())


def test_shift_enter_makes_a_new_tag_exactly_as_typed(stand: Stand) -> None:
    stand.library.tag("Zanzibar", [stand.ids[0]])
    stand.show(stand.ids[3])
    edit = stand.panel.add_box.edit
    stand.qtbot.keyClicks(edit, "Zanz")
    stand.wait(lambda: stand.panel.add_box.list.isVisible())
    stand.qtbot.keyClick(edit, Key.Key_Return, SHIFT)
    stand.wait(lambda: "Zanz" in stand.chips())


def test_arrows_choose_and_escape_clears(stand: Stand) -> None:
    stand.show(stand.ids[3])
    box = stand.panel.add_box
    stand.qtbot.keyClicks(box.edit, "do")
    stand.wait(lambda: box.list.isVisible() and box.list.count() > 2)
    stand.qtbot.keyClick(box.edit, Key.Key_Down)
    second = box.list.item(1).text()
    stand.qtbot.keyClick(box.edit, Key.Key_Return)
    stand.wait(lambda: stand.chips() == [second])
    stand.qtbot.keyClicks(box.edit, "ca")
    stand.wait(lambda: box.list.isVisible())
    stand.qtbot.keyClick(box.edit, Key.Key_Escape)
    assert box.edit.text() == "" and not box.list.isVisible()


def test_a_tag_that_looks_like_markup_stays_text(stand: Stand) -> None:
    tag = "<b>bold</b> & <img src=x>"
    stand.library.tag(tag, [stand.ids[0]])
    suggest(stand.library, (stand.ids[0], {"<i>maybe</i>": 0.9}))
    stand.show(stand.ids[0])
    assert tag in stand.chips()
    assert "&lt;b&gt;" in stand.chip(tag).toolTip()
    assert "<i>" not in stand.rows()[0].chip.toolTip()
    for label in stand.panel.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText, label.text()


# Stars and labels


def test_stars_and_labels_by_mouse_and_key(stand: Stand) -> None:
    photo = stand.ids[1]
    stand.show(photo)
    stars = stand.panel.stars
    stand.qtbot.mouseClick(stars, LEFT, pos=QPoint(2 + 20 * 3 + 10, 12))
    stand.wait(lambda: stars.stars == 4)
    stand.qtbot.mouseClick(stars, LEFT, pos=QPoint(2 + 20 * 3 + 10, 12))
    stand.wait(lambda: stars.stars == 0)
    stand.panel.rate(2)
    stand.wait(lambda: stars.stars == 2)
    stars.setFocus()
    stand.qtbot.keyClick(stars, Key.Key_Right)
    stand.wait(lambda: stars.stars == 3)
    green = stand.panel.labels.swatches[2]
    stand.click(green)
    stand.wait(green.isChecked)
    record = stand.library.photo(photo)
    assert record is not None and (record.rating, record.label) == (3, "green")
    stand.click(green)
    stand.wait(lambda: not green.isChecked())
    stand.panel.set_label("red")
    stand.wait(stand.panel.labels.swatches[0].isChecked)


# Many photos


def test_the_strip_of_pictures_leaves_no_blank(stand: Stand) -> None:
    preview = stand.panel.preview
    stand.show(stand.ids[0])
    assert preview.height() == 150
    stand.show(*stand.ids[:6])
    stand.wait(lambda: preview.height() == (preview.width() - 12) // 4)
    stand.show(*stand.ids[:2])
    stand.wait(lambda: preview.height() == (preview.width() - 4) // 2)


def test_partial_tags_say_so_and_can_go_to_all(stand: Stand) -> None:
    ids = stand.ids[:3]
    stand.library.tag("beach", ids[:1])
    stand.show(*ids)
    chip = stand.chip("beach")
    assert chip.partial and "1 of 3" in chip.accessibleName()
    stand.qtbot.keyClick(chip, Key.Key_Plus)
    stand.wait(lambda: not stand.chip("beach").partial)
    assert stand.library.decided(ids)["beach"] == 3
    assert stand.said[-1].undo and stand.said[-1].kind is Kind.INFO


def test_of_very_many_tags_the_first_are_shown(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.library.judge([(photo, f"tag {number:02}", True) for number in range(30)])
    stand.show(photo)
    assert len(stand.chips()) == 24
    more = next(each for each in stand.panel.tags.findChildren(QPushButton) if each.isVisible())
    more.click()
    assert len(stand.chips()) == 30 and not more.isVisible()


def test_a_suggestion_is_accepted_only_where_it_is_one(stand: Stand) -> None:
    ids = stand.ids[:4]
    stand.show(*ids)
    rows = {row.tag: row for row in stand.rows()}
    assert "2 of 4" in rows["sand"].accessibleName()
    stand.click(rows["sand"].yes)
    stand.wait(lambda: "sand" in stand.chips())
    assert stand.library.decided(ids)["sand"] == 2
    assert stand.library.decided(ids[2:]).get("sand") is None
    stand.click({row.tag: row for row in stand.rows()}["dog"].no)
    stand.wait(lambda: stand.states()["dog"] is State.REJECTED)
    assert stand.library.rejected(ids) == {"dog": 2}


def test_mixed_ratings_and_dates(stand: Stand) -> None:
    stand.library.rate(3, stand.ids[:1])
    stand.show(*stand.ids)
    assert stand.panel.stars.stars is None
    assert "12" in stand.panel.head.name.text()
    stand.panel.rate(1)
    stand.wait(lambda: stand.panel.stars.stars == 1)
    assert {photo.rating for photo in stand.library.photos(stand.ids)} == {1}


def test_a_hand_that_is_faster_than_the_library_decides_on_the_right_photo(stand: Stand) -> None:
    first, second, third = stand.ids[0], stand.ids[2], stand.ids[5]
    stand.show(first)
    stand.panel.set_photos([second])
    stale = stand.rows()[0]
    assert stale.tag == "sand"
    stand.click(stale.yes)  # still shows the photo before
    stand.panel.accept_current()
    stand.wait(lambda: stand.library.decided([second]) == {"dog": 1})
    stand.panel.set_photos([first])
    stand.panel.accept_current()
    stand.panel.set_photos([third])
    stand.wait(lambda: stand.panel.facts.ids == (third,) and not stand.panel.decider.busy)
    assert not {"sand", "dog"} & set(stand.library.decided([first, third]))


def test_decisions_keep_their_order(stand: Stand) -> None:
    stand.show(stand.ids[0])
    for _ in range(5):
        stand.panel.rate(1)
        stand.panel.rate(5)
    stand.wait(lambda: not stand.panel.decider.busy and stand.panel.stars.stars == 5)
    assert [each.tag for each in stand.library.history(stand.ids[0])][-2:] == ["1", "5"]


# What comes from elsewhere


def test_new_suggestions_appear_without_losing_the_focus(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.show(photo)
    stand.panel.activateWindow()
    stand.rows()[1].yes.setFocus()
    suggest(stand.library, (photo, {"sand": 0.96, "sunset": 0.71, "dog": 0.4, "sky": 0.99}))
    stand.bridge.changes.emit(Change(What.SUGGESTIONS, frozenset({photo})))
    stand.wait(lambda: len(stand.rows()) == 4)
    assert [row.tag for row in stand.rows()] == ["sand", "sunset", "dog", "sky"]
    assert stand.rows()[1].yes.hasFocus()


def test_other_photos_changing_do_not_disturb(stand: Stand) -> None:
    stand.show(stand.ids[0])
    facts = stand.panel.facts
    stand.library.tag("elsewhere", [stand.ids[5]])
    stand.qtbot.wait(80)
    assert stand.panel.facts is facts


def test_rejected_tags_can_be_brought_back(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.library.reject("sand", [photo])
    stand.show(photo)
    assert [row.tag for row in stand.rows()] == ["sunset", "dog"]
    button = stand.panel.rejected.buttons[0]
    assert button.accessibleName() == "Bring sand back"
    button.click()
    stand.wait(lambda: "sand" in stand.chips())
    assert stand.library.rejected([photo]) == {}


def test_details_history_and_nothing_selected(stand: Stand) -> None:
    photo = stand.ids[0]
    stand.library.tag("beach", [photo])
    stand.show(photo)
    shown = {label.text().replace("\u200b", "") for label in stand.panel.details.findChildren(QLabel)}
    record = stand.library.photo(photo)
    assert record is not None
    assert str(record.path) in shown
    assert any("×" in text for text in shown) and any("Model 1" in text for text in shown)
    assert "beach" in stand.panel.history.text()
    stand.panel.set_photos([])
    stand.wait(lambda: stand.panel.facts.ids == ())
    assert not stand.panel.stars.isVisible()
    nothing = next(
        each for each in stand.panel.findChildren(QLabel) if each.text().startswith("Select photos")
    )
    picture = nothing.grab().toImage()
    ground = picture.pixel(0, 0)
    for x in (*range(24), *range(picture.width() - 24, picture.width())):
        assert all(picture.pixel(x, y) == ground for y in range(picture.height())), x


def test_every_control_has_a_name(stand: Stand) -> None:
    stand.library.tag("beach", stand.ids[:1])
    stand.show(*stand.ids[:2])
    for widget in stand.panel.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert widget.accessibleName() or isinstance(widget, QLabel), widget


# A guest


def test_a_guest_looks_and_changes_nothing(
    qtbot: QtBot, theme: Theme, full_library: Library, paths: Paths
) -> None:
    photo = int(full_library.find("").ids[0])
    full_library.tag("beach", [photo])
    suggest(full_library, (photo, {"sand": 0.9}))
    guest = Library.open(paths, read_only=True)
    stand = Stand(qtbot, guest)
    stand.show(photo)
    panel = stand.panel
    row = stand.rows()[0]
    assert not row.yes.isEnabled() and "read-only" in row.yes.toolTip()
    assert not panel.add_box.edit.isEnabled() and not panel.stars.isEnabled()
    panel.accept_current()
    stand.wait(lambda: bool(stand.said))
    assert stand.said[-1].kind is Kind.ERROR
    stand.wait(lambda: not row.pending)
    assert stand.chips() == ["beach"]
    stand.bridge.shutdown()
    guest.close()
