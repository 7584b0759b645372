"""Where things are: the network's heat against a centre box and against a detector, on photos with boxes."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from photomgr.annotate import boxes as detections
from photomgr.annotate.foreign import ForeignNetwork
from photomgr.annotate.heat import Box, place
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.jobs import Job, Progress
from photomgr.train.archive import Archive
from photomgr.train.detector import SIDE, STRIDES, dropped_in
from photomgr.train.figures import Row
from photomgr.train.sets import read_rows

SET = "boxes"
HEAT, CENTRE, EXACT = "places: heat of the shipped network", "places: centre box", "places: YOLOX-nano"
_CENTRE: Box = (0.1, 0.1, 0.8, 0.8)
"""The box around the centre with the best overlap on the half that the threshold was tuned on."""
UNSEEN = ", photos held out"
"""What the name of a row ends with that is of photos which training never saw."""


@dataclass(frozen=True, slots=True)
class Found:
    """One method's answer for one class on one photo, and what is true."""

    box: Box
    point: tuple[float, float]
    true: tuple[Box, ...]


def true_boxes(published: str, scaling: str) -> dict[str, list[Box]]:
    """Boxes by class in fractions of the photo, from `` class x1 y1 x2 y2 ; …`` and ``500x375->320x240``."""
    size = re.match(r"(\d+)x(\d+)", scaling)
    found: dict[str, list[Box]] = defaultdict(list)
    if size is None:
        return found
    width, height = int(size[1]), int(size[2])
    for part in published.split(";"):
        words = part.split()
        if len(words) == 5:
            x1, y1, x2, y2 = (float(word) for word in words[1:])
            found[words[0]].append((x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height))
    return found


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, across) * max(0.0, down)
    return shared / max(1e-9, one[2] * one[3] + other[2] * other[3] - shared)


def figures(found: list[Found]) -> Row:
    """How often the point lies in a true box, the mean overlap with the best one, how often that is over a half."""
    overlaps = np.array([max(overlap(each.box, true) for true in each.true) for each in found])
    return {
        "pointing": float(np.mean([_hit(each) for each in found])),
        "iou": float(overlaps.mean()),
        "iou_over_half": float((overlaps >= 0.5).mean()),
        "objects": float(len(found)),
    }


def _hit(found: Found) -> bool:
    x, y = found.point
    return any(b[0] <= x <= b[0] + b[2] and b[1] <= y <= b[1] + b[3] for b in found.true)


def rows(data: Path, models: Path | None, visual: VisualModel) -> Job[dict[str, Row]]:
    """Rows on every other photo of ``boxes``, of those that the heat's threshold was not tuned on.

    Most of these photos were trained on (what is there, not where); each method has a second row on the others.
    """
    table = read_table(data)
    held_out = {row.file for row in read_rows(data / f"{SET}.csv", SET) if row.held_out}
    detector = dropped_in(models, data)
    vocabulary = Vocabulary.load()
    answers: dict[str, list[Found]] = defaultdict(list)
    archive = Archive(data / f"{SET}.tar")
    for done, name in enumerate(archive):
        number, true = table.get(name, (0, {}))
        tags = {kind: tag for kind in true if (tag := vocabulary.resolve(kind)) in visual.labels}
        if number % 2 == 0 or not tags:
            continue
        picture = archive.photo(name)
        _, heat = visual.look(visual.prepare(picture)[None], list(tags.values()))
        detected = _detect(detector, picture) if detector is not None else None
        endings = ("", UNSEEN) if name in held_out else ("",)
        for column, kind in enumerate(tags):
            there = tuple(true[kind])
            answer = {CENTRE: Found(_CENTRE, (0.5, 0.5), there)}
            if heat.size:
                spot = place(heat[0, column])
                answer[HEAT] = Found(spot.box, spot.point, there)
            if detector is not None and detected is not None:
                box = detected[detector.tags.index(kind)]
                answer[EXACT] = Found(box, (box[0] + box[2] / 2, box[1] + box[3] / 2), there)
            for ending in endings:
                for method, found in answer.items():
                    answers[method + ending].append(found)
        if done % 32 == 0:
            yield Progress(done, len(table), "where things are")
    return {name: figures(found) for name, found in sorted(answers.items())}


def read_table(data: Path) -> dict[str, tuple[int, dict[str, list[Box]]]]:
    """Row number and true boxes of every photo by its name."""
    with (data / f"{SET}.csv").open(encoding="utf-8", newline="") as stream:
        lines = [line for line in list(csv.reader(stream))[1:] if len(line) > 2]
    return {line[0]: (number, true_boxes(line[1], line[2])) for number, line in enumerate(lines)}


def _detect(detector: ForeignNetwork, picture: Image.Image) -> list[Box]:
    """For each of COCO's classes the best box in fractions of the photo, however unsure."""
    rows = detector.session.run({"images": detector.prepare(picture)})["output"][0]
    found = detections.decode(rows, SIDE, SIDE, STRIDES)
    best = (found[:, 4:5] * found[:, 5:]).argmax(axis=0)
    inside = np.array(detector.card.input.inside(picture.size))
    low = np.clip((found[best, :2] - found[best, 2:4] / 2) / inside, 0, 1)
    high = np.clip((found[best, :2] + found[best, 2:4] / 2) / inside, 0, 1)
    return [
        (float(a[0]), float(a[1]), float(b[0] - a[0]), float(b[1] - a[1]))
        for a, b in zip(low, high, strict=True)
    ]
