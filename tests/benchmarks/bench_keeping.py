"""Tag house-keeping and automatic runs over 10,000 photos of a large library.

python -m tests.benchmarks.bench_keeping [--quick]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from photomgr.core.catalog.learning import Ground
from photomgr.core.paths import Paths
from photomgr.core.records import Suggestion
from photomgr.library import Library

from .records import make_catalog
from .table import Table

_MANY = 10_000


def main() -> int:
    """Run it and print the table."""
    photos = 12_000 if "--quick" in sys.argv else 100_000
    table = Table(f"House-keeping: {_MANY:,} photos of {photos:,}")
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder) / "base")
        ids = make_catalog(paths, Path(folder) / "photos", photos)
        started = time.perf_counter()
        library = Library.open(paths)
        table.note("first start: the vocabulary's broader tags taken in", time.perf_counter() - started, " s")
        try:
            _measure(library, ids[:_MANY], table)
        finally:
            library.close()
    return table.exit_code()


def _measure(library: Library, ids: list[int], table: Table) -> None:
    keeping, runs = library.housekeeping, library.runs
    _time(table, "accept one tag on all of them", lambda: library.accept("german shepherd", ids))
    _time(table, "undo", library.undo)
    _time(table, "redo", library.redo)
    library.tag("shepherd dog", ids[: _MANY // 2])
    _time(table, "rename", lambda: keeping.rename("german shepherd", "Rex"))
    _time(table, "preview a merge", lambda: keeping.preview_merge("Rex", "shepherd dog"))
    _time(table, "merge", lambda: keeping.merge("Rex", "shepherd dog"))
    _time(table, "undo the merge", library.undo)
    _time(table, "a parent of one's own", lambda: keeping.set_parent("Rex", "family"))
    for start in range(0, _MANY, 1000):
        chunk = ids[start : start + 1000]
        library.catalog.annotations.write(
            "benchmark", [(photo, b"", b"", b"", [Suggestion("my own", 0.99, {})]) for photo in chunk]
        )
    runs.set_automatic("my own")
    tag, ground = library.catalog.runs.automatic()[0][0], Ground(1, "benchmark", 0.95)
    _time(table, "accept by itself", lambda: library.catalog.runs.accept_sure(tag, ground, str))
    _time(table, "list the runs", runs.all)
    _time(table, "take the run back", lambda: runs.revoke(runs.all()[0].id))
    _time(table, "list all tags with their counts", keeping.tags)
    _time(table, "suggest merges", keeping.suggest_merges, limit=10)


def _time(table: Table, what: str, act: Callable[[], object], limit: float = 2) -> None:
    started = time.perf_counter()
    act()
    table.at_most(what, time.perf_counter() - started, limit, " s")


if __name__ == "__main__":
    sys.exit(main())
