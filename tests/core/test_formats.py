"""Every format in turn: orientation, colour, depth, transparency, and files that are cut off or made to harm."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import av
import numpy as np
import pillow_jxl
import pytest
from PIL import Image, ImageCms

from photomgr import jobs
from photomgr.core import films, images, metadata, readers
from photomgr.core.containers import PhotoFile, parts_of
from photomgr.core.errors import ImageError, NotYet
from photomgr.core.paths import Paths
from photomgr.core.pictures import picture_hash
from photomgr.library import Library
from photomgr.library.copying import CopyWish

from .file_kit import picture
from .test_images import _swapped_profile, difference, saved, turned_back
from .test_raw import dng

assert pillow_jxl.__name__  # it lets Pillow write JPEG XL

WITH_PROFILE = ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif", "a.heic", "packed.jxl"]
EVERY = [*WITH_PROFILE[:-1], "a.jxl", "a.gif", "a.bmp", "a.dng", "a.mp4"]
OPTIONS: dict[str, dict[str, object]] = {
    ".avif": {"speed": 10, "quality": 92}, ".webp": {"lossless": True}, ".jpg": {"quality": 95, "subsampling": 0},
    ".heic": {"quality": 95}, ".jxl": {"lossless": True},
}  # fmt: skip


def wide_profile() -> bytes:
    """Display P3 by its primaries: a red of 1, 0, 0 lies outside sRGB."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {b"rXYZ": (0.51512, 0.24120, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189),
               b"bXYZ": (0.15710, 0.06657, 0.78407)}  # fmt: skip
    for number in range(int.from_bytes(data[128:132], "big")):
        name, at, _ = struct.unpack_from(">4sII", data, 132 + 12 * number)
        if name in columns:
            struct.pack_into(">3i", data, at + 8, *(round(value * 65536) for value in columns[name]))
    return bytes(data.replace(b"s\0R\0G\0B", b"w\0i\0d\0e").replace(b"sRGB", b"wide"))


def film(
    path: Path, frames: list[Image.Image], codec: str = "mpeg4", format: str | None = None, **tags: str
) -> Path:
    """A film of ten pictures a second."""
    with av.open(path, "w", format=format) as container:
        container.metadata.update(tags)
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode(None))
    return path


def example(path: Path) -> Path:
    """A sound file of the kind that the name says."""
    if path.suffix == ".dng":
        return dng(path, preview=False)
    if path.suffix == ".mp4":
        return film(path, [picture(160, 120)] * 3)
    return saved(path, picture(160, 120), **OPTIONS.get(path.suffix, {}))


def profiled(path: Path, image: Image.Image, profile: bytes) -> Path:
    """A file with a colour profile; as JPEG XL it is a JPEG packed without loss, for that keeps its profile."""
    if path.suffix != ".jxl":
        return saved(path, image, icc_profile=profile, **OPTIONS.get(path.suffix, {}))
    with Image.open(saved(path.with_suffix(".jpg"), image, icc_profile=profile, **OPTIONS[".jpg"])) as plain:
        return saved(path, plain, lossless_jpeg=True)


@pytest.mark.parametrize("name", WITH_PROFILE)
def test_wide_colours_are_brought_to_the_screen(tmp_path: Path, name: str) -> None:
    """A middling red of Display P3 is a stronger one in sRGB: 200, 60, 60 is 217, 42, 52 there."""
    flat = Image.new("RGB", (64, 64), (200, 60, 60))
    path = profiled(tmp_path / name, flat, wide_profile())
    pixel = np.array(images.decode(path).getpixel((30, 30)))
    assert abs(pixel - (217, 42, 52)).max() <= 5, pixel
    swapped = profiled(tmp_path / f"swapped {name}", flat, _swapped_profile())
    assert abs(np.array(images.decode(swapped).getpixel((30, 30))) - (60, 200, 60)).max() <= 5


def test_a_profile_is_known_by_what_it_does(tmp_path: Path) -> None:
    """A linear one that calls itself sRGB is brought to the screen; sRGB itself is left alone."""
    flat = Image.new("RGB", (64, 64), (100, 100, 100))
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert images.decode(profiled(tmp_path / "a.png", flat, plain)).getpixel((9, 9)) == (100, 100, 100)
    curve = plain[plain.index(b"rTRC") + 4 :][:4]
    at = int.from_bytes(curve, "big")
    assert plain[at : at + 4] in (b"curv", b"para")
    linear = bytearray(plain)
    linear[at : at + 12] = b"para\0\0\0\0\0\0\0\0"  # gamma 1: y = x ** 1
    linear[at + 12 : at + 16] = (1 << 16).to_bytes(4, "big")
    made = images.decode(profiled(tmp_path / "b.png", flat, bytes(linear))).getpixel((9, 9))
    assert isinstance(made, tuple) and min(made) > 150, made


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("name", ["a.heic", "packed.jxl"])
def test_turned_by_the_decoder_itself(tmp_path: Path, name: str, orientation: int) -> None:
    original = picture(320, 240)
    exif = Image.Exif()
    exif[0x112] = orientation
    stored = turned_back(orientation, original)
    if name == "packed.jxl":
        jpeg = saved(tmp_path / "a.jpg", stored, exif=exif, quality=92)
        with Image.open(jpeg) as plain:
            path = saved(tmp_path / name, plain, lossless_jpeg=True, exif=exif.tobytes())
    else:
        path = saved(tmp_path / name, stored, exif=exif.tobytes())
    assert difference(images.decode(path), original) < 4
    found = metadata.read(path)
    upright = (found.width, found.height) if found.orientation < 5 else (found.height, found.width)
    assert upright == (320, 240)


@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.jxl", "a.webp", "a.tif", "a.png"])
def test_transparency_is_on_white(tmp_path: Path, name: str) -> None:
    half = Image.new("RGBA", (64, 64), (0, 0, 0, 128))
    path = saved(tmp_path / name, half, **OPTIONS.get(Path(name).suffix, {}))
    assert abs(np.array(images.decode(path).getpixel((30, 30))) - 127).max() <= 3


def test_sixteen_bits_in_colour(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64 * 3, dtype=np.uint16).reshape(1, 64, 3).repeat(8, axis=0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in ramp)
    path = tmp_path / "deep.png"
    path.write_bytes(_png(64, 8, 16, 2, rows))
    assert abs(np.asarray(images.decode(path)).astype(int) - ramp // 256).max() <= 1


def _png(width: int, height: int, depth: int, kind: int, rows: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("name", EVERY)
def test_the_container_tells_the_size(tmp_path: Path, name: str) -> None:
    path = example(tmp_path / name)
    found = metadata.read(path)
    width, height = images.dimensions(path)
    assert (found.width, found.height) == (width, height)
    assert images.decode(path).width in (width, height // 2, height)


@pytest.mark.parametrize(
    "size", [(1, 1), (8, 8), (256, 256), (640, 480), (123, 4567), (3000, 2000), (70000, 2)]
)
def test_the_size_of_a_bare_jpeg_xl(tmp_path: Path, size: tuple[int, int]) -> None:
    path = saved(tmp_path / "a.jxl", Image.new("L", size), lossless=True, effort=1)
    with PhotoFile(path) as file:
        parts = parts_of(file)
    assert (parts.kind, parts.width, parts.height) == ("JXL", *size)
    if size[0] > 65535:
        with pytest.raises(ImageError, match="too large"):
            images.decode(path)


def test_jpeg_xl_says_when_and_where(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Model 1"
    exif.get_ifd(0x8769)[0x9003] = "2022:05:06 07:08:09"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    path = saved(tmp_path / "a.jxl", picture(), exif=exif.tobytes(), xmp=xmp, use_container=True)
    found = metadata.read(path)
    assert (found.camera, found.taken) == ("Acme Model 1", "2022-05-06T07:08:09")


@pytest.mark.parametrize("name", EVERY)
def test_cut_off_and_turned_to_nonsense(tmp_path: Path, name: str) -> None:
    """A picture or a reason in one sentence, at once: nothing else may come out."""
    whole = example(tmp_path / name).read_bytes()
    dice = np.random.default_rng(5)
    bad = [whole[: len(whole) * part // 6] for part in range(6)]
    for _ in range(12):
        data = bytearray(whole)
        for place in dice.integers(0, min(len(whole), 400), 6):
            data[place] = int(dice.integers(256))
        bad.append(bytes(data))
    bad.append(whole[:64] + dice.bytes(3000))
    path = tmp_path / f"bad{Path(name).suffix}"
    begun = time.monotonic()
    for data in bad:
        path.write_bytes(data)
        metadata.read(path)
        with PhotoFile(path) as file:
            parts = parts_of(file)
            parts.width = parts.height = (
                160  # as one who is told: where the picture lies is looked for all the same
            )
            assert len(picture_hash(file, parts)) in (0, 16)
        for read in (images.decode, images.dimensions):
            try:
                read(path)
            except ImageError as error:
                assert str(error).endswith(".") and "\n" not in str(error)
    assert time.monotonic() - begun < 60


# Films ------------------------------------------------------------------------------------------------------


def test_a_film_has_a_poster(tmp_path: Path) -> None:
    black, shown = Image.new("RGB", (320, 240)), picture(320, 240)
    path = film(tmp_path / "a.mp4", [black] * 8 + [shown] * 30)
    assert difference(images.decode(path), shown) < 12  # what is shown one second in
    for name, codec, kind in (
        ("b.mov", "mpeg4", None), ("c.mkv", "mpeg4", None), ("d.avi", "mpeg4", None), ("e.webm", "libvpx", None),
        ("f.ts", "mpeg2video", "mpegts"), ("g.mpg", "mpeg2video", None),
    ):  # fmt: skip
        one = film(tmp_path / name, [shown] * 3, codec, kind)
        one = one.rename(one.with_suffix(".m2ts")) if name == "f.ts" else one
        assert difference(images.decode(one, short_side=60), shown) < 12, name


def test_when_a_film_was_taken(tmp_path: Path) -> None:
    frames = [picture(64, 48)] * 2
    path = film(tmp_path / "a.mp4", frames, creation_time="2021-06-15T12:30:05Z")
    found = metadata.read(path)
    assert (found.taken, found.zone, found.width, found.height) == ("2021-06-15T12:30:05", "+00:00", 64, 48)
    named = path.rename(tmp_path / "VID_20210615_143005.mp4")
    assert (metadata.read(named).taken, metadata.read(named).zone) == ("2021-06-15T14:30:05", None)
    assert metadata.read(film(tmp_path / "VID_20219915_143005.mkv", frames)).taken is None
    beside = Path(f"{named}.xmp")
    beside.write_bytes(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        b' exif:DateTimeOriginal="2020-01-02T03:04:05"/></rdf:RDF></x:xmpmeta>'
    )
    assert metadata.read(named).taken == "2020-01-02T03:04:05"


def test_a_playlist_in_disguise_leads_nowhere(tmp_path: Path) -> None:
    secret = film(tmp_path / "secret.mp4", [picture(64, 48)] * 3)
    for number, text in enumerate(
        (
            f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile {secret}\n",
            f"<?xml version='1.0'?><MPD><Period><BaseURL>file://{secret}</BaseURL></Period></MPD>",
        )
    ):
        path = tmp_path / f"{number}.mp4"
        path.write_text(text)
        with pytest.raises(ImageError, match="not a film"):
            images.decode(path)


def test_without_its_reader_a_file_is_listed_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    film(folder / "a.mp4", [picture(64, 48)] * 3)
    saved(folder / "b.jxl", picture(64, 48))
    saved(folder / "c.jpg", picture(64, 48))
    monkeypatch.setattr(readers, "has", lambda kind: kind not in ("VIDEO", "JXL"))
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        library.add_root(folder)
        found = jobs.run(library.scan())
        assert (found.new, found.unreadable) == (3, 0)
        jobs.run(library.make_thumbnails())
        assert library.waiting().thumbnails == 0 and library.counts().unreadable == 0
        jobs.run(library.index())
        paths = {photo.display_name: photo for photo in library.photos(library.find("").ids.tolist())}
        assert paths["a.mp4"].problem and "pip install av" in paths["a.mp4"].problem
        assert [
            len(library.find(query).ids) for query in ("kind:video", "kind:picture", "is:unreadable")
        ] == [1, 2, 0]
        with pytest.raises(NotYet):
            library.picture(paths["b.jxl"].id)
        library.tag("party", [paths["a.mp4"].id])
        jobs.run(library.index())
        assert len(library.find("party").ids) == 1
        notes = [(each.text, each.advice) for each in library.doctor() if "not shown yet" in each.text]
        assert len(notes) == 2 and ("pip install av." in [advice for _, advice in notes])
        monkeypatch.undo()
        jobs.run(library.scan())
        assert all(photo.problem is None for photo in library.photos([each.id for each in paths.values()]))
        assert jobs.run(library.make_thumbnails()) == 2
    finally:
        library.close()


def test_films_are_copied_as_they_are(tmp_path: Path) -> None:
    """Nobody who makes photos smaller wants a still of a film; and its place cannot be taken out."""
    (tmp_path / "photos").mkdir()
    path = film(tmp_path / "photos" / "a.mp4", [picture(64, 48)] * 3)
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        library.add_root(tmp_path / "photos")
        jobs.run(library.scan())
        out = tmp_path / "out"
        assert jobs.run(library.exchange.copy([1], out, CopyWish(convert="webp", resize=20))).copied == 1
        assert (out / "a.mp4").read_bytes() == path.read_bytes()
        (problem,) = jobs.run(library.exchange.copy([1], out, CopyWish(strip_gps=True))).problems
        assert "was not copied" in problem[1] and len(list(out.iterdir())) == 1
    finally:
        library.close()


def test_a_motion_photo_is_one_photo(tmp_path: Path) -> None:
    """As Google and Samsung write them: a JPEG with a film behind its end."""
    still = saved(tmp_path / "PXL_1.MP.jpg", picture(320, 240), quality=92)
    moving = film(tmp_path / "a.mp4", [picture(64, 48)] * 3).read_bytes()
    still.write_bytes(still.read_bytes() + moving)
    assert difference(images.decode(still), picture(320, 240)) < 3
    assert images.dimensions(still) == (320, 240)


def test_names_of_films() -> None:
    assert films.kind_of_film(b"\x1a\x45\xdf\xa3".ljust(200, b"\0")) == "matroska"
    assert films.kind_of_film(io.BytesIO(b"#EXTM3U".ljust(200)).read()) == ""
