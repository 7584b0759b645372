"""Words with typing errors, and words with * and ?: which of many texts fit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int32]

_LONGEST: Final = 64  # letters of texts whose typing errors are counted
_FEW: Final = 400  # texts that are compared one by one: for more the table of all at once is quicker
_NOTHING: Final[Indexes] = np.empty(0, np.int32)
_LAST: Final = "\U0010ffff"
_WILD: Final = re.compile(r"([*?])")


def distances(word: str, others: Sequence[str]) -> NDArray[np.int64]:
    """Edits from a word to each of others, all at once; a swap of neighbours is one edit.

    Optimal string alignment (Boytsov 2011, section 2.1), one table for all the words.
    """
    width = max(map(len, others), default=0)
    count = len(others)
    letters = np.zeros((width, count), np.uint32)
    for column, other in enumerate(others):
        letters[: len(other), column] = [ord(c) for c in other]
    lengths = np.array([len(other) for other in others], np.int64)
    before: list[NDArray[np.int64]] = []
    row = [np.full(count, j, np.int64) for j in range(width + 1)]
    for i, char in enumerate(map(ord, word), start=1):
        now = [np.full(count, i, np.int64)]
        for j in range(1, width + 1):
            best = np.minimum(row[j] + 1, now[j - 1] + 1)
            best = np.minimum(best, row[j - 1] + (letters[j - 1] != char))
            if i > 1 and j > 1:
                swapped = (letters[j - 2] == char) & (letters[j - 1] == ord(word[i - 2]))
                best = np.where(swapped, np.minimum(best, before[j - 2] + 1), best)
            now.append(best)
        before, row = row, now
    return np.stack(row)[lengths, np.arange(count)] if count else np.empty(0, np.int64)


def _within(one: str, other: str, edits: int) -> bool:
    """Whether two words are at most so many edits apart: what they share at both ends is cut off first, and of
    the table only the middle is filled that so few edits can reach."""
    start, shorter = 0, min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    far = edits + 1
    before: list[int] = []
    row = [min(j, far) for j in range(len(other) + 1)]
    for i, char in enumerate(one, start=1):
        now = [far] * (len(other) + 1)
        now[0] = min(i, far)
        for j in range(max(1, i - edits), min(len(other), i + edits) + 1):
            best = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (char != other[j - 1]))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == other[j - 1]:
                best = min(best, before[j - 2] + 1)
            now[j] = min(best, far)
        if min(now) > edits:
            return False
        before, row = row, now
    return row[-1] <= edits


class Spellings:
    """Many texts, ready to be asked which of them fit. ``texts`` are sorted and hold no line breaks."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._lengths = np.fromiter(map(len, texts), np.int32, len(texts))
        self._letters: NDArray[np.uint64] | None = None
        self._joined: str | None = None

    def near(self, word: str, edits: int) -> Indexes:
        """Numbers of the texts that are at most so many edits from ``word``; a swap of neighbours is one.

        Only texts of fitting length whose sets of letters differ in few are looked at: one edit changes at most
        two of them.
        """
        if not word or len(word) > _LONGEST or not len(self._texts):
            return _NOTHING
        fits = np.flatnonzero(np.abs(self._lengths - len(word)) <= edits)
        other = self._sets()[fits] ^ _letters_of([word])[0]
        fits = fits[_bits(other) <= 2 * edits]
        numbers = fits.tolist()
        if len(numbers) <= _FEW:
            close = [n for n in numbers if _within(word, self._texts[n], edits)]
            return np.array(close, np.int32)
        return fits[distances(word, [self._texts[n] for n in numbers]) <= edits].astype(np.int32)

    def _sets(self) -> NDArray[np.uint64]:
        if self._letters is None:
            self._letters = _letters_of(self._texts)
        return self._letters

    def fitting(self, pattern: str) -> Indexes:
        """Numbers of the texts that are ``pattern``, whose * is any letters and ? any one."""
        pieces = _WILD.split(pattern)
        low = bisect_left(self._texts, pieces[0])
        high = bisect_left(self._texts, pieces[0] + _LAST, low)
        matches = _compiled(pieces).fullmatch
        longest = max(pieces[::2], key=len)
        if not pieces[0] and longest:
            return np.array([n for n in self._holding(longest) if matches(self._texts[n])], np.int32)
        return np.array([n for n in range(low, high) if matches(self._texts[n])], np.int32)

    def _holding(self, piece: str) -> list[int]:
        """Numbers of the texts that hold ``piece``, each once."""
        if self._joined is None:
            self._joined = "\n".join(self._texts)
        starts = np.concatenate(([0], np.cumsum(self._lengths + 1)))
        found: list[int] = []
        at = self._joined.find(piece)
        while at >= 0:
            number = int(np.searchsorted(starts, at, side="right")) - 1
            found.append(number)
            at = self._joined.find(piece, int(starts[number + 1]))
        return found


def _compiled(pieces: Sequence[str]) -> re.Pattern[str]:
    """Each piece at the first place where it can stand: what was found is never looked for again, so that no
    pattern takes longer than the text times the pattern."""
    parts = [re.escape(pieces[0])]
    pending = ""  # what stands between the last star and now
    starred = False
    for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if sign == "*":
            parts.append(f"(?>.*?{pending})" if starred else pending)
            pending, starred = re.escape(piece), True
        else:
            pending += "." + re.escape(piece)
    parts.append(f".*{pending}" if starred else pending)
    return re.compile("".join(parts), re.DOTALL)


def _letters_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """For each text the set of its letters, as bits; letters 64 apart share one."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    found = np.zeros(len(texts), np.uint64)
    some = np.flatnonzero(lengths)
    if len(some):
        code = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
        bits = np.uint64(1) << (code % 64).astype(np.uint64)
        starts = (np.cumsum(lengths) - lengths)[some]
        found[some] = np.bitwise_or.reduceat(bits, starts)
    return found


_SET: Final = np.array([bin(each).count("1") for each in range(256)], np.uint8)


def _bits(values: NDArray[np.uint64]) -> NDArray[np.intp]:
    eight = np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)
    return np.asarray(_SET[eight].sum(axis=1, dtype=np.intp))
