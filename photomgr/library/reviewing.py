"""What a person reviews, in which order, and which photos are decided together.

Everything is read from the catalog as it stands; only perceptual hashes are kept, and they are derived.
"""

from __future__ import annotations

import enum
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..annotate import grouping, teaching
from ..annotate.annotator import Annotator
from ..annotate.grouping import Group, Looks
from ..annotate.learner import Basis
from ..core.catalog import Catalog
from ..core.catalog.learning import ToReview
from ..core.catalog.reviewing import Proposed, Sights, WaitingTag
from ..core.errors import ModelError
from ..core.records import tag_key
from ..core.settings import Settings
from ..core.thumbnails import Thumbnails
from ..jobs import Job, Progress
from .cluster_names import Cluster, date_and_number, tell_apart

_SAMPLE: Final = 1024  # photos whose suggestions a decision may move
_TOGETHER: Final = 64  # hashes kept in one transaction
_NAMES: Final = 3  # tags that name a cluster
_CLEARLY: Final = 0.25  # of a cluster's photos have a tag that names it
_HARDLY: Final = 0.08  # of them have one that parts it from a cluster of the same name
_MOST: Final = 128  # clusters of a library


class Order(enum.StrEnum):
    """In which order suggestions are reviewed."""

    CONFIDENCE = "confidence"
    TEACHING = "teaching"
    DATE = "date"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """What waits for one tag: ``photos`` int64 [N] with ``scores`` [N] in the order asked for, the tag's bands,
    decisions so far, and ``needed``: how many more until 95 % of the photos that have the tag carry it. ``until``:
    the moment (UTC, ISO 8601) from which on decisions are not learnt from, None when all are."""

    tag: str
    photos: NDArray[np.int64]
    scores: NDArray[np.float64]
    proposed: Proposed
    needed: int
    until: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Photos that are decided together; ``kind`` as in :class:`~photomgr.annotate.grouping.Group`. ``when`` is the
    time of the first one in seconds since 1970, NaN when unknown."""

    photos: NDArray[np.int64]
    kind: str
    when: float


class Finds(Protocol):
    """What this room needs of the library."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def read_only(self) -> bool: ...

    @property
    def settings(self) -> Settings: ...

    def annotator(self) -> Annotator: ...


class Reviewing:
    """The review of one library. Every method may be called from any thread; none is for the GUI's."""

    def __init__(self, library: Finds, thumbnails: Thumbnails) -> None:
        self._library = library
        self._catalog = library.catalog
        self._thumbnails = thumbnails

    @property
    def _target(self) -> float:
        """From which score on a tag is sure as long as nobody has decided on it."""
        return float(self._library.settings.get("target_precision"))

    # what waits

    def tags(self) -> list[WaitingTag]:
        """Tags with open suggestions, those with most first."""
        return self._catalog.reviews.tags(self._target)

    def wall(self, tag: str, order: Order = Order.CONFIDENCE) -> Wall:
        """The open suggestions of one tag."""
        found = self._catalog.reviews.proposed(tag, self._target)
        needed = teaching.needed(found.scores, found.accepted)
        places = self._order(found.photos, found.scores, order)
        return Wall(
            tag, found.photos[places], found.scores[places], found, needed, self._catalog.keeping.until()
        )

    def photos(self, order: Order = Order.CONFIDENCE) -> NDArray[np.int64]:
        """Photos with open suggestions: by the surest of them, by what deciding on all would teach, or by place."""
        photos, scores = self._catalog.reviews.open()
        if not len(photos):
            return photos
        ids, starts = np.unique(photos, return_index=True)
        if order is Order.TEACHING:
            open_ones = np.add.reduceat(teaching.uncertainty(scores), starts)
            density = self._worth(ids, np.full(len(ids), 0.5))
            return np.asarray(ids[np.argsort(-open_ones * density, kind="stable")])
        best = np.maximum.reduceat(scores, starts)
        return ids[self._order(ids, best, order)]

    def suggestions(
        self, tag: str | None = None, limit: int | None = None, order: Order = Order.CONFIDENCE
    ) -> list[ToReview]:
        """Open suggestions of one tag or of all in the order asked for."""
        if order is Order.CONFIDENCE:
            return self._catalog.learning.queue(tag, limit, self._target)
        waiting = self._catalog.learning.queue(tag, None, self._target)
        photos = np.array([each.photo for each in waiting], np.int64)
        scores = np.array([each.score for each in waiting], np.float64)
        return [waiting[place] for place in self._order(photos, scores, order)[:limit]]

    def _order(
        self, photos: NDArray[np.int64], scores: NDArray[np.float64], order: Order
    ) -> NDArray[np.intp]:
        """The places of suggestions, which come best first, in the order asked for."""
        if order is Order.TEACHING:
            return np.argsort(-self._worth(photos, scores), kind="stable")
        if order is Order.CONFIDENCE:
            return np.argsort(-scores, kind="stable")
        sort = self._catalog.reviews.by_date if order is Order.DATE else self._catalog.reviews.by_folder
        rank = {photo: place for place, photo in enumerate(sort(np.unique(photos).tolist()))}
        return np.argsort([rank.get(int(each), len(rank)) for each in photos], kind="stable")

    def _worth(self, photos: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much deciding on each would teach; by its uncertainty alone where no embedding is known."""
        ids = np.unique(photos)
        known, vectors = self._vectors(ids)
        if not len(known):
            return teaching.uncertainty(scores)
        basis = Basis.of(vectors[:: max(1, len(vectors) // 4096)])
        whitened = np.zeros((len(ids), basis.axes.shape[1]), np.float32)
        whitened[np.searchsorted(ids, known)] = basis(vectors)
        places = np.searchsorted(ids, photos)
        some = np.linspace(0, len(photos) - 1, min(_SAMPLE, len(photos))).astype(np.intp)
        return teaching.worth(whitened[places], scores, whitened[places[some]], scores[some])

    def _vectors(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The photos that the present network has seen, and their embeddings float16 [N, D]."""
        try:
            annotator = self._library.annotator()
        except ModelError:
            return ids[:0], np.zeros((0, 0), np.float16)
        parts = [
            self._catalog.learning.of_photos(
                annotator.model_hash, len(annotator.labels), ids[at : at + 4096].tolist()
            )
            for at in range(0, len(ids), 4096)
        ]
        parts = [part for part in parts if len(part.photos)]
        if not parts:
            return ids[:0], np.zeros((0, 0), np.float16)
        return (
            np.concatenate([part.photos for part in parts]),
            np.concatenate([part.embeddings for part in parts]),
        )

    # what belongs together

    def groups(self, ids: Iterable[int], tag: str | None = None) -> Job[list[Together]]:
        """Photos that are decided together: the same picture, near duplicates, one event; odd ones apart.

        With a ``tag``, photos for which it is far more or less probable than for the rest of their group stand
        apart too. Perceptual hashes are made from thumbnails where they are missing.
        """
        sights = self._catalog.reviews.sights(ids)
        yield from self._hash(sights)
        vectors = self._centred(sights.photos)
        scores = self._scores_of(sights.photos, tag) if tag is not None else None
        looks = Looks(sights.contents, sights.hashes, sights.hashed, vectors, sights.times, scores)
        return [_together(each, sights) for each in grouping.group(looks)]

    def _hash(self, sights: Sights) -> Job[None]:
        """Fill in the hashes that are missing and can be made without opening the photo itself."""
        missing = [row for row in np.flatnonzero(~sights.hashed) if sights.contents[row]]
        made: list[tuple[bytes, int]] = []
        for done, row in enumerate(missing):
            data = self._thumbnails.get(sights.contents[row])
            value = _hash_of(data) if data is not None else None
            if value is not None:
                sights.hashes[row], sights.hashed[row] = np.uint64(value), True
                made.append((sights.contents[row], value))
            if len(made) >= _TOGETHER:
                made = self._keep(made)
            if done % 16 == 0:
                yield Progress(done, len(missing))
        self._keep(made)

    def _keep(self, made: Sequence[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
        if made and not self._library.read_only:
            self._catalog.reviews.keep_hashes(made)
        return []

    def _centred(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Embeddings about the library's mean; rows of 0 where none is known."""
        known, vectors = self._vectors(ids)
        result = np.zeros((len(ids), vectors.shape[1] if len(known) else 1), np.float32)
        if len(known):
            annotator = self._library.annotator()
            sample = self._catalog.learning.sample(annotator.model_hash, len(annotator.labels), 2048)
            mean = np.asarray(sample.embeddings, np.float32).mean(axis=0)
            result[np.searchsorted(ids, known)] = np.asarray(vectors, np.float32) - mean
        return result

    def _scores_of(self, ids: NDArray[np.int64], tag: str) -> NDArray[np.float64]:
        found = self._catalog.reviews.proposed(tag)
        order = np.argsort(found.photos)
        places = np.minimum(np.searchsorted(found.photos, ids, sorter=order), max(len(order) - 1, 0))
        if not len(order):
            return np.full(len(ids), 0.5)
        rows = order[places]
        return np.where(found.photos[rows] == ids, found.scores[rows], 0.5)

    def clusters(self) -> Job[list[Cluster]]:
        """The whole library by look, season and hour, the largest cluster first."""
        yield Progress(0)
        sights = self._catalog.reviews.all_sights()
        known, vectors = self._vectors(sights.photos)
        if not len(known):
            return []
        yield Progress(0)
        basis = Basis.of(vectors[:: max(1, len(vectors) // 4096)])
        rows = np.searchsorted(sights.photos, known)
        look = basis(vectors)
        look /= np.maximum(np.linalg.norm(look, axis=1, keepdims=True), 1e-9)
        points = np.concatenate([look, grouping.context(sights.times[rows])], axis=1)
        yield Progress(0)
        count = int(np.clip(round(np.sqrt(len(known))), 1, _MOST))
        labels = grouping.cluster(points, count)
        yield Progress(0)
        return self._named(known, labels, sights.times[rows])

    def _named(
        self, photos: NDArray[np.int64], labels: NDArray[np.int64], times: NDArray[np.float64]
    ) -> list[Cluster]:
        on, tags, weight = self._catalog.reviews.tagged()
        places = np.minimum(np.searchsorted(photos, on), len(photos) - 1)
        here = photos[places] == on
        on, tags, weight = places[here], tags[here], weight[here]
        ids, columns = np.unique(tags, return_inverse=True)
        clusters = int(labels.max()) + 1
        counts = np.bincount(labels[on] * max(len(ids), 1) + columns, weights=weight,
                             minlength=clusters * max(len(ids), 1)).reshape(clusters, -1)  # fmt: skip
        names = self._catalog.reviews.names()
        found, more, taken = [], [], []
        for number in range(clusters):
            rows = np.flatnonzero(labels == number)
            best = grouping.telling(counts[number], counts.sum(axis=0), len(rows), len(photos), _HARDLY)
            titles = [(names[int(ids[each])], counts[number][each]) for each in best if len(ids)]
            clear = [name for name, count in titles if count >= _CLEARLY * len(rows)]
            found.append(Cluster(tuple(self._distinct(clear)[:_NAMES]), photos[rows]))
            more.append(self._distinct([*clear, *(name for name, _ in titles if name not in clear)]))
            taken.append(times[rows])
        return date_and_number(tell_apart(found, more), taken)

    def _distinct(self, titles: Sequence[str]) -> list[str]:
        """The same, without those that an earlier one implies."""
        try:
            vocabulary = self._library.annotator().vocabulary
        except ModelError:
            return list(titles)
        kept: list[str] = []
        implied: set[str] = set()
        for title in titles:
            if tag_key(title) not in implied:
                kept.append(title)
                implied |= {tag_key(each) for each in vocabulary.ancestors_of(title)}
        return kept


def _together(group: Group, sights: Sights) -> Together:
    times = sights.times[group.rows]
    known = times[~np.isnan(times)]
    return Together(sights.photos[group.rows], group.kind, float(known.min()) if len(known) else float("nan"))


def _hash_of(data: bytes) -> int | None:
    """The perceptual hash of an encoded thumbnail; None when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("L", (64, 64))
            return grouping.perceptual_hash(picture)
    except (OSError, ValueError):
        return None
