"""The crossing of threads: results, errors, jobs, changes, and the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from photomgr.core.errors import UsageError
from photomgr.core.records import Change, What
from photomgr.gui.threads.bridge import LATER, NOW, Bridge, merged
from photomgr.jobs import Job, Progress

from .conftest import PATIENCE


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    assert made.shutdown()


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE)


def test_a_result_arrives_on_the_gui_thread(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[tuple[int, bool, bool]] = []
    main = threading.get_ident()

    def work() -> bool:
        return threading.get_ident() != main

    bridge.call(work, lambda away: seen.append((1, away, threading.get_ident() == main)))
    wait(qtbot, lambda: bool(seen))
    assert seen == [(1, True, True)]


def test_an_error_goes_to_its_handler_or_to_the_bridge(bridge: Bridge, qtbot: QtBot) -> None:
    own: list[BaseException] = []
    common: list[BaseException] = []
    bridge.failed.connect(common.append)

    def fail() -> None:
        raise UsageError("A rating lies between 0 and 5.")

    bridge.call(fail, lambda _: None, own.append)
    bridge.call(fail, lambda _: None)
    wait(qtbot, lambda: len(own) == len(common) == 1)
    assert str(own[0]) == str(common[0]) == "A rating lies between 0 and 5."


def test_an_error_in_a_callback_does_not_stop_the_others(bridge: Bridge, qtbot: QtBot) -> None:
    common: list[BaseException] = []
    after: list[int] = []
    bridge.failed.connect(common.append)
    bridge.call(lambda: 0, lambda zero: [1][zero + 1])
    bridge.call(lambda: 7, after.append)
    wait(qtbot, lambda: bool(common and after))
    assert isinstance(common[0], IndexError)


def test_a_cancelled_call_says_nothing(bridge: Bridge, qtbot: QtBot) -> None:
    release = threading.Event()
    seen: list[str] = []
    running = bridge.call(lambda: release.wait(10), lambda _: seen.append("cancelled"))
    running.cancel()
    release.set()
    bridge.call(lambda: None, lambda _: seen.append("other"))
    wait(qtbot, lambda: bool(seen))
    qtbot.wait(50)
    assert seen == ["other"]


def test_many_thumbnails_never_make_a_query_wait(bridge: Bridge, qtbot: QtBot) -> None:
    release = threading.Event()
    seen: list[str] = []
    for _ in range(50):
        bridge.call(lambda: release.wait(30), lambda _: seen.append("later"), priority=LATER)
    bridge.call(lambda: None, lambda _: seen.append("now"), priority=NOW)
    wait(qtbot, lambda: bool(seen))
    assert seen == ["now"]
    release.set()
    wait(qtbot, lambda: len(seen) == 51)


def test_higher_priority_first_equal_ones_in_order(bridge: Bridge, qtbot: QtBot) -> None:
    release = threading.Event()
    order: list[int] = []
    blocked = [bridge.call(lambda: release.wait(30), lambda _: None) for _ in range(3)]
    time.sleep(0.05)
    for number, priority in enumerate((0, 5, 5, 9)):
        bridge.call(lambda number=number: order.append(number), lambda _: None, priority=priority)
    bridge.call(lambda: None, lambda _: blocked.clear(), priority=-1)
    release.set()
    wait(qtbot, lambda: len(order) == 4)
    assert order.index(3) < order.index(0)


def counting(n: int, closed: list[str] | None = None, pause: float = 0.0) -> Job[int]:
    try:
        for done in range(n):
            time.sleep(pause)
            yield Progress(done, n)
        return n
    finally:
        if closed is not None:
            closed.append("closed")


def test_a_job_reports_and_ends(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[Progress] = []
    handle = bridge.start("count", lambda: counting(30, pause=0.01))
    handle.progress.connect(seen.append)
    with qtbot.waitSignal(handle.finished, timeout=PATIENCE) as ended:
        pass
    assert ended.args == [30]
    assert seen and [each.done for each in seen] == sorted(each.done for each in seen)
    assert bridge.job("count") is None


def test_a_job_of_one_name_never_runs_twice(bridge: Bridge, qtbot: QtBot) -> None:
    handle = bridge.start("count", lambda: counting(10_000, pause=0.005))
    with pytest.raises(ValueError, match="already"):
        bridge.start("count", lambda: counting(1))
    with qtbot.waitSignal(handle.cancelled, timeout=PATIENCE):
        handle.cancel()
    again = bridge.start("count", lambda: counting(1))
    with qtbot.waitSignal(again.finished, timeout=PATIENCE):
        pass


def test_a_paused_job_stands_still_and_goes_on(bridge: Bridge, qtbot: QtBot) -> None:
    taken: list[int] = []

    def job() -> Job[None]:
        for number in range(10_000):
            taken.append(number)
            time.sleep(0.002)
            yield Progress(number)

    handle = bridge.start("steps", job)
    wait(qtbot, lambda: len(taken) > 3)
    handle.pause()
    qtbot.wait(100)
    stood = len(taken)
    qtbot.wait(150)
    assert handle.paused and len(taken) == stood
    handle.resume()
    wait(qtbot, lambda: len(taken) > stood + 3)
    with qtbot.waitSignal(handle.cancelled, timeout=PATIENCE):
        handle.pause()
        handle.cancel()


def test_cancelling_runs_finally(bridge: Bridge, qtbot: QtBot) -> None:
    closed: list[str] = []
    handle = bridge.start("count", lambda: counting(10_000, closed, pause=0.005))
    qtbot.wait(30)
    with qtbot.waitSignal(handle.cancelled, timeout=PATIENCE):
        handle.cancel()
    assert closed == ["closed"]


def test_a_job_that_fails_says_so(bridge: Bridge, qtbot: QtBot) -> None:
    def job() -> Job[None]:
        yield Progress(0)
        raise UsageError("No.")

    handle = bridge.start("bad", job)
    with qtbot.waitSignal(handle.failed, timeout=PATIENCE) as failed:
        pass
    assert isinstance(failed.args[0], UsageError)
    assert bridge.job("bad") is None


def test_shutdown_joins_jobs_and_calls_and_stays_silent(qtbot: QtBot) -> None:
    bridge = Bridge()
    closed: list[str] = []
    seen: list[object] = []
    bridge.start("count", lambda: counting(100_000, closed, pause=0.002))
    for _ in range(20):
        bridge.call(lambda: time.sleep(0.01), seen.append, priority=LATER)
    qtbot.wait(30)
    before = len(seen)
    assert bridge.shutdown()
    assert closed == ["closed"]
    qtbot.wait(50)
    assert len(seen) == before
    bridge.call(lambda: 1, seen.append)
    qtbot.wait(30)
    assert len(seen) == before


@pytest.mark.logs_errors
def test_writes_keep_their_order_and_none_is_lost_at_the_end(qtbot: QtBot) -> None:
    bridge = Bridge()
    told: list[BaseException] = []
    written: list[int] = []
    begun, go, alone = threading.Event(), threading.Event(), threading.Lock()

    def write(number: int) -> None:
        assert alone.acquire(blocking=False), "two at a time"
        begun.set()
        go.wait(10)
        alone.release()
        if number == 3:
            raise UsageError("The disk is full.")
        written.append(number)

    read: list[int] = []
    for number in range(40):
        bridge.write(lambda number=number: write(number), lambda _: None, told.append)  # type: ignore[misc]
        bridge.call(lambda number=number: read.append(number), lambda _: None, priority=LATER)  # type: ignore[misc]
    assert begun.wait(10)
    go.set()
    assert bridge.shutdown()
    assert written == [number for number in range(40) if number != 3]


@pytest.mark.logs_errors
def test_a_write_that_fails_at_the_end_is_in_the_log(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    bridge = Bridge()
    go = threading.Event()

    def fail() -> None:
        go.wait(10)
        raise UsageError("The disk is full.")

    bridge.write(fail, lambda _: None)
    threading.Timer(0.1, go.set).start()
    assert bridge.shutdown()
    assert "The disk is full." in caplog.text


class Publisher:
    """As much of a library as a change needs."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Change], None]] = []

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


def test_changes_of_other_threads_arrive_merged_and_whole(qtbot: QtBot) -> None:
    bridge, publisher = Bridge(), Publisher()
    bridge.follow(publisher)
    seen: list[Change] = []
    bridge.changes.connect(seen.append)

    def publish(start: int) -> None:
        for number in range(start, start + 100):
            for listener in list(publisher.listeners):
                listener(Change(What.TAGS, frozenset({number}), revision=number))

    threads = [threading.Thread(target=publish, args=(100 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait(qtbot, lambda: len(frozenset().union(*(change.photos for change in seen))) == 300)
    bridge.shutdown()
    assert publisher.listeners == []


def test_merged_keeps_what_and_photos() -> None:
    one = Change(What.TAGS, frozenset({1}), "1 photo tagged", 4, 10)
    two = Change(What.RATING, frozenset({2}), "1 photo rated", 5, 11)
    assert merged([one]) is one
    assert merged([one, two]) == Change(What.TAGS | What.RATING, frozenset({1, 2}), revision=11)
