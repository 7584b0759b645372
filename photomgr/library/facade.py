"""Library: all that windows and commands may ask for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..annotate.annotator import Annotator
from ..annotate.vocabulary import Vocabulary
from ..core import images, scanner
from ..core.catalog import Catalog
from ..core.errors import ImageError, ModelError, ReadOnly
from ..core.paths import Paths
from ..core.records import (
    AnnotateResult,
    Change,
    Counts,
    Decided,
    Finding,
    FolderCount,
    Found,
    Marks,
    Photo,
    Presence,
    Root,
    Settled,
    Sort,
    SuggestedTag,
    TagCount,
    Verdict,
    Waiting,
    What,
)
from ..core.scanner import ScanResult
from ..core.search import SearchIndex
from ..core.settings import Settings
from ..core.thumbnails import SHORT_SIDE, Thumbnails, encode
from ..jobs import Job
from . import backups, doctor, facets, learning, pipeline
from .completion import Completion, Offer
from .housekeeping import Housekeeping
from .learning import LearnResult
from .listing import Listing
from .naming import Naming
from .ordering import telling_first
from .rooms import Rooms
from .runs import Runs


class Library(Rooms):
    """An open library. Every method may be called from any thread.

    Writes return a Change after their commit and raise ReadOnly for a guest, UsageError for a wish that
    makes no sense, CatalogError when the disk fails. Close it when done.
    """

    def __init__(self, paths: Paths, catalog: Catalog, settings: Settings) -> None:
        self.paths = paths
        self.settings = settings
        self.catalog = catalog
        self.model_problem: str | None = None
        self._listeners: list[Callable[[Change], None]] = []
        self._lock = threading.Lock()
        self._index: SearchIndex | None = None
        self._vocabulary: Vocabulary | None = None
        self._thumbnails = Thumbnails(paths.thumbnails)
        self.naming = Naming(catalog, self.vocabulary)
        self._completion = Completion(catalog, self.vocabulary, self.naming, lambda: self.search)
        self.runs = Runs(self, self._publish)
        self.housekeeping = Housekeeping(self, self._publish)

    @classmethod
    def open(cls, paths: Paths, *, read_only: bool = False) -> Library:
        """Open the library under ``paths``, making it when it is new (not for a guest).

        Raises CatalogBusy within two seconds when another program has the pen, CatalogError when the
        catalog cannot be used.
        """
        if not read_only:
            backups.make_room(paths)
        settings = Settings(paths.settings)
        library = cls(paths, Catalog(paths.catalog, pen=paths.pen, read_only=read_only), settings)
        library.housekeeping.take_in_vocabulary()
        return library

    def close(self) -> None:
        """Hand the pen back. Jobs must have ended."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None
        self.catalog.close()

    # who may change what, and who hears of it

    @property
    def read_only(self) -> bool:
        return self.catalog.read_only

    def set_read_only(self, guest: bool) -> None:
        """Refuse changes from now on, or allow them again where the library was opened to write."""
        self.catalog.connection.set_read_only(guest)

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``listener`` after each commit, on the committing thread; the result unsubscribes."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _publish(self, change: Change) -> Change:
        if change.what & What.NETWORKS:
            self.networks.follow()
        if change.what:
            for listener in tuple(self._listeners):
                listener(change)
        return change

    # places and lists

    def roots(self) -> list[Root]:
        return self.catalog.files.roots()

    def add_root(self, path: Path) -> Change:
        """Take a folder into the library; ``scan`` then finds its photos."""
        return self._publish(self.catalog.files.add_root(path))

    def remove_root(self, root_id: int) -> Change:
        """Take a folder out of the library; files and decisions stay."""
        return self._publish(self.catalog.files.remove_root(root_id))

    def folders(self) -> list[FolderCount]:
        return self.catalog.lists.folders()

    def tags(self) -> list[TagCount]:
        return self.catalog.lists.tags()

    def counts(self) -> Counts:
        return self.catalog.lists.counts()

    # photos

    def photos(self, ids: Sequence[int]) -> list[Photo]:
        """Rows in the order of ``ids``; unknown ids are left out."""
        return self.catalog.lists.photos(ids)

    def photo(self, photo_id: int) -> Photo | None:
        return next(iter(self.catalog.lists.photos([photo_id])), None)

    def photo_at(self, path: Path) -> Photo | None:
        """The photo at a path, absolute or relative to the working folder, symbolic links resolved."""
        absolute = Path(os.path.abspath(path))
        resolved = Path(os.path.realpath(absolute.parent)) / absolute.name
        return self.catalog.files.photo_at(resolved) or self.catalog.files.photo_at(absolute)

    def days(self, ids: npt.NDArray[np.int64], by: str) -> npt.NDArray[np.int32]:
        """Days since 1970-01-01 on which photos were ``taken`` or ``added``, -1 when unknown."""
        return self.catalog.lists.days(ids, by)

    def marks(self, ids: Sequence[int], first: Collection[str] = ()) -> dict[int, Marks]:
        """What the grid shows of each photo; of the open suggestions the three that say most."""
        vocabulary, first = self.vocabulary(), self.naming.asked_for(first)
        return {
            photo: replace(marks, suggested=tuple(telling_first(marks.suggested, vocabulary, first)[:3]))
            for photo, marks in self.catalog.lists.marks(ids).items()
        }

    def decided(self, ids: Sequence[int]) -> dict[str, int]:
        return self.catalog.lists.decided(ids)

    def decided_of(self, photo_id: int) -> list[Decided]:
        return self.catalog.lists.decided_of(photo_id)

    def settled_on(self, photo_id: int) -> dict[str, Settled]:
        """The tags that need no decision on a photo, since one was made on a narrower or a broader tag."""
        lists = self.catalog.lists
        found = {tag: Settled(broader, False) for tag, broader in lists.refused_on(photo_id).items()}
        return found | {tag: Settled(narrower, True) for tag, narrower in lists.implied_on(photo_id).items()}

    def suggested(self, ids: Sequence[int], first: Collection[str] = ()) -> list[SuggestedTag]:
        """Open suggestions over a selection: the most frequent and probable first, of a kind what says most.

        Those in ``first`` (``query.asked_for``) lead: they are what the person is looking at.
        """
        return telling_first(
            self.catalog.lists.suggested(ids), self.vocabulary(), self.naming.asked_for(first)
        )

    def suggested_on(self, tag: str, ids: Sequence[int]) -> list[int]:
        """Those of the photos for which a tag is suggested and not decided."""
        return self.catalog.lists.suggested_on(tag, ids)

    def rejected(self, ids: Sequence[int]) -> dict[str, int]:
        return self.catalog.lists.rejected(ids)

    def history(self, photo_id: int) -> list[Verdict]:
        return self.catalog.verdicts.history(photo_id)

    # find

    @property
    def search(self) -> SearchIndex:
        """The index, opened when it is first needed."""
        with self._lock:
            if self._index is None:
                self._index = SearchIndex(
                    self.paths.index, self.catalog, read_only=self.read_only,
                    meanings=self.naming, lists=Listing(self), places=self.geography,
                )  # fmt: skip
            return self._index

    def find(
        self, query: str, sort: Sort = Sort.NEWEST, *, typing: bool = False, visual: bool = False
    ) -> Found:
        """Photos for a query, sorted; while ``typing`` the last word is taken as the beginning of one. With
        ``visual`` photos that only look like its words follow: to be shown, never to be acted on."""
        return self.finding.find(query, sort, typing=typing, visual=visual)

    def why(self, query: str, photo_id: int) -> list[str]:
        """What of a photo a search found: tags, names, words or looks, as ``tag: beach``."""
        return self.finding.why(query, photo_id)

    def meant(self, text: str) -> tuple[str, ...]:
        """The tags that a word leads to by another name, such as one of another language."""
        return self.naming.meant(text)

    def facets(self, ids: npt.NDArray[np.int64]) -> list[facets.Side]:
        """From which sides these photos can be narrowed, with counts."""
        return facets.sides(self.search.facets(ids), self.vocabulary())

    def complete_tag(self, prefix: str, limit: int = 12) -> list[str]:
        """Tags that begin with or hold ``prefix``: the person's own first, then the vocabulary's."""
        return self._completion.tags(prefix, limit)

    def complete_query(self, text: str, limit: int = 10) -> list[str]:
        """Whole queries that the text may become, by completing its last word."""
        return [offer.text for offer in self.offers(text, limit)]

    def offers(self, text: str, limit: int = 10) -> list[Offer]:
        """The same with what each is: tags with counts and parents, saved and recent searches, fields, dates."""
        return self._completion.offers(text, limit)

    # pictures

    def thumbnail(self, photo_id: int, *, make: bool = True) -> bytes | None:
        """The sharp thumbnail as encoded JPEG; None for a photo that cannot be read.

        A missing one is made now, or not when ``make`` is False.
        """
        photo = self.photo(photo_id)
        if photo is None or not photo.content:
            return None
        cached = self._thumbnails.get(photo.content)
        if cached is not None or not make or photo.problem is not None or photo.presence is not Presence.HERE:
            return cached
        try:
            image = images.decode(photo.path, short_side=SHORT_SIDE, content=photo.content)
        except ImageError as error:
            if not self.read_only:
                pipeline.note(self.catalog, photo.id, photo.path, error, self._publish_quietly)
            return None
        if self.read_only:
            return encode(image)
        return pipeline.keep(self._thumbnails, photo.content, image)

    def quick_thumbnail(self, photo_id: int) -> Image.Image | None:
        """The thumbnail inside the file, in about a millisecond; None where there is none."""
        photo = self.photo(photo_id)
        return images.embedded_thumbnail(photo.path) if photo is not None else None

    def picture(self, photo_id: int, short_side: int | None = None) -> Image.Image:
        """The photo itself, RGB and upright, at least ``short_side`` or its own size. Raises ImageError."""
        photo = self.photo(photo_id)
        if photo is None:
            raise ImageError("This photo is not in the catalog any more.")
        return images.decode(photo.path, short_side=short_side)

    # jobs

    def scan(
        self, roots: Sequence[int] | None = None, only: Sequence[bytes] | None = None
    ) -> Job[ScanResult]:
        """Compare folders with the catalog; ``only`` names absolute folders to look at again."""
        wanted = [root for root in self.roots() if roots is None or root.id in roots]
        self._refuse_guests()
        return (yield from scanner.scan(self.catalog, wanted, on_change=self._publish_quietly, only=only))

    def make_thumbnails(self) -> Job[int]:
        self._refuse_guests()
        return (
            yield from pipeline.make_thumbnails(
                self.catalog, self._thumbnails, threads=self._threads, on_change=self._publish_quietly
            )
        )

    def annotate(self, limit: int | None = None, again: bool = False) -> Job[AnnotateResult]:
        """Suggest tags for photos that wait for it, and make their thumbnails on the way. Raises ModelError."""
        self._refuse_guests()
        return (
            yield from pipeline.annotate(
                self.catalog, self._thumbnails, self.annotator(), threads=self._threads, limit=limit,
                again=again, on_change=self._publish_quietly,
            )
        )  # fmt: skip

    def learn(self) -> Job[LearnResult]:
        """Let the decisions that stand sharpen the suggestions of the whole library, then accept what is sure of the
        tags that the person wants so. Raises ModelError."""
        self._refuse_guests()
        result = yield from learning.learn(
            self.catalog, self.annotator(), target=self._target, on_change=self._publish_quietly
        )
        yield from self.runs.apply()
        return result

    def _turn_files(self, *, undo: bool) -> None:
        self.moving.turn(undo=undo)

    def _files_at_rest(self) -> AbstractContextManager[object]:
        return self.moving.at_rest()

    def index(self) -> Job[int]:
        """Bring the search index up to the catalog; the number of photos taken in is the result."""
        return (yield from self.search.catch_up())

    def waiting(self) -> Waiting:
        """What the background jobs still have to do."""
        try:
            to_annotate = self.catalog.annotations.count_waiting(self.annotator().model_hash)
        except ModelError:
            to_annotate = 0
        missing = sum(
            not self._thumbnails.has(content) for _, content, _ in self.catalog.lists.without_problem()
        )
        return Waiting(
            missing, to_annotate, self.catalog.lists.touched_after(self.search.revision),
            self.catalog.reviews.without_hash(),
        )  # fmt: skip

    def _publish_quietly(self, change: Change) -> None:
        self._publish(change)

    def _refuse_guests(self) -> None:
        if self.read_only:
            raise ReadOnly("This library is open read-only: nothing is scanned or tagged.")

    @property
    def _threads(self) -> int:
        return int(self.settings.get("annotate_threads"))

    @property
    def _target(self) -> float:
        """How often a sure suggestion is to be right, in [0, 1]."""
        return float(self.settings.get("target_precision"))

    def vocabulary(self) -> Vocabulary:
        """The tags that photomgr knows, with what they imply and their other names.

        Empty when its file is damaged, which ``model_problem`` then says: photos can still be looked at.
        """
        with self._lock:
            if self._vocabulary is None:
                try:
                    self._vocabulary = Vocabulary.load()
                except ModelError as error:
                    self.model_problem = str(error)
                    self._vocabulary = Vocabulary(())
            return self._vocabulary

    def annotator(self) -> Annotator:
        """The annotator, loaded when it is first needed. Raises ModelError; ``model_problem`` then says it too."""
        try:
            found = self.networks.annotator()
        except ModelError as error:
            self.model_problem = str(error)
            raise
        self.model_problem = None
        return found

    # care

    def backup(self, folder: Path | None = None) -> Path:
        """A full, checked copy of the catalog in ``folder`` (default: the library's own backups)."""
        return backups.make(self.catalog, folder or self.paths.backups)

    def daily_backup(self) -> Path | None:
        """Today's backup unless it is there or the person does not want it; old ones are dropped."""
        if self.read_only or not self.settings.get("backup_daily"):
            return None
        return backups.daily(self.catalog, self.paths.backups, self.settings.get("backups_kept"))

    def doctor(self) -> list[Finding]:
        """Look at everything that can be wrong."""
        try:
            model: tuple[str | None, str, str] = (None, *self.networks.running())
        except ModelError as error:
            model = (str(error), "", "")
        return list(doctor.look(self.catalog, self.paths, model))

    def rebuild(self) -> Job[None]:
        """Make again what can be made again without the network: the search index and the thumbnails."""
        self._refuse_guests()
        self._thumbnails.clear()
        yield from self.search.rebuild()
        yield from self.make_thumbnails()
