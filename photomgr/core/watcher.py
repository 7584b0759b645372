"""Notices changes below the roots while the program runs and says which folders to look at again.

Events come from watchdog. Where the system gives none (network file systems, a used-up inotify limit),
folders are polled. Every few seconds it is also looked whether a root has come or gone, as drives do.
Events may get lost on the way: whoever uses this also rescans from time to time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from photomgr.core.records import Root
from photomgr.core.walk import SEPARATOR, is_photo_name, is_skipped, is_within

log = logging.getLogger(__name__)
# watchdog's own race between a new folder and the events in it; it then does the right thing
warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)

_EVENTS: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]  # not those that our own reading causes
_SILENT: Final = frozenset(
    (
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "vboxsf", "fuse.sshfs", "fuse.rclone",
        "fuse.davfs", "davfs", "fuse.glusterfs", "fuse.vmhgfs-fuse", "drvfs", "virtiofs",
    )
)  # fmt: skip  # file systems that do not tell what others change on them


@dataclass(slots=True)
class _Watched:
    """One root: what is at its path now, and who watches it (None: nobody, or it is away)."""

    path: bytes
    identity: tuple[int, int] | None = None
    observer: BaseObserver | None = None
    watch: ObservedWatch | None = None


class _Handler:
    """Hands events on to the watcher; runs on watchdog's thread, which asks for this method alone."""

    def __init__(self, note: Callable[[FileSystemEvent], None]) -> None:
        self._note = note

    def dispatch(self, event: FileSystemEvent) -> None:
        self._note(event)


class Watcher:
    """Calls ``on_folders`` with absolute folders to look at again, on a thread of its own.

    Changes are gathered until nothing has happened for ``quiet`` seconds, but not longer than
    ``patience`` seconds. Folders in ``ignore`` and hidden ones are passed over. ``poll`` is the interval
    in seconds where polling is needed, ``look`` that of looking for roots that come and go.
    """

    def __init__(
        self,
        on_folders: Callable[[set[bytes]], None],
        *,
        ignore: Sequence[Path] = (),
        quiet: float = 0.6,
        patience: float = 3.0,
        poll: float = 20.0,
        look: float = 5.0,
        native: bool = True,
    ) -> None:
        self._on_folders = on_folders
        self._ignore = tuple(os.fsencode(os.path.realpath(path)) for path in ignore)
        self._quiet, self._patience, self._poll, self._look = quiet, patience, poll, look
        self._native = native
        self._handler = _Handler(self._note)
        self._wake = threading.Condition()
        self._wanted: tuple[bytes, ...] = ()
        self._folders: set[bytes] = set()
        self._first = self._last = 0.0
        self._stopping = False
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        # only the watcher's own thread touches these
        self._watched: dict[bytes, _Watched] = {}
        self._observers: dict[bool, BaseObserver] = {}

    def watch(self, roots: Sequence[Root]) -> None:
        """Watch these roots and no others from now on. Returns at once; absent roots are waited for."""
        with self._wake:
            if self._stopping:
                return
            self._wanted = tuple(dict.fromkeys(os.fsencode(root.path) for root in roots))
            self._ready.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="photomgr-watcher", daemon=True)
                self._thread.start()
            self._wake.notify()

    def wait_until_watching(self, timeout: float) -> bool:
        """Wait until the roots last given are being watched; False when that takes longer than ``timeout`` s."""
        return self._ready.wait(timeout)

    def stop(self) -> None:
        """Stop for good. Returns within three seconds, even when a network drive hangs."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(3.0)

    # the watcher's own thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        arranged: tuple[bytes, ...] | None = None
        looked = 0.0
        try:
            while not self._stopping:
                now = time.monotonic()
                if self._wanted is not arranged or now - looked >= self._look:
                    arranged, looked = self._wanted, now
                    self._arrange(arranged)
                    if arranged is self._wanted:
                        self._ready.set()
                folders = self._due()
                if folders:
                    self._report(folders)
                with self._wake:
                    if self._wanted is arranged and not self._stopping:
                        self._wake.wait(self._pause(looked))
        finally:
            for observer in self._observers.values():
                observer.stop()
            for observer in self._observers.values():
                observer.join(1.0)

    def _pause(self, looked: float) -> float:
        """Seconds until there is something to do (the lock is held)."""
        now = time.monotonic()
        pause = looked + self._look - now
        if self._folders:
            pause = min(pause, self._last + self._quiet - now, self._first + self._patience - now)
        return max(0.01, pause)

    def _due(self) -> set[bytes]:
        """The folders to report now, if it has been quiet for long enough."""
        now = time.monotonic()
        with self._wake:
            if not self._folders or (now < self._last + self._quiet and now < self._first + self._patience):
                return set()
            folders, self._folders = self._folders, set()
            return folders

    def _report(self, folders: set[bytes]) -> None:
        try:
            self._on_folders(folders)
        except Exception:  # whatever goes wrong there, watching goes on; the log keeps it for us
            log.exception("The changes in %d folders could not be handed on", len(folders))

    def _arrange(self, wanted: tuple[bytes, ...]) -> None:
        """Watch what is wanted and there, and note roots that came, went or were replaced."""
        for path in self._watched.keys() - set(wanted):
            self._unwatch(self._watched.pop(path))
        for path in wanted:
            first = path not in self._watched
            root = self._watched.setdefault(path, _Watched(path))
            identity = _identity(path)
            alive = root.watch is None or _is_alive(root)
            if identity == root.identity and alive and not (identity is not None and root.watch is None):
                continue
            came_or_went = identity != root.identity
            self._unwatch(root)
            root.identity = identity
            if identity is not None:
                self._begin(root)
            if came_or_went and not first:
                self._remember(path)

    def _begin(self, root: _Watched) -> None:
        for native in (True, False):
            if native and (not self._native or _tells_nothing(root.path)):
                continue
            try:
                observer = self._observer(native)
                root.watch = observer.schedule(
                    self._handler, os.fsdecode(root.path), recursive=True, event_filter=_EVENTS
                )
                root.observer = observer
                if native and self._is_exhausted(observer):
                    self._unwatch(root)
                    continue
                return
            except (OSError, RuntimeError) as error:
                log.info("%r cannot be watched natively=%s: %s", root.path, native, error)
                root.watch = root.observer = None

    def _observer(self, native: bool) -> BaseObserver:
        observer = self._observers.get(native)
        if observer is None:
            observer = Observer() if native else PollingObserver(timeout=self._poll)
            observer.start()
            self._observers[native] = observer
        return observer

    def _is_exhausted(self, observer: BaseObserver) -> bool:
        """Whether the system's limit of watches is used up: watchdog passes over sub-folders in silence then."""
        try:
            probe = observer.schedule(self._handler, os.path.realpath(os.sep), event_filter=[DirMovedEvent])
            observer.unschedule(probe)
        except (OSError, KeyError):
            return True
        return False

    def _unwatch(self, root: _Watched) -> None:
        if root.observer is not None and root.watch is not None:
            with contextlib.suppress(KeyError, OSError, RuntimeError):  # its emitter may have ended by itself
                root.observer.unschedule(root.watch)
        root.observer = root.watch = None

    # watchdog's threads -----------------------------------------------------------------------------------

    def _note(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if not path:
                continue
            raw = os.fsencode(path)
            folder, name = os.path.split(raw)
            if event.is_directory:
                self._remember(folder)
                if isinstance(event, DirCreatedEvent | DirMovedEvent):
                    self._remember(raw)
            elif is_photo_name(name) or name.lower().endswith(b".xmp"):
                self._remember(folder)

    def _remember(self, folder: bytes) -> None:
        """Put a folder on the list, unless it is none of ours."""
        root = next((root for root in self._wanted if is_within(folder, root)), None)
        if root is None or any(is_within(folder, ignored) for ignored in self._ignore):
            return
        if any(is_skipped(part) for part in folder[len(root) :].split(SEPARATOR) if part):
            return
        with self._wake:
            now = time.monotonic()
            if not self._folders:
                self._first = now
            self._last = now
            self._folders.add(folder)
            self._wake.notify()


def _identity(path: bytes) -> tuple[int, int] | None:
    """Which folder is at ``path``: it is another one once a drive is mounted there. None when there is none."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_dev, info.st_ino


def _is_alive(root: _Watched) -> bool:
    """Whether an emitter still works for this root; it ends when the folder is deleted."""
    if root.observer is None:
        return False
    return any(
        emitter.watch == root.watch and emitter.is_alive() for emitter in tuple(root.observer.emitters)
    )


def _tells_nothing(path: bytes) -> bool:
    """Whether ``path`` is on a file system that gives no events for changes made elsewhere (Linux only)."""
    try:
        mounts = Path("/proc/self/mounts").read_bytes()
    except OSError:
        return False
    best, kind = b"", b""
    for line in mounts.splitlines():
        fields = line.split(b" ")
        if len(fields) > 2:
            point = fields[1].replace(b"\\040", b" ").replace(b"\\011", b"\t").replace(b"\\134", b"\\")
            if is_within(os.path.realpath(path), point) and len(point) >= len(best):
                best, kind = point, fields[2]
    return kind.decode("ascii", "replace") in _SILENT
