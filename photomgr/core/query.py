"""The search language: text -> a tree of frozen nodes. Knows nothing of the index.

Grammar (a space means "and", which binds tighter than OR)::

    query  = clause (["AND" | "OR"] clause)*
    clause = ("-" | "NOT")* (term | "(" query ")" | field ":" "(" query ")")
    term   = [field ":"] (word ["*" | "~" [number]] | quoted ["*"])
    word   = letters, in which * stands for any letters and ? for any one
    quoted = '"' any text, where \\" is a quote and \\\\ a backslash '"'

What is malformed is mended where a meaning can be guessed (``Query.notes`` says how), so that a half
typed query still filters; only what is hopeless raises QueryError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from photomgr.core.errors import QueryError
from photomgr.core.query_syntax import SYNTAX
from photomgr.core.query_terms import MAX_EDITS, MAX_WILD, Value, measured, open_word
from photomgr.core.query_tree import (
    And,
    Box,
    Dates,
    Everything,
    Field,
    Flag,
    Known,
    Leaf,
    Listed,
    Near,
    Node,
    Not,
    Number,
    Or,
    Words,
    leaves,
    quote,
    to_text,
)
from photomgr.core.query_values import (
    DATE_FIELDS,
    FIELD_ALIASES,
    FIELD_HELP,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    circle,
    date_span,
)
from photomgr.core.records import tag_key

__all__ = [
    "MAX_EDITS",
    "MAX_TERMS",
    "MAX_TEXT",
    "MAX_WILD",
    "SYNTAX",
    "And",
    "Box",
    "Dates",
    "Everything",
    "Field",
    "Flag",
    "Known",
    "Leaf",
    "Listed",
    "Near",
    "Node",
    "Not",
    "Number",
    "Or",
    "Query",
    "Words",
    "asked_for",
    "demand",
    "leaves",
    "parse",
    "quote",
    "to_text",
]

MAX_TEXT: Final = 20_000  # characters
MAX_TERMS: Final = 200
MAX_DEPTH: Final = 40
MAX_OPEN: Final = (
    8  # words with typing errors or * and ? inside: every word of the library is compared with each
)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search.

    ``notes`` are sentences about what was mended; ``wrong`` is the first of them that is about a value that
    cannot be understood, so that its term was left out. ``empty`` when no term was left. ``whole`` is there when
    the text may as well be one tag whose name holds quotes: what it finds goes first.
    """

    node: Node
    notes: tuple[str, ...] = ()
    empty: bool = False
    whole: Node | None = None
    wrong: str = ""


@dataclass(slots=True)
class _Group:
    """An open bracket: its finished alternatives, and the clauses of the one being read."""

    name: str | None = None  # the field that its words are of
    negated: bool = False  # the whole bracket is
    alternatives: list[list[Node]] = field(default_factory=list)
    clauses: list[Node] = field(default_factory=list)
    depth: int = 0
    after_or: bool = False


_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"(OR|AND|NOT)(?=[\s()]|$)")
_FIELD = re.compile(r"([A-Za-z]+):")
_WHOLE = re.compile(r'\s*([A-Za-z]+:)?"(.*)"\s*', re.DOTALL)
_QUOTES: Final = {'"': '"', "“": "”“", "„": "“”", "«": "»"}
_DASH: Final = "-"
_COMPARED: Final = re.compile(r'(>=|<=|>|<|=)["“„«]')


class _Parser:
    """One pass over the text with an explicit stack, so that brackets cannot exhaust Python's."""

    def __init__(self, text: str, typing: bool) -> None:
        self.text = text
        self.typing = typing
        self.at = 0
        self.negate = False
        self.pending_not = False
        self.terms = self.open = 0
        self.notes: dict[str, None] = {}  # a set that keeps its order
        self.wrong = ""
        self.stack = [_Group()]
        self.unclosed: dict[tuple[str, bool], int] = {}

    def parse(self) -> Query:
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at >= len(self.text):
                break
            self._step()
        if len(self.stack) > 1 and not self.typing:
            self._note("A bracket was not closed; it was read to the end.")
        while len(self.stack) > 1:
            self._close()
        self._dangling_not()
        node, _ = self._build(self.stack[0])
        if node is None:
            return Query(Everything(), tuple(self.notes), True, _whole(self.text), self.wrong)
        return Query(node, tuple(self.notes), False, _whole(self.text), self.wrong)

    def _note(self, sentence: str) -> None:
        self.notes[sentence] = None

    def _step(self) -> None:
        char = self.text[self.at]
        if char == "(":
            self._open(None)
        elif char == ")":
            self.at += 1
            if len(self.stack) > 1:
                self._dangling_not()
                self._close()
            else:
                self._note("A closing bracket has no opening one; it was left out.")
        elif (operator := _OPERATOR.match(self.text, self.at)) is not None:
            self.at = operator.end()
            self._operator(operator[1])
        elif char == _DASH:
            self.at += 1
            follows = self.text[self.at : self.at + 1]
            if follows and not follows.isspace() and follows != ")":
                self.negate = not self.negate
                self.pending_not = True
        else:
            self._term()

    def _operator(self, name: str) -> None:
        group = self.stack[-1]
        if name == "NOT":
            self.negate = not self.negate
            self.pending_not = True
            return
        self._dangling_not()
        if name == "OR":
            if not group.clauses:
                self._note("OR needs a word on both sides.")
            else:
                group.alternatives.append(group.clauses)
                group.clauses = []
            group.after_or = True

    def _dangling_not(self) -> None:
        if self.pending_not and not self.typing:
            self._note("NOT needs a word after it.")
        self.pending_not = self.negate = False

    def _open(self, name: str | None) -> None:
        self.at += 1
        self.stack.append(_Group(name or self.stack[-1].name, negated=self.negate))
        self.negate = self.pending_not = False

    def _close(self) -> None:
        group = self.stack.pop()
        node, depth = self._build(group)
        if node is not None:
            self._add(Not(node) if group.negated else node, depth)

    def _add(self, node: Node, depth: int) -> None:
        group = self.stack[-1]
        group.clauses.append(node)
        group.depth = max(group.depth, depth)
        group.after_or = False

    def _build(self, group: _Group) -> tuple[Node | None, int]:
        """The node of a finished bracket (None when nothing is in it) and its depth."""
        if group.after_or and not (self.typing and self.at >= len(self.text)):
            self._note("OR needs a word on both sides.")
        if group.clauses:
            group.alternatives.append(group.clauses)
        if not group.alternatives:
            return None, 0
        parts = [clauses[0] if len(clauses) == 1 else And(tuple(clauses)) for clauses in group.alternatives]
        node = parts[0] if len(parts) == 1 else Or(tuple(parts))
        depth = group.depth + isinstance(node, And | Or | Not)
        if depth > MAX_DEPTH:
            raise QueryError(f"The brackets are nested too deeply: {MAX_DEPTH} levels are the most.")
        return node, depth

    def _term(self) -> None:
        name = self.stack[-1].name
        matched = _FIELD.match(self.text, self.at)
        if matched is not None and (known := _known_field(matched[1])) is not None:
            name, self.at = known, matched.end()
            if self.text[self.at : self.at + 1] == "(":
                self._open(name)
                return
        negated = self.negate
        self.negate = self.pending_not = False
        node = self._leaf(name, self._value(compared=name in DATE_FIELDS | NUMBER_FIELDS))
        if node is None:
            return
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise QueryError(f"This search has too many words: {MAX_TERMS} are the most.")
        self.open += isinstance(node, Words | Field) and bool(node.edits or node.pattern)
        if self.open > MAX_OPEN:
            raise QueryError(
                f"This search has too many words with ~, ? or * in them: {MAX_OPEN} are the most."
            )
        self._add(Not(node) if negated else node, 0)

    def _value(self, compared: bool) -> Value:
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
                if open_here == 0 and len(self.stack) > 1:
                    break
                open_here -= 1
            self.at += 1
        raw = self.text[start : self.at]
        text = raw.rstrip("*")
        return Value(text, starred=text != raw, raw=raw)

    def _quoted(self, closers: str) -> Value:
        start = self.at + 1
        known = (closers, len(self.stack) > 1)
        end = (
            None
            if start >= self.unclosed.get(known, len(self.text))
            else self._closing(start, closers, strict=True)
        )
        if end is None:
            self.unclosed.setdefault(known, start)  # nor from any later place: do not look again
            end = self._closing(start, closers, strict=False)
        if end is None:
            self.at = len(self.text)
            raw = self.text[start:]
            if not self.typing:
                self._note("A quote was not closed; it was read to the end.")
            return Value(_unescape(raw), _literal(raw), True, self.typing)
        raw = self.text[start:end]
        self.at = end + 1
        star = self.text[self.at : self.at + 1] == "*"
        self.at += star
        return Value(_unescape(raw), _literal(raw), True, bool(star))

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
                if not strict or not follows or follows.isspace() or (follows == ")" and len(self.stack) > 1):
                    return at
            at += 1
        return None

    @property
    def _at_end(self) -> bool:
        """Whether the term just read may go on."""
        return self.typing and self.at >= len(self.text)

    def _leaf(self, name: str | None, value: Value) -> Node | None:
        """The node of one term, or None when it says nothing (yet)."""
        if name is None:
            return self._bare(value)
        if name == "place" and (where := circle(value.text)) is not None:
            return Near(*where, value.text)
        if name in TEXT_FIELDS:
            return self._text_field(name, value)
        if (node := measured(name, value, self._at_end)) is not None:
            return node
        if not self._at_end:
            self._mistaken(name)
        return None

    def _bare(self, value: Value) -> Node | None:
        prefix = value.starred or (self._at_end and not value.quoted)
        if not value.text:
            return Everything() if prefix and not value.quoted else None
        span = None if value.quoted else date_span(value.text, partial=self._at_end)
        if span is not None:
            return Dates("date", *span, value.text, bare=True)
        if (open_ := open_word(value, self._at_end)) is not None:
            return Words(open_[0], edits=open_[1], pattern=not open_[1])
        return Words(value.text, prefix, value.quoted, value.literal)

    def _text_field(self, name: str, value: Value) -> Node | None:
        prefix = value.starred or (self._at_end and not value.quoted)
        if (open_ := open_word(value, self._at_end)) is not None:
            return Field(name, open_[0], edits=open_[1], pattern=not open_[1])
        if value.text or (value.starred and not value.quoted):
            return Field(name, value.text, prefix, value.literal)
        if value.quoted or not self.typing:
            self._mistaken(name)
        return None

    def _mistaken(self, name: str) -> None:
        """A value that the field does not take: its term is left out."""
        sentence = f"{name}: {FIELD_HELP[name]}."
        self._note(sentence)
        self.wrong = self.wrong or sentence


def _known_field(name: str) -> str | None:
    return FIELD_ALIASES.get(name.casefold())


def _unescape(raw: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", raw)


def _whole(text: str) -> Node | None:
    """``"a "b" c"`` read as one tag's name, although its second quote looks like the end."""
    found = _WHOLE.fullmatch(text)
    if found is None or '"' not in found[2]:
        return None
    name = _known_field(found[1][:-1]) if found[1] else None
    if found[1] and name not in TEXT_FIELDS:
        return None
    fields = (name,) if name else ("tag", "maybe")
    return Or(tuple(Field(each, found[2]) for each in fields))


def _literal(raw: str) -> str:
    return "" if _unescape(raw) == raw else raw


def parse(text: str, typing: bool = False) -> Query:
    """Read a search text. With ``typing`` the last word may go on and what is not finished yet is no fault.

    Raises QueryError (a sentence) for a text that is too long, has too many words or too deep brackets.
    """
    if len(text) > MAX_TEXT:
        raise QueryError(f"This search text is too long: {MAX_TEXT:,} characters are the most.")
    return _Parser(text, typing).parse()


def demand(text: str) -> None:
    """Raise QueryError for a text with a value that cannot be understood: for commands that act on what is found,
    where leaving a term out would mean other photos."""
    if wrong := parse(text).wrong:
        raise QueryError(f"This search cannot be understood. {wrong}")


def asked_for(text: str) -> frozenset[str]:
    """The tags that somebody who searches for ``text`` is looking at, as keys (``records.tag_key``):
    those under ``maybe:`` and the bare words, unless they stand under a NOT. Empty for a hopeless text."""
    try:
        node = parse(text).node
    except QueryError:
        return frozenset()
    wanted = [leaf for leaf, negated in leaves(node) if not negated] if node is not None else []
    names = [leaf.text for leaf in wanted if isinstance(leaf, Words)]
    names += [leaf.text for leaf in wanted if isinstance(leaf, Field) and leaf.field == "maybe"]
    return frozenset(tag_key(name) for name in names if name)
