"""Titles and captions: read by the usual rules, given by a person, searched, written, merged and taken back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import exiv2
import pytest

from photomgr import jobs
from photomgr.core.errors import UsageError
from photomgr.core.metadata import read
from photomgr.core.paths import Paths
from photomgr.library import Library

from ..core.file_kit import exif_block, iptc_block, jpeg, xmp_packet
from .exchange_kit import EXIFTOOL, write


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library.open(Paths.under(tmp_path / "base"))
    (tmp_path / "photos").mkdir()
    made.add_root(tmp_path / "photos")
    yield made
    made.close()


def taken_in(library: Library, path: Path) -> int:
    jobs.run(library.scan())
    jobs.run(library.index())
    photo = library.photo_at(path)
    assert photo is not None
    return photo.id


def texts(library: Library, number: int) -> tuple[str | None, str | None]:
    photo = library.photo(number)
    assert photo is not None
    return photo.metadata.title, photo.metadata.caption


def found(library: Library, query: str) -> list[int]:
    jobs.run(library.index())
    return [int(each) for each in library.find(query).ids]


def outside(path: Path, title: str) -> None:
    """Another program gives the file a title."""
    if EXIFTOOL is not None:
        command = [EXIFTOOL, "-q", "-overwrite_original", f"-XMP-dc:Title={title}", path]
        subprocess.run(command, check=True, timeout=60)
        return
    image = exiv2.ImageFactory.open(str(path))
    image.readMetadata()
    data = image.xmpData()
    if title:
        data["Xmp.dc.title"] = exiv2.LangAltValue({"x-default": title})
    else:
        del data["Xmp.dc.title"]
    image.writeMetadata()


LANGUAGES = (
    '<dc:title><rdf:Alt><rdf:li xml:lang="de">Hund</rdf:li><rdf:li xml:lang="x-default">Dog</rdf:li>'
    "</rdf:Alt></dc:title>"
)


def test_who_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    jpeg(path, exif=exif_block({0x10E: "by EXIF"}, {}))
    assert read(path).caption == "by EXIF"
    jpeg(
        path,
        exif=exif_block({0x10E: "by EXIF"}, {}),
        iptc=iptc_block([(2, 120, b"by IPTC"), (2, 5, b"name")]),
    )
    assert (read(path).title, read(path).caption) == ("name", "by IPTC")
    jpeg(path, iptc=iptc_block([(2, 5, b"name")]), xmp=xmp_packet("", LANGUAGES))
    assert read(path).title == "Dog"
    jpeg(path, exif=exif_block({0x10E: "OLYMPUS DIGITAL CAMERA"}))
    assert read(path).caption is None


def test_given_found_and_taken_back(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "photos" / "a.jpg"
    jpeg(path, iptc=iptc_block([(2, 5, b"harbour")]))
    number = taken_in(library, path)
    before = path.read_bytes()
    change = library.describe("title", "  The  old harbour ", [number])
    assert change.text == "1 photo given the title “The old harbour”"
    library.describe("caption", "Boats, two/three of them\nat night", [number])
    assert texts(library, number) == ("The old harbour", "Boats, two/three of them\nat night")
    assert found(library, "title:boats") == found(library, "old night") == [number]
    assert library.describe("title", "The old harbour", [number]).action is None
    library.describe("title", "", [number])
    assert texts(library, number)[0] is None and found(library, "title:harbour") == []
    for _ in range(3):
        library.undo()
    assert texts(library, number) == ("harbour", None)
    library.redo()
    assert texts(library, number)[0] == "The old harbour"
    assert path.read_bytes() == before
    with pytest.raises(UsageError):
        library.describe("caption", "x" * 30_000, [number])
    with pytest.raises(UsageError):
        library.describe("headline", "x", [number])


@pytest.mark.parametrize("mode", ["file", "sidecar"])
def test_written_read_back_and_undone(library: Library, tmp_path: Path, mode: str) -> None:
    """Our text goes where a text is; undo is followed by the file; other languages stay."""
    path = tmp_path / "photos" / "a.jpg"
    iptc = iptc_block([(2, 5, b"old"), (2, 120, b"old words"), (2, 80, b"Ada")])
    jpeg(path, exif=exif_block({0x10E: "old words"}), iptc=iptc, xmp=xmp_packet("", LANGUAGES))
    number = taken_in(library, path)
    library.describe("title", "Boot", [number])
    library.describe("caption", "Ein Boot in Köln", [number])
    write(library, [number], mode)
    metadata = read(path)
    assert (metadata.title, metadata.caption) == ("Boot", "Ein Boot in Köln")
    if EXIFTOOL is not None and mode == "file":
        said = json.loads(subprocess.run([EXIFTOOL, "-j", "-a", "-G1", "-charset", "iptc=utf8", path],
                                         capture_output=True, check=True).stdout)[0]  # fmt: skip
        assert said["XMP-dc:Title"] == said["IPTC:ObjectName"] == "Boot" and said["XMP-dc:Title-de"] == "Hund"
        assert said["XMP-dc:Description"] == said["IPTC:Caption-Abstract"] == "Ein Boot in Köln"
        assert said["IFD0:ImageDescription"] == "Ein Boot in Köln" and said["IPTC:By-line"] == "Ada"
    library.undo()
    library.undo()
    assert texts(library, number) == ("Dog", "old words")
    write(library, [number], mode)
    jobs.run(library.scan())
    assert texts(library, number) == ("Dog", "old words")
    assert (read(path).title, read(path).caption) == ("Dog", "old words")


def test_another_program_changes_it(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "photos" / "a.jpg"
    jpeg(path)
    number = taken_in(library, path)
    outside(path, "theirs")  # before we ever wrote: the file counts
    jobs.run(library.scan())
    assert texts(library, number) == ("theirs", None)
    library.tag("sea", [number])  # something that stays in the packet
    library.describe("title", "mine", [number])
    write(library, [number], "file")
    outside(path, "theirs again")
    jobs.run(library.scan())
    assert texts(library, number)[0] == "theirs again" and not library.exchange.conflicts()
    library.describe("title", "mine again", [number])
    outside(path, "and theirs")
    jobs.run(library.scan())
    (clash,) = library.exchange.conflicts()
    assert (clash.field, clash.ours, clash.theirs) == ("title", ("mine again",), ("and theirs",))
    write(library, [number], "file")
    assert read(path).title == "and theirs"  # it waits for the person
    library.exchange.settle([clash], "theirs")
    assert texts(library, number)[0] == "and theirs" and not library.exchange.conflicts()
    outside(path, "")
    jobs.run(library.scan())
    write(library, [number], "file")
    assert texts(library, number)[0] is None and read(path).title is None
