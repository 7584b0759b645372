"""The catalog: the only SQL of the program, and the truth about photos, tags and decisions.

``Catalog`` opens the file; its parts are named after what they hold: ``files`` (roots, folders,
photos), ``verdicts`` (decisions, undo), ``annotations`` (what the network said), ``learning``
(what decisions make of it), ``reviews`` (what the review workbench reads), ``opinions`` (what the person's own
networks say), ``runs`` (what was decided by itself), ``keeping`` (names and order of the tags),
``exchange`` (what is written into files), ``mirror`` (how far they follow by themselves), ``lists`` (what
windows and commands read), ``stacking`` (what belongs together) and ``feed`` (what the search index consumes).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..records import SearchDocument
from .annotations import Annotations
from .collections import Collections
from .connection import Connection, explain
from .exchange import Exchange
from .feed import search_feed
from .files import Files
from .keeping import Keeping
from .learning import Learning
from .likeness import Likeness
from .lists import Lists
from .mirror import Mirror
from .moves import Moves
from .open_counts import OpenCounts
from .opinions import Opinions
from .porting import Porting
from .reviewing import Reviews
from .runs import Runs
from .stacking import Stacking
from .surroundings import Surroundings
from .verdicts import Verdicts


class Catalog:
    """An open catalog.

    ``pen`` is the lock file (default: beside ``path``). Raises CatalogBusy when another program
    holds it for longer than ``wait`` seconds, CatalogError when the file cannot be used; every
    write raises ReadOnly for a guest.
    """

    def __init__(
        self, path: Path, *, pen: Path | None = None, read_only: bool = False, wait: float = 1.5
    ) -> None:
        self.connection = Connection(path, pen or path.with_suffix(".pen"), read_only=read_only, wait=wait)
        self.files = Files(self.connection)
        self.verdicts = Verdicts(self.connection)
        self.annotations = Annotations(self.connection)
        self.learning = Learning(self.connection)
        self.collections = Collections(self.connection, self.verdicts)
        self.likeness = Likeness(self.connection)
        open_counts = OpenCounts(self.connection)
        self.lists = Lists(self.connection, open_counts)
        self.stacking = Stacking(self.connection)
        self.surroundings = Surroundings(self.connection)
        self.opinions = Opinions(self.connection, self.verdicts)
        self.reviews = Reviews(self.connection, open_counts)
        self.runs = Runs(self.connection, self.verdicts)
        self.keeping = Keeping(self.connection, self.verdicts)
        self.exchange = Exchange(self.connection, self.verdicts)
        self.mirror = Mirror(self.connection)
        self.moves = Moves(self.connection, self.verdicts)
        self.porting = Porting(self.connection, self.verdicts)

    @property
    def path(self) -> Path:
        return self.connection.path

    @property
    def read_only(self) -> bool:
        return self.connection.read_only

    @property
    def uuid(self) -> str:
        """Names this catalog for life, so that an index of another one is not taken for its own."""
        return str(self.connection.meta("uuid"))

    @property
    def revision(self) -> int:
        """Grows by one with each write that touches photos."""
        return int(self.connection.meta("revision"))

    def photo_count(self) -> int:
        """All photos, also those that are gone."""
        return int(self.connection.reader().execute("SELECT count(*) FROM photos").fetchone()[0])

    def search_feed(self, after: int) -> Iterator[tuple[int, int, SearchDocument | None]]:
        """Every photo that was touched after a revision: (revision, photo id, document), ascending."""
        return search_feed(self.connection, after)

    def close(self) -> None:
        self.connection.close()


__all__ = ["Catalog", "explain"]
