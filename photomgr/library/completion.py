"""What a half-typed tag or query may become."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from ..annotate.vocabulary import Vocabulary
from ..core.catalog import Catalog
from ..core.query import quote
from ..core.query_dates import SPOKEN
from ..core.query_values import FIELD_ALIASES, FIELD_HELP, FLAGS
from ..core.records import LABEL_COLOURS, tag_key
from ..core.search import SearchIndex
from .naming import Naming

_WORD: Final = re.compile(r'(?P<not>-?)(?:(?P<field>[A-Za-z]+):)?(?P<word>"[^"]*|[^\s"()]*)', re.S)
_TAGS: Final = frozenset({"tag", "maybe", "rejected"})
_INDEXED: Final = frozenset({"camera", "lens", "ext", "folder", "place", "country"})
_FIELDS: Final = (
    "tag:", "maybe:", "is:untagged", "is:unreviewed", "is:unreadable", "is:offline", "is:duplicate", "has:gps",
    "rating:>=", "label:", "folder:", "name:", "camera:", "lens:", "date:", "added:", "album:", "place:", "country:",
    "near:", "ext:", "iso:>=", "f:<", "focal:", "exposure:<", "size:>", "width:>=", "height:>=", "box:", "conf:>",
    "similar:", "source:", "rejected:", "title:", "visual:off", "variety:off",
)  # fmt: skip
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    **FLAGS,
    "label": LABEL_COLOURS,
    "source": ("person", "file", "auto"),
    "rating": (">=3", ">=4", "5", "0", "1..3"),
    "conf": (">0.8", ">0.95", "0.5..0.8"),
    "size": (">5MB", ">20MB", "<500KB"),
    "iso": (">=1600", ">=3200", "<=200"),
}
_TAIL: Final = re.compile(r"(?:^|[\s(])([^\W\d_][^\s():]*)")
_LONG: Final = 3  # words before the last one that may belong to the same tag
_DATE: Final = re.compile(r"([12]\d{0,3}|[12]\d{3}-\d{0,2})?")
_OPERATORS: Final = {"OR": "either side", "NOT": "without what follows", "AND": "both sides, as a space"}
_MOST_OF_A_KIND: Final = 3  # saved and recent searches beside tags


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole query that a text may become. ``kind``: tag, place, saved, recent, field, value, date or operator;
    ``note`` says something of it to a person, such as ``412 photos · animal``."""

    text: str
    kind: str
    note: str = ""


class Completion:
    """Completes from the library's own tags, the vocabulary and its aliases."""

    def __init__(
        self,
        catalog: Catalog,
        vocabulary: Callable[[], Vocabulary],
        naming: Naming,
        search: Callable[[], SearchIndex],
    ) -> None:
        self._naming = naming
        self._search = search
        self._catalog = catalog
        self._vocabulary = vocabulary
        self._counted: list[tuple[str, str]] = []  # every tag and its key, those on most photos first
        self._decided: dict[str, int] = {}
        self._suggested: dict[str, int] = {}
        self._revision = -1

    def tags(self, prefix: str, limit: int) -> list[str]:
        """Tag names for a prefix, best first: own tags, the vocabulary, what an alias stands for, then
        tags with a word inside that begins so."""
        key = tag_key(prefix)
        found: dict[str, str] = {}
        for name in self._candidates(key):
            found.setdefault(tag_key(name), name)
            if len(found) >= limit:
                break
        return list(found.values())

    def _candidates(self, key: str) -> Iterator[str]:
        counts = self._search().counts("tag")
        own = sorted(self._catalog.lists.tag_names(), key=lambda name: -counts.get(name, 0))
        known = [tag.name for tag in self._vocabulary().tags]
        yield from (name for name in (*own, *known) if tag_key(name).startswith(key))
        if not key:
            return
        yield from (tag for tag, _ in self._naming.beginning(key))
        inside = re.compile(rf"\b{re.escape(key)}")
        yield from (name for name in (*own, *known) if inside.search(tag_key(name)))

    def _present(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """Tags of the library, decided or suggested: those that begin with ``prefix``, then those that hold it or have
        another name that begins so, which stands beside them, else ""; most photos first."""
        self._count()
        key = tag_key(prefix)
        begin = [(name, "") for name, folded in self._counted if folded.startswith(key)]
        if not key or len(begin) >= limit:
            return begin[:limit]
        inside = re.compile(rf"\b{re.escape(key)}")
        meant: dict[str, str] = {}
        for tag, name in self._naming.beginning(key):
            meant.setdefault(tag, name)
        more = (
            (name, "" if inside.search(folded) else meant.get(name))
            for name, folded in self._counted
            if not folded.startswith(key)
        )
        return [*begin, *((name, called) for name, called in more if called is not None)][:limit]

    def _count(self) -> None:
        """Counts as the index has them, with tags that it does not know yet; sorted anew only when it has moved."""
        search, revision = self._search(), self._catalog.revision
        decided, suggested = search.counts("tag"), search.counts("maybe")
        if decided is self._decided and suggested is self._suggested and revision == self._revision:
            return
        fresh = self._catalog.lists.tag_names() if search.revision < revision else ()
        names = dict.fromkeys((*decided, *suggested, *fresh))
        order = sorted(names, key=lambda name: -decided.get(name, 0) - suggested.get(name, 0))
        self._counted = [(name, tag_key(name)) for name in order]
        self._decided, self._suggested, self._revision = decided, suggested, revision

    def offers(self, text: str, limit: int) -> list[Offer]:
        """Whole queries: the text with its last word completed; saved and recent searches that begin so."""
        start = _last_word(text)
        match = _WORD.fullmatch(text, start)
        if match is None or not match[0]:
            return self._kept(text, limit) if not text.strip() else []
        field = FIELD_ALIASES.get((match["field"] or "").casefold(), "")
        if match["field"] and not field:
            return []
        head = text[: match.start("word")]
        word = match["word"].lstrip('"')
        if field:
            found = self._values(head, field, word, limit)
        else:
            long = self._long_tags(text, limit)
            within = self._tags(head, word, limit, but={tag for tag, _ in long})
            other = self._other(head, word) if word else []
            tags = [*(offer for _, offer in long), *within]
            tags = [] if word in _OPERATORS else tags[: limit - min(len(other), _MOST_OF_A_KIND)]
            found = [*self._kept(text, _MOST_OF_A_KIND), *tags, *other]
        return list({offer.text: offer for offer in found}.values())[:limit]

    def _other(self, head: str, word: str) -> list[Offer]:
        """What a word may become beside tags: an operator, dates, places, fields."""
        operators = (name for name in _OPERATORS if name.startswith(word) and (head.strip() or name == "NOT"))
        fields = (name for name in _FIELDS if name.startswith(word.casefold()))
        return [
            *(Offer(f"{head}{name} ", "operator", _OPERATORS[name]) for name in operators),
            *self._years(head, word),
            *self._places(head, word, _MOST_OF_A_KIND),
            *(Offer(head + name, "field", _example(name)) for name in fields),
            *_dates(head, word),
        ]

    def _years(self, head: str, word: str) -> list[Offer]:
        """Years of the library that begin so, or months of the year that is typed already; the latest first."""
        if not _DATE.fullmatch(word):
            return []
        counted: Counter[str] = Counter()
        for month, photos in self._search().months().items():
            year = f"{month // 100:04}"
            counted[year if len(word) < len(year) else f"{year}-{month % 100:02}"] += photos
        return [
            Offer(head + date, "date", _photos(number))
            for date, number in counted.items()
            if date.startswith(word) and not date.endswith("-00")
        ]

    def _values(self, head: str, field: str, word: str, limit: int) -> list[Offer]:
        if field in _TAGS:
            return self._tags(head, word, limit)
        if field in ("date", "added"):
            begun = word.casefold()
            spoken = [Offer(head + _typed(name), "date") for name in SPOKEN if name.startswith(begun)]
            years = self._years(head, word) if field == "date" else []
            return [*spoken[: limit // 2 if years else limit], *years]
        if field == "album":
            begun = word.casefold()
            albums = self._catalog.collections.albums()
            return [
                Offer(head + _typed(each.name), "value", _photos(each.count))
                for each in albums
                if each.name.casefold().startswith(begun)
            ]
        if field == "near":
            return [
                Offer(head + quote(f"{name}, 20km"), "place", _photos(n))
                for name, n in self._taken(word, limit)
            ]
        if field in _INDEXED:
            found = self._search().words(word, limit, field)
            return [Offer(head + _typed(name), "value", _photos(count)) for name, count in found]
        return [
            Offer(head + each, "value") for each in _VALUES.get(field, ()) if each.startswith(word.casefold())
        ]

    def _taken(self, word: str, limit: int) -> list[tuple[str, int]]:
        """Places of the library with a word that begins so, and how many photos were taken there."""
        return self._search().words(word, limit, "place") if len(word) > 1 else []

    def _places(self, head: str, word: str, limit: int) -> list[Offer]:
        """Countries and places, those first that begin so themselves."""
        countries = self._search().words(word, 1, "country") if len(word) > 1 else []
        found = sorted(
            self._taken(word, 4 * limit), key=lambda one: not tag_key(one[0]).startswith(tag_key(word))
        )
        named = [("country", *one) for one in countries] + [("place", *one) for one in found]
        return [
            Offer(f"{head}{field}:{_typed(name)}", "place", _photos(count))
            for field, name, count in named[:limit]
        ]

    def _tags(self, head: str, word: str, limit: int, but: Collection[str] = ()) -> list[Offer]:
        return [
            Offer(head + _typed(tag), "tag", self._said_of(tag, called))
            for tag, called in self._present(word, limit)
            if tag not in but
        ]

    def _long_tags(self, text: str, limit: int) -> list[tuple[str, Offer]]:
        """Tags of several words that begin with the last words of the text: ``new yor`` may become "new york"."""
        starts = [found.start(1) for found in _TAIL.finditer(text)] if '"' not in text else []
        found: dict[str, Offer] = {}
        for start in starts[-_LONG - 1 : -1]:
            tail = text[start:]
            for tag, _ in self._present(tail, limit):
                if tag_key(tag).startswith(tag_key(tail)):
                    offer = Offer(text[:start] + _typed(tag), "tag", self._said_of(tag))
                    found.setdefault(tag, offer)
        return list(found.items())

    def _said_of(self, tag: str, called: str = "") -> str:
        """On how many photos a tag stands, by which name it was found, and what it belongs to."""
        stands, suggested = self._decided.get(tag, 0), self._suggested.get(tag, 0)
        parents = self._vocabulary().parents_of(tag)
        counted = _photos(stands) if stands else ""
        maybe = f"{suggested:,} suggested" if suggested and not stands else ""
        name = f"“{called}”" if called else ""
        return " · ".join(part for part in (name, counted or maybe, ", ".join(parents[:2])) if part)

    def _kept(self, text: str, limit: int) -> list[Offer]:
        """Saved searches by their name, recent ones by their text."""
        begun = text.strip().casefold()
        saved = [
            Offer(each.query, "saved", each.name)
            for each in self._catalog.collections.searches()
            if each.name.casefold().startswith(begun)
        ]
        recent = [
            Offer(query, "recent")
            for query in self._catalog.collections.recent()
            if query.casefold().startswith(begun) and query.casefold() != begun
        ]
        return [*saved[:limit], *recent[: max(0, limit - len(saved[:limit]))]]


def _example(field: str) -> str:
    """How a field is typed, where it is not typed whole already."""
    return FIELD_HELP[field.partition(":")[0]].partition("such as ")[2] if not field[-1].isalnum() else ""


def _dates(head: str, word: str) -> list[Offer]:
    begun = word.casefold()
    return [Offer(f"{head}date:{_typed(name)}", "date") for name in SPOKEN if name.startswith(begun)]


def _typed(value: str) -> str:
    """A value as it is typed: in quotes when it holds signs that mean something."""
    return quote(value) if re.search(r'[\s()":*?~\\]', value) or value.startswith("-") else value


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count:,} photos"


def _last_word(text: str) -> int:
    """Where the word begins that is being typed: after the last space or bracket outside quotes."""
    start, quoted = 0, False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and (character.isspace() or character in "()"):
            start = place + 1
    return start
