"""The committee of teachers: heads on several frozen networks at once, whose mean opinion is distilled.

It knows the concepts of MIRFLICKR better than any one network, so it labels them on the photos of the other
sets, and softens the labels of MIRFLICKR itself: there each photo is judged by a head that has not seen it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.core.arrays import write_array
from photomgr.jobs import Job, Progress
from photomgr.train.head import fit_head, predict
from photomgr.train.sets import MIRFLICKR_TRAIN, Row, mirflickr_id
from photomgr.train.targets import Floats

FOLDS = 5
_EPOCHS = 8


def features(work: Path, name: str, kinds: tuple[str, ...]) -> NDArray[np.float16]:
    """Features of several teachers beside each other, each scaled to unit length times 30, [N, 1280 x kinds]."""
    parts = []
    for kind in kinds:
        values = np.load(work / "teach" / f"{name}_{kind}.npy").astype(np.float32)
        length = np.linalg.norm(values, axis=1, keepdims=True)
        parts.append((30.0 * values / np.maximum(length, 1e-6)).astype(np.float16))
    return np.concatenate(parts, axis=1)


def judge(
    work: Path, rows: list[Row], truth: Floats, others: list[str], first: str, seed: int
) -> Job[dict[str, Floats]]:
    """The committee's probabilities [N, C] for MIRFLICKR (``rows``, ``truth`` [N, C]) and for ``others``.

    ``first``: ending of the files of the backbone's features; other teachers sit with it where they were run.

    Kept in ``work/committee``. Held-out photos of MIRFLICKR are judged by heads that saw none of them.
    """
    out = work / "committee"
    out.mkdir(parents=True, exist_ok=True)
    names = ["mirflickr", *others]
    if not all((out / f"{name}.npy").exists() for name in names):
        teach = work / "teach"
        both = tuple(kind for kind in (first, "olf") if (teach / f"mirflickr_{kind}.npy").exists())
        more = first != "l2f" and (teach / "mirflickr_l2f.npy").exists()
        best = (*both, "l2f") if more else both
        ids = np.array([mirflickr_id(row.file) for row in rows])
        train = np.flatnonzero(ids <= MIRFLICKR_TRAIN)
        wide = features(work, "mirflickr", best)
        weight = np.ones_like(truth)
        opinion = np.zeros_like(truth)
        held = np.flatnonzero(ids > MIRFLICKR_TRAIN)
        fold = np.random.default_rng(seed).permutation(len(train)) % FOLDS
        for number in range(FOLDS):
            yield Progress(number, FOLDS + 1, "committee")
            seen, unseen = train[fold != number], train[fold == number]
            head = fit_head(wide[seen], truth[seen], weight[seen], seed=seed + number, epochs=_EPOCHS)
            opinion[unseen] = predict(head, wide[unseen])
            opinion[held] += predict(head, wide[held]) / FOLDS
        write_array(out / "mirflickr.npy", opinion)
        yield Progress(FOLDS, FOLDS + 1, "committee")
        narrow = wide[:, : 1280 * len(both)]
        head = fit_head(narrow[train], truth[train], weight[train], seed=seed, epochs=_EPOCHS)
        for name in others:
            write_array(out / f"{name}.npy", predict(head, features(work, name, both)))
    return {name: np.load(out / f"{name}.npy") for name in names}
