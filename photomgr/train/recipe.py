"""How a network is trained: what the person chose and what is usual, kept beside the weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
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
    :mod:`panel`; a photo then takes about twice the time. ``label_share``: of a label beside the panel's opinion of
    the view, since a crop may lack what the whole photo has. ``beside``: a network that the body that is trained will
    stand beside, see :mod:`beside`; it then takes the place of ``start`` on the panel.
    ``vocabulary`` and ``tables``: see :func:`digest`; of the outputs' names and of the labels that were learnt from.
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
    label_share: float = 0.3
    beside: str | None = None
    start_hash: str = ""
    vocabulary: str = ""
    tables: str = ""

    @property
    def origin(self) -> str | None:
        """The network whose opinion counts: that training goes on from, or that the body will stand beside."""
        return self.start or self.beside


FILE: Final = "recipe.json"
"""It lies beside the weights."""
WEIGHTS: Final = "final.npz"
"""What a finished training leaves in its folder."""
_FREE: Final = frozenset(("epochs", "minutes", "threads", "tables"))
"""What may change from one call to the next, until the training is finished."""
_UNSAID: Final = {"start_hash": "that began with another network", "vocabulary": "for another vocabulary",
                  "tables": "on other labels"}  # fmt: skip
"""What cannot be named by its value."""
_RANGES: Final = {
    "epochs": (0.0, 1e4), "batch": (1, 4096), "rate": (1e-7, 0.1), "head_rate": (1e-7, 0.1), "decay": (0.0, 1.0),
    "average": (0.0, 0.99999), "hold": (0.0, 1.0), "blend": (0.0, 1.0),
    "label_share": (0.0, 1.0), "threads": (1, 1024), "minutes": (0.01, 1e6),
    "side": (32, 1024), "last_side": (32, 1024), "seed": (0, 2**32 - 1),
}  # fmt: skip


def digest(parts: Sequence[str | bytes]) -> str:
    """A short name for texts or contents of files, in their order, that changes when one of them does."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()[:16]


def begin(work: Path, recipe: Recipe) -> None:
    """Write the recipe beside the weights that are about to be trained by it.

    Raises ModelError for what no training can go by, and where a training by another recipe lies there, which this
    one would go on with or write over. It may go on for longer and on more threads, until it is finished.
    """
    check(recipe)
    if (work / FILE).exists():
        _compare(work, read_recipe(work), recipe)
    write_recipe(work, recipe)


def write_recipe(work: Path, recipe: Recipe) -> None:
    """All or nothing: without it hours of training could not be gone on with."""
    work.mkdir(parents=True, exist_ok=True)
    partial = work / f"{FILE}.partial"
    partial.write_text(json.dumps(asdict(recipe)), encoding="utf-8")
    partial.replace(work / FILE)


def _compare(work: Path, before: Recipe, now: Recipe) -> None:
    finished = (work / WEIGHTS).exists()
    # What was begun with says more than what follows from it.
    for name, value in sorted(asdict(now).items(), key=lambda each: each[0] not in ("start", "beside")):
        was = getattr(before, name)
        if was == value or name == "threads" or (name in _FREE and not finished):
            continue
        if name in ("vocabulary", "tables") and not was:  # of before these were noted
            continue
        what = _UNSAID.get(name) or f"with {_said(name)} {was}, and not {value}"
        if name in _FREE:
            raise ModelError(
                f"In {work} lies a finished training {what}: go on from it with --start {work / WEIGHTS} and another"
                " --work, or begin anew in another."
            )
        hint = "photomgr train extend teaches new tags" if name == "vocabulary" else "call it as before"
        raise ModelError(f"In {work} lies a training {what}: {hint}, or name another folder with --work.")


def check(recipe: Recipe) -> None:
    """Raises ModelError for what no training can go by."""
    if recipe.start and recipe.beside:
        raise ModelError("A body that is to stand beside a network begins as published: leave out --start.")
    for name, (least, most) in _RANGES.items():
        value = getattr(recipe, name)
        if value is not None and not least <= value <= most:
            raise ModelError(f"The {_said(name)} must be {least:g} to {most:g}, and not {value:g}.")
    if recipe.blend and not recipe.start:
        raise ModelError("There is nothing to mix into the weights: --blend goes with --start.")


def _said(name: str) -> str:
    return name.replace("_", " ")


def read_recipe(work: Path) -> Recipe:
    """The recipe that the weights in ``work`` were trained by; the usual one where nothing was trained yet."""
    try:
        return Recipe(**json.loads((work / FILE).read_text(encoding="utf-8")))
    except OSError:
        return Recipe()
    except (ValueError, TypeError) as error:
        raise ModelError(f"The recipe in {work} is damaged: {error}.") from error
