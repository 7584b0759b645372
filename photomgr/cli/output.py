"""What goes to stdout and what to stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ..jobs import Job, Progress, T


class Output:
    """Lines for a machine or a person on stdout, messages and progress on stderr."""

    def __init__(self, json: bool) -> None:
        self.json = json
        self._drawn = 0
        self._at = 0.0

    def record(self, record: dict[str, Any], text: str) -> None:
        """One result: as JSON line for a machine, as ``text`` for a person."""
        self._wipe()
        if not self.json and sys.stdout.isatty():
            # A file name may hold what a terminal takes for commands.
            text = "".join(
                each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text
            )
        print(json.dumps(record, ensure_ascii=True) if self.json else text, flush=self.json)

    def say(self, text: str) -> None:
        """A message to the person; never on stdout."""
        self._wipe()
        print(text, file=sys.stderr)

    def error(self, text: str) -> None:
        self.say(f"photomgr: {text}")

    def drive(self, name: str, job: Job[T]) -> T:
        """Run a job to its end, drawing its progress where a person looks on."""
        try:
            while True:
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return stop.value  # type: ignore[no-any-return]
                self._draw(name, progress)
        finally:
            job.close()
            self._wipe()

    def _draw(self, name: str, progress: Progress) -> None:
        if not sys.stderr.isatty() or time.monotonic() - self._at < 0.1:
            return
        self._at = time.monotonic()
        total = f"/{progress.total:,}" if progress.total is not None else ""
        text = f"{name} {progress.done:,}{total} {progress.text}"[:78]
        print(f"\r{text.ljust(self._drawn)}", end="", file=sys.stderr, flush=True)
        self._drawn = len(text)

    def _wipe(self) -> None:
        if self._drawn:
            print(f"\r{' ' * self._drawn}\r", end="", file=sys.stderr, flush=True)
            self._drawn = 0
