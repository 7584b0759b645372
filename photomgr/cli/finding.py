"""index, annotate, suggest, search, show."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..annotate.annotator import SHIPPED, Annotator
from ..annotate.heat import Box
from ..annotate.online import enough
from ..annotate.runtime import Session
from ..core import images
from ..core.errors import ImageError, PhotoRefused, UsageError
from ..core.query import demand
from ..core.readers import NOT_YET
from ..core.records import Photo, Sort
from ..core.settings import Settings
from ..library import Library, address, words
from ..library.added import AddedNetworks
from .opening import demand_photos, open_library, own_root, paths_of, photos_of, reading
from .output import Output


def index(options: Namespace, output: Output) -> int:
    """Add the folders that are new, look through all of them, and bring the index up to date."""
    with open_library(options, output) as library:
        roots = sorted({own_root(library, path) for path in options.path})
        found = output.drive("scanning", library.scan(roots))
        output.drive("indexing", library.index())
        record = {
            key: getattr(found, key) for key in ("new", "changed", "moved", "gone", "unreadable", "seconds")
        }
        record["seconds"] = round(found.seconds, 3)
        for path, reason in found.problems:
            output.error(f"{path}: {reason}")
        output.record(
            record,
            f"{found.new:,} new, {found.changed:,} changed, {found.moved:,} moved, {found.gone:,} gone,"
            f" {found.unreadable:,} unreadable in {found.seconds:.1f} s",
        )
        return 1 if found.unreadable else 0


def annotate(options: Namespace, output: Output) -> int:
    """Run the network over the photos that wait for it."""
    with open_library(options, output) as library:
        sessions = _sessions(library.annotator())
        _say_notes(sessions, output)
        done = output.drive("tagging", library.annotate(options.limit, options.again))
        output.drive("learning", library.learn())
        output.drive("indexing", library.index())
        for path, reason in done.problems:
            output.error(f"{path}: {reason}")
        record = asdict(done) | {"seconds": round(done.seconds, 3)}
        del record["problems"], record["refused"]
        record["providers"] = {name: session.provider for name, session in sessions.items()}
        on = ", ".join(dict.fromkeys(record["providers"].values()))
        output.record(
            record,
            f"{words.photos(done.annotated)} tagged in {done.seconds:.1f} s ({on}),"
            f" {done.failed:,} failed, {words.counted(done.remaining, 'still waits', 'still wait')}",
        )
        return 1 if done.failed else 0


def _sessions(annotator: Annotator) -> dict[str, Session]:
    """What the network of each runs in who speaks, the shipped one first."""
    added = {network.card.name: network.session for network in annotator.helpers}
    return {SHIPPED: annotator.model.session, **added}


def _say_notes(sessions: Mapping[str, Session], output: Output) -> None:
    """Where a network does not run as it was asked to; what is so of several is said once, with their names."""
    names: dict[str, list[str]] = {}
    for name, session in sessions.items():
        names.setdefault(session.note, []).append(name)
    for note, those in names.items():
        if note:
            output.say(note if len(sessions) == 1 else f"{', '.join(those)}: {note}")


def suggest(options: Namespace, output: Output) -> int:
    """Tags for picture files that need not be in any library."""
    paths = paths_of(options)
    annotator = AddedNetworks(paths, Settings(paths.settings)).annotator()
    _say_notes(_sessions(annotator), output)
    allowed = options.allow_network or bool(Settings(paths.settings).get("network"))
    failed = 0
    for name in _pictures(options, output):
        try:
            seen = annotator.sight(_picture(name, allowed))
        except (ImageError, PhotoRefused) as error:
            failed += 1
            output.error(f"{name}: {error}")
            continue
        every = options.all or options.top is not None or options.mass is not None
        scored = annotator.suggestions(seen.annotation.scores, limit=options.top, all_tags=every)
        if options.mass is not None:
            scored = scored[: len(enough(np.array([one.score for one in scored]), options.mass))]
        found = annotator.with_opinions(scored, seen.annotation)
        tags = [
            {"tag": one.tag, "score": _rounded(one.score), "reasons": _reasons(one.reasons),
             "box": _box(seen.box(one.tag))}
            for one in found
        ]  # fmt: skip
        shown = ", ".join(f"{one.tag} {one.score:.0%}" for one in found) or "no suggestion"
        output.record({"path": name, "tags": tags}, f"{name}: {shown}")
    return 1 if failed else 0


def _picture(name: str, allowed: bool) -> Image.Image:
    if not address.is_address(name):
        return images.decode(Path(name), short_side=384)
    with address.fetched(name, allowed=allowed) as path:
        return images.decode(path, short_side=384)


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else [round(side, 3) for side in box]


def _pictures(options: Namespace, output: Output) -> list[str]:
    demand_photos(options)
    if options.query is None:
        return [str(name) for name in options.file]
    with reading(options) as library:
        ids, _ = photos_of(library, options, output)
        return [str(photo.path) for photo in library.photos(ids)]


def search(options: Namespace, output: Output) -> int:
    """Photos for a query, one line each."""
    query = " ".join(options.query)
    demand(query)
    with reading(options) as library:
        output.drive("indexing", library.index())
        found = library.find(query, Sort(options.sort), visual=True)
        ids = [int(each) for each in found.ids[: options.limit]]
        for start in range(0, len(ids), 500):
            for photo in library.photos(ids[start : start + 500]):
                record = _found(library, photo, query)
                tags = ", ".join([*record["tags"], *(f"{each['tag']}?" for each in record["suggestions"])])
                output.record(record, f"{record['path']}{'  ' if tags else ''}{tags}")
        if found.hint:
            output.say(found.hint)
        if found.nearest:
            output.say(f"This finds something: {found.nearest}")
        library.stacks.catch_up()
        count = library.stacks.count(found.ids)
        if count != len(found.ids):
            output.say(f"{words.photos(len(found.ids))}, {count:,} with stacks as one")
    return 0


def _found(library: Library, photo: Photo, query: str) -> dict[str, Any]:
    return {
        "id": photo.id,
        "path": str(photo.path),
        "tags": list(library.decided([photo.id])),
        "suggestions": [
            {"tag": each.tag, "score": _rounded(each.score)} for each in library.suggested([photo.id])
        ],
        "taken": photo.metadata.taken,
        "rating": photo.rating,
        "why": library.why(query, photo.id),
    }


def show(options: Namespace, output: Output) -> int:
    """Everything that is known of one photo."""
    with reading(options) as library:
        photo = library.photo_at(options.file)
        if photo is None:
            raise UsageError(
                f"{options.file} is not in the library. Add its folder with: photomgr index FOLDER"
            )
        record = _shown(library, photo)
        library.stacks.catch_up()
        others = [
            each.display_name for each in library.photos(library.stacks.of(photo.id)) if each.id != photo.id
        ]
    lines = [record["path"]]
    if photo.problem:
        lines.append(
            photo.problem if photo.problem.startswith(NOT_YET) else f"cannot be read: {photo.problem}"
        )
    lines.append(
        f"rating {photo.rating}, label {photo.label or 'none'}, taken {photo.metadata.taken or 'unknown'}"
    )
    if record["place"] is not None:
        lines.append(f"place      {', '.join(filter(None, list(record['place'].values())[:3]))}")
    lines += [f"stack      with {', '.join(others)}"] if others else []
    lines += [f"tag        {each['tag']} ({each['source']})" for each in record["tags"]]
    lines += [f"suggested  {each['tag']} {each['score']:.0%}" for each in record["suggestions"]]
    lines += [f"rejected   {each}" for each in record["rejected"]]
    lines += [
        f"{key:<12}{_said(key, value)}"
        for key, value in record["metadata"].items()
        if value not in (None, "", [], ())
    ]
    output.record(record | {"stack": others}, "\n".join(lines))
    return 0


def _said(key: str, value: Any) -> str:
    """A value of the metadata with its unit, as a photographer writes it."""
    if key == "flash":
        return "fired" if value else "did not fire"
    if key == "exposure":
        return f"1/{round(1 / value)} s" if 0 < value < 0.4 else f"{value:g} s"
    before, behind = {"aperture": ("f/", ""), "focal": ("", " mm"), "altitude": ("", " m")}.get(key, ("", ""))
    return f"{before}{value:g}{behind}" if before or behind else str(value)


def _shown(library: Library, photo: Photo) -> dict[str, Any]:
    metadata = asdict(photo.metadata)
    for decided_elsewhere in ("keywords", "rating", "label"):
        metadata.pop(decided_elsewhere)
    return {
        "path": str(photo.path),
        "tags": [asdict(each) for each in library.decided_of(photo.id)],
        "suggestions": [
            {"tag": each.tag, "score": _rounded(each.score), "reasons": _reasons(each.reasons)}
            for each in library.suggested([photo.id])
        ],
        "rejected": list(library.rejected([photo.id])),
        "rating": photo.rating,
        "label": photo.label,
        "metadata": metadata,
        "place": _place(library, photo),
        "history": [asdict(each) for each in library.history(photo.id)],
        "problem": photo.problem,
        "unwritten": library.exchange.upkeep.unwritten([photo.id]).get(photo.id),
    }


def _place(library: Library, photo: Photo) -> dict[str, Any] | None:
    taken = library.geography.taken(photo.metadata.latitude, photo.metadata.longitude)
    if taken is None:
        return None
    spot = taken.spot
    return {
        "name": spot.name,
        "region": spot.region,
        "country": spot.country,
        "km": round(taken.kilometres, 1),
    }


def _rounded(score: float) -> float:
    return round(float(score), 4)


def _reasons(reasons: dict[str, float]) -> dict[str, float]:
    return {modality: _rounded(score) for modality, score in reasons.items()}
