"""A network that a person added, run as its card says: a photo in; scores of tags, boxes, an embedding out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate import boxes, classes
from photomgr.annotate.boxes import Box
from photomgr.annotate.card import Card
from photomgr.annotate.learner import logit, sigmoid
from photomgr.annotate.runtime import OnnxSession, open_session
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.core.records import tag_key

SECONDS: Final = 60.0
"""How long a network that somebody else made may take for one photo before it is stopped."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What a network says of one photo.

    ``scores`` [K] float32 in [0, 1] for its ``tags``; ``embedding`` [D] float32 of unit length, or None;
    ``boxes`` with their ``column`` among its ``tags``, best first.
    """

    scores: Floats
    embedding: Floats | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, eq=False)
class ForeignNetwork:
    """An ONNX file with its card. ``hash`` names file, card and labels together: opinions of different hashes do
    not compare. Safe to use from several threads."""

    card: Card
    session: OnnxSession
    hash: str
    vocabulary: Vocabulary

    @classmethod
    def load(
        cls, model: Path, card: Card, vocabulary: Vocabulary, *, sha256: str = "", provider: str = "auto"
    ) -> ForeignNetwork:
        """Open a network; ``sha256`` of its file, when it is known, becomes part of its hash.

        Raises ModelError when there is no such file; one that is no network raises it at the first use.
        """
        session = open_session(model, provider=provider, seconds=SECONDS)
        network = cls(card, session, "", vocabulary)
        known = repr((sha256, card, network.tags)).encode()
        return cls(card, session, hashlib.sha256(known).hexdigest(), vocabulary)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags that its labels stand for, each once: as the card maps them, else by the vocabulary's names
        and aliases, else the label itself. Behind them the broader ones: who names breeds knows what a dog is."""
        first: dict[str, str] = {}
        for tag in self._meanings:
            if tag:
                first.setdefault(tag_key(tag), tag)
        for _, tag in self._implied:
            first.setdefault(tag_key(tag), tag)
        return tuple(first.values())

    @cached_property
    def thresholds(self) -> Floats:
        """From which score on each tag is worth suggesting, [K]; of several labels the lowest."""
        lowest: dict[str, float] = {}
        for label, tag in zip(self.card.labels, self._meanings, strict=True):
            own = self.card.thresholds.get(label, self.card.threshold)
            lowest[tag_key(tag)] = min(own, lowest.get(tag_key(tag), 1.0))
        return np.array([lowest.get(tag_key(tag), self.card.threshold) for tag in self.tags], np.float32)

    @cached_property
    def _meanings(self) -> tuple[str, ...]:
        """The tag of each label, "" for none."""
        return tuple(
            "" if column == self.card.output.background else self._meaning(label)
            for column, label in enumerate(self.card.labels)
        )

    @cached_property
    def _implied(self) -> tuple[tuple[int, str], ...]:
        """Pairs of a label and a tag of the vocabulary that is true where the label is, its own tag left out."""
        known = {tag.name for tag in self.vocabulary.tags}
        own = [(label, tag) for label, tag in enumerate(self._meanings) if tag]
        covered = [
            (label, tag)
            for label, tag in classes.broader(self.card.labels)
            if tag in known and self._meanings[label]
        ]
        above = [(label, each) for label, tag in own + covered for each in self.vocabulary.ancestors_of(tag)]
        stated = set(own)
        return tuple(pair for pair in dict.fromkeys(covered + above) if pair not in stated)

    def _meaning(self, label: str) -> str:
        if label in self.card.tags:
            wanted = " ".join(self.card.tags[label].split())
            return self.vocabulary.resolve(wanted) or wanted
        separator = self.card.separator
        names = [" ".join(each.split()) for each in (label.split(separator) if separator else [label])]
        known = (self.vocabulary.resolve(name) for name in names if name)
        return next((name for name in known if name), names[0])

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        """The column among ``tags`` of each label, -1 for none."""
        return np.array([self._places[tag_key(tag)] if tag else -1 for tag in self._meanings], np.intp)

    def column_of(self, tag: str) -> int | None:
        """The column of a tag among ``tags``, None when it does not know it."""
        return self._places.get(tag_key(tag))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {tag_key(tag): column for column, tag in enumerate(self.tags)}

    @property
    def provider(self) -> str:
        """What it runs on, such as ``CPUExecutionProvider``."""
        return self.session.provider

    def prepare(self, image: Image.Image) -> NDArray[Any]:
        """The input [1, ...] for an RGB picture that stands upright, brought to the network's size as the card says."""
        wants = self.card.input
        picture = image if image.mode == "RGB" else image.convert("RGB")
        size = wants.inside(picture.size)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=4)
        pixels = np.asarray(picture, np.uint8)
        if size != (wants.width, wants.height):
            padded = np.full((wants.height, wants.width, 3), wants.fill, np.uint8)
            padded[: size[1], : size[0]] = pixels
            pixels = padded
        return self.feed(pixels)

    def feed(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """The input [1, ...] for RGB pixels [height, width, 3]."""
        wants = self.card.input
        rows: NDArray[Any] = pixels[..., ::-1] if wants.channels == "BGR" else pixels
        if wants.type == "float32":
            rows = np.asarray(rows, np.float32) - np.asarray(wants.mean, np.float32)
            rows = rows / np.asarray(wants.std, np.float32)
        if wants.layout == "NCHW":
            rows = rows.transpose(2, 0, 1)
        return np.ascontiguousarray(rows[None])

    def look(self, image: Image.Image) -> Opinion:
        """What it says of a picture. Raises ModelError when it fails, is stopped, or gives what the card does not
        promise."""
        opinion = self.judge(self.prepare(image))
        wants = self.card.input
        width, height = wants.inside(image.size)
        if (width, height) == (wants.width, wants.height) or not opinion.boxes:
            return opinion
        places = boxes.within(opinion.boxes, width / wants.width, height / wants.height)
        return replace(opinion, boxes=places)

    def judge(self, feed: NDArray[Any]) -> Opinion:
        """The same for an input from :meth:`feed`."""
        output = self.card.output
        wanted = [name for name in (output.scores, output.embedding) if name]
        found = self.session.run({self._input: feed}, wanted)
        for name, values in found.items():
            if values.dtype.kind not in "fiub":
                raise self._bad(f"its output {name} holds no numbers")
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise self._bad(f"its output {name} holds what is no number")
        embedding = self._unit(found[output.embedding]) if output.embedding else None
        if self.card.kind == "embedding":
            return Opinion(np.zeros(0, np.float32), embedding)
        if self.card.kind == "detector":
            scores, seen = self._detected(found[output.scores])
            return Opinion(scores, embedding, seen)
        return Opinion(self._tagged(found[output.scores]), embedding)

    def _bad(self, what: str) -> ModelError:
        return ModelError(f"The network {self.card.name} cannot be used: {what}.")

    @cached_property
    def _input(self) -> str:
        inputs, outputs = self.session.shapes()
        wanted = self.card.input.name or (next(iter(inputs)) if len(inputs) == 1 else "")
        if not wanted:
            raise self._bad(f"it has {len(inputs)} inputs, and the card does not say which takes the photo")
        if wanted not in inputs or len(inputs) != 1:
            raise self._bad(f"its inputs are {_names(inputs)}, and the card fills {wanted!r} alone")
        for name in (self.card.output.scores, self.card.output.embedding):
            if name and name not in outputs:
                raise self._bad(f"it has no output {name!r}, only {_names(outputs)}")
        return wanted

    def _unit(self, values: NDArray[Any]) -> Floats:
        vector = values.astype(np.float32).reshape(-1)
        length = float(np.linalg.norm(vector))
        if not 8 <= len(vector) <= 8192:
            raise self._bad(f"its embedding has {len(vector):,} numbers; 8 to 8,192 can be used")
        return np.asarray(vector / max(length, 1e-6), np.float32)

    def _tagged(self, values: NDArray[Any]) -> Floats:
        count = len(self.card.labels)
        if self.card.output.per_pixel:
            return self._together(self._shares(values))
        raw = values.astype(np.float32).reshape(-1)
        if len(raw) != count:
            raise self._bad(f"it gives {len(raw):,} scores, and the card has {count:,} labels")
        return self._together(self._probable(raw))

    def _shares(self, values: NDArray[Any]) -> Floats:
        """A class for every pixel as the share of the picture that each class has."""
        count = len(self.card.labels)
        classes = np.asarray(values).reshape(-1)
        if classes.dtype.kind not in "iu":
            raise self._bad("per_pixel wants whole numbers, the class of each pixel")
        if len(classes) < 2 or int(classes.min()) < 0 or int(classes.max()) >= count:
            raise self._bad(f"it gives classes beyond the {count:,} labels of the card")
        return np.asarray(np.bincount(classes, minlength=count) / len(classes), np.float32)

    def _probable(self, raw: Floats) -> Floats:
        activation = self.card.output.activation
        if activation == "sigmoid":
            return np.asarray(sigmoid(raw), np.float32)
        if activation == "softmax":
            odds = np.exp(raw - raw.max())
            return np.asarray(odds / odds.sum(), np.float32)
        if raw.min() < -1e-3 or raw.max() > 1 + 1e-3:
            raise self._bad(
                f"its scores lie between {raw.min():.3g} and {raw.max():.3g}, and not between 0 and 1:"
                " output.activation of the card is sigmoid or softmax, perhaps"
            )
        return np.asarray(np.clip(raw, 0, 1), np.float32)

    def _detected(self, values: NDArray[Any]) -> tuple[Floats, tuple[Box, ...]]:
        card = self.card
        height, width, count = card.input.height, card.input.width, len(card.labels)
        if values.ndim < 2 or values.shape[-1] != 5 + count:
            raise self._bad(
                f"a detector of {count:,} labels gives rows of {5 + count:,} numbers (centre, size, objectness,"
                f" labels), not {list(values.shape)}"
            )
        rows = values.astype(np.float32).reshape(-1, 5 + count)
        if card.output.strides and len(rows) != boxes.anchors(height, width, card.output.strides):
            raise self._bad(f"it gives {len(rows):,} rows, which the strides of the card do not")
        if card.output.activation == "sigmoid":
            rows = np.concatenate([rows[:, :4], np.asarray(sigmoid(rows[:, 4:]), np.float32)], axis=1)
        decoded = boxes.decode(rows, height, width, card.output.strides)
        found = boxes.boxes(decoded, height, width, least=card.output.least, overlap=card.output.overlap)
        places = [
            Box(int(self._columns[box.column]), box.score, box.x, box.y, box.w, box.h)
            for box in found
            if self._columns[box.column] >= 0
        ]
        return self._together(np.clip(boxes.presence(rows), 0, 1)), tuple(places)

    def _together(self, scores: Floats) -> Floats:
        """Calibrated scores by tag. Of several labels of one tag, or of what implies it, the best speaks; where they
        exclude each other they add up."""
        labels, columns = self._meant
        found = np.zeros(len(self.tags), np.float32)
        if self._exclusive:
            np.add.at(found, columns, scores[labels])
            found = np.minimum(found, 1.0)
        else:
            np.maximum.at(found, columns, scores[labels])
        if (self.card.slope, self.card.bias) == (1.0, 0.0):
            return found
        return np.asarray(sigmoid(self.card.slope * logit(found) + self.card.bias), np.float32)

    @cached_property
    def _exclusive(self) -> bool:
        """Whether a photo has one of its labels only: as the card says, else where it must be so: a softmax, shares of
        a picture, ImageNet's classes."""
        output = self.card.output
        if output.exclusive is not None or self.card.kind != "tagger":
            return bool(output.exclusive)
        finished = output.activation == "none" and bool(classes.broader(self.card.labels))
        return output.activation == "softmax" or output.per_pixel or finished

    @cached_property
    def _meant(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs of a label and the column of a tag that it stands for or implies."""
        pairs = [(label, tag) for label, tag in enumerate(self._meanings) if tag] + list(self._implied)
        found = np.array([(label, self._places[tag_key(tag)]) for label, tag in pairs], np.intp).reshape(
            -1, 2
        )
        return found[:, 0], found[:, 1]


def _names(of: Sequence[str] | dict[str, Any]) -> str:
    return ", ".join(map(repr, of)) or "none"
