"""What the library decides by itself, and how far: bands by hand, automatic runs, refusals that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..core.catalog.runs import Run
from ..core.errors import ModelError, UsageError
from ..core.records import Change
from ..jobs import Job, Progress
from . import words
from .learning import ground_of
from .report import Report, moment_of, report

if TYPE_CHECKING:
    from .facade import Library

ALIKE: Final = 0.7
"""From which cosine, about the library's mean, two photos look alike.

Of 300 photos of MIRFLICKR, Flickr8k and COCO all bursts do (shots moved, turned and lit a little otherwise), 99 of 100
copies that are smaller, darker, brighter or worse JPEGs, and 96 of 100 that were cut to three quarters of each side; of
pairs of different photos 1 in 24,000. At 0.65 that is 1 in 10,000, and at 0.75 one cut copy in 12 is lost.
"""

_SAMPLE: Final = 2048  # photos that show the library's mean


class Runs:
    """The person's actions on what happens by itself. Reached as ``Library.runs``."""

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._catalog = library.catalog
        self._publish = publish
        self._looked: object = None  # at which photos and examples look-alikes were last looked for

    # how sure is sure

    def set_bands(self, tag: str, sure: float, ask: float) -> Change:
        """Fix from which score in [0, 1] on a tag is sure and from which on it is asked about. Raises UsageError."""
        text = f"“{tag}” is sure from {words.percent(sure)} and asked about from {words.percent(ask)}"
        return self._publish(self._catalog.keeping.set_bands(tag, (sure, ask), words.says(text, text)))

    def clear_bands(self, tag: str) -> Change:
        """Leave the bands of a tag to what is learnt from decisions."""
        text = f"The bands of “{tag}” follow your decisions again"
        return self._publish(self._catalog.keeping.set_bands(tag, None, words.says(text, text)))

    def set_automatic(self, tag: str, on: bool = True) -> Change:
        """Accept the sure suggestions of a tag by themselves from the next learning on, or no more."""
        text = f"“{tag}” is accepted by itself where it is sure" if on else f"“{tag}” is always asked about"
        return self._publish(self._catalog.keeping.set_automatic(tag, on, words.says(text, text)))

    def apply(self) -> Job[int]:
        """Accept what is sure and refuse what looks like what was refused; the number of photos is the result.

        Each tag is a run of its own. A tag that was not learnt from what stands now waits for the next learning.
        Raises ModelError.
        """
        done = yield from self._accept_sure()
        done += yield from self._refuse_later(done)
        return done

    def _accept_sure(self) -> Job[int]:
        automatic = self._catalog.runs.automatic()
        if not automatic:
            return 0
        done, target = 0, float(self._library.settings.get("target_precision"))
        ground = ground_of(self._catalog, self._library.annotator(), target)
        for tag, name in automatic:
            says = words.says(f"1 photo tagged “{name}” by itself", f"{{n}} photos tagged “{name}” by itself")
            done += len(self._publish(self._catalog.runs.accept_sure(tag, ground, says)).photos)
            yield Progress(done)
        return done

    def all(self) -> list[Run]:
        """Every automatic run, newest first."""
        return self._catalog.runs.all()

    def photos_of(self, run: str) -> list[int]:
        """The photos on which the run of this number decided, as far as that stands; none for a number of no run."""
        return self._catalog.runs.photos_of(run)

    def revoke(self, run: int) -> Change:
        """Take one run back, whatever came after it; what the person decided since stays. Raises UsageError."""
        says = words.says(f"Run {run} revoked on 1 photo", f"Run {run} revoked on {{n}} photos")
        return self._publish(self._catalog.runs.revoke(run, says))

    # refusals that hold

    def reject_lookalikes(self, tag: str, ids: Iterable[int]) -> Change:
        """Refuse a tag for photos and for all that look like one of them, now and later; one undoable action.

        Raises UsageError for a photo that the network has not seen.
        """
        ids = list(dict.fromkeys(ids))
        everything = Embeddings.read(self._library)
        anchors = {}
        for photo in ids:
            if everything.of(photo) is None:
                raise UsageError("What looks like this photo is not known before it has been annotated.")
            anchors[photo] = everything.like(photo)
        says = words.judged("reject", tag)
        refuse = self._catalog.runs.refuse_lookalikes
        return self._publish(refuse(tag, anchors, lambda count: f"{says(count)}, look-alikes too"))

    def never_suggest(self, tag: str, ids: Sequence[int] = ()) -> Change:
        """Suggest a tag for no photo any more, and refuse it for ``ids``; its decisions stay."""
        text = f"“{tag}” is never suggested"
        return self._publish(self._catalog.keeping.set_ignored(tag, True, words.says(text, text), ids))

    def suggest_again(self, tag: str) -> Change:
        """Take ``never_suggest`` back."""
        text = f"“{tag}” may be suggested again"
        return self._publish(self._catalog.keeping.set_ignored(tag, False, words.says(text, text)))

    # what learning has brought

    def report(self, since: str | None = None) -> Job[Report]:
        """What changed since a date, or since a network; yesterday by default. Raises UsageError and ModelError."""
        return (yield from report(self._library, since))

    def networks(self) -> list[tuple[str, str, int]]:
        """(hash, moment of the first decision on what it had suggested, such decisions) of each network, newest
        first: what :meth:`report` can look back to."""
        return self._catalog.learning.decided_networks()

    def learn_until(self, moment: str | None) -> Change:
        """Learn only from decisions up to a moment (see ``report.moment_of``), with None from all again.

        Suggestions follow with the next learning; no decision is lost. Raises UsageError.
        """
        found = None if moment is None else moment_of(self._library, moment)
        text = (
            "Learns from all decisions again"
            if found is None
            else f"Learns from decisions until {found[:16]}"
        )
        text = text.replace("T", " ")
        return self._publish(self._catalog.keeping.set_until(found, words.says(text, text)))

    def _refuse_later(self, done: int) -> Job[int]:
        """Refuse what looks like what was refused, for photos that came since; how many photos is the result."""
        anchors: dict[int, list[int]] = {}
        for tag, anchor in self._catalog.runs.anchors():
            anchors.setdefault(tag, []).append(anchor)
        state = (self._catalog.learning.annotated(), {tag: len(each) for tag, each in anchors.items()})
        if not anchors or state == self._looked:  # the look-alikes of then were refused with the example
            return 0
        refused = 0
        for tag, examples in anchors.items():
            still_open = frozenset(self._catalog.runs.open_for(tag))
            seen = Embeddings.read(self._library, [*examples, *still_open])
            for anchor in examples:
                if alike := [photo for photo in seen.like(anchor) if photo in still_open]:
                    says = words.says("1 look-alike refused", "{n} look-alikes refused")
                    change = self._catalog.runs.refuse_later(tag, anchor, alike, says)
                    refused += len(self._publish(change).photos)
            yield Progress(done + refused)
        self._looked = state
        return refused


class Embeddings:
    """What the network saw of photos: ``photos`` [N] ascending, ``vectors`` float32 [N, D] of unit length, about the
    library's mean."""

    def __init__(self, photos: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        self.photos = photos
        self.vectors = vectors

    @classmethod
    def read(cls, library: Library, ids: Sequence[int] | None = None) -> Embeddings:
        """Of these photos, or of the whole library; empty when the network cannot be used."""
        try:
            annotator = library.annotator()
        except ModelError:
            return cls(np.empty(0, np.int64), np.empty((0, 1), np.float32))
        model, labels = annotator.model_hash, len(annotator.labels)
        stored = library.catalog.learning
        blocks = (
            [stored.of_photos(model, labels, ids)] if ids is not None else list(stored.blocks(model, labels))
        )
        if not any(len(block.photos) for block in blocks):
            return cls(np.empty(0, np.int64), np.empty((0, 1), np.float32))
        vectors = np.concatenate([block.embeddings for block in blocks]).astype(np.float32)
        vectors -= stored.sample(model, labels, _SAMPLE).embeddings.astype(np.float32).mean(axis=0)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
        return cls(np.concatenate([block.photos for block in blocks]), vectors)

    def of(self, photo: int) -> NDArray[np.float32] | None:
        """The vector of one photo, None when it is not among them."""
        at = int(np.searchsorted(self.photos, photo))
        found = at < len(self.photos) and self.photos[at] == photo
        return self.vectors[at] if found else None

    def like(self, photo: int) -> list[int]:
        """The others that look like one photo; none when it is not among them."""
        vector = self.of(photo)
        if vector is None:
            return []
        found = self.photos[self.vectors @ vector >= ALIKE]
        return [int(each) for each in found if each != photo]
