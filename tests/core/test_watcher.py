"""The watcher on real folders, by the system's events and by polling."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from photomgr.core import watcher as module
from photomgr.core.records import Root
from photomgr.core.watcher import Watcher

pytestmark = pytest.mark.filterwarnings("ignore:Callback with id")  # pytest forgets the program's own filter

PATIENCE = 20.0  # seconds to wait for what comes within one when nothing else runs


class Listener:
    """Collects what is reported."""

    def __init__(self) -> None:
        self.folders: set[bytes] = set()
        self.calls = 0
        self._news = threading.Condition()

    def __call__(self, folders: set[bytes]) -> None:
        with self._news:
            self.folders |= folders
            self.calls += 1
            self._news.notify_all()

    def heard_of(self, *paths: Path) -> bool:
        wanted = {os.fsencode(path) for path in paths}
        with self._news:
            return self._news.wait_for(lambda: wanted <= self.folders, PATIENCE)

    def forget(self) -> None:
        with self._news:
            self.folders.clear()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(params=[True, False], ids=["events", "polling"])
def watcher(request: pytest.FixtureRequest, tmp_path: Path, listener: Listener) -> Iterator[Watcher]:
    (tmp_path / "photos" / "sub").mkdir(parents=True)
    ignored = [tmp_path / "photos" / "own"]
    made = Watcher(
        listener, ignore=ignored, quiet=0.1, patience=0.5, poll=0.1, look=0.1, native=request.param
    )
    yield made
    made.stop()


def watch(watcher: Watcher, *folders: Path) -> None:
    watcher.watch([Root(number, folder, True) for number, folder in enumerate(folders)])
    assert watcher.wait_until_watching(PATIENCE)


def test_new_changed_moved_and_deleted_photos(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    watch(watcher, root)
    (root / "sub" / "a.JPG").write_bytes(b"1")
    assert listener.heard_of(root / "sub")
    listener.forget()
    (root / "b.jpg").write_bytes(b"1")
    assert listener.heard_of(root)
    listener.forget()
    (root / "b.jpg").rename(root / "sub" / "b.jpg")
    assert listener.heard_of(root, root / "sub")
    time.sleep(0.3)
    listener.forget()
    (root / "sub" / "b.jpg").unlink()
    assert listener.heard_of(root / "sub")
    listener.forget()
    (root / "sub" / "a.xmp").write_bytes(b"1")
    assert listener.heard_of(root / "sub")


def test_new_and_renamed_folders(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    watch(watcher, root)
    (root / "new" / "deep").mkdir(parents=True)
    assert listener.heard_of(root)
    (root / "new" / "deep" / "a.jpg").write_bytes(b"1")
    assert listener.heard_of(root / "new" / "deep")
    time.sleep(0.3)
    listener.forget()
    (root / "new").rename(root / "old")
    assert listener.heard_of(root)
    (root / "old" / "deep" / "b.jpg").write_bytes(b"1")
    assert listener.heard_of(root / "old" / "deep")


def test_other_files_hidden_and_own_folders_are_passed_over(
    watcher: Watcher, listener: Listener, tmp_path: Path
) -> None:
    root = tmp_path / "photos"
    for name in ("own", ".hidden", "@eaDir"):
        (root / name).mkdir()
    watch(watcher, root)
    for name in ("own", ".hidden", "@eaDir"):
        (root / name / "a.jpg").write_bytes(b"1")
    (root / "catalog.db-wal").write_bytes(b"1")
    (root / ".a.jpg").write_bytes(b"1")
    (root / "sub" / "last.jpg").write_bytes(b"1")
    assert listener.heard_of(root / "sub")
    time.sleep(0.3)
    assert listener.folders == {os.fsencode(root / "sub")}


def test_reading_a_photo_is_no_change(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    (root / "sub" / "a.jpg").write_bytes(b"1")
    watch(watcher, root)
    (root / "sub" / "a.jpg").read_bytes()
    (root / "b.jpg").write_bytes(b"1")
    assert listener.heard_of(root)
    time.sleep(0.3)
    assert listener.folders == {os.fsencode(root)}


def test_drives_that_come_and_go(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root, drive = tmp_path / "photos", tmp_path / "drive"
    watch(watcher, root, drive)
    drive.mkdir()
    assert listener.heard_of(drive)
    listener.forget()
    drive.rename(tmp_path / "away")
    assert listener.heard_of(drive)
    time.sleep(0.5)
    listener.forget()
    (tmp_path / "away").rename(drive)
    assert listener.heard_of(drive)
    time.sleep(0.5)
    listener.forget()
    (drive / "sub").mkdir()
    (drive / "sub" / "a.jpg").write_bytes(b"1")
    assert listener.heard_of(drive)


def test_changes_are_gathered(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    watch(watcher, root)
    for number in range(200):
        (root / f"{number}.jpg").write_bytes(b"1")
    assert listener.heard_of(root)
    time.sleep(0.6)
    assert listener.calls < 20


def test_only_the_roots_given_last_are_watched(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root, other = tmp_path / "photos", tmp_path / "other"
    other.mkdir()
    watch(watcher, root)
    watch(watcher, other)
    (root / "a.jpg").write_bytes(b"1")
    (other / "a.jpg").write_bytes(b"1")
    assert listener.heard_of(other)
    time.sleep(0.3)
    assert listener.folders == {os.fsencode(other)}


@pytest.mark.skipif(os.name != "posix", reason="not posix: file names are text there")
def test_names_that_are_no_text(watcher: Watcher, listener: Listener, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    folder = os.fsencode(root) + b"/\xff\xe9"
    os.mkdir(folder)
    watch(watcher, root)
    with open(folder + b"/\xfe.jpg", "wb") as file:
        file.write(b"1")
    assert listener.heard_of(Path(os.fsdecode(folder)))


def test_stopping_is_quick_final_and_harmless(listener: Listener, tmp_path: Path) -> None:
    Watcher(listener).stop()
    made = Watcher(listener, quiet=0.05, look=0.1)
    watch(made, tmp_path)
    started = time.monotonic()
    made.stop()
    made.stop()
    assert time.monotonic() - started < 4
    made.watch([Root(1, tmp_path, True)])
    (tmp_path / "a.jpg").write_bytes(b"1")
    time.sleep(0.3)
    assert not listener.folders
    assert not [thread for thread in threading.enumerate() if thread.name == "photomgr-watcher"]


def test_a_listener_that_fails_does_not_end_the_watching(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Listener()

    def fails_once(folders: set[bytes]) -> None:
        if not heard.calls:
            heard(set())
            raise RuntimeError("not now")
        heard(folders)

    made = Watcher(fails_once, quiet=0.05, look=0.1)
    try:
        watch(made, tmp_path)
        (tmp_path / "a.jpg").write_bytes(b"1")
        deadline = time.monotonic() + PATIENCE
        while not heard.calls and time.monotonic() < deadline:
            time.sleep(0.02)
        (tmp_path / "b.jpg").write_bytes(b"1")
        assert heard.heard_of(tmp_path)
    finally:
        made.stop()
    assert "could not be handed on" in caplog.text


def test_a_used_up_limit_falls_back_to_polling(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watcher, "_is_exhausted", lambda self, observer: True)
    made = Watcher(listener, quiet=0.05, poll=0.1)
    try:
        watch(made, tmp_path)
        (tmp_path / "a.jpg").write_bytes(b"1")
        assert listener.heard_of(tmp_path)
    finally:
        made.stop()


def test_network_file_systems_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nnas:/x {tmp_path}/my\\040nas nfs4 rw 0 0\n".encode()
    monkeypatch.setattr(Path, "read_bytes", lambda self: mounts)
    assert module._tells_nothing(os.fsencode(tmp_path / "my nas" / "photos"))
    assert not module._tells_nothing(os.fsencode(tmp_path / "my"))
