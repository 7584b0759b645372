"""Late fusion of modalities by weights on the simplex, learned online by exponentiated gradient. Only numpy.

The score of a tag on a photo is ``alpha . s``, with ``s`` [M] what the M modalities say and ``alpha`` [M] at least
0 and of sum 1 (Sun, Zhu and Shi, *Image Annotation via Deep Neural Network*). A pair of a right and a wrong answer
costs ``max(0, margin - (alpha . right - alpha' . wrong))``; each batch of pairs multiplies every weight by the
exponential of its share in the remedy and brings the sum back to 1 (Kivinen and Warmuth 1997). Pairs may be two
tags of one photo, two photos of one tag, or an acceptance and a rejection: what is right must score higher.

Scores of the modalities must be on one scale, such as logits; ``margin`` is on that scale too. A modality that
says nothing scores 0. Nothing is random: the same pairs in the same order give the same weights, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.integer[Any]]

_FLOOR: Final = 1e-6
"""No weight falls below this, so that a modality that was silent for long can come back."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs: scores of the modalities for what is ``right`` and for what is ``wrong``, both [P, M].

    ``right_row`` and ``wrong_row`` [P]: whose weights they are judged by (a tag's or a group's); None: row 0.
    """

    right: NDArray[Any]
    wrong: NDArray[Any]
    right_row: Rows | None = None
    wrong_row: Rows | None = None


@dataclass(frozen=True, eq=False)
class Fusion:
    """``weights`` float64 [G, M]: one row for each tag or group of tags, each on the simplex.

    ``rate``: how far one batch of pairs may move them. ``margin``: by how much right must exceed wrong.
    """

    weights: Floats
    rate: float = 0.2
    margin: float = 1.0

    @classmethod
    def even(cls, modalities: int, rows: int = 1, *, rate: float = 0.2, margin: float = 1.0) -> Fusion:
        """Equal weights for every modality."""
        return cls(np.full((rows, modalities), 1.0 / modalities), rate, margin)

    def score(self, scores: NDArray[Any], row: int | Rows = 0) -> Floats:
        """Fused scores [...] of modality scores [..., M] by the weights of ``row``, which broadcasts to [...]."""
        return np.asarray((np.asarray(scores, np.float64) * self.weights[row]).sum(axis=-1))

    def loss(self, pairs: Pairs) -> Floats:
        """The hinge of each pair, [P], at least 0."""
        right, wrong = _rows(pairs)
        return np.maximum(0.0, self.margin - self.score(pairs.right, right) + self.score(pairs.wrong, wrong))

    def update(self, pairs: Pairs) -> Fusion:
        """The weights after one batch of pairs; the same ones where every pair keeps its margin."""
        right, wrong = _rows(pairs)
        short = self.loss(pairs) > 0
        if not short.any():
            return self
        rows = np.arange(len(self.weights))[:, None]
        push = (rows == right[short]) @ np.asarray(pairs.right, np.float64)[short]
        push -= (rows == wrong[short]) @ np.asarray(pairs.wrong, np.float64)[short]
        # The mean over all pairs that a row was asked about, so that a step does not grow with the batch.
        met = ((rows == right) | (rows == wrong)).sum(axis=1)
        push *= self.rate / np.maximum(met, 1)[:, None]
        grown = self.weights * np.exp(push - push.max(axis=1, keepdims=True))
        grown /= grown.sum(axis=1, keepdims=True)
        held = np.maximum(grown, _FLOOR)
        return replace(self, weights=held / held.sum(axis=1, keepdims=True))

    def replay(self, batches: Iterable[Pairs]) -> tuple[Fusion, Fusion]:
        """After all batches in order: the last weights, and the mean of those after each batch.

        The last ones go on learning; their mean foretells better what was not seen (online to batch).
        """
        last, total, count = self, np.zeros_like(self.weights), 0
        for pairs in batches:
            last = last.update(pairs)
            total, count = total + last.weights, count + 1
        return last, replace(last, weights=total / count) if count else last


def _rows(pairs: Pairs) -> tuple[Rows, Rows]:
    zeros = np.zeros(len(pairs.right), np.int64)
    return (
        zeros if pairs.right_row is None else pairs.right_row,
        zeros if pairs.wrong_row is None else pairs.wrong_row,
    )
