"""What was in a file before it was written to, as the difference to what is there now.

A write changes a stretch of a file: what both have in common at the beginning and at the end is not kept
twice. The hash of the whole says whether the original came back byte by byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Original:
    """How to get the bytes of ``old`` (a hash, b"" where there was no file) back from those of ``new``.

    The first ``head`` and the last ``tail`` bytes are common to both, ``middle`` are the old ones between.
    """

    new: bytes
    old: bytes
    head: int
    tail: int
    middle: bytes
    mtime_ns: int


def digest(data: bytes) -> bytes:
    """16 bytes that stand for all of ``data``."""
    return hashlib.blake2b(data, digest_size=16, usedforsecurity=False).digest()


def difference(old: bytes | None, new: bytes, mtime_ns: int) -> Original:
    """What has to be kept to undo a write; ``old`` None where there was no file."""
    if old is None:
        return Original(digest(new), b"", 0, 0, b"", 0)
    most = min(len(old), len(new))
    head = _common(old, new, most)
    tail = _common_end(old, new, most - head)
    return Original(digest(new), digest(old), head, tail, old[head : len(old) - tail], mtime_ns)


def _common(old: bytes, new: bytes, most: int) -> int:
    """How many of the first ``most`` bytes are the same, found by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(old: bytes, new: bytes, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def bring_back(original: Original, now: bytes) -> bytes | None:
    """The old bytes, None where ``now`` is not what was written, so that they cannot be had from it."""
    if digest(now) != original.new:
        return None
    old = now[: original.head] + original.middle + now[len(now) - original.tail :]
    return old if digest(old) == original.old else None
