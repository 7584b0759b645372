"""What the network is taught: for every photo and tag a target in [0, 1] and how much it counts.

True labels override; what they leave open is filled with what the teachers think, at a lower weight. Columns
are the tags of the vocabulary followed by the 14 relevant annotations of MIRFLICKR.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.train.lexicon import Lexicon
from photomgr.train.pack import Pixels
from photomgr.train.sets import CONCEPTS, RELEVANT, PhotoSet, Row

Floats = NDArray[np.float32]

TEACHER = 0.25
"""Weight of a teacher's opinion where nothing else is known."""
IMPLIED = 0.5
"""Weight of what follows from a label: the parents of a present tag, the children of an absent one."""
MONOCHROME = "black and white"
"""The one tag whose truth can be measured in the pixels."""
_SPOKEN_ONCE, _SPOKEN, _UNSPOKEN = 0.85, 1.0, 0.3
_UNHEARD_OF = 0.03
DOUBT = 0.6
"""Five people who all leave a thing out have probably not seen it; the teachers may still know better."""
_DETECTED = 0.5
"""Weight of the object detector, which has seen where things stand in ordinary photos."""


@dataclass
class Targets:
    """``value`` and ``weight``: float32 [N, T + 14]. ``true``: where a label of the set itself speaks.

    ``silent``: where people described the photo and left the tag out.
    """

    value: Floats
    weight: Floats
    true: NDArray[np.bool_]
    silent: NDArray[np.bool_]

    @classmethod
    def empty(cls, photos: int, columns: int) -> Targets:
        """Nothing known of anything."""
        shape = (photos, columns)
        numbers = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        return cls(*numbers, np.zeros(shape, np.bool_), np.zeros(shape, np.bool_))

    def say(self, row: int, column: int, value: float, weight: float = 1.0) -> None:
        """A label of the set: overrides whatever stood there."""
        self.value[row, column], self.weight[row, column], self.true[row, column] = value, weight, True


def columns(lexicon: Lexicon) -> list[str]:
    """Names of the target's columns."""
    return [tag.name for tag in lexicon.vocabulary.tags] + list(RELEVANT)


def soft_targets(lexicon: Lexicon, work: Path, name: str, key: str) -> tuple[Floats, NDArray[np.bool_]]:
    """Teachers' opinion on each tag, [N, T], and which tags any teacher has a word for, [T].

    ``key``: of the backbone, whose opinion of ImageNet's classes is asked. The labeler may be absent.
    """
    imagenet = np.load(work / "teach" / f"{name}_{key}p.npy").astype(np.float32)
    second = work / "teach" / f"{name}_ol.npy"
    labeler = np.load(second).astype(np.float32) if second.exists() else None
    tags = len(lexicon.vocabulary.tags)
    opinion = np.zeros((len(imagenet), tags), np.float32)
    heard = np.zeros(tags, np.bool_)
    for column in range(tags):
        classes = list(lexicon.classes[column])
        labels = [] if labeler is None else list(lexicon.labeler[column])
        if classes:
            opinion[:, column] = imagenet[:, classes].sum(axis=1)
        if labels and labeler is not None:
            opinion[:, column] = np.maximum(opinion[:, column], labeler[:, labels].max(axis=1))
        heard[column] = bool(classes or labels)
    return np.clip(opinion, 0.0, 1.0), heard


def monochrome(pixels: Pixels) -> Floats:
    """How grey each photo is, [N] in [0, 1]: 1 without any colour, 0 with some, 0.5 where it is hard to say."""
    spread = np.array([float(np.ptp(photo[::2, ::2].astype(np.int16), axis=2).mean()) for photo in pixels])
    return np.where(spread < 4.0, 1.0, np.where(spread > 9.0, 0.0, 0.5)).astype(np.float32)


def build(
    lexicon: Lexicon,
    photo_set: PhotoSet,
    rows: list[Row],
    pixels: Pixels,
    soft: tuple[Floats, NDArray[np.bool_]] | None = None,
) -> Targets:
    """Targets of one set, in the order of its rows; ``pixels`` as packed.

    ``soft``: what the teachers think of it, as of :func:`soft_targets`; without it only its labels speak.
    """
    tags = len(lexicon.vocabulary.tags)
    targets = Targets.empty(len(rows), tags + len(RELEVANT))
    if soft is not None:
        unheard_of = 0.0 if photo_set.name == "mirflickr" else _UNHEARD_OF
        targets.value[:, :tags] = soft[0]
        targets.weight[:, :tags] = np.where(soft[1], TEACHER, unheard_of)
    if photo_set.kind == "complete":
        _complete(lexicon, rows, targets)
    elif photo_set.kind == "captions":
        _captions(lexicon, rows, targets)
    elif photo_set.kind == "wnid":
        _wnids(lexicon, rows, targets)
    elif photo_set.kind == "boxes":
        _boxes(lexicon, rows, targets)
    elif photo_set.kind in ("single", "present"):
        _labels(lexicon, photo_set, rows, targets)
    grey, column = monochrome(pixels), lexicon.index[MONOCHROME]
    targets.value[:, column] = grey
    targets.weight[:, column] = np.where(grey == 0.5, 0.0, 1.0)
    targets.true[:, column] = grey != 0.5
    return targets


def detected(lexicon: Lexicon, found: Floats, classes: list[int | None], targets: Targets) -> None:
    """Add what a detector found, [N, C] in 0..1, whose class ``i`` means the tag's column ``classes[i]``.

    Labels of the set stay. What it finds counts fully and for the broader tags too; what it does not find only
    halves what the other teachers think, since it overlooks small things.
    """
    for column in sorted({c for c in classes if c is not None}):
        presence = found[:, [i for i, c in enumerate(classes) if c == column]].max(axis=1)
        open_ = ~targets.true[:, column]
        before = targets.value[:, column] * (targets.weight[:, column] > 0)
        value = np.maximum(presence, 0.5 * (presence + before))
        targets.value[open_, column], targets.weight[open_, column] = value[open_], _DETECTED
        for parent in lexicon.ancestors[column]:
            higher = ~targets.true[:, parent] & (presence > targets.value[:, parent]) & (presence > 0.3)
            targets.value[higher, parent] = presence[higher]
            targets.weight[higher, parent] = np.maximum(targets.weight[higher, parent], TEACHER)


def _present(lexicon: Lexicon, targets: Targets, row: int, column: int, value: float = 1.0) -> None:
    targets.say(row, column, value)
    for parent in lexicon.ancestors[column]:
        if not (targets.true[row, parent] and targets.value[row, parent] >= value):
            targets.say(row, parent, value, max(IMPLIED, 0.8 * value))


def _absent(lexicon: Lexicon, targets: Targets, row: int, column: int) -> None:
    targets.say(row, column, 0.0)
    for child in lexicon.descendants[column]:
        if not targets.true[row, child]:
            targets.say(row, child, 0.0, IMPLIED)


def _complete(lexicon: Lexicon, rows: list[Row], targets: Targets) -> None:
    tags = len(lexicon.vocabulary.tags)
    for row, photo in enumerate(rows):
        labels = set(photo.label.split("|"))
        for number, name in enumerate(RELEVANT):
            targets.say(row, tags + number, float(name in labels))
        for label, tag in CONCEPTS.items():
            targets.say(row, lexicon.index[tag], float(label in labels))
        for label, tag in CONCEPTS.items():
            if label not in labels:
                for child in lexicon.descendants[lexicon.index[tag]]:
                    if not targets.true[row, child]:
                        targets.say(row, child, 0.0, IMPLIED)


def _captions(lexicon: Lexicon, rows: list[Row], targets: Targets) -> None:
    named = np.array([bool(words) for words in lexicon.words])
    tags = len(named)
    for row, photo in enumerate(rows):
        counts = np.zeros(tags, np.int64)
        for caption in photo.label.split("||"):
            counts[list(lexicon.spoken(caption))] += 1
        silent = named & (counts == 0)
        targets.silent[row, :tags] = silent
        targets.value[row, :tags][silent] *= DOUBT
        targets.weight[row, :tags][silent] = _UNSPOKEN
        for column in np.flatnonzero(counts):
            _present(lexicon, targets, row, int(column), _SPOKEN if counts[column] > 1 else _SPOKEN_ONCE)


def _wnids(lexicon: Lexicon, rows: list[Row], targets: Targets) -> None:
    for row, photo in enumerate(rows):
        wnid = photo.label.split("|")[0]
        for column, ids in enumerate(lexicon.wnids):
            if wnid in ids:
                _present(lexicon, targets, row, column)


def _boxes(lexicon: Lexicon, rows: list[Row], targets: Targets) -> None:
    classes = {"car": "car", "person": "people", "cat": "cat", "train": "train", "bus": "bus"}
    for row, photo in enumerate(rows):
        seen = {box.split()[0] for box in photo.label.split(";") if box.strip()}
        for label, tag in classes.items():
            if label in seen:
                _present(lexicon, targets, row, lexicon.index[tag])


def _labels(lexicon: Lexicon, photo_set: PhotoSet, rows: list[Row], targets: Targets) -> None:
    wanted = [_columns_of(lexicon, photo_set, photo.label) for photo in rows]
    classes = {column for found in wanted for column in found}
    for row, found in enumerate(wanted):
        for column in found:
            _present(lexicon, targets, row, column)
        if photo_set.kind == "single" and found:
            implied = {parent for column in found for parent in lexicon.ancestors[column]}
            below = {child for column in found for child in lexicon.descendants[column]}
            for column in classes - found - implied - below:
                _absent(lexicon, targets, row, column)


def unheard(lexicon: Lexicon, photo_set: PhotoSet, rows: list[Row]) -> list[str]:
    """Labels of a set that no tag and no alias means, and that therefore teach nothing."""
    labels = sorted({label for row in rows for label in row.label.split("|") if label})
    return [label for label in labels if not _columns_of(lexicon, photo_set, label)]


def _columns_of(lexicon: Lexicon, photo_set: PhotoSet, labels: str) -> set[int]:
    found = set()
    for label in labels.split("|"):
        column = lexicon.find(photo_set.names.get(label, label)) if label else None
        if column is not None:
            found.add(column)
    return found
