"""Pictures from elsewhere, by address or as they are dropped on the window: looked at without keeping them, or kept."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from ..core import images
from ..core.errors import ImageError, PhotomgrError, ReadOnly, UsageError
from ..core.walk import is_within
from ..jobs import run
from . import address

if TYPE_CHECKING:
    from .facade import Library

_SIDE: Final = 384
_MOST_TAGS: Final = 12


@dataclass(frozen=True, slots=True)
class Dropped:
    """A picture from elsewhere: what its file is to be called, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What is seen on it: a small picture, RGB and upright, and (tag, probability in [0, 1]), best first."""

    picture: Image.Image
    tags: tuple[tuple[str, float], ...]


class Dropping:
    """Every method may be called from any thread; none is for the GUI's."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @property
    def allowed(self) -> bool:
        """Whether the person lets pictures be fetched from the net."""
        return bool(self._library.settings.get("network"))

    def fetch(self, where: str, *, once: bool = False) -> Dropped:
        """The picture at an address, which ``once`` allows this time. Raises UsageError, ImageError."""
        return Dropped(*address.fetch(where, allowed=once or self.allowed))

    def take(self, data: bytes, name: str = "") -> Dropped:
        """A picture as bytes. Raises ImageError for what is none, or too large."""
        if len(data) > address.MOST:
            raise ImageError("This picture is too large.")
        return Dropped(address.file_name(name or "picture", data), data)

    def look(self, dropped: Dropped) -> Looked:
        """What the networks see on it; nothing of it is kept. Raises ImageError, ModelError."""
        with tempfile.TemporaryDirectory(prefix="photomgr-") as folder:
            path = Path(folder) / dropped.name
            path.write_bytes(dropped.data)
            picture = images.decode(path, short_side=_SIDE)
        annotator = self._library.annotator()
        seen = annotator.see(picture)
        scored = annotator.suggestions(seen.scores, limit=_MOST_TAGS)
        tags = tuple((one.tag, float(one.score)) for one in annotator.with_opinions(scored, seen))
        return Looked(picture, tags)

    def inbox(self) -> Path:
        """Where such pictures are kept. Raises UsageError when that is not settled."""
        chosen = str(self._library.settings.get("inbox")).strip()
        if chosen:
            return Path(os.path.realpath(os.path.expanduser(chosen)))
        roots = [root for root in self._library.roots() if root.online]
        if not roots:
            raise UsageError("Add a folder first: a picture from elsewhere is saved into its Inbox.")
        return roots[0].path / "Inbox"

    def keep(self, dropped: Dropped) -> Path:
        """Save it into the inbox, over nothing, and take it into the library. Raises UsageError, PhotomgrError."""
        library = self._library
        if library.read_only:
            raise ReadOnly("This library is open read-only: no file is written.")
        inbox = self.inbox()
        try:
            inbox.mkdir(parents=True, exist_ok=True)
            target = _written(inbox, dropped)
        except OSError as error:
            raise PhotomgrError(f"The picture cannot be saved: {error.strerror}.") from error
        if not any(is_within(os.fsencode(inbox), os.fsencode(root.path)) for root in library.roots()):
            library.add_root(inbox)
        run(library.scan(only=[os.fsencode(inbox)]))
        return target


def _written(inbox: Path, dropped: Dropped) -> Path:
    stem, suffix = os.path.splitext(dropped.name)
    for again in range(1, 10_000):
        target = inbox / f"{stem}{f'-{again}' if again > 1 else ''}{suffix}"
        try:
            with target.open("xb") as file:
                file.write(dropped.data)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            continue
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return target
    raise PhotomgrError(f"There are too many files called {dropped.name}.")
