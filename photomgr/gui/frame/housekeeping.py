"""Settings, read-only, backups, and what is told about the program: what has little to do with photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from photomgr.core.catalog.keeping import SLOTS
from photomgr.core.records import Change, Found
from photomgr.gui.background import Background
from photomgr.gui.frame.about import About
from photomgr.gui.frame.key_sheet import KeySheet
from photomgr.gui.frame.settings_page import SettingsPage
from photomgr.gui.housekeeping.desk import REPORT, TAGS, TagDesk
from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.messages import Messages
from photomgr.gui.networks.desk import NetworksDesk
from photomgr.gui.threads.bridge import LATER, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library


class Housekeeping(QObject):
    """``reopen_wanted`` asks for the library to be opened again, read-only or not, ``query_wanted`` for a search,
    ``writing_wanted`` for files to be written by themselves in the mode that it carries; ``applied`` names a setting
    that was changed."""

    reopen_wanted = Signal(bool)
    applied = Signal(str)
    writing_wanted = Signal(str)
    query_wanted = Signal(str)

    def __init__(
        self,
        library: Library,
        bridge: Bridge,
        messages: Messages,
        background: Background,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._background = background
        self._theme = theme
        self._window = window
        self._unreadable: int | None = None
        self._untold = 0  # photos that cannot be read and of which nothing was said yet
        background.indexed.connect(self._look_unreadable)
        self._page: SettingsPage | None = None

    def show_settings(self) -> None:
        page = SettingsPage(self._library.settings, self._window)
        page.wanted.connect(self.set)
        page.networks.clicked.connect(self.show_networks)
        self._page = page
        page.destroyed.connect(lambda: self._forget(page))
        page.show()
        self._ask_running(tell=False)

    def _forget(self, page: SettingsPage) -> None:
        if self._page is page:
            self._page = None

    def _ask_running(self, tell: bool) -> None:
        """Show what the networks really run on; ``tell`` it also where no page is open, if it is not what was asked."""

        def show(found: tuple[str, str]) -> None:
            if self._page is not None:
                self._page.show_running(*found)
            if tell and found[1]:
                self._messages.info(found[1])

        self._bridge.call(self._library.networks.running, show, lambda _: None)

    def handlers(self, ids: Callable[[], Sequence[int]]) -> dict[str, Callable[[], Any]]:
        """What the actions about tags do; ``ids`` tells the photos that are looked at."""
        sets = {f"set_{slot}": partial(lambda slot: self.apply_set(slot, ids()), slot) for slot in SLOTS}
        shows: dict[str, Callable[[], Any]] = {"tag_list": self.show_tags, "report": self.show_report}
        shows["networks"] = self.show_networks
        return {**shows, **sets}

    def show_tags(self, page: int = TAGS) -> TagDesk:
        """The tag list, or another of its pages; one that is open comes to the front."""
        desk = next((each for each in self._window.findChildren(TagDesk) if each.isVisible()), None)
        if desk is None:
            desk = TagDesk(self._library, self._bridge, self._messages, self._window, page)
            desk.query_wanted.connect(self.query_wanted)
            desk.show()
        desk.pages.setCurrentIndex(page)
        desk.raise_()
        desk.activateWindow()
        return desk

    def show_networks(self) -> NetworksDesk:
        """Which networks there are and which of them speak; a page that is open comes to the front."""
        desk = next((each for each in self._window.findChildren(NetworksDesk) if each.isVisible()), None)
        if desk is None:
            desk = NetworksDesk(self._library, self._bridge, self._messages, self._window)
            desk.show()
        desk.raise_()
        desk.activateWindow()
        return desk

    def show_report(self) -> None:
        """What learning has brought."""
        self.show_tags(REPORT)

    def apply_set(self, slot: int, ids: Sequence[int]) -> None:
        """Give the tags of a set to photos."""
        if ids:
            apply = partial(self._library.housekeeping.apply_set, slot, list(ids))
            self._bridge.write(apply, self._given, self._messages.failed)

    def _given(self, change: Change) -> None:
        self._messages.info(
            change.text or self.tr("These photos have those tags already."), undo=bool(change.text)
        )

    def show_keys(self) -> None:
        KeySheet(self._window).show()

    def show_about(self) -> None:
        About(self._library, self._window).show()

    def set(self, name: str, value: object) -> None:
        """Keep a setting and do as it says; that files are written needs consent first."""
        if name == "write_metadata":
            self.writing_wanted.emit(str(value))
            return
        settings = self._library.settings
        self._bridge.write(partial(settings.set, name, value), lambda _: self._apply(name, value))

    def show_writing(self, mode: str) -> None:
        """What holds now for writing by itself, in a settings page that is open."""
        if self._page is not None:
            self._page.show_choice("write_metadata", mode)

    def _apply(self, name: str, value: object) -> None:
        if name == "colours":
            self._theme.choose(Choice(str(value)))
        elif name == "read_only":
            self.reopen_wanted.emit(bool(value))
        else:
            if name == "provider":
                self._ask_running(tell=True)
            self._background.apply_settings()
        self.applied.emit(name)

    def back_up(self) -> None:
        """A backup now, with a word when it is made."""
        self._messages.info(self.tr("The backup is being made…"))
        self._bridge.call(self._library.backup, self._backed_up)

    def _backed_up(self, path: Path) -> None:
        self._messages.info(self.tr("Backed up to {path}").format(path=path))

    def daily_backup(self) -> None:
        """Today's backup, unless there is one or the person does not want it."""
        self._bridge.call(self._library.daily_backup, lambda _: None, priority=LATER)

    def note_unreadable(self, count: int) -> None:
        """So many photos cannot be read now; the first count is only what there was before."""
        before, self._unreadable = self._unreadable, count
        if before is not None and count > before:
            self._untold += count - before
            self._look_unreadable()

    def _look_unreadable(self) -> None:
        if self._untold:
            find = partial(self._library.find, "is:unreadable")
            self._bridge.call(find, self._tell_unreadable, priority=LATER)

    def _tell_unreadable(self, found: Found) -> None:
        """What the index does not know yet is told when it does."""
        if len(found.ids) and self._untold:
            more, self._untold = self._untold, 0
            text = self.tr("%n photo(s) cannot be read. Each says why when it is opened.", "", more)
            self._messages.problem(text, [int(each) for each in found.ids])
