"""The only door to onnxruntime: sessions are opened lazily, and anything with ``run`` can stand in for one."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from photomgr.core.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

log = logging.getLogger(__name__)

PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""What the setting ``provider`` may name, in onnxruntime's words."""

_CPU: Final = PROVIDERS["cpu"]
_RECORD: Final = "session.record_ep_graph_assignment_info"  # its key among onnxruntime's session options
_AUTO: Final = ("cuda", "directml", "coreml", "openvino", "cpu")  # the first that is there is tried first

_LONGEST: Final = 200  # characters of what it says that are passed on
_MEMORY: Final = re.compile(r"requested buffer of size (\d+)")
_NOISE: Final = (
    re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : "),
    re.compile(r"Load model from .*? failed: ?"),
    re.compile(r"Non-zero status code returned while running .*? Status Message: "),
    re.compile(r"\S*/onnxruntime/\S+:\d+ .*?\) (?=[^)]*$)"),
    re.compile(r"^was false\. "),
    re.compile(r"\b\w+\.cc:\d+ \w+ "),
    re.compile(r" Please fix either .*$"),
)

Arrays = dict[str, np.ndarray[Any, Any]]


class Session(Protocol):
    """A network that is ready to run. Safe to call from several threads."""

    @property
    def provider(self) -> str:
        """What it runs on, in onnxruntime's words, such as ``CPUExecutionProvider``."""
        ...

    @property
    def note(self) -> str:
        """A sentence when it does not run as it was asked to, else ""."""
        ...

    def run(self, feeds: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        """Outputs by name for inputs by name; only those named in ``outputs`` are computed, None means all.

        Raises ModelError when the network refuses them.
        """
        ...


class OnnxSession:
    """An ONNX file on the processor or another device. The file is read at the first ``run``.

    ``provider`` is a key of PROVIDERS, or ``auto`` for the best that works here. A device that fails in the middle of
    its work is left for the processor, and ``note`` says so. ``seconds`` is how long one ``run`` may take before it is
    cut; None lets it take its time.
    """

    def __init__(
        self, model: Path, *, threads: int = 1, provider: str = "auto", seconds: float | None = None
    ) -> None:
        self._model = model
        self._threads = threads
        self._asked = provider
        self._seconds = seconds
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None
        self._lost = ""

    @property
    def provider(self) -> str:
        """The execution provider; opens the network if it is not open yet. Operations that a device lacks are left to
        the processor by onnxruntime, see ``left``."""
        return str(self._open().get_providers()[0])

    @property
    def note(self) -> str:
        """A sentence when something else runs than was asked for, or in part, else "". Opens the network."""
        provider = self.provider
        return self._lost or explain(self._asked, provider) or _share(provider, self.left)

    @property
    def left(self) -> tuple[int, int]:
        """How many operations a device leaves to the processor, and of how many. Both are 0 where the processor does
        all by itself, and where onnxruntime does not tell. Opens the network."""
        return _left(self._open())

    def shapes(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Inputs and outputs by name, with their shapes as the file declares them (numbers, or names)."""
        session = self._open()
        return (
            {one.name: list(one.shape) for one in session.get_inputs()},
            {one.name: list(one.shape) for one in session.get_outputs()},
        )

    def run(self, feeds: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        """Outputs by name. Several threads may call at once: onnxruntime's ``Run`` is reentrant."""
        session = self._open()
        names = list(outputs) if outputs is not None else [each.name for each in session.get_outputs()]
        try:
            values = self._run(session, names, feeds)
        except ModelError:
            raise
        except Exception as error:  # onnxruntime's exceptions share no base but this one
            raise ModelError(
                f"The network {self._model.name} could not be run: {in_short(error)}."
            ) from error
        arrays = {}
        for name, value in zip(names, values, strict=True):
            if not isinstance(value, np.ndarray):  # a sequence or a map
                raise ModelError(
                    f"The network {self._model.name} cannot be used: its output {name} is no array."
                )
            arrays[name] = value
        return arrays

    def _run(self, session: onnxruntime.InferenceSession, names: list[str], feeds: Arrays) -> Sequence[Any]:
        try:
            return self._in_time(session, names, feeds)
        except Exception as error:
            if not _device_failed(session, error):
                raise
            return self._in_time(self._without_device(session, error), names, feeds)

    def _in_time(
        self, session: onnxruntime.InferenceSession, names: list[str], feeds: Arrays
    ) -> Sequence[Any]:
        if self._seconds is None:
            return session.run(names, feeds)  # type: ignore[no-any-return]
        import onnxruntime

        options = onnxruntime.RunOptions()
        cut = threading.Event()

        def stop() -> None:
            cut.set()
            options.terminate = True

        alarm = threading.Timer(self._seconds, stop)
        alarm.daemon = True
        alarm.start()
        failed: Exception | None = None
        values: Sequence[Any] = ()
        try:
            values = session.run(names, feeds, options)
        except Exception as error:  # onnxruntime's exceptions share no base but this one
            failed = error
        finally:
            alarm.cancel()
        if cut.is_set():  # it is stopped between two nodes only; one long node ends by itself
            raise ModelError(
                f"The network {self._model.name} was stopped: one photo took it {self._seconds:g} seconds."
            ) from failed
        if failed is not None:
            raise failed
        return values

    def _without_device(
        self, failed: onnxruntime.InferenceSession, error: Exception
    ) -> onnxruntime.InferenceSession:
        """The network on the processor from now on. Of several threads the first opens it and says so."""
        with self._lock:
            if self._session is failed or self._session is None:
                device = _key(str(failed.get_providers()[0]))
                session = _load(self._model, self._threads, "cpu")
                self._lost = (
                    f"The network {self._model.name} goes on on cpu: {device} failed ({in_short(error)})."
                )
                self._session = session
                log.warning("%s", self._lost)
            return self._session

    def _open(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = _load(self._model, self._threads, self._asked)
            return self._session


def open_session(
    model: Path, *, threads: int = 1, provider: str = "auto", seconds: float | None = None
) -> OnnxSession:
    """A session for an ONNX file with ``threads`` threads within each call; see :class:`OnnxSession`.

    Two sessions of one thread outrun one session of two. Raises ModelError when there is no such file; a file
    that is no network raises it at the first use.
    """
    if not model.is_file():
        raise ModelError(f"The network {model} is missing.")
    return OnnxSession(model, threads=threads, provider=provider, seconds=seconds)


def available() -> tuple[str, ...]:
    """The keys of PROVIDERS that this computer's onnxruntime offers. Raises ModelError without onnxruntime."""
    there = _onnxruntime().get_available_providers()
    return tuple(key for key, name in PROVIDERS.items() if name in there)


def explain(asked: str, running: str) -> str:
    """A sentence when ``running`` (onnxruntime's word) is not what the setting ``asked`` for, else ""."""
    if asked == "auto" or PROVIDERS.get(asked, asked) == running:
        return ""
    return (
        f"The setting provider asks for {asked}, which does not work here: the network runs on"
        f" {_key(running)}. This onnxruntime offers: {', '.join(available())}."
    )


def _key(provider: str) -> str:
    """What the setting calls a provider that onnxruntime names."""
    return {name: key for key, name in PROVIDERS.items()}.get(provider, provider)


def _share(provider: str, left: tuple[int, int]) -> str:
    few, every = left
    if not few:
        return ""
    return f"{_key(provider)} leaves {few:,} of the {every:,} operations of the network to the processor."


def _left(session: Any) -> tuple[int, int]:
    """How many operations the processor does beside a device, and of how many."""
    if session.get_providers()[0] == _CPU or not hasattr(session, "get_provider_graph_assignment_info"):
        return 0, 0  # an older onnxruntime does not tell
    count: dict[str, int] = {}
    for part in session.get_provider_graph_assignment_info():
        count[part.ep_name] = count.get(part.ep_name, 0) + len(part.get_nodes())
    return count.get(_CPU, 0), sum(count.values())


def _device_failed(session: Any, error: Exception) -> bool:
    """Whether not the network or its input is at fault, but the device beneath it."""
    return type(error).__name__ == "EPFail" and session.get_providers()[0] != _CPU


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(
            "The package onnxruntime is not installed; photos cannot be tagged without it."
        ) from error
    return onnxruntime


def _load(model: Path, threads: int, asked: str) -> onnxruntime.InferenceSession:
    onnxruntime = _onnxruntime()
    there = available()
    wanted = [key for key in (_AUTO if asked == "auto" else (asked, "cpu")) if key in there] or ["cpu"]
    failed: Exception | None = None
    for key in dict.fromkeys(wanted):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if key != "cpu":
            options.add_session_config_entry(_RECORD, "1")  # costs nothing that can be measured
        try:
            # Its own way back to the processor prints to stdout and tells nobody else.
            session = onnxruntime.InferenceSession(
                str(model), options, providers=[PROVIDERS[key]], enable_fallback=0
            )
        except Exception as error:  # onnxruntime's exceptions share no base but this one
            failed = error
            continue
        # Where a device cannot be had onnxruntime takes the processor by itself: the next device may work.
        if session.get_providers()[0] == PROVIDERS[key]:
            return session
    raise ModelError(f"The network {model} cannot be loaded: {in_short(failed)}.") from failed


def in_short(error: BaseException | None) -> str:
    """What onnxruntime says, without where in its own source it said so; one line without a full stop."""
    text = " ".join(str(error).split())
    if wanted := _MEMORY.search(text):
        return f"it wants {int(wanted[1]) / 2**30:,.0f} GiB of memory at once"
    for noise in _NOISE:
        text = noise.sub("", text)
    kept = text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0]
    return kept.rstrip(".:;, ") or "no reason was given"
