"""Folders against the catalog: what is new, changed, moved, gone or back.

A photo is known by its content: a file that turns up under another name or in another folder, of any
root, while its old place is empty, is the same photo and keeps everything that was decided about it.
Rows never disappear: photos whose root is away are offline, others that are missing are gone.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from photomgr.core import images, readers
from photomgr.core.containers import (
    PhotoFile,
    content_hash,
    kind_of,
    open_reason,
    parts_of,
    stamp_ns,
)
from photomgr.core.errors import ImageError
from photomgr.core.metadata import merge_places, read, sidecar_names
from photomgr.core.pictures import picture_hash
from photomgr.core.records import Change, FileBatch, FileFacts, FileStamp, KnownFile, Presence, Root
from photomgr.core.walk import Found, Walk, is_skipped, is_within
from photomgr.jobs import Job, Progress

if TYPE_CHECKING:
    from photomgr.core.catalog import Catalog

_SLICE: Final = 0.2  # seconds of work between two reports
_FIRST_BATCH: Final = 24
_BATCH: Final = 200
_BATCH_AGE: Final = 1.0  # seconds that a photo may wait to be written
_COMMON: Final = 50  # copies of one content beyond which following a move makes no sense
_GONE_AT_ONCE: Final = 2000
_MOST_PROBLEMS: Final = 1000  # that a result names


@dataclass(slots=True)
class ScanResult:
    """How many photos were found to be what.

    ``unreadable`` counts the files and folders that this scan looked at and could not read, ``problems``
    names the first 1,000 of them: path and reason.
    """

    new: int = 0
    changed: int = 0
    moved: int = 0
    gone: int = 0
    unreadable: int = 0
    back: int = 0
    seen: int = 0
    seconds: float = 0.0
    problems: tuple[tuple[str, str], ...] = ()

    def note(self, path: bytes, reason: str) -> None:
        """Count a file or folder that cannot be read."""
        self.unreadable += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems += ((os.fsdecode(path), reason),)


def scan(
    catalog: Catalog,
    roots: Sequence[Root],
    *,
    on_change: Callable[[Change], None] | None = None,
    only: Sequence[bytes] | None = None,
) -> Job[ScanResult]:
    """Bring the catalog up to date with the disk.

    ``only`` names absolute folders to look at again (as the watcher reports them) instead of all; folders
    in them that are new are looked through wholly. ``on_change`` is called after each commit, on this
    thread. What was found is on disk at the latest a second later, and when the job is closed.
    """
    started = time.monotonic()
    result = ScanResult()
    every = [os.fsencode(root.path) for root in catalog.files.roots()]
    if (change := catalog.files.forget_problems(readers.mended())) is not None and on_change is not None:
        on_change(change)
    for root in roots:
        part = _RootScan(catalog, root, every, on_change or (lambda change: None), result)
        try:
            yield from part.run(only)
        except (GeneratorExit, KeyboardInterrupt):
            part.flush()
            raise
    result.seconds = time.monotonic() - started
    return result


def is_away(root: Path, expected: bool) -> bool:
    """Whether a root cannot be looked at: absent, or (where photos are ``expected``) suddenly empty,
    as the folder is on which a drive was mounted."""
    try:
        with os.scandir(os.fsencode(root)) as entries:
            return expected and all(is_skipped(entry.name) for entry in entries)
    except OSError:
        return True


class _RootScan:
    """One scan of one root."""

    def __init__(
        self,
        catalog: Catalog,
        root: Root,
        roots: Sequence[bytes],
        on_change: Callable[[Change], None],
        result: ScanResult,
    ) -> None:
        self._files = catalog.files
        self._root = root
        self._roots = roots
        self._on_change = on_change
        self._result = result
        self._batch = FileBatch(root.id)
        self._flushed = time.monotonic()
        self._limit = _FIRST_BATCH
        self._claimed: set[int] = set()  # rows that moved to a new place in this scan
        self._displaced: set[int] = set()  # rows in whose place another known photo was found
        self._vacated: set[tuple[bytes, bytes]] = set()  # their old places, until that is written
        self._common: set[bytes] = set()
        self._edited: dict[bytes, tuple[KnownFile, Found]] = {}  # by the content that they had before
        self._read = 0

    def run(self, only: Sequence[bytes] | None) -> Iterator[Progress]:
        known = self._files.known(self._root.id)
        expected = any(row.presence is not Presence.GONE for rows in known.values() for row in rows.values())
        if is_away(self._root.path, expected):
            self._tell(self._files.set_online(self._root.id, False))
            return
        if (change := self._files.set_online(self._root.id, True)) is not None:
            self._on_change(change)
            known = self._files.known(self._root.id)
            only = None  # anything may have happened to it while it was away
        walk = Walk(os.fsencode(self._root.path), self._roots, known, only)
        before = self._result.seen
        yield from self._read_all(walk, before)
        for unread, reason in (*walk.unreadable.items(), *walk.refused.items()):
            self._result.note(unread, reason)
        # a folder that was reported beside its own parent is missed twice
        missing = list({row.id: row for row in walk.missing if row.id not in self._claimed}.values())
        if missing and is_away(self._root.path, expected):  # it was pulled out while we were looking
            self.flush()
            self._tell(self._files.set_online(self._root.id, False))
            return
        self.flush()
        lost = {row.id for row in missing}
        for start in range(0, len(missing), _GONE_AT_ONCE):
            part = missing[start : start + _GONE_AT_ONCE]
            for _ in self._follow_copies(part, lost):
                yield self._progress(walk, before, "", finished=True)
            self._batch.gone = [row.id for row in part if row.id not in self._claimed]
            self._result.gone += len(self._batch.gone)
            self.flush()
            yield self._progress(walk, before, "", finished=True)
        yield self._progress(walk, before, "", finished=True)

    def _read_all(self, walk: Walk, before: int) -> Iterator[Progress]:
        """Walk and read by turns, so that the total is known soon and the first photos appear at once."""
        steps = walk.steps()
        walked = False
        while not walked or walk.found:
            until = time.monotonic() + _SLICE
            walked = walked or self._walk_until(steps, until)
            self._take_back(walk)
            folder = walk.found[0].folder if walk.found else b""
            until = time.monotonic() + _SLICE
            while walk.found and time.monotonic() < until:
                self._take(walk.found.popleft(), walk)
                self._read += 1
                self._flush_if_due()
            self._flush_if_due()
            yield self._progress(walk, before, os.fsdecode(folder), finished=walked)

    @staticmethod
    def _walk_until(steps: Iterator[None], until: float) -> bool:
        """Walk on until the time is up; True when the walk is at its end."""
        return all(time.monotonic() < until for _ in steps)

    def _take_back(self, walk: Walk) -> None:
        if walk.back:
            self._batch.back += walk.back
            self._result.back += len(walk.back)
            walk.back = []

    def _progress(self, walk: Walk, before: int, text: str, *, finished: bool) -> Progress:
        done = before + walk.seen + self._read
        self._result.seen = done
        return Progress(done, done + len(walk.found) if finished else None, text)

    # one file ---------------------------------------------------------------------------------------------

    def _take(self, found: Found, walk: Walk) -> None:
        """Open a file that is new or changed and put what it is into the batch."""
        row = None if found.row is None or found.row.id in self._claimed else found.row
        path = os.path.join(found.folder, found.name)
        try:
            with PhotoFile(path) as file:
                self._compare(file, path, found, row, walk)
        except (FileNotFoundError, NotADirectoryError):
            if row is not None:
                walk.missing.append(row)
        except OSError as error:
            self._result.note(path, open_reason(error))
            self._note_unreadable(path, found, row, open_reason(error))

    def _compare(self, file: PhotoFile, path: bytes, found: Found, row: KnownFile | None, walk: Walk) -> None:
        content = content_hash(file)
        stamp = FileStamp(file.size, file.mtime_ns, found.sidecar_ns)
        same = row is not None and row.content == content and row.sidecar_ns == found.sidecar_ns
        if row is not None and same and kind_of(file.head):
            self._batch.touched.append((row.id, stamp))
            if row.presence is not Presence.HERE:
                self._batch.back.append(row.id)
                self._result.back += 1
            return
        facts = _facts(file, path, stamp, content, found.sidecars)
        if facts.problem is not None and not facts.problem.startswith(readers.NOT_YET):
            self._result.note(path, facts.problem)
        origin = None if row is not None and row.content == content else self._origin(facts, found, walk)
        if origin is not None:
            if row is not None:
                self._displaced.add(row.id)
            self._claimed.add(origin.id)
            self._vacated.discard((found.folder, found.name))
            self._vacated.add((origin.folder, origin.name))
            self._batch.moved.append((origin.id, facts))
            self._result.moved += 1
        elif row is not None:
            self._batch.changed.append((row.id, facts))
            self._result.changed += 1
            if row.content and row.content != content:
                self._edited[row.content] = (row, found)
        else:
            self._add_new(facts)

    def _add_new(self, facts: FileFacts) -> None:
        if (facts.folder, facts.name) in self._vacated:
            self.flush()  # the photo that was here before must leave its place first
        self._batch.new.append(facts)
        self._result.new += 1

    def _note_unreadable(self, path: bytes, found: Found, row: KnownFile | None, reason: str) -> None:
        """A file that may not be opened is a row with its reason; its content is b"" until it can be read."""
        if row is not None and row.content:
            self._tell(self._files.set_problem(row.id, reason, passing=True))
            return
        try:
            info = os.stat(path)
        except OSError:
            return
        stamp = FileStamp(info.st_size, stamp_ns(info), found.sidecar_ns)
        facts = FileFacts(found.folder, found.name, stamp, b"", None, reason)
        if row is None:
            self._add_new(facts)
        elif (row.size, row.mtime_ns) != (stamp.size, stamp.mtime_ns) or row.presence is not Presence.HERE:
            self._batch.changed.append((row.id, facts))

    # moved photos -----------------------------------------------------------------------------------------

    def _origin(self, facts: FileFacts, found: Found, walk: Walk) -> KnownFile | None:
        """The row of the photo that has moved to where ``facts`` were read, None when there is none."""
        content = facts.content
        if not facts.stamp.size or content in self._common:
            return None
        displacing = found.row is not None
        edited = self._edited.get(content)
        if edited is not None and (
            displacing or not self._is_edition(edited[1].folder, edited[1].name, facts)
        ):
            # What looked like an edited photo was another file in its place: files were renamed.
            row, there = self._edited.pop(content)
            self.flush()
            self._result.changed -= 1
            self._read -= 1
            walk.found.append(there._replace(row=None))
            return row
        rows = self._files.with_content(content)
        if len(rows) > _COMMON:
            self._common.add(content)
            return None
        own = (found.row and found.row.id, edited and edited[0].id)
        likely = [each for each in rows if each.id not in own and each.id not in self._claimed]
        likely.sort(key=lambda each: (each.name != facts.name, each.folder != facts.folder, each.id))
        left = (each for each in likely if self._has_left(each, facts, displacing))
        return next(left, None) or (None if rows else self._edited_on_the_way(facts))

    def _edited_on_the_way(self, facts: FileFacts) -> KnownFile | None:
        """The one photo with this very picture whose file is not there any more: it moved, and its metadata changed."""
        rows = self._files.with_picture(facts.picture) if facts.picture else []
        gone = [
            row
            for row in rows
            if row.id not in self._claimed and not os.path.lexists(os.path.join(row.folder, row.name))
        ]
        return gone[0] if len(gone) == 1 and len(rows) <= _COMMON else None

    def _has_left(self, row: KnownFile, facts: FileFacts, displacing: bool) -> bool:
        """Whether the file of ``row`` is no longer at its place.

        ``displacing``: its content is now where another known photo was.
        """
        if row.id in self._displaced or not any(is_within(row.folder, root) for root in self._roots):
            return True  # or its root was taken out of the library
        old = os.path.join(row.folder, row.name)
        if os.path.realpath(old) == os.path.join(facts.folder, facts.name):
            return True  # it was met through a link, and its own folder is in the library now
        try:
            info = os.stat(old)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        if not stat.S_ISREG(info.st_mode):
            return True
        if (info.st_size, stamp_ns(info)) == (row.size, row.mtime_ns):
            return self._is_respelled(row, info, facts)
        try:
            with PhotoFile(old) as file:
                now = content_hash(file)
        except OSError:
            return False
        if now == row.content:
            return False
        return displacing or now in self._edited or not self._is_edition(row.folder, row.name, facts)

    @staticmethod
    def _is_edition(folder: bytes, name: bytes, facts: FileFacts) -> bool:
        """Whether the file at this place is the photo of ``facts`` after editing, to judge by when it was
        taken. Then ``facts`` are of a copy that was made before, and the photo stays where it is."""
        taken = facts.metadata.taken if facts.metadata is not None else None
        if taken is None:
            return False
        try:
            return read(Path(os.fsdecode(os.path.join(folder, name)))).taken == taken
        except ImageError:
            return False

    @staticmethod
    def _is_respelled(row: KnownFile, info: os.stat_result, facts: FileFacts) -> bool:
        """IMG.JPG renamed to img.jpg, where the disk takes both names for one."""
        if row.folder != facts.folder or row.name.lower() != facts.name.lower():
            return False
        try:
            if not os.path.samestat(info, os.stat(os.path.join(facts.folder, facts.name))):
                return False
            return row.name not in os.listdir(row.folder)
        except OSError:
            return False

    def _follow_copies(self, missing: Sequence[KnownFile], lost: set[int]) -> Iterator[None]:
        """Moves that were scanned half-way: a move to another drive first copies, and deletes later.

        The copy was taken in as a new photo. As long as the person has not decided on it, the photo whose
        file is missing now goes there with all that was decided, and the copy's row gives way.
        """
        copies: dict[bytes, list[KnownFile]] = {}
        for copy in self._files.undecided_copies(row.id for row in missing):
            if copy.id not in lost and copy.id not in self._claimed:
                copies.setdefault(copy.content or b"", []).append(copy)
        until = time.monotonic() + _SLICE
        for row in missing if copies else ():
            likely = [copy for copy in copies.get(row.content or b"", ()) if copy.id > row.id]
            if not 0 < len(likely) <= _COMMON:
                continue
            copy = min(likely, key=lambda each: (each.name != row.name, -each.id))
            copies[copy.content or b""].remove(copy)
            facts = _facts_at(copy)
            if facts is not None:
                self._claimed |= {row.id, copy.id}
                self._batch.moved.append((row.id, facts))
                self._result.moved += 1
                self._flush_if_due()
            if time.monotonic() > until:
                yield
                until = time.monotonic() + _SLICE

    # writing ----------------------------------------------------------------------------------------------

    def _flush_if_due(self) -> None:
        batch = self._batch
        waiting = (
            len(batch.new) + len(batch.changed) + len(batch.moved) + len(batch.touched) + len(batch.back)
        )
        if waiting >= self._limit or (waiting and time.monotonic() - self._flushed > _BATCH_AGE):
            self.flush()
            self._limit = _BATCH

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        batch = self._batch
        self._batch = FileBatch(self._root.id)
        if batch.new or batch.changed or batch.moved or batch.gone or batch.back or batch.touched:
            self._tell(self._files.write(batch))
        self._vacated.clear()
        self._flushed = time.monotonic()

    def _tell(self, change: Change | None) -> None:
        if change is not None and change.what:
            self._on_change(change)


def _facts(
    file: PhotoFile, path: bytes, stamp: FileStamp, content: bytes, sidecars: Sequence[bytes]
) -> FileFacts:
    parts = parts_of(file)
    metadata, said = merge_places(file, parts, path, sidecars)
    problem = readers.lacking(parts.kind) if parts.kind else (images.UNKNOWN if file.size else images.EMPTY)
    folder, name = os.path.split(path)
    return FileFacts(folder, name, stamp, content, metadata, problem, said, picture_hash(file, parts))


def _facts_at(row: KnownFile) -> FileFacts | None:
    """What the file of a row says; None when it has not the row's content any more."""
    path = os.path.join(row.folder, row.name)
    try:
        with PhotoFile(path) as file:
            if content_hash(file) != row.content:
                return None
            stamp = FileStamp(file.size, file.mtime_ns, row.sidecar_ns)
            sidecars = [each for each in sidecar_names(row.name, row.folder) if os.path.isfile(each)]
            return _facts(file, path, stamp, row.content, sidecars)
    except OSError:
        return None
