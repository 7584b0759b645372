"""Real-shaped photos for the benchmark of searching, and the same ones in SQLite's FTS5."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from photomgr.core.gazetteer import Gazetteer, PlaceNames
from photomgr.core.records import SearchDocument
from photomgr.core.search import places

FIRST = (
    "beach", "sun", "mountain", "dog", "cat", "city", "night", "river", "lake", "party", "food", "car", "train",
    "people", "baby", "flower", "snow", "bridge",
)  # fmt: skip
SECOND = (
    "house", "light", "day", "view", "walk", "shot", "time", "side", "dance", "trip", "family", "friend", "garden",
    "morning", "street",
)  # fmt: skip
_CAMERAS = ("Nikon D850", "Canon EOS 5D Mark IV", "Apple iPhone 12", "Sony ILCE-7M3", "Fujifilm X-T4")


class Records:
    """The photos, as a catalog would feed them."""

    def __init__(self, count: int, seed: int = 3) -> None:
        self.tags = [f"{a} {b}" if n % 3 else a + b for n, (a, b) in enumerate(_pairs())]
        self.tags[:0] = [*FIRST, *SECOND]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, len(self.tags) + 1)))
        self.uuid, self.revision = "benchmark", 1
        self._count, self._seed = count, seed
        self._changed: dict[int, SearchDocument] = {}
        self.places = PlaceNames(Gazetteer())
        self._touched: dict[int, int] = {}

    def photo(self, n: int) -> SearchDocument:
        """The same for the same number, made when it is asked for: a million at once would fill the memory."""
        if n in self._changed:
            return self._changed[n]
        dice, count = random.Random(self._seed * 10**9 + n), self._count
        taken = f"{2008 + 16 * n // (count + 1)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        tags = dict.fromkeys(dice.choices(self.tags, cum_weights=self._weights, k=dice.randint(3, 10)))
        maybe = dict.fromkeys(dice.choices(self.tags, cum_weights=self._weights, k=6))
        digits = taken.replace("-", "")
        return SearchDocument(
            n,
            tags=tuple(tags) if dice.random() < 0.8 else (),
            suggested=tuple((tag, dice.random()) for tag in maybe),
            folder=f"/home/me/Pictures/{taken[:4]}/{taken[:7]} {self.tags[n // 150 % len(self.tags)]}",
            name=f"IMG_{digits}_{dice.randrange(240000):06}.jpg" if n % 2 else f"DSC{n % 100000:05}.JPG",
            camera=dice.choice(_CAMERAS), lens="24-70mm f/2.8", taken=f"{taken}T10:00:00",
            added=f"2024-01-{1 + n % 28:02}T00:00:00", rating=dice.choice((0, 0, 0, 0, 2, 3, 4, 5)),
            gps=n % 3 == 0, size=dice.randint(200_000, 30_000_000), width=dice.choice((1600, 4000, 6000)),
            height=4000, iso=dice.choice((100, 200, 400, 800, 1600, 3200, 6400)),
            focal=dice.choice((24, 35, 50, 85, 200)),
            aperture=dice.choice((1.4, 1.8, 2.8, 4, 5.6, 8)), exposure=1 / dice.choice((30, 60, 125, 250, 500, 1000)),
            latitude=dice.uniform(47, 50) if n % 3 == 0 else None,
            longitude=dice.uniform(1, 4) if n % 3 == 0 else None,
        )  # fmt: skip

    def photo_count(self) -> int:
        return self._count

    def decide(self, ids: Sequence[int], tag: str) -> None:
        """One change over photos."""
        self.revision += 1
        for n in ids:
            photo = self.photo(n)
            self._changed[n] = replace(photo, tags=(*photo.tags, tag))
            self._touched[n] = self.revision

    def search_feed(self, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
        if after < 1:
            yield from ((1, n, self.photo(n)) for n in range(1, self._count + 1) if n not in self._touched)
        for revision, n in sorted((r, n) for n, r in self._touched.items() if r > after):
            yield revision, n, self.photo(n)


def _pairs() -> Iterator[tuple[str, str]]:
    return ((a, b) for a in FIRST for b in SECOND)


class Fts:
    """The same photos in SQLite's FTS5."""

    def __init__(self, path: Path, records: Records) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(
            "CREATE TABLE photos (id INTEGER PRIMARY KEY, taken TEXT, rating INT, tagged INT, suggested INT, iso INT,"
            " f REAL, focal REAL, exposure REAL, size INT, width INT, latitude REAL, longitude REAL);"
            "CREATE INDEX by_date ON photos (taken);"
            "CREATE VIRTUAL TABLE words USING fts5 (tag, maybe, folder, name, camera, place, content='',"
            " tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');"
        )
        for start in range(1, records.photo_count() + 1, 10_000):
            end = min(start + 10_000, records.photo_count() + 1)
            photos: dict[int, SearchDocument | None] = {n: records.photo(n) for n in range(start, end)}
            places.named(photos, records.places)
            self._add([photo for photo in photos.values() if photo is not None])
        self._db.commit()

    def _add(self, photos: Sequence[SearchDocument]) -> None:
        self._db.executemany(
            f"INSERT INTO photos VALUES ({', '.join('?' * 13)})",
            (
                (
                    p.id,
                    p.taken,
                    p.rating,
                    bool(p.tags),
                    bool(p.suggested),
                    p.iso,
                    p.aperture,
                    p.focal,
                    p.exposure,
                    p.size,
                    p.width,
                    p.latitude,
                    p.longitude,
                )
                for p in photos
            ),
        )
        self._db.executemany(
            "INSERT INTO words (rowid, tag, maybe, folder, name, camera, place) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (p.id, " . ".join(p.tags), " . ".join(t for t, _ in p.suggested), p.folder,
                 p.name.replace("_", " "), p.camera, p.place)
                for p in photos
            ),
        )  # fmt: skip

    def find(self, match: str, further: str) -> list[tuple[int]]:
        """Ids, the newest first."""
        matching = "rowid IN (SELECT rowid FROM words WHERE words MATCH ?)" if match else "? = ''"
        sql = f"SELECT id FROM photos WHERE {matching} {further} ORDER BY taken DESC, id"
        return self._db.execute(sql, (match,)).fetchall()

    def close(self) -> None:
        self._db.close()
