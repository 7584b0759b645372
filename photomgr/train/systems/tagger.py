"""System B: TaggerNet on frozen features, then words and objects beside it; zero-shot words; where things are.

MobileNetEdgeTPU, which was never trained here, stands for the paper's ResNet-50. TaggerNet is its dense net with
sigmoids, cross-entropy and Adam at 0.001, written in numpy. Words rank photos through a map from the same features,
learned from Flickr8k's captions; objects are YOLOX-nano's. How much either counts is fitted for each concept to the
known photos, with the logits of nets that were trained without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.annotate.words import Lexis
from photomgr.core.arrays import write_array
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import THREADS, TarPictures
from photomgr.train.captions import class_names
from photomgr.train.detector import coco_names
from photomgr.train.figures import Row, figures_of
from photomgr.train.sets import CONCEPTS, RELEVANT, read_rows
from photomgr.train.systems import Bench, Photos, places, unnamed
from photomgr.train.systems.features import edgetpu, edgetpu_and_objects
from photomgr.train.systems.taggernet import Net
from photomgr.train.words import Sight, learn_sight, spoken
from photomgr.train.workers import workers

Floats = NDArray[np.float32]
Truth = NDArray[np.bool_]

SEEDS: Final = 5
HEADLINE: Final = "TaggerNet + words + objects"
WORDS, OBJECTS = "TaggerNet + words", "TaggerNet + objects"
_KNOWN: Final = 5000
"""Known photos that are used, evenly spread; the rest would only cost time."""
_CAPTIONED: Final = 2500
_SET: Final = "flickr8k"
_SHOWN, _THEMES = 1500, 60
_FOLDS, _STEPS, _FIRM = 3, 5, 300.0
"""How firmly the shared evidence is held to 0, chosen on a fifth of the known photos: 100 gained 4.8 points of recall
there, 300 gained 5.1, 600 gained 4.4."""


@dataclass(frozen=True, eq=False)
class Side:
    """Photos [N] as B sees them: ``features`` [N, 1280], the evidence of words and of objects, and the truth [N, C].

    Each is what speaks for each label, [N, C], and what is said of the photo as a whole: the main directions of all
    words' scores [N, 60], and the logits of all objects [N, 80].
    """

    features: Floats
    words: tuple[Floats, Floats]
    things: tuple[Floats, Floats]
    truth: Truth


class TaggerSystem:
    """Rows of TaggerNet, with words, with objects, with both; of unseen words and concepts; of places."""

    letter = "B"
    title = "Ranjani et al., Image Tagging: TaggerNet, objects and words"
    published: Mapping[str, object] = {
        "averaged precision": "0.81 on MIRFLICKR-25k (5,000 test photos), how averaged is not said",
        "claim": "words and objects give more content; no figure",
    }

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Headline: TaggerNet with words and objects. Raises ModelError where photos or teachers are missing."""
        found: dict[str, Row] = {}
        problems: list[ModelError] = []
        for part in (_tagging, _unseen_words, _places):
            try:
                found |= yield from part(bench)
            except ModelError as error:
                problems.append(error)
        if not found:
            raise problems[0]
        return found


SYSTEM = TaggerSystem()


def _places(bench: Bench) -> Job[dict[str, Row]]:
    if bench.data is None or bench.visual is None or not (bench.data / f"{places.SET}.tar").exists():
        raise ModelError("The photos with boxes are not at hand.")
    return (yield from places.rows(bench.data, bench.models, bench.visual))


def _tagging(bench: Bench) -> Job[dict[str, Row]]:
    if bench.known is None or bench.data is None or bench.visual is None:
        raise ModelError("TaggerNet needs MIRFLICKR's training photos, which are not at hand.")
    lexis = bench.lexis()
    known = _thinned(bench.known, _KNOWN)
    before, before_things = yield from edgetpu_and_objects(bench, "mirflickr", known.ids, known.pixels)
    scored = bench.scored
    after, after_things = yield from edgetpu_and_objects(bench, "mirflickr", scored.ids, scored.pixels)
    captioned, count = yield from _captioned(bench, lexis)
    sight = learn_sight(
        lexis.vectors, [spoken(_rooted(captioned), np.minimum(count / 2, 1), least=5)], _rooted(before)
    )
    which = _classes(bench.names, coco_names(bench.data))
    themes = _themes(sight, before)
    sides = [
        Side(
            features, (_worded(lexis, sight, bench.names, features), _rooted(features) @ themes),
            (_seen(things, which), _logits(things)), each.truth,
        )
        for features, things, each in ((before, before_things, known), (after, after_things, bench.scored))
    ]  # fmt: skip
    found = yield from _compared(bench, *sides)
    return found | _unseen_concepts(bench, lexis, captioned, count, after)


@dataclass(frozen=True, eq=False)
class _Some:
    """Every few of many pictures."""

    photos: Photos
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> NDArray[np.uint8]:
        return np.concatenate([self.photos.pixels[slice(int(r), int(r) + 1)] for r in self.rows[part]])


def _thinned(known: Photos, most: int) -> Photos:
    rows = np.arange(len(known.ids))[:: max(1, len(known.ids) // most)][:most]
    return Photos(
        _Some(known, rows), tuple(known.ids[r] for r in rows), known.truth[rows], known.probabilities[rows],
        known.embedding[rows],
    )  # fmt: skip


def _captioned(bench: Bench, lexis: Lexis) -> Job[tuple[Floats, Floats]]:
    """Features [N, 1280] of photos with captions, and how often these use each word [N, V]."""
    assert bench.data is not None and bench.visual is not None
    rows = [row for row in read_rows(bench.data / f"{_SET}.csv", _SET) if not row.held_out]
    if not (bench.work / "teach" / f"{_SET}_etf.npy").exists():
        rows = rows[:: max(1, len(rows) // _CAPTIONED)]
    files = [row.file for row in rows]
    pictures = TarPictures(bench.data / f"{_SET}.tar", files, bench.visual)
    features = yield from edgetpu(bench, _SET, files, pictures)
    return features, unnamed.said(lexis, [row.label for row in rows])


def _rooted(features: Floats) -> Floats:
    """Features of unit length after square roots, which tame the few that fire strongly."""
    root = np.sqrt(np.maximum(features, 0))
    return np.asarray(root / np.maximum(np.linalg.norm(root, axis=1, keepdims=True), 1e-6), np.float32)


def _called(label: str, lexis: Lexis) -> list[int]:
    """Positions of the words for one of MIRFLICKR's annotations: the tag that means it, and its other names."""
    vocabulary = Vocabulary.load()
    tag = vocabulary.resolve(CONCEPTS.get(label, label.removesuffix("_r1")))
    names = [each for each in vocabulary.tags if each.name == tag]
    texts = [label.removesuffix("_r1"), *(text for each in names for text in (each.name, *each.aliases))]
    return sorted(
        {lexis.place[text] for t in texts if (text := " ".join(lexis.read(t).known)) in lexis.place}
    )


def _worded(lexis: Lexis, sight: Sight, labels: tuple[str, ...], features: Floats) -> Floats:
    """What words say of each label, [N, C]: the mean of its words' scores."""
    moved = _rooted(features) - sight.centre
    columns = [_called(label, lexis) for label in labels]
    return np.stack(
        [
            (moved @ sight.directions[:, words]).mean(axis=1) if words else np.zeros(len(moved), np.float32)
            for words in columns
        ],
        axis=1,
    )


def _themes(sight: Sight, features: Floats) -> Floats:
    """The main directions [1280, 60] of the scores of the words that photos have shown best."""
    best = np.argsort(-sight.reliance)[:_SHOWN]
    scores = (_rooted(features[::3]) - sight.centre) @ sight.directions[:, best]
    _, strength, axes = np.linalg.svd(scores - scores.mean(axis=0), full_matrices=False)
    spread = strength[:_THEMES] / np.sqrt(len(scores))
    return np.asarray(sight.directions[:, best] @ (axes[:_THEMES].T / spread), np.float32)


def _logits(things: Floats) -> Floats:
    """Objects' logits, 0 where there is nothing of the kind."""
    chance = np.clip(things, 1e-3, 1 - 1e-3)
    return np.asarray((np.log(chance / (1 - chance)) + 6.9) / 2, np.float32)


def _classes(labels: tuple[str, ...], coco: list[str]) -> list[list[int]]:
    """For each label the COCO objects that imply it."""
    vocabulary = Vocabulary.load()
    implied = []
    for name in coco:
        tag = vocabulary.resolve(name)
        implied.append({tag, *vocabulary.ancestors_of(tag)} if tag is not None else set())
    wanted = [vocabulary.resolve(CONCEPTS.get(label, label.removesuffix("_r1"))) for label in labels]
    return [[n for n, tags in enumerate(implied) if tag is not None and tag in tags] for tag in wanted]


def _seen(things: Floats, which: list[list[int]]) -> Floats:
    """The logit of the surest object that implies each label, [N, C]; 0 for labels that no object implies."""
    logits = _logits(things)
    return np.stack(
        [
            logits[:, classes].max(axis=1) if classes else np.zeros(len(things), np.float32)
            for classes in which
        ],
        axis=1,
    )


def _compared(bench: Bench, known: Side, scored: Side) -> Job[dict[str, Row]]:
    """All four mixtures, the mean over seeds, and recall at the precision that TaggerNet alone has at one half."""
    mixtures = {
        HEADLINE: (True, True), WORDS: (True, False),
        OBJECTS: (False, True), "TaggerNet alone": (False, False),
    }  # fmt: skip
    found: dict[str, list[Row]] = {name: [] for name in mixtures}
    for seed in range(bench.seed, bench.seed + SEEDS):
        yield Progress(seed - bench.seed, SEEDS, "TaggerNet")
        inner, outer = _crossed(known, seed), Net(known.features, known.truth, seed)(scored.features)
        wanted, base = None, 0.0
        for name, (words, things) in reversed(mixtures.items()):
            before, after = _evidence(inner, known, words, things), _evidence(outer, scored, words, things)
            scores = _mixed(before, known.truth, after)
            wanted = _precision(scores, scored.truth) if wanted is None else wanted
            row = figures_of(bench.names, scores, scored.truth)
            row["recall_at_equal_precision"] = _recall(scores, scored.truth, wanted)
            base = base or row["recall_at_equal_precision"]
            row["recall_gain"] = row["recall_at_equal_precision"] - base
            row["precision"] = wanted
            found[name].append(row)
    return {name: _mean(rows) for name, rows in found.items()}


def _mean(rows: list[Row]) -> Row:
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    mean["recall_spread"] = float(np.std([row["recall_at_equal_precision"] for row in rows]))
    mean["gain_spread"] = float(np.std([row["recall_gain"] for row in rows]))
    return mean


def _crossed(known: Side, seed: int) -> Floats:
    """TaggerNet's logits [N, C] for each known photo, by a net that was trained without it."""
    logits = np.zeros(known.truth.shape, np.float32)
    for out in np.array_split(np.random.default_rng(seed).permutation(len(logits)), _FOLDS):
        taught = np.setdiff1d(np.arange(len(logits)), out)
        logits[out] = Net(known.features[taught], known.truth[taught], seed)(known.features[out])
    return logits


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What labels are mixed from: ``own`` [N, C, 4] for each label, ``shared`` [N, S] by all."""

    own: Floats
    shared: Floats


def _evidence(tagger: Floats, side: Side, words: bool, things: bool) -> _Evidence:
    own = [tagger, side.words[0] * words, side.things[0] * things, np.ones_like(tagger)]
    shared = [side.words[1]] * words + [side.things[1]] * things
    empty = np.zeros((len(tagger), 0), np.float32)
    return _Evidence(np.stack(own, axis=2), np.concatenate([empty, *shared], axis=1))


def _mixed(before: _Evidence, truth: Truth, after: _Evidence) -> Floats:
    """Probabilities [M, C] by a logistic regression for each label on its evidence, near TaggerNet's own."""
    width = 4 + before.shared.shape[1]
    start = np.zeros(width, np.float32)
    start[0] = 1
    firm = np.array([8.0, 8.0, 8.0, 1.0, *[_FIRM] * (width - 4)], np.float32)
    scores = np.zeros(after.own.shape[:2], np.float32)
    for label in range(truth.shape[1]):
        x = np.concatenate([before.own[:, label], before.shared], axis=1)
        y, beta = truth[:, label].astype(np.float32), start.copy()
        for _ in range(_STEPS):
            chance = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
            curve = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(firm)
            beta -= np.linalg.solve(curve, x.T @ (chance - y) + firm * (beta - start))
        asked = np.concatenate([after.own[:, label], after.shared], axis=1)
        scores[:, label] = 1 / (1 + np.exp(-np.clip(asked @ beta, -30, 30)))
    return scores


def _precision(scores: Floats, truth: Truth) -> float:
    given = scores >= 0.5
    return float((given & truth).sum() / max(1, given.sum()))


def _recall(scores: Floats, truth: Truth, precision: float) -> float:
    """The largest recall over all pairs of photo and label at which the precision is no less."""
    hits = truth.ravel()[np.argsort(-scores.ravel(), kind="stable")]
    right = np.cumsum(hits)
    good = np.flatnonzero(right / np.arange(1, len(hits) + 1) >= precision)
    return float(right[good[-1]] / max(1, hits.sum())) if len(good) else 0.0


def _unseen_words(bench: Bench) -> Job[dict[str, Row]]:
    """Words that nothing names, on Flickr8k's photos that were held out: by the map, and by the nearest word."""
    if bench.data is None or bench.visual is None or not (bench.data / f"{_SET}.tar").exists():
        raise ModelError("The photos with captions are not at hand.")
    lexis = bench.lexis()
    rows = read_rows(bench.data / f"{_SET}.csv", _SET)
    kept = bench.work / "evaluate" / f"{_SET}-{bench.network[:16]}.npy"
    if not kept.exists():
        write_array(kept, (yield from _embedded(bench.visual, bench.data, [row.file for row in rows])))
    embedding = np.load(kept).astype(np.float32)
    embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-6)
    yield Progress(0, None, "words that nothing names")
    count = unnamed.said(lexis, [row.label for row in rows])
    measured = np.array([row.held_out for row in rows])
    words = unnamed.chosen(lexis, count, measured, unnamed.named(lexis, bench.data, bench.models))
    mapped, alone = unnamed.unseen_scores(
        lexis, embedding[~measured], count[~measured], embedding[measured], words
    )
    there, sure = count[measured][:, words] >= 2, count[measured][:, words] != 1
    return {
        "zero-shot words: the map": unnamed.over_chance(mapped, there, sure),
        "zero-shot words: nearest word alone": unnamed.over_chance(alone, there, sure),
    }


def _embedded(visual: VisualModel, data: Path, files: list[str]) -> Job[NDArray[np.float16]]:
    pictures = TarPictures(data / f"{_SET}.tar", files, visual)

    def run(start: int) -> NDArray[np.float16]:
        return visual.run(pictures[slice(start, start + 16)]).embedding.astype(np.float16)

    parts: list[NDArray[np.float16]] = []
    with workers(THREADS) as pool:
        for part in pool.map(run, range(0, len(files), 16)):
            parts.append(part)
            if len(parts) % 16 == 0:
                yield Progress(16 * len(parts), len(files), "photos with captions")
    return np.concatenate(parts)


def _unseen_concepts(
    bench: Bench, lexis: Lexis, captioned: Floats, count: Floats, features: Floats
) -> dict[str, Row]:
    """MIRFLICKR's rare annotations that the frozen network's teacher does not name, ranked by words alone."""
    assert bench.data is not None
    taught = {
        part
        for names in class_names(bench.data).values()
        for name in names
        for part in lexis.read(name).known
    }
    share = bench.scored.truth.mean(axis=0)
    columns: list[int] = []
    main: list[int] = []
    hide: set[int] = set()
    for column, label in enumerate(bench.names):
        called = _called(label, lexis)
        name = lexis.lemma(label.removesuffix("_r1"))
        rare = label in (*CONCEPTS, *RELEVANT) and 0 < share[column] <= unnamed.RARE
        if rare and name in lexis.place and name not in taught:
            columns.append(column)
            main.append(lexis.place[name])
            hide |= set(called)
    if not columns:
        return {}
    every = np.array([*main, *sorted(hide)], np.int64)
    mapped, alone = unnamed.unseen_scores(lexis, _rooted(captioned), count, _rooted(features), every)
    there = bench.scored.truth[:, columns]
    sure = np.ones_like(there)
    return {
        "zero-shot concepts: the map": unnamed.over_chance(mapped[:, : len(main)], there, sure),
        "zero-shot concepts: nearest word alone": unnamed.over_chance(alone[:, : len(main)], there, sure),
    }
