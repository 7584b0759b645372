"""Words that nearly fit, against the textbook, and fast."""

from __future__ import annotations

import fnmatch
import random
import time

import pytest

from photomgr.core.search.fuzzy import Spellings, distances


def _textbook(one: str, other: str) -> int:
    """Optimal string alignment as in any book."""
    table = [[i + j if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def test_a_swap_is_one_edit() -> None:
    assert distances("sunset", ["sunset", "sunest", "sunst", "nuset", "beach"]).tolist()[:4] == [0, 1, 1, 2]


@pytest.mark.parametrize("few", [0, 10**6])
def test_near_agrees_with_the_textbook(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photomgr.core.search.fuzzy._FEW", few)
    dice = random.Random(2)
    texts = sorted({"".join(dice.choices("abcdeé日", k=dice.randint(0, 8))) for _ in range(3000)})
    spellings = Spellings(texts)
    for _ in range(40):
        word = "".join(dice.choices("abcdeé日", k=dice.randint(1, 8)))
        for edits in (1, 2):
            wanted = [n for n, text in enumerate(texts) if _textbook(word, text) <= edits]
            assert spellings.near(word, edits).tolist() == wanted, word


def test_patterns_agree_with_the_shell() -> None:
    dice = random.Random(3)
    texts = sorted({"".join(dice.choices("abc.1", k=dice.randint(0, 7))) for _ in range(3000)})
    spellings = Spellings(texts)
    for _ in range(300):
        pattern = "".join(dice.choices("abc.*?", k=dice.randint(1, 6)))
        wanted = [n for n, text in enumerate(texts) if fnmatch.fnmatchcase(text, pattern)]
        assert sorted(spellings.fitting(pattern).tolist()) == wanted, pattern


@pytest.mark.parametrize(
    "pattern", ["*a*a*a*a*a*a*a*a*a*a*a*b", "*?*?*?*?*?*x", "a?a?a?a?a?*a?a?a?a?a?a?", "*" + "a" * 90]
)
def test_no_pattern_runs_away(pattern: str) -> None:
    spellings = Spellings(["a" * 250 + str(n) for n in range(10, 100)])
    start = time.monotonic()
    spellings.fitting(pattern)
    assert time.monotonic() - start < 1


def test_a_hundred_thousand_words() -> None:
    dice = random.Random(4)
    texts = sorted({"".join(dice.choices("etaoinshrdlu", k=dice.randint(3, 11))) for _ in range(110_000)})
    spellings = Spellings(texts)
    start = time.monotonic()
    for _ in range(5):
        spellings.near("sunstei", 2)
    assert time.monotonic() - start < 5  # a promise of milliseconds is kept by the benchmark
    assert Spellings([]).near("a", 1).tolist() == Spellings([]).fitting("a*").tolist() == []
