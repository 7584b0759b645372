"""The search index of one catalog: catches up by revision, finds, explains, completes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from whoosh.index import LockError

from photomgr.core.errors import PhotomgrError, QueryError
from photomgr.core.query import Field, Leaf, Query, Words, leaves, parse
from photomgr.core.records import Found, SearchDocument, Sort
from photomgr.core.search.beginnings import beginning
from photomgr.core.search.evaluate import Reason, evaluate, reasons
from photomgr.core.search.facets import Facets, count
from photomgr.core.search.listed import Lists, is_listed, ranking
from photomgr.core.search.meanings import Meanings, widened
from photomgr.core.search.nearest import Advisor, wants_gone
from photomgr.core.search.places import Places, located, named
from photomgr.core.search.segment import Damaged, Segment
from photomgr.core.search.shelf import Meta, Shelf, is_private
from photomgr.core.search.snapshot import Snapshot
from photomgr.jobs import Job, Progress

_CHUNK: Final = 8000  # photos a commit: about a second of work
_PATIENCE: Final = 0.1  # seconds between two reports of a job
_TRIES, _PAUSE = 4, 0.03  # how often, and how many seconds apart, a guest looks at an index in motion


class CatalogFeed(Protocol):
    """What the index wants of a catalog."""

    @property
    def revision(self) -> int: ...

    @property
    def uuid(self) -> str: ...

    def photo_count(self) -> int: ...

    def search_feed(self, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
        """(revision, photo id, document) of what changed after a revision, ascending; None: deleted."""
        ...


class SearchIndex:
    """A view of the catalog that answers searches; all of it can be built again from the catalog.

    ``folder`` None keeps it in memory. With ``read_only`` nothing is written: what the index on disk does
    not know yet is held in memory. An index that is damaged, of another version, of another catalog or
    ahead of its catalog is built anew by the next ``catch_up``. ``problem`` is a sentence when the folder
    cannot be used and the index is kept in memory instead. ``lists`` answers the terms
    that the index cannot, ``meanings`` tells what other names lead to, ``places`` names coordinates. All
    methods are safe from any thread.
    """

    def __init__(
        self,
        folder: Path | None,
        feed: CatalogFeed,
        *,
        read_only: bool = False,
        lists: Lists | None = None,
        meanings: Meanings | None = None,
        places: Places | None = None,
    ) -> None:
        self._lists = lists
        self._places = places
        self._meanings = meanings
        self._folder = folder
        self._feed = feed
        self._read_only = read_only
        self.problem: str | None = None
        self._lock = threading.RLock()  # whoever writes; searches never take it
        self._worker = ThreadPoolExecutor(1, "search-index")
        self._coming: Iterator[tuple[int, int, SearchDocument | None]] | None = None
        self._last = 0  # revision of the last photo that came
        self._broken = False
        self._closed = False
        self._news: Shelf | None = None
        self._base = self._open()
        self._snapshot = Snapshot((), (), lists)
        self._publish()

    # opening

    def _open(self) -> Shelf:
        folder = self._folder
        if folder is not None and folder.exists() and not is_private(folder):
            self.problem = f"The search index in {folder} belongs to somebody else; it is kept in memory."
            folder = None
        if folder is not None and self._read_only:
            shared = _open_shared(folder)
            if shared is not None and self._fits(shared.meta):
                self._news = _empty_shelf(None)
                return shared
            folder = None
        if folder is None:
            return _empty_shelf(None)
        shelf = Shelf(folder)
        try:
            shelf.open()
            fits = self._fits(shelf.meta)
        except Damaged:
            fits = False
        try:
            return shelf if fits else _empty_shelf(folder)
        except OSError as error:
            self.problem = (
                f"The search index cannot be written to {folder} ({error.strerror}); it is kept in memory."
            )
            return _empty_shelf(None)

    def _fits(self, meta: Meta) -> bool:
        """Whether an index can be one of this catalog, and not ahead of it (a restored backup)."""
        return meta.revision == 0 or (meta.uuid == self._feed.uuid and meta.revision <= self._feed.revision)

    @property
    def revision(self) -> int:
        """The catalog's revision up to which everything is searchable."""
        return (self._news if self._news and self._news.meta.revision else self._base).meta.revision

    def close(self) -> None:
        """Wait for what is being written. Safe to call twice."""
        self._closed = True
        self._worker.shutdown(wait=True, cancel_futures=True)

    # catching up

    def catch_up(self) -> Job[int]:
        """Take in what the catalog has learnt until now; the result is the number of photos taken in.

        What is decided meanwhile is left to the next time, or else a sweep by keys would keep this writing
        one small segment after the other.

        Each chunk is committed with its revision, so that stopping or a crash loses nothing. Raises
        PhotomgrError when the index cannot be written.
        """
        done = 0
        total = None
        until = self._feed.revision
        while not self._closed:
            step = self._worker.submit(self._step, until)
            while not _is_done(step):
                yield Progress(done, total, "search index")
            taken = None if step.cancelled() else step.result()
            if taken is None:
                break
            done += taken
            if done >= _CHUNK and total is None:
                total = self._feed.photo_count()
            yield Progress(done, None if total is None else max(done, total), "search index")
        return done

    def rebuild(self) -> Job[int]:
        """Build the index anew from the catalog; the result is the number of photos taken in."""
        self._broken = True
        return (yield from self.catch_up())

    def _step(self, until: int) -> int | None:
        """Take in one chunk; None when there was nothing left to do up to a revision."""
        with self._lock:
            try:
                try:
                    return self._take_chunk(until)
                except Damaged:
                    self._start_anew()
                    return 0
            except LockError as error:
                raise PhotomgrError("Another program is writing the search index.") from error
            except OSError as error:
                self._coming = None
                raise PhotomgrError(
                    f"The search index cannot be written: {error.strerror or error}."
                ) from error

    def _take_chunk(self, until: int) -> int | None:
        if self._broken or not self._fits(Meta(self.revision, self._known_uuid())):
            self._start_anew()
        if self._coming is None:
            self._look_at_disk()
        if self._coming is not None or self.revision < until:
            taken = self._take_news()
            if taken is not None:
                return taken
        if self._warm_up():
            return 0
        if (self._news or self._base).fold():
            self._publish()
            return 0
        return None

    def _take_news(self) -> int | None:
        """Take in the next photos that have changed; None when there are none."""
        if self._coming is None:
            self._last = self.revision
            self._coming = iter(self._feed.search_feed(self.revision))
        documents, revision = self._read_feed()
        if not documents and revision <= self.revision:
            return None
        named(documents, self._places)
        if self._news is not None:
            self._base.hide(documents)
        (self._news or self._base).apply(documents, Meta(revision, self._feed.uuid))
        self._publish()
        return len(documents)

    def _read_feed(self) -> tuple[dict[int, SearchDocument | None], int]:
        """The next chunk, and the revision that is complete with it."""
        assert self._coming is not None
        documents: dict[int, SearchDocument | None] = {}
        try:
            for revision, photo_id, document in self._coming:
                documents[photo_id] = document
                self._last = revision
                if len(documents) >= _CHUNK:
                    # More of this revision may follow: after a crash it is taken in once more.
                    return documents, max(self.revision, revision - 1)
        except BaseException:
            self._coming = None
            raise
        self._coming = None
        return documents, max(self.revision, self._last)  # a chunk that was full may have been the last

    def _known_uuid(self) -> str:
        return (self._news if self._news and self._news.meta.revision else self._base).meta.uuid

    def _start_anew(self) -> None:
        self._coming = None
        if self._news is not None:
            self._news, self._base = None, _empty_shelf(None)
        else:
            self._base = _empty_shelf(self._base.folder)
        self._broken = False
        self._publish()

    def _look_at_disk(self) -> None:
        """A guest takes over what another process has written, and forgets its own copy of it."""
        if self._news is None or not self._base.is_behind_disk():
            return
        shelf = _open_shared(self._base.folder)
        if shelf is not None and shelf.meta.revision > self.revision and self._fits(shelf.meta):
            self._base, self._news = shelf, _empty_shelf(None)
            self._publish()

    def _publish(self) -> None:
        shelves = [self._base] if self._news is None else [self._base, self._news]
        fresh = Snapshot(
            [segment for shelf in shelves for segment in shelf.segments],
            [live for shelf in shelves for live in shelf.live],
            self._lists,
        )
        fresh.inherit(self._snapshot)
        self._snapshot = fresh

    def _warm_up(self) -> bool:
        """Read one segment that no search has needed yet; False when all are read and in order."""
        for segment in self._snapshot.segments:
            if not segment.is_warm:
                segment.warm()
                return True
        for sort in Sort:
            self._snapshot.order(sort)
        for field in ("tag", "maybe"):
            self._snapshot.counts(field)
        return False

    # searching

    def find(self, query: str, sort: Sort = Sort.NEWEST, *, typing: bool = False) -> Found:
        """The photos that a search text finds, sorted; never raises for any text.

        With ``typing`` the last word is taken for a beginning and what is unfinished is no fault.
        """
        try:
            return self._find(parse(query, typing), sort, typing)
        except QueryError as error:
            return Found(np.empty(0, np.int64), str(error))
        except Damaged:
            self._broken = True
            return Found(
                np.empty(0, np.int64), "The search index is damaged and will be built anew; try again soon."
            )

    def _find(self, query: Query, sort: Sort, typing: bool) -> Found:
        snapshot, node = self._snapshot, located(query.node, self._places)
        notes = " ".join(query.notes)
        if query.whole is not None:
            whole = evaluate(query.whole, snapshot) & snapshot.present
            if whole.any():
                if isinstance(query.node, Words | Field):  # `"\""` may be either of two names: both are found
                    whole = whole | (evaluate(query.node, snapshot) & snapshot.present)
                return Found(snapshot.sorted_ids(whole, sort))
        if query.empty and notes and not typing:
            return Found(np.empty(0, np.int64), notes)
        alive = snapshot.live if wants_gone(node) else snapshot.present
        ids = snapshot.sorted_ids(
            evaluate(widened(node, self._meanings, self._names_of(snapshot)), snapshot) & alive, sort
        )
        if sort is Sort.NEWEST and (best := ranking(node, self._lists)) is not None:
            ids = best[np.isin(best, ids)]
            if len(ids):
                return Found(ids, notes, visual_from=0, sections=((0, "looks"),))
        if len(ids):
            said = dict.fromkeys((*query.notes, *(fault.said for fault in query.faults)))
            return Found(ids, " ".join(said))
        why, nearest = Advisor(snapshot).advise(node)
        return Found(ids, f"{notes} {why}".strip(), nearest)

    def _names_of(self, snapshot: Snapshot) -> Places | None:
        """Who knows other names of places. They lead to places that photos have alone: without any there is nothing
        to look up, and the names, which take seconds to be read for the first time, are left alone."""
        return self._places if any(each.values("place").terms for each in snapshot.segments) else None

    def why(self, query: str, photo_id: int) -> list[str]:
        """What of a photo a search text found, best first, as ``tag: beach`` or ``file name: img_1.jpg``."""
        return [reason.said for reason in self.reasons(query, photo_id)]

    def reasons(self, query: str, photo_id: int) -> list[Reason]:
        """The same with the field and value of each."""
        snapshot = self._snapshot
        place = snapshot.place_of(photo_id)
        if place is None:
            return []
        segment, document = snapshot.split(place)
        try:
            node = located(parse(query).node, self._places)
            found = [
                reason
                for leaf, negated in leaves(widened(node, self._meanings, self._names_of(snapshot)))
                if not negated
                for reason in self._reasons(leaf, segment, document, photo_id)
            ]
        except QueryError:
            return []
        except Damaged:
            self._broken = True
            return []
        return list(dict.fromkeys(found))

    def _reasons(self, leaf: Leaf, segment: Segment, document: int, photo_id: int) -> list[Reason]:
        if not is_listed(leaf):
            return reasons(leaf, segment, document)
        why = self._lists.why(leaf, photo_id) if self._lists is not None else ""
        return [Reason(why)] if why else []

    def facets(self, ids: NDArray[np.int64]) -> Facets:
        """What some photos have in common, as far as the index knows them."""
        try:
            return count(self._snapshot, ids)
        except Damaged:
            self._broken = True
            return Facets(0)

    def coordinates(
        self, ids: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """(ids, latitude, longitude) of those of the photos that say where they were taken, in their order."""
        snapshot = self._snapshot
        rows = snapshot.rows[snapshot.places_of(ids)]
        latitude, longitude = rows["latitude"].astype(np.float64), rows["longitude"].astype(np.float64)
        known = np.isfinite(latitude) & np.isfinite(longitude)
        return rows["id"][known].astype(np.int64), latitude[known], longitude[known]

    def counts(self, field: str = "tag") -> dict[str, int]:
        """On how many photos each tag stands by itself or by a narrower one, or each value of another field; the
        most first."""
        try:
            return self._snapshot.counts(field)
        except Damaged:
            self._broken = True
            return {}

    def months(self) -> dict[int, int]:
        """How many photos were taken in each month (YYYYMM; YYYY00: in some month of that year), the latest first."""
        return self._snapshot.months

    def words(self, prefix: str, limit: int = 10, field: str = "tag") -> list[tuple[str, int]]:
        """Decided tags, or values of another field, with a word that begins so, and on how many photos they
        stand, the most first."""
        try:
            return beginning(self._snapshot, prefix, limit, field)
        except Damaged:
            self._broken = True
            return []


def _empty_shelf(folder: Path | None) -> Shelf:
    shelf = Shelf(folder)
    shelf.create()
    return shelf


def _open_shared(folder: Path | None) -> Shelf | None:
    """An index that another process may be writing: its files can change while they are being looked at."""
    for _ in range(_TRIES):
        shelf = Shelf(folder, read_only=True)
        try:
            shelf.open()
        except Damaged:
            time.sleep(_PAUSE)
        else:
            return shelf
    return None


def _is_done(future: Future[int | None]) -> bool:
    wait([future], timeout=_PATIENCE)
    return future.done()
