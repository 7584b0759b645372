"""The command line as a contract, run in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photomgr.__main__ import main
from tests.photos import holiday, plain, sample


class Program:
    """photomgr with a base folder of its own."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def run(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command, *rest = arguments
        done = subprocess.run(
            [sys.executable, "-m", "photomgr", command, "--base", self.base, *rest],
            capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONWARNINGS": "error::ResourceWarning"},
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def lines(self, *arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
        command, *rest = arguments
        done = self.run(command, "--json", *rest, code=code)
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path]:
    """An indexed and annotated library that tests only look at."""
    base = tmp_path_factory.mktemp("shelf")
    photos = holiday(base / "photos")
    program = Program(base / "base")
    program.run("index", photos, code=1)
    program.run("annotate")
    return program, photos


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "base")


def names(found: list[dict[str, Any]]) -> list[str]:
    return [Path(each["path"]).name for each in found]


def test_index_reports_what_it_found(program: Program, tmp_path: Path) -> None:
    photos = holiday(tmp_path / "photos")
    (first,) = program.lines("index", photos, code=1)
    assert {key: first[key] for key in ("new", "changed", "moved", "gone", "unreadable")} == {
        "new": 7, "changed": 0, "moved": 0, "gone": 0, "unreadable": 1,
    }  # fmt: skip
    (photos / "blue.png").rename(photos / "2019" / "sky.png")
    (photos / "2021 Cape" / "red.png").unlink()
    (photos / "broken.jpg").unlink()
    plain(photos / "new.png", (1, 2, 3))
    (second,) = program.lines("index", photos)
    assert {key: second[key] for key in ("new", "changed", "moved", "gone")} == {
        "new": 1, "changed": 0, "moved": 1, "gone": 2,
    }  # fmt: skip


def test_annotate_says_what_it_did(shelf: tuple[Program, Path]) -> None:
    (done,) = shelf[0].lines("annotate", "--again", "--limit", "2")
    assert (done["annotated"], done["failed"], done["remaining"]) == (2, 0, 0)
    assert done["provider"] == "CPUExecutionProvider"


def test_from_an_empty_folder_to_a_found_cat(shelf: tuple[Program, Path]) -> None:
    program, _ = shelf
    (cat,) = program.lines("search", "maybe:cat")
    assert Path(cat["path"]).name == "cat.jpg"
    assert cat["tags"] == []
    assert cat["taken"].startswith("2019-06-15T12:30:00")
    assert all(0 <= each["score"] <= 1 for each in cat["suggestions"])
    assert "cat" in [each["tag"] for each in cat["suggestions"]]
    assert cat["why"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cape", {"IMG_0001.jpg", "IMG_0002.jpg", "red.png"}),
        ("canon OR nikon", {"cat.jpg", "breakfast.jpg", "IMG_0001.jpg", "IMG_0002.jpg"}),
        ("-canon 2021", set()),
        ("2019-06", {"cat.jpg", "breakfast.jpg"}),
        ("2021", {"IMG_0001.jpg", "IMG_0002.jpg", "red.png"}),
        ("IMG_*", {"IMG_0001.jpg", "IMG_0002.jpg"}),
        ("is:unreadable", {"broken.jpg"}),
        ('"2021 cape" -(img)', {"red.png"}),
    ],
)
def test_queries(shelf: tuple[Program, Path], query: str, expected: set[str]) -> None:
    found = set(names(shelf[0].lines("search", query)))
    if query == "-canon 2021":
        assert found <= {"red.png"}
    elif query == "2021":
        assert expected >= found >= {"IMG_0001.jpg", "IMG_0002.jpg"}
    else:
        assert found == expected


def test_a_query_may_begin_with_a_minus(shelf: tuple[Program, Path]) -> None:
    program, _ = shelf
    for arguments in (["-canon"], ["--", "-canon"], ["--limit", "50", "-canon"], ["-canon", "--limit=50"]):
        found = set(names(program.lines("search", *arguments)))
        assert found
        assert not found & {"IMG_0001.jpg", "IMG_0002.jpg"}


def test_search_limits_and_sorts(shelf: tuple[Program, Path]) -> None:
    program, _ = shelf
    oldest = names(program.lines("search", "canon OR nikon", "--sort", "oldest"))
    assert oldest == ["cat.jpg", "breakfast.jpg", "IMG_0001.jpg", "IMG_0002.jpg"]
    assert names(program.lines("search", "canon OR nikon", "--limit", "1")) == ["IMG_0002.jpg"]


def test_nothing_found_says_why(shelf: tuple[Program, Path]) -> None:
    done = shelf[0].run("search", "qwxzv zzkrj")  # words that rank by looks would find something
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "This finds something: folder:hom*" in shelf[0].run("search", "folder:hom").stderr


def test_decisions_by_file_and_by_query(program: Program, tmp_path: Path) -> None:
    photos = holiday(tmp_path / "photos")
    program.run("index", photos, code=1)
    program.run("annotate")
    cat = photos / "2019" / "Home" / "cat.jpg"
    program.run("accept", "cat", cat)
    program.run("reject", "dog", cat)
    program.run("tag", "Chelsea", cat, photos / "blue.png")
    program.run("tag", "--query", "-canon name:cat", "mine")
    program.run("rate", "5", cat)
    program.run("label", "red", cat)
    (shown,) = program.lines("show", cat)
    assert {each["tag"] for each in shown["tags"]} == {"cat", "Chelsea", "mine"}
    assert all(each["source"] == "person" and each["when"] for each in shown["tags"])
    assert shown["rejected"] == ["dog"]
    assert (shown["rating"], shown["label"], shown["problem"]) == (5, "red", None)
    assert shown["metadata"]["camera"] == "Nikon D50"
    assert [each["verdict"] for each in shown["history"]] == [
        "accept",
        "reject",
        "tag",
        "tag",
        "rate",
        "label",
    ]
    assert "cat" not in [each["tag"] for each in shown["suggestions"]]
    assert names(program.lines("search", "tag:Chelsea")) != []
    program.run("annotate", "--again")
    assert program.lines("show", cat)[0]["rejected"] == ["dog"]


def test_show_tells_how_a_photo_was_taken_as_photographers_write_it(program: Program, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x829A: 0.004, 0x829D: 2.8, 0x920A: 35.0, 0x9209: 0, 0x8827: 400})
    photo = tmp_path / "photos" / "room.jpg"
    photo.parent.mkdir()
    Image.new("RGB", (64, 48), (90, 120, 30)).save(photo, exif=exif)
    program.run("index", photo.parent)
    lines = program.run("show", photo).stdout.splitlines()
    told = {key: " ".join(value) for key, *value in map(str.split, lines[2:])}
    wanted = ("exposure", "aperture", "focal", "iso", "flash")
    assert [told[key] for key in wanted] == ["1/250 s", "f/2.8", "35 mm", "400", "did not fire"]
    assert "title" not in told
    (shown,) = program.lines("show", photo)
    assert (shown["metadata"]["exposure"], shown["metadata"]["flash"]) == (0.004, False)


def test_undo_and_redo_across_runs(program: Program, tmp_path: Path) -> None:
    blue = plain(tmp_path / "photos" / "blue.png")
    program.run("index", blue.parent)
    program.run("tag", "one", blue)
    program.run("tag", "two", blue)
    program.run("untag", "one", blue)
    tags = lambda: {each["tag"] for each in program.lines("show", blue)[0]["tags"]}  # noqa: E731
    assert tags() == {"two"}
    program.run("undo")
    assert tags() == {"one", "two"}
    program.run("undo")
    assert tags() == {"one"}
    program.run("redo")
    program.run("redo")
    assert tags() == {"two"}
    assert "nothing to redo" in program.run("redo").stderr.lower()


def test_suggest_needs_no_library(program: Program, tmp_path: Path) -> None:
    cat = sample("chelsea", tmp_path / "cat.jpg")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"nothing")
    (line,) = program.lines("suggest", cat, broken, tmp_path / "nowhere.jpg", code=1)
    assert line["path"] == str(cat)
    assert "cat" in [each["tag"] for each in line["tags"]]
    scores = [each["score"] for each in line["tags"]]
    assert scores == sorted(scores, reverse=True)
    assert set(line["tags"][0]) == {"tag", "score", "reasons", "box"}
    for box in filter(None, (each["box"] for each in line["tags"])):
        assert len(box) == 4
        assert all(0 <= side <= 1 for side in box)
    assert len(program.lines("suggest", "--top", "3", cat)[0]["tags"]) == 3
    scores = [each["score"] for each in program.lines("suggest", "--all", cat)[0]["tags"]]
    some = [each["score"] for each in program.lines("suggest", "--mass", "0.8", cat)[0]["tags"]]
    assert some == scores[: len(some)] and sum(some) >= 0.8 * sum(scores) - 0.01 > sum(some[:-1]) - 0.01
    program.run("suggest", "--mass", "2", cat, code=2)
    assert len(program.lines("suggest", "--all", cat)[0]["tags"]) >= 250
    assert not program.base.exists()


def test_a_guest_changes_nothing(shelf: tuple[Program, Path]) -> None:
    program, photos = shelf
    before = program.lines("show", photos / "blue.png")
    for arguments in (
        ("tag", "x", photos / "blue.png"), ("rate", "3", photos / "blue.png"), ("undo",),
        ("index", photos), ("annotate",), ("rebuild",),
    ):  # fmt: skip
        done = program.run(*arguments, "--read-only", code=2)
        assert "read-only" in done.stderr
    assert program.lines("show", photos / "blue.png", "--read-only") == before
    assert program.lines("search", "blue", "--read-only")


def test_a_busy_catalog_is_3_and_may_be_looked_at(shelf: tuple[Program, Path]) -> None:
    from photomgr.core.paths import Paths
    from photomgr.library import Library

    program, photos = shelf
    holder = Library.open(Paths.under(program.base))
    try:
        assert "Another photomgr" in program.run("tag", "x", photos / "blue.png", code=3).stderr
        assert program.lines("search", "blue")
    finally:
        holder.close()


def test_a_broken_catalog_is_4(program: Program, tmp_path: Path) -> None:
    (tmp_path / "base" / "data").mkdir(parents=True)
    (tmp_path / "base" / "data" / "catalog.db").write_bytes(b"garbage" * 500)
    assert "restore" in program.run("search", "x", code=4).stderr
    assert "restore" in program.run("index", tmp_path, code=4).stderr


@pytest.mark.parametrize(
    "arguments",
    [("rate", "7", "x.jpg"), ("label", "pink", "x.jpg"), ("tag", "x"), ("show",), ("index",),
     ("search", "--limit", "0"),
     ("index", "/does/not/exist"), ("suggest",)],
)  # fmt: skip
def test_wrong_usage_is_2(program: Program, arguments: tuple[str, ...]) -> None:
    assert program.run(*arguments, code=2).stderr


@pytest.mark.parametrize("command", [("search",), ("tag", "x", "--query")])
def test_a_query_that_cannot_be_understood_is_2(
    shelf: tuple[Program, Path], command: tuple[str, ...]
) -> None:
    done = shelf[0].run(*command, "cape rating:9x", code=2)
    assert "rating: takes stars from 0 to 5" in done.stderr
    assert done.stdout == ""


def test_a_word_that_is_no_command_and_no_folder_is_2(program: Program) -> None:
    assert "neither a folder nor a command" in program.run("serach", "dog", code=2).stderr


def test_without_a_screen_it_is_said_instead_of_a_core_dump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SystemExit) as ended:
        main(["--base", str(tmp_path)])
    assert ended.value.code == 2
    assert "no screen to open a window on" in capsys.readouterr().err


def test_without_a_library_only_index_makes_one(program: Program, tmp_path: Path) -> None:
    for arguments in (
        ("search", "x"),
        ("undo",),
        ("accept", "x", tmp_path / "y.jpg"),
        ("doctor",),
        ("annotate",),
    ):
        assert "photomgr index" in program.run(*arguments, code=4).stderr
    assert not program.base.exists()


def test_a_base_that_cannot_be_made_is_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert Program(tmp_path / "file" / "base").run("index", tmp_path, code=4).stderr


def test_a_folder_that_is_not_there_is_2_also_below_a_known_one(shelf: tuple[Program, Path]) -> None:
    program, photos = shelf
    program.run("index", photos / "nowhere", code=2)
    program.run("index", photos / "blue.png", code=2)


def test_a_backup_that_fails_holds_nothing_up(program: Program, tmp_path: Path) -> None:
    blue = plain(tmp_path / "photos" / "blue.png")
    program.run("index", blue.parent)
    (program.base / "data" / "backups").write_text("in the way")
    assert "backup" in program.run("tag", "x", blue).stderr
    assert [each["tag"] for each in program.lines("show", blue)[0]["tags"]] == ["x"]


def test_suggest_takes_a_query_too(shelf: tuple[Program, Path]) -> None:
    (line,) = shelf[0].lines("suggest", "--query", "-canon name:cat")
    assert "cat" in [each["tag"] for each in line["tags"]]


def test_some_files_failed_is_1(shelf: tuple[Program, Path], tmp_path: Path) -> None:
    done = shelf[0].run("rate", "0", tmp_path / "stranger.jpg", shelf[1] / "blue.png", code=1)
    assert "stranger.jpg" in done.stderr


def test_backup_damage_restore(program: Program, tmp_path: Path) -> None:
    blue = plain(tmp_path / "photos" / "blue.png")
    program.run("index", blue.parent)
    program.run("tag", "kept", blue)
    (made,) = program.lines("backup", tmp_path / "backups")
    assert Path(made["backup"]).is_file()
    program.run("tag", "later", blue)
    catalog = program.base / "data" / "catalog.db"
    for side in ("-wal", "-shm"):
        Path(f"{catalog}{side}").unlink(missing_ok=True)
    catalog.write_bytes(b"\0" * 5000)
    program.run("search", "x", code=4)
    program.run("restore", tmp_path / "backups")
    assert {each["tag"] for each in program.lines("show", blue)[0]["tags"]} == {"kept"}
    assert names(program.lines("search", "tag:kept")) == ["blue.png"]
    assert program.lines("search", "tag:later") == []
    worse = tmp_path / "worse.db"
    worse.write_bytes(Path(made["backup"]).read_bytes()[:6000])
    program.run("restore", worse, code=4)
    assert {each["tag"] for each in program.lines("show", blue)[0]["tags"]} == {"kept"}


def test_a_verdict_by_another_name_is_one_on_the_tag_that_waits(program: Program, tmp_path: Path) -> None:
    cat = sample("chelsea", tmp_path / "photos" / "cat.jpg")
    program.run("index", cat.parent)
    program.run("annotate")
    said = program.run("accept", "Katze", cat).stderr
    assert "“Katze” is called “cat” here." in said
    (found,) = program.lines("search", "tag:cat")
    assert found["tags"] == ["cat"]
    assert "called" not in program.run("tag", "Katze", cat).stderr  # whoever writes a tag may call it so
    # Now that there is such a tag, it is meant.
    assert "called" not in program.run("reject", "katze", cat).stderr
    (found,) = program.lines("search", "tag:cat")
    assert found["tags"] == ["cat"]
    assert "“Tier” is called “animal” here." in program.run("reject", "Tier", "--everywhere").stderr
    assert program.lines("search", "maybe:animal") == []


def test_the_first_command_of_a_day_makes_a_backup(program: Program, tmp_path: Path) -> None:
    blue = plain(tmp_path / "photos" / "blue.png")
    program.run("index", blue.parent)
    program.run("tag", "x", blue)
    assert len(list((program.base / "data" / "backups").glob("catalog-*.db"))) == 1


def test_doctor_and_rebuild(shelf: tuple[Program, Path]) -> None:
    program, _ = shelf
    findings = program.lines("doctor")
    assert {each["level"] for each in findings} <= {"ok", "note"}
    assert any("sound" in each["text"] for each in findings)
    program.run("rebuild")
    assert names(program.lines("search", "maybe:cat")) == ["cat.jpg"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="not posix with free file names")
def test_any_file_name_goes_through(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    name = os.path.join(os.fsencode(folder), b"caf\xe9 \n-x.png")
    os.rename(plain(folder / "a.png"), name)
    program.run("index", folder)
    program.run("tag", "odd", os.fsdecode(name))
    (found,) = program.lines("search", "tag:odd")
    assert os.fsencode(found["path"]) == name


def test_originals_stay_as_they_are(program: Program, tmp_path: Path) -> None:
    photos = holiday(tmp_path / "photos")
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*") if path.is_file()
    }
    program.run("index", photos, code=1)
    program.run("annotate")
    program.run("tag", "x", "--query", "-nothing")
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*") if path.is_file()
    } == before


@pytest.mark.skipif(sys.platform == "win32", reason="not posix")
def test_a_reader_that_goes_away_is_no_error(shelf: tuple[Program, Path]) -> None:
    search = f"{sys.executable} -m photomgr search --base {shelf[0].base} -- -nothing"
    code = f"{search} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_similar_photos_of_the_library_and_from_outside(shelf: tuple[Program, Path], tmp_path: Path) -> None:
    program, photos = shelf
    found = program.lines("similar", photos / "2019" / "Home" / "cat.jpg", "--limit", "2")
    assert len(found) <= 2
    assert all(0 < each["score"] <= 1 and Path(each["path"]).name != "cat.jpg" for each in found)
    (best, *_) = program.lines("similar", sample("chelsea", tmp_path / "x.jpg"))
    assert Path(best["path"]).name == "cat.jpg"
    program.run("similar", tmp_path / "nothing.jpg", code=2)


def test_duplicates_name_the_best(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    sample("chelsea", folder / "cat.jpg")
    (folder / "copy.jpg").write_bytes((folder / "cat.jpg").read_bytes())
    program.run("index", folder)
    (group,) = program.lines("duplicates")
    assert group["kind"] == "exact"
    assert group["best"] == group["photos"][0]["path"]
    assert {Path(each["path"]).name for each in group["photos"]} == {"cat.jpg", "copy.jpg"}
    assert len(program.lines("search", "is:duplicate")) == 2
    refused = program.run("duplicates", "--trash", "exact", code=2).stderr
    assert "--yes" in refused
    assert "1 photo was not looked at yet" in refused
    assert len(list(folder.iterdir())) == 2
    Path(group["best"]).unlink()  # behind our back: the last copy must stay
    stays = program.run("duplicates", "--trash", "exact", "--yes").stderr
    assert "1 photo stays: the best one of its group is not there now" in stays
    assert len(list(folder.iterdir())) == 1


def test_searches_and_albums(program: Program, tmp_path: Path) -> None:
    photos = holiday(tmp_path / "photos")
    program.run("index", photos, code=1)
    program.run("searches", "--sort", "name", "save", "Cape trip", "cape rocket OR name:img*")
    (saved,) = program.lines("searches")
    assert saved == {"name": "Cape trip", "query": "cape rocket OR name:img*", "sort": "name"}
    assert names(program.lines("searches", "run", "cape trip")) == ["IMG_0001.jpg", "IMG_0002.jpg"]
    program.run("searches", "rename", "Cape trip", "Cape")
    program.run("searches", "remove", "nothing", code=2)
    program.run("searches", "save", "Bad", "rating:9x", code=2)
    program.run("albums", "new", "Best", photos / "blue.png")
    program.run("albums", "add", "Best", "--query", "name:img*")
    (album,) = program.lines("albums")
    assert (album["name"], album["count"]) == ("Best", 3)
    program.run("albums", "take", "Best", photos / "blue.png")
    assert set(names(program.lines("albums", "show", "Best"))) == {"IMG_0001.jpg", "IMG_0002.jpg"}
    program.run("undo")
    assert len(program.lines("search", "album:Best")) == 3
    program.run("albums", "remove", "Best")
    program.run("albums", "show", "Best", code=2)
    program.run("albums", "rename", "x", code=2)
