"""Files of arrays in numpy's form: written all or nothing, read whole, a damaged one told by one kind of error."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` by name. Raises OSError where it cannot be read, ValueError where it is damaged."""
    try:
        # The stream is ours: numpy leaves its own open where the file is damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def write_array(target: Path, values: NDArray[Any]) -> Path:
    """An array as ``.npy``; the folder is made where it is missing."""
    partial = _beside(target)
    np.save(partial, values)
    return partial.replace(target)


def write_arrays(target: Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Several by name, as ``.npz``."""
    partial = _beside(target)
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    return partial.replace(target)


def _beside(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f"{target.stem}.partial{target.suffix}")
