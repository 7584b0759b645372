"""Learning from a person: a simulated reviewer decides on one tag, and the model learns from each decision.

It starts from the shipped network, with a tag that this knows or with one that it is not to know. What comes out is
how well photos that are never shown are ranked, and how many true ones were found, against the number of decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from photomgr.annotate.annotator import Annotator
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import UsageError
from photomgr.core.records import tag_key
from photomgr.jobs import Job, Progress
from photomgr.library.simulation import LabelledPhotos, Point, mean_curve, play
from photomgr.train.figures import Row
from photomgr.train.systems import Bench

REVIEWED: Final = ("dog", "flower", "night", "bird", "car", "baby", "sunset", "portrait")
"""Labels of MIRFLICKR that the simulated reviewer decides on: none of them on more than one photo in six."""
DECISIONS: Final = 200
_MARKS: Final = (5, 20, 50, 200)


class Kind(NamedTuple):
    """``unknown``: the network is not to know the tag; ``noise``: share of the decisions that are wrong."""

    unknown: bool = False
    noise: float = 0.0


KNOWN, WRONG, NEW = (
    "a tag that the network knows",
    "the same, 5 % of the decisions wrong",
    "a tag that is new to it",
)
KINDS: Final = {KNOWN: Kind(), WRONG: Kind(noise=0.05), NEW: Kind(unknown=True)}

Curves = Mapping[str, Sequence[Sequence[Point]]]
"""By kind the curve of each tag."""


def curves(bench: Bench, kinds: Sequence[str]) -> Job[Curves]:
    """Play some of ``KINDS`` on the scored photos, for each of ``REVIEWED`` that enough of them have."""
    if bench.visual is None:
        return {}
    annotator = Annotator(bench.visual, Vocabulary.load())
    photos = _photos(bench, annotator)
    found: dict[str, list[list[Point]]] = {}
    for kind in kinds:
        how = KINDS[kind]
        each: list[list[Point]] = []
        for tag in REVIEWED:
            if not how.unknown and tag not in annotator.labels:
                continue
            yield Progress(len(each), len(REVIEWED), f"reviewing {kind}")
            try:
                each.append((yield from play(
                    photos, annotator, tag, decisions=DECISIONS, unknown=how.unknown, noise=how.noise,
                )))  # fmt: skip
            except UsageError:
                continue  # too few photos have it
        if each:
            found[kind] = each
    return found


def rows(played: Curves) -> dict[str, Row]:
    """Of a tag that is known and of a new one, the mean over the tags after so many decisions.

    ``mean_ap`` is on the half of the photos that is never shown; ``true_found`` the share of the other half's true
    ones that were met, ``in_first_order`` the same had nothing been learnt, ``at_random`` in no order.
    """
    found: dict[str, Row] = {}
    for kind in (KNOWN, NEW):
        each = played.get(kind, ())
        at = {point.decisions: point for point in mean_curve(each)} if each else {}
        for mark in _MARKS:
            if mark in at:
                point = at[mark]
                found[f"learning, {kind}: {mark} decisions"] = {
                    "mean_ap": point.precision, "true_found": point.found, "in_first_order": point.unlearnt,
                    "at_random": point.random, "tags": float(len(each)),
                }  # fmt: skip
    return found


def _photos(bench: Bench, annotator: Annotator) -> LabelledPhotos:
    """The scored photos as a library keeps them; tags that are no label of the set score 0."""
    scored = bench.scored
    length = np.maximum(np.linalg.norm(scored.embedding, axis=1, keepdims=True), 1e-6)
    scores = np.zeros((len(scored.ids), len(annotator.labels)), np.float16)
    column = {label: number for number, label in enumerate(annotator.labels)}
    for number, name in enumerate(bench.names):
        if name in column:
            scores[:, column[name]] = scored.probabilities[:, number]
    keys = np.array([tag_key(name) for name in bench.names])
    labels = tuple(frozenset(map(str, keys[row])) for row in scored.truth)
    return LabelledPhotos((scored.embedding / length).astype(np.float16), scores, labels)
