"""Context as a modality: a constructed library of events over the scored photos, with and without circumstances.

MIRFLICKR's copies carry no EXIF, so that circumstances are made here, with a seed: events of 4 to 20 photos, three in
four of which share most tags with the first, the rest being any; hour, season, flash, focal length, place and folder
word follow the tags loosely, three events in ten have none but the folder. Absolute figures say how such a library is
made; what they test is that context helps where it tells something, and does not harm where it is shuffled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate import learner
from photomgr.annotate.context import Album, Circumstances, ContextModel, Frame, around
from photomgr.annotate.learner import Basis, Evidence, logit
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.library.surroundings import proven
from photomgr.train.figures import Row, figures_of
from photomgr.train.sets import CONCEPTS
from photomgr.train.systems import Bench

ALL, NONE, LEARNT = "all of context", "none", "as the library learns"
_UNDECIDED: Final = 256  # photos beside the decided ones, as in a library
_DECIDED: Final = 400  # photos of the library that the person has tagged; they are not scored
_SPAN: Final = 3 * 365  # days
_SHORES: Final = tuple((54.0 + 0.3 * n, 8.0 + 0.4 * n) for n in range(5))
_TOWNS: Final = tuple((48.0 + 0.2 * n, 11.0 + 0.3 * n) for n in range(20))
_FOLDERS: Final = {
    "sea": "beach", "lake": "lake", "river": "walk", "animals": "zoo", "dog": "dog", "baby": "family",
    "people": "party", "flower": "garden", "food": "dinner", "structures": "city", "night": "evening",
}  # fmt: skip

Bools = NDArray[np.bool_]
Single = NDArray[np.float32]


class ContextSystem:
    """What each kind of circumstances adds to the network on photos that nobody decided on."""

    letter = "context"
    title = f"Context: a constructed library of events, {_DECIDED} photos decided, the others scored"
    published: Mapping[str, object] = {"figures": "none; it may only help"}

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Headline: all of context. Then without, each kind alone, all but the neighbours in time, and shuffled."""
        columns = [bench.names.index(name) for name in CONCEPTS if name in bench.names]
        if len(columns) < len(CONCEPTS):
            raise ModelError("Context is measured on MIRFLICKR's annotations, which this set does not have.")
        if len(bench.scored.truth) < 4 * _DECIDED:
            raise ModelError(f"Context needs {4 * _DECIDED} photos for its library; these are fewer.")
        names = tuple(bench.names[column] for column in columns)
        truth = bench.scored.truth[:, columns]
        prior = logit(bench.scored.probabilities[:, columns])
        dice = np.random.default_rng(bench.seed)
        library = constructed(truth, names, bench.seed)
        shuffled = [library[n] for n in dice.permutation(len(library))]
        album = Album.of(library)
        frame = Frame.of(album)
        rows, groups = frame.features(album), frame.groups
        near = _around(library, bench.scored.probabilities[:, columns])
        decided = np.zeros(len(truth), np.bool_)
        decided[dice.choice(len(truth), _DECIDED, replace=False)] = True
        nothing, no_time = rows[:, :0], np.zeros_like(near[:, :, :0])
        kinds: dict[str, tuple[Single, NDArray[np.float64]]] = {
            ALL: (rows, near),
            NONE: (nothing, no_time),
            "all but neighbours in time": (rows, no_time),
            "neighbours in time": (nothing, near),
            **{name: (rows[:, part], no_time) for name, part in groups.items()},
            "shuffled between photos": (
                Frame.of(Album.of(shuffled)).features(Album.of(shuffled)),
                _around(shuffled, bench.scored.probabilities[:, columns]),
            ),
        }
        found: dict[str, Row] = {}
        for number, (kind, (features, times)) in enumerate(kinds.items()):
            yield Progress(number, len(kinds), f"context: {kind}")
            scores = _scores(features, times, prior, truth, decided)
            found[kind] = figures_of(names, scores[~decided], truth[~decided])
        for kind in (NONE, ALL, "shuffled between photos"):
            yield Progress(len(kinds), len(kinds), f"context in the library: {kind}")
            scores = _as_learnt(kinds[kind], prior, truth, decided, bench.scored.embedding)
            found[f"{LEARNT}: {kind}"] = figures_of(names, scores[~decided], truth[~decided])
        return found


SYSTEM = ContextSystem()


def _around(library: list[Circumstances], probabilities: Single) -> NDArray[np.float64]:
    """[N, C, 1]: what neighbours in time say of each tag."""
    return around(np.array([one.seconds for one in library]), probabilities)[:, :, None]


def _scores(
    features: Single, times: NDArray[np.float64], prior: NDArray[np.float64], truth: Bools, decided: Bools
) -> NDArray[np.float64]:
    """Probabilities [N, C]: every tag learns from the decided photos alone."""
    found = np.empty_like(prior)
    for tag in range(prior.shape[1]):
        rows = np.hstack([features, times[:, tag]])
        model = ContextModel.fit(rows[decided], prior[decided, tag], truth[decided, tag])
        found[:, tag] = model(rows, prior[:, tag])
    return found


def _as_learnt(
    kind: tuple[Single, NDArray[np.float64]],
    prior: NDArray[np.float64],
    truth: Bools,
    decided: Bools,
    embedding: Single,
) -> NDArray[np.float64]:
    """The same in the way of a library: what is proven joins the prior, then the embeddings are learnt."""
    found = np.empty_like(prior)
    basis = Basis.of(embedding[::2])
    others = np.flatnonzero(~decided)[:_UNDECIDED]
    for tag in range(prior.shape[1]):
        rows = np.hstack([kind[0], kind[1][:, tag]]).astype(np.float32)
        own, says = prior[:, tag], truth[decided, tag].astype(np.float64)
        adds = proven(rows[decided], own[decided], says)
        joined = own if adds is None else own + adds(rows, own)
        foretold = own[decided] if adds is None else own[decided] + adds.foretold
        seen, unseen = Evidence(embedding[decided], foretold), Evidence(embedding[others], joined[others])
        model = learner.learn(basis, seen, says, unseen, known=True)
        found[:, tag] = learner.scores([model], embedding, joined[:, None])[0][:, 0]
    return found


def constructed(truth: Bools, names: tuple[str, ...], seed: int) -> list[Circumstances]:
    """Circumstances of N photos with ``truth`` [N, C]; see the head of this file."""
    dice = np.random.default_rng(seed)
    found = [Circumstances() for _ in range(len(truth))]
    left = list(dice.permutation(len(truth)))
    while left:
        first = left.pop()
        size = int(dice.integers(3, 20))
        pool = np.array(left[-400:], np.intp)
        both = (truth[pool] & truth[first]).sum(axis=1)
        either = np.maximum(1, (truth[pool] | truth[first]).sum(axis=1))
        alike = pool[np.argsort(-(both / either) - 0.2 * dice.random(len(pool)), kind="stable")]
        members = {int(each) for each in alike[: round(0.75 * size)]}
        members |= {int(each) for each in pool[: size - len(members)]}
        left = [each for each in left if int(each) not in members]
        _hold(found, [int(first), *sorted(members)], truth, names, dice)
    return found


def _hold(
    found: list[Circumstances],
    members: list[int],
    truth: Bools,
    names: tuple[str, ...],
    dice: np.random.Generator,
) -> None:
    """One event: its day, place and folder follow the tags that most of its photos share."""
    share = dict(zip(names, truth[members].mean(axis=0), strict=True))
    theme = {name for name, often in share.items() if often >= 0.5}
    when = _begin(theme, dice)
    wet = bool(theme & {"sea", "water", "lake", "river"}) and dice.random() < 0.7
    spots = _SHORES if wet else _TOWNS
    place = spots[int(dice.integers(len(spots)))] if dice.random() < 0.6 else (None, None)
    words = [_FOLDERS[name] for name in sorted(theme) if name in _FOLDERS]
    word = words[int(dice.integers(len(words)))] if words and dice.random() < 0.4 else "photos"
    folder = f"/{when.year}/{when:%m} {word}"
    bare = dice.random() < 0.3
    for photo in members:
        when += timedelta(minutes=float(dice.exponential(3)))
        own = {name for name, has in zip(names, truth[photo], strict=True) if has}
        one = _photo(own, when, dice)
        found[photo] = (
            Circumstances(folder=folder)
            if bare
            else one._replace(latitude=place[0], longitude=place[1], folder=folder)
        )


def _begin(theme: set[str], dice: np.random.Generator) -> datetime:
    middle, spread = 13.0, 3.5
    for name, hour, wide in (("night", 22.0, 1.5), ("sunset", 18.5, 1.0), ("food", 19.0, 2.5)):
        if name in theme:
            middle, spread = hour, wide
            break
    day = int(dice.integers(_SPAN))
    if theme & {"flower", "plant_life", "tree", "sea"} and dice.random() < 0.7:
        day = day // 365 * 365 + int(dice.integers(100, 270))
    return datetime(2021, 1, 1) + timedelta(
        days=day, hours=float(np.clip(dice.normal(middle, spread), 0, 23.9))
    )


def _photo(own: set[str], when: datetime, dice: np.random.Generator) -> Circumstances:
    flash = 0.6 if own & {"indoor", "night"} else 0.2 if "portrait" in own else 0.03
    focal = 35.0
    for name, millimetres in (("bird", 250.0), ("portrait", 85.0), ("flower", 70.0), ("sky", 24.0)):
        if name in own:
            focal = millimetres
            break
    return Circumstances(when, bool(dice.random() < flash), focal * float(np.exp(dice.normal(0, 0.4))))
