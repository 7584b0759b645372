"""What the tag panel shows of one photo or of many, read in one go on a worker thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from photomgr.core.gazetteer import Taken
from photomgr.core.records import Decided, Photo, Settled, SuggestedTag, Verdict

if TYPE_CHECKING:
    from photomgr.library import Library

_LOOKED_AT: Final = 5_000  # photos of a selection whose rating, label and dates are compared


@dataclass(frozen=True, slots=True)
class Facts:
    """``rating`` is None and ``mixed_label`` True where the photos differ. ``dates`` are the first and the
    last day on which they were taken, as ``YYYY-MM-DD``, empty when no file says. ``texts`` are the titles and
    captions that they have, by field, "" for none: one where all have the same. ``settled`` are tags of one photo that
    need no decision any more. ``taken`` is where it was.
    ``unwritten`` says why decisions could not be written, ``conflicts`` how many with other programs wait."""

    ids: tuple[int, ...]
    photo: Photo | None = None
    rating: int | None = 0
    label: str | None = None
    mixed_label: bool = False
    dates: tuple[str, ...] = ()
    unreadable: int = 0
    decided: dict[str, int] = field(default_factory=dict)
    sources: dict[str, Decided] = field(default_factory=dict)
    suggested: list[SuggestedTag] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    settled: dict[str, Settled] = field(default_factory=dict)
    history: list[Verdict] = field(default_factory=list)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    taken: Taken | None = None
    unwritten: tuple[str, ...] = ()
    conflicts: int = 0

    @property
    def count(self) -> int:
        return len(self.ids)


def gather(library: Library, ids: Sequence[int], first: frozenset[str] = frozenset()) -> Facts:
    """Reads everything. (slow) Photos that are gone meanwhile are left out; suggestions in ``first`` lead."""
    rows = library.photos(list(ids[:_LOOKED_AT]))
    if not rows:
        return Facts(())
    known = tuple(photo.id for photo in rows) if len(ids) <= _LOOKED_AT else tuple(ids)
    ratings = {photo.rating for photo in rows}
    labels = {photo.label for photo in rows}
    days = sorted({photo.metadata.taken[:10] for photo in rows if photo.metadata.taken})
    one = rows[0] if len(known) == 1 else None
    return Facts(
        ids=known,
        photo=one,
        rating=ratings.pop() if len(ratings) == 1 else None,
        label=next(iter(labels)) if len(labels) == 1 else None,
        mixed_label=len(labels) > 1,
        dates=(days[0], days[-1]) if days else (),
        unwritten=tuple(library.exchange.upkeep.unwritten(known).values()),
        conflicts=len(library.exchange.conflicts(known)),
        unreadable=sum(photo.problem is not None for photo in rows),
        decided=library.decided(known),
        sources={each.tag: each for each in library.decided_of(one.id)} if one is not None else {},
        suggested=library.suggested(known, first),
        rejected=library.rejected(known),
        settled=library.settled_on(one.id) if one is not None else {},
        history=library.history(one.id) if one is not None else [],
        texts={
            "title": tuple({photo.metadata.title or "" for photo in rows}),
            "caption": tuple({photo.metadata.caption or "" for photo in rows}),
        },
        taken=library.geography.taken(one.metadata.latitude, one.metadata.longitude)
        if one is not None
        else None,
    )
