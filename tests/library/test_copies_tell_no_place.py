"""Copies without the place: nowhere in them is it told, and all else that is worth having is there still."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from photomgr.core import images
from photomgr.core.containers import PhotoBytes, parts_of
from photomgr.core.metadata import read
from photomgr.core.xmp.copies import dressed, without_place
from photomgr.core.xmp.wish import Wish

from ..core.file_kit import bag, exif_block, iptc_block, jpeg, picture, xmp_packet

GPS = {1: "N", 2: [(33, 1), (30, 1), (0, 1)], 3: "W", 4: [(70, 1), (45, 1), (36, 1)]}
TOWN = "Valparaiso"
EXIF = exif_block(
    {0x10F: "Pentax", 0x110: "K10D", 0x10E: "at the sea"},
    {0x9003: "2019:06:15 12:30:05", 0x927C: b"AOC\0 " + TOWN.encode()},
    GPS,
    thumbnail=b"\xff\xd8\xff\xfe\x00\x0c" + TOWN.encode() + b"\xff\xd9",
)
XMP = xmp_packet(
    'xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"'
    ' xmlns:dji="http://www.dji.com/drone-dji/1.0/" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"'
    f' exif:GPSLatitude="33,30.0S" photoshop:City="{TOWN}" photoshop:State="{TOWN}" core:Location="{TOWN}"'
    ' dji:GpsLatitude="+33.5" GCamera:MotionPhoto="1" xmp:Rating="4"',
    bag("dc:subject", ["Hund"])
    + f'<ext:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource"><ext:City>{TOWN}</ext:City></rdf:li></rdf:Bag>'
    "</ext:LocationCreated>"
    '<core:CreatorContactInfo rdf:parseType="Resource"><core:CiAdrCity>Ulm</core:CiAdrCity></core:CreatorContactInfo>',
)
IPTC = iptc_block(
    [(2, 25, b"Hund"), (2, 90, TOWN.encode()), (2, 27, TOWN.encode()), (2, 101, b"Chile"), (2, 80, b"Ada")]
)


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes((marker,)) + (len(body) + 2).to_bytes(2, "big") + body


def telling(path: Path) -> Path:
    """A JPEG that tells its place everywhere: in its blocks, in makers' segments, and behind its picture."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    other = jpeg(path.with_name("other.jpg"), seed=3, exif=exif_block({}, {}, GPS)).read_bytes()
    path.with_name("other.jpg").unlink()
    blocks = {"exif": EXIF, "xmp": XMP, "iptc": IPTC}
    data = jpeg(path, **blocks, icc_profile=profile, progressive=True).read_bytes()
    film = b"\0\0\0\x18ftypmp42" + b"\xa9xyz-33.5-070.7/" + TOWN.encode()
    extra = segment(0xE5, b"RMETA\0" + TOWN.encode()) + segment(0xE4, b"Samsung\0" + TOWN.encode())
    path.write_bytes(data[:2] + extra + data[2:] + other + film)
    return path


def test_a_jpeg_that_tells_it_everywhere(tmp_path: Path) -> None:
    path = telling(tmp_path / "a.jpg")
    before = images.decode(path)
    path.write_bytes(without_place(path.read_bytes()))
    data, found = path.read_bytes(), read(path)
    for told in (TOWN.encode(), b"GPS", b"Gps", b"Chile", b"\x88\x25\0\4", b"xyz", b"MotionPhoto", b"RMETA"):
        assert told not in data, told
    assert (found.latitude, found.longitude) == (None, None)
    assert (found.camera, found.taken, found.caption) == ("Pentax K10D", "2019-06-15T12:30:05", "at the sea")
    assert (found.keywords, found.rating) == (("Hund",), 4)
    assert b"CiAdrCity" in data and b"Ada" in data and b"ICC_PROFILE" in data
    assert images.decode(path).tobytes() == before.tobytes()


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_other_kinds(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name.lower()}"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("exif:GPSLatitude", "33/1, 30/1, 0/1")
    texts.add_text("Comment", "a fine day")
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + EXIF)
    if name == "TIFF":
        exif[700] = XMP
    picture().save(path, name, exif=exif, **{"PNG": {"pnginfo": texts}, "WEBP": {"xmp": XMP}}.get(name, {}))
    assert read(path).latitude is not None
    before = images.decode(path).tobytes()
    path.write_bytes(without_place(path.read_bytes()))
    data, found = path.read_bytes(), read(path)
    assert TOWN.encode() not in data and b"GPSL" not in data and b"GpsL" not in data
    assert (found.latitude, found.camera, found.rating) == (None, "Pentax K10D", 4)
    assert images.decode(path).tobytes() == before
    assert name != "PNG" or b"a fine day" in data


def test_a_converted_one_says_what_it_is(tmp_path: Path) -> None:
    """Size, colours and parts of the picture that it was made from are not its own."""
    source = telling(tmp_path / "a.jpg").read_bytes()
    out = io.BytesIO()
    picture(160, 120).save(out, "WEBP")
    bare = dressed(out.getvalue(), source, Wish(("Katze",)), strip_place=True)
    assert TOWN.encode() not in bare and b"GPS" not in bare and b"MotionPhoto" not in bare
    kept = dressed(out.getvalue(), source, Wish(("Katze",)), strip_place=False)
    assert b"MotionPhoto" not in kept and TOWN.encode() in kept
    for data in (bare, kept):
        found = parts_of(PhotoBytes(b"a.webp", data))
        assert (found.width, found.height) == (160, 120) and b"Katze" in found.xmp
