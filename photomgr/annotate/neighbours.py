"""Tags from the photos that look most alike: TagProp and 2PKNN, system A's two ways to let neighbours speak.

TagProp (Guillaumin, Mensink, Verbeek & Schmid, ICCV 2009): the probability of a tag on a photo is the weighted share
of its K nearest photos that have it. The weights, by rank or by distance, are those that make the tags of known
photos most likely, each left out of its own neighbourhood; tags that are there and tags that are not count the same
in all. A logistic function for each tag lifts what is rare and therefore never outvoted.

2PKNN (Verma & Jawahar, ECCV 2012): a first pass takes the K nearest photos *of each tag*, so that rare tags are heard
like common ones; a second lets all of these vote, weighted by distance.

Similarities are cosines; a distance is 1 - similarity, in [0, 2]. Tags are bool [N, C]. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
Places = NDArray[np.intp]

_BLOCK: Final = 8_000_000  # similarities held at once: 32 MB
_DOUBT: Final = 1e-3  # TagProp's epsilon: a neighbour's tags are wrong this often
_EM_STEPS, _STEPS, _ALTERNATIONS = 40, 25, 3
_FITTED: Final = 4000  # known photos that weights are fitted on
_NEAR: Final = 4e-3  # steps of the logarithms that are too short to matter
_SCALES: Final = tuple(float(2.0**n) for n in range(0, 8))


def unit(rows: NDArray[Any]) -> Single:
    """Rows [N, D] as float32 of length 1; a row of zeros stays one."""
    single = np.asarray(rows, np.float32)
    length = np.sqrt(np.einsum("nd,nd->n", single, single))
    return np.asarray(single / np.maximum(length, 1e-12)[:, None])


def nearest(
    rows: NDArray[Any], queries: NDArray[Any], k: int, *, without: Places | None = None
) -> tuple[Places, Single]:
    """The ``k`` rows most similar to each query, best first: their numbers and similarities, both [Q, K].

    ``rows`` [N, D] and ``queries`` [Q, D] have unit length, in float16 or float32. ``without`` [Q] names for each
    query the row that it is itself and may not find, -1 for none. K is ``k``, or the number of rows that can be found.
    """
    left = len(rows) - (without is not None and bool((without >= 0).any()))
    k = max(0, min(k, left))
    places, similar = np.empty((len(queries), k), np.intp), np.empty((len(queries), k), np.float32)
    for part, block in _similarities(rows, queries):
        if without is not None:
            own = without[part]
            block[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
        best = np.argpartition(-block, k - 1, axis=1)[:, :k] if 0 < k < len(rows) else _all(block, k)
        best.sort(axis=1)  # of equally similar ones the earlier comes first
        found = np.take_along_axis(block, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        places[part] = np.take_along_axis(best, order, axis=1)
        similar[part] = np.take_along_axis(found, order, axis=1)
    return places, similar


def _all(block: Single, k: int) -> Places:
    return np.argsort(-block, axis=1, kind="stable")[:, :k]


def _similarities(rows: NDArray[Any], queries: NDArray[Any]) -> Iterator[tuple[slice, Single]]:
    """Similarities of all rows to a few queries at a time."""
    single = np.asarray(rows, np.float32)
    size = max(1, _BLOCK // max(1, len(rows)))
    for start in range(0, len(queries), size):
        part = slice(start, min(start + size, len(queries)))
        yield part, np.asarray(queries[part], np.float32) @ single.T


def fitted(count: int) -> Places:
    """Which of ``count`` known photos TagProp is fitted on: at most 4,000, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(_FITTED, count)).astype(np.intp))


@dataclass(frozen=True, eq=False)
class TagProp:
    """Fitted weights of neighbours. ``ranks`` [K] sum to 1, or else ``scales`` [M] of M distances are not None.

    ``slope`` and ``offset`` [C] are the logistic functions, or None without.
    """

    ranks: Floats | None
    scales: Floats | None
    slope: Floats | None = None
    offset: Floats | None = None

    @classmethod
    def fit(
        cls,
        tags: NDArray[np.bool_],
        places: Places,
        distances: NDArray[Any],
        *,
        by: str,
        boost: bool = False,
        of: Places | None = None,
    ) -> TagProp:
        """Weights ``by`` ``rank`` or ``distance`` from N known photos with ``tags`` [N, C].

        ``places`` [N, K] are the nearest of them to each, itself left out; ``distances`` [N, K] or [N, K, M] for
        several measures, whose weighted sum counts. Those of :func:`fitted` photos are fitted on. ``of``: the rows
        of both are those photos already.
        """
        if of is None:
            of = fitted(len(tags))
            places, distances = places[of], distances[of]
        task = _Likelihood(tags, of, places, _measures(distances))
        start = np.zeros(places.shape[1]) if by == "rank" else np.zeros(task.distances.shape[2])
        if by == "rank":
            found = np.log(task.expectation(_EM_STEPS) + 1e-12)
        else:
            start += np.log(1 / max(float(task.distances.std()), 1e-6))
            found = task.climb(start, None)
        if not boost:
            return cls._of(found, by, None)
        logistic = task.logistic(task.votes(task.weights(found)))
        for _ in range(_ALTERNATIONS):
            found = task.climb(found, logistic)
            logistic = task.logistic(task.votes(task.weights(found)))
        return cls._of(found, by, logistic)

    @classmethod
    def _of(cls, found: Floats, by: str, logistic: tuple[Floats, Floats] | None) -> TagProp:
        ranks = _softmax(found[None])[0] if by == "rank" else None
        slope, offset = logistic or (None, None)
        return cls(ranks, None if by == "rank" else np.exp(found), slope, offset)

    def __call__(self, tags: NDArray[np.bool_], places: Places, distances: NDArray[Any]) -> Single:
        """Probabilities [Q, C] for photos whose neighbours are ``places`` [Q, K] of the known with ``tags``."""
        if self.ranks is not None:
            weights = np.broadcast_to(self.ranks, places.shape)
        else:
            weights = _softmax(-_measures(distances) @ (self.scales if self.scales is not None else 0.0))
        found = _votes(tags, places, weights)
        if self.slope is not None and self.offset is not None:
            found = 0.5 * (1 + np.tanh(0.5 * (self.slope * found + self.offset)))
        return np.asarray(np.clip(found, 0, 1), np.float32)  # sums of float32 shares go past 1 by a rounding


def _measures(distances: NDArray[Any]) -> Single:
    found = np.asarray(distances, np.float32)
    return found[:, :, None] if found.ndim == 2 else found


def _softmax(logits: NDArray[Any]) -> Floats:
    powers = np.exp(np.asarray(logits, np.float64) - np.max(logits, axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _votes(tags: NDArray[np.bool_], places: Places, weights: NDArray[Any]) -> Floats:
    """The weighted share of neighbours that have each tag, [Q, C]."""
    found = np.empty((len(places), tags.shape[1]))
    size = max(1, _BLOCK // max(1, places.shape[1] * tags.shape[1]))
    for start in range(0, len(places), size):
        part = slice(start, start + size)
        theirs = tags[places[part]].astype(np.float32)
        found[part] = np.einsum("qk,qkc->qc", weights[part].astype(np.float32), theirs, optimize=True)
    return found


class _Likelihood:
    """TagProp's log-likelihood of the tags of some photos and the way up it."""

    def __init__(
        self, tags: NDArray[np.bool_], chosen: Places, places: Places, distances: NDArray[Any]
    ) -> None:
        self.truth = tags[chosen].astype(np.float64)
        self.theirs = tags[places].astype(np.float32)  # [N, K, C]
        self.distances = distances
        right = max(1.0, float(self.truth.sum()))
        self.count = np.where(self.truth > 0, 1 / right, 1 / max(1.0, self.truth.size - right))

    def weights(self, found: Floats) -> Floats:
        """Of each photo's neighbours [N, K], from the logits of K ranks or the logarithms of M scales."""
        if len(found) == self.theirs.shape[1] and len(found) != self.distances.shape[2]:
            return np.broadcast_to(_softmax(found[None]), self.theirs.shape[:2])
        return _softmax(-(self.distances @ np.exp(found)))

    def votes(self, weights: Floats) -> Floats:
        return np.asarray(np.matmul(weights[:, None].astype(np.float32), self.theirs)[:, 0], np.float64)

    def expectation(self, steps: int) -> Floats:
        """Weights of the ranks by expectation-maximisation: the likelihood is concave in them."""
        ranks = np.full(self.theirs.shape[1], 1.0 / self.theirs.shape[1])
        for _ in range(steps):
            votes = self.votes(np.broadcast_to(ranks, self.theirs.shape[:2]))
            ranks = ranks * (self._pull(votes, None).sum(axis=0) + self._floor(votes))
            ranks /= ranks.sum()
        return ranks

    def _floor(self, votes: Floats) -> float:
        """What every neighbour gets alike, whatever its tags."""
        agreed = _agreement(votes, self.truth)
        return float((self.count / agreed * np.where(self.truth > 0, _DOUBT, 1 - _DOUBT)).sum())

    def _pull(self, votes: Floats, logistic: tuple[Floats, Floats] | None) -> Floats:
        """The likelihood's slope by the weight of each neighbour, [N, K], up to a constant a photo."""
        if logistic is None:
            sign = np.where(self.truth > 0, 1.0, -1.0)
            slope = self.count / _agreement(votes, self.truth) * sign * (1 - 2 * _DOUBT)
        else:
            probable = 0.5 * (1 + np.tanh(0.5 * (logistic[0] * votes + logistic[1])))
            slope = self.count * (self.truth - probable) * logistic[0]
        return np.asarray(np.matmul(self.theirs, slope[:, :, None].astype(np.float32))[:, :, 0], np.float64)

    def climb(self, found: Floats, logistic: tuple[Floats, Floats] | None) -> Floats:
        """Go up by the signs of the slope, each step of its own length (Rprop, Riedmiller & Braun 1993)."""
        reach, before = np.full(len(found), 0.3), np.zeros(len(found))
        found = found.copy()
        for _ in range(_STEPS):
            weights = self.weights(found)
            pull = self._pull(self.votes(weights), logistic)
            turn = weights * (pull - (weights * pull).sum(axis=1, keepdims=True))
            if len(found) == self.distances.shape[2]:
                slope = -np.einsum("nk,nkm->m", turn, self.distances) * np.exp(found)
            else:
                slope = turn.sum(axis=0)
            same = slope * before
            reach = np.clip(
                np.where(same > 0, reach * 1.2, np.where(same < 0, reach * 0.5, reach)), 1e-3, 1.0
            )
            found += np.sign(slope) * reach
            before = slope
            if reach.max() <= _NEAR:
                break
        return found

    def logistic(self, votes: Floats) -> tuple[Floats, Floats]:
        """Slope and offset of each tag's logistic function by Newton's method, held lightly to a slope of 1."""
        slope, offset = np.ones(votes.shape[1]), np.zeros(votes.shape[1])
        count = self.count / self.count.sum() * self.truth.shape[0]
        for _ in range(30):
            probable = 0.5 * (1 + np.tanh(0.5 * (slope * votes + offset)))
            miss, heavy = count * (self.truth - probable), count * probable * (1 - probable)
            first = (miss * votes).sum(axis=0) - 1e-3 * (slope - 1)
            second = miss.sum(axis=0) - 1e-3 * offset
            a = (heavy * votes**2).sum(axis=0) + 1e-3
            b, c = (heavy * votes).sum(axis=0), heavy.sum(axis=0) + 1e-3
            room = a * c - b * b
            step = (c * first - b * second) / room, (a * second - b * first) / room
            slope, offset = slope + np.clip(step[0], -10, 10), offset + np.clip(step[1], -10, 10)
        return slope, offset


def _agreement(votes: Floats, truth: Floats) -> Floats:
    """The probability of what is known of each tag, from the share of neighbours that have it."""
    return np.asarray(_DOUBT + (1 - 2 * _DOUBT) * np.where(truth > 0, votes, 1 - votes))


@dataclass(frozen=True, eq=False)
class TwoPass:
    """2PKNN: the ``each`` nearest of every tag vote, weighted by ``exp(-scale * distance)``."""

    each: int
    scale: float

    @classmethod
    def fit(cls, rows: NDArray[Any], tags: NDArray[np.bool_], *, each: int = 5, tried: int = 1000) -> TwoPass:
        """The scale that makes the tags of ``tried`` known photos, each left out, most likely."""
        chosen = np.unique(np.linspace(0, len(tags) - 1, min(tried, len(tags))).astype(np.intp))
        truth = tags[chosen].astype(np.float64)
        right = max(1.0, float(truth.sum()))
        count = np.where(truth > 0, 1 / right, 1 / max(1.0, truth.size - right))
        likely = []
        votes = cls._vote(each, _SCALES, rows, tags, rows[chosen], chosen)
        for vote in votes:
            likely.append(float((count * np.log(_agreement(vote, truth))).sum()))
        return cls(each, _SCALES[int(np.argmax(likely))])

    def __call__(
        self,
        rows: NDArray[Any],
        tags: NDArray[np.bool_],
        queries: NDArray[Any],
        without: Places | None = None,
    ) -> Single:
        """Shares [Q, C] of the votes for photos ``queries`` [Q, D], among known ``rows`` [N, D] with ``tags``."""
        return self._vote(self.each, (self.scale,), rows, tags, queries, without)[0].astype(np.float32)

    @staticmethod
    def _vote(
        each: int,
        scales: tuple[float, ...],
        rows: NDArray[Any],
        tags: NDArray[np.bool_],
        queries: NDArray[Any],
        without: Places | None,
    ) -> list[Floats]:
        groups = [np.flatnonzero(tags[:, tag]) for tag in range(tags.shape[1])]
        theirs = tags.astype(np.float32)
        found = [np.empty((len(queries), tags.shape[1])) for _ in scales]
        for part, block in _similarities(rows, queries):
            if without is not None:
                block[np.arange(len(block)), without[part]] = -np.inf
            query, place = np.nonzero(_nearest_of_each(block, groups, each))
            behind = block[query, place] - block.max(axis=1)[query]
            for votes, scale in zip(found, scales, strict=True):
                weights = np.exp(scale * behind)
                total = np.maximum(np.bincount(query, weights, len(block)), 1e-12)
                votes[part] = _summed(query, weights[:, None] * theirs[place], len(block)) / total[:, None]
        return found


def _summed(group: Places, rows: NDArray[Any], count: int) -> Floats:
    """Sums [count, C] of rows [N, C] whose ``group`` [N] is in order; a group may be empty."""
    found = np.zeros((count, rows.shape[1]))
    first = np.flatnonzero(np.diff(group, prepend=-1))
    if len(first):
        found[group[first]] = np.add.reduceat(rows, first, axis=0, dtype=np.float64)
    return found


def _nearest_of_each(block: Single, groups: list[Places], each: int) -> NDArray[np.bool_]:
    """Which of the rows are among the ``each`` most similar of some tag's, [Q, N]."""
    heard = np.zeros(block.shape, np.bool_)
    for group in groups:
        if len(group) <= each:
            heard[:, group] = True
            continue
        theirs = block[:, group]
        last = np.partition(theirs, len(group) - each, axis=1)[:, len(group) - each]
        heard[:, group] |= theirs >= last[:, None]
    return heard & np.isfinite(block)
