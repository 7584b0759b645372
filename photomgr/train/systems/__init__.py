"""The published systems that photomgr stands on, each as a baseline of its own that can be run and measured.

A system sees a :class:`Bench`: the photos that are scored, on which nothing is ever fitted, and MIRFLICKR's
training photos, where there are any. Only numpy and onnxruntime are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.annotator import SHIPPED
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.words import Lexis
from photomgr.core.assets import models_dir
from photomgr.core.errors import ModelError
from photomgr.jobs import Job
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS

if TYPE_CHECKING:
    from photomgr.train.systems.learning import Curves


class Pictures(Protocol):
    """Photos as the shipped network takes them; a slice is decoded when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice) -> NDArray[np.uint8]:
        """Pixels [n, 3, S, S] of a slice of the photos."""
        ...


@dataclass(frozen=True, eq=False)
class Photos:
    """One side of the split: N photos with the truth of C labels and what the shipped network says.

    ``truth`` [N, C]; ``probabilities`` [N, C] in 0..1, columns as ``Bench.names``; ``embedding`` [N, E].
    ``modalities`` [N, M, F]: see :class:`VisualOutput`; none of photos whose answers were kept without.
    """

    pixels: Pictures
    ids: tuple[str, ...]
    truth: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    modalities: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))


@dataclass(frozen=True, eq=False)
class Bench:
    """What every system is measured on.

    ``known``: MIRFLICKR's training photos, none of which is among ``scored``; None where the set is another or
    the photos are not there. ``data`` and ``models`` are the folders of photo sets and of teachers, or None.
    ``work`` keeps what is slow to compute; its files carry ``network``, the shipped network's hash, in their names.
    ``visual``: that network itself, for protocols that need photos of other sets; ``full``: the same in full
    precision, where it is at hand. ``words``: the folder of the word vectors, where those that ship are not meant.
    ``curves``: what a reviewer's play gave (see :mod:`learning`), where it was played already.
    """

    names: tuple[str, ...]
    scored: Photos
    known: Photos | None
    data: Path | None
    models: Path | None
    work: Path
    network: str
    seed: int = 1
    visual: VisualModel | None = None
    full: Path | None = None
    words: Path | None = None
    curves: Curves | None = None

    def lexis(self) -> Lexis:
        """The words that photos are told in. Raises ModelError where they are missing."""
        return Lexis.load(self.words or models_dir() / SHIPPED)


class System(Protocol):
    """A published system. ``published``: its own figures, with what they were measured on."""

    letter: str
    title: str
    published: Mapping[str, object]

    def rows(self, bench: Bench) -> Job[dict[str, Row]]:
        """Named rows of figures, the headline first. Raises ModelError with a sentence where something is missing."""
        ...


def everything() -> list[System]:
    """All systems, in the order of their letters."""
    from photomgr.train.systems import (
        context,
        fused,
        neighbours,
        online,
        presence,
        refinement,
        reviewer,
        tagger,
    )

    systems = (neighbours, tagger, refinement, online, fused, context, presence, reviewer)
    return sorted(
        (system.SYSTEM for system in systems),
        key=lambda system: (len(system.letter), system.letter),
    )


def chosen(wish: str | None, names: Sequence[str], data: Path | None = None) -> list[System]:
    """The systems of ``A,B,...``, ``all`` or ``none``.

    Unasked all of them on MIRFLICKR's annotations, that of objects where many labels are classes of COCO, else none.
    Raises ModelError for a letter that no system has.
    """
    systems = everything()
    if wish is None:
        from photomgr.train.systems.presence import asks_for_objects

        if set(CONCEPTS) <= set(names):
            return systems
        wish = "objects" if asks_for_objects(names, data) else "none"
    if wish in ("all", "none"):
        return systems if wish == "all" else []
    given = [letter.strip() for letter in wish.split(",")]
    letters = [letter.casefold() for letter in given]
    there = {system.letter.casefold() for system in systems}
    if unknown := [letter for letter in given if letter.casefold() not in there]:
        raise ModelError(
            f"There is no system {', '.join(unknown)}; there are {', '.join(s.letter for s in systems)}."
        )
    return [system for system in systems if system.letter.casefold() in letters]
