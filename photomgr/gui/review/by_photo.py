"""Deciding on one photo after the other: the photo large, its suggestions as numbered chips under it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from photomgr.core.records import Change, What
from photomgr.gui.frame.pages import Page, State
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.messages import Messages
from photomgr.gui.review.chips import ChipRow, Choice
from photomgr.gui.review.pace import DecisionPace
from photomgr.gui.tags.decider import Decider
from photomgr.gui.tags.facts import Facts, gather
from photomgr.gui.tags.suggestion_row import State as Stand
from photomgr.gui.threads.bridge import NOW, SOON, Bridge, Ticket
from photomgr.gui.viewer.photo_view import PhotoView
from photomgr.library.reviewing import Order

if TYPE_CHECKING:
    from photomgr.library import Library

_SHOWN: Final = 36  # suggestions of a photo: more than four rows would leave little of it
_TICKED: Final = 0.5  # from this probability on Enter takes a suggestion
_AHEAD: Final = 3  # photos whose suggestions are read before they are needed
_KEPT: Final = 64


class _View(PhotoView):
    """The photo view with the keys of the review. ``entered`` is True with Shift, ``stepped`` 1 or -1."""

    entered = Signal(bool)
    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(shift)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.canvas.fits:
            self.stepped.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)


class ByPhoto(QWidget):
    """``went_on`` follows each decision; ``closed`` asks to leave the review."""

    went_on = Signal()
    closed = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._known: dict[int, Facts] = {}
        self._asked: set[int] = set()
        self._outdated: set[int] = set()  # of those asked for: changed since the question went out
        self._asking: Ticket | None = None
        self._current = 0
        self._done: set[int] = set()  # photos on which something was decided here
        self.choices: list[Choice] = []
        self.photos = PhotoList(library, bridge, self)
        self.decider = Decider(library, bridge, messages, self)
        self.pace = DecisionPace()
        self.view = _View(library, bridge, self.photos, self)
        self.chips = ChipRow(self)
        self.page = Page(self)
        self._stale = QTimer(self, singleShot=True, interval=30)
        self._stale.timeout.connect(self._refresh)
        self._build()
        self.view.entered.connect(self.accept_shown)
        self.view.stepped.connect(self.step)
        self.view.moved.connect(self._arrived_at)
        self.view.closed.connect(self.closed)
        self.chips.pressed.connect(lambda place: self.toggle(place + 1))
        bridge.changes.connect(self._changed)

    def _build(self) -> None:
        self.hint = QLabel(self)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.hint.setWordWrap(True)
        self.hint.setText(
            self.tr(
                "↵ accepts what is ticked, Shift+↵ rejects the others too; digits tick; ↑ ↓ choose, then P, X or U"
            )
        )
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self.chips)
        column.addWidget(self.hint)
        both = QWidget(self)
        inner = QVBoxLayout(both)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.view, 1)
        inner.addWidget(below)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(both)
        self.stack.addWidget(self.page)
        self._both = both
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setFocusProxy(self.view)

    # which photos

    def open(self, order: Order, first: int | None = None) -> None:
        """All photos that wait, in that order; ``first`` is the one to begin with."""
        self.stop()
        self._asking = self._bridge.call(
            partial(self._library.reviewing.photos, order), partial(self._found, first), priority=SOON
        )

    def stop(self) -> None:
        """Nobody looks on any more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        self._known.clear()
        self._asked.clear()
        self._outdated.clear()

    def _found(self, first: int | None, ids: object) -> None:
        self._asking = None
        self.pace.begin()
        self._done.clear()
        self.photos.set_ids(ids)  # type: ignore[arg-type]
        if not self.photos.rowCount():
            self.went_on.emit()
            return
        self.stack.setCurrentWidget(self._both)
        wanted = first if first is not None and self.photos.row_of(first) >= 0 else self.photos.id_at(0)
        self.view.show_photo(wanted)
        self._arrived_at(wanted)
        self.went_on.emit()

    def say(self, state: State) -> None:
        """Show why there is nothing to decide on."""
        self.page.show_state(state)
        self.stack.setCurrentWidget(self.page)

    @property
    def waiting(self) -> int:
        """Photos of the queue on which nothing was decided yet."""
        return self.photos.rowCount() - len(self._done)

    @property
    def photo_id(self) -> int | None:
        return self.view.photo_id

    def _arrived_at(self, photo_id: int) -> None:
        self.choices = []
        self._current = 0
        facts = self._known.get(photo_id)
        if facts is not None:
            self._show(facts)
        else:
            self.chips.show_choices([], 0)
            self._read(photo_id, NOW)
        row = self.photos.row_of(photo_id)
        for ahead in range(row + 1, min(row + 1 + _AHEAD, self.photos.rowCount())):
            self._read(self.photos.id_at(ahead), SOON)

    def _read(self, photo_id: int, priority: int) -> None:
        if photo_id in self._asked or photo_id in self._known:
            return
        self._asked.add(photo_id)
        self._bridge.call(
            partial(gather, self._library, [photo_id]),
            partial(self._gathered, photo_id),
            partial(self._not_gathered, photo_id),
            priority=priority,
        )

    def _not_gathered(self, photo_id: int, error: BaseException) -> None:
        self._asked.discard(photo_id)
        self._outdated.discard(photo_id)
        self._bridge.failed.emit(error)

    def _gathered(self, photo_id: int, facts: Facts) -> None:
        self._asked.discard(photo_id)
        if photo_id in self._outdated:
            self._outdated.discard(photo_id)
            self._read(photo_id, NOW if photo_id == self.photo_id else SOON)
            return
        self._known[photo_id] = facts
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        if photo_id == self.photo_id and not (self.choices and self.decider.busy):
            self._show(facts)  # what is shown already and being decided on is read again after that

    def _show(self, facts: Facts) -> None:
        """Chips keep their places and numbers while the same photo is looked at."""
        still = {each.tag: each for each in facts.suggested}
        choices: list[Choice] = []
        for old in self.choices:
            tag = old.suggestion.tag
            if tag in still:
                choices.append(Choice(still.pop(tag), Stand.OPEN, old.ticked))
            elif tag in facts.decided:
                choices.append(Choice(old.suggestion, Stand.ACCEPTED, True))
            elif tag in facts.rejected:
                choices.append(Choice(old.suggestion, Stand.REJECTED, False))
            else:
                choices.append(Choice(old.suggestion, Stand.SETTLED, False, facts.settled.get(tag)))
        fresh = [Choice(each, Stand.OPEN, each.score >= _TICKED) for each in still.values()]
        self.choices = [*choices, *fresh][:_SHOWN]
        self._current = min(self._current, max(0, len(self.choices) - 1))
        if self.choices and self.choices[self._current].state is Stand.SETTLED:
            self._current = self._open_after(self._current) or self._current
        self.chips.show_choices(self.choices, self._current)

    def _changed(self, change: Change) -> None:
        if not change.what & (What.TAGS | What.SUGGESTIONS):
            return
        for photo in change.photos & self._known.keys() if change.photos else set(self._known):
            del self._known[photo]
        self._outdated |= change.photos & self._asked if change.photos else self._asked
        if self.photo_id is not None and (not change.photos or self.photo_id in change.photos):
            self._stale.start()

    def _refresh(self) -> None:
        if self.photo_id is not None and self.isVisible():
            self._read(self.photo_id, NOW)

    # deciding

    def _locked(self) -> bool:
        if self._library.read_only:
            self._messages.info(self.tr("The library is open read-only: nothing can be changed."))
        return self._library.read_only

    def decide(self, yes: bool) -> None:
        """Accept or reject the current chip and go on to the next one, then to the next photo."""
        photo = self.photo_id
        if photo is None or self._locked() or not self.choices:
            return
        choice = self.choices[self._current]
        if choice.state is Stand.OPEN:
            write = self.decider.accept if yes else self.decider.reject
            choice.state = Stand.ACCEPTED if yes else Stand.REJECTED
            write(choice.suggestion.tag, [photo])
            self._count(photo)
        self._onwards()

    def leave(self) -> None:
        """Leave the current chip undecided."""
        self._onwards()

    def _onwards(self) -> None:
        following = self._open_after(self._current)
        if following is None:
            self.view.next()
        else:
            self._current = following
        self.chips.show_choices(self.choices, self._current)

    def _open_after(self, place: int) -> int | None:
        """The next chip that is still to be decided on."""
        after = range(place + 1, len(self.choices))
        return next((each for each in after if self.choices[each].state is Stand.OPEN), None)

    def toggle(self, number: int) -> None:
        """Tick or untick the n-th chip, from 1; take back what was decided on it."""
        photo = self.photo_id
        if photo is None or not 1 <= number <= len(self.choices):
            return
        choice = self.choices[number - 1]
        if choice.state is Stand.SETTLED:
            return
        if choice.state is Stand.OPEN:
            choice.ticked = not choice.ticked
        elif not self._locked():
            back = (
                self.decider.take_off if choice.state is Stand.ACCEPTED else self.decider.take_rejection_back
            )
            back(choice.suggestion.tag, [photo])
            choice.state = Stand.OPEN
        self._current = number - 1
        self.chips.show_choices(self.choices, self._current)

    def step(self, by: int) -> None:
        """The chip beside."""
        if self.choices:
            self._current = (self._current + by) % len(self.choices)
            self.chips.show_choices(self.choices, self._current)

    def accept_shown(self, reject_others: bool = False) -> None:
        """Accept what is ticked in one action, reject the others too or leave them, and go on."""
        photo = self.photo_id
        if photo is None or self._locked():
            return
        pairs = [
            (photo, each.suggestion.tag, each.ticked)
            for each in self.choices
            if each.state is Stand.OPEN and (each.ticked or reject_others)
        ]
        if pairs:
            self.decider.judge(pairs)
            self._count(photo)
        self.view.next()

    def _count(self, photo: int) -> None:
        self._known.pop(photo, None)
        if photo not in self._done:
            self._done.add(photo)
            self.pace.add(time.monotonic(), 1)
        self.went_on.emit()
