"""Annotating from originals, against the bound that decoding and inference give, and its memory.

python -m tests.benchmarks.bench_annotate [--quick]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from photomgr import jobs
from photomgr.annotate.annotator import Annotator
from photomgr.core import images
from photomgr.core.paths import Paths
from photomgr.core.thumbnails import SHORT_SIDE, encode
from photomgr.library import Library

from .table import Table, peak_memory

_THREADS = 2


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    count, many = (60, 300) if quick else (300, 5000)
    table = Table("Annotating from originals of 12 megapixels")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        photos = _originals(base / "photos", count)
        bound = _bound(sorted(photos.iterdir()))
        with_library = _through_library(Paths.under(base / "base"), photos)
        table.note("decode + thumbnail + network alone", bound, "/s")
        table.note("photomgr annotate", with_library, "/s")
        table.at_least("share of that bound", with_library / bound, 0.85)
        small = _originals(base / "small", many, (800, 600))
        growth = _memory(Paths.under(base / "base2"), small, many)
        table.at_most(f"memory grown from photo {many // 5} to {many}", growth, 48, " MiB")
    return table.exit_code()


def _originals(folder: Path, count: int, size: tuple[int, int] = (4000, 3000)) -> Path:
    """``count`` different files of a few different pictures: noise, so that JPEG has work to do."""
    folder.mkdir()
    dice = np.random.default_rng(1)
    patterns = []
    for _ in range(4):
        coarse = dice.integers(0, 255, (size[1] // 20, size[0] // 20, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        grain = dice.normal(0, 6, (size[1], size[0], 1))
        picture = Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))
        file = folder / "pattern.jpg"
        picture.save(file, quality=88)
        patterns.append(file.read_bytes())
        file.unlink()
    for n in range(count):
        # Bytes after the end of the picture make another content of it, and no other work.
        (folder / f"{n:05}.jpg").write_bytes(patterns[n % 4] + n.to_bytes(4, "big"))
    return folder


def _bound(files: list[Path]) -> float:
    """Photos a second when nothing is asked, stored or reported: the same work on as many threads."""
    annotator = Annotator.load()

    def work(file: Path) -> None:
        image = images.decode(file, short_side=SHORT_SIDE)
        encode(image)
        annotator.annotate(annotator.prepare(image)[None])

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(work, files[:8]))
        started = time.perf_counter()
        list(pool.map(work, files))
        return len(files) / (time.perf_counter() - started)


def _through_library(paths: Paths, photos: Path) -> float:
    library = Library.open(paths)
    try:
        library.settings.set("annotate_threads", _THREADS)
        library.add_root(photos)
        jobs.run(library.scan())
        jobs.run(library.annotate(limit=8))
        started = time.perf_counter()
        done = jobs.run(library.annotate())
        return done.annotated / (time.perf_counter() - started)
    finally:
        library.close()
        shutil.rmtree(paths.cache)


def _memory(paths: Paths, photos: Path, many: int) -> float:
    library = Library.open(paths)
    try:
        library.add_root(photos)
        jobs.run(library.scan())
        jobs.run(library.annotate(limit=many // 5))
        before = peak_memory()
        jobs.run(library.annotate())
        return peak_memory() - before
    finally:
        library.close()


if __name__ == "__main__":
    sys.exit(main())
