"""The words of the command line and which function each of them runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..core.records import LABEL_COLOURS, Sort
from . import (
    alike,
    caring,
    collecting,
    deciding,
    exchanging,
    finding,
    keeping,
    models,
    moving,
    porting,
    reviewing,
    runs,
    training,
    why,
)
from .names import COMMANDS
from .opening import add_query

_EPILOG: Final = (
    "exit codes: 0 done; 1 done, but some items failed; 2 wrong usage; 3 the catalog is in use by another"
    " writer; 4 the catalog cannot be used. Without a command the window opens; 'photomgr FOLDER' adds a folder."
)


class _Command(argparse.ArgumentParser):
    """Takes options before, among and after its words: argparse alone ends a list of words at the first option."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        return super().parse_known_args(self._options_first(list(args or ())), namespace)

    def _options_first(self, args: list[str]) -> list[str]:
        """The same, options first; untouched where an option is not known, or words are another program's."""
        options: list[str] = []
        words: list[str] = []
        if any(each.nargs == argparse.REMAINDER for each in self._actions):
            return args
        while args[len(options) + len(words) :]:
            at = len(options) + len(words)
            word = args[at]
            if word == "--":
                words += args[at:]
            elif not word.startswith("-") or word == "-":
                words.append(word)
            else:
                action = self._option_string_actions.get(word.partition("=")[0])
                if action is None:
                    return args
                taken = 1 if action.nargs == 0 or "=" in word else 2
                while action.nargs == "+" and args[at + taken :] and not args[at + taken].startswith("-"):
                    taken += 1
                options += args[at : at + taken]
        return [*options, *words]


def build() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        "photomgr", description="A photo manager that tags and learns.", epilog=_EPILOG
    )
    parser.add_argument("--version", action="version", version=f"photomgr {__version__}")
    common = _Command(add_help=False)
    for each, default in ((parser, None), (common, argparse.SUPPRESS)):
        each.add_argument("--base", type=Path, metavar="DIR", default=default,
                          help="keep catalog, index, caches and settings under DIR")  # fmt: skip
        each.add_argument("--read-only", action="store_true", default=default or argparse.SUPPRESS,
                          help="look at everything and change nothing")  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Command)

    def add(name: str, run: Callable[..., int], help: str, *, json: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[common], help=help, description=help)
        command.set_defaults(run=run)
        if json:
            command.add_argument("--json", action="store_true", help="machine-readable lines on stdout")
        return command

    _finding(add)
    why.add_commands(add, _photos)
    _deciding(add)
    reviewing.add_commands(add, _count)
    models.add_commands(add)
    runs.add_commands(add)
    keeping.add_commands(add)
    exchanging.add_commands(add)
    porting.add_commands(add, _count)
    moving.add_commands(add)
    alike.add_commands(add, _count)
    collecting.add_commands(add)
    _caring(add)
    return parser


def _finding(add: Callable[..., argparse.ArgumentParser]) -> None:
    index = add("index", finding.index, "take folders into the library and look through them")
    index.add_argument("path", nargs="+", type=Path, metavar="PATH")
    annotate = add("annotate", finding.annotate, "suggest tags for photos that wait for it")
    annotate.add_argument("--limit", type=_count, metavar="N")
    annotate.add_argument("--again", action="store_true", help="also photos that have suggestions")
    suggest = add("suggest", finding.suggest, "suggest tags for pictures outside any library")
    suggest.add_argument("file", nargs="*", metavar="FILE")
    suggest.add_argument("--query", metavar="Q", help="the photos that Q finds")
    suggest.add_argument("--allow-network", action="store_true", help="fetch what is given as https://…")
    how_many = suggest.add_mutually_exclusive_group()
    how_many.add_argument("--top", type=_count, metavar="K", help="the K best")
    how_many.add_argument("--mass", type=_share, metavar="P",
                          help="the fewest that make up this share of all probability, such as 0.9")  # fmt: skip
    how_many.add_argument("--all", action="store_true", help="every tag of the vocabulary")
    search = add("search", finding.search, "find photos; a query may begin with '-'")
    search.add_argument("query", nargs="*", metavar="QUERY")
    search.add_argument("--limit", type=_count, metavar="N")
    search.add_argument("--sort", choices=[str(sort) for sort in Sort], default=str(Sort.NEWEST))
    show = add("show", finding.show, "everything that is known of a photo")
    show.add_argument("file", type=Path, metavar="FILE")


def _deciding(add: Callable[..., argparse.ArgumentParser]) -> None:
    for name, help in (
        ("accept", "say that a tag is right for photos"),
        ("reject", "say that a tag is wrong for photos; it never comes back for them"),
        ("tag", "add a tag to photos"),
        ("untag", "take a tag off photos"),
    ):
        command = add(name, deciding.judge, help)
        command.add_argument("tag", metavar="TAG")
        _photos(command)
        if name == "reject":
            command.add_argument("--lookalikes", action="store_true",
                                 help="also for photos that look alike, now and later")  # fmt: skip
            command.add_argument("--everywhere", action="store_true", help="never suggest the tag any more")
    rate = add("rate", deciding.rate, "give photos 0 to 5 stars")
    rate.add_argument("stars", type=int, choices=range(6))
    _photos(rate)
    label = add("label", deciding.label, "give photos a colour label, or none")
    label.add_argument("colour", choices=(*LABEL_COLOURS, "none"))
    _photos(label)
    for name in ("title", "caption"):
        text = add(name, deciding.describe, f"give photos a {name}; an empty one takes it off")
        text.add_argument("text", metavar="TEXT")
        _photos(text)
    add("undo", deciding.undo, "take the last decision back")
    add("redo", deciding.redo, "do again what was undone last")


def _caring(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("doctor", caring.doctor, "look at everything that can be wrong")
    backup = add("backup", caring.backup, "copy the catalog into a folder and check the copy")
    backup.add_argument("folder", type=Path, metavar="DIR")
    restore = add("restore", caring.restore, "bring a backup back; the catalog that was there is kept")
    restore.add_argument("folder", type=Path, metavar="DIR", help="a backup, or a folder of them")
    add("rebuild", caring.rebuild, "make the search index and the thumbnails again")
    train = add("train", training.train, "fit, evaluate and export the network", json=False)
    train.add_argument("rest", nargs=argparse.REMAINDER, metavar="fit|extend|evaluate|export|card ...")


def _photos(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="*", type=Path, metavar="FILE")
    add_query(command)


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return min(number, sys.maxsize)  # the catalog counts no further


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1")
    return number


def parse(argv: Sequence[str]) -> Any:
    """Parse arguments. Raises SystemExit as argparse does, with code 2 for wrong usage."""
    options = build().parse_args(_shield(list(argv)))
    options.base = getattr(options, "base", None)
    options.read_only = getattr(options, "read_only", False)
    return options


def _shield(argv: list[str]) -> list[str]:
    """Let a query begin with ``-``: argparse would take it for an option."""
    shielded: list[str] = []
    searching = _command(argv) == "search"
    late: list[str] = []
    seen_command = False
    words = iter(argv)
    for word in words:
        if word == "--query":
            value = next(words, None)
            shielded.append(word if value is None else f"--query={value}")
        elif searching and seen_command and not _is_search_option(word):
            late += [each for each in (word, *words) if each != "--"] if word == "--" else [word]
        elif word in ("--limit", "--sort", "--base"):
            shielded += [word, *([value] if (value := next(words, None)) is not None else [])]
        else:
            shielded.append(word)
            seen_command = seen_command or word == "search"
    return [*shielded, "--", *late] if searching and late else shielded


def _command(argv: Sequence[str]) -> str | None:
    """The command among the words; the value of an option before it is none."""
    words = iter(argv)
    for word in words:
        if word == "--base":
            next(words, None)
        elif word in COMMANDS:
            return word
    return None


def _is_search_option(word: str) -> bool:
    names = ("--limit", "--sort", "--base", "--json", "--read-only", "--help", "-h")
    return word in names or word.startswith(("--limit=", "--sort=", "--base="))
