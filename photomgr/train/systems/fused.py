"""System E: hand-made modalities and similarities, fused by exponentiated gradient, against ML-kNN and against ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.calibrate import platt
from photomgr.train.figures import Row, figures_of
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.handcrafted import Handcrafted, measured
from photomgr.train.modalities.joined import fuse, learn
from photomgr.train.modalities.mlknn import ml_knn
from photomgr.train.modalities.similarity import KINDS, Scorer, Whitening, train
from photomgr.train.systems import Bench, late

Floats = NDArray[np.float32]

_EVERY: Final = 4
"""One known photo in so many calibrates and weighs; the others train."""
BY_ML_KNN: Final = "hamming_of_ml_knn"
HEADLINE: Final = "hand-made and network, fused"
HAND_MADE: Final = "hand-made, fused"


class FusedSystem:
    """Rows of each modality, of what is fused of them, of ML-kNN, and of the shipped network and its own fusion."""

    letter = "E"
    title = "Sun, Zhu and Shi, Image Annotation via Deep Neural Network: modalities fused by exponentiated gradient"
    published: Mapping[str, object] = {
        "Hamming loss, fused / ML-kNN": "0.134 / 0.227 natural scenes, 0.0219 / 0.0364 NUS-WIDE,"
        " 0.0291 / 0.0545 IAPR TC-12",
        "so of ML-kNN's": "0.53 to 0.60",
    }  # fmt: skip

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """The headline is the hand-made modalities and the network fused; the weights come from known photos only.

        The network has seen the known photos, so these weights trust it more than new photos would; those of the
        shipped file come from photos that it has not seen (see its card).
        """
        known = bench.known
        if known is None:
            raise ModelError("Modalities need MIRFLICKR's training photos, which are not at hand.")
        hand = Handcrafted.load()
        before = yield from measured(hand, known, bench)
        after = yield from measured(hand, bench.scored, bench)
        task = _Task(bench, known.truth, before, after)
        voices: list[_Voice] = []
        for name in d.WIDTHS:
            yield Progress(len(voices) // 3, len(d.WIDTHS), f"modality {name}")
            voices += [task.voice(name, kind, hand) for kind in KINDS]
        yield Progress(0, None, "ML-kNN")
        nearest = task.row(ml_knn(before, known.truth, after))
        found = {"ML-kNN, hand-made": nearest}
        for voice in voices:
            found[f"{voice.modality}, {voice.kind}"] = task.row(_sigmoid(voice.scored))
        yield Progress(0, None, "fusing")
        found[HAND_MADE] = task.fused(voices)
        for name in d.WIDTHS:
            found[f"all but {name}"] = task.fused([voice for voice in voices if voice.modality != name])
        for kind in KINDS:
            found[f"fused, {kind} alone"] = task.fused([voice for voice in voices if voice.kind == kind])
        for kind in ("linear", "radial"):
            found[f"all in one vector, {kind}"] = task.row(_sigmoid(task.voice(None, kind, None).scored))
        plain = [task.voice(name, kind, None) for name in d.WIDTHS for kind in KINDS]
        found["hand-made, fused, not pre-trained"] = task.fused(plain)
        own = _Voice(
            "network", "deep", _logit(known.probabilities)[task.weighing], _logit(bench.scored.probabilities)
        )
        found["network"] = task.row(bench.scored.probabilities)
        both = task.fused([own, *voices], scaled=False)
        for row in (both, found[HAND_MADE], found["network"]):
            if "hamming_24" in row:
                row[BY_ML_KNN] = row["hamming_24"] / max(nearest["hamming_24"], 1e-9)
        found["Hamming loss of ML-kNN's: hand-made and network fused"] = _only(both)
        found["Hamming loss of ML-kNN's: hand-made fused"] = _only(found[HAND_MADE])
        found["Hamming loss of ML-kNN's: network"] = _only(found["network"])
        yield Progress(0, None, "late fusion of the shipped network")
        return {HEADLINE: both} | found | late.rows(bench)


SYSTEM = FusedSystem()


@dataclass(frozen=True, eq=False)
class _Voice:
    """Calibrated logits of one modality and similarity, on the weighing photos and on the scored ones, [N, C]."""

    modality: str
    kind: str
    weighing: Floats
    scored: Floats


class _Task:
    """Training on three known photos in four, weighing on the fourth, scoring on the others."""

    def __init__(self, bench: Bench, truth: NDArray[np.bool_], before: Floats, after: Floats) -> None:
        self._bench = bench
        places = np.arange(len(truth))
        self.weighing = places % _EVERY == 0
        self._truth = truth
        self._before, self._after = before, after

    def voice(self, name: str | None, kind: str, hand: Handcrafted | None) -> _Voice:
        """One modality, or all side by side (None); with what was learnt without labels, or without it (None)."""
        before = self._before if name is None else d.parts(self._before)[name]
        after = self._after if name is None else d.parts(self._after)[name]
        taught = before[~self.weighing]
        if hand is not None and name is not None:
            whitening, centres = hand.whitenings[name], hand.centres[name]
        else:
            whitening, centres = Whitening.plain(taught), None
        scorer = train(kind, whitening, taught, self._truth[~self.weighing], centres=centres)
        return _calibrated(name or "all", scorer, before[self.weighing], after, self._truth[self.weighing])

    def fused(self, voices: Sequence[_Voice], *, scaled: bool = True) -> Row:
        """The figures of some voices fused; ``scaled``: and calibrated once more on the weighing photos."""
        weighing = np.stack([voice.weighing for voice in voices], axis=1)
        truth = self._truth[self.weighing]
        fusion = learn(weighing, truth, self._bench.seed)
        scored = fuse(np.stack([voice.scored for voice in voices], axis=1), fusion)
        slope, offset = _platt(fuse(weighing, fusion), truth) if scaled else (1.0, 0.0)
        return self.row(_sigmoid(scored * slope + offset))

    def row(self, probabilities: NDArray[Any]) -> Row:
        """The figures of probabilities [N, C] of the scored photos."""
        return figures_of(self._bench.names, probabilities, self._bench.scored.truth)


def _calibrated(
    name: str, scorer: Scorer, weighing: Floats, scored: Floats, truth: NDArray[np.bool_]
) -> _Voice:
    first = scorer(weighing)
    slope, offset = _platt(first, truth)
    return _Voice(name, scorer.kind, first * slope + offset, scorer(scored) * slope + offset)


def _platt(logits: Floats, truth: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    scaling = platt(logits, truth.astype(np.float32), np.ones(truth.shape, np.float32))
    return scaling.slope, scaling.offset


def _only(row: Row) -> Row:
    return {BY_ML_KNN: row[BY_ML_KNN]} if BY_ML_KNN in row else {}


def _sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))


def _logit(probabilities: NDArray[Any]) -> Floats:
    held = np.clip(np.asarray(probabilities, np.float64), 1e-5, 1 - 1e-5)
    return (np.log(held) - np.log1p(-held)).astype(np.float32)
