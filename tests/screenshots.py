"""Pictures of the real window for the README: ``python -m tests.screenshots OUT_DIR``.

Makes a small library from scikit-image's photos and some generated ones under a temporary folder, opens
the window on it, waits until everything is found and tagged, and saves window-light.png, window-dark.png,
photo-view.png, welcome.png, review-tag.png, review-group.png and review-photo.png (1280 x 800;
``QT_SCALE_FACTOR=2`` doubles them). The README shows three:
``cp OUT_DIR/window-light.png resources/screenshot.png``, and review-tag.png and review-photo.png as they are.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

if "QT_QPA_PLATFORM" not in os.environ and "DISPLAY" not in os.environ:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PIL import Image, ImageFilter
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from photomgr.core.paths import Paths
from photomgr.gui.app import prepare
from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.main_window import MainWindow
from photomgr.gui.review.page import Way
from photomgr.gui.review.wall import Wall
from photomgr.library import Library

SIZE = (1280, 800)
SAMPLES = (
    ("chelsea", "2024/Home/Chelsea.jpg", "2024:06:15 12:30:00", "Nikon D50"),
    ("coffee", "2024/Home/breakfast.jpg", "2024:06:15 08:04:00", "Nikon D50"),
    ("astronaut", "2024/Museum/IMG_0433.jpg", "2024:06:14 10:11:00", "Canon EOS 5D"),
    ("rocket", "2024/Museum/IMG_0412.jpg", "2024:06:13 19:02:11", "Canon EOS 5D"),
    ("camera", "2023/Town/man with camera.jpg", "2023:09:30 18:00:00", "Pixel 6"),
    ("hubble_deep_field", "2023/Night/stars.jpg", "2023:09:29 23:12:00", "Pixel 6"),
    ("moon", "2023/Night/moon.jpg", "2023:09:29 22:40:00", "Pixel 6"),
    ("coins", "2023/Attic/coins.jpg", "2023:01:08 17:00:00", "Pixel 6"),
    ("page", "2023/Attic/old book.jpg", "2023:01:08 17:05:00", "Pixel 6"),
    ("colorwheel", "2023/wheel.png", "2023:02:01 09:00:00", "Pixel 6"),
)


def save(picture: Image.Image, path: Path, taken: str, camera: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x010F], _, exif[0x0110] = camera.partition(" ")
    exif.get_ifd(0x8769)[0x9003] = taken
    picture.convert("RGB").save(path, quality=90, exif=exif)


def landscape(seed: int, sky: tuple[int, int, int], land: tuple[int, int, int]) -> Image.Image:
    """A generated picture of hills under a sky."""
    random = np.random.default_rng(seed)
    height, width = 640, 960
    rows = np.linspace(0, 1, height)[:, None, None]
    canvas = np.array(sky) * (1 - rows * 0.4) + np.array([250, 235, 215]) * rows * 0.4
    canvas = np.broadcast_to(canvas, (height, width, 3)).copy()
    for layer in range(4):
        noise = np.cumsum(random.normal(0, 1, width))
        ridge = 300 + layer * 75 + noise * 3 - noise.mean() * 3
        shade = np.array(land) * (1 - 0.2 * layer)
        canvas[np.arange(height)[:, None] > ridge[None, :]] = shade
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))


def make_photos(folder: Path) -> None:
    from skimage import data

    for name, path, taken, camera in SAMPLES:
        try:
            picture = Image.fromarray(np.asarray(getattr(data, name)()))
        except OSError:  # a sample that scikit-image would have to download
            continue
        save(picture, folder / path, taken, camera)
    scenes = (
        ((90, 150, 220), (70, 120, 60)),
        ((240, 150, 90), (90, 60, 80)),
        ((150, 190, 230), (120, 130, 140)),
    )
    for number, (sky, land) in enumerate(scenes):
        taken = f"2024:06:{10 + number} 1{number}:20:00"
        save(
            landscape(number, sky, land),
            folder / "2024/Hills" / f"DSC_{2000 + number}.jpg",
            taken,
            "Nikon D50",
        )


def make_series(folder: Path) -> None:
    """Several shots of a few scenes, a minute apart, so that there is something to sweep and to group."""
    from skimage import data

    skies = ((90, 150, 220), (240, 150, 90), (150, 190, 230), (250, 180, 120), (120, 160, 210))
    for number in range(20):
        land = (60 + 3 * number, 110 - 2 * number, 60)
        taken = f"2024:07:{10 + number // 5} 1{number % 10}:20:00"
        save(landscape(100 + number, skies[number % 5], land), folder / "2024/Walks" / f"DSC_{3000 + number}.jpg",
             taken, "Nikon D50")  # fmt: skip
    for day, name in enumerate(("chelsea", "coffee", "astronaut", "rocket")):
        whole = Image.fromarray(np.asarray(getattr(data, name)()))
        width, height = whole.size
        for shot in range(5):
            edge = 8 * shot
            part = whole.crop((edge, edge // 2, width - 40 + edge, height - 30 + edge // 2))
            place = folder / "2024/Series" / f"{name}_{shot + 1}.jpg"
            save(part, place, f"2024:08:{10 + day} 10:0{shot}:00", "Canon EOS 5D")


class Shooter:
    """Drives the real window and saves what it shows."""

    def __init__(self, application: QApplication, out: Path) -> None:
        self._application = application
        self._out = out
        self.theme = Theme(application, Choice.LIGHT)

    def settle(self, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Let the window work until ``ready``, then half a second more."""
        until = time.monotonic() + seconds
        while not ready() and time.monotonic() < until:
            self._spin(0.05)
        self._spin(0.7)

    def _spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._application.processEvents()
            time.sleep(0.01)

    def shoot(self, window: MainWindow, name: str) -> None:
        self._spin(0.4)
        picture = window.grab()
        path = self._out / f"{name}.png"
        picture.save(str(path))
        # Six bits a colour: nobody sees it, and the file is a third smaller.
        Image.open(path).convert("RGB").point(lambda value: min(255, round(value / 4) * 4)).save(
            path, optimize=True
        )
        print(f"{name}.png {picture.width()} x {picture.height()}")

    def window(self, library: Library) -> MainWindow:
        window = MainWindow(library, self.theme)
        window.resize(*SIZE)
        window.show()
        window.begin()
        return window

    def close(self, window: MainWindow) -> None:
        window.close()
        window.deleteLater()
        self._application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def decide(library: Library) -> None:
    """What a person may have done on the first evening."""
    for query, tag in (
        ("name:Chelsea", "cat"),
        ("folder:Hills", "hike"),
        ("folder:Attic", "grandfather’s things"),
    ):
        ids = [int(photo_id) for photo_id in library.find(query).ids]
        if ids:
            library.tag(tag, ids)
    for query, stars in (("name:Chelsea", 5), ("name:IMG_0412", 4), ("name:moon", 3)):
        ids = [int(photo_id) for photo_id in library.find(query).ids]
        if ids:
            library.rate(stars, ids)
    library.label("green", [int(photo_id) for photo_id in library.find("folder:Hills").ids])


def review(shooter: Shooter, window: MainWindow, photos: Path) -> None:
    """The three pictures of the review."""
    make_series(photos)
    window.background.scan_all()
    shooter.settle(lambda: window.library.counts().photos > 40, 60)
    shooter.settle(lambda: done(window))
    window.review.open("outdoor")
    page = window.review.page
    shooter.settle(lambda: page.by_tag.session.known)
    by_tag = page.by_tag
    shooter.settle(lambda: False, 2.0)
    window.grid.set_cell_size(128)
    by_tag.wall.set_cell_size(128)
    if by_tag.wall.photos.rowCount() > 2:
        by_tag.wall.toggle_ticks([by_tag.wall.photos.id_at(2)])
    shooter.settle(lambda: done(window) and drawn(by_tag.wall))  # what is learnt meanwhile moves them
    shooter.shoot(window, "review-tag")
    page.show_way(Way.GROUP)
    shooter.settle(lambda: page.by_tag.session.known)
    shooter.settle(lambda: done(window) and drawn(by_tag.wall))
    shooter.shoot(window, "review-group")
    page.show_photo(int(window.library.find("name:coffee_1").ids[0]))
    shooter.settle(lambda: bool(page.by_photo.choices))
    shooter.settle(lambda: False, 1.0)
    page.by_photo.decide(True)
    shooter.settle(lambda: done(window))
    shooter.shoot(window, "review-photo")


def drawn(wall: Wall) -> bool:
    """The photos at the top of a wall are there to be seen, not only their places."""
    first = range(min(20, wall.photos.rowCount()))
    return all(wall.thumbnails.get(wall.photos.id_at(row)) is not None for row in first)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    prepare(application)
    if not QFontDatabase.families():
        print("There are no fonts: install fonts-dejavu-core.", file=sys.stderr)
        return 1
    shooter = Shooter(application, out)
    with tempfile.TemporaryDirectory() as base:
        photos = Path(base) / "Pictures"
        make_photos(photos)
        library = Library.open(Paths.under(Path(base) / "home"))
        window = shooter.window(library)
        shooter.settle(lambda: window.stage.showing == "welcome", 20)
        shooter.shoot(window, "welcome")
        window.adding.add(photos)
        shooter.settle(lambda: done(window))
        decide(library)
        shooter.settle(lambda: done(window))
        chelsea = int(library.find("name:Chelsea").ids[0])
        window.grid.select_id(chelsea)
        shooter.shoot(window, "window-light")
        shooter.theme.choose(Choice.DARK)
        shooter.shoot(window, "window-dark")
        window.navigator.open(chelsea)
        shooter.settle(lambda: False, 1.0)
        shooter.shoot(window, "photo-view")
        shooter.theme.choose(Choice.LIGHT)
        review(shooter, window, photos)
        shooter.close(window)
        library.close()
    return 0


def done(window: MainWindow) -> bool:
    """Everything is found and nothing works in the background any more."""
    waiting = window.library.waiting()
    busy = window.background.jobs()
    return bool(window.photos.rowCount()) and not busy and not waiting.annotate and not waiting.index


if __name__ == "__main__":
    sys.exit(main())
