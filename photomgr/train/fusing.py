"""A step of the export: modalities beside the network's head are trained, weighed on held-out photos, and chosen.

The candidates see the network's embedding (linear, cosine, radial) or its earlier feature maps (linear), or are
hand-made (radial). Each learns by
itself from MIRFLICKR's training photos; the weights, and which of them ship, are settled on photos that no
training has seen. The hand-made ones need ``models/handcrafted``; without it only the deep ones stand for election.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.jobs import Job, Progress
from photomgr.train.calibrate import Scaling, platt
from photomgr.train.modalities import definition
from photomgr.train.modalities.handcrafted import Handcrafted
from photomgr.train.modalities.joined import NETWORK, Ablation, Joined, choose, fuse, learn
from photomgr.train.modalities.joining import VIEWS
from photomgr.train.modalities.similarity import Scorer, Whitening, means, train

Floats = NDArray[np.float32]

_DEEP: Final = "embedding"
_CENTRES, _AXES, _SHRINK = 384, 192, 1.0
_VIEW_AXES: Final = 512
_RIDGE: Final = {"linear": 1e-2, "radial": 3e-5} | dict.fromkeys(VIEWS, 2e-2)


@dataclass(frozen=True, eq=False)
class Material:
    """N photos: what each modality looks at, [N, D] by source, and what is known of the C concepts.

    ``value`` and ``weight`` [N, C]: the targets. ``complete`` [N]: where every concept is known for certain.
    """

    sources: Mapping[str, Floats]
    value: Floats
    weight: Floats
    complete: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fused:
    """``joined`` for the graph, None where nothing helped; the final ``logits`` [N, C] of the held-out photos."""

    joined: Joined | None
    logits: Floats
    ablation: tuple[Ablation, ...]


def fuse_modalities(
    taught: Material, held: Material, own: Floats, columns: list[int], hand: Handcrafted | None, seed: int = 1
) -> Job[Fused]:
    """Train the candidates on ``taught``, choose and weigh them on ``held``.

    ``own`` [N, C]: the network's calibrated logits of the held-out photos; ``columns``: the concepts' places
    among its outputs.
    """
    scorers: dict[str, Scorer] = {}
    sources: dict[str, str] = {}
    sure = held.complete
    for name, source in _candidates(taught, hand):
        yield Progress(len(scorers), None, f"modality {name}")
        scorer = _train(name, source, taught, hand, seed)
        raw = scorer(held.sources[source][sure])
        scorers[name] = _scaled(scorer, platt(raw, held.value[sure], held.weight[sure]))
        sources[name] = source
    names = (NETWORK, *scorers)
    voices = [own, *(scorer(held.sources[sources[name]]) for name, scorer in scorers.items())]
    scores = np.stack(voices, axis=1)
    truth = held.value[sure] > 0.5
    yield Progress(0, None, "weighing the modalities")
    kept, ablation = choose(names, scores[sure], truth, seed)
    if kept == [0]:
        return Fused(None, own, tuple(ablation))
    fusion = learn(scores[sure][:, kept], truth, seed)
    fused = fuse(scores[:, kept], fusion)
    scaling = platt(fused, held.value, held.weight)
    chosen = [names[n] for n in kept[1:]]
    joined = Joined(
        {name: scorers[name] for name in chosen}, {name: sources[name] for name in chosen},
        fusion.weights.T.astype(np.float32), scaling.slope, scaling.offset, tuple(columns),
        hand.words if hand is not None else None,
    )  # fmt: skip
    return Fused(joined, fused * scaling.slope + scaling.offset, tuple(ablation))


def _candidates(taught: Material, hand: Handcrafted | None) -> list[tuple[str, str]]:
    deep = [(kind, _DEEP) for kind in ("linear", "cosine", "radial")]
    deep += [(name, name) for name in VIEWS if name in taught.sources]
    return deep + ([(name, name) for name in definition.WIDTHS] if hand is not None else [])


def _train(name: str, source: str, taught: Material, hand: Handcrafted | None, seed: int) -> Scorer:
    features = taught.sources[source]
    if hand is not None and source in hand.whitenings:
        return train("radial", hand.whitenings[source], features, taught.value, centres=hand.centres[source])
    kind = "linear" if name in VIEWS else name
    axes = {"linear": min(_VIEW_AXES, features.shape[1])}.get(kind, _AXES)
    whitening = Whitening.of(features, axes, _SHRINK)
    centres = means(whitening(features[::2]), _CENTRES, seed) if kind == "radial" else None
    return train(kind, whitening, features, taught.value, centres=centres, ridge=_RIDGE.get(name))


def _scaled(scorer: Scorer, scaling: Scaling) -> Scorer:
    """The scorer with its calibration folded in."""
    return replace(
        scorer, weights=scorer.weights * scaling.slope, bias=scorer.bias * scaling.slope + scaling.offset
    )
