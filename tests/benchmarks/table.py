"""The one form of a benchmark's result: what, measured, limit, ok; and the exit code that follows from it."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field


@dataclass(slots=True)
class Table:
    """Collects rows and prints them as they come."""

    title: str
    judged: bool = True  # whether limits count; else every figure is a note
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        print(f"\n{self.title}\n{'what':<58}{'measured':>14}{'limit':>14}  ok", flush=True)

    def at_most(self, what: str, measured: float, limit: float, unit: str = "") -> None:
        """A figure that must not be larger than its limit."""
        self._row(what, measured, f"<= {limit:g}{unit}" if self.judged else "", unit, measured <= limit)

    def at_least(self, what: str, measured: float, limit: float, unit: str = "") -> None:
        """A figure that must not be smaller than its limit."""
        self._row(what, measured, f">= {limit:g}{unit}" if self.judged else "", unit, measured >= limit)

    def note(self, what: str, measured: float, unit: str = "") -> None:
        """A figure without a limit, for those who compare machines."""
        self._row(what, measured, "", unit, True)

    def _row(self, what: str, measured: float, limit: str, unit: str, ok: bool) -> None:
        ok = ok or not self.judged
        print(
            f"{what:<58}{f'{measured:,.4g}{unit}':>14}{limit:>14}  {'yes' if ok else 'NO'}",
            flush=True,
        )
        if not ok:
            self.failed.append(what)

    def exit_code(self) -> int:
        """0 when every limit held, else 1."""
        return 1 if self.failed else 0


def peak_memory() -> float:
    """The most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
