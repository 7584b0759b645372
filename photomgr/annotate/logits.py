"""Probabilities and their logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def logit(probability: NDArray[Any]) -> Floats:
    """Logits of probabilities, held away from 0 and 1: a float16 score near them is no certainty."""
    held = np.clip(np.asarray(probability, np.float64), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(held) - np.log1p(-held))


def sigmoid(value: NDArray[Any]) -> NDArray[Any]:
    """The probability of a logit, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * value)))
