"""What a person does with files from the window, and the pages for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from photomgr.core.catalog.exchange import Conflict
from photomgr.core.catalog.porting import Imported
from photomgr.core.records import Change, Photo, What
from photomgr.core.scanner import ScanResult
from photomgr.gui.exchange.by_itself import ByItself
from photomgr.gui.exchange.conflict_page import ConflictPage
from photomgr.gui.exchange.copy_page import CopyPage
from photomgr.gui.exchange.drop_door import DropDoor
from photomgr.gui.exchange.export_page import (
    EVERYTHING,
    GALLERY,
    KEYWORDS,
    TABLE,
    ExportPage,
    ExportWish,
)
from photomgr.gui.exchange.name_page import NamePage
from photomgr.gui.exchange.write_page import WritePage
from photomgr.gui.threads.bridge import LATER, NOW
from photomgr.jobs import Job
from photomgr.library import templates
from photomgr.library.copying import Copied, CopyWish

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow


class FilesDoor(QObject):
    """Opens the pages of one window and carries out what needs none."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._library = window.library
        self._bridge = window.bridge
        self._messages = window.messages
        window.actions_.connect(self.handlers())
        window.folder_tree.moved.connect(self.show_relink)
        self.drops = DropDoor(window)
        window.adding.pictured.connect(self.drops.take)
        self._conflicts = 0
        self.by_itself = ByItself(window)
        self.by_itself.look_wanted.connect(self.show_writes_of)
        window.bridge.changes.connect(self._look_for_conflicts)
        in_menu = ("rename", "move", "write_metadata", "copy_out", "trash")
        window.grid.more = [window.actions_[name] for name in in_menu]

    def handlers(self) -> dict[str, Callable[[], Any]]:
        """What the actions about files do."""
        return {
            "write_metadata": self.show_write,
            "conflicts": self.show_conflicts,
            "copy_out": self.show_copy,
            "export": self.export,
            "import": self.take_in,
            "rename": self.show_rename,
            "move": self.show_move,
            "trash": self.trash,
        }

    def _ids(self) -> list[int]:
        """The photos that are looked at, with those that stand behind them; none in the review, where the keys
        mean something else."""
        window = self._window
        if window.review.is_open:
            return []
        opened = window.navigator.place.photo
        return window.grid.selected_ids() if opened is None else window.photos.stacked.members(opened)

    # tags in files

    def show_write(self) -> None:
        """What would be written for the selected photos, or for all that was decided on."""
        ids = self._ids()
        if ids:
            self._open_write("", ids)
        else:
            self.show_writes_of()

    def show_writes_of(self, mode: str = "", folder: Path | None = None) -> None:
        """What would be written for all that was decided on, in one folder and below it or everywhere."""
        decided = self._library.exchange.upkeep.decided
        self._bridge.call(lambda: decided(folder), partial(self._open_write, mode), priority=NOW)

    def _open_write(self, mode: str, ids: Sequence[int]) -> None:
        if not ids:
            self._messages.info(self.tr("There is nothing to write: nothing was decided yet."))
            return
        page = WritePage(self._library, self._bridge, self._messages, self._show_job, ids, self._window, mode)
        page.photos_wanted.connect(self._window.navigator.show_list)
        page.show()

    def _show_job(self, handle: Any) -> None:
        self._window.status.jobs.add(handle)

    def _look_for_conflicts(self, change: Change) -> None:
        """After files were read again: say that something waits for a choice, once."""
        if change.what & What.METADATA:
            self._bridge.call(self._library.exchange.conflicts, self._note_conflicts, priority=LATER)

    def _note_conflicts(self, found: list[Conflict]) -> None:
        more, self._conflicts = len(found) - self._conflicts, len(found)
        if more > 0:
            text = self.tr(
                "%n conflict(s) with another program wait: Files, Conflicts in the menu.", "", len(found)
            )
            self._messages.problem(text, [each.photo for each in found])

    def show_conflicts(self) -> ConflictPage:
        """What waits for a choice."""
        page = ConflictPage(self._library, self._bridge, self._messages, self._window)
        page.photos_wanted.connect(self._window.navigator.show_list)
        page.show()
        return page

    # out and in

    def show_copy(self) -> CopyPage | None:
        """Copies of the selected photos for somebody else."""
        ids = self._ids()
        if not ids:
            self._messages.info(self.tr("Select the photos to copy first."))
            return None
        page = CopyPage(len(ids), self._window)
        page.wanted.connect(partial(self._copy, ids))
        page.show()
        return page

    def _copy(self, ids: list[int], folder: Path, wish: CopyWish) -> None:
        exchange = self._library.exchange
        self._run(
            self.tr("Copying photos"), lambda: exchange.copy(ids, folder, wish), partial(self._copied, folder)
        )

    def _copied(self, folder: Path, done: Copied) -> None:
        text = self.tr("%n photo(s) copied to {folder}", "", done.copied)
        self._messages.info(text.format(folder=folder))
        for path, reason in done.problems[:5]:
            self._messages.error(f"{path}: {reason}")

    def export(self) -> ExportPage:
        """Decisions, a table, a web page or a keyword list into a file of the person's choice."""
        window = self._window
        place = window.navigator.place
        shown = tuple(window.photos.stacked.found.tolist())
        page = ExportPage(shown, tuple(self._ids()), place.query or self.tr("Photos"), window)
        page.wanted.connect(self.export_as)
        page.show()
        return page

    def export_as(self, wish: ExportWish) -> None:
        """Carry out what the page asked for; it can be cancelled where jobs are shown."""
        ports, ids = self._library.exchange.ports, list(wish.ids)
        jobs: dict[str, Callable[[], Job[int]]] = {
            EVERYTHING: lambda: ports.export(wish.target),
            TABLE: lambda: ports.csv(wish.target, ids),
            GALLERY: lambda: ports.gallery(wish.target, ids, wish.title or self.tr("Photos")),
        }
        if wish.kind not in jobs:
            self._bridge.call(
                lambda: ports.keywords(wish.target), partial(self._exported, wish), self._messages.failed
            )
            return
        name = self.tr("Exporting {name}").format(name=wish.target.name)
        self._run(name, jobs[wish.kind], partial(self._exported, wish))

    def _run(self, name: str, job: Callable[[], Job[Any]], done: Callable[[Any], None]) -> None:
        """Drive a job beside the others in the status bar; one of a name at a time."""
        if self._bridge.job(name) is not None:
            self._messages.info(
                self.tr("{job}: one is under way, wait for it or cancel it.").format(job=name)
            )
            return
        handle = self._bridge.start(name, job)
        handle.finished.connect(done)
        handle.failed.connect(self._messages.failed)
        self._show_job(handle)

    def _exported(self, wish: ExportWish, count: int) -> None:
        texts = {
            EVERYTHING: self.tr("Everything that was decided is in {path}"),
            TABLE: self.tr("%n photo(s) written into {path}", "", count),
            GALLERY: self.tr("%n photo(s) put on the page {path}", "", count),
            KEYWORDS: self.tr("%n tag(s) written into {path}", "", count),
        }
        path = wish.target / "index.html" if wish.kind == GALLERY else wish.target
        self._messages.info(texts[wish.kind].format(path=path))

    def take_in(self) -> None:
        """An export, a digiKam database or a keyword list, of the person's choice."""
        filters = self.tr("Exports, digiKam databases, keyword lists (*.jsonl *.db *.txt)")
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Import"), str(Path.home()), filters)
        if name:
            self.take_in_from(Path(name))

    def take_in_from(self, source: Path) -> None:
        ports = self._library.exchange.ports
        self._bridge.call(lambda: ports.take_in(source), self._taken_in, self._messages.failed)

    def _taken_in(self, found: tuple[Change, Imported]) -> None:
        change, done = found
        text = change.text or self.tr("Nothing changed: all of this was decided already.")
        if done.missing:
            text += " " + self.tr("%n photo(s) of it are not in this library.", "", done.missing)
        self._messages.info(text, undo=change.action is not None)

    # files

    def show_rename(self) -> NamePage | None:
        """A new name for the photo that is selected, or a pattern for several."""
        ids = self._ids()
        photos = self._library.photos(ids[:1])
        if not photos:
            return None
        photo, moving = photos[0], self._library.moving
        if len(ids) == 1 or self._library.stacks.is_shot(ids):
            page = NamePage(photo.display_name, self._window)
            page.named.connect(lambda name: self._do(partial(moving.rename, photo.id, name)))
        else:
            page = NamePage("{year}-{month}-{day} {n:03}", self._window, partial(_example, photo), len(ids))
            page.named.connect(lambda name: self._do(partial(moving.rename_all, ids, name)))
        page.show()
        return page

    def show_move(self) -> None:
        """Another folder of the library for the selected photos, by the system's chooser."""
        ids = self._ids()
        photos = self._library.photos(ids[:1])
        if not photos:
            self._messages.info(self.tr("Select the photos to move first."))
            return
        dialog = QFileDialog(self._window, self.tr("Move to a folder of the library"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(photos[0].path.parent))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.move_to(ids, Path(chosen)))
        dialog.open()

    def move_to(self, ids: Sequence[int], folder: Path) -> None:
        self._do(partial(self._library.moving.move, list(ids), folder))

    def show_relink(self, old: Path) -> None:
        """Ask where a folder that is not there any more has gone."""
        dialog = QFileDialog(self._window, self.tr("Where is {name} now?").format(name=old.name))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.relink(old, Path(chosen)))
        dialog.open()

    def relink(self, old: Path, new: Path) -> None:
        """Find the photos of a folder in its new place, by their content."""
        moving = self._library.moving
        self._run(self.tr("Finding moved photos"), lambda: moving.relink(old, new), self._relinked)

    def _relinked(self, found: ScanResult) -> None:
        text = self.tr("%n photo(s) found again", "", found.moved)
        if found.new:
            text += "; " + self.tr("%n are new", "", found.new)
        if found.gone:
            text += "; " + self.tr("%n are still missing: search is:gone", "", found.gone)
        self._messages.info(text)

    def trash(self) -> None:
        """The selected photos into the system's trash; Undo brings them back."""
        ids = self._ids()
        if ids:
            self._do(partial(self._library.moving.trash, ids))

    def _do(self, work: Callable[[], Change]) -> None:
        self._bridge.call(work, self._done, self._messages.failed, priority=NOW)

    def _done(self, change: Change) -> None:
        text = change.text or self.tr("Nothing changed: it was so already.")
        self._messages.info(text, undo=change.action is not None)


def _example(photo: Photo, pattern: str) -> str:
    """What a pattern makes of a photo. Raises UsageError."""
    templates.check(pattern)
    return f"{photo.display_name} → {'-'.join(templates.parts_of(pattern, photo, 1))}{photo.path.suffix}"
