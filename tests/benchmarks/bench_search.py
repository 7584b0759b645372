"""Searching real-shaped records: every kind of query, as one types, after a decision; and SQLite FTS5 beside it.

    python -m tests.benchmarks.bench_search [--quick | --million | --photos N] [--cpu]

100,000 photos (10,000 with --quick, 1,000,000 with --million): tags by Zipf's law, 3 to 10 a photo, suggestions,
folders, cameras, dates, what EXIF measures. Photos that look alike are looked for among as many made-up embeddings.
With more than 100,000 no limit is set, FTS5 is left out and fewer rounds are run, so that it ends in a quarter of an
hour. --cpu counts the processor's time instead of the clock's, on a machine that is busy with other work too.
The same photos stand in an FTS5 table (contentless, unicode61 without diacritics, prefix index 1 2 3) whose
queries are written by hand and whose ids come sorted by date, as ours do.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.core.records import Sort
from photomgr.core.search import SearchIndex
from photomgr.library import Library
from photomgr.library.listing import Listing

from .records import make_catalog
from .search_records import SECOND, Fts, Records
from .table import Table, peak_memory

_REBUILT = 20_000
_PHRASES = ("grandma's kitchen", "surfing at dusk", "volcano", "old letters", "money")

T = TypeVar("T")

#: kind -> (our query, the FTS5 match, further SQL); {} is a word, [] a second one.
_KINDS: dict[str, tuple[str, str, str]] = {
    "word": ("{}", "{}", ""),
    "two words": ("{} []", "{} []", ""),
    "phrase": ('"{} []"', '"{} []"', ""),
    "without a word": ("-{}", "", "AND rowid NOT IN (SELECT rowid FROM words WHERE words MATCH '{}')"),
    "OR": ("{} OR []", "{} OR []", ""),
    "brackets and NOT": ("({} OR []) -night", "({} OR []) NOT night", ""),
    "prefix": ("{:.3}*", "{:.3}*", ""),
    "tag:": ("tag:{}", "tag:{}", ""),
    "maybe:": ("maybe:{}", "maybe:{}", ""),
    "tag:*": ("-tag:*", "", "AND NOT tagged"),
    "year": ("<year>", "", "AND taken BETWEEN '<year>' AND '<year>-99'"),
    "month": ("<year>-06", "", "AND taken BETWEEN '<year>-06' AND '<year>-06-99'"),
    "word and dates": ("{} date:<year>-03..<year>-09", "{}", "AND taken BETWEEN '<year>-03' AND '<year>-09-99'"),
    "rating": ("{} rating:>=3", "{}", "AND rating >= 3"),
    "is:unreviewed": ("is:unreviewed {}", "{}", "AND suggested"),
    "folder:": ("folder:{}", "folder:{}", ""),
    "name:": ("name:IMG_<year>*", 'name:"IMG" AND name:<year>*', ""),
    "camera:": ("camera:nikon {}", "camera:nikon AND {}", ""),
    "everything": ("", "", ""),
    "nothing found, with advice": ("{}xq []", "{}xq []", ""),
    # FTS5 knows no typing errors and nothing open at the front: its column for these shows the whole word.
    "typing errors": ("{}~", "{}", ""),
    "pattern": ("{:.2}*e", "{:.2}*", ""),
    "open at both ends": ("*{:.3}*", "{}", ""),
    "iso:": ("iso:>=1600 {}", "{}", "AND iso >= 1600"),
    "f: and focal:": ("f:<2.8 focal:35..85", "", "AND f < 2.8 AND focal BETWEEN 35 AND 85"),
    "exposure:": ("exposure:<1/250 {}", "{}", "AND exposure < 0.004"),
    "size: and width:": ("size:>5MB width:>=4000", "", "AND size > 5000000 AND width >= 4000"),
    "near:": ("near:48.85,2.35,5km", "", "AND latitude BETWEEN 48.8 AND 48.9 AND longitude BETWEEN 2.28 AND 2.42"),
    "place:": ("place:centre {}", "place:centre AND {}", ""),
    "box:": ("box:48.8,2.2,48.9,2.5", "", "AND latitude BETWEEN 48.8 AND 48.9 AND longitude BETWEEN 2.2 AND 2.5"),
    "spoken date": ('date:"june <year>" {}', "{}", "AND taken BETWEEN '<year>-06' AND '<year>-06-99'"),
    "ext:": ("ext:jpg {}", "{}", ""),
}  # fmt: skip
_TYPED = (
    "beach house",
    "img_2014",
    "tag:sunlight 2015",
    "-people snow*",
    '"morning walk"',
    "nikon lake -night",
)


_clock = time.process_time if "--cpu" in sys.argv else time.perf_counter


def _timed(work: Callable[..., T], *arguments: object, **options: object) -> tuple[float, T]:
    """Milliseconds and the result."""
    start = _clock()
    result = work(*arguments, **options)
    return (_clock() - start) * 1000, result


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _queries(table: Table, index: SearchIndex, fts: Fts | None, records: Records, rounds: int) -> None:
    print(f"{'':<32}{'p50':>8}{'p95':>8}   FTS5{'p50':>8}{'p95':>8}   ratio of p50  (ms; found by us / FTS5)")
    dice = random.Random(8)
    worst = worst50 = 0.0
    over: list[float] = []
    words = [tag for tag in records.tags if " " not in tag]
    for kind, (ours, match, further) in _KINDS.items():
        mine, theirs, found, found_theirs = [], [], 0, 0
        for _ in range(rounds):
            first, second, year = dice.choice(words), dice.choice(SECOND), str(dice.randrange(2008, 2024))
            query, theirs_match, sql = (
                text.replace("{:.3}", first[:3])
                .replace("{:.2}", first[:2])
                .replace("{}", first)
                .replace("[]", second)
                .replace("<year>", year)
                for text in (ours, match, further)
            )
            took, ids = _timed(index.find, query)
            mine.append(took)
            found += len(ids.ids)
            if fts is not None:
                took, rows = _timed(fts.find, theirs_match, sql)
                theirs.append(took)
                found_theirs += len(rows)
        p50, p95 = statistics.median(mine), _p95(mine)
        worst, worst50 = max(worst, p95), max(worst50, p50)
        if fts is None:
            print(f"{kind:<32}{p50:8.2f}{p95:8.2f}{'':>38}({found // rounds:,})", flush=True)
            continue
        fts50 = statistics.median(theirs)
        print(
            f"{kind:<32}{p50:8.2f}{p95:8.2f}{'':>7}{fts50:8.2f}{_p95(theirs):8.2f}   {p50 / fts50:<12.3f}"
            f"({found // rounds:,} / {found_theirs // rounds:,})",
            flush=True,
        )
        over.append(p50 / fts50)
    if over:
        table.note("every kind of query, median of the ratios to FTS5", statistics.median(over), "")
    table.at_most("every kind of query, the worst p50", worst50, 16, " ms")
    table.at_most("every kind of query, the worst p95", worst, 33, " ms")


def _typing(table: Table, index: SearchIndex) -> None:
    prefixes = [text[:end] for text in _TYPED for end in range(1, len(text) + 1)]
    times = [_timed(index.find, text, typing=True)[0] for text in prefixes]
    table.note("as one types, p50", statistics.median(times), " ms")
    table.at_most("as one types, p95", _p95(times), 50, " ms")
    table.at_most(
        "completion of a tag in the index, p95",
        _p95([_timed(index.words, text[:3])[0] for text in prefixes]),
        10,
        " ms",
    )
    sorts = [_timed(index.find, "night", sort)[0] for _ in range(20) for sort in Sort]
    table.at_most("each order, p95", _p95(sorts), 50, " ms")
    table.at_most("each order, the first time, the slowest", max(sorts), 50, " ms")


def _hostile(table: Table, index: SearchIndex) -> None:
    texts = (
        "a" * 1_000_000, "(" * 5_000 + "a" + ")" * 5_000, " ".join(f"NOT a{n}" for n in range(3_000)),
        "NOT " * 3_000 + "a", "*a*", "abc~50", "[a TO z]", '"' * 19_000, " OR ".join(f"{c}*" for c in "abcdefgh" * 25),
        " ".join(f"a{n}" for n in range(200)), " ".join(f"nearl{n}" for n in range(200)),
    )  # fmt: skip
    times = [_timed(index.find, text, typing=typing)[0] for text in texts for typing in (False, True)]
    table.at_most("hostile queries, the slowest", max(times) / 1000, 0.5, " s")


def _facets(table: Table, index: SearchIndex) -> None:
    results = [index.find(text).ids for text in ("", "beach", "dog OR cat", "2019", "rating:>=3", "-people")]
    index.facets(results[0])
    times = [_timed(index.facets, ids)[0] for _ in range(10) for ids in results]
    table.at_most("facets, p95", _p95(times), 30, " ms")


def _library(folder: Path, count: int) -> Library:
    """A library of photos that a network has seen: embeddings about some thousand scenes, with times, and hashes of
    which one of twenty is near another."""
    library = Library.open(Paths.under(folder))
    network = library.annotator()
    scores = bytes(2 * len(network.labels))
    dice = np.random.default_rng(5)
    scenes = dice.normal(size=(2000, 512)).astype(np.float32)
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE meta SET value = 1 WHERE key = 'revision'")
        writer.execute("INSERT INTO folders (id, path) VALUES (1, ?)", (b"/photos",))
        writer.execute("INSERT INTO models (id, hash) VALUES (1, ?)", (network.model_hash,))
        for start in range(0, count, 10_000):
            which = dice.integers(0, len(scenes), 10_000)
            rows = scenes[which] + dice.normal(size=(10_000, 512)).astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            numbers = range(start + 1, min(start + 10_000, count) + 1)
            writer.executemany(
                "INSERT INTO photos (id, folder, name, size, mtime_ns, content, added, revision, taken)"
                " VALUES (?, 1, ?, 1000, 0, ?, '2024', 1, ?)",
                (
                    (
                        n,
                        b"%d" % n,
                        (n - n % 50).to_bytes(16, "big") if n % 50 == 1 else n.to_bytes(16, "big"),
                        f"20{10 + n % 14}-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00",
                    )
                    for n in numbers
                ),
            )
            hashes = dice.integers(-(2**63), 2**63 - 1, 10_000)
            hashes[::20] = hashes[1::20] ^ 5
            writer.executemany(
                "INSERT OR IGNORE INTO looks (content, hash) VALUES (?, ?)",
                ((n.to_bytes(16, "big"), int(each)) for n, each in zip(numbers, hashes, strict=False)),
            )
            writer.executemany(
                "INSERT INTO annotations VALUES (?, 1, X'00', ?, ?)",
                ((n, row.astype("<f2").tobytes(), scores) for n, row in zip(numbers, rows, strict=False)),
            )
    return library


def _rebuilt(table: Table, folder: Path) -> None:
    """A catalog as a person has it, with the history of each decision, read into an index anew."""
    paths = Paths.under(folder / "rebuilt")
    make_catalog(paths, folder / "no photos", _REBUILT)
    library = Library.open(paths)
    took = _timed(jobs.run, library.search.rebuild())[0] / 1000
    table.at_least("photos indexed a second, from a catalog", _REBUILT / took, 3000)
    library.close()


def _alike(table: Table, folder: Path, records: Records) -> None:
    """What needs a library: its index is the one that is there already."""
    count = records.photo_count()
    library = _library(folder / "library", count)
    library._index = SearchIndex(folder / "index", records, lists=Listing(library), places=records.places)
    jobs.run(library.index())
    took, found = _timed(library.looks.similar, 1)
    table.note("similar, the first time, which reads all embeddings", took, " ms")
    dice = random.Random(4)
    times = [_timed(library.looks.similar, dice.randint(1, count))[0] for _ in range(40)]
    table.note("similar, photos found", float(len(found.ids)), "")
    table.note("similar, p50", statistics.median(times), " ms")
    table.at_most("similar, p95", _p95(times), 150, " ms")
    table.note("words by looks, the first time", _timed(library.find, _PHRASES[0], visual=True)[0], " ms")
    seen = [_timed(library.find, phrase, visual=True)[0] for _ in range(8) for phrase in _PHRASES]
    table.at_most("words that are no tags, ranked by looks, p95", _p95(seen), 150, " ms")
    took, ids = _timed(library.looks.in_groups)
    table.note(f"duplicates in groups ({len(ids):,} photos)", took, " ms")
    offers = [_timed(library.offers, text[:end])[0] for text in _TYPED for end in range(1, len(text) + 1)]
    table.note("completion of the whole library, the first keystroke", offers[0], " ms")
    table.at_most("completion of the whole library, p95", _p95(offers[1:]), 10, " ms")
    library.close()


def _decisions(table: Table, index: SearchIndex, records: Records) -> None:
    dice = random.Random(9)
    for size, limit, rounds in ((1, 0.2, 40), (1000, 2.0, 6), (10_000, 3.0, 2)):
        times = []
        for n in range(rounds):
            tag = f"decision {size} {n}"
            records.decide(dice.sample(range(1, records.photo_count() + 1), size), tag)
            start = _clock()
            job = index.catch_up()
            while len(index.find(f'tag:"{tag}"').ids) < size:
                next(job)
            times.append(_clock() - start)
            jobs.run(job)
        table.note(f"{size:,} decided, searchable after, p50", statistics.median(times), " s")
        table.at_most(f"{size:,} decided, searchable after, p95", _p95(times), limit, " s")


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    count = 10_000 if quick else 1_000_000 if "--million" in sys.argv else 100_000
    if "--photos" in sys.argv:
        count = int(sys.argv[sys.argv.index("--photos") + 1])
    begun = time.perf_counter()
    table = Table(
        f"Search, {count:,} photos{', processor time' if '--cpu' in sys.argv else ''}", count <= 100_000
    )
    records = Records(count)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "index"
        index = SearchIndex(folder, records, places=records.places)
        built = _timed(jobs.run, index.catch_up())[0] / 1000
        index.close()
        table.at_least("photos indexed a second", count / built, 3000)
        table.at_most("bytes a photo", sum(path.stat().st_size for path in folder.iterdir()) / count, 1024)
        took, index = _timed(partial(SearchIndex, folder, records, places=records.places))
        table.note("opened", took, " ms")
        table.note("first search for all", _timed(index.find, "")[0], " ms")
        table.note("first search for a word", _timed(index.find, "night")[0], " ms")
        table.note("everything read into memory by the job", _timed(jobs.run, index.catch_up())[0], " ms")
        fts = None
        if count <= 100_000:
            took, fts = _timed(Fts, Path(temporary) / "fts.db", records)
            table.note("photos taken into FTS5 a second", count / took * 1000)
        _queries(table, index, fts, records, 10 if fts is None else 20 if quick else 60)
        if fts is not None:
            fts.close()
        _typing(table, index)
        _hostile(table, index)
        _facets(table, index)
        _decisions(table, index, records)
        table.note("memory, peak", peak_memory(), " MiB")
        index.close()
        _alike(table, Path(temporary), records)
        _rebuilt(table, Path(temporary))
        table.note("memory, peak, with the library", peak_memory(), " MiB")
        table.note("the whole run", time.perf_counter() - begun, " s")
    return table.exit_code()


if __name__ == "__main__":
    sys.exit(main())
