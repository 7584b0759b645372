"""What a person can do with networks of their own: take in, compare, let speak, take out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..annotate.annotator import SHIPPED, Annotator
from ..annotate.runtime import PROVIDERS
from ..core.errors import ModelError, ReadOnly
from ..core.records import Change, What
from ..jobs import Job
from . import judging
from .added import AddedNetworks, NetworkInfo
from .judging import NetworkScore
from .meanings import Meanings

if TYPE_CHECKING:
    from .facade import Library


class Networks:
    """Reached as ``Library.networks``. The shipped network always speaks; those in use speak beside it.

    ``use`` is undone and redone like a decision, taking out is not. After either every photo waits for annotation
    again; decisions and rejections hold, since they are the person's.
    """

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._publish = publish
        self._added = AddedNetworks(library.paths, library.settings)
        if not library.read_only:
            self.follow()

    def follow(self) -> None:
        """Let those speak that the catalog names, after an undo or a crash between the two."""
        wanted = self._library.catalog.opinions.speaking()
        if wanted is not None:
            self._added.speak(wanted)

    def all(self) -> list[NetworkInfo]:
        """All networks, the shipped one first, with what each really runs on."""
        return self._added.all()

    def annotator(self) -> Annotator:
        """Those that speak, together. Raises ModelError."""
        return self._added.annotator()

    def running(self) -> tuple[str, str]:
        """What the networks really run on, as the setting ``provider`` names it, and a sentence when that is not what
        it asks for, or does only a part, else "". (slow) Raises ModelError."""
        session = self.annotator().model.session
        names = {name: key for key, name in PROVIDERS.items()}
        return names.get(session.provider, session.provider), session.note

    def add(self, model: Path, card: Path) -> NetworkInfo:
        """Try a network and take a copy in; it says nothing before ``use``. (slow) Raises ModelError, UsageError."""
        self._refuse_guests()
        info = self._added.add(model, card)
        if info.name in (self._library.catalog.opinions.speaking() or ()):  # one of that name spoke before
            self._note(self._added.used(), but=info.name)
        return replace(info, in_use=False)

    def use(self, names: Sequence[str]) -> Change:
        """Let these networks speak beside the shipped one, and no others. Raises UsageError, ModelError."""
        self._refuse_guests()
        before = self._added.used()
        now = self._added.usable(names)
        if now == before:
            return Change(What.NOTHING)
        text = f"{SHIPPED} speaks with {', '.join(now)}" if now else f"{SHIPPED} speaks alone"
        change = self._library.catalog.opinions.set_speaking(before, now, lambda _: text)
        return self._publish(change)

    def remove(self, name: str) -> Change:
        """Take a network out, with its copy and all that it said. Raises UsageError."""
        self._refuse_guests()
        before = self._added.used()
        self._added.remove(name)
        self._library.catalog.opinions.keep(self._added.hashes())
        what = What.NOTHING
        if name in before:
            what = self._note(before, but=name).what
        return self._publish(Change(what, text=f"The network {name} is taken out"))

    def _note(self, before: Sequence[str], but: str) -> Change:
        """One is not there any more, which cannot be undone."""
        now = [each for each in before if each != but]
        opinions = self._library.catalog.opinions
        return opinions.set_speaking(before, now, lambda _: f"The network {but} is taken out", undoable=False)

    def evaluate(self, names: Sequence[str] = (), limit: int = judging.MOST) -> Job[list[NetworkScore]]:
        """Score networks (default: all) on the photos that the person decided on. Switches nothing.

        One that cannot be opened is scored with its ``problem``. Raises UsageError for an unknown name, ModelError when
        the shipped network cannot be used.
        """
        wanted = list(dict.fromkeys(names)) or [SHIPPED, *self._added.names()]
        meanings = Meanings(self._library.catalog)
        contenders = [judging.shipped(self._added.shipped(), SHIPPED, meanings)]
        contenders += [self._contender(name, meanings) for name in wanted if name != SHIPPED]
        decided = self._library.catalog.opinions.decided(limit)
        found = yield from judging.compare(contenders, decided)
        return [each for each in found if each.name in wanted]

    def _contender(self, name: str, meanings: Meanings) -> judging.Contender:
        try:
            return judging.added(self._added.network(name), meanings)
        except ModelError as error:
            return judging.unusable(name, str(error))

    def _refuse_guests(self) -> None:
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: its networks stay as they are.")
