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
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from photomgr.core.errors import QueryError
from photomgr.core.query_reading import Fault, Reading
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
    "Fault",
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
    the text may as well be one tag whose name holds quotes: what it finds goes first. ``faults`` say where in the
    text what was mended stands, and words that look like a field mistyped.
    """

    node: Node
    notes: tuple[str, ...] = ()
    empty: bool = False
    whole: Node | None = None
    wrong: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Group:
    """An open bracket: its finished alternatives, and the clauses of the one being read."""

    name: str | None = None  # the field that its words are of
    negated: bool = False  # the whole bracket is
    alternatives: list[list[Node]] = field(default_factory=list)
    clauses: list[Node] = field(default_factory=list)
    depth: int = 0
    after_or: bool = False
    at: int = 0  # where it was opened


_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"(OR|AND|NOT)(?=[\s()]|$)")
_FIELD = re.compile(r"([A-Za-z]+):")
_WHOLE = re.compile(r'\s*([A-Za-z]+:)?"(.*)"\s*', re.DOTALL)
_DASH: Final = "-"
_NEAR_NAME: Final = 0.65  # how alike a word must be to a field's name to be taken for it


class _Parser(Reading):
    """One pass over the text with an explicit stack, so that brackets cannot exhaust Python's."""

    def __init__(self, text: str, typing: bool) -> None:
        super().__init__(text, typing)
        self.negate = False
        self.pending_not = False
        self.terms = self.open = 0
        self.wrong = ""
        self.stack = [_Group()]
        self._operator_at = (0, 0)
        self._begun = 0  # where the present term begins, with its field

    @property
    def inside(self) -> bool:
        return len(self.stack) > 1

    def parse(self) -> Query:
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at >= len(self.text):
                break
            self._step()
        if not self.typing:
            for group in self.stack[1:]:
                self.note("A bracket was not closed; it was read to the end.", group.at, group.at + 1)
        while len(self.stack) > 1:
            self._close()
        self._dangling_not()
        node, _ = self._build(self.stack[0])
        said = tuple(self.notes)
        return Query(
            node or Everything(), said, node is None, _whole(self.text), self.wrong, tuple(self.faults)
        )

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
                self.note("A closing bracket has no opening one; it was left out.", self.at - 1, self.at)
        elif (operator := _OPERATOR.match(self.text, self.at)) is not None:
            self._operator_at = operator.span(1)
            self.at = operator.end()
            self._operator(operator[1])
        elif char == _DASH:
            self._operator_at = (self.at, self.at + 1)
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
                self.note("OR needs a word on both sides.", *self._operator_at)
            else:
                group.alternatives.append(group.clauses)
                group.clauses = []
            group.after_or = True

    def _dangling_not(self) -> None:
        if self.pending_not and not self.typing:
            self.note("NOT needs a word after it.", *self._operator_at)
        self.pending_not = self.negate = False

    def _open(self, name: str | None) -> None:
        self.at += 1
        self.stack.append(_Group(name or self.stack[-1].name, negated=self.negate, at=self.at - 1))
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
            self.note("OR needs a word on both sides.", *self._operator_at)
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
        self._begun = self.at
        matched = _FIELD.match(self.text, self.at)
        if matched is not None and (known := _known_field(matched[1])) is not None:
            name, self.at = known, matched.end()
            if self.text[self.at : self.at + 1] == "(":
                self._open(name)
                return
        negated = self.negate
        self.negate = self.pending_not = False
        node = self._leaf(name, self.value(compared=name in DATE_FIELDS | NUMBER_FIELDS))
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

    def _leaf(self, name: str | None, value: Value) -> Node | None:
        """The node of one term, or None when it says nothing (yet)."""
        if name is None:
            return self._bare(value)
        if name == "place" and (where := circle(value.text)) is not None:
            return Near(*where, value.text)
        if name in TEXT_FIELDS:
            return self._text_field(name, value)
        if (node := measured(name, value, self.at_end)) is not None:
            return node
        if not self.at_end:
            self._mistaken(name)
        return None

    def _bare(self, value: Value) -> Node | None:
        prefix = value.starred or (self.at_end and not value.quoted)
        if not value.text:
            return Everything() if prefix and not value.quoted else None
        span = None if value.quoted else date_span(value.text, partial=self.at_end)
        if span is not None:
            return Dates("date", *span, value.text, bare=True)
        self._doubt(value)
        if (open_ := open_word(value, self.at_end)) is not None:
            return Words(open_[0], edits=open_[1], pattern=not open_[1])
        return Words(value.text, prefix, value.quoted, value.literal)

    def _text_field(self, name: str, value: Value) -> Node | None:
        prefix = value.starred or (self.at_end and not value.quoted)
        if (open_ := open_word(value, self.at_end)) is not None:
            return Field(name, open_[0], edits=open_[1], pattern=not open_[1])
        if value.text or (value.starred and not value.quoted):
            return Field(name, value.text, prefix, value.literal)
        if value.quoted or not self.typing:
            self._mistaken(name)
        return None

    def _doubt(self, value: Value) -> None:
        """``tga:beach`` is looked for as it stands, but it may well be a field mistyped."""
        name, colon, rest = value.raw.partition(":")
        plausible = colon and rest and len(name) > 2 and name.isascii() and name.isalpha()
        if not plausible or rest.startswith("//") or self.at_end:
            return
        known = get_close_matches(name.casefold(), FIELD_ALIASES, 1, _NEAR_NAME)
        if known:
            said = f"“{name}:” is no field and is looked for as a word. Did you mean {known[0]}:{rest}?"
            self.faults.append(Fault(self._begun, self._begun + len(name) + 1, said))

    def _mistaken(self, name: str) -> None:
        """A value that the field does not take: its term is left out."""
        sentence = f"{name}: {FIELD_HELP[name]}."
        self.note(sentence, self._begun, self.at)
        self.wrong = self.wrong or sentence


def _known_field(name: str) -> str | None:
    return FIELD_ALIASES.get(name.casefold())


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
