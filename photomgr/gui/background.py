"""Which jobs run when: look through the folders, keep the index and the tags up with the catalog.

A job of one name never runs twice at a time; what comes up while it runs makes it run once more
afterwards. Nothing here is remembered: what waits is read from the catalog, so the next start goes
on where this one was closed.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from photomgr.core.records import AnnotateResult, Change, Root, Waiting, What
from photomgr.core.watcher import Watcher
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import LATER, Bridge, JobHandle
from photomgr.gui.threads.rereading import Rest

if TYPE_CHECKING:
    from photomgr.library import Library

log = logging.getLogger(__name__)

SCAN: Final = "scan"
INDEX: Final = "index"
THUMBNAILS: Final = "thumbnails"
ANNOTATE: Final = "annotate"
COMPARE: Final = "compare"
LEARN: Final = "learn"
WRITE: Final = "write"

_SEARCHABLE: Final = ~(What.ROOTS | What.THUMBNAILS)
_WRITABLE: Final = (
    What.TAGS | What.RATING | What.LABEL | What.TEXTS | What.WRITING | What.PHOTOS | What.PRESENCE
)
_PAUSE: Final = 5_000  # milliseconds from a decision until files follow it


class Background(QObject):
    """Starts the jobs of one open library and starts them again when there is something to do.

    ``started`` carries each new :class:`JobHandle`, ``indexed`` follows when searches may find
    something else, ``looked`` when the folders have been looked through, ``checked`` when
    it is known what waits, and whether the annotator can run, ``consent_wanted`` when files would have to be written
    by themselves and nobody has agreed to that.
    """

    started = Signal(object)
    indexed = Signal()
    looked = Signal()
    checked = Signal()
    consent_wanted = Signal()

    def __init__(
        self,
        library: Library,
        bridge: Bridge,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._again: set[str] = set()
        self._folders: set[bytes] = set()
        self._all_roots = False
        self._stopped: set[str] = set()
        self._waited: dict[str, int] = {}
        self._watcher: Watcher | None = None
        self._closed = False
        self._caught_up = False
        self._turned = False  # whether tagging ends only to begin anew with other networks
        self._write_again = True  # what failed before is tried once more with each start
        self._consent_asked = False
        self._rests = {INDEX: Rest(0.15), LEARN: Rest(0.25, share=1.0, longest=2.0)}
        self._began: dict[str, float] = {}
        self._index_soon = self._timer(150, self.index, once=True)
        self._learn_soon = self._timer(250, self.learn, once=True)
        self._annotate_soon = self._timer(400, self._ask_waiting, once=True)
        self._write_soon = self._timer(_PAUSE, self._ask_unwritten, once=True)
        self._rescan = self._timer(60_000, self.scan_all, once=False)
        self._peek = self._timer(30_000, self.index, once=False)
        bridge.changes.connect(self._changed)

    def _timer(self, milliseconds: int, slot: Callable[[], None], *, once: bool) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(once)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def begin(self) -> None:
        """Go on with what waits. A guest only follows what the owner of the pen does."""
        if self._closed:
            return
        self.index()
        self._peek.start(3_000 if self._library.read_only else 30_000)
        if self._library.read_only:
            return
        self.apply_settings()
        self.scan_all()
        self._annotate_soon.start()
        self._write_soon.start()

    def apply_settings(self) -> None:
        """Do as the settings say from now on: watching, looking again, tagging."""
        if self._library.read_only or self._closed:
            return
        settings = self._library.settings
        self._rescan.start(settings.get("rescan_minutes") * 60_000)
        if settings.get("watch") and self._watcher is None:
            own = self._library.paths
            self._watcher = Watcher(self._noticed, ignore=(own.data, own.cache, own.config))
            self._watch()
        elif not settings.get("watch") and self._watcher is not None:
            watcher, self._watcher = self._watcher, None
            self._bridge.call(watcher.stop, lambda _: None, self._messages.failed, priority=LATER)
        running = self._bridge.job(ANNOTATE)
        if settings.get("annotate"):
            self._annotate_soon.start()
        elif running is not None:
            running.cancel()

    def close(self) -> None:
        """Stop watching and asking. The bridge stops the jobs themselves."""
        self._closed = True
        soon = (self._index_soon, self._learn_soon, self._annotate_soon, self._write_soon)
        for timer in (*soon, self._rescan, self._peek):
            timer.stop()
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    @property
    def is_watching(self) -> bool:
        """Whether changes in the folders are noticed by now."""
        return self._watcher is not None and self._watcher.wait_until_watching(0)

    # What there is to do

    def scan_all(self) -> None:
        """Look through all folders, now or after the look that is going on."""
        if self._library.read_only:
            return
        self._all_roots = True
        self._scan()

    def scan_folder(self, folder: Path) -> None:
        """Look again at one folder."""
        if not self._library.read_only:
            self._scan_folders({os.fsencode(folder)})

    def tag_now(self) -> None:
        """Go on tagging although the person cancelled it before."""
        self._stopped.clear()
        self._waited.clear()
        self._ask_waiting()

    def index(self) -> None:
        self._start(INDEX, self._library.index)

    def _index_later(self) -> None:
        """Soon after a decision; in a sweep with pauses that leave the processor to the keys."""
        if not self._index_soon.isActive():
            self._index_soon.start(self._rests[INDEX].milliseconds())

    def _learn_later(self) -> None:
        """As soon as the hand rests for a moment: what is learnt moves many photos, and a key held down comes first."""
        self._learn_soon.start(self._rests[LEARN].milliseconds())

    def learn(self) -> None:
        """Let decisions sharpen the suggestions of the whole library."""
        if not self._library.read_only and self._library.model_problem is None:
            self._start(LEARN, self._library.learn)

    def write_soon(self) -> None:
        """Let the files follow, also where that failed or was stopped before."""
        self._write_again = True
        self._stopped.discard(WRITE)
        if not self._closed and not self._library.read_only:
            self._write_soon.start()

    def _ask_unwritten(self) -> None:
        """Find out what has to be written; not while files are looked through, which may find that others wrote."""
        if self._closed or self._library.read_only or WRITE in self._stopped:
            return
        if self._bridge.job(SCAN) is not None or self._bridge.job(WRITE) is not None:
            self._write_soon.start()
            return
        upkeep, again = self._library.exchange.upkeep, self._write_again

        def ask() -> tuple[bool, int]:
            return upkeep.wanted and not upkeep.is_explained, len(upkeep.waiting(again=again))

        self._bridge.call(ask, self._unwritten, self._messages.failed, priority=LATER)

    def _unwritten(self, found: tuple[bool, int]) -> None:
        unexplained, count = found
        if unexplained and not self._consent_asked:
            self._consent_asked = True
            self.consent_wanted.emit()
        if count:
            again, self._write_again = self._write_again, False
            self._start(WRITE, lambda: self._library.exchange.upkeep.run(again=again))

    def _noticed(self, folders: set[bytes]) -> None:
        """Called by the watcher on its own thread."""
        self._bridge.post(partial(self._scan_folders, set(folders)))

    def _scan_folders(self, folders: set[bytes]) -> None:
        self._folders |= folders
        self._scan()

    def _scan(self) -> None:
        if self._closed or not (self._all_roots or self._folders):
            return
        if self._bridge.job(SCAN) is not None or self._bridge.job(WRITE) is not None:
            self._again.add(SCAN)
            return
        only = None if self._all_roots else sorted(self._folders)
        self._all_roots = False
        self._folders = set()
        self._start(SCAN, lambda: self._library.scan(only=only))

    def _ask_waiting(self) -> None:
        if not self._closed and not self._library.read_only:
            self._bridge.call(self._library.waiting, self._waits, self._messages.failed, priority=LATER)

    def _waits(self, waiting: Waiting) -> None:
        wanted = self._library.model_problem is None and self._library.settings.get("annotate")
        if wanted and self._hopeful(ANNOTATE, waiting.annotate):
            self._start(ANNOTATE, self._library.annotate)
        elif self._hopeful(THUMBNAILS, waiting.thumbnails):
            self._start(THUMBNAILS, self._library.make_thumbnails)
        elif self._hopeful(COMPARE, waiting.compare):
            self._start(COMPARE, self._library.looks.prepare)
        if not self._caught_up:  # what was decided before this start and not learnt
            self._caught_up = True
            self.learn()
        self.checked.emit()

    def _hopeful(self, name: str, count: int) -> bool:
        """Whether to start: not when the last run left as many as it found, or else it would run for ever."""
        if not count:
            self._waited.pop(name, None)
            return False
        if name in self._stopped:
            return False
        if self._bridge.job(name) is None and self._waited.get(name) == count:
            return False
        self._waited[name] = count
        return True

    def _watch(self) -> None:
        if self._watcher is not None:
            self._bridge.call(self._library.roots, self._watch_roots, self._messages.failed, priority=LATER)

    def _watch_roots(self, roots: list[Root]) -> None:
        watcher = self._watcher
        if watcher is not None:
            self._bridge.call(
                lambda: watcher.watch(roots), lambda _: None, self._messages.failed, priority=LATER
            )

    def _changed(self, change: Change) -> None:
        if self._closed:
            return
        if change.what & _SEARCHABLE:
            self._index_later()
        if change.what & What.TAGS and not self._library.read_only:
            self._learn_later()
        if change.what & _WRITABLE and not self._library.read_only and not self._write_soon.isActive():
            self._write_soon.start()
        if change.what & What.ROOTS:
            self._watch()
            self.scan_all()
        if change.what & What.PHOTOS:
            self._waited.clear()
        if change.what & What.NETWORKS:
            self._speak_anew()
        waits = change.what & (What.PHOTOS | What.METADATA | What.PRESENCE)
        if waits and not self._library.read_only and not self._annotate_soon.isActive():
            self._annotate_soon.start()

    def _speak_anew(self) -> None:
        """Others speak now: every photo waits, and a run with those of before ends."""
        if self._library.read_only:
            return
        self._stopped.discard(ANNOTATE)
        self._waited.pop(ANNOTATE, None)
        running = self._bridge.job(ANNOTATE)
        if running is None:
            self._annotate_soon.start()
        else:
            self._turned = True
            running.cancel()

    # Jobs

    def _start(self, name: str, job: Callable[[], object]) -> None:
        if self._closed:
            return
        if self._bridge.job(name) is not None:
            self._again.add(name)
            return
        self._began[name] = time.monotonic()
        handle = self._bridge.start(name, job)  # type: ignore[arg-type]
        handle.finished.connect(partial(self._ended, name, True))
        handle.failed.connect(partial(self._failed, name))
        handle.cancelled.connect(partial(self._cancelled, name))
        self.started.emit(handle)

    def _failed(self, name: str, error: BaseException) -> None:
        self._messages.failed(error)
        if not self._turns(name):
            self._stopped.add(name)
        self._ended(name, False)

    def _cancelled(self, name: str) -> None:
        if not self._turns(name):
            self.note_cancelled(name)
        self._ended(name, False)

    def _turns(self, name: str) -> bool:
        return name == ANNOTATE and self._turned

    def note_cancelled(self, name: str) -> None:
        """The person does not want this job now: it starts again when asked for, or with the program."""
        self._stopped.add(name)
        self._again.discard(name)

    def _ended(self, name: str, finished: bool, result: object = None) -> None:
        if self._closed:
            return
        if self._turns(name):
            # What was counted while it was ending says nothing: the others have not looked at any photo yet.
            self._turned = False
            self._waited.pop(name, None)
        if name in self._rests:
            self._rests[name].note(time.monotonic() - self._began[name])
        if name in (INDEX, COMPARE):
            self.indexed.emit()
        if name == ANNOTATE and not self._library.read_only:
            self._learn_later()
        if isinstance(result, AnnotateResult) and result.refused:
            text = self.tr(
                "Some photos get no suggestions: your network that says what looks alike failed on them."
            )
            self._messages.problem(text, result.refused)
        if name == SCAN:
            self.looked.emit()
        if name == WRITE and SCAN in self._again:
            self._again.discard(SCAN)
            self._scan()
        if name in self._again:
            self._again.discard(name)
            self._run_again(name)
        elif name in (SCAN, ANNOTATE, THUMBNAILS, COMPARE) and (finished or name != SCAN):
            self._annotate_soon.start()

    def _run_again(self, name: str) -> None:
        if name == INDEX:
            self._index_later()
        elif name == LEARN:
            self._learn_later()
        elif name == SCAN:
            self._scan()
        elif name == WRITE:
            self._write_soon.start()
        else:
            self._annotate_soon.start()

    def jobs(self) -> list[JobHandle]:
        """What runs now."""
        names = (SCAN, THUMBNAILS, ANNOTATE, COMPARE, LEARN, INDEX, WRITE)
        return [handle for name in names if (handle := self._bridge.job(name)) is not None]
