"""From decisions to better suggestions for the whole library, without running the network again.

Each tag is learnt by itself (:mod:`photomgr.annotate.learner`) from the decisions that stand, so that an undo is
followed like any other decision. Which tags wait is read from the catalog; stopping at any moment loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..annotate import learner
from ..annotate.annotator import Annotator
from ..annotate.learner import Basis, Evidence, TagModel
from ..core.catalog import Catalog
from ..core.catalog.learning import STEPS, SURE, Ground, Learnt, Proposals, Stored, TaughtTag
from ..core.records import Change, tag_key
from ..jobs import Job, Progress
from .helping import Help, Opinions, helpers_of, weighed
from .meanings import Meanings
from .moments import Moments, moments_of
from .surroundings import Context, Lookup, joined
from .voices import Voices, voices_of

_WAY: Final = 10  # raised when the same decisions would be learnt otherwise: then all tags are learnt again
_DECISIONS: Final = 1000  # on one tag that are learnt from
_EXAMPLES: Final = 3  # accepted photos from which on an invented tag is suggested
_SAMPLE: Final = 4096  # photos that show how the library spreads
_FRAME: Final = 512  # of them, those that show which folder words and places are frequent
_UNDECIDED: Final = 256  # of them, those that stand beside the decisions
TOGETHER: Final = 64  # tags for which the library is read once
HEARING: Final = 4_000  # photos of a library that hear the votes of look-alikes on a tag: the most probable
_ASK: Final = 0.25  # an invented tag is suggested from here on


@dataclass(frozen=True, slots=True)
class LearnResult:
    """How many tags were learnt, and for how many photos that changed what is suggested."""

    tags: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """A tag with what is known of it. ``columns`` of the network: its own, then those that imply it; may be empty.
    ``model`` is None where no decision stands, or too few to suggest an invented tag."""

    tag: TaughtTag
    columns: NDArray[np.intp]
    thresholds: NDArray[np.float32]
    model: TagModel | None
    sure: float = SURE
    ask: float = _ASK
    truth: NDArray[np.float64] | None = None
    helps: tuple[Help, ...] = ()
    photos: NDArray[np.int64] | None = None
    context: Context | None = None
    by_hand: bool = False  # the bands: what lies below ``ask`` is hidden whatever implies it
    voices: Voices = field(default_factory=Voices)
    waits: bool = False  # most of the decided photos are still to be read

    def counted(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The decisions by what the others foretold of each, all and the accepted ones; int32 [STEPS] both."""
        if self.model is None or self.truth is None:
            return np.zeros(STEPS, np.int32), np.zeros(STEPS, np.int32)
        steps = np.minimum((self.model.foretold * STEPS).astype(np.intp), STEPS - 1)
        every = np.bincount(steps, minlength=STEPS).astype(np.int32)
        right = np.bincount(steps, weights=self.truth, minlength=STEPS)
        return every, right.round().astype(np.int32)


def learn(
    catalog: Catalog, annotator: Annotator, *, target: float = SURE, on_change: Callable[[Change], None]
) -> Job[LearnResult]:
    """Learn every tag whose decisions or photos changed since it was learnt, and rank the library by it.

    ``target`` is how often a suggestion in the sure band is to be right.

    The tags decided on last come first. Each tag is kept as soon as it is ready.
    """
    started = time.monotonic()
    pupil = Pupil(catalog, annotator, target)
    yield Progress(0)
    if not pupil.waiting():
        return LearnResult(0, 0, time.monotonic() - started)
    sample = catalog.learning.sample(annotator.model_hash, len(annotator.labels), _SAMPLE)
    if len(sample.photos) == 0:
        return LearnResult(0, 0, time.monotonic() - started)
    basis = basis_of(sample, annotator)
    tags = changed = 0
    # Asked again for every group: what the person decides meanwhile comes before what can wait.
    while waiting := pupil.waiting():
        total = tags + len(waiting)
        lessons = []
        pupil.prepare(waiting[:TOGETHER])
        for tag in waiting[:TOGETHER]:
            yield Progress(tags, total, tag.name)
            lessons.append(pupil.lesson(tag, basis, sample))
        found: list[list[Proposals]] = [[] for _ in lessons]
        for block in catalog.learning.blocks(annotator.model_hash, len(annotator.labels)):
            for several, more in zip(found, rank(lessons, block, pupil.opinions, pupil.hear), strict=True):
                several.append(more)
            yield Progress(tags, total)
        parts = zip(lessons, found, strict=True)
        learnt = (pupil.learnt(lesson, _together(part)) for lesson, part in parts)
        for change in catalog.learning.keep(learnt, annotator.model_hash):
            changed += len(change.photos)
            on_change(change)
            yield Progress(tags, total)
        tags += len(lessons)
    return LearnResult(tags, changed, time.monotonic() - started)


def ground_of(catalog: Catalog, annotator: Annotator, target: float, until: str | None = None) -> Ground:
    """What is learnt from beside photos and decisions; ``until`` as :class:`Pupil` takes it."""
    return Ground(_WAY, annotator.model_hash, target, until or catalog.keeping.until())


class Pupil:
    """What one run looks up again and again. ``until`` is the moment up to which decisions count, None for all."""

    def __init__(
        self, catalog: Catalog, annotator: Annotator, target: float = SURE, until: str | None = None
    ) -> None:
        self._catalog = catalog.learning
        self._ground = ground_of(catalog, annotator, target, until)
        self._meanings = Meanings(catalog)
        self._bands = catalog.learning.hand_bands()
        self._annotator = annotator
        self._thresholds = annotator.thresholds
        self._annotated = catalog.learning.annotated()
        self._finished: dict[int, int] = {}
        self.hear = min(1.0, HEARING / max(1, catalog.learning.count(annotator.model_hash)))
        self.opinions = Opinions(catalog)
        self._whole = catalog
        self._lookup: Lookup | None = None
        self._moments: Moments | None = None

    def waiting(self) -> list[TaughtTag]:
        """Tags whose suggestions are not made from what stands now; newly decided ones alone, if there are any.

        A tag that only lags behind the photos comes once in a run: more photos may come all the time.
        """
        stale = [
            tag
            for tag in self._catalog.tags()
            if tag.state != self._state(tag) and self._finished.get(tag.id) != tag.last
        ]
        decided = [tag for tag in stale if _last(tag.state) != str(tag.last)]
        return decided or stale

    def learnt(self, lesson: _Lesson, proposals: Proposals) -> Learnt:
        """What is to be kept of a lesson."""
        self._finished[lesson.tag.id] = lesson.tag.last
        state = self._ground.behind(lesson.tag.last) if lesson.waits else self._state(lesson.tag)
        return Learnt(
            lesson.tag.id, proposals, state, lesson.sure, lesson.ask, *lesson.counted(), lesson.waits
        )

    def _state(self, tag: TaughtTag) -> str:
        return self._ground.state(self._annotated, tag.last)

    def lesson(self, tag: TaughtTag, basis: Basis, sample: Stored) -> _Lesson:
        """Learn one tag from the decisions that stand."""
        columns = self._columns(tag)
        thresholds = self._thresholds[columns]
        ask = float(thresholds[0]) if len(columns) else _ASK
        by_hand = self._bands.get(tag.id)
        if by_hand is not None:
            ask = by_hand[1]
        target = by_hand[0] if by_hand else self._ground.target
        voices = voices_of(self._annotator, self._meanings, tag.name, columns.tolist())
        unlearnt = _Lesson(
            tag, columns, thresholds, None, target, ask, by_hand=by_hand is not None, voices=voices
        )
        decisions = dict(self._catalog.decisions(tag.id, _DECISIONS, self._ground.until))
        enough = bool(decisions) if len(columns) else sum(decisions.values()) >= _EXAMPLES
        if not enough:
            return unlearnt
        seen = self._catalog.of_photos(self._annotator.model_hash, len(self._annotator.labels), decisions)
        truth = np.array([decisions[int(photo)] for photo in seen.photos], np.float64)
        waits = self._waits(decisions, seen.photos)
        if not (truth.any() if not len(columns) else len(truth)):
            return replace(unlearnt, waits=waits)
        others = np.flatnonzero(~np.isin(sample.photos, list(decisions)))[:_UNDECIDED]
        opinions, prior = self.opinions, _prior(seen.scores, columns)
        beside = helpers_of(self._annotator, self._meanings, tag.name)
        helps = weighed(opinions, beside, prior, seen.photos, truth)
        undecided = opinions.join(_prior(sample.scores[others], columns), helps, sample.photos[others])
        if self._lookup is None:
            self._lookup = Lookup(self._whole, sample.photos[:_FRAME])
        known = len(columns) > 0
        network = self._around.near(tuple(columns.tolist())) if known else None
        decided = self._around.decided(seen.photos, truth)
        around = joined(
            self._lookup, (seen.photos, sample.photos[others]),
            (opinions.join(prior, helps, seen.photos), undecided), truth, known=known,
            near=network, decided=decided,
        )  # fmt: skip
        model = learner.learn(
            basis,
            Evidence(seen.embeddings, around.decided),
            truth,
            Evidence(sample.embeddings[others], around.undecided),
            known=known,
        )
        sure, ask = by_hand or learner.bands(model.foretold, truth, ask, self._ground.target)
        return _Lesson(
            tag, columns, thresholds, model, sure, ask, truth, tuple(helps), seen.photos, around.context,
            by_hand is not None, voices.counting(helps), waits,
        )  # fmt: skip

    def _waits(self, decisions: Mapping[int, bool], seen: NDArray[np.int64]) -> bool:
        """Whether more of the accepted photos, or of the refused ones, are still to be read than were ``seen``.

        What cannot be read, or is not here, is not waited for.
        """
        known = set(seen.tolist())
        owed = self._whole.annotations.still_waiting(self._annotator.model_hash, decisions) - known

        def counted(photos: Collection[int]) -> tuple[int, int]:
            accepted = sum(decisions[photo] for photo in photos)
            return accepted, len(photos) - accepted

        return any(more > enough for more, enough in zip(counted(owed), counted(known), strict=True))

    @property
    def _around(self) -> Moments:
        if self._moments is None:
            annotator = self._annotator
            self._moments = moments_of(self._whole, annotator.model_hash, len(annotator.labels))
        return self._moments

    def prepare(self, tags: Sequence[TaughtTag]) -> None:
        """Read what several lessons need of the whole library in one go. (slow)"""
        self._around.prepare(tuple(self._columns(tag).tolist()) for tag in tags)

    def _columns(self, tag: TaughtTag) -> NDArray[np.intp]:
        """The network's columns of a tag: its own words, by whatever name, and those that imply one of them."""
        vocabulary, labels = self._annotator.vocabulary, self._annotator.labels
        own = self._meanings.columns(labels, tag.name) if self._stands(tag) else []
        called = {labels[column] for column in own}
        implying = [
            column
            for column, label in enumerate(labels)
            if column not in own and not called.isdisjoint(vocabulary.ancestors_of(label))
        ]
        return np.array([*own, *implying], np.intp)

    def _stands(self, tag: TaughtTag) -> bool:
        """Whether a tag was not merged into another, to which its words lead since."""
        key = tag_key(tag.name)
        return self._meanings.key(key) == key


def rank(
    lessons: Sequence[_Lesson], block: Stored, opinions: Opinions, hear: float = 1.0
) -> Iterator[Proposals]:
    """For each lesson the suggestions that it makes among the photos of a block.

    ``hear``: the share of the photos, the most probable, on which look-alikes vote.
    """
    models = [lesson.model for lesson in lessons if lesson.model is not None]
    columns = iter(range(len(models)))
    if models:
        priors = [_joined(lesson, block, opinions) for lesson in lessons if lesson.model is not None]
        probable, own, votes = learner.scores(models, block.embeddings, np.stack(priors, axis=1), hear=hear)
    for lesson in lessons:
        if lesson.model is None:
            yield _as_the_network_says(lesson, block, opinions)
        else:
            column = next(columns)
            shown = np.flatnonzero(probable[:, column] >= least_shown(lesson, block))
            vote = _vote(lesson, own[:, column], votes[:, column], priors[column])
            yield _as_taught(
                lesson, block, shown, _told(lesson, block, shown, opinions),
                probable[shown, column], own[shown, column], vote[shown],
            )  # fmt: skip


def _joined(lesson: _Lesson, block: Stored, opinions: Opinions) -> NDArray[np.float64]:
    """The network's word on a block with those of other networks and of the photos' circumstances."""
    prior = opinions.join(_prior(block.scores, lesson.columns), lesson.helps, block.photos)
    return prior if lesson.context is None else lesson.context.join(prior, block.photos)


def _as_taught(
    lesson: _Lesson,
    block: Stored,
    shown: NDArray[np.intp],
    told: dict[str, NDArray[np.float64]],
    probable: NDArray[np.float32],
    own: NDArray[np.float32],
    vote: NDArray[np.float64],
) -> Proposals:
    """The ``shown`` photos of a block; ``told`` is what networks say of these, as are the other arrays."""
    scores = _coarse(probable)
    reasons = {**told, "your decisions": _coarse(own) if len(lesson.columns) else scores}
    if lesson.model is not None and lesson.model.votes is not None:
        reasons["neighbours"] = _coarse(vote)
    if lesson.context is not None:
        reasons["context"] = _coarse(learner.sigmoid(lesson.context.adds_to(block.photos)[shown]))
    return Proposals(block.photos[shown], scores, reasons)


def least_shown(lesson: _Lesson, block: Stored) -> Any:
    """From which probability on a taught tag is suggested, for each photo of a block [N] or for all alike."""
    if not len(lesson.columns) or lesson.by_hand:
        return lesson.ask
    # What another tag implies is shown below the threshold too, unless decisions speak against it.
    lowered = np.minimum(lesson.ask, 0.9 * _lifted(lesson, block))
    return np.where(_implied(lesson, block), lowered, lesson.ask)


def _vote(
    lesson: _Lesson, own: NDArray[np.float32], moved: NDArray[np.float32], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What look-alikes say beside the network's word [N], or of a tag that it does not know, from even odds on.

    How far they ``moved`` what is learnt (see :func:`learner.scores`) is not that: where the weights alone were bolder,
    those with the tag would seem to speak against it.
    """
    voting = None if lesson.model is None else lesson.model.votes
    weight = 0.0 if voting is None else voting.weight
    beside = (1 - weight) * learner.logit(moved) + weight * learner.logit(own)
    return np.asarray(learner.sigmoid(beside if len(lesson.columns) else beside + weight * prior))


def _told(
    lesson: _Lesson, block: Stored, shown: NDArray[np.intp], opinions: Opinions
) -> dict[str, NDArray[np.float64]]:
    """What each network itself says of the ``shown`` photos of a block."""
    if not len(lesson.columns):
        return {}
    return lesson.voices.told(_network(lesson, block)[shown], opinions, block.photos[shown])


def _coarse(probable: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities in steps of 0.1 of the logit, so that a row is written only when it says something new."""
    steps = np.round(learner.logit(probable) * 10) / 10
    return np.asarray(learner.sigmoid(steps).round(4))


def _as_the_network_says(lesson: _Lesson, block: Stored, opinions: Opinions) -> Proposals:
    """What :meth:`Annotator.suggestions` gives for this tag; nothing for an invented one."""
    if not len(lesson.columns):
        return Proposals(block.photos[:0], np.empty(0), {})
    network = _network(lesson, block)
    said = _lifted(lesson, block) if lesson.by_hand else network
    implied = _implied(lesson, block) & (not lesson.by_hand)
    shown = np.flatnonzero((said >= lesson.ask) | implied)
    scores = np.minimum(1.0, _lifted(lesson, block)[shown].astype(np.float64))
    return Proposals(block.photos[shown], scores, _told(lesson, block, shown, opinions))


def _together(parts: Sequence[Proposals]) -> Proposals:
    """The suggestions of all blocks as one."""
    names = parts[0].reasons if parts else {}
    return Proposals(
        np.concatenate([part.photos for part in parts] or [np.empty(0, np.int64)]),
        np.concatenate([part.scores for part in parts] or [np.empty(0)]),
        {name: np.concatenate([part.reasons[name] for part in parts]) for name in names},
    )


def _network(lesson: _Lesson, block: Stored) -> NDArray[np.float32]:
    """What the scores say of a tag that they know, before anything that implies it."""
    return block.scores[:, lesson.columns[0]].astype(np.float32)


def _lifted(lesson: _Lesson, block: Stored) -> NDArray[np.float32]:
    """The same, at least as high as for any tag that implies this one."""
    return np.asarray(block.scores[:, lesson.columns].max(axis=1).astype(np.float32))


def _implied(lesson: _Lesson, block: Stored) -> NDArray[np.bool_]:
    certain = block.scores[:, lesson.columns[1:]].astype(np.float32) >= lesson.thresholds[1:]
    return np.asarray(certain.any(axis=1))


def _prior(scores: NDArray[np.float16], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """The network's word on N photos as logits, or an invented tag's base rate."""
    if not len(columns):
        return np.full(len(scores), float(learner.logit(np.array(learner.BASE_RATE))))
    return learner.logit(scores[:, columns].max(axis=1))


def _last(state: str | None) -> str:
    return state.rpartition("/")[2] if state else ""


def basis_of(sample: Stored, annotator: Annotator) -> Basis:
    """The whitening of a library of which this is a fair sample."""
    central = annotator.embedded_by != annotator.model.hash
    return _basis(sample.embeddings.tobytes(), sample.embeddings.shape[1], central)


@lru_cache(maxsize=1)
def _basis(embeddings: bytes, dimensions: int, central: bool) -> Basis:
    """The whitening of float16 embeddings; found again at once while the library's sample is the same."""
    return Basis.of(np.frombuffer(embeddings, "<f2").reshape(-1, dimensions), central=central)
