"""The values of one field in one segment, and the words inside them, as sorted arrays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photomgr.core.search.fuzzy import Spellings
from photomgr.core.search.text import NEWLINE, split_term, words_of

Indexes = NDArray[np.int32]
_NOTHING: Final[Indexes] = np.empty(0, np.int32)
_LAST: Final = "\U0010ffff"


class Words:
    """Finds the values that hold given words side by side.

    All values stand in one stream of word numbers (a word's number is its rank among the sorted words,
    -1 between values), so that a prefix is a range of numbers and neighbours are the next in the stream.
    """

    def __init__(self, values: Sequence[str]) -> None:
        cut = words_of(NEWLINE.join(values) + NEWLINE)
        first: dict[str, int] = {}
        numbers = np.array([first.setdefault(word, len(first)) for word in cut], np.int32)
        newline = first.pop(NEWLINE)
        self.words: list[str] = sorted(first)
        self.spellings = Spellings(self.words)
        rank = np.empty(len(first) + 1, np.int32)
        rank[[first[word] for word in self.words]] = np.arange(len(first), dtype=np.int32)
        rank[newline] = -1
        self._stream: Indexes = rank[numbers]
        ends = self._stream < 0
        self._value: Indexes = np.cumsum(ends, dtype=np.int32) - ends
        self._at: Indexes = np.argsort(self._stream, kind="stable").astype(np.int32)[int(ends.sum()) :]
        counts = np.bincount(self._stream[~ends], minlength=len(self.words))
        self._start = np.concatenate(([0], np.cumsum(counts)))

    def span(self, word: str, prefix: bool) -> tuple[int, int]:
        """The range of word numbers of a word, or of all words that begin with it."""
        low = bisect_left(self.words, word)
        if prefix:
            return low, bisect_left(self.words, word + _LAST, low)
        return low, low + (low < len(self.words) and self.words[low] == word)

    def find(self, words: Sequence[str], prefix: bool) -> Indexes:
        """Numbers of the values that hold ``words`` in a row (the last as a prefix if asked), some twice."""
        last = len(words) - 1
        low, high = self.span(words[0], prefix and last == 0)
        at = self._at[self._start[low] : self._start[high]]
        for step, word in enumerate(words[1:], start=1):
            if not len(at):
                return _NOTHING
            low, high = self.span(word, prefix and step == last)
            # The stream ends with -1, so a neighbour of a word always exists.
            follows = self._stream[np.minimum(at + step, len(self._stream) - 1)]
            at = at[(follows >= low) & (follows < high)]
        return self._value[at]

    def holding(self, words: Indexes) -> Indexes:
        """Numbers of the values that hold one of these words (by number), some twice."""
        parts = [self._at[self._start[n] : self._start[n + 1]] for n in words.tolist()]
        return self._value[np.concatenate(parts)] if parts else _NOTHING


class Values:
    """One field of one segment: its distinct values and the documents of each.

    ``terms`` as the index holds them, sorted; ``single`` the only document of a value, -1 where there are
    more, which ``read`` then fetches (document numbers, ascending).
    """

    def __init__(self, terms: list[str], single: Indexes, read: Callable[[str], Indexes]) -> None:
        self.terms = terms
        self.single = single
        self._read = read
        self._documents: dict[int, Indexes] = {}
        self._folded: list[str] | None = None
        self._words: Words | None = None
        self._spellings: Spellings | None = None
        self._pairs: tuple[Indexes, Indexes] | None = None

    @property
    def folded(self) -> list[str]:
        """The folded form of each value."""
        if self._folded is None:
            self._folded = [split_term(term)[0] for term in self.terms]
        return self._folded

    @property
    def words(self) -> Words:
        if self._words is None:
            self._words = Words(self.folded)
        return self._words

    @property
    def spellings(self) -> Spellings:
        """The folded values, to be asked for those that nearly fit."""
        if self._spellings is None:
            self._spellings = Spellings(self.folded)
        return self._spellings

    @property
    def pairs(self) -> tuple[Indexes, Indexes]:
        """Every (document, value) as two arrays, by value."""
        if self._pairs is None:
            parts = [self.documents_of(value) for value in range(len(self.terms))]
            sizes = np.array([len(part) for part in parts], np.int64)
            numbers = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
            self._pairs = (np.concatenate(parts) if parts else _NOTHING, numbers)
        return self._pairs

    def everything(self) -> Indexes:
        return np.arange(len(self.terms), dtype=np.int32)

    def equal(self, folded: str) -> Indexes:
        """Numbers of the values with this folded form: one for each spelling."""
        low = bisect_left(self.terms, folded)
        return np.arange(low, bisect_left(self.terms, folded + "\x01", low), dtype=np.int32)

    def starting(self, folded: str) -> Indexes:
        low = bisect_left(self.terms, folded)
        return np.arange(low, bisect_left(self.terms, folded + _LAST, low), dtype=np.int32)

    def matching(self, test: Callable[[str], bool]) -> Indexes:
        return np.array([i for i, value in enumerate(self.folded) if test(value)], np.int32)

    def documents_of(self, value: int) -> Indexes:
        """Documents of one value, ascending."""
        if self.single[value] >= 0:
            return self.single[value : value + 1]
        found = self._documents.get(value)
        if found is None:
            found = self._documents[value] = self._read(self.terms[value])
        return found

    def mark(self, values: Indexes, mask: NDArray[np.bool_]) -> None:
        """Set ``mask`` for each document of these values."""
        if not len(values):
            return
        single = self.single[values]
        mask[single[single >= 0]] = True
        for value in np.unique(values[single < 0]).tolist():
            mask[self.documents_of(value)] = True

    def warm(self) -> None:
        """Read and cut everything now."""
        if self._words is None:
            self._words = Words(self.folded)
        for value in np.flatnonzero(self.single < 0).tolist():
            self.documents_of(value)

    def count(self, value: int, live: NDArray[np.bool_]) -> int:
        """How many living documents have a value."""
        return int(np.count_nonzero(live[self.documents_of(value)]))
