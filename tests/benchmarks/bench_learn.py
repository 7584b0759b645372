"""Learning: one verdict into the learner, and ranking a whole library again, with its memory.

python -m tests.benchmarks.bench_learn [--quick]
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from photomgr import jobs
from photomgr.annotate import learner
from photomgr.annotate.annotator import Annotator
from photomgr.annotate.learner import Basis, Evidence
from photomgr.annotate.votes import Votes
from photomgr.core.catalog import Catalog
from photomgr.core.catalog.verdicts import Judgement
from photomgr.core.paths import Paths
from photomgr.library import Library
from photomgr.library.learning import HEARING

from .records import make_catalog
from .table import Table, peak_memory

_WIDTH = 512
_PER_TAG = 20  # decisions on each tag of the library


def main() -> int:
    """Run it and print the table."""
    quick = "--quick" in sys.argv
    photos, tags = (10_000, 50) if quick else (100_000, 500)
    table = Table(f"Learning from decisions: {photos:,} photos, {tags} tags")
    for width in (512, 1280):
        for known in (True, False):
            kind = "known" if known else "invented"
            for decisions in (20, 1000):
                taken = _one_tag(width, decisions, known) * 1000
                what = f"one verdict on a {kind} tag with {decisions} decisions, {width} numbers a photo"
                table.at_most(what, taken, 50, " ms")
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder) / "base")
        # In a process of its own, so that its memory does not hide what learning takes.
        filling = multiprocessing.get_context("spawn").Process(
            target=_fill, args=(paths, Path(folder) / "photos", photos, tags)
        )
        filling.start()
        filling.join()
        library = Library.open(paths)
        try:
            library.annotator()
            started = time.perf_counter()
            done = jobs.run(library.learn())
            table.note(
                "all tags learnt, ranked and written for the first time", time.perf_counter() - started, " s"
            )
            assert done.tags == tags, done
            table.at_most("the most memory that the program held", peak_memory(), 500, " MiB")
            table.at_most("the whole library ranked by all tags again", _rank(library, tags), 10, " s")
            started = time.perf_counter()
            _annotate(library.catalog, library.annotator(), list(range(4090, 4122)), seed=9)
            jobs.run(library.learn())
            table.note("all tags again after 32 new photos", time.perf_counter() - started, " s")
            name = library.catalog.learning.tags()[0].name
            library.accept(name, [1])
            started = time.perf_counter()
            jobs.run(library.learn())
            table.at_most(
                "from a decision to the library ranked and written", time.perf_counter() - started, 2, " s"
            )
        finally:
            library.close()
    return table.exit_code()


def _one_tag(width: int, decisions: int, known: bool) -> float:
    """The best of several: other programs on the machine only ever add."""
    dice = np.random.default_rng(1)
    rows = _unit(dice.normal(size=(4096, width)) * np.geomspace(4, 0.2, width))
    prior = dice.normal(size=4096) * 2 - 2 if known else np.full(4096, -4.6)
    truth = rows[:, 0].astype(np.float64) + 0.02 * dice.normal(size=4096) > 0
    basis = Basis.of(rows)
    best = np.inf
    for _ in range(15):
        started = time.perf_counter()
        learner.learn(
            basis,
            Evidence(rows[:decisions], prior[:decisions]),
            truth[:decisions],
            Evidence(rows[2000:2256], prior[2000:2256]),
            known=known,
        )
        best = min(best, time.perf_counter() - started)
    return best


def _rank(library: Library, tags: int) -> float:
    """Seconds to read the library and score it with ``tags`` models: the part that every new decision repeats."""
    dice = np.random.default_rng(2)
    annotator = library.annotator()
    columns = np.arange(tags) % len(annotator.labels)
    hear = min(1.0, HEARING / library.catalog.learning.count(annotator.model_hash))
    models = [
        learner.TagModel(0.0, -1.0, dice.normal(size=_WIDTH).astype(np.float32), np.empty(0), _votes(dice, n))
        for n in range(tags)
    ]
    started = time.perf_counter()
    for block in library.catalog.learning.blocks(annotator.model_hash, len(annotator.labels)):
        learner.scores(models, block.embeddings, learner.logit(block.scores)[:, columns], hear=hear)
    return time.perf_counter() - started


def _votes(dice: np.random.Generator, number: int) -> Votes:
    """As many voters as a tag with many decisions has: known ones, and invented ones with presumed photos beside."""
    voters = 48 if number % 2 else 112
    return Votes(
        _unit(dice.normal(size=(voters, _WIDTH))).astype(np.float32), np.ones(voters), np.ones(voters), 0.5
    )


def _fill(paths: Paths, folder: Path, photos: int, tags: int) -> None:
    """A catalog with made embeddings and scores, and decisions on half known and half invented tags."""
    annotator = Annotator.load()
    ids = make_catalog(paths, folder, photos)
    pick = random.Random(3)
    names = [*annotator.labels[: tags // 2], *(f"invented {n}" for n in range(tags - tags // 2))]
    catalog = Catalog(paths.catalog, pen=paths.pen)
    try:
        with catalog.connection.transaction() as writer:  # the library is to learn these tags and no others
            writer.execute("DELETE FROM decisions")
            writer.execute("DROP TRIGGER verdicts_last")
            writer.execute("DELETE FROM verdicts")
        for start in range(0, len(ids), 4096):
            _annotate(catalog, annotator, ids[start : start + 4096], seed=start)
        judgements = [
            Judgement(photo, name, "accept" if n % 2 else "reject")
            for name in names
            for n, photo in enumerate(pick.sample(ids, _PER_TAG))
        ]
        catalog.verdicts.judge(judgements, lambda n: f"{n} photos decided")
    finally:
        catalog.close()


def _annotate(catalog: Catalog, annotator: Annotator, ids: list[int], seed: int) -> None:
    """Made embeddings, and scores by which about eight tags are suggested for a photo."""
    dice = np.random.default_rng(seed)
    rows = _unit(dice.normal(size=(len(ids), _WIDTH)) * np.geomspace(4, 0.2, _WIDTH))
    scores = (dice.random((len(ids), len(annotator.labels))) ** 60).astype(np.float16)
    catalog.annotations.write(
        annotator.model_hash,
        [(photo, b"", rows[n].tobytes(), scores[n].tobytes(), ()) for n, photo in enumerate(ids)],
    )


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


if __name__ == "__main__":
    sys.exit(main())
