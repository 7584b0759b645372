"""ImageNet's 1,000 classes as tags: a network that was trained on them names breeds, and a person says dog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from photomgr.core.assets import resources_dir

_COUNT = 1000
_FIRST, _LAST = "tench", ("toilet tissue", "toilet paper")


def imagenet_file() -> Path:
    """For each tag the columns of a network of 1,001 classes that mean it, 0 being none of them; made by
    ``tests.reference`` from the vocabulary."""
    return resources_dir() / "imagenet.json"


def broader(labels: Sequence[str]) -> list[tuple[int, str]]:
    """Pairs of a label's place and a tag that covers it, where ``labels`` are ImageNet's classes in their usual order,
    perhaps with one for the background before them; else none."""
    first = len(labels) - _COUNT
    if first not in (0, 1):
        return []
    if not (labels[first].casefold().startswith(_FIRST) and labels[-1].casefold().startswith(_LAST)):
        return []
    try:
        known: dict[str, list[int]] = json.loads(imagenet_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # without it the labels stand for themselves
        return []
    return [(column - 1 + first, tag) for tag, columns in known.items() for column in columns]
