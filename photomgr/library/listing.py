"""What a search asks that the index does not know: alike photos, duplicates, scores, albums, automatic runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelError
from ..core.query import Flag, Leaf, Listed, Number
from ..core.records import Change, What
from . import words

if TYPE_CHECKING:
    from .facade import Library

Ids = NDArray[np.int64]

_NONE: Final[Ids] = np.empty(0, np.int64)


class Listing:
    """Answers for the search index (``core.search.listed.Lists``), from the catalog as it stands."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._surest = _Surest(library)

    def ids(self, leaf: Leaf, beside: str) -> Ids:
        """Photos of a term, the best first; none for an album or photo that is not there."""
        match leaf:
            case Number("conf", low, high) if beside:  # the term beside it leaves out what is decided
                return self._library.catalog.likeness.suggested_with(beside, low, high)
            case Number("conf", low, high):
                return self._surest.between(low, high)
            case Listed("similar", text):
                try:
                    spread = leaf.spread and bool(self._library.settings.get("variety"))
                    return self._library.looks.similar(int(text), spread=spread).ids
                except (ModelError, ValueError, OverflowError):
                    return _NONE
            case Listed("album", text):
                return self._library.collections.in_album(text)
            case Listed("run", text):
                return np.array(self._library.runs.photos_of(text), np.int64)
            case Flag("is", "stacked"):
                self._library.stacks.catch_up()
                return self._library.stacks.every()
            case Flag(_, "conflict"):
                return np.array(self._library.catalog.exchange.in_conflict(), np.int64)
            case Flag(_, "unwritten"):
                return np.array(list(self._library.exchange.upkeep.unwritten()), np.int64)
        return self._library.looks.in_groups() if isinstance(leaf, Flag) else _NONE

    def why(self, leaf: Leaf, photo_id: int) -> str:
        """Why a photo is among them, "" when it is not."""
        match leaf:
            case Listed("similar", text):
                return self._why_similar(int(text), photo_id)
            case Listed("album", text):
                return f"album: {text}" if photo_id in self._library.collections.in_album(text) else ""
            case Listed("run", text):
                return f"run: {text}" if photo_id in self._library.runs.photos_of(text) else ""
            case Number("conf"):
                score = self._surest.of(photo_id)
                return f"surest suggestion: {words.percent(score)}" if score else ""
            case Flag("is", "stacked"):
                others = len(self._library.stacks.of(photo_id)) - 1
                return f"stack: with {others} more" if others else ""
            case Flag(_, "conflict"):
                fields = {each.field for each in self._library.exchange.conflicts([photo_id])}
                return f"conflict: {', '.join(sorted(fields))}" if fields else ""
            case Flag(_, "unwritten"):
                reason = self._library.exchange.upkeep.unwritten([photo_id]).get(photo_id)
                return f"not written: {reason}" if reason else ""
        kind = self._library.looks.group_of(photo_id)
        return f"duplicate: {kind}" if kind else ""

    def _why_similar(self, one: int, other: int) -> str:
        try:
            score = self._library.looks.likeness(one, other)
        except ModelError:
            return ""
        photo = self._library.photo(one)
        return (
            f"looks: {words.percent(score)} like {photo.display_name}" if photo is not None and score else ""
        )


class _Surest:
    """The score of the surest open suggestion of each photo, read once and then kept up with every change."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._scores: NDArray[np.float64] | None = None  # by photo id, NaN without a suggestion
        self._stale: set[int] = set()
        self._revision = -1
        library.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if change.what & (What.SUGGESTIONS | What.TAGS | What.PHOTOS):
            with self._lock:
                self._stale |= change.photos

    def between(self, low: float, high: float) -> Ids:
        scores = self._read()
        return np.flatnonzero((scores >= low) & (scores <= high)).astype(np.int64)

    def of(self, photo_id: int) -> float:
        scores = self._read()
        score = scores[photo_id] if photo_id < len(scores) else np.nan
        return 0.0 if np.isnan(score) else float(score)

    def _read(self) -> NDArray[np.float64]:
        catalog = self._library.catalog
        with self._lock:
            stale, self._stale = self._stale, set()
            # What another program wrote says nothing here: a guest reads all of it again.
            moved = self._library.read_only and catalog.revision != self._revision
            if self._scores is None or moved:
                self._revision = catalog.revision
                self._scores = _by_id(*catalog.likeness.surest(), 0)
            elif stale:
                fresh = _by_id(*catalog.likeness.surest(stale), len(self._scores))
                kept = np.full(len(fresh), np.nan)
                kept[: len(self._scores)] = self._scores
                places = np.array([each for each in stale if each < len(kept)], np.int64)
                kept[places] = fresh[places]
                self._scores = kept
            return self._scores


def _by_id(ids: Ids, scores: NDArray[np.float64], least: int) -> NDArray[np.float64]:
    known = np.full(max(int(ids.max()) + 1 if len(ids) else 0, least), np.nan)
    known[ids] = scores
    return known
