"""What training is fed: which photos, which views of them, and what is said of them."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photomgr.annotate.classes import imagenet_file
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import run
from photomgr.train.augment import view
from photomgr.train.corpus import Part, agree, labelled
from photomgr.train.earlier import blended
from photomgr.train.lexicon import Lexicon
from photomgr.train.pack import lost, pack
from photomgr.train.recipe import WEIGHTS, Recipe, begin, read_recipe
from photomgr.train.sets import CONCEPTS, SETS, PhotoSet, Row, data_dir, found, mirflickr_id, read_rows
from photomgr.train.targets import Targets, monochrome, unheard

SHARED = Path(os.environ.get("PHOTOMGR_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.fixture(scope="module")
def shared() -> Path:
    if not (SHARED / "data" / "mirflickr.csv").is_file():
        pytest.skip(f"the photo sets are not at {SHARED} (PHOTOMGR_SHARED)")
    return SHARED / "data"


@pytest.fixture(scope="module")
def lexicon(shared: Path) -> Lexicon:
    return Lexicon.load(shared, shared.parent / "models")


def test_every_concept_of_mirflickr_is_a_tag() -> None:
    vocabulary = Vocabulary.load()
    assert len(CONCEPTS) == 24
    assert {vocabulary.resolve(tag) for tag in CONCEPTS.values()} == set(CONCEPTS.values())
    assert {vocabulary.resolve(label) for label in CONCEPTS} == set(CONCEPTS.values())


def test_translated_labels_are_tags() -> None:
    vocabulary = Vocabulary.load()
    for photo_set in SETS:
        for label, tag in photo_set.names.items():
            assert not tag or vocabulary.resolve(tag) == tag, label


def test_validation_photos_of_mirflickr_never_train(tmp_path: Path) -> None:
    table = tmp_path / "mirflickr.csv"
    table.write_text("file,labels\nim16000.webp,sky\nim16001.webp,sky|sea\n", encoding="utf-8")
    rows = read_rows(table, "mirflickr")
    assert [row.held_out for row in rows] == [False, True]
    assert rows[1].label == "sky|sea"


def test_one_photo_in_ten_is_held_out_and_always_the_same(tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    table.write_text("file,labels\n" + "".join(f"{n}.webp,rose\n" for n in range(2000)), encoding="utf-8")
    held = [row.held_out for row in read_rows(table, "flowers")]
    assert 0.08 < np.mean(held) < 0.125
    assert held == [row.held_out for row in read_rows(table, "flowers")]


def test_ids_are_read_from_names() -> None:
    assert mirflickr_id("im123.webp") == 123
    assert mirflickr_id("mirflickr/im123.jpg") == 123
    assert mirflickr_id("photo.webp") == 0
    assert mirflickr_id("img_2021_05.jpg") == 0


def test_a_missing_folder_of_sets_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no folder of photo sets"):
        data_dir(tmp_path / "none")


@pytest.mark.parametrize("source", [64, 128, 300])
def test_views_have_the_asked_size_and_are_repeatable(source: int) -> None:
    photo = np.ascontiguousarray(data.chelsea()[:source, :source])
    for seed in range(12):
        first, grey = view(photo, 160, np.random.default_rng(seed))
        again, _ = view(photo, 160, np.random.default_rng(seed))
        assert first.shape == (160, 160, 3)
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(first, again)
        assert not grey or int(np.ptp(first, axis=2).max()) < 12


def test_monochrome_is_measured_in_the_pixels() -> None:
    colour = data.chelsea()[:200, :200]
    grey = np.repeat(colour.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert monochrome(np.stack([colour, grey])).tolist() == [0.0, 1.0]


def test_a_label_overrides_what_stood_there() -> None:
    targets = Targets.empty(1, 2)
    targets.value[0, 1] = 0.7
    targets.say(0, 1, 0.0)
    assert (targets.value[0, 1], targets.weight[0, 1], bool(targets.true[0, 1])) == (0.0, 1.0, True)


def test_imagenet_classes_mean_the_right_tags(lexicon: Lexicon) -> None:
    def column(tag: str) -> set[int]:
        return set(lexicon.classes[lexicon.index[tag]])

    tench, tabby, crane_bird, crane_machine = 1, 282, 135, 518
    assert tench in column("fish")
    assert tabby in column("cat")
    assert tabby not in column("dog")
    assert len(column("dog")) == 118
    assert crane_bird in column("bird")
    assert crane_machine not in column("bird")
    assert crane_machine in column("construction site")


def test_captions_name_tags(lexicon: Lexicon) -> None:
    names = {
        lexicon.vocabulary.tags[c].name for c in lexicon.spoken("A brown dog runs along the snowy beach .")
    }
    assert {"dog", "snow", "beach"} <= names
    assert "cat" not in names
    assert "train" not in {
        lexicon.vocabulary.tags[c].name for c in lexicon.spoken("They train hard in the rain")
    }


def test_every_class_of_the_food_set_is_food(lexicon: Lexicon, shared: Path) -> None:
    names = next(s.names for s in SETS if s.name == "food")
    for row in read_rows(shared / "food.csv", "food")[::40]:
        dish = row.label.split("|")[1]
        column = lexicon.find(names.get(dish, dish))
        assert column is not None, dish
        assert lexicon.index["food"] in {column, *lexicon.ancestors[column]} or dish == "escargots"


def test_what_imagenet_classes_mean_is_shipped(lexicon: Lexicon, tmp_path: Path) -> None:
    assert imagenet_file().read_text("utf-8") == lexicon.classes_text(), "python -m tests.reference"
    assert Lexicon.load(tmp_path, tmp_path).classes == lexicon.classes


def test_any_tar_with_a_table_is_a_set(tmp_path: Path) -> None:
    for name in ("holiday", "flowers", "lonely"):
        (tmp_path / f"{name}.tar").touch()
    for name in ("holiday", "flowers"):
        (tmp_path / f"{name}.csv").write_text("file,labels\n", "utf-8")
    flowers, holiday = found(tmp_path)
    assert (flowers.name, flowers.kind) == ("flowers", "single")
    assert (holiday.name, holiday.kind) == ("holiday", "present")


def test_without_teachers_the_labels_and_the_classes_are_left(tmp_path: Path) -> None:
    alone = Lexicon.load(tmp_path, tmp_path)
    assert alone.classes[alone.index["dog"]] and not any(alone.labeler) and not any(alone.wnids)
    assert alone.index["dog"] in alone.spoken("two dogs on a beach")


def test_a_label_that_no_tag_means_is_named(tmp_path: Path) -> None:
    rows = [Row("1.jpg", "dog|zorkball", False), Row("2.jpg", "dogs|", False)]
    lexicon = Lexicon.load(tmp_path, tmp_path)
    assert unheard(lexicon, PhotoSet("holiday", 64, "present"), rows) == ["zorkball"]


def test_weights_are_blended_by_name() -> None:
    new = {"a": np.array([1.0, 3.0], np.float32), "names": np.array(["dog"])}
    mixed = blended(new, {"a": np.array([3.0, 3.0], np.float32)}, 0.25)
    assert mixed["a"].tolist() == [1.5, 3.0] and mixed["names"].tolist() == ["dog"]


def _part(kind: str, values: list[list[float]], true: list[list[bool]], held_out: list[bool]) -> Part:
    rows = [Row(f"im{n}.webp", "", out) for n, out in enumerate(held_out)]
    known = np.array(true)
    targets = Targets(np.array(values, np.float32), known.astype(np.float32), known, np.zeros_like(known))
    nothing = np.zeros((len(rows), 0), np.float16)
    return Part(
        PhotoSet(kind, 64, kind), rows, np.zeros((len(rows), 4, 4, 3), np.uint8), targets, nothing, nothing
    )


def test_an_earlier_network_speaks_where_no_label_does() -> None:
    """Column 0 is a concept that people labelled completely in one of the sets."""
    complete = _part("complete", [[1, 0], [1, 0]], [[True, False], [True, False]], [False, True])
    other = _part("present", [[0, 1]], [[False, True]], [False])
    opinions = [np.array([[0.5, 0.2], [0.5, 0.2]], np.float32), np.array([[0.9, 0.1]], np.float32)]
    agree([complete, other], opinions, [0])
    trained, held = complete.targets.value[:, 0]
    assert 0.5 < trained < 1.0, "its opinion joins the label"
    assert held == 1.0, "photos that are held out keep what people said"
    assert complete.targets.value[:, 1] == pytest.approx([0.2, 0.2])
    assert other.targets.value[0] == pytest.approx([0.9, 1.0]), "a label of the set stands"
    assert 0 < other.targets.weight[0, 0] < 1 and other.targets.weight[0, 1] == 1


def _tar(target: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(target, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _png(colour: tuple[int, int, int], kind: str = "PNG", **more: object) -> bytes:
    stream, photo = io.BytesIO(), Image.new("RGB", (40, 30), (10, 10, 10))
    photo.paste(colour, (0, 0, 40, 15))  # its upper half
    photo.save(stream, kind, **more)
    return stream.getvalue()


def test_photos_are_found_as_the_table_names_them_and_others_are_left_out(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x112] = 3  # upside down
    files = {
        "./red.png": _png((200, 0, 0)), "deep/green.jpg": _png((0, 200, 0), "JPEG", exif=turned),
        "torn.png": _png((0, 0, 200))[:60], "README.txt": b"not a photo",
    }  # fmt: skip
    _tar(tmp_path / "mine.tar", files)
    lines = ["red.png,sea", "torn.png,sea", "nowhere.png,sea", "green.jpg,dog"]
    (tmp_path / "mine.csv").write_text("file,labels\n" + "\n".join(lines) + "\n", encoding="utf-8")
    packed = run(pack(tmp_path, tmp_path / "work", PhotoSet("mine", 16, "present")))
    assert [row.label for row in packed.rows] == ["sea", "dog"]
    assert sorted(lost(tmp_path / "work", "mine")) == ["nowhere.png", "torn.png"]
    red, green = np.asarray(packed.pixels)
    assert red[2, 8, 0] > 150 > red[13, 8, 0]
    assert green[13, 8, 1] > 150 > green[2, 8, 1], "it stands upright"


def test_a_set_that_changed_is_read_anew_and_what_was_made_of_it_goes(tmp_path: Path) -> None:
    _tar(tmp_path / "mine.tar", {"a.png": _png((200, 0, 0)), "b.png": _png((0, 200, 0))})
    table, work, kind = tmp_path / "mine.csv", tmp_path / "work", PhotoSet("mine", 16, "present")
    table.write_text("file,labels\na.png,sea\nb.png,dog\n", encoding="utf-8")
    first = np.array(run(pack(tmp_path, work, kind)).pixels)
    made = [work / "earlier" / "mine.npy", work / "teach" / "mine_etp.npy", work / "panel" / "view0.npy"]
    for file in made:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    table.write_text("file,labels\na.png,sky\nb.png,dog\n", encoding="utf-8")
    run(pack(tmp_path, work, kind))
    assert all(file.exists() for file in made), "other labels, the same photos"
    table.write_text("file,labels\nb.png,dog\na.png,sky\n", encoding="utf-8")
    again = run(pack(tmp_path, work, kind))
    np.testing.assert_array_equal(np.array(again.pixels), first[::-1])
    assert not any(file.exists() for file in made)


def test_a_set_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    _tar(tmp_path / "mine.tar", {"other.png": _png((200, 0, 0))})
    (tmp_path / "mine.csv").write_text("file,labels\na.png,sea\n", encoding="utf-8")
    with pytest.raises(ModelError, match="None of the photos"):
        run(pack(tmp_path, tmp_path / "work", PhotoSet("mine", 16, "present")))


def test_a_disk_without_room_is_told_before_anything_is_decoded(tmp_path: Path) -> None:
    _tar(tmp_path / "mine.tar", {"a.png": _png((200, 0, 0))})
    (tmp_path / "mine.csv").write_text("file,labels\na.png,sea\n", encoding="utf-8")
    huge = PhotoSet("mine", 1 << 25, "present")  # pixels of 3 PiB
    with pytest.raises(ModelError, match="There is no room in"):
        run(pack(tmp_path, tmp_path / "work", huge))
    assert not list((tmp_path / "work" / "pack").iterdir())


def test_another_recipe_does_not_go_on_with_what_lies_there(tmp_path: Path) -> None:
    recipe = Recipe(seed=1, start="models/everyday", start_hash="aa", vocabulary="vv")
    begin(tmp_path, recipe)
    begin(tmp_path, replace(recipe, minutes=30.0, threads=4))
    assert read_recipe(tmp_path).minutes == 30
    for other, word in (
        (replace(recipe, seed=2), "seed 1"),
        (replace(recipe, start_hash="bb"), "began with another network"),
        (replace(recipe, vocabulary="cc"), "for another vocabulary: photomgr train extend"),
    ):
        with pytest.raises(ModelError, match=word):
            begin(tmp_path, other)
    assert read_recipe(tmp_path).seed == 1


def test_a_finished_training_is_not_said_to_be_a_longer_one_or_on_other_labels(tmp_path: Path) -> None:
    recipe = Recipe(epochs=5.0, tables="aa")
    begin(tmp_path, recipe)
    begin(tmp_path, replace(recipe, tables="bb"))
    (tmp_path / WEIGHTS).write_bytes(b"")
    begin(tmp_path, replace(recipe, tables="bb", threads=4))
    for other, word in (
        (replace(recipe, tables="bb", epochs=10.0), "finished training with epochs 5.0"),
        (replace(recipe, tables="cc"), "finished training on other labels"),
    ):
        with pytest.raises(ModelError, match=word):
            begin(tmp_path, other)
    assert (read_recipe(tmp_path).epochs, read_recipe(tmp_path).tables) == (5.0, "bb")


@pytest.mark.parametrize(
    ("recipe", "word"),
    [
        (Recipe(rate=0.0), "rate must be"),
        (Recipe(blend=1.5), "blend must be 0 to 1"),
        (Recipe(minutes=0.0), "minutes must be"),
        (Recipe(minutes=float("nan")), "minutes must be"),
        (Recipe(side=16), "side must be 32 to 1024"),
        (Recipe(last_side=0), "last side must be"),
    ],
)
def test_what_no_training_can_go_by_is_refused(tmp_path: Path, recipe: Recipe, word: str) -> None:
    with pytest.raises(ModelError, match=word):
        begin(tmp_path, recipe)
    assert not list(tmp_path.iterdir())


def test_labels_alone_teach_where_nobody_else_is_asked(tmp_path: Path) -> None:
    _tar(tmp_path / "mine.tar", {f"{n}.png": _png((90, 120, 200 * n)) for n in range(2)})
    (tmp_path / "mine.csv").write_text("file,labels\n0.png,dog|beach\n1.png,\n", encoding="utf-8")
    lexicon = Lexicon.load(tmp_path, tmp_path)
    (part,) = run(labelled(tmp_path, tmp_path / "work", lexicon))
    said = {tag.name: part.targets.value[0, n] for n, tag in enumerate(lexicon.vocabulary.tags)}
    assert said["dog"] == said["beach"] == 1 and said["animal"] > 0 and said["cat"] == 0
    assert not part.targets.true[1, lexicon.index["dog"]], "nothing is known of the second photo"
    with pytest.raises(ModelError, match="no photo sets"):
        run(labelled(tmp_path / "work", tmp_path, lexicon))
