"""What a person decides about photos: the part of the library that writes verdicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from ..core.catalog import Catalog
from ..core.catalog.verdicts import Judgement
from ..core.records import Change
from ..core.settings import Settings
from . import words


class Decisions(ABC):
    """Accepting, rejecting, tagging, rating, and taking that back. ``Library`` is one; see there what is raised."""

    catalog: Catalog
    settings: Settings

    @abstractmethod
    def _publish(self, change: Change) -> Change:
        """Tell those who listen."""

    @abstractmethod
    def _turn_files(self, *, undo: bool) -> None:
        """Move files to where undo, or redo, is about to say that they are."""

    @abstractmethod
    def _files_at_rest(self) -> AbstractContextManager[object]:
        """While this is held nobody else moves files."""

    def accept(self, tag: str, ids: Iterable[int]) -> Change:
        """Say that a tag is right for these photos."""
        return self._judge("accept", tag, ids)

    def reject(self, tag: str, ids: Iterable[int]) -> Change:
        """Say that a tag is wrong for these photos; it never comes back for them."""
        return self._judge("reject", tag, ids)

    def tag(self, tag: str, ids: Iterable[int]) -> Change:
        """Add a tag, exactly as written."""
        return self._judge("tag", tag, ids)

    def untag(self, tag: str, ids: Iterable[int]) -> Change:
        """Take a tag off: the photos stand undecided with it."""
        return self._judge("untag", tag, ids)

    def unreject(self, tag: str, ids: Iterable[int]) -> Change:
        """Take a rejection back: the tag may be suggested for these photos again."""
        return self._judge("unreject", tag, ids)

    def with_partners(self, ids: Iterable[int]) -> list[int]:
        """The photos, and where the person wants it what is one shot with them: RAW and JPEG."""
        wanted = [int(each) for each in ids]
        if not self.settings.get("pairs"):
            return wanted
        partners = self.catalog.stacking.partners(wanted)
        return list(dict.fromkeys([*wanted, *(other for each in wanted for other in partners.get(each, ()))]))

    def _judge(self, verdict: str, tag: str, ids: Iterable[int]) -> Change:
        judgements = [Judgement(each, tag, verdict) for each in self.with_partners(ids)]
        return self._publish(self.catalog.verdicts.judge(judgements, words.judged(verdict, tag)))

    def judge(self, decisions: Sequence[tuple[int, str, bool]], text: str = "") -> Change:
        """Many (photo, tag, accepted) in one undoable action."""
        said = {(int(photo), tag): yes for photo, tag, yes in decisions}
        if self.settings.get("pairs"):
            partners = self.catalog.stacking.partners({photo for photo, _ in said})
            for (photo, tag), yes in list(said.items()):
                for other in partners.get(photo, ()):
                    said.setdefault((other, tag), yes)
        judgements = [
            Judgement(photo, tag, "accept" if yes else "reject") for (photo, tag), yes in said.items()
        ]
        pairs = [(tag, yes) for (_, tag), yes in said.items()]
        says = words.says(text, text) if text else words.decided(pairs)
        return self._publish(self.catalog.verdicts.judge(judgements, says))

    def rate(self, stars: int, ids: Iterable[int]) -> Change:
        """Give 0 to 5 stars."""
        says = words.says(f"1 photo rated {stars}", f"{{n}} photos rated {stars}")
        return self._publish(self.catalog.verdicts.rate(stars, self.with_partners(ids), says))

    def label(self, colour: str | None, ids: Iterable[int]) -> Change:
        """Set one of LABEL_COLOURS, or take the label off with None."""
        name = colour or "no colour"
        says = words.says(f"1 photo labelled {name}", f"{{n}} photos labelled {name}")
        return self._publish(self.catalog.verdicts.label(colour, self.with_partners(ids), says))

    def describe(self, field: str, text: str, ids: Iterable[int]) -> Change:
        """Give a ``title`` or a ``caption``, "" for none. Raises UsageError."""
        clean = " ".join(text.split())
        name = f"{field} “{clean[:40]}{'…' if len(clean) > 40 else ''}”" if clean else f"without a {field}"
        says = words.says(f"1 photo given the {name}", f"{{n}} photos given the {name}")
        if not clean:
            says = words.says(f"1 photo {name}", f"{{n}} photos {name}")
        return self._publish(self.catalog.verdicts.describe(field, text, self.with_partners(ids), says))

    def undo(self) -> Change | None:
        """Take the last decision back, moved files too; None when there is none. Raises PhotomgrError when a file
        cannot go back."""
        with self._files_at_rest():
            self._turn_files(undo=True)
            change = self.catalog.verdicts.undo()
        return self._publish(change) if change else None

    def redo(self) -> Change | None:
        with self._files_at_rest():
            self._turn_files(undo=False)
            change = self.catalog.verdicts.redo()
        return self._publish(change) if change else None

    def undo_text(self) -> str | None:
        return self.catalog.verdicts.undo_text()

    def redo_text(self) -> str | None:
        return self.catalog.verdicts.redo_text()
