"""Tags that came with the files: which of them are probably wrong, and which are probably missing.

Photos are looked at some thousands at a time and their tags some hundreds, each photo together with what is decided on
it, what the network says and the photos that look most alike (:mod:`photomgr.annotate.refinement`). A person's own
decisions are never doubted, and what was accepted by itself is nothing that a file said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..annotate import neighbours
from ..annotate.annotator import Annotator
from ..annotate.refinement import Refined, refine
from ..core.catalog.learning import GivenTag
from ..core.records import Source, tag_key
from ..jobs import Job, Progress
from .meanings import Meanings

if TYPE_CHECKING:
    from .facade import Library

FEWEST: Final = 5
"""Photos of the library that must have a tag before anything is said of it."""

_TOGETHER: Final = 8_000  # photos that are looked at as one, at most
_TAGS: Final = 200  # tags that are, at most
_MISSED: Final = 9  # times as many photos as have a tag may lack it where no network says so
_NEIGHBOURS: Final = 50
_WRONG, _MISSING = 0.25, 0.8  # probabilities below and above which something is worth saying
_SEEN: Final = 0.3  # the network's probability from which on it vouches for a tag
_NEAR: Final = 10  # photos that look most alike, half of which vouch for it as well
_KEPT: Final = 5_000  # findings of each kind, the clearest

REASONS: Final = {
    "network": "the picture speaks against it",
    "neighbours": "photos that look alike do not have it",
}
"""Why a tag is doubted, by the witness that speaks most clearly."""

MISSING_REASONS: Final = {
    "network": "the picture speaks for it",
    "neighbours": "photos that look alike have it",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A tag that is probably wrong on a photo, or probably missing: ``score`` in [0, 1] says how probably.

    ``witness`` is the one that speaks most clearly (a key of REASONS), ``why`` the same as a phrase. ``missing``: which
    of the two it is.
    """

    photo: int
    tag: str
    why: str
    score: float
    witness: str
    missing: bool = False


@dataclass(frozen=True)
class Checked:
    """How far the looking went: ``photos`` and ``tags`` that were looked at, and ``waiting`` photos with tags that the
    network has not seen yet. And what it found: tags that came with files and are probably ``wrong``, and such that
    others of the photos have and that are probably ``missing``, the clearest first."""

    photos: int = 0
    tags: int = 0
    waiting: int = 0
    wrong: tuple[Doubt, ...] = ()
    missing: tuple[Doubt, ...] = ()

    @cached_property
    def found(self) -> tuple[Doubt, ...]:
        """Both."""
        return self.wrong + self.missing


class Refinement:
    """What stands to be corrected in an open library. Findings are kept until decisions or scores change."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._state: tuple[str, int, int] | None = None
        self._checked = Checked()

    def standing(self, found: Iterable[Doubt]) -> set[tuple[int, str]]:
        """The photos and tags of what was found that nobody has decided on since: a tag that is doubted is still
        there as a file said it, one that is missing is still undecided. Tags by :func:`tag_key`."""
        found = list(found)
        given = self._library.catalog.learning.given({one.photo for one in found})
        stands = {(one.photo, tag_key(one.tag)): one for one in given}
        left = set()
        for one in found:
            pair = one.photo, tag_key(one.tag)
            now = stands.get(pair)
            if (
                (now is None)
                if one.missing
                else (now is not None and now.accepted and now.source == Source.FILE)
            ):
                left.add(pair)
        return left

    def check(self) -> Job[Checked]:
        """Look at every photo that has tags and that the network has seen, for every tag that at least
        :data:`FEWEST` of them have. Seconds; minutes in a large library of many tags.

        Raises ModelError when there is no network.
        """
        annotator, catalog = self._library.annotator(), self._library.catalog
        state = (annotator.model_hash, catalog.learning.annotated(), catalog.learning.newest_verdict())
        if state != self._state:
            given = _Given.of(catalog.learning.given())
            tagged = np.unique(given.photo[given.accepted])
            seen = tagged[np.isin(tagged, catalog.likeness.embedded(annotator.model_hash))]
            given = given.on(seen)
            often = given.often()
            wrong: list[Doubt] = []
            missing: list[Doubt] = []
            for start, part in _parts(seen):
                yield Progress(start, len(seen))
                for found in self._look(annotator, part, given.on(part), often):
                    wrong += found[0]
                    missing += found[1]
                    yield Progress(start, len(seen))
            tags, waiting = int((often >= FEWEST).sum()), len(tagged) - len(seen)
            self._checked = Checked(len(seen), tags, waiting, _clearest(wrong), _clearest(missing))
            self._state = state
        return self._checked

    def _look(
        self, annotator: Annotator, photos: NDArray[np.int64], given: _Given, often: NDArray[np.intp]
    ) -> Iterator[tuple[list[Doubt], list[Doubt]]]:
        """What is probably wrong and missing among some photos, some tags at a time."""
        labels = annotator.labels
        seen = self._library.catalog.learning.of_photos(annotator.model_hash, len(labels), photos.tolist())
        if len(seen.photos) < 2:
            return
        rows = np.asarray(seen.embeddings, np.float32)
        if (
            annotator.embedded_by != annotator.model.hash
        ):  # as they are, all photos of some networks look alike
            rows = neighbours.unit(rows - rows.mean(axis=0))
        places, similar = neighbours.nearest(rows, rows, _NEIGHBOURS, without=np.arange(len(rows)))
        meanings = Meanings(self._library.catalog)
        for tags in _mixed(np.flatnonzero((often >= FEWEST) & (given.often() > 0)), often):
            table = _Table.of(seen.photos, given, tags)
            network = np.full(table.has.shape, np.nan)
            for tag, name in enumerate(table.names):
                known = meanings.columns(labels, name)
                known = known or meanings.columns(labels, annotator.vocabulary.resolve(name) or name)
                if known:
                    network[:, tag] = seen.scores[:, known].max(axis=1)
            refined = refine(table.has, places, similar, network, fixed=table.fixed)
            wrong = table.filed & (refined.probability < _WRONG)
            missing = table.open & (refined.probability > _MISSING)
            few = missing.sum(axis=0) <= _MISSED * table.has.sum(axis=0)
            missing &= few | ~np.isnan(network).all(axis=0)
            missing &= _vouched(network, table.has, places)
            yield (
                _findings(table, refined, wrong, wrong=True),
                _findings(table, refined, missing, wrong=False),
            )


def _vouched(
    network: NDArray[np.float64], has: NDArray[np.bool_], places: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """Where the network (NaN where it does not know a tag) or half of the photos that look most alike vouch for a tag,
    [N, T]. A tag that was strewn at random has been omitted often, if it is taken at its word: it would be missed
    nearly everywhere else."""
    near = has[places[:, :_NEAR]].mean(axis=1)
    return np.asarray((network >= _SEEN) | (near >= 0.5))


def _parts(photos: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Photos by id in parts of nearly the same size, each with the place where it begins."""
    start = 0
    for part in np.array_split(photos, max(1, -(-len(photos) // _TOGETHER))):
        yield start, part
        start += len(part)


def _mixed(tags: NDArray[np.intp], often: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Tags in parts of nearly the same size, frequent and rare ones in each: what is rare leans on the others."""
    ranked = tags[np.argsort(-often[tags], kind="stable")]
    parts = -(-len(tags) // _TAGS)
    yield from (ranked[first::parts] for first in range(parts))


@dataclass(frozen=True, eq=False)
class _Given:
    """What is decided, as G pairs of a ``photo`` and a ``tag``, which is a place in ``names``: is it ``accepted``, and
    did a ``person`` say so, or a ``file``."""

    names: tuple[str, ...]
    photo: NDArray[np.int64]
    tag: NDArray[np.intp]
    accepted: NDArray[np.bool_]
    person: NDArray[np.bool_]
    file: NDArray[np.bool_]

    @classmethod
    def of(cls, given: Sequence[GivenTag]) -> _Given:
        place = {name: n for n, name in enumerate(sorted({one.tag for one in given}))}
        return cls(
            tuple(place),
            np.array([one.photo for one in given], np.int64),
            np.array([place[one.tag] for one in given], np.intp),
            np.array([one.accepted for one in given], np.bool_),
            np.array([one.source == Source.PERSON for one in given], np.bool_),
            np.array([one.source == Source.FILE for one in given], np.bool_),
        )

    def on(self, photos: NDArray[np.int64]) -> _Given:
        """The same of some photos only."""
        return self._only(np.isin(self.photo, photos))

    def about(self, tags: NDArray[np.intp]) -> _Given:
        """The same of some tags only."""
        return self._only(np.isin(self.tag, tags))

    def often(self) -> NDArray[np.intp]:
        """On how many photos each of ``names`` is accepted."""
        return np.bincount(self.tag[self.accepted], minlength=len(self.names))

    def _only(self, which: NDArray[np.bool_]) -> _Given:
        return _Given(
            self.names, self.photo[which], self.tag[which], self.accepted[which], self.person[which],
            self.file[which],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Table:
    """N photos and T tags: ``has`` a photo the tag, is that ``fixed`` by the person, does it stand as a file said it
    (``filed``), is it ``open`` (undecided)."""

    photos: NDArray[np.int64]
    names: tuple[str, ...]
    has: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    filed: NDArray[np.bool_]
    open: NDArray[np.bool_]

    @classmethod
    def of(cls, photos: NDArray[np.int64], given: _Given, tags: NDArray[np.intp]) -> _Table:
        """``photos`` ascending."""
        here = given.about(tags).on(photos)
        column = np.zeros(len(given.names), np.intp)
        column[tags] = np.arange(len(tags))
        at = np.searchsorted(photos, here.photo), column[here.tag]
        has, fixed, filed, decided = (np.zeros((len(photos), len(tags)), np.bool_) for _ in range(4))
        has[at], fixed[at], decided[at] = here.accepted, here.person, True
        filed[at] = here.accepted & here.file
        return cls(photos, tuple(given.names[tag] for tag in tags), has, fixed, filed, ~decided)


def _findings(table: _Table, refined: Refined, which: NDArray[np.bool_], *, wrong: bool) -> list[Doubt]:
    found = []
    for row, tag in zip(*np.nonzero(which), strict=True):
        says = refined.says[:, row, tag]
        witness = refined.witnesses[int(np.argmin(says) if wrong else np.argmax(says))]
        probable = float(refined.probability[row, tag])
        why = (REASONS if wrong else MISSING_REASONS)[witness]
        score = round(1 - probable if wrong else probable, 4)
        found.append(Doubt(int(table.photos[row]), table.names[tag], why, score, witness, not wrong))
    return found


def _clearest(found: list[Doubt]) -> tuple[Doubt, ...]:
    return tuple(sorted(found, key=lambda one: (-one.score, one.photo, one.tag))[:_KEPT])
