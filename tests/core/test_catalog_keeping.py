"""Names, parents, bands and runs in a real catalog: each change is one action, and undo brings back what was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr.core.catalog import Catalog
from photomgr.core.catalog.keeping import Merge
from photomgr.core.catalog.learning import STEPS, Ground, Learnt, Proposals
from photomgr.core.errors import UsageError
from photomgr.core.records import FileBatch, Metadata, Source, Suggestion
from tests.core.catalog_kit import fact, fill, judge

GROUND = Ground(1, "cafe01", 0.95)
"""What the suggestions of these tests are made from."""


def says(count: int) -> str:
    return f"{count} photos"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


@pytest.fixture
def ids(catalog: Catalog, tmp_path: Path) -> list[int]:
    return fill(catalog, tmp_path / "photos", 6)


def state(catalog: Catalog) -> list[tuple[object, ...]]:
    """All that decisions and house-keeping add up to."""
    reader = catalog.connection.reader()
    tables = (
        "SELECT photo, t.name, state, source FROM decisions d JOIN tags t ON t.id = d.tag",
        "SELECT key, name, tag, kind FROM names",
        "SELECT tag, parent, stands FROM parents",
        "SELECT * FROM bands",
        "SELECT * FROM automatic",
        "SELECT * FROM ignored",
        "SELECT * FROM tag_sets",
        "SELECT * FROM lookalikes",
        "SELECT * FROM settled",
        "SELECT * FROM said",
        "SELECT id, name, key FROM tags WHERE id IN (SELECT tag FROM decisions)",
    )
    return [row for sql in tables for row in sorted(reader.execute(sql).fetchall())]


def suggest(catalog: Catalog, ids: list[int], tag: str, score: float = 0.97) -> None:
    catalog.annotations.write(
        "cafe01", [(each, b"c", b"", b"", [Suggestion(tag, score, {"network": score})]) for each in ids]
    )


def tags_of(catalog: Catalog, photo: int) -> list[str]:
    return [each.tag for each in catalog.lists.decided_of(photo)]


def test_a_renamed_tag_keeps_decisions_history_and_its_old_name(catalog: Catalog, ids: list[int]) -> None:
    judge(catalog, "tag", "sea side", ids[:3])
    judge(catalog, "reject", "sea side", ids[3:4])
    before = state(catalog)
    change = catalog.keeping.rename("Sea Side", "Seaside", says)
    assert change.photos == frozenset(ids[:4])
    assert tags_of(catalog, ids[0]) == ["Seaside"]
    assert [each.tag for each in catalog.verdicts.history(ids[0])] == ["Seaside"]
    judge(catalog, "tag", "sea side", ids[4:5])  # the old name leads to it
    assert tags_of(catalog, ids[4]) == ["Seaside"]
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    assert state(catalog) == before
    catalog.verdicts.redo()
    assert catalog.keeping.find("sea side") == "Seaside"
    catalog.keeping.rename("Seaside", "sea side", says)
    assert [each.name for each in catalog.keeping.names()] == ["Seaside"]


def test_a_rename_to_another_tag_is_refused_and_names_the_way(catalog: Catalog, ids: list[int]) -> None:
    judge(catalog, "tag", "sea", ids[:1])
    judge(catalog, "tag", "ocean", ids[1:2])
    with pytest.raises(UsageError, match="merge"):
        catalog.keeping.rename("sea", "OCEAN", says)
    catalog.keeping.rename("sea", "Sea", says)  # another spelling of itself is fine
    assert tags_of(catalog, ids[0]) == ["Sea"]
    with pytest.raises(UsageError, match="There is no tag"):
        catalog.keeping.rename("lake", "pond", says)


def test_merging_previews_keeps_the_other_tags_decisions_and_is_undone_whole(
    catalog: Catalog, ids: list[int]
) -> None:
    judge(catalog, "tag", "ocean", ids[:4])
    judge(catalog, "tag", "sea", ids[1:2])
    judge(catalog, "reject", "sea", ids[2:3])
    judge(catalog, "reject", "ocean", ids[5:6])
    suggest(catalog, ids[4:5], "ocean")
    before = state(catalog)
    assert catalog.keeping.preview("ocean", "sea") == Merge(photos=2, both=1, odds=1, all=4)
    catalog.keeping.merge("ocean", "sea", says)
    assert catalog.lists.decided(ids) == {"sea": 3}
    assert catalog.lists.rejected(ids) == {"sea": 2}
    assert [each.tag for each in catalog.lists.suggested(ids)] == ["sea"]
    judge(catalog, "tag", "Ocean", ids[4:5])
    assert tags_of(catalog, ids[4]) == ["sea"]
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    assert state(catalog) == before
    with pytest.raises(UsageError, match="one tag"):
        catalog.keeping.merge("sea", "Sea", says)


def test_a_keyword_in_a_file_follows_the_merge(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    ids = fill(catalog, folder, 1, Metadata(keywords=("ocean",)))
    catalog.keeping.merge("ocean", "sea", says)
    changed = fact(folder, "0.jpg", 77, Metadata(keywords=("ocean", "boat")))
    catalog.files.write(FileBatch(catalog.files.roots()[0].id, changed=[(ids[0], changed)]))
    assert tags_of(catalog, ids[0]) == ["boat", "sea"]
    assert {each.source for each in catalog.lists.decided_of(ids[0])} == {Source.FILE}


def test_merging_ten_thousand_photos_takes_less_than_two_seconds(catalog: Catalog, tmp_path: Path) -> None:
    ids = fill(catalog, tmp_path / "many", 10_000)
    judge(catalog, "tag", "ocean", ids)
    judge(catalog, "tag", "sea", ids[:2_000])
    started = time.monotonic()
    catalog.keeping.rename("ocean", "the ocean", says)
    renamed = time.monotonic()
    catalog.keeping.merge("the ocean", "sea", says)
    merged = time.monotonic()
    assert (renamed - started, merged - renamed) < (2.0, 2.0)
    assert catalog.lists.decided(ids) == {"sea": 10_000}


def test_an_accepted_tag_settles_its_broader_tags_without_deciding_them(
    catalog: Catalog, ids: list[int]
) -> None:
    catalog.keeping.know("1", [("dog", "animal"), ("dog", "pet"), ("pet", "animal")])
    suggest(catalog, ids, "animal")
    judge(catalog, "accept", "dog", ids[:2])
    assert len(catalog.lists.suggested_on("animal", ids)) == 4
    assert catalog.lists.decided(ids) == {"dog": 2}
    counts = {each.tag: (each.count, each.suggested, each.implied) for each in catalog.lists.tags()}
    assert counts == {"dog": (2, 0, 0), "animal": (0, 4, 2), "pet": (0, 0, 2)}
    document = next(doc for _, photo, doc in catalog.search_feed(0) if photo == ids[0])
    assert document is not None and sorted(document.implied) == ["animal", "pet"]
    catalog.verdicts.undo()
    assert len(catalog.lists.suggested_on("animal", ids)) == 6


def test_a_rejected_tag_is_asked_about_in_no_narrower_form(catalog: Catalog, ids: list[int]) -> None:
    catalog.keeping.know("1", [("dog", "animal"), ("puppy", "dog"), ("cat", "animal")])
    suggestions = [Suggestion("puppy", 0.97, {}), Suggestion("cat", 0.6, {}), Suggestion("tree", 0.5, {})]
    catalog.annotations.write("cafe01", [(each, b"c", b"", b"", suggestions) for each in ids])

    def waiting() -> dict[str, int]:
        counted = {each.tag: each.suggested for each in catalog.lists.tags()}
        listed = {tag: len(catalog.lists.suggested_on(tag, ids)) for tag in ("puppy", "cat", "tree")}
        assert {tag: counted.get(tag, 0) for tag in listed} == listed
        return listed

    judge(catalog, "reject", "animal", ids[:2])
    assert waiting() == {"puppy": 4, "cat": 4, "tree": 6}
    assert catalog.lists.refused_on(ids[0]) == {"puppy": "animal", "dog": "animal", "cat": "animal"}
    document = next(doc for _, photo, doc in catalog.search_feed(0) if photo == ids[0])
    assert document is not None and [tag for tag, _ in document.suggested] == ["tree"]
    judge(catalog, "reject", "dog", ids[:3])  # a photo is counted once
    assert waiting() == {"puppy": 3, "cat": 4, "tree": 6}
    judge(catalog, "accept", "puppy", ids[3:4])
    assert waiting() == {"puppy": 2, "cat": 4, "tree": 6}
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    catalog.keeping.set_parent("cat", "animal", False, says)
    assert waiting() == {"puppy": 4, "cat": 6, "tree": 6}
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    assert waiting() == {"puppy": 6, "cat": 6, "tree": 6}


def test_parents_of_ones_own_settle_too_and_make_no_circle(catalog: Catalog, ids: list[int]) -> None:
    catalog.keeping.know("1", [("dog", "animal")])
    judge(catalog, "tag", "rex", ids[:1])
    suggest(catalog, ids, "animal")
    before = state(catalog)
    catalog.keeping.set_parent("rex", "dog", True, says)
    assert len(catalog.lists.suggested_on("animal", ids)) == 5
    with pytest.raises(UsageError, match="cannot be above"):
        catalog.keeping.set_parent("animal", "rex", True, says)
    catalog.keeping.set_parent("dog", "animal", False, says)
    assert len(catalog.lists.suggested_on("animal", ids)) == 6
    catalog.verdicts.undo()
    catalog.verdicts.undo()
    assert state(catalog) == before


def test_an_ignored_tag_is_suggested_nowhere_until_it_is_taken_back(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids, "cat")
    catalog.keeping.set_ignored("cat", True, says, ids[:1])
    assert catalog.lists.suggested(ids) == [] and catalog.learning.queue(None, None) == []
    assert catalog.lists.rejected(ids) == {"cat": 1}
    assert catalog.lists.counts().unreviewed == 0
    assert [each.suggested for each in catalog.lists.tags()] == []
    catalog.verdicts.undo()
    assert catalog.lists.suggested(ids)[0].count == 6


def test_bands_by_hand_override_the_learnt_ones(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids, "cat", 0.8)
    assert {each.band for each in catalog.learning.queue("cat", None)} == {"ask"}
    catalog.keeping.set_bands("cat", (0.75, 0.2), says)
    assert {each.band for each in catalog.learning.queue("cat", None)} == {"sure"}
    kept = catalog.keeping.tags()["cat"]
    assert (kept.sure, kept.ask, kept.by_hand) == (0.75, 0.2, True)
    catalog.verdicts.undo()
    assert {each.band for each in catalog.learning.queue("cat", None)} == {"ask"}
    for wrong in ((0.2, 0.5), (1.2, 0.5), (0.5, 0.0)):
        with pytest.raises(UsageError):
            catalog.keeping.set_bands("cat", wrong, says)


def test_an_automatic_run_is_marked_and_revoked_by_itself(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids, "cat")
    judge(catalog, "reject", "cat", ids[:1])
    catalog.keeping.set_automatic("cat", True, says)
    tag = catalog.runs.automatic()[0][0]
    change = catalog.runs.accept_sure(tag, GROUND, says)
    assert change.photos == frozenset(ids[1:])
    decided = catalog.lists.decided_of(ids[1])[0]
    assert (decided.source, decided.model, decided.score) == (Source.MODEL, "cafe01", 0.97)
    assert catalog.lists.marks(ids)[ids[1]].automatic == {"cat"}
    assert catalog.learning.decisions(tag, 100) == [(ids[0], False)]  # it teaches nothing
    # later work: one is confirmed, one refused, one taken off
    judge(catalog, "accept", "cat", ids[1:2])
    judge(catalog, "reject", "cat", ids[2:3])
    judge(catalog, "untag", "cat", ids[3:4])
    run = catalog.runs.all()[0]
    assert (run.tag, run.photos, run.stands, run.model, run.network) == ("cat", 5, 2, "cafe01", "cafe01")
    catalog.runs.revoke(run.id, says)
    assert catalog.lists.decided(ids) == {"cat": 1}
    assert catalog.lists.rejected(ids) == {"cat": 2}
    assert not catalog.runs.accept_sure(tag, GROUND, says).photos  # what was taken back stays so
    catalog.verdicts.undo()
    assert catalog.runs.all()[0].stands == 2
    with pytest.raises(UsageError, match="no automatic run"):
        catalog.runs.revoke(4711, says)


def learn(catalog: Catalog, tag: int, photos: list[int], score: float = 0.97) -> list[frozenset[int]]:
    """Keep a tag as learnt from what stands now; the photos of each transaction are the result."""
    last = next(each.last for each in catalog.learning.tags() if each.id == tag)
    state = GROUND.state(catalog.learning.annotated(), last)
    scores, none = np.full(len(photos), score), np.zeros(STEPS, np.int32)
    proposals = Proposals(np.array(photos, np.int64), scores, {"your decisions": scores})
    learnt = Learnt(tag, proposals, state, 0.95, 0.2, none, none)
    return [change.photos for change in catalog.learning.keep([learnt], GROUND.model)]


def test_what_came_since_a_tag_was_learnt_is_not_accepted_by_itself(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids[:3], "cat")
    judge(catalog, "reject", "cat", ids[:1])
    catalog.keeping.set_automatic("cat", True, says)
    tag = catalog.runs.automatic()[0][0]
    learn(catalog, tag, ids[1:2])
    suggest(catalog, ids[3:4], "cat")  # the network alone, while others were learnt
    assert not catalog.runs.accept_sure(tag, GROUND, says).photos
    learn(catalog, tag, ids[1:2])
    judge(catalog, "reject", "cat", ids[4:5])
    assert not catalog.runs.accept_sure(tag, GROUND, says).photos
    learn(catalog, tag, ids[1:2])
    for other in (
        Ground(1, "cafe02", 0.95),
        Ground(1, "cafe01", 0.8),
        Ground(1, "cafe01", 0.95, "2024-05-31"),
    ):
        assert not catalog.runs.accept_sure(tag, other, says).photos
    assert catalog.runs.accept_sure(tag, GROUND, says).photos == {ids[1]}


def test_learning_leaves_photos_alone_that_only_a_former_network_has_seen(
    catalog: Catalog, ids: list[int]
) -> None:
    suggest(catalog, ids[:2], "cat")
    catalog.annotations.write(
        "before", [(each, b"c", b"", b"", [Suggestion("cat", 0.98)]) for each in ids[2:5]]
    )
    judge(catalog, "accept", "cat", ids[2:3])
    catalog.keeping.set_automatic("cat", True, says)
    tag = catalog.runs.automatic()[0][0]
    assert learn(catalog, tag, ids[1:2], 0.96) == [{ids[0], ids[1]}]
    assert [each.photo for each in catalog.learning.queue("cat", None)] == [ids[3], ids[4], ids[1]]
    assert catalog.runs.accept_sure(tag, GROUND, says).photos == {ids[1]}


def test_suggestions_go_a_chunk_at_a_time(catalog: Catalog, tmp_path: Path) -> None:
    many = fill(catalog, tmp_path / "many", 4500)
    suggest(catalog, many, "cat")
    judge(catalog, "reject", "cat", many[:1])
    (tag,) = catalog.learning.tags()
    chunks = learn(catalog, tag.id, [])
    assert [len(chunk) for chunk in chunks] == [2000, 2000, 500]
    assert frozenset().union(*chunks) == set(many) and catalog.learning.queue("cat", None) == []


def test_a_run_leaves_the_steps_of_undo_alone(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids, "cat")
    catalog.keeping.set_automatic("cat", True, says)
    judge(catalog, "tag", "mine", ids[:1])
    catalog.verdicts.undo()
    catalog.runs.accept_sure(catalog.runs.automatic()[0][0], GROUND, says)
    assert catalog.verdicts.redo_text() == "1 tag mine"
    catalog.verdicts.redo()
    assert catalog.lists.decided(ids) == {"cat": 6, "mine": 1}


def test_refused_look_alikes_are_one_action_and_come_back_with_it(catalog: Catalog, ids: list[int]) -> None:
    suggest(catalog, ids, "cat")
    judge(catalog, "tag", "cat", ids[3:4])
    before = state(catalog)
    catalog.runs.refuse_lookalikes("cat", {ids[0]: ids[1:4]}, says)
    assert catalog.lists.rejected(ids) == {"cat": 3}  # the accepted one stays
    ((tag, anchor),) = catalog.runs.anchors()
    catalog.runs.refuse_later(tag, anchor, ids[4:5], says)
    assert catalog.lists.rejected(ids) == {"cat": 4}
    assert catalog.learning.decisions(tag, 100) == [(ids[0], False), (ids[3], True)]
    catalog.verdicts.undo()
    assert state(catalog) == before
    catalog.verdicts.redo()
    judge(catalog, "unreject", "cat", ids[:1])  # the example itself is taken back: so is what followed
    assert catalog.lists.rejected(ids) == {} and catalog.runs.anchors() == []


def test_tag_sets_have_places(catalog: Catalog) -> None:
    catalog.keeping.set_tags_of(1, "trip", ["sea", "2024", "sea"], says)
    assert [(each.slot, each.name, each.tags) for each in catalog.keeping.sets()] == [
        (1, "trip", ("sea", "2024"))
    ]
    catalog.keeping.set_tags_of(1, "", [], says)
    assert catalog.keeping.sets() == []
    catalog.verdicts.undo()
    assert len(catalog.keeping.sets()) == 1
    with pytest.raises(UsageError):
        catalog.keeping.set_tags_of(0, "x", ["y"], says)


@pytest.mark.parametrize("name", ["x" * 501, "\udc80", "\x00", "   "])
def test_names_that_cannot_be_kept_are_refused_with_a_sentence(
    catalog: Catalog, ids: list[int], name: str
) -> None:
    judge(catalog, "tag", "sea", ids)
    for act in (
        lambda: judge(catalog, "tag", name, ids),
        lambda: catalog.keeping.rename("sea", name, says),
        lambda: catalog.keeping.merge("sea", name, says),
        lambda: catalog.keeping.add_name("sea", name, "alias", "", says),
        lambda: catalog.keeping.set_parent("sea", name, True, says),
        lambda: catalog.keeping.rename(name, "other", says),
    ):
        with pytest.raises(UsageError) as refused:
            act()
        assert str(refused.value).endswith(".")
    assert catalog.lists.decided(ids) == {"sea": 6}


@pytest.mark.parametrize(
    "name", ["🏖️👨‍👩‍👧", "שלום עולם", "<b>bold</b>", "OR", "tag:x", '-"quoted" (x)', "NOT"]
)
def test_odd_names_are_kept_as_they_are(catalog: Catalog, ids: list[int], name: str) -> None:
    judge(catalog, "tag", "sea", ids)
    catalog.keeping.rename("sea", name, says)
    assert catalog.lists.decided(ids) == {name: 6}
    catalog.keeping.add_name(name, "sea two", "alias", "de", says)
    assert catalog.keeping.find("SEA TWO") == name


def test_a_verdict_for_a_photo_that_vanished_is_refused(catalog: Catalog, ids: list[int]) -> None:
    with pytest.raises(UsageError, match="not in the catalog any more"):
        judge(catalog, "accept", "sea", [*ids, 999_999])
    assert catalog.lists.decided(ids) == {}
    for act in (
        lambda: catalog.keeping.set_ignored("sea", True, says, [999_999]),
        lambda: catalog.runs.refuse_lookalikes("sea", {999_999: ids}, says),
    ):
        with pytest.raises(UsageError, match="not in the catalog any more"):
            act()
    assert catalog.lists.rejected(ids) == {} and catalog.runs.anchors() == []
