"""What a person can do with networks of their own: take in, compare, let speak, take out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..annotate.annotator import SHIPPED, Annotator
from ..annotate.runtime import PROVIDERS, explain
from ..core.errors import ReadOnly
from ..core.records import Change, What
from ..jobs import Job
from . import judging
from .added import AddedNetworks, NetworkInfo
from .judging import NetworkScore

if TYPE_CHECKING:
    from .facade import Library


class Networks:
    """Reached as ``Library.networks``. The shipped network always speaks; those in use speak beside it.

    After ``use`` every photo waits for annotation again; decisions and rejections hold, since they are the person's.
    """

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._publish = publish
        self._added = AddedNetworks(library.paths, library.settings)

    def all(self) -> list[NetworkInfo]:
        """All networks, the shipped one first, with what each really runs on."""
        return self._added.all()

    def annotator(self) -> Annotator:
        """Those that speak, together. Raises ModelError."""
        return self._added.annotator()

    def running(self) -> tuple[str, str]:
        """What the networks really run on, as the setting ``provider`` names it, and a sentence when that is not what
        it asks for, else "". (slow) Raises ModelError."""
        asked, provider = str(self._library.settings.get("provider")), self.annotator().provider
        names = {name: key for key, name in PROVIDERS.items()}
        return names.get(provider, provider), explain(asked, provider)

    def add(self, model: Path, card: Path) -> NetworkInfo:
        """Try a network and take a copy in; it says nothing before ``use``. (slow) Raises ModelError, UsageError."""
        self._refuse_guests()
        return self._added.add(model, card)

    def use(self, names: Sequence[str]) -> Change:
        """Let these networks speak beside the shipped one, and no others. Raises UsageError, ModelError."""
        self._refuse_guests()
        before = self._added.used()
        now = self._added.use(names)
        if now == before:
            return Change(What.NOTHING)
        text = f"{SHIPPED} speaks with {', '.join(now)}" if now else f"{SHIPPED} speaks alone"
        return self._publish(Change(What.SUGGESTIONS, text=text))

    def remove(self, name: str) -> Change:
        """Take a network out, with its copy and all that it said. Raises UsageError."""
        self._refuse_guests()
        was_used = name in self._added.used()
        self._added.remove(name)
        self._library.catalog.opinions.keep(self._added.hashes())
        what = What.SUGGESTIONS if was_used else What.NOTHING
        return self._publish(Change(what, text=f"The network {name} is taken out"))

    def evaluate(self, names: Sequence[str] = (), limit: int = judging.MOST) -> Job[list[NetworkScore]]:
        """Score networks (default: all) on the photos that the person decided on. Switches nothing.

        Raises UsageError for an unknown name, ModelError when the shipped network cannot be used.
        """
        wanted = list(dict.fromkeys(names)) or [SHIPPED, *self._added.names()]
        contenders = [judging.shipped(self._added.shipped(), SHIPPED)]
        contenders += [judging.added(self._added.network(name)) for name in wanted if name != SHIPPED]
        decided = self._library.catalog.opinions.decided(limit)
        found = yield from judging.compare(contenders, decided)
        return [each for each in found if each.name in wanted]

    def _refuse_guests(self) -> None:
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: its networks stay as they are.")
