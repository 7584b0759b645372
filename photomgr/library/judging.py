"""How well networks say what a person decided: side by side on the same photos, before anything is switched."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..annotate import learner
from ..annotate.annotator import Annotator
from ..annotate.foreign import ForeignNetwork
from ..core import images
from ..core.catalog.opinions import DecidedPhoto
from ..core.errors import ImageError, ModelError
from ..core.records import tag_key
from ..core.thumbnails import SHORT_SIDE
from ..jobs import Job, Progress
from .meanings import Meanings

MOST: Final = 2000
"""Photos that networks are compared on: those decided on last."""

_PROOF: Final = 10  # accepted and as many refused pairs from which on a calibration is told


@dataclass(frozen=True, slots=True)
class NetworkScore:
    """How one network does on a person's decisions.

    ``decisions`` are those on tags that it knows, of ``decided`` in all, on ``photos`` photos. ``ap``: average
    precision of all of these (photo, tag) pairs in one ranking, ``shipped_ap`` that of the shipped network on the
    same pairs (where it does not know a tag it says 0); ``precision`` and ``recall`` at the thresholds. None where
    there is nothing to divide by. ``photos_per_second`` without decoding, on one thread. ``slope`` and ``bias``: the
    calibration under which the decisions are likeliest, as the card of a network of the person's own could say it
    (Platt 1999); None before enough is decided.
    """

    name: str
    kind: str
    photos: int
    decisions: int
    decided: int
    accepted: int
    ap: float | None
    shipped_ap: float | None
    precision: float | None
    recall: float | None
    photos_per_second: float | None
    provider: str
    problem: str = ""
    slope: float | None = None
    bias: float | None = None


class Contender:
    """One network in the comparison. ``look`` gives scores, or an embedding; ``columns`` are those of each tag of the
    library, by its key, among the scores and ``thresholds``. ``calibration``: slope and bias that made the scores, None
    where no card says them."""

    def __init__(
        self, name: str, kind: str, columns: Mapping[str, Sequence[int]], thresholds: NDArray[np.float32]
    ) -> None:
        self.name, self.kind, self.columns, self.thresholds = name, kind, columns, thresholds
        self.rows: dict[int, NDArray[np.float32]] = {}
        self.seconds = 0.0
        self.problem = ""
        self.calibration: tuple[float, float] | None = None
        self.look: Callable[[Image.Image], NDArray[np.float32]]
        self.provider: Callable[[], str]


def shipped(annotator: Annotator, name: str, meanings: Meanings) -> Contender:
    """The shipped network as a contender."""
    one = Contender(name, "tagger", _columns(annotator.labels, meanings), annotator.thresholds)
    one.look = lambda image: annotator.see(image).scores.astype(np.float32)
    one.provider = lambda: annotator.provider
    return one


def added(network: ForeignNetwork, meanings: Meanings) -> Contender:
    """A network of the person's own. Of an embedding the rows are the embeddings."""
    embeds = network.card.kind == "embedding"
    columns = _columns(network.tags, meanings)
    one = Contender(network.card.name, network.card.kind, columns, network.thresholds)

    def look(image: Image.Image) -> NDArray[np.float32]:
        opinion = network.look(image)
        return opinion.embedding if embeds and opinion.embedding is not None else opinion.scores

    one.look = look
    one.provider = lambda: network.provider
    one.calibration = None if embeds else (network.card.slope, network.card.bias)
    return one


def unusable(name: str, problem: str) -> Contender:
    """One that cannot be opened: its score says why and nothing else."""
    one = Contender(name, "", {}, np.empty(0, np.float32))
    one.problem = problem
    return one


def _columns(labels: Sequence[str], meanings: Meanings) -> dict[str, list[int]]:
    """Where each tag stands among a network's labels, by its key."""
    found: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        found.setdefault(meanings.key(label), []).append(column)
    return found


def compare(contenders: Sequence[Contender], decided: Sequence[DecidedPhoto]) -> Job[list[NetworkScore]]:
    """Show every photo to every contender. The first one is what the others are compared with."""
    yield Progress(0, len(decided))
    for number, photo in enumerate(decided, start=1):
        try:
            image = images.decode(photo.path, short_side=SHORT_SIDE, content=photo.content)
        except ImageError:
            yield Progress(number, len(decided), photo.path.name)
            continue
        for one in contenders:
            if not one.problem:
                _show(one, photo.photo, image)
        yield Progress(number, len(decided), photo.path.name)
    return [_score(one, contenders[0], decided) for one in contenders]


def _show(one: Contender, photo: int, image: Image.Image) -> None:
    try:
        if not one.rows:
            one.look(image)  # opening it counts as no photo's time
        began = time.perf_counter()
        row = one.look(image)
    except ModelError as error:
        one.problem = str(error)
        return
    one.seconds += time.perf_counter() - began
    one.rows[photo] = row


def _score(one: Contender, first: Contender, decided: Sequence[DecidedPhoto]) -> NetworkScore:
    known = list(_pairs(one, decided))
    truth = np.array([yes for *_, yes in known], np.bool_)
    total = sum(len(photo.tags) for photo in decided)
    photos = len({photo for photo, _, _ in known})
    speed = len(one.rows) / one.seconds if one.seconds else None
    if one.problem or not known:
        provider = "" if one.problem else one.provider()
        return NetworkScore(
            one.name, one.kind, photos, len(known), total, int(truth.sum()), None, None, None, None, speed,
            provider, one.problem,
        )  # fmt: skip
    if one.kind == "embedding":
        scores, least = _likeness(one, known), np.full(len(known), 0.5, np.float32)
    else:
        scores, least = _said(one, known)
    beside = _said(first, known)[0]
    said = scores >= least
    slope, bias = calibrated(scores, truth, one.calibration) or (None, None)
    return NetworkScore(
        one.name, one.kind, photos, len(known), total, int(truth.sum()),
        average_precision(scores, truth), average_precision(beside, truth),
        float(truth[said].mean()) if said.any() else None,
        float(said[truth].mean()) if truth.any() else None,
        speed, one.provider(), slope=slope, bias=bias,
    )  # fmt: skip


def calibrated(
    scores: NDArray[np.float32], truth: NDArray[np.bool_], by: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Slope and bias that a card would have to say for ``scores`` [N] to be as probable as ``truth`` [N] shows.

    ``by``: those that made the scores. None without them, with too few decisions, and where scores foretell nothing.
    The fit is drawn to what the card says already, so that few decisions do not move it far.
    """
    if by is None or min(int(truth.sum()), int((~truth).sum())) < _PROOF:
        return None
    fitted = learner.correct(np.empty((len(scores), 0)), learner.logit(scores), truth)
    slope = 1 + fitted.slope
    return (slope * by[0], slope * by[1] + fitted.bias) if slope > 0 else None


_Pair = tuple[int, str, bool]


def _pairs(one: Contender, decided: Sequence[DecidedPhoto]) -> list[_Pair]:
    """(photo, tag's key, accepted) on which a contender has something to say."""
    return [
        (photo.photo, tag_key(tag), yes)
        for photo in decided
        if photo.photo in one.rows
        for tag, yes in photo.tags.items()
        if one.kind == "embedding" or tag_key(tag) in one.columns
    ]


def _said(one: Contender, pairs: Sequence[_Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scores, least = np.zeros(len(pairs), np.float32), np.ones(len(pairs), np.float32)
    for number, (photo, tag, _) in enumerate(pairs):
        if tag in one.columns and photo in one.rows:
            row, columns = one.rows[photo], list(one.columns[tag])
            column = columns[int(np.argmax(row[columns]))]
            scores[number], least[number] = row[column], one.thresholds[column]
    return scores, least


def _likeness(one: Contender, pairs: Sequence[_Pair]) -> NDArray[np.float32]:
    """How much more a photo looks like another accepted one of the tag than like a rejected one: 0 to 1, 0.5 even.

    The photo itself is left out, so that nothing is foretold from itself.
    """
    by_tag: dict[str, list[int]] = {}
    for number, (_, tag, _) in enumerate(pairs):
        by_tag.setdefault(tag, []).append(number)
    found = np.zeros(len(pairs), np.float32)
    for numbers in by_tag.values():
        rows = np.stack([one.rows[pairs[number][0]] for number in numbers])
        yes = np.array([pairs[number][2] for number in numbers])
        near = rows @ rows.T
        np.fill_diagonal(near, -np.inf)
        accepted = np.where(yes[None, :], near, -np.inf).max(axis=1)
        rejected = np.where(yes[None, :], -np.inf, near).max(axis=1)
        found[numbers] = (np.maximum(accepted, -1) - np.maximum(rejected, -1) + 2) / 4
    return found


def average_precision(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float | None:
    """Average precision of a ranking, equal scores counted in their worst order; None without a right one."""
    if not truth.any():
        return None
    order = np.lexsort((truth, -scores))
    ranked = truth[order]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
