"""What is known of all photos, and what training begins with: teachers, or the network that it goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.jobs import Job, Progress
from photomgr.train import earlier
from photomgr.train.backbones import SHIPPED, Backbone, choose
from photomgr.train.corpus import Part, agree, assemble, concept_columns, labelled, soften
from photomgr.train.lexicon import Lexicon
from photomgr.train.network import Plan
from photomgr.train.recipe import Recipe
from photomgr.train.targets import columns

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Taught:
    """``parts`` with their targets; ``weights`` to go on from, None where teachers were asked instead.

    ``classifier``: kernel [1001, D] and bias [1001] that tell ImageNet's classes from the features at the beginning;
    of no classes where nobody knows them.
    """

    parts: list[Part]
    weights: dict[str, Any] | None
    classifier: tuple[Floats, Floats]


def gather(
    data: Path, models: Path, work: Path, lexicon: Lexicon, backbone: Backbone, recipe: Recipe
) -> Job[Taught]:
    """Everything that the recipe learns from. Each step is kept in ``work``.

    A network to go on from stands for all teachers but the backbone, which looks at the largest set alone: that
    takes minutes where the teachers take hours. Raises ModelError where there are no photos or no such network.
    """
    if recipe.origin is None:
        parts = yield from assemble(data, models, work, lexicon, backbone, recipe.seed)
        return Taught(parts, None, backbone.plan.classifier)
    parts = yield from labelled(data, work, lexicon)
    plan = choose(None, models, recipe.beside).plan if recipe.beside else backbone.plan
    weights = earlier.load(Path(recipe.origin), lexicon, plan)
    opinions, features = yield from asked(parts, weights, plan, columns(lexicon), work, recipe.side)
    classifier = backbone.plan.classifier
    if backbone.name != SHIPPED and not recipe.panel:
        classifier = yield from _look(parts, features, lexicon, backbone, work, recipe.seed)
    agree(parts, opinions, concept_columns(lexicon))
    return Taught(parts, weights, classifier)


def asked(
    parts: list[Part], weights: dict[str, Any], plan: Plan, names: list[str], work: Path, side: int
) -> Job[tuple[list[Floats], list[NDArray[np.float16]]]]:
    """What an earlier network says of each part, [N, T + 14], and its features [N, D]; photos have ``side`` pixels."""
    opinions, features = [], []
    for part in parts:
        said, seen = yield from earlier.opinion(
            weights, plan, names, work, part.photo_set.name, part.pixels, side
        )
        opinions.append(said)
        features.append(seen)
    return opinions, features


def _look(
    parts: list[Part],
    features: list[NDArray[np.float16]],
    lexicon: Lexicon,
    backbone: Backbone,
    work: Path,
    seed: int,
) -> Job[tuple[Floats, Floats]]:
    """Let the published backbone look at the largest set; what it thinks there is told of the other sets, too."""
    number = max(range(len(parts)), key=lambda n: len(parts[n].rows))
    largest = parts[number]
    yield from backbone.look(work, largest.photo_set.name, largest.pixels)
    if largest.photo_set.kind == "complete":
        yield from soften(largest, work, lexicon, backbone, seed)
    yield Progress(0, None, "fitting the classifier to what it started from")
    said = np.load(backbone.files(work, largest.photo_set.name)[0])
    fitted = earlier.classifier(features[number], said, backbone.plan.classifier, work, seed)
    for part, seen in zip(parts, features, strict=True):
        part.imagenet = said if part is largest else earlier.classes(fitted, seen)
    return fitted
