"""Which photos belong together, from hashes, embeddings and times made here."""

from __future__ import annotations

import time

import numpy as np
from PIL import Image, ImageDraw

from photomgr.annotate import grouping
from photomgr.annotate.grouping import Looks


def _picture(seed: int) -> Image.Image:
    dice = np.random.default_rng(seed)
    coarse = dice.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((384, 288), Image.Resampling.BICUBIC)


def _looks(n: int, dimensions: int = 16) -> Looks:
    """N unrelated photos without a date."""
    dice = np.random.default_rng(1)
    return Looks(
        [bytes([each]) for each in range(n)],
        dice.integers(0, 2**63, n, dtype=np.uint64),
        np.ones(n, np.bool_),
        dice.normal(size=(n, dimensions)),
        np.full(n, np.nan),
    )


def test_a_hash_survives_scaling_and_encoding() -> None:
    hashes = [grouping.perceptual_hash(_picture(seed)) for seed in range(20)]
    small = [grouping.perceptual_hash(_picture(seed).resize((96, 72))) for seed in range(20)]
    near = [(one ^ other).bit_count() for one, other in zip(hashes, small, strict=True)]
    assert max(near) <= grouping.NEAR
    others = [(hashes[0] ^ other).bit_count() for other in hashes[1:]]
    assert min(others) > 2 * grouping.NEAR


def test_a_small_change_stays_near_and_a_flat_picture_has_a_hash() -> None:
    picture = _picture(3)
    before = grouping.perceptual_hash(picture)
    ImageDraw.Draw(picture).rectangle((10, 10, 30, 30), fill=(255, 255, 255))
    assert (before ^ grouping.perceptual_hash(picture)).bit_count() <= grouping.NEAR
    assert 0 <= grouping.perceptual_hash(Image.new("RGB", (40, 30), (9, 9, 9))) < 2**64


def test_the_same_file_and_near_duplicates_are_together() -> None:
    looks = _looks(7)
    contents = list(looks.contents)
    contents[4] = contents[1]
    hashes = looks.hashes.copy()
    hashes[5] = hashes[2] ^ np.uint64(0b1011 << 30)
    found = grouping.group(Looks(contents, hashes, looks.hashed, looks.embeddings, looks.times))
    kinds = {tuple(each.rows.tolist()): each.kind for each in found}
    assert kinds[1, 4] == "same"
    assert kinds[2, 5] == "alike"
    assert sum(kind == "single" for kind in kinds.values()) == 3
    assert sorted(row for rows in kinds for row in rows) == list(range(7))


def test_an_event_holds_together_and_its_odd_one_stands_apart() -> None:
    looks = _looks(9)
    vectors = np.zeros((9, 16))
    vectors[:, 0] = 1
    vectors[:, 1] = np.linspace(0, 0.2, 9)
    times = np.arange(9.0) * 60
    times[6:] += 4000  # later that day
    scores = np.full(9, 0.9)
    scores[3] = 0.02
    event = Looks(looks.contents, looks.hashes, looks.hashed, vectors, times, scores)
    found = [each.rows.tolist() for each in grouping.group(event)]
    assert found[:2] == [[0, 1, 2, 4, 5], [6, 7, 8]]
    assert [3] in found


def test_without_anything_known_every_photo_is_alone() -> None:
    looks = Looks(
        [b"", b""], np.zeros(2, np.uint64), np.zeros(2, np.bool_), np.zeros((2, 1)), np.full(2, np.nan)
    )
    assert [each.kind for each in grouping.group(looks)] == ["single", "single"]
    empty = np.zeros(0)
    nothing = Looks([], empty.astype(np.uint64), empty.astype(np.bool_), np.zeros((0, 1)), empty)
    assert grouping.group(nothing) == []


def test_many_equal_hashes_cost_little_and_are_one_group() -> None:
    n = 20_000
    hashes = np.full(n, 7, np.uint64)
    started = time.perf_counter()
    pairs = grouping.near_pairs(hashes, np.ones(n, np.bool_))
    assert time.perf_counter() - started < 10
    assert {row for pair in pairs for row in pair} == set(range(n))


def test_clusters_are_found_again_and_the_same_each_time() -> None:
    dice = np.random.default_rng(2)
    middles = dice.normal(size=(5, 12))
    truth = dice.integers(0, 5, 900)
    points = (middles[truth] + 0.1 * dice.normal(size=(900, 12))).astype(np.float32)
    labels = grouping.cluster(points, 5)
    assert (labels == grouping.cluster(points, 5)).all()
    assert all(len(np.unique(truth[labels == each])) == 1 for each in range(labels.max() + 1))
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    assert len(grouping.cluster(points[:0], 4)) == 0
    assert grouping.cluster(np.ones((10, 3), np.float32), 4).tolist() == [0] * 10


def test_a_hundred_thousand_points_cluster_quickly() -> None:
    dice = np.random.default_rng(3)
    points = dice.normal(size=(100_000, 64)).astype(np.float32)
    started = time.perf_counter()
    labels = grouping.cluster(points, 128)
    assert time.perf_counter() - started < 60
    assert np.bincount(labels).min() >= 3


def test_the_most_telling_tag_is_frequent_here_and_rare_elsewhere() -> None:
    counts = np.array([10.0, 9.0, 1.0])
    overall = np.array([100.0, 12.0, 1.0])
    assert grouping.telling(counts, overall, 10, 100).tolist() == [1, 0]


def test_context_is_nothing_without_a_date() -> None:
    circles = grouping.context(np.array([np.nan, 0.0]))
    assert not circles[0].any()
    assert circles[1].any()
