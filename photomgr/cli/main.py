"""Runs one command and turns its end into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from ..core.catalog import explain
from ..core.errors import CatalogBusy, CatalogError, PhotomgrError, QueryError, ReadOnly, UsageError
from . import parser
from .output import Output

_EXIT: Final[tuple[tuple[type[PhotomgrError], int], ...]] = (
    (CatalogBusy, 3),
    (CatalogError, 4),
    (ReadOnly, 2),
    (UsageError, 2),
    (QueryError, 2),
    (PhotomgrError, 1),
)


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are no text; they go out as they came in.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape" if os.name == "posix" else "replace")
    try:
        options = parser.parse(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    output = Output(json=getattr(options, "json", False))
    try:
        return int(options.run(options, output))
    except PhotomgrError as error:
        output.error(str(error))
        return next(code for kind, code in _EXIT if isinstance(error, kind))
    except KeyboardInterrupt:
        output.error("Stopped. What was done so far is kept.")
        return 130
    except BrokenPipeError:
        # The reader of our lines has gone (`| head`): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if (reason := explain(error)) is None:
            raise
        output.error(str(reason))
        return 4
