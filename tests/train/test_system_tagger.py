"""System B's parts on photos that are made up: TaggerNet, equal precision, boxes."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photomgr import jobs
from photomgr.train.sets import read_rows
from photomgr.train.systems import everything, places
from photomgr.train.systems.places import Found, figures, overlap, true_boxes
from photomgr.train.systems.tagger import _recall
from photomgr.train.systems.taggernet import Net


def test_it_is_one_of_the_systems() -> None:
    assert "B" in [system.letter for system in everything()]


def test_taggernet_learns_what_can_be_learned_and_the_seed_decides_all() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((4500, 20)).astype(np.float32)
    truth = np.stack([features[:, 0] > 0, features[:, 1] * features[:, 2] > 0.2], axis=1)
    logits = Net(features[:4000], truth[:4000], 1)(features[4000:])
    assert ((logits[:, 0] > 0) == truth[4000:, 0]).mean() > 0.85
    np.testing.assert_array_equal(logits, Net(features[:4000], truth[:4000], 1)(features[4000:]))


def test_recall_at_a_precision() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.5]], np.float32)
    truth = np.array([[True, False, True, True, False]])
    assert _recall(scores, truth, 0.75) == pytest.approx(1.0)
    assert _recall(scores, truth, 0.9) == pytest.approx(1 / 3)
    assert _recall(scores, np.zeros_like(truth), 0.5) == 0


def test_boxes_are_read_and_measured() -> None:
    found = true_boxes("car 50 0 100 100  ; person 0 0 10 100 ;", "100x200->50x100")
    assert found == {"car": [(0.5, 0.0, 0.5, 0.5)], "person": [(0.0, 0.0, 0.1, 0.5)]}
    assert overlap((0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5)) == pytest.approx(1)
    assert overlap((0, 0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)) == 0
    row = figures([Found((0.5, 0, 0.5, 0.25), (0.6, 0.1), ((0.5, 0.0, 0.5, 0.5),))])
    assert row == {"pointing": 1.0, "iou": pytest.approx(0.5), "iou_over_half": 1.0, "objects": 1.0}


class Warm:
    """Stands for the network: it sees everything in the upper left corner."""

    labels = ("car",)

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        return np.zeros((3, 8, 8), np.uint8)

    def look(self, batch: NDArray[np.uint8], tags: list[str]) -> tuple[None, NDArray[np.float32]]:
        heat = np.zeros((1, len(tags), 4, 4), np.float32)
        heat[:, :, 0, 0] = 16
        return None, heat


def test_places_are_told_apart_by_whether_training_saw_the_photo(tmp_path: Path) -> None:
    names = [f"{number:06}.png" for number in range(60)]
    lines = ["file,boxes_as_published,scaling", *(f"{name},car 0 0 50 50,100x100->8x8" for name in names)]
    (tmp_path / "boxes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with tarfile.open(tmp_path / "boxes.tar", "w") as tar:
        for name in names:
            stream = io.BytesIO()
            Image.new("RGB", (8, 8)).save(stream, "PNG")
            entry = tarfile.TarInfo(name)
            entry.size = stream.tell()
            stream.seek(0)
            tar.addfile(entry, stream)
    unseen = sum(row.held_out for row in read_rows(tmp_path / "boxes.csv", "boxes")[1::2])
    assert 0 < unseen < 30
    found = jobs.run(places.rows(tmp_path, None, Warm()))  # type: ignore[arg-type]
    assert set(found) == {name + end for name in (places.HEAT, places.CENTRE) for end in ("", places.UNSEEN)}
    assert found[places.HEAT]["objects"] == 30
    assert found[places.HEAT + places.UNSEEN]["objects"] == unseen
    assert found[places.HEAT + places.UNSEEN]["pointing"] == 1
