"""The window: three columns over one open library. It puts the rooms together and owns nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QMouseEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QSplitter

from photomgr.core.query import asked_for
from photomgr.core.records import LABEL_COLOURS, Found
from photomgr.gui.actions import CHANGING, Actions
from photomgr.gui.background import SCAN, Background
from photomgr.gui.exchange.door import FilesDoor
from photomgr.gui.frame.housekeeping import Housekeeping
from photomgr.gui.frame.stage import Offers, Stage
from photomgr.gui.frame.status import Status
from photomgr.gui.frame.toolbar import ToolBar
from photomgr.gui.frame.undo_steps import UndoSteps
from photomgr.gui.frame.window_state import Layout, WindowState
from photomgr.gui.grid.grid import Grid
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.grid.stack_door import StackDoor
from photomgr.gui.grid.staying import Staying
from photomgr.gui.grid.waiting import WaitingDoor
from photomgr.gui.looks.theme import Theme
from photomgr.gui.messages import Messages
from photomgr.gui.places.adding import Adding
from photomgr.gui.places.panel import FolderTree
from photomgr.gui.review.door import ReviewDoor
from photomgr.gui.search.bar import SearchBar
from photomgr.gui.search.door import FindingDoor
from photomgr.gui.search.navigator import Navigator
from photomgr.gui.tags.panel import TagPanel
from photomgr.gui.threads.bridge import Bridge, JobHandle
from photomgr.gui.viewer.photo_view import PhotoView

if TYPE_CHECKING:
    from photomgr.library import Library

_STEP: Final = 1.2
_AFTER_PHOTOS: Final = 100  # milliseconds after the first photos are there until the work begins
_LATEST: Final = 3000  # milliseconds after which it begins without them
_DECIDING: Final = (  # by keys alone: a guest who presses one is told why nothing happens
    {name for name in CHANGING if name.startswith(("accept", "reject", "add_tag", "rate_", "label_"))}
    | {f"{what}_{n}" for what in ("suggestion", "set") for n in range(1, 10)}
)


class MainWindow(QMainWindow):
    """``reopen_wanted`` asks for the library to be opened again, read-only or not."""

    reopen_wanted = Signal(bool)

    def __init__(self, library: Library, theme: Theme) -> None:
        super().__init__()
        self.library = library
        self.theme = theme
        self.messages = Messages(self)
        self.bridge = Bridge(self)
        self.bridge.failed.connect(self.messages.failed)
        self.bridge.follow(library)
        self.actions_ = Actions(self)
        self.navigator = Navigator(library, self.bridge, self)
        self.background = Background(library, self.bridge, self.messages, self)
        self.undo_steps = UndoSteps(library, self.bridge, self.messages, self.actions_, self)
        self.adding = Adding(library, self.bridge, self.messages, self)
        self.housekeeping = Housekeeping(library, self.bridge, self.messages, self.background, theme, self)
        self.housekeeping.reopen_wanted.connect(self.reopen_wanted)
        self.housekeeping.query_wanted.connect(self.navigator.go)
        self._state = WindowState(library.paths.window_state)
        self._staying = Staying()
        self._select_next: int | None = None
        self._to_photos = False
        self._closed = False
        self._build()
        self._connect()
        self._act()
        self._restore()

    # Putting together

    def _build(self) -> None:
        library, bridge = self.library, self.bridge
        self.photos = PhotoList(library, bridge, self)
        self.search_bar = SearchBar(library, bridge, self)
        self.toolbar = ToolBar(self.actions_, self.search_bar, self)
        self.addToolBar(self.toolbar)
        self.folder_tree = FolderTree(library, bridge, self)
        self.grid = Grid(library, bridge, self.photos, self)
        self.photo_view = PhotoView(library, bridge, self.photos)
        offers = Offers(self.adding.choose, self.background.scan_all, self.navigator.go)
        self.stage = Stage(self.grid, self.photo_view, offers, self)
        self.stage.read_only = library.read_only
        self.tag_panel = TagPanel(library, bridge, self.messages)
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.columns.setChildrenCollapsible(False)
        self.columns.setHandleWidth(1)
        for widget, least in ((self.folder_tree, 150), (self.stage, 320), (self.tag_panel, 220)):
            widget.setMinimumWidth(least)
            self.columns.addWidget(widget)
        for number, stretch in enumerate((0, 1, 0)):
            self.columns.setStretchFactor(number, stretch)
        self.setCentralWidget(self.columns)
        self.status = Status(self.messages, self, _locked() if library.read_only else "")
        self.setStatusBar(self.status)
        self.stacking = StackDoor(self)
        self.review = ReviewDoor(self)
        self.finding = FindingDoor(self)
        self.files = FilesDoor(self)
        self.setWindowTitle(f"photomgr ({self.tr('read-only')})" if library.read_only else "photomgr")

    def _connect(self) -> None:
        navigator, search, stage, keeping = self.navigator, self.search_bar, self.stage, self.housekeeping
        search.changed.connect(navigator.type)
        search.edit.textEdited.connect(self._typed_on)
        search.entered.connect(self._entered)
        for left in (search.left, self.folder_tree.left, self.tag_panel.left):
            left.connect(self.stage.focus_photos)
        navigator.found.connect(self._found)
        navigator.moved.connect(self._moved)
        navigator.settled.connect(self._show_ways)
        navigator.photo_wanted.connect(self._show_photo)
        self.grid.opened.connect(navigator.open)
        self.grid.selection_changed.connect(self._selected)
        self.grid.zoomed.connect(self.toolbar.show_size)
        self.grid.rate_wanted.connect(self.tag_panel.rate)
        self.grid.label_wanted.connect(self.tag_panel.set_label)
        self.photo_view.closed.connect(lambda: navigator.open(None))
        self.photo_view.moved.connect(self.show_moved)
        self.tag_panel.tag_clicked.connect(navigator.go)
        self.tag_panel.why.draw_over(self.photo_view.canvas)
        self.toolbar.sized.connect(self.grid.set_cell_size)
        self.toolbar.coloured.connect(lambda choice: keeping.set("colours", choice.value))
        tree = self.folder_tree
        tree.asked.connect(navigator.go)
        tree.add_wanted.connect(self.adding.choose)
        tree.remove.connect(self.adding.remove)
        tree.rescan.connect(self.background.scan_folder)
        tree.counted.connect(self._counted)
        self.background.started.connect(self._job_started)
        self.background.indexed.connect(navigator.refresh)
        self.background.indexed.connect(self.finding.timeline.indexed)
        self.background.checked.connect(lambda: stage.set_model_problem(self.library.model_problem))
        self.messages.said.connect(stage.toast.say)
        self.bridge.changes.connect(lambda change: self._staying.note(change, self._looked_at()))
        stage.toast.undo_clicked.connect(self.undo_steps.undo)
        stage.shown.connect(self._stage_shown)
        self.status.show_photos.connect(navigator.show_list)
        self.toolbar.follow(self.theme)

    def _act(self) -> None:
        panel, keeping = self.tag_panel, self.housekeeping
        handlers: dict[str, Callable[[], Any]] = {
            "search": self._focus_search,
            "back": self.navigator.back,
            "forward": self.navigator.forward,
            "next_open": WaitingDoor(self).go,
            "escape": self._escape,
            "accept": panel.accept_current,
            "reject": panel.reject_current,
            "leave": panel.leave_current,
            "why": panel.explain_current,
            "add_tag": self._add_tag,
            "label_none": lambda: panel.set_label(None),
            "undo": self.undo_steps.undo,
            "redo": self.undo_steps.redo,
            "larger": lambda: self._zoom(_STEP),
            "smaller": lambda: self._zoom(1 / _STEP),
            "left_panel": self.show_panels,
            "right_panel": self.show_panels,
            "full_screen": self._full_screen,
            "keys": keeping.show_keys,
            "add_folder": self.adding.choose,
            "rescan": self.background.scan_all,
            "annotate": self.background.tag_now,
            "backup": keeping.back_up,
            "read_only": self._read_only,
            "settings": keeping.show_settings,
            "about": keeping.show_about,
            "quit": self.close,
        }
        handlers |= {f"rate_{n}": partial(panel.rate, n) for n in range(6)}
        handlers |= {f"label_{colour}": partial(panel.set_label, colour) for colour in LABEL_COLOURS}
        handlers |= {f"suggestion_{n}": partial(panel.toggle_suggestion, n) for n in range(1, 10)}
        handlers |= (
            keeping.handlers(lambda: panel.ids) | self.review.handlers(handlers) | self.finding.handlers()
        )
        if self.library.read_only:
            handlers |= dict.fromkeys(_DECIDING, lambda: self.messages.info(_locked()))
        self.actions_.connect(self.finding.map.handlers(handlers))
        self.actions_["read_only"].setChecked(self.library.read_only)
        for name in CHANGING - _DECIDING:
            self.actions_[name].setEnabled(not self.library.read_only)
        self._moved()

    def begin(self, folders: list[Path] | None = None) -> None:
        """Show the last place; when its photos are there, start the work in the background."""
        self.stage.focus_photos()
        begin = QTimer(self, singleShot=True, interval=_LATEST)
        begin.timeout.connect(self.folder_tree.refresh)
        begin.timeout.connect(self.background.begin)
        once = Qt.ConnectionType.SingleShotConnection
        self.navigator.found.connect(lambda _: begin.start(_AFTER_PHOTOS), once)
        begin.start()
        self.navigator.search()
        for folder in folders or ():
            self.adding.add(folder)

    # Layout and last place

    def _restore(self) -> None:
        layout = self._state.layout()
        if layout.geometry.isEmpty() or not self.restoreGeometry(layout.geometry):
            self.resize(1280, 800)
        if layout.columns.isEmpty() or not self.columns.restoreState(layout.columns):
            self.columns.setSizes([220, 780, 280])
        if not layout.left.isEmpty():
            self.folder_tree.splitter.restoreState(layout.left)
        self.actions_["left_panel"].setChecked(layout.left_shown)
        self.actions_["right_panel"].setChecked(layout.right_shown)
        self.show_panels()
        self.grid.set_cell_size(layout.cell or self.library.settings.get("thumbnail_size"))
        self.toolbar.show_size(self.grid.cell_size)
        self.toolbar.show_colours(self.theme.choice)
        place, self._select_next = self._state.place()
        self.navigator.place = place
        self.navigator.moved.emit()
        if place.photo is not None:
            self._select_next = place.photo

    def _save(self) -> None:
        layout = Layout(
            self.saveGeometry(),
            self.columns.saveState(),
            self.folder_tree.splitter.saveState(),
            self.actions_["left_panel"].isChecked(),
            self.actions_["right_panel"].isChecked(),
            self.grid.cell_size,
        )
        self._state.save(layout, self.navigator.place, self.grid.current_id())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)

    def shut(self) -> None:
        """Remember the layout, stop everything in the background. The library stays open."""
        if not self._closed:
            self._closed = True
            self._save()
            self.hide()  # what is still being written may take a moment
            self.background.close()
            self.bridge.shutdown()

    # Search and places

    def _typed_on(self) -> None:
        self._to_photos = False
        self.navigator.type_on()

    def _entered(self) -> None:
        """After Enter the keys are for the photos, as soon as it is known that there are some."""
        self.navigator.enter()
        self._to_photos = True
        if not self.navigator.asking:
            self._hand_over()

    def _hand_over(self) -> None:
        wanted, self._to_photos = self._to_photos, False
        if wanted and self.photos.rowCount() and self.search_bar.edit.hasFocus():
            self.stage.focus_photos()

    def _found(self, found: Found) -> None:
        if self.navigator.refreshing:
            kept = self._staying.keep(self.photos.stacked.found, found.ids, self._looked_at())
            found = replace(found, ids=kept)
        else:
            self._staying.forget()
        looked_for = asked_for(self.navigator.place.query)
        self.photos.look_for(looked_for)
        self.review.look_for(looked_for)
        self.photos.set_ids(found.ids, self.navigator.place.sort, found.sections, self.stacking.tops(found))
        self.stage.set_found(found, self.navigator.place)
        self._hand_over()
        self.search_bar.set_hint(found.hint if len(found.ids) and found.visual_from is None else "")
        if self._select_next is not None and len(found.ids):
            wanted, self._select_next = self._select_next, None
            self.grid.select_id(wanted)
            if self.navigator.place.photo is not None:
                self._show_photo(self.navigator.place.photo)
        self._count()

    def _looked_at(self) -> set[int]:
        opened = self.navigator.place.photo
        return {*self.grid.selected_ids(), *(() if opened is None else (opened,))}

    def _moved(self) -> None:
        place = self.navigator.place
        if self.search_bar.text.strip() != place.query:
            self.search_bar.set_text(place.query)
        self.toolbar.show_sort(place.sort)
        self.folder_tree.mark(place.query if place.ids is None else "\0", place.sort)
        self._show_ways()

    def _show_ways(self) -> None:
        self.actions_["back"].setEnabled(self.navigator.can_go_back)
        self.actions_["forward"].setEnabled(self.navigator.can_go_forward)

    def _counted(self) -> None:
        tree = self.folder_tree
        if tree.counts is None:
            return
        self.stage.set_library(tree.roots, tree.counts)
        self.housekeeping.note_unreadable(tree.counts.unreadable)

    # Photos

    def _selected(self, ids: list[int]) -> None:
        if self.navigator.place.photo is None and not self.review.is_open:
            self.tag_panel.set_photos(self.stacking.lead(ids))
        self._count()

    def _count(self) -> None:
        self.status.set_counts(*self.review.counts)

    def _show_photo(self, photo_id: int | None) -> None:
        self.stage.set_photo(photo_id)
        if photo_id is not None:
            self.photo_view.show_photo(photo_id)
            self.photo_view.setFocus()
            self.tag_panel.set_photos(self.stacking.behind(photo_id))
        else:
            self.tag_panel.set_photos(self.stacking.lead(self.grid.selected_ids()))
            if not self.search_bar.edit.hasFocus():
                self.grid.setFocus()

    def show_moved(self, photo_id: int) -> None:
        """The large view shows another photo now: the place, the grid and the panel follow."""
        self.navigator.note_photo(photo_id)
        self.grid.select_id(photo_id)
        self.tag_panel.set_photos(self.stacking.behind(photo_id))

    def _zoom(self, factor: float) -> None:
        if self.navigator.place.photo is not None:
            self.photo_view.zoom_in() if factor > 1 else self.photo_view.zoom_out()
        else:
            self.grid.set_cell_size(round(self.grid.cell_size * factor))

    def _add_tag(self) -> None:
        self.actions_["right_panel"].setChecked(True)
        self.show_panels()
        self.tag_panel.focus_add()

    # Focus, panels, colours

    def _focus_search(self) -> None:
        self.search_bar.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_bar.edit.selectAll()

    def _escape(self) -> None:
        """Esc goes back step by step: from a field to the photos, from a photo to the grid, then clears."""
        focus = self.focusWidget()
        sheets = [sheet for sheet in self.findChildren(QDialog) if sheet.isVisible()]
        if sheets:
            sheets[-1].close()
        elif self.tag_panel.close_why():
            return
        elif focus is not None and self.tag_panel.isAncestorOf(focus):
            self.stage.focus_photos()
        elif self.review.is_open:
            self.review.close()
        elif self.navigator.place.photo is not None:
            self.navigator.open(None)
        elif self.isFullScreen():
            self._full_screen()
        elif self.grid.selected_ids():
            self.grid.clearSelection()
        elif self.navigator.place.query or self.navigator.place.ids is not None:
            self.navigator.go("")

    def show_panels(self) -> None:
        """As the person wants them; there is nothing for them to show before there is a library."""
        useful = self.stage.showing != "welcome"
        for name in ("left_panel", "right_panel"):
            self.actions_[name].setVisible(useful)
        self.folder_tree.setVisible(useful and self.actions_["left_panel"].isChecked())
        self.tag_panel.setVisible(useful and self.actions_["right_panel"].isChecked())
        self.review.fit_panels()
        self._count()

    def _stage_shown(self, name: str) -> None:
        self.toolbar.slider.setEnabled(name == "grid")
        self.toolbar.sort_button.setEnabled(name == "grid")
        self.show_panels()

    def _full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_["full_screen"].setChecked(self.isFullScreen())
        super().changeEvent(event)

    # Changes and jobs

    def _job_started(self, handle: JobHandle) -> None:
        self.status.jobs.add(handle)
        if handle.name == SCAN:
            self.stage.set_scanning(True)
            for signal in (handle.finished, handle.failed, handle.cancelled):
                signal.connect(lambda *_: self._scan_ended())

    def _scan_ended(self) -> None:
        self.folder_tree.refresh()
        self.stage.set_scanning(False)

    def _read_only(self) -> None:
        self.housekeeping.set("read_only", self.actions_["read_only"].isChecked())

    def undo(self) -> None:
        """Take the last decision back."""
        self.undo_steps.undo()

    # Mouse buttons for back and forward

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.BackButton:
            self.navigator.back()
        elif event.button() is Qt.MouseButton.ForwardButton:
            self.navigator.forward()
        else:
            super().mousePressEvent(event)


def _locked() -> str:
    return QCoreApplication.translate("TagPanel", "The library is open read-only: nothing can be changed.")
