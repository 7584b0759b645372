"""One batch of photos written to: planned, prepared on the disk, noted in the catalog, put in place, noted again.

Killed at any moment, every file is wholly old or wholly new, its original can be given back, and the
catalog knows both states that the file may be in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ..core.catalog.exchange import Exchange as Shelf
from ..core.catalog.exchange import Rewritten
from ..core.containers import stamp_ns
from ..core.records import Change, FileStamp, Photo
from ..core.said import IN_FILE, Said
from ..core.thumbnails import Thumbnails
from ..core.xmp import placing, writer
from ..core.xmp.kept import Original, bring_back, difference, digest
from ..core.xmp.packet import MetadataError
from ..core.xmp.placing import How, Plan, Target
from ..core.xmp.wish import Difference, Wish

_MOST_PROBLEMS: Final = 1000


@dataclass(frozen=True, slots=True)
class FileDifference:
    """What a write changes, or would change, in one file; ``new`` for a sidecar that was not there.

    ``instead`` says why it is a sidecar although the photo file was meant, "" where it is what was meant; ``problem``
    why nothing can be written.
    """

    photo: int
    path: Path
    new: bool
    differences: tuple[Difference, ...]
    sidecar: bool = False
    instead: str = ""
    problem: str = ""


@dataclass(slots=True)
class Written:
    """How a write, a look before it, or a restore went, in photos and files."""

    photos: int = 0
    files: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    differences: list[FileDifference] = field(default_factory=list)
    unwritten: dict[int, str] = field(default_factory=dict)

    def fail(self, photo: Photo, error: OSError | MetadataError) -> None:
        """Note a photo that could not be written."""
        self.failed += 1
        self.unwritten[photo.id] = reason_of(error)
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append((str(photo.path), reason_of(error)))


def reason_of(error: OSError | MetadataError) -> str:
    """Why a file could not be written, as a sentence."""
    if isinstance(error, MetadataError):
        return str(error)
    if isinstance(error, PermissionError):
        return "You are not permitted to write there."
    return f"It cannot be written: {error.strerror or error}."


@dataclass(slots=True)
class _Ready:
    """A photo whose parts lie beside their targets."""

    photo: Photo
    plan: Plan
    after: tuple[Said, ...]
    whole: bool = False  # all of them are in their places


class Batch:
    """Photos that are written together; ``drop`` leaves nothing half-done behind."""

    def __init__(self, shelf: Shelf, thumbnails: Thumbnails, result: Written) -> None:
        self._shelf = shelf
        self._thumbnails = thumbnails
        self._result = result
        self._ready: list[_Ready] = []

    def add(self, photo: Photo, wish: Wish, how: How, *, dry: bool, instead: str = "") -> None:
        """Plan a photo's write and, unless ``dry``, prepare it on the disk. ``instead``: why not in the file."""
        try:
            plan = placing.plan(os.fsencode(photo.path), wish, how)
            if instead and placing.holds_any(plan, wish.gone):  # a sidecar takes nothing off
                self._result.fail(photo, MetadataError(instead))
                return
            if not plan.targets:
                self._result.unchanged += 1
                return
            after = placing.rehearse(plan) if dry else placing.prepare(plan, how)
        except MetadataError as error:
            if how.mode == "file":  # what the file cannot take without a loss goes beside it
                self.add(photo, wish, replace(how, mode="sidecar"), dry=dry, instead=str(error))
            else:
                self._result.fail(photo, error)
            return
        except OSError as error:
            self._result.fail(photo, error)
            return
        self._result.differences += [
            FileDifference(
                photo.id,
                Path(os.fsdecode(each.path)),
                each.before is None,
                tuple(each.differences),
                each.place != IN_FILE,
                (instead or plan.instead) if each.place != IN_FILE else "",
            )
            for each in plan.targets
        ]
        if dry:
            self._result.photos += 1
            self._result.files += len(plan.targets)
        else:
            self._ready.append(_Ready(photo, plan, after))

    def commit(self, publish: Callable[[Change], object]) -> None:
        """Put all prepared parts in their places. Raises CatalogError before any file has changed."""
        self._flush()
        if not self._ready:
            return
        self._shelf.begin(
            [
                (each.photo.id, target.place, self._original(each.photo.id, target))
                for each in self._ready
                for target in each.plan.targets
            ],
            [(each.photo.id, each.plan.said, each.after) for each in self._ready],
        )
        done = [each for each in self._ready if self._put(each)]
        writer.flush_folders(os.path.dirname(target.path) for each in done for target in each.plan.targets)
        rewritten = [found for each in done if (found := self._look(each)) is not None]
        publish(self._shelf.finish(rewritten))
        self._ready = []

    def _flush(self) -> None:
        """Put all parts onto the disk; photos for which that fails are left as they are."""
        failed = writer.flush_files(target.part for each in self._ready for target in each.plan.targets)
        for each in tuple(self._ready) if failed else ():
            error = next((failed[target.part] for target in each.plan.targets if target.part in failed), None)
            if error is not None:
                self._result.fail(each.photo, error)
                placing.drop(each.plan)
                self._ready.remove(each)

    def _original(self, photo: int, target: Target) -> Original:
        """What to keep: what was there before the first of our own writes in a row."""
        if target.before is None:
            return difference(None, target.after, 0)
        for original in self._shelf.kept(photo).get(target.place, ()):
            if original.new == digest(target.before):
                if not original.old:
                    return difference(None, target.after, 0)
                if (old := bring_back(original, target.before)) is not None:
                    return difference(old, target.after, original.mtime_ns)
        return difference(target.before, target.after, target.mtime_ns)

    def _put(self, each: _Ready) -> bool:
        """True when at least one of the photo's files has changed."""
        put = 0
        for target in each.plan.targets:
            try:
                placing.put(target)
                put += 1
            except (OSError, MetadataError) as error:
                self._result.fail(each.photo, error)
        each.whole = put == len(each.plan.targets)
        self._result.files += put
        self._result.photos += put > 0
        return put > 0

    def _look(self, each: _Ready) -> Rewritten | None:
        before = each.photo.content or b""
        places = {target.place: target.path for target in each.plan.targets}
        try:
            if IN_FILE not in places and each.whole:
                folder = os.path.dirname(each.plan.path)
                names = [said.place for said in each.after if said.place != IN_FILE]
                newest = max(stamp_ns(os.stat(os.path.join(folder, name))) for name in names)
                stamp = FileStamp(each.photo.size, each.photo.mtime_ns, newest)
                return Rewritten(each.photo.id, each.after, stamp, before, before)
            said, stamp, content = placing.look(os.fsencode(each.photo.path))
        except OSError as error:  # it changed, and cannot be read any more: the next scan sees to it
            self._result.fail(each.photo, error)
            return None
        if content != before and IN_FILE in places:
            self._thumbnails.adopt(before, content)
        return Rewritten(each.photo.id, said, stamp, content, before)

    def drop(self) -> None:
        """Take away what was prepared and not put in place."""
        for each in self._ready:
            placing.drop(each.plan)
