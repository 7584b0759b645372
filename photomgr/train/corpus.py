"""All photos of all sets with their targets, ready to be drawn in batches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import detector
from photomgr.train.backbones import Backbone
from photomgr.train.committee import judge
from photomgr.train.lexicon import Lexicon
from photomgr.train.pack import Pixels, pack
from photomgr.train.sets import CONCEPTS, RELEVANT, PhotoSet, Row, found
from photomgr.train.sharpen import squash
from photomgr.train.targets import DOUBT, TEACHER, Floats, Targets, build, detected, soft_targets
from photomgr.train.teachers import teach, teach_lite2

_BLEND = 0.25
"""Share of the committee's opinion in the labels of MIRFLICKR, which people gave in haste."""
_COMMITTEE = 0.3
_EARLIER = 0.3
"""Share of an earlier network's opinion on photos whose concepts people labelled."""
_ELSEWHERE = 0.5
"""Weight of its opinion of these concepts on other photos."""
_KNOWN = 0.05
"""A target of less weight counts as unknown."""
_TOO_SMALL = 100
"""Sets packed at fewer pixels a side are not shown to the detector: it would find nothing there."""


@dataclass
class Part:
    """One set: its photos and what is known of them. ``imagenet``: the teacher's probabilities [N, 1001]."""

    photo_set: PhotoSet
    rows: list[Row]
    pixels: Pixels
    targets: Targets
    imagenet: NDArray[np.float16]
    features: NDArray[np.float16]

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which photos are never trained on, [N]."""
        return np.array([row.held_out for row in self.rows], np.bool_)


def assemble(
    data: Path, models: Path, work: Path, lexicon: Lexicon, backbone: Backbone, seed: int
) -> Job[list[Part]]:
    """Pack every set that is there, run the teachers, and build the targets. Each step is kept in ``work``.

    Of the teachers only the backbone must be there. Raises ModelError where there is no set at all.
    """
    parts = []
    present = _present(data)
    detects = (models / "yolox_nano" / "model.onnx").exists()
    classes = detector.columns(lexicon, detector.coco_names(data)) if detects else []
    for photo_set in present:
        pixels = (yield from pack(data, work, photo_set)).pixels
        yield from teach(models, work, photo_set.name, pixels)
        yield from backbone.look(work, photo_set.name, pixels)
        if photo_set.name == "mirflickr":
            yield from teach_lite2(work, photo_set.name, pixels)
    for number, photo_set in enumerate(present):
        yield Progress(number, len(present), f"labels of {photo_set.name}")
        packed = yield from pack(data, work, photo_set)
        rows, pixels = packed.rows, packed.pixels
        soft = soft_targets(lexicon, work, photo_set.name, backbone.key)
        targets = build(lexicon, photo_set, rows, pixels, soft)
        if detects and photo_set.side > _TOO_SMALL:
            seen = yield from detector.detect(models, work, photo_set.name, pixels)
            detected(lexicon, seen, classes, targets)
        stem = work / "teach" / photo_set.name
        imagenet = np.load(f"{stem}_{backbone.key}p.npy", mmap_mode="r")
        parts.append(Part(photo_set, rows, pixels, targets, imagenet, np.load(f"{stem}_{backbone.key}f.npy")))
    yield from _consult(parts, work, lexicon, backbone, seed)
    return parts


def labelled(data: Path, work: Path, lexicon: Lexicon) -> Job[list[Part]]:
    """Pack every set that is there; its labels alone are the targets. No teacher looks at anything.

    Raises ModelError where there is no set at all.
    """
    parts = []
    for photo_set in _present(data):
        packed = yield from pack(data, work, photo_set)
        rows, pixels = packed.rows, packed.pixels
        nothing = np.zeros((len(rows), 0), np.float16)
        targets = build(lexicon, photo_set, rows, pixels)
        parts.append(Part(photo_set, rows, pixels, targets, nothing, nothing))
    return parts


def _present(data: Path) -> list[PhotoSet]:
    present = found(data)
    if not present:
        raise ModelError(f"There are no photo sets in {data}: NAME.tar with NAME.csv beside it.")
    return present


def soften(part: Part, work: Path, lexicon: Lexicon, backbone: Backbone, seed: int) -> Job[None]:
    """Mix the opinion of the teachers that looked at a complete set into its labels, people's haste considered."""
    known = concept_columns(lexicon)
    truth = part.targets.value[:, known].astype(np.float32)
    said = yield from judge(work, part.rows, truth, [], f"{backbone.key}f", seed)
    part.targets.value[:, known] = _mixed(part, truth, said[part.photo_set.name])


def _mixed(part: Part, truth: Floats, opinion: Floats) -> Floats:
    # Held-out photos keep the plain truth: calibration wants what people said.
    share = np.where(part.held_out, 0.0, _BLEND).astype(np.float32)[:, None]
    return np.asarray((1 - share) * truth + share * opinion, np.float32)


def _consult(parts: list[Part], work: Path, lexicon: Lexicon, backbone: Backbone, seed: int) -> Job[None]:
    complete = complete_part(parts)
    if complete is None:
        return
    tags = len(lexicon.vocabulary.tags)
    known = concept_columns(lexicon)
    truth = complete.targets.value[:, known].astype(np.float32)
    others = [p.photo_set.name for p in parts if p is not complete]
    opinions = yield from judge(work, complete.rows, truth, others, f"{backbone.key}f", seed)
    for part in parts:
        opinion: Floats = opinions[part.photo_set.name]
        value, weight = part.targets.value[:, known], part.targets.weight[:, known]
        if part is complete:
            value = _mixed(part, value, opinion)
        else:
            taught = np.array([bool(lexicon.classes[c]) if c < tags else False for c in known])
            open_ = ~part.targets.true[:, known] & ~taught
            value, weight = np.where(open_, opinion, value), np.where(open_, _COMMITTEE, weight)
        part.targets.value[:, known], part.targets.weight[:, known] = value, weight


def agree(parts: list[Part], opinions: list[Floats], columns: list[int]) -> None:
    """Let an earlier network's opinions, each [N, T + 14], speak where no label of the set itself does.

    ``columns``: the concepts that people labelled completely. There its opinion joins the labels.
    """
    for part, opinion in zip(parts, opinions, strict=True):
        value, weight = part.targets.value, part.targets.weight
        if part.photo_set.kind == "complete":
            share = np.where(part.held_out, 0.0, _EARLIER).astype(np.float32)[:, None]
            value[:, columns] = (1 - share) * value[:, columns] + share * opinion[:, columns]
        open_ = ~part.targets.true
        trust = np.full(value.shape[1], TEACHER, np.float32)
        trust[columns] = _ELSEWHERE
        value[open_] = np.where(part.targets.silent, DOUBT * opinion, opinion)[open_]
        weight[open_] = np.broadcast_to(trust, value.shape)[open_]


def complete_part(parts: list[Part]) -> Part | None:
    """The set of which every concept of every photo is known, if there is one."""
    return next((part for part in parts if part.photo_set.kind == "complete"), None)


def pictures(parts: list[Part], size: int) -> list[NDArray[np.uint8]]:
    """Training photos of every set from which the ranges of an 8-bit network are taken."""
    return [
        squash(part.pixels, np.flatnonzero(~part.held_out)[:: max(1, len(part.rows) // 24)][:16], size)
        for part in parts
        if not part.held_out.all()
    ]


def concept_columns(lexicon: Lexicon) -> list[int]:
    """Target columns of MIRFLICKR's 24 concepts and 14 relevant annotations, in that order."""
    tags = len(lexicon.vocabulary.tags)
    return [lexicon.index[tag] for tag in CONCEPTS.values()] + [tags + n for n in range(len(RELEVANT))]


def fill(parts: list[Part], opinions: list[Floats], weight: float) -> None:
    """Give what nothing is known of a first model's opinion [N, T + 14], at a low weight."""
    for part, opinion in zip(parts, opinions, strict=True):
        blank = part.targets.weight < _KNOWN
        part.targets.value[blank] = opinion[blank]
        part.targets.weight[blank] = weight
