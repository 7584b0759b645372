"""Word vectors from captions: what is seen together lies together. Only numpy.

Positive pointwise mutual information of words in one caption, its context smoothed, and the strongest directions of
that matrix (Levy, Goldberg & Dagan 2015; randomised SVD of Halko et al. 2011). Names that captions lack are placed
among their neighbours in the hierarchies of OpenImages and WordNet.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.lemmas import STOP, lemma, tokens
from photomgr.core.errors import ModelError
from photomgr.train.sets import Row

Floats = NDArray[np.float32]

WIDTH = 160
"""Numbers in a word's vector."""
_SEEN = 3
"""A word counts from this many mentions on; rarer ones are mostly misspelt."""
_PAIR_NAMED, _PAIR_FOUND, _PAIR_TIGHT = 4, 25, 6.0
"""Two words are one name from so many mentions on if a list names them, or if they are so tight (bits of PMI)."""
_NEAR, _FAR = 5, 0.6
"""Words further apart than this many places count so much less."""
_SMOOTH = 0.75
_UNSAID = frozenset(("dyke", "gypsy", "hooker", "negro", "oriental", "shit"))
"""What captions call people and nobody's photos should be ranked by; how a word is meant, no vector tells."""


@dataclass(frozen=True, eq=False)
class Language:
    """How texts become words. ``forms``: lemma of every form; ``pairs``: names of two lemmas; ``count``: mentions."""

    forms: dict[str, str]
    pairs: frozenset[tuple[str, str]]
    count: Counter[str]

    def words(self, text: str) -> list[str]:
        """Lemmas of a text in order, names of two words as one, stop words and insults dropped."""
        found: list[str] = []
        run = [self.forms.get(token, token) for token in tokens(text)]
        place = 0
        while place < len(run):
            if tuple(run[place : place + 2]) in self.pairs:
                found.append(" ".join(run[place : place + 2]))
                place += 2
                continue
            if run[place] not in STOP:
                found.append(run[place])
            place += 1
        return [word for word in found if word not in STOP and word not in _UNSAID]


@dataclass(frozen=True, eq=False)
class Vectors:
    """``words`` [V] with ``vectors`` [V, WIDTH] of unit length, ``count`` [V] mentions (0 where placed by hierarchy).

    ``things``: whether a list of things names the word. ``language`` says how texts become these words.
    """

    words: tuple[str, ...]
    vectors: Floats
    count: NDArray[np.int64]
    things: NDArray[np.bool_]
    language: Language


def read_captions(data: Path, rows: Iterable[Row]) -> list[str]:
    """The captions of ``data/words`` and of those photos that are not held out; what a held-out one says is left out.

    ``rows``: the photos of Flickr8k with their captions. Raises ModelError where the captions cannot be read.
    """
    found: list[str] = []
    try:
        for part in sorted((data / "words" / "captions").glob("train.*.en.gz")):
            found += gzip.decompress(part.read_bytes()).decode("utf-8").splitlines()
        with gzip.open(data / "words" / "captions" / "coco_30k.csv.gz", "rt", encoding="utf-8") as stream:
            found += [line["prompt"] for line in csv.DictReader(stream)]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The captions under {data / 'words'} cannot be read: {error}.") from error
    hidden: set[str] = set()
    for row in rows:
        spoken = row.label.split(" || ")
        if row.held_out:
            hidden.update(_bare(text) for text in spoken)
        else:
            found += spoken
    return [text for text in found if _bare(text) not in hidden]


def _bare(text: str) -> str:
    return " ".join(tokens(text))


def learn_language(captions: Iterable[str], names: Collection[str]) -> Language:
    """Forms, lemmas and names of two words of a language that is spoken in ``captions``."""
    spoken = [tokens(text) for text in captions]
    raw = Counter(token for line in spoken for token in line)
    known = {token for name in names for token in tokens(name)}
    weight = lambda token: float(raw.get(token, 0))  # noqa: E731
    forms = {token: lemma(token, weight) for token in {*raw, *known}}
    lines = [[forms[token] for token in line] for line in spoken]
    pairs = _pairs(lines, {tuple(forms[t] for t in tokens(name)) for name in names})
    language = Language(forms, pairs, Counter())
    language.count.update(word for text in spoken for word in language.words(" ".join(text)))
    return language


def _pairs(lines: list[list[str]], named: set[tuple[str, ...]]) -> frozenset[tuple[str, str]]:
    single = Counter(word for line in lines for word in line)
    double = Counter(pair for line in lines for pair in pairwise(line))
    total = sum(single.values())
    found = set()
    for pair, count in double.items():
        if STOP & set(pair):
            continue
        tight = np.log2(count * total / (single[pair[0]] * single[pair[1]]))
        if (pair in named and count >= _PAIR_NAMED) or (count >= _PAIR_FOUND and tight >= _PAIR_TIGHT):
            found.add(pair)
    return frozenset(found)


def learn_vectors(captions: Iterable[str], data: Path, names: Collection[str], seed: int) -> Vectors:
    """Vectors of all words of the captions, and of the names that captions lack but a hierarchy places.

    ``names``: things that have a name, such as tags, their aliases and the classes of the teachers.
    """
    captions = list(captions)
    trees = hierarchies(data)
    things = {*names, *trees, *(name for near in trees.values() for name in near)}
    language = learn_language(captions, things)
    words = [word for word, count in language.count.most_common() if count >= _SEEN]
    place = {word: number for number, word in enumerate(words)}
    lines = [[place[word] for word in language.words(text) if word in place] for text in captions]
    vectors = _unit(_strongest(_association(lines, len(words)), WIDTH, seed))
    keys = {key for name in things if (key := " ".join(language.words(name)))}
    added, more = _placed(trees, language, place, vectors)
    return Vectors(
        (*words, *added),
        np.concatenate([vectors, more]),
        np.array([language.count[word] for word in words] + [0] * len(added)),
        np.array([word in keys for word in (*words, *added)]),
        language,
    )


def _association(lines: list[list[int]], words: int) -> Floats:
    """Positive PMI [V, V] of words in one caption."""
    first, second, weight = [], [], []
    for line in lines:
        for here in range(len(line)):
            for there in range(here + 1, len(line)):
                first.append(line[here])
                second.append(line[there])
                weight.append(1.0 if there - here <= _NEAR else _FAR)
    table = np.zeros((words, words), np.float32)
    np.add.at(table, (np.array(first, np.int64), np.array(second, np.int64)), np.array(weight, np.float32))
    table += table.T
    rows = np.maximum(table.sum(axis=1), 1e-9)
    columns = np.maximum(table.sum(axis=0), 1e-9) ** _SMOOTH
    table /= rows[:, None]
    table /= (columns / columns.sum())[None, :]
    np.log(np.maximum(table, 1.0, out=table), out=table)
    return table


def _strongest(matrix: Floats, width: int, seed: int) -> Floats:
    """Left singular vectors times the square roots of the singular values, the ``width`` strongest."""
    width = min(width, len(matrix))
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((matrix.shape[1], width + min(20, len(matrix) - width))).astype(np.float32)
    for _ in range(4):
        basis, _ = np.linalg.qr(matrix.T @ (matrix @ basis))
    left, values, _ = np.linalg.svd(matrix @ basis, full_matrices=False)
    return np.asarray(left[:, :width] * np.sqrt(values[:width]), np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


def hierarchies(data: Path) -> dict[str, set[str]]:
    """For each name of OpenImages and of ImageNet's classes: its parents, its children, and its other names."""
    near: dict[str, set[str]] = {}

    def join(one: str, other: str) -> None:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)

    def walk(node: dict[str, Any]) -> None:
        for child in node.get("children", ()):
            join(node["name"], child["name"])
            walk(child)

    try:
        walk(json.loads((data / "words" / "openimages_hierarchy.json").read_text(encoding="utf-8")))
        wordnet = data / "words" / "wordnet"
        called = _called(wordnet / "node_names.txt") | _called(wordnet / "everyday_names.txt")
        for names in class_names(data).values():
            for name in names[1:]:
                join(names[0], name)
        classes = set(class_names(data))
        for table in ("class_hierarchy.txt", "everyday_hierarchy.txt"):
            for line in (wordnet / table).read_text(encoding="utf-8").splitlines():
                parent, child = line.split()
                if parent in called and child in called and (child in classes or table.startswith("every")):
                    join(called[parent], called[child])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The hierarchies under {data / 'words'} cannot be read: {error}.") from error
    return near


def _called(table: Path) -> dict[str, str]:
    """The first name of every node."""
    lines = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return {node: names.split(",")[0].strip() for node, names in lines}


def class_names(data: Path) -> dict[str, list[str]]:
    """The names of ImageNet's 1000 classes by WordNet id, in the order of the classes."""
    path = data / "words" / "wordnet" / "dataset_class_info.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The list of ImageNet's classes {path} cannot be read: {error}.") from error
    return {wnid: [name.strip() for name in names.split(",")] for _, wnid, names in listed}


def _placed(
    trees: dict[str, set[str]], language: Language, place: dict[str, int], vectors: Floats
) -> tuple[list[str], Floats]:
    """Names that captions lack, each at the mean of its own known words and of its neighbours in a hierarchy."""
    added: dict[str, Floats] = {}
    for name, near in sorted(trees.items()):
        own = language.words(name)
        key = " ".join(own)
        if not own or len(own) > 2 or key in place or key in added:
            continue
        around = [place[k] for other in near if (k := " ".join(language.words(other))) in place]
        parts = [place[word] for word in own if word in place]
        if around or len(parts) == len(own):
            # The last word of a name says what it is, the others which.
            known = [*around, *parts, *([place[own[-1]]] if own[-1] in place else [])]
            added[key] = vectors[known].mean(axis=0)
    more = np.array(list(added.values()), np.float32).reshape(len(added), vectors.shape[1])
    return list(added), _unit(more)
