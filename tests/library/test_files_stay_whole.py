"""What a write into a photo file leaves as it was: other programs' blocks, and the bytes that restore needs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.containers import PhotoFile, parts_of
from photomgr.core.tiff import TiffReader
from photomgr.core.xmp.packet import edit
from photomgr.core.xmp.wish import Wish
from photomgr.library import Library

from ..core.file_kit import exif_block, jpeg, photoshop, picture, xmp_packet
from .exchange_kit import opened, packet, places, scanned, write

MAKER_NOTE = b"Maker\0\0" + bytes(range(200))
THUMBNAIL = b"\xff\xd8" + bytes(range(100)) + b"\xff\xd9"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield from opened(tmp_path)


def block(description: str = "", words: str = "", order: str = ">") -> bytes:
    """EXIF of a camera: a MakerNote, a thumbnail, and a field that exiv2 leaves out when it writes the block anew."""
    main: dict[int, str | bytes | int] = {0x10F: "Sanyo", 0x110: "VPC", 0x106: 6, 0x112: 1}
    if description:
        main[0x10E] = description
    if words:
        main[0x9C9E] = (words + "\0").encode("utf-16-le")
    return exif_block(
        main, {0x9003: "2019:06:15 12:30:05", 0x927C: MAKER_NOTE}, {1: "N"}, thumbnail=THUMBNAIL, order=order
    )


def exif_of(path: Path) -> bytes:
    with PhotoFile(path) as file:
        return parts_of(file).exif


def fields(data: bytes) -> dict[tuple[int, int], object]:
    """All values of a block by directory and tag, each MakerNote with its place, and the thumbnail."""
    reader = TiffReader(lambda offset, length: data[offset : offset + length])
    main, second = reader.directory(reader.first)
    found: dict[tuple[int, int], object] = {}
    for pointer in (0, 0x8769, 0x8825):
        offset = reader.number(main[pointer]) if pointer else reader.first
        for tag, entry in reader.directory(offset or 0)[0].items():
            found[pointer, tag] = (
                reader.raw(entry, 1 << 20) if tag != 0x927C else (entry.value, reader.raw(entry, 1 << 20))
            )
    small = reader.directory(second)[0]
    start, length = reader.number(small[0x201]) or 0, reader.number(small[0x202]) or 0
    found[1, 0x201] = data[start : start + length]
    return found


def test_the_cameras_own_block_is_left_alone_to_the_byte(library: Library, tmp_path: Path) -> None:
    path = jpeg(tmp_path / "photos" / "a.jpg", exif=block())
    number = scanned(library, path)
    library.tag("dog", [number])
    library.describe("caption", "am Meer", [number])
    write(library, [number], "file")
    assert "dog" in places(path)[b""].keywords["subject"]
    assert exif_of(path) == block()
    with Image.open(path) as image:
        image.load()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("text", ["ab", "Meer", "a longer caption than the one that was there before", ""])
def test_a_description_changes_and_nothing_beside_it(
    library: Library, tmp_path: Path, text: str, order: str
) -> None:
    before = block("an old caption", "dog;sea", order)
    path = jpeg(tmp_path / "photos" / "a.jpg", exif=before)
    number = scanned(library, path)
    library.describe("caption", text, [number])
    library.untag("sea", [number])
    library.tag("a tag of more letters", [number])
    write(library, [number], "file")
    after = exif_of(path)
    expected, found = fields(before), fields(after)
    assert found.pop((0, 0x9C9E)) == "dog;a tag of more letters\0".encode("utf-16-le")
    assert found.pop((0, 0x10E), b"") == (text.encode() + b"\0" if text else b"")
    del expected[0, 0x10E], expected[0, 0x9C9E]
    assert {key: value for key, value in found.items() if key[1] not in (0x8769, 0x8825)} == {
        key: value for key, value in expected.items() if key[1] not in (0x8769, 0x8825)
    }
    assert b"an old caption" not in after
    done = jobs.run(library.exchange.restore([number]))
    assert done.files == 1 and exif_of(path) == before


def test_what_exiv2_is_given_stays_as_it_was() -> None:
    """It writes into the bytes themselves where its own fit in: what is kept of them would be worth nothing."""
    out = io.BytesIO()
    padded = packet(["dog"]) + b" " * 9000
    picture().save(out, "TIFF", tiffinfo={700: padded, 270: "a caption that is longer"})
    data = out.getvalue()
    before = bytes(bytearray(data))
    for wish in (Wish(("cat",), rating=3), Wish(caption="short"), Wish(caption="")):
        after, differences = edit(data, wish, sidecar=False)
        assert data == before and after != before and differences


def test_a_padded_tiff_comes_back_byte_by_byte(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "photos" / "a.tif"
    picture().save(path, tiffinfo={700: packet(["dog"]) + b" " * 9000, 270: "a caption that is longer"})
    before = path.read_bytes()
    number = scanned(library, path)
    library.tag("cat", [number])
    library.describe("caption", "short", [number])
    write(library, [number], "file")
    assert path.read_bytes() != before
    assert jobs.run(library.exchange.restore([number])).files == 1
    assert path.read_bytes() == before


def test_a_damaged_file_stops_no_other(library: Library, tmp_path: Path) -> None:
    """A page that begins behind the end of the file: it is left alone, and its tags go beside it."""
    whole = jpeg(tmp_path / "photos" / "b.jpg")
    path = tmp_path / "photos" / "a.tif"
    picture().save(path)
    data = bytearray(path.read_bytes())
    reader = TiffReader(lambda offset, length: bytes(data[offset : offset + length]))
    count = int.from_bytes(data[reader.first : reader.first + 2], "little")
    at = reader.first + 2 + 12 * count
    data[at : at + 4] = (len(data) + 5000).to_bytes(4, "little")
    path.write_bytes(data)
    numbers = [scanned(library, path), scanned(library, whole)]
    library.tag("dog", numbers)
    done = jobs.run(library.exchange.write(numbers, "file"))
    assert (done.photos, done.failed) == (2, 0)
    assert path.read_bytes() == data and "dog" in places(path)[b"a.tif.xmp"].keywords["subject"]
    assert "dog" in places(whole)[b""].keywords["subject"]


def test_photoshops_paths_and_a_second_packet(library: Library, tmp_path: Path) -> None:
    """Other resources beside the IPTC block stay; of two packets none is written, for programs read either."""
    path = jpeg(tmp_path / "photos" / "a.jpg", iptc=b"\x1c\x02\x19\x00\x03dog")
    data = path.read_bytes()
    own = photoshop(b"\x1c\x02\x19\x00\x03dog")
    resource = b"8BIM\x07\xd0\x04Path\0\0\0\0\x06abcdef"
    at = data.index(own) - 14 - 4
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    data = data[:at] + b"\xff\xed" + (length + len(resource)).to_bytes(2, "big") + data[at + 4 :].replace(
        own, resource + own, 1
    )  # fmt: skip
    path.write_bytes(data)
    number = scanned(library, path)
    library.tag("cat", [number])
    write(library, [number], "file")
    assert resource in path.read_bytes() and places(path)[b""].keywords["iptc"] == ("dog", "cat")

    twice = jpeg(tmp_path / "photos" / "b.jpg", seed=2, xmp=packet(["one"]))
    first = b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet('xmp:Rating="2"')
    segment = b"\xff\xe1" + (len(first) + 2).to_bytes(2, "big") + first
    twice.write_bytes(twice.read_bytes()[:2] + segment + twice.read_bytes()[2:])
    before = twice.read_bytes()
    number = scanned(library, twice)
    library.tag("cat", [number])
    done = write(library, [number], "file")
    assert "two XMP packets" in done.differences[0].instead and twice.read_bytes() == before


def test_the_last_word_of_a_sidecar_goes(library: Library, tmp_path: Path) -> None:
    """exiv2 makes EXIF and IPTC of a sidecar when it reads it, and puts back from there what was taken out."""
    path = jpeg(tmp_path / "photos" / "a.jpg")
    beside = path.with_name("a.jpg.xmp")
    number = scanned(library, path)
    library.tag("dog", [number])
    library.rate(3, [number])
    library.describe("title", "Ein Tag", [number])
    library.describe("caption", "am Meer", [number])
    write(library, [number], "sidecar")
    library.untag("dog", [number])
    library.describe("title", "", [number])
    library.describe("caption", "", [number])
    write(library, [number], "sidecar")
    said = beside.read_bytes()
    assert b"Rating" in said
    assert not [each for each in (b"dog", b"Ein Tag", b"am Meer") if each in said]
    assert jobs.run(library.exchange.write([number], "sidecar")).unchanged == 1


def test_foreign_fields_of_a_sidecar_stay_as_they_are_written(tmp_path: Path) -> None:
    """Not as exiv2 would write them after it made EXIF of them."""
    fields = 'exif:ExifVersion="0.2.2.0" exif:DateTimeOriginal="2002-07-13T14:58:24"'
    after, differences = edit(xmp_packet(fields), Wish(("dog",)), sidecar=True)
    assert differences and all(each.encode() in after for each in fields.split())
