"""Photos with coordinates: named in the index, found by place, completed, counted, shown by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.cli.main import main
from photomgr.core.paths import Paths
from photomgr.core.search import Facets
from photomgr.library import Library, facets
from tests.photos import plain, somewhere

SPOTS = {
    "eiffel.jpg": (48.8584, 2.2945),
    "louvre.jpg": (48.8606, 2.3376),
    "zermatt.jpg": (46.0207, 7.7491),
    "duomo.jpg": (43.7731, 11.2560),
    "times_square.jpg": (40.7580, -73.9855),
    "taveuni.jpg": (-16.85, 179.97),
    "vanua_balavu.jpg": (-17.2, -178.95),
    "mid_atlantic.jpg": (0.0, -30.0),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("geography")


@pytest.fixture(scope="module")
def library(base: Path) -> Iterator[Library]:
    for number, (name, spot) in enumerate(SPOTS.items()):
        somewhere(base / "photos" / name, *spot, colour=(number * 25, 90, 40))
    plain(base / "photos" / "nowhere.jpg")
    opened = Library.open(Paths.under(base / "base"))
    opened.add_root(base / "photos")
    jobs.run(opened.scan())
    jobs.run(opened.index())
    yield opened
    opened.close()


def names(library: Library, query: str) -> list[str]:
    return sorted(photo.path.stem for photo in library.photos(library.find(query).ids.tolist()))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("paris", ["eiffel", "louvre"]),
        ("place:paris", ["eiffel", "louvre"]),
        ('place:"ile de france"', ["eiffel", "louvre"]),
        ("france", ["eiffel", "louvre"]),
        ("Frankreich", ["eiffel", "louvre"]),
        ("country:francia", ["eiffel", "louvre"]),
        ("country:italien", ["duomo"]),
        ("florenz", ["duomo"]),
        ("place:Firenze", ["duomo"]),
        ("new york", ["times_square"]),
        ("place:new*", ["times_square"]),
        ("switzerland OR toscana", ["zermatt"]),
        ("place:*", ["duomo", "eiffel", "louvre", "taveuni", "times_square", "zermatt"]),
        ("has:gps -place:* -date:2000", ["mid_atlantic", "vanua_balavu"]),
        ("near:paris,20km", ["eiffel", "louvre"]),
        ('near:"Paris, Texas"', []),
        ("near:48.8584,2.2945,1km", ["eiffel"]),
        ("place:48.8584,2.2945,1km", ["eiffel"]),
        ("near:-17,180,200km", ["taveuni", "vanua_balavu"]),
        ("box:40,0,50,20", ["duomo", "eiffel", "louvre", "zermatt"]),
        ("box:-20,170,-10,-170", ["taveuni", "vanua_balavu"]),
        ("-near:paris -box:-90,-180,40,180 has:gps", ["duomo", "times_square", "zermatt"]),
    ],
)
def test_photos_are_found_by_where_they_were_taken(library: Library, query: str, found: list[str]) -> None:
    assert names(library, query) == found


def test_a_place_that_nobody_knows_is_said(library: Library) -> None:
    result = library.find("near:xyzzyville,20km")
    assert not len(result.ids)
    assert "No place called “xyzzyville” is known." in result.hint


def test_why_a_photo_was_found_names_the_place(library: Library) -> None:
    (photo,) = library.find("duomo").ids.tolist()
    assert "place: Florence, Tuscany, Italy" in library.why("florenz", photo)
    assert library.why("near:florenz,20km", photo) == ["place: 1.0 km from florenz"]
    assert library.why("country:italy", photo) == ["country: Italy"]


def test_a_place_is_no_phrase_to_look_for_by_eye(library: Library) -> None:
    assert library.find("paris", visual=True).visual_from is None
    assert library.find("frankreich", visual=True).visual_from is None


def test_places_are_completed_with_their_counts(library: Library) -> None:
    offers = {offer.text: offer for offer in library.offers("par")}
    assert offers['place:"Paris, Île-de-France, France"'].note == "2 photos"
    assert offers['place:"Paris, Île-de-France, France"'].kind == "place"
    assert "country:France" in library.complete_query("fran")
    assert library.complete_query("country:sw") == ["country:Switzerland"]
    (near,) = library.complete_query("near:zer")
    assert names(library, near) == ["zermatt"]


def test_results_are_narrowed_by_country_and_place(library: Library) -> None:
    sides = {side.name: side for side in library.facets(library.find("").ids)}
    first = sides["countries"].values[0]
    assert (first.text, first.count) == ("France", 2)
    (paris,) = [one for one in sides["places"].values if one.text == "Paris"]
    assert names(library, paris.query) == ["eiffel", "louvre"]
    for side in (sides["countries"], sides["places"]):
        for value in side.values:
            assert len(library.find(value.query).ids) == value.count


def test_show_says_the_place(library: Library, base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(name: str, *more: str) -> str:
        assert (
            main(["show", str(base / "photos" / name), "--base", str(base / "base"), "--read-only", *more])
            == 0
        )
        return capsys.readouterr().out

    record = json.loads(shown("eiffel.jpg", "--json"))["place"]
    assert record == {"name": "Paris", "region": "Île-de-France", "country": "France", "km": 4.0}
    assert "Paris, Île-de-France, France" in shown("eiffel.jpg")
    assert json.loads(shown("mid_atlantic.jpg", "--json"))["place"] is None
    assert json.loads(shown("nowhere.jpg", "--json"))["place"] is None


def test_an_index_that_is_built_again_has_the_same_places(library: Library) -> None:
    before = names(library, "place:*")
    jobs.run(library.search.rebuild())
    assert names(library, "place:*") == before


def test_places_of_one_name_are_told_apart() -> None:
    labels = [
        "Paris, Île-de-France, France",
        "Paris, Texas, United States",
        "Rome, Lazio, Italy",
        "Tokyo, Japan",
    ]
    counted = tuple((label, 2) for label in labels)
    (side,) = facets.sides(Facets(8, places=counted), Vocabulary(()))
    assert [one.text for one in side.values] == ["Paris, Île-de-France", "Paris, Texas", "Rome", "Tokyo"]
