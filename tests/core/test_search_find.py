"""What each kind of search finds, on a real Whoosh index."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import numpy as np
import pytest

from photomgr.core.query import SYNTAX, parse, quote
from photomgr.core.records import Presence, SearchDocument, Sort
from photomgr.core.search import SearchIndex
from photomgr.core.search.words import Values

from .search_kit import MemoryFeed, found, open_index

BEACH, DOG, TOKYO, GONE, OFFLINE, BROKEN = range(1, 7)

DOCUMENTS = (
    SearchDocument(
        BEACH, tags=("beach", "New York", "Sun Flower"), suggested=(("dog", 0.9), ("beach", 0.4), ("lake", 0.5)),
        rejected=("lake",), folder="/photos/2019/Hawaii", name="IMG_2019.jpg", camera="NIKON D850",
        lens="50mm f/1.8", taken="2019-06-21T10:00:00", added="2024-01-02T00:00:00", rating=4, label="red",
        gps=True, size=5_200_000, width=6000, height=4000, iso=1600, aperture=1.8, focal=50, exposure=1 / 250,
        latitude=21.3, longitude=-157.85,
    ),
    SearchDocument(
        DOG, tags=("dog",), folder="/photos/2020/Lake Como", name="DSC00010.JPEG", camera="Canon EOS 5D",
        title="Rex", caption="He runs at the beach", taken="2020-12-31T23:59:59",
        added="2024-01-01T00:00:00", rating=2,
    ),
    SearchDocument(
        TOKYO, tags=("東京タワー", "Café", "🎉"), folder="/photos/2018 trip", name="img_9.png",
        added="2024-01-03T00:00:00",
    ),
    SearchDocument(GONE, tags=("sunset",), folder="/photos", name="gone.jpg", presence=Presence.GONE),
    SearchDocument(OFFLINE, tags=("sunrise",), folder="/drive", name="IMG_10.heic", presence=Presence.OFFLINE,
                   taken="2019-06-21T09:00:00", added="2024-01-04T00:00:00", rating=5),
    SearchDocument(BROKEN, suggested=(("night", 0.6),), folder="/photos", name="broken.tif", problem=True,
                   added="2024-01-05T00:00:00"),
)  # fmt: skip


@pytest.fixture(scope="module")
def index() -> Iterator[SearchIndex]:
    feed = MemoryFeed()
    feed.put(*DOCUMENTS)
    index = open_index(feed)
    yield index
    index.close()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [BEACH, DOG, TOKYO, OFFLINE, BROKEN]),
        ("beach", [BEACH, DOG]),
        ("BEACH", [BEACH, DOG]),
        ("beach dog", [BEACH, DOG]),
        ("-beach", [TOKYO, OFFLINE, BROKEN]),
        ("NOT beach", [TOKYO, OFFLINE, BROKEN]),
        ("-beach -night", [TOKYO, OFFLINE]),
        ("cafe OR night", [TOKYO, BROKEN]),
        ("(hawaii OR como) -rex", [BEACH]),
        ('"new york"', [BEACH]),
        ('"york new"', []),
        ("york new", [BEACH]),
        ('"sun flower"', [BEACH]),
        ("sunflower", []),
        ("sun*", [BEACH, OFFLINE]),
        ("sun", [BEACH]),
        ("tag:sun*", [BEACH, OFFLINE]),
        ("tag:beach", [BEACH]),
        ("tag:york", []),
        ("tag:NEW*", [BEACH]),
        ('tag:"new york"', [BEACH]),
        ("tag:dog", [DOG]),
        ("maybe:dog", [BEACH]),
        ("dog", [BEACH, DOG]),
        ("maybe:beach", []),
        ("maybe:lake", []),
        ("rejected:lake", [BEACH]),
        ("lake", [DOG]),
        ("tag:*", [BEACH, DOG, TOKYO, OFFLINE]),
        ("-tag:*", [BROKEN]),
        ("is:untagged", [BROKEN]),
        ("is:unreviewed", [BEACH, BROKEN]),
        ("is:unreadable", [BROKEN]),
        ("is:offline", [OFFLINE]),
        ("is:gone", [GONE]),
        ("sunset", []),
        ("sunset is:gone", [GONE]),
        ("-is:gone", [BEACH, DOG, TOKYO, OFFLINE, BROKEN]),
        ("has:gps", [BEACH]),
        ("has:date", [BEACH, DOG, OFFLINE]),
        ("2019", [BEACH, OFFLINE]),
        ("2019-06", [BEACH, OFFLINE]),
        ("2019-06-21", [BEACH, OFFLINE]),
        ("2019-06-22", []),
        ("2018", [TOKYO]),  # by its folder, as it has no date
        ("date:2018", []),
        ("date:2019-06..2020-12", [BEACH, DOG, OFFLINE]),
        ("date:>2019", [DOG]),
        ("date:<2020", [BEACH, OFFLINE]),
        ("2019..2020", [BEACH, DOG, OFFLINE]),
        ("added:2024-01-01", [DOG]),
        ("rating:>=4", [BEACH, OFFLINE]),
        ("rating:2", [DOG]),
        ("rating:0", [TOKYO, BROKEN]),
        ("rating:*", [BEACH, DOG, OFFLINE]),
        ("label:red", [BEACH]),
        ("label:*", [BEACH]),
        ("folder:hawaii", [BEACH]),
        ('folder:"2019/hawaii"', [BEACH]),
        ("folder:2019/hawaii/", [BEACH]),
        ("folder:/photos/2020", [DOG]),
        ("folder:/photos", [BEACH, DOG, TOKYO, BROKEN]),
        ("folder:/hawaii", []),
        ("folder:9/hawaii", []),
        ('folder:"lake como"', [DOG]),
        ("name:img_20*", [BEACH]),
        ("name:IMG_2019.jpg", [BEACH]),
        ("img_9", [TOKYO]),
        ("dsc00010", [DOG]),
        ("ext:jpg", [BEACH, DOG]),
        ("ext:.heif", [OFFLINE]),
        ("nikon", [BEACH]),
        ("camera:d850", [BEACH]),
        ('camera:"eos 5d"', [DOG]),
        ("lens:50mm", [BEACH]),
        ("title:rex", [DOG]),
        ("caption:runs", [DOG]),
        ("東京", [TOKYO]),
        ("タワー", [TOKYO]),
        ("京東", []),
        ("cafe", [TOKYO]),
        ("CAFÉ", [TOKYO]),
        ("tag:café", [TOKYO]),
        ("🎉", [TOKYO]),
        ("ＢＥＡＣＨ", [BEACH, DOG]),
        ("baech~", [BEACH, DOG]),
        ("beech~1", [BEACH, DOG]),
        ("baxxh~1", []),
        ("tag:baech~", [BEACH]),
        ('tag:"sun flowr"', []),
        ("hawai~", [BEACH]),
        ("b*ch", [BEACH, DOG]),
        ("b?ach", [BEACH, DOG]),
        ("b?ch", []),
        ("tag:s*e*", [BEACH, OFFLINE]),
        ("tag:*york", [BEACH]),
        ("*flo*", [BEACH]),
        ("name:img_*.p?g", [TOKYO]),
        ("name:*10.*", [DOG, OFFLINE]),
        ("folder:*como", [DOG]),
        ("camera:*5d*", [DOG]),
        ("iso:>=1600", [BEACH]),
        ("iso:>1600", []),
        ("iso:1600", [BEACH]),
        ("-iso:*", [DOG, TOKYO, OFFLINE, BROKEN]),
        ("f:<2.8", [BEACH]),
        ("f:1.8", [BEACH]),
        ("f:<1.8", []),
        ("focal:35..85", [BEACH]),
        ("exposure:1/250", [BEACH]),
        ("exposure:<1/250", []),
        ("exposure:..0.5s", [BEACH]),
        ("size:>5MB", [BEACH]),
        ("size:5MB", [BEACH]),
        ("width:>=4000 height:<=4000", [BEACH]),
        ("near:21.31,-157.86,5km", [BEACH]),
        ("near:21.31,-157.86,1000m", []),
        ('date:"june 2019"', [BEACH, OFFLINE]),
        ('date:"new years eve 2020"', [DOG]),
        ("visual:off beach", [BEACH, DOG]),
    ],
)
def test_each_kind_of_query(index: SearchIndex, query: str, ids: list[int]) -> None:
    assert found(index, query) == ids


def test_every_documented_example_runs(index: SearchIndex) -> None:
    for example, _ in SYNTAX:
        assert index.find(example).ids.dtype == np.int64


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bea", [BEACH, DOG]),
        ("new yo", [BEACH]),
        ("tag:bea", [BEACH]),
        ("-bea", [TOKYO, OFFLINE, BROKEN]),
        ("beach dog O", []),
        ("2019-0", [BEACH, OFFLINE]),
        ("img_", [BEACH, TOKYO, OFFLINE]),
        ("img_2", [BEACH]),
        ("is:un", [BEACH, DOG, TOKYO, OFFLINE, BROKEN]),
        ("-", [BEACH, DOG, TOKYO, OFFLINE, BROKEN]),
        ('"he run', [DOG]),
    ],
)
def test_while_typing_the_last_word_is_a_beginning(index: SearchIndex, query: str, ids: list[int]) -> None:
    assert found(index, query, typing=True) == ids


def test_orders(index: SearchIndex) -> None:
    def ids(sort: Sort) -> list[int]:
        return [int(each) for each in index.find("", sort).ids]

    assert ids(Sort.NEWEST) == [DOG, BEACH, OFFLINE, TOKYO, BROKEN]
    assert ids(Sort.OLDEST) == [OFFLINE, BEACH, DOG, TOKYO, BROKEN]
    assert ids(Sort.ADDED) == [BROKEN, OFFLINE, TOKYO, BEACH, DOG]
    assert ids(Sort.RATING) == [OFFLINE, BEACH, DOG, TOKYO, BROKEN]
    assert ids(Sort.NAME) == [BROKEN, DOG, TOKYO, OFFLINE, BEACH]  # img_9 before img_10


@pytest.mark.parametrize(
    ("query", "hint", "nearest"),
    [
        ("beech", "Nothing is found for “beech”.", "beach"),
        ("baech", "Nothing is found for “baech”.", "beach"),
        ("tag:beech", "No photo is tagged “beech”.", "tag:beach"),
        ("tag:night", "No photo is tagged “night”.", "maybe:night"),
        ("tag:hawaii", "No photo is tagged “hawaii”.", '"hawaii"'),
        ("new yrok", "Nothing is found for “yrok”.", "new york"),
        ("beach xqzzy", "Nothing is found for “xqzzy”.", "beach"),
        ('"york new"', 'Nothing is found for “"york new"”.', "york new"),
        ("hawai", "Nothing is found for “hawai”.", "hawai*"),
        ("hawaii rex", "No photo has all of these at once. Without “hawaii”: 1.", "rex"),
        ("2005", "No photo was taken in 2005; they were taken between 2019 and 2020.", "2019"),
        ('date:"21 june 2005"', "No photo was taken “21 june 2005”; they were taken", "date:2019"),
        ("sunset", "Only photos whose files are gone match: 1 photo.", "sunset is:gone"),
        ("-(tag:* OR is:untagged)", "Every photo matches", ""),
        ("tga:beach", "tga: is no field. Fields are added, album, box, camera", "tag:beach"),
        ("rex or hawaii", "OR and NOT are written in capital letters.", "rex OR hawaii"),
        ("beach not rex dog", "OR and NOT are written in capital letters.", "beach -rex dog"),
        (" ".join(f"nosuch{n}" for n in range(50)) + " beach", "Nothing is found for “nosuch0”.", "beach"),
        (" ".join(["hawaii", "rex"] * 20), "No photo has all of these at once.", ""),
        ("OR", "OR needs a word on both sides.", ""),
        ("rating:9", "rating: takes stars from 0 to 5", ""),
        ("a" * 1_000_000, "This search text is too long: 20,000 characters are the most.", ""),
        ("is:green", "is: knows untagged", ""),
    ],
)  # fmt: skip
def test_an_empty_result_says_why_and_what_to_try(
    index: SearchIndex, query: str, hint: str, nearest: str
) -> None:
    result = index.find(query)
    assert len(result.ids) == 0
    assert hint in result.hint
    assert result.nearest == nearest
    assert not nearest or len(index.find(nearest).ids)


def test_the_same_tag_among_what_is_decided_comes_before_one_that_is_spelt_alike() -> None:
    feed = MemoryFeed()
    feed.put(SearchDocument(1, tags=("beach",)), SearchDocument(2, suggested=(("bench", 0.5),)))
    assert open_index(feed).find("maybe:beach").nearest == "tag:beach"


def test_what_was_mended_is_said_with_the_result(index: SearchIndex) -> None:
    result = index.find("(beach")
    assert len(result.ids)
    assert "bracket" in result.hint
    assert index.find("beach").hint == ""


def test_an_empty_index_says_so() -> None:
    index = open_index(MemoryFeed())
    assert index.find("").ids.tolist() == []
    assert index.find("beach").hint == "No photo is in the search index yet."
    assert index.words("b") == []
    assert index.why("beach", 1) == []


def test_why(index: SearchIndex) -> None:
    assert index.why("beach -night", BEACH) == ["tag: beach"]
    assert index.why("beach", DOG) == ["title or caption: he runs at the beach"]
    assert index.why("dog OR york", BEACH) == ["suggested: dog", "tag: New York"]
    assert index.why("2019 rating:4 has:gps nikon", BEACH) == [
        "taken: 2019-06-21", "rating: 4", "has: gps", "camera: NIKON D850",
    ]  # fmt: skip
    assert index.why("2018", TOKYO) == ["folder: /photos/2018 trip"]
    assert index.why("beach", TOKYO) == []
    assert index.why("beach", 999) == []


def test_the_reasons_of_a_long_list_are_not_looked_for_name_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = MemoryFeed()
    feed.put(
        *(SearchDocument(id=n, name=f"img_{n}.jpg", tags=("beach", f"day {n % 9}")) for n in range(1, 501))
    )
    index = open_index(feed)
    asked = []
    real = Values.documents_of
    monkeypatch.setattr(Values, "documents_of", lambda self, n: asked.append(n) or real(self, n))
    for query, expected in (
        ("img", ["file name: img_7.jpg"]),
        ("name:img_7*", ["file name: img_7.jpg"]),
        ("jpg beach", ["file name: img_7.jpg", "tag: beach"]),
        ("day", ["tag: day 7"]),
    ):
        assert index.why(query, 7) == expected
    assert len(asked) < 30


def test_facets_count_what_a_result_has_in_common(index: SearchIndex) -> None:
    facets = index.facets(index.find("").ids)
    assert facets.photos == 5
    assert ("New York", 1) in facets.tags
    assert facets.cameras == (("Canon EOS 5D", 1), ("NIKON D850", 1))
    assert ("/photos/2019/Hawaii", 1) in facets.folders
    assert facets.years == (("2019", 2), ("2020", 1))
    assert facets.months == (("2019-06", 2), ("2020-12", 1))
    assert facets.ratings == (("0", 2), ("2", 1), ("4", 1), ("5", 1))
    few = index.facets(np.array([DOG, 999], np.int64))
    assert (few.photos, few.tags, few.years) == (1, (("dog", 1),), (("2020", 1),))
    assert index.facets(np.empty(0, np.int64)).photos == 0


def test_completion(index: SearchIndex) -> None:
    assert index.words("yo") == [("New York", 1)]
    assert index.words("sun") == [("Sun Flower", 1), ("sunrise", 1)]  # sunset is gone
    assert index.words("caf") == [("Café", 1)]
    assert len(index.words("", limit=3)) == 3


STRANGE = (
    "OR", "NOT", "AND", "-x", "--", "-", "*", "a*", "(", ")", "(a OR b)", '"', '""', 'say "hi"', 'say "hi" now',
    "\\", "\\\\server\\share", "C:\\photos\\", 'a\\"b', "'", "`", "tag:x", "is:gone", "2019", "2019-06", "a:b",
    "rating:>=3", "<script>alert('1')</script>", '<a href="x" id="y">z</a>', "'; DROP TABLE photos;--", "%s%n",
    "${HOME}", "{{7*7}}", "../../etc/passwd", "社會科學院語學研究所", "パーティーへ行かないか", "👩‍👩‍👦 family", "🇫🇷",
    "Ω≈ç√∫", "¡™£¢∞", "הָיְתָה", "ثم نفس", "हिन्दी", "ภาษาไทย", "Zalgo t̸ē͠x̵t", "\u202etest\u202c", "a\u200bb",
    "\u200b", "\ufeff", "\u00a0x\u00a0y", "ﬁ", "ǅ", "ß", "İ", "ı", "１２３", "½", "…", "“quoted”", "«guillemets»",
    "@#$%^&*()", "!!!", "a,b;c", "a\tb", "x" * 200, "null", "1/0", "0x1F", "1e5", "¯\\_(ツ)_/¯", "(｡◕ ∀ ◕｡)",
)  # fmt: skip


def test_any_tag_is_found_by_its_name_in_quotes() -> None:
    feed = MemoryFeed()
    feed.put(*(SearchDocument(n, tags=(name,)) for n, name in enumerate(STRANGE, start=1)))
    index = open_index(feed)
    for number, name in enumerate(STRANGE, start=1):
        assert number in found(index, f"tag:{quote(name)}"), name
        assert number in found(index, quote(name)), name
        assert number in found(index, f'tag:"{name}"'), name
        assert number in found(index, f'"{name}"'), name
        assert number not in found(index, f"-tag:{quote(name)}"), name
        assert any(name.split() == tag.split() for tag, _ in index.words(name, limit=99)), name
    index.close()


HOSTILE = (
    *STRANGE,
    "a" * 19_000, "(" * 9_000 + "a" + ")" * 9_000, "NOT " * 3_000 + "a", "*a*", "abc~50", "[a TO z]", "{a TO z}",
    '"' * 9_001, "a~~", "~1", "a~-1", "a~99999999999", "****", "????", "*?*?*?*?", "a*b*c*d*e*f*g*h", "?" * 300,
    "*" + "a" * 5_000, "tag:*a*b*", 'tag:"*"', "tag:~", "tag:?", "name:*.*.*", "-*", "-?", "NOT *a*", "--a", "- -a",
    "OR OR OR", "AND AND", "a AND", "(", ")", "()", "(()", "((a OR))", "tag:(", "tag:()", "tag:(a OR", "tag::::x",
    "::", ":x", "x:", "http://x.y/z?a=b&c=d", "C:\\Users\\*.jpg", "rating:9x", "rating:..", "rating:>=<3", "iso:-1",
    "iso:1e999", "f:0", "f:>=>=2", "exposure:1/0", "exposure:0/0", "size:999999999999GB", "size:>MB", "width:NaN",
    "near:", "near:1", "near:1,2,3,4", "near:90,180,99999km", "near:-90,-180,0m", "near:NaN,inf", "conf:2",
    "conf:>100%",
    "similar:0", "similar:99999999999999999999", "similar:-1", "album:", 'album:""', "is:", "is:is", "has:*",
    "date:", "date:..", "date:0000", "date:9999-99-99", 'date:"31 february 2019"', 'date:"last last last"',
    'date:"99999 years ago"', "date:>=..<=", "2019-13", "0000", "9999", "2019..2018", "added:x", "visual:", "source:*",
    "\x00", "\ud800", "\uffff", "\u202e", "a\x00b", "\t\n\r", "\u200b" * 500, "\u0300" * 900, "ﷺ" * 400, "💩" * 900,
    " ".join(f"a{n}~" for n in range(150)), " OR ".join(f"*{n}*" for n in range(60)), "a " * 5_000,
)  # fmt: skip


def test_no_query_breaks_or_holds_up_a_search(index: SearchIndex) -> None:
    assert len(HOSTILE) > 150
    for text in HOSTILE:
        for typing in (False, True):
            start = time.monotonic()
            result = index.find(text, typing=typing)
            assert time.monotonic() - start < 3, text[:40]  # the promise of 0.5 s is kept by the benchmark
            assert len(result.ids) or result.hint, text[:40]
        index.why(text, BEACH)


def test_names_that_are_no_text_are_kept_and_found() -> None:
    feed = MemoryFeed()
    feed.put(SearchDocument(1, folder="/p/\udcff", name="bad\udce9name.jpg", caption="x" * 100_000))
    index = open_index(feed)
    assert found(index, "bad") == [1]
    assert found(index, "name:name.jpg") == [1]
    index.close()


def test_against_a_plain_search_of_the_same_photos() -> None:
    """The bit sets of many segments agree with a walk over all documents."""
    dice = random.Random(5)
    words = ["ant", "bee", "cat", "dog", "emu"]
    feed = MemoryFeed()
    for start in range(0, 600, 40):
        feed.put(*(_random_photo(dice, words, n) for n in range(start, start + 40)))
    index = open_index(feed)
    for _ in range(25):
        feed.put(*(_random_photo(dice, words, dice.randrange(600)) for _ in range(10)))
        feed.delete(dice.randrange(600))
        for _ in index.catch_up():
            pass
        for _ in range(4):
            a, b, c = dice.choices(words, k=3)
            alive = {n: d for n, d in feed.documents.items() if d is not None}
            expected = {
                f"{a} {b}": [n for n, d in alive.items() if _has(d, a) and _has(d, b)],
                f"{a} OR -{b}": [n for n, d in alive.items() if _has(d, a) or not _has(d, b)],
                f"tag:{a} -({b} OR maybe:{c})": [
                    n for n, d in alive.items()
                    if a in d.tags and not (_has(d, b) or c in [t for t, _ in d.suggested])
                ],
                f"rating:>=3 {a}": [n for n, d in alive.items() if d.rating >= 3 and _has(d, a)],
            }  # fmt: skip
            for query, ids in expected.items():
                assert found(index, query) == sorted(ids), query
        by_name = index.find("", Sort.NAME).ids.tolist()
        assert by_name == sorted(alive, key=lambda n: (int(alive[n].name[4:-4]), n))
    index.close()


def _random_photo(dice: random.Random, words: list[str], n: int) -> SearchDocument:
    tags = dice.sample(words, dice.randint(0, 3))
    maybe = [word for word in words if word not in tags and dice.random() < 0.3]
    return SearchDocument(
        n, tags=tuple(tags), suggested=tuple((word, 0.5) for word in maybe), rating=dice.randrange(6),
        folder="/p", name=f"IMG_{dice.randrange(2000)}.jpg",
    )  # fmt: skip


def _has(document: SearchDocument, word: str) -> bool:
    return word in document.tags or word in [tag for tag, _ in document.suggested]


@pytest.mark.parametrize("text", ["(" * 9_000 + "a" + ")" * 9_000, " ".join(f"NOT a{n}" for n in range(199)),
                                  " OR ".join(f"a{n}*" for n in range(200)), '"' * 9_000])  # fmt: skip
def test_long_queries_are_answered(index: SearchIndex, text: str) -> None:
    start = time.monotonic()
    index.find(text)
    index.find(text, typing=True)
    assert time.monotonic() - start < 5  # the promise of 0.5 s is kept by the benchmark


def test_hints_show_nothing_but_queries_that_can_be_typed(index: SearchIndex) -> None:
    for query in ("beech", "tag:york", "hawaii rex -dog", "date:1999", '"york new"', "tag:night rating:5"):
        nearest = index.find(query).nearest
        assert parse(nearest).notes == ()
        assert len(index.find(nearest).ids), query
