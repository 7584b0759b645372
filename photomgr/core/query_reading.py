"""Reading a search text word by word: where a value ends, what is quoted, what is unfinished."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from photomgr.core.query_terms import Value

_QUOTES: Final = {'"': '"', "“": "”“", "„": "“”", "«": "»"}
_COMPARED: Final = re.compile(r'(>=|<=|>|<|=)["“„«]')


_MOST: Final = 50  # faults that are shown in their places


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was mended or left out: where it stands, ``text[start:end]``, and what to do about it."""

    start: int
    end: int
    said: str


class Reading:
    """A place in a text that moves on, and what was noted on the way."""

    def __init__(self, text: str, typing: bool) -> None:
        self.text = text
        self.typing = typing
        self.at = 0
        self.notes: dict[str, None] = {}  # a set that keeps its order
        self.faults: list[Fault] = []
        self._unclosed: dict[tuple[str, bool], int] = {}

    @property
    def inside(self) -> bool:
        """Whether a bracket is open here."""
        return False

    def note(self, sentence: str, start: int, end: int) -> None:
        """Remember a sentence about ``text[start:end]``."""
        self.notes[sentence] = None
        if len(self.faults) < _MOST:
            self.faults.append(Fault(start, end, sentence))

    @property
    def at_end(self) -> bool:
        """Whether the term just read may go on."""
        return self.typing and self.at >= len(self.text)

    def value(self, compared: bool) -> Value:
        """Read a word or quoted text; ``compared``: >= and the like may stand before the quote."""
        before = _COMPARED.match(self.text, self.at) if compared else None
        if before is not None:
            self.at = before.end(1)
            value = self._quoted(_QUOTES[self.text[self.at]])
            return replace(value, text=before[1] + value.text, literal="")
        opener = self.text[self.at : self.at + 1]
        if opener in _QUOTES and opener:
            return self._quoted(_QUOTES[opener])
        start, open_here = self.at, 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char.isspace():
                break
            if char == "(":
                open_here += 1
            elif char == ")":
                if open_here == 0 and self.inside:
                    break
                open_here -= 1
            self.at += 1
        raw = self.text[start : self.at]
        text = raw.rstrip("*")
        return Value(text, starred=text != raw, raw=raw)

    def _quoted(self, closers: str) -> Value:
        start = self.at + 1
        known = (closers, self.inside)
        end = (
            None
            if start >= self._unclosed.get(known, len(self.text))
            else self._closing(start, closers, strict=True)
        )
        if end is None:
            self._unclosed.setdefault(known, start)  # nor from any later place: do not look again
            end = self._closing(start, closers, strict=False)
        if end is None:
            self.at = len(self.text)
            raw = self.text[start:]
            if not self.typing:
                self.note("A quote was not closed; it was read to the end.", start - 1, self.at)
            return Value(unescape(raw), _literal(raw), True, self.typing)
        raw = self.text[start:end]
        self.at = end + 1
        star = self.text[self.at : self.at + 1] == "*"
        self.at += star
        return Value(unescape(raw), _literal(raw), True, bool(star))

    def _closing(self, start: int, closers: str, strict: bool) -> int | None:
        """Where the quote ends. Strictly: an unescaped one that a space, the end or a bracket follows.

        A quote inside a tag's name thus needs no backslash. Not strictly: the first one.
        """
        at = start
        while at < len(self.text):
            char = self.text[at]
            if strict and char == "\\" and self.text[at + 1 : at + 2] in ('"', "\\"):
                at += 2
                continue
            if char in closers:
                rest = self.text[at + 1 : at + 3]
                follows = rest.removeprefix("*")[:1]
                if not strict or not follows or follows.isspace() or (follows == ")" and self.inside):
                    return at
            at += 1
        return None


def unescape(raw: str) -> str:
    """Quoted text without the backslashes that stand before quotes and themselves."""
    return re.sub(r'\\(["\\])', r"\1", raw)


def _literal(raw: str) -> str:
    return "" if unescape(raw) == raw else raw
