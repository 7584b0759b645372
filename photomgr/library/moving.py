"""Photos renamed, moved, put into the trash and found again elsewhere; sidecars go along, and undo brings all back."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec

import send2trash

from ..core.catalog.moves import Move
from ..core.catalog.places import Place
from ..core.errors import PhotomgrError, ReadOnly, UsageError
from ..core.metadata import sidecar_names
from ..core.records import Change, Photo, Presence, What
from ..core.scanner import ScanResult
from ..core.walk import is_photo_name, is_within
from ..core.xmp import files, trash
from ..core.xmp.placing import is_shared
from ..jobs import Job
from . import templates, words

if TYPE_CHECKING:
    from .facade import Library

P = ParamSpec("P")

_MOMENT: Final = 2.0  # seconds that undo waits for files that are being moved
_LONGEST: Final = 255  # bytes of a file's name


def _alone(action: Callable[Concatenate[Moving, P], Change]) -> Callable[Concatenate[Moving, P], Change]:
    """One action after the other: between the files and the catalog nobody else may look for them."""

    @wraps(action)
    def waiting(self: Moving, /, *args: P.args, **named: P.kwargs) -> Change:
        with self.lock:
            return action(self, *args, **named)

    return waiting


class Moving:
    """What a person does with files inside the program."""

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._publish = publish
        self._moves = library.catalog.moves
        self.lock = threading.RLock()  # held from the first file that moves until the catalog says so

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """No file moves meanwhile. Raises PhotomgrError where some are moved just now: a large move takes minutes."""
        if not self.lock.acquire(timeout=_MOMENT):
            raise PhotomgrError("Files are being moved: undo and redo wait until they have arrived.")
        try:
            yield
        finally:
            self.lock.release()

    @_alone
    def rename(self, photo_id: int, name: str) -> Change:
        """Call a photo's file something else, and what is one shot with it; without an ending it keeps its own.

        Raises UsageError, PhotomgrError.
        """
        first = self._demand([photo_id])[0]
        new = _clean_name(name, first)
        if new == first.name:
            return Change(What.NOTHING)
        photos = self._together([photo_id])
        chosen = {photo.id for photo in photos}
        stem = os.path.splitext(new)[0]
        names = [new if photo.id == photo_id else stem + os.path.splitext(photo.name)[1] for photo in photos]
        moves = [
            self._move(photo, photo.folder, each, chosen) for photo, each in zip(photos, names, strict=True)
        ]
        says = f"{first.display_name} renamed {new.decode('utf-8', 'replace')}"
        return self._carry_out(moves, says, says)

    @_alone
    def rename_all(self, ids: Sequence[int], pattern: str) -> Change:
        """Name photos after a pattern (``templates``), files of one shot alike; a name that is taken gets a number.

        Its slashes become lines: photos stay in their folders. Raises UsageError, PhotomgrError.
        """
        templates.check(pattern)
        photos = self._together(ids)
        chosen = {photo.id for photo in photos}
        partners = self._library.catalog.stacking.partners(chosen) if len(photos) > 1 else {}
        taken: set[bytes] = set()
        moves: list[Move] = []
        done: set[int] = set()
        number = 0
        for photo in photos:
            if photo.id in done:
                continue
            number += 1
            shot = [photo, *(each for each in photos if each.id in partners.get(photo.id, ()))]
            done |= {each.id for each in shot}
            stem = os.fsencode("-".join(templates.parts_of(pattern, photo, number)).lstrip("."))
            moves += self._named(shot, stem, taken, chosen)
        moves = [each for each in moves if each.start != each.goal]
        if not moves:
            return Change(What.NOTHING)
        return self._carry_out(moves, "1 photo renamed", "{n} photos renamed")

    def _named(self, shot: Sequence[Photo], stem: bytes, taken: set[bytes], chosen: set[int]) -> list[Move]:
        """A shot's files under a stem, or under the first numbered one that is free for all of them."""
        for again in range(1, 100_000):
            tail = b"" if again == 1 else b"-%d" % again
            names = [
                _clean_name(os.fsdecode(stem + tail + os.path.splitext(photo.name)[1]), photo)
                for photo in shot
            ]
            paths = [os.path.join(photo.folder, name) for photo, name in zip(shot, names, strict=True)]
            own = {os.path.join(photo.folder, photo.name) for photo in shot}
            if all(
                path.lower() not in taken and (path in own or not os.path.lexists(path)) for path in paths
            ):
                taken.update(path.lower() for path in paths)
                return [
                    self._move(photo, photo.folder, name, chosen)
                    for photo, name in zip(shot, names, strict=True)
                ]
        raise PhotomgrError(f"There are too many files called {os.fsdecode(stem)}.")

    @_alone
    def move(self, ids: Sequence[int], folder: Path) -> Change:
        """Move photos, and what is one shot with them, into a folder of the library, which is made when it is not
        there."""
        goal = os.fsencode(os.path.realpath(folder))
        if not any(is_within(goal, os.fsencode(root.path)) for root in self._library.roots()):
            raise UsageError(f"{folder} is not in the library: photos stay inside its folders.")
        photos = [photo for photo in self._together(ids) if photo.folder != goal]
        if not photos:
            return Change(What.NOTHING)
        chosen = {photo.id for photo in photos}
        moves = [self._move(photo, goal, photo.name, chosen) for photo in photos]
        name = os.path.basename(goal).decode("utf-8", "replace")
        return self._carry_out(moves, f"1 photo moved to {name}", f"{{n}} photos moved to {name}")

    @_alone
    def trash(self, ids: Sequence[int]) -> Change:
        """Put photos, what is one shot with them, and their sidecars into the system's trash."""
        photos = self._together(ids)
        chosen = {photo.id for photo in photos}
        moves = []
        for photo in photos:
            start = self._place(photo, chosen)
            moves.append(Move(photo.id, start, Place(start.folder, start.name, start.sidecars, trashed=True)))
        one, many = "1 photo put into the trash", "{n} photos put into the trash"
        if not trash.can_look():
            only = " (only the trash itself can bring them back)"
            one, many = one + only, many + only
        return self._carry_out(moves, one, many)

    def relink(self, old: Path, new: Path) -> Job[ScanResult]:
        """Photos of a folder that was moved outside are found in its new place, by their content.

        Raises UsageError when the old folder is still there or the new one is not.
        """
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: nothing is moved in it.")
        if os.path.exists(old):
            raise UsageError(f"{old} is still there: nothing has to be found again.")
        if not os.path.isdir(new):
            raise UsageError(f"{new} is not a folder.")
        goal = os.path.realpath(new)
        roots = [os.fsencode(root.path) for root in self._library.roots()]
        if not any(is_within(os.fsencode(goal), root) for root in roots):
            self._library.add_root(Path(goal))
        for root in self._library.roots():
            if os.fsencode(root.path) == os.fsencode(os.path.abspath(old)):
                self._library.remove_root(root.id)  # it is not away: it has moved
        return (yield from self._library.scan())

    # undo

    def turn(self, *, undo: bool) -> None:
        """Move files as undo, or redo, is about to say. Raises PhotomgrError, and then nothing has changed."""
        moves = self._moves.next(undo=undo)
        if moves and self._library.read_only:
            raise ReadOnly("This library is open read-only: no file is moved.")
        self._move_files(moves)

    def _carry(self, move: Move) -> None:
        """Move one photo's files: the sidecars first, so that a scan in between finds them with it or alone."""
        start, goal = move.start, move.goal
        if goal.trashed:
            _throw_away(start.folder, (*start.sidecars, start.name))
        elif start.trashed:
            photo = self._library.photo(move.photo)
            _bring_back(goal.folder, goal.name, goal.sidecars, None if photo is None else photo.size)
        else:
            done: list[tuple[bytes, bytes]] = []
            pairs = [*zip(start.sidecars, goal.sidecars, strict=True), (start.name, goal.name)]
            try:
                for old, new in pairs:
                    path = os.path.join(start.folder, old), os.path.join(goal.folder, new)
                    if path[0] != path[1]:
                        files.move(*path)
                        done.append(path)
            except (OSError, PhotomgrError):
                for first, second in reversed(done):
                    files.move(second, first)
                raise

    # one place

    def _demand(self, ids: Sequence[int]) -> list[Photo]:
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: no file is moved.")
        photos = self._library.photos(ids)
        away = next((photo for photo in photos if photo.presence is not Presence.HERE), None)
        if not photos or away is not None:
            raise UsageError("A photo that is not there cannot be moved.")
        return photos

    def _together(self, ids: Sequence[int]) -> list[Photo]:
        """The photos, and where the person wants it what is one shot with them."""
        return self._demand(self._library.with_partners(ids))

    def _move(self, photo: Photo, folder: bytes, name: bytes, chosen: set[int]) -> Move:
        start = self._place(photo, chosen)
        sidecars = tuple(_renamed(each, photo.name, name) for each in start.sidecars)
        return Move(photo.id, start, Place(folder, name, sidecars))

    def _place(self, photo: Photo, chosen: set[int]) -> Place:
        """Where a photo is, with its own sidecars: one that it shares stays, unless all its photos go."""
        names = []
        for path in dict.fromkeys(sidecar_names(photo.name, photo.folder)):
            if os.path.isfile(path) and (
                not is_shared(path, photo.name) or self._is_last(path, photo, chosen)
            ):
                names.append(os.path.basename(path))
        return Place(photo.folder, photo.name, tuple(names))

    def _is_last(self, sidecar: bytes, photo: Photo, chosen: set[int]) -> bool:
        """Whether all photos of a shared sidecar go, and this is the one that takes it along."""
        stem = os.path.basename(sidecar)[:-4].lower()
        sharing = []
        for name in os.listdir(photo.folder):
            if is_photo_name(name) and os.path.splitext(name)[0].lower() == stem:
                row = self._library.photo_at(Path(os.fsdecode(os.path.join(photo.folder, name))))
                sharing.append(None if row is None else row.id)
        known = [each for each in sharing if each is not None]
        return len(known) == len(sharing) and set(known) <= chosen and photo.id == max(known)

    # files first, then the catalog: a crash in between is healed by the next scan, which knows photos by content

    def _carry_out(self, moves: Sequence[Move], one: str, many: str) -> Change:
        self._move_files(moves)
        try:
            return self._publish(self._moves.write(moves, words.says(one, many)))
        except BaseException:
            self._move_files([each.reversed() for each in reversed(moves)])
            raise

    def _move_files(self, moves: Sequence[Move]) -> None:
        """Move all files, or none. Raises PhotomgrError."""
        done: list[Move] = []
        try:
            for each in moves:
                self._carry(each)
                done.append(each)
        except (OSError, PhotomgrError) as error:
            for each in reversed(done):
                self._carry(each.reversed())
            reason = str(error) if isinstance(error, PhotomgrError) else f"{error.strerror or error}."
            name = moves[len(done)].start.name.decode("utf-8", "replace")
            raise PhotomgrError(f"{name} cannot be moved: {reason}") from error


def _throw_away(folder: bytes, names: Sequence[bytes]) -> None:
    """Files into the trash, all or none."""
    done: list[bytes] = []
    try:
        for name in names:
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                send2trash.send2trash(os.fsdecode(path))
                done.append(path)
    except OSError:
        for path in reversed(done):
            trash.bring_back(path)
        raise


def _bring_back(folder: bytes, name: bytes, sidecars: Sequence[bytes], size: int | None) -> None:
    if not trash.bring_back(os.path.join(folder, name), size):
        raise PhotomgrError(
            "It is not in the trash that photomgr can look into. Bring it back from there by hand."
        )
    for each in sidecars:
        trash.bring_back(os.path.join(folder, each))


def _clean_name(name: str, photo: Photo) -> bytes:
    """A file name as it can be, with the photo's own ending where it has none."""
    new = os.fsencode(name.strip())
    if not new or new.startswith(b".") or b"/" in new or b"\0" in new or os.path.basename(new) != new:
        raise UsageError("A file's name is not empty, does not begin with a dot and has no slash.")
    if any(unicodedata.category(each) == "Cc" for each in name.strip()):
        raise UsageError("A file's name holds no line breaks and other control characters.")
    ending = os.path.splitext(photo.name)[1]
    if os.path.splitext(new)[1].lower() != ending.lower():
        new += ending
    if len(new) > _LONGEST or not is_photo_name(new):
        raise UsageError("This name cannot be given to a file.")
    return new


def _renamed(sidecar: bytes, old: bytes, new: bytes) -> bytes:
    """IMG.jpg.xmp or IMG.xmp for the photo's new name."""
    ending = sidecar[-4:]
    if sidecar[:-4].lower() == old.lower():
        return new + ending
    return os.path.splitext(new)[0] + ending
