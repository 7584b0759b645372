"""Starts the window, or the command line when the first word is a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from photomgr import __version__
from photomgr.cli.names import COMMANDS
from photomgr.core.paths import Paths


def main(argv: Sequence[str] | None = None) -> int:
    """Run photomgr with these arguments (default: the process's own) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Before numpy comes in: its threads wait for each other by spinning, which beside other busy programs is
    # many times slower than one thread, and sums would hang on how many there are.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Each way in is loaded only when it is taken: a command needs no Qt, the window no command line.
    if _first_word(arguments) in COMMANDS or {"-h", "--help", "--version"} & set(arguments):
        from photomgr.cli.main import main as run_command

        return run_command(arguments)
    parser = _window_parser()
    options = parser.parse_intermixed_args(arguments)
    for folder in options.folder:
        if not os.path.isdir(folder):
            parser.error(f"{folder} is neither a folder nor a command; see photomgr --help")
    if _without_screen():
        parser.error(
            "there is no screen to open a window on (DISPLAY is not set); see photomgr --help for commands"
        )
    from photomgr.gui import app

    paths = Paths.under(options.base) if options.base else Paths.default()
    return app.run(paths, folders=options.folder, read_only=options.read_only)


def _first_word(arguments: Sequence[str]) -> str | None:
    rest = iter(arguments)
    for argument in rest:
        if argument == "--base":
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return None


def _without_screen() -> bool:
    """Whether Qt would end the process, and leave a core behind, because there is no display (over ssh, say)."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM")
    return sys.platform.startswith(("linux", "freebsd")) and not any(os.environ.get(name) for name in named)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("photomgr", description=f"photomgr {__version__}: the window.")
    parser.add_argument("folder", nargs="*", type=Path, help="a folder of photos to add")
    parser.add_argument("--base", type=Path, metavar="DIR")
    parser.add_argument("--read-only", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
