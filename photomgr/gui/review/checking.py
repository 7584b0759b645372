"""Checking the tags that photos have: such that are probably wrong, and such that are probably missing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.learning import SURE
from photomgr.core.records import Change, What
from photomgr.gui.frame.pages import Choice, Page, State
from photomgr.gui.looks import texts
from photomgr.gui.looks.elided import heading
from photomgr.gui.messages import Messages
from photomgr.gui.review.arrangement import Arrangement, by_line
from photomgr.gui.review.columns import beside, chooser, faint
from photomgr.gui.review.doubts import Doubted, DoubtModel
from photomgr.gui.review.pace import DecisionPace
from photomgr.gui.review.wall import Wall
from photomgr.gui.tags.decider import Decider
from photomgr.gui.threads.bridge import SOON, Bridge, JobHandle
from photomgr.gui.threads.rereading import Rereading
from photomgr.jobs import Progress
from photomgr.library.refinement import FEWEST, Checked, Doubt

if TYPE_CHECKING:
    from photomgr.library import Library

CHECK: Final = "check tags"
_PAUSE: Final = 400  # milliseconds in which changes are gathered


class Checking(QWidget):
    """``looked_at`` carries the photos that are current, ``opened`` one to be seen large, ``went_on`` follows each
    decision and how far the check is, ``tag_changed`` carries the tag that is looked at, or None."""

    looked_at = Signal(object)
    opened = Signal(int)
    went_on = Signal()
    tag_changed = Signal(object)
    left = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self.decider = Decider(library, bridge, messages, self)
        self.model = DoubtModel(self)
        self.wall = Wall(library, bridge, self)
        self.page = Page(self)
        self.pace = DecisionPace()
        self._checked = Checked()
        self._progress: Progress | None = None
        self._shown: Doubted | None = None
        self._place = 0  # in the list, which the tag below takes when nothing is left of this one
        self._standing = Rereading(
            bridge, self._read_standing, self._show_standing, self, pause=_PAUSE, priority=SOON
        )
        self._build()
        self.view.selectionModel().currentChanged.connect(lambda index, _: self._choose(index))
        self.wall.selection_changed.connect(self._look)
        self.wall.opened.connect(self.opened)
        self.wall.ticks_changed.connect(self._count)
        self.decider.refused.connect(self._standing.soon)
        bridge.changes.connect(self._changed)

    def _build(self) -> None:
        name = self.tr("Tags that are probably wrong or missing")
        self.view = chooser(self.model, name, self)
        self.name = heading(self)
        self.about = faint(self)
        self.why = faint(self)
        words = QVBoxLayout()
        words.setSpacing(3)
        for label in (self.name, self.about, self.why):
            words.addWidget(label)
        self.do_button = QPushButton(self)
        self.do_button.clicked.connect(lambda: self.settle(False))
        self.both_button = QPushButton(self)
        self.both_button.clicked.connect(lambda: self.settle(True))
        self.do_button.setToolTip(self.tr("What is not ticked is left for later (A)"))
        self.both_button.setToolTip(self.tr("Decides what you unticked above the line, too (Shift+A)"))
        buttons = QVBoxLayout()
        buttons.setSpacing(4)
        for button in (self.do_button, self.both_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button)
        buttons.addStretch(1)
        head = QFrame(self)
        top = QHBoxLayout(head)
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(14)
        top.addLayout(words, 1)
        top.addLayout(buttons)
        self.columns = beside(self.view, head, self.wall, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.columns)
        self.stack.addWidget(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setFocusProxy(self.wall)

    # looking through the library

    def open(self) -> None:
        """Check the tags, unless nothing has changed since; what was found before is shown meanwhile."""
        if self._bridge.job(CHECK) is not None:
            return
        self.pace.begin()
        if not self.model.rows:
            self._wait()
        job: JobHandle = self._bridge.start(CHECK, self._library.refinement.check)
        job.progress.connect(self._went)
        job.finished.connect(self._found)
        job.failed.connect(self._failed)
        job.cancelled.connect(lambda: self._went(None))
        self.tag_changed.emit(self.tag)

    @property
    def tag(self) -> str | None:
        """The one that is looked at."""
        return self._shown.tag if self._shown is not None else None

    def stop(self) -> None:
        """Nobody looks on any more."""
        self._standing.stop()
        if (job := self._bridge.job(CHECK)) is not None:
            job.cancel()

    @property
    def progress(self) -> str:
        """How far the check is, else how far the person."""
        if self._progress is None:
            return self.pace.text(self.model.waiting)
        if not self._progress.total:
            return self.tr("Looking at the tags…")
        return self.tr("Looking at the tags: {done} of {photos}").format(
            done=texts.number(self._progress.done), photos=texts.photos(self._progress.total)
        )

    def _wait(self) -> None:
        text = self.tr(
            "Each tag is held against what the model sees in the picture and against the photos that look alike."
        )
        self._say("checking", "tag", self.tr("Looking at the tags…"), text)

    def _went(self, progress: Progress | None) -> None:
        self._progress = progress
        self.went_on.emit()

    def _found(self, checked: Checked) -> None:
        self._checked = checked
        self._progress = None
        self.model.set_found(checked.found)
        self._show()
        self._standing.now()  # somebody may have decided while it was looking
        self.went_on.emit()

    def _failed(self, error: BaseException) -> None:
        self._progress = None
        if self._library.model_problem:
            self._say("model", "model", self.tr("The tags cannot be checked"), str(error))
        else:
            self._bridge.failed.emit(error)
        self.went_on.emit()

    def _say(self, name: str, icon: str, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        self._shown = None
        self.page.show_state(State(name, icon, title, text, choices))
        self.stack.setCurrentWidget(self.page)
        self.tag_changed.emit(None)
        self.looked_at.emit([])

    def _say_nothing(self) -> None:
        """Why nothing is shown, and how far the looking went: silence is not praise."""
        checked = self._checked
        back = (Choice(self.tr("Back to the photos"), self.left.emit, "photos", first=True),)
        waiting = self.tr("The model has not looked at %n photo(s) with tags yet.", "", checked.waiting)
        if not checked.photos:
            title = self.tr("There are no tags to check")
            text = waiting if checked.waiting else self.tr("No photo has a tag yet.")
        else:
            title = self.tr("No tag looks wrong, and none is missed")
            text = self.tr("Looked at %n tag(s) on {photos}.", "", checked.tags)
            rest = self.tr("Tags on fewer than {n} photos are left out.").format(n=FEWEST)
            text = f"{text.format(photos=texts.photos(checked.photos))} {rest}"
            if checked.waiting:
                text = f"{text} {waiting}"
        self._say("nothing", "check", title, text, back)

    # what was decided elsewhere, or is undone

    def _changed(self, change: Change) -> None:
        if self.isVisible() and self._checked.found and change.what & What.TAGS:
            self._standing.soon()

    def _read_standing(self) -> tuple[Sequence[Doubt], set[tuple[int, str]]]:
        found = self._checked.found
        return found, self._library.refinement.standing(found)

    def _show_standing(self, answer: tuple[Sequence[Doubt], set[tuple[int, str]]]) -> None:
        of, standing = answer
        if self.decider.busy or of is not self._checked.found:
            self._standing.soon()  # what is being saved would come back for a moment
            return
        before = {row.key: len(row.doubts) for row in self.model.rows}
        self.model.keep(standing)
        self._show()
        for row in self.model.rows:  # what an undo brought back is shown
            if (more := len(row.doubts) - before.get(row.key, 0)) > 0:
                self.pace.take_back(more)
                self.view.setCurrentIndex(self.model.index_of(row))
        self.went_on.emit()

    # what is shown

    def _show(self) -> None:
        """The tag that was looked at, or the one that took its place."""
        if not self.model.rows:
            self._say_nothing()
            return
        if self.stack.currentWidget() is not self.columns:
            self.stack.setCurrentWidget(self.columns)
            self.wall.setFocus()
        place = self.model.row_of(self._shown.key if self._shown is not None else None)
        if place < 0:
            place = min(self._place, len(self.model.rows) - 1)
        index = self.model.index_of(self.model.rows[place])
        self.view.setCurrentIndex(index)
        self._choose(index)

    def _choose(self, index: QModelIndex) -> None:
        row, before = self.model.at(index), self._shown
        if row is None or row == before:
            return
        self._shown, self._place = row, self.model.row_of(row.key)
        fresh = before is None or row.key != before.key
        if fresh:
            self.wall.forget_ticks()
        arrangement = self._arrangement(row)
        self.wall.arrange(arrangement, int(arrangement.ids[0]) if fresh else None)
        self.name.set_text(row.tag)
        about = self.tr("Others of your photos have it, and these probably lack it")
        if not row.missing:
            about = self.tr("It came with the files, and is probably wrong on these photos")
        self.about.setText(about)
        if fresh:
            self.tag_changed.emit(row.tag)
        self._look(self.wall.selected_ids())

    def _arrangement(self, row: Doubted) -> Arrangement:
        ids = np.array([one.photo for one in row.doubts], np.int64)
        said = (
            self.tr("a click unticks an outlier; A takes it off the ticked ones"),
            self.tr("P keep it, X take it off, U leave"),
        )
        if row.missing:
            said = (
                self.tr("a click unticks an outlier; A gives it to the ticked ones"),
                self.tr("P give it, X it does not belong there, U leave"),
            )
        return by_line(ids, np.array([one.score for one in row.doubts]), SURE, said)

    def _look(self, ids: list[int]) -> None:
        """Say of the current photo why the tag is doubted or missed."""
        found = self._shown.doubts if self._shown is not None else ()
        current = self.wall.current_id()
        one = next((each for each in found if each.photo == current), None)
        self.why.setText(
            f"{texts.percent(one.score)}: {self._reason(one.missing, one.witness)}" if one else ""
        )
        self.looked_at.emit(ids)

    def _reason(self, missing: bool, witness: str) -> str:
        speaks_for = {
            "network": self.tr("the picture speaks for it"),
            "neighbours": self.tr("photos that look alike have it"),
        }
        against = {
            "network": self.tr("the picture speaks against it"),
            "neighbours": self.tr("photos that look alike do not have it"),
        }
        return (speaks_for if missing else against)[witness]

    def _count(self) -> None:
        missing = self._shown is not None and self._shown.missing
        ticked, unticked = int(self.wall.ticked().sum()), len(self.wall.outliers())
        locked = self._library.read_only
        if missing:
            self.do_button.setText(self.tr("Give it to %n ticked photo(s)", "", ticked))
            self.both_button.setText(self.tr("…and never to %n unticked", "", unticked))
        else:
            self.do_button.setText(self.tr("Take it off %n ticked photo(s)", "", ticked))
            self.both_button.setText(self.tr("…and keep it on %n unticked", "", unticked))
        self.do_button.setEnabled(ticked > 0 and not locked)
        self.both_button.setEnabled(unticked > 0 and not locked)

    # deciding

    def settle(self, others_too: bool) -> None:
        """Do with the ticked photos what the check proposes, and maybe the reverse with what was unticked."""
        if self._shown is None:
            return
        ticked = self.wall.ticked_ids()
        others = self.wall.outliers() if others_too else []
        if not ticked and not others:
            self._messages.info(self.tr("No photo is ticked: a click or Space ticks one."))
        elif self._shown.missing:
            self._decide(ticked, others)
        else:
            self._decide(others, ticked)

    def decide(self, yes: bool) -> None:
        """Say that the current photos have the tag, or do not."""
        current = self.wall.selected_ids()
        if self._shown is not None and current:
            self._decide(current if yes else [], [] if yes else current)

    def leave(self) -> None:
        """Leave the current photo undecided and go on."""
        row = self.wall.current_row() + 1
        if self.wall.photos.rowCount():
            self.wall.selecting.only(row if row < self.wall.photos.rowCount() else 0)

    def next_tag(self) -> None:
        """Go on with the tag below, after the last with the first."""
        if rows := self.model.rows:
            self.view.setCurrentIndex(self.model.index_of(rows[(self._place + 1) % len(rows)]))

    def _decide(self, has: Sequence[int], lacks: Sequence[int]) -> None:
        if self._library.read_only:
            self._messages.info(self.tr("The library is open read-only: nothing can be changed."))
            return
        if self._shown is None:
            return
        tag, gone = self._shown.tag, {*has, *lacks}
        following = self.wall.next_without(gone)
        self.decider.judge([(photo, tag, True) for photo in has] + [(photo, tag, False) for photo in lacks])
        self.pace.add(time.monotonic(), len(gone))
        self.model.drop(tag, gone)
        self._show()
        if following is not None and (row := self.wall.photos.row_of(following)) >= 0:
            self.wall.selecting.only(row)
        self.wall.setFocus()
        self.went_on.emit()
