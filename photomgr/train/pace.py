"""How fast a network is on one core: by itself, in 8 bits against full precision, and with all its modalities."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from photomgr.annotate.runtime import OnnxSession, open_session

FULL, EIGHT = "full precision", "8-bit"
_PLAIN: Final = ("embedding",)
"""Asked for this alone, a network computes its body and no head and no modality."""


@dataclass(frozen=True)
class Pace:
    """``eight_bit``: times that 8 bits are faster than full precision; ``note`` says by what that is known.

    ``modalities``: times that a photo with everything takes, against the body alone; ``why``: why it is None.
    """

    eight_bit: float | None
    note: str
    modalities: float | None
    why: str = ""


def speed(network: Path, size: int, windows: int = 5, seconds: float = 1.5) -> float:
    """Photos a second of one session with one thread, one photo at a time, on random pixels.

    The best of several windows: what else the machine does can only slow it down.
    """
    return _rates([(open_session(network), None)], size, windows, seconds)[0]


def pace(shipped: Path, full: Path | None, *, windows: int = 8, seconds: float = 0.25) -> Pace:
    """Measure the network in the folder ``shipped``; ``full``: the same one in full precision, or None.

    Without it the times on the card are taken. Both sides take turns, so that a busy machine slows both.
    """
    card = tomllib.loads((shipped / "card.toml").read_text(encoding="utf-8"))
    size = int(card["model"]["size"])
    session = open_session(shipped / str(card["model"]["file"]))
    sides: list[tuple[OnnxSession, Sequence[str] | None]] = [(session, None), (session, _PLAIN)]
    if full is not None:
        sides.append((open_session(full), None))
    rates = _rates(sides, size, windows, seconds)
    if full is not None:
        return Pace(rates[0] / rates[2], "measured now", rates[1] / rates[0])
    told = card.get("photos_a_second_on_one_core", {})
    if FULL in told and EIGHT in told:
        return Pace(
            told[EIGHT] / told[FULL], "by the card: full precision is not at hand", rates[1] / rates[0]
        )
    return Pace(None, "the network in full precision is not at hand", rates[1] / rates[0])


def _rates(
    sides: Sequence[tuple[OnnxSession, Sequence[str] | None]], size: int, windows: int, seconds: float
) -> list[float]:
    """Photos a second of sessions that are asked for some outputs, or for all (None), in turns."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, size, size), dtype=np.uint8)
    best = [0.0] * len(sides)
    for session, outputs in sides:
        session.run({"image": pixels}, outputs)
    for _ in range(windows):
        for number, (session, outputs) in enumerate(sides):
            count, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < seconds:
                session.run({"image": pixels}, outputs)
                count += 1
            best[number] = max(best[number], count / spent)
    return best
