"""The model card: every protocol, every system, the reviewer and the plots are on it."""

from __future__ import annotations

from pathlib import Path

from photomgr.library.simulation import Point
from photomgr.train.bench import Outcome
from photomgr.train.card import Card
from photomgr.train.exhibits import Exhibits
from photomgr.train.pace import Pace
from photomgr.train.recipe import Recipe
from photomgr.train.standing import standings
from photomgr.train.systems import everything


def test_the_card_shows_every_protocol_every_system_and_every_plot(tmp_path: Path) -> None:
    systems = {
        each.letter: Outcome(each, {f"{each.letter} here": {"macro_map_24": 0.4321}}) for each in everything()
    }
    table = standings({"macro_map_24": 0.78}, systems, Pace(2.0, "measured now", 1.1), {})
    curve = [Point("mean", True, mark, 0.5, 0.5, 0.5, 0.5) for mark in (0, 20, 200)]
    plots = {"Precision and recall": "plots/precision_recall.svg", "Reliability": "plots/reliability.svg"}
    Card(
        name="mine", version="1", file="model.onnx", sha256="0" * 64, size=192, tags=2, relevance=(), embedding=512,
        recipe=Recipe(), trained="all layers", photos=9, sets=("mirflickr",),
        exhibits=Exhibits(systems, table, {"a tag that is known": curve}, plots),
    ).write(tmp_path)  # fmt: skip
    text = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    for row in table:
        assert f"| {row.goal.protocol} |" in text
    for system in everything():
        assert f"{system.letter}  {system.title}" in text and f"{system.letter} here" in text
    assert "| a tag that is known | 0.500 | 0.500 | 0.500 |" in text
    assert all(f"![{caption}]({file})" in text for caption, file in plots.items())
