"""What the library decides by itself, house-keeping and the report: real photos, the real network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.annotate import languages
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.catalog.learning import STEPS, SURE, Learnt, Proposals
from photomgr.core.errors import UsageError
from photomgr.core.paths import Paths
from photomgr.core.records import Source, Suggestion
from photomgr.core.search.text import fold
from photomgr.library import Library, learning
from tests.photos import plain


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an annotated library, made once."""
    base = tmp_path_factory.mktemp("runs")
    for n in range(12):
        plain(base / "photos" / "red" / f"red{n:02}.png", (190 + 5 * n, 10 + 2 * n, 20))
        plain(base / "photos" / "blue" / f"blue{n:02}.png", (15, 10 + 3 * n, 180 + 6 * n))
    library = Library.open(Paths.under(base / "base"))
    library.add_root(base / "photos")
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
    jobs.run(library.index())
    return sorted(int(each) for each in library.find(query).ids)


def _say(library: Library, photos: list[int], words: dict[str, float]) -> None:
    """Let the network have said other scores of some photos, as a run that tags them would write it."""
    annotator, catalog = library.annotator(), library.catalog
    stored = catalog.learning.of_photos(annotator.model_hash, len(annotator.labels), photos)
    scores = stored.scores.copy()
    for word, score in words.items():
        scores[:, annotator.labels.index(word)] = score
    contents = dict(catalog.connection.reader().execute("SELECT photo, content FROM annotations").fetchall())
    found = [
        Suggestion(each.tag, each.score, dict(each.reasons))
        for each in annotator.suggestions(scores[0])
        if each.tag in words
    ]
    rows = zip(stored.photos.tolist(), stored.embeddings, scores, strict=True)
    catalog.annotations.write(
        annotator.model_hash,
        [(photo, contents[photo], vector.tobytes(), said.tobytes(), found) for photo, vector, said in rows],
    )


def _suggestions(library: Library) -> list[tuple[object, ...]]:
    reader = library.catalog.connection.reader()
    suggestions = reader.execute("SELECT photo, tag, score, reasons FROM suggestions ORDER BY photo, tag")
    learnt = reader.execute("SELECT tag, sure, ask FROM learnt ORDER BY tag")
    return [*suggestions.fetchall(), *learnt.fetchall()]


def test_sure_suggestions_are_accepted_by_themselves_found_and_revoked(library: Library) -> None:
    reds = _ids(library, "folder:red")
    library.tag("my wall", reds[:5])
    library.reject("my wall", _ids(library, "folder:blue")[:3])
    library.runs.set_automatic("my wall")
    library.runs.set_bands("my wall", 0.4, 0.2)
    jobs.run(library.learn())
    (run,) = library.runs.all()
    assert (
        run.tag == "my wall"
        and run.photos == run.stands >= 3
        and run.model
        and run.network.startswith("everyday ")
    )
    found = _ids(library, "source:auto")
    assert found == _ids(library, 'is:auto tag:"my wall"') == _ids(library, f"model:{run.model[:6]} is:auto")
    assert len(found) == run.photos and set(found) <= set(_ids(library, "model:everyday"))
    assert _ids(library, f"run:{run.id}") == found == _ids(library, f"run:{run.id} is:auto")
    assert f"run: {run.id}" in library.why(f"run:{run.id}", found[0])
    assert _ids(library, f"run:{10**30}") == _ids(library, "run:0") == []
    decided = next(each for each in library.decided_of(found[0]) if each.tag == "my wall")
    assert decided.source is Source.MODEL and decided.score is not None and decided.score >= 0.4
    assert library.history(found[0])[-1].model == run.model
    assert jobs.run(library.runs.report(run.model[:8])).since == run.when
    jobs.run(library.learn())
    assert len(library.runs.all()) == 1  # once and not again
    kept = library.housekeeping.tag("my wall")
    assert kept is not None and (kept.kept.sure, kept.kept.ask, kept.kept.by_hand) == (0.4, 0.2, True)
    library.runs.revoke(run.id)
    jobs.run(library.learn())
    assert _ids(library, "is:auto") == _ids(library, f"run:{run.id}") == [] and len(library.runs.all()) == 1
    library.undo()
    assert _ids(library, "is:auto") == found


def test_the_networks_word_on_photos_that_come_while_learning_goes_on_accepts_nothing(
    library: Library,
) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    _say(library, [*reds, *blues], {"sea": 0.97})
    library.accept("sea", reds[:6])
    library.reject("sea", blues[:8])
    library.runs.set_automatic("sea")
    came = False
    for _ in library.learn():
        if not came and any(tag.state for tag in library.catalog.learning.tags()):
            _say(library, blues[8:], {"sea": 0.97})
            came = True
    assert came and _ids(library, "is:auto") == []
    jobs.run(library.learn())
    accepted = _ids(library, "is:auto")
    assert accepted and set(accepted) <= set(reds)


FORMER = "f0" * 32


def _update(library: Library) -> None:
    """Another network comes: what is kept is what a former one said."""
    with library.catalog.connection.transaction() as writer:
        writer.execute("UPDATE models SET hash = ?", (FORMER,))


def _see(library: Library, photos: list[int], word: str, score: float) -> None:
    """Let the network of today read some photos as the former one had read them, and say a word of each."""
    annotator = library.annotator()
    scores = np.zeros(len(annotator.labels), np.float16)
    scores[annotator.labels.index(word)] = score
    reader = library.catalog.connection.reader()
    kept = reader.execute("SELECT photo, content, embedding FROM annotations").fetchall()
    offered = [Suggestion(word, score, {"network": score})]
    library.catalog.annotations.write(
        annotator.model_hash,
        [(photo, content, row, scores.tobytes(), offered) for photo, content, row in kept if photo in photos],
    )


@pytest.fixture
def contradicted(library: Library) -> tuple[list[int], list[int]]:
    """A tag that stands alone and is as often wrong as right at 0.97, decided on sixteen photos; they and the rest."""
    every = _ids(library, "")
    _say(library, every, {"dog": 0.97})
    decided, rest = every[:8] + every[12:20], every[8:12] + every[20:]
    library.accept("dog", decided[::2])
    library.reject("dog", decided[1::2])
    library.runs.set_automatic("dog")
    jobs.run(library.learn())
    assert library.runs.all() == []
    _update(library)
    return decided, rest


def test_nothing_is_accepted_by_a_new_network_before_it_has_read_what_was_decided(
    library: Library, contradicted: tuple[list[int], list[int]]
) -> None:
    decided, rest = contradicted
    _see(library, [*rest, *decided[:6]], "dog", 0.97)
    jobs.run(library.learn())
    assert library.runs.all() == []
    before = library.catalog.learning.tags()
    assert all(tag.state == f"behind/{tag.last}" for tag in before)
    _see(library, decided, "dog", 0.97)
    jobs.run(library.learn())
    assert library.runs.all() == []  # by what was learnt
    assert not any("behind" in str(tag.state) for tag in library.catalog.learning.tags())


def test_an_invented_tag_stays_suggested_until_a_new_network_has_read_what_it_is_learnt_from(
    library: Library,
) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    model = library.annotator().model_hash
    library.tag("my wall", reds[-5:])
    jobs.run(library.learn())
    before = {each.photo for each in library.reviewing.suggestions("my wall")}
    assert reds[0] in before
    _update(library)
    waiting = [each.id for each in library.catalog.annotations.waiting(model)]
    assert sorted(waiting[:5]) == reds[-5:] and len(waiting) == len(reds + blues)
    _see(library, [reds[0], *reds[-2:]], "dog", 0.5)
    for _ in range(2):
        assert {each.photo for each in library.reviewing.suggestions("my wall")} == before
        jobs.run(library.learn())
    _see(library, reds + blues, "dog", 0.5)
    jobs.run(library.learn())
    assert {each.photo for each in library.reviewing.suggestions("my wall")} == before
    library.reject("my wall", reds[-4:])  # one example is too few
    jobs.run(library.learn())
    assert library.reviewing.suggestions("my wall") == []


@pytest.mark.parametrize("why", ["away", "broken", "refused"])
def test_decided_photos_that_are_not_read_hold_nothing_up(
    library: Library, contradicted: tuple[list[int], list[int]], why: str
) -> None:
    decided, rest = contradicted
    _see(library, rest, "dog", 0.97)
    if why == "refused":
        library.catalog.annotations.decline(library.annotator().model_hash, decided)
    else:
        change = "presence = 1" if why == "away" else "problem = 'no picture'"
        with library.catalog.connection.transaction() as writer:
            writer.executemany(f"UPDATE photos SET {change} WHERE id = ?", [(photo,) for photo in decided])
    jobs.run(library.learn())
    (run,) = library.runs.all()
    assert run.photos == len(rest)


def test_a_run_is_revoked_after_its_tag_was_merged_into_another(library: Library) -> None:
    reds = _ids(library, "folder:red")
    library.tag("my wall", reds[:5])
    library.runs.set_automatic("my wall")
    library.runs.set_bands("my wall", 0.5, 0.2)
    jobs.run(library.learn())
    (run,) = library.runs.all()
    automatic = _ids(library, "is:auto")
    library.tag("wall", automatic[:1])  # the person's own word holds
    library.housekeeping.merge("my wall", "some wall")
    library.housekeeping.merge("some wall", "wall")
    (listed,) = library.runs.all()
    assert (listed.photos, listed.stands) == (run.photos, run.photos - 1)
    library.runs.revoke(run.id)
    assert _ids(library, "is:auto") == []
    assert _ids(library, "tag:wall") == sorted({*reds[:5], *automatic[:1]})
    for _ in range(3):
        library.undo()
    assert _ids(library, "is:auto") == automatic and library.runs.all()[0].stands == run.photos


def test_a_refusal_holds_for_look_alikes_and_everywhere(library: Library) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("my wall", reds[:5])
    jobs.run(library.learn())
    before = {each.photo for each in library.reviewing.suggestions("my wall")}
    wrong = next(each for each in reds if each in before)
    library.runs.reject_lookalikes("my wall", [wrong])
    refused = _ids(library, 'rejected:"my wall"')
    assert wrong in refused and len(refused) > 1 and not set(refused) & {*reds[:5], *blues}
    jobs.run(library.learn())
    library.undo()
    assert _ids(library, 'rejected:"my wall"') == []
    library.runs.never_suggest("my wall")
    jobs.run(library.learn())
    assert library.reviewing.suggestions("my wall") == []
    assert [each.kept.tag for each in library.housekeeping.tags() if each.kept.ignored] == ["my wall"]
    library.runs.suggest_again("my wall")
    assert library.reviewing.suggestions("my wall")


def test_a_refusal_holds_for_look_alikes_that_come_later(library: Library, tmp_path: Path) -> None:
    library.runs.reject_lookalikes("my wall", _ids(library, "folder:red")[:1])
    plain(tmp_path / "more" / "late red.png", (191, 11, 20))
    plain(tmp_path / "more" / "late green.png", (20, 190, 30))
    library.add_root(tmp_path / "more")
    jobs.run(library.scan())
    jobs.run(library.annotate())
    late = {library.photo(photo).display_name: photo for photo in _ids(library, "folder:more")}  # type: ignore[union-attr]
    tag = library.catalog.learning.tag("my wall")
    assert tag is not None
    nothing = np.zeros(STEPS, np.int32)
    found = Proposals(np.array(sorted(late.values())), np.array([0.9, 0.9]), {})
    learnt = Learnt(tag, found, "state", 0.95, 0.2, nothing, nothing)
    list(library.catalog.learning.keep([learnt], library.annotator().model_hash))
    assert jobs.run(library.runs.apply()) == 1
    assert late["late red.png"] in _ids(library, 'rejected:"my wall"')
    assert [each.photo for each in library.reviewing.suggestions("my wall")] == [late["late green.png"]]
    assert [(run.kind, run.photos) for run in library.runs.all()] == [("lookalike", 1)]


def test_the_report_tests_on_later_decisions_and_one_step_goes_back(library: Library) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("my wall", reds[:3])
    jobs.run(library.learn())
    then = _suggestions(library)
    moment = library.history(reds[0])[-1].when
    time.sleep(0.01)
    library.tag("my wall", reds[3:8])
    library.reject("my wall", blues[:6])
    jobs.run(library.learn())
    now = _suggestions(library)
    found = jobs.run(library.runs.report(library.history(reds[0])[0].when[:10]))
    assert (found.accepted, found.rejected) == (8, 6)
    found = jobs.run(_report_at(library, moment))
    (tag,) = found.tags
    assert (tag.tag, tag.accepted, tag.rejected, tag.held_out) == ("my wall", 5, 6, 11)
    assert tag.after.recall is not None and tag.before.recall is not None
    assert tag.after.recall >= tag.before.recall and not found.worse
    library.catalog.keeping.set_until(moment, lambda _: "back")
    jobs.run(library.learn())
    assert _suggestions(library) == then
    library.runs.learn_until(None)
    jobs.run(library.learn())
    assert _suggestions(library) == now
    for wrong in ("2024-13-77", "no such network"):
        with pytest.raises(UsageError):
            jobs.run(library.runs.report(wrong))


def test_the_report_tests_only_on_what_today_is_learnt_from(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_DECISIONS", 8)
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("my wall", reds[:3])
    moment = library.history(reds[0])[-1].when
    time.sleep(0.01)
    library.tag("my wall", reds[3:])
    library.reject("my wall", blues)
    (tag,) = jobs.run(_report_at(library, moment)).tags
    assert (tag.accepted, tag.rejected, tag.held_out) == (9, 12, 8)
    assert tag.after.recall == 1.0 and not tag.worse


def test_the_report_shows_what_a_narrower_tag_implies_then_and_today(library: Library) -> None:
    reds = _ids(library, "folder:red")
    model = library.annotator().model
    just = float(model.thresholds[model.labels.index("sea")]) + 0.03
    _say(library, reds, {"outdoor": 0.2, "sea": just})
    library.accept("outdoor", reds[::2])
    library.reject("outdoor", reds[1::2])
    (tag,) = jobs.run(library.runs.report("2000-01-01")).tags
    assert (tag.held_out, tag.before.recall) == (12, 1.0)
    assert (
        tag.after.recall > 0.5
    )  # nothing would be shown of it otherwise; single ones may fall below the line


def _report_at(library: Library, moment: str):  # type: ignore[no-untyped-def]
    from photomgr.library import report

    original = report.moment_of
    report.moment_of = lambda _library, since: str(since)
    try:
        return (yield from report.report(library, moment))
    finally:
        report.moment_of = original


def test_learning_replays_to_the_same_result_bit_for_bit(library: Library) -> None:
    reds, blues = _ids(library, "folder:red"), _ids(library, "folder:blue")
    library.tag("my wall", reds[:6])
    library.reject("my wall", blues[:4])
    library.accept("sky", blues[:2])
    jobs.run(library.learn())
    before = _suggestions(library)
    with library.catalog.connection.transaction() as writer:
        writer.execute("DELETE FROM learnt")
        writer.execute("DELETE FROM suggestions WHERE tag IN (SELECT tag FROM verdicts)")
    jobs.run(library.learn())
    assert _suggestions(library) == before


def test_house_keeping_is_followed_by_learning_and_search(library: Library) -> None:
    reds = _ids(library, "folder:red")
    keeping = library.housekeeping
    library.tag("dog", reds[:4])
    assert _ids(library, "animal") == reds[:4] == _ids(library, "tag:animal") == _ids(library, "Hund")
    assert _ids(library, "tag:animal -tag:dog") == []
    keeping.rename("dog", "Rex")
    assert _ids(library, "tag:rex") == _ids(library, "chien") == _ids(library, "tag:dog") == reds[:4]
    assert _ids(library, "perro animal") == reds[:4]
    library.undo()
    library.tag("Köter", reds[3:6])
    keeping.merge("köter", "dog")
    assert _ids(library, "tag:dog") == reds[:6] == _ids(library, "koter")
    keeping.add_alias("dog", "four legs", "en")
    assert _ids(library, "four legs") == reds[:6] == _ids(library, '"four legs"')
    library.catalog.annotations.write(
        "m", [(reds[8], b"", b"", b"", [Suggestion("sky", 0.9), Suggestion("cat", 0.5)])]
    )
    asked = [each.tag for each in library.suggested(reds[8:9], {"katze"})]
    assert asked == ["cat", "sky"]
    assert "dog" in library.complete_tag("four l") and "dog" in library.complete_tag("Hun")
    with pytest.raises(UsageError, match="no word"):
        keeping.map_label("no such word", "dog")
    keeping.map_label("cat", "Mieze")
    jobs.run(library.learn())
    assert library.catalog.learning.tag("cat") == library.catalog.learning.tag("mieze")
    keeping.set_tags_of(1, "trip", ["Rome", "2024"])
    keeping.apply_set(1, reds[:2])
    assert _ids(library, "tag:rome tag:2024") == reds[:2]
    with pytest.raises(UsageError, match=r"Alt\+2"):
        keeping.apply_set(2, reds)
    names = [each.kept.tag for each in keeping.tags()]
    assert {"dog", "Mieze", "Rome"} <= set(names)


def test_merges_are_suggested_for_tags_that_stand_together_or_are_spelt_alike(library: Library) -> None:
    every = _ids(library, "")
    library.tag("sea", every[:12])
    library.tag("ocean", every[:11])
    library.tag("café", every[:2])
    library.tag("cafes", every[5:6])
    library.tag("dog", every[12:20])
    library.tag("animal", every[12:20])
    found = {(each.tag, each.into): each for each in library.housekeeping.suggest_merges()}
    assert found["ocean", "sea"].together == round(11 / 12, 4)
    assert found["cafes", "café"].why == "spelling"
    assert len(found) == 2  # dog is an animal: that is no double


def test_translations_name_tags_of_the_vocabulary() -> None:
    words = languages.load()
    known = {tag.name for tag in Vocabulary.load().tags}
    for language in ("de", "fr", "es", "it"):
        assert {word.tag for word in words if word.language == language} == known


def test_no_translation_is_the_name_of_another_tag() -> None:
    """Who looks for "rock" wants no skirts, whatever a skirt is called in German."""
    known = {fold(tag.name): tag.name for tag in Vocabulary.load().tags}
    wrong = [word for word in languages.load() if known.get(fold(word.text), word.tag) != word.tag]
    assert wrong == []


def test_the_target_moves_the_sure_band(library: Library) -> None:
    library.settings.set("target_precision", 0.8)
    library.tag("my wall", _ids(library, "folder:red")[:6])
    jobs.run(library.learn())
    kept = library.housekeeping.tag("my wall")
    assert kept is not None and kept.kept.sure is not None and kept.kept.sure != SURE
