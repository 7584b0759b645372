"""How text is compared: folding away case, width and accents, and cutting into words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

SEPARATOR: Final = "\x00"  # between a folded value and its own spelling; never part of either
NEWLINE: Final = "\n"  # between values when many are cut at once; folding turns it into a space

# Letters that carry a stroke or are two in one: their accents are no combining marks.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
# Written without spaces between words: each character is a word, and words are found as runs of them.
_SPACELESS: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(
    rf"[{_SPACELESS}]|[^\W\d_{_SPACELESS}]+|\d+|[^\w\s\x00-\x7f]|{NEWLINE}",
)
_PLAIN: Final = re.compile(r"[\x21-\x7e]*(?: [\x21-\x7e]+)*")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form in which two texts are compared: lower case, without accents, single spaces.

    Undecodable bytes (surrogates) become U+FFFD, as no index can hold them.
    """
    if _PLAIN.fullmatch(text) is not None:
        return text.lower()
    text = text.replace(SEPARATOR, " ").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    kept: list[str] = []
    base_drops = False
    for char in unicodedata.normalize("NFKD", decomposed):
        if unicodedata.combining(char):
            if base_drops:
                continue
        else:
            if char < " " or "\x7f" <= char < "\xa0":  # control characters are kept nowhere
                char = " " if char.isspace() else ""
            # Greek, Latin and Cyrillic letters; elsewhere a mark makes another letter.
            base_drops = char < "\u0530"
        kept.append(char)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def words_of(folded: str) -> list[str]:
    """The words of a folded text: runs of letters, runs of digits, single signs and CJK characters."""
    return _WORD.findall(folded)


def value_term(text: str) -> str:
    """What the index keeps of one tag: its folded form, and its own spelling where that differs."""
    folded = fold(text)
    spelling = " ".join(text.replace(SEPARATOR, " ").split())
    spelling = spelling.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return folded if spelling == folded else f"{folded}{SEPARATOR}{spelling}"


def split_term(term: str) -> tuple[str, str]:
    """(folded form, own spelling) of what ``value_term`` made."""
    folded, _, spelling = term.partition(SEPARATOR)
    return folded, spelling or folded


_DIGITS: Final = re.compile(r"\d+")


def name_key(folded: str) -> str:
    """A key under which file names sort as people count: img_2 before img_10."""
    return _DIGITS.sub(lambda m: f"{len(m[0].lstrip('0')):03}{m[0].lstrip('0')}", folded)
