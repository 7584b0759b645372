"""Reading metadata with everything, writing sidecars, and rescanning a library that is full of them.

python -m tests.benchmarks.bench_metadata [--quick]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from photomgr import jobs
from photomgr.core import metadata
from photomgr.core.catalog import Catalog
from photomgr.core.paths import Paths
from photomgr.core.records import FileBatch, FileFacts, FileStamp, Metadata
from photomgr.core.scanner import scan
from photomgr.library import Library

from ..core.file_kit import jpeg, picture
from .bench_scan import _bare, _cpu, _originals
from .table import Table

_IN_A_FOLDER = 250


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    table = Table("Metadata")
    with tempfile.TemporaryDirectory() as folder:
        _read(table, Path(folder), 200 if quick else 1000)
    with tempfile.TemporaryDirectory() as folder:
        _write(table, Path(folder), 500 if quick else 5000)
    with tempfile.TemporaryDirectory() as folder:
        _rescan(table, Path(folder), 20_000 if quick else 100_000)
    return table.exit_code()


def _read(table: Table, base: Path, count: int) -> None:
    _originals(base, count)
    paths = sorted(base.rglob("*.jpg"))
    metadata.read(paths[0])
    before, started = _cpu(), time.perf_counter()
    for path in paths:
        assert len(metadata.read(path).keywords) == 5
    table.at_most("reading EXIF, IPTC and XMP, CPU a JPEG", (_cpu() - before) / count * 1e3, 1.5, " ms")
    table.note("reading", count / (time.perf_counter() - started), "/s")


def _write(table: Table, base: Path, count: int) -> None:
    data = jpeg(base / "one.jpg", picture(64, 48)).read_bytes()
    (base / "one.jpg").unlink()
    for number in range(count):
        path = base / "photos" / f"{number // _IN_A_FOLDER:03}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data + number.to_bytes(4, "big"))
    library = Library.open(Paths.under(base / "base"))
    library.add_root(base / "photos")
    jobs.run(library.scan())
    known = library.catalog.files.known(library.roots()[0].id)
    ids = [row.id for rows in known.values() for row in rows.values()]
    for word in ("harbour", "boat", "evening", "Spain"):
        library.tag(word, ids)
    for mode, what in (
        ("sidecar", "sidecars written, each on the disk"),
        ("file", "files written, sidecars along"),
    ):
        library.rate(3 if mode == "sidecar" else 4, ids)
        before, started = _cpu(), time.perf_counter()
        done = jobs.run(library.exchange.write(ids, mode))
        seconds = time.perf_counter() - started
        assert done.photos == count and not done.problems
        if mode == "sidecar":
            table.at_least(what, count / seconds, 500, "/s")
        else:
            table.note(what, count / seconds, "/s")
        table.note(f"{mode}: CPU a photo", (_cpu() - before) / count * 1e3, " ms")
    library.close()


def _rescan(table: Table, base: Path, count: int) -> None:
    photos = base / "photos"
    photos.mkdir()
    catalog = Catalog(base / "catalog.db")
    catalog.files.add_root(photos)
    root = catalog.files.roots()[0]
    batch = FileBatch(root.id)
    for number in range(count):
        folder = photos / f"{number // _IN_A_FOLDER:05}"
        path = folder / f"IMG_{number:06}.jpg"
        folder.mkdir(exist_ok=True)
        for each in (path, Path(f"{path}.xmp")):
            os.close(os.open(each, os.O_CREAT | os.O_WRONLY, 0o644))
        info, beside = os.stat(path), os.stat(f"{path}.xmp")
        stamp = FileStamp(info.st_size, info.st_mtime_ns, beside.st_mtime_ns)
        content = number.to_bytes(16, "big")
        batch.new.append(
            FileFacts(os.fsencode(folder), os.fsencode(path.name), stamp, content, Metadata(), None)
        )
        if len(batch.new) == 5000 or number == count - 1:
            catalog.files.write(batch)
            batch = FileBatch(root.id)
    bare, ours = [], []
    for _ in range(3):  # by turns, so that both meet the same machine
        started = time.perf_counter()
        assert _bare(os.fsencode(photos)) == 2 * count
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        result = jobs.run(scan(catalog, catalog.files.roots()))
        ours.append(time.perf_counter() - started)
        assert (result.seen, result.new, result.changed, result.gone) == (count, 0, 0, 0)
    catalog.close()
    table.note(f"bare walk over {count:,} photos and their sidecars", min(bare), " s")
    table.at_most("rescan, nothing changed, times the bare walk", min(ours) / min(bare), 2)


if __name__ == "__main__":
    sys.exit(main())
