"""Networks and how they do, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from photomgr.annotate.runtime import PROVIDERS
from photomgr.gui.grid.tips import plain
from photomgr.gui.housekeeping.lists import Listing
from photomgr.gui.looks import texts
from photomgr.gui.tags.reasons import percent
from photomgr.library.added import NetworkInfo
from photomgr.library.judging import NetworkScore

_NOTHING = "–"


class Wording:
    """The texts of the list of networks."""

    def titles(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(title for title, _ in self._columns())

    @staticmethod
    def _columns() -> tuple[tuple[str, str], ...]:
        """Title and what it means."""
        say = QCoreApplication.translate
        return (
            (say("Networks", "Network"), say("Networks", "Its name and version; ● means that it speaks")),
            (say("Networks", "Kind"), ""),
            (say("Networks", "Tags"), say("Networks", "How many tags it knows")),
            (say("Networks", "Runs on"), say("Networks", "What it really runs on here")),
            (say("Networks", "Decisions"), say("Networks", "Of your decisions, those on tags that it knows")),
            (
                say("Networks", "Order"),
                say(
                    "Networks",
                    "How well it puts what you accepted before what you refused, and what the network that ships"
                    " reaches on the same decisions (average precision)",
                ),
            ),
            (
                say("Networks", "Right"),
                say("Networks", "Of what it suggests, how much you accepted (precision)"),
            ),
            (
                say("Networks", "Finds"),
                say("Networks", "Of what you accepted, how much it suggests (recall)"),
            ),
            (
                say("Networks", "Pace"),
                say("Networks", "Photos a second on one core, opening the files left out"),
            ),
        )

    def explain(self, listing: Listing) -> None:
        """Say at the head of each column what it means."""
        for column, (_, meaning) in enumerate(self._columns()):
            item = listing.horizontalHeaderItem(column)
            if item is not None and meaning:
                item.setToolTip(plain(meaning))

    def row(self, one: NetworkInfo, score: NetworkScore | None) -> Sequence[str]:
        """A line of the list; a dash where nothing is known yet."""
        mark = "●" if one.in_use else "○"
        first = (
            f"{mark} {one.name} {one.version}".rstrip(),
            self._kind(one.kind),
            texts.number(one.tags) if one.tags else _NOTHING,
            self.provider(one.provider),
        )
        if score is None or score.problem:
            return (*first, *(_NOTHING,) * 5)
        order = _share(score.ap)
        if not one.ships and score.shipped_ap is not None:
            beside = QCoreApplication.translate("Networks", "{own} ({shipped})")
            order = beside.format(own=order, shipped=_share(score.shipped_ap))
        pace = texts.rate(score.photos_per_second) if score.photos_per_second else _NOTHING
        decisions = texts.number(score.decisions)
        return (*first, decisions, order, _share(score.precision), _share(score.recall), pace)

    @staticmethod
    def _kind(kind: str) -> str:
        say = QCoreApplication.translate
        known = {
            "tagger": say("Networks", "tags"),
            "detector": say("Networks", "tags with boxes"),
            "embedding": say("Networks", "likeness"),
        }
        return known.get(kind, _NOTHING)

    @staticmethod
    def provider(name: str) -> str:
        """What runs it, in a person's words."""
        keys = {each: key for key, each in PROVIDERS.items()}
        known = {
            "cpu": QCoreApplication.translate("Networks", "processor"),
            "cuda": "CUDA",
            "openvino": "OpenVINO",
            "coreml": "Core ML",
            "directml": "DirectML",
        }
        return known.get(keys.get(name, ""), name or _NOTHING)

    def about(self, one: NetworkInfo, score: NetworkScore | None) -> str:
        """What is known of a network beyond its line."""
        say = QCoreApplication.translate
        parts = [one.problem, one.note, score.problem if score is not None else ""]
        if one.licence:
            ships = say("Networks", "{name} ships with photomgr; {licence}.")
            own = say("Networks", "{name}: {licence}, from {origin}.")
            text = ships if one.ships else own
            parts.append(text.format(name=one.name, licence=one.licence, origin=one.origin))
        if one.number:
            parts.append(say("Networks", "Number {number}.").format(number=one.number))
        return " ".join(part for part in parts if part)

    @staticmethod
    def taken_in(one: NetworkInfo) -> str:
        """What to do next with a network that is new."""
        text = QCoreApplication.translate("Networks", "{name} is taken in. Compare it, then let it speak.")
        return text.format(name=one.name)

    @staticmethod
    def compared(scores: Sequence[NetworkScore]) -> str:
        """What was compared."""
        most = max(each.decided for each in scores)
        return QCoreApplication.translate(
            "Networks", "Compared on %n decision(s) of yours. Nothing was switched.", "", most
        )


def card_beside(model: Path) -> Path | None:
    """The card that lies beside a network: of its name, or ``card.toml``, or the only one in the folder."""
    folder = model.parent
    for name in (f"{model.stem}.toml", f"{model.name}.toml", "card.toml"):
        if (folder / name).is_file():
            return folder / name
    try:
        found = sorted(folder.glob("*.toml"))
    except OSError:
        return None
    return found[0] if len(found) == 1 else None


def _share(value: float | None) -> str:
    return _NOTHING if value is None else percent(value)
