"""Learning in a real library: real photos, the real network, the real catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.errors import ReadOnly
from photomgr.core.paths import Paths
from photomgr.core.records import Change, What
from photomgr.library import Library
from tests.photos import plain, sample

_REDS, _BLUES = 12, 12


def _pictures(folder: Path) -> Path:
    """Reds and blues that differ a little, and parts of real photos."""
    for n in range(_REDS):
        plain(folder / "red" / f"red{n:02}.png", (190 + 5 * n, 10 + 2 * n, 20))
    for n in range(_BLUES):
        plain(folder / "blue" / f"blue{n:02}.png", (15, 10 + 3 * n, 180 + 6 * n))
    for name in ("chelsea", "coffee", "rocket", "astronaut"):
        whole = Image.open(sample(name, folder / "real" / f"{name}.jpg"))
        for n in range(3):
            side = min(whole.size) - 40
            whole.crop((n * 15, n * 10, n * 15 + side, n * 10 + side)).save(
                folder / "real" / f"{name}{n}.jpg"
            )
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an annotated library, made once."""
    base = tmp_path_factory.mktemp("learning")
    library = Library.open(Paths.under(base / "base"))
    library.add_root(_pictures(base / "photos"))
    jobs.run(library.scan())
    jobs.run(library.annotate())
    library.close()
    return base


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of it, to be changed."""
    paths = Paths.under(tmp_path / "base")
    paths.make()
    paths.catalog.write_bytes((original / "base" / "data" / "catalog.db").read_bytes())
    opened = Library.open(paths)
    jobs.run(opened.index())
    yield opened
    opened.close()


def _ids(library: Library, query: str) -> list[int]:
    return sorted(int(each) for each in library.find(query).ids)


def _suggested(library: Library, tag: str) -> dict[int, float]:
    return {each.photo: each.score for each in library.reviewing.suggestions(tag)}


def test_an_invented_tag_is_suggested_for_look_alikes(library: Library) -> None:
    reds = _ids(library, "folder:red")
    library.tag("crimson wall", reds[:5])
    assert _suggested(library, "crimson wall") == {}
    done = jobs.run(library.learn())
    assert (done.tags, done.changed > 0) == (1, True)
    found = _suggested(library, "crimson wall")
    assert len(set(reds[5:]) & found.keys()) >= 3
    assert len(found.keys() - set(reds)) <= 1
    assert list(found.values()) == sorted(found.values(), reverse=True)
    reasons = library.suggested([next(iter(found))])
    (reason,) = [each.reasons for each in reasons if each.tag == "crimson wall"]
    assert {"your decisions", "neighbours"} <= set(reason) <= {"your decisions", "neighbours", "context"}


def test_suggestions_that_were_learnt_are_searchable(library: Library) -> None:
    library.tag("crimson wall", _ids(library, "folder:red")[:5])
    jobs.run(library.learn())
    jobs.run(library.index())
    assert set(_ids(library, 'maybe:"crimson wall"')) == _suggested(library, "crimson wall").keys()


def test_two_examples_are_not_enough(library: Library) -> None:
    library.tag("crimson wall", _ids(library, "folder:red")[:2])
    library.reject("never seen", _ids(library, "folder:blue"))
    assert jobs.run(library.learn()).tags == 2
    assert library.reviewing.suggestions("crimson wall") == library.reviewing.suggestions("never seen") == []


def test_a_rejection_never_returns(library: Library) -> None:
    reds = _ids(library, "folder:red")
    library.tag("crimson wall", reds[:5])
    jobs.run(library.learn())
    best = library.reviewing.suggestions("crimson wall")[0].photo
    library.reject("crimson wall", [best])
    jobs.run(library.learn())
    library.tag("crimson wall", [each for each in reds[5:] if each != best])
    jobs.run(library.learn())
    jobs.run(library.annotate(again=True))
    jobs.run(library.learn())
    assert best not in _suggested(library, "crimson wall")
    assert library.rejected([best]) == {"crimson wall": 1}


def test_a_known_tag_follows_rejections(library: Library) -> None:
    cats = list(_suggested(library, "cat").items())
    assert len(cats) >= 3
    library.reject("cat", [photo for photo, _ in cats[:2]])
    jobs.run(library.learn())
    photo, score = cats[2]
    assert _suggested(library, "cat").get(photo, 0.0) < score
    reasons = {each.tag: each.reasons for each in library.suggested([photo])}.get("cat")
    assert reasons is None or set(reasons) >= {"network", "your decisions", "neighbours"}


def test_look_alikes_speak_for_a_tag_that_all_of_them_have(library: Library) -> None:
    """Also where what was learnt beside them is bolder than they are, so that they hold it back a little."""
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("wall", reds[:10])
    library.reject("wall", blues[:8])
    jobs.run(library.learn())
    for photo in reds[10:]:
        (reasons,) = [each.reasons for each in library.suggested([photo]) if each.tag == "wall"]
        assert reasons["neighbours"] > 0.55
        assert len(library.evidence.why(photo, "wall").near) == 5


def test_a_tag_that_look_alikes_were_refused_is_not_said_to_be_theirs(library: Library) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("holiday", [reds[4], *blues[:4]])
    library.reject("holiday", reds[:4])
    jobs.run(library.learn())
    red = library.evidence.why(reds[5], "holiday")
    assert (red.score, red.witnesses, red.near) == (None, (), ())
    assert {photo for photo, _ in red.against} == set(reds[:4])
    blue = library.evidence.why(blues[5], "holiday")
    assert {photo for photo, _ in blue.near} == set(blues[:4]) and {p for p, _ in blue.against} <= set(reds)


def test_undo_is_followed(library: Library) -> None:
    before = {tag.tag: _suggested(library, tag.tag) for tag in library.tags()}
    cats = list(before["cat"])
    library.reject("cat", cats[:2])
    library.tag("crimson wall", _ids(library, "folder:red")[:5])
    jobs.run(library.learn())
    assert _suggested(library, "cat") != before["cat"]
    learnt = _suggested(library, "crimson wall")
    library.undo()
    jobs.run(library.learn())
    assert _suggested(library, "crimson wall") == {}
    library.redo()
    jobs.run(library.learn())
    assert _suggested(library, "crimson wall") == learnt
    library.undo()
    library.undo()
    jobs.run(library.learn())
    assert {tag.tag: _suggested(library, tag.tag) for tag in library.tags()} == before


def test_what_was_learnt_replays_to_the_same(library: Library) -> None:
    library.tag("crimson wall", _ids(library, "folder:red")[:5])
    library.reject("cat", list(_suggested(library, "cat"))[:1])
    jobs.run(library.learn())
    found = library.reviewing.suggestions()
    with library.catalog.connection.transaction() as writer:
        writer.execute("DELETE FROM learnt")
        writer.execute("DELETE FROM suggestions WHERE tag IN (SELECT tag FROM decisions)")
    jobs.run(library.learn())
    assert library.reviewing.suggestions() == found


def test_nothing_is_learnt_twice_and_a_cut_off_run_is_caught_up(library: Library, tmp_path: Path) -> None:
    reds = _ids(library, "folder:red")
    library.tag("crimson wall", reds[:5])
    job = library.learn()
    next(job)
    job.close()
    library.close()
    again = Library.open(library.paths)
    try:
        assert jobs.run(again.learn()).tags == 1
        assert again.reviewing.suggestions("crimson wall") != []
        assert jobs.run(again.learn()).tags == 0
    finally:
        again.close()


def test_new_photos_are_ranked_by_what_was_learnt_before(library: Library, tmp_path: Path) -> None:
    library.tag("crimson wall", _ids(library, "folder:red")[:6])
    jobs.run(library.learn())
    more = plain(tmp_path / "more" / "crimson.png", (203, 19, 20)).parent
    library.add_root(more)
    jobs.run(library.scan())
    jobs.run(library.annotate())
    new = library.photo_at(more / "crimson.png")
    assert new is not None
    jobs.run(library.learn())
    assert new.id in _suggested(library, "crimson wall")


def test_only_what_changes_is_published(library: Library) -> None:
    heard: list[Change] = []
    library.tag("crimson wall", _ids(library, "folder:red")[:5])
    library.subscribe(heard.append)
    revision = library.catalog.revision
    jobs.run(library.learn())
    touched = frozenset().union(*(change.photos for change in heard))
    assert {change.what for change in heard} == {What.SUGGESTIONS}
    assert set(_suggested(library, "crimson wall")) <= touched
    assert library.catalog.revision > revision
    heard.clear()
    jobs.run(library.learn())
    assert heard == []


def test_a_guest_learns_nothing(library: Library) -> None:
    library.set_read_only(True)
    with pytest.raises(ReadOnly):
        jobs.run(library.learn())


def test_a_library_without_annotations_learns_nothing(tmp_path: Path) -> None:
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        library.add_root(plain(tmp_path / "photos" / "a.png").parent)
        jobs.run(library.scan())
        library.tag("mine", [1])
        assert jobs.run(library.learn()).tags == 0
    finally:
        library.close()


def test_bands_say_what_is_sure(library: Library) -> None:
    waiting = library.reviewing.suggestions()
    assert {each.band for each in waiting} <= {"sure", "ask"}
    for each in waiting:
        assert (each.band == "sure") == (each.score >= 0.95)
    assert len(library.reviewing.suggestions(limit=3)) == 3


def test_stored_embeddings_come_in_order_and_whole(library: Library) -> None:
    learning, annotator = library.catalog.learning, library.annotator()
    labels = len(annotator.labels)
    whole = np.concatenate([block.photos for block in learning.blocks(annotator.model_hash, labels)])
    assert (np.diff(whole) > 0).all()
    few = learning.of_photos(annotator.model_hash, labels, [int(whole[3]), int(whole[1]), 10**6])
    assert few.photos.tolist() == [whole[1], whole[3]]
    assert np.allclose(np.linalg.norm(few.embeddings.astype(float), axis=1), 1, atol=1e-2)
    assert len(learning.sample(annotator.model_hash, labels, 5).photos) == 5
    assert len(learning.sample("another network", labels, 5).photos) == 0


def test_reasons_are_kept_as_numbers(library: Library) -> None:
    library.tag("crimson wall", _ids(library, "folder:red")[:5])
    jobs.run(library.learn())
    reader = library.catalog.connection.reader()
    for (text,) in reader.execute("SELECT reasons FROM suggestions"):
        assert all(0 <= value <= 1 for value in json.loads(text).values())
