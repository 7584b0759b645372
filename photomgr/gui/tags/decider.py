"""Writes decisions off the GUI thread, and says what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from photomgr.core.errors import PhotomgrError
from photomgr.core.records import Change
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

Work = Callable[[], Change]


class Decider(QObject):
    """``saved`` carries the Change of each write after its commit, ``refused`` follows one that failed.

    Writes keep the order in which they were asked for: a hand on the keyboard is faster than a disk.
    """

    saved = Signal(object)
    refused = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._unsaved = 0

    @property
    def busy(self) -> bool:
        return self._unsaved > 0

    def accept_suggested(self, tag: str, ids: Sequence[int]) -> None:
        """Accept a suggestion on those of the photos that have it."""
        library = self._library
        self._do(lambda: library.accept(tag, self._suggested_on(tag, ids)))

    def reject_suggested(self, tag: str, ids: Sequence[int]) -> None:
        library = self._library
        self._do(lambda: library.reject(tag, self._suggested_on(tag, ids)))

    def _suggested_on(self, tag: str, ids: Sequence[int]) -> Sequence[int]:
        """One photo alone is taken as given, so that a guest is refused and not passed over."""
        return ids if len(ids) == 1 else self._library.suggested_on(tag, ids)

    def accept(self, tag: str, ids: Sequence[int]) -> None:
        self._do(partial(self._library.accept, tag, ids))

    def reject(self, tag: str, ids: Sequence[int]) -> None:
        self._do(partial(self._library.reject, tag, ids))

    def judge(self, decisions: Sequence[tuple[int, str, bool]], text: str = "") -> None:
        """Many (photo, tag, accepted) in one undoable action."""
        self._do(partial(self._library.judge, list(decisions), text))

    def set_bands(self, tag: str, bands: tuple[float, float] | None) -> None:
        """From which scores on a tag is sure and asked about; None leaves it to the learner."""
        runs = self._library.runs
        self._do(partial(runs.clear_bands, tag) if bands is None else partial(runs.set_bands, tag, *bands))

    def add(self, tag: str, ids: Sequence[int]) -> None:
        self._do(partial(self._library.tag, tag, ids))

    def take_off(self, tag: str, ids: Sequence[int]) -> None:
        """Not decided any more; a suggestion stands again."""
        self._do(partial(self._library.untag, tag, ids))

    def take_rejection_back(self, tag: str, ids: Sequence[int]) -> None:
        """The tag may be suggested for these photos again."""
        self._do(partial(self._library.unreject, tag, ids))

    def reject_lookalikes(self, tag: str, ids: Sequence[int]) -> None:
        """Not for these photos, nor for those that look like them, now and later."""
        self._do(partial(self._library.runs.reject_lookalikes, tag, ids), tell=True)

    def never_suggest(self, tag: str, ids: Sequence[int]) -> None:
        """Not for these photos, and suggested for no other one any more."""
        self._do(partial(self._library.runs.never_suggest, tag, ids), tell=True)

    def set_automatic(self, tag: str, on: bool) -> None:
        """Accept a tag by itself where it is sure, or no more."""
        self._do(partial(self._library.runs.set_automatic, tag, on))

    def rate(self, stars: int, ids: Sequence[int]) -> None:
        self._do(partial(self._library.rate, stars, ids))

    def label(self, colour: str | None, ids: Sequence[int]) -> None:
        self._do(partial(self._library.label, colour, ids))

    def describe(self, field: str, text: str, ids: Sequence[int]) -> None:
        """Give a title or a caption, "" for none."""
        self._do(partial(self._library.describe, field, text, list(ids)))

    def _do(self, work: Work, tell: bool = False) -> None:
        """``tell`` says afterwards what was done also when it was asked for on a single photo, since it reaches
        further than that."""
        self._unsaved += 1
        self._bridge.write(work, partial(self._done, tell), self._failed)

    def _done(self, tell: bool, change: Change) -> None:
        self._unsaved -= 1
        if (tell or len(change.photos) != 1) and change.text:
            self._messages.info(change.text, undo=True)
        self.saved.emit(change)

    def _failed(self, error: BaseException) -> None:
        self._unsaved -= 1
        if isinstance(error, PhotomgrError):
            self._messages.error(str(error))
        else:
            self._messages.failed(error)
        self.refused.emit()
