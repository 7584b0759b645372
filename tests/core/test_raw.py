"""RAW files: the camera's preview, a demosaic where there is none, and what they say of themselves."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photomgr.core import images, metadata
from photomgr.core.errors import ImageError

from .file_kit import exif_block, jpeg, picture

Fields = dict[int, tuple[int, bytes]]  # tag -> type, values


def shorts(*values: int) -> tuple[int, bytes]:
    return 3, struct.pack(f"<{len(values)}H", *values)


def longs(*values: int) -> tuple[int, bytes]:
    return 4, struct.pack(f"<{len(values)}I", *values)


def _directory(fields: Fields, at: int) -> bytes:
    rows, data = b"", b""
    data_at = at + 2 + 12 * len(fields) + 4
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 10: 8}
    for tag, (kind, raw) in sorted(fields.items()):
        rows += struct.pack("<HHI", tag, kind, len(raw) // sizes[kind])
        if len(raw) <= 4:
            rows += raw.ljust(4, b"\0")
        else:
            rows += struct.pack("<I", data_at + len(data))
            data += raw + bytes(len(raw) & 1)
    return struct.pack("<H", len(fields)) + rows + bytes(4) + data


def dng(path: Path, *, preview: bool, width: int = 400, height: int = 300) -> Path:
    """A small DNG (Adobe's specification 1.4): a Bayer mosaic, and the JPEG of it where wanted, to be turned right."""
    shown = picture(width, height, seed=3)
    colours = np.asarray(shown).astype(np.uint16) * 60
    mosaic = np.zeros((height, width), np.uint16)
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = colours[row::2, column::2, channel]
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=90)
    coded = out.getvalue() + bytes(len(out.getvalue()) & 1)
    body = bytearray(b"II*\0" + bytes(4)) + mosaic.tobytes() + coded
    sensor: Fields = {
        254: longs(0), 256: longs(width), 257: longs(height), 258: shorts(16), 259: shorts(1), 262: shorts(32803),
        273: longs(8), 277: shorts(1), 278: longs(height), 279: longs(mosaic.nbytes), 33421: shorts(2, 2),
        33422: (1, bytes((0, 1, 1, 2))), 50717: longs(16383),
    }  # fmt: skip
    unit = struct.pack("<18i", *(value for cell in range(9) for value in (int(cell % 4 == 0), 1)))
    main: Fields = {
        271: (2, b"Nikon\0"), 272: (2, b"D50\0"), 274: shorts(6), 306: (2, b"2019:06:15 12:30:05\0"),
        50706: (1, bytes((1, 4, 0, 0))), 50708: (2, b"Nikon D50\0"), 50721: (10, unit), 50778: shorts(21),
    }  # fmt: skip
    if preview:
        inner = len(body)
        body += _directory(sensor, inner)
        main |= {
            254: longs(1), 256: longs(width), 257: longs(height), 258: shorts(8, 8, 8), 259: shorts(7), 262: shorts(6),
            273: longs(8 + mosaic.nbytes), 277: shorts(3), 278: longs(height), 279: longs(len(coded)),
            330: longs(inner),
        }  # fmt: skip
    else:
        main |= sensor
    struct.pack_into("<I", body, 4, len(body))
    path.write_bytes(bytes(body) + _directory(main, len(body)))
    return path


@pytest.mark.parametrize("preview", [True, False])
def test_a_dng_upright(tmp_path: Path, preview: bool) -> None:
    path = dng(tmp_path / "a.DNG", preview=preview)
    found = metadata.read(path)
    assert (found.width, found.height, found.orientation) == (400, 300, 6)
    assert (found.camera, found.taken) == ("Nikon D50", "2019-06-15T12:30:05")
    assert images.dimensions(path) == (400, 300)
    whole = images.decode(path)
    assert whole.size == ((300, 400) if preview else (150, 200))
    wanted = picture(400, 300, seed=3).transpose(Image.Transpose.ROTATE_270).resize((30, 40))
    got = np.asarray(whole.resize((30, 40))).astype(float).ravel()
    assert np.corrcoef(got, np.asarray(wanted).astype(float).ravel())[0, 1] > (0.99 if preview else 0.8)
    assert min(images.decode(path, short_side=100).size) >= 100


def test_exif_of_fujifilm_and_canon(tmp_path: Path) -> None:
    block = exif_block({0x10F: "FUJIFILM", 0x110: "X-T3"}, {0x9003: "2020:02:03 04:05:06", 0x8827: 800})
    jpeg(tmp_path / "x.jpg", exif=block)
    head = b"FUJIFILMCCD-RAW 0201FF119502".ljust(84, b"\0")
    coded = (tmp_path / "x.jpg").read_bytes()
    coded = coded[:2] + coded[coded.index(b"\xff\xe1") :]
    (tmp_path / "a.raf").write_bytes(head + struct.pack(">II", 160, len(coded)).ljust(76, b"\0") + coded)
    found = metadata.read(tmp_path / "a.raf")
    assert (found.camera, found.taken, found.iso) == ("FUJIFILM X-T3", "2020-02-03T04:05:06", 800)

    parts = (exif_block({0x10F: "Canon", 0x110: "Canon EOS R5"}), exif_block({0x9003: "2021:02:03 04:05:06"}))
    boxes = b"".join(
        struct.pack(">I", len(part) + 8) + name + part
        for name, part in zip((b"CMT1", b"CMT2"), parts, strict=True)
    )
    (tmp_path / "a.cr3").write_bytes(struct.pack(">I", 24) + b"ftypcrx \0\0\0\1crx isom" + boxes)
    found = metadata.read(tmp_path / "a.cr3")
    assert (found.camera, found.taken) == ("Canon EOS R5", "2021-02-03T04:05:06")


@pytest.mark.parametrize("name", ["a.nef", "a.cr3", "a.raf", "a.rw2", "a.x3f"])
def test_damaged_ones_say_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for data in (b"", b"no picture" * 400, dng(tmp_path / "x.dng", preview=True).read_bytes()[:5000]):
        path.write_bytes(data)
        metadata.read(path)
        with pytest.raises(ImageError):
            images.decode(path)
