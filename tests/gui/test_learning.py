"""A decision in the window is learnt from in the background."""

from __future__ import annotations

from pathlib import Path

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.gui.background import Background
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import Bridge
from photomgr.library import Library
from tests.photos import plain


def test_a_photo_that_comes_is_learnt_and_accepted_by_itself_once_it_is_tagged(qtbot, tmp_path: Path) -> None:
    for n in range(12):
        plain(tmp_path / "photos" / f"red{n}.png", (200 + 4 * n, 10 + 3 * n, 20))
    library = Library.open(Paths.under(tmp_path / "base"))
    library.add_root(tmp_path / "photos")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    jobs.run(library.index())
    library.tag("crimson wall", [int(each) for each in library.find("name:red").ids])
    library.runs.set_automatic("crimson wall")
    library.runs.set_bands("crimson wall", 0.3, 0.2)
    late = plain(tmp_path / "photos" / "late.png", (222, 27, 20))
    bridge = Bridge()
    bridge.follow(library)
    background = Background(library, bridge, Messages())
    try:
        background.begin()
        qtbot.waitUntil(lambda: library.runs.all() != [], timeout=10_000)
        (run,) = library.runs.all()
        photo = library.photo_at(late)
        assert photo is not None and library.runs.photos_of(str(run.id)) == [photo.id]
    finally:
        background.close()
        bridge.shutdown()
        library.close()


def test_an_invented_tag_is_suggested_for_look_alikes_soon_after(qtbot, tmp_path: Path) -> None:
    for n in range(12):
        plain(tmp_path / "photos" / f"red{n}.png", (200 + 4 * n, 10 + 3 * n, 20))
        plain(tmp_path / "photos" / f"blue{n}.png", (20, 10 + 3 * n, 200 + 4 * n))
    library = Library.open(Paths.under(tmp_path / "base"))
    library.add_root(tmp_path / "photos")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    jobs.run(library.index())
    reds = [int(each) for each in library.find("name:red").ids]
    bridge = Bridge()
    bridge.follow(library)
    background = Background(library, bridge, Messages())
    try:
        background.begin()
        bridge.call(lambda: library.tag("crimson wall", reds[:5]), lambda _: None)
        qtbot.waitUntil(lambda: len(library.reviewing.suggestions("crimson wall")) >= 2, timeout=10_000)
    finally:
        background.close()
        bridge.shutdown()
        library.close()
