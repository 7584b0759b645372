"""Files renamed, moved, trashed and found again: sidecars and decisions go along, and undo brings all back."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pillow_jxl  # noqa: F401 - for Pillow
import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.errors import PhotomgrError, UsageError
from photomgr.core.paths import Paths
from photomgr.core.records import Presence
from photomgr.core.xmp import files, trash
from photomgr.library import Library

from ..core.file_kit import jpeg, picture
from ..core.test_raw import dng
from ..photos import SHARED
from .exchange_kit import EXIFTOOL, another_program, photo, places, write

SAMPLES = SHARED / "data" / "library"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    trash = str(tmp_path / "data" / "Trash")  # what send2trash has looked up when it was loaded
    monkeypatch.setattr("send2trash.plat_other.HOMETRASH", trash, raising=False)
    monkeypatch.setattr("send2trash.plat_other.HOMETRASH_B", os.fsencode(trash), raising=False)
    for seed, name in enumerate(("a.jpg", "b.jpg")):
        photo(tmp_path / "photos" / name, "sidecar", ["dog"])
        jpeg(tmp_path / "photos" / name, seed=seed)
    opened = Library.open(Paths.under(tmp_path / "base"))
    opened.add_root(tmp_path / "photos")
    jobs.run(opened.scan())
    yield opened
    opened.close()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def number(library: Library, path: Path) -> int:
    found = library.photo_at(path)
    assert found is not None
    return found.id


def is_settled(library: Library) -> None:
    """A scan finds nothing that the catalog does not know."""
    found = jobs.run(library.scan())
    assert (found.new, found.changed, found.moved, found.gone) == (0, 0, 0, 0)


def test_undo_does_not_wait_for_files_that_are_long_on_their_way(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (number(library, tmp_path / "photos" / name) for name in ("a.jpg", "b.jpg"))
    library.tag("x", [two])
    begun, go = threading.Event(), threading.Event()
    move = files.move

    def slowly(start: bytes, goal: bytes) -> None:
        begun.set()
        go.wait(20)
        move(start, goal)

    monkeypatch.setattr("photomgr.library.moving.files.move", slowly)
    monkeypatch.setattr("photomgr.library.moving._MOMENT", 0.05)
    renaming = threading.Thread(target=library.moving.rename, args=(one, "Ada.jpg"))
    renaming.start()
    assert begun.wait(20)
    with pytest.raises(PhotomgrError, match="being moved"):
        library.undo()
    library.tag("y", [two])  # decisions go on meanwhile
    go.set()
    renaming.join()
    assert [each.tag for each in library.decided_of(two)] == ["dog", "x", "y"]
    assert (tmp_path / "photos" / "Ada.jpg").exists()
    library.undo()
    assert (tmp_path / "photos" / "a.jpg").exists()


def test_rename_and_back(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    one = number(library, folder / "a.jpg")
    library.tag("x", [one])
    write(library, [one], "sidecar")
    before = tree(folder)
    change = library.moving.rename(one, "Ada am Strand")
    assert change.text == "a.jpg renamed Ada am Strand.jpg"
    assert set(tree(folder)) == {"Ada am Strand.jpg", "Ada am Strand.jpg.xmp", "b.jpg", "b.jpg.xmp"}
    assert number(library, folder / "Ada am Strand.jpg") == one
    is_settled(library)
    assert jobs.run(library.exchange.write([one], "sidecar")).unchanged == 1  # the base went along
    library.undo()
    assert tree(folder) == before
    is_settled(library)
    library.redo()
    assert number(library, folder / "Ada am Strand.jpg") == one
    jobs.run(library.exchange.restore([one]))
    assert b"<rdf:li>x</rdf:li>" not in (folder / "Ada am Strand.jpg.xmp").read_bytes()


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "b", "B.jpg/", "x" * 300, "a\nb", "a\x1b[2Jb"])
def test_names_that_cannot_be_given(library: Library, tmp_path: Path, name: str) -> None:
    before = tree(tmp_path / "photos")
    with pytest.raises(PhotomgrError):
        library.moving.rename(number(library, tmp_path / "photos" / "a.jpg"), name)
    assert tree(tmp_path / "photos") == before


def test_move_into_a_folder_of_the_library_alone(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    both = [number(library, folder / name) for name in ("a.jpg", "b.jpg")]
    with pytest.raises(UsageError):
        library.moving.move(both, tmp_path / "elsewhere")
    before = tree(folder)
    library.moving.move(both, folder / "2020" / "new")
    assert set(tree(folder)) == {f"2020/new/{name}" for name in before}
    is_settled(library)
    library.undo()
    assert tree(folder) == before
    is_settled(library)


def test_all_or_none(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    jpeg(folder / "sub" / "b.jpg", seed=9)
    before = tree(folder)
    both = [number(library, folder / name) for name in ("a.jpg", "b.jpg")]
    with pytest.raises(PhotomgrError, match="already"):
        library.moving.move(both, folder / "sub")
    assert tree(folder) == before


def test_trash_and_back(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    one = number(library, folder / "a.jpg")
    library.tag("x", [one])
    before = tree(folder)
    change = library.moving.trash([one])
    assert change.text == "1 photo put into the trash"
    assert set(tree(folder)) == {"b.jpg", "b.jpg.xmp"}
    gone = library.photo(one)
    assert gone is not None and gone.presence is Presence.GONE
    is_settled(library)
    library.undo()
    assert tree(folder) == before
    is_settled(library)
    assert "x" in library.decided([one])
    library.redo()
    shutil.rmtree(tmp_path / "data" / "Trash")  # emptied
    with pytest.raises(PhotomgrError, match="trash"):
        library.undo()
    assert library.photo(one).presence is Presence.GONE  # type: ignore[union-attr]


def test_a_folder_that_was_moved_outside(library: Library, tmp_path: Path) -> None:
    one = number(library, tmp_path / "photos" / "a.jpg")
    library.tag("x", [one])
    with pytest.raises(UsageError, match="still there"):
        jobs.run(library.moving.relink(tmp_path / "photos", tmp_path / "elsewhere"))
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    found = jobs.run(library.moving.relink(tmp_path / "photos", tmp_path / "elsewhere"))
    assert (found.moved, found.new) == (2, 0)
    assert number(library, tmp_path / "elsewhere" / "a.jpg") == one and "x" in library.decided([one])


def test_identity_survives_move_rename_and_edit_together(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    one = number(library, folder / "a.jpg")
    jobs.run(library.annotate())
    library.tag("mine", [one])
    write(library, [one], "file")
    (folder / "deep").mkdir()
    goal = folder / "deep" / "other name.jpg"
    os.rename(folder / "a.jpg", goal)
    (folder / "a.jpg.xmp").unlink()
    if EXIFTOOL is not None:
        another_program(goal, add=["theirs"], rating=5)
    found = jobs.run(library.scan())
    assert (found.moved, found.new, found.gone) == (1, 0, 0)
    assert number(library, goal) == one
    assert library.waiting().annotate == 0
    assert "mine" in library.decided([one])
    if EXIFTOOL is not None:
        assert "theirs" in library.decided([one]) and library.photo(one).rating == 5  # type: ignore[union-attr]
        assert "theirs" in places(goal)[b""].keywords["subject"]


@pytest.mark.parametrize(
    "name", ["x.jpg", "x.png", "x.webp", "x.heic", "x.avif", "x.tif", "x.jxl", "x.gif", "grid.HEIC", "x.dng"]
)
def test_a_picture_is_known_whatever_is_written_around_it(
    library: Library, tmp_path: Path, name: str
) -> None:
    """Moved, renamed and given another description by another program, all at once; another picture is not it."""
    if name == "grid.HEIC" and not SAMPLES.is_dir():
        pytest.skip("no sample library")
    if name in ("grid.HEIC", "x.dng") and EXIFTOOL is None:
        pytest.skip("nothing here writes into such files")
    path, goal = tmp_path / "photos" / name, tmp_path / "photos" / "deep" / f"other{Path(name).suffix}"
    if name == "grid.HEIC":
        shutil.copy(SAMPLES / "heic" / "IMG_5195.HEIC", path)
    elif name == "x.dng":
        dng(path, preview=True)
    else:
        _described(path, 7, "one")
    jobs.run(library.scan())
    one = number(library, path)
    library.tag("mine", [one])
    goal.parent.mkdir()
    if name in ("grid.HEIC", "x.dng"):
        shutil.move(path, goal)
        subprocess.run([EXIFTOOL, "-q", "-overwrite_original", "-XMP-dc:Title=two", goal], check=True)  # type: ignore[list-item]
    else:
        path.unlink()
        _described(goal.with_name(f"third{goal.suffix}"), 8, "one")
        _described(goal, 7, "a description of other length")
    found = jobs.run(library.scan())
    assert (found.moved, found.gone) == (1, 0)
    assert number(library, goal) == one and "mine" in library.decided([one])


def _described(path: Path, seed: int, text: str) -> None:
    """A picture with a description, as a program would save it again."""
    exif = Image.Exif()
    exif[0x10E] = text
    options: dict[str, object] = {".gif": {"comment": text.encode()}}.get(
        path.suffix, {"exif": exif.tobytes()}
    )
    if path.suffix == ".avif":
        options |= {"speed": 10, "max_threads": 1}
    picture(seed=seed).save(path, **options)  # type: ignore[arg-type]


def test_raw_and_jpeg_are_decided_together(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    dng(folder / "A.dng", preview=True)
    jobs.run(library.scan())
    picture, raw = number(library, folder / "a.jpg"), number(library, folder / "A.dng")
    other = number(library, folder / "b.jpg")
    library.tag("x", [raw])
    library.judge([(picture, "y", True), (other, "y", False)])
    library.rate(4, [picture])
    assert set(library.decided([picture])) >= {"x", "y"} and set(library.decided([raw])) == {"x", "y"}
    assert [photo.rating for photo in library.photos([picture, raw, other])] == [4, 4, 2]
    library.undo()
    assert [photo.rating for photo in library.photos([picture, raw])] == [2, 0]
    library.settings.set("pairs", False)
    library.label("red", [raw])
    assert [photo.label for photo in library.photos([picture, raw])] == [None, "red"]


def pair(library: Library, folder: Path) -> tuple[int, int]:
    """A picture and its RAW file, each with a sidecar of its own and one that they share."""
    dng(folder / "a.dng", preview=True)
    (folder / "a.xmp").write_bytes(b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    (folder / "a.dng.xmp").write_bytes(b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    jobs.run(library.scan())
    return number(library, folder / "a.jpg"), number(library, folder / "a.dng")


def test_raw_and_jpeg_go_together(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    picture, raw = pair(library, folder)
    before = tree(folder)
    change = library.moving.rename(picture, "sea")
    assert change.photos == {picture, raw}
    assert set(tree(folder)) == {
        "sea.jpg",
        "sea.jpg.xmp",
        "sea.dng",
        "sea.dng.xmp",
        "sea.xmp",
        "b.jpg",
        "b.jpg.xmp",
    }
    is_settled(library)
    library.undo()
    assert tree(folder) == before
    library.moving.move([raw], folder / "raw")
    assert sorted(tree(folder / "raw")) == ["a.dng", "a.dng.xmp", "a.jpg", "a.jpg.xmp", "a.xmp"]
    library.undo()
    assert library.moving.trash([picture]).text == "2 photos put into the trash"
    assert set(tree(folder)) == {"b.jpg", "b.jpg.xmp"}
    library.undo()
    assert tree(folder) == before
    is_settled(library)
    library.settings.set("pairs", False)
    library.moving.rename(picture, "alone")
    assert (folder / "alone.jpg").exists() and (folder / "a.dng").exists() and (folder / "a.xmp").exists()


def test_names_after_a_pattern(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    picture, raw = pair(library, folder)
    jpeg(folder / "2019-3.jpg", seed=30)
    jobs.run(library.scan())
    every = [picture, raw, number(library, folder / "b.jpg"), number(library, folder / "2019-3.jpg")]
    before = tree(folder)
    assert library.moving.rename_all(every, "{year}").text == "4 photos renamed"
    names = {photo.display_name for photo in library.photos(every)}
    assert len(names) == 4 and all(name[:2] == "20" for name in names), names
    assert len({photo.path.stem for photo in library.photos([picture, raw])}) == 1
    is_settled(library)
    library.undo()
    assert tree(folder) == before
    assert library.moving.rename_all([every[2]], "{name}").text == ""  # it is called so
    for bad in ("{nothing}", "{n:q}", "{"):
        with pytest.raises(PhotomgrError):
            library.moving.rename_all(every, bad)
    assert tree(folder) == before


def test_what_fails_in_the_middle_of_the_trash_comes_back(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    before = tree(folder)
    from photomgr.library import moving

    real = moving.send2trash.send2trash

    def full(path: str) -> None:
        if path.endswith("b.jpg"):
            raise OSError(28, "No space left on device")
        real(path)

    monkeypatch.setattr(moving.send2trash, "send2trash", full)
    with pytest.raises(PhotomgrError, match="No space"):
        library.moving.trash([number(library, folder / name) for name in ("a.jpg", "b.jpg")])
    assert tree(folder) == before
    is_settled(library)


def test_another_drive(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the library spans two drives: renaming is refused by the system, the bytes are copied."""
    folder = tmp_path / "photos"
    real = os.rename

    def across(start: bytes, goal: bytes) -> None:
        if b"drive" in goal or b"drive" in start:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(start, goal)

    monkeypatch.setattr(os, "rename", across)
    one = number(library, folder / "a.jpg")
    before, when = tree(folder), (folder / "a.jpg").stat().st_mtime_ns
    library.moving.move([one], folder / "drive")
    assert (folder / "drive" / "a.jpg").stat().st_mtime_ns == when
    is_settled(library)
    library.undo()
    assert tree(folder) == before
    is_settled(library)


def test_trash_of_windows(tmp_path: Path) -> None:
    person = tmp_path / "$Recycle.Bin" / "S-1-5-21-1"
    person.mkdir(parents=True)
    path = "C:\\Photos\\Größe.jpg"
    stamp = (132_223_104_000_000_000).to_bytes(8, "little")
    two = (
        (2).to_bytes(8, "little") + (5).to_bytes(8, "little") + stamp + (len(path) + 1).to_bytes(4, "little")
    )
    (person / "$IABC.jpg").write_bytes(two + (path + "\0").encode("utf-16-le"))
    (person / "$RABC.jpg").write_bytes(b"later")
    one = (
        (1).to_bytes(8, "little")
        + (5).to_bytes(8, "little")
        + bytes(8)
        + path.encode("utf-16-le").ljust(520, b"\0")
    )
    (person / "$IOLD.jpg").write_bytes(one)
    (person / "$ROLD.jpg").write_bytes(b"first")
    (person / "$IGONE.jpg").write_bytes(one)
    (person / "$IBAD.jpg").write_bytes(b"\2")
    (person / "$RBAD.jpg").write_bytes(b"?")
    found = sorted(trash.recycled(os.fsencode(tmp_path / "$Recycle.Bin")), key=lambda each: each.when)
    fits = [each for each in found if each.original == os.fsencode(path)]
    assert [Path(os.fsdecode(each.file)).read_bytes() for each in fits] == [b"first", b"later"]


def test_trash_of_macos(tmp_path: Path) -> None:
    for name in ("a.jpg", "a 12.30.05.jpg", "a 2.jpg", "ab.jpg", "a b.jpg", "a.png"):
        (tmp_path / name).write_bytes(b"x")
    found = trash.nameless(os.fsencode(tmp_path), b"/photos/a.jpg")
    assert {os.path.basename(each.file) for each in found} == {b"a.jpg", b"a 12.30.05.jpg", b"a 2.jpg"}


def test_where_the_trash_cannot_be_looked_into(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "can_look", lambda: False)
    monkeypatch.setattr(trash, "bring_back", lambda path, size=None: False)
    one = number(library, tmp_path / "photos" / "a.jpg")
    assert "only the trash itself can bring them back" in library.moving.trash([one]).text
    with pytest.raises(PhotomgrError, match="by hand"):
        library.undo()
