"""The decoder: formats, orientation, colour, limits, and files that want to harm."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from photomgr.core import images
from photomgr.core.containers import PhotoFile, content_hash
from photomgr.core.errors import ImageChanged, ImageError, ImageUnavailable

from ..photos import SHARED
from .file_kit import exif_block, jpeg, picture


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures in 8-bit steps, after scaling both down."""
    size = (64, 48) if one.width >= one.height else (48, 64)
    assert one.mode == other.mode == "RGB"
    left, right = (
        np.asarray(image.resize(size, Image.Resampling.BOX), dtype=float) for image in (one, other)
    )
    return float(abs(left - right).mean())


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {}),
        ("progressive.jpg", {"progressive": True}),
        ("a.png", {}),
        ("a.webp", {"quality": 95}),
        ("a.tif", {}),
        ("lzw.tiff", {"compression": "tiff_lzw"}),
        ("a.avif", {"quality": 95, "speed": 10}),
        ("a.heic", {"quality": 95}),
    ],
)
def test_every_format_decodes_to_the_same_picture(
    tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    original = picture(640, 480)
    path = saved(tmp_path / name, original, **options)
    assert images.dimensions(path) == (640, 480)
    whole = images.decode(path)
    assert whole.mode == "RGB" and whole.size == (640, 480)
    assert difference(whole, original) < 3
    small = images.decode(path, short_side=100)
    assert 100 <= min(small.size) < 200
    assert abs(small.width / small.height - 4 / 3) < 0.02
    assert difference(small, original) < 4


def turned_back(orientation: int, image: Image.Image) -> Image.Image:
    """What a camera stores so that EXIF's ``orientation`` makes ``image`` of it."""
    undo = {6: 8, 8: 6}.get(orientation, orientation)
    marked = image.copy()
    marked.getexif()[0x112] = undo
    return ImageOps.exif_transpose(marked)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif"])
def test_all_orientations_are_upright_in_all_formats(tmp_path: Path, name: str, orientation: int) -> None:
    original = picture(320, 240)
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {"speed": 10} if name.endswith("avif") else {}
    path = saved(tmp_path / name, turned_back(orientation, original), exif=exif, **options)
    for short_side in (None, 60):
        decoded = images.decode(path, short_side=short_side)
        assert decoded.width > decoded.height
        assert difference(decoded, original) < 4


def test_orientation_only_in_xmp_counts(tmp_path: Path) -> None:
    original = picture(320, 240)
    xmp = b'<x xmlns:tiff="t" tiff:Orientation="6"/>'
    path = jpeg(tmp_path / "a.jpg", turned_back(6, original), xmp=xmp)
    assert difference(images.decode(path), original) < 3


def test_transparency_is_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 64), (200, 0, 0, 0))
    palette = Image.new("P", (64, 64), 3)
    palette.putpalette([0, 0, 0] * 3 + [10, 20, 30])
    half = Image.new("LA", (64, 64), (0, 128))
    for path in (
        saved(tmp_path / "a.png", clear),
        saved(tmp_path / "a.webp", clear, lossless=True),
        saved(tmp_path / "p.png", palette, transparency=3),
        saved(tmp_path / "p.gif", palette, transparency=3),
    ):
        assert images.decode(path).getpixel((5, 5)) == (255, 255, 255), path.name
        assert images.decode(path, short_side=20).getpixel((5, 5)) == (255, 255, 255), path.name
    grey = images.decode(saved(tmp_path / "la.png", half)).getpixel((5, 5))
    assert isinstance(grey, tuple) and all(abs(part - 127) <= 1 for part in grey)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_keep_their_tones(tmp_path: Path, name: str) -> None:
    ramp = np.linspace(0, 65535, 256 * 16).reshape(16, 256).astype(np.uint16)
    decoded = np.asarray(images.decode(saved(tmp_path / name, Image.fromarray(ramp))))
    expected = (ramp // 256).astype(int)
    assert abs(decoded[:, :, 0].astype(int) - expected).max() <= 1


def test_odd_modes(tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 64), (250, 10, 10))
    for path in (
        saved(tmp_path / "cmyk.jpg", red.convert("CMYK"), quality=95),
        saved(tmp_path / "cmyk.tif", red.convert("CMYK")),
        saved(tmp_path / "palette.png", red.quantize(4)),
        saved(tmp_path / "palette.gif", red.quantize(4)),
        saved(tmp_path / "lab.tif", ImageOps.posterize(red, 8).convert("LAB")),
    ):
        pixel = images.decode(path).getpixel((30, 30))
        assert isinstance(pixel, tuple) and pixel[0] > 220 and pixel[1] < 60 and pixel[2] < 60, path.name
    for path in (
        saved(tmp_path / "bits.png", Image.new("1", (64, 64), 1)),
        saved(tmp_path / "grey.jpg", Image.new("L", (64, 64), 255)),
        saved(tmp_path / "float.tif", Image.fromarray(np.ones((64, 64), np.float32))),
        saved(tmp_path / "long.tif", Image.fromarray(np.full((64, 64), 65535, np.int32))),
    ):
        assert images.decode(path).getpixel((30, 30)) == (255, 255, 255), path.name


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    for name in ("a.gif", "a.webp", "a.png", "a.tif"):
        path = saved(tmp_path / name, frames[0], save_all=True, append_images=frames[1:])
        pixel = images.decode(path).getpixel((20, 20))
        assert isinstance(pixel, tuple) and pixel[0] > 240 and pixel[1] < 20, name


def test_a_picture_with_a_stereo_partner_decodes(tmp_path: Path) -> None:
    left = picture(400, 300)
    path = tmp_path / "a.jpg"
    left.save(path, "MPO", save_all=True, append_images=[picture(400, 300, seed=2)])
    assert difference(images.decode(path, short_side=70), left) < 4


def _swapped_profile() -> bytes:
    """A profile like sRGB in which red and green have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = data.replace(b"rXYZ", b"xxxx", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"xxxx", b"gXYZ", 1)
    return bytes(data.replace(b"s\0R\0G\0B", b"o\0d\0d\0!").replace(b"sRGB", b"odd!"))


def test_a_colour_profile_is_followed(tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 64), (250, 10, 10))
    path = saved(tmp_path / "a.png", red, icc_profile=_swapped_profile())
    pixel = images.decode(path).getpixel((5, 5))
    assert isinstance(pixel, tuple) and pixel[1] > 200 and pixel[0] < 60
    damaged = saved(tmp_path / "b.png", red, icc_profile=b"no profile at all" * 20)
    assert images.decode(damaged).getpixel((5, 5)) == (250, 10, 10)


# What cannot be decoded -------------------------------------------------------------------------------------


def _reason(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        images.decode(path)
    return str(caught.value)


def test_reasons_are_sentences(tmp_path: Path) -> None:
    whole = jpeg(tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_bytes(b"hello " * 100)
    (tmp_path / "head.jpg").write_bytes(whole[:100])
    assert _reason(tmp_path / "cut.jpg") == "The file is cut short."
    assert _reason(tmp_path / "empty.jpg") == "The file is empty."
    assert _reason(tmp_path / "text.jpg") == images.UNKNOWN
    assert _reason(tmp_path / "none.jpg") == "The file is not there."
    assert _reason(tmp_path / "head.jpg").endswith(".")


def test_only_the_asked_for_content_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = jpeg(tmp_path / "a.jpg", seed=1)
    with PhotoFile(path) as file:
        content = content_hash(file)
    assert images.decode(path, content=content).size == (320, 240)
    jpeg(path, seed=2)
    assert images.decode(path).size == (320, 240)
    with pytest.raises(ImageChanged):
        images.decode(path, content=content)
    path.write_bytes(b"cut")
    with pytest.raises(ImageChanged):
        images.decode(path, content=content)
    jpeg(path, seed=1)
    real = images._loaded

    def written_meanwhile(file: PhotoFile, *rest: object) -> Image.Image:
        with path.open("ab") as other:
            other.write(b"more")
        return real(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(images, "_loaded", written_meanwhile)
    with pytest.raises(ImageChanged):
        images.decode(path, content=content)


@pytest.mark.parametrize(
    "error", [PermissionError(13, "denied"), OSError(5, "Input/output error"), MemoryError()]
)
def test_what_lies_in_the_world_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = jpeg(tmp_path / "a.jpg")

    def fail(*_: object) -> Image.Image:
        raise error

    monkeypatch.setattr(images, "_loaded", fail)
    with pytest.raises(ImageUnavailable, match=r"\.$"):
        images.decode(path)
    monkeypatch.undo()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ImageError) as damage:
        images.decode(path)
    assert type(damage.value) is ImageError


def test_postscript_in_disguise_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert _reason(path) == images.UNKNOWN


def _png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def test_bombs_are_refused_before_they_are_opened(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png_of(50_000, 50_000))
    (tmp_path / "b.png").write_bytes(_png_of(0, 10))
    vp8x = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\x3f\0" * 2
    (tmp_path / "c.webp").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x)
    gif = io.BytesIO()
    Image.new("P", (10, 10)).save(gif, "GIF")
    (tmp_path / "d.gif").write_bytes(
        gif.getvalue()[:6] + struct.pack("<HH", 60_000, 60_000) + gif.getvalue()[10:]
    )
    for name in ("a.png", "c.webp", "d.gif"):
        assert "too large" in _reason(tmp_path / name)
    assert _reason(tmp_path / "b.png").endswith(".")


def test_a_jpeg_too_large_for_memory_comes_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MEMORY_LIMIT", 1 << 20)
    path = jpeg(tmp_path / "a.jpg", picture(1000, 800))
    assert images.decode(path).size == (250, 200)
    assert images.decode(path, short_side=100).size == (125, 100)
    progressive = jpeg(tmp_path / "b.jpg", picture(1000, 800), progressive=True, subsampling=0)
    assert "too large" in _reason(progressive)
    assert "too large" in _reason(saved(tmp_path / "a.png", picture(1000, 800)))


@pytest.mark.skipif(os.name != "posix", reason="FIFOs are a thing of POSIX")
def test_a_fifo_does_not_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert "regular file" in _reason(tmp_path / "a.jpg")


_MEASURE = """
import sys
from pathlib import Path
from photomgr.core import images
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
before = peak()
images.decode(Path(sys.argv[1]))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="not posix with /proc: no peak memory")
@pytest.mark.parametrize("name", ["a.jpg", "rgba.png", "rgba.webp", "one_strip.tif"])
def test_a_photo_takes_no_more_memory_than_was_reckoned(tmp_path: Path, name: str) -> None:
    size = (3000, 2000)
    image = picture(*size)
    options: dict[str, object] = {}
    if name.startswith("rgba"):
        image.putalpha(Image.linear_gradient("L").resize(size))
    if name.endswith("png"):
        options = {"compress_level": 1}
    if name.endswith("webp"):
        options = {"method": 0}
    if name.endswith("tif"):
        options = {"compression": "tiff_lzw", "tiffinfo": {278: size[1]}}
    exif = Image.Exif()
    exif[0x112] = 6
    path = saved(tmp_path / name, image, exif=exif, **options)
    ran = subprocess.run([sys.executable, "-c", _MEASURE, path], capture_output=True, text=True, check=True)
    kind = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}[path.suffix[1:]]
    reckoned = size[0] * size[1] * images._PIXEL_COST[kind] + path.stat().st_size
    if kind == "TIFF":
        reckoned += size[0] * size[1] * 3
    assert float(ran.stdout) < reckoned / 2**20 + 12


# The embedded thumbnail ---------------------------------------------------------------------------------------


def _thumbnail(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def test_the_embedded_thumbnail_is_upright(tmp_path: Path) -> None:
    original = picture(800, 600)
    stored = turned_back(6, original)
    exif = exif_block({0x112: 6}, thumbnail=_thumbnail(stored.resize((120, 160))))
    found = images.embedded_thumbnail(jpeg(tmp_path / "a.jpg", stored, exif=exif))
    assert found is not None and found.size == (160, 120)
    assert difference(found, original) < 4


def test_bars_are_cut_off_and_other_shapes_refused(tmp_path: Path) -> None:
    original = picture(900, 600)
    boxed = Image.new("RGB", (160, 120))
    boxed.paste(original.resize((160, 106)), (0, 7))
    path = jpeg(tmp_path / "a.jpg", original, exif=exif_block({}, thumbnail=_thumbnail(boxed)))
    found = images.embedded_thumbnail(path)
    assert found is not None and abs(found.width / found.height - 1.5) < 0.05
    assert difference(found, original) < 6
    cropped = original.crop((50, 0, 850, 600)).resize((160, 120))
    path = jpeg(tmp_path / "b.jpg", original, exif=exif_block({}, thumbnail=_thumbnail(cropped)))
    assert images.embedded_thumbnail(path) is None
    path = jpeg(tmp_path / "c.jpg", original, exif=exif_block({}, thumbnail=b"\xff\xd8\xff no JPEG"))
    assert images.embedded_thumbnail(path) is None
    assert images.embedded_thumbnail(jpeg(tmp_path / "d.jpg")) is None
    assert images.embedded_thumbnail(tmp_path / "none.jpg") is None


# The sample library ---------------------------------------------------------------------------------------------


def _library() -> Path:
    folder = SHARED / "data" / "library"
    if not folder.is_dir():
        pytest.skip(f"no sample library at {folder}")
    return folder


def test_the_eight_sample_orientations_are_one_picture() -> None:
    paths = sorted((_library() / "orientation").glob("Landscape_*.jpg"))
    assert len(paths) == 8
    first = images.decode(paths[0], short_side=200)
    for path in paths[1:]:
        decoded = images.decode(path, short_side=200)
        assert decoded.size == first.size
        assert difference(decoded, first) < 3, path.name


def test_sample_photos_decode_or_say_why_and_stay_as_they_are() -> None:
    for path in sorted(each for each in _library().rglob("*") if each.is_file()):
        if path.suffix.lower() in (".heic", ".heif"):
            continue  # slow to decode; the next test reads one
        before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns)
        try:
            assert min(images.decode(path, short_side=64).size) >= 64
        except ImageError as error:
            assert str(error).endswith(".")
        images.embedded_thumbnail(path)
        assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before


def test_a_sample_heic_decodes() -> None:
    path = _library() / "heic" / "IMG_5195.HEIC"
    decoded = images.decode(path, short_side=200)
    assert min(decoded.size) >= 200 and decoded.mode == "RGB"
