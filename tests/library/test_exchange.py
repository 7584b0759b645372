"""Tags into sidecars and files and back: what is written, restored, merged, and never lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr import jobs
from photomgr.core.containers import PhotoFile
from photomgr.core.xmp import placing
from photomgr.core.xmp.packet import MetadataError
from photomgr.library import Library
from photomgr.library.restoring import Restoring

from ..core.file_kit import bag, exif_block, iptc_block, jpeg, picture, xmp_packet
from .exchange_kit import (
    EXIFTOOL,
    another_program,
    has_foreign,
    opened,
    photo,
    places,
    scanned,
    target,
    write,
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield from opened(tmp_path)


def tags(library: Library, number: int) -> set[str]:
    return {each.tag for each in library.decided_of(number)}


# both ways --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["known", "foreign"])
@pytest.mark.parametrize("place", ["sidecar", "file"])
@pytest.mark.parametrize("who", ["us", "them", "both"])
@pytest.mark.parametrize("what", ["add", "remove", "rename"])
def test_the_matrix(
    library: Library, tmp_path: Path, what: str, who: str, place: str, namespace: str
) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", place, ["dog", "old"])
    number = scanned(library, path)
    library.tag("ours before", [number])
    write(library, [number], place)
    here = target(path, place)
    expected = {"dog", "old", "ours before"}

    mine = {"add": ({"mine"}, set()), "remove": (set(), {"old"}), "rename": ({"mine"}, {"old"})}[what]
    other = {"add": ({"theirs"}, set()), "remove": (set(), {"old"}), "rename": ({"theirs"}, {"old"})}[what]
    if who in ("us", "both"):
        for word in mine[0]:
            library.tag(word, [number])
        for word in mine[1]:
            library.untag(word, [number])
        expected = (expected | mine[0]) - mine[1]
    if who in ("them", "both"):
        # the other program knows one field only: dc:subject, or one in a namespace that others do not know
        field = "subject" if namespace == "known" else "digikam"
        another_program(here, add=other[0], remove=other[1], field=field)
        expected = (expected | other[0]) - other[1]

    jobs.run(library.scan())
    assert tags(library, number) == expected
    write(library, [number], place)
    assert tags(library, number) == expected
    said = places(path)[b"" if place == "file" else b"a.jpg.xmp"]
    for name in ("subject", "lightroom", "digikam"):
        assert set(said.keywords[name]) == expected, name
    assert has_foreign(here)
    jobs.run(library.scan())
    assert tags(library, number) == expected  # and it stays so
    conflicts = library.exchange.conflicts()
    if (what, who) == ("rename", "both"):
        (conflict,) = conflicts
        assert (conflict.field, conflict.ours, conflict.theirs) == ("tags", ("mine",), ("theirs",))
        library.exchange.settle([conflict], "theirs")
        assert tags(library, number) == {"dog", "ours before", "theirs"}
    else:
        assert not conflicts


@pytest.mark.parametrize("field", ["subject", "lightroom", "digikam", "iptc"])
def test_gone_from_any_field_is_removed_from_all(library: Library, tmp_path: Path, field: str) -> None:
    if EXIFTOOL is None:
        field = "subject"
    path = photo(tmp_path / "photos" / "a.jpg", "file", [])
    number = scanned(library, path)
    library.tag("gone", [number])
    library.tag("stays", [number])
    write(library, [number], "file")
    another_program(path, remove=["gone"], field=field)
    jobs.run(library.scan())
    assert tags(library, number) == {"stays"}
    jobs.run(library.scan())
    write(library, [number], "file")
    assert {word for said in places(path).values() for word in said.all_keywords()} == {"stays"}
    library.tag("gone", [number])  # the person may change their mind
    write(library, [number], "file")
    jobs.run(library.scan())
    assert tags(library, number) == {"gone", "stays"}


def test_added_again_elsewhere_after_it_was_taken_off_there(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "sidecar", [])
    number = scanned(library, path)
    library.tag("x", [number])
    write(library, [number], "sidecar")
    another_program(target(path, "sidecar"), remove=["x"])
    jobs.run(library.scan())
    assert tags(library, number) == set()
    another_program(target(path, "sidecar"), add=["x"])
    jobs.run(library.scan())
    assert tags(library, number) == {"x"}


def test_refused_here_and_added_there_waits_for_the_person(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "sidecar", ["dog"])
    number = scanned(library, path)
    library.reject("wolf", [number])
    write(library, [number], "sidecar")
    library.tag("more", [number])
    write(library, [number], "sidecar")
    another_program(target(path, "sidecar"), add=["wolf"])
    write(library, [number], "sidecar")
    assert "wolf" in places(path)[b"a.jpg.xmp"].keywords["subject"]  # not silently overwritten
    (conflict,) = library.exchange.conflicts()
    assert (conflict.field, conflict.tag) == ("tag", "wolf")
    library.exchange.settle([conflict], "ours")
    write(library, [number], "sidecar")
    assert "wolf" not in places(path)[b"a.jpg.xmp"].keywords["subject"]


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"), [(None, 5, 5), (4, None, 4), (4, 4, 4), (4, 5, None)]
)
def test_ratings(
    library: Library, tmp_path: Path, mine: int | None, theirs: int | None, expected: int | None
) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    number = scanned(library, path)
    library.rate(3, [number])
    write(library, [number], "file")
    if mine is not None:
        library.rate(mine, [number])
    if theirs is not None:
        another_program(path, rating=theirs)
    jobs.run(library.scan())
    write(library, [number], "file")
    row = library.photo(number)
    assert row is not None
    conflicts = library.exchange.conflicts()
    if expected is None:
        (conflict,) = conflicts
        assert (row.rating, places(path)[b""].rating) == (4, 5)
        library.exchange.settle([conflict], "theirs")
        row = library.photo(number)
        assert row is not None and row.rating == 5
    else:
        assert not conflicts and row.rating == places(path)[b""].rating == expected


def test_touch_copies_clock_shifts_and_stripping_are_no_changes(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "sidecar", ["dog"])
    number = scanned(library, path)
    library.tag("mine", [number])
    library.rate(4, [number])
    write(library, [number], "file")
    content = library.photo(number).content  # type: ignore[union-attr]
    for shift in (3600, -3600, 1):
        for each in (path, target(path, "sidecar")):
            stamp = os.stat(each).st_mtime_ns + shift * 10**9
            os.utime(each, ns=(stamp, stamp))
        jobs.run(library.scan())
        assert tags(library, number) == {"dog", "mine"}
    for each in (path, target(path, "sidecar")):  # a copy in its own place: new number, new times
        data = each.read_bytes()
        each.unlink()
        each.write_bytes(data)
    jobs.run(library.scan())
    assert tags(library, number) == {"dog", "mine"}
    assert library.photo(number).content == content  # type: ignore[union-attr]
    target(path, "sidecar").unlink()
    picture(seed=1).save(path)  # without any metadata
    jobs.run(library.scan())
    assert "mine" in tags(library, number)
    assert not library.exchange.conflicts()


# writing ----------------------------------------------------------------------------------------------------


def test_every_field_reads_back_in_another_program(library: Library, tmp_path: Path) -> None:
    path = jpeg(tmp_path / "photos" / "a.jpg")
    number = scanned(library, path)
    for word in ("Hund", "Über den Wolken", "日本", "rock/pop", "a|b"):
        library.tag(word, [number])
    library.rate(4, [number])
    library.label("green", [number])
    write(library, [number], "file")
    write(library, [number], "sidecar")
    said = places(path)
    for each in (said[b""], said[b"a.jpg.xmp"]):
        assert set(each.keywords["subject"]) == {"Hund", "Über den Wolken", "日本", "rock/pop", "a|b"}
        assert (each.rating, each.label) == (4, "green")
    assert set(said[b""].keywords["iptc"]) == set(said[b""].keywords["subject"])
    if EXIFTOOL is None:
        return
    for where in (path, target(path, "sidecar")):
        out = subprocess.run([EXIFTOOL, "-j", "-G1", where], capture_output=True, check=True, timeout=60)
        (found,) = json.loads(out.stdout)
        assert set(found["XMP-dc:Subject"]) == {"Hund", "Über den Wolken", "日本", "rock/pop", "a|b"}
        assert set(found["XMP-lr:HierarchicalSubject"]) == {"Hund", "Über den Wolken", "日本", "rock/pop"}
        assert set(found["XMP-digiKam:TagsList"]) == {"Hund", "Über den Wolken", "日本", "a|b"}
        assert (found["XMP-xmp:Rating"], found["XMP-xmp:Label"]) == (4, "Green")
        if where == path:
            assert "日本" in found["IPTC:Keywords"] and found["IPTC:CodedCharacterSet"] == "UTF8"


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.heic"])
@pytest.mark.parametrize("mode", ["sidecar", "file"])
def test_restore_gives_the_same_bytes_back(library: Library, tmp_path: Path, name: str, mode: str) -> None:
    path = tmp_path / "photos" / name
    if name == "a.jpg":
        photo(path, "file", ["dog"])
    else:
        picture().save(path)
    path.chmod(0o640)
    if hasattr(os, "setxattr"):
        os.setxattr(path, "user.note", b"kept")
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    number = scanned(library, path)
    library.tag("one", [number])
    write(library, [number], mode)
    embedded = mode == "file" and name not in ("a.gif", "a.heic")
    assert (path.read_bytes() != before) == embedded
    assert Path(f"{path}.xmp").exists() != embedded
    assert path.stat().st_mode & 0o777 == 0o640
    if hasattr(os, "getxattr"):
        assert os.getxattr(path, "user.note") == b"kept"
    library.tag("two", [number])
    write(library, [number], mode)  # over our own
    done = jobs.run(library.exchange.restore([number]))
    assert (done.files, done.failed) == (1, 0)
    assert path.read_bytes() == before and not Path(f"{path}.xmp").exists()
    assert path.stat().st_mtime_ns == stamp
    jobs.run(library.scan())
    assert tags(library, number) >= {"one", "two"}  # decisions stay
    assert not [each for each in os.listdir(path.parent) if each.startswith(".")]


@pytest.mark.parametrize("mode", ["sidecar", "file"])
def test_killed_while_files_were_put_back(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """What stood in the catalog stays, and the rest can be put back afterwards."""
    paths = [photo(tmp_path / "photos" / f"{name}.jpg", "file", ["dog"]) for name in "abc"]
    before = {path: path.read_bytes() for path in paths}
    numbers = [scanned(library, path) for path in paths]
    library.tag("ours", numbers)
    library.untag("dog", numbers)
    library.rate(4, numbers)
    write(library, numbers, mode)
    real, done = Restoring._put, []

    def put(self: Restoring, ready: object) -> bool:
        done.append(ready)
        if len(done) == 3:
            raise KeyboardInterrupt  # as far as files and catalog are concerned, a kill
        return real(self, ready)  # type: ignore[arg-type]

    monkeypatch.setattr(Restoring, "_put", put)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(library.exchange.restore(numbers))
    monkeypatch.undo()
    for path in paths:
        os.utime(path, ns=(path.stat().st_mtime_ns + 10**9,) * 2)  # the next scan looks at each
    jobs.run(library.scan())
    assert [tags(library, number) for number in numbers] == [{"ours"}] * 3
    assert [each.rating for each in library.photos(numbers)] == [4] * 3 and not library.exchange.conflicts()
    finished = jobs.run(library.exchange.restore(numbers))
    assert (finished.files, finished.failed) == (1, 0)
    assert {path: path.read_bytes() for path in paths} == before
    assert sorted(each.name for each in paths[0].parent.iterdir()) == ["a.jpg", "b.jpg", "c.jpg"]


def test_restore_overwrites_no_one_elses_work(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    number = scanned(library, path)
    library.tag("one", [number])
    write(library, [number], "file")
    another_program(path, add=["theirs"])
    now = path.read_bytes()
    done = jobs.run(library.exchange.restore([number]))
    assert done.failed == 1 and "Another program" in done.problems[0][1]
    assert path.read_bytes() == now


def test_the_picture_is_not_tagged_again_after_a_write(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    number = scanned(library, path)
    jobs.run(library.annotate())
    thumbnail = library.thumbnail(number)
    library.tag("one", [number])
    write(library, [number], "file")
    found = jobs.run(library.scan())
    assert (found.changed, found.new) == (0, 0)
    assert library.waiting().annotate == 0
    assert library.thumbnail(number, make=False) == thumbnail


def test_a_dry_run_changes_nothing_and_shows_every_field(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "sidecar", ["dog"])
    number = scanned(library, path)
    library.tag("new", [number])
    library.untag("dog", [number])
    before = {each: each.read_bytes() for each in path.parent.iterdir()}
    done = jobs.run(library.exchange.write([number], "sidecar", dry=True))
    assert {each: each.read_bytes() for each in path.parent.iterdir()} == before
    (file,) = done.differences
    assert [one.text() for one in file.differences] == [
        "dc:subject: −dog, +new", "lr:hierarchicalSubject: +new", "digiKam:TagsList: +new",
    ]  # fmt: skip


def test_a_dry_run_names_the_file_that_will_be_written(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    for name in ("a.gif", "b.jpg", "c.jpg"):
        folder.mkdir(exist_ok=True)
        picture(seed=ord(name[0])).save(folder / name)
    real = placing.check_file

    def check(before: PhotoFile, *rest: object) -> None:
        if before.at(0, before.size) == (folder / "b.jpg").read_bytes():
            raise MetadataError("IPTC fields would be lost; the file was left as it is.")
        real(before, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(placing, "check_file", check)
    numbers = [scanned(library, folder / name) for name in ("a.gif", "b.jpg", "c.jpg")]
    library.tag("new", numbers)
    rehearsed, done = (jobs.run(library.exchange.write(numbers, "file", dry=dry)) for dry in (True, False))
    assert [(each.path.name, each.new, each.sidecar, each.instead) for each in rehearsed.differences] == [
        ("a.gif.xmp", True, True, "GIF files are never written into."),
        ("b.jpg.xmp", True, True, "IPTC fields would be lost; the file was left as it is."),
        ("c.jpg", False, False, ""),
    ]
    assert done.differences == rehearsed.differences
    assert sorted(each.name for each in folder.iterdir()) == [
        "a.gif",
        "a.gif.xmp",
        "b.jpg",
        "b.jpg.xmp",
        "c.jpg",
    ]


def test_many_conflicts_are_settled_in_one_step(library: Library, tmp_path: Path) -> None:
    paths = [photo(tmp_path / "photos" / name, "sidecar", ["dog"]) for name in ("a.jpg", "b.jpg")]
    numbers = [scanned(library, path) for path in paths]
    library.rate(3, numbers)
    write(library, numbers, "sidecar")
    library.rate(5, numbers)
    library.tag("ours", numbers)
    library.untag("dog", numbers)
    for path in paths:
        another_program(target(path, "sidecar"), add=["theirs"], rating=1)
    jobs.run(library.scan())
    jobs.run(library.index())
    assert {int(each) for each in library.find("is:conflict").ids} == set(numbers)
    assert library.why("is:conflict", numbers[0]) == ["conflict: rating"]
    waiting = library.exchange.conflicts()
    change = library.exchange.settle(waiting, "theirs")
    assert change.text == "2 conflicts settled" and not library.exchange.conflicts()
    assert [each.rating for each in library.photos(numbers)] == [1, 1]
    library.undo()
    assert library.exchange.conflicts() == waiting
    assert [each.rating for each in library.photos(numbers)] == [5, 5]
    library.redo()
    assert not library.exchange.conflicts() and len(library.find("is:conflict").ids) == 0
    assert library.exchange.settle(waiting, "ours").action is None  # they are settled


def test_suggestions_are_never_written(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    number = scanned(library, path)
    jobs.run(library.annotate())
    done = jobs.run(library.exchange.write([number], "file"))
    assert {word for said in places(path).values() for word in said.all_keywords()} == {"dog"}
    assert done.failed == 0


def test_one_sidecar_for_two_photos_is_left_alone(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    first = photo(folder / "a.jpg", "none", [])
    picture(seed=9).save(folder / "a.png")
    shared = folder / "a.xmp"
    photo(tmp_path / "x.jpg", "sidecar", ["both"])
    os.replace(tmp_path / "x.jpg.xmp", shared)
    number = scanned(library, first)
    before = shared.read_bytes()
    library.tag("mine", [number])
    write(library, [number], "sidecar")
    assert shared.read_bytes() == before and (folder / "a.jpg.xmp").exists()


def test_adobes_names_and_folder_rules(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    number = scanned(library, photo(folder / "deep" / "a.jpg", "none", []))
    library.tag("x", [number])
    assert jobs.run(library.exchange.write([number])).files == 0  # never, unless asked
    library.settings.set("sidecar_names", "IMG.xmp")
    library.exchange.set_folder_mode(folder, "sidecar")
    assert jobs.run(library.exchange.write([number])).files == 1
    assert (folder / "deep" / "a.xmp").exists()
    library.exchange.set_folder_mode(folder / "deep", "never")
    library.tag("y", [number])
    assert jobs.run(library.exchange.write([number])).files == 0


def test_latin_iptc_of_others_is_not_turned_into_nonsense(library: Library, tmp_path: Path) -> None:
    block = iptc_block([(2, 5, "Grüße".encode("cp1252")), (2, 25, "Käse".encode("cp1252"))])
    path = jpeg(tmp_path / "photos" / "a.jpg", iptc=block)
    number = scanned(library, path)
    library.tag("mine", [number])
    write(library, [number], "file")
    assert tags(library, number) == {"Käse", "mine"}
    assert block in path.read_bytes()


def test_a_file_that_may_not_be_written_says_so(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    number = scanned(library, path)
    library.tag("x", [number])
    path.write_bytes(path.read_bytes()[:400])  # cut off in the middle
    before = path.read_bytes()
    done = jobs.run(library.exchange.write([number], "file"))
    assert path.read_bytes() == before or not done.failed


def test_a_damaged_sidecar_stays_and_is_named(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "file", ["dog"])
    beside = Path(f"{path}.xmp")
    beside.write_bytes(b"<broken")
    number = scanned(library, path)
    library.tag("x", [number])
    done = jobs.run(library.exchange.write([number], "sidecar"))
    assert beside.read_bytes() == b"<broken"
    said = done.problems[0][1]
    assert "Its sidecar is damaged and stays as it is" in said
    assert "ErrorCode" not in said


def test_renames_aliases_and_parents(library: Library, tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg", "sidecar", ["Hund", "old name"])
    number = scanned(library, path)
    library.housekeeping.add_alias("dog", "Köter")
    library.housekeeping.set_parent("Rex", "Haustiere")
    library.tag("Rex", [number])
    write(library, [number], "sidecar")
    library.housekeeping.rename("old name", "new name")
    write(library, [number], "sidecar")
    said = places(path)[b"a.jpg.xmp"]
    assert set(said.keywords["subject"]) == {"Hund", "new name", "Rex"}
    assert b"Haustiere|Rex" in target(path, "sidecar").read_bytes()
    another_program(target(path, "sidecar"), add=["Köter"])
    jobs.run(library.scan())
    assert tags(library, number) == {"Hund", "new name", "Rex", "dog"}
    library.untag("dog", [number])
    write(library, [number], "sidecar")
    jobs.run(library.scan())
    assert tags(library, number) == {"Hund", "new name", "Rex"}
    assert "Köter" not in places(path)[b"a.jpg.xmp"].keywords["subject"]


def test_the_names_above_a_keyword_stay_where_it_is_renamed(library: Library, tmp_path: Path) -> None:
    """Those that another program gave it, in the fields that have none yet too; the person's own replace a lack."""
    path = jpeg(tmp_path / "photos" / "a.jpg")
    beside = target(path, "sidecar")
    beside.write_bytes(
        xmp_packet(
            "", bag("dc:subject", ["See", "Rex"]) + bag("lr:hierarchicalSubject", ["Natur|See", "Rex"])
        )
    )
    number = scanned(library, path)
    write(library, [number], "sidecar")
    assert b"Natur/See" in beside.read_bytes()
    library.housekeeping.rename("See", "Meer")
    library.housekeeping.set_parent("Rex", "Hunde")
    write(library, [number], "sidecar")
    said = beside.read_bytes().decode()
    assert all(
        f"<rdf:li>{each}</rdf:li>" in said for each in ("Natur|Meer", "Natur/Meer", "Hunde|Rex", "Hunde/Rex")
    )
    assert "See" not in said and places(path)[b"a.jpg.xmp"].keywords["subject"] == ("Rex", "Meer")
    jobs.run(library.scan())
    assert tags(library, number) == {"Meer", "Rex"} and not library.exchange.conflicts()


def test_darktables_colours_are_read_and_kept_in_line(library: Library, tmp_path: Path) -> None:
    path = jpeg(tmp_path / "photos" / "a.jpg")
    beside = target(path, "sidecar")
    theirs = 'xmlns:darktable="http://darktable.sf.net/" darktable:history_end="0"'
    beside.write_bytes(xmp_packet(theirs, bag("darktable:colorlabels", ["3"], "Seq")))
    number = scanned(library, path)
    assert library.photo(number).label == "blue"  # type: ignore[union-attr]
    library.label("green", [number])
    write(library, [number], "sidecar")
    said = beside.read_bytes()
    assert b"Green" in said and b"<rdf:li>2</rdf:li>" in said and b"history_end" in said
    changed = said.replace(
        b"<rdf:li>2</rdf:li>", b"<rdf:li>4</rdf:li>"
    )  # by darktable, which knows no other field
    beside.write_bytes(changed)
    os.utime(beside, ns=(beside.stat().st_mtime_ns + 2 * 10**9,) * 2)
    jobs.run(library.scan())
    assert library.photo(number).label == "purple"  # type: ignore[union-attr]
    write(library, [number], "sidecar")
    assert b"Purple" in beside.read_bytes()
    library.label(None, [number])
    write(library, [number], "sidecar")
    assert b"Purple" not in beside.read_bytes() and b"colorlabels" not in beside.read_bytes()


def test_explorers_keywords_are_kept_in_line(library: Library, tmp_path: Path) -> None:
    words = "dog;sea\0".encode("utf-16-le")
    path = jpeg(tmp_path / "photos" / "a.jpg", exif=exif_block({0x10F: "Nikon", 0x9C9E: words}, order="<"))
    number = scanned(library, path)
    assert tags(library, number) == {"dog", "sea"}
    library.untag("sea", [number])
    library.tag("Über", [number])
    write(library, [number], "file")
    assert set(places(path)[b""].keywords["windows"]) == {"dog", "Über"}
    jobs.run(library.scan())
    assert tags(library, number) == {"dog", "Über"}


def test_a_comment_stays_and_a_sidecar_takes_what_a_file_cannot(library: Library, tmp_path: Path) -> None:
    path = jpeg(tmp_path / "photos" / "a.jpg", comment=b"Lovely smoke")
    other = jpeg(tmp_path / "photos" / "b.jpg", seed=2, exif=b"II*\0\x08\0\0\0\xff\xff broken")
    for each in (path, other):
        number = scanned(library, each)
        library.tag("x", [number])
        write(library, [number], "file")
        assert "x" in {word for said in places(each).values() for word in said.all_keywords()}
    assert b"Lovely smoke" in path.read_bytes()
