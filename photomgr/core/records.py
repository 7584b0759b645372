"""What flows between the rooms: frozen records, no behaviour beyond reading themselves."""

from __future__ import annotations

import enum
import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .said import Said

MAX_TAG_LENGTH: Final = 500
LABEL_COLOURS: Final = ("red", "yellow", "green", "blue", "purple")


def tag_key(name: str) -> str:
    """The form under which two spellings are one tag: NFC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


class Source(enum.StrEnum):
    """Who decided."""

    PERSON = "person"
    FILE = "file"
    MODEL = "model"  # accepted by itself in the sure band
    RULE = "rule"  # follows from a decision on another photo


class Presence(enum.IntEnum):
    """Where a photo's file is, as the last scan saw it."""

    HERE = 0
    OFFLINE = 1  # its whole root is away: a drive that was unplugged
    GONE = 2  # the root is here and the file is not


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the file system says of a file without opening it. Sizes in bytes, time in ns since 1970.

    ``sidecar_ns`` is the time of the newest sidecar that belongs to the photo, 0 when it has none.
    """

    size: int
    mtime_ns: int
    sidecar_ns: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a photo's file and its sidecar say, read by ``core.metadata``.

    ``width`` and ``height`` are those of the stored picture, in pixels, before orientation;
    ``orientation`` is EXIF's 1 to 8. ``taken`` is local time as ``YYYY-MM-DDTHH:MM:SS[.fff]`` and
    ``zone`` its offset as ``+HH:MM``, None when the file does not say. ``exposure`` in seconds,
    ``focal`` in mm, ``latitude`` and ``longitude`` in degrees (WGS 84, north and east positive),
    ``altitude`` in metres. ``rating`` 0 to 5. ``label`` one of LABEL_COLOURS.
    """

    width: int | None = None
    height: int | None = None
    orientation: int = 1
    taken: str | None = None
    zone: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure: float | None = None
    aperture: float | None = None
    iso: int | None = None
    focal: float | None = None
    flash: bool | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A catalog row as the scanner compares it with the disk. ``folder`` is absolute."""

    id: int
    folder: bytes
    name: bytes
    size: int
    mtime_ns: int
    content: bytes | None
    presence: Presence
    sidecar_ns: int = 0


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the scanner read of one file.

    ``folder`` is absolute; ``content`` is the 16-byte hash of ``core.containers.content_hash``.
    ``problem`` says why the photo cannot be read, None when nothing is known to be wrong.
    """

    folder: bytes
    name: bytes
    stamp: FileStamp
    content: bytes
    metadata: Metadata | None
    problem: str | None
    said: tuple[Said, ...] = ()  # the same, place by place
    picture: bytes = b""  # the hash of core.pictures.picture_hash


@dataclass(slots=True)
class FileBatch:
    """What a part of a scan found under one root, to be written in one transaction.

    ``moved`` are rows (of any root) whose file is now at another place under ``root``. ``back``
    are rows found again unchanged, ``touched`` such with the same content under a new stamp.
    """

    root: int
    new: list[FileFacts] = field(default_factory=list)
    changed: list[tuple[int, FileFacts]] = field(default_factory=list)
    moved: list[tuple[int, FileFacts]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    touched: list[tuple[int, FileStamp]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Photo:
    """One row of the catalog, as lists and views need it."""

    id: int
    folder: bytes
    name: bytes
    size: int
    mtime_ns: int
    content: bytes | None
    presence: Presence
    problem: str | None
    rating: int
    label: str | None
    added: str
    metadata: Metadata

    @property
    def path(self) -> Path:
        """The absolute path; ``os.fsencode`` of it gives the stored bytes back."""
        return Path(os.fsdecode(self.folder)) / os.fsdecode(self.name)

    @property
    def display_name(self) -> str:
        """The file name for a person: undecodable bytes become U+FFFD."""
        return self.name.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Decided:
    """A tag that stands on a photo, and since when and through whom.

    ``model`` is the network that had suggested it, by its hash, ``score`` with what probability in [0, 1], and
    ``network`` what that network is called.
    """

    tag: str
    source: Source
    when: str
    model: str | None = None
    score: float | None = None
    network: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """Why a tag needs no decision on a photo: it follows from the narrower one ``by``, so that it ``stands``, or the
    broader one ``by`` was rejected."""

    by: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tag that the model proposes. ``score`` is a calibrated probability in [0, 1]."""

    tag: str
    score: float
    reasons: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of a photo's history."""

    when: str
    verdict: str
    tag: str
    source: Source
    model: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that the person gave us. ``online`` is False while its drive is away."""

    id: int
    path: Path
    online: bool


@dataclass(frozen=True, slots=True)
class FolderCount:
    """A folder with the number of photos directly in it (``count``)."""

    id: int
    root: int
    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag with how many photos carry it, for how many it is suggested, and how many more carry a narrower one."""

    tag: str
    count: int
    suggested: int
    implied: int = 0


class What(enum.Flag):
    """Which sides of photos a change touched."""

    NOTHING = 0
    PHOTOS = enum.auto()  # rows came or went
    METADATA = enum.auto()
    TAGS = enum.auto()  # decided tags or rejections
    RATING = enum.auto()
    LABEL = enum.auto()
    SUGGESTIONS = enum.auto()
    PRESENCE = enum.auto()
    ROOTS = enum.auto()
    THUMBNAILS = enum.auto()
    COLLECTIONS = enum.auto()  # saved searches, albums and what is in them
    TEXTS = enum.auto()  # title or caption
    WRITING = enum.auto()  # what waits for a choice, and what could not be written into files
    NETWORKS = enum.auto()  # which of the person's networks speak


@dataclass(frozen=True, slots=True)
class Change:
    """What a write did, after its commit: views refresh only what moved.

    ``action`` is the id that undo can take back, None when nothing can be undone. ``text`` says
    it to a person ("412 photos tagged beach").
    """

    what: What
    photos: frozenset[int] = frozenset()
    text: str = ""
    action: int | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """What a grid cell shows of a photo beside its picture.

    ``suggested`` are open suggestions, best first, ``open`` counts all of them. ``tags`` are the tags that
    stand, by name, and ``decided`` their number; ``automatic`` those of them that were accepted by themselves.
    """

    rating: int
    label: str | None
    decided: int
    suggested: tuple[Suggestion, ...]
    open: int
    problem: bool
    presence: Presence
    tags: tuple[str, ...] = ()
    automatic: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SuggestedTag:
    """An open suggestion over a selection: on ``count`` photos, ``score`` their mean in [0, 1]."""

    tag: str
    count: int
    score: float
    reasons: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are in each place that the left panel offers; photos that are gone count nowhere."""

    photos: int
    unreviewed: int
    unreadable: int
    offline: int
    untagged: int
    located: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many photos each background job still has to do."""

    thumbnails: int
    annotate: int
    index: int
    compare: int = 0


@dataclass(frozen=True, slots=True)
class AnnotateResult:
    """How an annotation run went; ``provider`` is the execution provider that really ran.

    ``problems`` are the paths of photos that could not be read, or that a network failed on, with the reason: the first
    1,000. ``refused`` are the latter of them by id, which go on waiting.
    """

    annotated: int
    failed: int
    remaining: int
    seconds: float
    provider: str
    problems: tuple[tuple[str, str], ...] = ()
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ToAnnotate:
    """A photo that waits for the network."""

    id: int
    path: Path
    content: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at. ``level`` is ok, note or fault; ``advice`` says what to do."""

    level: str
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """All that the search index knows of one photo, as the catalog's search feed gives it.

    ``tags`` are decided, ``suggested`` pairs of tag and score in [0, 1], ``rejected`` the tags that
    the person refused, ``implied`` broader tags of those decided. ``sources`` say who decided the tags that
    stand, ``models`` which networks, by hash, had suggested them. ``folder`` is the absolute folder and
    ``name`` the file's name, undecodable bytes as surrogates (``os.fsdecode``) or U+FFFD. ``taken`` and
    ``added`` begin ``YYYY-MM-DDTHH:MM:SS``.
    ``rating`` 0 to 5. ``problem`` is True for a photo that cannot be read; ``presence`` a Presence.
    ``size`` in bytes; ``width`` and ``height`` in pixels of the upright picture; the rest as in Metadata.
    ``place`` (``Paris, Île-de-France, France``) and ``country`` are what the index names by the coordinates.
    """

    id: int
    tags: tuple[str, ...] = ()
    suggested: tuple[tuple[str, float], ...] = ()
    folder: str = ""
    name: str = ""
    camera: str = ""
    lens: str = ""
    title: str = ""
    caption: str = ""
    taken: str | None = None
    added: str = ""
    rating: int = 0
    label: str | None = None
    problem: bool = False
    presence: int = Presence.HERE
    gps: bool = False
    rejected: tuple[str, ...] = ()
    size: int | None = None
    width: int | None = None
    height: int | None = None
    iso: float | None = None
    aperture: float | None = None
    focal: float | None = None
    exposure: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    implied: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    place: str = ""
    country: str = ""


class Sort(enum.StrEnum):
    """The orders in which found photos can stand. Photos without a date come last in both date orders."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    ADDED = "added"
    RATING = "rating"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    ``ids`` are photo ids in the order asked for. ``hint`` is empty unless nothing was found or the
    query had to be mended: then it says why and what to try. ``nearest`` is a query close to the one
    asked that does find something, or ""; beside photos only where a word is known to nobody. From ``visual_from``
    on the photos only look like what was searched for, the most probable first whatever the order; None when all are
    exact hits. ``sections`` are parts of the result that belong together: (first row, ``hits``, ``looks`` or a kind of
    duplicates), empty when it is one.
    """

    ids: NDArray[np.int64]
    hint: str = ""
    nearest: str = ""
    visual_from: int | None = None
    sections: tuple[tuple[int, str], ...] = ()
