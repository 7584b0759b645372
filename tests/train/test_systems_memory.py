"""Systems A, C, D and the context ablation on a small made bench: every row is there and tells what it should."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photomgr import jobs
from photomgr.annotate.learner import sigmoid
from photomgr.core.errors import ModelError, UsageError
from photomgr.library.simulation import Point, look_for
from photomgr.train.sets import CONCEPTS
from photomgr.train.systems import Bench, Photos, learning
from photomgr.train.systems.context import SYSTEM as CONTEXT
from photomgr.train.systems.context import constructed
from photomgr.train.systems.neighbours import SYSTEM as NEIGHBOURS
from photomgr.train.systems.neighbours import judged
from photomgr.train.systems.online import SYSTEM as ONLINE
from photomgr.train.systems.refinement import SYSTEM as REFINEMENT
from photomgr.train.systems.refinement import corrupted, stroked
from photomgr.train.systems.reviewer import SYSTEM as REVIEWER

_NAMES = tuple(CONCEPTS)
_KINDS = np.random.default_rng(1).random((8, len(_NAMES))) < 0.25


def _side(count: int, seed: int) -> Photos:
    """Photos of eight kinds: a kind has its tags, a direction of the embedding and a colour."""
    dice = np.random.default_rng(seed)
    kind = dice.integers(0, 8, count)
    truth = _KINDS[kind] ^ (dice.random((count, len(_NAMES))) < 0.04)
    rows = np.eye(8, 24)[kind] + 0.3 * dice.normal(size=(count, 24))
    scores = sigmoid(-1.5 + 3.0 * truth + 1.2 * dice.normal(size=truth.shape))
    colours = np.random.default_rng(2).integers(0, 256, (8, 3, 1, 1))
    pixels = np.clip(colours[kind] + dice.integers(-60, 60, (count, 3, 16, 16)), 0, 255).astype(np.uint8)
    names = tuple(f"{seed}-{n}.webp" for n in range(count))
    return Photos(pixels, names, truth, scores.astype(np.float32), rows.astype(np.float32))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    work = tmp_path_factory.mktemp("work")
    return Bench(_NAMES, _side(1700, 1), _side(600, 2), None, None, work, "0" * 64)


def test_neighbours_have_a_row_for_each_way_and_each_kind_of_feature(bench: Bench) -> None:
    rows = jobs.run(NEIGHBOURS.rows(bench))
    assert next(iter(rows)) == "deep + manual: TagProp, distance"
    found = [row["macro_map_24"] for name, row in rows.items() if not name.startswith("claimed")]
    assert len(found) == 11
    assert min(found) > float(bench.scored.truth.mean()) + 0.1
    again = jobs.run(NEIGHBOURS.rows(bench))  # the manual features are kept by now
    assert again == rows


def test_each_claim_of_the_neighbours_is_judged_by_its_rows() -> None:
    figures = {
        "deep: TagProp, distance": 0.74, "manual: TagProp, distance": 0.74, "deep: 2PKNN": 0.73,
        "deep + manual: TagProp, distance": 0.7405,
    }  # fmt: skip
    found = judged({name: {"macro_map_24": value} for name, value in figures.items()})
    assert {name: row["reproduced"] for name, row in found.items()} == {
        "claimed: deep >= manual": 1.0,
        "claimed: deep + manual > deep": 0.0,
        "claimed: TagProp > 2PKNN": 1.0,
    }
    assert found["claimed: TagProp > 2PKNN"]["gain"] == pytest.approx(0.01)


def test_neighbours_without_known_photos_say_so(bench: Bench) -> None:
    alone = Bench(_NAMES, bench.scored, None, None, None, bench.work, bench.network)
    with pytest.raises(ModelError, match="MIRFLICKR"):
        jobs.run(NEIGHBOURS.rows(alone))


def test_refinement_beats_what_was_given_and_the_low_rank_model(bench: Bench) -> None:
    rows = jobs.run(REFINEMENT.rows(bench))
    for share in ("20%", "40%"):
        ours = rows[f"{share} corrupted, ours: network and neighbours"]["f1"]
        assert ours > rows[f"{share} corrupted, uncorrected"]["f1"] + 0.05
        assert ours > rows[f"{share} corrupted, low rank, look-alikes, tags together"]["f1"]


def test_a_stroke_gives_photos_the_tags_of_others(bench: Bench) -> None:
    rows = jobs.run(REFINEMENT.rows(bench))
    begin = "8% of photos with another's tags, "
    assert rows[f"{begin}ours: network and neighbours"]["f1"] > rows[f"{begin}uncorrected"]["f1"]
    truth = bench.scored.truth
    given = stroked(truth, 0.2, 0.0, 7)
    other = (given != truth).any(axis=1)
    assert 0.05 < other.mean() < 0.25
    all_tags = {tuple(row) for row in truth.tolist()}
    assert {tuple(row) for row in given.tolist()} <= all_tags
    assert (given == stroked(truth, 0.2, 0.0, 7)).all()
    assert not (stroked(truth, 0.0, 0.3, 7) & ~truth).any()


def test_corruption_takes_and_gives_as_many_of_each_tag(bench: Bench) -> None:
    truth = bench.scored.truth
    given = corrupted(truth, 0.4, 7)
    assert (given.sum(axis=0) == truth.sum(axis=0)).all()
    assert (given & ~truth).sum() == pytest.approx(0.4 * truth.sum(), rel=0.02)
    assert (given == corrupted(truth, 0.4, 7)).all()
    assert not (given == corrupted(truth, 0.4, 8)).all()


def test_context_helps_where_it_tells_and_does_not_harm_where_it_is_shuffled(bench: Bench) -> None:
    rows = jobs.run(CONTEXT.rows(bench))
    assert next(iter(rows)) == "all of context"
    assert rows["all of context"]["macro_map_24"] > rows["none"]["macro_map_24"] + 0.005
    assert rows["shuffled between photos"]["macro_map_24"] > rows["none"]["macro_map_24"] - 0.01


def test_the_constructed_library_is_the_same_for_a_seed(bench: Bench) -> None:
    truth = bench.scored.truth[:300]
    assert constructed(truth, _NAMES, 3) == constructed(truth, _NAMES, 3)
    assert len(constructed(truth, _NAMES, 3)) == 300


class _Visual:
    """Stands for the network: the embedding of a photo is its mean colour, repeated."""

    size = 8

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        return np.asarray(image.resize((8, 8)), np.uint8).transpose(2, 0, 1)

    def run(self, batch: NDArray[np.uint8]) -> _Visual:
        self.embedding = np.repeat(batch.mean(axis=(2, 3)), 4, axis=1).astype(np.float32)
        return self


def test_online_classes_learn_from_a_stream(bench: Bench, tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    lines = ["file,wnid,split"]
    with tarfile.open(tmp_path / "tiny_imagenet.tar", "w") as tar:
        for n in range(120):
            colour = np.eye(3)[n % 3] * 180 + 30 + dice.normal(size=3) * 12
            stream = BytesIO()
            Image.new("RGB", (8, 8), tuple(int(c) for c in colour)).save(stream, "PNG")
            name = f"{n}.png"
            lines.append(f"{name},n{n % 3},{'val' if n % 4 == 0 else 'train'}")
            entry = tarfile.TarInfo(name)
            entry.size = stream.tell()
            stream.seek(0)
            tar.addfile(entry, stream)
    (tmp_path / "tiny_imagenet.csv").write_text("\n".join(lines) + "\n")
    here = Bench(_NAMES, bench.scored, None, tmp_path, None, tmp_path / "work", "1" * 64, visual=_Visual())  # type: ignore[arg-type]
    rows = jobs.run(ONLINE.rows(here))
    assert len(rows) == 4
    assert all(row["top_1"] == 1 and row["cut_0.9_tags"] == 1 for row in rows.values())


def test_online_classes_without_their_set_say_so(bench: Bench) -> None:
    with pytest.raises(ModelError, match="Tiny ImageNet"):
        jobs.run(ONLINE.rows(bench))


def test_a_reviewer_finds_a_new_tag_sooner_than_by_chance() -> None:
    dice = np.random.default_rng(3)
    truth = dice.random(800) < 0.05
    vectors = (dice.normal(size=(800, 16)) + 2.5 * np.outer(truth, np.eye(16)[0])).astype(np.float16)
    found = jobs.run(look_for(vectors, truth, 0.9))
    assert 0.9 * truth.sum() <= found.looks < 0.5 * found.random
    assert 0.7 * 800 < found.random < 800
    with pytest.raises(UsageError, match="too few"):
        jobs.run(look_for(vectors, truth & (np.cumsum(truth) < 4), 0.9))


def _reviewed(bench: Bench, seed: int) -> Bench:
    """The bench with some tags that few photos have, so that they can be looked for, and a network of their names."""
    dice = np.random.default_rng(seed)
    truth = bench.scored.truth.copy()
    rare = [_NAMES.index(name) for name in ("dog", "bird", "lake")]
    truth[:, rare] = dice.random((len(truth), len(rare))) < 0.045
    rows = bench.scored.embedding.copy()
    rows[:, 10 : 10 + len(rare)] += 3.0 * truth[:, rare]
    scored = replace(bench.scored, truth=truth, embedding=rows)
    visual = SimpleNamespace(labels=tuple(CONCEPTS.values()))
    return replace(bench, scored=scored, visual=visual)  # type: ignore[arg-type]


def test_a_reviewer_teaches_a_new_tag_with_each_decision(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "REVIEWED", ("dog", "nothing of the kind"))
    here = _reviewed(bench, 4)
    played = jobs.run(learning.curves(here, (learning.KNOWN, learning.NEW)))
    assert [len(each) for each in played.values()] == [1, 1]
    assert played[learning.KNOWN][0][0].known and not played[learning.NEW][0][0].known
    rows = learning.rows(played)
    assert list(rows) == [
        f"learning, {kind}: {mark} decisions"
        for kind in (learning.KNOWN, learning.NEW)
        for mark in (5, 20, 50, 200)
    ]
    few, many = (rows[f"learning, {learning.NEW}: {mark} decisions"] for mark in (5, 200))
    assert many["true_found"] > many["at_random"] + 0.2
    assert many["true_found"] > few["true_found"]
    assert few["tags"] == 1
    assert learning.rows({}) == {}


def test_what_a_reviewer_played_for_the_card_is_not_played_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "play", lambda *_, **__: pytest.fail("played again"))
    curve = [Point("dog", True, mark, 0.7, 0.4, 0.3, 0.1) for mark in (0, 5, 20)]
    here = replace(_reviewed(bench, 4), curves={learning.KNOWN: [curve]})
    rows = jobs.run(REVIEWER.rows(here))
    assert next(iter(rows)) == "hidden concepts"
    row = rows[f"learning, {learning.KNOWN}: 20 decisions"]
    assert row == pytest.approx(
        {"mean_ap": 0.7, "true_found": 0.4, "in_first_order": 0.3, "at_random": 0.1, "tags": 1}
    )
