"""The network that a training goes on from, or that its body will stand beside, kept in the folder of work.

Where it came from it may be written over meanwhile, by an export above all; the weights that were trained from it could
then neither be exported nor extended.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from photomgr.train.recipe import FILE, WEIGHTS, Recipe, read_recipe

_FOLDER: Final = "origin"
_SHIPS: Final = ("model.onnx", "labels.csv", "card.toml")


def located(work: Path, recipe: Recipe) -> Recipe:
    """The recipe with the copy in ``work`` for its origin; the same one where there is none of that origin."""
    folder = work / _FOLDER
    if recipe.origin is None or not folder.is_dir() or not (work / FILE).exists():
        return recipe
    if read_recipe(work).origin != recipe.origin:
        return recipe
    return _moved(recipe, folder if (folder / _SHIPS[0]).exists() else folder / WEIGHTS)


def keep(work: Path, recipe: Recipe) -> Recipe:
    """Copy the origin of a recipe that was just written to ``work``, and return :func:`located`'s."""
    if recipe.origin is None:
        return recipe
    there, partial, folder = Path(recipe.origin), work / f"{_FOLDER}.partial", work / _FOLDER
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    partial.mkdir()
    if there.is_dir():
        for name in _SHIPS:
            if (there / name).exists():
                shutil.copyfile(there / name, partial / name)
    else:
        shutil.copyfile(there, partial / WEIGHTS)
        if (there.parent / FILE).exists():
            shutil.copyfile(there.parent / FILE, partial / FILE)
        if (there.parent / _FOLDER).is_dir():
            shutil.copytree(there.parent / _FOLDER, partial / _FOLDER)
    partial.rename(folder)
    return located(work, recipe)


def _moved(recipe: Recipe, to: Path) -> Recipe:
    return replace(recipe, start=str(to)) if recipe.start else replace(recipe, beside=str(to))


def card(network: str | None) -> Mapping[str, Any]:
    """What lies on the card of a network as it ships; nothing for weights, or where there is no card."""
    if network is None:
        return {}
    try:
        return tomllib.loads((Path(network) / "card.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
