"""The line that says how long an evaluation still takes."""

from __future__ import annotations

import io

from photomgr.jobs import Progress
from photomgr.train.progress import Meter, spoken


def test_the_rest_follows_how_long_the_past_steps_took() -> None:
    now, out = [0.0], io.StringIO()
    meter = Meter(out, {"first": 10.0, "second": 30.0, "third": 20.0}, lambda: now[0])
    meter.begin("first")
    assert meter.left(None) is None
    now[0] = 10.0
    assert meter.left(0.5) == 10.0 + 2 * 50.0  # half of it in 10 seconds: everything takes twice as long
    now[0] = 20.0
    meter.begin("second")
    assert meter.left(None) == 2 * 50.0
    meter(Progress(1, 4, "photos"))
    assert "second: 1/4 photos, about 2 min left" in out.getvalue()


def test_a_log_gets_few_lines() -> None:
    now, out = [0.0], io.StringIO()
    meter = Meter(out, {"only": 10.0}, lambda: now[0])
    meter.begin("only")
    for second in range(60):
        now[0] = float(second)
        meter(Progress(second, 60, "photos"))
    assert len(out.getvalue().splitlines()) == 6


def test_a_rest_is_no_finer_than_it_is_known() -> None:
    assert [spoken(each) for each in (3, 44, 200)] == [
        "about 10 s left",
        "about 40 s left",
        "about 3 min left",
    ]
