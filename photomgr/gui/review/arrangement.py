"""What a wall shows in which order and under which headings: pure arithmetic over ids and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QTimeZone

from photomgr.gui.looks import texts
from photomgr.library.reviewing import Together

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """``ids`` int64 [N] in sections that begin at ``starts``, each with its title. ``scores`` [N] are shown on the
    photos, none when empty. ``ticked`` bool [N] is how they stand before a person ticks. ``line`` is the section
    that the line is drawn above, -1 for none. ``apart`` is the section whose photos are decided one by one."""

    ids: Ids
    starts: Ids
    titles: tuple[str, ...]
    scores: NDArray[np.float64]
    ticked: NDArray[np.bool_]
    line: int = -1
    apart: int = -1
    hints: tuple[str, ...] = field(default=())

    def section_of(self, row: int) -> range:
        """The rows of the section that holds ``row``."""
        number = int(np.searchsorted(self.starts, row, "right")) - 1
        ends = [*self.starts[1:].tolist(), len(self.ids)]
        return range(int(self.starts[number]), int(ends[number]))

    def number_of(self, row: int) -> int:
        """The number of that section."""
        return int(np.searchsorted(self.starts, row, "right")) - 1


def nothing() -> Arrangement:
    """No photo at all."""
    none = np.zeros(0, np.int64)
    return Arrangement(none, none, (), np.zeros(0), np.zeros(0, np.bool_))


def by_line(
    ids: Ids, scores: NDArray[np.float64], line: float, said: tuple[str, str] | None = None
) -> Arrangement:
    """Photos from the line on first, all ticked; then those to be asked about. Within both as they come.

    ``said``: the hints at both headings, where the keys do something else than to accept and reject.
    """
    translate = QCoreApplication.translate
    at_once, one_by_one = said or (
        translate("Review", "a click unticks an outlier; A accepts the ticked ones"),
        translate("Review", "P accept, X reject, U leave"),
    )
    sure = scores >= line
    places = np.concatenate([np.flatnonzero(sure), np.flatnonzero(~sure)]).astype(np.intp)
    above, below = int(sure.sum()), int((~sure).sum())
    percent = round(100 * line)
    starts, titles, hints = [], [], []
    if above:
        starts.append(0)
        titles.append(translate("Review", "Sure, from {percent} %").format(percent=percent))
        hints.append(at_once)
    if below:
        starts.append(above)
        titles.append(translate("Review", "To decide one by one"))
        hints.append(one_by_one)
    ask = len(titles) - 1 if below else -1
    ticked = np.arange(len(ids)) < above
    return Arrangement(
        ids[places], np.array(starts, np.int64), tuple(titles), scores[places], ticked, ask, ask, tuple(hints)
    )


def by_group(ids: Ids, scores: NDArray[np.float64], groups: Sequence[Together]) -> Arrangement:
    """Groups of at least two under a heading each, all ticked; what is in none of them stands at the end."""
    translate = QCoreApplication.translate
    score = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    parts: list[list[int]] = []
    titles, hints, placed = [], [], set[int]()
    for group in groups:
        rows = [int(photo) for photo in group.photos if int(photo) in score]
        if group.kind == "single" or len(rows) < 2:
            continue
        parts.append(rows)
        placed.update(rows)
        titles.append(_title(group))
        hints.append(translate("Review", "P accepts and X rejects those that are ticked"))
    grouped = len(parts)
    if alone := [photo for photo in ids.tolist() if photo not in placed]:
        parts.append(alone)
        titles.append(translate("Review", "On their own"))
        hints.append(translate("Review", "P accept, X reject, U leave"))
    starts = np.cumsum([0, *(len(part) for part in parts)])[:-1].astype(np.int64)
    order = np.array([photo for part in parts for photo in part], np.int64)
    ticked = np.arange(len(order)) < sum(len(part) for part in parts[:grouped])
    shown = np.array([score[photo] for photo in order.tolist()], np.float64)
    apart = grouped if len(parts) > grouped else -1
    return Arrangement(order, starts, tuple(titles), shown, ticked, -1, apart, tuple(hints))


def one_cluster(ids: Ids, title: str) -> Arrangement:
    """All photos of a cluster, ticked."""
    hint = QCoreApplication.translate("Review", "a click unticks what does not belong")
    start = np.zeros(1 if len(ids) else 0, np.int64)
    return Arrangement(ids, start, (title,), np.zeros(0), np.ones(len(ids), np.bool_), hints=(hint,))


def _title(group: Together) -> str:
    translate = QCoreApplication.translate
    title = {
        "same": translate("Review", "The same picture"),
        "alike": translate("Review", "Nearly the same"),
        "event": translate("Review", "Taken together"),
    }[group.kind]
    if np.isnan(group.when):
        return title
    # the camera's own clock: read as if it stood in Greenwich, shown the same way
    moment = QDateTime.fromSecsSinceEpoch(int(group.when), QTimeZone.utc())
    return f"{title}, {QLocale().toString(moment, QLocale.FormatType.ShortFormat)}"


def count_text(count: int, ticked: int) -> str:
    """``34 photos, 30 ticked``."""
    if not ticked:
        return texts.photos(count)
    text = QCoreApplication.translate("Review", "{photos}, {n} ticked")
    return text.format(photos=texts.photos(count), n=texts.number(ticked))
