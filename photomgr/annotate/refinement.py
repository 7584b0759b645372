"""Noisy, incomplete tags that came with photos: which are probably wrong, which are probably missing.

Two answers to system C's question. :func:`low_rank` is its own kind of model: the matrix of photos and tags is low in
rank but for a few errors, photos that look alike have alike tags, and tags that come together stay together (Zhu, Yan
& Ma, *Image tag refinement towards low-rank, content-tag prior and error sparsity*, ACM Multimedia 2010).

:func:`refine` weighs, for each tag, the network's word and the vote of the photos that look most alike against what is
given, and the other tags of the photo where that is wanted. They gain a little where errors are strewn evenly over
photos and tags; where photos carry the tags of others, as after a careless stroke over a folder, the wrong ones vouch
for each other, and most errors are not found any more. What is given is a witness that errs: how often it invents and
how often it omits is learnt together with the weights (expectation-maximisation, Raykar et al., *Learning from crowds*,
JMLR 2010). Nothing but the given tags is learnt from; weights of a tag are drawn towards those of all tags.

Given tags are bool [N, T]; what comes out are probabilities float64 [N, T] that the tag is true. Nothing is random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .neighbours import Places

Floats = NDArray[np.float64]

_CLAMP: Final = 1e-4
_ROUNDS, _NEWTON = 12, 4
_DRAWN: Final = 30.0  # positives that the weights of all tags count as, beside a tag's own
_WARMTH: Final = 12.0  # of similarity: a neighbour nearer by 0.1 counts about three times as much
_WORD: Final = np.array([1.0, 0.3, 0.0])  # how the witnesses count at first
_FIRST: Final = (
    0.5  # how often the giver is presumed to err at first: from below, errors would explain themselves away
)
_NOISE: Final = (20.0, 2.0)  # given tags presumed to be examined before, and how many of them were wrong
_LOW_RANK_STEPS: Final = 80


@dataclass(frozen=True, eq=False)
class Refined:
    """``probability`` [N, T] that each tag is true. ``invents`` [T]: how often a tag that is not true is given all the
    same; ``omits`` [T]: how often a true one is not given. ``says`` [W, N, T]: what each witness adds to the logit,
    named by ``witnesses``."""

    probability: Floats
    invents: Floats
    omits: Floats
    says: NDArray[np.float32]
    witnesses: tuple[str, ...]


def refine(
    given: NDArray[np.bool_],
    places: Places,
    similar: NDArray[Any],
    network: NDArray[Any] | None = None,
    *,
    fixed: NDArray[np.bool_] | None = None,
    together: bool = False,
) -> Refined:
    """Weigh the witnesses against what is ``given`` [N, T].

    ``places`` and ``similar`` [N, K]: the most similar of the N photos to each, itself left out, and their cosines.
    ``network`` [N, T]: the network's probabilities, NaN for tags that it does not know; None without a network.
    ``fixed`` [N, T] marks pairs that a person decided: they teach and are never doubted. ``together``: whether the
    other tags of a photo are heard, too.
    """
    weights = _warm(similar)
    truth = given.astype(np.float64)
    sure = np.zeros_like(given) if fixed is None else fixed
    network_says = _network(network, given.shape)
    names = ("network", "neighbours", "other tags")[: 2 + together]
    frame = _Frame(given, sure)
    for turn in range(_ROUNDS):
        if turn % 4 == 0:  # what neighbours and other tags say follows what is believed of them by now
            vote = _vote(truth, places, weights)
            beside = [_together(given, truth)] if together else []
            witnesses = np.stack([network_says, vote, *beside]).astype(np.float64)
            if turn == 0:
                truth = frame.begin(witnesses)
        truth = frame.step(witnesses, truth)
    return Refined(truth, frame.invents, frame.omits, frame.says(witnesses).astype(np.float32), names)


def best_cut(probability: NDArray[Any]) -> float:
    """The probability from which on taking tags as true gives the highest expected F1 over all pairs."""
    ranked = np.sort(np.asarray(probability, np.float64).ravel())[::-1]
    right = np.cumsum(ranked)
    f1 = 2 * right / (np.arange(1, len(ranked) + 1) + max(float(right[-1]), 1e-12))
    return float(ranked[int(np.argmax(f1))])


class _Frame:
    """The model of all tags while it is fitted: an offset and a weight of each witness, and the giver's errors."""

    def __init__(self, given: NDArray[np.bool_], sure: NDArray[np.bool_]) -> None:
        self._given, self._sure = given, sure
        self._weights: Floats | None = None
        often = given.mean(axis=0)
        self.omits = np.full(given.shape[1], _FIRST)
        self.invents = np.minimum(0.5, _FIRST * often / np.maximum(1 - often, 1e-3))

    def begin(self, witnesses: Floats) -> Floats:
        """The first belief: each witness is taken by its word, all of them as one, and the giver errs often."""
        heard = (witnesses != 0).any(axis=(1, 2))
        words = _WORD[: len(heard)]
        weights = np.append(0.0, np.where(heard, words, 0.0) / max(1e-12, float(words[heard].sum())))
        self._weights = np.repeat(weights[:, None], witnesses.shape[2], axis=1)
        return self._believe(witnesses)

    def step(self, witnesses: Floats, truth: Floats) -> Floats:
        """One round: weights from what is believed, then belief from weights and what is given."""
        self._weights = _logistic(witnesses, truth, self._weights)
        truth = self._believe(witnesses)
        self._learn_errors(truth)
        return truth

    def _believe(self, witnesses: Floats) -> Floats:
        logit = self.logits(witnesses)
        there = np.where(self._given, 1 - self.omits, self.omits)
        absent = np.where(self._given, self.invents, 1 - self.invents)
        truth = _sigmoid(logit + np.log(there) - np.log(absent))
        return np.where(self._sure, self._given, truth)

    def logits(self, witnesses: Floats) -> Floats:
        """What the witnesses say together, without what is given, [N, T]."""
        assert self._weights is not None
        return np.asarray(self._weights[0] + (self._weights[1:, None] * witnesses).sum(axis=0))

    def says(self, witnesses: Floats) -> Floats:
        """What each witness adds to the logit, against what it says of an average photo, [W, N, T]."""
        assert self._weights is not None
        return np.asarray(self._weights[1:, None] * (witnesses - witnesses.mean(axis=1, keepdims=True)))

    def _learn_errors(self, truth: Floats) -> None:
        """How often the giver omits and invents, drawn to the mean of all tags where a tag is rare."""
        open_ = ~self._sure
        right, wrong = (truth * open_).sum(axis=0), ((1 - truth) * open_).sum(axis=0)
        omitted = (truth * open_ * ~self._given).sum(axis=0)
        invented = ((1 - truth) * open_ * self._given).sum(axis=0)
        total, presumed = _NOISE
        mean = (omitted.sum() + presumed) / (right.sum() + total)
        self.omits = np.clip((omitted + total * mean) / (right + total), 0.01, 0.9)
        # Inventions are counted against the tag's frequency: a rare tag is put on few photos by mistake, too.
        share = (invented.sum() + presumed) / ((self._given * open_).sum() + total)
        often = self._given.mean(axis=0)
        presumed_here = share * often / np.maximum(1 - often, 1e-3)
        self.invents = np.clip((invented + total * presumed_here) / (wrong + total), 1e-5, 0.5)


def _logistic(witnesses: Floats, truth: Floats, start: Floats | None) -> Floats:
    """Offset and weights [1 + W, T] by Newton's method; weights are held towards those of all tags, and to at least 0:
    a witness may be ignored, not be turned round."""
    count, tags = len(witnesses), truth.shape[1]
    found = np.vstack([np.zeros(tags), np.full((count, tags), 0.5)]) if start is None else start.copy()
    rows = np.concatenate([np.ones((1, *truth.shape)), witnesses])
    for _ in range(_NEWTON):
        common = _common(found, truth)
        probable = _sigmoid((found[:, None] * rows).sum(axis=0))
        miss, heavy = truth - probable, probable * (1 - probable)
        slope = np.einsum("wnt,nt->tw", rows, miss, optimize=True)
        curve = np.einsum("wnt,vnt->twv", rows * heavy, rows, optimize=True)
        held = np.append(1e-3, np.full(count, _DRAWN * 0.1))
        slope -= held * (found - common).T
        curve[:, np.arange(count + 1), np.arange(count + 1)] += held + 1e-6
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        found = found + np.clip(step, -2, 2).T
        found[1:] = np.maximum(found[1:], 0.0)
    return found


def _common(found: Floats, truth: Floats) -> Floats:
    """What weights are drawn to: the mean over tags, each counted by how often it is true; offsets stay free."""
    often = np.minimum(truth.sum(axis=0), 200.0) + 1e-6
    mean = (found * often).sum(axis=1, keepdims=True) / often.sum()
    drawn = np.repeat(mean, found.shape[1], axis=1)
    drawn[0] = found[0]
    return np.asarray(drawn)


def _network(network: NDArray[Any] | None, shape: tuple[int, ...]) -> Floats:
    """The network's logits; 0 for what it does not know."""
    if network is None:
        return np.zeros(shape)
    held = np.clip(np.asarray(network, np.float64), _CLAMP, 1 - _CLAMP)
    return np.asarray(np.nan_to_num(np.log(held) - np.log1p(-held), nan=0.0))


def _warm(similar: NDArray[Any]) -> Floats:
    powers = np.asarray(similar, np.float64)
    powers = np.exp(_WARMTH * (powers - powers.max(axis=1, keepdims=True))) if powers.size else powers
    return np.asarray(powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-12))


def _vote(truth: Floats, places: Places, weights: Floats) -> Floats:
    """The logit of the weighted share of neighbours that have each tag, with one presumed neighbour beside them."""
    often = truth.mean(axis=0)
    share = _share(truth, places, weights)
    heard = 1 / np.maximum((weights**2).sum(axis=1, keepdims=True), 1e-12) if weights.shape[1] else 0.0
    held = np.clip((share * heard + often) / (heard + 1), _CLAMP, 1 - _CLAMP)
    return np.asarray(np.log(held) - np.log1p(-held))


def _together(given: NDArray[np.bool_], truth: Floats) -> Floats:
    """What the other given tags of a photo say of each tag: naive Bayes over them, [N, T]."""
    there = given.astype(np.float64)
    right, wrong = truth.sum(axis=0), (1 - truth).sum(axis=0)
    often = (there.sum(axis=0) + 0.5) / (len(given) + 1)
    with_it = (truth.T @ there + 4 * often) / (right[:, None] + 4)
    without = ((1 - truth).T @ there + 4 * often) / (wrong[:, None] + 4)
    given_adds = np.log(with_it / without)
    absent_adds = np.log(np.maximum(1 - with_it, 1e-6) / np.maximum(1 - without, 1e-6))
    np.fill_diagonal(given_adds, 0.0)
    np.fill_diagonal(absent_adds, 0.0)
    return np.asarray(there @ (given_adds - absent_adds).T + absent_adds.sum(axis=1))


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * value)))


def low_rank(
    given: NDArray[np.bool_],
    places: Places,
    similar: NDArray[Any],
    *,
    rank: float = 0.02,
    errors: float = 0.8,
    alike: float = 1.5,
    together: float = 0.1,
) -> Floats:
    """System C's kind of model: ``given`` = what is true (low in rank, smooth over photos and tags) + sparse errors.

    ``rank`` is the share of the largest singular value by which all are shrunk, ``errors`` how far an entry must be
    off to count as an error, ``alike`` and ``together`` how strongly the nearest photos and the tags that come together
    pull. The values are clipped to [0, 1].
    """
    matrix = given.astype(np.float64)
    weights = _warm(similar)
    tie = matrix.T @ matrix
    often = np.sqrt(np.maximum(np.diag(tie), 1.0))
    tie = tie / often / often[:, None]
    np.fill_diagonal(tie, 0.0)
    tie /= np.maximum(tie.sum(axis=0, keepdims=True), 1e-12)
    level = rank * float(np.linalg.norm(matrix, 2)) if matrix.size else 0.0
    step = 1 / (1 + 2 * alike + 2 * together)
    clean = matrix.copy()
    for _ in range(_LOW_RANK_STEPS):
        miss = matrix - clean
        error = np.sign(miss) * np.maximum(np.abs(miss) - errors, 0)
        pull = (clean + error - matrix) + alike * (clean - _share(clean, places, weights))
        pull += together * (clean - clean @ tie)
        clean = _shrunk(clean - step * pull, step * level)
    return np.clip(clean, 0.0, 1.0)


def _share(matrix: Floats, places: Places, weights: Floats) -> Floats:
    found, single = np.empty_like(matrix), matrix.astype(np.float32)
    size = max(1, 4_000_000 // max(1, places.shape[1] * matrix.shape[1]))
    for start in range(0, len(matrix), size):
        part = slice(start, start + size)
        found[part] = np.matmul(weights[part, None].astype(np.float32), single[places[part]])[:, 0]
    return found


def _shrunk(matrix: Floats, level: float) -> Floats:
    """Every singular value less by ``level``, through the smaller Gram matrix: the nuclear norm's proximal step."""
    values, axes = np.linalg.eigh(matrix.T @ matrix)
    singular = np.sqrt(np.maximum(values, 0.0))
    kept = np.maximum(singular - level, 0.0) / np.maximum(singular, 1e-12)
    return np.asarray((matrix @ axes) * kept @ axes.T)
