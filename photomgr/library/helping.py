"""How much the word of a person's own network counts beside the shipped one, tag by tag.

Late fusion in the log-odds: ``(1 - w) * shipped + w * added``, on top of what the network's card lets it count.
The weight w is 0 until the decisions on the tag are foretold better with it, by more than chance lets a single number
do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..annotate.annotator import Annotator
from ..annotate.foreign import ForeignNetwork
from ..annotate.learner import logit, sigmoid
from ..core.catalog import Catalog
from .meanings import Meanings

WEIGHTS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_PROOF: Final = (
    2.0  # nats by which a weight must make the decisions likelier: one free number gains 0.5 by chance
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Help:
    """A network of ``width`` tags that knows a tag in some of its columns, and how much it counts for that.

    ``share`` is what its card alone lets it count where the shipped network knows the tag too; what ``adds`` (a
    detector) is added to that one's word, and not mixed with it. See :mod:`photomgr.annotate.company`.
    """

    name: str
    network: str
    width: int
    columns: tuple[int, ...]
    weight: float = 0.0
    share: float = 0.0
    adds: bool = False

    @classmethod
    def of(cls, network: ForeignNetwork, columns: Sequence[int]) -> Help:
        """What a network says in some of its columns; it has no weight yet."""
        card = network.card
        return cls(
            card.name, network.hash, len(network.tags), tuple(columns),
            share=card.weight, adds=card.kind == "detector",
        )  # fmt: skip


def knowing(annotator: Annotator, meanings: Meanings, tag: str) -> list[Help]:
    """The added networks that know a tag, by whatever name."""
    return [
        Help.of(network, columns)
        for network in annotator.helpers
        if (columns := meanings.columns(network.tags, tag))
    ]


def helpers_of(annotator: Annotator, meanings: Meanings, tag: str) -> list[Help]:
    """The added networks that have a second opinion on a tag that the shipped network knows, by whatever name."""
    return knowing(annotator, meanings, tag) if meanings.columns(annotator.model.labels, tag) else []


class Opinions:
    """Second opinions as they are kept. What was read last is held, since many tags want the same photos."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog.opinions
        self._key: tuple[str, bytes] | None = None
        self._held: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def logits(self, help: Help, photos: NDArray[np.int64]) -> Floats:
        """[N]; NaN where the network has not spoken."""
        key = help.network, photos.tobytes()
        if key != self._key:
            self._held = self._catalog.scores(help.network, help.width, photos.tolist())
            self._key = key
        return logit(self._held[:, list(help.columns)].max(axis=1))

    def join(self, prior: Floats, helps: Sequence[Help], photos: NDArray[np.int64]) -> Floats:
        """The shipped network's log-odds [N] with those of the helpers that count mixed in."""
        for help in helps:
            if help.weight:
                prior = mix(prior, self.logits(help, photos), help.weight)
        return prior


def mix(prior: Floats, said: Floats, weight: float) -> Floats:
    """Both log-odds together; where nothing was said the first stands."""
    return np.where(np.isnan(said), prior, (1 - weight) * prior + weight * said)


def weigh(prior: Floats, said: Floats, truth: NDArray[np.float64]) -> float:
    """The weight under which the decisions are likeliest, 0 where that is not proven. All [N]."""
    if not len(truth) or np.isnan(said).all():
        return 0.0

    def likelihood(weight: float) -> float:
        probable = np.clip(sigmoid(mix(prior, said, weight)), 1e-4, 1 - 1e-4)
        return float((truth * np.log(probable) + (1 - truth) * np.log(1 - probable)).sum())

    alone = likelihood(0.0)
    best = max(WEIGHTS, key=likelihood)
    return best if likelihood(best) - alone >= _PROOF else 0.0


def weighed(
    opinions: Opinions, helps: Sequence[Help], prior: Floats, photos: NDArray[np.int64], truth: Floats
) -> list[Help]:
    """The helpers that the decisions on a tag show to help, each with its weight, one after the other."""
    found = []
    for help in helps:
        said = opinions.logits(help, photos)
        if weight := weigh(prior, said, truth):
            found.append(replace(help, weight=weight))
            prior = mix(prior, said, weight)
    return found
