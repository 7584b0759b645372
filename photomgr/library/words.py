"""What an action is called in menus, messages and the history."""

from __future__ import annotations

from collections.abc import Callable


def says(one: str, many: str) -> Callable[[int], str]:
    """A text for a number of photos; ``{n}`` in ``many`` stands for it."""
    return lambda count: one if count == 1 else many.replace("{n}", f"{count:,}", 1)


def judged(verdict: str, tag: str) -> Callable[[int], str]:
    """What accepting, rejecting, adding or removing a tag is called."""
    verb = {
        "accept": "tagged",
        "tag": "tagged",
        "reject": "marked as not",
        "untag": "no longer tagged",
        "unreject": "open again for",
    }[verdict]
    return lambda count: f"{count:,} photo{'' if count == 1 else 's'} {verb} “{tag}”"
