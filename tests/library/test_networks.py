"""Networks of the person's own in a real library: taken in, compared, let speak, taken out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photomgr import jobs
from photomgr.annotate.company import WITNESSES
from photomgr.core.errors import ModelError, ReadOnly, UsageError
from photomgr.core.paths import Paths
from photomgr.core.records import What
from photomgr.library import Library
from photomgr.library.helping import weigh
from photomgr.library.judging import average_precision
from tests.annotate import cards
from tests.photos import SHARED, plain, sample

REDS = [(150 + 8 * n, 10, 20) for n in range(8)]
BLUES = [(10, 20, 150 + 8 * n) for n in range(8)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Eight reds and eight blues, scanned."""
    for name, colours in (("red", REDS), ("blue", BLUES)):
        for n, colour in enumerate(colours):
            plain(tmp_path / "photos" / f"{name}{n}.png", colour)
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    yield opened
    opened.close()


@pytest.fixture
def reds(tmp_path: Path) -> tuple[Path, Path]:
    """A network of two tags, one of its own and one of the vocabulary, that says how red a photo is."""
    folder = tmp_path / "reds"
    model = cards.redness(folder)
    (folder / "card.toml").write_text(cards.card_text(labels=("crimson wall", "sunset")))
    return model, folder / "card.toml"


def ids(library: Library, name: str) -> list[int]:
    return [
        photo.id
        for n in range(8)
        if (photo := library.photo_at(library.roots()[0].path / f"{name}{n}.png")) is not None
    ]


def suggested(library: Library, photo: int) -> dict[str, dict[str, float]]:
    return {each.tag: each.reasons for each in library.suggested([photo])}


def test_taking_in_copies_and_changes_nothing_else(library: Library, reds: tuple[Path, Path]) -> None:
    before = [each.read_bytes() for each in reds]
    jobs.run(library.annotate())
    info = library.networks.add(*reds)
    assert (info.name, info.kind, info.tags, info.in_use, info.licence) == (
        "reds",
        "tagger",
        4,
        False,
        "CC0-1.0",
    )
    assert [each.read_bytes() for each in reds] == before
    copied = library.paths.networks / "reds"
    assert (copied / "model.onnx").read_bytes() == before[0]
    assert library.waiting().annotate == 0
    for file in reds:
        file.unlink()
    listed = library.networks.all()
    assert [(each.name, each.in_use) for each in listed] == [("everyday", True), ("reds", False)]
    assert all(each.provider.endswith("ExecutionProvider") and not each.problem for each in listed)


def test_a_network_in_use_makes_its_own_tags_suggestable(library: Library, reds: tuple[Path, Path]) -> None:
    jobs.run(library.annotate())
    red, blue = ids(library, "red")[7], ids(library, "blue")[0]
    library.networks.add(*reds)
    library.reject("sunset", [red])
    assert library.networks.use(["reds"]).text == "everyday speaks with reds"
    assert library.waiting().annotate == 16
    assert jobs.run(library.annotate()).annotated == 16
    assert suggested(library, red)["crimson wall"] == {"reds": pytest.approx(0.9 * 206 / 255, abs=0.01)}
    assert "crimson wall" not in suggested(library, blue)
    assert library.rejected([red]) == {"sunset": 1}
    assert not library.networks.use(["reds"]).what
    assert library.networks.use(["everyday"]).text == "everyday speaks alone"
    assert library.waiting().annotate == 16
    jobs.run(library.annotate())
    assert "crimson wall" not in suggested(library, red)
    assert library.rejected([red]) == {"sunset": 1}


def test_its_word_counts_when_decisions_show_that_it_helps(library: Library, reds: tuple[Path, Path]) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    red, blue = ids(library, "red"), ids(library, "blue")
    jobs.run(library.learn())
    assert "sunset" not in suggested(
        library, red[7]
    )  # the shipped network does not see one, and it alone counts
    library.accept("sunset", red[:5])
    library.reject("sunset", blue[:5])
    jobs.run(library.learn())
    reasons = suggested(library, red[7])["sunset"]
    assert reasons["reds"] == pytest.approx(0.73, abs=0.02)
    assert {"network", "your decisions"} <= set(reasons)
    assert "sunset" not in suggested(library, blue[7])


def test_a_tag_of_an_added_network_alone_is_told_as_its_word_after_learning_too(
    library: Library, reds: tuple[Path, Path]
) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    red, blue = ids(library, "red"), ids(library, "blue")
    before = suggested(library, red[7])["crimson wall"]
    library.accept("crimson wall", red[:3])
    library.reject("crimson wall", red[3:5])
    jobs.run(library.learn())
    after = suggested(library, red[7])["crimson wall"]
    assert "network" not in after and after["reds"] == pytest.approx(before["reds"], abs=0.002)
    assert "your decisions" in after
    for photo in (red[7], red[0], blue[0]):  # suggested, decided, neither
        told = {one.name for one in library.evidence.why(photo, "crimson wall").witnesses}
        assert "network" not in told and "reds" in told


def test_the_shipped_networks_own_word_is_told_where_another_has_a_share(
    library: Library, reds: tuple[Path, Path]
) -> None:
    reds[1].write_text(reds[1].read_text().replace('kind = "tagger"', 'kind = "tagger"\nweight = 0.5'))
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    red = ids(library, "red")
    shipped = library.networks.annotator().see(library.picture(red[7])).shipped
    assert shipped is not None
    own = float(shipped[library.annotator().labels.index("sunset")])
    library.accept("sunset", red[:5])
    library.reject("sunset", ids(library, "blue")[:5])
    jobs.run(library.learn())
    told = suggested(library, red[7])["sunset"]
    assert told["network"] == pytest.approx(own, abs=0.01)
    assert told["reds"] == pytest.approx(0.73, abs=0.02)
    library.accept("sunset", [red[7]])
    decided = {one.name: one.score for one in library.evidence.why(red[7], "sunset").witnesses}
    # Of a fused concept the network's head is told as one modality, which is near its whole word; both with the other
    # network's would be 0.18.
    assert decided["network"] == pytest.approx(own, abs=0.04)
    assert decided["reds"] == pytest.approx(0.73, abs=0.02)


def test_a_weight_is_given_for_proof_only() -> None:
    truth = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    says = np.where(truth > 0, 2.0, -2.0)
    wrong = np.where(truth > 0, -1.0, 1.0)
    assert weigh(wrong, says, truth) == 1.0
    assert weigh(says, wrong, truth) == 0.0
    assert weigh(says[:1] * 0, says[:1], truth[:1]) == 0.0
    assert weigh(wrong, np.full(8, np.nan), truth) == 0.0


def test_networks_are_compared_before_anything_is_switched(library: Library, reds: tuple[Path, Path]) -> None:
    jobs.run(library.annotate())
    library.networks.add(*reds)
    library.accept("sunset", ids(library, "red"))
    library.reject("sunset", ids(library, "blue"))
    library.reject("zebra", ids(library, "blue")[:2])
    shipped, own = jobs.run(library.networks.evaluate())
    assert (shipped.name, own.name) == ("everyday", "reds")
    assert (own.decisions, own.decided, own.accepted, own.photos) == (16, 18, 8, 16)
    assert own.ap == 1.0 and own.precision == own.recall == 1.0
    assert shipped.ap is not None and own.shipped_ap is not None and own.shipped_ap < 1
    assert shipped.photos_per_second and own.photos_per_second and own.provider
    assert library.waiting().annotate == 0
    assert [each.name for each in jobs.run(library.networks.evaluate(["reds"]))] == ["reds"]
    with pytest.raises(UsageError, match="no network named blues"):
        jobs.run(library.networks.evaluate(["blues"]))


def test_a_renamed_tag_keeps_the_networks_that_know_it(library: Library, reds: tuple[Path, Path]) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    red, blue = ids(library, "red"), ids(library, "blue")
    library.accept("sunset", red[:5])
    library.reject("sunset", blue[:5])
    library.housekeeping.rename("sunset", "Abendrot")
    jobs.run(library.learn())
    reasons = suggested(library, red[7])["Abendrot"]
    assert reasons["reds"] == pytest.approx(0.73, abs=0.02)
    spoke = {one.name: one.score for one in library.evidence.why(red[0], "Abendrot").witnesses}
    assert spoke["reds"] == pytest.approx(0.9 * 150 / 255, abs=0.01)
    shipped, own = jobs.run(library.networks.evaluate())
    assert (shipped.decisions, own.decisions, own.ap) == (10, 10, 1.0)


def test_words_of_a_network_that_were_merged_speak_as_one(library: Library, reds: tuple[Path, Path]) -> None:
    jobs.run(library.annotate())
    library.networks.add(*reds)
    library.accept("sunset", ids(library, "red"))
    library.reject("sunset", ids(library, "blue"))
    (before,) = jobs.run(library.networks.evaluate(["reds"]))
    library.housekeeping.merge("sunset", "crimson wall")
    (both,) = jobs.run(library.networks.evaluate(["reds"]))
    assert (before.decisions, before.ap, before.recall) == (16, 1.0, 1.0)
    assert (both.decisions, both.ap, both.recall) == (16, 1.0, 1.0)


def test_comparing_without_decisions_says_nothing(library: Library) -> None:
    (only,) = jobs.run(library.networks.evaluate())
    assert (only.decided, only.ap, only.precision, only.recall) == (0, None, None, None)


def test_equal_scores_prove_nothing() -> None:
    truth = np.array([True, False, True, False])
    assert average_precision(np.zeros(4, np.float32), truth) == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert average_precision(np.array([4, 1, 3, 2], np.float32), truth) == 1.0
    assert average_precision(np.zeros(4, np.float32), ~truth & truth) is None


def test_what_is_refused_leaves_nothing_behind(
    library: Library, reds: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="no number"):
        library.networks.add(cards.nothing_but_nan(tmp_path / "nan"), reds[1])
    with pytest.raises(ModelError, match="outside its folder"):
        library.networks.add(cards.outside(tmp_path / "far", "/etc/hostname"), reds[1])
    garbled = cards.redness(tmp_path / "garbled")
    garbled.write_bytes(garbled.read_bytes().replace(b"MatMul", b"MatMal"))
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        library.networks.add(garbled, reds[1])
    assert str(garbled) in str(caught.value) and ".part" not in str(caught.value)
    assert [each.name for each in library.networks.all()] == ["everyday"]
    assert not library.paths.networks.exists() or not list(library.paths.networks.iterdir())
    library.networks.add(*reds)
    with pytest.raises(UsageError, match="already"):
        library.networks.add(*reds)


def test_data_beside_the_network_comes_along(
    library: Library, reds: tuple[Path, Path], tmp_path: Path
) -> None:
    model = cards.outside(tmp_path / "near", "parts/near.bin")
    (tmp_path / "near" / "parts").mkdir()
    (tmp_path / "near" / "parts" / "near.bin").write_bytes(np.array([0.25, 0.75], np.float32).tobytes())
    library.networks.add(model, reds[1])
    assert (library.paths.networks / "reds" / "parts" / "near.bin").is_file()
    library.networks.use(["reds"])
    jobs.run(library.annotate(limit=1))
    assert library.networks.annotator().labels[-1] == "crimson wall"


def test_a_network_that_was_tampered_with_does_not_speak(library: Library, reds: tuple[Path, Path]) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    (library.paths.networks / "reds" / "model.onnx").write_bytes(b"else")
    assert "not the file that was tried" in library.networks.all()[1].problem
    with pytest.raises(ModelError, match="not the file that was tried"):
        library.annotator()
    assert library.model_problem
    library.networks.remove("reds")
    assert library.annotator().helpers == ()


def test_taking_out_deletes_the_copy(library: Library, reds: tuple[Path, Path]) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    library.networks.remove("reds")
    assert not (library.paths.networks / "reds").exists()
    assert library.waiting().annotate == 16
    assert json.loads((library.paths.networks / "used.json").read_text()) == []
    with pytest.raises(UsageError, match="ships"):
        library.networks.remove("everyday")


def test_a_guest_changes_no_networks(library: Library, reds: tuple[Path, Path]) -> None:
    guest = Library.open(library.paths, read_only=True)
    for act in (
        lambda: guest.networks.add(*reds),
        lambda: guest.networks.use([]),
        lambda: guest.networks.remove("x"),
    ):
        with pytest.raises(ReadOnly):
            act()
    guest.close()


@pytest.mark.parametrize(
    "name", ["context", "Network", "neighbours", "narrower", "used.json", "used.json.part"]
)
def test_a_network_is_not_called_what_the_program_calls_something_else(
    library: Library, reds: tuple[Path, Path], name: str
) -> None:
    reds[1].write_text(cards.card_text(name))
    with pytest.raises(UsageError, match="photomgr itself uses the name"):
        library.networks.add(*reds)
    assert [each.name for each in library.networks.all()] == ["everyday"]
    assert library.networks.use(["everyday"]).what is What.NOTHING


def test_whoever_speaks_for_a_suggestion_keeps_the_name_for_itself(library: Library) -> None:
    jobs.run(library.annotate())
    red, blue = ids(library, "red"), ids(library, "blue")
    library.accept("my own thing", red[:6])
    library.reject("my own thing", blue[:6])
    jobs.run(library.learn())
    open_ones = [*red[6:], *blue[6:]]
    spoke = {
        name for photo in open_ones for reasons in suggested(library, photo).values() for name in reasons
    }
    spoke |= {one.name for photo in open_ones for one in library.evidence.why(photo, "sky").witnesses}
    assert {"network", "your decisions", "neighbours"} <= spoke
    assert spoke | set(library.annotator().model.modalities) <= WITNESSES


def test_a_damaged_network_is_compared_as_such_and_stops_no_other(
    library: Library, reds: tuple[Path, Path]
) -> None:
    jobs.run(library.annotate())
    library.networks.add(*reds)
    reds[1].write_text(cards.card_text("blues", labels=("crimson wall", "sunset")))
    library.networks.add(*reds)
    library.accept("sunset", ids(library, "red"))
    with (library.paths.networks / "blues" / "model.onnx").open("ab") as stream:
        stream.write(b"x")
    shipped, damaged, sound = jobs.run(library.networks.evaluate())
    assert (shipped.name, damaged.name, sound.name) == ("everyday", "blues", "reds")
    assert "not the file that was tried" in damaged.problem
    assert (damaged.decided, damaged.decisions, damaged.ap) == (8, 0, None)
    assert sound.ap == 1.0 and not sound.problem and not shipped.problem


def test_photos_that_the_embedding_cannot_take_stop_no_other(library: Library, tmp_path: Path) -> None:
    redder = [plain(tmp_path / "photos" / f"redder{n}.png", (210 + 8 * n, 10, 20)) for n in range(3)]
    jobs.run(library.scan())
    (tmp_path / "card.toml").write_text(cards.embedding_text())
    library.networks.add(cards.blind_to_red(tmp_path / "alike"), tmp_path / "card.toml")
    library.networks.use(["alike"])
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining) == (14, 5, 5)
    names = {Path(path).name for path, reason in done.problems if "alike failed here" in reason}
    assert names == {"red6.png", "red7.png", *(each.name for each in redder)}
    assert {photo.path.name for photo in library.photos(done.refused)} == names
    assert all(photo.problem is None for photo in library.photos(done.refused))
    model, waiting = library.annotator().model_hash, library.catalog.annotations
    assert {each.id for each in waiting.waiting(model)} == set(done.refused)
    assert waiting.still_waiting(model, done.refused) == frozenset()  # nobody waits for them
    plain(tmp_path / "photos" / "green.png", (10, 200, 20))
    jobs.run(library.scan())
    done = jobs.run(library.annotate(limit=1))  # what was refused before comes last
    assert (done.annotated, done.failed, done.remaining) == (1, 0, 5)
    done = jobs.run(library.annotate())
    assert (done.annotated, done.failed, done.remaining) == (0, 5, 5)
    library.networks.use(["everyday"])
    assert jobs.run(library.annotate()).annotated == 20


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")
def test_a_detector_gives_its_boxes_and_an_embedding_the_likeness(tmp_path: Path) -> None:
    sample("coffee", tmp_path / "photos" / "cup.jpg")
    library = Library.open(Paths.under(tmp_path / "base"))
    library.add_root(tmp_path / "photos")
    jobs.run(library.scan())
    library.networks.add(*cards.teacher(tmp_path, "yolox_nano"))
    model, card = cards.teacher(tmp_path, "mobilenet_v2")
    card.write_text(cards.as_embedding(card.read_text()))
    library.networks.add(model, card)
    library.networks.use(["yolox", "mobilenet"])
    jobs.run(library.annotate())
    photo = library.photo_at(tmp_path / "photos" / "cup.jpg")
    assert photo is not None
    annotator = library.annotator()
    detector = annotator.helpers[0]
    boxes = library.catalog.opinions.boxes(detector.hash, photo.id)
    assert detector.tags[boxes[0][0]] == "cup"
    sighting = annotator.sight(library.picture(photo.id, 384))
    assert sighting.box("cup") == pytest.approx(boxes[0][2], abs=0.02)
    stored = library.catalog.learning.of_photos(annotator.model_hash, len(annotator.labels), [photo.id])
    assert stored.embeddings.shape == (1, 1280)
    library.close()


def test_who_speaks_is_undone_and_redone_like_a_decision(library: Library, reds: tuple[Path, Path]) -> None:
    library.networks.add(*reds)
    change = library.networks.use(["reds"])
    assert change.action is not None and change.what & What.NETWORKS
    assert library.undo_text() == "everyday speaks with reds"
    assert library.undo() is not None and [each.in_use for each in library.networks.all()] == [True, False]
    assert library.redo() is not None and [each.in_use for each in library.networks.all()] == [True, True]
    library.networks.remove("reds")  # for good: what is gone cannot speak again
    assert library.undo() is not None and library.redo() is not None
    assert [each.name for each in library.networks.all()] == ["everyday"]
    assert not library.networks.add(*reds).in_use
    assert [each.in_use for each in library.networks.all()] == [True, False]


def test_the_catalog_says_who_speaks_after_a_crash_between_the_two(
    library: Library, reds: tuple[Path, Path]
) -> None:
    library.networks.add(*reds)
    library.networks.use(["reds"])
    (library.paths.networks / "used.json").write_text("[]")
    paths = library.paths
    library.close()
    again = Library.open(paths)
    assert [each.in_use for each in again.networks.all()] == [True, True]
    again.close()


def test_decided_photos_are_found_by_the_network_that_suggested_the_tag(
    library: Library, reds: tuple[Path, Path]
) -> None:
    red, blue = ids(library, "red")[7], ids(library, "blue")[0]
    jobs.run(library.annotate())
    tag = next(iter(suggested(library, blue)))
    library.accept(tag, [blue])
    model = reds[1].read_text().replace('kind = "tagger"', 'kind = "tagger"\nversion = "2.5"')
    reds[1].write_text(model)
    library.networks.add(*reds)
    library.networks.use(["reds"])
    jobs.run(library.annotate())
    library.accept("crimson wall", [red])
    jobs.run(library.index())

    def found(query: str) -> list[int]:
        return [int(each) for each in library.find(query).ids]

    assert found("model:reds") == found('model:"reds 2.5"') == [red] and found('model:"reds 2.6"') == []
    assert found("model:everyday") == [blue]
    version = library.annotator().model.version
    assert found(f'model:"everyday {version}"') == [blue] and found('model:"everyday 0.0"') == []
    assert found(f"model:{library.annotator().model_hash[:8]}") == [red]


def test_a_card_may_name_the_file_that_it_is_about(library: Library, reds: tuple[Path, Path]) -> None:
    text = reds[1].read_text()
    reds[1].write_text(text.replace("licence =", f'sha256 = "{"0" * 64}"\nlicence ='))
    with pytest.raises(ModelError, match="is not the file that the card"):
        library.networks.add(*reds)
    right = hashlib.sha256(reds[0].read_bytes()).hexdigest()
    reds[1].write_text(text.replace("licence =", f'sha256 = "{right.upper()}"\nlicence ='))
    assert library.networks.add(*reds).name == "reds"


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")
def test_what_a_detector_saw_has_its_box_as_every_broader_tag(library: Library, tmp_path: Path) -> None:
    model, card = cards.teacher(tmp_path / "card", "yolox_nano")
    card.write_text(
        card.read_text() + '"cup" = "sports car"\n'
    )  # what the sample shows, as a tag with broader ones
    cup = sample("coffee", tmp_path / "photos" / "cup.jpg")
    jobs.run(library.scan())
    library.networks.add(model, card)
    library.networks.use(["yolox"])
    jobs.run(library.annotate())
    photo = library.photo_at(cup)
    assert photo is not None
    exact, broader = (library.evidence.why(photo.id, tag) for tag in ("sports car", "vehicle"))
    assert exact.boxed_by == broader.boxed_by == "yolox" and exact.box == broader.box
    seen = library.annotator().sight(library.picture(photo.id))
    assert seen.box("sports car") == seen.box("vehicle") == pytest.approx(exact.box, abs=0.05)


def test_words_find_photos_also_in_company(library: Library, reds: tuple[Path, Path], tmp_path: Path) -> None:
    jobs.run(library.annotate())
    alone = library.words.by_word("mountainside")
    library.networks.add(*reds)
    library.networks.use(["reds"])
    assert library.words.by_word("mountainside") == []  # nobody has seen a photo yet
    jobs.run(library.annotate())
    assert [photo for photo, _ in library.words.by_word("mountainside")] == [photo for photo, _ in alone]
    assert len(alone) == 16 and len(library.words.related("beach")) == 2
    card = reds[1].read_text().replace('"reds"', '"likeness"').replace('"tagger"', '"embedding"')
    reds[1].write_text(card.replace('scores = "scores"', 'embedding = "scores"').partition("[labels]")[0])
    library.networks.add(cards.redness(tmp_path / "likeness", 16), reds[1])
    library.networks.use(["likeness"])
    with pytest.raises(ModelError, match="a network of your own says what looks alike"):
        library.words.by_word("mountainside")
    assert len(library.words.related("beach")) == 2


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")
def test_photos_that_look_alike_to_another_network_are_shown_as_reasons_and_others_not(
    library: Library, tmp_path: Path
) -> None:
    for name in ("chelsea", "coffee", "rocket", "astronaut"):
        sample(name, tmp_path / "photos" / f"{name}.jpg")
    jobs.run(library.scan())
    model, card = cards.teacher(tmp_path / "card", "object_labeler")
    card.write_text(cards.as_embedding(card.read_text()))
    library.networks.add(model, card)
    library.networks.use(["labeler"])
    jobs.run(library.annotate())
    reds, blues = ids(library, "red"), ids(library, "blue")
    library.tag("wall", [reds[1], reds[2], blues[1]])
    near = library.evidence.why(reds[0], "wall").near
    assert {reds[1], reds[2]} <= {photo for photo, _ in near}
    other = library.photo_at(tmp_path / "photos" / "chelsea.jpg")
    assert other is not None and library.evidence.why(other.id, "wall").near == ()
