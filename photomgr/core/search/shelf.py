"""One Whoosh index, on disk or in memory: opened, checked, written, folded."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.index import TOC, LockError
from whoosh.reading import SegmentReader

from photomgr.core.records import SearchDocument
from photomgr.core.search.segment import (
    META_ID,
    VERSION,
    Damaged,
    Mask,
    Segment,
    index_document,
    meta_document,
    schema,
    trusting,
)

_SUMS: Final = "photomgr.sums"
_NAME: Final = "MAIN"
_TIERS: Final = (64, 512, 4096)  # living documents; segments of one tier are folded when there are many
_MANY: Final = 8
_MOST_FOLDED: Final = 4096  # documents in one go, so that it takes well under a second
_POOL_MB: Final = 64
_LOCK_WAIT: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Meta:
    """Up to where an index has come: the catalog's revision and identity, and our format's version."""

    revision: int = 0
    uuid: str = ""
    version: int = VERSION


def is_private(folder: Path) -> bool:
    """Whether a folder and all in it are this user's own: what others made must not be unpickled."""
    if os.name != "posix":
        return True
    me = os.geteuid()
    try:
        return folder.stat().st_uid == me and all(e.stat().st_uid == me for e in os.scandir(folder))
    except OSError:
        return False


class Shelf:
    """The segments of one index with their living documents.

    ``segments`` and ``live`` stand in Whoosh's own order, so that the place of a document in their
    concatenation is Whoosh's document number. Not safe from several threads: its owner locks.
    """

    def __init__(self, folder: Path | None, *, read_only: bool = False) -> None:
        self.folder = folder
        self.read_only = read_only
        self.segments: list[Segment] = []
        self.live: list[Mask] = []
        self.meta = Meta()
        self._storage: Any = RamStorage() if folder is None else FileStorage(str(folder), readonly=read_only)
        self._make_lock = self._storage.lock
        self._storage.lock = self._lock
        self._last_lock: Any = None
        self._known: dict[str, Segment] = {}
        self._sums: dict[str, list[int]] = {}
        self.generation = -1

    # opening

    def create(self) -> None:
        """Make an empty index, in place of whatever lies there. Raises OSError."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                self.folder.chmod(0o700)
            for entry in self.folder.iterdir():
                if entry.name.startswith((f"_{_NAME}_", f"{_NAME}_", _SUMS)):
                    entry.unlink()
        self._known, self._sums, self.meta = {}, {}, Meta()
        self._storage.create_index(schema(), indexname=_NAME)
        self._load()

    def open(self) -> None:
        """Open what lies on disk. Raises Damaged when it cannot be trusted."""
        with trusting():
            self._check_sums()
            self._load()
            self.meta = self._read_meta()
        if self.meta.version != VERSION:
            raise Damaged(f"made by format {self.meta.version}")

    def is_behind_disk(self) -> bool:
        """Whether another process has written since this one looked."""
        with trusting():
            return bool(self.generation != self._index().latest_generation())

    def _index(self) -> Any:
        return self._storage.open_index(indexname=_NAME, schema=schema())

    def _load(self) -> None:
        toc = TOC.read(self._storage, _NAME, schema=schema())
        known, segments, live = {}, [], []
        for part in toc.segments:
            name = part.segment_id()
            segment = self._known.get(name)
            if segment is None:
                segment = Segment(SegmentReader(self._storage, toc.schema, part))
            alive = segment.rows["id"] != META_ID
            alive[list(part.deleted_docs())] = False
            known[name] = segment
            segments.append(segment)
            live.append(alive)
        self._deleted = [frozenset(part.deleted_docs()) for part in toc.segments]
        self._known, self.segments, self.live, self.generation = known, segments, live, toc.generation

    def _meta_places(self) -> list[tuple[int, int]]:
        """(segment, document) of each meta document that is not deleted; one, unless something broke."""
        return [
            (number, document)
            for number, segment in enumerate(self.segments)
            for document in np.flatnonzero(segment.rows["id"] == META_ID).tolist()
            if document not in self._deleted[number]
        ]

    def _read_meta(self) -> Meta:
        places = self._meta_places()
        if not places and not self.segments:
            return Meta()
        if len(places) != 1:
            raise ValueError(f"{len(places)} meta documents")
        number, document = places[0]
        return Meta(**json.loads(self.segments[number].stored(document)["meta"]))

    # checksums: Whoosh has none, and a flipped byte would silently lose photos

    def _check_sums(self) -> None:
        if self.folder is None:
            return
        try:
            self._sums = json.loads((self.folder / _SUMS).read_text("utf-8"))
        except FileNotFoundError:
            self._sums = {}
        for name in self._files():
            # A file without a sum was written just before a crash: only reading it will tell.
            if name in self._sums and self._sum(name) != self._sums[name]:
                raise ValueError(f"{name} has changed")

    def _files(self) -> list[str]:
        return [name for name in self._storage.list() if name.endswith((".seg", ".toc"))]

    def _sum(self, name: str) -> list[int]:
        assert self.folder is not None
        data = (self.folder / name).read_bytes()
        return [len(data), zlib.crc32(data)]

    def _write_sums(self) -> None:
        if self.folder is None:
            return
        self._sums = {name: self._sums.get(name) or self._sum(name) for name in self._files()}
        draft = self.folder / f"{_SUMS}.new"
        draft.write_text(json.dumps(self._sums), "utf-8")
        os.replace(draft, self.folder / _SUMS)

    # writing

    def find_places(self, ids: Iterable[int]) -> list[int]:
        """Whoosh's numbers of the living documents of these photos."""
        if not self.segments:
            return []
        wanted = np.fromiter(ids, np.int64)
        places, offset = [], 0
        for segment, live in zip(self.segments, self.live, strict=True):
            hit = np.flatnonzero(live & np.isin(segment.rows["id"], wanted))
            places.extend((hit + offset).tolist())
            offset += segment.size
        return places

    def hide(self, ids: Iterable[int]) -> None:
        """Take photos out of this shelf in memory alone: for a guest, whose news stand on another shelf."""
        places = np.array(self.find_places(ids), np.int64)
        offset = 0
        for number, live in enumerate(self.live):
            mine = places[(places >= offset) & (places < offset + len(live))] - offset
            if len(mine):
                self.live[number] = live = live.copy()
                live[mine] = False
            offset += len(live)

    def apply(self, documents: Mapping[int, SearchDocument | None], meta: Meta) -> None:
        """Put photos in (None: take them out) and remember ``meta``, all in one commit.

        Raises whoosh.index.LockError when another process writes, OSError when the disk is full.
        """
        with self._writing() as writer:
            for place in self.find_places(documents):
                writer.delete_document(place)
            self._move_meta(writer, meta)
            for document in documents.values():
                if document is not None:
                    writer.add_document(**index_document(document))
            writer.commit(merge=False)
        self._after_commit(meta)

    def _lock(self, name: str) -> Any:
        self._last_lock = self._make_lock(name)
        return self._last_lock

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """A Whoosh writer, which the body commits. On a failure Whoosh may keep its lock: it is let go."""
        try:
            yield self._writer()
        except LockError:
            raise
        except BaseException:
            with suppress(Exception):  # Whoosh may have let it go itself
                self._last_lock.release()
            raise

    def _writer(self) -> Any:
        with trusting(LockError, OSError):
            writer = self._index().writer(timeout=_LOCK_WAIT, limitmb=_POOL_MB)
        if writer.generation != self.generation + 1:
            raise Damaged("another program wrote into the index")
        return writer

    def _move_meta(self, writer: Any, meta: Meta) -> None:
        offsets = np.cumsum([0, *(segment.size for segment in self.segments)])
        for number, document in self._meta_places():
            writer.delete_document(int(offsets[number]) + document)
        writer.add_document(**meta_document(json.dumps(asdict(meta))))

    def _after_commit(self, meta: Meta) -> None:
        self._load()
        self.meta = meta
        self._write_sums()

    def fold(self) -> bool:
        """Fold small segments of like size into one; False when there are not many."""
        chosen = self._foldable()
        if not chosen:
            return False

        def policy(writer: Any, segments: list[Any]) -> list[Any]:
            kept = []
            for segment in segments:
                if segment.segment_id() not in chosen:
                    kept.append(segment)
                elif segment.deleted_count() < segment.doc_count_all():
                    reader = SegmentReader(writer.storage, writer.schema, segment)
                    writer.add_reader(reader)
                    reader.close()
            return kept

        with self._writing() as writer:
            writer.commit(mergetype=policy)
        self._after_commit(self.meta)
        return True

    def _foldable(self) -> set[str]:
        tiers: dict[int, list[tuple[int, str]]] = {}
        for name, live in zip(self._known, self.live, strict=True):
            count = int(np.count_nonzero(live))
            tier = sum(count > limit for limit in _TIERS)
            if tier < len(_TIERS):
                tiers.setdefault(tier, []).append((count, name))
        for members in tiers.values():
            if len(members) >= _MANY:
                members.sort()
                total = np.cumsum([count for count, _ in members])
                chosen = [
                    name for (_, name), sum_ in zip(members, total, strict=True) if sum_ <= _MOST_FOLDED
                ]
                if len(chosen) > 1:
                    return set(chosen)
        return set()
