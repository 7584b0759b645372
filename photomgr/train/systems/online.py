"""System D: classes learned one photo at a time on frozen features, in a random stream of Tiny ImageNet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.online import Discriminants, NaiveBayes, enough
from photomgr.annotate.runtime import open_session
from photomgr.annotate.visual import VisualModel
from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS, Archive
from photomgr.train.figures import Row
from photomgr.train.sets import read_rows
from photomgr.train.systems import Bench
from photomgr.train.teachers import SIDE
from photomgr.train.workers import workers

_SET: Final = "tiny_imagenet"
_BATCH: Final = 16
_FEW: Final = 10
"""Photos a class that the comparison with full precision learns from."""
HEADLINE: Final = "shipped embedding: shared covariance, by angle"
PUBLISHED: Final = "MobileNetV2 features: naive Bayes, as published"
FEW_EIGHT: Final = f"shipped embedding, {_FEW} a class: shared covariance, by angle"
FEW_FULL: Final = f"in full precision, {_FEW} a class: shared covariance, by angle"
_FROZEN: Final = {"mobilenet_v2": "MobileNetV2", "mobilenet_edgetpu": "MobileNetEdgeTPU"}
"""Networks that were never trained here; the first is the paper's own."""
_SLOW: Final = frozenset(("mobilenet_edgetpu",))
"""Too slow to wait for: measured only where a training has kept its features."""

Learner = NaiveBayes | Discriminants


class OnlineSystem:
    """Rows of D's classifier and of two better ones, on the shipped network's embedding and on frozen features."""

    letter = "D"
    title = "ImageTagger: class statistics that learn from one photo at a time (Tiny ImageNet, 40 a class)"
    published: Mapping[str, object] = {
        "top_1": "56.09 % (55.67 % quantised), Tiny ImageNet with 500 photos a class, MobileNetV2"
    }

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Headline: discriminants on the shipped network's embedding."""
        if bench.data is None or not (bench.data / f"{_SET}.tar").exists() or bench.visual is None:
            raise ModelError("Tiny ImageNet is not among the photo sets.")
        labels, held_out = _labels(bench.data)
        visual = bench.visual
        features = yield from _features(bench, f"{bench.network[:16]}", _ours(visual))
        found = _stream("shipped embedding", features, labels, held_out, bench.seed)
        if bench.full is not None:
            full = replace(visual, session=open_session(bench.full))
            few = _few(labels, held_out)
            theirs = yield from _features(bench, f"{bench.network[:16]}-full", _ours(full), few)
            for title, rows in ((FEW_EIGHT, features[few]), (FEW_FULL, theirs)):
                found[title] = _paired(rows, labels[few], held_out[few], bench.seed)
        for name, title in _FROZEN.items():
            teacher = bench.models / name / "model.onnx" if bench.models else None
            if teacher is None or not teacher.exists() or (name in _SLOW and not _kept(bench, name)):
                continue
            features = yield from _features(bench, name, _theirs(teacher))
            found |= _stream(f"{title} features", features, labels, held_out, bench.seed)
        return found


SYSTEM = OnlineSystem()


def _few(labels: NDArray[np.intp], held_out: NDArray[np.bool_]) -> NDArray[np.intp]:
    """All photos that are scored, and the first few of each class to learn from, in the order of the table."""
    place = np.zeros(len(labels), np.intp)
    for kind in np.unique(labels):
        mine = np.flatnonzero((labels == kind) & ~held_out)
        place[mine] = np.arange(len(mine))
    return np.flatnonzero(held_out | (place < _FEW))


def _paired(
    features: NDArray[np.float32], labels: NDArray[np.intp], held_out: NDArray[np.bool_], seed: int
) -> Row:
    """The figures of discriminants alone, on the same photos in the same order for every network."""
    learner = Discriminants(features.shape[1])
    for photo in np.random.default_rng(seed).permutation(np.flatnonzero(~held_out)):
        learner.learn(features[photo], int(labels[photo]))
    return _figures(learner.probabilities(features[held_out]), labels[held_out])


def _stream(
    name: str, features: NDArray[np.float32], labels: NDArray[np.intp], held_out: NDArray[np.bool_], seed: int
) -> dict[str, Row]:
    """Every learner sees the training photos once, in the same random order."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~held_out))
    width = features.shape[1]
    learners: dict[str, Learner] = {
        "shared covariance, by angle": Discriminants(width),
        "shared covariance": Discriminants(width, by_angle=False),
        "naive Bayes, rooted and drawn together": NaiveBayes(width, rooted=True),
        "naive Bayes, as published": NaiveBayes(width),
    }
    found: dict[str, Row] = {}
    for title, learner in learners.items():
        for photo in order:
            learner.learn(features[photo], int(labels[photo]))
        found[f"{name}: {title}"] = _figures(learner.probabilities(features[held_out]), labels[held_out])
    return found


def _figures(probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> Row:
    """Top-1, -5, -10, and what D's cut at a cumulative probability of 0.9 gives: how often right, with how many."""
    best = np.argsort(-probabilities, axis=1, kind="stable")
    row = {f"top_{k}": float((best[:, :k] == labels[:, None]).any(axis=1).mean()) for k in (1, 5, 10)}
    chosen = [enough(each) for each in probabilities]
    row["cut_0.9_recall"] = float(
        np.mean([label in tags for tags, label in zip(chosen, labels, strict=True)])
    )
    row["cut_0.9_tags"] = float(np.mean([len(tags) for tags in chosen]))
    return row


def _labels(data: Path) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    rows = read_rows(data / f"{_SET}.csv", _SET)
    classes = {name: number for number, name in enumerate(sorted({row.label for row in rows}))}
    return np.array([classes[row.label] for row in rows], np.intp), np.array([row.held_out for row in rows])


def _features(
    bench: Bench,
    name: str,
    run: Callable[[list[Image.Image]], NDArray[Any]],
    few: NDArray[np.intp] | None = None,
) -> Job[NDArray[np.float32]]:
    """Features [N, D] of all photos in the order of the CSV, or of a ``few`` of them, computed once."""
    assert bench.data is not None
    rows = read_rows(bench.data / f"{_SET}.csv", _SET)
    if few is not None:
        rows = [rows[place] for place in few]
    kept = bench.work / "evaluate" / f"{_SET}-{name}.npy"
    taught = bench.work / "teach" / f"{_SET}_etf.npy"
    if name == "mobilenet_edgetpu" and _whole(taught, len(rows)):
        return np.asarray(np.load(taught), np.float32)
    if not _whole(kept, len(rows)):
        places = {row.file: number for number, row in enumerate(rows)}
        found: NDArray[np.float16] | None = None
        done = 0
        batches = _batches(Archive(bench.data / f"{_SET}.tar"), places.keys())
        with workers(THREADS) as pool:
            while several := list(islice(batches, 4)):
                for batch, values in zip(
                    several, pool.map(lambda b: run([p for _, p in b]), several), strict=True
                ):
                    if found is None:
                        found = np.zeros((len(rows), values.shape[1]), np.float16)
                    found[[places[file] for file, _ in batch]] = values.astype(np.float16)
                    done += len(batch)
                yield Progress(done, len(rows), f"{name} on {_SET}")
        if found is None or done < len(rows):
            raise ModelError(f"Photos of {_SET} are missing in its tar.")
        write_array(kept, found)
    return np.asarray(np.load(kept), np.float32)


def _kept(bench: Bench, name: str) -> bool:
    """Whether an earlier training or evaluation has kept the features of a frozen network."""
    files = (bench.work / "evaluate" / f"{_SET}-{name}.npy", bench.work / "teach" / f"{_SET}_etf.npy")
    return any(file.exists() for file in files)


def _whole(file: Path, rows: int) -> bool:
    return file.exists() and len(np.load(file, mmap_mode="r")) == rows


def _batches(archive: Archive, wanted: Collection[str]) -> Iterator[list[tuple[str, Image.Image]]]:
    named = ((name, archive.photo(name)) for name in archive if name in wanted)
    while batch := list(islice(named, _BATCH)):
        yield batch


def _ours(model: VisualModel) -> Callable[[list[Image.Image]], NDArray[Any]]:
    return lambda pictures: model.run(np.stack([model.prepare(each) for each in pictures])).embedding


def _theirs(network: Path) -> Callable[[list[Image.Image]], NDArray[Any]]:
    session = open_session(network)
    size = (SIDE, SIDE)

    def run(pictures: list[Image.Image]) -> NDArray[Any]:
        resized = [np.asarray(each.resize(size, Image.Resampling.BICUBIC)) for each in pictures]
        batch = (np.stack(resized).astype(np.float32) - 127.5) / 127.5
        answer = session.run({"input": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})
        return next(v.reshape(len(batch), -1) for v in answer.values() if v.size // len(batch) == 1280)

    return run
