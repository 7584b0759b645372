"""What learning has brought since a moment, tested on later decisions, and the way back to that moment."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.housekeeping.lists import Listing, plain_label
from photomgr.gui.looks import texts
from photomgr.gui.tags.details import moment_text
from photomgr.library.report import Quality, Report

_REPORT: Final = "report"
_DAY: Final = "day"
Line = tuple[str, int, Quality, Quality, bool]


class ReportPage(QWidget):
    """What learning has brought since yesterday, a day or a network; one click goes back to that state."""

    def __init__(self, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self.since = QComboBox(self)
        self.since.setAccessibleName(self.tr("Since"))
        self.since.addItem(self.tr("yesterday"), "yesterday")
        self.since.addItem(self.tr("a day…"), _DAY)
        self.day = QDateEdit(QDate.currentDate().addDays(-7), self)
        self.day.setMaximumDate(QDate.currentDate())
        self.day.setCalendarPopup(True)
        self.day.setAccessibleName(self.tr("Since this day"))
        self.day.hide()
        self.since.currentIndexChanged.connect(self._choose)
        self.day.dateChanged.connect(lambda _: self.refresh())
        self.summary = plain_label("", self)
        titles = (self.tr("Tag"), self.tr("Decided"), self.tr("Precision"), self.tr("Recall"), "")
        self.listing = Listing(titles, self)
        for column, tip in ((2, self.tr("Of the photos that it was suggested for, so many have the tag")),
                            (3, self.tr("Of the photos that have the tag, it was suggested for so many"))):  # fmt: skip
            title = self.listing.horizontalHeaderItem(column)
            if title is not None:
                title.setToolTip(tip)
        self.back = QPushButton(self.tr("Go back: learn only from decisions until then"), self)
        self.back.setToolTip(
            self.tr("No decision is lost; suggestions become what they were. Undo takes it back.")
        )
        self.back.clicked.connect(lambda: self._learn(self._wanted))
        self.lift = QPushButton(self.tr("Learn from all decisions again"), self)
        self.lift.clicked.connect(lambda: self._learn(None))
        top = QHBoxLayout()
        about = plain_label(self.tr("What learning has brought since"), self)
        about.setWordWrap(False)
        top.addWidget(about)
        top.addWidget(self.since)
        top.addWidget(self.day)
        top.addStretch(1)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.lift)
        bottom.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.summary)
        layout.addWidget(self.listing, 1)
        layout.addLayout(bottom)

    @property
    def _wanted(self) -> str:
        """Since when: as :func:`photomgr.library.report.moment_of` takes it."""
        chosen = str(self.since.currentData())
        return self.day.date().toString(Qt.DateFormat.ISODate) if chosen == _DAY else chosen

    def _choose(self) -> None:
        self.day.setVisible(self.since.currentData() == _DAY)
        self._look_back()

    def refresh(self) -> None:
        """Read again which networks were decided on, and what has changed."""
        self._keeper.ask(self._keeper.library.runs.networks, self._list)
        self._look_back()

    def _list(self, networks: list[tuple[str, str, int]]) -> None:
        """A line for each network that was decided on, behind yesterday and a day."""
        known = [self.since.itemData(row) for row in range(2, self.since.count())]
        if known == [model for model, _, _ in networks]:
            return
        chosen = self.since.currentData()
        self.since.blockSignals(True)
        while self.since.count() > 2:
            self.since.removeItem(2)
        for model, first, count in networks:
            text = self.tr("network {number}, first used {moment}, %n decision(s)", "", count)
            self.since.addItem(text.format(number=model[:8], moment=moment_text(first)), model)
        self.since.setCurrentIndex(max(0, self.since.findData(chosen)))
        self.since.blockSignals(False)

    def _look_back(self) -> None:
        if self._keeper.bridge.job(_REPORT) is not None:
            return
        since = self._wanted
        self.summary.setText(self.tr("Looking back…"))
        library = self._keeper.library
        handle = self._keeper.bridge.start(_REPORT, lambda: library.runs.report(since))
        handle.finished.connect(partial(self._keeper.told, partial(self._show, since)))
        handle.failed.connect(partial(self._keeper.told, lambda error: self._tell_failure(str(error))))

    def _tell_failure(self, why: str) -> None:
        self.summary.setText(why)
        self.listing.fill([], self._texts)
        self.back.setEnabled(False)

    def _show(self, since: str, report: Report) -> None:
        if since != self._wanted:
            self._look_back()
            return
        self.summary.setText("\n".join(self._lines(report)))
        every: list[Line] = [
            (self.tr("All tags"), report.accepted + report.rejected, report.before, report.after, False)
        ]
        every += [
            (one.tag, one.accepted + one.rejected, one.before, one.after, one.worse) for one in report.tags
        ]
        self.listing.fill(every if report.tags else [], self._texts)
        free = not self._keeper.locked
        self.back.setEnabled(free and bool(report.tags))
        self.lift.setEnabled(free and report.until is not None)

    def _lines(self, report: Report) -> list[str]:
        """The report in words."""
        if not report.accepted + report.rejected + report.automatic:
            lines = [self.tr("Nothing was decided since then, so nothing has changed.")]
        else:
            text = self.tr("{yes} accepted, {no} rejected, {auto} decided by itself.")
            lines = [
                text.format(
                    yes=texts.number(report.accepted),
                    no=texts.number(report.rejected),
                    auto=texts.number(report.automatic),
                )
            ]
        if report.worse:
            lines.append(self.tr("Worse than then: {tags}").format(tags=", ".join(report.worse)))
        elif report.tags:
            lines.append(self.tr("No tag got worse."))
        if report.until:
            text = self.tr("Only decisions until {moment} are learnt from.")
            lines.append(text.format(moment=moment_text(report.until)))
        if report.held_out:  # the table follows
            told = self.tr("%n decision(s), foretold by what was known then → today:", "", report.held_out)
            lines.append(told)
        return lines

    def _texts(self, line: Line) -> tuple[str, ...]:
        tag, decided, before, after, worse = line
        return (
            tag,
            texts.number(decided),
            f"{_share(before.precision)} → {_share(after.precision)}",
            f"{_share(before.recall)} → {_share(after.recall)}",
            self.tr("worse") if worse else "",
        )

    def _learn(self, until: str | None) -> None:
        self._keeper.do(partial(self._keeper.library.runs.learn_until, until))


def _share(value: float | None) -> str:
    return "–" if value is None else texts.percent(value)
