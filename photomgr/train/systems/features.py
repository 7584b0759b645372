"""Frozen features and objects of photos, computed once and kept: what systems learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import open_session
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS
from photomgr.train.sets import read_rows
from photomgr.train.systems import Bench, Pictures

Floats = NDArray[np.float32]
_BATCH = 8
_EDGE, _OBJECTS = 224, 416


def edgetpu(bench: Bench, name: str, ids: Sequence[str], pixels: Pictures) -> Job[Floats]:
    """Features [N, 1280] of MobileNetEdgeTPU, never trained here, for photos of the set ``name`` called ``ids``."""
    session = _session(bench, "mobilenet_edgetpu")

    def run(photos: list[Image.Image]) -> NDArray[Any]:
        batch = (_stacked(photos, _EDGE) - 127.5) / 127.5
        answer = session.run({"input": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})
        return np.asarray(list(answer.values())[1]).reshape(len(photos), -1)

    return (yield from _computed(bench, name, "etf", ids, pixels, run))


def objects(bench: Bench, name: str, ids: Sequence[str], pixels: Pictures) -> Job[Floats]:
    """How sure YOLOX-nano is that each of COCO's 80 objects is there, [N, 80] in 0..1."""
    session = _session(bench, "yolox_nano")

    def run(photos: list[Image.Image]) -> NDArray[Any]:
        batch = _stacked(photos, _OBJECTS)[..., ::-1].transpose(0, 3, 1, 2)
        found = [session.run({"images": np.ascontiguousarray(one[None])})["output"][0] for one in batch]
        return np.stack([(rows[:, 4:5] * rows[:, 5:]).max(axis=0) for rows in found])

    return (yield from _computed(bench, name, "yx", ids, pixels, run))


def _session(bench: Bench, teacher: str) -> Any:
    if bench.models is None or not (bench.models / teacher / "model.onnx").exists():
        raise ModelError(f"The teacher {teacher} is not at hand.")
    return open_session(bench.models / teacher / "model.onnx")


def _stacked(photos: list[Image.Image], side: int) -> Floats:
    resized = [np.asarray(photo.resize((side, side), Image.Resampling.BICUBIC)) for photo in photos]
    return np.stack(resized).astype(np.float32)


def _computed(
    bench: Bench, name: str, kind: str, ids: Sequence[str], pixels: Pictures,
    run: Callable[[list[Image.Image]], NDArray[Any]],
) -> Job[Floats]:  # fmt: skip
    """What a training already computed, else what an earlier evaluation did, else computed now."""
    taught = _taught(bench, name, kind, ids)
    if taught is not None:
        return taught
    mark = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
    kept = bench.work / "evaluate" / f"{name}-{kind}-{mark}.npy"
    if not kept.exists():

        def part(start: int) -> NDArray[Any]:
            batch = pixels[slice(start, min(start + _BATCH, len(ids)))]
            return run([Image.fromarray(np.asarray(photo).transpose(1, 2, 0)) for photo in batch])

        parts = []
        with ThreadPoolExecutor(THREADS) as pool:
            for found in pool.map(part, range(0, len(ids), _BATCH)):
                parts.append(found.astype(np.float16))
                if len(parts) % 16 == 0:
                    yield Progress(len(parts) * _BATCH, len(ids), f"{kind} features of {name}")
        keep(kept, np.concatenate(parts))
    return np.asarray(np.load(kept), np.float32)


def _taught(bench: Bench, name: str, kind: str, ids: Sequence[str]) -> Floats | None:
    stored = bench.work / "teach" / f"{name}_{kind}.npy"
    if bench.data is None or not stored.exists() or not (bench.data / f"{name}.csv").exists():
        return None
    place = {Path(row.file).name: n for n, row in enumerate(read_rows(bench.data / f"{name}.csv", name))}
    if not all(Path(each).name in place for each in ids):
        return None
    return np.asarray(np.load(stored, mmap_mode="r")[[place[Path(each).name] for each in ids]], np.float32)


def keep(path: Path, values: NDArray[Any]) -> None:
    """Write an array, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.stem + ".partial.npy")
    np.save(partial, values)
    partial.replace(path)
