"""``photomgr train handcrafted``: the file of hand-made modalities, and what is learnt for them without labels.

From a sample of every set: the visual words (k-means of local descriptors by angle), and for each modality a
whitening and centres. No label is looked at, and MIRFLICKR's ids after the training ones are left out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.runtime import Session, open_session
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.extra import need_onnx
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.handcrafted import CARD, FEATURES, OUTPUT, UNLABELLED
from photomgr.train.modalities.similarity import CENTRES, Whitening, means
from photomgr.train.modalities.subgraph import Measures
from photomgr.train.nodes import Graph
from photomgr.train.pack import Pixels, pack
from photomgr.train.sets import SETS
from photomgr.train.sharpen import squash
from photomgr.train.workers import workers

Floats = NDArray[np.float32]

AXES: Final = 96
SHRINK: Final = 1.0
_SHARE, _LEAST = 0.12, 150
"""Share of each set's photos that is looked at, and how many at least."""
_DESCRIPTORS, _ROUNDS, _CLEAR = 60_000, 15, 0.6
_BATCH = 16


def build(data: Path, work: Path, out: Path, size: int, seed: int = 1) -> Job[Path]:
    """Learn from the sets in ``data`` and write the folder ``out``, which is returned. ``size``: the input's side."""
    sample = yield from _sample(data, work, seed)
    work.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    descriptors = yield from _run(write_descriptors(work / "descriptors.onnx", size), sample, size)
    words = learn_words(descriptors.transpose(0, 2, 3, 1).reshape(-1, descriptors.shape[1]), seed)
    write_features(out / FEATURES, size, words)
    measured = yield from _run(open_session(out / FEATURES), sample, size)
    arrays: dict[str, NDArray[Any]] = {"words": words.astype(np.float16)}
    for name, part in d.parts(measured).items():
        yield Progress(0, None, f"whitening {name}")
        whitening = Whitening.of(part, AXES, SHRINK)
        arrays[f"{name}.mean"] = whitening.mean
        arrays[f"{name}.axes"] = whitening.axes.astype(np.float16)
        rounded = Whitening(whitening.mean, arrays[f"{name}.axes"].astype(np.float32))
        arrays[f"{name}.centres"] = means(rounded(part), CENTRES, seed).astype(np.float16)
    np.savez_compressed(out / UNLABELLED, **arrays)  # type: ignore[arg-type]
    _write_card(out, size, len(measured), [name for name, _, _ in sample], seed)
    return out


def write_features(target: Path, size: int, words: Floats) -> None:
    """A network from ``image`` uint8 [N, 3, size, size] to all measures, ``handcrafted`` float32 [N, TOTAL]."""
    graph = Graph()
    half = words.astype(np.float16).astype(np.float32)
    graph.node("Concat", list(Measures(graph, size, half).write(list(d.WIDTHS)).values()), OUTPUT, axis=1)
    _save(graph, target, size, OUTPUT, ["N", d.TOTAL])


def write_descriptors(target: Path, size: int) -> Session:
    """A network of the same input that gives local descriptors [N, 128, 7, 7], opened."""
    graph = Graph()
    graph.node("Identity", [Measures(graph, size).descriptors()], OUTPUT)
    depth = int(np.prod(d.DESCRIPTOR))
    _save(graph, target, size, OUTPUT, ["N", depth, d.POSITIONS, d.POSITIONS])
    return open_session(target)


def learn_words(descriptors: Floats, seed: int) -> Floats:
    """Visual words [WORDS, D] of length 1, from descriptors [N, D]; those of flat places say nothing."""
    rng = np.random.default_rng(seed)
    clear = descriptors[np.linalg.norm(descriptors, axis=1) > _CLEAR]
    if len(clear) < d.WORDS:
        raise ModelError("There are too few photos to learn visual words from.")
    clear = clear[rng.permutation(len(clear))[:_DESCRIPTORS]]
    words = _unit(clear[: d.WORDS])
    for _ in range(_ROUNDS):
        nearest = (clear @ words.T).argmax(axis=1)
        sums = np.zeros_like(words)
        np.add.at(sums, nearest, clear)
        used = np.bincount(nearest, minlength=d.WORDS)[:, None] > 0
        words = np.where(used, _unit(sums), words)
    return words


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _sample(data: Path, work: Path, seed: int) -> Job[list[tuple[str, Pixels, NDArray[np.int64]]]]:
    rng, sample = np.random.default_rng(seed), []
    for photo_set in SETS:
        if not (data / f"{photo_set.name}.tar").exists():
            continue
        packed = yield from pack(data, work, photo_set)
        open_ = np.array([n for n, row in enumerate(packed.rows) if not row.held_out], np.int64)
        count = max(_LEAST, int(_SHARE * len(open_)))
        sample.append((photo_set.name, packed.pixels, np.sort(rng.permutation(open_)[:count])))
    if not sample:
        raise ModelError(f"There are no photo sets in {data}.")
    return sample


def _run(session: Session, sample: list[tuple[str, Pixels, NDArray[np.int64]]], size: int) -> Job[Floats]:
    found: list[Floats] = []
    for number, (name, pixels, rows) in enumerate(sample):
        yield Progress(number, len(sample), f"hand-made modalities of {name}")
        starts = range(0, len(rows), _BATCH)

        def run(start: int, pixels: Pixels = pixels, rows: NDArray[np.int64] = rows) -> Floats:
            answer = session.run({"image": squash(pixels, rows[start : start + _BATCH], size)})
            return np.asarray(answer[OUTPUT], np.float32)

        with workers(2) as pool:
            found += pool.map(run, starts)
    return np.concatenate(found)


def _save(graph: Graph, target: Path, size: int, output: str, shape: list[Any]) -> None:
    onnx = need_onnx()
    make, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto
    image = make("image", kind.UINT8, ["N", 3, size, size])
    graph.save(target, "photomgr-handcrafted", [image], [make(output, kind.FLOAT, shape)])


def _write_card(out: Path, size: int, photos: int, sets: list[str], seed: int) -> None:
    lines = [
        "# Written by photomgr train handcrafted.", "", "[handcrafted]", f"size = {size}",
        f'sha256 = "{hashlib.sha256((out / FEATURES).read_bytes()).hexdigest()}"',
        'input = "image: uint8 RGB pixels [N, 3, size, size], the whole photo squashed to a square"',
        f'output = "{OUTPUT}: float32 [N, {d.TOTAL}], the modalities one after the other"',
        'licence = "GPL-3.0-or-later"',
        'origin = "hand-made measures after Sun, Zhu and Shi; words, whitenings and centres learnt without labels"',
        f"photos = {photos}", f"sets = {sets!r}".replace("'", '"'), f"seed = {seed}", "", "[widths]",
        *(f"{name} = {width}" for name, width in d.WIDTHS.items()),
    ]  # fmt: skip
    (out / CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")
