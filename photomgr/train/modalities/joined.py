"""Several modalities' scores of the concepts and their fusion: learnt from held-out photos. Only numpy.

The pairs that the weights learn from are those of Sun, Zhu and Shi: a right and a wrong concept of one photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.fusion import Fusion, Pairs
from photomgr.train.metrics import macro_map
from photomgr.train.modalities.similarity import Scorer

Floats = NDArray[np.float32]
Truth = NDArray[np.bool_]

NETWORK: Final = "network"
"""The modality that is the network's own head."""

_MARGIN, _RATE, _OWN_RATE = 2.0, 2.0, 0.3
_BATCHES, _OWN_BATCHES, _PAIRS = 160, 100, 800
_FOLDS: Final = 5


@dataclass(frozen=True, eq=False)
class Joined:
    """A fusion that is ready to be put into a graph, of M modalities and C concepts.

    ``scorers``: the modalities beside the network, by name; ``sources`` says of each what it looks at:
    ``embedding``, a view of earlier feature maps, or a hand-made modality. ``weights`` [M, C] are the fusion's, the
    network first; the calibrated logit is ``slope * fused + offset``. ``columns`` [C]: the concepts' places among
    the network's outputs. ``words``: the visual words, where a scorer looks at patches.
    """

    scorers: Mapping[str, Scorer]
    sources: Mapping[str, str]
    weights: Floats
    slope: Floats
    offset: Floats
    columns: tuple[int, ...]
    words: Floats | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities in the order of ``weights``."""
        return (NETWORK, *self.scorers)


def draw(scores: NDArray[Any], truth: Truth, batches: int, seed: int) -> Iterator[Pairs]:
    """Batches of pairs: a right and a wrong concept of a photo. ``scores`` [N, M, C], ``truth`` [N, C]."""
    rng = np.random.default_rng(seed)
    mixed = np.flatnonzero(truth.any(axis=1) & ~truth.all(axis=1))
    for _ in range(batches if len(mixed) else 0):
        photos = rng.choice(mixed, _PAIRS)
        chance = rng.random((_PAIRS, truth.shape[1]))
        right = np.where(truth[photos], chance, -1.0).argmax(axis=1)
        wrong = np.where(truth[photos], -1.0, chance).argmax(axis=1)
        yield Pairs(scores[photos, :, right], scores[photos, :, wrong], right, wrong)


def learn(scores: NDArray[Any], truth: Truth, seed: int, *, own: bool = True) -> Fusion:
    """Weights of the modalities, one row for each concept, from ``scores`` [N, M, C] and ``truth`` [N, C].

    One set of weights is learnt for all concepts together, from equal ones; from there each concept goes its own
    way, at a lower rate (``own``), or not.
    """
    modalities, concepts = scores.shape[1:]
    batches = [Pairs(pairs.right, pairs.wrong) for pairs in draw(scores, truth, _BATCHES, seed)]
    begun, _ = Fusion.even(modalities, rate=_RATE, margin=_MARGIN).replay(batches[: _BATCHES // 2])
    _, shared = begun.replay(batches[_BATCHES // 2 :])
    each = Fusion(np.repeat(shared.weights, concepts, axis=0), _OWN_RATE, _MARGIN)
    if not own:
        return each
    return each.replay(draw(scores, truth, _OWN_BATCHES, seed + 1))[1]


def fuse(scores: NDArray[Any], fusion: Fusion) -> Floats:
    """Fused scores [N, C] of ``scores`` [N, M, C] by a row of weights for each concept."""
    return np.asarray(np.einsum("nmc,cm->nc", scores, fusion.weights.astype(np.float32)), np.float32)


def foretold(scores: NDArray[Any], truth: Truth, seed: int) -> NDArray[np.float64]:
    """Mean hinge of every photo under weights that were learnt from the others, [N] (five folds).

    All pairs of a right and a wrong concept of the photo count, with a margin of 1.
    """
    found = np.zeros(len(scores))
    fold = np.random.default_rng(seed).permutation(len(scores)) % _FOLDS
    for part in range(_FOLDS):
        inside = fold == part
        fused = fuse(scores[inside], learn(scores[~inside], truth[~inside], seed, own=False))
        short = np.maximum(0.0, 1.0 - fused[:, :, None] + fused[:, None, :])
        pairs = truth[inside][:, :, None] & ~truth[inside][:, None, :]
        found[inside] = (short * pairs).sum(axis=(1, 2)) / np.maximum(pairs.sum(axis=(1, 2)), 1)
    return found


@dataclass(frozen=True)
class Ablation:
    """What one modality is worth: ``alone`` its macro mAP, ``weight`` when all are fused, ``gain`` of having it.

    ``gain``: by how much the hinge on photos that were left out falls with it, ``error``: its standard error.
    """

    name: str
    alone: float
    weight: float
    gain: float
    error: float
    kept: bool


def choose(
    names: Sequence[str], scores: NDArray[Any], truth: Truth, seed: int, least: float = 0.03
) -> tuple[list[int], list[Ablation]]:
    """Which of the modalities earn their place: their places among ``names``, the first always, and the ablation.

    A modality stays when it has a weight of ``least`` or more among all, and when without it the photos that were
    left out are foretold worse. The least useful goes first.
    """
    weights = learn(scores, truth, seed, own=False).weights.mean(axis=0)
    kept = [n for n in range(len(names)) if n == 0 or weights[n] >= least]
    worth = {n: (float("nan"), float("nan")) for n in range(len(names))}
    while True:
        whole = foretold(scores[:, kept], truth, seed)
        for n in kept[1:]:
            rest = [k for k in kept if k != n]
            change = foretold(scores[:, rest], truth, seed) - whole
            worth[n] = float(change.mean()), float(change.std() / np.sqrt(len(change)))
        idle = [n for n in kept[1:] if worth[n][0] <= 0]
        if not idle:
            break
        kept.remove(min(idle, key=lambda n: worth[n][0]))
    alone = [macro_map(scores[:, n], truth) for n in range(len(names))]
    found = [
        Ablation(name, alone[n], float(weights[n]), *worth[n], n in kept) for n, name in enumerate(names)
    ]
    return kept, found
