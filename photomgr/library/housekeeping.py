"""Tag house-keeping: what tags are called and how they belong together. Each change is one undoable action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

from ..annotate.vocabulary import vocabulary_file
from ..core.catalog.keeping import KeptTag, Merge, TagSet
from ..core.catalog.verdicts import Judgement
from ..core.errors import UsageError
from ..core.records import Change, TagCount, tag_key
from ..core.search.text import fold
from . import words

if TYPE_CHECKING:
    from .facade import Library

_TOGETHER: Final = 0.85  # of the photos that have either tag, this share has both
_PHOTOS: Final = 5  # on fewer photos two tags stand together by chance
_TAGS: Final = 800  # the most used are compared


@dataclass(frozen=True, slots=True)
class ListedTag:
    """A tag as house-keeping lists it: its counts, and what is kept of it."""

    count: TagCount
    kept: KeptTag


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Two tags that may be one: ``tag`` could go into ``into``, which more photos have. ``together`` in [0, 1] is
    the share of their photos that have both, ``why`` is ``together`` or ``spelling``."""

    tag: str
    into: str
    together: float
    photos: int
    why: str


class Housekeeping:
    """The person's actions on tags themselves. Reached as ``Library.housekeeping``."""

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._keeping = library.catalog.keeping
        self._publish = publish

    def take_in_vocabulary(self) -> None:
        """Let the catalog know which tags imply which; costs nothing while the vocabulary is the same."""
        if self._library.read_only:
            return
        try:
            fingerprint = f"{crc32(vocabulary_file().read_bytes()):08x}"
        except OSError:
            return
        if not self._keeping.is_known(fingerprint):
            tags = self._library.vocabulary().tags
            self._keeping.know(fingerprint, [(tag.name, parent) for tag in tags for parent in tag.parents])

    # looking

    def tags(self) -> list[ListedTag]:
        """Every tag that has photos or suggestions, or that the person said something of; most used first."""
        kept = self._keeping.tags()
        counts = {each.tag: each for each in self._library.tags()}
        found = [ListedTag(count, kept[name]) for name, count in counts.items()]
        for name, each in kept.items():
            if name not in counts and (each.names or each.by_hand or each.automatic or each.ignored):
                found.append(ListedTag(TagCount(name, 0, 0), each))
        return found

    def tag(self, name: str) -> ListedTag | None:
        """One tag by any of its names; None when there is none."""
        called = self._keeping.find(name)
        if called is None:
            return None
        count = next((each for each in self._library.tags() if each.tag == called), TagCount(called, 0, 0))
        return ListedTag(count, self._keeping.tags()[called])

    def sets(self) -> list[TagSet]:
        """The tag sets by their place, 1 to 9."""
        return self._keeping.sets()

    # names

    def rename(self, old: str, new: str) -> Change:
        """Call a tag something else. Raises UsageError when another tag is called so: merge them instead."""
        return self._keep(lambda says: self._keeping.rename(old, new, says), f"“{old}” is called “{new}”")

    def preview_merge(self, tag: str, into: str) -> Merge:
        """What merging would do. Raises UsageError."""
        return self._keeping.preview(tag, into)

    def merge(self, tag: str, into: str) -> Change:
        """Let all that was decided on a tag count for another; the old name leads there. Raises UsageError."""
        return self._keep(
            lambda says: self._keeping.merge(tag, into, says), f"“{tag}” is merged into “{into}”"
        )

    def add_alias(self, tag: str, word: str, language: str = "") -> Change:
        """Let another word find a tag. Raises UsageError when the word has photos of its own."""
        return self._keep(
            lambda says: self._keeping.add_name(tag, word, "alias", language, says), f"“{word}” means “{tag}”"
        )

    def drop_alias(self, word: str) -> Change:
        """Forget another word for a tag. Raises UsageError."""
        return self._keep(lambda says: self._keeping.drop_name(word, says), f"“{word}” means no other tag")

    def map_label(self, label: str, tag: str) -> Change:
        """Let what the network calls ``label`` be suggested as ``tag``. Raises UsageError for a word that the
        network does not have."""
        labels = {tag_key(each): each for each in self._library.annotator().labels}
        if tag_key(label) not in labels:
            raise UsageError(f"The network has no word “{label}”.")
        return self._keep(
            lambda says: self._keeping.merge(label, tag, says, "label"),
            f"What the network calls “{label}” is “{tag}”",
        )

    def set_parent(self, tag: str, parent: str, on: bool = True) -> Change:
        """Let a tag imply a broader one, or no longer. Raises UsageError for a circle."""
        text = f"“{tag}” is a kind of “{parent}”" if on else f"“{tag}” is no kind of “{parent}”"
        return self._keep(lambda says: self._keeping.set_parent(tag, parent, on, says), text)

    # sets on keys

    def set_tags_of(self, slot: int, name: str, tags: Sequence[str]) -> Change:
        """What Alt and ``slot`` (1 to 9) gives to photos; no tags empty the place. Raises UsageError."""
        text = f"Tag set {slot} is “{name}”" if tags else f"Tag set {slot} is empty"
        return self._keep(lambda says: self._keeping.set_tags_of(slot, name, tags, says), text)

    def apply_set(self, slot: int, ids: Iterable[int]) -> Change:
        """Give all tags of a set to photos, as one action. Raises UsageError for an empty place."""
        chosen = next((each for each in self.sets() if each.slot == slot), None)
        if chosen is None:
            raise UsageError(f"No tags are set on Alt+{slot} yet. The tag list in the menu sets them.")
        judgements = [Judgement(int(photo), tag, "tag") for photo in ids for tag in chosen.tags]
        says = words.says(f"1 photo tagged with “{chosen.name}”", f"{{n}} photos tagged with “{chosen.name}”")
        return self._publish(self._library.catalog.verdicts.judge(judgements, says))

    # what might be merged

    def suggest_merges(self, limit: int = 50) -> list[MergeProposal]:
        """Tags that stand on nearly the same photos, or that differ by an accent or a plural alone; best first."""
        kept = self._keeping.tags()
        counts = {each.tag: each.count for each in self._library.tags()}
        found = {}
        for one, other, together, photos in self._together():
            if one not in kept or other not in kept:
                continue  # it was renamed or merged between the two questions
            if other not in kept[one].parents and one not in kept[other].parents:
                tag, into = sorted((one, other), key=lambda name: (counts.get(name, 0), name))
                found[tag, into] = MergeProposal(tag, into, together, photos, "together")
        for one, other in _alike(sorted(name for name in counts if counts[name])):
            tag, into = sorted((one, other), key=lambda name: (counts.get(name, 0), name))
            known = found.get((tag, into))
            together, photos = (known.together, known.photos) if known else (0.0, 0)
            found[tag, into] = MergeProposal(tag, into, together, photos, "spelling")
        return sorted(found.values(), key=lambda each: (-each.together, -each.photos, each.tag))[:limit]

    def _together(self) -> list[tuple[str, str, float, int]]:
        """(tag, other, share, photos) of tags that are together on most photos that have either."""
        names, photos, tags = self._library.catalog.lists.pairs(_PHOTOS, _TAGS)
        if not len(names):
            return []
        count = np.bincount(tags, minlength=len(names)).astype(np.float32)
        both = np.zeros((len(names), len(names)), np.float32)
        starts = np.flatnonzero(np.r_[True, np.diff(photos) > 0])
        for first in range(0, len(starts), 4096):
            low = starts[first]
            high = starts[first + 4096] if first + 4096 < len(starts) else len(photos)
            row = np.searchsorted(starts, np.arange(low, high), side="right") - 1 - first
            block = np.zeros((min(4096, len(starts) - first), len(names)), np.float32)
            block[row, tags[low:high]] = 1
            both += block.T @ block
        share = both / np.maximum(count[:, None] + count[None, :] - both, 1)
        return [
            (names[a], names[b], round(float(share[a, b]), 4), int(both[a, b]))
            for a, b in np.argwhere(share >= _TOGETHER).tolist()
            if a < b
        ]

    def _keep(self, write: Callable[[Callable[[int], str]], Change], text: str) -> Change:
        return self._publish(write(words.says(text, text)))


def _alike(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs that are one word but for accents, case, hyphens or an English plural."""
    by_form: dict[str, list[str]] = {}
    for name in names:
        form = fold(name).replace("-", "").replace(" ", "")
        form = form[:-2] if form.endswith(("ches", "shes", "xes")) else form.removesuffix("s")
        by_form.setdefault(form, []).append(name)
    return [
        (one, other) for same in by_form.values() for n, one in enumerate(same) for other in same[n + 1 :]
    ]
