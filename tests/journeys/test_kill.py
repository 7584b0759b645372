"""A decision that was shown as saved survives kill -9."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from photomgr.core.catalog import Catalog
from photomgr.core.paths import Paths
from tests.core.catalog_kit import fill

_DECIDER = """
import sys
from pathlib import Path
from photomgr.core.paths import Paths
from photomgr.library import Library

library = Library.open(Paths.under(Path(sys.argv[1])))
ids = [int(each) for each in sys.argv[2].split(",")]
number = int(sys.argv[3])
while True:
    number += 1
    library.tag(f"tag {number}", [ids[number % len(ids)]])
    if number % 5 == 0:
        library.undo()
        library.redo()
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="not posix")
def test_nothing_acknowledged_is_lost_at_30_random_points(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "base")
    paths.make()
    catalog = Catalog(paths.catalog, pen=paths.pen)
    ids = fill(catalog, tmp_path / "photos", 7)
    catalog.close()
    dice = random.Random(7)
    acknowledged = 0
    for _ in range(30):
        process = subprocess.Popen(
            [sys.executable, "-c", _DECIDER, tmp_path / "base", ",".join(map(str, ids)), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        seen = [process.stdout.readline()]
        time.sleep(dice.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        seen += process.stdout.readlines()
        process.wait()
        last = max(int(line) for line in seen if line.endswith("\n"))
        assert last > acknowledged

        catalog = Catalog(paths.catalog, pen=paths.pen)
        stand = set(catalog.lists.decided(ids))
        assert {f"tag {number}" for number in range(1, last + 1)} <= stand
        # One decision may have been on disk without its acknowledgement getting out.
        assert len(stand) <= last + 1
        assert catalog.lists.faults() == []
        acknowledged = len(stand)
        catalog.close()
