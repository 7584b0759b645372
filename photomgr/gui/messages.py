"""One door to the person: what went well, what did not, and which photos have a problem.

Widgets say what happened here and never open boxes of their own; the window shows a toast, and
errors collect in one quiet list until they are read.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, Signal

from photomgr.core.catalog import explain
from photomgr.core.errors import PhotomgrError

log = logging.getLogger(__name__)

KEPT: Final = 500


class Kind(enum.Enum):
    INFO = "info"
    ERROR = "error"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said to the person. ``photos`` are the ids that it is about, maybe none."""

    kind: Kind
    text: str
    photos: tuple[int, ...] = ()
    undo: bool = False
    when: datetime = field(default_factory=datetime.now)


class Messages(QObject):
    """What the program says. ``said`` carries each :class:`Message`; ``listed`` follows a change of
    the quiet list; ``undo_wanted`` comes from the Undo beside a message."""

    said = Signal(object)
    listed = Signal()
    undo_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kept: list[Message] = []
        self.unread = 0

    def info(self, text: str, undo: bool = False) -> None:
        """Say that something was done; with ``undo`` an Undo stands beside it. Nothing for an empty text."""
        if text:
            self.said.emit(Message(Kind.INFO, text, undo=undo))

    def error(self, text: str) -> None:
        """Say that something could not be done, and keep it in the list."""
        self._keep(Message(Kind.ERROR, text), show=True)

    def problem(self, text: str, ids: Sequence[int] = ()) -> None:
        """Keep in the list, without a toast, what is wrong with some photos."""
        self._keep(Message(Kind.PROBLEM, text, tuple(ids)), show=False)

    def failed(self, error: BaseException) -> None:
        """An exception as a message: its own sentence when the world failed; when we have a bug, a
        general one, with the traceback in the log. Made to be handed to ``Bridge.call``."""
        error = explain(error) or error
        if isinstance(error, PhotomgrError):
            self.error(str(error))
            return
        log.error("unexpected %s", type(error).__name__, exc_info=error)
        text = self.tr("Something went wrong ({kind}). What you decided is safe; the details are in the log.")
        self.error(text.format(kind=type(error).__name__))

    def read(self) -> None:
        """The person has looked at the list."""
        self.unread = 0
        self.listed.emit()

    def clear(self) -> None:
        self.kept.clear()
        self.read()

    def _keep(self, message: Message, show: bool) -> None:
        if any(old.text == message.text and old.photos == message.photos for old in self.kept[-20:]):
            if show:
                self.said.emit(message)
            return
        self.kept.append(message)
        del self.kept[:-KEPT]
        self.unread += 1
        self.listed.emit()
        if show:
            self.said.emit(message)
