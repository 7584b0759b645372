"""The shipped network with networks of the person's own beside it.

A tag that only an added network knows becomes a column of its own behind the shipped ones, with a word that is never
sure by itself where its card does not calibrate it: many a network is bolder than it is right. Of a tag that both know
the added network's word counts as much as its card says, nothing for a tagger by default, and as much more as decisions
show to help (``photomgr.library.helping``): what it said is kept beside the scores. An added embedding takes the place
of the shipped one.

With weight w, a tagger's log-odds are mixed in, ``(1 - w) * shipped + w * added``. A detector that finds a thing says
more than one that misses it, so that its log-odds are added, ``shipped + w * max(0, added - SHY)``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.annotator import SHIPPED, Annotation, Annotator, ScoredTag, Sighting
from photomgr.annotate.foreign import ForeignNetwork, Opinion
from photomgr.annotate.heat import Box
from photomgr.annotate.learner import logit, sigmoid
from photomgr.annotate.probe import pictures
from photomgr.core.errors import ModelError, PhotoRefused
from photomgr.core.records import tag_key

log = logging.getLogger(__name__)

SHY = -2.0
"""Log-odds up to which a detector has as good as not seen a thing: a probability of 0.12."""

UNTRIED: Final = 0.94
"""What a probability is multiplied with where an added network alone knows the tag and its card does not calibrate it:
below what counts as sure, until decisions prove more."""

_PATIENCE = 3
"""Photos in a row on which a network may fail, before somebody must know."""

WITNESSES: Final = frozenset(
    (
        *("network", "your decisions", "neighbours", "looks alike", "narrower", "context", "other tags"),
        *("visual", "words"),
        *("linear", "cosine", "radial", "layout", "midway"),
        *("colours", "moments", "edges", "wavelets", "patterns", "envelope", "patches"),
    )
)
"""Who else speaks among the reasons of a suggestion, or did in an earlier network. A network of the person's own must
not be called so: its word would stand in the place of theirs."""

_SAYS_NOTHING = 0.005
"""An opinion below this is no reason that a person wants to read."""


@dataclass(frozen=True, slots=True, eq=False)
class JointSighting(Sighting):
    """A sighting in which detectors put their exact boxes in the place of warm regions."""

    boxes: dict[str, Box]

    def box(self, tag: str) -> Box | None:
        exact = self.boxes.get(tag_key(tag))
        return exact if exact is not None else Sighting.box(self, tag)


@dataclass(frozen=True)
class Company(Annotator):
    """An annotator in company. ``added`` are the person's own networks, in the order in which they were taken in."""

    added: tuple[ForeignNetwork, ...] = ()

    @property
    def embedded_by(self) -> str:
        own = (network.hash for network in self.added if network.card.kind == "embedding")
        return next(own, self.model.hash)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        return (*super().names, *((network.card.name, network.card.version) for network in self.added))

    @property
    def helpers(self) -> tuple[ForeignNetwork, ...]:
        return self.added

    @cached_property
    def _hash(self) -> str:
        parts = [self.model.hash, *(network.hash for network in self.added)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    @property
    def model_hash(self) -> str:
        """Names the networks together: photos wait again when one comes or goes."""
        return self._hash

    @cached_property
    def _own(self) -> tuple[str, ...]:
        """Tags that the shipped network lacks, in the order of their columns."""
        found = {tag_key(tag): tag for tag in self.model.labels}
        for network in self.added:
            for tag in network.tags:
                found.setdefault(tag_key(tag), tag)
        return tuple(found.values())[len(self.model.labels) :]

    @property
    def labels(self) -> tuple[str, ...]:
        return self._labels

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return self.model.labels + self._own

    @cached_property
    def _column(self) -> dict[str, int]:
        return {tag_key(tag): column for column, tag in enumerate(self.labels)}

    @property
    def thresholds(self) -> NDArray[np.float32]:
        return self._thresholds

    @cached_property
    def _thresholds(self) -> NDArray[np.float32]:
        found = np.concatenate([self.model.thresholds, np.ones(len(self._own), np.float32)])
        for network in self.added:
            for tag, threshold in zip(network.tags, network.thresholds, strict=True):
                column = self._column[tag_key(tag)]
                if column >= len(self.model.labels):
                    found[column] = min(found[column], _trust(network) * threshold)
        return found.astype(np.float32)

    def annotate(self, batch: NDArray[np.uint8]) -> list[Annotation]:
        """As :meth:`see`, from pixels that are as small as the shipped network takes them."""
        return [self.see(Image.fromarray(np.ascontiguousarray(each.transpose(1, 2, 0)))) for each in batch]

    def see(self, image: Image.Image) -> Annotation:
        """What all of them say. An added network that fails on a photo is left out of it, and that is logged.

        Raises PhotoRefused when it is the embedding, which no photo can do without, and ModelError when a network
        fails on several photos in a row. An embedding that still takes the pictures of its trial then does not count
        as failing: it is the photos.
        """
        own = self._annotations(self.model.run(self.prepare(image)[None]))[0]
        return self._joined(own, image)

    def sight(self, image: Image.Image) -> Sighting:
        seen = self.look(self.prepare(image))
        annotation = self._joined(seen.annotation, image)
        boxes: dict[str, Box] = {}
        seen_as = [
            (network.tags[box.column], box.place)
            for network, opinion in zip(self.added, annotation.opinions, strict=True)
            for box in (opinion.boxes if opinion is not None else ())
        ]
        for tag, place in seen_as:
            boxes.setdefault(tag_key(tag), place)
        for tag, place in seen_as:  # where a dog is, there is an animal, unless one was seen as such
            for broader in self.vocabulary.ancestors_of(tag):
                boxes.setdefault(tag_key(broader), place)
        return JointSighting(annotation, seen.heat, self.model.labels, boxes)

    def with_opinions(self, scored: Sequence[ScoredTag], annotation: Annotation) -> list[ScoredTag]:
        said = [
            (network, opinion)
            for network, opinion in zip(self.added, annotation.opinions, strict=True)
            if opinion is not None
        ]
        found = []
        for one in scored:
            reasons = dict(one.reasons)
            if self._column[tag_key(one.tag)] >= len(self.model.labels):
                reasons.pop("network", None)
            if annotation.shipped is not None and "network" in reasons:
                reasons["network"] = float(annotation.shipped[self._column[tag_key(one.tag)]])
            reasons.update(annotation.witnesses.get(one.tag, {}))
            for network, opinion in said:
                column = network.column_of(one.tag)
                score = float(opinion.scores[column]) if column is not None else 0.0
                if score >= _SAYS_NOTHING:
                    reasons[network.card.name] = score
            found.append(replace(one, reasons=reasons))
        return found

    def _joined(self, own: Annotation, image: Image.Image) -> Annotation:
        opinions = tuple(self._opinion(network, image) for network in self.added)
        scores = np.concatenate([own.scores, np.zeros(len(self._own), np.float16)])
        embedding = own.embedding
        for network, opinion in zip(self.added, opinions, strict=True):
            if opinion is None:
                if network.card.kind == "embedding":  # lengths and meanings must not be mixed in one library
                    raise PhotoRefused(
                        f"The network {network.card.name} failed here, and likeness rests on it."
                    )
                continue
            places, weight = self._places[network.hash], network.card.weight
            new = places >= len(self.model.labels)
            np.maximum.at(scores, places[new], (_trust(network) * opinion.scores[new]).astype(np.float16))
            if weight:
                shared = places[~new]
                own_odds, odds = logit(scores[shared]), logit(opinion.scores[~new])
                if network.card.kind == "detector":
                    together = own_odds + weight * np.maximum(0.0, odds - SHY)
                else:
                    together = (1 - weight) * own_odds + weight * odds
                scores[shared] = sigmoid(together).astype(np.float16)
            if network.card.kind == "embedding" and opinion.embedding is not None:
                embedding = opinion.embedding.astype(np.float16)
        return Annotation(embedding, scores, opinions, own.scores, own.witnesses)

    @cached_property
    def _places(self) -> dict[str, NDArray[np.intp]]:
        """For each added network the columns of its tags."""
        return {
            network.hash: np.array([self._column[tag_key(tag)] for tag in network.tags], np.intp)
            for network in self.added
        }

    @cached_property
    def _failed(self) -> dict[str, int]:
        """On how many photos in a row each network has failed by now."""
        return {}

    def _opinion(self, network: ForeignNetwork, image: Image.Image) -> Opinion | None:
        try:
            opinion = network.look(image)
        except ModelError as error:
            log.warning("%s", error)
            self._count_failure(network, error)
            return None
        self._failed[network.hash] = 0
        return opinion

    def _count_failure(self, network: ForeignNetwork, error: ModelError) -> None:
        failed = self._failed[network.hash] = self._failed.get(network.hash, 0) + 1
        if failed < _PATIENCE:
            return
        # Photos without an embedding go on waiting, so that they come in a row again with the next run.
        if network.card.kind == "embedding" and _takes_its_trial(network):
            self._failed[network.hash] = 0
            return
        raise ModelError(
            f"{error} It failed on {failed} photos in a row; go on without it by choosing who speaks:"
            f" photomgr models use {SHIPPED}"
        ) from error


def _takes_its_trial(network: ForeignNetwork) -> bool:
    """Whether a network still answers the pictures that it had to answer when it was taken in."""
    try:
        for pixels in pictures(network.card.input.height, network.card.input.width):
            network.judge(network.feed(pixels))
    except ModelError:
        return False
    return True


def _trust(network: ForeignNetwork) -> float:
    """What the probability of a tag that it alone knows is multiplied with."""
    return UNTRIED if (network.card.slope, network.card.bias) == (1.0, 0.0) else 1.0
