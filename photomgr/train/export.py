"""``photomgr train export``: trained weights -> a calibrated ONNX network with labels and card in a folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import Session, open_session
from photomgr.core.arrays import read_arrays
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import graph
from photomgr.train.backbones import finished
from photomgr.train.calibrate import FIRM, TagQuality, platt, principal_axes, tag_quality
from photomgr.train.corpus import Part, concept_columns, pictures
from photomgr.train.extra import need_onnx
from photomgr.train.fusing import Fused, Material, fuse_modalities
from photomgr.train.lexicon import Lexicon
from photomgr.train.modalities import definition, joining
from photomgr.train.modalities.handcrafted import OUTPUT as HANDCRAFTED
from photomgr.train.modalities.handcrafted import Handcrafted
from photomgr.train.modalities.joined import Ablation
from photomgr.train.network import Plan, smaller
from photomgr.train.origin import located
from photomgr.train.pair import first_alone
from photomgr.train.recipe import read_recipe
from photomgr.train.sets import RELEVANT, mirflickr_id
from photomgr.train.sharpen import run_over
from photomgr.train.targets import columns
from photomgr.train.taught import gather

CALIBRATION_LAST = 17_000
"""MIRFLICKR ids after the training ones and up to this calibrate; the ids after it are never fitted on at all."""
EMBEDDING = 512
_USUAL_SECOND = 160
_NATURAL = ("mirflickr", "flickr8k", "coco_unlabelled")
_UNNATURAL = 0.3
"""Weight in calibration of sets that show one kind of thing only, far more often than a photo library does."""


@dataclass(frozen=True)
class Sample:
    """Photos for the last steps: logits [M, T + R] and features [M, D] of the network, with what is known of them.

    ``spoken`` [M, T + R]: where people said what is there and what is not.
    ``complete`` [M]: whether every concept is known. ``handmade`` [M, TOTAL]: the hand-made measures, or [M, 0].
    ``views``: of earlier feature maps, [M, D] by name.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    value: NDArray[np.float32]
    weight: NDArray[np.float32]
    spoken: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    handmade: NDArray[np.float32]
    views: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Exported:
    """The finished network in full precision and in 8 bits, the quality of each tag, and what the modalities are worth.

    ``plain``: the 8-bit network with its own head alone, and one look by one body, to see what everything else costs.
    ``modalities``: those of the output of that name, in order; ``fused``: the concepts, in order. Both may be empty.
    ``second``: side of the smaller copy that is looked at too, 0 for none; ``pair``: by a second body.
    """

    full: Path
    eight: Path
    plain: Path
    quality: list[TagQuality]
    modalities: tuple[str, ...] = ()
    fused: tuple[str, ...] = ()
    ablation: tuple[Ablation, ...] = ()
    second: int = 0
    pair: bool = False


def load_weights(path: Path) -> Mapping[str, NDArray[np.float32]]:
    """The arrays of ``model.npz`` or ``head.npz``. Raises ModelError when there is none."""
    try:
        return {key: array for key, array in read_arrays(path).items() if key != "names"}
    except (OSError, ValueError) as error:
        raise ModelError(f"There are no trained weights at {path}: run photomgr train fit first.") from error


def _outputs(weights: Path) -> list[str]:
    return [str(name) for name in read_arrays(weights)["names"]]


def export(
    data: Path, models: Path, work: Path, weights: Path, out: Path, size: int, second: int | None
) -> Job[Exported]:
    """Calibrate on photos that were held out of training; write ``labels.csv`` to ``out``, the networks to ``work``.

    ``size``: side of the input in pixels, and ``second`` that of a smaller copy that is looked at too, multiples of 32;
    0 for none, None for the usual one. A second body looks at such a copy in any case. The networks are ``full.onnx``,
    ``eight.onnx`` and ``plain.onnx``, which is only there to be timed.
    """
    need_onnx()
    arrays = load_weights(weights)
    lexicon = Lexicon.load(data, models)
    recipe = located(work, read_recipe(work))
    backbone = finished(recipe, models)
    plan = backbone.plan
    if plan.beside is not None:
        if second == 0:
            raise ModelError(
                "A second body looks at a smaller copy in any case: --second 0 is for one alone."
            )
        second = second or smaller(size)
    elif second is None:
        second = _USUAL_SECOND
    tags = len(lexicon.vocabulary.tags)
    if _outputs(weights) != columns(lexicon):
        raise ModelError(
            "The weights were trained for another vocabulary: photomgr train extend teaches them the new tags."
        )
    graph.write(work / "raw.onnx", plan, arrays, graph.unfinished(arrays, tags, joining.VIEWS, second), size)
    parts = (yield from gather(data, models, work, lexicon, backbone, recipe)).parts
    session = open_session(work / "raw.onnx")
    hand = _hand_made()
    held = yield from _sample(session, parts, size, _held_out, hand)
    seen = yield from _sample(session, parts, size, _every_tenth)
    scaling = platt(held.logits, held.value, held.weight)
    centre, axes = principal_axes(np.sqrt(np.maximum(seen.features, 0.0)), EMBEDDING)
    finish = graph.Finish(scaling.slope, scaling.offset, centre, axes, tags, second=second)
    calibrated = held.logits * scaling.slope + scaling.offset
    concepts = concept_columns(lexicon)
    fused = yield from _fused(session, parts, size, held, calibrated, finish, concepts, hand)
    finish = replace(finish, joined=fused.joined)
    out.mkdir(parents=True, exist_ok=True)
    full, eight = work / "full.onnx", work / "eight.onnx"
    graph.write(full, plan, arrays, finish, size)
    yield Progress(0, None, "8-bit copy")
    samples = pictures(parts, size)
    graph.quantize(full, eight, samples)
    plain = _plain(work, plan, arrays, finish, size, samples)
    for network in (eight, full):
        yield from _settle(network, parts, size, concepts)
    # Thresholds are of what ships, so of what it says with everything folded in.
    said = yield from _sample(open_session(eight), parts, size, _held_out)
    named = [tag.name for tag in lexicon.vocabulary.tags] + list(RELEVANT)
    done = Exported(
        full, eight, plain, _qualities(said, tags),
        fused.joined.names if fused.joined else (), tuple(named[c] for c in concepts) if fused.joined else (),
        fused.ablation, second, plan.beside is not None,
    )  # fmt: skip
    _write_labels(out / "labels.csv", [tag.name for tag in lexicon.vocabulary.tags], done.quality)
    return done


def _plain(
    work: Path, plan: Plan, arrays: Mapping[str, NDArray[np.float32]], finish: graph.Finish, size: int,
    samples: list[NDArray[np.uint8]],
) -> Path:  # fmt: skip
    full, eight = work / "plain-full.onnx", work / "plain.onnx"
    first, own = first_alone(plan, arrays)
    width = first.widths[0]
    finish = replace(finish, joined=None, second=0, centre=finish.centre[:width], axes=finish.axes[:width])
    graph.write(full, first, own, finish, size)
    graph.quantize(full, eight, samples)
    full.unlink()
    return eight


def _settle(network: Path, parts: list[Part], size: int, columns: list[int]) -> Job[None]:
    """Calibrate the concepts once more by what the finished network itself says, 8 bits and fusion included."""
    complete = [part for part in parts if part.photo_set.kind == "complete" and len(_held_out(part))]
    if not complete:
        return
    said = yield from _sample(open_session(network), complete, size, _held_out)
    value, weight = said.value[:, columns], said.weight[:, columns]
    scaling = platt(said.logits[:, columns], value, weight, FIRM)
    slope, offset = np.ones(said.logits.shape[1], np.float32), np.zeros(said.logits.shape[1], np.float32)
    slope[columns], offset[columns] = scaling.slope, scaling.offset
    graph.rescale(network, slope, offset)


def _hand_made() -> Handcrafted | None:
    try:
        return Handcrafted.load()
    except ModelError:
        return None


def _fused(
    session: Session,
    parts: list[Part],
    size: int,
    held: Sample,
    calibrated: NDArray[np.float32],
    finish: graph.Finish,
    columns: list[int],
    hand: Handcrafted | None,
) -> Job[Fused]:
    """The fusion of the concepts; without photos whose every concept is known the network speaks alone."""
    complete = [part for part in parts if part.photo_set.kind == "complete"]
    if not complete or not held.complete.any():
        return Fused(None, calibrated[:, columns], ())
    taught = yield from _sample(session, complete, size, _all_taught, hand)

    def material(sample: Sample) -> Material:
        rooted = np.sqrt(np.maximum(sample.features, 0.0))
        sources = {"embedding": (rooted - finish.centre) @ finish.axes} | sample.views
        if hand is not None:
            sources |= definition.parts(sample.handmade)
        return Material(sources, sample.value[:, columns], sample.weight[:, columns], sample.complete)

    return (
        yield from fuse_modalities(material(taught), material(held), calibrated[:, columns], columns, hand)
    )


def _all_taught(part: Part) -> NDArray[np.int64]:
    return np.flatnonzero(~part.held_out)


def _held_out(part: Part) -> NDArray[np.int64]:
    rows = np.flatnonzero(part.held_out)
    if part.photo_set.kind == "complete":
        ids = np.array([mirflickr_id(part.rows[r].file) for r in rows])
        rows = rows[ids <= CALIBRATION_LAST]
    return rows


def _every_tenth(part: Part) -> NDArray[np.int64]:
    return np.flatnonzero(~part.held_out)[::10]


def _sample(
    session: Session, parts: list[Part], size: int, choose: Any, hand: Handcrafted | None = None
) -> Job[Sample]:
    logits, features, value, weight, spoken = [], [], [], [], []
    complete, handmade = [], []
    views: dict[str, list[NDArray[np.float32]]] = {}
    chosen = [choose(part) for part in parts]
    count = sum(len(rows) for rows in chosen)
    if not count:  # one is looked at for the widths of what comes back
        chosen[0] = np.arange(1)
    for number, (part, rows) in enumerate(zip(parts, chosen, strict=True)):
        yield Progress(number, len(parts), f"running over {part.photo_set.name}")
        if not len(rows):
            continue
        answer = yield from run_over(session, part.pixels, rows, size)
        scores = np.concatenate([answer["probabilities"], answer["relevance"]], axis=1)
        sure = np.clip(scores.astype(np.float64), 1e-9, 1 - 1e-9)
        logits.append(np.log(sure / (1 - sure)).astype(np.float32))
        features.append(answer["embedding"])
        share = 1.0 if part.photo_set.name in _NATURAL else _UNNATURAL
        value.append(part.targets.value[rows])
        weight.append(part.targets.weight[rows] * share)
        spoken.append((part.targets.true | part.targets.silent)[rows])
        complete.append(np.full(len(rows), part.photo_set.kind == "complete"))
        measured = np.zeros((len(rows), 0), np.float32)
        if hand is not None:
            measured = (yield from run_over(hand.session, part.pixels, rows, hand.size))[HANDCRAFTED]
        handmade.append(measured)
        for name in joining.VIEWS:
            if name in answer:
                views.setdefault(name, []).append(answer[name])
    return Sample(
        logits=np.concatenate(logits)[:count],
        features=np.concatenate(features)[:count],
        value=np.concatenate(value)[:count],
        weight=np.concatenate(weight)[:count],
        spoken=np.concatenate(spoken)[:count],
        complete=np.concatenate(complete)[:count],
        handmade=np.concatenate(handmade)[:count],
        views={name: np.concatenate(view)[:count] for name, view in views.items()},
    )


def _qualities(said: Sample, tags: int) -> list[TagQuality]:
    scores = (1 / (1 + np.exp(-said.logits))).astype(np.float32)
    truth = said.value > 0.5
    return [tag_quality(scores[:, t], truth[:, t], said.spoken[:, t]) for t in range(tags)]


def _write_labels(target: Path, names: list[str], quality: list[TagQuality]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["tag", "threshold", "held_out_positives", "held_out_ap"])
    for name, q in zip(names, quality, strict=True):
        ap = "" if np.isnan(q.average_precision) else f"{q.average_precision:.3f}"
        writer.writerow([name, f"{q.threshold:.3f}", q.positives, ap])
    target.write_text(stream.getvalue(), encoding="utf-8")
