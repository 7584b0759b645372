"""The one table of all protocols: what is reached, what is missing and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photomgr.core.assets import models_dir
from photomgr.train.bench import Outcome
from photomgr.train.figures import noise
from photomgr.train.pace import Pace, pace
from photomgr.train.sets import CONCEPTS
from photomgr.train.standing import HEAD, Goal, Standing, lines, markdown, standings
from photomgr.train.systems import everything


def test_what_is_reached() -> None:
    rising, falling = Goal("a", "", 0.5, 0.8), Goal("b", "", 0.5, 0.2, rising=False)
    assert [Standing(rising, ours).reached for ours in (0.4, 0.5, 0.9, None)] == [
        "below",
        "floor",
        "target",
        "",
    ]
    assert [Standing(falling, ours).reached for ours in (0.6, 0.5, 0.1)] == ["below", "floor", "target"]
    assert Standing(Goal("c"), 0.5).reached == ""


def test_every_protocol_has_its_row_even_where_nothing_could_be_measured() -> None:
    systems = {each.letter: Outcome(each, problem="It is not at hand.") for each in everything()}
    rows = standings({}, systems, Pace(None, "no file", None, "no file"), {})
    assert len(rows) >= 19
    assert all(row.ours is None and row.note for row in rows)
    assert len(lines(rows)) < len(rows)
    assert all(line.count("|") == len(HEAD) + 1 for line in markdown(rows))


def test_what_was_measured_stands_in_its_row() -> None:
    found = {
        "A": {
            "deep + manual: TagProp, distance": {"macro_map_24": 0.74},
            "claimed: deep >= manual": {"gain": 0.3, "reproduced": 1.0},
            "claimed: deep + manual > deep": {"gain": 0.0, "reproduced": 0.0},
        },
        "B": {
            "TaggerNet + words + objects": {"recall_gain": 0.045, "gain_spread": 0.004, "macro_map_24": 0.71},
            "TaggerNet + words": {"recall_gain": 0.02},
            "places: centre box": {"pointing": 0.6, "iou": 0.3},
            "places: heat of the shipped network": {"pointing": 0.7, "iou": 0.4, "objects": 200.0},
            "places: heat of the shipped network, photos held out": {
                "pointing": 0.65,
                "iou": 0.4,
                "objects": 30.0,
            },
        },
        "C": {
            "20% corrupted, ours: network and neighbours": {"f1": 0.88},
            "20% corrupted, low rank, look-alikes, tags together": {"f1": 0.83},
            "20% corrupted, uncorrected": {"f1": 0.8},
        },
        "context": {
            "as the library learns: all of context": {"macro_map_24": 0.79},
            "as the library learns: none": {"macro_map_24": 0.77},
        },
        "D": {
            "shipped embedding: shared covariance, by angle": {"top_1": 0.6, "top_5": 0.85},
            "shipped embedding, 10 a class: shared covariance, by angle": {"top_1": 0.5},
            "in full precision, 10 a class: shared covariance, by angle": {"top_1": 0.504},
        },
        "E": {
            "shipped: fused late": {"macro_map_24": 0.775},
            "shipped: the network's own head, not fused": {"macro_map_24": 0.771},
            "shipped: standard error of that, over photos": {"macro_map_24": 0.0012},
        },
        "objects": {"the shipped network": {"mean_ap": 0.5}},
    }
    systems = {each.letter: Outcome(each, found.get(each.letter, {})) for each in everything()}
    rows = {
        row.goal.protocol: row for row in standings({"macro_map_24": 0.78}, systems, Pace(2.0, "", 1.1), {})
    }

    def row(begin: str) -> Standing:
        return next(each for name, each in rows.items() if name.startswith(begin))

    def ours(begin: str) -> float | None:
        return row(begin).ours

    assert ours("MIRFLICKR, 24 concepts: macro") == 0.78
    assert ours("TaggerNet") == pytest.approx(4.5)
    assert ours("Tiny ImageNet, the same photos") == pytest.approx(0.4)
    assert ours("presence of COCO") == 0.5
    assert ours("presence of COCO's 80 classes, YOLOX") is None
    assert row("MIRFLICKR, 24 concepts: macro").others == {"A": 0.74, "B": 0.71}
    assert "A 0.740, B 0.710" in row("MIRFLICKR, 24 concepts: macro").cells()
    assert row("TaggerNet").others == {"B, words": pytest.approx(2.0)}
    assert row("where things are").reached == row("tags with 20% corrupted").reached == "floor"
    assert row("tags with 20% corrupted").others == {"C": 0.83, "C, uncorrected": 0.8}
    assert row("context").goal.floor == 0.77 and ours("context") == 0.79
    assert "170 of 200 objects lie on photos that training saw; on the other 30: 0.650" in row("where").note
    assert (row("late fusion").goal.floor, ours("late fusion")) == (0.771, 0.775)
    assert row("late fusion").note.endswith("standard error of the difference 0.0012")
    assert row("neighbours: deep >= manual").note == "reproduced here" and ours("neighbours: deep >=") == 0.3
    assert row("neighbours: deep + manual > deep").note == "refuted here"


def test_what_is_calibrated_is_said_to_be_the_concepts_alone() -> None:
    ours = {"macro_map_24": 0.8, "suggestion_error": 0.01, "suggestion_error_worst_tag": 0.05}
    chance = {"suggestion_error": 0.008, "suggestion_error_worst_tag": 0.04}
    rows = standings(ours, {}, Pace(None, "", None, ""), chance, "night")
    notes = {row.goal.protocol: row.note for row in rows if row.ours is not None}
    said = [note for protocol, note in notes.items() if "calibration" in protocol]
    assert len(said) == 2 and all(note.startswith("MIRFLICKR's 24 concepts only") for note in said)
    assert any(note.endswith("night; chance alone would give 0.040 for some tag") for note in said)
    assert notes["MIRFLICKR, 24 concepts: macro mAP"] == ""


def test_chance_alone_gives_errors_where_photos_are_few() -> None:
    dice = np.random.default_rng(7)
    scores = dice.random((600, len(CONCEPTS)))
    truth = dice.random(scores.shape) < scores
    found = noise(tuple(CONCEPTS), scores, truth)
    assert 0 < found["suggestion_error"] < 0.02
    assert 0.04 < found["suggestion_error_worst_tag"] < 0.15


def test_the_pace_comes_from_the_card_where_full_precision_is_not_at_hand(tmp_path: Path) -> None:
    told = {"full precision": 100.0, "8-bit": 220.0, "8-bit, one look and its own head": 242.0}
    lines = [f'"{name}" = {rate}' for name, rate in told.items()]
    (tmp_path / "card.toml").write_text(
        "[photos_a_second_on_one_core]\n" + "\n".join(lines), encoding="utf-8"
    )
    found = pace(tmp_path, None)
    assert found.eight_bit == pytest.approx(2.2)
    assert found.modalities == pytest.approx(1.1)


def test_the_pace_is_measured_where_full_precision_is_at_hand() -> None:
    shipped = models_dir() / "everyday"
    found = pace(shipped, shipped / "model.onnx", windows=2, seconds=0.1)
    assert found.eight_bit is not None
    assert 0.5 < found.eight_bit < 2
