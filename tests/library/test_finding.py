"""Words that are no tags find what looks like them, apart from exact hits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from photomgr import jobs
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.finding import LEAST, phrase_of
from tests.photos import holiday


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    base = tmp_path_factory.mktemp("finding")
    opened = Library.open(Paths.under(base / "base"))
    opened.add_root(holiday(base / "photos"))
    jobs.run(opened.scan())
    jobs.run(opened.annotate())
    jobs.run(opened.index())
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "text", "rest"),
    [
        ("cappuccino", "cappuccino", ""),
        ("hot drink rating:>=3 -night", "hot drink", "rating:>=3 -night"),
        ('"grandma kitchen" 2019', "grandma kitchen", "2019"),
    ],
)
def test_the_phrase_of_a_search(query: str, text: str, rest: str) -> None:
    phrase = phrase_of(query)
    assert phrase is not None
    assert (phrase.text, phrase.rest) == (text, rest)


@pytest.mark.parametrize(
    "query", ["", "tag:x", "cappuccino visual:off", "cat OR dog", "-x", "sunst~ b*h", "(" * 60]
)
def test_searches_that_hold_no_phrase(query: str) -> None:
    assert phrase_of(query) is None


def test_what_looks_like_a_word_follows_the_exact_hits(library: Library) -> None:
    found = library.find("kitten", visual=True)
    exact = library.find("kitten")
    assert exact.visual_from is None
    if found.visual_from is None:
        assert found.ids.tolist() == exact.ids.tolist()
        return
    assert found.ids[: found.visual_from].tolist() == exact.ids.tolist()
    first = int(found.ids[found.visual_from])
    (why,) = [each for each in library.why("kitten", first) if each.startswith("looks: ")]
    assert float(why.split("\u00a0%")[0].removeprefix("looks: ")) >= 100 * LEAST - 0.1
    assert library.find("kitten visual:off", visual=True).visual_from is None


def test_a_tag_is_found_exactly_and_commands_act_on_exact_hits_alone(library: Library) -> None:
    for tag in ("cat", "animal", "cat animal"):
        assert library.find(tag, visual=True).visual_from is None
    for query in ("espresso", "spacesuit", "whiskers"):
        seen = library.find(query, visual=True)
        assert library.find(query).ids.tolist() == seen.ids[: seen.visual_from].tolist()
    narrowed = library.find("espresso 2021", visual=True)
    assert set(narrowed.ids.tolist()) <= set(library.find("2021").ids.tolist())


def test_how_much_of_what_looks_like_a_word_follows_is_set(library: Library) -> None:
    counts = []
    for amount in range(4):
        library.settings.set("visual", amount)
        counts.append(len(library.find("espresso", visual=True).ids))
    assert counts == sorted(counts)
    assert counts[0] == len(library.find("espresso").ids)
    library.settings.set("visual", 0)
    assert len(library.find("espresso visual:on", visual=True).ids) == counts[2]
    nothing = library.find("volcano eruption", visual=True)
    assert len(nothing.ids) == 0
    assert nothing.nearest == "volcano eruption visual:on"
    assert "switched off" in nothing.hint
    library.settings.set("visual", 3)
    most = library.find("espresso variety:off", visual=True)
    assert set(most.ids.tolist()) == set(library.find("espresso", visual=True).ids.tolist())
    scores = library.words.rank("espresso", most.ids).tolist()
    assert scores == sorted(scores, reverse=True)
    library.settings.set("visual", 2)


def test_it_is_said_how_probable_a_hit_is_and_by_which_name(library: Library) -> None:
    assert library.meant("Mädchen") == library.meant("maedchen") == ("girl",)
    (cat, *_) = library.find("maybe:cat").ids.tolist()
    (said,) = library.why("Katze", cat)
    assert said.startswith("suggested: cat, ")
    assert said.endswith("% (“Katze”)")
    library.tag("cat", [cat])
    jobs.run(library.index())
    assert library.why("gatto", cat) == ["tag: cat (“gatto”)"]
    assert library.why("tag:animal", cat) == ["tag: animal, which cat is"]
    library.untag("cat", [cat])
    jobs.run(library.index())


def test_a_name_of_ones_own_is_found_by_its_beginning(library: Library) -> None:
    (cat, *_) = library.find("maybe:cat").ids.tolist()
    assert cat not in library.find("maybe:Schnurr*").ids
    change = library.housekeeping.add_alias("cat", "Schnurrhaar")
    jobs.run(library.index())
    for query in ("maybe:Schnurr*", "maybe:*rhaar", "schn?rrh*", "-tag:dog Schnurr*"):
        assert cat in library.find(query).ids, query
    assert cat not in library.find("tag:Schnurr*").ids
    assert cat not in library.find('"schn?rrh"*').ids  # in quotes ? is a question mark
    for query, name in (("maybe:Schnurr*", "Schnurr*"), ("schn?rrh*", "schn?rrh*")):
        (said, *_) = library.why(query, cat)
        assert said.startswith("suggested: cat, ") and said.endswith(f"(“{name}”)")
    assert cat not in library.find("maybe:gat*").ids  # a word of another language is meant as a whole
    assert change.text
    library.undo()


def test_measures_are_said_as_a_person_says_them(library: Library) -> None:
    (photo, *_) = library.find("width:>100").ids.tolist()
    (width, size) = library.why("width:>100 size:>1KB", photo)
    assert re.fullmatch(r"width: \d+ px", width)
    assert re.fullmatch(r"size: \d+\.\d KB", size)


def test_a_network_is_named_once(library: Library) -> None:
    (cat, *_) = library.find("maybe:cat").ids.tolist()
    library.accept("cat", [cat])
    jobs.run(library.index())
    (said,) = library.why("model:everyday", cat)
    assert re.fullmatch(r"suggested by the network: everyday \d\S*", said)
    library.undo()
    jobs.run(library.index())


def test_beside_what_looks_like_it_the_way_to_what_was_meant_stands_open(library: Library) -> None:
    found = library.find("espresso caep", visual=True)
    assert found.visual_from == 0
    assert found.nearest == "cape"
    assert library.find("espresso spacesuit", visual=True).nearest == ""
