"""A simulated reviewer looks for the photos of a tag that no model knew, the most strongly suggested ones first.

Two kinds of tags are new: rare annotations of MIRFLICKR, whose outputs of the network are hidden (its embedding has
learned them), and words of Flickr8k's captions that neither a teacher nor a label names, of which nothing has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.library.simulation import Search, look_for
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS, RELEVANT, read_rows
from photomgr.train.systems import Bench, learning, unnamed

SHARE: Final = 0.9
RARE: Final = 0.05
_ENOUGH: Final = 30
"""Photos that must have the tag."""
_MOST: Final = 8
_SET: Final = "flickr8k"
_FOLDS, _RIDGE = 5, 10.0

CONCEPTS_ROW, WORDS_ROW = "hidden concepts", "words that nothing names"
BOUND_ROW = "the same concepts, not hidden, in the network's own order"
WORDS_BOUND_ROW = "the same words, in the order of a model taught all other photos"


class ReviewerSystem:
    """Looks needed to find nine in ten photos of a rare tag that is new, against looking in random order."""

    letter = "reviewer"
    title = f"A simulated reviewer: looks to find {SHARE:.0%} of a tag that is new, at most {RARE:.0%} of the photos"
    published: Mapping[str, object] = {}

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """The means first, then every tag, then how fast is learnt from decisions (see :mod:`learning`).

        Raises ModelError where no label is rare enough and common enough.
        """
        truth, names = bench.scored.truth, bench.names
        rare = [n for n, name in enumerate(names) if name in {*CONCEPTS, *RELEVANT} and _fits(truth[:, n])]
        if not rare:
            raise ModelError("No label of this set is rare and has enough photos to look for.")
        vectors = np.asarray(bench.scored.embedding, np.float16)
        found: dict[str, Search] = {}
        for place in sorted(rare, key=lambda n: -truth[:, n].sum())[:_MOST]:
            yield Progress(len(found), _MOST, f"looking for {names[place]}")
            found[names[place]] = yield from look_for(vectors, truth[:, place], SHARE, bench.seed)
        rows = {CONCEPTS_ROW: _mean(found), BOUND_ROW: _mean(
            {name: _in_order(bench.scored.probabilities[:, names.index(name)], truth[:, names.index(name)], one)
             for name, one in found.items()}
        )}  # fmt: skip
        words, bounds = yield from _words(bench)
        if words:
            rows |= {WORDS_ROW: _mean(words), WORDS_BOUND_ROW: _mean(bounds)}
        rows |= {name: _row(one) for name, one in {**found, **words}.items()}
        played = bench.curves
        if played is None:
            played = yield from learning.curves(bench, (learning.KNOWN, learning.NEW))
        return rows | learning.rows(played)


SYSTEM = ReviewerSystem()


def _words(bench: Bench) -> Job[tuple[dict[str, Search], dict[str, Search]]]:
    """The same for words of captions, where system B has kept the embeddings of their photos; and what looking would
    take if somebody had taught the words before."""
    kept = bench.work / "evaluate" / f"{_SET}-{bench.network[:16]}.npy"
    if bench.data is None or not kept.exists():
        return {}, {}
    lexis = bench.lexis()
    captions = [row.label for row in read_rows(bench.data / f"{_SET}.csv", _SET)]
    yield Progress(0, None, "words that nothing names")
    vectors, count = np.load(kept), unnamed.said(lexis, captions)
    every = np.ones(len(count), np.bool_)
    words = unnamed.chosen(lexis, count, every, unnamed.named(lexis, bench.data, bench.models))
    words = words[np.argsort(-(count[:, words] >= 2).sum(axis=0), kind="stable")]
    found: dict[str, Search] = {}
    bounds: dict[str, Search] = {}
    for word in words[:_MOST]:
        sure = count[:, word] != 1  # one caption of five is no proof either way
        truth = count[sure, word] >= 2
        if _fits(truth):
            yield Progress(len(found), _MOST, f"looking for {lexis.words[word]}")
            name = f"word: {lexis.words[word]}"
            found[name] = yield from look_for(vectors[sure], truth, SHARE, bench.seed)
            bounds[name] = _in_order(_taught(vectors[sure], truth, bench.seed), truth, found[name])
    return found, bounds


def _taught(vectors: NDArray[np.float16], truth: NDArray[np.bool_], seed: int) -> NDArray[np.float32]:
    """What a linear model says of each photo [N] that was taught the truth of four in five others (ridge)."""
    rows = np.asarray(vectors, np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    rows -= rows.mean(axis=0)
    scores = np.zeros(len(truth), np.float32)
    for out in np.array_split(np.random.default_rng(seed).permutation(len(truth)), _FOLDS):
        known = np.setdiff1d(np.arange(len(truth)), out)
        square = rows[known].T @ rows[known]
        square[np.diag_indices_from(square)] += _RIDGE * np.trace(square) / len(square)
        says = rows[known].T @ (truth[known] - truth[known].mean())
        scores[out] = rows[out] @ np.linalg.solve(square, says)
    return scores


def _in_order(scores: NDArray[np.float32], truth: NDArray[np.bool_], one: Search) -> Search:
    """Looks in the order of ``scores``, never learning: what even a network that was taught the tag would need."""
    hits = np.cumsum(truth[np.argsort(-scores, kind="stable")])
    looks = int(np.searchsorted(hits, np.ceil(SHARE * truth.sum()))) + 1
    return Search(looks, one.random)


def _fits(truth: NDArray[np.bool_]) -> bool:
    return bool(truth.sum() >= _ENOUGH and truth.mean() <= RARE)


def _row(one: Search) -> Row:
    return {"looks": float(one.looks), "in_random_order": one.random, "share": one.looks / one.random}


def _mean(found: Mapping[str, Search]) -> Row:
    rows: list[dict[str, Any]] = [_row(one) for one in found.values()]
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]} | {"tags": float(len(rows))}
