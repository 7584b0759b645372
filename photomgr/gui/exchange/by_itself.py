"""Writing by itself, as the window does it: consent first, then quietly; failures are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from photomgr.core.records import Change, What
from photomgr.gui.exchange.explain_page import ExplainPage
from photomgr.gui.threads.bridge import LATER, NOW
from photomgr.library.upkeep import Reach

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow


class ByItself(QObject):
    """``look_wanted`` asks to be shown what would be written: mode and folder, None for all; ``settled`` follows each
    answer, with the mode that holds for the library now."""

    look_wanted = Signal(str, object)
    settled = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._library = window.library
        self._bridge = window.bridge
        self._unwritten: int | None = None
        self.page: ExplainPage | None = None
        window.background.consent_wanted.connect(self._remind)
        window.bridge.changes.connect(self._changed)
        window.housekeeping.writing_wanted.connect(self.choose)
        self.settled.connect(window.housekeeping.show_writing)
        window.folder_tree.writing_wanted.connect(self.choose_for)

    # consent

    def choose(self, mode: str) -> None:
        """The setting for the whole library; nothing but "never" holds before the person has agreed."""
        settings = self._library.settings
        if mode == "never":
            self._keep(lambda: settings.set("write_metadata", mode))
        else:
            self._ask(mode, None, lambda: settings.set("write_metadata", mode))

    def choose_for(self, folder: Path, mode: str | None) -> None:
        """The rule for one folder and those below it; None lets it follow the setting."""
        keep = partial(self._library.exchange.set_folder_mode, folder, mode)
        if mode in (None, "never"):
            self._keep(keep)
        else:
            self._ask(str(mode), folder, keep)

    def _keep(self, keep: Callable[[], None], earlier: bool | None = None) -> None:
        """Do it; with ``earlier`` the person agreed just now."""

        def work() -> str:
            keep()
            if earlier is not None:
                self._library.exchange.upkeep.agree(earlier=earlier)
            return str(self._library.settings.get("write_metadata"))

        self._bridge.write(work, self._kept, self._window.messages.failed)

    def _kept(self, mode: str) -> None:
        self._window.background.write_soon()
        self.settled.emit(mode)

    def _remind(self) -> None:
        """Something was set elsewhere, such as on the command line: nothing is written before it was explained."""
        mode = str(self._library.settings.get("write_metadata"))
        self._ask(mode, None, lambda: None)

    def _ask(self, mode: str, folder: Path | None, keep: Callable[[], None]) -> None:
        show = partial(self._show, mode, folder, keep)
        reach = self._library.exchange.upkeep.reach
        self._bridge.call(lambda: reach(mode, folder), show, self._window.messages.failed, priority=NOW)

    def _show(self, mode: str, folder: Path | None, keep: Callable[[], None], reach: Reach) -> None:
        if self.page is not None:
            self.page.close()
        page = ExplainPage(mode, reach, self._window)
        page.agreed.connect(partial(self._agreed, keep))
        page.look_wanted.connect(partial(self.look_wanted.emit, mode, folder))
        page.finished.connect(lambda _: self._closed(page))
        # Destroyed without being closed, it goes with the whole window: there is nobody left to tell.
        page.destroyed.connect(lambda: self._gone(page))
        self.page = page
        page.show()

    def _agreed(self, keep: Callable[[], None], earlier: bool) -> None:
        self.page = None
        self._keep(keep, earlier)

    def _gone(self, page: ExplainPage) -> None:
        if self.page is page:
            self.page = None

    def _closed(self, page: ExplainPage) -> None:
        if self.page is page:
            self._gone(page)
            self.settled.emit(str(self._library.settings.get("write_metadata")))

    # failures

    def _changed(self, change: Change) -> None:
        if change.what & What.WRITING:
            self._bridge.call(self._library.exchange.upkeep.unwritten, self._tell, priority=LATER)

    def _tell(self, unwritten: dict[int, str]) -> None:
        before, self._unwritten = self._unwritten, len(unwritten)
        if len(unwritten) > (before or 0):
            _, reason = next(reversed(unwritten.items()))
            text = self.tr(
                "%n photo(s) could not be written to; the last one says: {reason}", "", len(unwritten)
            )
            self._window.messages.problem(text.format(reason=reason), list(unwritten))
