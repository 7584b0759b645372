"""The middle of the window: the grid, the photo view, or the page that says why there is nothing to see."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from photomgr.core.records import Counts, Found, Root
from photomgr.gui.frame import pages
from photomgr.gui.frame.pages import Banner, Choice, Page
from photomgr.gui.frame.toast import Toast
from photomgr.gui.looks import texts
from photomgr.gui.places.model import printable
from photomgr.gui.search.navigator import Place


@dataclass(frozen=True, slots=True)
class Offers:
    """What the pages offer to do."""

    add: Callable[[], None]
    again: Callable[[], None]
    search: Callable[[str], None]


class Stage(QWidget):
    """Decides what the middle shows from what is known: the library's folders and counts, whether a
    look through the folders is going on, what the search found, and the photo that is open.

    ``shown`` carries the name of what is shown: ``grid``, ``photo``, ``review`` or the name of a page.
    """

    shown = Signal(str)

    def __init__(
        self, grid: QWidget, photo_view: QWidget, offers: Offers, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.grid = grid
        self.photo_view = photo_view
        self.page = Page(self)
        self.model_banner = Banner(self)
        self.drive_banner = Banner(self)
        self.read_only = False
        self.showing = ""
        self._offers = offers
        self._roots: list[Root] | None = None
        self._counts: Counts | None = None
        self._scanning = False
        self._found: Found | None = None
        self._place = Place()
        self._photo: int | None = None
        self._review: QWidget | None = None
        self._map: QWidget | None = None
        self.stack = QStackedWidget(self)
        for widget in (grid, photo_view, self.page):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.model_banner)
        layout.addWidget(self.drive_banner)
        self._body = QHBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._body.addWidget(self.stack, 1)
        layout.addLayout(self._body, 1)
        self._layout = layout
        self.toast = Toast(self.stack)

    def surround(self, strip: QWidget, side: QWidget) -> None:
        """Put a strip above what is shown, and something at its left; both decide themselves when they are there."""
        self._layout.insertWidget(0, strip)
        self._body.insertWidget(0, side)

    # What is known

    def set_library(self, roots: list[Root], counts: Counts) -> None:
        self._roots, self._counts = roots, counts
        self._banner()
        self.decide()

    def set_scanning(self, scanning: bool) -> None:
        if scanning != self._scanning:
            self._scanning = scanning
            self.decide()

    def set_found(self, found: Found, place: Place) -> None:
        self._found, self._place = found, place
        self.decide()

    def set_photo(self, photo_id: int | None) -> None:
        self._photo = photo_id
        self.decide()

    @property
    def reviewing(self) -> bool:
        """Whether the review stands before everything else."""
        return self._review is not None

    def set_reviewing(self, page: QWidget | None) -> None:
        """Show the review, a page that was added to the stack; None: what there was before."""
        self._review = page
        self.decide()

    @property
    def mapping(self) -> bool:
        """Whether the map stands in the place of the grid."""
        return self._map is not None

    def set_map(self, page: QWidget | None) -> None:
        """Show the map, a page that was added to the stack; None: the grid again."""
        self._map = page
        self.decide()

    def set_model_problem(self, problem: str | None) -> None:
        """The annotator cannot run: say so, and that everything else works."""
        if problem:
            tail = self.tr("Everything else works; tags can be added by hand.")
            self.model_banner.say("model", f"{problem} {tail}")
        else:
            self.model_banner.say("", "")

    def _banner(self) -> None:
        away = [root for root in self._roots or () if not root.online]
        if not away or self._counts is None or not self._counts.offline:
            self.drive_banner.say("", "")
            return
        where = ", ".join(printable(os.fspath(root.path)) for root in away)
        text = self.tr(
            "{folder} cannot be reached now. Its photos ({n}) can be searched and tagged, and opened when the "
            "drive is back."
        ).format(folder=where, n=texts.number(self._counts.offline))
        again = None if self.read_only else Choice(self.tr("Look again"), self._offers.again)
        self.drive_banner.say("drive-away", text, again)

    # What to show

    def decide(self) -> None:
        """Show what fits to what is known."""
        if self._review is not None:
            self._show(self._review, "review")
            return
        if self._photo is not None:
            self._show(self.photo_view, "photo")
            return
        if self._map is not None:
            self._show(self._map, "map")
            return
        state = self._state()
        if state is None:
            self._show(self.grid, "grid")
            return
        if self.page.state is None or _worded(state) != _worded(self.page.state):
            self.page.show_state(state)
        self._show(self.page, state.name)

    def _state(self) -> pages.State | None:
        """The page to show, None for the grid."""
        if self._found is None or len(self._found.ids):
            return None
        if self._place.query or self._place.ids is not None:
            nearest = self._found.nearest
            return pages.nothing_found(
                self._found.hint,
                nearest,
                lambda: self._offers.search(nearest),
                lambda: self._offers.search(""),
            )
        if self._roots is None or self._counts is None:
            return None
        return self._empty_library(self._roots, self._counts)

    def _empty_library(self, roots: list[Root], counts: Counts) -> pages.State | None:
        if not roots:
            return pages.welcome(self._offers.add, self.read_only)
        where = ", ".join(printable(os.fspath(root.path)) for root in roots)
        if counts.photos or (self._scanning and any(root.online for root in roots)):
            return pages.looking(where)
        if not any(root.online for root in roots):
            return pages.drive_away(where, self._offers.again)
        return pages.empty_folder(where, self._offers.again, self._offers.add)

    def focus_photos(self) -> None:
        """Give the keys to what is shown."""
        shown = self.stack.currentWidget()
        if shown is not None:
            shown.setFocus()

    def _show(self, widget: QWidget, name: str) -> None:
        if self.stack.currentWidget() is not widget:
            held = self.stack.currentWidget()
            focused = self.window().focusWidget()  # of the window: it may be the search box
            focus = held is not None and focused is not None and held.isAncestorOf(focused)
            self.stack.setCurrentWidget(widget)
            if focus:
                widget.setFocus()
        if name != self.showing:
            self.showing = name
            self.shown.emit(name)


def _worded(state: pages.State) -> tuple[object, ...]:
    return (state.name, state.title, state.text, state.small, tuple(choice.text for choice in state.choices))
