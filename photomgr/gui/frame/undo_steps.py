"""Undo and redo: what they would do, in the menu; what they did, in a message."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from photomgr.core.records import Change, What
from photomgr.gui.actions import Actions
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import LATER, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

_DECIDED = (
    What.TAGS
    | What.RATING
    | What.LABEL
    | What.COLLECTIONS
    | What.PRESENCE
    | What.TEXTS
    | What.WRITING
    | What.NETWORKS
)


class UndoSteps(QObject):
    """Keeps the two actions up with the catalog's history, which outlives a restart."""

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, actions: Actions, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._actions = actions
        bridge.changes.connect(self._changed)
        self._ask()

    def undo(self) -> None:
        """Take the last decision back."""
        self._step(self._library.undo, self.tr("Undone: {text}"), self.tr("There is nothing to undo."))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._step(self._library.redo, self.tr("Done again: {text}"), self.tr("There is nothing to redo."))

    def _step(self, step: Callable[[], Change | None], says: str, nothing: str) -> None:
        def done(said: str | None) -> None:
            self._messages.info(says.format(text=said) if said is not None else nothing)

        self._bridge.write(partial(_take, step, self._library), done)

    def _changed(self, change: Change) -> None:
        if change.what & _DECIDED:
            self._ask()

    def _ask(self) -> None:
        library = self._library
        if not library.read_only:
            self._bridge.call(lambda: (library.undo_text(), library.redo_text()), self._show, priority=LATER)

    def _show(self, found: tuple[str | None, str | None]) -> None:
        words = (self.tr("Undo"), self.tr("Redo"))
        for name, word, text in zip(("undo", "redo"), words, found, strict=True):
            action = self._actions[name]
            action.setEnabled(text is not None)
            action.setText(f"{word}: {text}".replace("&", "&&") if text else word)


def _take(step: Callable[[], Change | None], library: Library) -> str | None:
    """What the step did, with the file's name where it is one photo; None when there was no step."""
    change = step()
    if change is None:
        return None
    photo = library.photo(next(iter(change.photos))) if len(change.photos) == 1 else None
    return f"{change.text} \u2014 {photo.display_name}" if photo is not None else change.text
