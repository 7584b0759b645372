"""The networks that a person took in: their files, and which of them speak. Needs no catalog."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..annotate.annotator import SHIPPED, Annotator
from ..annotate.card import Card
from ..annotate.company import WITNESSES, Company
from ..annotate.foreign import ForeignNetwork
from ..annotate.probe import Proof, inspect, probe
from ..core.errors import ModelError, PhotomgrError, UsageError
from ..core.paths import Paths
from ..core.settings import Settings

_MODEL, _CARD, _PROOF, _USED = "model.onnx", "card.toml", "proof.json", "used.json"


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """One network as a list shows it.

    ``provider`` is the execution provider that really runs it, or ran it when it was tried; ``note`` says when that is
    not the one that was asked for, or does only a part. ``problem`` says why it cannot be used, else it is "".
    ``number`` is the beginning of its hash.
    """

    name: str
    kind: str
    version: str
    licence: str
    origin: str
    tags: int
    in_use: bool
    provider: str
    note: str = ""
    problem: str = ""
    number: str = ""

    @property
    def ships(self) -> bool:
        """Whether it is the one that came with photomgr."""
        return self.name == SHIPPED


class AddedNetworks:
    """Takes networks in and out, and opens those that speak. Safe to use from several threads."""

    def __init__(self, paths: Paths, settings: Settings) -> None:
        self._folder = paths.networks
        self._settings = settings
        self._lock = threading.Lock()
        self._open: tuple[tuple[str, ...], Annotator] | None = None
        self._shipped: tuple[str, Annotator] | None = None

    def names(self) -> list[str]:
        """The networks that were taken in, by name; the shipped one is not among them."""
        if not self._folder.is_dir():
            return []
        return sorted(each.name for each in self._folder.iterdir() if (each / _CARD).is_file())

    def used(self) -> list[str]:
        """Those that speak beside the shipped network, in the order in which they were named."""
        try:
            stored = json.loads((self._folder / _USED).read_text("utf-8"))
        except (OSError, ValueError):
            return []
        known = set(self.names())
        return [name for name in stored if name in known] if isinstance(stored, list) else []

    def all(self) -> list[NetworkInfo]:
        """The shipped network first, then the person's own by name."""
        used = self.used()
        return [self._shipped_info(), *(self._info(name, name in used) for name in self.names())]

    def _shipped_info(self) -> NetworkInfo:
        try:
            annotator = self.shipped()
            provider, note = annotator.provider, annotator.model.session.note
        except ModelError as error:
            return NetworkInfo(SHIPPED, "tagger", "", "", "", 0, True, "", problem=str(error))
        return NetworkInfo(
            SHIPPED, "tagger", annotator.model.version, "GPL-3.0-or-later", "ships with photomgr",
            len(annotator.model.labels), True, provider, note, number=annotator.model_hash[:12],
        )  # fmt: skip

    def _info(self, name: str, in_use: bool) -> NetworkInfo:
        try:
            network = self.network(name)
            provider = network.provider if in_use else str(self._proof(name)["provider"])
        except ModelError as error:
            return NetworkInfo(name, "", "", "", "", 0, in_use, "", problem=str(error))
        card, note = network.card, network.session.note if in_use else ""
        return NetworkInfo(
            name,
            card.kind,
            card.version,
            card.licence,
            card.origin,
            len(network.tags),
            in_use,
            provider,
            note,
            number=network.hash[:12],
        )

    def add(self, model: Path, card: Path) -> NetworkInfo:
        """Try a network under its card and take copies of both in. The files that were given stay as they are.

        Raises ModelError with the reason when it is refused, UsageError when there is one of that name already, or
        when something else of the program's has it.
        """
        read = Card.load(card)
        if read.name == SHIPPED or read.name.startswith(".") or (self._folder / read.name).exists():
            raise UsageError(f"There is a network named {read.name} already; take it out first, or rename.")
        if read.name.casefold() in self._reserved():
            raise UsageError(
                f"photomgr itself uses the name {read.name}; give the network another one in its card."
            )
        beside = inspect(model)
        part = self._folder / f".{read.name}.part"
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True, mode=0o700)
            shutil.copyfile(model, part / _MODEL)
            for data in beside:
                self._copy(data, part / data.relative_to(model.parent))
            shutil.copyfile(card, part / _CARD)
            if read.labels_file:
                self._copy(card.parent / read.labels_file, part / read.labels_file)
            if read.sha256 and _sha256(part / _MODEL) != read.sha256:
                raise ModelError(
                    f"{model} is not the file that the card {card} is about: its SHA-256 is another one."
                )
            proof = self._try(part, read, model, card)
            hashes = {each: _sha256(part / each) for each in _files(part)}
            (part / _PROOF).write_text(json.dumps({"provider": proof.provider, "files": hashes}), "utf-8")
            os.replace(part, self._folder / read.name)
        except OSError as error:
            raise PhotomgrError(f"The network cannot be copied: {error.strerror}.") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return self._info(read.name, False)

    def _reserved(self) -> set[str]:
        """Names that no network may have, in small letters: of witnesses, and of what else lies in the folder."""
        names = {SHIPPED, _USED, f"{_USED}.part", *WITNESSES}
        with suppress(ModelError):
            names.update(self.shipped().model.modalities)
        return {name.casefold() for name in names}

    def _try(self, part: Path, read: Card, model: Path, card: Path) -> Proof:
        """The copy is tried, so that nobody can change it between the trial and the copying."""
        inspect(part / _MODEL)
        if Card.load(part / _CARD) != read:
            raise ModelError(f"The card {card} changed while it was read.")
        try:
            # On the processor: other devices reserve address space far beyond any limit on memory.
            return probe(part / _MODEL, part / _CARD, provider="cpu")
        except ModelError as error:
            text = str(error)
            for tried, given in ((part / _MODEL, model), (part / _CARD, card)):
                text = text.replace(str(tried.resolve()), str(given))
            raise ModelError(text) from error

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise ModelError(f"Two of its files would be named {target.name}.")
        shutil.copyfile(source, target)

    def use(self, names: Sequence[str]) -> list[str]:
        """Let these speak beside the shipped network, and no others; those that do are the result.

        Naming the shipped one alone goes back to it. Raises UsageError for an unknown name or two embeddings, and
        ModelError for a network that cannot be used.
        """
        wanted = self.usable(names)
        self._write(wanted)
        return wanted

    def usable(self, names: Sequence[str]) -> list[str]:
        """What ``use`` would let speak of these. Raises as it does."""
        wanted = list(dict.fromkeys(name for name in names if name != SHIPPED))
        kinds = [self.network(name).card.kind for name in wanted]
        if kinds.count("embedding") > 1:
            raise UsageError("Likeness can rest on one embedding only; name one of them.")
        return wanted

    def speak(self, names: Sequence[str]) -> None:
        """Let those of these speak that are there, and no others."""
        there = set(self.names())
        wanted = [name for name in names if name in there]
        if wanted != self.used():
            self._write(wanted)

    def remove(self, name: str) -> None:
        """Take a network out: it speaks no more, and its copy is deleted. Raises UsageError for an unknown one."""
        if name == SHIPPED:
            raise UsageError("The network that ships with photomgr stays.")
        self._demand(name)
        if name in (used := self.used()):
            self._write([each for each in used if each != name])
        try:
            shutil.rmtree(self._folder / name)
        except OSError as error:
            raise PhotomgrError(f"The network {name} cannot be deleted: {error.strerror}.") from error

    def _write(self, used: Sequence[str]) -> None:
        part = self._folder / f"{_USED}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part.write_text(json.dumps(list(used)), "utf-8")
            os.replace(part, self._folder / _USED)
        except OSError as error:
            raise PhotomgrError(f"What was chosen cannot be saved: {error.strerror}.") from error

    def _demand(self, name: str) -> None:
        if name not in self.names():
            known = ", ".join([SHIPPED, *self.names()])
            raise UsageError(f"There is no network named {name}. There are: {known}.")

    def _proof(self, name: str) -> dict[str, Any]:
        try:
            proof: dict[str, Any] = json.loads((self._folder / name / _PROOF).read_text("utf-8"))
            return {"provider": str(proof["provider"]), "files": dict(proof["files"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"The network {name} is damaged; take it out and add it again.") from error

    def network(self, name: str) -> ForeignNetwork:
        """Open one, after comparing its files with those that were tried. Raises UsageError, ModelError."""
        self._demand(name)
        folder, files = self._folder / name, self._proof(name)["files"]
        for file, known in files.items():
            if _sha256(folder / file) != known:
                raise ModelError(f"The network {name} is damaged: {file} is not the file that was tried.")
        card = Card.load(folder / _CARD)
        if card.name != name:
            card = replace(card, name=name)
        sha256 = " ".join(str(files[each]) for each in sorted(files) if each != _CARD)
        return ForeignNetwork.load(
            folder / _MODEL, card, self.shipped().vocabulary, sha256=sha256,
            provider=str(self._settings.get("provider")),
        )  # fmt: skip

    def hashes(self) -> list[str]:
        """What the networks that can be used are known by."""
        found = []
        for name in self.names():
            with suppress(ModelError):
                found.append(self.network(name).hash)
        return found

    def shipped(self) -> Annotator:
        """The shipped network by itself, on what the settings ask for. Raises ModelError."""
        with self._lock:
            provider = str(self._settings.get("provider"))
            if self._shipped is None or self._shipped[0] != provider:
                self._shipped = provider, Annotator.load(provider=provider)
            return self._shipped[1]

    def annotator(self) -> Annotator:
        """The shipped network, in the company of those that are used. Raises ModelError."""
        shipped = self.shipped()
        key = (str(self._settings.get("provider")), *self.used())
        with self._lock:
            opened = self._open
        if opened is None or opened[0] != key:
            added = tuple(self.network(name) for name in key[1:])
            annotator = Company(shipped.model, shipped.vocabulary, added) if added else shipped
            opened = key, annotator
            with self._lock:
                self._open = opened
        return opened[1]


def _files(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
