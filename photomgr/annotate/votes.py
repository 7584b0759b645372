"""Decided photos that look alike vote on one tag, beside the linear model of :mod:`photomgr.annotate.learner`.

The linear model whitens embeddings, which finds what few examples share but takes hundreds of decisions to say that
two photos are nearly the same. The cosine of raw embeddings says so at once. (Those of a network of the person's own
are compared about their mean: as they are, different photos of one network have a cosine of 0.1, of another of 0.6, and
the reach below would let everything vote on everything.) So each decided photo counts ``exp((cosine
- 1) / reach)`` for its own decision, beside a little of the network's word (a kernel vote, as TagProp's by distance);
for a tag that the network does not know a few photos that nobody decided on vote against it. The vote's logit joins the
linear model's by late fusion: two modalities, weighted on the simplex by exponentiated gradient over pairs of an
accepted and a refused photo (:mod:`photomgr.annotate.fusion`), each foretold from the other decisions. How much of that
is used depends on whether it foretells all decisions better than the linear model alone.

Nothing is random; the same decisions in the same order give the same votes, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .fusion import Fusion, Pairs
from .logits import Floats, logit, sigmoid
from .neighbours import unit

Single = NDArray[np.float32]

REACH: Final = 0.17  # of cosine, within which a vote falls to a third
_HELD: Final = 0.1  # votes that the network's own word counts as
_VOTERS: Final = 24  # accepted and as many refused photos that vote, spread over all
_PRESUMED: Final = (
    64  # photos that nobody decided on and that vote against a tag that the network does not know
)
_FEW: Final = 64  # photos that hear the votes in any case
_RATE, _MARGIN, _BATCHES = 0.3, 1.0, 48
_RIVALS: Final = 6  # refused photos that an accepted one is paired with, and the other way round
_KNOWN_START, _INVENTED_START = 0.3, 0.7  # the votes' weight before the first pair
_KNOWN_TRUST, _INVENTED_TRUST = (
    -1.0,
    3.0,
)  # nats by which they are believed to foretell better, or not, at first


@dataclass(frozen=True, eq=False)
class Votes:
    """The photos that vote: ``rows`` float32 [n, D] of unit length, what they ``say`` [n] in {0, 1}, how much each
    ``counts`` [n], and the ``weight`` in [0, 1] of their vote. ``middle`` float32 [D]: what is taken off embeddings
    before they are compared, None for nothing; of ``rows`` it is off already."""

    rows: Single
    say: Floats
    counts: Floats
    weight: float
    middle: Single | None = None

    def add(
        self, embeddings: Single, logits: NDArray[Any], prior: NDArray[Any], share: float = 1.0
    ) -> Single:
        """What the votes add to the linear model's ``logits`` [N] of photos with ``embeddings`` [N, D].

        ``prior`` [N]: logits of the network's word. Only a ``share`` in (0, 1] of the photos, the most probable, hears
        the votes; the others move with the least probable half of these.
        """
        count = len(logits)
        hear = min(count, max(_FEW, int(np.ceil(count * share))))
        if hear == count:
            return self._move(embeddings, logits, prior)
        order = np.argpartition(-logits, hear - 1)
        chosen = np.sort(order[:hear])
        moved = self._move(embeddings[chosen], logits[chosen], prior[chosen])
        least = logits[chosen] <= np.median(logits[chosen])
        found = np.full(count, moved[least].mean(), np.float32)
        found[chosen] = moved
        return found

    def _move(self, embeddings: Single, logits: NDArray[Any], prior: NDArray[Any]) -> Single:
        rows = _about(embeddings, self.middle)
        votes = _vote(prior, _kernel(rows @ self.rows.T) * self.counts, self.say)
        return np.asarray(self.weight * (votes - logits), np.float32)


@dataclass(frozen=True, eq=False)
class Heard:
    """Photos with what the linear model says of them from the others: ``embeddings`` [N, D], ``prior`` and ``foretold``
    logits [N], what stands for their truth (``says`` [N] in 0..1) and how much each counts (``count`` [N])."""

    embeddings: NDArray[Any]
    prior: Floats
    foretold: Floats
    says: Floats
    count: Floats


def fit(
    photos: Heard, decided: int, *, known: bool, middle: NDArray[Any] | None = None
) -> tuple[Votes, Floats] | None:
    """The votes of the first ``decided`` of some photos, and what they add to the logit of each, its own vote left out.

    ``known``: the network has the tag. ``middle`` [D]: about what embeddings are compared, None as they are. None where
    fewer than two photos are decided.
    """
    if decided < 2:
        return None
    voters, counts = _spread(photos.says[:decided])
    chosen = len(voters)
    presumed = _evenly(np.arange(decided, len(photos.says)), _PRESUMED)
    if len(presumed):
        counts = np.concatenate(
            [counts, np.full(len(presumed), (len(photos.says) - decided) / len(presumed))]
        )
    voters = np.concatenate([voters, presumed])
    middle = None if middle is None else np.asarray(middle, np.float32)
    rows = _about(np.asarray(photos.embeddings, np.float32), middle)
    heard = _kernel(rows @ rows[voters].T) * counts
    heard[voters, np.arange(len(voters))] = 0.0
    say = np.where(np.arange(len(voters)) < chosen, photos.says[voters], 0.0)
    votes = _vote(photos.prior, heard, say)
    share = _KNOWN_START if known else _INVENTED_START
    pairs = _pairs(photos, decided, np.stack([photos.foretold, votes], axis=1))
    if pairs:
        fusion = Fusion(np.array([[1 - share, share]]), rate=_RATE, margin=_MARGIN)
        share = float(fusion.replay(pairs)[1].weights[0, 1])
    added = share * (votes - photos.foretold)
    gain = float(photos.count @ (_cost(photos, photos.foretold) - _cost(photos, photos.foretold + added)))
    trust = float(sigmoid(np.array(gain + (_KNOWN_TRUST if known else _INVENTED_TRUST))))
    return Votes(rows[voters], say, counts, share * trust, middle), trust * added


def _about(rows: Single, middle: Single | None) -> Single:
    return rows if middle is None else unit(rows - middle)


def _kernel(cosines: Single) -> Single:
    return np.asarray(np.exp((np.minimum(cosines, 1) - 1) / np.float32(REACH)))


def _vote(prior: NDArray[Any], heard: NDArray[Any], say: Floats) -> Floats:
    """The logit of the share of votes ``heard`` [N, n] that are for the tag."""
    return logit((_HELD * sigmoid(prior) + heard @ say) / (_HELD + heard.sum(axis=1)))


def _spread(says: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Up to so many accepted and so many refused photos, spread evenly, and for how many each stands."""
    chosen = [_evenly(np.flatnonzero(wanted), _VOTERS) for wanted in (says >= 0.5, says < 0.5)]
    stands = [int((says >= 0.5).sum()), int((says < 0.5).sum())]
    counts = [np.full(len(c), n / max(1, len(c))) for c, n in zip(chosen, stands, strict=True)]
    return np.concatenate(chosen), np.concatenate(counts)


def _evenly(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).astype(np.intp)]


def _pairs(photos: Heard, decided: int, scores: Floats) -> list[Pairs]:
    """Accepted against refused photos, in batches in the order of decisions; an accepted one also against photos that
    nobody decided on and that are presumed not to have the tag."""
    accepted = photos.says >= 0.5
    right: list[int] = []
    wrong: list[int] = []
    batch: list[int] = []
    met: tuple[list[int], list[int]] = ([], [])
    others = np.arange(decided, len(scores))
    for photo in range(decided):
        mine, rivals = bool(accepted[photo]), met[not accepted[photo]][-_RIVALS:]
        if mine and len(others):
            rivals = rivals + [int(others[(photo * _RIVALS + n) % len(others)]) for n in range(_RIVALS)]
        right += [photo] * len(rivals) if mine else rivals
        wrong += rivals if mine else [photo] * len(rivals)
        batch += [photo * _BATCHES // decided if decided > _BATCHES else photo] * len(rivals)
        met[mine].append(photo)
    if not batch:
        return []
    cuts = np.flatnonzero(np.diff(np.array(batch, np.intp))) + 1  # photos come in order, and so do batches
    first, second = scores[np.array(right, np.intp)], scores[np.array(wrong, np.intp)]
    return [Pairs(*both) for both in zip(np.split(first, cuts), np.split(second, cuts), strict=True)]


def _cost(photos: Heard, logits: Floats) -> Floats:
    """How badly logits foretell what is known of each photo."""
    return np.asarray(photos.says * np.logaddexp(0, -logits) + (1 - photos.says) * np.logaddexp(0, logits))
