"""What the body learns beside the tags, so that it goes on seeing what no tag names; nothing of it ships."""

from __future__ import annotations

from typing import Any, Protocol

from photomgr.train.draws import Draw
from photomgr.train.extra import need_torch
from photomgr.train.panel import Mirror
from photomgr.train.targets import Floats


class Lesson(Protocol):
    """``layer`` is trained along with the body; ``name`` is that of its weights in a checkpoint."""

    name: str
    layer: Any

    def loss(self, features: Any, draw: Draw) -> Any:
        """Of the body's features [B, F] of a batch, a number."""
        ...


class Classes:
    """To tell all of ImageNet's classes apart, as a teacher does; ``kernel`` [1001, F] and ``bias`` to start from."""

    name = "classes"

    def __init__(self, kernel: Floats, bias: Floats, weight: float) -> None:
        self.layer = _linear(kernel, bias)
        self._weight = weight

    def loss(self, features: Any, draw: Draw) -> Any:
        """The cross-entropy against the teacher's probabilities."""
        torch = need_torch()
        log_p = torch.log_softmax(self.layer(features).float(), dim=1)
        return -self._weight * (torch.from_numpy(draw.classes) * log_p).sum(dim=1).mean()


class Likeness:
    """To see what a judge of the panel sees, up to a linear map (Romero et al. 2015, "FitNets")."""

    name = "mirror"

    def __init__(self, mirror: Mirror, weight: float) -> None:
        self.layer = _linear(mirror.kernel.T, mirror.offset)
        self._centre = need_torch().from_numpy(mirror.centre.copy())
        self._weight = weight

    def loss(self, features: Any, draw: Draw) -> Any:
        """One less the cosine between both, seen from the middle of all photos."""
        torch = need_torch()
        mine = self.layer(features).float() - self._centre
        theirs = torch.from_numpy(draw.features) - self._centre
        return self._weight * (1 - torch.nn.functional.cosine_similarity(mine, theirs, dim=1).mean())


def _linear(kernel: Floats, bias: Floats) -> Any:
    torch = need_torch()
    layer = torch.nn.utils.skip_init(torch.nn.Linear, kernel.shape[1], kernel.shape[0])  # set below
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    return layer
