"""xmp on the command line: look, write, restore, settle."""

from __future__ import annotations

from pathlib import Path

import pytest

from photomgr.core.metadata import read
from photomgr.core.paths import Paths
from photomgr.library import Library
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


def test_files_follow_once_that_was_agreed_to(program: Program, tmp_path: Path) -> None:
    path = plain(tmp_path / "photos" / "a.png")
    program.run("index", path.parent)
    program.run("xmp", "folder", path.parent, "sidecar")
    program.run("tag", "sea", path)
    assert not Path(f"{path}.xmp").exists()  # the window has not explained it yet
    library = Library.open(Paths.under(program.base))
    library.exchange.upkeep.agree(earlier=False)
    library.close()
    program.run("tag", "sand", path)
    assert set(read(path).keywords) == {"sea", "sand"}
    program.run("undo")
    assert set(read(path).keywords) == {"sea"}


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


def test_rename_move_and_undo(program: Program, tmp_path: Path) -> None:
    path = plain(tmp_path / "photos" / "a.png")
    program.run("index", path.parent)
    program.run("tag", "sky", path)
    program.run("rename", path, "blue")
    program.run("move", path.parent / "blue.png", path.parent / "2020")
    (shown,) = program.lines("show", path.parent / "2020" / "blue.png")
    assert shown["tags"][0]["tag"] == "sky"
    program.run("undo")
    program.run("undo")
    assert path.exists()
    program.run("move", path, code=2)
    path.parent.rename(tmp_path / "elsewhere")
    (found,) = program.lines("relink", path.parent, tmp_path / "elsewhere")
    assert found["moved"] == 1
    (line,) = program.lines("search", "sky")
    assert line["path"] == str(tmp_path / "elsewhere" / "a.png")


def test_out_and_in_again(program: Program, tmp_path: Path) -> None:
    path = plain(tmp_path / "photos" / "a.png")
    program.run("index", path.parent)
    program.run("tag", "sky", path)
    program.run("rate", "5", path)
    program.run("export", tmp_path / "all.jsonl")
    other = Program(tmp_path / "other")
    other.run("index", path.parent)
    (done,) = other.lines("import", tmp_path / "all.jsonl")
    assert (done["photos"], done["missing"]) == (1, 0)
    assert other.lines("show", path)[0]["rating"] == 5
    program.run("export", tmp_path / "t.csv", "--csv", "--query", "sky")
    program.run("export", tmp_path / "page", "--gallery")
    program.run("export", tmp_path / "k.txt", "--keywords")
    program.run(
        "copy", "sky", tmp_path / "out", "--convert", "jpeg", "--resize", "100", "--name", "{year}-{n}"
    )
    assert [each.suffix for each in (tmp_path / "out").iterdir()] == [".jpg"]
    program.run("import", tmp_path / "out", code=2)
