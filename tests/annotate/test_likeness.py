"""What looks alike: spreading results, and which photos are one photo several times."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from photomgr.annotate.likeness import Space, best_of, duplicates, sharpness, spread


def _unit(rows: list[list[float]]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def test_the_space_keeps_who_is_alike() -> None:
    dice = np.random.default_rng(1)
    centres = dice.normal(size=(20, 256))
    rows = np.repeat(centres, 10, axis=0) + 0.1 * dice.normal(size=(200, 256)) + 5
    vectors = Space.of(rows)(rows)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alike = vectors @ vectors.T
    same = np.arange(200)[:, None] // 10 == np.arange(200) // 10
    assert alike[same].min() > 0.9 > alike[~same].max()


def test_the_first_page_is_no_single_burst() -> None:
    burst = [[1.0, 0.02 * n, 0, 0] for n in range(30)]
    others = [[0.7, 0, 1, 0], [0.7, 0, 0, 1], [0.7, 0, -1, 0]]
    vectors = _unit(burst + others)
    relevance = vectors @ _unit([[1, 0, 0, 0]])[0]
    order = spread(vectors, relevance, 10).tolist()
    assert order[0] == 0
    assert set(order[:5]) >= {30, 31, 32}
    assert sorted(order) == list(range(33))
    rest = relevance[order[10:]]
    assert (np.diff(rest) <= 0).all()
    assert spread(vectors[:0], relevance[:0], 10).tolist() == []


def test_duplicates_of_every_kind() -> None:
    contents = [b"a", b"a", b"b", b"c", b"d", b"e", b"", b""]
    hashes = np.array([0, 0, 2**40, 2**40 + 1, 2**60 - 1, 2**61 - 2**30, 0, 0], np.uint64)
    hashed = np.array([1, 1, 1, 1, 1, 1, 0, 0], np.bool_)
    times = np.array([0, 500, 1000, 2000, 3000, 3002, np.nan, 3003])
    vectors = _unit([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 1.1], [0, 0], [1, -1]])
    found = duplicates(contents, hashes, hashed, times, vectors)
    assert [(each.kind, each.rows.tolist()) for each in found] == [
        ("exact", [0, 1]), ("near", [2, 3]), ("burst", [4, 5]),
    ]  # fmt: skip
    vectors[3] = [1, 0]  # one hash by accident: the pictures look quite different
    assert len(duplicates(contents, hashes, hashed, times, vectors)) == 2
    assert duplicates([], hashes[:0], hashed[:0], times[:0], vectors[:0]) == []


def test_the_sharp_and_large_one_is_proposed() -> None:
    picture = Image.effect_noise((200, 150), 80)
    assert sharpness(picture) > 2 * sharpness(picture.filter(ImageFilter.GaussianBlur(2)))
    assert sharpness(Image.new("L", (2, 2))) == 0
    assert best_of([100, 100], [1.0, 5.0], [10, 9], [0, 0]) == 1
    assert best_of([100, 50], [1.0, 5.0], [10, 9], [0, 0]) == 0
    assert best_of([100, 100], [5.0, 5.0], [10, 90], [0, 0]) == 1
    assert best_of([100, 100], [5.0, 5.0], [10, 10], [0, 3]) == 1
    assert best_of([100, 100], [5.0, 5.0], [10, 10], [0, 0]) == 0
