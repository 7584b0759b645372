"""The hand-made modalities without the shipped network: a small ONNX file, and what was learnt without labels.

``models/handcrafted`` holds ``features.onnx`` (pixels in, all measures out), ``unlabelled.npz`` (for each modality
a whitening and centres, learnt on photos of all sets, see :mod:`.build`) and ``card.toml``. Only numpy and
onnxruntime are needed here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import Session, open_session
from photomgr.core.arrays import read_arrays, write_array
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.similarity import Whitening
from photomgr.train.recipe import digest
from photomgr.train.systems import Bench, Photos, Pictures
from photomgr.train.workers import workers

Floats = NDArray[np.float32]

FOLDER: Final = "handcrafted"
OUTPUT: Final = "handcrafted"
FEATURES, UNLABELLED, CARD = "features.onnx", "unlabelled.npz", "card.toml"
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Handcrafted:
    """``hash``: SHA-256 of the network in hex. ``size``: side of the input in pixels. ``words`` [WORDS, 128].

    By modality: ``whitenings``, ``centres`` [K, D'].
    """

    session: Session
    hash: str
    size: int
    words: Floats
    whitenings: dict[str, Whitening]
    centres: dict[str, Floats]

    @classmethod
    def load(cls, folder: Path | None = None) -> Handcrafted:
        """From ``folder``, else from the shipped models. Raises ModelError where it is missing or damaged."""
        folder = folder or models_dir() / FOLDER
        try:
            card: dict[str, Any] = tomllib.loads((folder / CARD).read_text(encoding="utf-8"))["handcrafted"]
            stored = read_arrays(folder / UNLABELLED)
            arrays = {key: values.astype(np.float32) for key, values in stored.items()}
            whitenings = {
                name: Whitening(arrays[f"{name}.mean"], arrays[f"{name}.axes"]) for name in d.WIDTHS
            }
            centres = {name: arrays[f"{name}.centres"] for name in d.WIDTHS}
            size, words, sha = int(card["size"]), arrays["words"], str(card["sha256"])
        except OSError as error:
            raise ModelError(
                f"The hand-made modalities in {folder} cannot be read: {error.strerror}."
            ) from error
        except (ValueError, KeyError) as error:
            raise ModelError(f"The hand-made modalities in {folder} are damaged: {error}.") from error
        return cls(open_session(folder / FEATURES, provider="cpu"), sha, size, words, whitenings, centres)

    def run(self, pixels: NDArray[np.uint8]) -> Floats:
        """Measures [N, TOTAL] of pixels [N, 3, S, S]; photos of another size are squashed to this one's."""
        if pixels.shape[2] != self.size:
            side = (self.size, self.size)
            photos = [
                Image.fromarray(p.transpose(1, 2, 0)).resize(side, Image.Resampling.BICUBIC) for p in pixels
            ]
            pixels = np.stack([np.asarray(photo) for photo in photos]).transpose(0, 3, 1, 2)
        found = self.session.run({"image": np.ascontiguousarray(pixels)})
        return np.asarray(found[OUTPUT], np.float32)

    def measure(self, pictures: Pictures, kept: Path) -> Job[Floats]:
        """Measures [N, TOTAL] of many photos on two threads; kept in the file ``kept`` and read from it again."""
        if kept.exists():
            stored: NDArray[Any] = np.load(kept)
            if stored.shape == (len(pictures), d.TOTAL):
                return stored.astype(np.float32)
        parts: list[Floats] = []
        starts = range(0, len(pictures), _BATCH)
        with workers(THREADS) as pool:
            for part in pool.map(lambda start: self.run(pictures[start : start + _BATCH]), starts):
                parts.append(part)
                if len(parts) % 25 == 0:
                    yield Progress(len(parts) * _BATCH, len(pictures), "hand-made modalities")
        found = np.concatenate(parts) if parts else np.zeros((0, d.TOTAL), np.float32)
        write_array(kept, found.astype(np.float16))
        return found.astype(np.float16).astype(np.float32)


def measured(hand: Handcrafted, photos: Photos, bench: Bench) -> Job[Floats]:
    """Measures [N, TOTAL] of one side of a bench, kept for every system that wants them."""
    first = np.asarray(photos.pixels[0:1]).tobytes()  # the same names may be of smaller copies
    kept = bench.work / "evaluate" / f"handcrafted-{hand.hash[:12]}-{digest([*photos.ids, first])}.npy"
    return (yield from hand.measure(photos.pixels, kept))
