"""What photo files and their sidecars say: fields, words, odd cameras and hostile blocks."""

from __future__ import annotations

import io
import os
import random
import struct
import time
from pathlib import Path

import pytest
from PIL import Image

from photomgr.core import metadata
from photomgr.core.errors import ImageError
from photomgr.core.packets import parse_time, read_iptc, read_xmp

from ..photos import SHARED
from .file_kit import bag, exif_block, iptc_block, jpeg, photoshop, picture, xmp_packet

NIKON = exif_block(
    {0x10F: "NIKON CORPORATION", 0x110: "NIKON D750", 0x112: 6, 0x132: "2020:01:01 00:00:00", 0x4746: 4},
    {
        0x829A: (1, 250), 0x829D: (28, 10), 0x8827: 400, 0x9003: "2019:06:15 12:30:05", 0x9291: "25",
        0x9011: "+02:00", 0x9209: 25, 0x920A: (85, 1), 0xA434: "85mm f/1.8G", 0x927C: b"Nikon\0" + bytes(3000),
    },
    {
        1: "S", 2: [(33, 1), (30, 1), (0, 1)], 3: "W", 4: [(70, 1), (45, 1), (36, 1)], 5: b"\1", 6: (12, 1),
    },
)  # fmt: skip


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif", "a.heic"])
def test_the_fields_of_a_camera(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.jpg":
        jpeg(path, exif=NIKON)
    elif name == "a.tif":
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + NIKON)
        del exif.get_ifd(0x8769)[0x927C]
        picture().save(path, exif=exif)
    else:
        picture().save(path, exif=b"Exif\0\0" + NIKON if name == "a.webp" else NIKON)
    found = metadata.read(path)
    assert (found.width, found.height) == ((240, 320) if name == "a.heic" else (320, 240))
    assert found.orientation == (1 if name == "a.heic" else 6)  # libheif turns the picture itself
    assert (found.taken, found.zone) == ("2019-06-15T12:30:05.250", "+02:00")
    assert (found.camera, found.lens) == ("NIKON D750", "85mm f/1.8G")
    assert found.exposure == pytest.approx(1 / 250) and found.aperture == pytest.approx(2.8)
    assert (found.iso, found.focal, found.flash) == (400, 85.0, True)
    assert found.latitude == pytest.approx(-33.5) and found.longitude == pytest.approx(-70.76)
    assert found.altitude == -12.0
    assert found.rating == 4


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("Apple", "iPhone 12", "Apple iPhone 12"),
        ("OLYMPUS OPTICAL CO.,LTD", "C960Z,D460Z", "OLYMPUS C960Z,D460Z"),
        ("EASTMAN KODAK COMPANY", "KODAK DC240 ZOOM", "KODAK DC240 ZOOM"),
        ("HUAWEI", "", "HUAWEI"),
        ("", "Pixel 7", "Pixel 7"),
        ("", "", None),
        ("SONY\0junk", "DSC-D700\0\0\0", "SONY DSC-D700"),
    ],
)
def test_a_camera_is_named_as_people_name_it(make: str, model: str, expected: str | None) -> None:
    assert metadata.camera_name(make, model) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019:06:15 12:30:05", ("2019-06-15T12:30:05", None)),
        ("2019-06-15T12:30:05.5+05:30", ("2019-06-15T12:30:05.500", "+05:30")),
        ("2019-06-15T12:30Z", ("2019-06-15T12:30:00", "+00:00")),
        ("2019:06:15", ("2019-06-15T00:00:00", None)),
        ("2019-06-15T12:30:05+99:00", ("2019-06-15T12:30:05", None)),
        ("0000:00:00 00:00:00", (None, None)),
        ("2019:13:45 12:00:00", (None, None)),
        ("2019:06:15 25:00:00", (None, None)),
        ("    :  :     :  :  ", (None, None)),
        ("yesterday", (None, None)),
        ("", (None, None)),
    ],
)
def test_times(text: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_time(text) == expected


def test_the_zone_follows_from_gps_time(tmp_path: Path) -> None:
    def zone(local: str, *utc: int) -> str | None:
        gps = {7: [(part, 1) for part in utc], 29: "2019:06:15"}
        return metadata.read(jpeg(tmp_path / "a.jpg", exif=exif_block({}, {0x9003: local}, gps))).zone

    assert zone("2019:06:15 12:30:05", 10, 30, 0) == "+02:00"
    assert zone("2019:06:16 01:15:20", 19, 30, 12) == "+05:45"
    assert zone("2019:06:14 23:00:00", 4, 0, 0) == "-05:00"
    assert zone("2019:06:15 12:30:05", 10, 20, 0) is None


def test_where_else_the_time_and_the_place_may_be(tmp_path: Path) -> None:
    """A day from XMP with the hour from IPTC, TIFF/EP's time, and a directory whose place is written as signed."""
    block = iptc_block([(2, 55, b"20190615"), (2, 60, b"123005-0500")])
    found = metadata.read(
        jpeg(tmp_path / "a.jpg", xmp=xmp_packet('photoshop:DateCreated="2019-06-15"'), iptc=block)
    )
    assert (found.taken, found.zone) == ("2019-06-15T12:30:05", "-05:00")
    other = xmp_packet('photoshop:DateCreated="2019-06-16"')
    assert metadata.read(jpeg(tmp_path / "b.jpg", xmp=other, iptc=block)).taken == "2019-06-16T00:00:00"
    assert metadata.read(
        jpeg(tmp_path / "c.jpg", exif=exif_block({0x9003: "2019:06:15 12:30:05"}))
    ).taken == ("2019-06-15T12:30:05")
    place = exif_block(
        {}, {0x9003: "2019:06:15 12:30:05"}, {1: "N", 2: [(50, 1)] * 3, 3: "E", 4: [(7, 1)] * 3}
    )
    for kind in (9, 13):
        signed = bytearray(place)
        for pointer in (b"\x87\x69", b"\x88\x25"):
            at = place.index(pointer + b"\0\4")
            signed[at + 3] = kind
        found = metadata.read(jpeg(tmp_path / f"{kind}.jpg", exif=bytes(signed)))
        assert (found.taken, round(found.latitude or 0)) == ("2019-06-15T12:30:05", 51)


def test_nonsense_is_left_out(tmp_path: Path) -> None:
    exif = exif_block(
        {0x10E: "OLYMPUS DIGITAL CAMERA         ", 0x112: 99, 0x4746: 77},
        {0x829A: (1, 0), 0x829D: (0, 0), 0x8827: 65535, 0x8832: 102400, 0x920A: (0, 1), 0xA434: "----"},
        {1: "N", 2: [(95, 1), (0, 1), (0, 1)], 3: "E", 4: [(10, 1), (0, 1), (0, 1)]},
    )
    found = metadata.read(jpeg(tmp_path / "a.jpg", exif=exif))
    assert found.orientation == 1 and found.iso == 102400
    for field in ("caption", "rating", "exposure", "aperture", "focal", "lens", "latitude", "longitude"):
        assert getattr(found, field) is None, field
    nowhere = exif_block({}, {}, {1: "N", 2: [(0, 1)] * 3, 3: "E", 4: [(0, 1)] * 3})
    assert metadata.read(jpeg(tmp_path / "a.jpg", exif=nowhere)).latitude is None


def test_apex_values_and_lens_ranges_fill_gaps(tmp_path: Path) -> None:
    exif = {0x9201: (8, 1), 0x9202: (5, 1), 0xA432: [(24, 1), (70, 1), (28, 10), (28, 10)]}
    found = metadata.read(jpeg(tmp_path / "a.jpg", exif=exif_block({}, exif)))
    assert (found.exposure, found.aperture, found.lens) == (1 / 256, 5.7, "24-70 mm f/2.8")


# Words ------------------------------------------------------------------------------------------------------


def test_words_of_all_blocks_come_together_once(tmp_path: Path) -> None:
    xmp = xmp_packet(
        'xmp:Rating="3" xmp:Label="Grün"',
        bag("dc:subject", ["Beach", "Zoë"])
        + bag("lr:hierarchicalSubject", ["Places|Spain|Cádiz", "beach"])
        + bag("digiKam:TagsList", ["People/Zoë", "Events/Wedding"], "Seq")
        + bag("MicrosoftPhoto:LastKeywordXMP", ["summer"])
        + bag("dc:title", ["The bay"], "Alt")
        + bag("dc:description", ["At the bay &amp; beyond"], "Alt"),
    )
    iptc = iptc_block(
        [(1, 90, b"\x1b%G"), (2, 25, "Café".encode()), (2, 25, b"BEACH"), (2, 120, b"older caption")]
    )
    exif = exif_block({0x9C9E: "tower;summer\0".encode("utf-16-le"), 0x9C9B: "x\0".encode("utf-16-le")})
    found = metadata.read(jpeg(tmp_path / "a.jpg", exif=exif, xmp=xmp, iptc=iptc))
    assert found.keywords == ("Beach", "Zoë", "summer", "Cádiz", "Wedding", "Café", "tower")
    assert (found.rating, found.label) == (3, "green")
    assert (found.title, found.caption) == ("The bay", "At the bay & beyond")


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.avif", "a.heic"])
def test_words_are_found_in_other_containers(tmp_path: Path, name: str) -> None:
    xmp = xmp_packet('xmp:Rating="5"', bag("dc:subject", ["harbour"]))
    path = tmp_path / name
    if name == "a.png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        picture().save(path, pnginfo=info)
    elif name == "a.tif":
        picture().save(path, tiffinfo={700: xmp, 33723: iptc_block([(2, 25, b"quay")])})
    else:
        picture().save(path, xmp=xmp)
    found = metadata.read(path)
    assert found.keywords == (("harbour", "quay") if name == "a.tif" else ("harbour",))
    assert found.rating == 5


def test_imagemagick_profiles_in_png_are_read(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    def profile(name: str, data: bytes) -> str:
        return f"\n{name}\n{len(data):8}\n{data.hex()}\n"

    info = PngInfo()
    info.add_text("Raw profile type exif", profile("exif", b"Exif\0\0" + NIKON), zip=True)
    info.add_text(
        "Raw profile type iptc", profile("iptc", photoshop(iptc_block([(2, 25, b"moor")]))), zip=True
    )
    picture().save(tmp_path / "a.png", pnginfo=info)
    found = metadata.read(tmp_path / "a.png")
    assert found.camera == "NIKON D750" and found.keywords == ("moor",)


def test_sidecars_win_and_their_keywords_are_added(tmp_path: Path) -> None:
    photo = jpeg(tmp_path / "IMG_1.jpg", xmp=xmp_packet('xmp:Rating="2"', bag("dc:subject", ["inside"])))
    (tmp_path / "IMG_1.xmp").write_bytes(xmp_packet('xmp:Rating="4"', bag("dc:subject", ["beside"])))
    assert metadata.read(photo).rating == 4
    (tmp_path / "IMG_1.jpg.xmp").write_bytes(xmp_packet('xmp:Rating="5" xmp:Label="Red"'))
    found = metadata.read(photo)
    assert (found.rating, found.label, found.keywords) == (5, "red", ("beside", "inside"))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('xmp:Rating="-1"', 0),
        ('xmp:Rating="5.0"', 5),
        ('xmp:Rating="9"', None),
        ('xmp:Rating="many"', None),
        ('MicrosoftPhoto:Rating="75"', 4),
        ('MicrosoftPhoto:Rating="1"', 1),
        ('MicrosoftPhoto:Rating="99"', 5),
        ("", None),
    ],
)
def test_ratings(attributes: str, expected: int | None) -> None:
    words = read_xmp(xmp_packet(attributes))
    assert words is not None and words.rating == expected


def test_xmp_as_elements_in_other_encodings_and_structures() -> None:
    body = "<xmp:Rating>4</xmp:Rating>" + bag("dc:subject", ["a", "b"])
    body += (
        '<exif:Nested rdf:parseType="Resource"><xmp:Rating>1</xmp:Rating>'
        + bag("dc:subject", ["no"])
        + "</exif:Nested>"
    )
    body += "<exif:GPSLatitude>50,30.5N</exif:GPSLatitude><exif:GPSLongitude>7,15,36W</exif:GPSLongitude>"
    packet = xmp_packet("", body)
    wide = [
        packet.decode().removeprefix("\ufeff").encode(each) for each in ("utf-16", "utf-16-be", "utf-16-le")
    ]
    for data in (packet, packet + b"\0" * 100, *wide):
        words = read_xmp(data)
        assert words is not None
        assert (words.rating, words.keywords) == (4, ["a", "b"])
        assert words.latitude == pytest.approx(50.508333, abs=1e-5)
        assert words.longitude == pytest.approx(-7.26)


def test_keywords_are_cleaned() -> None:
    words = read_xmp(
        xmp_packet(
            "", bag("dc:subject", ["  two \n  words ", "", "x" * 501, "e\u0301t\u00e9", "été", "a\u0085b"])
        )
    )
    assert words is not None and words.keywords == ["two words", "été", "a b"]


def test_iptc_in_latin1_and_cut_short() -> None:
    block = iptc_block(
        [(2, 25, "Köln".encode("latin-1")), (2, 55, b"20190615"), (2, 60, b"123005+0200"), (2, 5, b"T")]
    )
    words = read_iptc(block)
    assert (words.keywords, words.title) == (["Köln"], "T")
    assert (words.taken, words.zone) == ("2019-06-15T12:30:05", "+02:00")
    for end in range(len(block)):
        read_iptc(block[:end])


# Harm -------------------------------------------------------------------------------------------------------


def test_entity_bombs_are_refused() -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 60))
    packet = xmp_packet("", bag("dc:subject", ["&a59;"])).decode()
    bomb = f"<!DOCTYPE x [{entities}]>" + packet
    started = time.monotonic()
    assert read_xmp(bomb.encode()) is None
    assert read_xmp(bomb.encode("utf-16")) is None
    assert read_xmp(b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>') is None
    assert read_xmp(b"<a>" * 100_000) is None
    assert read_xmp(b"") is None
    assert time.monotonic() - started < 2


def _huge_directories() -> bytes:
    """Directories of 65,535 fields of 999 values each, chained a thousand times: hours of work for exifread."""
    fields = b"".join(struct.pack(">HHII", 0x9000 + n % 2000, 5, 999, 8) for n in range(4500))
    return b"MM\0*" + struct.pack(">IH", 8, 65535) + fields


def test_crafted_exif_does_not_keep_us_busy(tmp_path: Path) -> None:
    def pointers(target: int) -> bytes:
        fields = b"".join(struct.pack(">HHII", 0x8825, 4, 1, target) for _ in range(5000))
        return b"MM\0*" + struct.pack(">IH", 8, 5000) + fields

    maker = exif_block({0x10F: "NIKON"}, {0x927C: b"Nikon\0\2\x10\0\0MM\0*\0\0\0\x08" + b"\xff" * 30000})
    loop = b"MM\0*" + struct.pack(">IHHHIII", 8, 1, 0x8769, 4, 1, 8, 8)
    started = time.monotonic()
    for block in (_huge_directories(), pointers(8), loop, maker, b"MM\0*\xff\xff\xff\xff", b"II*\0"):
        found = metadata.read(jpeg(tmp_path / "a.jpg", exif=block[:65000]))
        assert found.width == 320
        (tmp_path / "a.tif").write_bytes(block * 20)
        metadata.read(tmp_path / "a.tif")
    assert time.monotonic() - started < 5


def test_damaged_files_give_empty_fields_and_never_raise(tmp_path: Path) -> None:
    dice = random.Random(3)
    xmp = xmp_packet('xmp:Rating="3"', bag("dc:subject", ["Beach"]))
    seeds = [jpeg(tmp_path / "a.jpg", exif=NIKON, xmp=xmp, iptc=iptc_block([(2, 25, b"x")])).read_bytes()]
    for suffix in ("png", "webp", "tif"):
        out = io.BytesIO()
        picture(60, 40).save(out, {"png": "PNG", "webp": "WEBP", "tif": "TIFF"}[suffix], exif=NIKON)
        seeds.append(out.getvalue())
    for _ in range(400):
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.choice((1, 5, 30))):
            data[dice.randrange(min(len(data), 4000))] = dice.choice((0, 255, dice.randrange(256)))
        if dice.random() < 0.2:
            del data[dice.randrange(len(data)) :]
        path = tmp_path / "damaged.jpg"
        path.write_bytes(data)
        found = metadata.read(path)
        assert 1 <= found.orientation <= 8


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not there"):
        metadata.read(tmp_path / "none.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(ImageError):
        metadata.read(tmp_path / "folder.jpg")
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    assert metadata.read(tmp_path / "text.jpg").width is None


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe naught\n.jpg"))
    try:
        jpeg(path, exif=NIKON)
    except OSError:
        pytest.skip("not posix: this file system takes no such names")
    assert metadata.read(path).camera == "NIKON D750"


def test_the_sample_library(tmp_path: Path) -> None:
    folder = SHARED / "data" / "library"
    if not folder.is_dir():
        pytest.skip(f"no sample library at {folder}")
    square = metadata.read(folder / "cameras" / "jpg" / "xmp" / "BlueSquare.jpg")
    assert "Blue Square" in square.keywords and square.zone == "-07:00"
    phone = metadata.read(folder / "heic" / "IMG_5195.HEIC")
    assert phone.camera == "Apple iPhone 11 Pro Max" and phone.orientation == 1
    assert phone.latitude == pytest.approx(39.05, abs=0.01)
    place = metadata.read(folder / "cameras" / "jpg" / "gps" / "DSCN0010.jpg")
    assert (place.taken, place.camera) == ("2008-10-22T16:28:39", "NIKON COOLPIX P6000")
    assert place.latitude == pytest.approx(43.4674, abs=0.001)
    for path in (each for each in folder.rglob("*") if each.is_file()):
        assert metadata.read(path).width


def test_names_on_regions() -> None:
    regions = (
        ' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/x/area#"'
        ' xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"'
        ' xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
    )
    body = (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li>'
        '<rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.5"/></rdf:Description></rdf:li>'
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Bo Berg</mwg-rs:Name></rdf:li></rdf:Bag></mwg-rs:RegionList>'
        "</mwg-rs:Regions><MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag>"
        '<rdf:li MPReg:PersonDisplayName="Cy"/></rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo>'
    )
    found = read_xmp(xmp_packet(regions, bag("dc:subject", ["sea"]) + body))
    assert found is not None
    assert found.keywords == ["sea", "Ada", "Bo Berg", "Cy"] and found.fields["people"] == [
        "Ada",
        "Bo Berg",
        "Cy",
    ]
