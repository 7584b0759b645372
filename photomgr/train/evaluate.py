"""``photomgr train evaluate``: figures of a network on any set of photos with labels, beside the published systems.

The network is fitted to nothing here. The systems learn from MIRFLICKR's training photos where those are at hand,
and never from a photo that is scored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.visual import VisualModel, VisualOutput
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import metrics
from photomgr.train.bench import Outcome
from photomgr.train.figures import figure_lines, figures_of
from photomgr.train.lexicon import spellings
from photomgr.train.sets import CONCEPTS, RELEVANT, Row, mirflickr_id, photos, read_rows

_BATCH = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Scored:
    """A set with the network's answer: ``names`` of C columns, ``scores`` and ``truth`` [N, C], ``skipped`` labels.

    ``embedding`` [N, E]. ``files`` are names in the tar, ``positions`` row numbers in the CSV, counted from 0.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    truth: NDArray[np.bool_]
    embedding: NDArray[np.float32]
    skipped: tuple[str, ...]
    files: tuple[str, ...]
    positions: NDArray[np.int64]

    def rows(self, first: int, last: int) -> Scored:
        """The photos of rows ``first`` to ``last``, counted from 1, both included."""
        chosen = np.flatnonzero((self.positions + 1 >= first) & (self.positions + 1 <= last))
        return dataclasses.replace(
            self, scores=self.scores[chosen], truth=self.truth[chosen], embedding=self.embedding[chosen],
            files=tuple(self.files[n] for n in chosen), positions=self.positions[chosen],
        )  # fmt: skip


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
    return _match(
        model, vocabulary, [rows[n] for n in numbers], [outputs[n] for n in numbers], np.array(numbers)
    )


def _groups(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while group := list(islice(items, size)):
        yield group


def _row(output: VisualOutput, place: int) -> VisualOutput:
    part = slice(place, place + 1)
    return VisualOutput(output.probabilities[part], output.embedding[part], output.relevance[part])


def _match(
    model: VisualModel,
    vocabulary: Vocabulary,
    rows: list[Row],
    outputs: list[VisualOutput],
    positions: NDArray[np.int64],
) -> Scored:
    label_sets = [frozenset(filter(None, row.label.split("|"))) for row in rows]
    probabilities = np.concatenate([o.probabilities for o in outputs])
    relevance = np.concatenate([o.relevance for o in outputs])
    names, columns, truth, skipped = [], [], [], []
    for label in _in_order(set().union(*label_sets)):
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
        tuple(names), np.stack(columns, axis=1), np.array(truth, dtype=np.bool_).T,
        np.concatenate([o.embedding for o in outputs]), tuple(skipped), tuple(row.file for row in rows), positions,
    )  # fmt: skip


def _in_order(labels: set[str]) -> list[str]:
    """MIRFLICKR's annotations in their own order first, then everything else by name."""
    usual = [label for label in (*CONCEPTS, *RELEVANT) if label in labels]
    return usual + sorted(labels - set(usual))


def _column(
    model: VisualModel,
    vocabulary: Vocabulary,
    label: str,
    probabilities: NDArray[np.float32],
    relevance: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    if label in model.relevance and relevance.shape[1]:
        return relevance[:, model.relevance.index(label)]
    for name in spellings(CONCEPTS.get(label, label.removesuffix("_r1"))):
        tag = vocabulary.resolve(name)
        if tag in model.labels:
            return probabilities[:, model.labels.index(tag)]
    return None


def report(scored: Scored, name: str, systems: Mapping[str, Outcome]) -> dict[str, object]:
    """The object that ``--json`` prints."""
    per_tag = metrics.per_tag_ap(scored.scores, scored.truth)
    return {
        "set": name,
        "n": len(scored.scores),
        "ours": figures_of(scored.names, scored.scores, scored.truth),
        "per_tag": {label: float(ap) for label, ap in zip(scored.names, per_tag, strict=True)},
        "skipped": list(scored.skipped),
        "systems": {letter: outcome.as_json() for letter, outcome in systems.items()},
        "published": {letter: dict(outcome.system.published) for letter, outcome in systems.items()},
    }


def table(result: Mapping[str, Any], systems: Mapping[str, Outcome]) -> str:
    """The same for a person: ours one figure a line, then a table for each system."""
    lines = [f"{result['set']}: {result['n']} photos", *figure_lines(result["ours"])]
    if result["skipped"]:
        lines.append(f"  labels that are no tags of ours: {', '.join(result['skipped'])}")
    for outcome in systems.values():
        lines += ["", *outcome.lines()]
    return "\n".join(lines)
