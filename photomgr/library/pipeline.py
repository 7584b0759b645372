"""From original to suggestions: each photo is decoded once, for its thumbnail and for the network both."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, TypeVar

from PIL import Image

from ..annotate.annotator import Annotator
from ..core import images
from ..core.catalog import Catalog
from ..core.catalog.annotations import Embedded
from ..core.errors import ImageError, PhotomgrError
from ..core.records import AnnotateResult, Change, Suggestion, ToAnnotate
from ..core.thumbnails import SHORT_SIDE, Thumbnails
from ..jobs import Job, Progress

A = TypeVar("A")
B = TypeVar("B")

_BATCH: Final = 32  # photos written in one transaction
_PATIENCE: Final = 0.2  # seconds between two signs of life


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of one photo: an embedding with its suggestions, a problem, or neither (it vanished)."""

    photo: ToAnnotate
    result: Embedded | None = None
    problem: str | None = None


def annotate(
    catalog: Catalog,
    thumbnails: Thumbnails,
    annotator: Annotator,
    *,
    threads: int,
    limit: int | None = None,
    again: bool = False,
    on_change: Callable[[Change], None],
) -> Job[AnnotateResult]:
    """Run the network over every photo that waits for it.

    Results are kept batch by batch, so that stopping at any moment loses at most a second of work.
    A photo that cannot be decoded gets its reason into its row and does not stop the run.
    """
    started = time.monotonic()
    waiting = catalog.annotations.waiting(annotator.model_hash, again=again, limit=limit)
    done = failed = 0
    pending: list[Embedded] = []
    written_at = time.monotonic()

    def flush() -> None:
        nonlocal pending, written_at
        if pending:
            on_change(catalog.annotations.write(annotator.model_hash, pending))
        pending, written_at = [], time.monotonic()

    try:
        yield Progress(0, len(waiting))
        for seen in _side_by_side(lambda photo: _see(photo, thumbnails, annotator), waiting, threads):
            if seen is not None:
                done += 1
                if seen.result is not None:
                    pending.append(seen.result)
                else:
                    failed += 1
                if seen.problem is not None:
                    on_change(catalog.files.set_problem(seen.photo.id, seen.problem))
            if len(pending) >= _BATCH or time.monotonic() - written_at > 1:
                flush()
            yield Progress(done, len(waiting), seen.photo.path.name if seen else "")
    finally:
        flush()
    return AnnotateResult(
        annotated=done - failed,
        failed=failed,
        remaining=catalog.annotations.count_waiting(annotator.model_hash),
        seconds=time.monotonic() - started,
        provider=annotator.provider,
    )


def _see(photo: ToAnnotate, thumbnails: Thumbnails, annotator: Annotator) -> _Seen:
    try:
        image = images.decode(photo.path, short_side=SHORT_SIDE)
    except ImageError as error:
        # A file that is not there is the scanner's affair: its drive may be away.
        return _Seen(photo, problem=str(error) if photo.path.exists() else None)
    if not thumbnails.has(photo.content):
        keep(thumbnails, photo.content, image)
    found = annotator.annotate(annotator.prepare(image)[None])[0]
    suggestions = [
        Suggestion(each.tag, float(each.score), dict(each.reasons))
        for each in annotator.suggestions(found.scores)
    ]
    return _Seen(
        photo, (photo.id, photo.content, found.embedding.tobytes(), found.scores.tobytes(), suggestions)
    )


def make_thumbnails(
    catalog: Catalog, thumbnails: Thumbnails, *, threads: int, on_change: Callable[[Change], None]
) -> Job[int]:
    """Make the thumbnails that are missing; the number made is the result."""
    waiting = [
        ToAnnotate(photo, path, content)
        for photo, content, path in catalog.lists.without_problem()
        if not thumbnails.has(content)
    ]

    def make(photo: ToAnnotate) -> _Seen:
        try:
            keep(thumbnails, photo.content, images.decode(photo.path, short_side=SHORT_SIDE))
        except ImageError as error:
            return _Seen(photo, problem=str(error) if photo.path.exists() else None)
        return _Seen(photo)

    done = 0
    yield Progress(0, len(waiting))
    for seen in _side_by_side(make, waiting, threads):
        if seen is not None:
            done += 1
            if seen.problem is not None:
                on_change(catalog.files.set_problem(seen.photo.id, seen.problem))
        yield Progress(done, len(waiting), seen.photo.path.name if seen else "")
    return done


def keep(thumbnails: Thumbnails, content: bytes, image: Image.Image) -> bytes:
    """Store a thumbnail. Raises PhotomgrError when the disk does not take it."""
    try:
        return thumbnails.store(content, image)
    except OSError as error:
        raise PhotomgrError(f"Thumbnails cannot be written: {error.strerror}.") from error


def _side_by_side(work: Callable[[A], B], items: Iterable[A], threads: int) -> Iterator[B | None]:
    """Results of ``work`` in the order of ``items``, from a sliding window of running ones.

    Gives None as a sign of life while nothing is ready. Closing the iterator drops what has not begun
    and waits for what has.
    """
    running: deque[Future[B]] = deque()
    rest = iter(items)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="photomgr-decode")
    try:
        while True:
            while len(running) < threads * 2 and (item := next(rest, _END)) is not _END:
                running.append(pool.submit(work, item))  # type: ignore[arg-type]
            if not running:
                return
            ready, _ = wait([running[0]], timeout=_PATIENCE)
            yield running.popleft().result() if ready else None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_END: Final = object()
