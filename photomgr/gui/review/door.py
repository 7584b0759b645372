"""The ways into the review and out of it, and which of the window's keys mean something else meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QMenu

from photomgr.core.query import asked_for
from photomgr.core.records import tag_key
from photomgr.gui.grid.dragging import PHOTOS, TAG, Drops, photos_of, tag_of
from photomgr.gui.looks.icons import icon
from photomgr.gui.review.page import ReviewPage, Way
from photomgr.gui.review.wall import Wall

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow

REVIEW: Final = "review"


class ReviewDoor(QObject):
    """Opens and closes the review of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.page = ReviewPage(window.library, window.bridge, window.messages, window.stage)
        self.page.keys_wanted.connect(window.housekeeping.show_keys)
        window.stage.stack.addWidget(self.page)
        self.page.closed.connect(self.close)
        self.page.looked_at.connect(self._look)
        self.page.way_changed.connect(window.show_panels)
        self.page.tag_changed.connect(self._lead_with)
        window.toolbar.sized.connect(self._sized)
        for wall in self._walls:
            wall.zoomed.connect(self._zoomed)
        window.navigator.moved.connect(self.close)
        self._menus()
        self._drags()

    @property
    def is_open(self) -> bool:
        return self._window.stage.reviewing

    @property
    def counts(self) -> tuple[int, int, int]:
        """Photos that were found and selected, and as how many they stand; while it is open those of the library,
        since what is searched for is no limit here."""
        window, counts = self._window, self._window.folder_tree.counts
        if self.is_open and counts is not None:
            return counts.photos, 0, counts.photos
        found = window.photos.stacked
        return len(found.found), len(window.grid.selected_ids()), found.count

    def open(self, tag: str | None = None) -> None:
        """Show the review, of this tag or of what waits most."""
        stage = self._window.stage
        if stage.showing == "welcome":
            self._window.messages.info(self.tr("There are no photos to review yet: add a folder first."))
            return
        for wall in self._walls:
            wall.set_cell_size(self._window.grid.cell_size)
        stage.set_reviewing(self.page)
        self.page.begin(tag)
        self._lead_with(self.page.tag)
        self._window.actions_[REVIEW].setChecked(True)

    def check(self) -> None:
        """Show which tags are probably wrong or missing."""
        if not self.is_open:
            self.open()
        if self.is_open:
            self.page.show_way(Way.CHECK)

    def close(self) -> None:
        """Back to where the window was."""
        window = self._window
        window.actions_[REVIEW].setChecked(False)
        if self.is_open:
            self.page.end()
            window.stage.set_reviewing(None)
            window.toolbar.show_size(window.grid.cell_size)
            window.tag_panel.look_for(asked_for(window.navigator.place.query))
            opened = window.navigator.place.photo
            chosen = window.grid.selected_ids() if opened is None else [opened]
            window.tag_panel.set_photos(window.stacking.lead(chosen))
            if not window.search_bar.edit.hasFocus():  # who types a search goes on: P and X are letters there
                window.stage.focus_photos()

    def toggle(self) -> None:
        """In, or out again."""
        self.close() if self.is_open else self.open()

    # the window around it

    @property
    def _walls(self) -> tuple[Wall, ...]:
        return self.page.by_tag.wall, self.page.clusters.wall, self.page.checking.wall

    def _sized(self, size: int) -> None:
        if self.is_open:
            for wall in self._walls:
                wall.set_cell_size(size)

    def _zoomed(self, size: int) -> None:
        if self.is_open:
            self._window.toolbar.show_size(size)

    def look_for(self, tags: frozenset[str]) -> None:
        """What a search is about leads in the panel beside, unless a review goes on."""
        if not self.is_open:
            self._window.tag_panel.look_for(tags)

    def _lead_with(self, tag: str | None) -> None:
        """In the panel beside, the tag under review stands first: P and X are about it."""
        self._window.tag_panel.look_for(frozenset() if tag is None else frozenset({tag_key(tag)}))

    def _look(self, ids: list[int]) -> None:
        if self.is_open:
            self._window.tag_panel.set_photos(ids)

    def fit_panels(self) -> None:
        """The list of tags stands where the folders were; a large photo takes the room of the panel, and so does the
        map, where no photo is selected."""
        if self._window.stage.mapping:
            self._window.tag_panel.hide()
        if self.is_open:
            window = self._window
            window.folder_tree.hide()
            window.toolbar.slider.setEnabled(self.page.way is not Way.PHOTO)
            wanted = window.actions_["right_panel"].isChecked() and self.page.way is not Way.PHOTO
            window.tag_panel.setVisible(wanted)

    def handlers(self, plain: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
        """What the window's keys do: in the review something of their own, else what they did."""
        page, plain = self.page, dict(plain)
        here: dict[str, Callable[[], Any]] = {
            "accept": lambda: page.decide(True),
            "reject": lambda: page.decide(False),
            "leave": page.leave,
            "next_open": page.next_tag,
            "larger": lambda: self._zoom(1.2),
            "smaller": lambda: self._zoom(1 / 1.2),
        }
        for number in range(1, 10):
            usual = plain[f"suggestion_{number}"]
            here[f"suggestion_{number}"] = partial(self._digit, number, usual)
        usual_add = plain["add_tag"]
        here["add_tag"] = lambda: page.clusters.add_box.start() if page.way is Way.BROWSE else usual_add()

        def either(name: str) -> Callable[[], Any]:
            return lambda: here[name]() if self.is_open else plain[name]()

        found = {name: either(name) for name in here}
        found[REVIEW] = self.toggle
        found["check_tags"] = self.check
        return found

    def _digit(self, number: int, usual: Callable[[], Any]) -> None:
        if self.page.way is Way.PHOTO:
            self.page.by_photo.toggle(number)
        else:
            usual()

    def _zoom(self, factor: float) -> None:
        page = self.page
        if page.way is Way.PHOTO:
            page.by_photo.view.zoom_in() if factor > 1 else page.by_photo.view.zoom_out()
        else:
            wall = {Way.BROWSE: page.clusters.wall, Way.CHECK: page.checking.wall}.get(
                page.way, page.by_tag.wall
            )
            wall.set_cell_size(round(wall.cell_size * factor))

    # from a tag by the right button

    def _menus(self) -> None:
        view = self._window.folder_tree.tag_view
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(partial(self._tag_menu, view))
        self._window.tag_panel.review_wanted.connect(self.open)

    def _tag_menu(self, view: QAbstractItemView, where: QPoint) -> None:
        tag = self._window.folder_tree.tags.tag(view.indexAt(where))
        if tag is not None:
            menu = QMenu(view)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            add_to(menu, tag.tag, self.open).setEnabled(tag.suggested > 0)
            keep = self._window.housekeeping
            more = menu.tr("Rename, merge and more…")
            menu.addAction(icon("tag"), more, lambda: keep.show_tags().look_at(tag.tag))
            menu.popup(view.viewport().mapToGlobal(where))

    # drags

    def _drags(self) -> None:
        window = self._window
        tree = window.folder_tree
        tree.tag_view.setDragEnabled(True)
        decider = window.tag_panel.decider

        def on_tag(index: QModelIndex, data: Any) -> None:
            tag = tree.tags.tag(index)
            if tag is not None:
                decider.add(tag.tag, photos_of(data))

        Drops(tree.tag_view, PHOTOS, lambda index: index.isValid(), on_tag)
        for grid in (window.grid, *self._walls):

            def on_photo(index: QModelIndex, data: Any, grid: Any = grid) -> None:
                photo = grid.photos.id_at(index.row())
                chosen = grid.selected_ids()
                decider.add(tag_of(data), chosen if photo in chosen else [photo])

            Drops(grid, TAG, lambda index: index.isValid(), on_photo)


def add_to(menu: QMenu, tag: str, review: Callable[[str], None]) -> Any:
    """An entry that reviews a tag."""
    return menu.addAction(
        icon("unreviewed"), menu.tr("Review where this tag is suggested"), partial(review, tag)
    )
