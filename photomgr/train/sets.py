"""Which photo sets training knows, how their labels are to be read, and which of their photos are held out.

A set is ``NAME.tar`` with ``NAME.csv`` beside it; the first column of the CSV is the file's name inside the
tar, the second its labels with ``|`` between them (captions: `` || ``).
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from photomgr.core.errors import ModelError

_MIRFLICKR: Final = re.compile(r"im(\d+)")
MIRFLICKR_TRAIN = 16_000
"""MIRFLICKR ids up to this one train; the ids after it validate and are never trained on."""

CONCEPTS: dict[str, str] = {
    "animals": "animal", "baby": "baby", "bird": "bird", "car": "car", "clouds": "clouds", "dog": "dog",
    "female": "female", "flower": "flower", "food": "food", "indoor": "indoor", "lake": "lake",
    "male": "male", "night": "night", "people": "people", "plant_life": "plant", "portrait": "portrait",
    "river": "river", "sea": "sea", "sky": "sky", "structures": "structure", "sunset": "sunset",
    "transport": "vehicle", "tree": "tree", "water": "water",
}  # fmt: skip
"""The 24 potential annotations of MIRFLICKR-25000 (Huiskes & Lew 2008) and the tags that mean them."""

RELEVANT: tuple[str, ...] = (
    "baby_r1", "bird_r1", "car_r1", "clouds_r1", "dog_r1", "female_r1", "flower_r1", "male_r1", "night_r1",
    "people_r1", "portrait_r1", "river_r1", "sea_r1", "tree_r1",
)  # fmt: skip
"""The 14 relevant annotations: the concept is what the photo is about, not merely somewhere in it."""


@dataclass(frozen=True)
class PhotoSet:
    """How one set is read.

    ``side``: side in pixels of the square it is packed at. ``kind``: ``complete`` (every concept known),
    ``single`` (one object or scene; the other classes of the set are absent), ``present`` (the labels are
    there, nothing is known of the rest), ``captions``, ``wnid``, ``boxes`` or ``none``. ``files``: how its photos are
    called, without the suffix, by which it is told from another set of that name. ``names`` translates
    labels that are neither a tag nor an alias. An epoch shows every ``every``-th photo
    ``repeat`` times.
    """

    name: str
    side: int
    kind: str
    files: str = ""
    names: dict[str, str] = field(default_factory=dict)
    repeat: int = 1
    every: int = 1


_FOOD = {
    "baby back ribs": "meat", "baklava": "dessert", "beef carpaccio": "meat", "beef tartare": "meat",
    "beet salad": "salad", "beignets": "doughnut", "bibimbap": "rice dish", "bread pudding": "dessert",
    "breakfast burrito": "taco", "bruschetta": "bread", "caesar salad": "salad", "cannoli": "dessert",
    "caprese salad": "salad", "carrot cake": "cake", "ceviche": "seafood", "cheese plate": "cheese",
    "chicken curry": "curry", "chicken quesadilla": "taco", "churros": "dessert", "clam chowder": "soup",
    "club sandwich": "sandwich", "crab cakes": "seafood", "creme brulee": "dessert",
    "croque madame": "sandwich", "deviled eggs": "egg", "eggs benedict": "egg", "fish and chips": "french fries",
    "fried calamari": "seafood", "french onion soup": "soup", "french toast": "breakfast",
    "garlic bread": "bread", "gnocchi": "pasta", "greek salad": "salad", "grilled cheese sandwich": "sandwich",
    "grilled salmon": "seafood", "hot and sour soup": "soup", "huevos rancheros": "egg",
    "lobster bisque": "soup", "lobster roll sandwich": "sandwich", "macaroni and cheese": "pasta",
    "macarons": "cookie", "miso soup": "soup", "mussels": "seafood", "oysters": "seafood",
    "pad thai": "ramen", "panna cotta": "dessert", "peking duck": "meat", "poutine": "french fries",
    "pulled pork sandwich": "sandwich", "red velvet cake": "cake", "samosa": "food", "scallops": "seafood",
    "seaweed salad": "salad", "shrimp and grits": "seafood", "spaghetti bolognese": "pasta",
    "spaghetti carbonara": "pasta", "spring rolls": "food", "strawberry shortcake": "cake", "tacos": "taco",
    "takoyaki": "food", "tiramisu": "dessert", "tuna tartare": "seafood", "waffles": "pancake",
    "pancakes": "pancake", "escargots": "snail", "filet mignon": "steak", "foie gras": "meat",
    "hummus": "food", "edamame": "vegetable", "falafel": "food", "onion rings": "food", "nachos": "food",
}  # fmt: skip

_CALTECH = {
    "airplanes": "airplane", "car side": "car", "faces easy": "face", "motorbikes": "motorcycle",
    "cellphone": "phone", "water lilly": "water lily", "dollar bill": "money", "headphone": "headphones",
    "leopards": "leopard", "cougar body": "puma", "cougar face": "puma", "crocodile head": "crocodile",
    "flamingo head": "flamingo", "hawksbill": "turtle", "ibis": "heron", "ketch": "sailboat",
    "schooner": "sailboat", "soccer ball": "ball", "sea horse": "seahorse", "inline skate": "roller skating",
    "windsor chair": "chair", "mandolin": "guitar", "euphonium": "trumpet", "bonsai": "houseplant",
    "brontosaurus": "dinosaur", "stegosaurus": "dinosaur", "gerenuk": "deer", "minaret": "mosque",
    "bass": "fish", "nautilus": "shell", "ceiling fan": "fan", "buddha": "statue", "mayfly": "insect",
    "wrench": "tool", "binocular": "binoculars", "menorah": "candle", "emu": "bird",
}  # fmt: skip

_GROCERY = {
    "satsumas": "orange fruit", "brown cap mushroom": "mushroom", "packages": "", "sour milk": "milk",
    "asparagus": "vegetable", "garlic": "vegetable", "ginger": "vegetable", "zucchini": "vegetable",
    "papaya": "fruit", "passion fruit": "fruit", "plum": "fruit", "yoghurt": "food",
}  # fmt: skip
_WEATHER = {"sunrise": "sunset", "shine": "sunny", "cloudy": "clouds", "foggy": "fog", "rainy": "rain"}

SETS: tuple[PhotoSet, ...] = (
    PhotoSet("mirflickr", 128, "complete", r"im\d+", repeat=2),
    PhotoSet("flickr8k", 208, "captions", r"\d+_[0-9a-f]{10}"),
    PhotoSet("coco_unlabelled", 224, "none", r"COCO_.*"),
    PhotoSet(
        "sports", 192, "single", r"[a-z0-9_ ]+/\d{8}", {"football": "soccer", "kabaddi": "sport"}, repeat=2
    ),
    PhotoSet("intel", 150, "present", r"\d+"),
    PhotoSet("imagenet_samples", 192, "wnid", r"n\d{8}_.*", repeat=2),
    PhotoSet("pets", 192, "single", r"(cats/cat|dogs/dog)\.\d+"),
    PhotoSet("flowers", 160, "single", r"\w+/\d+_[0-9a-f]{10}(_[a-z])?"),
    PhotoSet("houses", 192, "single", r"\d+_[a-z]+", {"frontal": "house"}),
    PhotoSet("weather", 192, "present", r"Image_\d+", _WEATHER),
    PhotoSet(
        "clothing", 192, "present", r"[\w-]+/[0-9a-f-]{36}", {"outwear": "jacket", "longsleeve": "shirt"}
    ),
    PhotoSet("caltech", 192, "single", r"[\w-]+/image_\d{4}", _CALTECH, repeat=2),
    PhotoSet("grocery", 160, "single", r"(Fruit|Vegetables|Packages)/.*", _GROCERY),
    PhotoSet("boxes", 240, "boxes", r"\d{6}"),
    PhotoSet("butterflies", 160, "single", r"Image_\d+", {"peacock": "", "malachite": ""}),
    PhotoSet("receipts", 256, "single", r"\d+"),
    PhotoSet("food", 64, "single", r"\w+/\d+", _FOOD),
    PhotoSet("tiny_imagenet", 64, "wnid", r"\w+/(n\d{8}/.*|val_\d+)", every=2),
)


_FIRST = 5
_SIDE = 208
"""Side in pixels at which a set is packed that is not in ``SETS``."""


def found(data: Path) -> list[PhotoSet]:
    """The sets in a folder: those of ``SETS``, and any other NAME.tar with NAME.csv beside it.

    Of a set that is not known here the labels are taken as what is there; nothing is concluded of the rest.
    """
    names = sorted(path.stem for path in data.glob("*.tar") if path.with_suffix(".csv").exists())
    known = [each for each in SETS if each.name in names and published(data / f"{each.name}.csv")]
    own = set(names) - {photo_set.name for photo_set in known}
    return known + [PhotoSet(name, _SIDE, "present") for name in sorted(own)]


def published(table: Path) -> bool:
    """Whether a table is of one of ``SETS``, by its first photos, and not of a person's own set of that name."""
    photo_set = next((each for each in SETS if each.name == table.stem), None)
    return photo_set is not None and all(
        re.fullmatch(photo_set.files, str(PurePosixPath(row.file).with_suffix("")))
        for row in read_rows(table, table.stem)[:_FIRST]
    )


@dataclass(frozen=True)
class Row:
    """One photo of a set: its name in the tar, the second column, and whether it is held out of training."""

    file: str
    label: str
    held_out: bool


def data_dir(given: Path | None = None) -> Path:
    """Folder of the photo sets: ``given``, else ``$PHOTOMGR_SHARED/data``, else ``../shared/data``."""
    root = given or Path(os.environ.get("PHOTOMGR_SHARED", "../shared"))
    found = root / "data" if (root / "data").is_dir() else root
    if not found.is_dir():
        raise ModelError(f"There is no folder of photo sets at {root}. Name one with --data.")
    return found


def read_rows(table: Path, name: str) -> list[Row]:
    """The rows of a set's CSV in order, the held-out ones marked.

    MIRFLICKR is split by id, Tiny ImageNet by its own column; of any other set one photo in ten is held out,
    chosen by a hash of its name, so that the choice is the same on every machine.
    """
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))[1:]
    except OSError as error:
        raise ModelError(f"The labels {table} cannot be read: {error.strerror}.") from error
    except (ValueError, csv.Error) as error:
        raise ModelError(f"The labels {table} cannot be read: it is no CSV in UTF-8.") from error
    return [Row(line[0], line[1] if len(line) > 1 else "", _held_out(name, line)) for line in lines if line]


def _held_out(name: str, line: list[str]) -> bool:
    if name == "mirflickr":
        return mirflickr_id(line[0]) > MIRFLICKR_TRAIN
    if name == "tiny_imagenet" and len(line) > 2:
        return line[2] != "train"
    return hashlib.sha256(line[0].encode()).digest()[0] < 26


def mirflickr_id(file: str) -> int:
    """The number in ``im123.webp``; 0 for any other name."""
    found = _MIRFLICKR.fullmatch(Path(file).stem)
    return int(found[1]) if found else 0
