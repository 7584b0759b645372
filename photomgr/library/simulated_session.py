"""A whole library reviewed by a player from true labels: what it costs until nearly every true tag is in.

All tags of all photos are decided on, the surest screenful of any tag first, until a share of the true (photo, tag)
pairs is accepted. What a narrower tag implies is in with it, and what is narrower than a refused one is out: neither is
asked about any more. Two costs are counted.
``decisions`` are verdicts on single pairs, as a program asks for that has accept and reject beside each suggestion.
``strokes`` are keys and clicks in the review by tag, where one key decides on a screenful: what does not fit is
unticked by a click each, and then one key accepts the ticked ones and rejects the others; where less than half of a
screen fits, what does fit is picked instead. A screen below the line costs a key or two more than one above it.
Looking costs nothing in either: these are counts of what the hand does.

The same is played with every tag accepted by itself where it is sure: only the others are asked about, and some of what
comes in so is wrong. It is played without learning too, the order stays as the network has it: by strokes in the same
workbench, and by decisions in a program that has neither learning nor tags that imply others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..annotate import learner
from ..annotate.annotator import Annotator
from ..annotate.learner import Basis, Evidence
from ..core.catalog.learning import SURE
from ..core.errors import UsageError
from ..core.records import tag_key
from ..jobs import Job, Progress
from .simulation import LabelledPhotos

_SCREEN: Final = 24  # photos of a wall in a window of 1280 x 800 with cells of 128 pixels
_TAUGHT: Final = 1000  # decisions on one tag that are learnt from, as in a library
_UNDECIDED: Final = 256


@dataclass(frozen=True, slots=True)
class Session:
    """What it cost to bring ``share`` of the ``pairs`` true pairs in: per photo, ``decisions`` and ``strokes`` with
    learning, ``plain_decisions`` and ``plain_strokes`` without. ``implied_wrongly`` pairs came in by a narrower tag
    and are not labelled so. ``asked`` decisions are left where the sure ones are accepted by themselves, of which
    ``sure_right`` (in [0, 1]) are right. ``known`` of the tags are the network's; the others are invented ones, of
    which it knows nothing: without learning they are looked for in no order.
    """

    photos: int
    tags: int
    known: int
    pairs: int
    share: float
    decisions: float
    strokes: float
    plain_decisions: float
    plain_strokes: float
    implied_wrongly: int
    asked: float
    sure_right: float


def play_session(
    photos: LabelledPhotos,
    annotator: Annotator,
    tags: list[str],
    *,
    share: float = 0.95,
    unknown: bool = False,
    seed: int = 1,
) -> Job[Session]:
    """Review all photos for all ``tags`` with and without learning. Labels must be complete for these tags.

    Raises UsageError when no photo has one of the tags.
    """
    truth = np.array([[tag_key(tag) in labels for tag in tags] for labels in photos.labels])
    for tag, count in zip(tags, truth.sum(axis=0), strict=True):
        if not count:
            raise UsageError(f"No photo is labelled {tag}.")
    goal = int(np.ceil(share * truth.sum()))
    columns = [None if unknown else _column(annotator, tag) for tag in tags]
    players = []
    nothing: list[list[int]] = [[] for _ in tags]
    implied = nothing if unknown else _implied(annotator, tags)
    for how, learns, itself, above in (
        ("learning", True, False, implied),
        ("by itself", True, True, implied),
        ("without learning", False, False, implied),
        ("plainly", False, False, nothing),
    ):
        player = _Player(photos, columns, truth, above, learns, itself, np.random.default_rng(seed))
        while player.found < goal and player.go_on():
            yield Progress(player.found, goal, how)
        players.append(player)
    ours, itself_too, unlearnt, plain = players
    return Session(
        photos=len(truth),
        tags=len(tags),
        known=sum(column is not None for column in columns),
        pairs=int(truth.sum()),
        share=share,
        decisions=round(ours.decisions / len(truth), 3),
        strokes=round(ours.strokes / len(truth), 3),
        plain_decisions=round(plain.decisions / len(truth), 3),
        plain_strokes=round(unlearnt.strokes / len(truth), 3),
        implied_wrongly=ours.implied_wrongly,
        asked=round(itself_too.decisions / len(truth), 3),
        sure_right=round(1 - itself_too.wrongly / max(1, itself_too.by_itself), 4),
    )


def _column(annotator: Annotator, tag: str) -> int | None:
    """The network's column of a label, by any name of the tag: labels are no tags that a person made."""
    meant = annotator.vocabulary.resolve(tag.replace("_", " "))
    return annotator.labels.index(meant) if meant in annotator.labels else None


def _implied(annotator: Annotator, tags: list[str]) -> list[list[int]]:
    """For each label the places of those that it implies."""
    meant = [annotator.vocabulary.resolve(tag.replace("_", " ")) for tag in tags]
    above = [annotator.vocabulary.ancestors_of(name) if name else () for name in meant]
    return [[place for place, name in enumerate(meant) if name in broader] for broader in above]


class _Player:
    """One reviewer at work on all tags."""

    def __init__(
        self,
        photos: LabelledPhotos,
        columns: list[int | None],
        truth: NDArray[np.bool_],
        implied: list[list[int]],
        learns: bool,
        itself: bool,
        dice: np.random.Generator,
    ) -> None:
        self._truth, self._learns, self._itself, self._implied = truth, learns, itself, implied
        self._narrower = [
            [tag for tag, above in enumerate(implied) if each in above] for each in range(len(implied))
        ]
        self._vectors = np.asarray(photos.embeddings, np.float32)
        self._basis = Basis.of(photos.embeddings)
        self._order = dice.permutation(len(truth))
        self._known = [column is not None for column in columns]
        base = np.full(len(truth), learner.BASE_RATE)
        said = [base if column is None else photos.scores[:, column] for column in columns]
        self._prior = np.stack([learner.logit(each) for each in said], axis=1).astype(np.float64)
        self._logits = self._prior.copy()
        # what nobody knows anything of stands in no order, but never changes it
        self._tie = 1e-9 * dice.permutation(len(truth))
        self._open = np.ones(truth.shape, np.bool_)
        self._decided = np.zeros(truth.shape, np.bool_)
        self.decisions = self.strokes = self.found = self.implied_wrongly = self.by_itself = self.wrongly = 0
        self._sure = [SURE] * len(columns)
        for tag in range(len(columns)):
            self._accept_sure(tag)
        self._next: list[NDArray[np.intp]] = [self._screen(tag) for tag in range(len(columns))]

    def go_on(self) -> bool:
        """Decide on the surest screenful of all tags, and learn from it; False when nothing is left."""
        hope = [learner.sigmoid(self._logits[rows, tag]).mean() if len(rows) else -1.0
                for tag, rows in enumerate(self._next)]  # fmt: skip
        tag = int(np.argmax(hope))
        rows = self._next[tag]
        if not len(rows):
            return False
        right = int(self._truth[rows, tag].sum())
        wrong = len(rows) - right
        above = bool((learner.sigmoid(self._logits[rows, tag]) >= SURE).all())
        self.strokes += min(wrong + (1 if above else 2), right + 3)
        self.decisions += len(rows)
        self.found += right
        self._open[rows, tag] = False
        self._decided[rows, tag] = True
        yes = self._truth[rows, tag]
        self._take_in_broader(tag, rows[yes])
        for narrower in self._narrower[tag]:
            self._open[rows[~yes], narrower] = False
        if self._learns:
            self._learn(tag)
        self._accept_sure(tag)
        for moved in (tag, *self._implied[tag], *self._narrower[tag]):
            self._next[moved] = self._screen(moved)
        return True

    def _take_in_broader(self, tag: int, rows: NDArray[np.intp]) -> None:
        """What is implied by a tag on the photos that got it."""
        for broader in self._implied[tag]:
            settled = rows[self._open[rows, broader]]
            self._open[settled, broader] = False
            self.found += int(self._truth[settled, broader].sum())
            self.implied_wrongly += int((~self._truth[settled, broader]).sum())

    def _accept_sure(self, tag: int) -> None:
        """What comes in by itself, when it may: nobody learns from that."""
        if not self._itself:
            return
        sure = learner.sigmoid(self._logits[:, tag]) >= self._sure[tag]
        rows = np.flatnonzero(self._open[:, tag] & sure)
        self._open[rows, tag] = False
        right = int(self._truth[rows, tag].sum())
        self.found += right
        self.by_itself += len(rows)
        self.wrongly += len(rows) - right
        self._take_in_broader(tag, rows)

    def _screen(self, tag: int) -> NDArray[np.intp]:
        """The surest photos of a tag that are still open."""
        rows = np.flatnonzero(self._open[:, tag])
        ranked = np.argsort(-(self._logits[rows, tag] + self._tie[rows]), kind="stable")
        return rows[ranked[:_SCREEN]]

    def _learn(self, tag: int) -> None:
        decided = self._order[self._decided[self._order, tag]][:_TAUGHT]
        truth = self._truth[decided, tag]
        if not truth.any():
            return
        others = self._order[self._open[self._order, tag]][:_UNDECIDED]
        prior, vectors = self._prior[:, tag], self._vectors
        model = learner.learn(
            self._basis,
            Evidence(vectors[decided], prior[decided]),
            truth,
            Evidence(vectors[others], prior[others]),
            known=self._known[tag],
        )
        logits = prior + vectors @ model.weights + model.bias + model.slope * prior
        if model.votes is not None:
            logits = logits + model.votes.add(vectors, logits, prior)
        self._logits[:, tag] = logits
        self._sure[tag] = learner.bands(model.foretold, truth, SURE, SURE)[0]
