"""What a decision is worth before it is made: how much it teaches, and how many more are needed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]

ENOUGH: Final = 0.95
"""The share of the photos that have a tag at which its review is called done."""


def uncertainty(probable: NDArray[Any]) -> Shares:
    """How open a question is: 1 at a probability of one half, 0 at certainty; [N] for ``probable`` [N]."""
    held = np.asarray(probable, np.float64)
    return 4 * held * (1 - held)


def worth(
    embeddings: NDArray[Any], probable: NDArray[Any], others: NDArray[Any], open_others: NDArray[Any]
) -> Shares:
    """How much deciding on each of N photos would teach: its uncertainty times how many open ones it moves.

    ``embeddings`` [N, K] are whitened (:class:`~photomgr.annotate.learner.Basis`), ``others`` [M, K] are a sample of
    photos that wait with their probabilities ``open_others`` [M]. A logistic model moves another photo's logit in
    proportion to the inner product of both, and its suggestion only where that is uncertain itself: uncertainty
    sampling weighted by density (B. Settles, Active Learning Literature Survey, 2010, section 3.5).
    """
    mine, theirs = _unit(embeddings), _unit(others)
    moved = np.zeros(len(mine), np.float64)
    weight = uncertainty(open_others).astype(np.float32)
    for at in range(0, len(mine), 4096):
        near = np.maximum(mine[at : at + 4096] @ theirs.T, 0.0)
        moved[at : at + 4096] = (near * near) @ weight
    return uncertainty(probable) * (1.0 + moved)


def needed(probable: NDArray[Any], found: int, share: float = ENOUGH) -> int:
    """How many more decisions, best first, until ``share`` of the photos that have the tag carry it.

    ``probable`` [N] are calibrated probabilities of what waits, ``found`` photos have the tag already. Expected
    values throughout: of the photos that wait, as many have the tag as their probabilities add up to. What the
    learner learns on the way can only make it fewer.
    """
    ranked = np.sort(np.asarray(probable, np.float64))[::-1]
    reached = found + np.cumsum(ranked)
    goal = share * (found + ranked.sum())
    if found >= goal or not len(ranked):
        return 0
    return int(np.searchsorted(reached, goal - 1e-9)) + 1


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    rows = np.asarray(vectors, np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
