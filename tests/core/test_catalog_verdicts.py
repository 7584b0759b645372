"""Decisions: append-only, undone by inverses, never lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from photomgr.core.catalog import Catalog
from photomgr.core.errors import UsageError
from photomgr.core.records import Metadata, Suggestion, What

from .catalog_kit import fill, judge


@pytest.fixture
def catalog(tmp_path: Path):
    opened = Catalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


def suggest(catalog: Catalog, photo: int, **scores: float) -> None:
    suggestions = [Suggestion(tag, score, {"network": score}) for tag, score in scores.items()]
    catalog.annotations.write("abc", [(photo, b"c", b"", b"", suggestions)])


def test_a_rejected_tag_never_comes_back_whatever_model_runs(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "p", 1)[0]
    suggest(catalog, photo, cat=0.9, dog=0.8)
    judge(catalog, "reject", "Cat", [photo])
    catalog.annotations.write("another model", [(photo, b"c", b"", b"", [Suggestion("CAT", 1.0, {})])])
    assert catalog.lists.suggested([photo]) == []
    assert catalog.lists.marks([photo])[photo].open == 0
    assert next(iter(catalog.search_feed(0)))[2].suggested == ()


def test_a_verdict_remembers_model_and_score(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "p", 1)[0]
    suggest(catalog, photo, cat=0.9)
    judge(catalog, "accept", "cat", [photo])
    last = catalog.verdicts.history(photo)[-1]
    assert (last.verdict, last.tag, last.model, last.score) == ("accept", "cat", "abc", 0.9)


def test_undo_and_redo_go_on_after_a_restart(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 3, Metadata(keywords=("old",)))
    steps = [
        lambda: judge(catalog, "tag", "beach", ids),
        lambda: judge(catalog, "reject", "beach", ids[:1]),
        lambda: catalog.verdicts.rate(5, ids[1:], str),
        lambda: catalog.verdicts.label("red", ids, str),
        lambda: judge(catalog, "untag", "old", ids[:2]),
    ]

    def state() -> tuple[object, ...]:
        rows = [(row.rating, row.label) for row in catalog.lists.photos(ids)]
        return rows, [catalog.lists.decided([n]) for n in ids], [catalog.lists.rejected([n]) for n in ids]

    seen = [state()]
    for step in steps:
        step()
        seen.append(state())
    for expected in reversed(seen[:-1]):
        catalog.close()
        catalog = Catalog(catalog.path)
        assert catalog.verdicts.undo() is not None
        assert state() == expected
    assert catalog.verdicts.undo() is None
    for expected in seen[1:]:
        catalog.close()
        catalog = Catalog(catalog.path)
        change = catalog.verdicts.redo()
        assert change is not None
        assert change.photos
        assert state() == expected
    assert catalog.verdicts.redo() is None
    catalog.close()


def test_a_new_decision_ends_redo(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    judge(catalog, "tag", "a", ids)
    catalog.verdicts.undo()
    assert catalog.verdicts.redo_text() == "1 tag a"
    judge(catalog, "tag", "b", ids)
    assert catalog.verdicts.redo_text() is None
    assert catalog.verdicts.undo_text() == "1 tag b"


def test_saying_it_twice_changes_nothing(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 2)
    judge(catalog, "tag", "a", ids)
    again = judge(catalog, "accept", "A", ids)
    assert again.what is What.NOTHING
    assert again.action is None
    assert judge(catalog, "untag", "never there", ids).what is What.NOTHING
    assert len(catalog.verdicts.history(ids[0])) == 1


def test_history_cannot_be_changed(catalog: Catalog, tmp_path: Path) -> None:
    judge(catalog, "tag", "a", fill(catalog, tmp_path / "p", 1))
    for sql in ("UPDATE verdicts SET tag = 1", "DELETE FROM verdicts", "UPDATE actions SET who = 'x'"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            catalog.connection.transaction() as writer,
        ):
            writer.execute(sql)


@pytest.mark.parametrize("name", ["", "   ", "x" * 501, "\x01", "\ud83d"])
def test_names_that_cannot_be_kept_are_refused_with_a_sentence(
    catalog: Catalog, tmp_path: Path, name: str
) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    with pytest.raises(UsageError) as refusal:
        judge(catalog, "tag", name, ids)
    assert str(refusal.value).endswith(".") or ")." in str(refusal.value)
    assert catalog.verdicts.history(ids[0]) == []


@pytest.mark.parametrize("name", ["OR", "-x", "<b>bold</b>", "مرحبا", "😀", 'say "hi"', "%n", "a' OR 1=1"])
def test_any_other_name_is_a_tag(catalog: Catalog, tmp_path: Path, name: str) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    judge(catalog, "tag", name, ids)
    assert catalog.lists.decided(ids) == {name: 1}


def test_spellings_of_one_tag_are_one_tag(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    for name in ("Café", "CAFE\u0301", "  café "):
        judge(catalog, "tag", name, ids)
    assert catalog.lists.decided(ids) == {"Café": 1}


def test_bounds_of_rating_and_label(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 1)
    for wrong in (-1, 6):
        with pytest.raises(UsageError):
            catalog.verdicts.rate(wrong, ids, str)
    with pytest.raises(UsageError):
        catalog.verdicts.label("pink", ids, str)
    with pytest.raises(UsageError, match="not in the catalog"):
        judge(catalog, "tag", "a", [*ids, 999])
    assert catalog.lists.decided(ids) == {}


def test_the_feed_tells_each_touched_photo_once_in_order(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 2500)
    start = catalog.revision
    judge(catalog, "tag", "late", ids[:2])
    assert [(photo, doc.tags) for _, photo, doc in catalog.search_feed(start)] == [
        (ids[0], ("late",)), (ids[1], ("late",)),
    ]  # fmt: skip
    everything = list(catalog.search_feed(0))
    assert sorted(photo for _, photo, _ in everything) == ids
    assert [revision for revision, _, _ in everything] == sorted(revision for revision, _, _ in everything)
    assert list(catalog.search_feed(catalog.revision)) == []


def test_the_feed_takes_no_longer_for_a_photo_the_more_carry_its_tag(
    catalog: Catalog, tmp_path: Path
) -> None:
    ids = fill(catalog, tmp_path / "photos", 600)
    reader = catalog.connection.reader()

    def steps() -> int:
        """What SQLite does for one photo, in hundreds of steps of its machine."""
        count = 0

        def step() -> None:
            nonlocal count
            count += 1

        reader.set_progress_handler(step, 100)
        assert len(list(catalog.search_feed(0))) == len(ids)
        reader.set_progress_handler(None, 0)
        return count

    judge(catalog, "accept", "dog", ids[:200])
    few = steps()
    judge(catalog, "accept", "dog", ids[200:])
    assert steps() < 3.5 * few


def test_a_rejection_can_be_taken_back(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "p", 3, Metadata(keywords=("cat",)))
    for photo in ids:
        suggest(catalog, photo, dog=0.8)
    judge(catalog, "reject", "cat", ids[:1])
    judge(catalog, "reject", "dog", ids[:2])
    assert catalog.lists.suggested_on("Dog", ids) == ids[2:]
    judge(catalog, "unreject", "dog", ids)
    assert catalog.lists.suggested_on("dog", ids) == ids
    judge(catalog, "unreject", "cat", ids)
    assert catalog.lists.decided(ids) == {"cat": 3}
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    assert (catalog.lists.rejected(ids), catalog.lists.decided(ids)) == ({"cat": 1, "dog": 2}, {"cat": 2})


def test_a_tag_is_turned_while_another_implies_the_same(catalog: Catalog, tmp_path: Path) -> None:
    photo = fill(catalog, tmp_path / "photos", 1, Metadata(keywords=("dog", "cat")))
    catalog.keeping.know("v", [("dog", "animal"), ("cat", "animal")])
    for verdict, tag in (("untag", "dog"), ("reject", "cat"), ("accept", "dog"), ("accept", "cat")):
        judge(catalog, verdict, tag, photo)
    assert set(catalog.lists.decided(photo)) == {"dog", "cat"}
