"""Tags written to sidecars and files, only when the person asks, and back again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.catalog.exchange import MODES, Conflict
from ..core.errors import ReadOnly, UsageError
from ..core.records import Change, Photo, Presence, tag_key
from ..core.thumbnails import Thumbnails
from ..core.xmp.placing import How
from ..jobs import Job, Progress
from . import copying
from .copying import Copied, CopyWish
from .porting import Ports
from .restoring import Restoring
from .upkeep import Upkeep
from .writing import Batch, Written

if TYPE_CHECKING:
    from .facade import Library

_BATCH: Final = 128  # photos between two commits


class Exchange:
    """What a person does with tags in files: write, look before, restore, settle conflicts."""

    def __init__(self, library: Library, thumbnails: Thumbnails, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._thumbnails = thumbnails
        self._publish = publish
        self._shelf = library.catalog.exchange
        self.ports = Ports(library, publish)
        self.upkeep = Upkeep(library, publish)

    # where to write

    def mode_of(self, folder: bytes) -> str:
        """never, sidecar or file: what the nearest folder's own rule says, else the setting."""
        modes = self._shelf.folder_modes()
        while modes:
            if folder in modes:
                return modes[folder]
            above = os.path.dirname(folder)
            if above == folder:
                break
            folder = above
        return str(self._library.settings.get("write_metadata"))

    def folder_modes(self) -> dict[bytes, str]:
        """Folders that have a rule of their own."""
        return self._shelf.folder_modes()

    def set_folder_mode(self, folder: Path, mode: str | None) -> None:
        """Write into the photos below a folder otherwise than the setting says; None forgets that."""
        self._shelf.set_folder_mode(folder, mode)

    # writing

    def write(self, ids: Sequence[int], mode: str | None = None, *, dry: bool = False) -> Job[Written]:
        """Write what was decided into sidecars or files; ``dry`` only says what would change.

        ``mode`` sidecar or file overrides the setting and the rules of folders. Folders are looked through
        first, so that nothing which another program changed is overwritten unseen.
        """
        if mode is not None and mode not in MODES:
            raise UsageError(f"Metadata is written {', '.join(MODES)}, not {mode!r}.")
        if not dry:
            self._refuse_guests()
        photos = [photo for photo in self._library.photos(ids) if photo.presence is Presence.HERE]
        if not self._library.read_only:
            with contextlib.closing(
                self._library.scan(only=sorted({photo.folder for photo in photos}))
            ) as scan:
                yield from (Progress(0, len(photos), step.text) for step in scan)
        result = Written()
        paths = self._paths()
        for start in range(0, len(photos), _BATCH):
            batch = [photo.id for photo in photos[start : start + _BATCH]]
            for done, name in enumerate(self._write_some(batch, paths, mode, result, dry), start):
                yield Progress(done, len(photos), name)
        if not dry:
            self.upkeep.note([photo.id for photo in photos], result.unwritten)
        yield Progress(len(photos), len(photos))
        return result

    def _write_some(
        self,
        ids: Sequence[int],
        paths: Mapping[str, tuple[str, ...]],
        mode: str | None,
        result: Written,
        dry: bool,
    ) -> Iterator[str]:
        wishes = self._shelf.wishes(ids, paths)
        batch = Batch(self._shelf, self._thumbnails, result)
        try:
            for photo in self._library.photos(ids):
                yield photo.display_name
                how = self._how(photo, mode)
                if how.mode == "never":
                    result.unchanged += 1
                elif photo.presence is Presence.HERE:
                    batch.add(photo, wishes[photo.id], how, dry=dry)
            if not dry:
                batch.commit(self._publish)
        finally:
            batch.drop()

    def _paths(self) -> dict[str, tuple[str, ...]]:
        """A tag's key -> the tags above it, outermost first; of several parents the first counts."""
        above = {name: kept.parents for name, kept in self._library.catalog.keeping.tags().items()}
        paths: dict[str, tuple[str, ...]] = {}
        for name in above:
            path: list[str] = []
            parent = next(iter(above[name]), None)
            while parent is not None and parent not in path and parent != name:
                path.append(parent)
                parent = next(iter(above.get(parent, ())), None)
            if path:
                paths[tag_key(name)] = tuple(reversed(path))
        return paths

    def _how(self, photo: Photo, mode: str | None) -> How:
        settings = self._library.settings
        return How(
            mode or self.mode_of(photo.folder),
            adobe=settings.get("sidecar_names") == "IMG.xmp",
            keep_time=bool(settings.get("keep_mtime")),
        )

    def restore(self, ids: Sequence[int]) -> Job[Written]:
        """Put back, byte by byte, what was in files before they were written to. Decisions stay."""
        self._refuse_guests()
        result = Written()
        photos = self._library.photos(ids)
        for start in range(0, len(photos), _BATCH):
            batch = Restoring(self._shelf, result)
            try:
                for done, photo in enumerate(photos[start : start + _BATCH], start):
                    yield Progress(done, len(photos), photo.display_name)
                    batch.add(photo)
                batch.commit(self._publish)
            finally:
                batch.drop()
        yield Progress(len(photos), len(photos))
        return result

    def restorable(self, ids: Sequence[int]) -> list[int]:
        """Those of the photos whose files can be put back as they were before anything was written."""
        return self._shelf.restorable(ids)

    def decided(self) -> list[int]:
        """Photos that are here and about which something may have to be written."""
        return self._library.catalog.mirror.decided()

    def copy(self, ids: Sequence[int], folder: Path, wish: CopyWish) -> Job[Copied]:
        """Copy photos into a folder, converted and smaller if wished. Nothing there is overwritten."""
        return (yield from copying.copy(self._library, ids, folder, wish))

    # conflicts

    def conflicts(self, ids: Sequence[int] | None = None) -> list[Conflict]:
        """What the person and another program both changed, oldest first."""
        return self._shelf.conflicts(ids)

    def settle(self, conflicts: Sequence[Conflict], keep: str) -> Change:
        """Choose ``ours``, ``theirs`` or, where both can stand, ``both``, in one undoable action."""
        many = len(conflicts)
        text = "1 conflict settled" if many == 1 else f"{many:,} conflicts settled"
        return self._publish(self._shelf.settle(conflicts, keep, lambda _: text))

    def _refuse_guests(self) -> None:
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: no file is written.")
