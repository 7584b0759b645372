"""A catalog of many real-shaped records: tags by Zipf's law, folders, cameras, dates, suggestions."""

from __future__ import annotations

import os
import random
from pathlib import Path

from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.catalog import Catalog
from photomgr.core.paths import Paths
from photomgr.core.records import FileBatch, FileFacts, FileStamp, Metadata, Suggestion

_CAMERAS = ("Nikon D50", "Canon EOS 5D", "Apple iPhone 12", "Sony ILCE-7M3", "Fujifilm X-T3")


def make_catalog(paths: Paths, folder: Path, count: int, seed: int = 1, *, tagged: bool = True) -> list[int]:
    """Fill a new catalog with ``count`` photos that have no files, and return their ids.

    ``tagged``: their files hold keywords.
    """
    paths.make()
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    names = [tag.name for tag in Vocabulary.load().tags]
    weights = [1 / rank for rank in range(1, len(names) + 1)]
    catalog = Catalog(paths.catalog, pen=paths.pen)
    try:
        catalog.files.add_root(folder)
        root = catalog.files.roots()[0].id
        ids: list[int] = []
        for start in range(0, count, 2000):
            batch = [
                _fact(dice, folder, n, names if tagged else [], weights)
                for n in range(start, min(count, start + 2000))
            ]
            written = sorted(catalog.files.write(FileBatch(root, new=batch)).photos)
            catalog.annotations.write(
                "benchmark",
                [(photo, b"", b"", b"", _suggestions(dice, names, weights)) for photo in written],
            )
            ids += written
        return ids
    finally:
        catalog.close()


def _fact(dice: random.Random, folder: Path, n: int, names: list[str], weights: list[float]) -> FileFacts:
    day = n // 40
    taken = f"{2010 + day // 336 % 15}-{1 + day // 28 % 12:02}-{1 + day % 28:02}T{dice.randrange(24):02}:{n % 60:02}:00"
    metadata = Metadata(
        width=4000,
        height=3000,
        taken=taken,
        camera=dice.choice(_CAMERAS),
        keywords=tuple(_some(dice, names, weights)),
    )
    place = folder / taken[:4] / f"{taken[5:7]} event {day % 97}"
    stamp = FileStamp(3_000_000 + n, 1_500_000_000_000_000_000 + n)
    return FileFacts(os.fsencode(place), b"IMG_%06d.jpg" % n, stamp, n.to_bytes(16, "big"), metadata, None)


def _some(dice: random.Random, names: list[str], weights: list[float]) -> set[str]:
    return (
        set(dice.choices(names, weights, k=dice.randint(3, 10))) if names and dice.random() < 0.7 else set()
    )


def _suggestions(dice: random.Random, names: list[str], weights: list[float]) -> list[Suggestion]:
    return [Suggestion(tag, dice.uniform(0.3, 1), {}) for tag in set(dice.choices(names, weights, k=6))]
