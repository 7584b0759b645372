"""Thumbnails written from 12-megapixel JPEGs, against the time that decoding them at an eighth takes.

python -m tests.benchmarks.bench_thumbnails [--quick]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from photomgr.core import images
from photomgr.core.thumbnails import SHORT_SIDE, Thumbnails

from ..core.file_kit import exif_block, jpeg
from .table import Table

_EMBEDDED_ROUNDS = 200


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    count, rounds = (16, 2) if quick else (48, 4)
    table = Table("Thumbnails from photos of 12 megapixels")
    with tempfile.TemporaryDirectory() as folder:
        photos = _originals(Path(folder), count)
        thumbnails = Thumbnails(Path(folder) / "thumbnails")
        _eighth(photos[0])
        _make(thumbnails, photos[0])
        limit, limit_on_two, one, two = [], [], [], []
        for _ in range(rounds):  # by turns, so that all meet the same machine
            limit.append(_seconds(lambda: [_eighth(path) for path in photos]))
            limit_on_two.append(_seconds(partial(_on_two, _eighth, photos)))
            thumbnails.clear()
            one.append(_seconds(lambda: [_make(thumbnails, path) for path in photos]))
            thumbnails.clear()
            two.append(_seconds(partial(_on_two, partial(_make, thumbnails), photos)))
        table.note("decoding at an eighth alone", count / min(limit), "/s")
        table.note("thumbnails written, one thread", count / min(one), "/s")
        table.note("thumbnails written, two threads", count / min(two), "/s")
        table.at_least("share of the decoding limit on one core", min(limit) / min(one), 0.85)
        table.note("decoding alone, times as fast on two threads", min(limit) / min(limit_on_two))
        if (os.cpu_count() or 1) >= 2:
            table.at_least("thumbnails, times as fast on two threads", min(one) / min(two), 1.8)
        started = time.process_time()
        for number in range(_EMBEDDED_ROUNDS):
            assert images.embedded_thumbnail(photos[number % count]) is not None
        milliseconds = (time.process_time() - started) / _EMBEDDED_ROUNDS * 1e3
        table.at_most("the camera's own thumbnail, CPU each", milliseconds, 1, " ms")
    return table.exit_code()


def _originals(folder: Path, count: int) -> list[Path]:
    """JPEGs with the grain of a sensor, about 3 MB each."""
    dice = np.random.default_rng(1)
    coarse = Image.fromarray(dice.integers(0, 255, (150, 200, 3), dtype=np.uint8)).resize((4000, 3000))
    grain = dice.normal(0, 5, (3000, 4000, 1))
    picture = Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))
    small = jpeg(folder / "small.jpg", picture.resize((160, 120))).read_bytes()
    first = jpeg(folder / "0.jpg", picture, exif=exif_block({0x112: 1}, thumbnail=small), quality=88)
    paths = [first]
    for number in range(1, count):
        path = folder / f"{number}.jpg"
        path.write_bytes(first.read_bytes())
        paths.append(path)
    return paths


def _eighth(path: Path) -> None:
    with Image.open(path, formats=("JPEG",)) as image:
        image.draft(None, (image.width // 8, image.height // 8))
        image.load()


def _make(thumbnails: Thumbnails, path: Path) -> None:
    thumbnails.store(path.name.encode().rjust(16), images.decode(path, short_side=SHORT_SIDE))


def _on_two(work: Callable[[Path], None], photos: list[Path]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, photos))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
