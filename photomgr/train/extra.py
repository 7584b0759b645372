"""PyTorch and onnx, which only fitting and exporting need, imported when they start."""

from __future__ import annotations

import importlib
from typing import Any

from photomgr.core.errors import ModelError


def need_torch() -> Any:
    """The module ``torch``. Raises ModelError with a hint where it is not installed."""
    return _need("torch", "PyTorch")


def need_onnx() -> Any:
    """The module ``onnx``. Raises ModelError with a hint where it is not installed."""
    return _need("onnx", "the package onnx")


def _need(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ModelError(f"This needs {name}: install photomgr[train].") from error
