"""The tags that the shipped network knows: their names, parents and aliases."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from photomgr.core.assets import resources_dir
from photomgr.core.errors import ModelError


def vocabulary_file() -> Path:
    """Where the shipped vocabulary lies."""
    return resources_dir() / "vocabulary.toml"


@dataclass(frozen=True, slots=True)
class VocabularyTag:
    """One tag: its lower-case ``name``, the broader tags that it implies, and its other names."""

    name: str
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The tags in the order of the file. Nothing here changes after loading."""

    tags: tuple[VocabularyTag, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> Vocabulary:
        """Read a vocabulary; the shipped one when no path is given.

        Raises ModelError when the file is missing or not valid, when a parent is no tag of the file, or when
        tags imply each other in a circle.
        """
        source = path or vocabulary_file()
        try:
            entries = tomllib.loads(source.read_text(encoding="utf-8"))["tags"]
            tags = tuple(
                VocabularyTag(name, tuple(entry.get("parents", ())), tuple(entry.get("aliases", ())))
                for name, entry in entries.items()
            )
        except OSError as error:
            raise ModelError(f"The tag vocabulary {source} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ModelError(f"The tag vocabulary {source} is damaged: {error}.") from error
        vocabulary = cls(tags)
        vocabulary._check(source)
        return vocabulary

    def resolve(self, name: str) -> str | None:
        """The tag that ``name`` means, by its name or an alias, whatever the case; None if there is none."""
        return self._meanings.get(_fold(name))

    def parents_of(self, name: str) -> tuple[str, ...]:
        """The tags that ``name`` directly implies; none for a tag that is not in the vocabulary."""
        tag = self._by_name.get(name)
        return tag.parents if tag else ()

    def ancestors_of(self, name: str) -> tuple[str, ...]:
        """Everything that ``name`` implies, nearest first, without ``name`` itself."""
        found: dict[str, None] = {}
        queue = list(self.parents_of(name))
        while queue:
            parent = queue.pop(0)
            if parent not in found:
                found[parent] = None
                queue.extend(self.parents_of(parent))
        return tuple(found)

    @cached_property
    def _by_name(self) -> dict[str, VocabularyTag]:
        return {tag.name: tag for tag in self.tags}

    @cached_property
    def _meanings(self) -> dict[str, str]:
        meanings = {_fold(alias): tag.name for tag in self.tags for alias in tag.aliases}
        # A name of its own wins over an alias of another tag.
        meanings.update({_fold(tag.name): tag.name for tag in self.tags})
        return meanings

    def _check(self, source: Path) -> None:
        for tag in self.tags:
            for parent in tag.parents:
                if parent not in self._by_name:
                    raise ModelError(
                        f"The tag vocabulary {source} is damaged: {tag.name} has no parent {parent}."
                    )
            if tag.name in self.ancestors_of(tag.name):
                raise ModelError(f"The tag vocabulary {source} is damaged: {tag.name} implies itself.")


def _fold(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
