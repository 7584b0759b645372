"""review: what waits for a decision. groups: photos that look alike. simulate: a reviewer played from true labels."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ..annotate.annotator import Annotator
from ..core.errors import CatalogBusy, UsageError
from ..library import Library, simulation, words
from ..library.cluster_names import Cluster
from ..library.reviewing import Order
from ..library.simulated_session import play_session
from .deciding import say_called, tags_meant
from .opening import open_library, paths_of, reading
from .output import Output


def add_commands(add: Callable[..., argparse.ArgumentParser], count: Callable[[str], int]) -> None:
    """Declare the commands; ``add`` and ``count`` are the parser's own."""
    command = add("review", review, "what waits for a decision, best first; learns from decisions before")
    command.add_argument("tag", nargs="?", metavar="TAG")
    command.add_argument("--limit", type=count, metavar="N")
    command.add_argument("--order", choices=[str(order) for order in Order], default=str(Order.CONFIDENCE),
                         help="best first, what teaches most first, newest first, or by folder")  # fmt: skip
    add("groups", groups, "the whole library in clusters by look and time, named by their tags")
    command = add("simulate", simulate, "play a reviewer from true labels and print how fast it learns")
    command.add_argument("--images", type=Path, required=True, metavar="X.tar")
    command.add_argument("--labels", type=Path, required=True, metavar="X.csv",
                         help="a row for each photo: file, labels with | between them")  # fmt: skip
    command.add_argument("--tag", nargs="+", required=True, metavar="T")
    command.add_argument("--decisions", type=count, default=100, metavar="N", help="at most (default: 100)")
    command.add_argument("--unknown", action="store_true", help="pretend that the network lacks the tags")
    command.add_argument("--noise", type=_share, default=0.0, metavar="P", help="share of wrong decisions")
    command.add_argument("--session", action="store_true",
                         help="review all photos for all tags, and print what 95 %% of the true tags cost, with and"
                         " without learning")  # fmt: skip
    command.add_argument("--seed", type=_seed, default=1, metavar="N")


def review(options: Namespace, output: Output) -> int:
    """Open suggestions, best first; the library learns before, unless another program is at it."""
    if not options.read_only and paths_of(options).catalog.exists():
        with suppress(CatalogBusy), open_library(options, output) as library:
            output.drive("learning", library.learn())
    with reading(options) as library:
        tag: str | None = options.tag
        meant = [] if tag is None else tags_meant(library, tag)
        if tag is not None and len(meant) == 1:
            tag = say_called(tag, meant[0], output)
        waiting = library.reviewing.suggestions(tag, options.limit, Order(options.order))
        if not waiting:
            output.say(_nothing(library, tag, meant))
        for one in waiting:
            record = {
                "path": str(one.path), "tag": one.tag, "score": round(one.score, 4), "band": one.band
            }  # fmt: skip
            output.record(record, f"{one.score:>4.0%}  {one.band:<4}  {one.tag}  {one.path}")
    return 0


def _nothing(library: Library, tag: str | None, meant: Sequence[str]) -> str:
    """Why there is nothing to review; ``meant`` are the library's tags that ``tag`` may be a name of."""
    if tag is None:
        return "Nothing waits for a decision."
    if len(meant) > 1:
        return f"“{tag}” may mean {' or '.join(f'“{each}”' for each in meant)}: ask for one of these."
    if not (library.catalog.keeping.find(tag) or library.meant(tag) or library.vocabulary().resolve(tag)):
        return f"There is no tag “{tag}”."
    return f"Nothing waits for a decision on “{tag}”."


def groups(options: Namespace, output: Output) -> int:
    """Print each cluster with its tags and photos, the largest first."""
    with reading(options) as library:
        for cluster in output.drive("grouping", library.reviewing.clusters()):
            photos = library.photos(cluster.photos.tolist())
            name = _called(cluster)
            record = {
                "tags": list(cluster.tags), "name": name, "count": len(photos),
                "paths": [str(each.path) for each in photos],
            }  # fmt: skip
            lines = [f"{len(photos):>6}  {name}", *(f"        {each.path}" for each in photos)]
            output.record(record, "\n".join(lines))
    return 0


def _called(cluster: Cluster) -> str:
    """The name of a cluster: no two of a library have the same."""
    parts = [*cluster.tags] or ["without a tag in common"]
    if cluster.when is not None:
        months = dict.fromkeys(datetime.fromtimestamp(each, UTC).strftime("%Y-%m") for each in cluster.when)
        parts.append("\u2013".join(months))
    return " \u00b7 ".join(parts) + (f" ({cluster.number})" if cluster.number > 1 else "")


def simulate(options: Namespace, output: Output) -> int:
    """Print a curve for each tag, and their mean when there are several."""
    annotator = Annotator.load()
    simulation.demand_labels(options.labels, options.tag)
    cache = paths_of(options).cache / "simulations"
    photos = output.drive("looking", simulation.read(options.images, options.labels, annotator, cache))
    if options.session:
        return _session(options, output, photos, annotator)
    curves = []
    if not options.json:
        print(f"{'tag':<24}{'decisions':>10}{'AP':>8}{'found':>8}{'unlearnt':>10}{'random':>8}")
    for tag in options.tag:
        job = simulation.play(
            photos, annotator, tag, decisions=options.decisions, unknown=options.unknown,
            noise=options.noise, seed=options.seed,
        )  # fmt: skip
        curves.append(output.drive(f"reviewing {tag}", job))
        _print(curves[-1], output)
    if len(curves) > 1:
        _print(simulation.mean_curve(curves), output)
    return 0


def _session(
    options: Namespace, output: Output, photos: simulation.LabelledPhotos, annotator: Annotator
) -> int:
    """Print what it costs to bring nearly all true tags in."""
    if options.noise:
        raise UsageError("--session plays a reviewer who makes no mistakes: leave --noise out.")
    job = play_session(photos, annotator, options.tag, unknown=options.unknown, seed=options.seed)
    found = output.drive("reviewing", job)
    output.record(
        asdict(found),
        f"{words.photos(found.photos)}, {words.counted(found.tags, 'tag')}, {found.pairs:,} true; a photo costs until"
        f" {found.share:.0%} of them are in:\n"
        f"{found.decisions:>8.2f} decisions, one suggestion each, learning on the way\n"
        f"{found.asked:>8.2f} where the sure are accepted by themselves, {found.sure_right:.1%} of them rightly\n"
        f"{found.plain_decisions:>8.2f} without learning\n"
        f"{found.strokes:>8.2f} keys and clicks in the review by tag, learning on the way\n"
        f"{found.plain_strokes:>8.2f} without learning",
    )
    return 0


def _print(curve: list[simulation.Point], output: Output) -> None:
    for point in curve:
        record = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(point).items()
        }
        name = point.tag if point.known else f"{point.tag} (invented)"
        output.record(
            record,
            f"{name[:23]:<24}{point.decisions:>10}{point.precision:>8.3f}{point.found:>8.0%}"
            f"{point.unlearnt:>10.0%}{point.random:>8.0%}",
        )


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("must be 0 or more")
    return int(text)


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 0.5:
        raise argparse.ArgumentTypeError("must be from 0 to 0.5")
    return number
