"""The plain Python threads behind the bridge: a pool for short calls, a crew for jobs. No Qt in here."""

from __future__ import annotations

import collections
import heapq
import itertools
import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

log = logging.getLogger(__name__)

NOW: Final = 10  # somebody waits for it: a query, the photo on the screen
SOON: Final = 0
LATER: Final = -10  # thumbnails, neighbours, counts: may be many and may be dropped


class Ticket:
    """A call that is under way. Made by :meth:`Bridge.call` and :meth:`Bridge.write`, used on the GUI thread."""

    __slots__ = ("done", "failed", "fn", "open")

    def __init__(
        self,
        fn: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        self.fn: Callable[[], Any] | None = fn
        self.done: Callable[[Any], None] | None = done
        self.failed = failed
        self.open = True

    def cancel(self) -> None:
        """Neither ``done`` nor ``failed`` will be called; the function does not start if it has not yet."""
        self.open = False
        self.fn = self.done = self.failed = None


class Pool:
    """A few threads over a queue of writes and two heaps: what somebody waits for, and what may wait.

    Writes come first, run one at a time in the order in which they were asked for, and run also after ``close``.
    ``post`` brings a callback to the GUI thread, in order; ``failed`` takes the exceptions that no
    ticket handles, there.
    """

    def __init__(
        self,
        post: Callable[[Callable[[], None]], None],
        failed: Callable[[BaseException], None],
        workers: int,
    ) -> None:
        self._post = post
        self._failed = failed
        self._ready = threading.Condition()
        self._writes: collections.deque[Ticket] = collections.deque()
        self._writing = False
        self._soon: list[tuple[int, int, Ticket]] = []
        self._later: list[tuple[int, int, Ticket]] = []
        self._count = itertools.count()
        self._closed = False
        self.threads = [
            threading.Thread(
                target=self._work, args=(number > 0,), name=f"photomgr worker {number}", daemon=True
            )
            for number in range(workers + 1)
        ]
        for thread in self.threads:
            thread.start()

    def put(self, ticket: Ticket, priority: int) -> None:
        with self._ready:
            heap = self._soon if priority >= SOON else self._later
            heapq.heappush(heap, (-priority, next(self._count), ticket))
            self._ready.notify_all() if heap is self._later else self._ready.notify()

    def write(self, ticket: Ticket) -> None:
        with self._ready:
            self._writes.append(ticket)
            self._ready.notify()

    @property
    def unwritten(self) -> bool:
        """Whether a write is waiting or under way."""
        with self._ready:
            return self._writing or bool(self._writes)

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._soon.clear()
            self._later.clear()
            self._ready.notify_all()

    def _take(self, any_priority: bool) -> tuple[Ticket, bool] | None:
        """What to do next, and whether it is a write; None when there is nothing to do any more."""
        with self._ready:
            while True:
                if self._writes and not self._writing:
                    self._writing = True
                    return self._writes.popleft(), True
                if self._soon:
                    return heapq.heappop(self._soon)[2], False
                if any_priority and self._later:
                    return heapq.heappop(self._later)[2], False
                if self._closed and not self._writes:
                    return None
                self._ready.wait()

    def _work(self, any_priority: bool) -> None:
        while (taken := self._take(any_priority)) is not None:
            ticket, writes = taken
            self._run(ticket)
            if writes:
                with self._ready:
                    self._writing = False
                    self._ready.notify_all() if self._closed else None
            del taken, ticket  # a waiting thread must not keep the last result's callbacks alive

    def _run(self, ticket: Ticket) -> None:
        fn = ticket.fn
        if fn is None:
            return
        try:
            result = fn()
        except BaseException as error:
            if self._closed:  # nobody can be told any more
                log.error("not done before the end: %s", error)
            self._post(partial(self._fail, ticket, error))
        else:
            self._post(partial(self._finish, ticket, result))

    def _finish(self, ticket: Ticket, result: Any) -> None:
        if ticket.open and ticket.done is not None:
            done = ticket.done
            ticket.cancel()
            done(result)

    def _fail(self, ticket: Ticket, error: BaseException) -> None:
        if not ticket.open:
            return
        failed = ticket.failed
        ticket.cancel()
        if failed is not None:
            failed(error)
        else:
            self._failed(error)


class Crew:
    """Threads for jobs, one for each that runs at a time; a free one is used again, since starting one
    makes the caller wait for it, which on a busy machine can be felt."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._free = 0
        self.threads: list[threading.Thread] = []

    def run(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._free -= 1
            needs_one = self._free < 0
        if needs_one:
            name = f"photomgr job {len(self.threads)}"
            thread = threading.Thread(target=self._take, name=name, daemon=True)
            self.threads.append(thread)
            thread.start()
        self._work.put(work)

    def close(self) -> None:
        for _ in self.threads:
            self._work.put(None)

    def _take(self) -> None:
        with self._lock:
            self._free += 1
        while (work := self._work.get()) is not None:
            work()
            del work
            with self._lock:
                self._free += 1
