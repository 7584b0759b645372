"""PyTorch, which only fitting and exporting need, imported when they start."""

from __future__ import annotations

import importlib
from typing import Any

from photomgr.core.errors import ModelError


def need_torch() -> Any:
    """The module ``torch``. Raises ModelError with a hint where it is not installed."""
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise ModelError("Training needs PyTorch: install photomgr[train].") from error
