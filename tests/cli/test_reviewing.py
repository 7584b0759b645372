"""review and simulate in processes of their own, on photos made here."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.test_cli import Program
from tests.photos import plain, sample


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tar of reds, blues and greens with a table of labels, and one member that is no photo."""
    folder = tmp_path_factory.mktemp("labelled")
    rows = ["file,labels"]
    with tarfile.open(folder / "set.tar", "w") as tar:
        for n in range(24):
            for name, colour in (
                ("red", (190 + 2 * n, 10 + n, 20)),
                ("blue", (15, 10 + n, 180 + 3 * n)),
                ("green", (20 + n, 150 + 4 * n, 30)),
            ):
                stream = io.BytesIO()
                Image.new("RGB", (160, 120), colour).save(stream, "PNG")
                _add(tar, f"{name}/{n}.png", stream.getvalue())
                rows.append(f"{name}/{n}.png,colour|{name} wall")
        _add(tar, "broken.png", b"no photo")
        rows.append("broken.png,red wall")
    (folder / "set.csv").write_text("\n".join(rows), "utf-8")
    return folder / "set.tar", folder / "set.csv"


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "base")


def test_review_shows_what_waits_best_first(program: Program, tmp_path: Path) -> None:
    cat = sample("chelsea", tmp_path / "photos" / "cat.jpg")
    cup = sample("coffee", tmp_path / "photos" / "cup.jpg")
    program.run("index", tmp_path / "photos")
    program.run("annotate")
    waiting = program.lines("review")
    assert set(waiting[0]) == {"path", "tag", "score", "band"}
    assert {each["band"] for each in waiting} <= {"sure", "ask"}
    scores = [each["score"] for each in waiting]
    assert scores == sorted(scores, reverse=True)
    assert program.lines("review", "--limit", "2") == waiting[:2]
    assert [each["path"] for each in program.lines("review", "CAT")] == [str(cat)]
    program.run("reject", "cat", cat)
    assert program.lines("review", "cat") == []
    program.run("accept", "cat", cup)
    assert str(cat) not in [each["path"] for each in program.lines("review", "cat")]
    assert "Nothing waits for a decision on “zebra”." in program.run("review", "zebra").stderr
    assert program.lines("review", "nobody ever said this") == []
    assert "There is no tag “nobody ever said this”." in program.run("review", "nobody ever said this").stderr
    assert waiting[0]["path"] in program.run("review").stdout


def test_review_takes_another_name_of_a_tag(program: Program, tmp_path: Path) -> None:
    cat = sample("chelsea", tmp_path / "photos" / "cat.jpg")
    program.run("index", tmp_path / "photos")
    program.run("annotate")
    assert [(each["path"], each["tag"]) for each in program.lines("review", "Katze")] == [(str(cat), "cat")]
    assert "“Katze” is called “cat” here." in program.run("review", "Katze").stderr
    program.run("tags", "rename", "cat", "Mieze")
    assert [each["tag"] for each in program.lines("review", "cat")] == ["Mieze"]


def test_review_learns_an_invented_tag_before_it_shows(program: Program, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    reds = [plain(photos / f"red{n}.png", (200 + 4 * n, 10 + 3 * n, 20)) for n in range(10)]
    for n in range(10):
        plain(photos / f"blue{n}.png", (20, 10 + 3 * n, 200 + 4 * n))
    program.run("index", photos)
    program.run("annotate")
    program.run("tag", "crimson wall", *reds[:5])
    looking = program.lines("review", "--read-only", "crimson wall")
    assert looking == []
    found = [each["path"] for each in program.lines("review", "crimson wall")]
    right = set(found) & {str(each) for each in reds[5:]}
    assert len(right) >= 2
    assert len(right) >= len(found) - 1
    assert [each["path"] for each in program.lines("review", "--read-only", "crimson wall")] == found


def test_review_without_a_library_says_so(program: Program) -> None:
    assert "no library" in program.run("review", code=4).stderr


def test_a_reviewer_is_played_from_labels(program: Program, labelled: tuple[Path, Path]) -> None:
    images, labels = labelled
    given = ("--images", images, "--labels", labels, "--decisions", "20")
    curve = program.lines("simulate", *given, "--tag", "red wall")
    assert set(curve[0]) == {"tag", "known", "decisions", "precision", "found", "unlearnt", "random"}
    assert [each["decisions"] for each in curve] == [5, 7, 10, 15, 20]
    assert not any(each["known"] for each in curve)
    assert curve[0]["precision"] > 0.6  # a third of the photos are red
    found = [each["found"] for each in curve]
    assert found == sorted(found)
    assert found[-1] > 1.3 * curve[-1]["random"]
    again = program.lines("simulate", *given, "--tag", "red wall", "blue wall")
    assert again[: len(curve)] == curve
    assert [each["tag"] for each in again[-5:]] == ["mean"] * 5
    text = program.run("simulate", *given, "--tag", "red wall").stdout
    assert "red wall (invented)" in text


def test_photos_are_looked_at_again_where_what_was_kept_is_cut_short(
    program: Program, labelled: tuple[Path, Path], tmp_path: Path
) -> None:
    given = ("--images", labelled[0], "--labels", labelled[1], "--decisions", "7", "--tag", "red wall")
    curve = program.lines("simulate", *given)
    (kept,) = tmp_path.rglob("simulations/*")
    whole = kept.read_bytes()
    for cut in (whole[: len(whole) // 2], b""):
        kept.write_bytes(cut)
        assert program.lines("simulate", *given) == curve
        assert len(kept.read_bytes()) == len(whole)


def test_a_tar_may_name_photos_otherwise_than_the_table(
    program: Program, labelled: tuple[Path, Path], tmp_path: Path
) -> None:
    with tarfile.open(labelled[0]) as old, tarfile.open(tmp_path / "set.tar", "w") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            _add(new, f"./set/{member.name.replace('/', '')}", stream.read())
    table = labelled[1].read_text("utf-8").replace("d/", "d").replace("e/", "e").replace("n/", "n")
    (tmp_path / "set.csv").write_text(table, "utf-8")
    given = ("--decisions", "7", "--tag", "red wall")
    there = program.lines("simulate", "--images", labelled[0], "--labels", labelled[1], *given)
    same = program.lines(
        "simulate", "--images", tmp_path / "set.tar", "--labels", tmp_path / "set.csv", *given
    )
    assert same == there


def test_a_whole_session_costs_less_with_learning(program: Program, labelled: tuple[Path, Path]) -> None:
    images, labels = labelled
    given = (
        "--images",
        images,
        "--labels",
        labels,
        "--tag",
        "red wall",
        "blue wall",
        "green wall",
        "--session",
    )
    (cost,) = program.lines("simulate", *given)
    assert (cost["photos"], cost["tags"], cost["pairs"], cost["known"]) == (72, 3, 72, 0)
    assert 0 < cost["strokes"] < cost["decisions"] < cost["plain_decisions"] <= 3
    assert cost["strokes"] < cost["plain_strokes"]
    assert 0 < cost["asked"] <= cost["decisions"] and 0.5 < cost["sure_right"] <= 1
    assert "without learning" in program.run("simulate", *given).stdout
    program.run("simulate", *given, "--noise", "0.05", code=2)


def test_simulate_refuses_what_cannot_be_played(
    program: Program, labelled: tuple[Path, Path], tmp_path: Path
) -> None:
    images, labels = labelled
    few = program.run("simulate", "--images", images, "--labels", labels, "--tag", "nothing", code=2)
    assert "too few" in few.stderr
    gone = program.run(
        "simulate", "--images", tmp_path / "no.tar", "--labels", labels, "--tag", "red wall", code=2
    )
    assert "cannot be read" in gone.stderr
    # What cannot be played is said before the network looks at a thousand photos.
    unread = program.run(
        "simulate", "--images", tmp_path / "no.tar", "--labels", labels, "--tag", "x", code=2
    )
    assert "Only 0 photos are labelled x" in unread.stderr
    other = program.run("simulate", "--images", labels, "--labels", labels, "--tag", "red wall", code=2)
    assert "cannot be read" in other.stderr
    for option, value in (("--noise", "2"), ("--seed", "-1"), ("--seed", "x")):
        refused = program.run(
            "simulate", "--images", images, "--labels", labels, "--tag", "x", option, value, code=2
        )
        assert f"argument {option}: must be" in refused.stderr


def test_review_in_another_order_and_groups(program: Program, tmp_path: Path) -> None:
    for n, name in enumerate(("chelsea", "coffee", "rocket")):
        sample(name, tmp_path / "photos" / f"{n}.jpg")
    program.run("index", tmp_path / "photos")
    program.run("annotate")
    best = program.lines("review")
    for order in ("teaching", "date", "folder"):
        waiting = program.lines("review", "--order", order)
        assert sorted(map(str, waiting)) == sorted(map(str, best))
    folder = [each["path"] for each in program.lines("review", "--order", "folder")]
    assert folder == sorted(folder)
    groups = program.lines("groups")
    assert set(groups[0]) == {"name", "tags", "count", "paths"}
    assert sum(each["count"] for each in groups) == 3
