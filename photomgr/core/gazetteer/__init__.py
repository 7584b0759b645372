"""Names of places from coordinates and coordinates from names, without a network."""

from photomgr.core.gazetteer.lookup import FARTHEST, Gazetteer, Spot
from photomgr.core.gazetteer.naming import PlaceNames, Taken

__all__ = ["FARTHEST", "Gazetteer", "PlaceNames", "Spot", "Taken"]
