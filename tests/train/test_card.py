"""The model card: every protocol, every system, the reviewer and the plots are on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from photomgr.core.errors import ModelError
from photomgr.library.simulation import Point
from photomgr.train.bench import Outcome
from photomgr.train.card import Card, exhibited
from photomgr.train.exhibits import Exhibits
from photomgr.train.pace import Pace
from photomgr.train.recipe import Recipe
from photomgr.train.standing import standings
from photomgr.train.systems import everything


def exhibits(precision: float) -> Exhibits:
    systems = {
        each.letter: Outcome(each, {f"{each.letter} here": {"macro_map_24": 0.4321}}) for each in everything()
    }
    table = standings({"macro_map_24": 0.78}, systems, Pace(2.0, "measured now", 1.1), {})
    curve = [Point("mean", True, mark, precision, 0.5, 0.5, 0.5) for mark in (0, 20, 200)]
    plots = {"Precision and recall": "plots/precision_recall.svg", "Reliability": "plots/reliability.svg"}
    return Exhibits(systems, table, {"a tag that is known": curve}, plots)


def card(shown: Exhibits | None) -> Card:
    return Card(
        name="mine", version="1", file="model.onnx", sha256="0" * 64, size=192, tags=2, relevance=(), embedding=512,
        recipe=Recipe(), trained="all layers", photos=9, sets=("mirflickr",), exhibits=shown,
        speed={"8-bit": 400.0},
    )  # fmt: skip


def test_the_card_shows_every_protocol_every_system_and_every_plot(tmp_path: Path) -> None:
    shown = exhibits(0.5)
    card(shown).write(tmp_path)
    text = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    for row in shown.table:
        assert f"| {row.goal.protocol} |" in text
    for system in everything():
        assert f"{system.letter}  {system.title}" in text and f"{system.letter} here" in text
    assert "| a tag that is known | 0.500 | 0.500 | 0.500 |" in text
    assert all(f"![{caption}]({file})" in text for caption, file in shown.plots.items())


@pytest.mark.parametrize("before", [None, exhibits(0.25)])
def test_what_stands_beside_the_figures_can_be_measured_again(
    tmp_path: Path, before: Exhibits | None
) -> None:
    """The rest of the page stays as it was when the network was exported."""
    card(before).write(tmp_path)
    old = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    card(exhibits(0.5)).write(tmp_path)
    assert exhibited(old, exhibits(0.5)) == (tmp_path / "CARD.md").read_text(encoding="utf-8")


def test_no_name_is_cut_off_in_a_table() -> None:
    name, key = "ours: network and neighbours, at 20 % corrupted", "mean_ap_over_chance_alone"
    lines = Outcome(everything()[0], {name: {key: 1.25}, "other": {key: 0.5}}).lines()
    assert lines[2].endswith(f" {key}") and lines[3] == f"   {name} {1.25:>{len(key) + 2}.4f}"
    assert len({len(line) for line in lines[2:]}) == 1, "figures stand under each other"


def test_another_page_is_no_card() -> None:
    with pytest.raises(ModelError, match="none that"):
        exhibited("# Notes\n", exhibits(0.5))
