"""Tags that came with the files: which of them are probably wrong, and which are probably missing.

Photos are looked at some thousands at a time, each together with what is decided on it, what the network says and the
photos that look most alike (:mod:`photomgr.annotate.refinement`). A person's own decisions are never doubted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .. import jobs
from ..annotate import neighbours
from ..annotate.annotator import Annotator
from ..annotate.refinement import Refined, refine
from ..core.catalog.learning import GivenTag
from ..core.records import Source
from ..jobs import Job, Progress

if TYPE_CHECKING:
    from .facade import Library

_TOGETHER: Final = 8_000  # photos that are looked at as one
_TAGS: Final = 200  # of these photos' tags, the most frequent
_FEWEST: Final = 5  # photos that must have a tag before anything is said of it
_NEIGHBOURS: Final = 50
_WRONG, _MISSING = 0.25, 0.8  # probabilities below and above which something is worth saying
_KEPT: Final = 5_000  # findings of each kind, the clearest

REASONS: Final = {
    "network": "the picture speaks against it",
    "neighbours": "photos that look alike do not have it",
    "other tags": "it does not go with the photo's other tags",
}
"""Why a tag is doubted, by the witness that speaks most clearly."""

MISSING_REASONS: Final = {
    "network": "the picture speaks for it",
    "neighbours": "photos that look alike have it",
    "other tags": "it goes with the photo's other tags",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A tag that is probably wrong on a photo, or probably missing: ``score`` in [0, 1] says how probably.

    ``witness`` is the one that speaks most clearly (a key of REASONS), ``why`` the same as a phrase.
    """

    photo: int
    tag: str
    why: str
    score: float
    witness: str


class Refinement:
    """What stands to be corrected in an open library. Findings are kept until decisions or scores change."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._state: tuple[str, int, int] | None = None
        self._wrong: list[Doubt] = []
        self._missing: list[Doubt] = []

    def doubtful(self, limit: int | None = None) -> list[Doubt]:
        """Tags that came with files and are probably wrong, the most doubtful first. See :meth:`check`."""
        jobs.run(self.check())
        return self._wrong[:limit]

    def missing(self, limit: int | None = None) -> list[Doubt]:
        """Tags that others of the photos have and that are probably missing, the most probable first."""
        jobs.run(self.check())
        return self._missing[:limit]

    def check(self) -> Job[int]:
        """Look at every photo that has tags; how many findings there are is the result. Seconds to a minute.

        Raises ModelError when there is no network.
        """
        annotator, catalog = self._library.annotator(), self._library.catalog.learning
        state = (annotator.model_hash, catalog.annotated(), catalog.newest_verdict())
        if state != self._state:
            given = catalog.given()
            photos = sorted({one.photo for one in given if one.accepted})
            wrong: list[Doubt] = []
            missing: list[Doubt] = []
            for start in range(0, len(photos), _TOGETHER):
                yield Progress(start, len(photos))
                part = photos[start : start + _TOGETHER]
                found = self._look(annotator, part, given)
                wrong += found[0]
                missing += found[1]
            self._wrong, self._missing = _clearest(wrong), _clearest(missing)
            self._state = state
        return len(self._wrong) + len(self._missing)

    def _look(
        self, annotator: Annotator, photos: Sequence[int], given: Iterable[GivenTag]
    ) -> tuple[list[Doubt], list[Doubt]]:
        """What is probably wrong and missing among some photos."""
        seen = self._library.catalog.learning.of_photos(annotator.model_hash, len(annotator.labels), photos)
        table = _Table.of(seen.photos, given)
        if not table.names or len(seen.photos) < 2:
            return [], []
        rows = np.asarray(seen.embeddings, np.float32)
        places, similar = neighbours.nearest(rows, rows, _NEIGHBOURS, without=np.arange(len(rows)))
        network = np.full(table.has.shape, np.nan)
        columns = {label: column for column, label in enumerate(annotator.labels)}
        for tag, name in enumerate(table.names):
            known = columns.get(annotator.vocabulary.resolve(name) or "")
            if known is not None:
                network[:, tag] = seen.scores[:, known]
        refined = refine(table.has, places, similar, network, fixed=table.fixed)
        return (
            _findings(table, refined, table.has & ~table.fixed & (refined.probability < _WRONG), wrong=True),
            _findings(
                table, refined, ~table.has & table.open & (refined.probability > _MISSING), wrong=False
            ),
        )


@dataclass(frozen=True, eq=False)
class _Table:
    """N photos and T tags: ``has`` a photo the tag, is that ``fixed`` by the person, is it ``open`` (undecided)."""

    photos: NDArray[np.int64]
    names: tuple[str, ...]
    has: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    open: NDArray[np.bool_]

    @classmethod
    def of(cls, photos: NDArray[np.int64], given: Iterable[GivenTag]) -> _Table:
        place = {int(photo): row for row, photo in enumerate(photos)}
        here = [one for one in given if one.photo in place]
        often: dict[str, int] = {}
        for one in here:
            often[one.tag] = often.get(one.tag, 0) + one.accepted
        names = sorted(
            (name for name, n in often.items() if n >= _FEWEST), key=lambda name: (-often[name], name)
        )
        column = {name: tag for tag, name in enumerate(names[:_TAGS])}
        has, fixed, decided = (np.zeros((len(photos), len(column)), np.bool_) for _ in range(3))
        for one in here:
            if one.tag in column:
                at = place[one.photo], column[one.tag]
                has[at], decided[at], fixed[at] = one.accepted, True, one.source == Source.PERSON
        return cls(photos, tuple(column), has, fixed, ~decided)


def _findings(table: _Table, refined: Refined, which: NDArray[np.bool_], *, wrong: bool) -> list[Doubt]:
    found = []
    for row, tag in zip(*np.nonzero(which), strict=True):
        says = refined.says[:, row, tag]
        witness = refined.witnesses[int(np.argmin(says) if wrong else np.argmax(says))]
        probable = float(refined.probability[row, tag])
        why = (REASONS if wrong else MISSING_REASONS)[witness]
        score = round(1 - probable if wrong else probable, 4)
        found.append(Doubt(int(table.photos[row]), table.names[tag], why, score, witness))
    return found


def _clearest(found: list[Doubt]) -> list[Doubt]:
    return sorted(found, key=lambda one: (-one.score, one.photo, one.tag))[:_KEPT]
