"""A reviewer played from true labels: what learning gains, decision by decision, before any person has to.

The photos are split in two halves. The reviewer works on one, always deciding on the photo that is suggested most
strongly, and the model learns from each decision as it does in a library. The other half is never shown; on it
the average precision is measured. A tag that the model knows starts from the network alone, an invented one from
five true photos that the reviewer tags.
"""

from __future__ import annotations

import csv
import hashlib
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..annotate import learner
from ..annotate.annotator import Annotator
from ..annotate.learner import Basis, Evidence
from ..core import images
from ..core.arrays import read_arrays, write_arrays
from ..core.errors import ImageError, UsageError
from ..core.records import tag_key
from ..jobs import Job, Progress
from . import words

_EXAMPLES: Final = 5  # photos that the reviewer tags to invent a tag
_UNDECIDED: Final = 256
_SWEEP, _WALL = 10, 5  # a tenth, or a fifth, of what was decided is decided at once before learning again
_SIDE: Final = 384  # pixels of the short side that photos are decoded at
_MARKS: Final = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhotos:
    """N photos with the network's word and their true labels: ``embeddings`` float16 [N, D], ``scores`` float16
    [N, T], ``labels`` N sets of tag keys."""

    embeddings: NDArray[np.float16]
    scores: NDArray[np.float16]
    labels: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Where a review stands after so many decisions; all figures in [0, 1].

    ``precision`` is the average precision on the half that is never shown. ``found`` is the share of the true photos
    of the other half that have the tag by now, ``unlearnt`` the same when the order stays as it was at the start,
    ``random`` when there is none.
    """

    tag: str
    known: bool
    decisions: int
    precision: float
    found: float
    unlearnt: float
    random: float


def demand_labels(labels_csv: Path, tags: Iterable[str]) -> None:
    """Raises UsageError when too few photos have one of the tags: better before all photos are looked at."""
    labels = _labels(labels_csv).values()
    for tag in tags:
        count = sum(tag_key(tag) in each for each in labels)
        if count <= _EXAMPLES + 1:
            raise _too_few(tag, count)


def read(images_tar: Path, labels_csv: Path, annotator: Annotator, cache: Path) -> Job[LabelledPhotos]:
    """Run the network over the photos of a tar that the CSV labels (file, labels with ``|`` between them).

    What the network says is kept in the folder ``cache``. Raises UsageError for files that cannot be read so.
    """
    labels = _labels(labels_csv)
    kept = cache / f"{_fingerprint(images_tar, labels_csv, annotator)}.npz"
    seen = _kept(kept)
    if seen is None:
        found: list[tuple[str, NDArray[np.float16], NDArray[np.float16]]] = []
        for name, pixels in _pictures(images_tar, labels, annotator):
            said = annotator.annotate(pixels[None])[0]
            found.append((name, said.embedding, said.scores))
            yield Progress(len(found), len(labels), name)
        if not found:
            raise UsageError(f"No photo of {images_tar} is named in {labels_csv}.")
        names, embeddings, scores = zip(*found, strict=True)
        seen = {"names": np.array(names), "embeddings": np.stack(embeddings), "scores": np.stack(scores)}
        with suppress(OSError):  # it can be looked at again
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_arrays(kept, seen)
    return LabelledPhotos(
        seen["embeddings"], seen["scores"], tuple(labels[str(name)] for name in seen["names"])
    )


def _kept(file: Path) -> dict[str, NDArray[Any]] | None:
    """What was kept of an earlier look; None where there is nothing that can be used."""
    try:
        kept = read_arrays(file)
    except (OSError, ValueError):
        return None
    return kept if {"names", "embeddings", "scores"} <= kept.keys() else None


def play(
    photos: LabelledPhotos,
    annotator: Annotator,
    tag: str,
    *,
    decisions: int,
    unknown: bool = False,
    noise: float = 0.0,
    seed: int = 1,
) -> Job[list[Point]]:
    """Review one tag and return its curve.

    ``unknown`` pretends that the network does not have the tag; ``noise`` is the share of decisions that are wrong.
    Raises UsageError when too few photos have the tag.
    """
    dice = np.random.default_rng(seed)
    truth = np.array([tag_key(tag) in labels for labels in photos.labels])
    order = dice.permutation(len(truth))
    shown, hidden = np.sort(order[::2]), np.sort(order[1::2])
    if truth[shown].sum() <= _EXAMPLES or not truth[hidden].any():
        raise _too_few(tag, int(truth.sum()))
    column = None if unknown else _column(annotator, tag)
    review = _Review(photos, truth, shown, column, noise, dice)
    marks = [mark for mark in _MARKS if len(review.decided) <= mark <= decisions]
    unlearnt = review.found_in_order(marks)
    points = []
    for mark in marks:
        while len(review.decided) < mark and review.go_on(mark):
            yield Progress(len(review.decided), decisions, tag)
        precision = average_precision(truth[hidden], review.logits[hidden])
        share = min(1.0, len(review.decided) / len(shown))
        points.append(Point(tag, column is not None, mark, precision, review.found, unlearnt[mark], share))
    return points


@dataclass(frozen=True, slots=True)
class Search:
    """How many photos a reviewer looked at until a share of the true ones was found, and in ``random`` order."""

    looks: int
    random: float


def look_for(
    vectors: NDArray[np.float16], truth: NDArray[np.bool_], share: float, seed: int = 1
) -> Job[Search]:
    """A reviewer looks for ``share`` of the photos of a tag that no model knew, most strongly suggested first.

    ``vectors`` [N, D] are the photos' embeddings, ``truth`` [N] says which have the tag. The five examples that
    the tag begins with count as looks, and are given to the one who looks at random as well. Raises UsageError when
    too few photos have the tag.
    """
    if truth.sum() <= _EXAMPLES + 1:
        raise _too_few("so", int(truth.sum()))
    photos = LabelledPhotos(vectors, np.zeros((len(truth), 0), np.float16), ())
    review = _Review(photos, truth, np.arange(len(truth)), None, 0.0, np.random.default_rng(seed))
    wanted = int(np.ceil(share * truth.sum()))
    while truth[review.decided].sum() < wanted:
        review.go_on(len(truth), _WALL)
        yield Progress(len(review.decided), len(truth), "looking")
    looks = int(np.searchsorted(np.cumsum(truth[review.decided]), wanted)) + 1
    left, rest = int(truth.sum()) - _EXAMPLES, len(truth) - _EXAMPLES
    return Search(looks, _EXAMPLES + (wanted - _EXAMPLES) * (rest + 1) / (left + 1))


class _Review:
    """One reviewer at work: what is decided, and what the model says by now (``logits`` [N])."""

    def __init__(
        self,
        photos: LabelledPhotos,
        truth: NDArray[np.bool_],
        shown: NDArray[np.intp],
        column: int | None,
        noise: float,
        dice: np.random.Generator,
    ) -> None:
        self._photos, self._truth, self._shown, self._known = photos, truth, shown, column is not None
        self._basis = Basis.of(photos.embeddings[shown])
        self._said = truth ^ (dice.random(len(truth)) < noise)
        base = np.full(len(truth), learner.BASE_RATE)
        self._prior = learner.logit(base if column is None else photos.scores[:, column])
        self._random = dice.permutation(shown)
        self.logits = self._prior
        self.decided: list[int] = []
        if not self._known:
            self.decided = [int(each) for each in self._random if truth[each]][:_EXAMPLES]
            self._learn()

    @property
    def found(self) -> float:
        """The share of the true photos that the reviewer has met."""
        return float(self._truth[self.decided].sum() / self._truth[self._shown].sum())

    def found_in_order(self, marks: Sequence[int]) -> dict[int, float]:
        """The same for each number of decisions, were the present order kept to the end."""
        begun = [int(self._truth[each]) for each in self.decided]
        right = np.cumsum([0, *begun, *self._truth[self._queue()]]) / self._truth[self._shown].sum()
        return {mark: float(right[min(mark, len(right) - 1)]) for mark in marks}

    def go_on(self, until: int, sweep: int = _SWEEP) -> bool:
        """Decide on what is suggested most strongly, and learn; False when nothing is left."""
        queue = self._queue()
        # One after another at first; later a few at a time, as a person sweeps a wall of photos.
        step = min(until - len(self.decided), max(1, len(self.decided) // sweep))
        self.decided += [int(each) for each in queue[:step]]
        self._learn()
        return len(queue) > 0

    def _queue(self) -> NDArray[np.intp]:
        left = np.setdiff1d(self._shown, self.decided)
        return left[np.argsort(-self.logits[left], kind="stable")]

    def _learn(self) -> None:
        decided = np.sort(self.decided)
        others = self._random[~np.isin(self._random, decided)][:_UNDECIDED]
        vectors = np.asarray(self._photos.embeddings, np.float32)
        model = learner.learn(
            self._basis,
            Evidence(vectors[decided], self._prior[decided]),
            self._said[decided],
            Evidence(vectors[others], self._prior[others]),
            known=self._known,
        )
        own = vectors @ model.weights + model.bias + model.slope * self._prior
        self.logits = self._prior + own
        if model.votes is not None:
            self.logits = self.logits + model.votes.add(vectors, self.logits, self._prior)


def average_precision(truth: NDArray[np.bool_], logits: NDArray[np.floating]) -> float:
    """Average precision of a ranking in [0, 1]; ``truth`` [N] has at least one."""
    ranked = truth[np.argsort(-logits, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def _too_few(tag: str, count: int) -> UsageError:
    return UsageError(
        f"Only {words.counted(count, 'photo is', 'photos are')} labelled {tag}: too few to play a review."
    )


def mean_curve(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean over tags at every number of decisions that all of them have, as points of the tag ``mean``."""
    found = []
    for mark in sorted(set.intersection(*({point.decisions for point in curve} for curve in curves))):
        points = [next(point for point in curve if point.decisions == mark) for curve in curves]

        def mean(name: str, points: Sequence[Point] = points) -> float:
            return float(np.mean([getattr(point, name) for point in points]))

        known = all(point.known for point in points)
        found.append(
            Point("mean", known, mark, mean("precision"), mean("found"), mean("unlearnt"), mean("random"))
        )
    return found


def _column(annotator: Annotator, tag: str) -> int | None:
    """The network's column of a tag that a library would know, too: by its own name, not by an alias."""
    return {tag_key(label): column for column, label in enumerate(annotator.labels)}.get(tag_key(tag))


def _labels(table: Path) -> dict[str, frozenset[str]]:
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            lines = [line for line in list(csv.reader(stream))[1:] if line]
    except OSError as error:
        raise UsageError(f"The labels {table} cannot be read: {error.strerror}.") from error
    except (ValueError, csv.Error) as error:
        raise UsageError(f"The labels {table} cannot be read: {error}.") from error
    return {
        line[0]: frozenset(tag_key(label) for label in (line[1] if len(line) > 1 else "").split("|"))
        for line in lines
    }


def _pictures(
    archive: Path, wanted: Iterable[str], annotator: Annotator
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Name in the table and pixels of the photos of a tar that can be read, in its order."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(archive) as tar:
                for name, member in _members(tar, wanted):
                    stream = tar.extractfile(member)
                    if stream is None:
                        continue
                    photo = Path(folder) / f"photo{Path(member.name).suffix}"
                    photo.write_bytes(stream.read())
                    try:
                        yield name, annotator.prepare(images.decode(photo, short_side=_SIDE))
                    except ImageError:
                        continue  # the share of photos that cannot be read is no matter of learning
        except tarfile.TarError as error:
            raise UsageError(f"The photos {archive} cannot be read: it is no tar archive.") from error
        except OSError as error:
            raise UsageError(f"The photos {archive} cannot be read: {error.strerror}.") from error


def _members(tar: tarfile.TarFile, wanted: Iterable[str]) -> list[tuple[str, tarfile.TarInfo]]:
    """The photos that a table names, by these names, in the tar's order. As in ``train evaluate`` a ``./`` in front
    makes no other name, and folders may be left out where that leaves no doubt."""
    files = {str(PurePosixPath(member.name)): member for member in tar if member.isreg()}
    often = Counter(PurePosixPath(name).name for name in files)
    short = {PurePosixPath(name).name: name for name in files if often[PurePosixPath(name).name] == 1}
    named = ((name, str(PurePosixPath(name))) for name in wanted)
    found = [(name, files.get(plain) or files.get(short.get(plain, ""))) for name, plain in named]
    return sorted(
        ((name, member) for name, member in found if member is not None), key=lambda each: each[1].offset
    )


def _fingerprint(images_tar: Path, labels_csv: Path, annotator: Annotator) -> str:
    """Names the photos, their labels' file and the network, so that what was kept of others is not taken."""
    parts = [annotator.model_hash]
    for path in (images_tar, labels_csv):
        try:
            stat = path.stat()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
        parts.append(f"{path.absolute()}:{stat.st_size}:{stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
