"""What one place says of a photo: the file itself, or one of its sidecars."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KeywordLists = Mapping[str, tuple[str, ...]]

XMP_FIELDS = ("subject", "lightroom", "digikam", "mediapro", "microsoft")
IN_FILE = b""


@dataclass(frozen=True, slots=True)
class Said:
    """What a place says, field by field.

    ``place`` is the sidecar's file name, IN_FILE for the photo itself. ``blocks`` are the metadata blocks that
    it has ("xmp", "iptc", "exif"). ``keywords`` are those of each field that is there: XMP_FIELDS, "people" (names on
    regions), "iptc" and "windows" (EXIF's XPKeywords); of hierarchies the last part. ``rating`` and ``label`` are as
    in Metadata, ``title`` and ``caption`` too.
    """

    place: bytes
    blocks: frozenset[str] = frozenset()
    keywords: KeywordLists = field(default_factory=dict)
    rating: int | None = None
    label: str | None = None
    title: str | None = None
    caption: str | None = None

    def all_keywords(self) -> Iterator[str]:
        for words in self.keywords.values():
            yield from words

    def as_json(self) -> dict[str, object]:
        """As kept in the catalog."""
        return {
            "place": self.place.hex(),
            "blocks": sorted(self.blocks),
            "keywords": {name: list(words) for name, words in self.keywords.items()},
            "rating": self.rating,
            "label": self.label,
            "title": self.title,
            "caption": self.caption,
        }


def block_of(name: str) -> str:
    """The metadata block in which a keyword field lies."""
    return {"iptc": "iptc", "windows": "exif"}.get(name, "xmp")


def to_text(places: tuple[Said, ...]) -> str:
    """Places as JSON text."""
    return json.dumps([place.as_json() for place in places], ensure_ascii=False)


def from_text(text: str) -> tuple[Said, ...]:
    """Places from what ``to_text`` gave."""
    return tuple(
        Said(
            bytes.fromhex(each["place"]),
            frozenset(each["blocks"]),
            {name: tuple(words) for name, words in each["keywords"].items()},
            each["rating"],
            each["label"],
            each.get("title"),
            each.get("caption"),
        )
        for each in json.loads(text)
    )
