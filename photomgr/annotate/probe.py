"""Tries a network that somebody else made, in a process of its own: ``python -m photomgr.annotate.probe FOLDER``.

Only a child that can be killed finds out whether a network comes to an end, and how much memory it takes. Nothing
of the file is loaded by the program itself before this went well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate import wire
from photomgr.annotate.card import Card, safe_relative
from photomgr.annotate.foreign import ForeignNetwork
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.errors import ModelError

SECONDS: Final = 40.0
"""How long opening a network and running it on three pictures may take."""

MEGABYTES: Final = 6144
"""How much memory it may take; the limit holds where the system has one for a process (Linux)."""

LARGEST: Final = 1 << 30
"""Bytes that a network with its data may have."""

_KNOWN: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})


@dataclass(frozen=True, slots=True)
class Proof:
    """What a probe found: where it ran, how long one picture took, the length of its embedding (0: none)."""

    provider: str
    seconds: float
    embedding: int


def inspect(model: Path) -> list[Path]:
    """Look at an ONNX file without loading it; the files with its external data are the result.

    Raises ModelError for what is no ONNX file, is too large, names data outside its own folder, or wants operators
    that only code from elsewhere could bring.
    """
    _fitting(model, 0)
    contents = wire.read(model)
    if foreign := sorted(contents.domains - contents.own - _KNOWN):
        raise ModelError(f"{model} wants operators of its own ({', '.join(foreign)}), which cannot be used.")
    here = model.parent.resolve()
    found, size = [], model.stat().st_size
    for location in sorted(contents.external):
        path = model.parent / location
        if not safe_relative(location) or not path.resolve().is_relative_to(here) or path.is_symlink():
            raise ModelError(f"{model} keeps data outside its folder, at {location!r}: it is not opened.")
        size += _fitting(path, size)
        found.append(path)
    return found


def _fitting(path: Path, before: int) -> int:
    try:
        if not path.is_file():
            raise ModelError(f"There is no file {path}.")
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if before + size > LARGEST:
        raise ModelError(
            f"{path} is too large: {(before + size) >> 20:,} MiB; {LARGEST >> 20:,} can be used."
        )
    return size


def probe(
    model: Path, card: Path, *, provider: str = "auto", seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Proof:
    """Run a network under its card on three pictures, in a process that is killed after ``seconds``.

    Raises ModelError with the reason when anything is not as the card says, and when it does not end.
    """
    package = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "photomgr.annotate.probe", *_words(model, card, provider, megabytes)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(
            command, cwd=package, env=environment, capture_output=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"The network {model.name} did not come to an end within {seconds:g} seconds and was stopped."
        ) from error
    except OSError as error:
        raise ModelError(f"The network {model.name} cannot be tried: {error.strerror}.") from error
    try:
        answer = json.loads(ended.stdout.decode("utf-8", "replace").rpartition("\n")[2])
    except ValueError as error:
        raise ModelError(
            f"The network {model.name} brought its process down (exit code {ended.returncode}); more than"
            f" {megabytes:,} MiB of memory are one possible reason."
        ) from error
    if "error" in answer:
        raise ModelError(str(answer["error"]))
    return Proof(str(answer["provider"]), float(answer["seconds"]), int(answer["embedding"]))


def _words(model: Path, card: Path, provider: str, megabytes: int) -> tuple[str, ...]:
    return str(model.resolve()), str(card.resolve()), provider, str(megabytes)


def pictures(height: int, width: int) -> Iterator[NDArray[np.uint8]]:
    """What a network is tried on, RGB [height, width, 3]: black, noise, and a slope from dark to bright."""
    yield np.zeros((height, width, 3), np.uint8)
    yield np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    slope = np.linspace(0, 255, width).astype(np.uint8)
    yield np.broadcast_to(slope[None, :, None], (height, width, 3)).copy()


def _try(model: Path, card: Card, provider: str) -> Proof:
    network = ForeignNetwork.load(model, card, Vocabulary(()), provider=provider)
    spent, lengths = [], set()
    for pixels in pictures(card.input.height, card.input.width):
        feed = network.feed(pixels)
        began = time.perf_counter()
        opinion = network.judge(feed)
        spent.append(time.perf_counter() - began)
        lengths.add(0 if opinion.embedding is None else len(opinion.embedding))
    if len(lengths) != 1:
        raise ModelError(f"The network {card.name} cannot be used: its embedding changes its length.")
    return Proof(network.provider, min(spent), lengths.pop())


def _limit(megabytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    most = megabytes << 20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ValueError, OSError):  # macOS has the constant and not the limit; the time limit holds there too
        return


def main(arguments: list[str]) -> int:
    """Print one JSON object: what was found, or ``error``."""
    model, card, provider, megabytes = arguments
    _limit(int(megabytes))
    answer: dict[str, Any]
    try:
        proof = _try(Path(model), Card.load(Path(card)), provider)
        answer = {"provider": proof.provider, "seconds": proof.seconds, "embedding": proof.embedding}
    except ModelError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"The network {Path(model).name} wants more than {megabytes} MiB of memory."}
    print("\n" + json.dumps(answer), end="", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
