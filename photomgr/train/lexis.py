"""The step of the export that writes ``words.npz``: from the finished network, the captions and the photo sets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.annotate.words import FILE, Lexis
from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.captions import Vectors, class_names, learn_vectors, read_captions
from photomgr.train.pack import pack
from photomgr.train.sets import SETS, PhotoSet, Row, read_rows
from photomgr.train.sharpen import squash
from photomgr.train.words import Evidence, learn_chance, learn_sight, lexis, mentions, spoken, write
from photomgr.train.workers import workers

Floats = NDArray[np.float32]

CAPTIONED = "flickr8k"
_NATURAL = ("mirflickr", "flickr8k", "coco_unlabelled")
_MOST = 800
"""Photos of a set without captions that are looked at, spread evenly."""
_BATCH = 8


@dataclass(frozen=True, eq=False)
class Looked:
    """Photos of one set, those at positions ``rows`` of ``listed``: embeddings of unit length [N, E], and
    probabilities [N, T]."""

    listed: list[Row]
    rows: NDArray[np.int64]
    embedding: Floats
    probabilities: Floats


def names_of_things(vocabulary: Vocabulary, data: Path) -> list[str]:
    """Tags, their aliases, and the classes of ImageNet and of COCO."""
    found = [name for tag in vocabulary.tags for name in (tag.name, *tag.aliases)]
    found += [name for names in class_names(data).values() for name in names]
    try:
        found += (data / "words" / "coco.names").read_text(encoding="utf-8").split("\n")[:80]
    except OSError as error:
        raise ModelError(f"The list of COCO's classes cannot be read: {error.strerror}.") from error
    return found


def learn_words(data: Path, work: Path, model: VisualModel, folder: Path, seed: int) -> Job[Lexis | None]:
    """Write ``words.npz`` for ``model`` to ``folder`` and return it; None, and nothing is written, without captions.

    ``work`` has the packed sets and, where they were run, the teachers' opinions.
    """
    if not (data / f"{CAPTIONED}.csv").exists() or not (data / "words" / "captions").exists():
        return None
    vocabulary = Vocabulary.load()
    table = read_rows(data / f"{CAPTIONED}.csv", CAPTIONED)
    captions = read_captions(data, table)
    yield Progress(0, None, "word vectors")
    vectors = learn_vectors(captions, data, names_of_things(vocabulary, data), seed)
    looked: dict[str, Looked] = {}
    for photo_set in SETS:
        if (data / f"{photo_set.name}.tar").exists():
            looked[photo_set.name] = yield from _look(data, work, model, photo_set)
    yield Progress(0, None, "words and photos")
    spoke = looked[CAPTIONED]
    if len(spoke.listed) == len(
        table
    ):  # the zero-shot rows of ``photomgr train evaluate`` want them all again
        write_array(
            work / "evaluate" / f"{CAPTIONED}-{model.hash[:16]}.npy", spoke.embedding.astype(np.float16)
        )
    value = mentions(vectors, [row.label for row in spoke.listed])
    held = np.array([row.held_out for row in spoke.listed])
    evidence = [
        spoken(spoke.embedding[~held], value[~held]),
        _tagged(vectors, model, list(looked.values())),
        *_taught(vectors, data, work, looked),
    ]
    natural = np.concatenate([looked[name].embedding for name in _NATURAL if name in looked])
    sight = learn_sight(vectors.vectors, evidence, natural)
    rate = (vectors.count + 1.0) / len(captions)
    chance = learn_chance(sight, rate, spoke.embedding[held], value[held])
    made = lexis(vectors, sight, chance, len(captions), model.hash)
    write(folder / FILE, made)
    return made


def _look(data: Path, work: Path, model: VisualModel, photo_set: PhotoSet) -> Job[Looked]:
    packed = yield from pack(data, work, photo_set)
    pixels, rows = packed.pixels, np.arange(len(packed.rows))
    if photo_set.name != CAPTIONED:
        rows = np.array([n for n in rows if not packed.rows[n].held_out], np.int64)
        rows = rows[:: max(1, -(-len(rows) // _MOST))]

    def run(start: int) -> tuple[Floats, Floats]:
        output = model.run(squash(pixels, rows[start : start + _BATCH], model.size))
        return output.embedding, output.probabilities

    embedding, probabilities = [], []
    with workers(2) as pool:
        for one, other in pool.map(run, range(0, len(rows), _BATCH)):
            embedding.append(one)
            probabilities.append(other)
            if len(embedding) % 64 == 0:
                yield Progress(len(embedding) * _BATCH, len(rows), f"words: {photo_set.name}")
    return Looked(packed.rows, rows, unit(np.concatenate(embedding)), np.concatenate(probabilities))


def unit(embedding: Floats) -> Floats:
    """Embeddings [N, E] of unit length, as the catalog keeps them."""
    return np.asarray(
        embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-6), np.float32
    )


def _key(vectors: Vectors, name: str) -> str:
    return " ".join(vectors.language.words(name))


def _tagged(vectors: Vectors, model: VisualModel, looked: list[Looked]) -> Evidence:
    """What the network itself says: its tags' probabilities, under the tags' names and aliases."""
    place = {word: number for number, word in enumerate(vectors.words)}
    columns: dict[int, set[int]] = defaultdict(set)
    for tag in Vocabulary.load().tags:
        if tag.name in model.labels:
            for name in (tag.name, *tag.aliases):
                if (key := _key(vectors, name)) in place:
                    columns[place[key]].add(model.labels.index(tag.name))
    return _gathered(
        np.concatenate([part.embedding for part in looked]),
        np.concatenate([part.probabilities for part in looked]), columns,
    )  # fmt: skip


def _taught(vectors: Vectors, data: Path, work: Path, looked: dict[str, Looked]) -> list[Evidence]:
    """What the teacher says of ImageNet's classes, under all their names; nothing where it was not run."""
    opinions = {name: work / "teach" / f"{name}_etp.npy" for name in looked}
    there = [name for name, path in opinions.items() if path.exists()]
    if not there:
        return []
    place = {word: number for number, word in enumerate(vectors.words)}
    columns: dict[int, set[int]] = defaultdict(set)
    for column, names in enumerate(class_names(data).values()):
        for name in names:
            if (key := _key(vectors, name)) in place:
                columns[place[key]].add(column + 1)
    answers = [np.load(opinions[name], mmap_mode="r")[looked[name].rows] for name in there]
    return [
        _gathered(
            np.concatenate([looked[name].embedding for name in there]),
            np.concatenate(answers).astype(np.float32), columns,
        )
    ]  # fmt: skip


def _gathered(embedding: Floats, values: Floats, columns: dict[int, set[int]]) -> Evidence:
    """Evidence of words that each mean several ``columns`` of ``values`` [N, C]."""
    words = np.array(sorted(columns), np.int64)
    value = np.stack([values[:, sorted(columns[word])].max(axis=1) for word in words], axis=1)
    return Evidence(embedding, np.sqrt(value), words, value.sum(axis=0).astype(np.float64))
