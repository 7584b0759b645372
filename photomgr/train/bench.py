"""The systems beside the shipped network: on what they are measured, and what came out."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from photomgr import jobs
from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.arrays import write_arrays
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.archive import TarPictures
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS, MIRFLICKR_TRAIN, RELEVANT
from photomgr.train.systems import Bench, Photos, System
from photomgr.train.workers import workers

if TYPE_CHECKING:
    from photomgr.train.evaluate import Scored

NETWORK, KNOWN, SYSTEMS = "the network", "known photos", "systems"
_LOOKING = ("D", "B", "reviewer")
"""Systems that run networks over photos, the shorter one first; the reviewer wants what B keeps."""
_WAIT = 0.2
_SECONDS = {
    "A": (25.0, 15.0, "handcrafted-*"), "B": (120.0, 20.0, "*-yx-*"), "C": (2.0, 2.0, ""),
    "D": (40.0, 3.0, "tiny_imagenet-{network}*"), "E": (18.0, 18.0, ""), "context": (2.0, 2.0, ""),
    "objects": (10.0, 10.0, ""), "reviewer": (60.0, 60.0, ""),
}  # fmt: skip
"""Seconds of each system on two cores: at first, and with what was kept, whose files are called so."""


@dataclass(frozen=True)
class Outcome:
    """What a system gave: its rows, the headline first, or the sentence that says why there are none."""

    system: System
    rows: Mapping[str, Row] = field(default_factory=dict)
    problem: str = ""

    def as_json(self) -> dict[str, object]:
        """The headline's figures beside each other, and all rows under ``rows``."""
        if self.problem:
            return {"title": self.system.title, "problem": self.problem}
        headline = next(iter(self.rows.values()), {})
        return {
            "title": self.system.title,
            **_known_figures(headline),
            "rows": {name: _known_figures(row) for name, row in self.rows.items()},
        }

    def lines(self) -> list[str]:
        """A table for a person: rows that share their measures stand under each other."""
        published = "; ".join(f"{key} {value}" for key, value in self.system.published.items())
        lines = [f"{self.system.letter}  {self.system.title}", f"   published: {published or 'no figure'}"]
        if self.problem:
            return [*lines, f"   {self.problem}"]
        seen: tuple[str, ...] = ()
        wide = max((len(name) for name in self.rows), default=0) + 1
        for name, row in self.rows.items():
            keys = tuple(k for k in row if not k.startswith("top_") or len(row) < 6)[:5]
            cells = [max(16, len(key) + 2) for key in keys]
            if keys != seen:
                heads = (f"{key:>{cell}}" for key, cell in zip(keys, cells, strict=True))
                lines.append("   " + " " * wide + "".join(heads))
                seen = keys
            figures = (f"{row[key]:{cell}.4f}" for key, cell in zip(keys, cells, strict=True))
            lines.append(f"   {name:<{wide}}" + "".join(figures))
        return lines


def _known_figures(row: Row) -> Row:
    """Without those that could not be told, which JSON has no number for."""
    return {key: value for key, value in row.items() if not np.isnan(value)}


def assemble(
    model: VisualModel, scored: Scored, images: Path, data: Path | None, models: Path | None, work: Path
) -> Job[Bench]:
    """The bench for a set that was scored. MIRFLICKR's training photos are run through the network, once: ``work``."""
    known = None
    names, columns = scored.names, np.arange(len(scored.names))
    if data is not None and (data / "mirflickr.tar").exists() and set(CONCEPTS) <= set(names):
        columns = np.array([n for n, name in enumerate(names) if name in {*CONCEPTS, *RELEVANT}])
        names = tuple(names[n] for n in columns)
        known = yield from _known(model, names, data, work)
        if {Path(name).stem for name in known.ids} & {Path(name).stem for name in scored.files}:
            raise ModelError(
                "Some of these photos are among those that the systems learn from: score other ones, "
                f"such as --split {MIRFLICKR_TRAIN + 1}:20000, or leave the systems out with --systems none."
            )
    photos = Photos(
        TarPictures(images, scored.files, model), scored.files, scored.truth[:, columns],
        scored.scores[:, columns], scored.embedding, scored.modalities,
    )  # fmt: skip
    full = full_of(model, work)
    return Bench(names, photos, known, data, models, work, model.hash, visual=model, full=full)


def beside(
    systems: Sequence[System],
    model: VisualModel,
    scored: Scored,
    images: Path,
    data: Path | None,
    models: Path | None,
    work: Path,
    begin: Callable[[str], None],
    tell: Callable[[Outcome], None],
    until: float | None,
) -> Job[dict[str, Outcome]]:
    """:func:`assemble` and :func:`measure`; where there can be no bench, every system says why."""
    begin(KNOWN)
    try:
        bench = yield from assemble(model, scored, images, data, models, work)
    except ModelError as error:
        outcomes = {system.letter: Outcome(system, problem=str(error)) for system in systems}
        for outcome in outcomes.values():
            tell(outcome)
        return outcomes
    begin(SYSTEMS)
    return (yield from measure(systems, bench, tell, until))


def guessed(systems: Sequence[System], model: VisualModel, data: Path | None, work: Path) -> dict[str, float]:
    """Seconds that each step may take on two ordinary cores, less where an earlier run has kept what is slow."""
    folder = work / "evaluate"
    if not systems:
        return {NETWORK: 8.0}
    total = 0.0
    for system in systems:
        first, again, mark = _SECONDS.get(system.letter, (5.0, 5.0, ""))
        kept = bool(mark) and any(folder.glob(mark.format(network=model.hash[:12])))
        total += again if kept else first if data is not None else 1.0
    known = 0.5 if kept_known(model, work).exists() or data is None else 30.0
    return {NETWORK: 8.0, KNOWN: known, SYSTEMS: total}


def measure(
    systems: Sequence[System],
    bench: Bench,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    until: float | None = None,
) -> Job[dict[str, Outcome]]:
    """Run the systems on two threads; what one of them lacks does not stop the others.

    Those that mostly look at photos run beside those that mostly compute, each kind one after the other.
    ``tell`` hears each outcome. After ``until`` on :func:`time.monotonic` no system goes on.
    """
    news: SimpleQueue[Progress | Outcome] = SimpleQueue()
    stop = threading.Event()
    lanes = [
        sorted(
            (each for each in systems if each.letter in _LOOKING),
            key=lambda each: _LOOKING.index(each.letter),
        ),
        [each for each in systems if each.letter not in _LOOKING],
    ]
    outcomes: dict[str, Outcome] = {}
    with workers(len(lanes)) as pool:
        tasks = [pool.submit(_lane, lane, bench, until, stop, news) for lane in lanes]
        try:
            while len(outcomes) < len(systems):
                try:
                    found = news.get(timeout=_WAIT)
                except Empty:
                    for task in tasks:
                        if task.done():
                            task.result()
                    continue
                if isinstance(found, Outcome):
                    outcomes[found.system.letter] = found
                    tell(found)
                else:
                    yield found
        finally:
            stop.set()
    return {system.letter: outcomes[system.letter] for system in systems}


class _Stopped(Exception):
    """Nobody waits for the systems any more."""


def _lane(
    systems: Sequence[System],
    bench: Bench,
    until: float | None,
    stop: threading.Event,
    news: SimpleQueue[Progress | Outcome],
) -> None:
    """Run some systems one after the other; puts their progress and their outcomes."""

    def show(progress: Progress) -> None:
        if stop.is_set():
            raise _Stopped
        if until is not None and time.monotonic() > until:
            raise ModelError("Left out: the minutes that were given are over.")
        news.put(replace(progress, text=f"{system.letter}, {progress.text}"))

    for system in systems:
        try:
            outcome = Outcome(system, jobs.run(system.rows(bench), show))
        except ModelError as error:
            outcome = Outcome(system, problem=str(error))
        except _Stopped:
            return
        news.put(outcome)


def full_of(model: VisualModel, work: Path) -> Path | None:
    """The file in full precision that the network was quantised from, if it is the one that lies in ``work``."""
    full = work / "full.onnx"
    if model.full in ("", model.hash) or not full.exists():
        return None
    return full if hashlib.sha256(full.read_bytes()).hexdigest() == model.full else None


def kept_known(model: VisualModel, work: Path) -> Path:
    """Where the network's answers on MIRFLICKR's training photos are kept."""
    return work / "evaluate" / f"known-{model.hash[:16]}.npz"


def _known(model: VisualModel, names: tuple[str, ...], data: Path, work: Path) -> Job[Photos]:
    from photomgr.train.evaluate import score

    images, labels = data / "mirflickr.tar", data / "mirflickr.csv"
    kept = kept_known(model, work)
    if not kept.exists():
        found = yield from score(model, Vocabulary.load(), images, labels, (1, MIRFLICKR_TRAIN))
        write_arrays(kept, {
            "names": np.array(found.names), "files": np.array(found.files), "truth": found.truth,
            "scores": found.scores.astype(np.float16), "embedding": found.embedding.astype(np.float16),
        })  # fmt: skip
    with np.load(kept) as stored:
        columns = [list(stored["names"]).index(name) for name in names]
        files = tuple(str(name) for name in stored["files"])
        return Photos(
            TarPictures(images, files, model), files, stored["truth"][:, columns],
            stored["scores"][:, columns].astype(np.float32), stored["embedding"].astype(np.float32),
        )  # fmt: skip
