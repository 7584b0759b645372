"""Networks that a person adds: cards, the teachers as they come, and files that mean harm."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from PIL import Image
from skimage import data

from photomgr.annotate import boxes, wire
from photomgr.annotate.annotator import Annotator
from photomgr.annotate.card import KEYS, Card
from photomgr.annotate.card import LARGEST as LARGEST_CARD
from photomgr.annotate.company import UNTRIED, Company
from photomgr.annotate.foreign import SECONDS as PHOTO_SECONDS
from photomgr.annotate.foreign import ForeignNetwork
from photomgr.annotate.learner import logit
from photomgr.annotate.probe import LARGEST, MEGABYTES, SECONDS, inspect, probe
from photomgr.annotate.runtime import open_session
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.assets import resources_dir
from photomgr.core.catalog.learning import SURE
from photomgr.core.errors import ModelError, PhotoRefused
from tests.annotate import cards
from tests.photos import SHARED

VOCABULARY = Vocabulary.load()
CAT = Image.fromarray(data.chelsea())
CUP = Image.fromarray(data.coffee())

needs_shared = pytest.mark.skipif(not (SHARED / "models").is_dir(), reason=f"{SHARED} is not there")


def network(folder: Path, name: str) -> ForeignNetwork:
    model, card = cards.teacher(folder, name)
    return ForeignNetwork.load(model, Card.load(card), VOCABULARY)


def best(found: ForeignNetwork, image: Image.Image, count: int = 5) -> list[str]:
    scores = found.look(image).scores
    return [found.tags[column] for column in np.argsort(-scores)[:count]]


@needs_shared
@pytest.mark.parametrize("name", ["mobilenet_edgetpu", "mobilenet_v2"])
def test_an_imagenet_network_tags_as_its_card_says(tmp_path: Path, name: str) -> None:
    found = network(tmp_path, name)
    assert len(found.card.labels) == 1001 and "background" not in found.tags
    assert "cat" in best(found, CAT) or "Egyptian cat" in best(found, CAT)
    assert {"cup", "coffee"} & set(best(found, CUP))
    opinion = found.look(CAT)
    assert opinion.embedding is not None and opinion.embedding.shape == (1280,)
    assert float(np.linalg.norm(opinion.embedding)) == pytest.approx(1, abs=1e-3)
    assert opinion.scores.shape == found.thresholds.shape == (len(found.tags),)


@needs_shared
def test_the_labeler_speaks_in_the_tags_of_the_vocabulary(tmp_path: Path) -> None:
    found = network(tmp_path, "object_labeler")
    assert len(found.card.labels) == 631
    known = [tag for tag in found.tags if VOCABULARY.resolve(tag) == tag]
    assert len(known) > 100
    assert "cat" in best(found, CAT)


@needs_shared
def test_the_detector_gives_boxes_as_shares_of_the_picture(tmp_path: Path) -> None:
    found = network(tmp_path, "yolox_nano")
    assert "ball" in found.tags and "sports ball" not in found.tags
    opinion = found.look(CUP)
    assert found.tags[opinion.boxes[0].column] == "cup"
    x, y, w, h = opinion.boxes[0].place
    assert (x + w / 2, y + h / 2) == (pytest.approx(0.5, abs=0.1), pytest.approx(0.45, abs=0.1))
    assert 0.2 < w * h < 0.4
    assert opinion.scores[found.tags.index("cup")] > opinion.boxes[0].score  # lifted by the calibration


@needs_shared
def test_a_padded_photo_has_its_boxes_where_they_are(tmp_path: Path) -> None:
    """A wide photo's boxes are shares of the photo, not of the square that the detector looked at."""
    found = network(tmp_path, "yolox_nano")
    wide = Image.new("RGB", (1200, 400), (90, 120, 90))
    wide.paste(CUP.resize((400, 267)), (780, 60))
    cups = [box for box in found.look(wide).boxes if found.tags[box.column] == "cup"]
    x, y, w, h = cups[0].place
    assert (x + w / 2, y + h / 2) == (pytest.approx(980 / 1200, abs=0.05), pytest.approx(180 / 400, abs=0.1))
    assert x + w <= 1 and y + h <= 1


def test_boxes_beside_the_photo_are_left_out() -> None:
    inside, across, beside = (boxes.Box(0, 0.9, x, 0.1, 0.2, 0.2) for x in (0.1, 0.4, 0.6))
    kept = boxes.within((inside, across, beside), 0.5, 1.0)
    assert [each.place for each in kept] == [
        (pytest.approx(0.2), pytest.approx(0.1), pytest.approx(0.4), pytest.approx(0.2)),
        (pytest.approx(0.8), pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.2)),
    ]


@needs_shared
def test_classes_of_pixels_become_shares(tmp_path: Path) -> None:
    found = network(tmp_path, "deeplab_ade20k")
    scores = found.look(CUP).scores
    assert len(scores) == len(cards.SCENES) - 1
    assert 0 <= float(scores.sum()) <= 1


@needs_shared
@pytest.mark.parametrize("name", cards.TEACHERS)
def test_a_teacher_passes_the_probe(tmp_path: Path, name: str) -> None:
    model, card = cards.teacher(tmp_path, name)
    assert inspect(model) == []
    proof = probe(model, card)
    assert proof.provider.endswith("ExecutionProvider")
    assert 0 < proof.seconds < 10
    assert proof.embedding == (0 if name in ("yolox_nano", "deeplab_ade20k") else 1280)


def made(folder: Path, text: str) -> Card:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.toml").write_text(text)
    return Card.load(folder / "card.toml")


def test_labels_lead_to_tags(tmp_path: Path) -> None:
    text = cards.card_text(labels=("Doggy", "kitty", "Doggy two", "nothing", "zzyx"))
    text += '[tags]\nkitty = "cat"\nnothing = ""\n"Doggy two" = "dog"\nDoggy = "Dog"\n'
    text += "[thresholds]\ndefault = 0.7\nDoggy = 0.4\n"
    found = ForeignNetwork.load(cards.redness(tmp_path, 5), made(tmp_path, text), VOCABULARY)
    assert found.tags == ("dog", "cat", "zzyx", "animal", "pet") and found.card.weight == 0
    assert found.thresholds.tolist() == pytest.approx([0.4, 0.7, 0.7, 0.7, 0.7])
    assert found.look(Image.new("RGB", (64, 64), (255, 0, 0))).scores.tolist() == pytest.approx([0.9] * 5)


@needs_shared
def test_who_knows_breeds_knows_what_a_dog_is(tmp_path: Path) -> None:
    """Classes that exclude each other share out one whole: what they are together is their sum."""
    found = network(tmp_path, "mobilenet_edgetpu")
    said = dict(zip(found.tags, found.look(CAT).scores.tolist(), strict=True))
    assert said["cat"] == pytest.approx(
        sum(said[kind] for kind in ("Egyptian cat", "tiger cat", "tabby")), abs=0.02
    )
    assert said["animal"] >= said["cat"] > 0.9 > 0.1 > said["dog"]
    assert not {"cat", "dog"} & set(found.card.labels)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ('activation = "sigmoid"', "best"), ("", "best"), ("exclusive = true", "sum"),
        ('activation = "softmax"', "sum"), ('activation = "softmax"\nexclusive = false', "best"),
    ],
)  # fmt: skip
def test_labels_of_one_tag_add_up_where_they_exclude_each_other(
    tmp_path: Path, more: str, wanted: str
) -> None:
    """By the card and not by what a photo's scores happen to add up to."""
    text = cards.card_text(labels=("poodle", "corgi", "zzyx"), more=more)
    card = made(tmp_path, text + '[tags]\npoodle = "dog"\ncorgi = "dog"\n')
    found = ForeignNetwork.load(cards.redness(tmp_path, 3), card, VOCABULARY)
    for red in (0, 94, 142, 255):  # all three say the same; with 94 they happen to add up to one
        said = dict(zip(found.tags, found.look(Image.new("RGB", (64, 64), (red, 0, 0))).scores, strict=True))
        assert said["dog"] == pytest.approx(min(1.0, said["zzyx"] * (2 if wanted == "sum" else 1)), abs=1e-5)


def test_channels_layout_and_scale_are_the_cards(tmp_path: Path) -> None:
    path = cards.redness(tmp_path)
    red = Image.new("RGB", (50, 40), (255, 0, 0))
    as_is = ForeignNetwork.load(path, made(tmp_path, cards.card_text()), VOCABULARY)
    assert as_is.look(red).scores.tolist() == pytest.approx([0.9, 0.9])
    swapped = cards.card_text().replace("size = 32", 'size = 32\nchannels = "BGR"')
    assert ForeignNetwork.load(path, made(tmp_path, swapped), VOCABULARY).look(red).scores.max() == 0
    halved = cards.card_text().replace("range = [0, 1]", "mean = 0\nstd = [510, 510, 510]")
    found = ForeignNetwork.load(path, made(tmp_path, halved), VOCABULARY)
    assert found.look(red).scores.tolist() == pytest.approx([0.45, 0.45])
    calibrated = cards.card_text() + "[calibration]\nslope = 0\nbias = 0\n"
    found = ForeignNetwork.load(path, made(tmp_path, calibrated), VOCABULARY)
    assert found.look(red).scores.tolist() == pytest.approx([0.5, 0.5])
    assert len({as_is.hash, found.hash}) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[network]", "[netork]"), "no table named netork"),
        (('"tagger"', '"oracle"'), "network.kind is one of"),
        (('name = "reds"', 'name = "../reds"'), "network.name"),
        (("size = 32", "size = 0"), "input.size"),
        (("size = 32", 'size = 32\nfit = "crop"'), "input.fit is one of squash, pad"),
        (("size = 32", "size = 32\nfill = 300"), "input.fill"),
        (("range = [0, 1]", "range = [1, 0]"), "input.range"),
        (("range = [0, 1]", "std = [1, 0, 1]"), "input.std"),
        (('scores = "scores"', ""), "output.scores is missing"),
        (('scores = "scores"', 'scores = "scores"\nactivation = "relu"'), "output.activation"),
        (('scores = "scores"', 'scores = "scores"\nexclusive = 1'), "output.exclusive"),
        (('scores = "scores"', 'scores = "scores"\ncolour = 1'), "output has no key colour"),
        (('list = ["crimson", "rust"]', ""), "either a list or a file"),
        (('list = ["crimson", "rust"]', 'file = "../secret.txt"'), "beside the card"),
        (('list = ["crimson", "rust"]', 'file = "/etc/passwd"'), "beside the card"),
        (('list = ["crimson", "rust"]', 'file = "none.txt"'), "cannot be read"),
        (('licence = "CC0-1.0"', ""), "network.licence is missing"),
        (("[labels]", '[tags]\nblue = "sky"\n[labels]'), "'blue'"),
        (("[labels]", '[tags]\nrust = ["sky", "sea"]\n[labels]'), "tags.rust"),
        (("[labels]", "[thresholds]\nrust = 2\n[labels]"), "thresholds.rust"),
        (("[network]", "[network"), "is no TOML"),
    ],
)
def test_a_wrong_card_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = cards.card_text()
    assert change[0] in text
    with pytest.raises(ModelError) as caught:
        made(tmp_path, text.replace(*change))
    assert says in str(caught.value)


@pytest.mark.parametrize("opening", ["name = " + "[" * 20_000, "name = " + "{a=" * 20_000])
def test_a_card_nested_without_end_is_refused(tmp_path: Path, opening: str) -> None:
    with pytest.raises(
        ModelError, match=r"(nested too deeply|is no TOML)"
    ):  # newer Pythons count by themselves
        made(tmp_path, opening)


def test_a_card_without_end_is_not_read(tmp_path: Path) -> None:
    assert made(tmp_path, cards.card_text().ljust(LARGEST_CARD, "\n")).name == "reds"
    with pytest.raises(ModelError, match="too large: at most 1 MiB"):
        made(tmp_path, cards.card_text().ljust(LARGEST_CARD + 1, "\n"))


def test_the_mark_of_an_editor_is_no_part_of_card_and_labels(tmp_path: Path) -> None:
    """Windows' own editor puts one before a text in UTF-8, and ends lines in its own way."""
    (tmp_path / "names.txt").write_bytes("\ufeffcrimson\r\nrust\r\n".encode())
    text = cards.card_text().replace('list = ["crimson", "rust"]', 'file = "names.txt"')
    (tmp_path / "card.toml").write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
    assert Card.load(tmp_path / "card.toml").labels == ("crimson", "rust")


def refused(folder: Path, model: Path, card: str = "", **limits: float) -> str:
    """Why the probe refuses a network."""
    made(folder, card or cards.card_text())
    with pytest.raises(ModelError) as caught:
        probe(model, folder / "card.toml", **limits)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_small_network_passes(tmp_path: Path) -> None:
    made(tmp_path, cards.card_text())
    assert probe(cards.redness(tmp_path), tmp_path / "card.toml").embedding == 0


def test_what_does_not_fit_the_card_is_refused(tmp_path: Path) -> None:
    model = cards.redness(tmp_path, 3)
    assert "3 scores" in refused(tmp_path, model) and "2 labels" in refused(tmp_path, model)
    missing = cards.card_text().replace('scores = "scores"', 'scores = "logits"')
    assert "no output 'logits'" in refused(tmp_path, model, missing)
    other_input = cards.card_text().replace("size = 32", 'size = 32\nname = "pixels"')
    assert "'pixels'" in refused(tmp_path, model, other_input)
    assert "could not be run" in refused(tmp_path, model, cards.card_text().replace("size = 32", "size = 64"))
    assert "rows of 7" in refused(tmp_path, model, cards.card_text(kind="detector"))
    raw = cards.card_text(labels=("a", "b", "c")).replace("[0, 1]", "[0, 255]")
    assert "between 0 and 1" in refused(tmp_path, model, raw)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    assert "no number" in refused(tmp_path, cards.nothing_but_nan(tmp_path))


def test_outputs_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    assert "output scores holds no numbers" in refused(tmp_path, cards.words(tmp_path))
    assert "output scores is no array" in refused(tmp_path, cards.a_list(tmp_path))


def test_one_long_step_counts_as_too_long(tmp_path: Path) -> None:
    """onnxruntime stops between two nodes only."""
    session = open_session(cards.one_long_step(tmp_path), seconds=0.02)
    with pytest.raises(ModelError, match="was stopped"):
        session.run({"image": np.zeros((1, 3, 32, 32), np.float32)})


def test_an_endless_loop_is_cut(tmp_path: Path) -> None:
    assert "did not come to an end within 4 seconds" in refused(tmp_path, cards.endless(tmp_path), seconds=4)


def test_a_running_network_is_stopped_too(tmp_path: Path) -> None:
    session = open_session(cards.endless(tmp_path), seconds=0.5)
    with pytest.raises(ModelError, match="was stopped"):
        session.run({"image": np.zeros((1, 3, 32, 32), np.float32)})


def test_greed_for_memory_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, cards.greedy(tmp_path), megabytes=2048, seconds=20)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("location", ["/etc/hostname", "../secret.bin", "a/../../secret.bin", "C:\\x", ""])
def test_data_outside_the_folder_is_refused_unopened(tmp_path: Path, location: str, nested: bool) -> None:
    (tmp_path / "secret.bin").write_bytes(b"\0" * 8)
    model = cards.outside(tmp_path / "inner", location, inside_a_branch=nested)
    assert wire.read(model).external == {location}
    with pytest.raises(ModelError, match="outside its folder"):
        inspect(model)


def test_data_behind_a_link_is_outside_too(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(b"\0" * 8)
    model = cards.outside(tmp_path / "inner", "near.bin")
    (tmp_path / "inner" / "near.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(ModelError, match="outside its folder"):
        inspect(model)


def test_data_beside_the_network_is_found(tmp_path: Path) -> None:
    model = cards.outside(tmp_path, "near.bin")
    with pytest.raises(ModelError, match="no file"):
        inspect(model)
    (tmp_path / "near.bin").write_bytes(np.array([0.25, 0.75], np.float32).tobytes())
    assert inspect(model) == [tmp_path / "near.bin"]


@pytest.mark.parametrize(
    "content",
    [b"", b"not a network at all", b"\x08\x09", b"\x3a\xff\xff\xff\xff\x0f", b"\x00" * 64, b"\xff" * 64],
)
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is no ONNX file"):
        inspect(path)


def test_a_cut_off_network_is_refused(tmp_path: Path) -> None:
    path = cards.redness(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelError, match="is no ONNX file"):
        inspect(path)


def test_a_huge_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(ModelError, match="too large"):
        inspect(path)


def test_operators_from_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"com\.evil"):
        inspect(cards.strange_operator(tmp_path))


def test_doubles_are_dropped_and_rows_decoded() -> None:
    rows = np.zeros((boxes.anchors(32, 32, (8, 16)), 7), np.float32)
    assert len(rows) == 20
    rows[5, 4:] = 1, 0.9, 0.1  # the second cell of the second row of the finer grid
    rows[6, 4:] = 1, 0.8, 0.1
    rows[6, 0] = -1  # the same place from the neighbouring cell
    rows[19, 4:] = 1, 0, 0.7
    found = boxes.boxes(boxes.decode(rows, 32, 32, (8, 16)), 32, 32, least=0.3, overlap=0.5)
    assert [(box.column, round(box.score, 2)) for box in found] == [(0, 0.9), (1, 0.7)]
    assert found[0].place == pytest.approx((0.125, 0.125, 0.25, 0.25))
    assert found[1].place == pytest.approx((0.25, 0.25, 0.5, 0.5))
    assert boxes.presence(rows).tolist() == pytest.approx([0.9, 0.7])


def test_the_page_describes_every_key(tmp_path: Path) -> None:
    page = (resources_dir() / "reference" / "cards.md").read_text("utf-8")
    for table, keys in KEYS.items():
        for key in keys:
            assert f"`{table}.{key}`" in page, f"{table}.{key}"
    for limit in (
        f"{LARGEST >> 20:,} MiB",
        f"{MEGABYTES:,} MiB",
        f"({SECONDS:g} seconds)",
        f"{PHOTO_SECONDS:g} sec",
    ):
        assert limit in page
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "coco.txt").write_text("person\nsports ball\ndining table\n")
    card = made(tmp_path, example)
    assert (card.kind, card.threshold, card.input.channels) == ("detector", 0.4, "BGR")


def test_the_cards_that_ship_can_be_used_and_are_named(tmp_path: Path) -> None:
    page = (resources_dir() / "reference" / "cards.md").read_text("utf-8")
    linked = sorted(re.findall(r"\]\(\.\./cards/(\w+)\.toml\)", page))
    assert linked == sorted(path.stem for path in cards.SHIPPED.glob("*.toml"))
    assert {*linked, "deeplab_ade20k"} == set(cards.TEACHERS) and "`deeplab_ade20k`" in page
    for file in ("imagenet_labels.txt", "labels_en.txt"):
        (tmp_path / file).write_text("background\ntench\n")
    for name in linked:
        (tmp_path / f"{name}.toml").write_bytes((cards.SHIPPED / f"{name}.toml").read_bytes())
        card = Card.load(tmp_path / f"{name}.toml")
        assert len(card.sha256) == 64 and card.licence == "Apache-2.0"
        assert card.labels_file in page and f"| `{card.name}` |" in page
        assert card.kind == "tagger" or len(set(card.labels)) == 80


@needs_shared
@pytest.mark.parametrize("name", sorted(set(cards.TEACHERS) - {"deeplab_ade20k"}))
def test_a_card_that_ships_is_about_the_file_that_lies_here(tmp_path: Path, name: str) -> None:
    model, card = cards.teacher(tmp_path, name)
    assert hashlib.sha256(model.read_bytes()).hexdigest() == Card.load(card).sha256


def test_a_tag_that_an_added_network_alone_knows_is_sure_only_by_a_calibrated_card(tmp_path: Path) -> None:
    shipped = Annotator.load()
    red = Image.new("RGB", (64, 64), (255, 0, 0))

    def seen(more: str) -> tuple[float, float]:
        text = cards.card_text(labels=("dog", "crimson wall")) + more
        added = ForeignNetwork.load(cards.redness(tmp_path), made(tmp_path, text), shipped.vocabulary)
        together = Company(shipped.model, shipped.vocabulary, (added,))
        return float(together.see(red).scores[-1]), float(together.thresholds[-1])

    score, threshold = seen("")
    assert (score, threshold) == (pytest.approx(UNTRIED * 0.9, abs=1e-3), pytest.approx(UNTRIED * 0.5))
    assert UNTRIED < SURE
    score, threshold = seen("\n[calibration]\nslope = 2.0\n")
    assert (score, threshold) == (pytest.approx(0.988, abs=1e-3), pytest.approx(0.5))


def test_an_added_network_counts_as_much_as_its_card_says(tmp_path: Path) -> None:
    shipped = Annotator.load()
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    alone = shipped.see(red)
    column = shipped.labels.index("dog")
    for kind, weight, share in (
        ("tagger", "", 0.0),
        ("tagger", "weight = 0.5", 0.5),
        ("tagger", "weight = 1", 1.0),
    ):
        text = cards.card_text(labels=("dog", "crimson wall")).replace('"tagger"', f'"{kind}"\n{weight}')
        added = ForeignNetwork.load(cards.redness(tmp_path), made(tmp_path, text), shipped.vocabulary)
        together = Company(shipped.model, shipped.vocabulary, (added,))
        seen = together.see(red)
        wanted = (1 - share) * logit(alone.scores[column]) + share * logit(np.array(0.9))
        assert logit(seen.scores[column]) == pytest.approx(float(wanted), abs=0.02)
        assert together.labels[-1] == "crimson wall"
        assert seen.scores[-1] == pytest.approx(UNTRIED * 0.9, abs=1e-3)
        found = together.with_opinions(together.suggestions(seen.scores, all_tags=True), seen)
        reasons = {one.tag: one.reasons for one in found}
        assert set(reasons["dog"]) == {"reds", *shipped.model.modalities}
        assert reasons["dog"]["reds"] == pytest.approx(0.9)
        assert set(reasons["crimson wall"]) == {"reds"}
    assert together.model_hash != shipped.model_hash


@needs_shared
def test_a_detector_only_lifts_what_it_finds(tmp_path: Path) -> None:
    shipped, detector = Annotator.load(), network(tmp_path, "yolox_nano")
    together = Company(shipped.model, shipped.vocabulary, (detector,))
    alone, seen = shipped.see(CUP), together.see(CUP)
    shared = [column for column, tag in enumerate(shipped.labels) if detector.column_of(tag) is not None]
    assert len(shared) > 50
    assert (seen.scores[shared].astype(float) >= alone.scores[shared].astype(float) - 1e-3).all()
    cup = shipped.labels.index("cup")
    assert logit(seen.scores[cup]) > logit(alone.scores[cup]) + 1


def test_a_network_that_fails_again_and_again_is_told_of(tmp_path: Path) -> None:
    """It saw only even pictures when it was tried: on others it answers with what is no number."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["brightest"], keepdims=0),
        helper.make_node("Sub", ["half", "brightest"], ["left"]),
        helper.make_node("Log", ["left"], ["log"]),
        helper.make_node("Mul", ["log", "zeros"], ["scores"]),
    ]
    constants = {"half": np.array(0.5, np.float32), "zeros": np.zeros((1, 2), np.float32)}
    path = cards.write(tmp_path, nodes, constants=constants)
    shipped = Annotator.load()
    added = ForeignNetwork.load(path, made(tmp_path, cards.card_text()), shipped.vocabulary)
    together = Company(shipped.model, shipped.vocabulary, (added,))
    dark, bright = (Image.new("RGB", (32, 32), (value,) * 3) for value in (20, 250))
    for picture, says in ((bright, False), (bright, False), (dark, True), (bright, False), (bright, False)):
        assert (together.see(picture).opinions[0] is not None) is says
    with pytest.raises(ModelError, match="3 photos in a row"):
        together.see(bright)


def test_an_embedding_that_takes_its_trial_refuses_one_photo_after_the_other(tmp_path: Path) -> None:
    shipped = Annotator.load()
    card = made(tmp_path, cards.embedding_text())
    added = ForeignNetwork.load(cards.blind_to_red(tmp_path), card, shipped.vocabulary)
    together = Company(shipped.model, shipped.vocabulary, (added,))
    red, blue = (Image.new("RGB", (32, 32), colour) for colour in ((250, 0, 0), (0, 0, 250)))
    for _ in range(4):
        for look in (together.see, together.sight):
            with pytest.raises(PhotoRefused, match="alike failed here"):
                look(red)
    assert together.see(blue).opinions[0] is not None


def test_an_embedding_that_fails_on_its_trial_too_is_told_of(tmp_path: Path) -> None:
    shipped = Annotator.load()
    card = made(tmp_path, cards.embedding_text().replace('embedding = "embedding"', 'embedding = "scores"'))
    added = ForeignNetwork.load(cards.nothing_but_nan(tmp_path), card, shipped.vocabulary)
    together = Company(shipped.model, shipped.vocabulary, (added,))
    for _ in range(2):
        with pytest.raises(PhotoRefused):
            together.see(CAT)
    with pytest.raises(ModelError, match="3 photos in a row") as caught:
        together.see(CAT)
    assert not isinstance(caught.value, PhotoRefused)


def test_what_would_swell_is_refused_in_one_line(tmp_path: Path) -> None:
    swollen = refused(tmp_path, cards.swollen(tmp_path))
    assert "exceeds the" in swollen and "onnxruntime" not in swollen and "\n" not in swollen
    greedy = refused(tmp_path, cards.greedy(tmp_path))
    assert greedy.endswith("it wants 149 GiB of memory at once.")
