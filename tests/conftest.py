"""No test needs a screen; PHOTOMGR_TEST_SCREEN=1 shows the windows on one."""

from __future__ import annotations

import os

# As the program does for itself, before numpy comes in.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if os.environ.get("PHOTOMGR_TEST_SCREEN") != "1":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
