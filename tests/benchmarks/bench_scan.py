"""The first scan of 3 MB JPEGs against exiftool, and the rescan of an unchanged library against bare stat.

python -m tests.benchmarks.bench_scan [--quick]
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from photomgr import jobs
from photomgr.core.catalog import Catalog
from photomgr.core.records import FileBatch, FileFacts, FileStamp, Metadata
from photomgr.core.scanner import scan

from ..core.file_kit import bag, exif_block, iptc_block, jpeg, xmp_packet
from .table import Table

_IN_A_FOLDER = 250


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    table = Table("Scanning")
    with tempfile.TemporaryDirectory() as folder:
        _first_scan(table, Path(folder), 200 if quick else 1000)
    with tempfile.TemporaryDirectory() as folder:
        _rescan(table, Path(folder), 20_000 if quick else 100_000)
    return table.exit_code()


def _cpu() -> float:
    """Seconds of processor time, user and system, that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _first_scan(table: Table, base: Path, count: int) -> None:
    photos = base / "photos"
    size = _originals(photos, count)
    table.note(f"photos of {size / 1e6:.1f} MB with EXIF, keywords and a thumbnail", count)
    catalog = Catalog(base / "catalog.db")
    catalog.files.add_root(photos)
    started, before = time.perf_counter(), _cpu()
    result = jobs.run(scan(catalog, catalog.files.roots()))
    seconds, processor = time.perf_counter() - started, _cpu() - before
    known = catalog.files.known(catalog.files.roots()[0].id)
    tags = catalog.lists.decided([row.id for rows in known.values() for row in rows.values()])
    catalog.close()
    assert result.new == count and tags["harbour"] == count, "the scan missed something"
    table.at_most("first scan with keywords and catalog, CPU a file", processor / count * 1e3, 0.8, " ms")
    table.note("first scan", count / seconds, "/s")
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        print("exiftool is not installed (Debian: libimage-exiftool-perl): no comparison")
        return
    few = sorted(photos.iterdir())[: max(1, count // (4 * _IN_A_FOLDER))]
    compared = sum(len(list(folder.iterdir())) for folder in few)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, before = time.perf_counter(), children.ru_utime + children.ru_stime
    subprocess.run([exiftool, "-fast2", "-json", "-r", *few], capture_output=True, check=True)
    their_seconds = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    table.note("exiftool -fast2 -json", compared / their_seconds, "/s")
    table.note(
        "exiftool, CPU a file", (children.ru_utime + children.ru_stime - before) / compared * 1e3, " ms"
    )
    table.at_least("times as fast as exiftool", (count / seconds) / (compared / their_seconds), 6)


def _originals(folder: Path, count: int) -> int:
    """``count`` JPEGs of 12 megapixels and 3 MB as a camera and an editor leave them; returns the size of one."""
    dice = np.random.default_rng(1)
    picture = Image.fromarray(dice.integers(0, 255, (150, 200, 3), dtype=np.uint8)).resize((4000, 3000))
    small = jpeg(folder / "small.jpg", picture.resize((160, 120)))
    thumbnail = small.read_bytes()
    small.unlink()
    exif = exif_block(
        {
            0x10F: "NIKON CORPORATION", 0x110: "NIKON D750", 0x112: 1, 0x11A: (300, 1), 0x11B: (300, 1), 0x128: 2,
            0x131: "Ver.1.10", 0x132: "2019:06:15 12:30:05", 0x213: 2,
        },
        {
            0x829A: (1, 250), 0x829D: (28, 10), 0x8822: 3, 0x8827: 400, 0x9000: b"0230", 0x9003: "2019:06:15 12:30:05",
            0x9004: "2019:06:15 12:30:05", 0x9011: "+02:00", 0x9204: (0, 6), 0x9205: (16, 10), 0x9207: 5, 0x9208: 0,
            0x9209: 16, 0x920A: (85, 1), 0x927C: bytes(20_000), 0x9286: bytes(44), 0x9290: "25", 0x9291: "25",
            0xA001: 1, 0xA002: 4000, 0xA003: 3000, 0xA217: 2, 0xA402: 0, 0xA403: 0, 0xA404: (1, 1), 0xA405: 85,
            0xA406: 0, 0xA432: [(85, 1), (85, 1), (18, 10), (18, 10)], 0xA434: "AF-S NIKKOR 85mm f/1.8G",
        },
        {
            0: b"\2\3\0\0", 1: "N", 2: [(43, 1), (28, 1), (281, 100)], 3: "E", 4: [(11, 1), (53, 1), (645, 100)],
            5: b"\0", 6: (120, 1), 7: [(10, 1), (30, 1), (5, 1)], 29: "2019:06:15",
        },
        thumbnail,
    )  # fmt: skip
    words = ["harbour", "boat", "evening", "Spain", "holiday 2019"]
    xmp = xmp_packet(
        'xmp:Rating="4" xmp:Label="Green" xmp:CreateDate="2019-06-15T12:30:05"',
        bag("dc:subject", words) + bag("lr:hierarchicalSubject", ["Places|Spain"]),
    )
    iptc = iptc_block([(1, 90, b"\x1b%G"), *((2, 25, word.encode()) for word in words)])
    data = jpeg(folder / "one.jpg", picture, exif=exif, xmp=xmp, iptc=iptc, quality=92).read_bytes()
    (folder / "one.jpg").unlink()
    data += dice.bytes(max(0, 3_000_000 - len(data)))
    for number in range(count):
        path = folder / f"{number // _IN_A_FOLDER:03}" / f"IMG_{number:05}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        with path.open("r+b") as file:  # another ending makes another content
            file.seek(-8, os.SEEK_END)
            file.write(number.to_bytes(8, "big"))
    return len(data)


def _rescan(table: Table, base: Path, count: int) -> None:
    photos = base / "photos"
    catalog = Catalog(base / "catalog.db")
    photos.mkdir()
    catalog.files.add_root(photos)
    root = catalog.files.roots()[0]
    batch = FileBatch(root.id)
    for number in range(count):
        folder = photos / f"{number // _IN_A_FOLDER:05}"
        path = folder / f"IMG_{number:06}.jpg"
        if number % _IN_A_FOLDER == 0:
            folder.mkdir()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        info = os.stat(path)
        batch.new.append(
            FileFacts(
                os.fsencode(folder), os.fsencode(path.name), FileStamp(info.st_size, info.st_mtime_ns),
                number.to_bytes(16, "big"), Metadata(), None,
            )
        )  # fmt: skip
        if len(batch.new) == 5000 or number == count - 1:
            catalog.files.write(batch)
            batch = FileBatch(root.id)
    bare, ours = [], []
    for _ in range(3):  # by turns, so that both meet the same machine
        started = time.perf_counter()
        assert _bare(os.fsencode(photos)) == count
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        result = jobs.run(scan(catalog, catalog.files.roots()))
        ours.append(time.perf_counter() - started)
        assert (result.seen, result.new, result.changed, result.gone) == (count, 0, 0, 0)
    catalog.close()
    table.note(f"bare scandir and stat of {count:,} files", count / min(bare), "/s")
    table.note("rescan, nothing changed", count / min(ours), "/s")
    table.at_least("share of the bare rate", min(bare) / min(ours), 0.3)


def _bare(folder: bytes) -> int:
    """Count the files below a folder, with a ``stat`` of each: the least that any rescan can do."""
    count, waiting = 0, [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    waiting.append(entry.path)
                else:
                    entry.stat()
                    count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
