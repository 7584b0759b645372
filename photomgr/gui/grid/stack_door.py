"""Stacks in the window: which photos stand as one, and what opens and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from photomgr.core.records import Found

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow

DUPLICATES = frozenset(("exact", "near", "burst"))
"""Kinds of sections that are groups of duplicates: who looks through them wants to see each photo."""


class StackDoor(QObject):
    """Serves one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._stacks = window.library.stacks
        window.actions_.connect({"stack": self.toggle, "stacks": self._switch})
        window.actions_["stacks"].setChecked(self._stacks.wanted)
        window.housekeeping.applied.connect(self._applied)
        window.grid.more_views = [window.actions_[name] for name in ("stack", "stacks")]

    def tops(self, found: Found) -> npt.NDArray[np.int64] | None:
        """For each photo found the top of its stack, 0 for none; None where nothing is to be stacked."""
        if not self._stacks.wanted or any(kind in DUPLICATES for _, kind in found.sections):
            return None
        tops = self._stacks.tops(found.ids)
        return tops if tops.any() else None

    def lead(self, ids: Sequence[int]) -> list[int]:
        """The photos whose tags are shown for a selection: of one shot its picture, with which all is decided."""
        return list(ids[:1]) if self._stacks.is_shot(ids) else list(ids)

    def behind(self, photo: int) -> list[int]:
        """The same for a photo that is open alone: with those that stand behind it."""
        return self.lead(self._window.photos.stacked.members(photo))

    def toggle(self) -> None:
        """Open the stack of the current or open photo, or close it."""
        window = self._window
        opened = window.navigator.place.photo
        if window.review.is_open:
            return
        done = window.grid.toggle_stack() if opened is None else window.photos.toggle_stack(opened)
        if not done:
            window.messages.info(self.tr("This photo stands alone: there is no stack to open."))

    def _switch(self) -> None:
        self._window.housekeeping.set("stacks", self._window.actions_["stacks"].isChecked())

    def _applied(self, setting: str) -> None:
        if setting == "stacks":
            self._window.actions_["stacks"].setChecked(self._stacks.wanted)
            self._window.navigator.search(refreshing=True)
