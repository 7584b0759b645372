"""TaggerNet as published: one dense layer with ReLU, dropout and sigmoids, trained by Adam at 0.001. Only numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Truth = NDArray[np.bool_]

_HIDDEN, _EPOCHS, _BATCH, _RATE, _DECAY = 192, 8, 128, 0.001, 1e-4


class Net:
    """The paper's TaggerNet: one dense layer with ReLU and sigmoids, cross-entropy, Adam at 0.001."""

    def __init__(self, features: Floats, truth: Truth, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._centre, self._spread = features.mean(axis=0), features.std(axis=0) + 1e-3
        width, labels = features.shape[1], truth.shape[1]
        self._weights: list[Floats] = [
            (rng.standard_normal((width, _HIDDEN)) * np.sqrt(2 / width)).astype(np.float32),
            np.zeros(_HIDDEN, np.float32),
            (rng.standard_normal((_HIDDEN, labels)) * np.sqrt(1 / _HIDDEN)).astype(np.float32),
            np.zeros(labels, np.float32),
        ]
        self._fit((features - self._centre) / self._spread, truth.astype(np.float32), rng)

    def __call__(self, features: Floats) -> Floats:
        """Logits [N, C]."""
        down, down_bias, up, up_bias = self._weights
        inner = np.maximum((features - self._centre) / self._spread @ down + down_bias, 0)
        return np.asarray(inner @ up + up_bias, np.float32)

    def _fit(self, x: Floats, y: Floats, rng: np.random.Generator) -> None:
        first = [np.zeros_like(w) for w in self._weights]
        second = [np.zeros_like(w) for w in self._weights]
        step = 0
        for _ in range(_EPOCHS):
            order = rng.permutation(len(x))
            for start in range(0, len(x), _BATCH):
                rows = order[start : start + _BATCH]
                step += 1
                for n, slope in enumerate(self._slopes(x[rows], y[rows], rng)):
                    slope = slope + _DECAY * self._weights[n]
                    first[n] = 0.9 * first[n] + 0.1 * slope
                    second[n] = 0.999 * second[n] + 0.001 * slope * slope
                    size = float(_RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step))
                    step_down = size * first[n] / (np.sqrt(second[n]) + 1e-8)
                    self._weights[n] = np.asarray(self._weights[n] - step_down, np.float32)

    def _slopes(self, x: Floats, y: Floats, rng: np.random.Generator) -> list[Floats]:
        down, down_bias, up, up_bias = self._weights
        kept = (rng.random((len(x), _HIDDEN), dtype=np.float32) < 0.5) * np.float32(2)
        inner = np.maximum(x @ down + down_bias, 0) * kept
        error = (1 / (1 + np.exp(-np.clip(inner @ up + up_bias, -30, 30))) - y) / len(x)
        back = (error @ up.T) * (inner > 0) * kept
        return [x.T @ back, back.sum(axis=0), inner.T @ error, error.sum(axis=0)]
