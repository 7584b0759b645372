"""From a person's photos to a network of their own, by commands: stopped, gone on with, extended, exported, measured.

Needs the extra ``train``; without it that is said, and nothing runs.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photomgr.annotate import vocabulary
from photomgr.annotate.card import Card
from photomgr.annotate.visual import VisualModel
from photomgr.core.assets import models_dir
from photomgr.train import learner
from photomgr.train.__main__ import main

pytest.importorskip("torch", reason="training needs photomgr[train]")
pytest.importorskip("onnx", reason="training needs photomgr[train]")

SHOWN = {"chelsea": "cat|my cat", "coffee": "coffee", "rocket": "rocket", "astronaut": "people"}
TAG = '\n[tags."schöne katze"]\naliases = ["my cat"]\n'


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty small photos of four things, a set called as a published one among them."""
    folder = tmp_path_factory.mktemp("sets")
    for name, repeat in (("mine", 9), ("pets", 1)):
        with tarfile.open(folder / f"{name}.tar", "w") as tar:
            rows = [["file", "labels"]]
            for thing, labels in SHOWN.items():
                photo = Image.fromarray(getattr(data, thing)())
                for number in range(repeat):
                    stream = io.BytesIO()
                    photo.rotate(number, expand=False).resize((96, 96)).save(stream, "PNG")
                    entry = tarfile.TarInfo(f"./{thing}{number}.png")
                    entry.size = stream.tell()
                    tar.addfile(entry, io.BytesIO(stream.getvalue()))
                    rows.append([f"{thing}{number}.png", labels])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return folder


@pytest.fixture
def train(sets: Path, tmp_path: Path) -> Callable[..., int]:
    def call(command: str, *more: str) -> int:
        folders = ["--data", str(sets), "--models", str(tmp_path / "none"), "--work", str(tmp_path / "work")]
        return main([command, *folders, *more])

    return call


def test_a_network_of_ones_own(
    train: Callable[..., int], sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    work, out = tmp_path / "work", tmp_path / "mine"
    start = ["--start", str(models_dir() / "everyday"), "--epochs", "24", "--side", "64", "--last-side", "96"]
    learn = learner.Learner.learn

    def interrupted(self: learner.Learner, draw: object) -> float:
        if self.step == 7:
            raise KeyboardInterrupt
        return learn(self, draw)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(learner.Learner, "learn", interrupted)
        assert train("fit", *start) == 130
    assert "start it again to go on" in capsys.readouterr().err
    steps = []

    def noted(self: learner.Learner, draw: object) -> float:
        steps.append(self.step)
        return learn(self, draw)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(learner.Learner, "learn", noted)
        assert train("fit", *start) == 0
        assert steps[0] == 7, "what was learnt before Ctrl-C is gone on with"
        assert train("fit", *start) == 0
    assert steps == list(range(7, 24)), "what is trained already is not trained again"
    assert train("fit", *start[:3], "48", *start[4:]) == 1
    assert "finished training with epochs 24" in capsys.readouterr().err

    words = tmp_path / "vocabulary.toml"
    words.write_text(vocabulary.vocabulary_file().read_text(encoding="utf-8") + TAG, encoding="utf-8")
    for module in ("photomgr.annotate.vocabulary", "photomgr.train.lexicon"):
        monkeypatch.setattr(f"{module}.vocabulary_file", lambda: words)
    assert train("export", "--out", str(out), "--size", "64") == 1
    assert "photomgr train extend" in capsys.readouterr().err
    assert not (out / "model.onnx").exists()
    assert train("extend", "--size", "96") == 0
    assert train("export", "--out", str(out), "--size", "64", "--eight-bit") == 0

    network = VisualModel.load(out)
    assert "schöne katze" in network.labels
    assert not (out / ".draft").exists()
    assert "mine" in network.taught
    said = _asked(network, "schöne katze", sets / "mine.tar")
    assert min(said["chelsea0"], said["chelsea3"]) > max(said["coffee0"], said["rocket0"], said["astronaut0"])
    assert Card.load(out / "network.toml").labels[-1] == "schöne katze"
    capsys.readouterr()
    labels = ["--images", str(sets / "mine.tar"), "--labels", str(sets / "mine.csv"), "--systems", "none"]
    assert main(["evaluate", "--model", str(out), *labels, "--work", str(work), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 36
    assert 0 < found["taught"] < 36


def _asked(network: VisualModel, tag: str, images: Path) -> dict[str, float]:
    column = network.labels.index(tag)
    said = {}
    with tarfile.open(images) as tar:
        for entry in tar:
            photo = Image.open(tar.extractfile(entry)).convert("RGB")  # type: ignore[arg-type]
            row = network.run(network.prepare(photo)[None]).probabilities[0]
            said[Path(entry.name).stem] = float(row[column])
    return said


def test_weights_of_another_body_are_refused_before_anything_is_written(
    train: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="training needs photomgr[train]")
    there = ["--start", str(models_dir() / "everyday")]
    assert train("fit", *there, "--backbone", "efficientnet-lite0") == 1
    assert "their network is another than the backbone" in capsys.readouterr().err
    assert not (tmp_path / "work" / "recipe.json").exists()
    torn = tmp_path / "torn"
    torn.mkdir()
    for name in ("labels.csv", "card.toml"):
        (torn / name).write_bytes((models_dir() / "everyday" / name).read_bytes())
    (torn / "model.onnx").write_bytes((models_dir() / "everyday" / "model.onnx").read_bytes()[:100_000])
    assert train("fit", "--start", str(torn)) == 1
    assert "cannot be" in capsys.readouterr().err
    assert train("fit", "--seed", "-1") == 1
    assert "seed must be" in capsys.readouterr().err


def test_a_few_photos_teach_a_head() -> None:
    from photomgr.train.head import fit_head, predict

    rng = np.random.default_rng(1)
    features = rng.normal(size=(40, 16)).astype(np.float32)
    value = (features[:, :1] > 0).astype(np.float32)
    head = fit_head(features, value, np.ones_like(value), seed=1, epochs=2)
    said = predict(head, features)[:, 0]
    assert said[value[:, 0] > 0].mean() > said[value[:, 0] == 0].mean() + 0.2


def test_a_second_body_beside_a_network_and_both_gone_on_from(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="training needs photomgr[train]")

    def train(command: str, work: str, *more: str) -> int:
        folders = ["--data", str(sets), "--models", str(tmp_path / "none"), "--work", str(tmp_path / work)]
        return main([command, *folders, *more])

    small, mine = ["--side", "64", "--last-side", "64"], tmp_path / "mine"
    out = ["--out", str(mine), "--size", "64", "--eight-bit"]
    assert train("fit", "first", "--backbone", "efficientnet-lite0", "--epochs", "4", *small) == 0
    assert train("export", "first", *out, "--second", "0") == 0
    beside = ["--beside", str(mine), "--backbone", "efficientnet-lite0", "--label-share", "0.6", *small]
    assert train("fit", "both", *beside, "--start", str(mine)) == 1
    assert "leave out --start" in capsys.readouterr().err
    assert train("fit", "both", *beside, "--blend", "0.5") == 1
    assert "--blend goes with --start" in capsys.readouterr().err
    learn = learner.Learner.learn

    def interrupted(self: learner.Learner, draw: object) -> float:
        if self.step == 2:
            raise KeyboardInterrupt
        return learn(self, draw)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(learner.Learner, "learn", interrupted)
        assert train("fit", "both", *beside, "--epochs", "4") == 130
    assert train("fit", "both", *beside, "--epochs", "4") == 0
    first, both = (tmp_path / work / "final.npz" for work in ("first", "both"))
    with np.load(first) as one, np.load(both) as pair:
        assert pair["head.linear.weight"].shape[1] == 2 * one["head.linear.weight"].shape[1]
        for name in one.files:
            if name.startswith("body."):  # read back out of 8 bits
                assert np.abs(pair[name] - one[name]).max() <= 0.01 * np.abs(one[name]).max() + 0.05, name

    assert train("export", "both", *out, "--second", "0") == 1
    assert "looks at a smaller copy in any case" in capsys.readouterr().err
    assert train("export", "both", *out, "--head-only") == 1
    assert "no head on frozen features" in capsys.readouterr().err
    for version in ("1.1", "1.1"):  # over the network that it stands beside, and once more
        assert train("export", "both", *out) == 0
        page = (mine / "CARD.md").read_text(encoding="utf-8")
        assert f"everyday {version}" in page
        assert "Two bodies look" in page and "32 x 32 pixels" in page
        assert page.count("All layers start from efficientnet-lite0") == 2
    network = VisualModel.load(mine)
    said = _asked(network, "cat", sets / "mine.tar")
    assert min(said["chelsea0"], said["chelsea3"]) > max(said["coffee0"], said["rocket0"], said["astronaut0"])

    assert train("fit", "third", *beside) == 1
    assert "second body already" in capsys.readouterr().err
    for number, start in enumerate((mine, both)):
        assert train("fit", f"on{number}", "--start", str(start), "--epochs", "1", *small) == 0
        with np.load(tmp_path / f"on{number}" / "final.npz") as on, np.load(both) as pair:
            assert {key: on[key].shape for key in on.files} == {key: pair[key].shape for key in pair.files}
