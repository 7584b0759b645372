"""tags: every tag with its counts, and what tags are called and how they belong together."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from ..core.catalog.keeping import Merge
from ..core.catalog.tag_rules import AUTOMATIC, BANDS, IGNORED
from ..core.errors import UsageError
from ..core.records import Change
from ..library import Library, words
from ..library.housekeeping import ListedTag
from ..library.refinement import FEWEST, Checked
from .deciding import report, suggest_anew
from .opening import open_library, reading
from .output import Output

_ACTIONS: Final[dict[str, tuple[str, int, int]]] = {
    "rename": ("OLD NEW", 2, 2),
    "merge": ("FROM INTO", 2, 2),
    "alias": ("TAG WORD", 2, 2),
    "unalias": ("WORD", 1, 1),
    "parent": ("TAG PARENT", 2, 2),
    "ignore": ("TAG", 1, 1),
    "map": ("LABEL TAG", 2, 2),
    "bands": ("TAG SURE ASK, or TAG to learn them", 1, 3),
    "set": ("SLOT NAME TAG..., or SLOT to empty it", 1, 99),
    "sets": ("", 0, 0),
    "suggest-merges": ("", 0, 0),
    "check": ("", 0, 0),
}


_RULES: Final = {
    AUTOMATIC: "accepted by itself where it is sure",
    IGNORED: "never suggested",
    BANDS: "sure and asked about from where you set it",
}


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the command; ``add`` is the parser's own."""
    does = "; ".join(f"{name} {words}".strip() for name, (words, _, _) in _ACTIONS.items())
    command = add("tags", tags, "every tag with its counts; rename, merge and order them")
    command.add_argument("action", nargs="?", choices=tuple(_ACTIONS), metavar="ACTION", help=does)
    command.add_argument("words", nargs="*", metavar="WORD")
    command.add_argument("--dry-run", action="store_true", help="with merge: only say what it would do")
    command.add_argument("--language", default="", metavar="de", help="with alias: the language of the word")
    command.add_argument("--off", action="store_true", help="with parent and ignore: no longer")


def tags(options: Namespace, output: Output) -> int:
    """List tags, or do what the words after the command say."""
    action: str | None = options.action
    if action is None:
        with reading(options) as library:
            for each in library.housekeeping.tags():
                output.record(_record(each), _line(each))
        return 0
    needs, least, most = _ACTIONS[action]
    if not least <= len(options.words) <= most:
        raise UsageError(f"tags {action} takes {needs or 'nothing more'}.")
    if action == "check":
        return _check(options, output)
    if action in ("sets", "suggest-merges") or options.dry_run:
        return _look(action, options, output)
    with open_library(options, output) as library:
        change = _do(library, action, options)
        report(output, change)
        suggest_anew(library, output, change)
    return 0


def _do(library: Library, action: str, options: Namespace) -> Change:
    said: Sequence[str] = options.words
    keeping, first = library.housekeeping, said[0]
    match action:
        case "rename":
            return keeping.rename(first, said[1])
        case "merge":
            return keeping.merge(first, said[1])
        case "alias":
            return keeping.add_alias(first, said[1], options.language)
        case "unalias":
            return keeping.drop_alias(first)
        case "parent":
            return keeping.set_parent(first, said[1], not options.off)
        case "ignore":
            return library.runs.suggest_again(first) if options.off else library.runs.never_suggest(first)
        case "map":
            return keeping.map_label(first, said[1])
        case "set":
            return keeping.set_tags_of(_slot(first), said[1] if len(said) > 1 else "", said[2:])
        case _:
            return _bands(library, said)


def _bands(library: Library, said: Sequence[str]) -> Change:
    if len(said) == 1:
        return library.runs.clear_bands(said[0])
    try:
        sure, ask = (float(each) for each in said[1:])
    except ValueError:
        raise UsageError(
            "Bands are two shares: from where on a tag is sure, and from where it is asked about."
        ) from None
    return library.runs.set_bands(said[0], sure, ask)


def _slot(word: str) -> int:
    if not word.isascii() or not word.isdecimal():
        raise UsageError("A tag set has a place from 1 to 9.")
    return int(word)


def _check(options: Namespace, output: Output) -> int:
    """Tags that came with files and are probably wrong, then such that are probably missing."""
    with reading(options) as library:
        checked = output.drive("checking", library.refinement.check())
        _say_checked(checked, output)
        for kind, doubts in (("wrong", checked.wrong), ("missing", checked.missing)):
            paths = {photo.id: str(photo.path) for photo in library.photos([each.photo for each in doubts])}
            for each in doubts:
                path = paths.get(each.photo, "")
                record = {
                    "kind": kind, "path": path, "tag": each.tag, "score": round(each.score, 4), "why": each.why
                }  # fmt: skip
                output.record(record, f"{kind:<8}{each.score:>4.0%}  {each.tag}  {path}  ({each.why})")
    return 0


def _say_checked(checked: Checked, output: Output) -> None:
    """How far the looking went, so that silence is not taken for praise."""
    if checked.photos:
        tags, photos = words.counted(checked.tags, "tag"), words.photos(checked.photos)
        output.say(f"Looked at {tags} on {photos}; tags on fewer than {FEWEST} photos are left out.")
    elif not checked.waiting:
        output.say("No photo has tags that could be checked.")
    if checked.waiting:
        waiting = words.counted(checked.waiting, "photo with tags was", "photos with tags were")
        output.say(f"{waiting} not looked at by the network yet. Run: photomgr annotate")


def _look(action: str, options: Namespace, output: Output) -> int:
    with reading(options) as library:
        keeping = library.housekeeping
        if action == "sets":
            for each in keeping.sets():
                output.record(asdict(each), f"Alt+{each.slot}  {each.name}: {', '.join(each.tags)}")
        elif action == "suggest-merges":
            for one in keeping.suggest_merges():
                why = f"together on {one.together:.0%}" if one.why == "together" else "spelt alike"
                output.record(
                    asdict(one),
                    f"{one.tag} -> {one.into}: {why}, {words.counted(one.photos, 'photo has', 'photos have')} both",
                )
        elif action == "merge":
            tag, into = options.words
            found = keeping.preview_merge(tag, into)
            output.record(asdict(found), "\n".join([_merged(found, tag, into), *_rules(found, tag, into)]))
        else:
            raise UsageError("--dry-run goes with tags merge.")
    return 0


def _merged(found: Merge, tag: str, into: str) -> str:
    have = words.counted(found.all, "photo has", "photos have")
    both = words.counted(found.both, "has", "have")
    return (
        f"{have} “{tag}”: {found.photos:,} would get “{into}”, {both} both,"
        f" on {found.odds:,} the two are at odds and “{into}” stays as decided."
    )


def _rules(found: Merge, tag: str, into: str) -> list[str]:
    """What becomes of what was laid down for the tag that goes."""
    kept = [f"“{into}” would be {_RULES[rule]}, as “{tag}” is." for rule in found.kept]
    return kept + [f"“{tag}” is {_RULES[rule]}; that ends, “{into}” stays as it is." for rule in found.lost]


def _record(each: ListedTag) -> dict[str, Any]:
    kept = each.kept
    return {
        "tag": kept.tag,
        "count": each.count.count,
        "suggested": each.count.suggested,
        "implied": each.count.implied,
        "parents": list(kept.parents),
        "aliases": [name.name for name in kept.names],
        "sure": kept.sure,
        "ask": kept.ask,
        "by_hand": kept.by_hand,
        "automatic": kept.automatic,
        "ignored": kept.ignored,
    }


def _line(each: ListedTag) -> str:
    kept = each.kept
    notes = []
    if kept.parents:
        notes.append("is " + ", ".join(kept.parents))
    if kept.names:
        notes.append("also " + ", ".join(name.name for name in kept.names))
    if kept.automatic:
        notes.append("accepted by itself")
    if kept.ignored:
        notes.append("never suggested")
    return (
        f"{each.count.count:>8,}  {each.count.suggested:>8,}?  {kept.tag}{'  (' if notes else ''}{'; '.join(notes)}"
        + (")" if notes else "")
    )
