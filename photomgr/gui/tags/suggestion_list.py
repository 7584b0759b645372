"""The suggestions of the selected photos, with one of them current for the keys P, X and U.

While the same photos stay selected, a decided suggestion keeps its place and its number, so that a
slip can be put right where it happened. So does one that was settled on the way, so that no digit
means another tag than the one that was read beside it.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from photomgr.core.records import Settled, SuggestedTag
from photomgr.gui.tags.facts import Facts
from photomgr.gui.tags.suggestion_row import State, SuggestionRow

_FIRST: Final = 12  # rows that are shown before "more" is asked for


class SuggestionList(QWidget):
    """``accepted``, ``rejected``, ``taken_back``, ``review_wanted`` and ``menu_wanted`` carry a tag's name.
    ``why_wanted`` carries the row whose reasons are to be shown, None when none are any more."""

    accepted = Signal(str)
    rejected = Signal(str)
    taken_back = Signal(str)
    menu_wanted = Signal(str, object)
    why_wanted = Signal(object)
    review_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._of = 0
        self._locked = ""
        self._shown: list[tuple[SuggestedTag, State]] = []
        self._current = ""
        self._all = False
        self._settled: dict[str, Settled] = {}
        self.rows: list[SuggestionRow] = []
        self.empty = QLabel(self)
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setWordWrap(True)
        self.more = QToolButton(self)
        self.more.setProperty("flat", True)
        self.more.setAutoRaise(True)
        self.more.clicked.connect(self._show_all)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addWidget(self.empty)
        self._layout.addWidget(self.more)
        self.more.hide()

    @property
    def current(self) -> SuggestionRow | None:
        return next((row for row in self.rows if row.tag == self._current and not row.isHidden()), None)

    @property
    def open_count(self) -> int:
        return sum(state is State.OPEN for _, state in self._shown)

    def begin(self) -> None:
        """Other photos are looked at: forget what was decided before."""
        self._shown = []
        self._current = ""
        self._all = False

    def show_facts(self, facts: Facts, locked: str, nothing: str) -> None:
        """``locked`` says why nothing can be decided; ``nothing`` what to say when there is nothing."""
        self._of, self._locked, self._settled = facts.count, locked, facts.settled
        still_open = {each.tag: each for each in facts.suggested}
        shown: list[tuple[SuggestedTag, State]] = []
        for before, _ in self._shown:
            if before.tag in still_open:
                shown.append((still_open.pop(before.tag), State.OPEN))
            elif before.tag in facts.decided:
                shown.append((before, State.ACCEPTED))
            elif before.tag in facts.rejected:
                shown.append((before, State.REJECTED))
            else:
                shown.append((before, State.SETTLED))
        shown += [(each, State.OPEN) for each in still_open.values()]
        self._shown = shown
        self.empty.setText(nothing)
        self.empty.setVisible(not shown and bool(nothing))
        self._fill()

    def _fill(self) -> None:
        visible = self._shown if self._all else self._shown[:_FIRST]
        while len(self.rows) < len(visible):
            self._add_row()
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(visible))
            if number < len(visible):
                suggestion, state = visible[number]
                settled = self._settled.get(suggestion.tag)
                row.show_suggestion(suggestion, self._of, number + 1, state, self._locked, settled)
            else:
                row.tag = ""
        rest = len(self._shown) - len(visible)
        self.more.setVisible(rest > 0)
        self.more.setText(self.tr("%n more suggestion(s)", "", rest))
        if self.current is None or self.current.state is not State.OPEN:
            at = next((place for place, (each, _) in enumerate(visible) if each.tag == self._current), 0)
            around = (each.tag for each, state in visible[at:] + visible[:at] if state is State.OPEN)
            self._current = next(around, self._current)
        self._mark()

    def _add_row(self) -> None:
        row = SuggestionRow(self)
        row.accepted.connect(self._accept)
        row.rejected.connect(self._reject)
        row.chosen.connect(self._choose)
        row.menu_wanted.connect(self.menu_wanted)
        row.explained.connect(lambda shown: self._explain(row, shown))
        self.rows.append(row)
        self._layout.insertWidget(self._layout.indexOf(self.more), row)

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _choose(self, tag: str) -> None:
        self._current = tag
        self._mark()

    def _mark(self) -> None:
        for row in self.rows:
            row.set_current(bool(row.tag) and row.tag == self._current)

    def _accept(self, tag: str) -> None:
        row = next(row for row in self.rows if row.tag == tag)
        state = row.state
        row.set_pending()
        if tag == self._current:  # a digit decides on another one: P and X stay where they are
            self.step()
        (self.taken_back if state is State.ACCEPTED else self.accepted).emit(tag)

    def _reject(self, tag: str) -> None:
        row = next(row for row in self.rows if row.tag == tag)
        if row.state is State.REJECTED:
            return
        row.set_pending()
        self.step()
        self.rejected.emit(tag)

    def _explain(self, row: SuggestionRow, shown: bool) -> None:
        """One at a time."""
        if shown:
            self.close_why(but=row)
            self._choose(row.tag)
        if shown or not any(each.why.isChecked() for each in self.rows):
            self.why_wanted.emit(row if shown else None)

    def close_why(self, but: SuggestionRow | None = None) -> bool:
        """Show no reasons any more; True when some were shown."""
        shown = [row for row in self.rows if row is not but and row.why.isChecked()]
        for row in shown:
            row.why.setChecked(False)
        return bool(shown)

    # what the keys do

    def explain_current(self) -> None:
        """Show why the current one is suggested, or no more."""
        row = self.current
        if row is not None and row.can_explain:
            row.why.setChecked(not row.why.isChecked())

    def accept_current(self) -> None:
        if (row := self._waiting()) is not None:
            self._accept(row.tag)

    def reject_current(self) -> None:
        if (row := self._waiting()) is not None:
            self._reject(row.tag)

    def _waiting(self) -> SuggestionRow | None:
        row = self.current
        return row if row is not None and row.state is State.OPEN and not row.pending else None

    def toggle(self, number: int) -> None:
        """The n-th row, from 1: accepted, or when it is that already, taken back."""
        rows = [row for row in self.rows if not row.isHidden()]
        if 1 <= number <= len(rows):
            row = rows[number - 1]
            if not row.pending and row.state is not State.SETTLED:
                self._accept(row.tag)

    def step(self) -> None:
        """Make the next open suggestion the current one, after the last the first again."""
        rows = [row for row in self.rows if not row.isHidden()]
        at = next((number for number, row in enumerate(rows) if row.tag == self._current), -1)
        around = rows[at + 1 :] + rows[: max(at, 0)]
        following = next((row for row in around if row.state is State.OPEN and not row.pending), None)
        if following is not None:
            self._choose(following.tag)
