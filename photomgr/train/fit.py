"""Training of the shipped network: teachers, a head on frozen features, then all layers. Resumable and seeded.

Everything is kept in a work folder: packed photos, teachers' opinions, ``head.npz`` (the first model, on
frozen features), ``checkpoint.pt`` (written every few minutes), ``loss.csv``, ``model.npz`` (all layers, averaged
weights) and at the end ``final.npz``.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.jobs import Job, Progress
from photomgr.train import earlier, graph, plots
from photomgr.train.augment import view
from photomgr.train.backbones import choose
from photomgr.train.corpus import Part, concept_columns, fill
from photomgr.train.extra import need_torch
from photomgr.train.head import fit_head, make_head, predict
from photomgr.train.learner import Learner, load_weights, save_weights
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan, make_body
from photomgr.train.recipe import Recipe, keep
from photomgr.train.sharpen import run_over, save, sharpen
from photomgr.train.targets import MONOCHROME, columns
from photomgr.train.taught import Taught, gather

_AHEAD = 3
"""Batches that are prepared while the network learns another."""
_OPINION = 0.08
"""Weight of the first model's opinion where nothing else is known."""


@dataclass(frozen=True)
class Draw:
    """A batch: pixels uint8 [B, S, S, 3], targets and weights float32 [B, T + 14], teacher's probabilities."""

    pixels: NDArray[np.uint8]
    value: NDArray[np.float32]
    weight: NDArray[np.float32]
    imagenet: NDArray[np.float32]


def fit(data: Path, models: Path, work: Path, recipe: Recipe) -> Job[Path]:
    """Train from the teacher's weights; returns the file of weights ``work/final.npz``.

    ``data`` holds the sets, ``models`` the teachers. Stopped and started again, it goes on from the last
    checkpoint. Raises ModelError without PyTorch or without the teachers.
    """
    torch = need_torch()
    torch.set_num_threads(recipe.threads)
    lexicon = Lexicon.load(data, models)
    backbone = choose(recipe.backbone, models, recipe.start)
    recipe, plan = replace(recipe, backbone=backbone.name), backbone.plan
    taught = yield from gather(data, models, work, lexicon, backbone, recipe)
    parts = taught.parts
    body, head = yield from _beginning(taught, plan, lexicon, work, recipe)
    if not (work / "model.npz").exists():
        keep(work, recipe)
        learner = Learner(body, head, taught.classifier, recipe, work, columns(lexicon))
        yield from _train(learner, parts, lexicon.index[MONOCHROME], recipe)
        learner.finish()
        plots.loss(work / "loss.csv", work / "loss.svg")
    return (yield from _sharpen(parts, plan, lexicon, work, recipe))


def _beginning(
    taught: Taught, plan: Plan, lexicon: Lexicon, work: Path, recipe: Recipe
) -> Job[tuple[Any, Any]]:
    """Body and head to start from; a first head completes the targets by what it thinks."""
    body = make_body(plan)
    if taught.weights is not None:
        hidden = len(taught.weights["head.down.bias"])
        head = make_head(plan.classifier[0].shape[1], len(columns(lexicon)), hidden)
        load_weights(taught.weights, body, head)
        return body, head
    yield Progress(0, None, "training a head on frozen features")
    head = first_head(work, taught.parts, plan, lexicon, recipe)
    fill(taught.parts, [predict(head, part.features) for part in taught.parts], _OPINION)
    if not (work / "head.npz").exists():
        save_weights(work / "head.npz", body, head, columns(lexicon))
    return body, head


def _sharpen(parts: list[Part], plan: Plan, lexicon: Lexicon, work: Path, recipe: Recipe) -> Job[Path]:
    """``model.npz`` with hidden units of their own for the complete concepts, as ``final.npz``."""
    weights = dict(np.load(work / "model.npz"))
    if recipe.start is not None:  # its concepts were sharpened the first time, and learnt on since
        before = earlier.load(Path(recipe.start), lexicon, plan) if recipe.blend else {}
        return save(work / "final.npz", earlier.blended(weights, before, recipe.blend))
    complete = next((p for p in parts if p.photo_set.kind == "complete"), None)
    if complete is None:
        return save(work / "final.npz", weights)
    tags = len(lexicon.vocabulary.tags)
    graph.write(work / "raw.onnx", plan, weights, graph.unfinished(weights, tags), recipe.last_side)
    rows = np.flatnonzero(~complete.held_out)
    session = open_session(work / "raw.onnx")
    answer = yield from run_over(session, complete.pixels, rows, recipe.last_side)
    known = concept_columns(lexicon)
    # Truth and committee in equal parts: the targets hold a quarter of the committee's opinion already.
    opinion = np.load(work / "committee" / f"{complete.photo_set.name}.npy")[rows]
    value = (2 * complete.targets.value[rows][:, known] + opinion) / 3
    features = answer["embedding"].astype(np.float16)
    yield Progress(0, None, "sharpening the concepts")
    return save(work / "final.npz", sharpen(weights, features, value.astype(np.float32), known, recipe.seed))


def first_head(work: Path, parts: list[Part], plan: Plan, lexicon: Lexicon, recipe: Recipe) -> Any:
    """The head on frozen features, started from the classifier's rows where a tag has ImageNet classes."""
    torch = need_torch()
    columns = parts[0].targets.value.shape[1]
    head = make_head(plan.classifier[0].shape[1], columns)
    kept = work / "head.pt"
    if kept.exists():
        head.load_state_dict(torch.load(kept))
        return head.eval()
    kernel = plan.classifier[0] - plan.classifier[0].mean(axis=0)
    with torch.no_grad():
        for column, classes in enumerate(lexicon.classes):
            if classes:
                head.linear.weight[column] = torch.from_numpy(0.5 * kernel[list(classes)].mean(axis=0))
                head.linear.bias[column] = -5.0
    train = [np.flatnonzero(~part.held_out) for part in parts]
    features = np.concatenate([p.features[rows] for p, rows in zip(parts, train, strict=True)])
    value = np.concatenate([p.targets.value[rows] for p, rows in zip(parts, train, strict=True)])
    weight = np.concatenate([p.targets.weight[rows] for p, rows in zip(parts, train, strict=True)])
    head = fit_head(features, value, weight, seed=recipe.seed, epochs=recipe.head_epochs, start=head)
    torch.save(head.state_dict(), kept)
    return head


def _train(learner: Learner, parts: list[Part], grey: int, recipe: Recipe) -> Job[None]:
    """Steps until the recipe is done; batches are prepared ahead on another thread."""
    deck = [
        (number, int(row))
        for number, part in enumerate(parts)
        for row in np.flatnonzero(~part.held_out)[:: part.photo_set.every]
        for _ in range(part.photo_set.repeat)
    ]
    per_epoch = len(deck) // recipe.batch
    total = int(recipe.epochs * per_epoch)
    learner.begin(total)

    def draw(step: int, side: int) -> Draw:
        # Every step has its own generator, so a run that was interrupted draws what it would have drawn.
        rng = np.random.default_rng((recipe.seed, step))
        order = np.random.default_rng((recipe.seed, step // per_epoch, 7)).permutation(len(deck))
        at = step % per_epoch * recipe.batch
        return _draw(parts, [deck[i] for i in order[at : at + recipe.batch]], side, grey, rng)

    with ThreadPoolExecutor(1) as pool:
        ahead: list[Future[Draw]] = []
        while learner.done < 1.0:
            side = recipe.last_side if learner.done >= 1 - recipe.last_share else recipe.side
            ahead += [pool.submit(draw, learner.step + n, side) for n in range(len(ahead), _AHEAD)]
            batch = ahead.pop(0).result()
            loss = learner.learn(batch.pixels, batch.value, batch.weight, batch.imagenet)
            if learner.step % 20 == 0:
                yield Progress(learner.step, total, f"loss {loss:.4f}, {learner.speed:.0f} photos a second")


def _draw(
    parts: list[Part], cards: list[tuple[int, int]], side: int, grey: int, rng: np.random.Generator
) -> Draw:
    pixels = np.empty((len(cards), side, side, 3), np.uint8)
    value = np.empty((len(cards), parts[0].targets.value.shape[1]), np.float32)
    weight = np.empty_like(value)
    imagenet = np.empty((len(cards), parts[0].imagenet.shape[1]), np.float32)
    for place, (number, row) in enumerate(cards):
        part = parts[number]
        pixels[place], faded = view(np.asarray(part.pixels[row]), side, rng)
        value[place], weight[place] = part.targets.value[row], part.targets.weight[row]
        if faded:
            value[place, grey], weight[place, grey] = 1.0, 1.0
        imagenet[place] = part.imagenet[row]
    return Draw(pixels, value, weight, imagenet)
