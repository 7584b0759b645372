"""Readers that are not everywhere: JPEG XL and films. Without one its files are listed and say what is lacking."""

from __future__ import annotations

import functools
import importlib
from typing import Final

from .errors import NotYet

NOT_YET: Final = "Not yet: "
"""With this begins what stands in the row of a file that is sound and cannot be shown for want of a reader."""

_MODULES: Final = {"JXL": "pillow_jxl", "VIDEO": "av"}
_HINTS: Final = {
    "JXL": f"{NOT_YET}JPEG XL is shown once its reader is installed beside photomgr: pip install pillow-jxl-plugin.",
    "VIDEO": f"{NOT_YET}films are shown by a picture once PyAV is installed beside photomgr: pip install av.",
}


@functools.cache
def has(kind: str) -> bool:
    """Whether files of a kind (JXL, VIDEO, or any that Pillow reads) can be shown here."""
    name = _MODULES.get(kind)
    if name is None:
        return True
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def lacking(kind: str) -> str | None:
    """What stands in the row of a file of a kind that cannot be shown here; None where it can."""
    return None if has(kind) else _HINTS[kind]


def demand(kind: str) -> None:
    """Raises NotYet where the reader is lacking."""
    if (hint := lacking(kind)) is not None:
        raise NotYet(hint)


def mended() -> list[str]:
    """The sentences of rows that need not say so any more: their readers are here now."""
    return [hint for kind, hint in _HINTS.items() if has(kind)]
