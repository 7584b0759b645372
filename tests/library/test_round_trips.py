"""There and back through other programs' own command lines, where they are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.said import IN_FILE
from photomgr.library import Library

from ..core.file_kit import jpeg
from .exchange_kit import EXIFTOOL, opened, places, scanned, target, write

EXIV2 = shutil.which("exiv2")
WORDS = {"Hund", "Über den Wolken", "日本"}
REGIONS = (
    "-RegionInfo={RegionList=[{Name=Ada Lovelace,Type=Face,Area={X=0.5,Y=0.5,W=0.1,H=0.1,Unit=normalized}}]}",
    "-RegionInfoMP={Regions=[{PersonDisplayName=Grace Hopper,Rectangle=0.1|, 0.2|, 0.3|, 0.4}]}",
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield from opened(tmp_path)


def tags(library: Library, number: int) -> set[str]:
    return {each.tag for each in library.decided_of(number)}


def later(path: Path) -> None:
    """So that its time of writing differs, however quick the test is."""
    stamp = path.stat().st_mtime_ns + 2_000_000_000
    os.utime(path, ns=(stamp, stamp))


def exiv2_says(path: Path) -> dict[str, set[str]]:
    """What the program exiv2 reads: key -> values."""
    assert EXIV2 is not None
    command = [EXIV2, "-q", "-PEIXkv" if path.suffix != ".xmp" else "-PXkv", str(path)]
    out = subprocess.run(command, capture_output=True, timeout=60, check=False).stdout.decode()
    found: dict[str, set[str]] = {}
    for line in out.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, set()).add(value.strip())
    return found


@pytest.mark.parametrize("mode", ["file", "sidecar"])
def test_exiv2_reads_all_and_its_changes_come_in(library: Library, tmp_path: Path, mode: str) -> None:
    path = jpeg(tmp_path / "photos" / "a.jpg")
    number = scanned(library, path)
    for word in WORDS:
        library.tag(word, [number])
    library.rate(4, [number])
    library.label("green", [number])
    library.describe("title", "Ein Tag", [number])
    library.describe("caption", "am Meer", [number])
    write(library, [number], mode)
    file = target(path, mode)
    if EXIV2 is None:  # what it would read is what our own reader finds
        assert (
            set(places(path)[file.name.encode() if mode == "sidecar" else IN_FILE].keywords["subject"])
            == WORDS
        )
        return
    found = exiv2_says(file)
    assert {word.strip() for each in found["Xmp.dc.subject"] for word in each.split(",")} == WORDS
    for key in ("Xmp.lr.hierarchicalSubject", "Xmp.digiKam.TagsList"):
        assert {word.strip() for each in found[key] for word in each.split(",")} == WORDS
    assert found["Xmp.xmp.Rating"] == {"4"} and found["Xmp.xmp.Label"] == {"Green"}
    assert found["Xmp.dc.title"] == {'lang="x-default" Ein Tag'}
    assert found["Xmp.dc.description"] == {'lang="x-default" am Meer'}
    if mode == "file":
        assert found["Iptc.Application2.Keywords"] == WORDS
    changes = ("-M", "del Xmp.dc.subject", "-M", "set Xmp.dc.subject XmpBag Hund", "-M", "set Xmp.dc.subject theirs",
               "-M", "set Xmp.xmp.Rating 1")  # fmt: skip
    subprocess.run([EXIV2, "-k", *changes, "modify", str(file)], check=True, timeout=60)
    later(file)
    jobs.run(library.scan())
    assert tags(library, number) == {"Hund", "theirs"}  # what is gone from one field is gone
    assert library.photo(number).rating == 1  # type: ignore[union-attr]
    write(library, [number], mode)
    words = set().union(*places(path)[file.name.encode() if mode == "sidecar" else IN_FILE].keywords.values())
    assert words == {"Hund", "theirs"}


def test_names_on_regions_are_read_found_and_left_alone(library: Library, tmp_path: Path) -> None:
    """Both kinds of regions: the names are tags, the regions stay as another program wrote them."""
    path = jpeg(tmp_path / "photos" / "a.jpg")
    if EXIFTOOL is None:
        return  # nothing here writes regions
    subprocess.run([EXIFTOOL, "-q", "-overwrite_original", *REGIONS, path], check=True, timeout=60)
    number = scanned(library, path)
    assert tags(library, number) == {"Ada Lovelace", "Grace Hopper"}
    jobs.run(library.index())
    assert [int(each) for each in library.find('tag:"ada lovelace" hopper').ids] == [number]
    before = _regions(path)
    library.tag("sea", [number])
    library.untag("Grace Hopper", [number])
    write(library, [number], "file")
    assert _regions(path) == before and tags(library, number) == {"Ada Lovelace", "sea"}
    later(path)
    jobs.run(library.scan())
    assert tags(library, number) == {"Ada Lovelace", "sea"} and not library.exchange.conflicts()
    assert jobs.run(library.exchange.restore([number])).files == 1
    assert _regions(path) == before


def _regions(path: Path) -> object:
    assert EXIFTOOL is not None
    command = [EXIFTOOL, "-j", "-struct", "-XMP-mwg-rs:all", "-XMP-MP:all", str(path)]
    out = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    found: object = json.loads(out)
    assert "Ada Lovelace" in str(found) and "Grace Hopper" in str(found)
    return found
