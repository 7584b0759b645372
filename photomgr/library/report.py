"""What learning has brought since a moment: decisions taken after it, foretold by what was known then and by today's.

Every person's decision after the moment is held out, of very many on one tag the newest, from which today's state is
made. The state of then foretells it from the decisions up to that moment; today's foretells it from all the other
decisions (leave-one-out). Both are rebuilt from verdicts and stored embeddings, so that the same library gives the same
report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError
from ..jobs import Job, Progress
from .learning import TOGETHER, Pupil, basis_of, least_shown, rank

if TYPE_CHECKING:
    from .facade import Library

_ALWAYS: Final = "9999-12-31"
_WORSE: Final = 0.02  # of the mean of precision and recall
_FEW: Final = 5  # held-out decisions on a tag below which nothing is said of its getting worse
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the held-out photos with the tag, ``recall`` were suggested; of those suggested, ``precision`` have it.
    None where nothing was suggested, or no photo has it."""

    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class TagReport:
    """One tag on which was decided since: how many ``accepted`` and ``rejected``, of how many (``held_out``) the
    foretelling could be tested, and how well it went ``before`` and ``after``."""

    tag: str
    accepted: int
    rejected: int
    held_out: int
    before: Quality
    after: Quality
    worse: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What changed since a moment (UTC, ISO 8601); ``tags`` with most decisions first. ``until`` is the moment from
    which on decisions are not learnt from, None when all are."""

    since: str
    until: str | None
    accepted: int
    rejected: int
    automatic: int
    held_out: int
    before: Quality
    after: Quality
    tags: tuple[TagReport, ...]

    @property
    def worse(self) -> list[str]:
        """The tags that got worse."""
        return [each.tag for each in self.tags if each.worse]


def moment_of(library: Library, since: str | None) -> str:
    """The moment that a date, a time, or the beginning of a network's number means; yesterday by default.

    Of a network it is the first decision on what that network had suggested. Raises UsageError.
    """
    if since is None or since == "yesterday":
        return (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="milliseconds")
    if _DATE.fullmatch(since):
        try:
            local = datetime.fromisoformat(since).astimezone()
        except ValueError:
            raise UsageError(f"{since} is no date.") from None
        return local.astimezone(UTC).isoformat(timespec="milliseconds")
    found = library.catalog.learning.first_decision(since)
    if found is None:
        raise UsageError(
            f"{since} is neither a date such as 2024-05-31 nor the number of a network decided on."
        )
    return found


def report(library: Library, since: str | None = None) -> Job[Report]:
    """What changed since a moment; see :func:`moment_of`. Raises UsageError and ModelError."""
    moment = moment_of(library, since)
    annotator, learning = library.annotator(), library.catalog.learning
    target = float(library.settings.get("target_precision"))
    then = Pupil(library.catalog, annotator, target, until=moment)
    today = Pupil(library.catalog, annotator, target, until=_ALWAYS)
    held = learning.decided_since(moment)
    sample = learning.sample(annotator.model_hash, len(annotator.labels), 4096)
    tags, totals = [], np.zeros(6, np.int64)
    if len(sample.photos):
        basis = basis_of(sample, annotator)
        asked = [tag for tag in learning.tags() if held.get(tag.id)]
        for number, tag in enumerate(asked):
            decisions = held[tag.id]
            yield Progress(number, len(asked), tag.name)
            if number % TOGETHER == 0:
                today.prepare(asked[number : number + TOGETHER])
            lesson = today.lesson(tag, basis, sample)
            fresh = decisions.keys() - dict(learning.decisions(tag.id, 10**9, moment)).keys()
            seen = learning.of_photos(
                annotator.model_hash, len(annotator.labels), _foretold_of(lesson, fresh)
            )
            truth = np.array([decisions[int(photo)] for photo in seen.photos], np.bool_)
            before = _shown_then(then, then.lesson(tag, basis, sample), seen)
            after = _shown_today(today, lesson, seen)
            counts = np.array([*_counts(before, truth), *_counts(after, truth)])
            totals += counts
            yes = sum(decisions.values())
            was, now = _quality(counts[:3]), _quality(counts[3:])
            worse = len(truth) >= _FEW and _mean(now) < _mean(was) - _WORSE
            tags.append(TagReport(tag.name, yes, len(decisions) - yes, len(truth), was, now, worse))
    tags.sort(key=lambda each: (-each.accepted - each.rejected, each.tag))
    return Report(
        since=moment,
        until=library.catalog.keeping.until(),
        accepted=sum(each.accepted for each in tags),
        rejected=sum(each.rejected for each in tags),
        automatic=sum(run.photos for run in library.runs.all() if run.when > moment),
        held_out=sum(each.held_out for each in tags),
        before=_quality(totals[:3]),
        after=_quality(totals[3:]),
        tags=tuple(tags),
    )


def _foretold_of(lesson: Any, photos: set[int]) -> set[int]:
    """Those of the photos of which today's state foretells something: the ones it learnt from, or all when none."""
    return photos if lesson.photos is None else photos.intersection(lesson.photos.tolist())


def _shown_then(pupil: Pupil, lesson: Any, seen: Any) -> NDArray[np.bool_]:
    """Which of the photos the state of then would have suggested the tag for."""
    if not len(seen.photos):
        return np.zeros(0, np.bool_)
    (proposals,) = rank([lesson], seen, pupil.opinions)
    return np.isin(seen.photos, proposals.photos)


def _shown_today(pupil: Pupil, lesson: Any, seen: Any) -> NDArray[np.bool_]:
    """The same by what all other decisions foretell of each photo, all of them learnt from."""
    if lesson.model is None or lesson.photos is None:
        return _shown_then(pupil, lesson, seen)
    foretold = lesson.model.foretold[np.searchsorted(lesson.photos, seen.photos)]
    return np.asarray(foretold >= least_shown(lesson, seen), np.bool_)


def _counts(shown: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[int, int, int]:
    """(right, shown, true)."""
    return int((shown & truth).sum()), int(shown.sum()), int(truth.sum())


def _quality(counts: NDArray[np.int64]) -> Quality:
    right, shown, true = (int(each) for each in counts)
    return Quality(
        round(right / shown, 4) if shown else None,
        round(right / true, 4) if true else None,
    )


def _mean(quality: Quality) -> float:
    """Nothing suggested is no fault where no photo has the tag."""
    known = [each for each in (quality.precision, quality.recall) if each is not None]
    return sum(known) / len(known) if known else 1.0
