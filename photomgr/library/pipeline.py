"""From original to suggestions: each photo is decoded once, for its thumbnail and for the network both."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from PIL import Image

from ..annotate.annotator import Annotation, Annotator
from ..core import images
from ..core.catalog import Catalog
from ..core.catalog.annotations import Embedded
from ..core.catalog.opinions import Said
from ..core.errors import ImageChanged, ImageError, ImageUnavailable, NotYet, PhotomgrError, PhotoRefused
from ..core.records import AnnotateResult, Change, Suggestion, ToAnnotate, tag_key
from ..core.thumbnails import SHORT_SIDE, Thumbnails
from ..jobs import Job, Progress

A = TypeVar("A")
B = TypeVar("B")

_BATCH: Final = 32  # photos written in one transaction
_PATIENCE: Final = 0.2  # seconds between two signs of life
_MOST_PROBLEMS: Final = 1000  # that a result names


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of one photo: an embedding with its suggestions, or why there is none."""

    photo: ToAnnotate
    result: Embedded | None = None
    error: ImageError | PhotoRefused | None = None
    said: tuple[Said, ...] = ()


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
    A photo that cannot be decoded gets its reason into its row and does not stop the run. One whose file
    is another one since the last scan is passed over: it waits until a scan has seen that. One that a network
    refuses goes on waiting, and nothing is noted in its row: it can be looked at.
    """
    started = time.monotonic()
    waiting = catalog.annotations.waiting(annotator.model_hash, again=again, limit=limit)
    catalog.opinions.name(annotator.model_hash, annotator.names)
    refused = _refused(catalog, annotator)
    done = annotated = failed = 0
    problems: list[tuple[str, str]] = []
    declined: list[int] = []
    pending: list[Embedded] = []
    said: list[Said] = []
    written_at = time.monotonic()

    def flush() -> None:
        nonlocal pending, said, written_at
        if pending:
            # The second opinions first: an annotated photo has all that belongs to it, also after a crash.
            catalog.opinions.write(said)
            on_change(catalog.annotations.write(annotator.model_hash, pending))
        pending, said, written_at = [], [], time.monotonic()

    try:
        yield Progress(0, len(waiting))
        for seen in _side_by_side(
            lambda photo: _see(photo, thumbnails, annotator, refused.get(photo.id, frozenset())),
            waiting,
            threads,
        ):
            if seen is not None:
                done += 1
                if seen.result is not None:
                    annotated += 1
                    pending.append(seen.result)
                    said.extend(seen.said)
                elif seen.error is not None and not isinstance(seen.error, ImageChanged | NotYet):
                    failed += 1
                    if failed <= _MOST_PROBLEMS:
                        problems.append((str(seen.photo.path), str(seen.error)))
                if isinstance(seen.error, PhotoRefused):
                    declined.append(seen.photo.id)
                elif seen.error is not None:
                    note(catalog, seen.photo.id, seen.photo.path, seen.error, on_change)
            if len(pending) >= _BATCH or time.monotonic() - written_at > 1:
                flush()
            yield Progress(done, len(waiting), seen.photo.path.name if seen else "")
    finally:
        flush()
        if declined:
            catalog.annotations.decline(annotator.model_hash, declined)
    return AnnotateResult(
        annotated=annotated,
        failed=failed,
        remaining=catalog.annotations.count_waiting(annotator.model_hash),
        seconds=time.monotonic() - started,
        provider=annotator.provider,
        problems=tuple(problems),
        refused=tuple(declined),
    )


def _refused(catalog: Catalog, annotator: Annotator) -> dict[int, frozenset[str]]:
    """Photo -> the network's tags that the person refused for it, in the network's spelling."""
    labels = {tag_key(label): label for label in annotator.labels}
    return {
        photo: frozenset(labels[key] for key in keys if key in labels)
        for photo, keys in catalog.annotations.refused().items()
    }


def note(
    catalog: Catalog, photo_id: int, path: Path, error: ImageError, on_change: Callable[[Change], None]
) -> None:
    """Keep in its row why a photo cannot be read.

    Not when its file is not there or is another one: that is the scanner's affair, a drive may be away.
    """
    if not isinstance(error, ImageChanged) and os.path.exists(path):
        passing = isinstance(error, ImageUnavailable)
        on_change(catalog.files.set_problem(photo_id, str(error), passing=passing))


def _see(photo: ToAnnotate, thumbnails: Thumbnails, annotator: Annotator, refused: frozenset[str]) -> _Seen:
    try:
        image = images.decode(photo.path, short_side=SHORT_SIDE, content=photo.content)
    except ImageError as error:
        return _Seen(photo, error=error)
    if not thumbnails.has(photo.content):
        keep(thumbnails, photo.content, image)
    try:
        found = annotator.see(image)
    except PhotoRefused as error:
        return _Seen(photo, error=error)
    scored = annotator.suggestions(found.scores, rejected=refused)
    if refused:  # kept although no one sees them: they are open again when the refusal is undone
        scored += [each for each in annotator.suggestions(found.scores) if each.tag in refused]
    scored = annotator.with_opinions(scored, found)
    suggestions = [Suggestion(each.tag, float(each.score), dict(each.reasons)) for each in scored]
    return _Seen(
        photo,
        (photo.id, photo.content, found.embedding.tobytes(), found.scores.tobytes(), suggestions),
        said=_said(photo, annotator, found),
    )


def _said(photo: ToAnnotate, annotator: Annotator, found: Annotation) -> tuple[Said, ...]:
    """What the person's own networks said of it, as it is kept."""
    return tuple(
        Said(
            photo.id, photo.content, network.hash, opinion.scores.astype("<f2").tobytes(),
            [(box.column, box.score, box.place) for box in opinion.boxes],
        )
        for network, opinion in zip(annotator.helpers, found.opinions, strict=True)
        if opinion is not None
    )  # fmt: skip


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
            image = images.decode(photo.path, short_side=SHORT_SIDE, content=photo.content)
        except ImageError as error:
            return _Seen(photo, error=error)
        keep(thumbnails, photo.content, image)
        return _Seen(photo)

    done = made = 0
    yield Progress(0, len(waiting))
    for seen in _side_by_side(make, waiting, threads):
        if seen is not None:
            done += 1
            if seen.error is None:
                made += 1
            elif isinstance(seen.error, ImageError):
                note(catalog, seen.photo.id, seen.photo.path, seen.error, on_change)
        yield Progress(done, len(waiting), seen.photo.path.name if seen else "")
    return made


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
