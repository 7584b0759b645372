"""What stands as one, on the command line: counted both ways, shown, and renamed together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photomgr.cli.main import main

from ..core.file_kit import exif_block, jpeg
from ..core.test_raw import dng


def test_counted_shown_and_renamed_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, base = tmp_path / "photos", ["--base", str(tmp_path / "base")]
    for shot in range(3):
        exif = exif_block({0x10F: "Nikon", 0x110: "D50"}, {0x9003: f"2019:06:15 12:30:0{shot}"})
        jpeg(photos / f"run_{shot}.jpg", seed=shot, exif=exif)
    jpeg(photos / "IMG_1.jpg", seed=9)
    dng(photos / "IMG_1.dng", preview=True)

    def run(*words: str) -> tuple[list[dict[str, object]], str]:
        assert main([*words, *base]) == 0
        said = capsys.readouterr()
        return [json.loads(line) for line in said.out.splitlines() if line.startswith("{")], said.err

    run("index", str(photos))
    found, said = run("search", "is:stacked", "--json")
    assert len(found) == 5 and "5 photos, 2 with stacks as one" in said
    assert any("stack: with 2 more" in each["why"] for each in found)  # type: ignore[operator]
    assert [len(run("search", query, "--json")[0]) for query in ("kind:raw", "kind:picture")] == [1, 4]
    assert run("show", str(photos / "IMG_1.jpg"), "--json")[0][0]["stack"] == ["IMG_1.dng"]
    run("rename", str(photos / "run_0.jpg"), str(photos / "IMG_1.dng"), "trip {n:02}")
    assert {each.name for each in photos.iterdir()} == {
        "trip 01.jpg", "run_1.jpg", "run_2.jpg", "trip 02.jpg", "trip 02.dng",
    }  # fmt: skip
    run("undo")
    assert (photos / "IMG_1.dng").exists() and (photos / "run_0.jpg").exists()
    assert main(["rename", str(photos / "run_0.jpg"), str(photos / "run_1.jpg"), "plain", *base]) == 2
