"""A small library of photos with metadata of every kind, and another program that edits it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import exiv2

from photomgr import jobs
from photomgr.core.containers import PhotoFile, parts_of
from photomgr.core.metadata import merge_places
from photomgr.core.paths import Paths
from photomgr.core.said import Said
from photomgr.library import Library
from photomgr.library.writing import Written

from ..core.file_kit import bag, exif_block, jpeg, xmp_packet

EXIFTOOL = shutil.which("exiftool")
FOREIGN = (
    ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35"'
    ' xmlns:shop="http://shop.example/1.0/" shop:order="A-17"'
)
NESTED = (
    '<shop:parcel rdf:parseType="Resource"><shop:weight>2</shop:weight><shop:to><rdf:Seq><rdf:li>Ulm</rdf:li>'
    "</rdf:Seq></shop:to></shop:parcel>"
)


def opened(folder: Path) -> Iterator[Library]:
    """A library under ``folder`` with one root, ``photos``; closed afterwards."""
    (folder / "photos").mkdir()
    library = Library.open(Paths.under(folder / "base"))
    library.add_root(folder / "photos")
    yield library
    library.close()


def scanned(library: Library, path: Path) -> int:
    """The number of the photo that lies there, after another look at the folder."""
    jobs.run(library.scan())
    found = library.photo_at(path)
    assert found is not None
    return found.id


def packet(words: Iterable[str]) -> bytes:
    """A packet of another program: keywords, and things of its own."""
    return xmp_packet(FOREIGN + ' xmp:Rating="2"', bag("dc:subject", words) + NESTED)


def photo(path: Path, place: str, words: Iterable[str], seed: int = 1) -> Path:
    """A JPEG whose keywords lie in its own packet or in a sidecar."""
    exif = exif_block({0x10F: "Nikon", 0x110: "D50"}, {0x9003: "2019:06:15 12:30:05"})
    inside = packet(words) if place == "file" else b""
    jpeg(path, seed=seed, exif=exif, xmp=inside)
    if place == "sidecar":
        Path(f"{path}.xmp").write_bytes(packet(words))
    return path


def write(library: Library, ids: list[int], mode: str) -> Written:
    """Write, and demand that nothing failed."""
    done = jobs.run(library.exchange.write(ids, mode))
    assert not done.problems
    return done


def target(path: Path, place: str) -> Path:
    """The file in which the keywords lie."""
    return path if place == "file" else Path(f"{path}.xmp")


def places(path: Path) -> dict[bytes, Said]:
    """What the places of a photo say now."""
    sidecars = [os.fsencode(f"{path}.xmp")] if os.path.exists(f"{path}.xmp") else []
    with PhotoFile(path) as file:
        return {each.place: each for each in merge_places(file, parts_of(file), path, sidecars)[1]}


def another_program(path: Path, *, add: Iterable[str] = (), remove: Iterable[str] = (), rating: int | None = None,
                    field: str = "subject") -> None:  # fmt: skip
    """Change keywords of one field alone, as programs do that know no other: by exiftool where it is installed."""
    stamp = os.stat(path).st_mtime_ns
    names = {"subject": "XMP-dc:Subject", "lightroom": "XMP-lr:HierarchicalSubject", "digikam": "XMP-digiKam:TagsList",
             "iptc": "IPTC:Keywords"}  # fmt: skip
    if EXIFTOOL is not None:
        changes = [f"-{names[field]}-={word}" for word in remove] + [
            f"-{names[field]}+={word}" for word in add
        ]
        changes += [] if rating is None else [f"-XMP-xmp:Rating={rating}"]
        subprocess.run([EXIFTOOL, "-q", "-overwrite_original", *changes, path], check=True, timeout=60)
    else:
        _by_exiv2(path, set(add), set(remove), rating)
    os.utime(path, ns=(stamp + 2_000_000_000, stamp + 2_000_000_000))


def _by_exiv2(path: Path, add: set[str], remove: set[str], rating: int | None) -> None:
    image = exiv2.ImageFactory.open(str(path))
    image.readMetadata()
    data = image.xmpData()
    words = [str(each) for each in data["Xmp.dc.subject"].value()] if "Xmp.dc.subject" in data else []
    data["Xmp.dc.subject"] = exiv2.XmpArrayValue(
        [word for word in words if word not in remove] + sorted(add), exiv2.TypeId.xmpBag
    )
    if rating is not None:
        data["Xmp.xmp.Rating"] = str(rating)
    image.writeMetadata()


def has_foreign(path: Path) -> bool:
    """Whether everything that ``packet`` put there besides keywords is there still."""
    image = exiv2.ImageFactory.open(path.read_bytes())
    image.readMetadata()
    data = {datum.key(): str(datum.value()) for datum in image.xmpData()}
    wanted = {"Xmp.crs.Exposure2012": "+0.35", "Xmp.shop.order": "A-17", "Xmp.shop.parcel/shop:weight": "2"}
    return all(data.get(key) == value for key, value in wanted.items()) and any(
        "shop:to" in key for key in data
    )
