"""What a person's decisions teach: one small logistic model for each tag, over the stored embeddings.

The logit of a tag on a photo is ``prior + slope * prior + bias + weights . embedding``; ``prior`` is the logit of
the network's own calibrated score, or the same low rate everywhere for a tag that a person invented. Slope, bias
and weights start at 0, so that without decisions the network speaks alone. How far they may go is not chosen but
averaged: the model is fitted at several strengths, and each counts by how well it foretells every decision from
all the others (approximate leave-one-out, Rad and Maleki 2020), so that few or contradictory decisions move little.

Beside the decisions stand photos that nobody decided on: for a tag that the network knows they hold its word, for
an invented one they are presumed not to have it. Embeddings are whitened by the library's own covariance, shrunk;
without that, the few directions in which all photos differ drown the one that five examples share.

Beside this linear model vote the decided photos that look alike (:mod:`photomgr.annotate.votes`), and features such as
a photo's circumstances may correct the prior (:func:`added`), both as far as they foretell the decisions better.

Nothing is stored and nothing depends on earlier fits: the same decisions and embeddings give the same model, bit
for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import votes
from .logits import Floats
from .logits import logit as logit
from .logits import sigmoid as sigmoid
from .votes import Heard, Votes

Single = NDArray[np.float32]

DIMENSIONS: Final = 192
"""Directions of the embedding that are kept: those in which the library's photos differ most."""

BASE_RATE: Final = 0.01
"""How probable an invented tag is on a photo of which nothing else is known."""

_SHRINK, _FEW = 1.0, 2000.0  # mean variances added to that of every direction: at any size, and for one photo
_STRENGTHS: Final = (0.7, 3.0)  # prior deviations of the weights; see Basis for their unit
_CORRECTIONS: Final = (0.2, 0.6)  # prior deviations of the weights of features of about unit size
_HUMILITY: Final = 1.0  # nats by which the weights must foretell better than the network to count as much
_KNOWN_BIAS, _INVENTED_BIAS, _SLOPE = 1.0, 1.5, 0.3  # prior deviations
_SLOPE_UNIT: Final = 3.0  # a slope of 0.3 moves a logit of 3 by about as much as a bias of 1
_KNOWN_WEIGHT, _PRESUMED_WEIGHT = 1.0, 0.3  # of an undecided photo, against 1 of a decision
_STEPS: Final = 30
_SURE, _LENIENT, _NEVER_SURE = 0.95, 0.1, 0.995


@dataclass(frozen=True, eq=False)
class Basis:
    """A whitening of embeddings: ``(embedding - mean) @ axes`` is [N, K], its mean squared length about 1.

    ``mean`` float64 [D], ``axes`` float64 [D, K]. ``central``: look-alikes are compared about the mean, too.
    """

    mean: Floats
    axes: Floats
    central: bool = False

    @classmethod
    def of(cls, sample: NDArray[Any], *, central: bool = False) -> Basis:
        """From embeddings [N, D] of a fair sample of the library; a few thousand are plenty.

        ``central`` is for embeddings that are not about 0 as they are, which only those of the shipped network are.
        """
        rows = np.asarray(sample, np.float64)
        mean = rows.mean(axis=0)
        rows = rows - mean
        variance, axes = np.linalg.eigh(rows.T @ rows / len(rows))
        variance = np.maximum(variance[::-1][:DIMENSIONS], 0.0)
        floor = (_SHRINK + _FEW / len(rows)) * variance.mean()
        scale = 1 / np.sqrt(variance + floor + 1e-12)
        length = np.sqrt((variance * scale**2).sum() + 1e-12)
        return cls(mean, axes[:, ::-1][:, :DIMENSIONS] * (scale / length), central)

    def __call__(self, embeddings: NDArray[Any]) -> Single:
        """Whitened rows [N, K] of embeddings [N, D], float32."""
        rows = np.asarray(embeddings, np.float32) - self.mean.astype(np.float32)
        return np.asarray(rows @ self.axes.astype(np.float32))


@dataclass(frozen=True, eq=False)
class Evidence:
    """Photos with what speaks about one tag: ``embeddings`` [N, D] and ``prior`` [N] (see :func:`logit`)."""

    embeddings: NDArray[Any]
    prior: Floats


@dataclass(frozen=True, eq=False)
class TagModel:
    """What the decisions on one tag have taught.

    The logit on a photo is ``(1 + slope) * prior + bias + weights . embedding`` with ``weights`` float32 [D], and what
    the ``votes`` of decided photos that look alike add to it. ``foretold`` [N] holds for each decision, in the order
    given, the probability that the others alone give it.
    """

    slope: float
    bias: float
    weights: NDArray[np.float32]
    foretold: Floats
    votes: Votes | None = None


def learn(
    basis: Basis, decided: Evidence, truth: NDArray[Any], undecided: Evidence, *, known: bool
) -> TagModel:
    """The model of one tag from the photos decided on, ``truth`` [N] in {0, 1}, and a sample of the others.

    ``known`` says that the network has this tag; then priors are its word, else they are all the base rate's logit.
    """
    n = len(decided.prior)
    prior = np.concatenate([decided.prior, undecided.prior])
    presumed = sigmoid(undecided.prior) if known else np.zeros(len(undecided.prior))
    count = np.ones(len(prior))
    count[n:] = _KNOWN_WEIGHT if known else _PRESUMED_WEIGHT
    lever = prior / _SLOPE_UNIT if known else np.zeros(len(prior))
    seen = np.concatenate([decided.embeddings, undecided.embeddings]).astype(np.float32)
    task = _Task(
        rows=np.column_stack([lever.astype(np.float32), np.ones(len(prior), np.float32), basis(seen)]),
        prior=prior,
        says=np.concatenate([np.asarray(truth, np.float64), presumed]),
        count=count,
        # The network's word cannot be tested on itself; that others lack an invented tag must be foretold too.
        tested=n if known else len(prior),
        bias=_KNOWN_BIAS if known else _INVENTED_BIAS,
    )
    strengths = (0.0, *_STRENGTHS) if known else _STRENGTHS
    fits: list[_Fit] = []
    for strength in strengths:  # each begins where the stricter one before it has ended
        fits.append(_fit(task, strength, fits[-1].coefficients if fits else np.zeros(task.rows.shape[1])))
    if not known:
        # Among the photos presumed not to have an invented tag are the very ones to be found: what all others
        # foretell of each takes the presumption's place (expectation-maximisation).
        task.says[n:] = sigmoid(_mean(fits, "foretold")[n:])
        fits = [_fit(task, fit.strength, fit.coefficients) for fit in fits]
    coefficients = _mean(fits, "coefficients")
    weights = basis.axes @ coefficients[2:]
    foretold = _mean(fits, "foretold")
    tested = slice(task.tested)
    voting = votes.fit(
        Heard(seen[tested], prior[tested], foretold, task.says[tested], task.count[tested]), n, known=known,
        middle=basis.mean if basis.central else None,
    )  # fmt: skip
    if voting is not None:
        foretold = foretold + voting[1]
    return TagModel(
        slope=float(coefficients[0] / _SLOPE_UNIT),
        bias=float(coefficients[1] - basis.mean @ weights),
        weights=weights.astype(np.float32),
        foretold=sigmoid(foretold[:n]),
        votes=voting[0] if voting is not None else None,
    )


@dataclass(frozen=True, eq=False)
class Correction:
    """How some features correct a logit: ``(1 + slope) * prior + bias + weights . features``, ``weights`` [F].

    ``foretold`` [n] holds for each decision the logit that the others alone give it.
    """

    slope: float
    bias: float
    weights: Floats
    foretold: Floats

    def __call__(self, features: NDArray[Any], prior: Floats) -> Floats:
        """Corrected logits [N] from ``features`` [N, F] and ``prior`` [N]."""
        return np.asarray(
            (1 + self.slope) * prior + self.bias + np.asarray(features, np.float64) @ self.weights
        )


def correct(
    features: NDArray[Any], prior: Floats, truth: NDArray[Any], count: Floats | None = None
) -> Correction:
    """Learn from n decisions how features of about unit size correct the logits ``prior`` [n].

    ``count`` [n] says how much each counts, 1 without it. The weights are averaged over strengths, 0 among them, by how
    well each foretells what the others decide; to count as much as no weights at all they must do so better by a nat.
    """
    return _corrections(features, prior, truth, count)[0]


@dataclass(frozen=True, eq=False)
class Added:
    """What features add to a logit: the correction with them less the one without. ``foretold`` [n]: what they add to
    each decision when they are learnt from the others."""

    with_it: Correction
    without: Correction
    foretold: Floats

    def __call__(self, features: NDArray[Any], prior: Floats) -> Floats:
        """What is to be added to logits ``prior`` [N] of photos with ``features`` [N, F]."""
        return self.with_it(features, prior) - self.without(features, prior)


def added(features: NDArray[Any], prior: Floats, truth: NDArray[Any], count: Floats | None = None) -> Added:
    """Like :func:`correct`, less what slope and bias alone would have done: nothing where features tell nothing."""
    whole, plain = _corrections(features, prior, truth, count)
    return Added(whole, plain, whole.foretold - plain.foretold)


def _corrections(
    features: NDArray[Any], prior: Floats, truth: NDArray[Any], count: Floats | None
) -> tuple[Correction, Correction]:
    """The correction by features, and the one by slope and bias alone."""
    n = len(prior)
    task = _Task(
        rows=np.column_stack([prior / _SLOPE_UNIT, np.ones(n), features]).astype(np.float32),
        prior=prior,
        says=np.asarray(truth, np.float64),
        count=np.ones(n) if count is None else count,
        tested=n,
        bias=_KNOWN_BIAS,
    )
    fits = [_fit(task, strength, np.zeros(task.rows.shape[1])) for strength in (0.0, *_CORRECTIONS)]

    def correction(found: Floats, foretold: Floats) -> Correction:
        return Correction(float(found[0] / _SLOPE_UNIT), float(found[1]), found[2:], foretold)

    return (
        correction(_mean(fits, "coefficients"), _mean(fits, "foretold")),
        correction(fits[0].coefficients, fits[0].foretold),
    )


def scores(
    models: Sequence[TagModel], embeddings: NDArray[Any], priors: NDArray[Any], *, hear: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Of M tags on N photos, all [N, M]: the probabilities, what the decisions alone say, and what the votes of
    look-alikes alone say of them (0.5: nothing).

    ``embeddings`` [N, D] of unit length, ``priors`` [N, M]. One matrix product in float32, and a small one for each tag
    that has votes, which the share ``hear`` of the photos hears.
    """
    rows = np.asarray(embeddings, np.float32)
    weights = np.stack([model.weights for model in models], axis=1)
    slope = np.array([model.slope for model in models], np.float32)
    bias = np.array([model.bias for model in models], np.float32)
    own = rows @ weights + bias + slope * priors.astype(np.float32)
    said = np.zeros_like(own)
    for column, model in enumerate(models):
        if model.votes is not None:
            said[:, column] = model.votes.add(
                rows, own[:, column] + priors[:, column], priors[:, column], hear
            )
    own += said
    return sigmoid(own + priors.astype(np.float32)), sigmoid(own), sigmoid(said)


def bands(foretold: Floats, truth: NDArray[Any], ask: float, target: float = _SURE) -> tuple[float, float]:
    """From which score on a tag is ``sure`` (right as often as ``target``), and from which on it is worth asking about.

    The scores are probabilities, so that ``target`` and ``ask`` hold by themselves. Decisions that were foretold too
    boldly raise the first and ones foretold too timidly lower it, as far as those above it are right that often
    even when one more wrong one is presumed: some twenty right ones at least.
    """
    order = np.argsort(-foretold, kind="stable")
    ranked, n = foretold[order], np.arange(1, len(order) + 1)
    right = np.cumsum(np.asarray(truth, np.float64)[order])
    proven = np.flatnonzero(right / (n + 1) >= target)
    lowest = float(ranked[proven[-1]]) if len(proven) else None
    above = int((ranked >= target).sum())
    if above and right[above - 1] / above < target:
        sure = max(target, lowest or _NEVER_SURE)
    else:
        sure = min(target, max(target - _LENIENT, lowest or target))
    return sure, min(ask, sure)


@dataclass(frozen=True, eq=False)
class _Task:
    """What is fitted: ``rows`` [N, K + 2] (the prior, 1, the whitened embedding), what stands for their truth,
    how much each counts, how many of the first are foretold from the others, the bias's prior deviation."""

    rows: Single
    prior: Floats
    says: Floats
    count: Floats
    tested: int
    bias: float


@dataclass(frozen=True, eq=False)
class _Fit:
    """One strength: ``coefficients`` [K + 2], the logit ``foretold`` of each tested photo, and how likely that
    made what is known of them (log)."""

    strength: float
    coefficients: Floats
    foretold: Floats
    evidence: float


def _fit(task: _Task, strength: float, start: Floats) -> _Fit:
    """The most probable coefficients at a strength; at 0 there is a bias and a slope and nothing else."""
    rows = task.rows if strength else task.rows[:, :2]
    spread = np.full(rows.shape[1], strength)
    spread[:2] = _SLOPE * _SLOPE_UNIT, task.bias
    found, curve = _newton(task, rows, spread**-2.0, start[: rows.shape[1]])
    foretold = _left_out(task, rows, found, curve)
    says = task.says[: task.tested]
    missed = says * np.logaddexp(0, -foretold) + (1 - says) * np.logaddexp(0, foretold)
    evidence = -float(task.count[: task.tested] @ missed)
    coefficients = np.zeros(task.rows.shape[1])
    coefficients[: len(found)] = found
    return _Fit(strength, coefficients, foretold, evidence if strength else evidence + _HUMILITY)


def _newton(task: _Task, rows: Single, precision: Floats, start: Floats) -> tuple[Floats, Floats]:
    """The most probable coefficients and the curvature there."""
    found, exact = start.copy(), rows.astype(np.float64)  # once, and not in each product with a vector
    for _ in range(_STEPS):
        probable = sigmoid(task.prior + exact @ found)
        slope = (task.count * (probable - task.says)) @ exact + precision * found
        heavy = rows * np.sqrt(task.count * probable * (1 - probable)).astype(np.float32)[:, None]
        curve = (heavy.T @ heavy).astype(
            np.float64
        )  # good enough for the way; the gradient says where it ends
        curve[np.diag_indices_from(curve)] += precision
        step = np.linalg.solve(curve, slope)
        reach = float(np.abs(exact @ step).max())
        found -= step * min(1.0, 4.0 / max(reach, 1e-12))
        if reach < 1e-2:  # the step is taken, and what is left is about its square
            break
    return found, curve


def _left_out(task: _Task, rows: Single, found: Floats, curve: Floats) -> Floats:
    """The logit of each tested photo from all the others, to first order."""
    first = slice(task.tested)
    logits = task.prior[first] + rows[first] @ found
    probable = sigmoid(logits)
    spread = rows[first] @ np.linalg.inv(curve).astype(np.float32)
    leverage = task.count[first] * np.einsum("ij,ij->i", spread, rows[first]).astype(np.float64)
    rest = np.maximum(1 - leverage * probable * (1 - probable), 1e-6)
    return np.asarray(logits + leverage / rest * (probable - task.says[first]))


def _mean(fits: Sequence[_Fit], what: str) -> Floats:
    """The mean over the strengths, each counted by its evidence."""
    evidence = np.array([fit.evidence for fit in fits])
    weight = np.exp(evidence - evidence.max())
    return np.asarray(np.tensordot(weight / weight.sum(), [getattr(fit, what) for fit in fits], 1))
