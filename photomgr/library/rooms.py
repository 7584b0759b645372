"""The rooms of a library that find photos; each is opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from ..annotate.annotator import Annotator
from ..core.catalog import Catalog
from ..core.records import Change, Photo
from ..core.thumbnails import Thumbnails
from .looks import Looks


class FindingRooms:
    """What a library offers to whoever looks for something. Safe from any thread, as these rooms are."""

    catalog: Catalog
    read_only: bool
    _thumbnails: Thumbnails
    annotator: Callable[[], Annotator]
    photo: Callable[[int], Photo | None]
    subscribe: Callable[[Callable[[Change], None]], Callable[[], None]]

    @cached_property
    def looks(self) -> Looks:
        """What looks alike: similar photos, duplicates."""
        return Looks(self, self._thumbnails)
