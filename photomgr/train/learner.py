"""One step of fine-tuning after another: optimiser, averaged weights, checkpoints, the curve of the loss."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.core.arrays import write_arrays
from photomgr.train.draws import Draw
from photomgr.train.extra import need_torch
from photomgr.train.head import weighted_loss
from photomgr.train.lessons import Lesson
from photomgr.train.network import MEAN, SCALE
from photomgr.train.recipe import Recipe

_SAVE_EVERY = 90.0
"""Seconds between two checkpoints."""


class Learner:
    """Body and head in training, with layers beside them for other lessons."""

    def __init__(
        self, body: Any, head: Any, lessons: Sequence[Lesson], recipe: Recipe, work: Path, names: list[str]
    ) -> None:
        torch = need_torch()
        torch.manual_seed(recipe.seed)
        self._torch, self._recipe, self._work, self._names = torch, recipe, work, names
        self.body = body.to(memory_format=torch.channels_last).train()
        self.head = head.train()
        self._lessons = lessons
        beside = [p for lesson in lessons for p in lesson.layer.parameters()]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [*self.body.parameters(), *beside], "peak": recipe.rate},
                {"params": list(self.head.parameters()), "peak": recipe.head_rate},
            ],
            lr=recipe.rate,
            weight_decay=recipe.decay,
        )
        self._average = [p.detach().clone() for p in self._shipped()]
        # Half precision hastens dense convolutions; depthwise ones it slows down.
        convs = [module for module in body.modules() if isinstance(module, torch.nn.Conv2d)]
        self._half = sum(conv.groups > 1 for conv in convs) * 4 < len(convs)
        self.step = 0
        self.total = 0
        self.speed = 0.0
        self._mean_loss = 0.0
        self._step_takes = 0.0  # seconds, a running mean
        self._spent = self._saved = 0.0
        self._clock = time.monotonic()

    @property
    def done(self) -> float:
        """How far training is, 0 to 1: by steps, or by the clock where the recipe gives it so many minutes."""
        by_step = self.step / max(1, self.total)
        minutes = self._recipe.minutes
        return by_step if minutes is None else max(by_step, self._spent / (60.0 * minutes))

    def begin(self, total: int) -> None:
        """Set the number of steps, and go on from the checkpoint if there is one."""
        self.total = total
        self._clock = time.monotonic()
        kept = self._work / "checkpoint.pt"
        if kept.exists():
            state = self._torch.load(kept)
            for name, module in self._modules().items():
                module.load_state_dict(state[name])
            self._optimizer.load_state_dict(state["optimizer"])
            self._average = state["average"]
            self.step, self._spent = state["step"], state["spent"]
            self._saved = self._spent
        else:
            (self._work / "loss.csv").write_text("step,rate,loss\n", encoding="utf-8")

    def learn(self, draw: Draw) -> float:
        """One step on a batch; returns the running mean of the loss."""
        torch = self._torch
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * self._pace()
        x = torch.from_numpy(draw.pixels).permute(0, 3, 1, 2).float().sub_(MEAN).div_(SCALE)
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
            features = self.body(x)
            logits = self.head(features)
            beside = sum(lesson.loss(features, draw) for lesson in self._lessons)
        loss = weighted_loss(logits.float(), torch.from_numpy(draw.value), torch.from_numpy(draw.weight))
        loss = loss + beside
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*self.body.parameters(), *self.head.parameters()], 5.0)
        self._optimizer.step()
        self.step += 1
        self._follow()
        self._note(float(loss.detach()), len(draw.pixels))
        return self._mean_loss

    def finish(self) -> Path:
        """Write the averaged weights to ``work/model.npz``."""
        self._use_average()
        if self.step % 20:
            self._write_loss()
        target = self._work / "model.npz"
        save_weights(target, self.body, self.head, self._names)
        return target

    def _pace(self) -> float:
        """Share of the peak rate at this step: a short rise, what is held, half a cosine down to a hundredth."""
        done, rise = min(1.0, self.done), 0.06
        if done < rise:
            return 0.05 + 0.95 * done / rise
        top = min(0.99, rise + self._recipe.hold)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * max(0.0, done - top) / (1 - top)))

    def _follow(self) -> None:
        decay = min(self._recipe.average, (1 + self.step) / (10 + self.step))
        with self._torch.no_grad():
            self._torch._foreach_lerp_(self._average, [p.detach() for p in self._shipped()], 1 - decay)

    def _note(self, loss: float, photos: int) -> None:
        self._mean_loss = loss if self._mean_loss == 0.0 else 0.98 * self._mean_loss + 0.02 * loss
        now = time.monotonic()
        self._spent += now - self._clock
        took = now - self._clock
        self._step_takes = took if self._step_takes == 0.0 else 0.98 * self._step_takes + 0.02 * took
        self.speed, self._clock = photos / max(1e-6, self._step_takes), now
        if self.step % 20 == 0 or self.step == 1:
            self._write_loss()
        if self._spent - self._saved >= _SAVE_EVERY:
            self.save()

    def _write_loss(self) -> None:
        with (self._work / "loss.csv").open("a", encoding="utf-8") as stream:
            rate_now = self._optimizer.param_groups[0]["lr"]
            stream.write(f"{self.step},{rate_now:.3e},{self._mean_loss:.5f}\n")

    def save(self) -> None:
        """Write a checkpoint, from which :meth:`begin` goes on."""
        self._saved = self._spent
        partial, target = self._work / "checkpoint.partial", self._work / "checkpoint.pt"
        state = {
            **{name: module.state_dict() for name, module in self._modules().items()},
            "optimizer": self._optimizer.state_dict(),
            "average": self._average,
            "step": self.step,
            "spent": self._spent,
        }
        self._torch.save(state, partial)
        partial.replace(target)

    def _modules(self) -> dict[str, Any]:
        return {"body": self.body, "head": self.head} | {each.name: each.layer for each in self._lessons}

    def _shipped(self) -> list[Any]:
        return [*self.body.parameters(), *self.head.parameters()]

    def _use_average(self) -> None:
        with self._torch.no_grad():
            for parameter, average in zip(self._shipped(), self._average, strict=True):
                parameter.copy_(average)


def save_weights(target: Path, body: Any, head: Any, names: list[str]) -> None:
    """Weights of body and head as plain arrays, which exporting reads without PyTorch; ``names``: the outputs."""
    state = {f"body.{k}": v.numpy() for k, v in body.state_dict().items()}
    state |= {f"head.{k}": v.numpy() for k, v in head.state_dict().items()}
    write_arrays(target, {"names": np.array(names), **state})


def load_weights(weights: Mapping[str, NDArray[Any]], body: Any, head: Any) -> None:
    """The reverse: copy arrays as ``save_weights`` wrote them into body and head."""
    torch = need_torch()
    for prefix, module in (("body.", body), ("head.", head)):
        module.load_state_dict(
            {key.removeprefix(prefix): torch.from_numpy(value.copy())
             for key, value in weights.items() if key.startswith(prefix)}
        )  # fmt: skip
