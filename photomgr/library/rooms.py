"""The rooms of a library: what belongs together has a class of its own, built when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from ..core.gazetteer import Gazetteer, PlaceNames
from ..core.thumbnails import Thumbnails
from .collections import Collections
from .decisions import Decisions
from .dropping import Dropping
from .evidence import Evidence
from .exchange import Exchange
from .finding import Finding
from .looks import Looks
from .moving import Moving
from .networks import Networks
from .refinement import Refinement
from .reviewing import Reviewing
from .stacks import Stacks
from .wording import Wording

if TYPE_CHECKING:
    from .facade import Library


class Rooms(Decisions):
    """``Library`` is one; every room is reached as its attribute."""

    _thumbnails: Thumbnails

    @property
    def _library(self) -> Library:
        return cast("Library", self)

    @cached_property
    def refinement(self) -> Refinement:
        """Tags that came with the files: which are probably wrong, and which are missing."""
        return Refinement(self._library)

    @cached_property
    def evidence(self) -> Evidence:
        """Why a tag is suggested for a photo."""
        return Evidence(self._library)

    @cached_property
    def networks(self) -> Networks:
        """Networks of the person's own, beside the shipped one."""
        return Networks(self._library, self._publish)

    @cached_property
    def collections(self) -> Collections:
        """Saved searches, albums, and what was searched for lately."""
        return Collections(self.catalog, self._publish)

    @cached_property
    def geography(self) -> PlaceNames:
        """Names of places by coordinates, and where places of a name are."""
        return PlaceNames(Gazetteer())

    @cached_property
    def finding(self) -> Finding:
        """Searches: exact hits, and what looks like them."""
        return Finding(self._library)

    @cached_property
    def looks(self) -> Looks:
        """What looks alike: similar photos, duplicates."""
        return Looks(self._library, self._thumbnails)

    @cached_property
    def stacks(self) -> Stacks:
        """What stands as one in lists: RAW with JPEG, live photos, bursts."""
        return Stacks(self._library)

    @cached_property
    def words(self) -> Wording:
        """Words that nobody tagged: the photos that fit them, and words near a tag."""
        return Wording(self._library)

    @cached_property
    def reviewing(self) -> Reviewing:
        """The review workbench: what waits, in which order, and what belongs together."""
        return Reviewing(self._library, self._thumbnails)

    @cached_property
    def moving(self) -> Moving:
        """Files renamed, moved, put into the trash, and found again."""
        return Moving(self._library, self._publish)

    @cached_property
    def dropping(self) -> Dropping:
        """Pictures from elsewhere: by address, or dropped on the window."""
        return Dropping(self._library)

    @cached_property
    def exchange(self) -> Exchange:
        """Tags in files and sidecars, for other programs and back."""
        return Exchange(self._library, self._thumbnails, self._publish)
