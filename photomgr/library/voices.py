"""Who says what of a tag where networks speak together: each word is told by itself, under its own name.

What is kept of a photo are the scores of all networks together, and beside them what each added one said. So the word
of the shipped network alone is what is left when theirs is taken out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..annotate.annotator import Annotator
from ..annotate.company import SHY
from ..annotate.learner import logit, sigmoid
from .helping import Floats, Help, Opinions, knowing
from .meanings import Meanings

NETWORK: Final = "network"
_MOST: Final = 0.8  # of the joint word that others may have: what is left of it is too coarse to be told


@dataclass(frozen=True, slots=True)
class Voices:
    """Whose words of one tag are told: those of the networks ``beside``, and of the ``shipped`` one where it knows the
    tag, out of scores in which those ``within`` had a share."""

    shipped: bool = True
    within: tuple[Help, ...] = ()
    beside: tuple[Help, ...] = ()

    def counting(self, helps: Sequence[Help]) -> Voices:
        """The same with these, which decisions let count, besides."""
        known = {help.network for help in self.beside}
        more = tuple(help for help in helps if help.network not in known)
        return replace(self, beside=self.beside + more)

    def told(self, joint: NDArray[Any], opinions: Opinions, photos: NDArray[np.int64]) -> dict[str, Floats]:
        """Name -> what it said of photos [N] in [0, 1], NaN where it said nothing; from their ``joint`` scores [N]."""
        found = {NETWORK: alone(joint, self.within, opinions, photos)} if self.shipped else {}
        for help in self.beside:
            said = np.asarray(sigmoid(opinions.logits(help, photos)), np.float64)
            found[help.name] = said.round(3)
        return found


def voices_of(annotator: Annotator, meanings: Meanings, tag: str, columns: Sequence[int]) -> Voices:
    """Those of a tag whose score stands in the first of the annotator's ``columns``.

    Beside the shipped network a network is told whose card lets it count. Of a tag that only others know, all are.
    """
    if not columns:
        return Voices()
    shipped = columns[0] < len(annotator.model.labels)
    beside = (help for help in knowing(annotator, meanings, tag) if help.share or not shipped)
    return Voices(shipped, tuple(within(annotator, columns[0]) if shipped else ()), tuple(beside))


def within(annotator: Annotator, column: int) -> list[Help]:
    """The networks that have a share in a score of the shipped network's column, in the order in which they joined."""
    label = annotator.labels[column]
    return [
        Help.of(network, [own])
        for network in annotator.helpers
        if network.card.weight and (own := network.column_of(label)) is not None
    ]


def alone(
    joint: NDArray[Any], others: Sequence[Help], opinions: Opinions, photos: NDArray[np.int64]
) -> Floats:
    """The shipped network's own scores [N] out of those in which ``others`` had a share; NaN where that was nearly
    all."""
    scores = np.asarray(joint, np.float64)
    if not others:
        return scores
    odds = logit(scores)
    for help in reversed(others):
        said = opinions.logits(help, photos)
        if help.adds:
            before = odds - help.share * np.maximum(0.0, said - SHY)
        elif help.share <= _MOST:
            before = (odds - help.share * said) / (1 - help.share)
        else:
            before = np.full(len(odds), np.nan)
        odds = np.where(np.isnan(said), odds, before)
    return np.asarray(sigmoid(odds), np.float64).round(3)
