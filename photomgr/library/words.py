"""What an action is called in menus, messages and the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def says(one: str, many: str) -> Callable[[int], str]:
    """A text for a number of photos; ``{n}`` in ``many`` stands for it."""
    return lambda count: one if count == 1 else many.replace("{n}", f"{count:,}", 1)


def photos(count: int) -> str:
    """``1 photo``, ``12,408 photos``."""
    return counted(count, "photo")


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things, which are called ``many`` where there is not one; by default with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """0.955 as ``96 %``, which no line breaks apart."""
    return f"{100 * share:.0f}\u00a0%"


def decided(pairs: Sequence[tuple[str, bool]]) -> Callable[[int], str]:
    """What deciding on (tag, accepted) pairs in one step is called; by its tag where there is only one."""
    tags = {tag for tag, _ in pairs}
    if len(tags) != 1:
        return says("1 photo decided", "{n} photos decided")
    right = sum(yes for _, yes in pairs)
    wrong = len(pairs) - right
    (tag,) = tags
    if not right or not wrong:
        return judged("accept" if right else "reject", tag)
    text = f"{photos(right)} tagged “{tag}”, {wrong:,} marked as not"
    return lambda _: text


def judged(verdict: str, tag: str) -> Callable[[int], str]:
    """What accepting, rejecting, adding or removing a tag is called."""
    verb = {
        "accept": "tagged",
        "tag": "tagged",
        "reject": "marked as not",
        "untag": "no longer tagged",
        "unreject": "open again for",
    }[verdict]
    name = " ".join(tag.split())  # as it is kept: a text of one line
    return lambda count: f"{photos(count)} {verb} “{name}”"
