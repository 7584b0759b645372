"""What the network is shown, batch by batch: random views of photos, with what it is to say of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photomgr.core.errors import ModelError
from photomgr.train.augment import reduced, view
from photomgr.train.corpus import Part
from photomgr.train.panel import Panel
from photomgr.train.recipe import Recipe
from photomgr.train.targets import DOUBT, TEACHER

Floats = NDArray[np.float32]
_MIXED = 0.3
"""Share of the views with another view shining through (Zhang et al. 2018, "mixup"); the panel alone judges them."""
_COMPLETE = 1.5
"""Weight of the concepts that people labelled completely, where a panel judges."""


@dataclass(frozen=True)
class Draw:
    """A batch: pixels uint8 [B, S, S, 3], targets and weights float32 [B, T + 14].

    ``classes`` [B, 1001]: a teacher's probabilities of ImageNet's classes, or [B, 0]; ``features`` [B, D]: how a
    panel's judge sees the view, or [B, 0].
    """

    pixels: NDArray[np.uint8]
    value: Floats
    weight: Floats
    classes: Floats
    features: Floats


class Deck:
    """All photos that are trained on, shuffled anew for each epoch.

    Every step has its own generator, so a training that was interrupted draws what it would have drawn.
    ``grey``: the column of black and white photos; ``complete``: those of the concepts that people labelled completely.
    """

    def __init__(
        self, parts: list[Part], recipe: Recipe, grey: int, complete: list[int], panel: Panel | None = None
    ) -> None:
        self._parts, self._recipe, self._grey, self._panel = parts, recipe, grey, panel
        self._complete = complete
        self._cards = [
            (number, int(row))
            for number, part in enumerate(parts)
            for row in np.flatnonzero(~part.held_out)[:: part.photo_set.every]
            for _ in range(part.photo_set.repeat)
        ]

        if not self._cards:
            raise ModelError("There is no photo to learn from: all are held out.")

    @property
    def steps(self) -> int:
        """Batches in an epoch; fewer photos than fill one make one small batch."""
        return max(1, len(self._cards) // self._recipe.batch)

    def draw(self, step: int, side: int) -> Draw:
        """The batch of that step, of ``side`` pixels. Safe to call from several threads."""
        recipe = self._recipe
        rng = np.random.default_rng((recipe.seed, step))
        order = np.random.default_rng((recipe.seed, step // self.steps, 7)).permutation(len(self._cards))
        at = step % self.steps * recipe.batch
        cards = [self._cards[i] for i in order[at : at + recipe.batch]]
        if self._panel is None:
            return self._labelled(cards, *self._views(cards, side, rng))
        pixels, faded = self._views(cards, self._panel.side, rng)
        return self._judged(self._panel, cards, pixels, faded, side, rng)

    def _views(
        self, cards: list[tuple[int, int]], side: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], list[bool]]:
        seen = [view(np.asarray(self._parts[number].pixels[row]), side, rng) for number, row in cards]
        return np.stack([photo for photo, _ in seen]), [faded for _, faded in seen]

    def _labelled(self, cards: list[tuple[int, int]], pixels: NDArray[np.uint8], faded: list[bool]) -> Draw:
        """Views with what is known of their photos."""
        parts = self._parts
        value = np.stack([parts[number].targets.value[row] for number, row in cards])
        weight = np.stack([parts[number].targets.weight[row] for number, row in cards])
        value[faded, self._grey], weight[faded, self._grey] = 1.0, 1.0
        classes = np.stack([parts[number].imagenet[row] for number, row in cards]).astype(np.float32)
        return Draw(pixels, value, weight, classes, np.zeros((len(cards), 0), np.float32))

    def _fold(self, number: int, row: int, panel: Panel) -> int:
        return int(panel.folds[row]) if self._parts[number].photo_set.kind == "complete" else -1

    def _judged(
        self, panel: Panel, cards: list[tuple[int, int]], pixels: NDArray[np.uint8], faded: list[bool],
        side: int, rng: np.random.Generator,
    ) -> Draw:  # fmt: skip
        """Views as a panel sees them, some of them mixed; labels have a share where a photo is by itself."""
        pixels, mixed = _mix(pixels, rng)
        opinion = panel.judge(pixels, np.array([self._fold(*card, panel) for card in cards]))
        value, weight = opinion.value.copy(), np.ones_like(opinion.value)
        weight[:, self._complete] = _COMPLETE
        weight[:, ~panel.known] = 0.0
        for place, (number, row) in enumerate(cards):
            if mixed[place]:
                continue
            targets = self._parts[number].targets
            share = (
                np.where(panel.known, self._recipe.label_share * targets.weight[row], 1.0) * targets.true[row]
            )
            value[place] += share * (targets.value[row] - value[place])
            spoken, open_ = ~panel.known & targets.true[row], ~panel.known & ~targets.true[row]
            weight[place, spoken] = targets.weight[row][spoken]
            # With nothing but the photos that have it, a new tag would be said of every photo.
            weight[place, open_] = TEACHER
            value[place, open_ & targets.silent[row]] *= DOUBT
            if faded[place]:
                value[place, self._grey] = 1.0
        return Draw(reduced(pixels, side), value, weight, opinion.classes, opinion.features)


def _mix(pixels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Some views with another of the batch shining through, which is the weaker one, and which they are."""
    count = len(pixels)
    mixed = (rng.random(count) < _MIXED) & (count > 1)
    made = pixels.copy()
    for place in np.flatnonzero(mixed):
        share = float(rng.uniform(0.5, 1.0))
        other = (place + 1 + int(rng.integers(count - 1))) % count
        both = share * pixels[place].astype(np.float32) + (1 - share) * pixels[other].astype(np.float32)
        made[place] = (both + 0.5).astype(np.uint8)
    return made, mixed
