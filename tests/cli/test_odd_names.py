"""Odd names of tags are found on the command line by typing them in quotes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photomgr.cli.main import main
from photomgr.core.paths import Paths
from photomgr.core.query import quote
from photomgr.library import Library
from tests import naughty

_EVERY = 9  # each search opens the library anew


def test_odd_names_are_found_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library.open(Paths.under(tmp_path / "base"))
    kept = naughty.tag_all(library, tmp_path / "photos", naughty.names()[::_EVERY])
    library.close()
    for name, photo in kept.items():
        assert main(["search", "--base", str(tmp_path / "base"), "--json", f"tag:{quote(name)}"]) == 0, name
        found = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
        assert photo in found, name
