"""The only door to onnxruntime: sessions are opened lazily, and anything with ``run`` can stand in for one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from photomgr.core.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime


class Session(Protocol):
    """A network that is ready to run. Safe to call from several threads."""

    @property
    def provider(self) -> str:
        """What it runs on, in onnxruntime's words, such as ``CPUExecutionProvider``."""
        ...

    def run(self, feeds: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
        """Outputs by name for inputs by name. Raises ModelError when the network refuses them."""
        ...


class OnnxSession:
    """An ONNX file on the processor. The file is read at the first ``run``."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        self._model = model
        self._threads = threads
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    @property
    def provider(self) -> str:
        """The execution provider; opens the network if it is not open yet."""
        return str(self._open().get_providers()[0])

    def run(self, feeds: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
        """Outputs by name. Several threads may call at once: onnxruntime's ``Run`` is reentrant."""
        session = self._open()
        names = [output.name for output in session.get_outputs()]
        try:
            values = session.run(names, feeds)
        except Exception as error:  # onnxruntime's exceptions share no base but this one
            raise ModelError(f"The network {self._model.name} could not be run: {error}") from error
        return dict(zip(names, (np.asarray(value) for value in values), strict=True))

    def _open(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = _load(self._model, self._threads)
            return self._session


def open_session(model: Path, *, threads: int = 1) -> Session:
    """A session for an ONNX file with ``threads`` threads within each call.

    Two sessions of one thread outrun one session of two. Raises ModelError when there is no such file; a file
    that is no network raises it at the first use.
    """
    if not model.is_file():
        raise ModelError(f"The network {model} is missing.")
    return OnnxSession(model, threads=threads)


def _load(model: Path, threads: int) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(
            "The package onnxruntime is not installed; photos cannot be tagged without it."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but this one
        raise ModelError(f"The network {model} cannot be loaded: {error}") from error
