"""What is offered while one types, and the sides from which a result can be narrowed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.core.query import parse
from photomgr.library import Library
from tests.photos import holiday


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    base = tmp_path_factory.mktemp("offers")
    opened = Library.open(Paths.under(base / "base"))
    opened.add_root(holiday(base / "photos"))
    jobs.run(opened.scan())
    ids = [photo for photo, _, _ in opened.catalog.lists.without_problem()]
    opened.tag("dog", ids[:3])
    opened.tag("Baby", ids[:1])
    opened.tag("New York", ids[:2])
    opened.rate(4, ids[:1])
    opened.collections.save("Best dogs", "dog rating:5")
    opened.collections.make_album("Dog days", ids[:2])
    opened.collections.note("dog 2019")
    jobs.run(opened.index())
    yield opened
    opened.close()


def test_tags_come_with_counts_and_parents(library: Library) -> None:
    offers = {offer.text: offer for offer in library.offers("cape do")}
    assert offers["cape dog"].kind == "tag"
    assert offers["cape dog"].note.startswith("3 photos")
    assert "animal" in offers["cape dog"].note
    assert 'cape -"New York"' in library.complete_query("cape -new")


def test_a_tag_of_several_words_is_offered_for_the_words_that_begin_it(library: Library) -> None:
    assert library.complete_query("new yo")[0] == '"New York"'
    found = library.complete_query("dog OR new y")
    assert found[0] == 'dog OR "New York"'
    assert 'dog OR new "New York"' not in found


def test_a_tag_that_is_offered_for_its_other_name_says_so(library: Library) -> None:
    notes = {offer.text: offer.note for offer in library.offers("hun")}
    assert notes["dog"].startswith("“Hund” · 3 photos")
    notes = {offer.text: offer.note for offer in library.offers("dog")}
    assert "“" not in notes["dog"]


def test_years_and_months_are_those_of_the_photos(library: Library) -> None:
    assert [(offer.text, offer.note) for offer in library.offers("cape 20")] == [
        ("cape 2021", "2 photos"),
        ("cape 2019", "2 photos"),
    ]
    assert library.complete_query("date:2019") == ["date:2019-06"]
    assert {"date:2021", "date:today"} <= set(library.complete_query("date:"))
    assert "added:2021" not in library.complete_query("added:2")


def test_operators_and_fields_have_a_place_beside_many_tags(library: Library) -> None:
    assert library.complete_query("cape OR") == ["cape OR "]
    assert "cape OR " in library.complete_query("cape O")
    assert "OR " not in library.complete_query("O")
    assert "NOT " in library.complete_query("N")
    assert {"folder:", "focal:"} <= set(library.complete_query("fo"))
    for number in range(12):
        library.tag(f"fox {number}", [1])
    offers = library.offers("fo", limit=10)
    assert len(offers) == 10
    assert {offer.kind for offer in offers} == {"tag", "field"}
    for _ in range(12):
        library.undo()


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("be", "dog rating:5"),  # the saved search of that name
        ("dog", "dog 2019"),  # a recent one
        ("iso", "iso:>="),
        ('date:"last s', 'date:"last summer"'),
        ("yester", "date:yesterday"),
        ("-is:unt", "-is:untagged"),
        ("label:r", "label:red"),
        ("camera:nik", 'camera:"Nikon D50"'),
        ("album:dog", 'album:"Dog days"'),
        ("x visual:", "x visual:off"),
        ("tag:new", 'tag:"New York"'),
    ],
)
def test_each_kind_is_offered_and_understood(library: Library, text: str, offered: str) -> None:
    found = library.complete_query(text)
    assert offered in found
    for each in found:
        parse(each, typing=True)


def test_nothing_typed_offers_what_was_searched_for(library: Library) -> None:
    assert library.complete_query("") == ["dog rating:5", "dog 2019"]
    assert library.complete_query("nosuchfield:x") == []


def test_each_value_of_a_side_narrows_to_as_many_photos_as_it_says(library: Library) -> None:
    every = library.find("")
    sides = {side.name: side for side in library.facets(every.ids)}
    assert {"tags", "people", "years", "months", "cameras", "folders", "ratings"} <= set(sides)
    assert "baby" in [value.text for value in sides["people"].values]
    assert [value.text for value in sides["years"].values] == ["2021", "2019"]
    for side in sides.values():
        for value in side.values:
            found = library.find(value.query).ids
            assert len(np.intersect1d(found, every.ids)) == value.count, value
