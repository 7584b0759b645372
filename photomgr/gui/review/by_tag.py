"""Deciding on one tag: a wall of the photos that it is proposed for, swept by key or in one stroke."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.frame.pages import Choice, Page, State
from photomgr.gui.looks import texts
from photomgr.gui.looks.elided import heading
from photomgr.gui.messages import Messages
from photomgr.gui.review.bands import Bands
from photomgr.gui.review.pace import DecisionPace
from photomgr.gui.review.session import TagSession
from photomgr.gui.review.wall import Wall
from photomgr.gui.tags.decider import Decider
from photomgr.gui.tags.details import moment_text
from photomgr.gui.threads.bridge import Bridge
from photomgr.library.reviewing import Order

if TYPE_CHECKING:
    from photomgr.library import Library


class ByTag(QWidget):
    """``looked_at`` carries the photos that are current (a list), ``opened`` one to be seen large, ``finished``
    the tag of which nothing waits any more, ``went_on`` follows each decision."""

    looked_at = Signal(object)
    opened = Signal(int)
    finished = Signal(str)
    went_on = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._messages = messages
        self.decider = Decider(library, bridge, messages, self)
        self.session = TagSession(library, bridge, self.decider, self)
        self.wall = Wall(library, bridge, self)
        self.pace = DecisionPace()
        self._decided: set[int] = set()  # in this review, those undone taken out again
        self.bands = Bands(self)
        self.plot = self.bands.plot
        self.page = Page(self)
        self._build()
        self.session.hand_at = lambda: self.wall.hand_at
        self.session.changed.connect(self._changed)
        self.wall.selection_changed.connect(self.looked_at)
        self.wall.opened.connect(self.opened)
        self.wall.ticks_changed.connect(self._count)
        self.bands.moved.connect(self.session.move_line)
        self.bands.settled.connect(self.session.settle_line)
        self.itself.clicked.connect(self.session.set_automatic)
        self.decider.refused.connect(self._count)

    def _build(self) -> None:
        self.name = heading(self)
        self.about = QLabel(self)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.about.setWordWrap(True)
        self.about.setToolTip(
            self.tr(
                "Of those that are suggested. What is hidden, as the model holds it for unlikely, is not counted."
            )
        )
        self.itself = QCheckBox(self.tr("Accept by itself what is above the line"), self)
        self.itself.setToolTip(
            self.tr(
                "Also photos that come later. Each time is a run of its own that can be taken back as a whole."
            )
        )
        self.itself.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.accept_button = QPushButton(self)
        self.accept_button.clicked.connect(lambda: self.accept_ticked(False))
        self.both_button = QPushButton(self)
        self.both_button.clicked.connect(lambda: self.accept_ticked(True))
        for button in (self.accept_button, self.both_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.about)
        words.addWidget(self.itself)
        words.addStretch(1)
        buttons = QVBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.accept_button)
        buttons.addWidget(self.both_button)
        self._steady()
        self.head = QFrame(self)
        top = QHBoxLayout(self.head)
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(14)
        top.addLayout(words, 1)
        top.addWidget(self.bands, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(buttons)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.wall)
        self.stack.addWidget(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.stack, 1)
        self.setFocusProxy(self.wall)

    def _steady(self) -> None:
        """Room for the longest count and for two lines, so that nothing moves under a hand that drags the line."""
        self.accept_button.setText(self.tr("Accept %n ticked photo(s)", "", 88_888))
        self.accept_button.setMinimumWidth(self.accept_button.sizeHint().width())
        two = 2 * self.about.fontMetrics().lineSpacing()
        least = self.name.sizeHint().height() + two + self.itself.sizeHint().height() + 4
        self._tall = max(least, self.bands.sizeHint().height()) + 16

    # what is shown

    def open(self, tag: str | None, order: Order, grouped: bool) -> None:
        """Review a tag; nothing for None."""
        self.pace.begin()
        self._decided.clear()
        self.wall.forget_ticks()
        self.session.open(tag, order, grouped)
        self.name.set_text(tag or "")
        self._changed(True)

    def reorder(self, order: Order, grouped: bool) -> None:
        """The same tag in another order, or in groups."""
        self.session.open(self.session.tag, order, grouped)
        self._changed(True)

    def say(self, state: State) -> None:
        """Show why there is no photo to decide on."""
        self.page.show_state(state)
        self.stack.setCurrentWidget(self.page)
        self.head.setVisible(False)

    def _changed(self, fresh: bool) -> None:
        session = self.session
        if session.tag is None:
            return
        arrangement = session.arrangement()
        current = None
        if fresh and len(arrangement.ids):
            ask_first = session.order is Order.TEACHING and arrangement.line >= 0
            row = int(arrangement.starts[arrangement.line]) if ask_first else 0
            current = int(arrangement.ids[row])
        elif (back := self._came_back()) is not None:
            current = back
        self.wall.arrange(arrangement, current)
        self.head.setVisible(True)
        if session.known and not session.waiting:
            self.stack.setCurrentWidget(self.page)
            self.finished.emit(session.tag)
        elif not session.known:
            self._wait()
        else:
            self.stack.setCurrentWidget(self.wall)
        self._count()
        if fresh:
            self.looked_at.emit(self.wall.selected_ids())

    def _came_back(self) -> int | None:
        """The first of the photos that were decided in this review and wait again: what an undo brought back is
        shown, and not counted any more."""
        if not self._decided:
            return None
        ids = self.session.arrangement().ids
        back = ids[np.isin(ids, np.fromiter(self._decided, np.int64))].tolist()
        if not back:
            return None
        self._decided.difference_update(back)
        self.pace.take_back(len(back))
        return int(back[0])

    def _wait(self) -> None:
        text = (
            self.tr("Looking for photos that belong together…")
            if self.session.grouped
            else self.tr("One moment…")
        )
        if self.page.state is None or self.page.state.title != text:
            self.page.show_state(State("waiting", "photos", text, ""))
        self.stack.setCurrentWidget(self.page)

    def _count(self) -> None:
        session, wall = self.session, self.session.wall
        ticked = int(self.wall.ticked().sum())
        grouped = session.grouped
        locked = self._library.read_only
        self.accept_button.setVisible(not grouped)
        self.both_button.setVisible(not grouped)
        self.itself.setVisible(not grouped)
        self.itself.setEnabled(wall is not None and not locked)
        self.itself.setChecked(wall is not None and wall.proposed.automatic)
        self.bands.setVisible(not grouped)
        self.bands.lock(locked)
        self.head.setMinimumHeight(0 if grouped else self._tall)
        self.accept_button.setText(self.tr("Accept %n ticked photo(s)", "", ticked))
        self.accept_button.setEnabled(ticked > 0 and not locked)
        self.accept_button.setToolTip(self.tr("Accept what is ticked; what is not is left for later (A)"))
        left_out = len(self.wall.outliers())
        self.both_button.setText(self.tr("…and reject %n unticked", "", left_out))
        self.both_button.setEnabled(left_out > 0 and not locked)
        self.both_button.setToolTip(
            self.tr("Accept what is ticked, reject what you unticked above the line (Shift+A)")
        )
        if wall is None:
            self.about.setText("")
            return
        self.about.setText(self._forecast())
        proposed = wall.proposed
        counted = (proposed.foretold, proposed.foretold_right)
        by_hand = proposed.by_hand or session.moved
        self.bands.show_tag(session.all_scores, counted, session.line, session.ask, by_hand)

    def _forecast(self) -> str:
        session, wall = self.session, self.session.wall
        if wall is None or not session.waiting:
            return ""
        above = int((session.scores >= session.line).sum())
        parts = [
            self.tr("{sure} sure, {ask} to ask").format(
                sure=texts.number(above), ask=texts.number(session.waiting - above)
            )
        ]
        if wall.needed:
            text = self.tr("about {n} more decisions to find 95 % of the right ones here")
            parts.append(text.format(n=texts.number(_rounded(wall.needed))))
        elif wall.proposed.accepted:
            parts.append(self.tr("95 % of the right ones here are found"))
        if wall.until:
            text = self.tr("learns only from decisions until {moment}")
            parts.append(text.format(moment=moment_text(wall.until)))
        return " \u00b7 ".join(parts).replace(" %", "\u00a0%")

    # deciding

    def accept_ticked(self, reject_others: bool) -> None:
        """Accept what is ticked in one undoable action, and maybe reject what was unticked above the line."""
        if self.session.grouped:
            self.decide(True)
            return
        accepted = self.wall.ticked_ids()
        rejected = self.wall.outliers() if reject_others else []
        if not accepted and not rejected:
            self._messages.info(self.tr("No photo is ticked: a click or Space ticks one."))
            return
        self._decide(accepted, rejected)

    def decide(self, yes: bool) -> None:
        """Accept or reject what is current: the selected photos, or those ticked of a group."""
        chosen = self._current()
        if chosen:
            self._decide(chosen if yes else [], [] if yes else chosen)

    def _current(self) -> list[int]:
        row = self.wall.current_row()
        arrangement = self.wall.arrangement
        if not 0 <= row < len(arrangement.ids):
            return []
        if self.session.grouped and arrangement.number_of(row) != arrangement.apart:
            return self.wall.ticked_ids(arrangement.section_of(row)) or [int(arrangement.ids[row])]
        return self.wall.selected_ids() or [int(arrangement.ids[row])]

    def leave(self) -> None:
        """Leave what is current undecided and go on."""
        row, arrangement = self.wall.current_row(), self.wall.arrangement
        if not 0 <= row < len(arrangement.ids):
            return
        grouped = self.session.grouped and arrangement.number_of(row) != arrangement.apart
        following = arrangement.section_of(row).stop if grouped else row + 1
        self.wall.selecting.only(following if following < len(arrangement.ids) else 0)

    def _decide(self, accepted: Sequence[int], rejected: Sequence[int]) -> None:
        if self._library.read_only:
            self._messages.info(self.tr("The library is open read-only: nothing can be changed."))
            return
        following = self.wall.next_without({*accepted, *rejected})
        self._decided.update(accepted, rejected)
        self.session.decide(accepted, rejected)
        self.pace.add(time.monotonic(), len(accepted) + len(rejected))
        self.wall.arrange(self.session.arrangement(), following)
        if not self.session.waiting and self.session.tag is not None:
            self.finished.emit(self.session.tag)
        self.went_on.emit()

    def done_state(self, tag: str, following: str | None, go: Choice | None) -> State:
        """What the page says when nothing waits for a tag any more."""
        title = self.tr("Nothing waits for {tag}").format(tag=texts.one_line(tag))
        text = self.tr("Every photo that it is suggested for is decided. New photos bring new suggestions.")
        if following is not None:
            text = self.tr("Every photo that it is suggested for is decided.")
        return State("done", "check", title, text, (go,) if go is not None else ())


def _rounded(count: int) -> int:
    """An estimate is not said to the last digit."""
    return count if count < 20 else round(count / 10) * 10 if count < 400 else round(count / 100) * 100
