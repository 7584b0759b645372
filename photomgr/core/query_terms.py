"""One term of a search text -> its node, or what is open in it: typing errors, * and ?."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from photomgr.core.errors import QueryError
from photomgr.core.query_tree import Box, Dates, Flag, Listed, Near, Node, Number
from photomgr.core.query_values import (
    DATE_FIELDS,
    FLAGS,
    LISTED_FIELDS,
    NUMBER_FIELDS,
    box,
    circle,
    date_span,
    named_circle,
    number_span,
)

MAX_WILD: Final = 12  # * and ? in one word
MAX_EDITS: Final = 2
MAX_STARS: Final = 5

_FUZZY: Final = re.compile(r"([^*?~]+)~(\d{0,3})")
_SHORT: Final = 4  # letters of words in which one typing error is enough


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in a term: ``text`` without a last star, ``literal`` the text before unescaping where that
    differs, ``raw`` what was typed without quotes, "" for what stood ``quoted``."""

    text: str
    literal: str = ""
    quoted: bool = False
    starred: bool = False
    raw: str = ""


def measured(name: str, value: Value, at_end: bool) -> Node | None:
    """The node of a field that takes no words, None for a value that it does not take; ``at_end``: it may go on."""
    text = value.text
    if name in FLAGS:
        flag = text.casefold()
        return Flag(name, flag) if flag in FLAGS[name] else None
    if name in NUMBER_FIELDS:
        least = 0.5 if name == "rating" else float("-inf")
        numbers = (least, float("inf")) if not text and value.starred else number_span(text, name)
        if numbers is None or (name == "rating" and (numbers[0] > MAX_STARS or numbers[1] < 0)):
            return None
        return Number(name, *numbers, text or "*")
    if name in DATE_FIELDS:
        span = date_span(text, partial=at_end, spoken=True)
        return Dates(name, *span, text) if span is not None else None
    if name == "near":
        found = circle(text)
        if found is not None:
            return Near(*found, text)
        called = None if at_end and not value.quoted and "," not in text else named_circle(text)
        return Near(math.inf, math.inf, called[1], text, called[0]) if called is not None else None
    if name == "box":
        edges = box(text)
        return Box(*edges, text) if edges is not None else None
    if name in LISTED_FIELDS:
        known = text.isascii() and text.isdigit() if name in ("similar", "run") else bool(text)
        return Listed(name, text) if known and len(text) < 200 else None
    return None


def open_word(value: Value, at_end: bool) -> tuple[str, int] | None:
    """(word, edits) of ``sunst~``, (pattern, 0) of ``b*ch``; None for a word without such signs.

    More than MAX_EDITS errors are not forgiven. Raises QueryError for too many signs.
    """
    if value.quoted:
        return None
    found = _FUZZY.fullmatch(value.raw)
    if found is not None:
        wanted = int(found[2]) if found[2] else 1 if len(found[1]) <= _SHORT else MAX_EDITS
        return (found[1], min(wanted, MAX_EDITS)) if wanted else None
    if "*" not in value.text and "?" not in value.text:
        return None
    pattern = re.sub(r"\*+", "*", value.raw + "*" * at_end)
    if not pattern.strip("*?") and "?" not in pattern:
        return None
    if pattern.count("*") + pattern.count("?") > MAX_WILD:
        raise QueryError(f"A word may hold at most {MAX_WILD} of * and ?.")
    return pattern, 0
