"""A panel of judges that look at the very view that the network in training is shown.

What a stronger ensemble says of the same crop teaches more than labels do, where one listens for long (Beyer et al.
2022, "Knowledge distillation: A good teacher is patient and consistent"). On the panel sit the network that training
goes on from, or that the body in training will stand beside, twice: as it ships, and at another size; and
EfficientNet-Lite2, frozen, with heads of its own for the concepts that people labelled completely, each of which is
asked about photos that it has not learnt from. All look in 8 bits, which takes half the time of one step of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import Session, open_session
from photomgr.annotate.visual import VisualModel
from photomgr.core.arrays import read_arrays, write_array, write_arrays
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import earlier
from photomgr.train.archive import THREADS
from photomgr.train.augment import reduced, view
from photomgr.train.backbones import checkpoint, read_lite
from photomgr.train.corpus import Part, complete_part
from photomgr.train.eight import eight_bit, headless
from photomgr.train.head import fit_head
from photomgr.train.network import Plan
from photomgr.train.recipe import Recipe
from photomgr.train.sets import RELEVANT
from photomgr.train.sharpen import squash
from photomgr.train.workers import workers

Floats = NDArray[np.float32]
Head = dict[str, Floats]
SIDE: Final = 256
"""Side in pixels of the views that are judged."""
_SMALLER: Final = 192
_LITE: Final = "efficientnet-lite2"
_SHARE: Final = 0.28
"""Share of its logits; measured on MIRFLICKR ids 16001 to 17000, where 0.2 to 0.35 do as well."""
_VIEWS: Final = 2
"""Random views of each photo that its head learns from, beside the whole photo."""
_EPOCHS: Final = 5
_FOLDS: Final = 4
_RIDGE: Final = 1e3
_LENGTH: Final = 30.0
_BATCH: Final = 8
_BOTH: Final = ["probabilities", "relevance"]


@dataclass(frozen=True)
class Opinion:
    """Of B views: ``value`` [B, T + 14] probabilities, ``classes`` [B, 1001] of ImageNet, ``features`` [B, D]."""

    value: Floats
    classes: Floats
    features: Floats


@dataclass(frozen=True, eq=False)
class Mirror:
    """How the network that training goes on from sees what a judge sees: ``features @ kernel + offset``.

    ``kernel`` [F, D], ``offset`` [D]; ``centre`` [D]: the mean of what the judge sees.
    """

    kernel: Floats
    offset: Floats
    centre: Floats


@dataclass(frozen=True, eq=False)
class Panel:
    """The judges. ``own``: the network that training goes on from, at one size and another, with the sides.

    ``known`` [T + 14]: what it has outputs for. ``heads`` are Lite2's for the columns ``complete``, none where no such
    set is there; photo n of that set was kept from head ``folds[n]``, or from none: -1. ``classifier`` is its own, of
    ImageNet's classes.
    """

    own: tuple[tuple[Session, int], ...]
    known: NDArray[np.bool_]
    lite: Session
    heads: list[Head]
    folds: NDArray[np.int64]
    complete: list[int]
    classifier: tuple[Floats, Floats]
    mirror: Mirror
    side: int = SIDE

    def judge(self, views: NDArray[np.uint8], folds: NDArray[np.int64]) -> Opinion:
        """What the panel says of views [B, SIDE, SIDE, 3]. Safe to call from several threads.

        ``folds`` [B]: of the photos, -1 for one that no head has seen. A head would repeat the labels that it learnt.
        """
        said = [_both(session.run({"image": _at(views, side)}, _BOTH)) for session, side in self.own]
        value = np.asarray(np.mean(said, axis=0), np.float32)
        features = self.lite.run({"image": _at(views, self.side)}, ["embedding"])["embedding"]
        if self.heads:
            mine, theirs = _logit(value[:, self.complete]), _heard(self.heads, _even(features), folds)
            value[:, self.complete] = 1 / (1 + np.exp(-(mine + _SHARE * (theirs - mine))))
        kernel, bias = self.classifier
        logits = features @ kernel.T + bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Opinion(value, odds / odds.sum(axis=1, keepdims=True), features)


def need_panel(recipe: Recipe) -> None:
    """Raises ModelError where there can be no panel, or the network cannot sit on it: before hours go into anything."""
    if recipe.origin is None:
        raise ModelError(
            "A panel judges with the network that training goes on from, or that the body will stand beside: name one"
            " with --start or --beside."
        )
    if Path(recipe.origin).is_dir():
        VisualModel.load(Path(recipe.origin))
    if checkpoint(_LITE) is None:
        raise ModelError(f"A panel judges with {_LITE}, which comes with photomgr[train].")


def convene(
    parts: list[Part], plan: Plan, weights: dict[str, Floats], names: list[str], complete: list[int],
    recipe: Recipe, work: Path, seen_by: list[NDArray[np.float16]] | None = None,
) -> Job[Panel]:  # fmt: skip
    """Bring the panel together; what takes time is kept in ``work/panel``.

    ``weights`` with the outputs ``names`` are those that training goes on from; ``complete``: the columns of the
    concepts that people labelled completely. ``seen_by``: the features [N, D] of each part by the body that is trained,
    where that is another than the judge's. Raises ModelError where the wheels of EfficientNet-Lite2 are missing.
    """
    folder = work / "panel"
    folder.mkdir(parents=True, exist_ok=True)
    lite = read_lite(_LITE)
    yield Progress(0, None, "the panel in 8 bits")
    file = eight_bit(folder / "lite2.onnx", lite, headless(lite), 1, SIDE, parts)
    own = _own(folder, parts, plan, weights, names, recipe)
    judge = open_session(file)
    part = complete_part(parts) or max(parts, key=lambda each: len(each.rows))
    rows = np.flatnonzero(~part.held_out)
    complete_set = part.photo_set.kind == "complete"
    seen, stem = [], part.photo_set.name
    for number in range(1 + complete_set * _VIEWS):
        seen.append((yield from _features(judge, part, rows, folder / f"{stem}-view{number}.npy", number)))
    if seen_by is not None:
        mine = seen_by[[each is part for each in parts].index(True)]
    else:
        _, mine = yield from earlier.opinion(
            weights, plan, names, work, part.photo_set.name, part.pixels, recipe.side
        )
    folds, heads = np.full(len(part.rows), -1, np.int64), []
    if complete_set:
        folds[rows] = np.random.default_rng(recipe.seed).permutation(len(rows)) % _FOLDS
        truth = part.targets.value[rows][:, complete]
        for number in range(_FOLDS):
            yield Progress(number, _FOLDS, f"a head on {_LITE}")
            heads.append(
                _head(folder / f"{stem}-head{number}.npz", seen, truth, folds[rows] != number, number)
            )
    told = earlier.names(Path(recipe.origin or ""))
    known = np.array([name in told for name in names], np.bool_)
    return Panel(own, known, judge, heads, folds, complete, lite.classifier, mirror(mine[rows], seen[0]))


def _own(
    folder: Path, parts: list[Part], plan: Plan, weights: dict[str, Floats], names: list[str], recipe: Recipe
) -> tuple[tuple[Session, int], ...]:
    """As it ships, with its modalities, where training goes on from that; else its weights in 8 bits. And once more,
    at another size."""

    def weighed(side: int) -> tuple[Session, int]:
        tags = len(names) - len(RELEVANT)
        file = eight_bit(folder / f"own-{side}.onnx", plan, weights, tags, side, parts)
        return open_session(file), side

    start = Path(recipe.origin or "")
    if recipe.origin and start.is_dir():
        shipped = VisualModel.load(start)
        if [*shipped.labels, *shipped.relevance] == names:
            return (shipped.session, shipped.size), weighed(_other(shipped.size, recipe))
    return weighed(SIDE), weighed(_other(SIDE, recipe))


def _other(side: int, recipe: Recipe) -> int:
    """The side at which it looks once more."""
    return next(each for each in (recipe.last_side, SIDE, _SMALLER) if each != side)


def _features(
    judge: Session, part: Part, rows: NDArray[np.int64], target: Path, number: int
) -> Job[NDArray[np.float16]]:
    """Of one random view of each photo [N, D], the ``number``-th; of the whole photos for 0. Kept in ``target``."""
    if not target.exists():

        def run(start: int) -> NDArray[np.float16]:
            some = rows[start : start + _BATCH]
            if not number:
                return _seen(judge, squash(part.pixels, some, SIDE))
            rngs = (np.random.default_rng((number, int(row))) for row in some)
            photos = [np.asarray(part.pixels[row]) for row in some]
            views = [view(photo, SIDE, rng)[0] for photo, rng in zip(photos, rngs, strict=True)]
            return _seen(judge, _at(np.stack(views), SIDE))

        found: list[NDArray[np.float16]] = []
        with workers(THREADS) as pool:
            for features in pool.map(run, range(0, len(rows), _BATCH)):
                found.append(features)
                yield Progress(
                    len(found) * _BATCH, len(rows), f"{_LITE} on {part.photo_set.name}, {target.stem}"
                )
        write_array(target, np.concatenate(found))
    return np.asarray(np.load(target))


def _seen(judge: Session, batch: NDArray[np.uint8]) -> NDArray[np.float16]:
    return np.asarray(judge.run({"image": batch}, ["embedding"])["embedding"], np.float16)


def _head(
    target: Path, seen: list[NDArray[np.float16]], truth: Floats, chosen: NDArray[np.bool_], seed: int
) -> Head:
    """For the complete concepts, as plain arrays, from the ``chosen`` photos: views [N, D] and ``truth`` [N, C]."""
    if not target.exists():
        features = np.concatenate(
            [_even(each[chosen].astype(np.float32)).astype(np.float16) for each in seen]
        )
        value = np.concatenate([truth[chosen]] * len(seen)).astype(np.float32)
        head = fit_head(features, value, np.ones_like(value), seed=seed, epochs=_EPOCHS)
        write_arrays(target, {name: tensor.numpy() for name, tensor in head.state_dict().items()})
    return read_arrays(target)


def _heard(heads: list[Head], x: Floats, folds: NDArray[np.int64]) -> Floats:
    """Logits [B, C] of the head that has not seen the photo; of all heads where none has."""
    said = np.stack([_said(head, x) for head in heads])
    return np.where((folds >= 0)[:, None], said[folds, np.arange(len(x))], said.mean(axis=0))


def _said(head: Head, x: Floats) -> Floats:
    inner = np.maximum(x @ head["down.weight"].T + head["down.bias"], 0.0)
    direct = x @ head["linear.weight"].T + head["linear.bias"]
    return np.asarray(direct + inner @ head["up.weight"].T, np.float32)


def mirror(mine: NDArray[np.float16], theirs: NDArray[np.float16]) -> Mirror:
    """By ridge regression of what a judge sees [N, D] on what the network sees of the same photos [N, F]."""
    x, y = mine.astype(np.float32), theirs.astype(np.float32)
    middle, centre = x.mean(axis=0), y.mean(axis=0)
    x -= middle
    kernel = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1], dtype=np.float32), x.T @ (y - centre))
    return Mirror(kernel.astype(np.float32), (centre - middle @ kernel).astype(np.float32), centre)


def _even(features: Floats) -> Floats:
    """Each as long as the others."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(_LENGTH * features / np.maximum(length, 1e-6), np.float32)


def _at(views: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(reduced(views, side).transpose(0, 3, 1, 2))


def _both(answer: dict[str, NDArray[Any]]) -> Floats:
    return np.concatenate([answer[name] for name in _BOTH], axis=1)


def _logit(probability: Floats) -> Floats:
    sure = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(sure / (1 - sure)), np.float32)
