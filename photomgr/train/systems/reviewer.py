"""A simulated reviewer looks for the photos of a tag that no model knew, the most strongly suggested ones first.

Two kinds of tags are new: rare annotations of MIRFLICKR, whose outputs of the network are hidden (its embedding has
learned them), and words of Flickr8k's captions that neither a teacher nor a label names, of which nothing has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.annotator import SHIPPED
from photomgr.annotate.words import Lexis
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.library.simulation import Search, look_for
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS, RELEVANT, read_rows
from photomgr.train.systems import Bench, unnamed

SHARE: Final = 0.9
RARE: Final = 0.05
_ENOUGH: Final = 30
"""Photos that must have the tag."""
_MOST: Final = 8
_SET: Final = "flickr8k"

CONCEPTS_ROW, WORDS_ROW = "hidden concepts", "words that nothing names"
BOUND_ROW = "the same concepts, not hidden, in the network's own order"


class ReviewerSystem:
    """Looks needed to find nine in ten photos of a rare tag that is new, against looking in random order."""

    letter = "reviewer"
    title = f"A simulated reviewer: looks to find {SHARE:.0%} of a tag that is new, at most {RARE:.0%} of the photos"
    published: Mapping[str, object] = {}

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """The means first, then every tag. Raises ModelError where no label is rare enough and common enough."""
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
        words = yield from _words(bench)
        if words:
            rows[WORDS_ROW] = _mean(words)
        return rows | {name: _row(one) for name, one in {**found, **words}.items()}


SYSTEM = ReviewerSystem()


def _words(bench: Bench) -> Job[dict[str, Search]]:
    """The same for words of captions, where system B has kept the embeddings of their photos."""
    kept = bench.work / "evaluate" / f"{_SET}-{bench.network[:16]}.npy"
    if bench.data is None or not kept.exists():
        return {}
    lexis = Lexis.load(models_dir() / SHIPPED)
    captions = [row.label for row in read_rows(bench.data / f"{_SET}.csv", _SET)]
    yield Progress(0, None, "words that nothing names")
    vectors, count = np.load(kept), unnamed.said(lexis, captions)
    every = np.ones(len(count), np.bool_)
    words = unnamed.chosen(lexis, count, every, unnamed.named(lexis, bench.data, bench.models))
    words = words[np.argsort(-(count[:, words] >= 2).sum(axis=0), kind="stable")]
    found: dict[str, Search] = {}
    for word in words[:_MOST]:
        sure = count[:, word] != 1  # one caption of five is no proof either way
        truth = count[sure, word] >= 2
        if _fits(truth):
            yield Progress(len(found), _MOST, f"looking for {lexis.words[word]}")
            found[f"word: {lexis.words[word]}"] = yield from look_for(vectors[sure], truth, SHARE, bench.seed)
    return found


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
