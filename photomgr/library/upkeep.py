"""Files that follow decisions by themselves, once a person has agreed to that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import ReadOnly
from ..core.records import Change, What
from ..jobs import Job, Progress
from .writing import Written

if TYPE_CHECKING:
    from .facade import Library


@dataclass(frozen=True, slots=True)
class Reach:
    """What writing by itself would touch: the folders below which it does, those below them with rules of their own
    (folder, mode), and how many photos were decided on already."""

    folders: tuple[Path, ...]
    rules: tuple[tuple[Path, str], ...]
    decided: int


class Upkeep:
    """Writes what was decided since the last time, where the setting or a folder's rule says so."""

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._publish = publish
        self._mirror = library.catalog.mirror

    # the person's consent

    @property
    def wanted(self) -> bool:
        """Whether anything is to be written by itself anywhere."""
        rules = self._library.exchange.folder_modes().values()
        return self._library.settings.get("write_metadata") != "never" or any(
            each != "never" for each in rules
        )

    @property
    def is_explained(self) -> bool:
        """Whether the person was told what will be written where, and agreed. Nothing is written before."""
        return self._mirror.is_explained

    def agree(self, *, earlier: bool) -> None:
        """The person agreed; ``earlier``: also to writing what was decided until now."""
        self._refuse_guests()
        self._mirror.agree(earlier=earlier)

    def reach(self, mode: str, folder: Path | None = None) -> Reach:
        """What would be written to if ``mode`` were the setting, or the rule of a folder."""
        rules = {
            Path(os.fsdecode(path)): rule for path, rule in self._library.exchange.folder_modes().items()
        }
        roots = [root.path for root in self._library.roots()]
        tops = roots if folder is None else [folder]
        if folder is not None:
            rules.pop(folder, None)
        inside = [
            (path, rule) for path, rule in sorted(rules.items()) if any(_is_within(path, top) for top in tops)
        ]
        there = [
            each.path for each in self._library.folders() if any(_is_within(each.path, top) for top in tops)
        ]
        written = [path for path in there if _rule_of(path, inside, mode) != "never"]
        decided = self._mirror.decided_in(os.fsencode(path) for path in written)
        return Reach(() if mode == "never" else tuple(tops), tuple(inside), decided)

    def decided(self, folder: Path | None = None) -> list[int]:
        """Photos that were decided on, everywhere or in a folder and below it."""
        found = self._mirror.decided()
        if folder is None:
            return found
        top = os.fsencode(folder)
        below = top.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
        photos = self._library.photos(found)
        return [each.id for each in photos if each.folder == top or each.folder.startswith(below)]

    # writing

    def waiting(self, *, again: bool = False) -> list[int]:
        """Photos that have to be written; ``again``: also those for which it failed before."""
        if self._library.read_only or not self.is_explained:
            return []
        found = self._mirror.waiting(again=again)
        mode_of = self._library.exchange.mode_of
        modes = {folder: mode_of(folder) for folder in {folder for _, folder in found}}
        return [photo for photo, folder in found if modes[folder] != "never"]

    def run(self, *, again: bool = False) -> Job[Written]:
        """Bring the files up to what was decided. Stopped or killed, the next run goes on."""
        self._refuse_guests()
        upto = self._library.catalog.revision
        ids = self.waiting(again=again)
        if not ids:
            yield Progress(0, 0)
            return Written()
        result = yield from self._library.exchange.write(ids)
        self.note((), {}, upto)
        return result

    def note(self, tried: Iterable[int], failed: dict[int, str], upto: int | None = None) -> None:
        """Remember for which photos a write failed, and for which no longer."""
        moved = self._mirror.note(tried, failed, upto)
        if moved:
            self._publish(Change(What.WRITING, moved))

    def unwritten(self, ids: Iterable[int] | None = None) -> dict[int, str]:
        """Photo -> why its decisions could not be written."""
        return self._mirror.unwritten(ids)

    def _refuse_guests(self) -> None:
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: no file is written.")


def _is_within(path: Path, top: Path) -> bool:
    return path == top or _is_below(path, top)


def _is_below(path: Path, top: Path) -> bool:
    return path != top and path.is_relative_to(top)


def _rule_of(path: Path, rules: Sequence[tuple[Path, str]], mode: str) -> str:
    """The rule of the nearest folder that has one, else ``mode``."""
    above = [(len(rule.parts), said) for rule, said in rules if _is_within(path, rule)]
    return max(above)[1] if above else mode
