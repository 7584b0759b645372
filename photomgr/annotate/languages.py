"""The vocabulary's tags in other languages: words that lead to a tag, never its name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from photomgr.core.assets import resources_dir
from photomgr.core.errors import ModelError


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a language (ISO 639-1 code) for a tag of the vocabulary."""

    text: str
    tag: str
    language: str


def load(path: Path | None = None) -> tuple[Word, ...]:
    """The words of a file; of the shipped one when no path is given. Raises ModelError when it is damaged."""
    source = path or resources_dir() / "vocabulary_languages.toml"
    try:
        stored = tomllib.loads(source.read_text(encoding="utf-8"))
        return tuple(
            Word(word.strip(), tag, language)
            for tag, columns in stored["tags"].items()
            for language, words in zip(stored["languages"], columns, strict=True)
            for word in words.split(",")
            if word.strip()
        )
    except OSError as error:
        raise ModelError(f"The translated tags {source} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"The translated tags {source} are damaged: {error}.") from error
