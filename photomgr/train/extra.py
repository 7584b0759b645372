"""PyTorch and onnx, which only fitting and exporting need, imported when they start."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from photomgr.core.errors import ModelError


def need_torch() -> Any:
    """The module ``torch``. Raises ModelError with a hint where it is not installed."""
    return _need("torch", "PyTorch")


def need_onnx() -> Any:
    """The module ``onnx``. Raises ModelError with a hint where it is not installed."""
    return _need("onnx", "the package onnx")


def load_onnx(path: Path) -> Any:
    """The model in a file. Raises ValueError where it is damaged, OSError where it cannot be read."""
    onnx = need_onnx()
    try:
        return onnx.load(str(path))
    except importlib.import_module("google.protobuf.message").DecodeError as error:
        raise ValueError(f"{path.name} is no ONNX model") from error


def _need(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ModelError(f"This needs {name}: install photomgr[train].") from error
