"""100,000 photos ranked by a phrase, as the library keeps them and straight from embeddings.

python -m tests.benchmarks.bench_words [--quick]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from photomgr.annotate.words import FILE, Lexis
from photomgr.core.assets import models_dir

from .table import Table

PHRASES = ("grandma's kitchen", "surfing at dusk", "dogs running on the beach", "wedding")


def main() -> int:
    """Run it and print the table."""
    photos, rounds = (10_000, 3) if "--quick" in sys.argv else (100_000, 20)
    folder = models_dir() / "everyday"
    started = time.perf_counter()
    lexis = Lexis.load(folder)
    opened = time.perf_counter() - started
    embeddings = np.random.default_rng(1).standard_normal((photos, len(lexis.centre)), dtype=np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    seen = lexis.see(embeddings)
    table = Table(f"{photos:,} photos ranked by a phrase")
    table.at_least("words that any photo can be ranked by", len(lexis.words), 8000)
    table.at_most("the words on disk", (folder / FILE).stat().st_size / 1e6, 4, " MB")
    table.note("opening them", opened * 1e3, " ms")
    table.at_most(
        "one phrase, as the library keeps photos, p95", _slow(lexis.score, seen, rounds), 100, " ms"
    )
    table.at_most(
        "one phrase, straight from embeddings, p95", _slow(lexis.rank, embeddings, rounds), 100, " ms"
    )
    return table.exit_code()


def _slow(rank: Callable[[str, np.ndarray], np.ndarray], photos: np.ndarray, rounds: int) -> float:
    """The 95th percentile of milliseconds over all phrases, the first round left out."""
    taken = []
    for number in range(rounds + 1):
        for phrase in PHRASES:
            started = time.perf_counter()
            rank(phrase, photos)
            if number:
                taken.append((time.perf_counter() - started) * 1e3)
    return float(np.percentile(taken, 95))


if __name__ == "__main__":
    sys.exit(main())
