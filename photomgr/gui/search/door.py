"""What stands around a search: its terms as chips, the sides from which to narrow, searches and albums that are
kept, the timeline, and pictures that are dropped on the search box."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

from photomgr.core.records import Found, What
from photomgr.gui.grid.stack_door import DUPLICATES
from photomgr.gui.map.door import MapDoor
from photomgr.gui.places.collected import Collected
from photomgr.gui.places.panel import RowDelegate, Section
from photomgr.gui.places.timeline import Timeline
from photomgr.gui.search.sides import SidesPanel
from photomgr.gui.search.terms import TermStrip
from photomgr.gui.threads.bridge import LATER, NOW, Ticket

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow
    from photomgr.library.facets import Side

_PAUSE = 150  # milliseconds after a result until it is counted: while one types, only the last one is
_SIDED = What.TAGS | What.RATING | What.METADATA | What.PHOTOS | What.TEXTS


class FindingDoor(QObject):
    """Puts these parts into one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        library, bridge = window.library, window.bridge
        self.strip = TermStrip(window.stage, library.read_only)
        self.sides = SidesPanel(window.stage)
        window.stage.surround(self.strip, self.sides)
        tree = window.folder_tree
        self.collected = Collected(library, bridge, tree)
        self.timeline = Timeline(library, bridge, tree)
        for view in (self.collected, self.timeline):
            view.setItemDelegate(RowDelegate(view))  # its own: one that is shared ends the editor of another
        self.collected_section = Section(self.tr("Searches"), self.collected, tree)
        self.timeline_section = Section(self.tr("Timeline"), self.timeline, tree)
        tree.splitter.addWidget(self.collected_section)
        tree.splitter.addWidget(self.timeline_section)
        self.collected_section.hide()
        self.timeline_section.header.setChecked(False)
        settings = library.settings
        self.strip.looks.show_settings(settings.get("visual"), settings.get("variety"))
        self._to_sides = False  # the keys are to go there as soon as something stands there
        self._to_note = ""
        self._asked: Ticket | None = None
        self._ids = np.empty(0, np.int64)
        self._count = QTimer(self, singleShot=True, interval=_PAUSE)
        self._count.timeout.connect(self._count_sides)
        self.map = MapDoor(window)
        self._connect()

    def _connect(self) -> None:
        window, navigator = self._window, self._window.navigator
        navigator.found.connect(self._found)
        navigator.moved.connect(self._moved)
        self.strip.asked.connect(navigator.go)
        self.strip.edited.connect(self._edit)
        self.strip.saved.connect(self._save)
        self.strip.looks.wanted.connect(self._set_looks)
        self.strip.sides_button.toggled.connect(self._show_sides)
        self.strip.spare_button.clicked.connect(self._select_spare)
        for narrowing in (self.sides.narrowed, self.timeline.narrowed, window.folder_tree.narrowed):
            narrowing.connect(navigator.narrow)
        self.collected.asked.connect(navigator.go)
        self.timeline.asked.connect(navigator.go)
        self.collected.filled.connect(self._show_collected)
        window.toolbar.sorted.connect(navigator.set_sort)
        window.stage.shown.connect(lambda _: self._decide())
        window.search_bar.entered.connect(self._entered)
        window.search_bar.pictured.connect(self._find_alike)
        window.folder_tree.counted.connect(self._first_time, Qt.ConnectionType.SingleShotConnection)
        window.grid.selection_changed.connect(self._selected)
        window.grid.alike_wanted.connect(lambda photo: navigator.go(f"similar:{photo}"))
        window.grid.album_wanted.connect(self.collected.make_album)
        window.bridge.changes.connect(lambda change: change.what & _SIDED and self._count.start())

    def _first_time(self) -> None:
        self.collected.refresh()
        self.timeline.refresh()

    def _show_collected(self, count: int) -> None:
        self.collected_section.setVisible(count > 0)

    # the present search

    def _found(self, found: Found) -> None:
        self._ids = found.ids
        self._note(found)
        self._count.start()
        self.strip.spare_button.setVisible(any(kind in DUPLICATES for _, kind in found.sections))
        looks = found.visual_from is not None
        self.strip.show_note(found.hint if looks else "", found.nearest if looks and len(found.ids) else "")
        self._selected(self._window.grid.selected_ids())  # one that stays selected keeps its reasons

    def _moved(self) -> None:
        place = self._window.navigator.place
        query = place.query if place.ids is None else ""
        self.strip.show_query(query)
        self.strip.looks.show_query(query, self._window.library.settings.get("visual"))
        self.collected.mark(place.query)
        self.timeline.mark(place.query)
        self._decide()

    def _decide(self) -> None:
        """Chips stand over photos and over the page that found none; the sides beside photos alone."""
        showing = self._window.stage.showing
        searching = bool(self.strip.chips)
        self.strip.setVisible(self._wants_sides or (showing in ("grid", "nothing") and searching))
        self.strip.save_button.setVisible(searching and not self._window.library.read_only)
        if self._wants_sides and not self.sides.isVisible():
            self._count.start()
        self.sides.setVisible(self._wants_sides and self.sides.model().rowCount() > 0)

    @property
    def _wants_sides(self) -> bool:
        showing = self._window.stage.showing
        return self.strip.sides_button.isChecked() and showing == "grid"

    def _selected(self, ids: list[int]) -> None:
        """Of a single photo it is said why it was found."""
        window, query = self._window, self._window.navigator.place.query
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        if len(ids) != 1 or not query or window.navigator.place.ids is not None:
            self.strip.show_why(())
            return
        library, photo = window.library, ids[0]
        self._asked = window.bridge.call(
            lambda: library.why(query, photo), self.strip.show_why, priority=LATER
        )

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions about searches do."""
        return {"narrow": self.narrow}

    def narrow(self) -> None:
        """By key: open the sides and give them the keys; from there, close them again."""
        button = self.strip.sides_button
        if self.sides.hasFocus():
            button.setChecked(False)
            self._window.stage.focus_photos()
        else:
            self._to_sides = True
            button.setChecked(True)
            self._decide()
            self._count.start(0)

    def _show_sides(self) -> None:
        self._decide()

    def _count_sides(self) -> None:
        if self._wants_sides:
            ids, library = self._ids, self._window.library
            self._window.bridge.call(lambda: library.facets(ids), self._show_counts, priority=LATER)

    def _show_counts(self, sides: list[Side]) -> None:
        self.sides.show_sides(sides)
        self.sides.setVisible(self._wants_sides)
        wanted, self._to_sides = self._to_sides, False
        if wanted and self.sides.isVisible():
            self.sides.take_keys()

    def _select_spare(self) -> None:
        """Of each group of duplicates all but the first, which is the best."""
        grid = self._window.grid
        starts = [start for start, _ in grid.photos.sections]
        ends = [*starts[1:], grid.photos.rowCount()]
        ranges = [(start + 1, end - 1) for start, end in zip(starts, ends, strict=True) if end - start > 1]
        grid.selecting.select_ranges(ranges)
        grid.setFocus()

    def _edit(self, others: str, term: str) -> None:
        """The term goes to the end of the box, marked, so that what is typed stands in its place."""
        edit = self._window.search_bar.edit
        edit.setText(f"{others} {term}".strip())
        edit.setFocus()
        edit.setSelection(len(edit.text()) - len(term), len(term))

    def _set_looks(self, setting: str, value: object) -> None:
        """Keep it, and find once more as it says."""
        window, settings = self._window, self._window.library.settings
        window.bridge.write(partial(settings.set, setting, value), lambda _: window.navigator.search())

    def _save(self, name: str, query: str) -> None:
        window = self._window
        save = partial(window.library.collections.save, name, query, window.navigator.place.sort)
        said = self.tr("Saved: {name}").format(name=name)
        window.bridge.write(save, lambda _: window.messages.info(said))

    def _entered(self, query: str) -> None:
        """A search is remembered as soon as it is known that it finds something: nobody wants a slip offered again."""
        navigator = self._window.navigator
        self._to_note = query
        if navigator.result is not None and not navigator.asking:
            self._note(navigator.result)

    def _note(self, found: Found) -> None:
        place = self._window.navigator.place
        if place.typing:
            return
        query, self._to_note = self._to_note, ""
        if query and query == place.query and len(found.ids) and not found.nearest:
            kept = self._window.library.collections
            self._window.bridge.call(lambda: kept.note(query), lambda _: None, priority=LATER)

    # a picture on the search box

    def _find_alike(self, path: str) -> None:
        library, window = self._window.library, self._window

        def find() -> tuple[int | None, list[int]]:
            photo = library.photo_at(Path(path))
            if photo is not None:
                return photo.id, []
            return None, library.looks.similar_to_file(Path(path)).ids.tolist()

        def show(found: tuple[int | None, list[int]]) -> None:
            photo, ids = found
            if photo is not None:
                window.navigator.go(f"similar:{photo}")
            elif ids:
                window.navigator.show_list(ids)
                window.messages.info(self.tr("Photos that look like {name}").format(name=Path(path).name))
            else:
                window.messages.info(self.tr("No photo looks like {name}.").format(name=Path(path).name))

        window.bridge.call(find, show, priority=NOW)
