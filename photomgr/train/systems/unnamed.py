"""Zero-shot: words that no teacher and no label names, ranked by the word map alone.

The words are chosen by rule: Flickr8k's captions use them, at most one photo in twenty has them, and neither the
vocabulary (names, aliases, words of captions), nor ImageNet's, COCO's or the labeler's classes, nor any set's labels
name them. Those of a kind, and every name they are part of, are hidden from the map together; it is measured on the
photos that were held out of everything, the word vectors included, and fitted to the others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.vocabulary import vocabulary_file
from photomgr.annotate.words import Lexis
from photomgr.train.captions import class_names
from photomgr.train.figures import Row
from photomgr.train.metrics import average_precision
from photomgr.train.sets import SETS, read_rows
from photomgr.train.words import learn_sight, spoken

Floats = NDArray[np.float32]
Truth = NDArray[np.bool_]

RARE = 0.05
"""Largest share of the photos that may have the word."""
_ENOUGH = 3
"""Photos that must have the word among those measured."""


def said(lexis: Lexis, captions: Sequence[str]) -> Floats:
    """How many of each photo's captions, with `` || `` between them, use each word: [N, V]."""
    value = np.zeros((len(captions), len(lexis.words)), np.float32)
    for row, texts in enumerate(captions):
        for text in texts.split(" || "):
            names = lexis.read(text).known
            words = {*names, *(part for name in names for part in name.split()[1:])}
            value[row, [lexis.place[word] for word in words if word in lexis.place]] += 1
    return value


def named(lexis: Lexis, data: Path, models: Path | None) -> set[str]:
    """Lemmas of everything that a teacher or a label names."""
    entries = tomllib.loads(vocabulary_file().read_text(encoding="utf-8"))["tags"]
    names = [*entries]
    for entry in entries.values():
        names += [*entry.get("aliases", ()), *entry.get("words", ()), *entry.get("labeler", ())]
    names += [name for several in class_names(data).values() for name in several]
    names += (data / "words" / "coco.names").read_text(encoding="utf-8").splitlines()
    labeler = models / "object_labeler" / "labels_en.txt" if models else None
    if labeler is not None and labeler.exists():
        names += labeler.read_text(encoding="utf-8").splitlines()
    for each in SETS:
        if each.kind in ("single", "present") and (data / f"{each.name}.csv").exists():
            names += {row.label for row in read_rows(data / f"{each.name}.csv", each.name)}
    return {part for name in names for word in lexis.read(name).known for part in word.split()}


def chosen(lexis: Lexis, count: Floats, measured: Truth, taken: Collection[str]) -> NDArray[np.int64]:
    """Positions of the words that are measured."""
    sure = count >= 2
    fits = (sure.mean(axis=0) <= RARE) & (sure[measured].sum(axis=0) >= _ENOUGH)
    return np.array(
        [n for n in np.flatnonzero(fits) if not set(lexis.words[n].split()) & set(taken)], np.int64
    )


def hidden(lexis: Lexis, words: NDArray[np.int64]) -> list[int]:
    """Those words and every name that one of them is part of."""
    parts = {part for n in words for part in lexis.words[n].split()}
    return [n for n, word in enumerate(lexis.words) if parts & set(word.split())]


def unseen_scores(
    lexis: Lexis, known: Floats, count: Floats, photos: Floats, words: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Scores of ``words`` for ``photos`` [M, E], both [M, len(words)]: by the map, and by the nearest word alone.

    The map is fitted to ``known`` [N, E], whose captions say ``count`` [N, V], with the words hidden.
    """
    away = hidden(lexis, words)
    value = np.minimum(count / 2, 1)
    evidence = spoken(known, value, away, least=5)
    sight = learn_sight(lexis.vectors, [evidence], known)
    mapped = (photos - sight.centre) @ sight.directions[:, words]
    visible = evidence.words
    nearest = visible[(lexis.vectors[words] @ lexis.vectors[visible].T).argmax(axis=1)]
    alone = learn_sight(lexis.vectors, [spoken(known, value[:, :], away, least=5)], known).directions[
        :, nearest
    ]
    return np.asarray(mapped, np.float32), np.asarray((photos - sight.centre) @ alone, np.float32)


def over_chance(scores: Floats, there: Truth, sure: Truth) -> Row:
    """Average precision against the share of photos that have the word, over all words: [M, K] each.

    ``there``: a photo has the word; ``sure``: that is known either way.
    """
    found = []
    for column in range(scores.shape[1]):
        use = sure[:, column]
        truth = there[use, column]
        if truth.any():
            found.append((average_precision(scores[use, column], truth), truth.mean()))
    precision, chance = np.array(found).T
    return {
        "words": float(len(found)),
        "mean_ap": float(precision.mean()),
        "chance": float(chance.mean()),
        "mean_ap_over_chance": float(precision.mean() / chance.mean()),
        "median_over_chance": float(np.median(precision / chance)),
    }
