"""``photomgr train evaluate``: figures of a network on any set of photos with labels, beside the published systems.

The network is fitted to nothing here. The systems learn from MIRFLICKR's training photos where those are at hand,
and never from a photo that is scored.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.visual import VisualModel, VisualOutput
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ImageError, ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import metrics
from photomgr.train.archive import THREADS, Archive
from photomgr.train.bench import Outcome
from photomgr.train.figures import figure_lines, figures_of, noise
from photomgr.train.lexicon import spellings
from photomgr.train.sets import CONCEPTS, RELEVANT, Row, mirflickr_id, published, read_rows
from photomgr.train.workers import workers

if TYPE_CHECKING:
    from photomgr.train.standing import Standing

_BATCH = 8
_NAMED = 20
_LEFT_OUT = {
    "skipped": "labels that are no tags of ours",
    "unreadable": "photos that cannot be read",
    "absent": "photos of the table that are not in the tar",
}
_BOX = re.compile(r"\s*([^;|]*[^;|\s\d.][^;|\d.]*?)(?:\s+-?\d+(?:\.\d+)?){4}\s*")

_CAPTIONS = " || "  # between the captions of one photo

T = TypeVar("T")


@dataclass(frozen=True)
class Scored:
    """A set with the network's answer: ``names`` of C columns, ``scores`` and ``truth`` [N, C], ``skipped`` labels.

    ``embedding`` [N, E]. ``files`` are names in the tar, ``positions`` row numbers in the CSV, counted from 0.
    ``merged``: labels that are another name of one of ``names``, with that name, which has their photos.
    ``modalities`` [N, M, F]: the logit of each modality for each concept that the network fuses, if any.
    ``broken``: photos that could not be read; ``absent``: those of the table that are not in the tar. ``taught``: how
    many of the photos the shipped network was trained on.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    truth: NDArray[np.bool_]
    embedding: NDArray[np.float32]
    skipped: tuple[str, ...]
    files: tuple[str, ...]
    positions: NDArray[np.int64]
    broken: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    taught: int = 0
    merged: Mapping[str, str] = field(default_factory=dict)
    modalities: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))

    def rows(self, first: int, last: int) -> Scored:
        """The photos of rows ``first`` to ``last``, counted from 1, both included."""
        chosen = np.flatnonzero((self.positions + 1 >= first) & (self.positions + 1 <= last))
        return dataclasses.replace(
            self, scores=self.scores[chosen], truth=self.truth[chosen], embedding=self.embedding[chosen],
            files=tuple(self.files[n] for n in chosen), positions=self.positions[chosen],
            modalities=self.modalities[chosen] if len(self.modalities) else self.modalities,
        )  # fmt: skip


def parse_split(text: str | None) -> tuple[int, int] | None:
    """``a:b`` as two numbers, both included; None for no split. Raises ModelError for anything else."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not (colon and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise ModelError(f"A split looks like 16001:20000, not {text}.")
    return int(first), int(last)


def score(
    model: VisualModel, vocabulary: Vocabulary, images: Path, labels: Path, split: tuple[int, int] | None
) -> Job[Scored]:
    """Run the network over the photos of a tar and set its answers beside the labels of the CSV.

    ``split`` picks MIRFLICKR ids (files called ``im123``) or else row numbers counted from 1, both ends included.
    """
    rows = read_rows(labels, labels.stem)
    by_id = bool(rows) and all(mirflickr_id(row.file) for row in rows[:5])
    chosen = [
        number
        for number, row in enumerate(rows)
        if split is None or split[0] <= (mirflickr_id(row.file) if by_id else number + 1) <= split[1]
    ]
    if rows and split is not None and not chosen:
        kind = "ids" if by_id else "rows"
        raise ModelError(f"The table {labels.name} has none of the {kind} {split[0]} to {split[1]}.")
    yield Progress(0, len(chosen), images.name)
    archive = Archive(images)
    there = [number for number in chosen if rows[number].file in archive]
    broken: list[str] = []
    outputs: dict[int, VisualOutput] = {}

    def look(numbers: list[int]) -> list[tuple[int, VisualOutput]]:
        pixels = []
        for number in numbers:
            try:
                pixels.append((number, model.prepare(archive.photo(rows[number].file))))
            except ImageError:
                broken.append(rows[number].file)
        if not pixels:
            return []
        output = model.run(np.stack([each for _, each in pixels]))
        return [(number, _row(output, place)) for place, (number, _) in enumerate(pixels)]

    with workers(THREADS) as pool:
        for several in _groups(iter(there), _BATCH * THREADS * 2):
            for found in pool.map(look, _groups(iter(several), _BATCH)):
                outputs.update(found)
            yield Progress(len(outputs), len(there), images.name)
    if not outputs:
        raise ModelError(f"None of the photos of {images.name} has labels in {labels.name}.")
    numbers = sorted(outputs)
    scored = _match(model, vocabulary, rows, numbers, [outputs[n] for n in numbers])
    absent = tuple(rows[number].file for number in chosen if rows[number].file not in archive)
    taught = 0
    if published(labels) or labels.stem in model.taught:
        taught = sum(not rows[number].held_out for number in numbers)
    return dataclasses.replace(scored, broken=tuple(sorted(broken)), absent=absent, taught=taught)


def _groups(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while group := list(islice(items, size)):
        yield group


def _row(output: VisualOutput, place: int) -> VisualOutput:
    part = slice(place, place + 1)
    said = output.modalities[part] if len(output.modalities) else output.modalities
    return VisualOutput(output.probabilities[part], output.embedding[part], output.relevance[part], said)


def labels_of(text: str) -> frozenset[str]:
    """The labels of one photo: with ``|`` between them, or of boxes, ``dog 10 20 90 80 ; car 0 0 5 5``."""
    boxes = [_BOX.fullmatch(part) for part in text.split(";") if part.strip()]
    if any(boxes):  # a part that is none is a slip of the pen
        return frozenset(box[1] for box in boxes if box)
    return frozenset(label for part in text.split("|") if (label := part.strip()))


def labels_in(table: Path) -> list[str]:
    """All labels of a set's table. Raises ModelError when it cannot be read, and when it holds captions."""
    rows = read_rows(table, table.stem)
    if any(_CAPTIONS in row.label for row in rows):
        raise ModelError(f"The table {table.name} holds captions; labels with | between them can be scored.")
    return sorted(set().union(*(labels_of(row.label) for row in rows)))


def _match(
    model: VisualModel,
    vocabulary: Vocabulary,
    rows: list[Row],
    numbers: list[int],
    outputs: list[VisualOutput],
) -> Scored:
    """The labels of the whole table are the question, so that a small part of it is asked no less."""
    label_sets = [labels_of(row.label) for row in rows]
    asked = [label_sets[number] for number in numbers]
    answers = {
        "probabilities": np.concatenate([o.probabilities for o in outputs]),
        "relevance": np.concatenate([o.relevance for o in outputs]),
    }
    relevance = model.relevance if answers["relevance"].shape[1] else ()
    groups, skipped = _grouped(model.labels, relevance, vocabulary, set().union(*label_sets))
    if not groups:
        some = ", ".join(label[:40] for label in skipped[:3])
        raise ModelError(
            f"None of the labels ({some}, …) is a tag that the network knows."
            if skipped
            else "The table holds no labels."
        )
    return Scored(
        tuple(group.labels[0] for group in groups),
        np.stack([answers[group.output][:, group.column] for group in groups], axis=1),
        np.array([[not labels.isdisjoint(group.labels) for group in groups] for labels in asked], np.bool_),
        np.concatenate([o.embedding for o in outputs]), tuple(skipped),
        tuple(rows[number].file for number in numbers), np.array(numbers),
        merged={label: group.labels[0] for group in groups for label in group.labels[1:]},
        modalities=np.concatenate([o.modalities for o in outputs]),
    )  # fmt: skip


@dataclass(frozen=True)
class _Group:
    """Labels of a table that mean one tag, the one that names it first, and where the network answers them."""

    output: str
    column: int
    labels: tuple[str, ...]


def _grouped(
    tags: Sequence[str], relevance: Sequence[str], vocabulary: Vocabulary, labels: set[str]
) -> tuple[list[_Group], list[str]]:
    """The labels by the output that answers them, and those that none does.

    No two of MIRFLICKR's own names are ever one. A relevant annotation asks for less: it takes no other label in.
    """
    found: dict[object, _Group] = {}
    skipped: list[str] = []
    for label in _in_order(labels):
        place = _place(tags, relevance, vocabulary, label)
        if place is None:
            skipped.append(label)
            continue
        alone = label in RELEVANT or (label in CONCEPTS and place in found)
        key: object = label if alone else place
        group = found.setdefault(key, _Group(*place, ()))
        named = label == tags[place[1]] and not set(group.labels) & set(CONCEPTS)
        together = (label, *group.labels) if named else (*group.labels, label)
        found[key] = dataclasses.replace(group, labels=together)
    return list(found.values()), skipped


def _in_order(labels: set[str]) -> list[str]:
    """MIRFLICKR's annotations in their own order first, then everything else by name."""
    usual = [label for label in (*CONCEPTS, *RELEVANT) if label in labels]
    return usual + sorted(labels - set(usual))


def _place(
    tags: Sequence[str], relevance: Sequence[str], vocabulary: Vocabulary, label: str
) -> tuple[str, int] | None:
    """Which output of the network answers a label, and in which column; None where it knows no such tag."""
    if label in relevance:
        return "relevance", relevance.index(label)
    for name in spellings(CONCEPTS.get(label, label.removesuffix("_r1"))):
        tag = vocabulary.resolve(name)
        if tag in tags:
            return "probabilities", tags.index(tag)
    return None


def report(
    scored: Scored, name: str, systems: Mapping[str, Outcome], table: Sequence[Standing] = ()
) -> dict[str, object]:
    """The object that ``--json`` prints. A label that no photo of the split has is in no figure."""
    per_tag = metrics.per_tag_ap(scored.scores, scored.truth)
    ours = figures_of(scored.names, scored.scores, scored.truth)
    return {
        "set": name,
        "n": len(scored.scores),
        "ours": {key: value for key, value in ours.items() if not np.isnan(value)},
        "per_tag": {
            label: float(ap) for label, ap in zip(scored.names, per_tag, strict=True) if not np.isnan(ap)
        },
        "skipped": list(scored.skipped),
        "merged": dict(scored.merged),
        "unreadable": list(scored.broken),
        "absent": list(scored.absent),
        "taught": scored.taught,
        "systems": {letter: outcome.as_json() for letter, outcome in systems.items()},
        "published": {letter: dict(outcome.system.published) for letter, outcome in systems.items()},
        "table": [row.as_json() for row in table],
    }


def stand(scored: Scored, systems: Mapping[str, Outcome], shipped: Path, full: Path | None) -> list[Standing]:
    """The table of all protocols, from what was measured; how fast the network is, is measured now."""
    from photomgr.train.pace import pace
    from photomgr.train.standing import standings

    ours = figures_of(scored.names, scored.scores, scored.truth)
    chance = noise(scored.names, scored.scores, scored.truth)
    concepts = [n for n, name in enumerate(scored.names) if name in CONCEPTS]
    errors = metrics.suggestion_errors(scored.scores[:, concepts], scored.truth[:, concepts])
    worst = "" if np.isnan(errors).all() else scored.names[concepts[int(np.nanargmax(errors))]]
    return standings(ours, systems, pace(shipped, full), chance, worst)


def summary(result: Mapping[str, Any]) -> str:
    """The own figures for a person, one a line, and what was left out of them."""
    lines = [f"{result['set']}: {result['n']} photos", *figure_lines(result["ours"])]
    for key, text in _LEFT_OUT.items():
        names = result[key]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            lines.append(f"  {text}: {', '.join(names[:_NAMED])}{more}")
    if result["merged"]:
        pairs = [f"{label} = {name}" for label, name in result["merged"].items()]
        more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        lines.append(f"  labels that are other names of one tag: {', '.join(pairs[:_NAMED])}{more}")
    if result["taught"]:
        lines.append(f"  {result['taught']} of these photos taught the network, which flatters it")
    return "\n".join(lines)
