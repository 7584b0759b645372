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
