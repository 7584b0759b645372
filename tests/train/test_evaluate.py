"""``photomgr train evaluate`` on a small set of real photos, with the shipped network."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from photomgr.core.errors import ModelError
from photomgr.train.__main__ import main
from photomgr.train.evaluate import parse_split

PHOTOS = {
    "chelsea": "cat|animals",
    "coffee": "coffee|DRINK",
    "astronaut": "people|female_r1|flux capacitor",
    "rocket": "rocket",
}


@pytest.fixture(scope="module")
def photo_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("set")
    with tarfile.open(folder / "few.tar", "w") as tar:
        for name in PHOTOS:
            stream = io.BytesIO()
            Image.fromarray(getattr(data, name)()).save(stream, "WEBP")
            entry = tarfile.TarInfo(f"{name}.webp")
            entry.size = stream.tell()
            stream.seek(0)
            tar.addfile(entry, stream)
    lines = ["file,labels", *(f"{name}.webp,{labels}" for name, labels in PHOTOS.items())]
    (folder / "few.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "few.tar", folder / "few.csv"


def evaluate(photo_set: tuple[Path, Path], *more: str) -> int:
    return main(["evaluate", "--images", str(photo_set[0]), "--labels", str(photo_set[1]), *more])


def test_json_is_one_object(photo_set: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(photo_set, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 4
    assert {"set", "n", "ours", "systems", "published"} <= set(found)
    assert found["ours"]["macro_map"] > 0.9
    assert found["ours"]["top_1"] >= 0.5
    assert 0.0 <= found["ours"]["calibration_error"] < 0.3
    assert found["skipped"] == ["flux capacitor"]


def test_table_is_for_people(photo_set: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(photo_set) == 0
    out = capsys.readouterr().out
    assert "few: 4 photos" in out
    assert "macro_map" in out


def test_split_picks_rows_by_number(photo_set: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(photo_set, "--json", "--split", "1:2") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 2
    assert set(found["per_tag"]) == {"cat", "animals", "coffee", "DRINK"}


def test_nothing_in_the_split_is_an_error(
    photo_set: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(photo_set, "--split", "90:99") == 1
    assert "None of the photos" in capsys.readouterr().err


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_files_are_said_in_a_sentence(
    photo_set: tuple[Path, Path], missing: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = list(photo_set)
    given[missing] = tmp_path / "none"
    assert evaluate((given[0], given[1])) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1", "b:a", "5:2", "1:2:3", ":"])
def test_a_split_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="A split looks like"):
        parse_split(text)
