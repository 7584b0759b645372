"""Finding photos by a search: exact hits first, then, for words that are no tags, what looks like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelError, QueryError
from ..core.query import And, Flag, Listed, Node, Words, leaves, parse, quote, to_text
from ..core.records import Found, Sort, tag_key
from ..core.search.text import fold
from .telling import Telling
from .words import percent

if TYPE_CHECKING:
    from .facade import Library

LEAST: Final = 0.003
"""Photos that show what a phrase says with a smaller probability are not shown for it."""

_OFF: Final = Flag("visual", "off")
_ON: Final = Flag("visual", "on")
_PLAIN: Final = Flag("variety", "off")
_DUPLICATE: Final = Flag("is", "duplicate")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of what looks like a phrase is shown: ``most`` photos that have at least this ``share`` of the best
    one's probability. Words are seldom what a photo shows, so that even a good answer may have a small one."""

    share: float
    most: int


AMOUNTS: Final = (Amount(1.0, 0), Amount(0.5, 60), Amount(0.2, 300), Amount(0.05, 1000))
"""By the setting ``visual``: nothing, the surest, the usual, the most."""
_USUAL: Final = 2


@dataclass(frozen=True, slots=True)
class Phrase:
    """What of a search can be looked for by eye: ``text``, and the search that the rest makes ("" for none).
    ``wanted``: ``visual:on`` stands there; ``varied``: ``variety:off`` does not."""

    text: str
    rest: str
    wanted: bool = False
    varied: bool = True


def phrase_of(query: str, typing: bool = False) -> Phrase | None:
    """The bare words that must all be there, as one phrase; None when there are none, or ``visual:off`` stands."""
    try:
        node = parse(query, typing).node
    except QueryError:
        return None
    children: Sequence[Node] = node.children if isinstance(node, And) else (node,)
    if _OFF in children:
        return None
    words = [each for each in children if isinstance(each, Words) and not (each.edits or each.pattern)]
    if not words:
        return None
    rest = [each for each in children if each not in words]
    kept = to_text(And(tuple(rest))) if len(rest) > 1 else to_text(rest[0]) if rest else ""
    return Phrase(" ".join(each.text for each in words), kept, _ON in children, _PLAIN not in children)


def _asks_for_duplicates(query: str) -> bool:
    try:
        return any(leaf == _DUPLICATE and not negated for leaf, negated in leaves(parse(query).node))
    except QueryError:
        return False


class Finding:
    """Answers searches of one library. Safe from any thread."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def find(self, query: str, sort: Sort, *, typing: bool, visual: bool) -> Found:
        """Photos for a query. With ``visual`` those that look like it follow the exact hits, spread so that they
        are no single burst; ``Found.visual_from`` says where they begin."""
        exact = self._library.search.find(query, sort, typing=typing)
        if visual and sort is Sort.NEWEST and len(exact.ids) and _asks_for_duplicates(query):
            ids, sections = self._library.looks.arranged(exact.ids)
            return replace(exact, ids=ids, sections=sections) if len(ids) == len(exact.ids) else exact
        if visual and exact.visual_from == 0 and not exact.hint:
            return replace(exact, hint=self._said_of_alike(query))
        phrase = phrase_of(query, typing) if visual else None
        if phrase is None or (len(exact.ids) and not self._wanted(phrase.text)):
            return exact
        amount = self._amount(phrase)
        if not amount.most:
            return exact if len(exact.ids) else self._switched_off(exact, phrase, query)
        ids = self._looking_like(phrase, exact.ids, typing, amount)
        if not len(ids):
            return exact
        hint = exact.hint
        if not len(exact.ids):
            faults = dict.fromkeys(fault.said for fault in parse(query, typing).faults)
            hint = " ".join([*faults, f"No photo has these words; these look like “{phrase.text}”."])
        every = np.concatenate([exact.ids, ids])
        begin = len(exact.ids)
        sections = ((0, "hits"), (begin, "looks")) if begin else ((0, "looks"),)
        # A word that nobody knows is a slip of the hand sooner than something to be seen.
        nearest = exact.nearest if self._library.words.read(phrase.text).unknown else ""
        return replace(exact, ids=every, hint=hint, nearest=nearest, visual_from=begin, sections=sections)

    def why(self, query: str, photo_id: int) -> list[str]:
        """What of a photo a search found; with how probably it shows what the words say."""
        library = self._library
        telling = Telling(library.catalog, library.naming, photo_id)
        try:
            found = telling.say(parse(query).node, library.search.reasons(query, photo_id))
        except QueryError:
            return []
        phrase = phrase_of(query)
        if phrase is None or (found and not self._wanted(phrase.text)):
            return found
        try:
            score = float(self._library.words.rank(phrase.text, [photo_id])[0])
        except ModelError:
            return found
        shown = percent(score) if score >= 0.1 else f"{100 * score:.1f}\u00a0%"
        return [*found, f"looks: {shown} like “{phrase.text}”"] if score >= LEAST else found

    def _said_of_alike(self, query: str) -> str:
        """Which photo those found look like: a search has but its number."""
        node = parse(query).node
        numbers = [
            int(each.text)
            for each in (node.children if isinstance(node, And) else (node,))
            if isinstance(each, Listed) and each.field == "similar"
        ]
        names = [photo.display_name for photo in self._library.photos(numbers)]
        return f"These look like {', '.join(names)}." if names else ""

    def _amount(self, phrase: Phrase) -> Amount:
        """As the person has set it; ``visual:on`` in the search itself says more than "none" in the settings."""
        level = int(self._library.settings.get("visual"))
        return AMOUNTS[level or _USUAL * phrase.wanted]

    def _switched_off(self, exact: Found, phrase: Phrase, query: str) -> Found:
        """Nothing was found, and what looks like it is not wanted: the way to it stands open all the same."""
        try:
            known = bool(self._library.words.read(phrase.text).known)
        except ModelError:
            known = False
        if not known or exact.nearest:
            return exact
        hint = f"{exact.hint} Photos that only look like it are switched off.".strip()
        return replace(exact, hint=hint, nearest=f"{query} visual:on")

    def _wanted(self, text: str) -> bool:
        """Whether a phrase is more than the name of a tag or place, by any of its names."""
        return not (self._is_name(text) or all(self._is_name(word) for word in text.split()))

    def _is_name(self, name: str) -> bool:
        return self._is_tag(name) or self._is_place(name)

    def _is_place(self, name: str) -> bool:
        """Whether photos of the library were taken there: the name is a town, region or country of theirs."""
        search, key = self._library.search, fold(name)
        if not search.counts("place"):
            return False
        if any(key in fold(place).split(", ") for place, _ in search.words(name, limit=5, field="place")):
            return True
        return bool(self._library.geography.meant(name)) and bool(
            len(search.find(f"place:{quote(name)}").ids)
        )

    def _is_tag(self, name: str) -> bool:
        if self._library.vocabulary().resolve(name) is not None:
            return True
        return tag_key(name) in {tag_key(tag) for tag, _ in self._library.search.words(name, limit=5)}

    def _looking_like(
        self, phrase: Phrase, exact: NDArray[np.int64], typing: bool, amount: Amount
    ) -> NDArray[np.int64]:
        library = self._library
        try:
            read = library.words.read(phrase.text)
            if not read.known or (typing and read.unknown):
                return exact[:0]
            best = library.words.by_word(read)
            ids = np.array([photo for photo, _ in best], np.int64)
            scores = np.array([score for _, score in best], np.float32)
            among = library.search.find(phrase.rest).ids
            least = max(LEAST, amount.share * float(scores.max(initial=0)))
            fits = (scores >= least) & np.isin(ids, among) & ~np.isin(ids, exact)
            ids, scores = ids[fits][: amount.most], scores[fits][: amount.most]
            if not (phrase.varied and library.settings.get("variety")):
                return ids
            # The best one is 1, so that variety weighs the same for seldom words.
            return library.looks.spread_out(ids, scores / max(float(scores.max(initial=0)), 1e-9))
        except ModelError:
            return exact[:0]
