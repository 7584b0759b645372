"""photomgr: a desktop photo manager that tags, learns from decisions and finds again, all offline."""

import os

__version__ = "0.1.0"

# One processor is left to the window: matrix products of the learner on all of them held its frames up. numpy's
# library reads this once, when it is loaded; whoever has set it knows better.
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
