"""Photos that look alike: similar to one, or to a picture from outside; duplicates with the best one proposed."""

from __future__ import annotations

import filecmp
import io
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..annotate import grouping, likeness
from ..annotate.annotator import Annotator
from ..annotate.likeness import Alike, Space
from ..core import images
from ..core.catalog import Catalog
from ..core.catalog.likeness import Copy
from ..core.catalog.reviewing import Sights
from ..core.errors import ModelError
from ..core.records import Change, Photo, What
from ..core.thumbnails import Thumbnails
from ..jobs import Job, Progress

Ids = NDArray[np.int64]

LEAST: Final = 0.25
"""Photos whose cosine is below this do not look alike: 1 of 20 pairs of different photos have more (see
likeness.py), and 99 of 100 photos with what is left of them when each side is cut to a half."""
MOST: Final = 1000
"""How many photos a search for alike ones finds at most."""
PAGE: Final = 60
"""How many of the first results are spread, so that they are not one burst."""

_SAMPLE: Final = 4096
_TOGETHER: Final = 64
_LOOKED_AT: Final = 200  # photos whose sharpness is compared while somebody waits
_MOVES: Final = What.PHOTOS | What.METADATA | What.PRESENCE | What.THUMBNAILS | What.SUGGESTIONS


class Seen(Protocol):
    """What this room needs of the library."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def read_only(self) -> bool: ...

    def annotator(self) -> Annotator: ...

    def photo(self, photo_id: int) -> Photo | None: ...

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Alikes:
    """Photos that look like something, in the order to show: ``ids`` [N], ``scores`` [N] in [0, 1]."""

    ids: Ids
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Photos that are one photo several times, ``best`` first. ``kind`` is ``exact``, ``near`` or ``burst``."""

    kind: str
    photos: tuple[int, ...]
    best: int


@dataclass(frozen=True, slots=True)
class Spare:
    """Photos of which ``groups`` have a better one, so that they can go, and how many stay because that is not sure."""

    photos: tuple[int, ...] = ()
    groups: int = 0
    unsure: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Every photo that the present network has seen: ``ids`` ascending [N], ``vectors`` [N, K] of unit length."""

    model: str
    counter: int
    ids: Ids
    space: Space | None
    vectors: NDArray[np.float32]


class Looks:
    """Every method may be called from any thread; none is for the GUI's."""

    def __init__(self, library: Seen, thumbnails: Thumbnails) -> None:
        self._library = library
        self._catalog = library.catalog
        self._thumbnails = thumbnails
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._groups: list[tuple[Alike, Ids]] | None = None
        self._groups_at = -1
        self._sharp: dict[bytes, float] = {}
        self._last: tuple[int, int, Alikes] | None = None
        library.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if change.what & _MOVES:
            self._groups = None

    # similar

    def similar(self, photo_id: int, *, spread: bool = True) -> Alikes:
        """Photos that look like one of the library, itself first. Raises ModelError when the network is missing.

        Empty for a photo that the network has not seen. The first PAGE places are ``spread``.
        """
        known = self._vectors()
        last = self._last
        if spread and last is not None and last[:2] == (photo_id, known.counter):
            return last[2]
        row = int(np.searchsorted(known.ids, photo_id))
        if row >= len(known.ids) or known.ids[row] != photo_id:
            return Alikes(known.ids[:0], known.vectors[:0, 0])
        found = self._like(known, known.vectors[row], spread)
        if spread:
            self._last = (photo_id, known.counter, found)
        return found

    def similar_to(self, picture: Image.Image, *, spread: bool = True) -> Alikes:
        """Photos that look like a picture from anywhere, RGB and upright. Raises ModelError."""
        annotator = self._library.annotator()
        known = self._vectors()
        seen = annotator.see(picture)
        if known.space is None:
            return Alikes(known.ids, known.vectors[:, 0])
        return self._like(known, known.space(seen.embedding[None])[0], spread)

    def similar_to_file(self, path: Path, *, spread: bool = True) -> Alikes:
        """The same for a picture file. Raises ImageError, ModelError."""
        return self.similar_to(images.decode(path, short_side=384), spread=spread)

    @staticmethod
    def _like(known: _Known, vector: NDArray[np.float32], spread: bool) -> Alikes:
        scores = np.clip(known.vectors @ vector, 0.0, 1.0)
        rows = np.flatnonzero(scores >= LEAST)
        if len(rows) > MOST:
            rows = rows[np.argpartition(-scores[rows], MOST)[:MOST]]
        rows = rows[np.lexsort((known.ids[rows], -scores[rows]))]
        if spread:
            rows = rows[likeness.spread(known.vectors[rows], scores[rows], PAGE)]
        return Alikes(known.ids[rows], scores[rows])

    def spread_out(self, ids: Ids, scores: NDArray[Any]) -> Ids:
        """Photos [N], the most relevant first by ``scores`` [N], in an order whose first page is no single burst."""
        known = self._vectors()
        if not len(ids) or not len(known.ids):
            return ids
        rows = np.minimum(np.searchsorted(known.ids, ids), len(known.ids) - 1)
        vectors = known.vectors[rows] * (known.ids[rows] == ids)[:, None]
        return ids[likeness.spread(vectors, scores, PAGE)]

    def likeness(self, photo_id: int, other: int) -> float:
        """How alike two photos look, the cosine in [0, 1]; 0 where one is not known."""
        known = self._vectors()
        rows = np.minimum(np.searchsorted(known.ids, [photo_id, other]), max(len(known.ids) - 1, 0))
        if not len(known.ids) or known.ids[rows].tolist() != [photo_id, other]:
            return 0.0
        return float(np.clip(known.vectors[rows[0]] @ known.vectors[rows[1]], 0, 1))

    def warm(self) -> None:
        """Read the vectors now, so that the first question is answered at once. Raises ModelError."""
        self._vectors()

    def _vectors(self) -> _Known:
        annotator = self._library.annotator()
        with self._lock:
            counter = self._catalog.learning.annotated()
            known = self._known
            if known is None or known.model != annotator.model_hash:
                known = self._read(annotator, counter)
            elif known.counter != counter:
                known = self._read_on(annotator, known, counter)
            self._known = known
            return known

    def _read(self, annotator: Annotator, counter: int) -> _Known:
        model = annotator.model_hash
        ids = self._catalog.likeness.embedded(model)
        sample = self._catalog.learning.sample(model, len(annotator.labels), _SAMPLE).embeddings
        if not len(sample) or not len(ids):
            return _Known(model, counter, ids[:0], None, np.zeros((0, 1), np.float32))
        space = Space.of(sample)
        return self._with(
            _Known(model, counter, ids[:0], space, np.zeros((0, space.axes.shape[1]), np.float32)), ids
        )

    def _read_on(self, annotator: Annotator, known: _Known, counter: int) -> _Known:
        """Only what is new, when nothing but new photos came; everything as soon as the library has doubled."""
        ids = self._catalog.likeness.embedded(known.model)
        fresh = np.setdiff1d(ids, known.ids, assume_unique=True)
        if len(fresh) != counter - known.counter or len(ids) > 2 * len(known.ids):
            return self._read(annotator, counter)
        more = self._with(known, fresh)
        return _Known(known.model, counter, more.ids, known.space, more.vectors)

    def _with(self, known: _Known, ids: Ids) -> _Known:
        assert known.space is not None
        parts = [
            (found, known.space(rows)) for found, rows in self._catalog.likeness.embeddings(known.model, ids)
        ]
        every = np.concatenate([known.ids, *(found for found, _ in parts)])
        vectors = np.concatenate([known.vectors, *(rows for _, rows in parts)])
        order = np.argsort(every, kind="stable")
        return _Known(known.model, known.counter, every[order], known.space, vectors[order])

    # duplicates

    def duplicates(self) -> Job[list[Duplicates]]:
        """Groups of photos that are there several times, the surest kind first, each with the best one first.

        Perceptual hashes that are missing are made from thumbnails on the way.
        """
        sights = self._catalog.reviews.all_sights()
        yield from self._hash(sights)
        groups = self._grouped(sights)
        self._groups, self._groups_at = groups, self._catalog.revision
        found = []
        for done, (group, ids) in enumerate(groups):
            found.append(self._ranked(group.kind, ids))
            yield Progress(done + 1, len(groups), "duplicates")
        return found

    def spare(self, groups: Sequence[Duplicates]) -> Job[Spare]:
        """All but the best of each group, as the disk has them now: a photo counts only where the best one is there and
        another file, and is the same to the last byte where the group says so."""
        going: list[int] = []
        used = unsure = 0
        for done, group in enumerate(groups):
            best = self._library.photo(group.best)
            rest = [self._library.photo(each) for each in group.photos if each != group.best]
            exact = group.kind == "exact"
            sure = [each.id for each in rest if best and each and _is_spare(each.path, best.path, exact)]
            going += sure
            used += bool(sure)
            unsure += len(rest) - len(sure)
            yield Progress(done + 1, len(groups), "comparing files")
        return Spare(tuple(going), used, unsure)

    def prepare(self) -> Job[int]:
        """Make the perceptual hashes that are missing, so that ``is:duplicate`` knows all photos. The number of hashes
        made is the result."""
        sights = self._catalog.reviews.all_sights()
        before = int(np.count_nonzero(sights.hashed))
        yield from self._hash(sights)
        made = int(np.count_nonzero(sights.hashed)) - before
        if made:
            self._groups = None
        return made

    def in_groups(self) -> Ids:
        """Every photo of such a group, as far as hashes are known by now."""
        fresh = not self._library.read_only or self._groups_at == self._catalog.revision
        groups = self._groups if fresh else None
        if groups is None:
            groups = self._grouped(self._catalog.reviews.all_sights())
            self._groups, self._groups_at = groups, self._catalog.revision
        return np.concatenate([np.empty(0, np.int64), *(ids for _, ids in groups)])

    def arranged(self, ids: Ids) -> tuple[Ids, tuple[tuple[int, str], ...]]:
        """Those of the photos that are duplicates, group by group, the best of each first, and where each begins.

        Of many photos the sharpness is not looked at: their sizes decide.
        """
        self.in_groups()
        wanted = set(ids.tolist())
        ordered: list[int] = []
        sections = []
        for group, members in self._groups or ():
            kept = np.array([photo for photo in members.tolist() if photo in wanted], np.int64)
            if len(kept):
                sections.append((len(ordered), group.kind))
                ordered += self._ranked(group.kind, kept, sharp=len(ordered) < _LOOKED_AT).photos
        return np.array(ordered, np.int64), tuple(sections)

    def group_of(self, photo_id: int) -> str:
        """The kind of the group that a photo is in, or "". To be asked after :meth:`in_groups`."""
        return next((group.kind for group, ids in self._groups or () if photo_id in ids), "")

    def _grouped(self, sights: Sights) -> list[tuple[Alike, Ids]]:
        vectors = np.zeros((len(sights.photos), 1), np.float32)
        try:
            known = self._vectors()
        except ModelError:
            known = None  # without the network bursts are not seen
        if known is not None and len(known.ids) and len(sights.photos):
            rows = np.minimum(np.searchsorted(known.ids, sights.photos), len(known.ids) - 1)
            vectors = known.vectors[rows] * (known.ids[rows] == sights.photos)[:, None]
        groups = likeness.duplicates(sights.contents, sights.hashes, sights.hashed, sights.times, vectors)
        return [(group, sights.photos[group.rows]) for group in groups]

    def _ranked(self, kind: str, ids: Ids, sharp: bool = True) -> Duplicates:
        copies = self._catalog.likeness.copies(ids.tolist())
        known = [copies[photo] for photo in ids.tolist() if photo in copies]
        looked_at = sharp and kind != "exact"
        clear = [self._sharpness(each) if looked_at else 0.0 for each in known]
        best = likeness.best_of(
            [each.pixels for each in known], clear, [each.size for each in known],
            [each.here * 100 + each.rating * 10 + each.tags for each in known],
        )  # fmt: skip
        first = known[best].photo
        return Duplicates(kind, (first, *(each.photo for each in known if each.photo != first)), first)

    def _sharpness(self, copy: Copy) -> float:
        known = self._sharp.get(copy.content)
        if known is None:
            data = self._thumbnails.get(copy.content) if copy.content else None
            picture = _decoded(data) if data is not None else None
            known = self._sharp[copy.content] = likeness.sharpness(picture) if picture is not None else 0.0
        return known

    def _hash(self, sights: Sights) -> Job[None]:
        missing = [row for row in np.flatnonzero(~sights.hashed).tolist() if sights.contents[row]]
        made: list[tuple[bytes, int]] = []
        for done, row in enumerate(missing):
            data = self._thumbnails.get(sights.contents[row])
            picture = _decoded(data) if data is not None else None
            if picture is not None:
                value = grouping.perceptual_hash(picture)
                sights.hashes[row], sights.hashed[row] = np.uint64(value), True
                made.append((sights.contents[row], value))
            if len(made) >= _TOGETHER:
                made = self._keep(made)
            if done % 16 == 0:
                yield Progress(done, len(missing), "looking at thumbnails")
        self._keep(made)

    def _keep(self, made: Sequence[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
        if made and not self._library.read_only:
            self._catalog.reviews.keep_hashes(made)
        return []


def _is_spare(path: Path, best: Path, exact: bool) -> bool:
    """Whether a file can go while ``best`` stays; one that cannot be read stays."""
    try:
        return not os.path.samefile(path, best) and (not exact or filecmp.cmp(path, best, shallow=False))
    except OSError:
        return False


def _decoded(data: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.convert("L")
    except (OSError, ValueError):
        return None
