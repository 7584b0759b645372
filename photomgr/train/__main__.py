"""``photomgr train fit | extend | handcrafted | evaluate | export | card``: the offline part on the command line."""

from __future__ import annotations

import argparse
import atexit
import dataclasses
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from photomgr import jobs
from photomgr.annotate.annotator import SHIPPED
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError, PhotomgrError
from photomgr.train.backbones import NAMES
from photomgr.train.pack import lost
from photomgr.train.sets import SETS, data_dir, found, read_rows

if TYPE_CHECKING:
    from photomgr.train.bench import Outcome
    from photomgr.train.standing import Standing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when the world failed (said on stderr), 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except PhotomgrError as error:
        print(f"photomgr train: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a drive that went
        print(f"photomgr train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("photomgr train: stopped; start it again to go on.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="photomgr train", description="Train, measure and export the network."
    )
    commands = parser.add_subparsers(required=True, metavar="fit|extend|handcrafted|evaluate|export|card")
    fit = commands.add_parser("fit", help="train all layers; goes on where it was stopped (extra: train)")
    _folders(fit)
    fit.add_argument("--epochs", type=float, help="how often each photo is seen")
    fit.add_argument(
        "--minutes", type=float, help="end after so long; the learning rate falls with the clock"
    )
    fit.add_argument("--seed", type=int, help="seed of everything random")
    fit.add_argument("--threads", type=int, help="threads of the training step")
    fit.add_argument(
        "--start",
        metavar="WEIGHTS",
        help="go on from an earlier training's final.npz, or from the folder of a network as it ships",
    )
    fit.add_argument(
        "--blend", type=float, help="share of the weights of --start in the final ones, 0 to 1 (default: 0)"
    )
    fit.add_argument("--rate", type=float, help="learning rate of the body at its highest (default: 1e-4)")
    fit.add_argument(
        "--head-rate", type=float, help="learning rate of the head at its highest (default: 2e-4)"
    )
    fit.add_argument("--decay", type=float, help="weight decay (default: 0.03)")
    fit.add_argument("--side", type=int, help="side in pixels of what the network is shown (default: 160)")
    fit.add_argument("--last-side", type=int, help="the same in the last 30 %% of the steps (default: 192)")
    fit.add_argument("--hold", type=float, help="share of the training at the full rate (default: 0)")
    fit.add_argument(
        "--average", type=float, help="share that each step keeps of the averaged weights (default: 0.999)"
    )
    fit.add_argument(
        "--backbone", choices=NAMES, help="network to start from (default: the first of these that is there)"
    )
    fit.add_argument(
        "--panel",
        action="store_true",
        help="let the network of --start and EfficientNet-Lite2 judge each view that is learnt from",
    )
    fit.add_argument(
        "--label-share", type=float, help="of a label beside the panel's opinion, 0 to 1 (default: 0.3)"
    )
    fit.add_argument(
        "--beside",
        metavar="NETWORK",
        help="train a second body (default: efficientnet-lite2) to stand beside this network, which sits on the panel",
    )
    fit.set_defaults(command=_fit)
    extend = commands.add_parser("extend", help="teach tags that joined the vocabulary since (extra: train)")
    _folders(extend)
    extend.add_argument("--size", type=int, default=192, help="side of the photos in pixels")
    extend.add_argument("--seed", type=int, default=1, help="seed of everything random")
    extend.set_defaults(command=_extend)
    made = commands.add_parser(
        "handcrafted", help="build the hand-made modalities, without labels (extra: train)"
    )
    _folders(made)
    made.add_argument("--out", type=Path, help="folder to write to (default: the shipped one)")
    made.add_argument("--size", type=int, default=192, help="side of the input in pixels, a multiple of 64")
    made.add_argument("--seed", type=int, default=1, help="seed of everything random")
    made.set_defaults(command=_handcrafted)
    evaluate = commands.add_parser("evaluate", help="figures on photos with labels; fits nothing")
    evaluate.add_argument("--images", type=Path, required=True, help="tar of photos")
    evaluate.add_argument("--labels", type=Path, required=True, help="CSV: file, labels with | between them")
    evaluate.add_argument("--split", help="a:b, MIRFLICKR ids or row numbers, both included")
    evaluate.add_argument("--model", type=Path, help="folder of another network with its card")
    evaluate.add_argument(
        "--systems", metavar="A,B,…|all|none",
        help="which systems to run beside it (default: all on MIRFLICKR's annotations, that of objects on COCO's,"
        " else none)",
    )  # fmt: skip
    evaluate.add_argument("--minutes", type=float, help="let no system go on after so long")
    _folders(evaluate)
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.set_defaults(command=_evaluate)
    export = commands.add_parser("export", help="weights to ONNX with labels and card (extra: train)")
    _folders(export)
    export.add_argument("--out", type=Path, help="folder to write to (default: the shipped network's)")
    export.add_argument("--size", type=int, default=256, help="side of the input in pixels, a multiple of 32")
    export.add_argument(
        "--second",
        type=int,
        help="side of a smaller copy that is looked at too, 0 for none (default: 160, for a second body 5/8 of --size)",
    )
    export.add_argument("--eight-bit", action="store_true", help="ship the 8-bit network")
    export.add_argument("--head-only", action="store_true", help="export the head on frozen features")
    export.set_defaults(command=_export)
    card = commands.add_parser(
        "card", help="measure the systems, the reviewer and the plots on a card again (extra: train)"
    )
    _folders(card)
    card.add_argument("--model", type=Path, help="folder of the network (default: the shipped one)")
    card.set_defaults(command=_card)
    return parser


def _folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, help="folder of photo sets (default: $PHOTOMGR_SHARED or ../shared)"
    )
    parser.add_argument(
        "--models", type=Path, help="folder of teacher networks (default: beside the photo sets)"
    )
    parser.add_argument("--work", type=Path, help="folder to keep results in (default: ../train)")


def _fit(options: argparse.Namespace) -> None:
    from photomgr.train.fit import fit
    from photomgr.train.recipe import Recipe

    data, models, work = _places(options)
    given = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(Recipe)}
    recipe = Recipe(**{name: value for name, value in given.items() if value is not None})
    _say_unheard(data, models)
    weights = jobs.run(fit(data, models, work, recipe), _show)
    print(f"\nweights: {weights}", file=sys.stderr)
    _say_lost(data, work)


def _say_lost(data: Path, work: Path) -> None:
    """Which photos of the tables could not be learnt from."""
    for photo_set in found(data):
        names = lost(work, photo_set.name)
        if names:
            some = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
            print(f"{photo_set.name}: {len(names)} photos are missing or broken: {some}", file=sys.stderr)


def _say_unheard(data: Path, models: Path) -> None:
    """Which labels of a person's own sets teach nothing: said before hours go into training."""
    from photomgr.train.lexicon import Lexicon
    from photomgr.train.targets import unheard

    own = [photo_set for photo_set in found(data) if photo_set not in SETS]
    lexicon = Lexicon.load(data, models) if own else None
    for photo_set in own:
        rows = read_rows(data / f"{photo_set.name}.csv", photo_set.name)
        lost = unheard(lexicon, photo_set, rows) if lexicon else []
        text = f"{photo_set.name}: {len(rows)} photos"
        if lost:
            text += f"; no tag means {', '.join(lost[:12])}{' …' if len(lost) > 12 else ''}"
        print(text, file=sys.stderr)


def _extend(options: argparse.Namespace) -> None:
    from photomgr.train.latecomers import extend

    data, models, work = _places(options)
    weights = jobs.run(extend(data, models, work, options.size, options.seed), _show)
    print(f"\nweights: {weights}", file=sys.stderr)


def _handcrafted(options: argparse.Namespace) -> None:
    from photomgr.train.extra import need_onnx
    from photomgr.train.modalities.build import build
    from photomgr.train.modalities.handcrafted import FOLDER

    need_onnx()
    data, _, work = _places(options)
    out = options.out or models_dir() / FOLDER
    jobs.run(build(data, work, out, options.size, options.seed), _show)
    print(f"\nhand-made modalities: {out}", file=sys.stderr)


def _evaluate(options: argparse.Namespace) -> None:
    """Each part is printed as soon as it is there, unless one object is wanted at the end."""
    from photomgr.train import bench, systems
    from photomgr.train.evaluate import labels_in, parse_split, report, score, stand, summary
    from photomgr.train.progress import Meter
    from photomgr.train.standing import lines

    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    split = parse_split(options.split)
    model = VisualModel.load(options.model or models_dir() / SHIPPED)
    data = _data_beside(options)
    labels = labels_in(options.labels)
    chosen = systems.chosen(options.systems, labels, data)
    work = _work_or_none_kept(options) if chosen else Path()
    meter = Meter(sys.stderr, bench.guessed(chosen, model, data, work))
    meter.begin(bench.NETWORK)
    scored = jobs.run(score(model, Vocabulary.load(), options.images, options.labels, split), meter)
    meter.clear()
    name = options.images.stem + (f" {options.split}" if options.split else "")

    def tell(outcome: Outcome) -> None:
        meter.clear()
        if not options.json:
            print("", *outcome.lines(), sep="\n", flush=True)

    if not options.json:  # whoever stops it while the systems run has this already
        print(summary(report(scored, name, {})), flush=True)
    outcomes: dict[str, Outcome] = {}
    table: list[Standing] = []
    if chosen:
        models = options.models or (data.parent / "models" if data else None)
        job = bench.beside(
            chosen, model, scored, options.images, data, models, work, meter.begin, tell, until
        )
        outcomes = jobs.run(job, meter)
        table = stand(scored, outcomes, options.model or models_dir() / SHIPPED, bench.full_of(model, work))
    if options.json:
        print(json.dumps(report(scored, name, outcomes, table), allow_nan=False))
    elif table:
        print("", *lines(table), sep="\n")


def _work_or_none_kept(options: argparse.Namespace) -> Path:
    """The folder to keep results in; where the usual one cannot be made, one that goes with the program."""
    try:
        return _work(options)
    except ModelError as error:
        if options.work is not None:
            raise
        print(f"{error} Until then nothing is kept for the next time.", file=sys.stderr)
        folder = Path(tempfile.mkdtemp(prefix="photomgr-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder


def _data_beside(options: argparse.Namespace) -> Path | None:
    """The photo sets: where they were said to be or usually are, else beside the tar; None where there are none."""
    try:
        return data_dir(options.data)
    except ModelError:
        if options.data is not None:
            raise
    beside: Path = options.images.parent
    return beside if (beside / "mirflickr.tar").exists() and (beside / "mirflickr.csv").exists() else None


def _export(options: argparse.Namespace) -> None:
    from photomgr.train.extra import need_onnx
    from photomgr.train.recipe import read_recipe
    from photomgr.train.release import Order, release, trained_for

    need_onnx()
    data, models, work = _places(options)
    recipe = read_recipe(work)
    if options.head_only and recipe.origin:
        raise ModelError("A training that begins with another network has no head on frozen features.")
    trained = "a head on frozen features" if options.head_only else trained_for(work, recipe)
    weights = work / ("head.npz" if options.head_only else "final.npz")
    out = options.out or models_dir() / SHIPPED
    order = Order(
        data, models, work, out, weights, options.size, options.second, options.eight_bit, recipe, trained
    )
    card = jobs.run(release(order), _show)
    if options.out:
        made = VisualModel.load(out)
        thresholds = dict(zip(made.labels, made.thresholds.tolist(), strict=True))
        (out / "network.toml").write_text(card.for_adding(thresholds), encoding="utf-8")
    print(f"\n{out}: {card.tags} tags, {card.megabytes['shipped']} MB", file=sys.stderr)


def _card(options: argparse.Namespace) -> None:
    from photomgr.train.extra import need_onnx
    from photomgr.train.release import exhibit

    need_onnx()
    folder: Path = options.model or models_dir() / SHIPPED
    jobs.run(exhibit(*_places(options), folder), _show)
    print(f"\ncard: {folder / 'CARD.md'}", file=sys.stderr)


def _places(options: argparse.Namespace) -> tuple[Path, Path, Path]:
    data = data_dir(options.data)
    models = options.models or data.parent / "models"
    return data, models, _work(options)


def _work(options: argparse.Namespace) -> Path:
    work: Path = options.work or Path(os.environ.get("PHOTOMGR_TRAIN_WORK", "../train"))
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"The folder {work} cannot be made: {error.strerror}. Name another one with --work."
        ) from error
    return work


def _show(progress: jobs.Progress) -> None:
    if not sys.stderr.isatty() and progress.done % 500:
        return  # a log needs no line for each step
    end = "" if sys.stderr.isatty() else "\n"
    of = f"/{progress.total}" if progress.total else ""
    start = "" if end else "\r"
    print(f"{start}{progress.done}{of} {progress.text}".ljust(78), end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
