"""Every form of search on real photos: what must be found was read off the photos by hand (with another program)."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from photomgr import jobs
from photomgr.cli.main import main
from photomgr.core.paths import Paths
from photomgr.library import Library
from tests.photos import SHARED

GPS = {f"DSCN00{n}.jpg" for n in (10, 12, 21, 25, 27, 29, 38, 40, 42)}
HEMLOCK = {f"hemlock_{n}.jpg" for n in (2, 4, 7, 8, 9)}  # those that say when they were taken
CHERRY = {f"japanese_cherry_{n}.jpg" for n in (4, 5, 10)}
GALAXY = HEMLOCK | CHERRY
TURNED = {f"Landscape_{n}.jpg" for n in range(1, 9)}
SUNNY = {"Landscape_1.jpg", "Landscape_2.jpg"}
CANON = {"Canon_PowerShot_S40.jpg", "canon-ixus.jpg", "11-tests.jpg", "33-type_error.jpg"} | {
    "detection3.jpg", "detection4.jpg", "house.jpg",
}  # fmt: skip
PHONES = {"IMG_5195.HEIC", "HMD_Nokia_8.3_5G.heif"}

FORMS: tuple[tuple[str, set[str]], ...] = (
    # words
    ("cherry", {f"japanese_cherry_{n}.jpg" for n in (1, 4, 5, 9, 10)}),
    ("CHERRY japanese", {f"japanese_cherry_{n}.jpg" for n in (1, 4, 5, 9, 10)}),
    ('"japanese cherry"', {f"japanese_cherry_{n}.jpg" for n in (1, 4, 5, 9, 10)}),
    ('"cherry japanese"', set()),
    ("cherry -2017", {"japanese_cherry_1.jpg", "japanese_cherry_9.jpg"}),
    ("hemlock 2017 OR name:house", HEMLOCK | {"house.jpg"}),
    ("(name:house OR name:az) -camera:canon", {"az.jpg"}),
    ("tag:sun*", SUNNY),
    ("sunest~1 tag:*", {"Landscape_1.jpg"}),  # a swap is one edit
    ("tag:sunst~", {"Landscape_1.jpg"}),
    ("tag:s*nr?se", {"Landscape_2.jpg"}),
    # tags, their parents and names
    ("tag:sunset", {"Landscape_1.jpg"}),
    ('tag:"New York"', {"az.jpg"}),
    ('"new york"', {"az.jpg"}),
    ("tag:animal", {"dog.jpg"}),  # dog is one
    ("tag:Hund", {"dog.jpg"}),
    ("tag:perro", {"dog.jpg"}),
    ("tag:chien", {"dog.jpg"}),
    ("tag:cane", {"dog.jpg"}),
    ("tag:cafe*", {"faces.jpg"}),
    ("konigsplatz", {"faces.jpg"}),
    ("tag:*", SUNNY | {"az.jpg", "dog.jpg", "faces.jpg", "BlueSquare.jpg", "no_exif.jpg"}),
    ("rejected:car", {"house.jpg"}),
    ("source:file", {"BlueSquare.jpg", "no_exif.jpg"}),
    ("source:person", SUNNY | {"az.jpg", "dog.jpg", "faces.jpg"}),
    # states
    ("is:unreadable", {"broken.jpg"}),
    ("is:offline", {"away.jpg"}),
    ("is:gone", {"gone.jpg"}),
    ("has:gps", GPS | PHONES | {"67-0_length_string.jpg"}),
    ("rating:>=3", {"house.jpg", "az.jpg", "detection4.jpg"}),
    ("rating:5", {"house.jpg", "detection4.jpg"}),
    ("rating:1..3", {"az.jpg"}),
    ("label:red", {"il.jpg", "detection4.jpg"}),
    # what EXIF says
    ("camera:canon", CANON),
    ("camera:nikon", GPS | {"nikon-e950.jpg"}),
    ("lens:50mm", {"detection4.jpg"}),
    ("iso:>=1600", {"detection3.jpg", "detection4.jpg"}),
    ("iso:60..70", (GPS - {"DSCN0038.jpg"}) | {"hemlock_9.jpg", "japanese_cherry_10.jpg"}),
    ("f:<2.8", GALAXY | PHONES | {"sanyo-vpcsx550.jpg", "sony-d700.jpg"}),
    ("focal:35..85", {"detection4.jpg", "45-gps_ifd.jpg"}),
    ("exposure:<1/1000", {"33-type_error.jpg", "HMD_Nokia_8.3_5G.heif"}),
    ("size:>300KB", TURNED | PHONES | {"30-type_error.jpg"}),
    ("width:>=3800", {"30-type_error.jpg", "67-0_length_string.jpg"}),
    ("height:<250", {"BlueSquare.jpg", "image00971.jpg"}),
    # places on disk
    ("folder:gps", GPS),
    ('folder:"jpg/gps"', GPS),
    ("name:DSCN00*", GPS),
    ("name:DSCN00?0", {"DSCN0010.jpg", "DSCN0040.jpg"}),
    ("ext:heic", PHONES),
    ("ext:tiff", {"BSG1.tiff", "Picoawards.tiff", "Rudless.tiff", "Tless0.tiff"}),
    # dates
    ("2017", GALAXY),
    ("2017-04", GALAXY),
    ("2017-04-22", CHERRY),
    ("date:2017-04-23..2017-05", HEMLOCK),
    ("date:2008-05..2008-10", GPS | {"33-type_error.jpg"}),
    ('date:"april 2017"', GALAXY),
    ('date:"last summer"', {"summer.jpg"}),
    ("date:<1999", {"sanyo-vpcg250.jpg", "sony-d700.jpg"}),
    # places on earth
    ("near:43.4674,11.8851,5km", GPS),
    ("near:43.4674,11.8851,10m", {"DSCN0010.jpg"}),
    # what is mistyped is left out
    ("iso:lots camera:nikon", GPS | {"nikon-e950.jpg"}),
    ("(camera:nikon", GPS | {"nikon-e950.jpg"}),
)
_MENDED = {"iso:lots camera:nikon"}  # a command refuses a value that it cannot understand


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def library(base: Path) -> Iterator[Library]:
    if not (SHARED / "data" / "library").is_dir():
        pytest.skip("the real photos of ../shared are absent")
    photos, drive = base / "photos", base / "drive"
    shutil.copytree(SHARED / "data" / "library", photos)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo" * 50)
    shutil.copy(photos / "everyday" / "dog.jpg", photos / "again.jpg")
    Image.new("RGB", (300, 300), (200, 9, 9)).save(photos / "gone.jpg")
    drive.mkdir()
    shutil.copy(photos / "everyday" / "test_image.jpg", drive / "away.jpg")
    today = datetime.date.today()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = f"{today.year - (today.month < 9)}:07:15 12:00:00"
    Image.new("RGB", (600, 400), (9, 9, 200)).save(photos / "summer.jpg", exif=exif)
    opened = Library.open(Paths.under(base / "base"))
    for root in (photos, drive):
        opened.add_root(root)
    jobs.run(opened.scan())
    (photos / "gone.jpg").unlink()
    drive.rename(base / "unplugged")
    jobs.run(opened.scan())
    jobs.run(opened.annotate())
    for name, tag in (
        ("Landscape_1", "sunset"),
        ("Landscape_2", "sunrise"),
        ("dog", "dog"),
        ("az", "New York"),
    ):
        opened.tag(tag, [_id(opened, f"{name}.jpg")])
    opened.tag("Café Königsplatz", [_id(opened, "faces.jpg")])
    opened.reject("car", [_id(opened, "house.jpg")])
    opened.rate(5, [_id(opened, "house.jpg")])
    opened.rate(3, [_id(opened, "az.jpg")])
    opened.label("red", [_id(opened, "il.jpg")])
    jobs.run(opened.looks.prepare())
    jobs.run(opened.index())
    yield opened
    opened.close()


def _id(library: Library, name: str) -> int:
    rows = library.photos(range(1, 200))
    (photo,) = (each for each in rows if each.display_name == name)
    return photo.id


def _names(library: Library, query: str) -> set[str]:
    return {photo.display_name for photo in library.photos(library.find(query).ids.tolist())}


@pytest.mark.parametrize(("query", "names"), FORMS, ids=[query for query, _ in FORMS])
def test_a_form_finds_just_these_photos(
    library: Library, base: Path, query: str, names: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _names(library, query) == names
    code = main(["search", "--base", str(base / "base"), "--json", f"{query} visual:off"])
    found = {Path(json.loads(line)["path"]).name for line in capsys.readouterr().out.splitlines()}
    assert (code, found) == ((2, set()) if query in _MENDED else (0, names))
    for photo in library.find(query).ids.tolist():
        assert library.why(query, photo) or "-" in query


def test_suggestions_by_tag_and_probability(library: Library) -> None:
    every = [photo.id for photo in library.photos(library.find("").ids.tolist())]
    scores = {photo: {each.tag: each.score for each in library.suggested([photo])} for photo in every}
    for query, truth in (
        ("maybe:plant", {photo for photo in every if "plant" in scores[photo]}),
        ("maybe:plant conf:>0.9", {photo for photo in every if scores[photo].get("plant", 0) > 0.9}),
        ("conf:>0.99", {photo for photo in every if max(scores[photo].values(), default=0) > 0.99}),
        ("is:unreviewed", {photo for photo in every if scores[photo]}),
        ("is:untagged", {photo for photo in every if not library.decided([photo])}),
        ("-tag:*", {photo for photo in every if not library.decided([photo])}),
    ):
        assert set(library.find(query).ids.tolist()) == truth, query
        assert truth, query


def test_words_of_other_languages_find_suggestions_too(library: Library) -> None:
    flowers = set(library.find("maybe:flower OR tag:flower").ids.tolist())
    assert flowers
    for word in ("Blume", "fleur", "flor", "fiore", "FLEUR"):
        assert set(library.find(f"maybe:{word} OR tag:{word}").ids.tolist()) == flowers, word


def test_alike_and_duplicates(library: Library) -> None:
    dog, again = _id(library, "dog.jpg"), _id(library, "again.jpg")
    assert {dog, again} <= set(library.find(f"similar:{dog}").ids[:3].tolist()), (
        "others may come between copies"
    )
    twice = set(library.find("is:duplicate").ids.tolist())
    assert {dog, again} <= twice
    assert _id(library, "house.jpg") not in twice
    assert {_id(library, name) for name in TURNED} <= twice


def test_what_no_tag_says_is_ranked_by_looks_apart_from_exact_hits(library: Library) -> None:
    found = library.find("cherry blossom branches", visual=True)
    assert found.visual_from == 0
    names = [photo.display_name for photo in library.photos(found.ids[:6].tolist())]
    assert sum("cherry" in name or "hemlock" in name for name in names) >= 3
    assert len(library.find("cherry blossom branches visual:off", visual=True).ids) == 0
