"""The export's choice of modalities, and the building of the hand-made ones, on made-up photos."""

from __future__ import annotations

import csv
import io
import tarfile
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photomgr import jobs
from photomgr.annotate import card as annotate_card
from photomgr.core.errors import ModelError
from photomgr.gui.tags.reasons import sentence, witness
from photomgr.train.card import Card
from photomgr.train.fusing import Material, fuse_modalities
from photomgr.train.modalities import definition as d
from photomgr.train.modalities.build import build
from photomgr.train.modalities.handcrafted import UNLABELLED, Handcrafted
from photomgr.train.modalities.joined import Ablation
from photomgr.train.modalities.joining import VIEWS
from photomgr.train.modalities.similarity import KINDS
from photomgr.train.recipe import Recipe


def material(count: int, seed: int) -> tuple[Material, np.ndarray]:
    """Four concepts, of which the embedding tells two and a view the other two; and the network's logits."""
    rng = np.random.default_rng(seed)
    truth = rng.random((count, 4)) < 0.4
    told = np.where(truth, 1.0, -1.0)
    embedding, layout = rng.normal(size=(count, 12)), rng.normal(size=(count, 12))
    embedding[:, :2] += 1.5 * told[:, :2]
    layout[:, :2] += 2.5 * told[:, 2:]
    own = 2.0 * told * [1, 1, 0.3, 0.3] + rng.normal(size=told.shape) * 1.5
    sources = {"embedding": embedding.astype(np.float32), "layout": layout.astype(np.float32)}
    certain = np.arange(count) % 10 > 0
    value = truth.astype(np.float32)
    return Material(sources, value, np.ones_like(value), certain), own.astype(np.float32)


def test_a_modality_that_knows_more_is_chosen_and_calibrated() -> None:
    taught, _ = material(1200, 1)
    held, own = material(800, 2)
    fused = jobs.run(fuse_modalities(taught, held, own, [3, 0, 1, 2], None))
    assert fused.joined is not None
    assert "layout" in fused.joined.names and fused.joined.names[0] == "network"
    assert fused.joined.weights.sum(axis=0) == pytest.approx(np.ones(4), abs=1e-5)
    assert fused.joined.columns == (3, 0, 1, 2)
    named = {one.name: one for one in fused.ablation}
    assert named["layout"].kept and named["layout"].gain > 2 * named["layout"].error

    def wrong(logits: np.ndarray) -> float:
        return float(((logits > 0) != (held.value > 0.5)).mean())

    assert wrong(fused.logits) < wrong(own) - 0.05
    probabilities = 1 / (1 + np.exp(-fused.logits))
    sure = probabilities > 0.8
    assert abs(probabilities[sure].mean() - held.value[sure].mean()) < 0.03


def test_without_any_gain_the_network_speaks_alone() -> None:
    taught, _ = material(300, 1)
    held, _ = material(300, 2)
    noise = {"embedding": np.random.default_rng(0).normal(size=(300, 12)).astype(np.float32)}
    taught = Material(noise, taught.value, taught.weight, taught.complete)
    perfect = np.where(held.value > 0.5, 6.0, -6.0).astype(np.float32)
    fused = jobs.run(fuse_modalities(taught, held, perfect, [0, 1, 2, 3], None))
    assert fused.joined is None
    assert (fused.logits == perfect).all()
    assert [one.kept for one in fused.ablation] == [True, False, False, False]


def photo_set(folder: Path, name: str, count: int) -> None:
    rng = np.random.default_rng(len(name))
    with tarfile.open(folder / f"{name}.tar", "w") as tar:
        for number in range(count):
            coarse = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            stream = io.BytesIO()
            Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(stream, "PNG")
            entry = tarfile.TarInfo(f"{name}{number}.png")
            entry.size = stream.tell()
            stream.seek(0)
            tar.addfile(entry, stream)
    with (folder / f"{name}.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("file", "label"), *((f"{name}{n}.png", "") for n in range(count))])


def test_hand_made_modalities_are_built_without_labels_and_again_the_same(tmp_path: Path) -> None:
    photo_set(tmp_path, "weather", 40)
    for out in ("first", "second"):
        jobs.run(build(tmp_path, tmp_path / "work", tmp_path / out, 64))
    hand = Handcrafted.load(tmp_path / "first")
    assert hand.words.shape == (d.WORDS, 128)
    np.testing.assert_allclose(np.linalg.norm(hand.words, axis=1), 1, atol=2e-3)
    found = hand.run(np.zeros((1, 3, 192, 192), np.uint8))
    assert found.shape == (1, d.TOTAL)
    with np.load(tmp_path / "first" / UNLABELLED) as one, np.load(tmp_path / "second" / UNLABELLED) as other:
        assert all((one[key] == other[key]).all() for key in one.files)


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Handcrafted.load(tmp_path)
    (tmp_path / "card.toml").write_text("[handcrafted]\n")
    np.savez(tmp_path / UNLABELLED, words=np.zeros(3))
    with pytest.raises(ModelError, match="damaged"):
        Handcrafted.load(tmp_path)
    with pytest.raises(ModelError, match="no photo sets"):
        jobs.run(build(tmp_path, tmp_path / "work", tmp_path / "out", 64))


def test_every_modality_has_words_in_the_window() -> None:
    for name in ("network", *KINDS, *VIEWS, *d.WIDTHS):
        assert "your network" not in witness(name) and "Your network" not in sentence(name, "dog", 0), name


def test_the_card_says_what_each_modality_is_worth(tmp_path: Path) -> None:
    worth = (
        Ablation("network", 0.75, 0.8, float("nan"), float("nan"), True),
        Ablation("layout", 0.7, 0.19, 0.0007, 0.0002, True),
        Ablation("edges", 0.25, 0.0, float("nan"), float("nan"), False),
    )
    card = Card(
        "network", "1", "model.onnx", "0" * 64, 192, 3, (), 8, Recipe(), "by hand", 1, (),
        modalities=("network", "layout"), fused=("dog", "sky"), ablation=worth,
    )  # fmt: skip
    card.write(tmp_path)
    told = tomllib.loads((tmp_path / "card.toml").read_text(encoding="utf-8"))["model"]
    assert told["modalities"] == ["network", "layout"] and told["fused"] == ["dog", "sky"]
    page = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert "| layout | 0.700 | 0.190 | 0.0007 | 0.0002 | yes |" in page
    assert "| edges | 0.250 | 0.000 |  |  | no |" in page and "2 concepts are fused" in page


def test_what_a_person_trained_can_be_taken_in(tmp_path: Path) -> None:
    made = Card(
        "network", "1", "model.onnx", "0" * 64, 192, 2, (), 8, Recipe(backbone="efficientnet-lite0"), "by hand", 1, (),
        own=("holiday",),
    )  # fmt: skip
    (tmp_path / "network.toml").write_text(
        made.for_adding({"café": 0.4, "night sky": 0.35}), encoding="utf-8"
    )
    card = annotate_card.Card.load(tmp_path / "network.toml")
    assert card.kind == "tagger" and card.input.type == "uint8" and "efficientnet-lite0" in card.origin
    made.write(tmp_path)
    page = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert "- holiday" in page and "MIRFLICKR" not in page
