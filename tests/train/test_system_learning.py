"""The card and ``train evaluate`` share what a simulated reviewer played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from photomgr import jobs
from photomgr.jobs import Job, Progress
from photomgr.library.simulation import Point
from photomgr.train import bench, exhibits, plots
from photomgr.train.systems import Bench, Photos, learning

_SEEN = np.random.default_rng(1).random((40, 1))


def _ends_with(value: Any) -> Callable[..., Job[Any]]:
    def job(*_: Any) -> Job[Any]:
        yield Progress(0, None)
        return value

    return job


def test_the_systems_on_a_card_are_given_what_was_played_for_its_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = Photos(
        np.zeros((40, 3, 2, 2), np.uint8), (), _SEEN > 0.5, _SEEN.astype(np.float32), _SEEN.astype(np.float32)
    )
    built = Bench(("dog",), photos, None, None, None, tmp_path, "0" * 64)
    played = {kind: [[Point("dog", True, 5, 0.5, 0.4, 0.3, 0.2)]] for kind in learning.KINDS}
    given: list[Bench] = []

    def measure(_: Any, on: Bench) -> Job[Any]:
        given.append(on)
        return _ends_with({})()

    monkeypatch.setattr(bench, "assemble", _ends_with(built))
    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(bench, "full_of", lambda *_: None)
    monkeypatch.setattr(learning, "curves", _ends_with(played))
    monkeypatch.setattr(exhibits, "stand", lambda *_: [])
    for name in ("precision_recall", "reliability", "learning"):
        monkeypatch.setattr(plots, name, lambda *_: None)
    scored: Any = SimpleNamespace(names=("dog",), scores=_SEEN, truth=_SEEN > 0.5)
    model: Any = None
    found = jobs.run(exhibits.gather(model, scored, tmp_path, tmp_path, tmp_path, tmp_path))
    assert given[0].curves is played
    assert list(found.curves) == list(learning.KINDS)
    assert [point.precision for point in found.curves[learning.NEW]] == [0.5]
