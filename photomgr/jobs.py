"""Background work as plain generators: no threads, no Qt, no photomgr imports.

A job is a generator that yields :class:`Progress` and returns its result. Whoever drives it
(the window's bridge, the command line, a test) decides on which thread it runs and shows what
it yields; to cancel is not to ask for the next item: ``close()`` runs the generator's
``finally`` blocks. A job must therefore yield at least every quarter of a second and must keep
on disk what it has done so far.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    ``done`` and ``total`` count items (photos, mostly); ``total`` is None while it is not known.
    ``text`` says what is being worked on, for a person.
    """

    done: int
    total: int | None = None
    text: str = ""


Job = Generator[Progress, None, T]


def run(job: Job[T], report: Callable[[Progress], None] | None = None) -> T:
    """Drive a job to its end on this thread and return its result."""
    while True:
        try:
            progress = next(job)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        if report is not None:
            report(progress)
