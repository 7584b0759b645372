"""tags, runs, report and reject's two ways, by the words of the command line, on a real annotated library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from photomgr.cli.main import main
from tests.photos import plain

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reds and blues, annotated once."""
    base = tmp_path_factory.mktemp("keeping")
    for n in range(8):
        plain(base / "photos" / f"red{n}.png", (190 + 5 * n, 10 + 2 * n, 20))
        plain(base / "photos" / f"blue{n}.png", (15, 10 + 3 * n, 180 + 6 * n))
    assert main(["index", "--base", str(base / "base"), str(base / "photos")]) == 0
    assert main(["annotate", "--base", str(base / "base")]) == 0
    return base


@pytest.fixture
def photos(original: Path) -> Path:
    return original / "photos"


@pytest.fixture
def run(original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command on a copy of the library and gives its JSON lines; ``code`` is the exit code expected."""
    shutil.copytree(original / "base", tmp_path / "base")

    def call(command: str, *words: object, code: int = 0) -> list[dict[str, Any]]:
        capsys.readouterr()
        assert main([command, "--base", str(tmp_path / "base"), "--json", *map(str, words)]) == code
        said = capsys.readouterr()
        if code:
            assert said.err.rstrip().endswith(".")
        return [json.loads(line) for line in said.out.splitlines()]

    return call


def _tag(run: Run, name: str) -> dict[str, Any]:
    return next(each for each in run("tags") if each["tag"] == name)


def test_tags_are_listed_renamed_merged_and_ordered(run: Run, photos: Path) -> None:
    run("tag", "Ozean", *(photos / f"blue{n}.png" for n in range(4)))
    run("tag", "ocean blue", *(photos / f"blue{n}.png" for n in range(3)))
    listed = _tag(run, "Ozean")
    assert set(listed) >= {"tag", "count", "suggested", "parents", "aliases", "sure", "ask"}
    assert listed["count"] == 4
    (preview,) = run("tags", "merge", "ocean blue", "ozean", "--dry-run")
    assert preview == {"photos": 0, "both": 3, "odds": 0, "all": 3, "kept": [], "lost": []}
    assert _tag(run, "ocean blue")["count"] == 3  # nothing was done
    run("tags", "merge", "ocean blue", "ozean")
    assert _tag(run, "Ozean")["aliases"] == ["ocean blue"]
    run("undo")
    assert _tag(run, "ocean blue")["count"] == 3
    run("tags", "rename", "Ozean", "ocean blue", code=2)
    run("tags", "rename", "Ozean", "the big sea")
    run("tags", "alias", "the big sea", "große See", "--language", "de")
    run("tags", "parent", "the big sea", "water")
    listed = _tag(run, "the big sea")
    assert (listed["parents"], sorted(listed["aliases"])) == (["water"], ["Ozean", "große See"])
    assert len(run("search", "tag:water")) == 4 == len(run("search", 'tag:"grosse see"'))
    assert len(run("tags", "suggest-merges")) == 0
    run("tags", "check")


def test_checking_says_how_far_it_looked(
    run: Run, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        assert main(["tags", "check", "--base", str(tmp_path / "base")]) == 0
        return capsys.readouterr().err

    assert said() == "No photo has tags that could be checked.\n"
    run("tag", "my wall", *(photos / f"red{n}.png" for n in range(6)))
    assert said() == "Looked at 1 tag on 6 photos; tags on fewer than 5 photos are left out.\n"
    plain(tmp_path / "more" / "new.png", (10, 240, 20))
    run("index", tmp_path / "more")
    run("tag", "my wall", tmp_path / "more" / "new.png")
    assert said().splitlines()[1:] == [
        "1 photo with tags was not looked at by the network yet. Run: photomgr annotate"
    ]
    run("untag", "my wall", *(photos / f"red{n}.png" for n in range(6)))
    assert said() == "1 photo with tags was not looked at by the network yet. Run: photomgr annotate\n"


def test_undoing_a_merge_brings_the_suggestions_back_at_once(run: Run, photos: Path) -> None:
    def suggested() -> dict[str, int]:
        return {each["tag"]: each["suggested"] for each in run("tags") if each["suggested"]}

    before = suggested()
    name = next(iter(before))
    run("tags", "merge", name, "a word of my own")
    assert suggested()["a word of my own"] >= before[name]
    run("undo")
    assert suggested() == before


def test_bands_sets_and_ignoring(run: Run, photos: Path) -> None:
    run("tags", "bands", "sky", "0.9", "0.3")
    assert (_tag(run, "sky")["sure"], _tag(run, "sky")["ask"], _tag(run, "sky")["by_hand"]) == (
        0.9,
        0.3,
        True,
    )
    run("tags", "bands", "sky", "0.2", "0.3", code=2)
    run("tags", "bands", "sky", "high", "low", code=2)
    run("tags", "bands", "sky")
    run("tags", "set", "1", "trip", "Rome", "2024")
    assert run("tags", "sets") == [{"slot": 1, "name": "trip", "tags": ["Rome", "2024"]}]
    run("tags", "set", "x", "trip", "Rome", code=2)
    run("tags", "unalias", "\udcff", code=2)
    run("tags", "alias", "sky", "ciel", "--language", "\udcff", code=2)
    run("tags", "--language", "fr", "alias", "sky", "ciel")  # an option may stand among the words
    run("tags", "alias", "--language", "de", "sky", "Himmel")
    assert sorted(_tag(run, "sky")["aliases"]) == ["Himmel", "ciel"]
    run("searches", "save", "odd", "\udcff")
    assert run("review", "--limit", "9" * 30, "sky") == run("review", "sky")
    run("runs", "revoke", "9" * 30, code=2)
    assert run("tags", "set", "1") == [{"photos": 0, "text": "Tag set 1 is empty"}]
    run("reject", "--everywhere", "sky")
    assert _tag(run, "sky")["ignored"] and run("review", "sky") == []
    run("tags", "ignore", "sky", "--off")
    run("reject", "--everywhere", "--lookalikes", "sky", photos / "red0.png", code=2)
    run("tags", "rename", "sky", code=2)
    run("tags", "merge", "no such tag", "sky", code=2)


def test_a_merge_takes_rules_along_or_says_that_they_end(run: Run, photos: Path) -> None:
    run("tag", "doggo", photos / "red0.png")
    run("runs", "on", "doggo")
    run("tags", "bands", "doggo", "0.9", "0.3")
    run("tags", "rename", "doggo", "pup")
    listed = _tag(run, "pup")
    assert (listed["automatic"], listed["sure"], listed["ask"]) == (True, 0.9, 0.3)
    (preview,) = run("tags", "merge", "pup", "my dog", "--dry-run")
    assert (preview["kept"], preview["lost"]) == (["automatic", "bands"], [])
    run("tags", "merge", "pup", "my dog")
    listed = _tag(run, "my dog")
    assert (listed["automatic"], listed["sure"], listed["ask"]) == (True, 0.9, 0.3)
    run("tag", "my cat", photos / "red1.png")
    (preview,) = run("tags", "merge", "my dog", "my cat", "--dry-run")
    assert (preview["kept"], preview["lost"]) == ([], ["automatic", "bands"])
    run("tags", "merge", "my dog", "my cat")
    listed = _tag(run, "my cat")
    assert (listed["automatic"], listed["by_hand"]) == (False, False)
    run("undo")
    assert _tag(run, "my dog")["automatic"] and _tag(run, "my dog")["by_hand"]


def test_a_query_that_asks_for_nothing_needs_all(run: Run, photos: Path) -> None:
    for query in ("", "  ", "*", "()"):
        for command in (
            ("accept", "sky"),
            ("reject", "sky"),
            ("tag", "x"),
            ("untag", "x"),
            ("rate", "5"),
            ("trash",),
        ):
            run(*command, "--query", query, code=2)
    assert run("search", "tag:sky") == []
    count = len(run("search", ""))
    assert run("tag", "x", "--query", "", "--all") == [
        {"photos": count, "text": f"{count} photos tagged “x”"}
    ]
    assert len(run("search", "tag:x")) == count


def test_a_run_is_listed_shown_and_revoked(run: Run, photos: Path) -> None:
    reds = [photos / f"red{n}.png" for n in range(8)]
    run("tag", "my wall", *reds[:4])
    run("tags", "bands", "my wall", "0.4", "0.2")
    run("runs", "on", "my wall")
    run("review")  # learns, and decides what is sure
    (listed,) = run("runs")
    assert set(listed) == {"id", "when", "kind", "tag", "photos", "stands", "model", "network"}
    found = run("search", "is:auto")
    assert len(found) == listed["photos"] > 0
    (shown,) = run("show", found[0]["path"])
    tag = next(each for each in shown["tags"] if each["tag"] == "my wall")
    assert (tag["source"], tag["model"]) == ("model", listed["model"]) and 0.4 <= tag["score"] <= 1
    assert shown["history"][-1] | {"when": "", "score": 0} == {
        "when": "", "verdict": "accept", "tag": "my wall", "source": "model", "model": listed["model"], "score": 0
    }  # fmt: skip
    run("runs", "revoke", listed["id"])
    assert run("search", "is:auto") == []
    run("runs", "revoke", "4711", code=2)
    run("runs", "revoke", "x", code=2)
    run("runs", "off", code=2)


def test_the_report_and_the_way_back(run: Run, photos: Path) -> None:
    run("tag", "my wall", *(photos / f"red{n}.png" for n in range(4)))
    run("reject", "my wall", "--query", "name:blue*")
    (report,) = run("report", "--since", "2020-01-01")
    assert (report["accepted"], report["rejected"], report["worse"]) == (4, 8, [])
    assert {"before", "after", "tags", "held_out", "until"} <= set(report)
    run("report", "--since", "nonsense", code=2)
    run("report", "--learn-until", "2020-01-01")
    assert run("report")[0]["until"].startswith(("2019-12-31", "2020-01-01"))
    run("undo")
    assert run("report")[0]["until"] is None


@pytest.mark.parametrize("tag", ["x" * 501, "\udcff", "\x07"])
def test_tags_that_cannot_be_kept_are_refused(run: Run, photos: Path, tag: str) -> None:
    for words in (
        ("tag", tag, photos / "red0.png"),
        ("reject", "--lookalikes", tag, photos / "red0.png"),
        ("reject", "--everywhere", tag),
        ("runs", "on", tag),
        ("tags", "rename", tag, "x"),
        ("tags", "parent", "sky", tag),
    ):
        run(*words, code=2)


@pytest.mark.parametrize("tag", ["OR", "tag:x", "שלום", "🏖️", "<i>x</i>", 'a "b" c'])
def test_odd_tags_are_kept_and_found(run: Run, photos: Path, tag: str) -> None:
    run("tag", tag, photos / "red0.png")
    quoted = '"' + tag.replace('"', '\\"') + '"'
    assert [each["tags"] for each in run("search", f"tag:{quoted}")] == [[tag]]
    run("tags", "rename", tag, "plain")
    assert [each["tags"] for each in run("search", f"tag:{quoted}")] == [["plain"]]


def test_look_alikes_are_refused_in_one_step(run: Run, photos: Path) -> None:
    run("reject", "--lookalikes", "my wall", photos / "red3.png")
    refused = run("search", 'rejected:"my wall"')
    assert 1 < len(refused) <= 8 and all("red" in each["path"] for each in refused)
    run("undo")
    assert run("search", 'rejected:"my wall"') == []


def test_why_tells_a_refused_look_alike_as_one(run: Run, photos: Path) -> None:
    first, other, *_ = sorted(photos.glob("*.png"))
    run("reject", "my wall", str(other))
    (said,) = run("why", "my wall", str(first), "--json")
    assert (said["near"], said["reasons"]) == ([], {})
    assert [Path(each["path"]) for each in said["against"]] == [other]


def test_why_names_witnesses_look_alikes_and_a_place(run: Run, photos: Path) -> None:
    first, other, *_ = sorted(photos.glob("*.png"))
    run("tag", "my wall", str(other))
    (said,) = run("why", "my wall", str(first), "--json")
    assert said["tag"] == "my wall" and said["model"] and set(said["reasons"]) <= {"looks alike"}
    assert [Path(each["path"]) for each in said["near"]] == [other] * bool(said["reasons"])
    (known,) = run("why", "sky", str(first), "--json")
    assert "network" in known["reasons"] and all(0 <= score <= 1 for score in known["reasons"].values())
    (said_otherwise,) = run("why", "Himmel", str(first), "--json")
    assert said_otherwise == known
    run("reject", "sky", str(first))
    assert [run("why", tag, str(first), "--json")[0]["decided"] for tag in ("sky", "sea")] == [
        "rejected",
        None,
    ]
    assert run("why", "my wall", str(other), "--json")[0]["decided"] == "accepted"
