"""The review of one tag: what waits for it, what was decided and is being saved, what the learner makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from photomgr.core.records import Change, What
from photomgr.gui.review.arrangement import Arrangement, Ids, by_group, by_line, nothing
from photomgr.gui.tags.decider import Decider
from photomgr.gui.threads.bridge import NOW, Bridge, JobHandle, Ticket
from photomgr.library.reviewing import Order, Together, Wall

if TYPE_CHECKING:
    from photomgr.library import Library

GROUPS: Final = "groups"
_PAUSE: Final = 250  # milliseconds in which changes are gathered
_STEADY: Final = 0.8  # seconds without the mouse after which photos may change their places
_COARSE: Final = 0.006  # scores are kept in steps, the end of what is hidden is not
_MOVES: Final = What.TAGS | What.SUGGESTIONS | What.PRESENCE | What.PHOTOS


class TagSession(QObject):
    """``changed`` follows whenever there is something else to show; its argument says that it is another tag or
    order, so that nothing has to stay in its place."""

    changed = Signal(bool)

    def __init__(
        self, library: Library, bridge: Bridge, decider: Decider, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._decider = decider
        self.tag: str | None = None
        self.order = Order.CONFIDENCE
        self.grouped = False
        self.wall: Wall | None = None
        self.hand_at: Callable[[], float] = lambda: 0.0
        self._line: float | None = None
        self._ask_line: float | None = None
        self._in_hand = False  # the line was moved and is not kept yet
        self._groups: list[Together] | None = None
        self._ids: Ids = np.zeros(0, np.int64)
        self._scores: NDArray[np.float64] = np.zeros(0)
        self._held: dict[int, int] = {}  # photo -> the number of the write that decides on it
        self._asked_writes = self._done_writes = 0
        self._asking: Ticket | None = None
        self._again = False
        self._fresh = False
        self._soon = QTimer(self, singleShot=True, interval=_PAUSE)
        self._soon.timeout.connect(self._ask)
        decider.saved.connect(self._saved)
        decider.refused.connect(self._refused)
        bridge.changes.connect(self._changed)

    # what is reviewed

    def open(self, tag: str | None, order: Order, grouped: bool) -> None:
        """Review a tag, None for none."""
        self.stop()
        self.tag, self.order, self.grouped = tag, order, grouped
        self._line = self._ask_line = self._groups = self.wall = None
        self._in_hand = False
        self._ids, self._scores = np.zeros(0, np.int64), np.zeros(0)
        self._fresh = True
        if tag is not None:
            self._ask()

    def stop(self) -> None:
        """Nobody looks on any more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        self._again = False
        self._soon.stop()
        if (job := self._bridge.job(GROUPS)) is not None:
            job.cancel()
        self.tag = None

    @property
    def line(self) -> float:
        """The score from which on photos stand above the line."""
        if self._line is not None:
            return self._line
        return self.wall.proposed.sure if self.wall is not None else 1.0

    @property
    def ask(self) -> float:
        """The score from which on photos are asked about, 0 when nobody knows."""
        if self._ask_line is not None:
            return self._ask_line
        return self.wall.proposed.ask if self.wall is not None else 0.0

    @property
    def moved(self) -> bool:
        """Whether a band is moved for this review, and not kept yet."""
        return self._line is not None

    def move_line(self, line: float | None, ask: float | None = None) -> None:
        """Draw the line elsewhere for this review, and the end of what is hidden with ``ask``; None: where they
        are kept."""
        self._line, self._ask_line = line, ask
        self._in_hand = line is not None
        self.changed.emit(False)

    def settle_line(self, line: float | None, ask: float | None = None) -> None:
        """Keep the line where it was drawn, and the score from which on is asked where that was moved, as an
        undoable action; a guest's line is gone with the review."""
        if self.tag is None or self.wall is None or self._library.read_only:
            return
        self._in_hand = False
        self._asked_writes += 1
        lowest = float(self._scores.min()) if len(self._scores) else line or 1.0
        ask = ask or self.wall.proposed.ask or lowest
        bands = (line, min(line, ask)) if line is not None else None
        self._decider.set_bands(self.tag, bands)

    def set_automatic(self, on: bool) -> None:
        """Let what stands above the line be accepted by itself, or no more."""
        if self.tag is not None:
            self._asked_writes += 1
            self._decider.set_automatic(self.tag, on)

    @property
    def waiting(self) -> int:
        """Photos that wait for this tag."""
        return len(self._shown()[0])

    @property
    def scores(self) -> NDArray[np.float64]:
        """Of the photos that wait."""
        return self._shown()[1]

    @property
    def all_scores(self) -> NDArray[np.float64]:
        """Those of hidden ones too, while the end of what is hidden is moved."""
        return self._scores

    def _shown(self) -> tuple[Ids, NDArray[np.float64]]:
        """Ids and scores of what a person wants to see: from the hand's own end of what is hidden on."""
        by_hand = self.wall is not None and self.wall.proposed.by_hand
        if self._ask_line is None and not by_hand:
            return self._ids, self._scores
        seen = self._scores >= self.ask - _COARSE
        return self._ids[seen], self._scores[seen]

    @property
    def known(self) -> bool:
        """Whether it is known what waits."""
        return self.wall is not None and (not self.grouped or self._groups is not None)

    def arrangement(self) -> Arrangement:
        """What to show now."""
        if self.wall is None:
            return nothing()
        ids, scores = self._shown()
        if self.grouped:
            return by_group(ids, scores, self._groups or [])
        return by_line(ids, scores, self.line)

    # deciding

    def decide(self, accepted: Sequence[int], rejected: Sequence[int] = ()) -> None:
        """Write it in the background as one undoable action; the photos leave at once."""
        if self.tag is None or not (accepted or rejected):
            return
        self._asked_writes += 1
        self._held.update(dict.fromkeys((*accepted, *rejected), self._asked_writes))
        if not rejected:
            self._decider.accept(self.tag, list(accepted))
        elif not accepted:
            self._decider.reject(self.tag, list(rejected))
        else:
            pairs = [(photo, self.tag, True) for photo in accepted]
            self._decider.judge(pairs + [(photo, self.tag, False) for photo in rejected])
        self._drop(np.array([*accepted, *rejected], np.int64))

    def _drop(self, gone: Ids) -> None:
        kept = ~np.isin(self._ids, gone)
        self._ids, self._scores = self._ids[kept], self._scores[kept]

    def _saved(self, change: Change) -> None:
        self._done_writes += 1
        if not change.photos:
            self._soon.start()

    def _refused(self) -> None:
        """What could not be saved comes back."""
        self._done_writes += 1
        self._soon.start()

    # what the library says

    def _changed(self, change: Change) -> None:
        if self.tag is not None and change.what & _MOVES and not self._soon.isActive():
            self._soon.start()

    def _ask(self) -> None:
        if self.tag is None:
            return
        if self._asking is not None:
            self._again = True
            return
        written = self._done_writes
        self._asking = self._bridge.call(
            partial(self._library.reviewing.wall, self.tag, self.order),
            partial(self._arrived, written),
            self._failed,
            priority=NOW,
        )

    def _failed(self, error: BaseException) -> None:
        self._asking = None
        self._bridge.failed.emit(error)

    def _arrived(self, written: int, wall: Wall) -> None:
        """What was decided since the question went out is not in the answer."""
        self._asking = None
        if not self._fresh and time.monotonic() - self.hand_at() < _STEADY:
            self._soon.start()  # no photo changes its place under the mouse
            return
        self.wall = wall
        if written == self._asked_writes and not self._in_hand:
            self._line = self._ask_line = None  # the answer knows where the line was drawn last
        self._held = {photo: number for photo, number in self._held.items() if number > written}
        self._ids, self._scores = wall.photos, wall.scores
        if self._held:
            self._drop(np.array(list(self._held), np.int64))
        if self.grouped and self._groups is None:
            self._group()
        fresh, self._fresh = self._fresh, False
        self.changed.emit(fresh)
        if self._again:
            self._again = False
            self._soon.start()

    def _group(self) -> None:
        if self._bridge.job(GROUPS) is not None:
            QTimer.singleShot(50, self, self._group_again)
            return
        library, ids, tag = self._library, self._ids.tolist(), self.tag
        job: JobHandle = self._bridge.start(GROUPS, lambda: library.reviewing.groups(ids, tag))
        job.finished.connect(partial(self._grouped, tag))
        job.failed.connect(self._bridge.failed)

    def _group_again(self) -> None:
        if self.tag is not None and self.grouped and self._groups is None and self.wall is not None:
            self._group()

    def _grouped(self, tag: str | None, groups: list[Together]) -> None:
        if tag == self.tag and self.grouped:
            self._groups = groups
            self.changed.emit(True)
