"""The training half of the vocabulary: what ImageNet classes, teacher labels and caption words mean each tag."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from photomgr.annotate.classes import imagenet_file
from photomgr.annotate.vocabulary import Vocabulary, vocabulary_file

_PLURAL = re.compile(r"(?:es|s)$")


@dataclass(frozen=True)
class Lexicon:
    """Meanings of the tags, in the order of ``vocabulary.tags``.

    ``classes``: for each tag the columns of a 1001-class ImageNet network (0 = background). ``labeler``: for
    each tag the columns of the 631-label teacher. ``wnids``: for each tag every WordNet id below its nodes.
    ``words``: for each tag the words and phrases of a caption that name it.
    """

    vocabulary: Vocabulary
    classes: tuple[tuple[int, ...], ...]
    labeler: tuple[tuple[int, ...], ...]
    wnids: tuple[frozenset[str], ...]
    words: tuple[tuple[str, ...], ...]

    @classmethod
    def load(cls, data: Path, models: Path, vocabulary: Path | None = None) -> Lexicon:
        """Read the vocabulary with the hierarchy under ``data/words`` and the label list under ``models``.

        Without the hierarchy the classes are those of ``resources/imagenet.json``, which was made with it, and no
        WordNet id means anything; without the label list no label does.
        """
        known = Vocabulary.load(vocabulary)
        entries = tomllib.loads((vocabulary or vocabulary_file()).read_text(encoding="utf-8"))["tags"]
        rank = _ranks(models / "object_labeler" / "labels_en.txt")
        hierarchy = data / "words" / "wordnet"
        if not (hierarchy / "class_hierarchy.txt").exists():
            kept = json.loads(imagenet_file().read_text(encoding="utf-8"))
            return cls(
                known,
                tuple(tuple(kept.get(tag.name, ())) for tag in known.tags),
                tuple(_labels(entries[tag.name], rank) for tag in known.tags),
                tuple(frozenset() for _ in known.tags),
                tuple(tuple(entries[tag.name].get("words", ())) for tag in known.tags),
            )
        below = _hierarchy(hierarchy / "class_hierarchy.txt")
        listed = json.loads((hierarchy / "dataset_class_info.json").read_text(encoding="utf-8"))
        column = {wnid: index + 1 for index, wnid, _ in listed}
        classes, labeler, wnids, words = [], [], [], []
        for tag in known.tags:
            entry = entries[tag.name]
            ids = frozenset(w for node in entry.get("imagenet", ()) for w in _descend(node, below))
            wnids.append(ids)
            classes.append(tuple(sorted(column[w] for w in ids if w in column)))
            labeler.append(_labels(entry, rank))
            words.append(tuple(entry.get("words", ())))
        return cls(known, tuple(classes), tuple(labeler), tuple(wnids), tuple(words))

    @cached_property
    def index(self) -> dict[str, int]:
        """Column of each tag."""
        return {tag.name: number for number, tag in enumerate(self.vocabulary.tags)}

    @cached_property
    def ancestors(self) -> tuple[frozenset[int], ...]:
        """For each tag the columns of everything it implies, itself left out."""
        return tuple(
            frozenset(self.index[p] for p in self.vocabulary.ancestors_of(tag.name))
            for tag in self.vocabulary.tags
        )

    @cached_property
    def descendants(self) -> tuple[frozenset[int], ...]:
        """For each tag the columns of everything that implies it, itself left out."""
        below: list[set[int]] = [set() for _ in self.index]
        for child, parents in enumerate(self.ancestors):
            for parent in parents:
                below[parent].add(child)
        return tuple(frozenset(b) for b in below)

    def find(self, label: str) -> int | None:
        """Column of the tag that a data set's label names, also by an alias or in the plural."""
        for name in spellings(label):
            tag = self.vocabulary.resolve(name)
            if tag is not None:
                return self.index[tag]
        return None

    def spoken(self, caption: str) -> set[int]:
        """Columns of the tags that a caption names."""
        text = " " + " ".join(re.findall(r"[a-z]+", caption.lower())) + " "
        return {column for column, phrases in enumerate(self.words) if any(f" {p} " in text for p in phrases)}

    def classes_text(self) -> str:
        """What :func:`imagenet_file` must hold: a line for each tag that has classes."""
        named = zip(self.vocabulary.tags, self.classes, strict=True)
        lines = [f"{json.dumps(tag.name)}: {json.dumps(columns)}" for tag, columns in named if columns]
        return "{\n" + ",\n".join(lines) + "\n}\n"


def spellings(label: str) -> tuple[str, ...]:
    """A data set's label as it may be written in the vocabulary: as it is, in words, in the singular."""
    words = label.replace("_", " ")
    return label, words, _PLURAL.sub("", words), words.removesuffix("s")


def _ranks(path: Path) -> dict[str, list[int]]:
    """Columns of the labeler's labels; empty where its list is absent."""
    rank: dict[str, list[int]] = defaultdict(list)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for index, label in enumerate(lines):
        rank[label.strip()].append(index)
    return rank


def _labels(entry: Mapping[str, Any], rank: Mapping[str, list[int]]) -> tuple[int, ...]:
    return tuple(i for label in entry.get("labeler", ()) for i in rank.get(label, ()))


def _hierarchy(path: Path) -> dict[str, list[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        parent, child = line.split()
        below[parent].append(child)
    return below


def _descend(node: str, below: dict[str, list[str]]) -> set[str]:
    found, queue = {node}, [node]
    while queue:
        for child in below.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found
