"""Frozen features and objects of photos, computed once and kept: what systems learn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import open_session
from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS
from photomgr.train.pack import lost
from photomgr.train.recipe import digest
from photomgr.train.sets import read_rows
from photomgr.train.systems import Bench, Pictures
from photomgr.train.workers import workers

Floats = NDArray[np.float32]
Look = Callable[[list[Image.Image]], NDArray[Any]]
"""What a network says of some photos, one row each."""
_BATCH = 8
_EDGE, _OBJECTS = 224, 416


def edgetpu(bench: Bench, name: str, ids: Sequence[str], pixels: Pictures) -> Job[Floats]:
    """Features [N, 1280] of MobileNetEdgeTPU, never trained here, for photos of the set ``name`` called ``ids``."""
    return (yield from _computed(bench, name, ids, pixels, {"etf": _edgetpu(bench)}))["etf"]


def edgetpu_and_objects(
    bench: Bench, name: str, ids: Sequence[str], pixels: Pictures
) -> Job[tuple[Floats, Floats]]:
    """The same features, and how sure YOLOX-nano is that each of COCO's 80 objects is there, [N, 80] in 0..1.

    Each photo is decoded once for both.
    """
    found = yield from _computed(bench, name, ids, pixels, {"etf": _edgetpu(bench), "yx": _objects(bench)})
    return found["etf"], found["yx"]


def _edgetpu(bench: Bench) -> Look:
    session = _session(bench, "mobilenet_edgetpu")

    def look(photos: list[Image.Image]) -> NDArray[Any]:
        batch = np.stack([_resized(photo, _EDGE) for photo in photos]).astype(np.float32)
        answer = session.run({"input": (batch - 127.5) / 127.5})
        return np.asarray(list(answer.values())[1]).reshape(len(photos), -1)

    return look


def _objects(bench: Bench) -> Look:
    session = _session(bench, "yolox_nano")

    def look(photos: list[Image.Image]) -> NDArray[Any]:
        blue_first = [_resized(photo, _OBJECTS)[::-1][None].astype(np.float32) for photo in photos]
        found = [session.run({"images": np.ascontiguousarray(one)})["output"][0] for one in blue_first]
        return np.stack([(rows[:, 4:5] * rows[:, 5:]).max(axis=0) for rows in found])

    return look


def _session(bench: Bench, teacher: str) -> Any:
    if bench.models is None or not (bench.models / teacher / "model.onnx").exists():
        raise ModelError(f"The teacher {teacher} is not at hand.")
    return open_session(bench.models / teacher / "model.onnx")


def _resized(photo: Image.Image, side: int) -> NDArray[np.uint8]:
    """Pixels [3, side, side]."""
    squashed = photo.resize((side, side), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(squashed).transpose(2, 0, 1))


def _computed(
    bench: Bench, name: str, ids: Sequence[str], pixels: Pictures, looks: Mapping[str, Look]
) -> Job[dict[str, Floats]]:
    """What a training already computed, else what an earlier evaluation did, else computed now."""
    first = np.asarray(pixels[slice(0, 1)]).tobytes()  # the same names may be of smaller copies
    mark = digest([*ids, first])
    found: dict[str, Floats] = {}
    missing: dict[str, Path] = {}
    for kind in looks:
        taught = _taught(bench, name, kind, ids)
        kept = bench.work / "evaluate" / f"{name}-{kind}-{mark}.npy"
        if taught is not None or kept.exists():
            found[kind] = np.asarray(np.load(kept), np.float32) if taught is None else taught
        else:
            missing[kind] = kept

    def part(start: int) -> list[NDArray[np.float16]]:
        batch = pixels[slice(start, min(start + _BATCH, len(ids)))]
        photos = [Image.fromarray(np.asarray(photo).transpose(1, 2, 0)) for photo in batch]
        return [looks[kind](photos).astype(np.float16) for kind in missing]

    if missing:
        parts = []
        with workers(THREADS) as pool:
            for one in pool.map(part, range(0, len(ids), _BATCH)):
                parts.append(one)
                yield Progress(min(len(parts) * _BATCH, len(ids)), len(ids), f"features of {name}")
        for (kind, kept), values in zip(missing.items(), zip(*parts, strict=True), strict=True):
            write_array(kept, np.concatenate(values))
            found[kind] = np.asarray(np.load(kept), np.float32)
    return found


def _taught(bench: Bench, name: str, kind: str, ids: Sequence[str]) -> Floats | None:
    stored = bench.work / "teach" / f"{name}_{kind}.npy"
    if bench.data is None or not stored.exists() or not (bench.data / f"{name}.csv").exists():
        return None
    missing = set(lost(bench.work, name))
    rows = [row for row in read_rows(bench.data / f"{name}.csv", name) if row.file not in missing]
    place = {Path(row.file).name: n for n, row in enumerate(rows)}
    if not all(Path(each).name in place for each in ids):
        return None
    return np.asarray(np.load(stored, mmap_mode="r")[[place[Path(each).name] for each in ids]], np.float32)
