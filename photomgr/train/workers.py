"""Threads that stop when the person does: what has not begun by then never begins."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads; left by an error or by Ctrl-C it waits for what runs, not for what is queued."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
