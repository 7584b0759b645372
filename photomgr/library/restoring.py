"""What was in files before they were written to, put back byte by byte, a batch at a time.

As a write: prepared on the disk, noted in the catalog, put in place, noted again. Killed in between, every file is
wholly one or the other, no decision is taken for one of another program, and the rest can still be put back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.catalog.exchange import Exchange as Shelf
from ..core.catalog.exchange import Rewritten
from ..core.records import Change, Photo
from ..core.said import IN_FILE, Said
from ..core.xmp import placing, writer
from ..core.xmp.kept import Original, bring_back, digest
from ..core.xmp.packet import MetadataError
from .writing import Written


@dataclass(slots=True)
class _Back:
    """One file on its way back. ``part`` holds what will be there, b"" for a sidecar that goes; ``stamp`` is of what is
    there now; ``done`` where an earlier, interrupted restore has put it back already."""

    path: bytes
    place: bytes
    part: bytes
    stamp: writer.Stamp | None
    done: bool = False


@dataclass(slots=True)
class _Ready:
    photo: Photo
    before: tuple[Said, ...]
    files: list[_Back] = field(default_factory=list)


class Restoring:
    """Photos whose files are put back together; ``drop`` leaves nothing half-done behind."""

    def __init__(self, shelf: Shelf, result: Written) -> None:
        self._shelf = shelf
        self._result = result
        self._ready: list[_Ready] = []

    def add(self, photo: Photo) -> None:
        """Prepare a photo's originals on the disk."""
        path = os.path.realpath(os.fsencode(photo.path))
        kept = self._shelf.kept(photo.id)
        if not kept:
            self._result.unchanged += 1
            return
        ready = _Ready(photo, ())
        try:
            ready.before = placing.look(path)[0]
            for place, originals in kept.items():
                where = os.path.join(os.path.dirname(path), place) if place else path
                ready.files.append(_prepared(where, place, originals))
        except (OSError, MetadataError) as error:
            _drop(ready)
            self._result.fail(photo, error)
            return
        self._ready.append(ready)

    def commit(self, publish: Callable[[Change], object]) -> None:
        """Put all of them back. Raises CatalogError before any file has changed."""
        failed = writer.flush_files(each.part for ready in self._ready for each in ready.files if each.part)
        for ready in tuple(self._ready) if failed else ():
            error = next((failed[each.part] for each in ready.files if each.part in failed), None)
            if error is not None:
                self._result.fail(ready.photo, error)
                _drop(ready)
                self._ready.remove(ready)
        if not self._ready:
            return
        self._shelf.begin([], [(each.photo.id, each.before, _said_after(each)) for each in self._ready])
        back = [each for each in self._ready if self._put(each)]
        writer.flush_folders(os.path.dirname(each.path) for ready in back for each in ready.files)
        found = [rewritten for each in back if (rewritten := self._look(each)) is not None]
        publish(self._shelf.given_back(found))
        self._ready = []

    def _put(self, ready: _Ready) -> bool:
        try:
            for each in ready.files:
                if each.done:
                    continue
                if writer.stamp_of(each.path) != each.stamp:
                    raise MetadataError(
                        "Another program changed it at this moment; it was left as it is. Try again."
                    )
                if each.part:
                    writer.replace(each.part, each.path)
                    each.part = b""
                else:
                    os.unlink(each.path)
                self._result.files += 1
        except (OSError, MetadataError) as error:
            self._result.fail(ready.photo, error)
            return False
        self._result.photos += 1
        return True

    def _look(self, ready: _Ready) -> Rewritten | None:
        photo = ready.photo
        try:
            said, stamp, content = placing.look(os.fsencode(photo.path))
        except OSError as error:
            self._result.fail(photo, error)
            return None
        return Rewritten(photo.id, said, stamp, content, photo.content or b"")

    def drop(self) -> None:
        """Take away what was prepared and not put in place."""
        for ready in self._ready:
            _drop(ready)


def _drop(ready: _Ready) -> None:
    for each in ready.files:
        if each.part:
            writer.drop(each.part)
            each.part = b""


def _prepared(path: bytes, place: bytes, originals: list[Original]) -> _Back:
    """The original that belongs to what is at ``path`` now. Raises OSError and MetadataError."""
    stamp = writer.stamp_of(path)
    now = b""
    if stamp is not None:
        with open(path, "rb") as file:
            now = file.read()
    for original in originals:
        if (digest(now) if stamp is not None else b"") == original.old:
            return _Back(path, place, b"", stamp, done=True)
        if stamp is None or original.new != digest(now):
            continue
        if not original.old:
            return _Back(path, place, b"", stamp)
        if (old := bring_back(original, now)) is not None:
            part = writer.prepare(path, old, keep_time=False, mtime_ns=original.mtime_ns, flush=False)
            return _Back(path, place, part, stamp)
    raise MetadataError("Another program changed it since; it was left as it is.")


def _said_after(ready: _Ready) -> tuple[Said, ...]:
    """What the places will say then."""
    said = {place.place: place for place in ready.before}
    for each in ready.files:
        if each.done:
            continue
        if not each.part:
            said.pop(each.place, None)
        elif (says := placing.says(each.part, each.path, each.place)) is not None:
            said[each.place] = says
    inside = said.pop(IN_FILE)
    return (*said.values(), inside)
