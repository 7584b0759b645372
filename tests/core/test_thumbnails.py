"""The thumbnail cache: whole files or none, whoever writes and whatever happens to the folder."""

from __future__ import annotations

import io
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from photomgr.core.thumbnails import LONG_SIDE, Thumbnails, encode

from .file_kit import picture

KEY = bytes(range(16))


def decoded(data: bytes | None) -> Image.Image:
    assert data is not None
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1600, 1200), (384, 288)),
        ((1200, 1600), (288, 384)),
        ((5000, 100), (384, 8)),
        ((3000, 1), (384, 1)),
        ((100, 80), (100, 80)),
    ],
)
def test_sizes(tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]) -> None:
    thumbnails = Thumbnails(tmp_path / "t")
    data = thumbnails.store(KEY, picture(*size))
    assert decoded(data).size == expected and max(expected) <= LONG_SIDE
    assert decoded(data).mode == "RGB"
    assert thumbnails.get(KEY) == data


def test_get_has_clear_and_size(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "deep" / "t")
    assert thumbnails.get(KEY) is None and not thumbnails.has(KEY)
    assert thumbnails.size_on_disk() == 0
    data = thumbnails.store(KEY, picture())
    other = thumbnails.store(bytes(16), picture(seed=2))
    assert thumbnails.has(KEY) and thumbnails.path(KEY).read_bytes() == data
    assert thumbnails.size_on_disk() == len(data) + len(other)
    if os.name == "posix":
        assert thumbnails.path(KEY).stat().st_mode & 0o077 == 0
    thumbnails.clear()
    assert thumbnails.get(KEY) is None and thumbnails.size_on_disk() == 0
    thumbnails.clear()


def test_what_a_power_failure_leaves_counts_as_absent(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    data = thumbnails.store(KEY, picture())
    for damaged in (b"", data[:100], bytes(len(data))):
        thumbnails.path(KEY).write_bytes(damaged)
        assert thumbnails.get(KEY) is None
    assert thumbnails.store(KEY, picture()) == thumbnails.get(KEY)


def test_nothing_of_the_original_but_its_pixels_is_kept() -> None:
    image = picture()
    image.info = {"comment": b"secret", "exif": b"Exif\0\0secret", "xmp": b"secret"}
    assert b"secret" not in encode(image)


def test_a_full_disk_is_an_error_and_leaves_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbnails = Thumbnails(tmp_path)

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        thumbnails.store(KEY, picture())
    monkeypatch.undo()
    assert not thumbnails.has(KEY)
    assert not list(tmp_path.rglob("*.tmp"))


def _store_often(folder: str) -> None:
    thumbnails = Thumbnails(Path(folder))
    for number in range(40):
        thumbnails.store(bytes([number % 4]) * 16, picture(400, 300, seed=number % 4))


def test_threads_and_processes_write_the_same_thumbnails(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_store_often, args=(str(tmp_path),))
    process.start()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: _store_often(str(tmp_path)), range(3)))
    process.join(30)
    assert process.exitcode == 0
    for number in range(4):
        key = bytes([number]) * 16
        assert thumbnails.get(key) == encode(picture(400, 300, seed=number))
    assert not list(tmp_path.rglob("*.tmp"))
