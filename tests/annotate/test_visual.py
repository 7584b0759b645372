"""The shipped network under the real onnxruntime."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photomgr.annotate.runtime import available, open_session
from photomgr.annotate.visual import VisualModel
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError

EVERYDAY = models_dir() / "everyday"


@pytest.fixture(scope="module")
def model() -> VisualModel:
    return VisualModel.load(EVERYDAY)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "everyday"
    shutil.copytree(EVERYDAY, folder)
    return folder


def test_card_labels_and_thresholds_fit_together(model: VisualModel) -> None:
    assert len(model.hash) == 64
    assert len(model.labels) == len(set(model.labels)) == len(model.thresholds) >= 250
    assert model.size % 32 == 0
    assert float(model.thresholds.min()) > 0.0
    assert float(model.thresholds.max()) < 1.0
    assert model.provider == "CPUExecutionProvider"


def test_network_is_small_enough_to_ship() -> None:
    assert (EVERYDAY / "model.onnx").stat().st_size < 25_000_000


@pytest.mark.parametrize("photos", [1, 3])
def test_outputs_have_the_promised_shapes_and_ranges(model: VisualModel, photos: int) -> None:
    pixels = model.prepare(Image.fromarray(data.coffee()))
    output = model.run(np.stack([pixels] * photos))
    assert output.probabilities.shape == (photos, len(model.labels))
    assert output.probabilities.dtype == output.embedding.dtype == np.float32
    assert float(output.probabilities.min()) >= 0.0
    assert float(output.probabilities.max()) <= 1.0
    assert output.embedding.shape[0] == photos
    assert output.embedding.shape[1] <= 1280
    assert output.relevance.shape == (photos, len(model.relevance))
    assert np.isfinite(output.embedding).all()


def test_no_photos_give_no_answers(model: VisualModel) -> None:
    output = model.run(np.zeros((0, 3, model.size, model.size), np.uint8))
    assert output.probabilities.shape == (0, len(model.labels))


def test_prepare_squashes_the_whole_photo(model: VisualModel) -> None:
    wide = Image.new("RGB", (900, 300), "red")
    wide.paste("blue", (880, 0, 900, 300))
    pixels = model.prepare(wide)
    assert pixels.shape == (3, model.size, model.size)
    assert pixels.dtype == np.uint8
    assert tuple(pixels[:, 5, -1]) == (0, 0, 255)
    assert tuple(pixels[:, 5, 5]) == (255, 0, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (17, 3), (5000, 20)])
def test_prepare_takes_photos_of_any_shape(model: VisualModel, size: tuple[int, int]) -> None:
    assert model.prepare(Image.new("RGB", size)).shape == (3, model.size, model.size)


def test_prepare_takes_grey_photos(model: VisualModel) -> None:
    assert model.prepare(Image.new("L", (300, 300), 7)).shape == (3, model.size, model.size)


def test_answers_do_not_depend_on_the_batch_or_the_thread(model: VisualModel) -> None:
    photos = [model.prepare(Image.fromarray(p)) for p in (data.chelsea(), data.coffee(), data.rocket())]
    together = model.run(np.stack(photos)).probabilities
    with ThreadPoolExecutor(3) as pool:
        alone = list(pool.map(lambda p: model.run(p[None]).probabilities[0], photos * 3))
    for number, answer in enumerate(alone):
        np.testing.assert_allclose(answer, together[number % 3], atol=2e-3)


def test_size_of_the_photo_hardly_changes_the_answer(model: VisualModel) -> None:
    cat = Image.fromarray(data.chelsea())
    large = cat.resize((cat.width * 6, cat.height * 6), Image.Resampling.BICUBIC)
    scores = [model.run(model.prepare(p)[None]).probabilities[0] for p in (cat, large)]
    assert float(np.abs(scores[0] - scores[1]).max()) < 0.15


def test_like_photos_lie_close_together(model: VisualModel) -> None:
    cat = Image.fromarray(data.chelsea())
    mirrored = cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    rocket = Image.fromarray(data.rocket())
    batch = np.stack([model.prepare(p) for p in (cat, mirrored, rocket)])
    vectors = model.run(batch).embedding
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert float(vectors[0] @ vectors[1]) > 0.8
    assert float(vectors[0] @ vectors[2]) < float(vectors[0] @ vectors[1]) - 0.2


def test_wrong_pixels_are_refused(model: VisualModel) -> None:
    with pytest.raises(ModelError, match="wants photos of"):
        model.run(np.zeros((1, 3, 10, 10), np.uint8))


def test_a_changed_network_is_refused(copy: Path) -> None:
    content = bytearray((copy / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        VisualModel.load(copy)


@pytest.mark.parametrize("name", ["model.onnx", "card.toml", "labels.csv"])
def test_a_missing_file_is_said_so(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        VisualModel.load(copy)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("card.toml", "[model"),
        ("card.toml", "[other]\n"),
        ("card.toml", "[model]\nfile = 'model.onnx'\n"),
        ("labels.csv", "tag,threshold\ndog,many\n"),
        ("labels.csv", "name\ndog\n"),
    ],
)
def test_a_damaged_file_is_said_so(copy: Path, name: str, text: str) -> None:
    (copy / name).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        VisualModel.load(copy)


def test_labels_that_do_not_fit_are_refused(copy: Path) -> None:
    (copy / "labels.csv").write_text("tag,threshold\ndog,0.5\n", encoding="utf-8")
    with pytest.raises(ModelError, match="do not fit"):
        VisualModel.load(copy)


def test_a_file_that_is_no_network_is_refused_at_the_first_use(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a network")
    session = open_session(path)
    with pytest.raises(ModelError, match="cannot be loaded"):
        session.run({"image": np.zeros((1, 3, 8, 8), np.uint8)})


def test_a_missing_network_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        open_session(tmp_path / "none.onnx")


def test_a_network_says_what_it_does_not_take(model: VisualModel) -> None:
    with pytest.raises(ModelError, match="could not be run"):
        model.session.run({"image": np.zeros((1, 1, 1, 1), np.uint8)})


def test_only_what_is_asked_for_is_computed(model: VisualModel) -> None:
    pixels = np.zeros((1, 3, model.size, model.size), np.uint8)
    assert set(model.session.run({"image": pixels}, ["embedding"])) == {"embedding"}


def test_another_provider_than_asked_for_is_said() -> None:
    assert "cpu" in available()
    for fits in ("auto", "cpu"):
        assert open_session(EVERYDAY / "model.onnx", provider=fits).note == ""
    for asked in {"cuda", "openvino", "coreml", "directml"} - set(available()):
        session = open_session(EVERYDAY / "model.onnx", provider=asked)
        assert session.provider == "CPUExecutionProvider"
        assert asked in session.note and "cpu" in session.note


def test_look_gives_the_same_answers_and_a_place_for_each_tag(model: VisualModel) -> None:
    batch = model.prepare(Image.fromarray(data.chelsea()))[None]
    plain, (output, heat) = model.run(batch), model.look(batch, ["cat", "food"])
    np.testing.assert_array_equal(output.probabilities, plain.probabilities)
    assert heat.shape[:2] == (1, 2)
    if model.looks:
        spread = 1 / (1 + np.exp(-heat.mean(axis=(2, 3))))
        said = [float(output.probabilities[0, model.labels.index(tag)]) for tag in ("cat", "food")]
        for place, tag in enumerate(("cat", "food")):
            if tag in model.fused:  # others have a share in the probability; the heat is the network's own
                said[place] = model.witnesses(output, 0)[tag]["network"]
        np.testing.assert_allclose(spread[0], said, atol=2e-3)  # features of two looks are added in 8 bits
    with pytest.raises(ModelError, match="does not know the tag"):
        model.look(batch, ["no such tag"])
