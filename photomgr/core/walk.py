"""Walking the folders below a root and comparing them with the catalog's rows, without opening any photo.

A rescan of an unchanged library is nothing but this, so the loop over a folder's entries does little more
than one ``stat`` and one dictionary look-up for each file.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from photomgr.core.containers import open_reason, stamp_ns
from photomgr.core.images import SUFFIXES
from photomgr.core.records import KnownFile, Presence
from photomgr.core.thumbnails import CACHE_TAG

SEPARATOR: Final = os.fsencode(os.sep)
_CHUNK: Final = 2048  # entries looked at between two chances to yield
_PHOTO: Final = frozenset(suffix[1:].encode() for suffix in SUFFIXES)
_SKIPPED: Final = frozenset(
    (
        b"@eadir", b"#recycle", b"#snapshot", b"@recycle", b"@recently-snapshot", b"$recycle.bin",
        b"recycler", b"lost+found", b"system volume information", b"__macosx",
    )
)  # fmt: skip
_TAG_FILE: Final = b"CACHEDIR.TAG"
_FAR_NS: Final = 1 << 62  # the year 2116: times beyond it are looked at closely


class Found(NamedTuple):
    """A photo file that must be opened: it is new, or its stamp is not that of its ``row``."""

    folder: bytes
    name: bytes
    sidecar_ns: int
    sidecars: tuple[bytes, ...]
    row: KnownFile | None


def is_skipped(name: bytes) -> bool:
    """Whether a file or folder of this name is left alone: hidden ones, trash cans, other programs' caches."""
    return name.startswith(b".") or name.lower() in _SKIPPED or name.endswith((b".lrdata", b".photoslibrary"))


def is_photo_name(name: bytes) -> bool:
    """Whether a file of this name is taken for a photo."""
    return name.rpartition(b".")[2].lower() in _PHOTO and not name.startswith(b".")


def is_within(path: bytes, folder: bytes) -> bool:
    """Whether ``path`` is ``folder`` or lies below it; both absolute and without trailing separators."""
    return path == folder or path.startswith(folder.rstrip(SEPARATOR) + SEPARATOR)


@dataclass(slots=True)
class _Folder:
    """One folder while it is looked at."""

    path: bytes
    rows: dict[bytes, KnownFile]
    deep: bool
    present: list[bytes]
    subfolders: list[bytes]
    sidecars: dict[bytes, int]
    fresh: list[tuple[bytes, KnownFile | None]]
    back: list[int]
    unchanged: list[KnownFile]


class Walk:
    """The folders of one root (or those of ``only``) against ``known``: folder -> name -> row.

    Iterate ``steps()`` to its end; meanwhile ``found`` fills with what must be opened. Then ``missing``
    holds the rows whose file is not there any more; rows below ``unreadable`` folders never are, nor those
    whose files exist and cannot be looked at (``refused``).
    """

    def __init__(
        self,
        root: bytes,
        roots: Sequence[bytes],
        known: dict[bytes, dict[bytes, KnownFile]],
        only: Sequence[bytes] | None = None,
    ) -> None:
        self.found: deque[Found] = deque()
        self.back: list[int] = []
        self.missing: list[KnownFile] = []
        self.unreadable: dict[bytes, str] = {}  # folders, and why
        self.refused: dict[bytes, str] = {}  # files of known photos, and why
        self.seen = 0  # photos that need not be opened
        self._root = root
        self._roots = roots
        self._known = known
        self._links: list[bytes] = []
        self._visited: set[tuple[int, int]] = set()
        self._done: set[bytes] = set()
        self._shallow = only is not None
        self._stack = [(root, True)] if only is None else [(path, False) for path in self._wanted(only)]
        self._branches = self._known_branches() if self._shallow else frozenset()

    def _wanted(self, only: Sequence[bytes]) -> list[bytes]:
        """The folders of ``only`` that are ours to look at, each once."""
        wanted = []
        for path in dict.fromkeys(path.rstrip(SEPARATOR) or SEPARATOR for path in only):
            if is_within(path, self._root):
                below = path[len(self._root) :].split(SEPARATOR)
                if not any(is_skipped(part) for part in below if part) and not self._in_cache(path):
                    wanted.append(path)
        return wanted

    def _in_cache(self, path: bytes) -> bool:
        """Whether a folder between the root and ``path`` says that it is a cache."""
        while len(path) > len(self._root):
            path = os.path.dirname(path)
            if _is_cache(path):
                return True
        return False

    def _known_branches(self) -> frozenset[bytes]:
        branches: set[bytes] = set()
        for path in self._known:
            while path not in branches and is_within(path, self._root):
                branches.add(path)
                path = os.path.dirname(path)
        return frozenset(branches)

    def steps(self) -> Iterator[None]:
        """Look through the folders; gives control back after a folder or some 2,000 files."""
        while True:
            while self._stack:
                path, deep = self._stack.pop()
                yield from self._look(path, deep)
            if not self._links:
                break
            # links come last, so that a folder that has a place of its own is never met as a link first
            self._stack = [(path, True) for path in sorted(self._links, reverse=True)]
            self._links = []
        self._collect_lost_folders()

    def _look(self, path: bytes, deep: bool) -> Iterator[None]:
        try:
            info = os.stat(path)
            if (info.st_dev, info.st_ino) in self._visited:
                return
            self._visited.add((info.st_dev, info.st_ino))
            entries = os.scandir(path)
        except (FileNotFoundError, NotADirectoryError):
            self._vanished(path)
            return
        except OSError as error:
            self.unreadable[path] = _folder_reason(error)
            return
        folder = _Folder(path, self._known.get(path, {}), deep, [], [], {}, [], [], [])
        with entries:
            more = True
            while more:
                try:
                    more = self._look_at_some(folder, entries)
                except OSError as error:  # the drive went away, or it is damaged: nothing in it is gone
                    self.unreadable[path] = _folder_reason(error)
                    return
                yield
        if _TAG_FILE in folder.present and _is_cache(path):
            folder.present, folder.subfolders, folder.fresh = [], [], []
            folder.back, folder.unchanged, folder.sidecars = [], [], {}
        self._close(folder)

    def _look_at_some(self, folder: _Folder, entries: Iterator[os.DirEntry[bytes]]) -> bool:
        """Look at the next entries of a folder; False when there are no more."""
        rows, present, unchanged, sidecars = folder.rows, folder.present, folder.unchanged, folder.sidecars
        here, count = Presence.HERE, 0
        for entry in itertools.islice(entries, _CHUNK):
            count += 1
            name = entry.name
            row = rows.get(name)
            if row is None:
                if name[-4:] != b".xmp" or name[:-4] not in rows or not self._beside(sidecars, entry, name):
                    self._unknown(folder, entry, name)
                continue
            try:
                info = entry.stat()
            except FileNotFoundError:
                continue  # gone since it was listed, or a link whose target is away
            except OSError as error:  # a circular link, or we may not look: it is there all the same
                present.append(name)
                self.refused[entry.path] = open_reason(error)
                continue
            if info.st_mode & 0o170000 != 0o100000:
                self._unknown(folder, entry, name)
                continue
            present.append(name)
            # the clamped time is asked for only where the plain one differs: this line decides a rescan's speed
            same = info.st_mtime_ns == row.mtime_ns or stamp_ns(info) == row.mtime_ns
            if same and info.st_size == row.size and row.content:
                unchanged.append(row)
                if row.presence is not here:
                    folder.back.append(row.id)
            else:
                folder.fresh.append((name, row))
        return count == _CHUNK

    @staticmethod
    def _beside(sidecars: dict[bytes, int], entry: os.DirEntry[bytes], name: bytes) -> bool:
        """Whether an entry is a plain file, noted as a sidecar of a photo that is known: most of what is no photo."""
        try:
            if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
                return False
            info = entry.stat()
        except OSError:
            return False
        changed_ns = info.st_mtime_ns
        sidecars[name] = changed_ns if -_FAR_NS < changed_ns < _FAR_NS else stamp_ns(info)
        return True

    def _unknown(self, folder: _Folder, entry: os.DirEntry[bytes], name: bytes) -> None:
        """An entry that the catalog has no photo for: a folder, a sidecar, a new photo or nothing of ours."""
        if is_skipped(name):
            return
        suffix = name.rpartition(b".")[2].lower()
        try:
            if entry.is_symlink():
                self._link(folder, entry, name, suffix)
            elif entry.is_dir():
                folder.subfolders.append(entry.path)
            elif suffix in _PHOTO:
                if entry.is_file():
                    folder.present.append(name)
                    folder.fresh.append((name, None))
            elif suffix == b"xmp":
                folder.sidecars[name] = stamp_ns(entry.stat())
            elif name == _TAG_FILE:
                folder.present.append(name)
        except OSError:
            return  # gone between listing and looking, a circular link, or nothing that we may look at

    def _link(self, folder: _Folder, entry: os.DirEntry[bytes], name: bytes, suffix: bytes) -> None:
        """Follow a link only to what no root shows already; never to a folder that holds a root."""
        is_folder = entry.is_dir()
        if not is_folder and (suffix not in _PHOTO or not entry.is_file()):
            return
        target = os.path.realpath(entry.path)
        if any(is_within(target, root) for root in self._roots):
            return
        if not is_folder:
            folder.present.append(name)
            folder.fresh.append((name, None))
        elif not any(is_within(root, target) for root in self._roots):
            folder.subfolders.append(entry.path)
            self._links.append(entry.path)

    def _close(self, folder: _Folder) -> None:
        """Draw the conclusions once all entries of a folder are known."""
        self._done.add(folder.path)
        links = set(self._links)
        for path in sorted(folder.subfolders, reverse=True):
            if path not in links and (folder.deep or path not in self._branches):
                self._stack.append((path, True))
        self.back += folder.back
        unchanged = folder.unchanged
        if folder.sidecars or any(row.sidecar_ns for row in unchanged):
            unchanged = self._with_sidecars(folder)
        else:
            self.found.extend(Found(folder.path, name, 0, (), row) for name, row in folder.fresh)
        self.seen += len(unchanged)
        if len(folder.rows) != len(folder.present):
            self._miss(folder.rows[name] for name in folder.rows.keys() - set(folder.present))
        if self._shallow and not folder.deep:
            self._miss_subfolders(folder)

    def _with_sidecars(self, folder: _Folder) -> list[KnownFile]:
        """Pair photos with their sidecars; returns the rows for which nothing changed."""
        if not folder.fresh and self._all_known(folder):
            return folder.unchanged
        by_photo: dict[bytes, list[tuple[int, bytes]]] = {}
        for name, changed_ns in folder.sidecars.items():
            by_photo.setdefault(name[:-4].lower(), []).append((changed_ns, name))

        def found(name: bytes, row: KnownFile | None) -> Found:
            lower = name.lower()
            pairs = [*by_photo.get(lower, ()), *by_photo.get(lower.rpartition(b".")[0], ())]
            pairs.sort(reverse=True)  # what the newest sidecar says comes first
            paths = tuple(os.path.join(folder.path, sidecar) for _, sidecar in pairs)
            return Found(folder.path, name, pairs[0][0] if pairs else 0, paths, row)

        self.found.extend(found(name, row) for name, row in folder.fresh)
        same = []
        for row in folder.unchanged:
            pair = found(row.name, row)
            if pair.sidecar_ns == row.sidecar_ns:
                same.append(row)
            else:
                self.found.append(pair)
        return same

    @staticmethod
    def _all_known(folder: _Folder) -> bool:
        """Whether each sidecar is IMG.jpg.xmp of a photo that is known with it: this decides a rescan's speed."""
        sidecars, matched = folder.sidecars, 0
        for row in folder.unchanged:
            changed_ns = sidecars.get(row.name + b".xmp", 0)
            if changed_ns != row.sidecar_ns:
                return False
            matched += changed_ns != 0
        return matched == len(sidecars)

    def _miss(self, rows: Iterator[KnownFile]) -> None:
        self.missing += (row for row in rows if row.presence is not Presence.GONE)

    def _miss_subfolders(self, folder: _Folder) -> None:
        """Rows in known folders below ``folder`` that are not there any more (``only`` scans)."""
        there = set(folder.subfolders)
        prefix = folder.path.rstrip(SEPARATOR) + SEPARATOR
        for path, rows in self._known.items():
            if path.startswith(prefix):
                child = prefix + path[len(prefix) :].split(SEPARATOR, 1)[0]
                if child not in there:
                    self._miss(iter(rows.values()))

    def _vanished(self, path: bytes) -> None:
        self._done.add(path)
        for known, rows in self._known.items():
            if is_within(known, path):
                self._done.add(known)
                self._miss(iter(rows.values()))

    def _collect_lost_folders(self) -> None:
        """Rows in folders that a whole walk did not come to."""
        if self._shallow:
            return
        for path in self._known.keys() - self._done:
            if not any(is_within(path, closed) for closed in self.unreadable):
                self._miss(iter(self._known[path].values()))


def _folder_reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "You are not permitted to look into this folder."
    return f"The folder cannot be read: {error.strerror or error}."


def _is_cache(folder: bytes) -> bool:
    """Whether a CACHEDIR.TAG says that everything in here can be made again (bford.info/cachedir)."""
    try:
        with open(os.path.join(folder, _TAG_FILE), "rb") as file:
            return stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.read(len(CACHE_TAG)) == CACHE_TAG
    except OSError:
        return False
