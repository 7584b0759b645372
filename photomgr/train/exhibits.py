"""What stands on the model card beside the own figures: the published systems, a simulated reviewer, plots."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from photomgr.annotate.annotator import Annotator
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.annotate.words import FILE as WORDS
from photomgr.jobs import Job, Progress
from photomgr.library import simulation
from photomgr.library.simulation import Point
from photomgr.train import bench, plots, systems
from photomgr.train.bench import Outcome
from photomgr.train.evaluate import Scored, stand
from photomgr.train.sets import CONCEPTS, read_rows
from photomgr.train.standing import Standing

REVIEWED = ("dog", "flower", "night", "bird", "car", "baby", "sunset", "portrait")
"""Labels of MIRFLICKR that the simulated reviewer decides on: none of them on more than one photo in six."""
DECISIONS = 200
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
    outcomes = yield from bench.measure(systems.everything(), built)
    curves = yield from _review(model, scored, data, work)
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
    drawn["A simulated reviewer, mean over " + ", ".join(REVIEWED)] = f"{_PLOTS}/learning.svg"
    table = stand(scored, outcomes, out, bench.full_of(model, work))
    return Exhibits(outcomes, table, curves, drawn)


def _review(model: VisualModel, scored: Scored, data: Path, work: Path) -> Job[dict[str, list[Point]]]:
    annotator = Annotator(model, Vocabulary.load())
    labels = work / "evaluate" / "reviewed.csv"
    wanted = set(scored.files)
    _write(
        labels,
        [
            (row.file, row.label)
            for row in read_rows(data / "mirflickr.csv", "mirflickr")
            if row.file in wanted
        ],
    )
    photos = yield from simulation.read(data / "mirflickr.tar", labels, annotator, work / "evaluate")
    kinds = {
        "a tag that the network knows": {"unknown": False, "noise": 0.0},
        "the same, 5 % of the decisions wrong": {"unknown": False, "noise": 0.05},
        "a tag that is new to it": {"unknown": True, "noise": 0.0},
    }
    curves: dict[str, list[Point]] = {}
    for kind, how in kinds.items():
        each: list[list[Point]] = []
        for tag in REVIEWED:
            yield Progress(len(each), len(REVIEWED), f"reviewing {kind}")
            each.append((yield from simulation.play(
                photos, annotator, tag, decisions=DECISIONS, unknown=bool(how["unknown"]), noise=how["noise"],
            )))  # fmt: skip
        curves[kind] = list(simulation.mean_curve(each))
    return curves


def _write(target: Path, rows: Sequence[tuple[str, str]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([("file", "labels"), *rows])
