"""ML-kNN (Zhang and Zhou, *Pattern Recognition* 2007): what fused modalities are held against. Only numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.neighbours import nearest, unit


def ml_knn(
    rows: NDArray[Any], truth: NDArray[np.bool_], queries: NDArray[Any], k: int = 10, smooth: float = 1.0
) -> NDArray[np.float64]:
    """Probabilities [Q, C] of C labels for ``queries`` [Q, D], from ``rows`` [N, D] whose ``truth`` [N, C] is known.

    How many of the ``k`` nearest have a label is compared with how many of the nearest of each known photo do, with
    and without it. Nearness is that of standardised features on the unit sphere.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    known, asked = unit((rows - mean) / spread), unit((queries - mean) / spread)
    places, _ = nearest(known, known, k, without=np.arange(len(known)))
    there, _ = nearest(known, asked, k)
    prior = (smooth + truth.sum(axis=0)) / (2 * smooth + len(truth))
    seen, counts = truth[places].sum(axis=1), truth[there].sum(axis=1)
    found = np.empty(counts.shape, np.float64)
    for c in range(truth.shape[1]):
        have = np.bincount(seen[truth[:, c], c], minlength=k + 1) + smooth
        lack = np.bincount(seen[~truth[:, c], c], minlength=k + 1) + smooth
        yes = prior[c] * (have / have.sum())[counts[:, c]]
        no = (1 - prior[c]) * (lack / lack.sum())[counts[:, c]]
        found[:, c] = yes / (yes + no)
    return found
