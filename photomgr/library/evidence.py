"""What can be shown a person as the reason of a suggestion, gathered when it is asked for.

Who spoke and how loudly, the decided photos that look most like this one, and where in the photo it was seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..annotate import heat, neighbours
from ..annotate.annotator import Annotator
from ..annotate.heat import Box
from ..annotate.votes import REACH
from ..core import images
from ..core.errors import ImageError, UsageError
from ..core.records import Photo, SuggestedTag, tag_key
from ..core.thumbnails import SHORT_SIDE
from .helping import Opinions
from .meanings import Meanings
from .voices import NETWORK, alone, within

if TYPE_CHECKING:
    from .facade import Library

NEIGHBOURS: Final = "neighbours"
"""The witness that is the vote of decided photos which look alike: what it adds, one half is nothing."""

LIKENESS: Final = "looks alike"
"""The witness where no such vote was cast: the likeness of the nearest photo that has the tag."""

NARROWER: Final = "narrower"
"""The witness that is a suggested tag which implies this one, :attr:`Reason.follows`."""

_NEAR: Final = 5  # of them that are shown
_ALIKE: Final = (
    0.5  # cosine below which two photos do not look alike: 1 of 1,000 pairs of different ones has it
)
_SAYS_NOTHING: Final = 0.005
_ADD: Final = ("context", NEIGHBOURS)  # what they add to the others' word: one half is nothing
_DECISIONS: Final = "your decisions"  # add to networks' words; of a tag that none knows they say all
_HARDLY: Final = 0.02
_LIFTED: Final = 0.02  # more than what the network itself says of it: a narrower tag says it
_HALF, _LITTLE = 0.5, 0.25  # what says more speaks for a tag, or says a little; below, it speaks against it
_SAMPLE: Final = 1024  # photos that show where the middle of a library lies
_MOST: Final = 20_000  # decided photos that are looked through, the newest


@dataclass(frozen=True, slots=True)
class Alike:
    """A decided photo that looks like another one: the cosine, and whether it has the tag or was refused it."""

    photo: int
    likeness: float
    accepted: bool


def nearest_decided(library: Library, photo_id: int, tag: str, k: int = 5) -> list[Alike]:
    """The ``k`` photos with a decision on ``tag``, either way, that look most like a photo; best first.

    Photos that the present network has not seen, and the photo itself, are left out; empty where nothing is left.
    Raises ModelError when there is no network.
    """
    annotator, catalog = library.annotator(), library.catalog.learning
    known = catalog.tag(tag)
    if known is None:
        return []
    own = catalog.of_photos(annotator.model_hash, len(annotator.labels), [photo_id])
    if not len(own.photos):
        return []
    decisions = dict(catalog.decisions(known, _MOST))
    others = decisions.keys() - {photo_id}
    photos, rows = catalog.embeddings(annotator.model_hash, len(annotator.labels), others)
    if not len(photos):
        return []
    mean = _middle(library, annotator)
    places, similar = neighbours.nearest(
        neighbours.unit(rows - mean), neighbours.unit(own.embeddings - mean), k
    )
    return [
        Alike(int(photos[place]), float(np.clip(near, -1, 1)), decisions[int(photos[place])])
        for place, near in zip(places[0], similar[0], strict=True)
    ]


def _middle(library: Library, annotator: Annotator) -> NDArray[np.float32] | float:
    """What is taken off embeddings before they are compared: those of the shipped network are about 0 as they are."""
    if annotator.embedded_by == annotator.model.hash:
        return 0.0
    sample = library.catalog.learning.sample(annotator.model_hash, len(annotator.labels), _SAMPLE)
    return np.asarray(sample.embeddings.mean(axis=0, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who spoke of a tag: ``network``, ``your decisions``, ``neighbours``, the name of a network of the
    person's own, ... ``score`` in [0, 1] is what it said."""

    name: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """Why a tag is suggested for a photo.

    ``score``: how probable the tag is in all, None when it is not suggested. ``witnesses``, the loudest first.
    ``near`` and ``against``: (photo id, cosine) of decided photos that look most alike, at most five of both together:
    those with the tag, where look-alikes are not against it in all, and those that it was refused for. ``box``: left,
    top, width, height as shares of the photo, and ``boxed_by`` who drew it; ``heat`` [h, w] in [0, 1]: where the
    network saw it, None when it cannot say. ``model`` and ``version`` name the network. ``related``: the words nearest
    to the tag. ``follows``: the suggested tag that implies this one, where that one says it and hardly anybody else.
    """

    photo: int
    tag: str
    score: float | None
    witnesses: tuple[Witness, ...]
    near: tuple[tuple[int, float], ...] = ()
    box: Box | None = None
    boxed_by: str = ""
    heat: NDArray[np.float32] | None = None
    model: str = ""
    version: str = ""
    related: tuple[str, ...] = ()
    follows: str = ""
    against: tuple[tuple[int, float], ...] = ()


class Evidence:
    """Reached as ``Library.evidence``. Nothing here is kept; every answer is of the moment. (slow)"""

    def __init__(self, library: Library) -> None:
        self._library = library

    def why(self, photo_id: int, tag: str) -> Reason:
        """Everything that speaks for a tag on a photo.

        Raises UsageError for a photo that is not in the catalog, ModelError when there is no network.
        """
        photo = self._library.photo(photo_id)
        if photo is None:
            raise UsageError("This photo is not in the catalog any more.")
        annotator, meanings = self._library.annotator(), Meanings(self._library.catalog)
        suggested = self._library.suggested([photo_id])
        offered = next((each for each in suggested if tag_key(each.tag) == meanings.key(tag)), None)
        said = self._said(annotator, meanings, photo_id, tag) if offered is None else dict(offered.reasons)
        narrower = None if offered is None else _narrower(annotator, meanings, suggested, offered)
        cells, modalities = self._seen(annotator, meanings, photo, tag if narrower is None else narrower.tag)
        if narrower is not None:
            said.pop(NETWORK, None)  # what is seen of it is the narrower thing
            said[NARROWER], modalities = narrower.score, {}
        said = self._opinions(annotator, meanings, photo_id, tag) | said | modalities
        vote = said.get(NEIGHBOURS)
        adds = (*_ADD, _DECISIONS) if meanings.columns(annotator.labels, tag) else _ADD
        said = {
            name: score for name, score in said.items() if name not in adds or abs(score - _HALF) > _HARDLY
        }
        alike = nearest_decided(self._library, photo_id, tag, _NEAR)
        near, against = _sides([each for each in alike if each.likeness >= _ALIKE], vote)
        if near and vote is None:
            said[LIKENESS] = near[0][1]
        box, boxed_by = self._exact(annotator, meanings, photo_id, tag)
        if box is None and cells is not None:
            box, boxed_by = heat.box(cells), "network"
        return Reason(
            photo_id, tag, None if offered is None else offered.score,
            tuple(sorted((Witness(*each) for each in said.items()), key=lambda one: -one.score)),
            near, box, boxed_by if box is not None else "", _shown(cells),
            annotator.model.name or "everyday", annotator.model.version or annotator.model.hash[:12],
            self._related(annotator, meanings, tag), "" if narrower is None else narrower.tag,
            against,
        )  # fmt: skip

    def meant(self, word: str) -> str:
        """The tag that is asked about by ``word``, as it is called now: the one that has or had that name, else the
        only one that it is another name of.

        Raises ModelError when there is no network.
        """
        called = self._library.catalog.keeping.find(word)
        if called is not None:
            return called
        if tag_key(word) in {tag_key(label) for label in self._library.annotator().labels}:
            return word
        others = self._library.meant(word)
        return others[0] if len(others) == 1 else word

    def _said(self, annotator: Annotator, meanings: Meanings, photo: int, tag: str) -> dict[str, float]:
        """What the network itself said of a tag that is not open, for example because it is decided."""
        own = self._library.catalog.learning.of_photos(annotator.model_hash, len(annotator.labels), [photo])
        opinions = Opinions(self._library.catalog)
        words = [
            float(alone(own.scores[:, column], within(annotator, column), opinions, own.photos)[0])
            for column in meanings.columns(annotator.model.labels, tag)
            if len(own.photos)
        ]
        told = [word for word in words if not math.isnan(word)]
        return {NETWORK: max(told)} if told else {}

    def _opinions(self, annotator: Annotator, meanings: Meanings, photo: int, tag: str) -> dict[str, float]:
        """What the person's own networks said of it, also where it does not count yet."""
        kept, found = self._library.catalog.opinions, {}
        for network in annotator.helpers:
            columns = meanings.columns(network.tags, tag)
            if columns:
                score = float(kept.scores(network.hash, len(network.tags), [photo])[0, columns].max())
                if score >= _SAYS_NOTHING:  # false for what is not known, too
                    found[network.card.name] = score
        return found

    def _related(self, annotator: Annotator, meanings: Meanings, tag: str) -> tuple[str, ...]:
        """The words nearest to the network's word for it, or to its own name."""
        words = [annotator.labels[column] for column in meanings.columns(annotator.labels, tag)]
        return next((found for word in (*words, tag) if (found := self._library.words.related(word))), ())

    def _exact(
        self, annotator: Annotator, meanings: Meanings, photo: int, tag: str
    ) -> tuple[Box | None, str]:
        """The best box that a detector of the person's own found of a tag or of what implies it, and its name."""
        broader: tuple[Box | None, str] = None, ""
        for network in annotator.helpers:
            if network.card.kind != "detector":
                continue
            for column, _, place in self._library.catalog.opinions.boxes(network.hash, photo):
                seen = network.tags[column]
                if meanings.key(seen) == meanings.key(tag):
                    return place, network.card.name
                if broader[0] is None and meanings.key(tag) in meanings.above(annotator.vocabulary, seen):
                    broader = place, network.card.name
        return broader

    @staticmethod
    def _seen(
        annotator: Annotator, meanings: Meanings, photo: Photo, tag: str
    ) -> tuple[NDArray[np.float32] | None, dict[str, float]]:
        """Heat [h, w] as the network gives it, None when it cannot say; and what each modality says. Of several words
        of the network that mean the tag both are of the one that fits best.

        Nothing of either when the photo cannot be read now.
        """
        model = annotator.model
        labels = [model.labels[column] for column in meanings.columns(model.labels, tag)]
        known = [label for label in labels if model.looks or label in model.fused]
        if not known:
            return None, {}
        try:
            image = images.decode(photo.path, short_side=SHORT_SIDE)
        except ImageError:
            return None, {}
        output, cells = model.look(annotator.prepare(image)[None], known)
        best = 0
        if len(known) > 1:
            best = int(np.argmax([output.probabilities[0, model.labels.index(each)] for each in known]))
        heat = np.asarray(cells[0, best], np.float32) if cells.size else None
        return heat, model.witnesses(output, 0).get(known[best], {})


def _sides(
    alike: Sequence[Alike], vote: float | None
) -> tuple[tuple[tuple[int, float], ...], tuple[tuple[int, float], ...]]:
    """Of decided photos that look alike, those that speak for a tag and those that speak against it.

    Nobody speaks for it where the ``vote`` is against it. Where it says little, since undecided photos look like it
    too, or where none was cast, those speak for it that outweigh the refused ones.
    """
    weights = {each: math.exp((each.likeness - 1) / REACH) for each in alike}
    ayes = sum(weight for each, weight in weights.items() if each.accepted)
    outweigh = ayes > _HALF * sum(weights.values())
    speak = outweigh if vote is None else vote > _HALF or (outweigh and vote >= _LITTLE)
    near = tuple((each.photo, each.likeness) for each in alike if each.accepted)
    against = tuple((each.photo, each.likeness) for each in alike if not each.accepted)
    return near if speak else (), against


def _shown(cells: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """Heat from 0 to 1; what speaks against the tag is cold."""
    if cells is None:
        return None
    warm = np.sqrt(np.maximum(cells, 0.0))  # an eye wants to see where it begins, not only where it peaks
    return np.asarray(warm / max(float(warm.max()), 1e-6), np.float32)


def _narrower(
    annotator: Annotator, meanings: Meanings, suggested: Sequence[SuggestedTag], offered: SuggestedTag
) -> SuggestedTag | None:
    """The best suggestion that implies this one, where this one is suggested for that, and not for its own sake."""
    own = offered.reasons.get(NETWORK, 1.0)
    if own >= min(_HALF, offered.score - _LIFTED):
        return None
    broader = tag_key(offered.tag)
    above = [
        each
        for each in suggested
        if broader in meanings.above(annotator.vocabulary, each.tag) and each.score >= offered.score - _LIFTED
    ]
    return max(above, key=lambda each: each.score, default=None)
