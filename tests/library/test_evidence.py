"""What is shown as the reason of a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photomgr.annotate.visual import VisualModel, VisualOutput
from photomgr.core.errors import UsageError
from photomgr.core.paths import Paths
from photomgr.core.records import Suggestion
from photomgr.library import Library
from photomgr.library.evidence import nearest_decided
from tests.photos import plain


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Eight photos with made embeddings: photo n points n/10 radians away from the first."""
    from photomgr import jobs

    for n in range(8):
        plain(tmp_path / "photos" / f"{n}.png", (20 * n, 90, 200))
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    annotator = opened.annotator()
    angles = np.arange(8) / 10
    rows = np.zeros((8, 512), np.float16)
    rows[:, 0], rows[:, 1] = np.cos(angles), np.sin(angles)
    scores = np.zeros(len(annotator.labels), np.float16).tobytes()
    opened.catalog.annotations.write(
        annotator.model_hash,
        [(photo, b"", rows[n].tobytes(), scores, ()) for n, photo in enumerate(_ids(opened))],
    )
    yield opened
    opened.close()


def _ids(library: Library) -> list[int]:
    return sorted(photo for photo, _, _ in library.catalog.lists.without_problem())


def test_the_most_similar_decided_photos_come_first(library: Library) -> None:
    ids = _ids(library)
    library.tag("pier", [ids[1], ids[3], ids[6]])
    library.reject("pier", [ids[2]])
    found = nearest_decided(library, ids[0], "Pier", k=3)
    assert [(each.photo, each.accepted) for each in found] == [
        (ids[1], True), (ids[2], False), (ids[3], True),
    ]  # fmt: skip
    near = [each.likeness for each in found]
    assert near == pytest.approx([np.cos(0.1), np.cos(0.2), np.cos(0.3)], abs=2e-3)


def test_a_photo_is_no_reason_for_itself(library: Library) -> None:
    ids = _ids(library)
    library.tag("pier", ids[:2])
    assert [each.photo for each in nearest_decided(library, ids[0], "pier")] == [ids[1]]


def test_nothing_decided_no_reason(library: Library) -> None:
    ids = _ids(library)
    library.reject("pier", ids[:1])
    assert nearest_decided(library, ids[0], "pier") == []
    assert nearest_decided(library, ids[0], "never heard of") == []
    assert nearest_decided(library, 10**6, "pier") == []


def test_a_reason_names_who_spoke(library: Library) -> None:
    ids = _ids(library)
    library.tag("pier", [ids[1], ids[2]])
    library.catalog.annotations.write(
        library.annotator().model_hash,
        [(ids[0], b"", _turned(0), bytes(2 * len(library.annotator().labels)),
          [Suggestion("pier", 0.8, {"network": 0.7, "your decisions": 0.9})])],
    )  # fmt: skip
    reason = library.evidence.why(ids[0], "Pier")
    assert reason.score == 0.8
    assert [(one.name, round(one.score, 2)) for one in reason.witnesses] == [
        ("looks alike", 1.0), ("your decisions", 0.9), ("network", 0.7),
    ]  # fmt: skip
    assert [photo for photo, _ in reason.near] == ids[1:3]
    assert reason.model and reason.version


def _say(library: Library, photo: int, *offered: Suggestion) -> None:
    annotator = library.annotator()
    library.catalog.annotations.write(
        annotator.model_hash, [(photo, b"", _turned(0), bytes(2 * len(annotator.labels)), offered)]
    )


def test_the_vote_of_look_alikes_stands_as_it_was_cast(library: Library) -> None:
    """However much the nearest photo with the tag looks like it."""
    ids = _ids(library)
    library.tag("pier", [ids[1], ids[4]])
    library.reject("pier", [ids[2]])
    for vote, near in ((0.2, []), (0.3, [ids[1], ids[4]]), (0.8, [ids[1], ids[4]])):
        _say(library, ids[0], Suggestion("pier", 0.8, {"your decisions": 0.9, "neighbours": vote}))
        reason = library.evidence.why(ids[0], "pier")
        said = {one.name: one.score for one in reason.witnesses}
        assert said == {"your decisions": 0.9, "neighbours": vote}
        assert [photo for photo, _ in reason.near] == near
        assert [photo for photo, _ in reason.against] == [ids[2]]


def test_a_look_alike_that_was_refused_is_told_as_such(library: Library) -> None:
    """One photo with the tag is the nearest, and four as near were refused it: that speaks against it."""
    ids = _ids(library)
    library.tag("pier", ids[1:2])
    library.reject("pier", ids[2:6])
    _say(library, ids[0], Suggestion("pier", 0.3, {"your decisions": 0.3, "neighbours": 0.4}))
    assert library.evidence.why(ids[0], "pier").near == ()
    _say(library, ids[0])
    reason = library.evidence.why(ids[0], "pier")
    assert (reason.score, reason.witnesses, reason.near) == (None, (), ())
    assert [photo for photo, _ in reason.against] == ids[2:6]
    assert [likeness for _, likeness in reason.against][:1] == pytest.approx([np.cos(0.2)], abs=2e-3)
    library.tag("pier", ids[2:5])
    reason = library.evidence.why(ids[0], "pier")
    assert [one.name for one in reason.witnesses] == ["looks alike"]
    assert [photo for photo, _ in reason.near] == ids[1:5]
    assert [photo for photo, _ in reason.against] == ids[5:6]


def test_a_broader_tag_says_from_what_it_follows(library: Library) -> None:
    """The network itself says nothing of it: that would read as if it spoke against what stands at 90 %."""
    ids, annotator = _ids(library), library.annotator()
    offered = [
        Suggestion("dog", 0.9, {"network": 0.9}), Suggestion("pet", 0.9, {"network": 0.1}),
        Suggestion("animal", 0.9, {"network": 0.85}), Suggestion("tree", 0.95, {"network": 0.95}),
    ]  # fmt: skip
    library.catalog.annotations.write(
        annotator.model_hash,
        [(ids[0], b"", _turned(0), bytes(2 * len(annotator.labels)), offered)],
    )
    pet = library.evidence.why(ids[0], "pet")
    assert pet.follows == "dog"
    assert [(one.name, one.score) for one in pet.witnesses] == [("narrower", pytest.approx(0.9))]
    dog = library.evidence.why(ids[0], "dog")
    assert not dog.follows and dog.heat is not None and pet.heat is not None
    np.testing.assert_array_equal(pet.heat, dog.heat)
    assert not library.evidence.why(ids[0], "animal").follows, "it is seen for itself"


def test_a_decided_tag_has_reasons_too(library: Library) -> None:
    ids = _ids(library)
    library.accept("dog", [ids[0]])
    reason = library.evidence.why(ids[0], "dog")
    assert reason.score is None
    assert {one.name for one in reason.witnesses} == set(library.annotator().model.modalities)
    assert library.evidence.why(ids[0], "never heard of").witnesses == ()
    with pytest.raises(UsageError, match="not in the catalog"):
        library.evidence.why(10**6, "dog")


def _offer(library: Library, photo: int, *offered: Suggestion) -> None:
    """Let the network have said of a photo what the suggestions give as its word."""
    annotator = library.annotator()
    said = np.zeros(len(annotator.labels), np.float16)
    for each in offered:
        said[annotator.labels.index(each.tag)] = each.reasons["network"]
    library.catalog.annotations.write(
        annotator.model_hash, [(photo, b"", _turned(0), said.tobytes(), offered)]
    )


def test_a_renamed_tag_keeps_what_the_network_says_of_it(library: Library) -> None:
    one = _ids(library)[0]
    _offer(library, one, Suggestion("outdoor", 0.75, {"network": 0.75}))
    before = library.evidence.why(one, "outdoor")
    assert before.heat is not None and before.related
    library.housekeeping.rename("outdoor", "Mein Wort")
    assert library.evidence.meant("Outdoor") == "Mein Wort" == library.evidence.meant("mein wort")
    for name in ("Mein Wort", "outdoor"):
        after = library.evidence.why(one, name)
        assert (after.score, after.witnesses, after.related) == (0.75, before.witnesses, before.related)
        assert after.heat is not None
        np.testing.assert_array_equal(after.heat, before.heat)
    library.accept("Mein Wort", [one])
    decided = library.evidence.why(one, "mein wort")
    assert decided.score is None and decided.heat is not None
    assert [(each.name, each.score) for each in decided.witnesses] == [("network", 0.75)]


def test_renamed_tags_follow_from_each_other_as_before(library: Library) -> None:
    one = _ids(library)[0]
    _offer(library, one, Suggestion("dog", 0.9, {"network": 0.9}), Suggestion("pet", 0.9, {"network": 0.1}))
    library.housekeeping.rename("dog", "Wuffel")
    library.housekeeping.rename("pet", "Haustier")
    assert library.evidence.why(one, "Haustier").follows == "Wuffel"


def test_of_words_of_the_network_that_were_merged_the_loudest_is_heard(library: Library) -> None:
    one, annotator = _ids(library)[0], library.annotator()
    _offer(
        library,
        one,
        Suggestion("fog", 0.1, {"network": 0.125}),
        Suggestion("glacier", 0.7, {"network": 0.75}),
    )
    seen = annotator.see(library.picture(one)).scores
    louder = max(("fog", "glacier"), key=lambda tag: seen[annotator.labels.index(tag)])
    heat = library.evidence.why(one, louder).heat
    library.housekeeping.merge("glacier", "fog")
    library.accept("fog", [one])
    both = library.evidence.why(one, "fog")
    assert [(each.name, each.score) for each in both.witnesses] == [("network", 0.75)]
    assert both.heat is not None and heat is not None
    np.testing.assert_array_equal(both.heat, heat)


def test_heat_and_its_box_come_with_a_network_that_looks(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, annotator = _ids(library), library.annotator()
    cells = np.full((1, 1, 6, 6), -2.0, np.float32)
    cells[0, 0, 1:3, 3:5] = 4.0

    said = VisualOutput(*np.zeros((3, 1, 1), np.float32), np.array([[[2.0], [-1.0]]], np.float32))

    def look(self: VisualModel, batch: object, tags: object) -> tuple[VisualOutput, np.ndarray]:
        return said, cells

    model = replace(annotator.model, looks=True, modalities=("network", "edges"), fused=("dog",))
    looking = replace(annotator, model=model)
    monkeypatch.setattr(VisualModel, "look", look)
    monkeypatch.setattr(library, "annotator", lambda: looking)
    reason = library.evidence.why(ids[0], "dog")
    assert reason.boxed_by == "network" and reason.box is not None
    left, top, width, height = reason.box
    assert (left + width / 2, top + height / 2) == (
        pytest.approx(2 / 3, abs=0.06),
        pytest.approx(1 / 3, abs=0.06),
    )
    assert reason.related == library.words.related("dog") and len(reason.related) == 2
    assert reason.heat is not None and (float(reason.heat.min()), float(reason.heat.max())) == (0.0, 1.0)
    assert {one.name: round(one.score, 2) for one in reason.witnesses} == {"network": 0.88, "edges": 0.27}
    unknown = library.evidence.why(ids[0], "never heard of")
    assert unknown.heat is None and unknown.box is None


def _turned(step: int) -> bytes:
    row = np.zeros(512, np.float16)
    row[:2] = np.cos(step / 10), np.sin(step / 10)
    return row.tobytes()
