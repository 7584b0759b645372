"""Places by coordinates and coordinates by names: on a handful of made-up places, and on those that ship."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from photomgr.core.assets import resources_dir
from photomgr.core.gazetteer import FARTHEST, Gazetteer, PlaceNames
from photomgr.core.gazetteer.arrays import load
from tests.gazetteer_build import build

COUNTRIES = {"FR": "France", "DE": "Germany"}


def place(
    name: str, latitude: float, longitude: float, population: int, country: str = "FR", code: str = "11",
    also: tuple[str, ...] = (),
) -> Mapping[str, Any]:  # fmt: skip
    return {
        "name": name, "latitude": latitude, "longitude": longitude, "population": population,
        "countrycode": country, "admin1code": code, "alternatenames": list(also),
    }  # fmt: skip


def of(*places: Mapping[str, Any]) -> Gazetteer:
    return Gazetteer(build(places, COUNTRIES))


def name_at(gazetteer: Gazetteer, latitude: float, longitude: float) -> str:
    numbers, _ = gazetteer.nearest(np.array([latitude]), np.array([longitude]))
    return gazetteer.spot(int(numbers[0])).name if numbers[0] >= 0 else ""


@pytest.fixture(scope="module")
def shipped() -> Gazetteer:
    return Gazetteer()


def test_the_nearest_place_is_found_over_the_date_line_and_at_the_pole() -> None:
    world = of(
        place("West", -16.5, 179.9, 2000),
        place("Far West", -16.5, 179.2, 2000),
        place("North", 89.9, 10.0, 2000),
    )
    assert name_at(world, -16.5, -179.9) == "West"  # 21 km, though 359.8 degrees away
    assert name_at(world, -16.5, 179.99) == "West"
    assert name_at(world, 89.95, -170.0) == "North"
    assert name_at(world, -89.95, 0.0) == ""


def test_a_photo_far_from_all_places_has_no_name() -> None:
    world = of(place("Village", 0.0, 0.0, 1000))
    degrees = FARTHEST / 111.2
    assert name_at(world, 0.0, degrees * 0.99) == "Village"
    assert name_at(world, 0.0, degrees * 1.01) == ""
    numbers, far = world.nearest(np.array([np.nan, 0.0]), np.array([0.0, 0.1]))
    assert numbers.tolist() == [-1, 0]
    assert far[0] == np.inf and far[1] == pytest.approx(11.12, abs=0.01)


def test_the_distance_counts_on_the_sphere_and_not_in_degrees() -> None:
    """At 70 degrees a degree to the east is a third of one to the north."""
    world = of(place("East", 70.0, 1.0, 1000), place("North", 70.5, 0.0, 1000))
    assert name_at(world, 70.0, 0.0) == "East"


def test_a_city_reaches_further_than_its_quarters() -> None:
    world = of(
        place("Paris", 48.853, 2.349, 2_138_551), place("Roquette", 48.858, 2.381, 45_842),
        place("Paris 11 Popincourt", 48.857, 2.380, 138_170), place("Versailles", 48.804, 2.134, 85_416),
        place("Hamlet", 48.5, 1.9, 1_000),
    )  # fmt: skip
    assert name_at(world, 48.858, 2.3815) == "Paris"
    assert name_at(world, 48.804, 2.12) == "Versailles"
    assert name_at(world, 48.51, 1.91) == "Hamlet"  # and not the city 50 km away


def test_a_place_says_its_region_and_country_once() -> None:
    world = of(
        place("Paris", 48.853, 2.349, 2_138_551), place("Berlin", 52.52, 13.41, 3_426_354, "DE", "16"),
        place("Nowhere, Old", 0, 0, 1000, "DE", "99"),
    )  # fmt: skip
    labels = [world.spot(number).label for number in range(3)]
    assert labels == ["Berlin, Germany", "Paris, Île-de-France, France", "Nowhere Old, Germany"]


def test_names_lead_to_places_in_any_language_and_the_biggest_is_meant(shipped: Gazetteer) -> None:
    def label(text: str) -> str | None:
        spot = shipped.where(text)
        return spot.label if spot is not None else None

    assert label("paris") == label("PARIS") == "Paris, Île-de-France, France"
    assert label("Paris, Texas") == label("paris,us") == "Paris, Texas, United States"
    assert label("Florenz") == label("firenze") == "Florence, Tuscany, Italy"
    assert label("Köln") == label("koln") == label("Cologne") == "Köln, North Rhine-Westphalia, Germany"
    assert label("no such place") is None
    assert label("") is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "label"),
    [
        (48.8584, 2.2945, "Paris, Île-de-France, France"),
        (40.758, -73.985, "New York City, New York, United States"),
        (46.02, 7.75, "Zermatt, Valais, Switzerland"),
        (-37.81, 144.96, "Melbourne, Victoria, Australia"),
        (35.68, 139.69, "Tokyo, Japan"),
        (0.0, -30.0, ""),
    ],
)
def test_the_places_of_the_world_are_named(
    shipped: Gazetteer, latitude: float, longitude: float, label: str
) -> None:
    assert PlaceNames(shipped).named(np.array([latitude]), np.array([longitude]))[0][0] == label


def test_countries_have_names_in_other_languages(shipped: Gazetteer) -> None:
    names = PlaceNames(shipped)
    for text in ("Frankreich", "Francia", "fr"):
        assert ("country", "France") in names.meant(text)
    assert ("country", "Germany") in names.meant("allemagne")
    assert ("country", "United States") in names.meant("usa")
    assert ("country", "United Kingdom") in names.meant("UK")
    assert ("place", "Munich, Bavaria, Germany") in names.meant("münchen")
    assert names.meant("France") == []  # the index holds its own words
    assert names.meant("") == ()


def test_the_places_that_ship_are_whole(shipped: Gazetteer) -> None:
    arrays = load()
    count = len(arrays["latitude"])
    assert count > 150_000 and len(arrays["name_starts"]) == count + 1
    assert arrays["key_place"].max() == count - 1
    assert shipped.spot(0).population > 10_000_000


def test_the_tables_that_ship_are_whole_and_say_where_they_come_from(shipped: Gazetteer) -> None:
    folder = resources_dir() / "geography"
    regions = [line.split("\t") for line in (folder / "regions.tsv").read_text("utf-8").splitlines()]
    assert len(regions) > 3500 and all(len(each) == 2 and each[1] and "," not in each[1] for each in regions)
    countries = [line.split("\t") for line in (folder / "countries.tsv").read_text("utf-8").splitlines()]
    assert {each[0] for each in countries} >= set(shipped.countries())
    assert all(len(each) == 5 for each in countries)
    said = (folder / "README.md").read_text("utf-8")
    for source in ("GeoNames", "CC BY 4.0", "Natural Earth", "public domain", "Unicode"):
        assert source in said
