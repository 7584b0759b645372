"""Writes the reference pages from the program itself: python -m tests.reference

A test compares them, so that a page cannot drift from what it describes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from photomgr.annotate.classes import imagenet_file
from photomgr.cli import parser
from photomgr.core.errors import ModelError
from photomgr.core.query import SYNTAX
from photomgr.core.settings import SETTINGS
from photomgr.train.lexicon import Lexicon
from photomgr.train.sets import data_dir

FOLDER = Path(__file__).parents[1] / "resources" / "reference"


def pages() -> dict[str, str]:
    """File name -> the page as it must be."""
    return {
        "search.md": _search(),
        "commands.md": _commands(),
        "settings.md": _settings(),
        "keys.md": _keys(),
    }


def _search() -> str:
    lead = (
        "One box, and `photomgr search QUERY`. A space means *and*; upper and lower case and accents do not\n"
        "matter. Photos that are gone are left out unless asked for."
    )
    return _page("Search", lead, ("type", "and find"), ((f"`{example}`", text) for example, text in SYNTAX))


def _commands() -> str:
    program = parser.build()
    commands = next(action for action in program._actions if isinstance(action, argparse._SubParsersAction))
    helps = {choice.dest: choice.help for choice in commands._choices_actions}
    parts = [
        "# Commands\n",
        "Every command takes `--base DIR` (keep everything under DIR) and `--read-only` (change nothing). With",
        "`--json`, stdout carries one JSON object a line and nothing else. Where FILE... stands, `--query Q` takes",
        f"the photos that Q finds.\n\n{program.epilog}\n".replace("exit codes", "Exit codes"),
    ]
    for name, command in commands.choices.items():
        usage = " ".join(command.format_usage().removeprefix("usage: ").split())
        for common in ("[-h] ", "[--base DIR] ", "[--read-only] "):
            usage = usage.replace(common, "")
        said = helps[name] or ""  # names keep their capitals
        parts.append(f"## {name}\n\n{said[:1].upper()}{said[1:]}.\n\n```\n{usage}\n```\n")
    return "\n".join(parts)


def _settings() -> str:
    lead = "In the window's menu under *Settings*, kept as JSON in the configuration folder."
    rows = (
        (f"`{one.name}`", one.help, f"`{one.default}`", _range(one.low, one.high, one.choices))
        for one in SETTINGS.values()
    )
    return _page("Settings", lead, ("setting", "what it does", "default", "range"), rows)


def _range(low: float | None, high: float | None, choices: Iterable[str]) -> str:
    return f"{low:g} to {high:g}" if low is not None and high is not None else ", ".join(choices)


def _keys() -> str:
    from PySide6.QtWidgets import QApplication

    from photomgr.gui import actions

    application = QApplication.instance() or QApplication([])
    rows = [
        (spec.group, " ".join(f"`{key}`" for key in spec.keys), spec.text.removesuffix("…"))
        for spec in actions.specs()
        if spec.keys
    ]
    rows += [(group, f"`{keys}`", text) for group, keys, text in actions.elsewhere()]
    del application
    return _page("Keys", "In the window, `?` shows them.", ("where", "key", "what"), rows)


def _imagenet() -> None:
    """What ImageNet's classes mean, for those who train without the hierarchy of WordNet."""
    try:
        data = data_dir()
        text = Lexicon.load(data, data.parent / "models").classes_text()
    except ModelError:
        return  # the hierarchy is not at hand; a test tells where it is and the file has drifted
    imagenet_file().write_text(text, "utf-8")


def _page(title: str, lead: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"# {title}", "", lead, "", _row(head), _row(("---",) * len(head))]
    return "\n".join([*lines, *(_row(row) for row in rows), ""])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
    _imagenet()
