"""One Whoosh segment as arrays: its posting lists are read once, when they are first asked for."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh import columns, fields

from photomgr.core.query_values import packed_date
from photomgr.core.records import Presence, SearchDocument, Source
from photomgr.core.search.text import SEPARATOR, fold, name_key, split_term, value_term
from photomgr.core.search.words import Indexes, Values

Mask = NDArray[np.bool_]

#: Raised whenever what the index holds changes: an index of another version is built anew.
VERSION: Final = 6

ROW: Final = np.dtype(
    [
        ("id", "<i8"),
        ("taken", "<i8"),  # YYYYMMDDhhmmss, 0 when unknown
        ("added", "<i8"),
        ("rating", "u1"),
        ("presence", "u1"),
        ("flags", "u1"),
        # Not a number where the photo does not say. The names are those of the search language.
        ("size", "<f8"),
        ("width", "<f4"),
        ("height", "<f4"),
        ("iso", "<f4"),
        ("f", "<f4"),
        ("focal", "<f4"),
        ("exposure", "<f4"),
        ("latitude", "<f4"),
        ("longitude", "<f4"),
    ]
)
UNREADABLE, GPS, TAGGED, SUGGESTED, AUTOMATIC = 1, 2, 4, 8, 16  # bits of "flags"
META_ID: Final = -1  # the document that says up to which revision the index has come

TAG_FIELDS: Final = ("tag", "maybe", "rejected")
PLAIN_FIELDS: Final = (
    *("folder", "name", "ext", "camera", "lens", "label", "title", "source", "model"),
    *("place", "country"),
)
_MAX_TEXT: Final = 2000  # characters of a caption that are searchable
_MAX_MASKS: Final = 128  # remembered terms of a segment, one byte a document each
_MAX_NUMBERS: Final = 64  # remembered values of a term in a field of a segment, four bytes each


def schema() -> fields.Schema:
    """Each value is one term, as a person wrote it but folded; no positions, no stored text."""
    known: dict[str, Any] = {name: fields.ID() for name in (*TAG_FIELDS, *PLAIN_FIELDS)}
    known["row"] = fields.COLUMN(columns.FixedBytesColumn(ROW.itemsize))
    known["meta"] = fields.STORED()
    return fields.Schema(**known)


def folder_text(folder: str) -> str:
    """A folder's path as it is compared: with slashes on every system."""
    return fold(folder.replace("\\", "/"))


def _row(document: SearchDocument, flags: int) -> bytes:
    measured = (
        document.size, document.width, document.height, document.iso, document.aperture, document.focal,
        document.exposure, document.latitude, document.longitude,
    )  # fmt: skip
    return np.array(
        (
            document.id,
            packed_date(document.taken),
            packed_date(document.added),
            min(max(document.rating, 0), 255),
            int(document.presence),
            flags,
            *(math.nan if each is None else each for each in measured),
        ),
        ROW,
    ).tobytes()


def meta_document(meta: str) -> dict[str, Any]:
    return {"row": _row(SearchDocument(META_ID, presence=Presence.GONE), 0), "meta": meta}


def _spelt(folded: str, text: str) -> str:
    """A value with its own spelling beside it, to be shown."""
    spelling = text.replace(SEPARATOR, " ").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return folded if spelling == folded else f"{folded}{SEPARATOR}{spelling}"


def index_document(document: SearchDocument) -> dict[str, Any]:
    """A photo as the fields of the Whoosh schema. What was decided or refused is no suggestion."""
    closed = {fold(tag) for tag in (*document.tags, *document.rejected)}
    tags = [value_term(tag) for tag in document.tags]
    implied = [value_term(tag) for tag in document.implied]
    maybe = [value_term(tag) for tag, _ in document.suggested if fold(tag) not in closed]
    name = fold(document.name)
    stem, dot, suffix = name.rpartition(".")
    flags = UNREADABLE * document.problem | GPS * document.gps | TAGGED * bool(tags) | SUGGESTED * bool(maybe)
    flags |= AUTOMATIC * (Source.MODEL in document.sources)
    row = _row(document, flags)
    texts = [fold(text[:_MAX_TEXT]) for text in (document.title, document.caption)]
    values = {
        "tag": list(dict.fromkeys([*tags, *implied])),
        "maybe": maybe,
        "rejected": [value_term(tag) for tag in document.rejected],
        "folder": [_spelt(folder_text(document.folder), document.folder)],
        "name": [name],
        "ext": [suffix] if stem and dot else [],
        "camera": [value_term(document.camera)],
        "lens": [value_term(document.lens)],
        "label": [fold(document.label or "")],
        "title": texts,
        "source": list(document.sources),
        "model": list(document.models),
        "place": [value_term(document.place)],
        "country": [value_term(document.country)],
    }
    filled = {field: [text for text in found if text] for field, found in values.items()}
    return {"row": row} | {field: found for field, found in filled.items() if found}


class Damaged(Exception):
    """The index cannot be read, or is of another version: it must be built anew."""


@contextmanager
def trusting(*kept: type[BaseException]) -> Iterator[None]:
    """Whatever a broken file makes Whoosh raise becomes Damaged, except for what is ``kept``."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (Damaged, *kept)):
            raise
        raise Damaged(f"{type(error).__name__}: {error}") from error


class Segment:
    """The arrays of one immutable segment. Safe from several threads; reading the files takes a lock.
    Each method that reads raises Damaged when the files are broken.

    ``rows`` is a ROW for each document, deleted ones too; which are alive is the snapshot's affair.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._lock = threading.RLock()
        column = reader.column_reader("row") if reader.has_column("row") else ()
        self.rows = np.frombuffer(b"".join(bytes(row) for row in column), ROW)
        self.size = len(self.rows)
        self._values: dict[str, Values] = {}
        self._masks: dict[object, Mask] = {}
        self._numbers: dict[object, Indexes] = {}
        self._name_keys: list[str] = []
        self._name_order: list[int] = []
        self.is_warm = False
        if self.size != reader.doc_count_all():
            raise ValueError("the row column has not as many rows as the segment has documents")

    def values(self, field: str) -> Values:
        """The distinct values of a field."""
        found = self._values.get(field)
        if found is None:
            with self._lock, trusting():
                found = self._values.get(field) or self._read_values(field)
                self._values[field] = found
        return found

    def _read_values(self, field: str) -> Values:
        terms: list[str] = []
        single: list[int] = []
        if field in self._reader.indexed_field_names():
            for term, info in self._reader.iter_field(field):
                terms.append(term.decode("utf-8"))
                single.append(info.min_id() if info.doc_frequency() == 1 else -1)

        def read(term: str) -> Indexes:
            with self._lock, trusting():
                return np.fromiter(self._reader.postings(field, term).all_ids(), np.int32)

        return Values(terms, np.array(single, np.int32), read)

    def mask(self, key: object, make: Callable[[Mask], None]) -> Mask:
        """The documents of a term: ``make`` marks them once, then they are remembered. Do not change it."""
        found = self._masks.get(key)
        if found is None:
            found = np.zeros(self.size, np.bool_)
            make(found)
            with self._lock:
                while len(self._masks) >= _MAX_MASKS:
                    del self._masks[next(iter(self._masks))]
                self._masks[key] = found
        return found

    def numbers(self, key: object, make: Callable[[], Indexes]) -> Indexes:
        """The numbers of a term's values, ascending, each once: made once, then remembered. Do not change it."""
        found = self._numbers.get(key)
        if found is None:
            found = np.unique(make())
            with self._lock:
                while len(self._numbers) >= _MAX_NUMBERS:
                    del self._numbers[next(iter(self._numbers))]
                self._numbers[key] = found
        return found

    @property
    def name_keys(self) -> list[str]:
        """For each document the key under which it sorts by name: its file name, then its id."""
        self._sort_names()
        return self._name_keys

    @property
    def name_order(self) -> list[int]:
        """The documents in the order of ``name_keys``."""
        self._sort_names()
        return self._name_order

    def _sort_names(self) -> None:
        with self._lock:
            if len(self._name_order) == self.size:
                return
            values = self.values("name")
            names = [""] * self.size
            for number, name in enumerate(values.folded):
                key = name_key(name)
                for document in values.documents_of(number).tolist():
                    names[document] = key
            ids = self.rows["id"].tolist()
            self._name_keys = [f"{name}\x00{n:019}" for name, n in zip(names, ids, strict=True)]
            self._name_order = sorted(range(self.size), key=self._name_keys.__getitem__)

    def spelling(self, field: str, number: int) -> str:
        """A value as a person wrote it, as far as the index knows."""
        return split_term(self.values(field).terms[number])[1]

    def stored(self, document: int) -> dict[str, Any]:
        with self._lock, trusting():
            return dict(self._reader.stored_fields(document))

    def warm(self) -> None:
        """Read now what a bare word and the usual fields need, so that the first search is a fast one."""
        for field in ("tag", "maybe", "folder", "name", "camera", "title", "place", "country"):
            self.values(field).warm()
        for field in ("tag", "maybe", "folder", "camera", "place", "country"):
            _ = self.values(field).pairs
        self._sort_names()
        self.is_warm = True
