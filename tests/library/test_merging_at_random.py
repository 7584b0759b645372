"""Long random histories of two sides: what each of them did since the last agreement, and nothing else, comes about."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import exiv2
import pytest

from photomgr import jobs
from photomgr.core.metadata import sidecar_says
from photomgr.core.paths import Paths
from photomgr.core.xmp.packet import EMPTY_SIDECAR
from photomgr.library import Library

from ..core.file_kit import jpeg
from .exchange_kit import places

WORDS = ("dog", "sea", "Über", "日本", "cat", "a b", "x1", "x2")
ABOVE = {"dog": "Animals", "cat": "Animals", "sea": "Nature"}
FIELDS = {"rating": "xmp.Rating", "label": "xmp.Label", "title": "dc.title", "caption": "dc.description"}
STEPS = 8


@dataclass
class Two:
    """A library and another program that share one photo."""

    library: Library
    number: int
    path: Path
    mode: str
    seed: int
    dice: random.Random = field(init=False)
    stamp: int = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.stamp = self.path.stat().st_mtime_ns

    @property
    def target(self) -> Path:
        return self.path if self.mode == "file" else Path(f"{self.path}.xmp")

    def tags(self) -> set[str]:
        return {each.tag for each in self.library.decided_of(self.number)}

    def marks(self) -> dict[str, Any]:
        photo = self.library.photo(self.number)
        assert photo is not None
        said = photo.metadata
        return {
            "rating": photo.rating,
            "label": photo.label,
            "title": said.title or "",
            "caption": said.caption or "",
        }

    def agree(self) -> None:
        """Write, and demand that nothing comes back by itself, or is to be written again."""
        before = self.tags(), self.marks()
        assert not jobs.run(self.library.exchange.write([self.number], self.mode)).problems
        jobs.run(self.library.scan())
        assert (self.tags(), self.marks()) == before and not self.library.exchange.conflicts()
        assert not jobs.run(self.library.exchange.write([self.number], self.mode, dry=True)).files

    def other_program(self, change: Any) -> None:
        """Let ``change`` edit the packet of the file as exiv2 has it, and take in what it did."""
        image = exiv2.ImageFactory.open(str(self.target))
        image.readMetadata()
        change(image)
        if self.mode == "sidecar":
            image.clearExifData()
            image.clearIptcData()
        if self.mode == "sidecar" and not len(image.xmpData()):
            self.target.write_bytes(EMPTY_SIDECAR)
        else:
            image.writeMetadata()
        self.stamp += 3 * 10**9
        os.utime(self.target, ns=(self.stamp, self.stamp))
        jobs.run(self.library.scan())


@pytest.fixture(params=[(mode, seed) for mode in ("sidecar", "file") for seed in range(4)], ids=str)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Two]:
    mode, seed = request.param
    path = jpeg(tmp_path / "photos" / "a.jpg", seed=seed)
    library = Library.open(Paths.under(tmp_path / "base"))
    library.add_root(path.parent)
    jobs.run(library.scan())
    found = library.photo_at(path)
    assert found is not None
    yield Two(library, found.id, path, mode, seed)
    library.close()


def listed(image: Any, key: str) -> list[str]:
    data = image.xmpData()
    return [str(each) for each in data[key].value()] if key in data else []


def set_list(image: Any, key: str, words: list[str], kind: Any) -> None:
    data = image.xmpData()
    if key in data:
        del data[key]
    if words:
        data[key] = exiv2.XmpArrayValue(words, kind)


def keywords(image: Any, program: str, add: list[str], remove: list[str]) -> None:
    """As digiKam (all fields), darktable (two of them) or a plain program (one) would change them."""
    words = [each for each in listed(image, "Xmp.dc.subject") if each not in remove]
    words += [each for each in add if each not in words]
    bag, seq = exiv2.TypeId.xmpBag, exiv2.TypeId.xmpSeq
    set_list(image, "Xmp.dc.subject", words, seq if program == "darktable" else bag)
    if program != "plain":
        paths = [f"{ABOVE[each]}|{each}" if each in ABOVE else each for each in words]
        set_list(image, "Xmp.lr.hierarchicalSubject", paths, bag)
    if program == "digikam":
        set_list(image, "Xmp.digiKam.TagsList", [each.replace("|", "/") for each in paths], seq)


def test_keywords(two: Two) -> None:
    dice, library, ids = two.dice, two.library, [two.number]
    program = dice.choice(("digikam", "darktable", "plain"))
    library.tag("start", ids)
    two.agree()
    for _ in range(STEPS):
        base = two.tags()
        for word in dice.sample(WORDS, dice.randint(0, 2)):
            library.tag(word, ids)
        for word in dice.sample(sorted(base), min(len(base), dice.randint(0, 1))):
            library.untag(word, ids)
        ours = two.tags()
        added = dice.sample(WORDS, dice.randint(0, 2))
        gone = [each for each in dice.sample(sorted(base), min(len(base), 1)) if each not in added]
        theirs = base - set(gone) | set(added)
        two.other_program(lambda image, add=added, remove=gone: keywords(image, program, add, remove))
        waiting = {each.tag for each in library.exchange.conflicts() if each.field == "tag"}
        assert two.tags() == ((ours & theirs) | (ours - base) | (theirs - base)) - waiting
        if conflicts := library.exchange.conflicts():
            library.exchange.settle(conflicts, "theirs")
        two.agree()
        said = places(two.path)[b""] if two.mode == "file" else sidecar_says(os.fsencode(two.target), b"x")
        assert said is not None
        for name in ("subject", "lightroom", "digikam"):
            assert set(said.keywords.get(name, ())) == two.tags()


def mark(image: Any, said: dict[str, Any]) -> None:
    data = image.xmpData()
    for name, value in said.items():
        key = f"Xmp.{FIELDS[name]}"
        if key in data:
            del data[key]
        if value:
            text = name in ("title", "caption")
            data[key] = exiv2.LangAltValue({"x-default": value}) if text else str(value).capitalize()


def some_marks(dice: random.Random) -> dict[str, Any]:
    choices = {"rating": (0, 1, 5), "label": (None, "red", "blue"), "title": ("", "T1", "T2"),
               "caption": ("", "one", "two\nlines")}  # fmt: skip
    return {name: dice.choice(values) for name, values in choices.items() if dice.random() < 0.35}


def decide(library: Library, number: int, said: dict[str, Any]) -> None:
    for name, value in said.items():
        if name == "rating":
            library.rate(value, [number])
        elif name == "label":
            library.label(value, [number])
        else:
            library.describe(name, value, [number])


def test_stars_colours_and_texts(two: Two) -> None:
    library, number = two.library, two.number
    decide(library, number, {"rating": 2, "label": "green", "title": "T0", "caption": "zero"})
    two.agree()
    for _ in range(STEPS):
        base = two.marks()
        decide(library, number, some_marks(two.dice))
        ours, changed = two.marks(), some_marks(two.dice)
        theirs = base | changed
        two.other_program(lambda image, said=changed: mark(image, said))
        both = {
            each
            for each in base
            if base[each] not in (ours[each], theirs[each]) and ours[each] != theirs[each]
        }
        expected = {
            each: ours[each] if each in both or theirs[each] == base[each] else theirs[each] for each in base
        }
        assert (two.marks(), {each.field for each in library.exchange.conflicts()}) == (expected, both)
        if both:
            side = two.dice.choice(("ours", "theirs"))
            library.exchange.settle(library.exchange.conflicts(), side)
            expected |= {each: theirs[each] for each in both if side == "theirs"}
            assert two.marks() == expected
        two.agree()
