"""Heads on frozen features: the committee that labels what people left open, and the start of the fine-tuning."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.train.extra import need_torch
from photomgr.train.targets import Floats

HIDDEN = 768
_BATCH = 256
_STEPS = 64
"""So many at least: from few photos, too, a head gets to where it says what they show."""


def make_head(features: int, outputs: int, hidden: int = HIDDEN) -> Any:
    """A head [N, features] -> [N, outputs] logits: a linear map beside a dense net of one hidden layer.

    The linear part keeps what the backbone's own classifier knew; the dense net adds what it did not.
    """
    nn = need_torch().nn

    class Head(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(features, outputs)
            self.down = nn.Linear(features, hidden)
            self.up = nn.Linear(hidden, outputs, bias=False)
            self.drop = nn.Dropout(0.3)

        def forward(self, x: Any) -> Any:
            inner = self.drop(nn.functional.relu(self.down(x)))
            return self.linear(self.drop(x)) + self.up(inner)

    head = Head()
    nn.init.zeros_(head.linear.weight)
    nn.init.constant_(head.linear.bias, -4.0)
    nn.init.normal_(head.up.weight, std=0.01)
    return head


def fit_head(
    features: NDArray[Any], value: Floats, weight: Floats, *, seed: int, epochs: int, start: Any = None
) -> Any:
    """Train a head on frozen features; returns it in evaluation mode.

    ``features`` [N, D]; ``value`` and ``weight`` [N, T]. AdamW with a one-cycle rate on the weighted
    cross-entropy of soft targets. Raises ModelError without photos.
    """
    torch = need_torch()
    torch.manual_seed(seed)
    head = start or make_head(features.shape[1], value.shape[1])
    if not len(features):
        raise ModelError("There is no photo to learn from: all are held out.")
    batch = min(_BATCH, len(features))
    epochs = max(epochs, -(-_STEPS // (len(features) // batch)))
    steps = epochs * (len(features) // batch)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps + 1, pct_start=0.15)
    rng = np.random.default_rng(seed)
    head.train()
    for _ in range(epochs):
        order = rng.permutation(len(features))
        for start_at in range(0, len(order) - batch + 1, batch):
            rows = np.sort(order[start_at : start_at + batch])
            x = torch.from_numpy(features[rows].astype(np.float32))
            loss = weighted_loss(head(x), torch.from_numpy(value[rows]), torch.from_numpy(weight[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head.eval()


def weighted_loss(logits: Any, value: Any, weight: Any) -> Any:
    """Weighted binary cross-entropy summed over tags, averaged over photos, in units of ten tags."""
    functional = need_torch().nn.functional
    loss = functional.binary_cross_entropy_with_logits(logits, value, weight=weight, reduction="sum")
    return loss / (10.0 * len(logits))


def predict(head: Any, features: NDArray[Any]) -> Floats:
    """Probabilities [N, T] of a trained head."""
    torch = need_torch()
    with torch.inference_mode():
        parts = [
            torch.sigmoid(head(torch.from_numpy(features[i : i + 1024].astype(np.float32)))).numpy()
            for i in range(0, len(features), 1024)
        ]
    return np.concatenate(parts).astype(np.float32)
