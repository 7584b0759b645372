"""``photomgr train evaluate`` on a small set of real photos, with the shipped network."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError
from photomgr.jobs import run
from photomgr.train.__main__ import main
from photomgr.train.archive import Archive, picture
from photomgr.train.evaluate import _grouped, labels_of, parse_split, score
from photomgr.train.sets import CONCEPTS, RELEVANT, read_rows

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


def test_two_names_of_one_tag_are_one_question(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["file,labels", "chelsea.webp,Cats", "coffee.webp,coffee", "astronaut.webp,person|people",
             "rocket.webp,cat|rocket"]  # fmt: skip
    (tmp_path / "few.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert evaluate((photo_set[0], tmp_path / "few.csv"), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["merged"] == {"Cats": "cat", "person": "people"}
    assert set(found["per_tag"]) == {"cat", "coffee", "people", "rocket"}
    assert evaluate((photo_set[0], tmp_path / "few.csv")) == 0
    assert "Cats = cat" in capsys.readouterr().out


def test_what_each_modality_says_is_kept_with_the_answers(photo_set: tuple[Path, Path]) -> None:
    model = VisualModel.load(models_dir() / "everyday")
    scored = run(score(model, Vocabulary.load(), *photo_set, (1, 3)))
    assert scored.modalities.shape == (3, len(model.modalities), len(model.fused))
    assert scored.rows(2, 3).modalities.shape[0] == 2
    people = model.fused.index("people")
    alone = model.run(model.prepare(Image.fromarray(data.astronaut()))[None]).modalities[0, :, people]
    np.testing.assert_allclose(scored.modalities[2, :, people], alone, atol=0.8)  # WebP is not quite the same


def grouped(*labels: str, relevance: tuple[str, ...] = RELEVANT) -> list[tuple[str, ...]]:
    vocabulary = Vocabulary.load()
    tags = [tag.name for tag in vocabulary.tags]
    groups, _ = _grouped(tags, relevance, vocabulary, set(labels))
    return [group.labels for group in groups]


def test_labels_meet_by_what_they_mean_in_any_spelling() -> None:
    assert grouped("Flowers", "flower") == [("flower", "Flowers")]
    assert grouped("automobile", "car") == [("car", "automobile")]
    assert grouped("Bicycle", "bicycle", "bicycles") == [("bicycle", "Bicycle", "bicycles")]
    assert grouped("Dogs", "dog_r1") == [("dog_r1",), ("Dogs",)]


@pytest.mark.parametrize("relevance", [RELEVANT, ()])
def test_no_two_annotations_of_mirflickr_are_one(relevance: tuple[str, ...]) -> None:
    own = (*CONCEPTS, *RELEVANT)
    assert grouped(*own, relevance=relevance) == [(label,) for label in own]
    assert grouped(*own, "Flowers", relevance=relevance)[list(own).index("flower")] == ("flower", "Flowers")


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
    assert "none of the rows 90 to 99" in capsys.readouterr().err


def test_a_broken_photo_is_named_and_does_not_stop_the_others(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, labels = _with(
        photo_set, tmp_path, {"torn.webp": b"RIFF\0\0\0\0WEBPVP8 " + b"x" * 40, "text.jpg": b"not a photo"},
        ["torn.webp,cat", "text.jpg,cat", "nowhere.webp,cat"],
    )  # fmt: skip
    assert evaluate((images, labels), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 4
    assert (found["unreadable"], found["absent"]) == (["text.jpg", "torn.webp"], ["nowhere.webp"])


def test_it_is_said_how_many_photos_taught_the_network(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = {name: f"Image_{number}" for number, name in enumerate(PHOTOS)}
    text = photo_set[1].read_text(encoding="utf-8")
    for name, other in renamed.items():
        text = text.replace(f"{name}.webp", f"{other}.webp")
    (tmp_path / "weather.csv").write_text(text, encoding="utf-8")
    with tarfile.open(photo_set[0]) as old, tarfile.open(tmp_path / "weather.tar", "w") as new:
        for entry in old:
            content = old.extractfile(entry)
            entry.name = f"{renamed[Path(entry.name).stem]}.webp"
            new.addfile(entry, content)
    held_out = sum(row.held_out for row in read_rows(tmp_path / "weather.csv", "weather"))
    assert evaluate((tmp_path / "weather.tar", tmp_path / "weather.csv")) == 0
    assert f"{4 - held_out} of these photos taught the network" in capsys.readouterr().out
    for file in photo_set:  # a set of the person's own, which is only called as one that taught it
        (tmp_path / f"pets{file.suffix}").write_bytes(file.read_bytes())
    assert evaluate((tmp_path / "pets.tar", tmp_path / "pets.csv")) == 0
    assert "taught" not in capsys.readouterr().out


def test_a_photo_that_lies_on_its_side_is_stood_up(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upright, turned, exif = io.BytesIO(), io.BytesIO(), Image.Exif()
    exif[0x112] = 6
    photo = Image.fromarray(data.astronaut())
    photo.save(upright, "JPEG", quality=95)
    photo.transpose(Image.Transpose.ROTATE_90).save(turned, "JPEG", quality=95, exif=exif)
    pixels = [np.asarray(picture(each.getvalue(), ".jpg"), np.int16) for each in (upright, turned)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 2


def test_boxes_are_labels_as_well() -> None:
    assert labels_of("car 13 311 84 362  ; traffic light 1.5 2 3 4 ;") == {"car", "traffic light"}
    assert labels_of("cat|dog 2") == {"cat", "dog 2"}


def test_without_any_photo_sets_the_systems_say_what_they_lack(
    photo_set: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PHOTOMGR_SHARED", str(tmp_path / "none"))
    assert evaluate(photo_set, "--systems", "all", "--work", str(tmp_path / "work")) == 0
    out = capsys.readouterr().out
    assert out.index("few: 4 photos") < out.index("A  Mohite")
    assert "not at hand" in out


def test_where_nothing_can_be_kept_it_is_measured_all_the_same(
    photo_set: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHOTOMGR_TRAIN_WORK", str(photo_set[0] / "below a file"))
    assert evaluate(photo_set, "--systems", "C") == 0
    said = capsys.readouterr()
    assert "few: 4 photos" in said.out
    assert "nothing is kept" in said.err


def test_a_table_may_leave_folders_out_where_that_leaves_no_doubt(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "deep.tar", "w") as tar:
        for name in ("./a/one.jpg", "a/two.jpg", "b/two.jpg"):
            tar.addfile(tarfile.TarInfo(name))
    archive = Archive(tmp_path / "deep.tar")
    assert "one.jpg" in archive
    assert "a/one.jpg" in archive
    assert "b/two.jpg" in archive
    assert "two.jpg" not in archive


def test_no_system_goes_on_when_the_minutes_are_over(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(photo_set, "--systems", "B", "--work", str(tmp_path), "--minutes", "0", "--json") == 0
    assert "minutes" in json.loads(capsys.readouterr().out)["systems"]["B"]["problem"]


def test_it_needs_nothing_that_only_training_needs(photo_set: tuple[Path, Path]) -> None:
    blocked = "import sys; sys.modules.update(torch=None, onnx=None, PySide6=None)\n"
    code = f"{blocked}from photomgr.train.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    command = ["evaluate", "--images", str(photo_set[0]), "--labels", str(photo_set[1]), "--json"]
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n"] == 4


def _with(
    photo_set: tuple[Path, Path], folder: Path, files: dict[str, bytes], lines: list[str]
) -> tuple[Path, Path]:
    images, labels = folder / "more.tar", folder / "more.csv"
    images.write_bytes(photo_set[0].read_bytes())
    with tarfile.open(images, "a") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    labels.write_text(photo_set[1].read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    return images, labels


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_files_are_said_in_a_sentence(
    photo_set: tuple[Path, Path], missing: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = list(photo_set)
    given[missing] = tmp_path / "none"
    assert evaluate((given[0], given[1])) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("file,labels\nä.webp,cat\n".encode("utf-16"), "no CSV in UTF-8"),
        (b"file,labels\nchelsea.webp,A cat . || Another cat .\n", "holds captions"),
        (b"file,labels\nchelsea.webp,gizmo\n", "(gizmo, …) is a tag"),
    ],
)
def test_a_table_of_another_kind_is_said_to_be_one(
    photo_set: tuple[Path, Path], table: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "few.csv").write_bytes(table)
    assert evaluate((photo_set[0], tmp_path / "few.csv")) == 1
    assert says in capsys.readouterr().err


def test_a_tar_that_was_cut_short_is_said_to_be_one(
    photo_set: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "few.tar").write_bytes(photo_set[0].read_bytes()[:20_000])
    assert evaluate((tmp_path / "few.tar", photo_set[1])) == 1
    assert "it ends too early" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1", "b:a", "5:2", "1:2:3", ":", "²:³"])
def test_a_split_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="A split looks like"):
        parse_split(text)
