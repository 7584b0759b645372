"""train: starts the offline part, which is never loaded into the program itself."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace

from .output import Output


def train(options: Namespace, output: Output) -> int:
    """Run ``python -m photomgr.train`` with the rest of the words and return its exit code."""
    return subprocess.call([sys.executable, "-m", "photomgr.train", *options.rest])
