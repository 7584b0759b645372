"""Export, measure, and write the card: every figure on it is measured here."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from photomgr.annotate.runtime import open_session
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.annotate.words import FILE as WORDS
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train import card as cards
from photomgr.train import exhibits, origin
from photomgr.train.card import Card, Figures, exhibited
from photomgr.train.evaluate import Scored, score
from photomgr.train.export import EMBEDDING, Exported, export
from photomgr.train.figures import figures_of
from photomgr.train.lexis import learn_words
from photomgr.train.pace import EIGHT, FULL, PLAIN, speeds
from photomgr.train.recipe import Recipe, read_recipe
from photomgr.train.sets import RELEVANT, SETS, found, read_rows

_FIRST = "1.0"
_DRAFT = ".draft"
_SPLITS = ((16_001, 20_000), (17_001, 20_000))


@dataclass(frozen=True)
class Order:
    """What is to be exported: the folders, which ``weights`` (described by ``trained``), the input's ``size``.

    ``second``: side of a smaller copy of the photo that is looked at too, 0 for none, None for the usual one.
    ``eight_bit`` ships the 8-bit network; the other one is measured beside it all the same. ``replaced``: what the card
    says of the network that lies in ``out``.
    """

    data: Path
    models: Path
    work: Path
    out: Path
    weights: Path
    size: int
    second: int | None
    eight_bit: bool
    recipe: Recipe
    trained: str
    replaced: Mapping[str, Any] = field(default_factory=dict)


def release(order: Order) -> Job[Card]:
    """Export to ``order.out``, measure on MIRFLICKR's validation photos and write the card, which is returned.

    That takes a while, and the network that is replaced may be in use: everything is put into place at the end.
    """
    draft = order.out / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    try:
        there = origin.card(str(order.out)).get("model", {})
        card = yield from _made(replace(order, out=draft, replaced=there))
        for file in sorted(draft.rglob("*")):
            if file.is_file():
                target = order.out / file.relative_to(draft)
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return card


def _made(order: Order) -> Job[Card]:
    done = yield from export(
        order.data, order.models, order.work, order.weights, order.out, order.size, order.second
    )
    networks = {FULL: done.full, EIGHT: done.eight}
    shutil.copyfile(networks[EIGHT if order.eight_bit else FULL], order.out / "model.onnx")
    yield Progress(0, None, "speed")
    rates = speeds({**networks, PLAIN: done.plain}, order.size)
    _card(order, done, rates=rates).write(order.out)
    yield from learn_words(order.data, order.work, VisualModel.load(order.out), order.out, order.recipe.seed)
    measured: list[Figures] = []
    shown = None
    if (order.data / "mirflickr.tar").exists():
        for name, network in networks.items():
            model = VisualModel.load(order.out, open_session(network))
            everything = yield from score(
                model,
                Vocabulary.load(),
                order.data / "mirflickr.tar",
                order.data / "mirflickr.csv",
                _SPLITS[0],
            )
            measured += _figures(everything, name)
            if (name == EIGHT) == order.eight_bit:
                exhibits.loss(order.work, order.out)
                _card(order, done, tuple(measured), rates).write(order.out)  # the table on it reads these
                unseen = everything.rows(*_SPLITS[1])
                shown = yield from exhibits.gather(
                    model, unseen, order.data, order.models, order.work, order.out
                )
    card = _card(order, done, tuple(measured), rates, shown)
    card.write(order.out)
    return card


def exhibit(data: Path, models: Path, work: Path, folder: Path) -> Job[None]:
    """Measure again what stands on the card in ``folder`` beside the figures, which stay: the network does, too.

    Raises ModelError where there is no such card, or where MIRFLICKR is not among the sets.
    """
    page, images = folder / "CARD.md", data / "mirflickr.tar"
    if not images.exists():
        raise ModelError(f"A card's systems are measured on MIRFLICKR's photos: there is no {images}.")
    model = VisualModel.load(folder)
    try:
        before = page.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"The card {page} cannot be read: {error.strerror}.") from error
    unseen = yield from score(model, Vocabulary.load(), images, images.with_suffix(".csv"), _SPLITS[1])
    shown = yield from exhibits.gather(model, unseen, data, models, work, folder)
    page.write_text(exhibited(before, shown), encoding="utf-8")


def trained_for(work: Path, recipe: Recipe) -> str:
    """How long the weights in ``work`` were trained, read from the curve of the loss."""
    try:
        last = (work / "loss.csv").read_text(encoding="utf-8").splitlines()[-1].split(",")
        steps = int(last[0])
    except (OSError, ValueError, IndexError) as error:
        raise ModelError(f"There is no curve of the loss in {work}: run photomgr train fit first.") from error
    what = "all layers of the second body" if recipe.beside else "all layers"
    text = f"{what}, {steps} steps of {recipe.batch} photos, last loss {last[2]}"
    if recipe.blend:
        text += f"; {recipe.blend:g} of the weights that it started from mixed in"
    return text


def _figures(everything: Scored, name: str) -> list[Figures]:
    found = []
    # A row's number is the photo's id in this set, so the smaller split is a part of the larger one.
    for first, last in _SPLITS:
        scored, split = everything.rows(first, last), f"{first}:{last}"
        command = f"photomgr train evaluate --images mirflickr.tar --labels mirflickr.csv --split {split}"
        values = figures_of(scored.names, scored.scores, scored.truth)
        found.append(Figures("mirflickr", split, len(scored.scores), name, command, values))
    return found


def _card(
    order: Order,
    done: Exported,
    measured: tuple[Figures, ...] = (),
    rates: dict[str, float] | None = None,
    shown: exhibits.Exhibits | None = None,
) -> Card:
    shipped = order.out / "model.onnx"
    digest = hashlib.sha256(shipped.read_bytes()).hexdigest()
    present = found(order.data)
    rows = [row for each in present for row in read_rows(order.data / f"{each.name}.csv", each.name)]
    photos = sum(not row.held_out for row in rows)
    return Card(
        name="photomgr everyday",
        version=_version(order.replaced, digest),
        file=shipped.name,
        sha256=digest,
        size=order.size,
        second=done.second,
        pair=done.pair,
        before=_before(order.work, order.recipe),
        tags=len(done.quality),
        relevance=RELEVANT,
        embedding=EMBEDDING,
        recipe=order.recipe,
        trained=order.trained,
        photos=photos,
        sets=[each.name for each in present if each in SETS],
        own=[each.name for each in present if each not in SETS],
        figures=measured,
        speed={name: round(value, 1) for name, value in (rates or {}).items()},
        megabytes={
            "shipped": _megabytes(shipped),
            FULL: _megabytes(done.full),
            EIGHT: _megabytes(done.eight),
            **({WORDS: _megabytes(order.out / WORDS)} if (order.out / WORDS).exists() else {}),
        },
        exhibits=shown,
        modalities=done.modalities,
        fused=done.fused,
        ablation=done.ablation,
        full=hashlib.sha256(done.full.read_bytes()).hexdigest(),
    )


def _version(replaced: Mapping[str, Any], digest: str) -> str:
    """Another network has another version, so that the history tells them apart."""
    first, dot, last = str(replaced.get("version", "")).rpartition(".")
    if not dot or not last.isdigit():
        return _FIRST
    return str(replaced["version"]) if replaced.get("sha256") == digest else f"{first}.{int(last) + 1}"


def _before(work: Path, recipe: Recipe) -> Mapping[str, Any]:
    """The card of what a training went on from or stands beside; of weights, where they come from."""
    there = origin.located(work, recipe).origin
    if there is None:
        return {}
    if Path(there).is_dir():
        return origin.card(there)
    folder = Path(there).parent
    earlier = read_recipe(folder)
    further = _before(folder, earlier)
    told = cards.origin(earlier, further.get("model", {}).get("origin", ""), concepts=False)
    return {**further, "model": {"origin": told}}


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 2)
