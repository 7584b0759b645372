"""The shipped network: pixels in, calibrated probabilities of tags and an embedding out."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import Session, open_session
from photomgr.core.errors import ModelError

_PREVIEW = 4
"""A picture more than this many times too large is first reduced by averaging blocks, which is cheaper."""
_LOOK = "look"
"""Optional input of a network that can say where it saw a tag: True asks for it. The card names it."""


@dataclass(frozen=True, slots=True)
class VisualOutput:
    """What the network says about N photos.

    ``probabilities`` [N, T] float32 in [0, 1], calibrated, in the order of the model's labels. ``embedding``
    [N, D] float32: photos that look alike have embeddings with a small angle between them. ``relevance``
    [N, R] float32: probabilities that one of the card's ``relevance`` concepts is the subject of the photo.
    ``modalities`` [N, M, C] float32: the logit of each of the card's ``modalities`` for each of its ``fused``
    concepts; both may be none.
    """

    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    relevance: NDArray[np.float32]
    modalities: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))


@dataclass(frozen=True)
class VisualModel:
    """A network with its labels and its card.

    ``hash`` is the SHA-256 of the ONNX file in hex; scores and embeddings of different hashes do not compare.
    ``thresholds`` [T] float32: a tag is worth suggesting from this probability on. ``size``: side of the
    square input in pixels. ``relevance``: names of the concepts of :class:`VisualOutput`'s ``relevance``.
    ``looks``: whether the network can say where it saw a tag. ``name`` and ``version`` are the card's.
    ``modalities`` name who speaks for each of the concepts ``fused``. ``taught``: sets of a person's own that
    it was trained on. Safe to use from several threads.
    """

    hash: str
    labels: tuple[str, ...]
    thresholds: NDArray[np.float32]
    size: int
    relevance: tuple[str, ...]
    session: Session
    looks: bool = False
    name: str = ""
    version: str = ""
    modalities: tuple[str, ...] = ()
    fused: tuple[str, ...] = ()
    full: str = ""
    taught: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: Path, session: Session | None = None, *, provider: str = "auto") -> VisualModel:
        """Open ``model.onnx`` with ``labels.csv`` and ``card.toml`` in ``folder``, to run on ``provider``.

        With a ``session`` that one is used instead of opening the file. Raises ModelError with a sentence when
        a file is missing or does not fit the card.
        """
        card = _card(folder / "card.toml")
        onnx = folder / str(card["file"])
        found = _sha256(onnx)
        if found != card["sha256"]:
            raise ModelError(f"The network {onnx} is damaged: it is not the file that its card describes.")
        labels, thresholds = _labels(folder / "labels.csv")
        if len(labels) != int(card["tags"]):
            raise ModelError(f"The labels of the network in {folder} do not fit its card.")
        relevance = tuple(str(name) for name in card.get("relevance", ()))
        session = session or open_session(onnx, provider=provider)
        return cls(
            found, labels, thresholds, int(card["size"]), relevance, session, _LOOK in card,
            name=str(card.get("name", "")), version=str(card.get("version", "")),
            modalities=tuple(map(str, card.get("modalities", ()))), fused=tuple(map(str, card.get("fused", ()))),
            full=str(card.get("full_precision", "")),
            taught=tuple(map(str, card["own"])),
        )  # fmt: skip

    @property
    def provider(self) -> str:
        """What the network runs on, such as ``CPUExecutionProvider``."""
        return self.session.provider

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Pixels [3, S, S] of an RGB picture that stands upright.

        The whole picture is squashed to a square, as in training: nothing at its edges is lost. The short side
        should have at least S pixels if the photo has them; more are not needed.
        """
        picture = image if image.mode == "RGB" else image.convert("RGB")
        side = (self.size, self.size)
        if picture.size != side:
            picture = picture.resize(side, Image.Resampling.BICUBIC, reducing_gap=_PREVIEW)
        return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1))

    def run(self, batch: NDArray[np.uint8]) -> VisualOutput:
        """Run the network on [N, 3, S, S] uint8 pixels from :meth:`prepare`; N may be 0.

        Raises ModelError when the pixels have another shape or the network fails.
        """
        return self._output(self._feed(batch))

    def look(
        self, batch: NDArray[np.uint8], tags: Sequence[str] | None = None
    ) -> tuple[VisualOutput, NDArray[np.float32]]:
        """The same as :meth:`run`, and where each of ``tags`` was seen, in the same pass.

        The heat [N, K, h, w] of the K tags (all of the labels when None are given) is each cell's share in the
        tag's logit, whose mean over the cells is the logit, of a fused tag the network's own. Without ``looks`` it
        is [N, K, 0, 0]. Raises ModelError as ``run`` does, and for a tag that the network does not know.
        """
        feed = self._feed(batch)
        names = self.labels if tags is None else tuple(tags)
        unknown = [name for name in names if name not in self.labels]
        if unknown:
            raise ModelError(f"The network does not know the tag {unknown[0]}.")
        if not self.looks:
            return self._output(feed), np.zeros((len(batch), len(names), 0, 0), np.float32)
        outputs = self.session.run({**feed, _LOOK: np.array(True)})
        columns = [self.labels.index(name) for name in names]
        try:
            return self._named(outputs, len(batch)), outputs["heat"][:, columns]
        except KeyError as error:
            raise ModelError(f"The network has no output {error}.") from error

    def _feed(self, batch: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        if batch.ndim != 4 or batch.shape[1:] != (3, self.size, self.size):
            raise ModelError(
                f"The network wants photos of 3 x {self.size} x {self.size}, not {batch.shape[1:]}."
            )
        return {"image": np.ascontiguousarray(batch, dtype=np.uint8)}

    def _output(self, feed: dict[str, NDArray[Any]]) -> VisualOutput:
        return self._named(self.session.run(feed), len(feed["image"]))

    def _named(self, outputs: dict[str, NDArray[Any]], count: int) -> VisualOutput:
        try:
            probabilities, embedding = outputs["probabilities"], outputs["embedding"]
        except KeyError as error:
            raise ModelError(f"The network has no output {error}.") from error
        relevance = outputs.get("relevance", np.zeros((count, 0), np.float32))
        modalities = outputs.get("modalities", np.zeros((count, 0, 0), np.float32))
        return VisualOutput(
            probabilities.astype(np.float32, copy=False),
            embedding.astype(np.float32, copy=False),
            relevance.astype(np.float32, copy=False),
            modalities.astype(np.float32, copy=False),
        )

    def witnesses(self, output: VisualOutput, photo: int) -> dict[str, dict[str, float]]:
        """Concept -> modality -> what it says of the photo in row ``photo``, in [0, 1]; only of fused concepts."""
        if output.modalities.shape[1:] != (len(self.modalities), len(self.fused)) or not self.fused:
            return {}
        said = output.modalities[photo]
        shares = 0.5 * (1 + np.tanh(0.5 * said))
        return {
            concept: {name: float(shares[row, column]) for row, name in enumerate(self.modalities)}
            for column, concept in enumerate(self.fused)
        }


def _card(path: Path) -> dict[str, Any]:
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
        model: dict[str, Any] = whole["model"] | {"own": whole.get("training", {}).get("own", ())}
    except OSError as error:
        raise ModelError(f"The network's card {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError) as error:
        raise ModelError(f"The network's card {path} is damaged: {error}.") from error
    for key in ("file", "sha256", "size", "tags"):
        if key not in model:
            raise ModelError(f"The network's card {path} is damaged: it has no {key}.")
    return model


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The network {path} cannot be read: {error.strerror}.") from error


def _labels(path: Path) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        names = tuple(row["tag"] for row in rows)
        return names, np.array([float(row["threshold"]) for row in rows], dtype=np.float32)
    except OSError as error:
        raise ModelError(f"The network's labels {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise ModelError(f"The network's labels {path} are damaged: {error}.") from error
