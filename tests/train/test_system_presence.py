"""Everyday objects: which sets ask for them, what is measured, and what the detector is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.errors import ModelError
from photomgr.train.detector import dropped_in
from photomgr.train.systems import Bench, Photos, chosen
from photomgr.train.systems.presence import OURS, SYSTEM, named
from tests.photos import SHARED

needs_shared = pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")

_COCO = (
    "person", "bicycle", "car", "motorbike", "aeroplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack",
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "coco.names").write_text("\n".join(_COCO) + "\n", encoding="utf-8")
    return tmp_path


def bench(data: Path, labels: tuple[str, ...]) -> Bench:
    dice = np.random.default_rng(1)
    truth = dice.random((60, len(labels))) < 0.3
    scores = np.clip(0.6 * truth + 0.4 * dice.random(truth.shape), 0, 1).astype(np.float32)
    pixels = np.zeros((60, 3, 8, 8), np.uint8)
    photos = Photos(pixels, tuple(map(str, range(60))), truth, scores, np.zeros((60, 4), np.float32))
    return Bench(labels, photos, None, data, None, data, "0" * 64)


def test_labels_mean_classes_by_name_and_by_alias(data: Path) -> None:
    pairs = named(("dog", "motorcycle", "sunset"), _COCO)
    assert pairs == [(0, _COCO.index("dog")), (1, _COCO.index("motorbike"))]


def test_a_set_of_everyday_objects_is_noticed(data: Path) -> None:
    assert [each.letter for each in chosen(None, _COCO, data)] == ["objects"]
    assert chosen(None, _COCO[:5], data) == []
    assert chosen(None, _COCO, None) == []


def test_the_network_alone_is_measured_without_a_detector(data: Path) -> None:
    rows = jobs.run(SYSTEM.rows(bench(data, _COCO)))
    assert list(rows) == [OURS]
    assert rows[OURS]["mean_ap"] > 0.9
    assert rows[OURS]["objects"] == len(_COCO)


def test_a_set_of_something_else_says_so(data: Path) -> None:
    with pytest.raises(ModelError, match="1 of COCO's classes, too few"):
        jobs.run(SYSTEM.rows(bench(data, ("dog", "sunset"))))


@needs_shared
def test_the_detector_sees_the_whole_photo_unsquashed() -> None:
    detector = dropped_in(SHARED / "models", SHARED / "data")
    assert detector is not None and detector.tags[0] == "person" and len(detector.tags) == 80
    square = detector.prepare(Image.new("RGB", (800, 400), (255, 0, 0)))
    assert square.shape == (1, 3, 416, 416)
    assert (square[0, :, 208:] == 114).all()
    assert (square[0, 2, :208] == 255).all()
    assert (square[0, :2, :208] == 0).all()
