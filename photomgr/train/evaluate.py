"""``photomgr train evaluate``: figures of a network on any set of photos with labels. Nothing is fitted here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.visual import VisualModel, VisualOutput
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import metrics
from photomgr.train.sets import CONCEPTS, RELEVANT, mirflickr_id, photos, read_rows

_BATCH = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Scored:
    """A set with the network's answer: ``names`` of C columns, ``scores`` and ``truth`` [N, C], ``skipped`` labels.

    ``positions`` are row numbers in the CSV, counted from 0.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    truth: NDArray[np.bool_]
    skipped: tuple[str, ...]
    positions: NDArray[np.int64]

    def rows(self, first: int, last: int) -> Scored:
        """The photos of rows ``first`` to ``last``, counted from 1, both included."""
        chosen = (self.positions + 1 >= first) & (self.positions + 1 <= last)
        return Scored(
            self.names, self.scores[chosen], self.truth[chosen], self.skipped, self.positions[chosen]
        )


def parse_split(text: str | None) -> tuple[int, int] | None:
    """``a:b`` as two numbers, both included; None for no split. Raises ModelError for anything else."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not (colon and first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise ModelError(f"A split looks like 16001:20000, not {text}.")
    return int(first), int(last)


def score(
    model: VisualModel, vocabulary: Vocabulary, images: Path, labels: Path, split: tuple[int, int] | None
) -> Job[Scored]:
    """Run the network over the photos of a tar and set its answers beside the labels of the CSV.

    ``split`` picks MIRFLICKR ids (files called ``im123``) or else row numbers counted from 1, both ends included.
    """
    rows = read_rows(labels, labels.stem)
    by_id = bool(rows) and all(
        Path(row.file).stem.startswith("im") and mirflickr_id(row.file) for row in rows[:5]
    )
    chosen = {
        row.file: number
        for number, row in enumerate(rows)
        if split is None or split[0] <= (mirflickr_id(row.file) if by_id else number + 1) <= split[1]
    }
    outputs: dict[int, VisualOutput] = {}
    yield Progress(0, len(chosen), images.name)
    wanted = ((chosen[name], model.prepare(photo)) for name, photo in photos(images) if name in chosen)
    with ThreadPoolExecutor(2) as pool:
        for batches in _groups(_groups(wanted, _BATCH), 4):
            results = pool.map(lambda batch: model.run(np.stack([pixels for _, pixels in batch])), batches)
            for batch, output in zip(batches, results, strict=True):
                for place, (number, _) in enumerate(batch):
                    outputs[number] = _row(output, place)
            yield Progress(len(outputs), len(chosen), images.name)
    if not outputs:
        raise ModelError(f"None of the photos of {images.name} has labels in {labels.name}.")
    numbers = sorted(outputs)
    label_sets = [frozenset(filter(None, rows[n].label.split("|"))) for n in numbers]
    return _match(model, vocabulary, label_sets, [outputs[n] for n in numbers], np.array(numbers))


def _groups(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while group := list(islice(items, size)):
        yield group


def _row(output: VisualOutput, place: int) -> VisualOutput:
    part = slice(place, place + 1)
    return VisualOutput(output.probabilities[part], output.embedding[part], output.relevance[part])


def _match(
    model: VisualModel,
    vocabulary: Vocabulary,
    label_sets: list[frozenset[str]],
    outputs: list[VisualOutput],
    positions: NDArray[np.int64],
) -> Scored:
    probabilities = np.concatenate([o.probabilities for o in outputs])
    relevance = np.concatenate([o.relevance for o in outputs])
    names, columns, truth, skipped = [], [], [], []
    for label in sorted(set().union(*label_sets)):
        column = _column(model, vocabulary, label, probabilities, relevance)
        if column is None:
            skipped.append(label)
            continue
        names.append(label)
        columns.append(column)
        truth.append([label in labels for labels in label_sets])
    if not names:
        raise ModelError("None of the labels is a tag that the network knows.")
    return Scored(
        tuple(names), np.stack(columns, axis=1), np.array(truth, dtype=np.bool_).T, tuple(skipped), positions
    )


def _column(
    model: VisualModel,
    vocabulary: Vocabulary,
    label: str,
    probabilities: NDArray[np.float32],
    relevance: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    if label in model.relevance and relevance.shape[1]:
        return relevance[:, model.relevance.index(label)]
    tag = vocabulary.resolve(CONCEPTS.get(label, label.removesuffix("_r1")))
    return probabilities[:, model.labels.index(tag)] if tag in model.labels else None


def figures(scored: Scored) -> dict[str, float]:
    """All figures of merit by name. Those that end in 24 or 38 only where the set has MIRFLICKR's annotations."""
    names = scored.names
    found: dict[str, float] = {}
    concepts = [names.index(label) for label in CONCEPTS if label in names]
    everything = concepts + [names.index(label) for label in RELEVANT if label in names]
    if len(concepts) == len(CONCEPTS):
        scores, truth = scored.scores[:, concepts], scored.truth[:, concepts]
        found["macro_map_24"] = metrics.macro_map(scores, truth)
        if len(everything) == len(CONCEPTS) + len(RELEVANT):
            found["macro_map_38"] = metrics.macro_map(
                scored.scores[:, everything], scored.truth[:, everything]
            )
        found["micro_ap_24"] = metrics.micro_ap(scores, truth)
        found["hamming_24"] = metrics.hamming(scores, truth)
    else:
        scores, truth = scored.scores, scored.truth
        found |= {"macro_map": metrics.macro_map(scores, truth), "micro_ap": metrics.micro_ap(scores, truth),
                  "hamming": metrics.hamming(scores, truth)}  # fmt: skip
    found |= metrics.at_k(scores, truth, min(5, scores.shape[1]))
    for k in (1, 5, 10):
        if k <= scores.shape[1]:
            found[f"top_{k}"] = metrics.top_k(scores, truth, k)
    found["calibration_error"] = metrics.calibration_error(scores, truth)
    return found


def report(scored: Scored, name: str) -> dict[str, object]:
    """The object that ``--json`` prints."""
    per_tag = metrics.per_tag_ap(scored.scores, scored.truth)
    return {
        "set": name,
        "n": len(scored.scores),
        "ours": figures(scored),
        "per_tag": {label: float(ap) for label, ap in zip(scored.names, per_tag, strict=True)},
        "skipped": list(scored.skipped),
        "systems": {},
        "published": {},
    }


def table(result: dict[str, object]) -> str:
    """The same for a person: one figure a line."""
    ours = result["ours"]
    assert isinstance(ours, dict)
    lines = [f"{result['set']}: {result['n']} photos"]
    lines += [f"  {key:<20} {value:8.4f}" for key, value in ours.items()]
    if result["skipped"]:
        lines.append(f"  labels that are no tags of ours: {', '.join(map(str, result['skipped']))}")  # type: ignore[call-overload]
    return "\n".join(lines)
