"""From pixels to suggestions: runs the network, applies what the vocabulary implies, ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate import heat
from photomgr.annotate.foreign import ForeignNetwork, Opinion
from photomgr.annotate.heat import Box
from photomgr.annotate.visual import VisualModel, VisualOutput
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.assets import models_dir

SHIPPED = "everyday"
"""Folder of the shipped network below the folder of models."""


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What is kept of a photo: ``embedding`` float16 [D] of unit length, and ``scores`` float16 [T] in [0, 1].

    ``opinions`` are what networks of the person's own said, in the annotator's order; None for one that failed.
    ``shipped`` are the scores of the shipped network alone where others had a share in them. ``witnesses`` are what
    each modality said of the tags that are fused: tag -> modality -> [0, 1].
    """

    embedding: NDArray[np.float16]
    scores: NDArray[np.float16]
    opinions: tuple[Opinion | None, ...] = ()
    shipped: NDArray[np.float16] | None = None
    witnesses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoredTag:
    """A suggestion: how probable the tag is, in [0, 1], and what each witness said of it, in [0, 1]."""

    tag: str
    score: float
    reasons: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """An annotation, and what each cell of the photo gives to each tag: ``heat`` [T, h, w]."""

    annotation: Annotation
    heat: NDArray[np.float32]
    labels: tuple[str, ...]

    def box(self, tag: str) -> Box | None:
        """Left, top, width, height of a tag in fractions of the photo; None when it is everywhere or nowhere."""
        return heat.box(self.heat[self.labels.index(tag)]) if tag in self.labels else None


@dataclass(frozen=True)
class Annotator:
    """The network with the vocabulary that gives its tags their meaning. Safe to use from several threads."""

    model: VisualModel
    vocabulary: Vocabulary

    @classmethod
    def load(cls, models: Path | None = None, *, provider: str = "auto") -> Annotator:
        """The shipped network, from ``models/everyday`` or the same below another folder, on ``provider``.

        Raises ModelError with a sentence when the network or the vocabulary is missing or damaged.
        """
        model = VisualModel.load((models or models_dir()) / SHIPPED, provider=provider)
        return cls(model, Vocabulary.load())

    @property
    def model_hash(self) -> str:
        """SHA-256 of the network in hex; annotations of different hashes do not compare."""
        return self.model.hash

    @property
    def labels(self) -> tuple[str, ...]:
        """The tags of the columns of ``Annotation.scores``."""
        return self.model.labels

    @property
    def thresholds(self) -> NDArray[np.float32]:
        """From which probability on each of ``labels`` is worth suggesting, [T]."""
        return self.model.thresholds

    @property
    def embedded_by(self) -> str:
        """The hash of the network whose embeddings annotations hold."""
        return self.model.hash

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(name, version) of the networks that speak, the shipped one first."""
        return ((SHIPPED, self.model.version),)

    @property
    def helpers(self) -> tuple[ForeignNetwork, ...]:
        """Networks of the person's own that speak beside it."""
        return ()

    @property
    def provider(self) -> str:
        """What the network runs on, such as ``CPUExecutionProvider``."""
        return self.model.provider

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Pixels uint8 [3, S, S] of an RGB picture that stands upright; see :meth:`VisualModel.prepare`."""
        return self.model.prepare(image)

    def annotate(self, batch: NDArray[np.uint8]) -> list[Annotation]:
        """One annotation for each of [N, 3, S, S] uint8 pixels. Raises ModelError when the network fails."""
        return self._annotations(self.model.run(batch))

    def _annotations(self, output: VisualOutput) -> list[Annotation]:
        length = np.linalg.norm(output.embedding, axis=1, keepdims=True)
        unit = (output.embedding / np.maximum(length, 1e-6)).astype(np.float16)
        scores = np.clip(output.probabilities, 0.0, 1.0).astype(np.float16)
        return [
            Annotation(unit[n], scores[n], witnesses=self.model.witnesses(output, n))
            for n in range(len(unit))
        ]

    def look(self, pixels: NDArray[np.uint8]) -> Sighting:
        """The annotation of one photo, [3, S, S] uint8 pixels, with the place of every tag, in one pass."""
        output, cells = self.model.look(pixels[None])
        return Sighting(self._annotations(output)[0], cells[0], self.labels)

    def see(self, image: Image.Image) -> Annotation:
        """The annotation of an RGB picture that stands upright. Raises ModelError when the network fails."""
        return self.annotate(self.prepare(image)[None])[0]

    def sight(self, image: Image.Image) -> Sighting:
        """The same with the place of every tag."""
        return self.look(self.prepare(image))

    def with_opinions(self, scored: Sequence[ScoredTag], annotation: Annotation) -> list[ScoredTag]:
        """The same suggestions, with all that spoke among their reasons: modalities, the person's own networks."""
        said = annotation.witnesses
        return [
            replace(one, reasons={**one.reasons, **said[one.tag]}) if one.tag in said else one
            for one in scored
        ]

    def suggestions(
        self,
        scores: NDArray[Any],
        *,
        rejected: frozenset[str] = frozenset(),
        limit: int | None = None,
        all_tags: bool = False,
    ) -> list[ScoredTag]:
        """Tags for a photo with these ``scores`` [T], best first.

        A tag lifts everything that it implies to at least its own score. Tags below their threshold are left
        out unless ``all_tags``; ``rejected`` tags always are, and they lift nothing. At most ``limit``.
        """
        own = np.asarray(scores, dtype=np.float32)
        wanted = np.array([label not in rejected for label in self.labels])
        lifted = self._lift(np.where(wanted, own, 0.0).astype(np.float32))
        shown = wanted & (all_tags | (own >= self.thresholds) | self._implied(own, wanted))
        columns = np.flatnonzero(shown)
        order = columns[np.argsort(-lifted[columns], kind="stable")]
        return [self._scored(int(c), float(lifted[c]), float(own[c])) for c in order[:limit]]

    def _scored(self, column: int, score: float, own: float) -> ScoredTag:
        return ScoredTag(self.labels[column], min(1.0, score), {"network": own})

    def _lift(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        lifted = scores.copy()
        for column, children in self._below:
            lifted[column] = max(lifted[column], scores[children].max())
        return lifted

    def _implied(self, own: NDArray[np.float32], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        certain = wanted & (own >= self.thresholds)
        implied = np.zeros(len(own), dtype=np.bool_)
        for column, children in self._below:
            implied[column] = certain[children].any()
        return implied

    @cached_property
    def _below(self) -> tuple[tuple[int, NDArray[np.intp]], ...]:
        """For each tag that others imply: its column and theirs."""
        place = {label: column for column, label in enumerate(self.labels)}
        below: dict[int, list[int]] = {}
        for label, column in place.items():
            for parent in self.vocabulary.ancestors_of(label):
                if parent in place:
                    below.setdefault(place[parent], []).append(column)
        return tuple((column, np.array(children, dtype=np.intp)) for column, children in below.items())


__all__: Sequence[str] = ("SHIPPED", "Annotation", "Annotator", "ScoredTag", "Sighting")
