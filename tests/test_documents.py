"""The README and the reference pages say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photomgr.cli.names import COMMANDS
from photomgr.cli.parser import parse
from photomgr.core.query import parse as parse_query
from tests import reference

_CHECKOUT = Path(__file__).parents[1]
_README = (_CHECKOUT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["search.md", "commands.md", "settings.md", "keys.md"])
def test_reference_pages_are_up_to_date(name: str, qapp: object) -> None:
    page = (reference.FOLDER / name).read_text("utf-8")
    assert page == reference.pages()[name], "run: python -m tests.reference"


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", _README):
        assert (_CHECKOUT / target).exists(), target


def test_commands_of_the_readme_exist() -> None:
    shown = [
        (m[1], m[2])
        for block in re.findall(r"```sh\n(.*?)```", _README, re.S)
        for m in re.finditer(r"^photomgr (\w+) ?([^#\n]*)", block, re.M)
    ]
    assert len(shown) >= 5
    for command, _ in shown:
        assert command in COMMANDS


def test_benchmarks_of_the_readme_exist() -> None:
    for name in re.findall(r"bench_\w+", _README):
        assert (_CHECKOUT / "tests" / "benchmarks" / f"{name}.py").exists(), name


def test_every_command_is_declared_once() -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    for command in COMMANDS:
        assert f"## {command}\n" in (reference.FOLDER / "commands.md").read_text("utf-8")


def test_search_examples_are_understood() -> None:
    from photomgr.core.query import SYNTAX

    for example, _ in SYNTAX:
        parse_query(example)


def test_rooms_stay_small() -> None:
    large = {
        str(path.relative_to(_CHECKOUT)): lines
        for path in (_CHECKOUT / "photomgr").rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 450
    }
    assert large == {}
