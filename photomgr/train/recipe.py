"""How a network is trained: what the person chose and what is usual, kept beside the weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from photomgr.core.errors import ModelError


@dataclass(frozen=True)
class Recipe:
    """How to train. ``side`` and ``last_side`` are in pixels; the last ``last_share`` of the steps use the latter.

    ``minutes``: the rate falls with the clock, so that training ends well after so long even on a machine
    that others use too; ``epochs`` is then the most it does. ``start``: the weights of an earlier training to go
    on from, ``start_hash`` their SHA-256; its opinion then joins the teachers'. ``backbone``: one of
    :data:`backbones.NAMES` to start from otherwise; None takes the usual one. ``blend``: share of the weights of
    ``start`` in the final ones. The mean of two trainings that share their beginning does better than either
    (Wortsman et al. 2022, "Model soups"). ``hold``: share of the training that stays at the full rate before it
    falls. With weights averaged over long (``average`` is kept of them at each step) that finds flatter ground
    (Izmailov et al. 2018, "SWA"). ``panel``: each view is judged by ``start`` and EfficientNet-Lite2, see
    :mod:`panel`; a photo then takes about twice the time.
    """

    epochs: float = 5.0
    batch: int = 32
    rate: float = 1e-4
    head_rate: float = 2e-4
    decay: float = 0.03
    side: int = 160
    last_side: int = 192
    last_share: float = 0.3
    average: float = 0.999
    hold: float = 0.0
    distil: float = 0.15
    head_epochs: int = 6
    seed: int = 1
    threads: int = 2
    minutes: float | None = None
    start: str | None = None
    backbone: str | None = None
    blend: float = 0.0
    panel: bool = False
    start_hash: str = ""


_FREE: Final = frozenset(("epochs", "minutes", "threads"))
"""What may change from one call to the next."""
_RANGES: Final = {
    "epochs": (0.0, 1e4), "batch": (1, 4096), "rate": (1e-7, 0.1), "head_rate": (1e-7, 0.1), "decay": (0.0, 1.0),
    "average": (0.0, 0.99999), "hold": (0.0, 1.0), "blend": (0.0, 1.0), "threads": (1, 1024), "minutes": (0.01, 1e6),
    "side": (32, 1024), "last_side": (32, 1024),
}  # fmt: skip


def begin(work: Path, recipe: Recipe) -> None:
    """Write the recipe beside the weights that are about to be trained by it.

    Raises ModelError for what no training can go by, and where a training by another recipe lies there, which this
    one would go on with or write over. It may go on for longer, and on more threads.
    """
    _check(recipe)
    file = work / "recipe.json"
    if file.exists():
        before = asdict(read_recipe(work))
        other = [key for key, value in asdict(recipe).items() if key not in _FREE and before[key] != value]
        if other:
            key = other[0]
            raise ModelError(
                f"In {work} lies a training with {_said(key)} {before[key]}, and not"
                f" {getattr(recipe, key)}: call it as before, or name another folder with --work."
            )
    work.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(recipe)), encoding="utf-8")


def _check(recipe: Recipe) -> None:
    for name, (least, most) in _RANGES.items():
        value = getattr(recipe, name)
        if value is not None and not least <= value <= most:
            raise ModelError(f"The {_said(name)} must be {least:g} to {most:g}, and not {value:g}.")


def _said(name: str) -> str:
    return name.replace("_", " ")


def read_recipe(work: Path) -> Recipe:
    """The recipe that the weights in ``work`` were trained by; the usual one where nothing was trained yet."""
    try:
        return Recipe(**json.loads((work / "recipe.json").read_text(encoding="utf-8")))
    except OSError:
        return Recipe()
    except (ValueError, TypeError) as error:
        raise ModelError(f"The recipe in {work} is damaged: {error}.") from error
