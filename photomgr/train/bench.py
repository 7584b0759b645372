"""The systems beside the shipped network: on what they are measured, and what came out."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.visual import VisualModel
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError
from photomgr.jobs import Job, Progress
from photomgr.train.figures import Row
from photomgr.train.sets import CONCEPTS, MIRFLICKR_TRAIN
from photomgr.train.systems import Bench, Photos, System

if TYPE_CHECKING:
    from photomgr.train.evaluate import Scored

HEADLINE = "macro_map_24"


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
            **headline,
            "rows": {name: dict(row) for name, row in self.rows.items()},
        }

    def lines(self) -> list[str]:
        """A table for a person: rows that share their measures stand under each other."""
        published = "; ".join(f"{key} {value}" for key, value in self.system.published.items())
        lines = [f"{self.system.letter}  {self.system.title}", f"   published: {published or 'no figure'}"]
        if self.problem:
            return [*lines, f"   {self.problem}"]
        seen: tuple[str, ...] = ()
        for name, row in self.rows.items():
            keys = tuple(k for k in row if not k.startswith("top_") or len(row) < 6)[:5]
            if keys != seen:
                lines.append("   " + " " * 44 + "".join(f"{key[:15]:>16}" for key in keys))
                seen = keys
            lines.append(f"   {name[:43]:<44}" + "".join(f"{row[key]:16.4f}" for key in keys))
        return lines


class TarPictures:
    """Photos of a tar by their place in a list, decoded when they are asked for."""

    def __init__(self, images: Path, files: Sequence[str], model: VisualModel) -> None:
        self._images, self._model = images, model
        with tarfile.open(images) as tar:
            places = {member.name: (member.offset_data, member.size) for member in tar}
        self._places = [places[name] for name in files]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, part: slice) -> NDArray[np.uint8]:
        """Pixels [n, 3, S, S]; several threads may ask at once."""
        with self._images.open("rb") as stream:
            found = []
            for offset, size in self._places[part]:
                stream.seek(offset)
                picture = Image.open(BytesIO(stream.read(size)), formats=("WEBP", "JPEG", "PNG"))
                found.append(self._model.prepare(picture.convert("RGB")))
        return np.stack(found) if found else np.zeros((0, 3, self._model.size, self._model.size), np.uint8)


def assemble(
    model: VisualModel, scored: Scored, images: Path, data: Path | None, models: Path | None, work: Path
) -> Job[Bench]:
    """The bench for a set that was scored. MIRFLICKR's training photos are run through the network, once: ``work``."""
    known = None
    whole = data is not None and (data / "mirflickr.tar").exists() and set(CONCEPTS) <= set(scored.names)
    if data is not None and whole:
        known = yield from _known(model, scored.names, data, work)
        if set(known.ids) & set(scored.files):
            raise ModelError(
                "Some of these photos are among those that the systems learn from: score other ones, "
                f"such as --split {MIRFLICKR_TRAIN + 1}:20000, or leave the systems out with --systems none."
            )
    photos = Photos(
        TarPictures(images, scored.files, model), scored.files, scored.truth, scored.scores, scored.embedding
    )
    return Bench(scored.names, photos, known, data, models, work, model.hash, visual=model)


def measure(systems: Sequence[System], bench: Bench) -> Job[dict[str, Outcome]]:
    """Run one system after the other; what one of them lacks does not stop the others."""
    outcomes: dict[str, Outcome] = {}
    for number, system in enumerate(systems):
        yield Progress(number, len(systems), f"system {system.letter}: {system.title}")
        try:
            outcomes[system.letter] = Outcome(system, (yield from system.rows(bench)))
        except ModelError as error:
            outcomes[system.letter] = Outcome(system, problem=str(error))
    return outcomes


def _known(model: VisualModel, names: tuple[str, ...], data: Path, work: Path) -> Job[Photos]:
    from photomgr.train.evaluate import score

    images, labels = data / "mirflickr.tar", data / "mirflickr.csv"
    kept = work / "evaluate" / f"known-{model.hash[:16]}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        found = yield from score(model, Vocabulary.load(), images, labels, (1, MIRFLICKR_TRAIN))
        partial = kept.with_name(kept.stem + ".partial.npz")
        np.savez(
            partial, names=np.array(found.names), files=np.array(found.files), truth=found.truth,
            scores=found.scores.astype(np.float16), embedding=found.embedding.astype(np.float16),
        )  # fmt: skip
        partial.replace(kept)
    with np.load(kept) as stored:
        columns = [list(stored["names"]).index(name) for name in names]
        files = tuple(str(name) for name in stored["files"])
        return Photos(
            TarPictures(images, files, model), files, stored["truth"][:, columns],
            stored["scores"][:, columns].astype(np.float32), stored["embedding"].astype(np.float32),
        )  # fmt: skip
