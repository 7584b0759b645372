"""What shall be said of a photo, and what a write would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RATING = "rating"
LABEL = "label"
TEXTS = ("title", "caption")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person decided of one photo.

    ``tags`` are the names of those that stand; ``gone`` the keys (records.tag_key) of those that must not
    be there; ``paths`` gives a tag's key the names above it, outermost first, ``former`` a key that a file still holds
    that of the tag into which it was renamed. ``rating`` 0 to 5, ``label`` one
    of LABEL_COLOURS. ``title`` and ``caption`` are None where the person gave none, "" where there shall be none.
    Fields in ``held`` (RATING, LABEL, TEXTS) and tags whose key is in ``held_tags`` wait for
    the person's word on a conflict: they are left as they are.
    """

    tags: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    rating: int = 0
    label: str | None = None
    title: str | None = None
    caption: str | None = None
    held: frozenset[str] = frozenset()
    held_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a place before and after a write."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def text(self) -> str:
        """For a person: what comes and what goes."""
        there = set(self.before)
        comes = [f"+{each}" for each in self.after if each not in there]
        stays = set(self.after)
        goes = [f"−{each}" for each in self.before if each not in stays]
        return f"{self.field}: {', '.join([*goes, *comes]) or 'in another order'}"
