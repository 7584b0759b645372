"""The object detector as a teacher: which of the 80 COCO objects it finds in every photo of a set.

YOLOX-nano (Ge et al. 2021) answers 3549 anchors, each with a box, an objectness and 80 class scores. For a tag
only the presence counts, so the best product of objectness and class over the anchors is kept.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.card import WEIGHTS, Card, Input, Output
from photomgr.annotate.foreign import ForeignNetwork
from photomgr.annotate.runtime import Session, open_session
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.lexicon import Lexicon
from photomgr.train.pack import Pixels
from photomgr.train.workers import workers

SIDE, STRIDES = 416, (8, 16, 32)
_BATCH = 4
_LIFT = 0.8
"""The detector is shy: in context an object that it gives 0.3 is there more often than not."""


def coco_names(data: Path) -> list[str]:
    """The 80 classes in the detector's order. Raises ModelError where the list is missing."""
    try:
        return (data / "words" / "coco.names").read_text(encoding="utf-8").split("\n")[:80]
    except OSError as error:
        raise ModelError(f"The list of COCO's classes cannot be read: {error.strerror}.") from error


def dropped_in(models: Path | None, data: Path | None) -> ForeignNetwork | None:
    """The detector as a person takes it in with a card, its tags being COCO's classes; None where it is not at hand."""
    model = models / "yolox_nano" / "model.onnx" if models else None
    if model is None or data is None or not model.exists():
        return None
    shown = Input("images", SIDE, SIDE, "NCHW", "BGR", (0.0,) * 3, (1.0,) * 3, "float32", fit="pad")
    card = Card(
        "yolox", "detector", "0.1", "Apache-2.0", "YOLOX-nano", shown, Output("output", strides=STRIDES),
        tuple(coco_names(data)), weight=WEIGHTS["detector"],
    )  # fmt: skip
    return ForeignNetwork.load(model, card, Vocabulary(()))


def columns(lexicon: Lexicon, names: list[str]) -> list[int | None]:
    """The tag's column that each COCO class means, None where the vocabulary has no word for it."""
    return [lexicon.find(name) for name in names]


def detect(models: Path, work: Path, name: str, pixels: Pixels, threads: int = 2) -> Job[NDArray[np.float32]]:
    """Presence of the 80 classes in every photo, [N, 80] in 0..1; kept as float16 in ``work/teach/NAME_yx.npy``."""
    target = work / "teach" / f"{name}_yx.npy"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        session = open_session(models / "yolox_nano" / "model.onnx")
        found = np.zeros((len(pixels), 80), np.float16)
        with workers(threads) as pool:
            starts = range(0, len(pixels), _BATCH)
            answers = pool.map(partial(_presence, session, pixels), starts)
            for start, part in zip(starts, answers, strict=True):
                found[start : start + len(part)] = part.astype(np.float16)
                if start % 256 == 0:
                    yield Progress(start, len(pixels), f"objects in {name}")
        write_array(target, found)
    return likely(np.load(target).astype(np.float32))


def likely(confidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """A detector's confidence as the probability that the object is there at all."""
    clipped = np.clip(confidence, 1e-4, 1 - 1e-4)
    odds = np.log(clipped / (1 - clipped)) + _LIFT
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _presence(session: Session, pixels: Pixels, start: int) -> NDArray[np.float32]:
    size, some = (SIDE, SIDE), pixels[start : start + _BATCH]
    photos = [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in some]
    # BGR in 0..255, as the network was trained.
    batch = np.stack(photos)[..., ::-1].astype(np.float32).transpose(0, 3, 1, 2)
    answers = [session.run({"images": np.ascontiguousarray(b[None])})["output"] for b in batch]
    rows = np.concatenate(answers)
    return np.asarray((rows[..., 4:5] * rows[..., 5:]).max(axis=1), np.float32)
