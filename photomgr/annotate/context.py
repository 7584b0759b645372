"""What a photo's circumstances say of its tags: when, where and with what it was taken, and what was taken around it.

Time of day, season, flash, focal length, place and the words of its folder are features of a photo; the photos taken
within the same hour or so are witnesses: photos of one event help each other (Boutell & Luo, *Bayesian fusion of
camera metadata cues in semantic scene classification*, CVPR 2004; Cao, Luo, Kautz & Huang, *Annotating collections of
photos using hierarchical event and scene models*, CVPR 2008).

Context may only help. For each tag a small logistic model corrects what is known without it; how far it may go is
averaged over strengths by how well each foretells every decision from all the others, and one of the strengths is 0
(:func:`photomgr.annotate.learner.correct`), so that circumstances which tell nothing change nothing.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .learner import Correction, correct, logit, sigmoid

Floats = NDArray[np.float64]

_WORDS, _PLACES = 60, 24  # the most frequent that get a feature
_FEWEST: Final = 3  # photos that a word or a place must have
_CELL: Final = 0.02  # degrees: a place is a cell of some 2 km
_FADE: Final = 1800.0  # seconds in which a neighbour in time loses two thirds of its say
APART: Final = 5 * 3600.0
"""Seconds between two photos from which on neither says anything of the other."""
_STRETCH: Final = 300 * _FADE  # seconds that are summed in one go, so that no number becomes too large
_PRESUMED: Final = 0.5  # neighbours that the base rate counts as
_YEAR: Final = 365.25


class Circumstances(NamedTuple):
    """Of one photo: ``taken`` in local time, ``flash``, ``focal`` in mm, degrees, ``folder`` a path; None: unknown."""

    taken: datetime | None = None
    flash: bool | None = None
    focal: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    folder: str = ""

    @property
    def seconds(self) -> float:
        """Local time in seconds since 1970, NaN when it is unknown."""
        return (self.taken - datetime(1970, 1, 1)).total_seconds() if self.taken else float("nan")


@dataclass(frozen=True, eq=False)
class Album:
    """Circumstances of N photos by column: ``taken`` datetime64[ms] [N], NaT where unknown; float64 [N] ``flash`` (not
    0: it fired), ``focal`` in mm, ``latitude`` and ``longitude`` in degrees, NaN where unknown; N ``folders``."""

    taken: NDArray[np.datetime64]
    flash: Floats
    focal: Floats
    latitude: Floats
    longitude: Floats
    folders: Sequence[str]

    @classmethod
    def of(cls, photos: Sequence[Circumstances]) -> Album:
        taken, *numbers, folders = zip(*photos, strict=True) if photos else ((),) * len(Circumstances._fields)
        flash, focal, latitude, longitude = np.array(numbers, np.float64)
        return cls(np.array(taken, "datetime64[ms]"), flash, focal, latitude, longitude, folders)

    def __len__(self) -> int:
        return len(self.taken)

    @property
    def cells(self) -> NDArray[np.float64]:
        """The cell of the grid of places that each photo lies in [2, N], NaN where unknown."""
        return np.rint(np.stack([self.latitude, self.longitude]) / _CELL)


@dataclass(frozen=True, eq=False)
class Frame:
    """Which features the photos of a library have: its frequent folder ``words`` and ``places`` (cells of a grid)."""

    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, library: Album) -> Frame:
        """From a fair sample of a library. What nearly all photos share tells nothing and is left out."""
        words = Counter(word for folder in library.folders for word in _words(folder))
        known = library.cells[:, ~np.isnan(library.cells).any(axis=0)].astype(np.int64).T
        places = Counter((y, x) for y, x in known.tolist())
        most = 0.8 * len(library)
        return cls(
            tuple(sorted(w for w, n in words.most_common(_WORDS) if _FEWEST <= n <= most)),
            tuple(sorted(p for p, n in places.most_common(_PLACES) if _FEWEST <= n <= most)),
        )

    @property
    def groups(self) -> dict[str, slice]:
        """Which columns of the features tell what."""
        words = 10 + len(self.words)
        return {
            "time of day": slice(0, 4), "season and weekday": slice(4, 7), "flash and focal length": slice(7, 10),
            "folder words": slice(10, words), "place": slice(words, words + len(self.places)),
        }  # fmt: skip

    def features(self, photos: Album) -> NDArray[np.float32]:
        """[N, F] of about unit size; 0 wherever something is unknown."""
        rows = np.zeros((len(photos), 10 + len(self.words) + len(self.places)), np.float32)
        dated = np.flatnonzero(~np.isnat(photos.taken))
        rows[dated, :7] = _moments(photos.taken[dated], photos.latitude[dated] < 0)
        rows[:, 7] = np.where(np.isnan(photos.flash), 0.0, np.where(photos.flash != 0, 1.0, -0.3))
        seen = np.flatnonzero(photos.focal > 0)
        rows[seen, 8] = np.clip(np.log(photos.focal[seen] / 35), -2, 2)
        rows[seen, 9] = np.clip(rows[seen, 8] ** 2 - 0.5, -1, 2)
        self._mark_words(rows, photos.folders)
        down, across = photos.cells
        for n, (y, x) in enumerate(self.places, start=10 + len(self.words)):
            rows[(down == y) & (across == x), n] = 1.0
        return rows

    def _mark_words(self, rows: NDArray[np.float32], folders: Sequence[str]) -> None:
        """Each folder is read once."""
        word = {name: 10 + n for n, name in enumerate(self.words)}
        known: dict[str, list[int]] = {}
        for row, folder in enumerate(folders):
            found = known.get(folder)
            if found is None:
                found = known[folder] = [word[name] for name in _words(folder) if name in word]
            if found:
                rows[row, found] = 1.0


def _moments(when: NDArray[np.datetime64], south: NDArray[np.bool_]) -> Floats:
    """Hour and season as points on circles, and whether it is the weekend [N, 7], of moments in local time.
    Seasons are turned round in the south."""
    days = when.astype("datetime64[D]")
    hour = 2 * np.pi * (when.astype("datetime64[m]") - days).astype(np.int64) / (24 * 60)
    of_year = (days - days.astype("datetime64[Y]")).astype(np.int64) + 1
    season = 2 * np.pi * (of_year / _YEAR + np.where(south, 0.5, 0.0))
    weekend = (days.astype(np.int64) + 3) % 7 >= 5  # day 0 was a Thursday
    return np.stack(
        [
            np.sin(hour), np.cos(hour), np.sin(2 * hour), np.cos(2 * hour), np.sin(season), np.cos(season),
            np.where(weekend, 1.0, -0.4),
        ],
        axis=1,
    )  # fmt: skip


def _words(folder: str) -> set[str]:
    """The words of a path, folded; numbers and single letters say nothing."""
    return {word for word in re.split(r"[\W\d_]+", folder.casefold()) if len(word) > 1}


def around(seconds: Floats, probabilities: NDArray[Any]) -> Floats:
    """What the photos taken just before and after say of each tag of a photo, as logits against the tag's base rate.

    ``seconds`` [N], NaN where unknown, and ``probabilities`` [N, T] of each photo by itself; [N, T], 0 where nothing
    was taken around. A photo never hears itself; one that was taken s seconds away counts exp(-s / 1800).
    """
    values = np.asarray(probabilities, np.float64)
    base = np.clip(values.mean(axis=0), 1e-3, 0.999) if len(values) else np.zeros(values.shape[1])
    found = np.zeros_like(values)
    order = np.argsort(seconds, kind="stable")[: np.count_nonzero(~np.isnan(seconds))]  # NaN last
    for part in _together(seconds[order]):
        rows = order[part]
        age = ((seconds[rows] - seconds[rows[0]]) / _FADE)[:, None]
        later, earlier = np.exp(age), np.exp(-age)
        say = np.column_stack([values[rows], np.ones(len(rows))])
        heard = np.zeros_like(say)
        heard[1:] = earlier[1:] * np.cumsum(later[:-1] * say[:-1], axis=0)
        heard[:-1] += later[:-1] * np.cumsum((earlier[1:] * say[1:])[::-1], axis=0)[::-1]
        share = (heard[:, :-1] + _PRESUMED * base) / (heard[:, -1:] + _PRESUMED)
        found[rows] = logit(share) - logit(base)
    return found


def recalled(seconds: Floats, decided: NDArray[np.intp], accepted: NDArray[Any]) -> Floats:
    """What was decided on the photos taken around a photo says of a tag of that photo, as logits against even odds.

    ``seconds`` [N] ascending; ``decided``: the places among them of n decided photos, and whether the tag was
    ``accepted`` [n]. [N], 0 where nothing around was decided. As :func:`around`: no photo hears itself.
    """
    moments = seconds[decided]
    starts = np.searchsorted(seconds, moments - APART)
    stops = np.searchsorted(seconds, moments + APART, side="right")
    found = np.zeros((2, len(seconds)))  # how much speaks for it, and how much there is
    for start, stop, moment, yes in zip(
        starts, stops, moments, np.asarray(accepted, np.float64), strict=True
    ):
        counts = np.exp(-np.abs(seconds[start:stop] - moment) / _FADE)
        found[0, start:stop] += yes * counts
        found[1, start:stop] += counts
    found[0, decided] -= accepted
    found[1, decided] -= 1.0
    share = (np.maximum(found[0], 0.0) + _PRESUMED / 2) / (np.maximum(found[1], 0.0) + _PRESUMED)
    return np.asarray(logit(share))


def _together(times: Floats) -> Iterator[slice]:
    """Parts of ascending times whose photos can hear each other: several photos, no long gap, no endless stretch."""
    edges = [0, *(np.flatnonzero(np.diff(times) > APART) + 1).tolist(), len(times)]
    for start, end in itertools.pairwise(edges):
        while end - start > 1:
            stop = start + int(np.searchsorted(times[start:end], times[start] + _STRETCH, side="right"))
            if stop - start > 1:
                yield slice(start, stop)
            start = stop


@dataclass(frozen=True, eq=False)
class ContextModel:
    """What decisions taught of one tag: a correction of its logits by features of the circumstances."""

    correction: Correction

    @classmethod
    def fit(cls, features: NDArray[Any], prior: Floats, truth: NDArray[Any]) -> ContextModel:
        """From n decided photos: ``features`` [n, F], ``prior`` [n] logits without context, ``truth`` [n]."""
        return cls(correct(features, prior, truth))

    def __call__(self, features: NDArray[Any], prior: Floats) -> Floats:
        """Probabilities [N] with context, from ``features`` [N, F] and the logits without it."""
        return np.asarray(sigmoid(self.correction(features, prior)))
