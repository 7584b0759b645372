"""Carries house-keeping out off the GUI thread, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from photomgr.core.records import Change
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

T = TypeVar("T")


class Keeper(QObject):
    """``done`` follows each write after its commit, ``said`` carries what it was or why it was refused."""

    done = Signal()
    said = Signal(str)

    def __init__(self, library: Library, bridge: Bridge, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self.library = library
        self.bridge = bridge
        self._messages = messages

    @property
    def locked(self) -> bool:
        return self.library.read_only

    def ask(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> Ticket:
        """Read; the answer comes to nobody when the list was closed meanwhile."""
        told = partial(self.told, failed) if failed is not None else None
        return self.bridge.call(work, partial(self.told, done), told, priority=NOW)

    def told(self, done: Callable[[T], None], answer: T) -> None:
        """Pass an answer on, unless the list was closed meanwhile."""
        if isValid(self):
            done(answer)

    def do(self, work: Callable[[], Change], failed: Callable[[BaseException], None] | None = None) -> None:
        """Write; a refusal is said unless ``failed`` takes care of it."""
        self.bridge.write(work, self._done, failed or self._failed)

    def _done(self, change: Change) -> None:
        self._messages.info(change.text, undo=change.action is not None)
        if not isValid(self):
            return  # the list was closed meanwhile
        self.said.emit(change.text or self.tr("Nothing changed: it was so already."))
        self.done.emit()

    def _failed(self, error: BaseException) -> None:
        self._messages.failed(error)
        if not isValid(self):
            return
        self.said.emit(str(error))
        self.done.emit()
