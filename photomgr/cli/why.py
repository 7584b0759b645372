"""why: what speaks for a tag on a photo, and where in it."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..core.records import tag_key
from ..library import Library
from ..library.evidence import NARROWER, Reason
from .opening import photos_of, reading
from .output import Output

_WITNESSES: Final = {
    "network": "what the picture shows", "linear": "the picture as a whole", "cosine": "its likeness to a typical one",
    "radial": "its likeness to known pictures", "layout": "what stands where", "midway": "shapes and materials",
    "neighbours": "decided photos that look like it", "looks alike": "its likeness to a photo with the tag",
    "context": "time, place and photos around it",
}  # fmt: skip
"""What those are that speak, for people; a network of their own speaks under its name."""


def add_commands(
    add: Callable[..., argparse.ArgumentParser], photos: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Declare the command; ``add`` is the parser's own, ``photos`` takes FILE... or a query."""
    command = add("why", why, "what speaks for a tag on photos, what looks alike, and where it is seen")
    command.add_argument("tag", metavar="TAG")
    photos(command)


def why(options: Namespace, output: Output) -> int:
    """One line a photo; for reading, one more for each reason."""
    with reading(options) as library:
        ids, missing = photos_of(library, options, output)
        tag = library.evidence.meant(options.tag) if ids else options.tag
        for photo in library.photos(ids):
            reason = library.evidence.why(photo.id, tag)
            record = _record(library, str(photo.path), reason)
            record["decided"] = _decided(library, photo.id, reason.tag)
            output.record(record, _text(record))
    return 1 if missing else 0


def _decided(library: Library, photo: int, tag: str) -> str | None:
    """``accepted`` or ``rejected``; None for a tag that nobody decided on."""
    for verdict, tags in (("accepted", library.decided([photo])), ("rejected", library.rejected([photo]))):
        if tag_key(tag) in {tag_key(name) for name in tags}:
            return verdict
    return None


def _record(library: Library, path: str, reason: Reason) -> dict[str, Any]:
    return {
        "path": path,
        "tag": reason.tag,
        "score": None if reason.score is None else round(reason.score, 4),
        "reasons": {one.name: round(one.score, 4) for one in reason.witnesses},
        "near": _alike(library, reason.near),
        "against": _alike(library, reason.against),
        "box": None if reason.box is None else [round(side, 3) for side in reason.box],
        "boxed_by": reason.boxed_by,
        "related": list(reason.related),
        "follows": reason.follows,
        "model": reason.model,
        "version": reason.version,
    }


def _alike(library: Library, found: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    likeness = dict(found)
    return [
        {"path": str(photo.path), "likeness": round(likeness[photo.id], 3)}
        for photo in library.photos(list(likeness))
    ]


def _text(record: dict[str, Any]) -> str:
    score = record["decided"] or "not suggested" if record["score"] is None else f"{record['score']:.0%}"
    lines = [f"{record['path']}: {record['tag']} {score}"]
    known = {**_WITNESSES, NARROWER: f"{record['follows']}, from which it follows"}
    lines += [
        f"    {score:>4.0%}  {name}" + (f": {known[name]}" if name in known else "")
        for name, score in record["reasons"].items()
    ]
    lines += [f"    {each['likeness']:>4.0%}  like {each['path']}" for each in record["near"]]
    lines += [
        f"    {each['likeness']:>4.0%}  like {each['path']}, where it was refused"
        for each in record["against"]
    ]
    if record["box"]:
        left, top, width, height = record["box"]
        where = f"{left:.0%} from the left, {top:.0%} from the top, {width:.0%} wide, {height:.0%} high"
        lines.append(f"    seen by {record['boxed_by']}: {where}")
    if record["related"]:
        lines.append(f"    related: {', '.join(record['related'])}")
    return "\n".join(lines)
