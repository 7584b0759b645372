"""xmp on the command line: look, write, restore, settle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.photos import plain

from ..library.exchange_kit import another_program
from .test_cli import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "base")


def test_look_write_and_restore(program: Program, tmp_path: Path) -> None:
    path = plain(tmp_path / "photos" / "a.png")
    program.run("index", path.parent)
    program.run("tag", "blue sky", path)
    before = path.read_bytes()
    program.run("xmp", "write", code=2)  # off until it is allowed
    (shown,) = program.lines("xmp", "write", "--embed", "--dry-run")
    assert shown["path"] == str(path) and shown["fields"][0] == {
        "field": "dc:subject", "before": [], "after": ["blue sky"],
    }  # fmt: skip
    assert path.read_bytes() == before
    program.run("xmp", "write", "sky", "--embed")
    assert b"blue sky" in path.read_bytes()
    program.run("xmp", "restore", path)
    assert path.read_bytes() == before


def test_rules_of_folders_and_conflicts(program: Program, tmp_path: Path) -> None:
    path = plain(tmp_path / "photos" / "a.png")
    program.run("index", path.parent)
    program.run("rate", "3", path)
    program.run("xmp", "folder", path.parent, "sidecar")
    assert program.lines("xmp", "folder") == [{"folder": str(path.parent), "mode": "sidecar"}]
    program.run("xmp", "write")
    program.run("rate", "4", path)
    another_program(Path(f"{path}.xmp"), rating=5)
    (read,) = program.lines("xmp", "read")
    assert read["conflicts"] == 1
    (conflict,) = program.lines("xmp", "conflicts")
    assert (conflict["ours"], conflict["theirs"], conflict["path"]) == (["4"], ["5"], str(path))
    program.run("xmp", "conflicts", "--keep", "theirs")
    assert program.lines("show", path)[0]["rating"] == 5
    assert not program.lines("xmp", "conflicts")
