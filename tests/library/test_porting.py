"""Decisions out of the library and back, other programs' legacies, and copies of photos."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.errors import UsageError
from photomgr.core.metadata import read
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.copying import CopyWish

from ..core.file_kit import bag, exif_block, jpeg, picture, xmp_packet


def opened(base: Path, photos: Path) -> Library:
    library = Library.open(Paths.under(base))
    library.add_root(photos)
    jobs.run(library.scan())
    return library


@pytest.fixture
def library(tmp_path: Path):
    for number, name in enumerate(("a.jpg", "b.jpg", "<script>.jpg")):
        jpeg(tmp_path / "photos" / "2019" / name, seed=number)
    made = opened(tmp_path / "base", tmp_path / "photos")
    yield made
    made.close()


def ids(library: Library) -> list[int]:
    jobs.run(library.index())
    return sorted(int(each) for each in library.find("").ids)


def state(library: Library) -> dict[str, object]:
    """All that was decided, by file name."""
    return {
        photo.display_name: (
            sorted((each.tag, str(each.source)) for each in library.decided_of(photo.id)),
            sorted(library.rejected([photo.id])), photo.rating, photo.label,
        )
        for photo in library.photos(ids(library))
    }  # fmt: skip


def decide(library: Library) -> None:
    first, second, third = ids(library)
    library.tag("Hund", [first, second])
    library.tag("=cmd()|x", [third])
    library.reject("cat", [first])
    library.rate(4, [first])
    library.label("green", [second])
    library.describe("title", "Der Hund", [first])
    library.describe("caption", "im Garten", [first])
    library.housekeeping.add_alias("Hund", "dog of mine")
    library.housekeeping.set_parent("Hund", "Tier")
    library.housekeeping.set_tags_of(3, "pets", ["Hund", "Tier"])
    library.collections.make_album("Best of", [first, third])
    library.collections.save("Dogs", "tag:Hund", "newest")


def test_into_an_empty_catalog_elsewhere_with_the_same_result(library: Library, tmp_path: Path) -> None:
    decide(library)
    jobs.run(library.exchange.ports.export(tmp_path / "all.jsonl"))
    shutil.copytree(tmp_path / "photos", tmp_path / "moved")
    other = opened(tmp_path / "other", tmp_path / "moved")
    with closing(other):
        before = state(other)
        change, done = other.exchange.ports.take_in(tmp_path / "all.jsonl")
        assert (done.photos, done.missing) == (3, 0)
        assert state(other) == state(library)
        hund = other.catalog.keeping.tags()["Hund"]
        assert (hund.parents, [each.name for each in hund.names]) == (("Tier",), ["dog of mine"])
        assert other.housekeeping.sets() == library.housekeeping.sets()
        assert [(each.name, each.count) for each in other.collections.albums()] == [("Best of", 2)]
        assert other.collections.searches() == library.collections.searches()
        jobs.run(other.exchange.ports.export(tmp_path / "again.jsonl"))
        lines = [_timeless((tmp_path / name).read_text()) for name in ("all.jsonl", "again.jsonl")]
        assert lines[0] == lines[1]
        again, _ = other.exchange.ports.take_in(tmp_path / "all.jsonl")
        assert again.action is None  # nothing changes twice
        other.undo()
        assert state(other) == before
        assert change.text == "3 photos taken in from all.jsonl"


def _timeless(text: str) -> list[dict[str, object]]:
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        record.pop("made", None)
        record.pop("path", None)
        for each in record.get("photos", ()):
            each.pop("path")
        for key in ("tags", "rejected", "removed"):
            for entry in record.get(key, ()) if record["kind"] == "photo" else ():
                entry.pop("when")
    return records


def test_nonsense_changes_nothing(library: Library, tmp_path: Path) -> None:
    decide(library)
    before = state(library)
    for text in ('{"kind": "photomgr", "version": 99}\n', '{"kind": "other"}\n', '{"kind": "photomgr"', "{]\n",
                 '{"kind":"photomgr","version":1}\n{"kind":"photo","path":"a.jpg","rating":7}\n'):  # fmt: skip
        (tmp_path / "bad.jsonl").write_text(text)
        with pytest.raises(UsageError):
            library.exchange.ports.take_in(tmp_path / "bad.jsonl")
    assert state(library) == before


def test_a_table_that_runs_no_formula_and_a_page_that_runs_no_script(
    library: Library, tmp_path: Path
) -> None:
    decide(library)
    jobs.run(library.exchange.ports.csv(tmp_path / "t.csv", ids(library)))
    with (tmp_path / "t.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["tags"] for row in table] == ["Hund", "Hund", "'=cmd()|x"]
    assert [row["rating"] for row in table] == ["4", "0", "0"]
    done = jobs.run(library.exchange.ports.gallery(tmp_path / "page", ids(library), "<b>My photos</b>"))
    page = (tmp_path / "page" / "index.html").read_text()
    assert "<figcaption>Der Hund<br>" in page
    assert done == 3 and "<script>" not in page and "<b>" not in page and "&lt;script&gt;.jpg" in page
    assert len(list((tmp_path / "page" / "thumbnails").iterdir())) == 3


def test_keyword_lists_both_ways(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(
        "[Natur]\n\tBaum\n\t\t{Bäume}\n\t\tEiche\nStadt\n\tOrange\nObst\n\tOrange\n", "utf-8"
    )
    library.exchange.ports.take_in(tmp_path / "in.txt")
    tags = library.catalog.keeping.tags()
    assert tags["Eiche"].parents == ("Baum",) and tags["Baum"].parents == ("Natur",)
    for _ in range(2):  # before any of them stands on a photo, and with the lowest on one
        library.exchange.ports.keywords(tmp_path / "out.txt")
        listed = (tmp_path / "out.txt").read_text("utf-8")
        assert listed == "Natur\n\tBaum\n\t\t{Bäume}\n\t\tEiche\nObst\n\tOrange\nStadt\n\tOrange\n"
        library.tag("Eiche", ids(library)[:1])


def test_a_digikam_database(library: Library, tmp_path: Path) -> None:
    source = tmp_path / "digikam4.db"
    with closing(sqlite3.connect(source)) as there:
        there.executescript(
            """
            CREATE TABLE AlbumRoots (id INTEGER PRIMARY KEY, label TEXT, status INTEGER NOT NULL, type INTEGER NOT NULL,
                identifier TEXT, specificPath TEXT, UNIQUE(identifier, specificPath));
            CREATE TABLE Albums (id INTEGER PRIMARY KEY, albumRoot INTEGER NOT NULL, relativePath TEXT NOT NULL,
                date DATE, caption TEXT, collection TEXT, icon INTEGER, UNIQUE(albumRoot, relativePath));
            CREATE TABLE Images (id INTEGER PRIMARY KEY, album INTEGER, name TEXT NOT NULL, status INTEGER NOT NULL,
                category INTEGER NOT NULL, modificationDate DATETIME, fileSize INTEGER, uniqueHash TEXT,
                manualOrder INTEGER, UNIQUE (album, name));
            CREATE TABLE Tags (id INTEGER PRIMARY KEY, pid INTEGER, name TEXT NOT NULL, icon INTEGER, iconkde TEXT);
            CREATE TABLE ImageTags (imageid INTEGER NOT NULL, tagid INTEGER NOT NULL, UNIQUE (imageid, tagid));
            CREATE TABLE ImageInformation (imageid INTEGER PRIMARY KEY, rating INTEGER, creationDate DATETIME);
            INSERT INTO AlbumRoots VALUES (1, 'Pictures', 0, 1, 'volumeid:?path=/home/someone%20else', '/Pictures');
            INSERT INTO Albums VALUES (1, 1, '/2019', NULL, NULL, NULL, NULL);
            INSERT INTO Images VALUES (1, 1, 'a.jpg', 1, 1, NULL, 1, '', 0), (2, 1, 'none.jpg', 1, 1, NULL, 1, '', 1);
            INSERT INTO Tags VALUES (1, 0, '_Digikam_Internal_Tags_', 0, ''), (2, 1, 'Color Label Green', 0, ''),
                (3, 0, 'Places', 0, ''), (4, 3, 'Ulm', 0, '');
            INSERT INTO ImageTags VALUES (1, 2), (1, 4), (2, 4);
            INSERT INTO ImageInformation VALUES (1, 3, NULL), (2, -1, NULL);
            CREATE TABLE ImageComments (id INTEGER PRIMARY KEY, imageid INTEGER, type INTEGER, language TEXT,
                author TEXT, date DATETIME, comment TEXT, UNIQUE(imageid, type, language, author));
            INSERT INTO ImageComments VALUES (1, 1, 1, 'de-DE', NULL, NULL, 'das Münster'),
                (2, 1, 1, 'x-default', NULL, NULL, 'the minster'), (3, 1, 3, 'x-default', NULL, NULL, 'Ulm');
            """
        )
    change, done = library.exchange.ports.take_in(source)
    assert (done.photos, done.missing, done.unknown) == (1, 1, ["/home/someone else/Pictures/2019/none.jpg"])
    assert state(library)["a.jpg"] == ([("Ulm", "person")], [], 3, "green")
    assert library.catalog.keeping.tags()["Ulm"].parents == ("Places",)
    (texts,) = [each.metadata for each in library.photos(ids(library)) if each.rating == 3]
    assert (texts.title, texts.caption) == ("Ulm", "the minster")
    assert change.action is not None


def test_picasa_and_takeout(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "2019"
    (folder / ".picasa.ini").write_text(
        "[Picasa]\nname=x\n[a.jpg]\nstar=yes\nkeywords=sea, sand\ncaption=By the sea\n[gone.jpg]\n"
        "[Contacts2]\n1a2b=Ada;;\n"
    )
    library.exchange.ports.take_in(folder)
    assert state(library)["a.jpg"] == ([("sand", "person"), ("sea", "person")], [], 5, None)
    (folder / ".picasa.ini").unlink()
    (folder / "b.jpg.json").write_text(
        json.dumps({"title": "b.jpg", "favorited": True, "people": [{"name": "Ada"}, {}], "description": "x"})
    )
    (folder / "list.json").write_text("[1, 2]")
    library.exchange.ports.take_in(folder)
    assert state(library)["b.jpg"] == ([("Ada", "person")], [], 5, None)
    captions = {each.display_name: each.metadata.caption for each in library.photos(ids(library))}
    assert captions == {"a.jpg": "By the sea", "b.jpg": "x", "<script>.jpg": None}


def test_names_of_a_takeout(library: Library, tmp_path: Path) -> None:
    """Numbered, cut off and edited photos get what is theirs, after Google's own naming."""
    folder = tmp_path / "photos" / "Photos from 2019"
    long = "a very long name of a photo that Google cuts off somewhere.jpg"
    for seed, name in enumerate(("IMG.jpg", "IMG(1).jpg", "IMG-edited.jpg", f"{long[:47]}.jpg"), 30):
        jpeg(folder / name, seed=seed)
    for name, title, text in (
        ("IMG.jpg.supplemental-metadata.json", "IMG.jpg", "first"),
        ("IMG.jpg.supplemental-metadata(1).json", "IMG.jpg", "second"),
        (f"{long[:46]}.json", long, "long"),
    ):
        (folder / name).write_text(json.dumps({"title": title, "description": text, "favorited": True}))
    jobs.run(library.scan())
    library.exchange.ports.take_in(folder)
    photos = {each.display_name: each for each in library.photos(ids(library)) if each.rating == 5}
    captions = {name: photo.metadata.caption for name, photo in photos.items()}
    assert captions == {
        "IMG.jpg": "first", "IMG-edited.jpg": "first", "IMG(1).jpg": "second", f"{long[:47]}.jpg": "long",
    }  # fmt: skip


def test_copies(tmp_path: Path) -> None:
    gps = {1: "N", 2: [(33, 1), (30, 1), (0, 1)], 3: "W", 4: [(70, 1), (45, 1), (36, 1)]}
    exif = exif_block({0x10F: "Nikon", 0x110: "D50", 0x112: 6}, {0x9003: "2019:06:15 12:30:05"}, gps)
    jpeg(tmp_path / "photos" / "a.jpg", exif=exif)
    picture(seed=4).save(tmp_path / "photos" / "b.heic", exif=exif)
    library = opened(tmp_path / "base", tmp_path / "photos")
    with closing(library):
        numbers = ids(library)
        library.tag("Hund", numbers)

        def copied(where: str, wish: CopyWish) -> list[Path]:
            done = jobs.run(library.exchange.copy(numbers, tmp_path / where, wish))
            assert not done.problems
            return sorted(each for each in (tmp_path / where).rglob("*") if each.is_file())

        plain = copied("plain", CopyWish())
        assert [each.read_bytes() for each in plain] == [
            (tmp_path / "photos" / name).read_bytes() for name in ("a.jpg", "b.heic")
        ]
        assert len(copied("plain", CopyWish())) == 4  # nothing is overwritten
        for path in copied("bare", CopyWish(strip_gps=True)):
            found = read(path)
            assert (found.latitude, found.longitude, found.camera) == (None, None, "Nikon D50")
        small = copied("small", CopyWish("webp", 100, True, "{year}/{month}-{n:03}"))
        assert [str(each.relative_to(tmp_path / "small")) for each in small] == [
            "2019/06-001.webp",
            "2019/06-002.webp",
        ]
        for path in small:
            with Image.open(path) as image:
                assert max(image.size) == 100 and image.height > image.width
            found = read(path)
            assert (found.keywords, found.latitude, found.orientation) == (("Hund",), None, 1)
            assert found.taken == "2019-06-15T12:30:05"
        for name in ("{name", "{name.__class__}", "{password}"):
            with pytest.raises(UsageError):
                jobs.run(library.exchange.copy(numbers, tmp_path / "x", CopyWish(name=name)))


def test_sidecars_go_along_with_copies(tmp_path: Path) -> None:
    jpeg(tmp_path / "photos" / "a.jpg")
    jpeg(tmp_path / "photos" / "b.jpg", seed=2)
    (tmp_path / "photos" / "b.xmp").write_bytes(xmp_packet("", bag("dc:subject", ["their own"])))
    with closing(opened(tmp_path / "base", tmp_path / "photos")) as library:
        numbers = ids(library)
        library.tag("Hund", numbers)
        assert jobs.run(library.exchange.write(numbers, "sidecar")).files == 2
        wish = CopyWish(name="new/{name}{year}")
        assert jobs.run(library.exchange.copy(numbers, tmp_path / "out", wish)).copied == 2
        bare = CopyWish(strip_gps=True)
        assert jobs.run(library.exchange.copy(numbers, tmp_path / "bare", bare)).copied == 2
    there = sorted((tmp_path / "out" / "new").iterdir())
    assert [each.name[0] + each.name[5:] for each in there] == ["a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp"]
    assert [read(each).keywords for each in there[::2]] == [("Hund",), ("their own", "Hund")]
    assert sorted(each.name for each in (tmp_path / "bare").iterdir()) == ["a.jpg", "b.jpg"]


def test_a_page_that_is_cancelled_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    ids = [int(each) for each in library.find("").ids] or [1, 2, 3]
    job = library.exchange.ports.gallery(tmp_path / "page", ids, "x")
    next(job)
    assert list((tmp_path / "page" / "thumbnails").iterdir())
    job.close()
    assert not (tmp_path / "page").exists()
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<html>mine")
    with pytest.raises(UsageError, match="page of its own"):
        jobs.run(library.exchange.ports.gallery(tmp_path / "page", ids, "x"))
    assert [each.name for each in (tmp_path / "page").iterdir()] == ["index.html"]
    jobs.run(library.exchange.ports.gallery(tmp_path / "ours", ids, "<script>"))
    jobs.run(library.exchange.ports.gallery(tmp_path / "ours", ids, "again"))
    assert "<title>again</title>" in (tmp_path / "ours" / "index.html").read_text()


def test_two_peoples_catalogs_become_one(library: Library, tmp_path: Path) -> None:
    decide(library)
    library.catalog.keeping.set_bands("Hund", (0.9, 0.3), lambda _: "")
    jobs.run(library.exchange.ports.export(tmp_path / "hers.jsonl"))
    other = opened(tmp_path / "other", tmp_path / "photos")
    with closing(other):
        first, second, third = ids(other)
        other.tag("cat", [first])  # she refused it
        other.reject("HUND", [second])  # she accepted it
        other.tag("dog of mine", [third])  # her other word for Hund
        other.housekeeping.set_parent("Tier", "Hund")  # she has it the other way round
        other.housekeeping.set_tags_of(3, "mine", ["Haus"])
        other.rate(2, [first])
        before, kept = state(other), other.housekeeping.sets()
        change, done = other.exchange.ports.take_in(tmp_path / "hers.jsonl")
        assert (done.photos, done.missing) == (3, 0)
        after = state(other)
        for name, (tags, rejected, *_) in after.items():  # type: ignore[misc]
            assert not {tag for tag, _ in tags} & set(rejected), name  # nobody stands on both sides
        parents = {tag: each.parents for tag, each in other.catalog.keeping.tags().items()}
        assert not ("Tier" in parents["HUND"] and "HUND" in parents["Tier"])  # no circle
        jobs.run(other.learn())
        ids(other)
        other.undo()
        assert change.action is not None
        assert state(other) == before
        assert other.housekeeping.sets() == kept
        other.redo()
        assert state(other) == after
