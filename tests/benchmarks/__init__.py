"""Benchmarks, with the same number of threads for numpy as the program itself has."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
