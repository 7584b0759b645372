"""Real photos and made ones, for tests that go the whole way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image

SHARED = Path(os.environ.get("PHOTOMGR_SHARED", Path(__file__).parents[2] / "shared"))


@cache
def _sample(name: str) -> Image.Image:
    from skimage import data

    return Image.fromarray(getattr(data, name)()).convert("RGB")


def sample(name: str, path: Path, *, taken: str = "2019:06:15 12:30:00", camera: str = "Nikon D50") -> Path:
    """Save one of scikit-image's photos (chelsea the cat, coffee, rocket, astronaut) as a JPEG with EXIF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    maker, _, model = camera.partition(" ")
    exif[0x010F], exif[0x0110] = maker, model
    exif.get_ifd(0x8769)[0x9003] = taken
    _sample(name).save(path, quality=90, exif=exif)
    return path


def plain(
    path: Path, colour: tuple[int, int, int] = (90, 140, 220), size: tuple[int, int] = (320, 240)
) -> Path:
    """A picture of one colour; two colours make two contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def keyworded(path: Path, colour: tuple[int, int, int], keywords: Sequence[str]) -> Path:
    """A small JPEG of one colour with keywords as Windows Explorer writes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x9C9E] = ";".join(keywords).encode("utf-16-le") + bytes(2)
    Image.new("RGB", (64, 48), colour).save(path, exif=exif)
    return path


def somewhere(
    path: Path, latitude: float, longitude: float, colour: tuple[int, int, int] = (90, 140, 220)
) -> Path:
    """A picture of one colour that says where it was taken."""

    def sexagesimal(degrees: float) -> tuple[float, float, float]:
        whole = abs(degrees)
        minutes = whole % 1 * 60
        return float(int(whole)), float(int(minutes)), round(minutes % 1 * 60, 4)

    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(
        {
            1: "N" if latitude >= 0 else "S",
            2: sexagesimal(latitude),
            3: "E" if longitude >= 0 else "W",
            4: sexagesimal(longitude),
        }
    )
    Image.new("RGB", (320, 240), colour).save(path, exif=exif)
    return path


def holiday(folder: Path) -> Path:
    """A small library: four real photos in two folders, two plain ones and one that is broken."""
    sample("chelsea", folder / "2019" / "Home" / "cat.jpg", taken="2019:06:15 12:30:00")
    sample("coffee", folder / "2019" / "Home" / "breakfast.jpg", taken="2019:06:16 08:00:00")
    sample(
        "rocket", folder / "2021 Cape" / "IMG_0001.jpg", taken="2021:03:01 19:00:00", camera="Canon EOS 5D"
    )
    sample(
        "astronaut", folder / "2021 Cape" / "IMG_0002.jpg", taken="2021:03:02 10:00:00", camera="Canon EOS 5D"
    )
    plain(folder / "blue.png")
    plain(folder / "2021 Cape" / "red.png", (200, 30, 20))
    (folder / "broken.jpg").write_bytes(b"this is no photo" * 50)
    return folder
