"""models in processes of their own, with networks made here and with a teacher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.annotate import cards
from tests.cli.test_cli import Program
from tests.photos import SHARED, plain, sample


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "base")


@pytest.fixture
def reds(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "reds").mkdir()
    (tmp_path / "reds" / "card.toml").write_text(cards.card_text(labels=("crimson wall", "sunset")))
    return cards.redness(tmp_path / "reds"), tmp_path / "reds" / "card.toml"


def test_from_taking_in_to_taking_out(program: Program, reds: tuple[Path, Path], tmp_path: Path) -> None:
    red = plain(tmp_path / "photos" / "red.png", (250, 10, 10))
    blue = plain(tmp_path / "photos" / "blue.png", (10, 10, 250))
    program.run("index", tmp_path / "photos")
    (added,) = program.lines("models", "add", reds[0], "--card", reds[1])
    assert (added["name"], added["in_use"], added["licence"]) == ("reds", False, "CC0-1.0")
    program.run("accept", "sunset", red)
    program.run("reject", "sunset", blue)
    shipped, own = program.lines("models", "evaluate")
    assert (shipped["name"], own["name"], own["decisions"]) == ("everyday", "reds", 2)
    assert own["ap"] == own["precision"] == own["recall"] == 1.0
    assert own["photos_per_second"] > 0
    assert [each["name"] for each in program.lines("models", "use", "reds")] == ["everyday", "reds"]
    done = json.loads(program.run("annotate", "--json").stdout)
    assert done["annotated"] == 2 and done["provider"] == "CPUExecutionProvider"
    assert done["providers"] == dict.fromkeys(("everyday", "reds"), "CPUExecutionProvider")
    (shown,) = program.lines("show", red)
    reasons = {each["tag"]: each["reasons"] for each in shown["suggestions"]}
    assert set(reasons["crimson wall"]) == {"reds"}
    (outside,) = program.lines("suggest", red)
    assert "crimson wall" in [each["tag"] for each in outside["tags"]]
    assert program.lines("models", "remove", "reds") == [{"removed": "reds"}]
    assert [each["name"] for each in program.lines("models", "list")] == ["everyday"]


def test_a_hostile_network_is_refused_with_a_reason(
    program: Program, reds: tuple[Path, Path], tmp_path: Path
) -> None:
    for made, says in (
        (cards.nothing_but_nan(tmp_path / "nan"), "no number"),
        (cards.outside(tmp_path / "far", "../../secret"), "outside its folder"),
        (reds[1], "is no ONNX file"),
    ):
        refused = program.run("models", "add", made, "--card", reds[1], code=1)
        assert says in refused.stderr and not refused.stdout and "Traceback" not in refused.stderr
    assert [each["name"] for each in program.lines("models", "list")] == ["everyday"]


def test_a_picture_that_the_embedding_cannot_take_is_said_and_the_next_one_shown(
    program: Program, tmp_path: Path
) -> None:
    red = plain(tmp_path / "red.png", (250, 10, 10))
    blue = plain(tmp_path / "blue.png", (10, 10, 250))
    (tmp_path / "card.toml").write_text(cards.embedding_text())
    program.run("models", "add", cards.blind_to_red(tmp_path), "--card", tmp_path / "card.toml")
    program.run("models", "use", "alike")
    done = program.run("suggest", "--json", red, blue, code=1)
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == [str(blue)]
    assert f"{red}: The network alike failed here" in done.stderr


def test_wrong_usage_is_2(program: Program, reds: tuple[Path, Path]) -> None:
    program.run("models", "add", reds[0], code=2)
    program.run("models", "use", "nobody", code=2)
    program.run("models", "add", reds[0], "--card", reds[1], "--read-only", code=2)


def test_the_provider_that_runs_is_said(program: Program, tmp_path: Path) -> None:
    plain(tmp_path / "photos" / "red.png", (250, 10, 10))
    program.run("index", tmp_path / "photos")
    from photomgr.annotate.runtime import available

    missing = next(key for key in ("cuda", "openvino", "coreml", "directml") if key not in available())
    (shipped,) = program.lines("models", "use", "--provider", missing)
    assert shipped["provider"] == "CPUExecutionProvider" and missing in shipped["note"]
    done = program.run("annotate", "--json")
    assert json.loads(done.stdout)["provider"] == "CPUExecutionProvider"
    assert done.stderr.count(f"asks for {missing}") == 1 and "everyday:" not in done.stderr
    (shipped,) = program.lines("models", "use", "--provider", "cpu")
    assert shipped["note"] == ""


def test_what_is_so_of_several_networks_is_said_once(
    program: Program, reds: tuple[Path, Path], tmp_path: Path
) -> None:
    from photomgr.annotate.runtime import available

    missing = next(key for key in ("cuda", "openvino", "coreml", "directml") if key not in available())
    red = plain(tmp_path / "red.png", (250, 10, 10))
    program.run("models", "add", reds[0], "--card", reds[1])
    program.run("models", "use", "reds", "--provider", missing)
    said = program.run("suggest", "--json", red).stderr
    assert said.count(f"everyday, reds: The setting provider asks for {missing}") == 1


def test_a_card_without_bottom_is_refused_in_a_sentence(
    program: Program, reds: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "deep.toml").write_text("name = " + "[" * 20_000)
    refused = program.run("models", "add", reds[0], "--card", tmp_path / "deep.toml", code=1)
    assert "The card" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")
def test_a_detector_puts_exact_boxes_into_suggest(program: Program, tmp_path: Path) -> None:
    model, card = cards.teacher(tmp_path, "yolox_nano")
    cup = sample("coffee", tmp_path / "cup.jpg")
    program.run("models", "add", model, "--card", card)
    program.run("models", "use", "yolox")
    (found,) = program.lines("suggest", "--all", cup)
    tags = {each["tag"]: each for each in found["tags"]}
    assert tags["cup"]["box"] == pytest.approx([0.27, 0.04, 0.43, 0.7], abs=0.04)
    assert tags["cup"]["reasons"]["yolox"] > 0.7
