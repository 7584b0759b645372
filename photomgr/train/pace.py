"""How fast a network is on one core: in 8 bits against full precision, and with all its modalities."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from photomgr.annotate.runtime import OnnxSession, open_session

FULL, EIGHT, PLAIN = "full precision", "8-bit", "8-bit, one look and its own head"


@dataclass(frozen=True)
class Pace:
    """``eight_bit``: times that 8 bits are faster than full precision; ``note`` says by what that is known.

    ``modalities``: times that a photo with everything takes, against the body and its own head alone; ``why``: the
    same for that.
    """

    eight_bit: float | None
    note: str
    modalities: float | None
    why: str = ""


def speeds(networks: Mapping[str, Path], size: int) -> dict[str, float]:
    """Photos a second of each network in a session with one thread, one photo at a time, on random pixels.

    The best of several windows: what else the machine does can only slow it down. The networks take turns, so that
    a busy machine slows all of them.
    """
    rates = _rates([open_session(path) for path in networks.values()], size, 10, 0.75)
    return dict(zip(networks, rates, strict=True))


def pace(shipped: Path, full: Path | None, *, windows: int = 8, seconds: float = 0.25) -> Pace:
    """Of the network in the folder ``shipped``; ``full``: the same one in full precision, or None.

    Where that is at hand, both are measured now; everything else is what the card says.
    """
    card = tomllib.loads((shipped / "card.toml").read_text(encoding="utf-8"))
    told = card.get("photos_a_second_on_one_core", {})
    cost = told[EIGHT] / told[PLAIN] if {EIGHT, PLAIN} <= set(told) else None
    why = "by the card" if cost else "the card does not say"
    modalities = 1 / cost if cost else None
    equal = _accuracy(card.get("figures", []))
    if full is not None:
        sessions = [open_session(shipped / str(card["model"]["file"])), open_session(full)]
        eight, whole = _rates(sessions, int(card["model"]["size"]), windows, seconds)
        return Pace(eight / whole, f"measured now{equal}", modalities, why)
    if {FULL, EIGHT} <= set(told):
        note = f"by the card{equal}"
        return Pace(told[EIGHT] / told[FULL], note, modalities, why)
    return Pace(None, "the network in full precision is not at hand", modalities, why)


def _accuracy(figures: Sequence[Mapping[str, Any]]) -> str:
    """What both networks reach by the card, on the split that nothing was fitted on."""
    last = {one["network"]: one["macro_map_24"] for one in figures if "macro_map_24" in one}
    return (
        f"; macro mAP {last[EIGHT]:.4f}, in full precision {last[FULL]:.4f}"
        if {FULL, EIGHT} <= set(last)
        else ""
    )


def _rates(sessions: Sequence[OnnxSession], size: int, windows: int, seconds: float) -> list[float]:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, size, size), dtype=np.uint8)
    best = [0.0] * len(sessions)
    for session in sessions:
        session.run({"image": pixels})
    for _ in range(windows):
        for number, session in enumerate(sessions):
            count, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < seconds:
                session.run({"image": pixels})
                count += 1
            best[number] = max(best[number], count / spent)
    return best
