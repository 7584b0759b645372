"""Training of the shipped network: teachers, a head on frozen features, then all layers. Resumable and seeded.

Everything is kept in a work folder: packed photos, teachers' opinions, ``head.npz`` (the first model, on
frozen features), ``checkpoint.pt`` (written every few minutes), ``loss.csv``, ``model.npz`` (all layers, averaged
weights) and at the end ``final.npz``.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import open_session
from photomgr.core.arrays import read_arrays, write_arrays
from photomgr.jobs import Job, Progress
from photomgr.train import beside, earlier, graph, pair, plots
from photomgr.train.backbones import choose, finished, trained
from photomgr.train.corpus import Part, complete_part, concept_columns, fill, labelled
from photomgr.train.draws import Deck, Draw
from photomgr.train.extra import need_torch
from photomgr.train.head import fit_head, make_head, predict
from photomgr.train.learner import Learner, load_weights, save_weights
from photomgr.train.lessons import Classes, Lesson, Likeness
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan, make_body
from photomgr.train.origin import keep, located
from photomgr.train.panel import Panel, convene, need_panel
from photomgr.train.recipe import WEIGHTS, Recipe, begin, check, digest
from photomgr.train.sets import found
from photomgr.train.sharpen import run_over, sharpen
from photomgr.train.targets import MONOCHROME, columns
from photomgr.train.taught import Taught, asked, gather
from photomgr.train.workers import workers

_AHEAD = 3
"""Batches that are prepared while the network learns another."""
_TURN, _TURNS = 64, 8
"""Batches that a panel judges before the network learns them, and the fewest such turns: of a short training, too,
the last ones are of another size."""
_LIKENESS = 1.0
"""Weight of seeing what the panel's judge sees."""
_OPINION = 0.08
"""Weight of the first model's opinion where nothing else is known."""


def fit(data: Path, models: Path, work: Path, recipe: Recipe) -> Job[Path]:
    """Train from the teacher's weights; returns the file of weights ``work/final.npz``.

    ``data`` holds the sets, ``models`` the teachers. Stopped and started again, it goes on from the last
    checkpoint. Raises ModelError without PyTorch or without the teachers.
    """
    torch = need_torch()
    check(recipe)
    if recipe.beside:
        recipe = replace(recipe, panel=True)
    said, recipe = recipe, located(work, recipe)
    torch.set_num_threads(recipe.threads)
    if recipe.panel:
        need_panel(recipe)
    lexicon = Lexicon.load(data, models)
    backbone = trained(recipe, models)
    plan = backbone.plan
    judge = plan  # of the network whose opinion counts
    if recipe.beside:
        judge = choose(None, models, recipe.beside).plan
        finished(recipe, models)
    if recipe.origin:  # what cannot be gone on from is refused before anything is written
        earlier.load(Path(recipe.origin), lexicon, judge)
    noted = replace(
        said, backbone=backbone.name,
        start_hash=earlier.digest(Path(recipe.origin)) if recipe.origin else "",
        vocabulary=digest(columns(lexicon)),
        tables=digest([(data / f"{each.name}.csv").read_bytes() for each in found(data)]),
    )  # fmt: skip
    begin(work, noted)
    origin = (located if recipe is not said else keep)(work, noted)
    recipe = replace(noted, start=origin.start, beside=origin.beside)
    done = work / WEIGHTS
    if done.exists():
        yield Progress(0, None, f"trained already: {done}")
        return done
    if recipe.panel:
        parts = yield from labelled(data, work, lexicon)
        weights = earlier.load(Path(recipe.origin or ""), lexicon, judge)
        taught = Taught(parts, weights, plan.classifier)
    else:
        taught = yield from gather(data, models, work, lexicon, backbone, recipe)
    parts = taught.parts
    panel = seen = None
    if recipe.beside:
        body, head, seen = yield from _second(taught, plan, judge, lexicon, work, recipe)
    else:
        body, head = yield from _beginning(taught, plan, lexicon, work, recipe)
    if not (work / "model.npz").exists():
        if recipe.panel:
            panel = yield from _panel(taught, judge, lexicon, work, recipe, seen)
        learner = Learner(body, head, _lessons(taught, panel, recipe), recipe, work, columns(lexicon))
        deck = Deck(parts, recipe, lexicon.index[MONOCHROME], concept_columns(lexicon), panel)
        yield from _train(learner, deck, recipe)
        learner.finish()
        plots.loss(work / "loss.csv", work / "loss.svg")
    if recipe.beside:
        return _joined(work, taught.weights or {}, columns(lexicon), _known(lexicon, recipe))
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


def _second(
    taught: Taught, plan: Plan, judge: Plan, lexicon: Lexicon, work: Path, recipe: Recipe
) -> Job[tuple[Any, Any, list[NDArray[np.float16]]]]:
    """A body as it was published, a head on it, and what it sees of each part."""
    names, parts = columns(lexicon), taught.parts
    said, _ = yield from asked(parts, taught.weights or {}, judge, names, work, recipe.side)
    head, seen = yield from beside.begin(parts, plan, said, _known(lexicon, recipe), work, recipe)
    return make_body(plan), head, seen


def _known(lexicon: Lexicon, recipe: Recipe) -> NDArray[np.bool_]:
    """Which of the outputs the network has learnt that the body will stand beside, [T + 14]."""
    told = earlier.names(Path(recipe.origin or ""))
    return np.array([name in told for name in columns(lexicon)], np.bool_)


def _joined(work: Path, first: dict[str, Any], names: list[str], known: NDArray[np.bool_]) -> Path:
    second = {key: value for key, value in read_arrays(work / "model.npz").items() if key != "names"}
    return write_arrays(work / WEIGHTS, {"names": np.array(names), **pair.joined(first, second, known=known)})


def _panel(
    taught: Taught, plan: Plan, lexicon: Lexicon, work: Path, recipe: Recipe,
    seen: list[NDArray[np.float16]] | None,
) -> Job[Panel]:  # fmt: skip
    names, complete, weights = columns(lexicon), concept_columns(lexicon), taught.weights or {}
    return (yield from convene(taught.parts, plan, weights, names, complete, recipe, work, seen))


def _lessons(taught: Taught, panel: Panel | None, recipe: Recipe) -> list[Lesson]:
    """What the body learns beside the tags: of the panel, else of the backbone where that knows classes."""
    if panel is not None:
        kernel, bias = panel.classifier
        through = kernel @ panel.mirror.kernel.T, kernel @ panel.mirror.offset + bias
        return [Classes(*through, 2 * recipe.distil), Likeness(panel.mirror, _LIKENESS)]
    return [Classes(*taught.classifier, recipe.distil)] if len(taught.classifier[0]) else []


def _sharpen(parts: list[Part], plan: Plan, lexicon: Lexicon, work: Path, recipe: Recipe) -> Job[Path]:
    """``model.npz`` with hidden units of their own for the complete concepts, as ``final.npz``."""
    weights = dict(np.load(work / "model.npz"))
    if recipe.start is not None:  # its concepts were sharpened the first time, and learnt on since
        before = earlier.load(Path(recipe.start), lexicon, plan) if recipe.blend else {}
        return write_arrays(work / WEIGHTS, earlier.blended(weights, before, recipe.blend))
    complete = complete_part(parts)
    if complete is None:
        return write_arrays(work / WEIGHTS, weights)
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
    return write_arrays(
        work / WEIGHTS, sharpen(weights, features, value.astype(np.float32), known, recipe.seed)
    )


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
    torch.save(head.state_dict(), kept.with_suffix(".partial"))
    kept.with_suffix(".partial").replace(kept)
    return head


def _train(learner: Learner, deck: Deck, recipe: Recipe) -> Job[None]:
    """Steps until the recipe is done."""
    total = int(recipe.epochs * deck.steps)
    learner.begin(total)
    with workers(recipe.threads if recipe.panel else 1) as pool:
        batches = (_by_turns if recipe.panel else _ahead)(learner, deck, recipe, pool)
        try:
            for batch in batches:
                loss = learner.learn(batch)
                if learner.step % 20 == 0:
                    yield Progress(
                        learner.step, total, f"loss {loss:.4f}, {learner.speed:.0f} photos a second"
                    )
        except (GeneratorExit, KeyboardInterrupt):
            learner.save()
            raise


def _ahead(learner: Learner, deck: Deck, recipe: Recipe, pool: ThreadPoolExecutor) -> Iterator[Draw]:
    """Batches that are prepared on another thread while the network learns."""
    ahead: list[Future[Draw]] = []
    while learner.done < 1.0:
        side = _side(learner, recipe)
        ahead += [pool.submit(deck.draw, learner.step + n, side) for n in range(len(ahead), _AHEAD)]
        yield ahead.pop(0).result()


def _by_turns(learner: Learner, deck: Deck, recipe: Recipe, pool: ThreadPoolExecutor) -> Iterator[Draw]:
    """Many batches at once, on all threads: a panel and PyTorch at the same time would wait for each other."""
    turn = max(1, min(_TURN, learner.total // _TURNS))
    while learner.done < 1.0:
        draw = partial(deck.draw, side=_side(learner, recipe))
        last = min(learner.total, learner.step + turn - learner.step % turn)
        for batch in list(pool.map(draw, range(learner.step, last))):
            if learner.done < 1.0:
                yield batch


def _side(learner: Learner, recipe: Recipe) -> int:
    return recipe.last_side if learner.done >= 1 - recipe.last_share else recipe.side
