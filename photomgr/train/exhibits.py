"""What stands on the model card beside the own figures: the published systems, a simulated reviewer, plots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from photomgr.annotate.visual import VisualModel
from photomgr.annotate.words import FILE as WORDS
from photomgr.jobs import Job, Progress
from photomgr.library import simulation
from photomgr.library.simulation import Point
from photomgr.train import bench, plots, systems
from photomgr.train.bench import Outcome
from photomgr.train.evaluate import Scored, stand
from photomgr.train.sets import CONCEPTS
from photomgr.train.standing import Standing
from photomgr.train.systems import learning

_PLOTS = "plots"
_LOSS = f"{_PLOTS}/loss.svg"


@dataclass(frozen=True)
class Exhibits:
    """``systems`` by letter; the ``table`` of all protocols; ``curves`` of the reviewer, each the mean over the tags;
    ``plots`` by their captions."""

    systems: dict[str, Outcome]
    table: list[Standing]
    curves: dict[str, list[Point]]
    plots: dict[str, str]


def loss(work: Path, out: Path) -> None:
    """Draw the curve of the training in ``work`` for the card in ``out``."""
    if (work / "loss.csv").exists():
        plots.loss(work / "loss.csv", out / _LOSS)


def gather(
    model: VisualModel, scored: Scored, data: Path, models: Path, work: Path, out: Path
) -> Job[Exhibits]:
    """Measure on photos that nothing was fitted on, ``scored`` of ``data/mirflickr``, and draw into ``out/plots``."""
    built = yield from bench.assemble(model, scored, data / "mirflickr.tar", data, models, work)
    if (out / WORDS).exists():
        built = replace(built, words=out)
    played = yield from learning.curves(built, tuple(learning.KINDS))
    outcomes = yield from bench.measure(systems.everything(), replace(built, curves=played))
    curves = {kind: simulation.mean_curve(each) for kind, each in played.items()}
    yield Progress(0, None, "plots")
    drawn = {}
    if (out / _LOSS).exists():
        drawn["Loss while training"] = _LOSS
    plots.precision_recall(scored.names, scored.scores, scored.truth, out / _PLOTS / "precision_recall.svg")
    drawn["Precision and recall by group of concepts"] = f"{_PLOTS}/precision_recall.svg"
    concepts = [scored.names.index(label) for label in CONCEPTS if label in scored.names]
    plots.reliability(scored.scores[:, concepts], scored.truth[:, concepts], out / _PLOTS / "reliability.svg")
    drawn["Reliability of the probabilities"] = f"{_PLOTS}/reliability.svg"
    plots.learning(curves, out / _PLOTS / "learning.svg")
    drawn["A simulated reviewer, mean over " + ", ".join(learning.REVIEWED)] = f"{_PLOTS}/learning.svg"
    table = stand(scored, outcomes, out, bench.full_of(model, work))
    return Exhibits(outcomes, table, curves, drawn)
