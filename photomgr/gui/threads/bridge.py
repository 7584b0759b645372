"""The only crossing of threads.

Slow work goes out as a plain function (:meth:`Bridge.call`, :meth:`Bridge.write`) or as a job generator
(:meth:`Bridge.start`) and runs on plain Python threads; what comes back is put into one queue, and
one queued signal wakes the GUI thread, which alone runs the callbacks and emits the signals that
widgets see. Nothing of Qt is touched on another thread.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from photomgr.core.records import Change, What
from photomgr.gui.threads.workers import LATER, NOW, SOON, Crew, Pool, Ticket
from photomgr.jobs import Job, Progress

__all__ = ["LATER", "NOW", "SOON", "Bridge", "JobHandle", "Ticket", "merged"]

T = TypeVar("T")
log = logging.getLogger(__name__)

_SLICE: Final = 0.008  # seconds of callbacks before the event loop gets its turn again
_WRITING: Final = 60.0  # seconds for which the end waits for what has to be written
_REPORT: Final = 0.05  # seconds between two progress reports of one job


class Follows(Protocol):
    """What the bridge needs of a library: to be told of changes."""

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]: ...


class JobHandle(QObject):
    """A running job, seen from the GUI thread.

    ``progress`` carries a :class:`Progress`, ``finished`` the job's result, ``failed`` the
    exception. Exactly one of ``finished``, ``failed``, ``cancelled`` is emitted, once, unless the
    bridge is shut down first.
    """

    progress = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, name: str, make: Callable[[], Job[Any]], parent: Bridge) -> None:
        super().__init__(parent)
        self.name = name
        self.latest: Progress | None = None
        self._bridge = parent
        self._make: Callable[[], Job[Any]] | None = make
        self._go = threading.Event()
        self._go.set()
        self._stop = threading.Event()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self) -> None:
        """Ask for no further item until :meth:`resume`."""
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def cancel(self) -> None:
        """Ask for no further item at all; ``cancelled`` follows when the job has cleaned up."""
        self._stop.set()
        self._go.set()

    def drive(self) -> None:
        """Run the job to its end, on a thread of the bridge."""
        make, self._make = self._make, None
        assert make is not None
        try:
            ended, result = self._iterate(make())
        except BaseException as error:
            self._bridge.post(partial(self._end, self.failed, error))
            return
        if ended:
            self._bridge.post(partial(self._end, self.finished, result))
        else:
            self._bridge.post(partial(self._end, self.cancelled))

    def _iterate(self, job: Job[Any]) -> tuple[bool, Any]:
        """(True, result) when the job came to its end, (False, None) when it was cancelled."""
        told = 0.0
        try:
            while not self._stop.is_set():
                if not self._go.wait(0.2):
                    continue
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return True, stop.value
                now = time.monotonic()
                if now - told >= _REPORT:
                    told = now
                    self._bridge.post(partial(self._tell, progress))
            return False, None
        finally:
            job.close()

    def _tell(self, progress: Progress) -> None:
        if not self._stop.is_set():
            self.latest = progress
            self.progress.emit(progress)

    def _end(self, signal: Any, *args: object) -> None:
        self._bridge.forget(self)
        if signal is self.failed and isinstance(args[0], Exception):
            log.info("job %s failed: %s", self.name, args[0])
        signal.emit(*args)
        self.deleteLater()


class Bridge(QObject):
    """Runs work off the GUI thread and brings its outcome back.

    ``changes`` re-emits what the library committed, several commits merged into one
    :class:`Change` when they come faster than the window can show. ``failed`` carries the
    exceptions that nobody else handles: connect it to ``Messages.failed``.
    """

    changes = Signal(object)
    failed = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None, workers: int = 2) -> None:
        super().__init__(parent)
        self._inbox: collections.deque[Callable[[], None]] = collections.deque()
        self._changes: list[Change] = []
        self._changes_lock = threading.Lock()
        self._awake = threading.Event()
        self._open = True
        self._jobs: dict[str, JobHandle] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._pool = Pool(self.post, self.failed.emit, workers)
        self._crew = Crew()
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def call(
        self,
        fn: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
        *,
        priority: int = SOON,
    ) -> Ticket:
        """Run ``fn`` on a pool thread, then ``done(result)`` or ``failed(error)`` on this one.

        Higher ``priority`` first, equal ones in order. One thread is kept for writes and
        for what is not below ``SOON``, so that any number of ``LATER`` calls never makes a query wait.
        """
        ticket = Ticket(fn, done, failed)
        if self._open:
            self._pool.put(ticket, priority)
        return ticket

    def write(
        self,
        fn: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """As :meth:`call`, for what a person has decided: before anything else, one at a time in the order of the
        asking, and also when the window is closed meanwhile."""
        if self._open:
            self._pool.write(Ticket(fn, done, failed))

    def start(self, name: str, job: Callable[[], Job[Any]]) -> JobHandle:
        """Drive the generator that ``job()`` makes on a thread that it has for itself.

        Raises ValueError while a job of that name runs.
        """
        if name in self._jobs:
            raise ValueError(f"the job {name} is running already")
        handle = JobHandle(name, job, self)
        if self._open:
            self._jobs[name] = handle
            self._crew.run(handle.drive)
        return handle

    def job(self, name: str) -> JobHandle | None:
        """The running job of that name."""
        return self._jobs.get(name)

    def forget(self, handle: JobHandle) -> None:
        """A job has ended."""
        if self._jobs.get(handle.name) is handle:
            del self._jobs[handle.name]

    def follow(self, library: Follows) -> None:
        """Emit ``changes`` for each commit of ``library`` from now on."""
        self._unfollow()
        self._unsubscribe = library.subscribe(self._changed)

    def _unfollow(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def post(self, callback: Callable[[], None]) -> None:
        """From any thread: run ``callback`` on the GUI thread, in order."""
        if not self._open:
            return
        self._inbox.append(callback)
        if not self._awake.is_set():
            self._awake.set()
            try:
                self._wake.emit()
            except RuntimeError:  # the application went away under a thread that outlived shutdown()
                log.debug("a result came after the end")

    def _changed(self, change: Change) -> None:
        with self._changes_lock:
            self._changes.append(change)
            first = len(self._changes) == 1
        if first:
            self.post(self._tell_changes)

    def _tell_changes(self) -> None:
        with self._changes_lock:
            changes, self._changes = self._changes, []
        if changes:
            self.changes.emit(merged(changes))

    def _deliver(self) -> None:
        self._awake.clear()
        until = time.perf_counter() + _SLICE
        while self._inbox and self._open:
            callback = self._inbox.popleft()
            try:
                callback()
            except Exception as error:
                self.failed.emit(error)
            if time.perf_counter() > until and self._inbox:
                self._awake.set()
                self._wake.emit()
                return

    def shutdown(self, wait: float = 5.0) -> bool:
        """Stop jobs and calls and join their threads; no callback runs afterwards.

        Writes that were asked for are done first, as far as a minute is enough. Waits for the rest at most ``wait``
        seconds, usually a small part of one; True when every thread ended.
        """
        self._open = False
        self._unfollow()
        for handle in self._jobs.values():
            handle.cancel()
        self._pool.close()
        self._crew.close()
        latest = time.monotonic() + _WRITING
        while self._pool.unwritten and time.monotonic() < latest:
            time.sleep(0.005)
        deadline = time.monotonic() + wait
        threads = [*self._pool.threads, *self._crew.threads]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._inbox.clear()
        self._jobs.clear()
        left = [thread.name for thread in threads if thread.is_alive()]
        if left:
            log.warning("still running at the end: %s", ", ".join(left))
        return not left


def merged(changes: list[Change]) -> Change:
    """Several changes as one; texts and actions belong to single steps and are left out."""
    if len(changes) == 1:
        return changes[0]
    what = What.NOTHING
    for change in changes:
        what |= change.what
    return Change(
        what,
        frozenset().union(*(change.photos for change in changes)),
        revision=max(change.revision for change in changes),
    )
