"""Files that follow decisions by themselves: only after consent, with undo, after a crash, and never a suggestion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.metadata import read
from photomgr.core.paths import Paths
from photomgr.core.xmp import placing, writer
from photomgr.core.xmp.packet import MetadataError
from photomgr.library import Library
from photomgr.library.writing import Written

from ..core.file_kit import jpeg


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    for number, name in enumerate(("2019/a.jpg", "2019/b.jpg", "2020/c.jpg")):
        jpeg(tmp_path / "photos" / name, seed=number)
    made = Library.open(Paths.under(tmp_path / "base"))
    made.add_root(tmp_path / "photos")
    jobs.run(made.scan())
    jobs.run(made.index())
    yield made
    made.close()


def ids(library: Library) -> list[int]:
    """The photos by their path."""
    found = library.photos([int(each) for each in library.find("").ids])
    return [photo.id for photo in sorted(found, key=lambda each: each.path)]


def kept_up(library: Library, *, again: bool = False) -> Written:
    return jobs.run(library.exchange.upkeep.run(again=again))


def words(tmp_path: Path, name: str) -> set[str]:
    return set(read(tmp_path / "photos" / name).keywords)


def test_nothing_is_written_before_it_was_agreed_to(library: Library, tmp_path: Path) -> None:
    first, *_ = ids(library)
    library.tag("sea", [first])
    upkeep = library.exchange.upkeep
    assert not upkeep.wanted and kept_up(library).files == 0
    library.settings.set("write_metadata", "sidecar")
    assert upkeep.wanted and not upkeep.is_explained
    assert upkeep.waiting() == [] and kept_up(library).files == 0
    reach = upkeep.reach("sidecar")
    assert (reach.folders, reach.rules, reach.decided) == ((tmp_path / "photos",), (), 1)
    upkeep.agree(earlier=False)
    assert kept_up(library).files == 0  # what was decided before stays as it is
    library.rate(4, [first])
    assert kept_up(library).files == 1 and kept_up(library).files == 0
    assert words(tmp_path, "2019/a.jpg") == {"sea"}


def test_undo_is_followed_and_what_was_decided_before_comes_along(library: Library, tmp_path: Path) -> None:
    first, second, third = ids(library)
    library.tag("sea", [first, second])
    library.reject("dog", [third])
    library.settings.set("write_metadata", "file")
    library.exchange.upkeep.agree(earlier=True)
    assert kept_up(library).files == 2
    library.tag("sand", [first])
    library.describe("title", "A day", [first])
    assert kept_up(library).files == 1 and words(tmp_path, "2019/a.jpg") == {"sea", "sand"}
    library.undo()
    library.undo()
    kept_up(library)
    assert words(tmp_path, "2019/a.jpg") == {"sea"} and read(tmp_path / "photos/2019/a.jpg").title is None
    library.redo()
    kept_up(library)
    assert words(tmp_path, "2019/a.jpg") == {"sea", "sand"}
    assert not list((tmp_path / "photos").rglob("*.xmp"))


@pytest.mark.parametrize("mode", ["file", "sidecar"])
def test_the_last_tag_goes_too(library: Library, tmp_path: Path, mode: str) -> None:
    """Where nothing but ours was in a block, it is empty afterwards, which is no loss."""
    first, *_ = ids(library)
    library.settings.set("write_metadata", mode)
    library.exchange.upkeep.agree(earlier=True)
    library.tag("sea", [first])
    assert kept_up(library).files == 1 and words(tmp_path, "2019/a.jpg") == {"sea"}
    library.undo()
    assert kept_up(library).files == 1 and words(tmp_path, "2019/a.jpg") == set()
    assert kept_up(library).files == 0


def test_what_a_file_cannot_lose_is_told(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sidecar cannot take a keyword off a file."""
    first, *_ = ids(library)
    library.settings.set("write_metadata", "file")
    library.exchange.upkeep.agree(earlier=True)
    library.tag("sea", [first])
    kept_up(library)
    monkeypatch.setattr(placing, "check_file", refuse_the_file)
    library.untag("sea", [first])
    done = kept_up(library)
    assert done.problems == [(str(tmp_path / "photos/2019/a.jpg"), "It would be lost.")]
    library.tag("sand", [first])  # that it can add
    assert kept_up(library).failed == 1
    assert not list((tmp_path / "photos").rglob("*.xmp"))


def refuse_the_file(*_: object) -> None:
    raise MetadataError("It would be lost.")


def test_folders_have_rules_of_their_own(library: Library, tmp_path: Path) -> None:
    exchange = library.exchange
    exchange.set_folder_mode(tmp_path / "photos" / "2020", "sidecar")
    assert exchange.upkeep.wanted
    reach = exchange.upkeep.reach("sidecar", tmp_path / "photos" / "2020")
    assert reach.folders == (tmp_path / "photos" / "2020",)
    by_rule = exchange.upkeep.reach("never")  # as it is told when only folders have rules
    assert (by_rule.folders, by_rule.rules) == ((), ((tmp_path / "photos" / "2020", "sidecar"),))
    exchange.upkeep.agree(earlier=True)
    library.tag("sea", ids(library))
    assert kept_up(library).files == 1
    assert [each.name for each in (tmp_path / "photos").rglob("*.xmp")] == ["c.jpg.xmp"]
    library.settings.set("write_metadata", "sidecar")
    exchange.set_folder_mode(tmp_path / "photos" / "2020", "never")
    exchange.upkeep.agree(earlier=True)
    assert exchange.upkeep.reach("sidecar").rules == ((tmp_path / "photos" / "2020", "never"),)
    library.tag("sun", ids(library))
    assert kept_up(library).files == 2 and words(tmp_path, "2020/c.jpg") == {"sea"}


def test_failures_can_be_found_and_are_tried_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = ids(library)
    library.settings.set("write_metadata", "sidecar")
    library.exchange.upkeep.agree(earlier=True)
    library.tag("sea", [first, second])
    real = writer.prepare

    def refuse(path: bytes, *args: object, **options: object) -> bytes:
        if path.endswith(b"a.jpg.xmp"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(writer, "prepare", refuse)
    done = kept_up(library)
    assert (done.files, done.failed) == (1, 1)
    assert [int(each) for each in library.find("is:unwritten").ids] == [first]
    assert library.why("is:unwritten", first) == ["not written: You are not permitted to write there."]
    assert kept_up(library).failed == 0  # not every few seconds again
    monkeypatch.undo()
    assert kept_up(library, again=True).files == 1
    assert len(library.find("is:unwritten").ids) == 0


def test_what_another_program_took_off_leaves_our_other_files_by_itself(
    library: Library, tmp_path: Path
) -> None:
    from .exchange_kit import another_program

    first, *_ = ids(library)
    library.settings.set("write_metadata", "file")
    library.exchange.upkeep.agree(earlier=True)
    library.tag("sea", [first])
    library.tag("sand", [first])
    kept_up(library)
    another_program(tmp_path / "photos/2019/a.jpg", remove=["sea"])
    jobs.run(library.scan())
    assert kept_up(library).files == 1
    assert words(tmp_path, "2019/a.jpg") == {"sand"}


_KILLED = """
import os, signal, sys
from pathlib import Path
from photomgr.core.paths import Paths
from photomgr.library import Library
library = Library.open(Paths.under(Path(sys.argv[1])))
library.tag("killed", [int(each) for each in sys.argv[2:]])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_between_decision_and_write(library: Library, tmp_path: Path) -> None:
    """The next start writes what was decided."""
    numbers = ids(library)
    library.settings.set("write_metadata", "sidecar")
    library.exchange.upkeep.agree(earlier=True)
    kept_up(library)
    library.close()
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "base"), *map(str, numbers)]
    killed = subprocess.run(command, check=False, timeout=60, env=os.environ | {"PYTHONPATH": os.getcwd()})
    assert killed.returncode == -signal.SIGKILL
    assert words(tmp_path, "2019/a.jpg") == set()
    again = Library.open(Paths.under(tmp_path / "base"))
    try:
        assert kept_up(again).files == 3
        assert words(tmp_path, "2019/a.jpg") == {"killed"}
    finally:
        again.close()
