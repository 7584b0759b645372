"""The smaller pages of the tag list: what might be merged, tag sets, automatic runs, what learning has brought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.keeping import SLOTS, TagSet
from photomgr.core.catalog.runs import SURE_RUN, Run
from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.looks import texts
from photomgr.gui.tags.details import moment_text
from photomgr.library.housekeeping import MergeProposal

_REPORT: Final = "report"


def plain_label(text: str, parent: QWidget) -> QLabel:
    """A label that takes nothing for markup, and wraps."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


class Listing(QTableWidget):
    """A table to look at and to choose a row from; the first column has the room."""

    def __init__(self, titles: Sequence[str], parent: QWidget) -> None:
        super().__init__(0, len(titles), parent)
        self.setHorizontalHeaderLabels(list(titles))
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.things: list[Any] = []

    def fill(self, things: Sequence[Any], texts_of: Callable[[Any], Sequence[str]]) -> None:
        """A row for each thing; numbers stand at the right."""
        self.things = list(things)
        self.setRowCount(len(self.things))
        for row, thing in enumerate(self.things):
            for column, text in enumerate(texts_of(thing)):
                item = QTableWidgetItem(text.replace("\n", " "))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)

    @property
    def chosen(self) -> Any:
        """The thing of the current row, None without one."""
        row = self.currentRow()
        return self.things[row] if 0 <= row < len(self.things) else None


class MergesPage(QWidget):
    """``wanted`` carries (tag, into) of a proposal that the person looks at."""

    wanted = Signal(str, str)

    def __init__(self, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent)
        self._keeper = keeper
        titles = (self.tr("Tag"), self.tr("Together"), self.tr("Photos with both"))
        self.listing = Listing(titles, self)
        self.note = plain_label(
            self.tr("Tags that stand on nearly the same photos, or that are spelt alike."), self
        )
        self.look = QPushButton(self.tr("Merge…"), self)
        self.look.clicked.connect(self._look)
        self.listing.doubleClicked.connect(lambda _: self._look())
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.listing, 1)
        layout.addWidget(self.look, 0, Qt.AlignmentFlag.AlignRight)

    def refresh(self) -> None:
        housekeeping = self._keeper.library.housekeeping
        self._keeper.ask(housekeeping.suggest_merges, self._show)

    def _show(self, found: list[MergeProposal]) -> None:
        self.listing.fill(found, self._texts)
        self.look.setEnabled(bool(found) and not self._keeper.locked)
        if not found:
            self.note.setText(self.tr("No two tags look like one."))
        elif self.listing.currentRow() < 0:
            self.listing.selectRow(0)

    def _texts(self, one: MergeProposal) -> tuple[str, str, str]:
        names = self.tr("“{tag}” into “{into}”").format(tag=one.tag, into=one.into)
        together = self.tr("{number} %").format(number=round(100 * one.together)) if one.together else ""
        why = together if one.why == "together" else self.tr("spelt alike")
        return names, why, texts.number(one.photos)

    def _look(self) -> None:
        one = self.listing.chosen
        if one is not None and not self._keeper.locked:
            self.wanted.emit(one.tag, one.into)


class SetsPage(QWidget):
    """Names and tags of what Alt+1 to Alt+9 give; each line is kept when it is left."""

    def __init__(self, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._sets: dict[int, TagSet] = {}
        self.lines: dict[int, tuple[QLineEdit, QLineEdit]] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        for column, title in ((1, self.tr("Name")), (2, self.tr("Tags, with commas between them"))):
            grid.addWidget(plain_label(title, self), 0, column)
        for slot in SLOTS:
            name, tags = QLineEdit(self), QLineEdit(self)
            name.setAccessibleName(self.tr("Name of set {n}").format(n=slot))
            tags.setAccessibleName(self.tr("Tags of set {n}").format(n=slot))
            grid.addWidget(plain_label(f"Alt+{slot}", self), slot, 0)
            grid.addWidget(name, slot, 1)
            grid.addWidget(tags, slot, 2)
            for edit in (name, tags):
                edit.setEnabled(not keeper.locked)
                edit.editingFinished.connect(partial(self._keep, slot))
            self.lines[slot] = (name, tags)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 3)
        note = self.tr(
            "Alt and the number gives all tags of a set to the selected photos, as one step of undo."
        )
        layout = QVBoxLayout(self)
        layout.addWidget(plain_label(note, self))
        layout.addLayout(grid)
        layout.addStretch(1)

    def refresh(self) -> None:
        self._keeper.ask(self._keeper.library.housekeeping.sets, self._show)

    def _show(self, sets: list[TagSet]) -> None:
        self._sets = {each.slot: each for each in sets}
        for slot, (name, tags) in self.lines.items():
            kept = self._sets.get(slot)
            if not name.isModified() and not tags.isModified():  # nothing is being typed
                name.setText(kept.name if kept else "")
                tags.setText(", ".join(kept.tags) if kept else "")

    def _keep(self, slot: int) -> None:
        name, tags = (edit.text().strip() for edit in self.lines[slot])
        wanted = tuple(each.strip() for each in tags.split(",") if each.strip())
        kept = self._sets.get(slot)
        title = name or ", ".join(wanted)[:60]
        if (kept.tags if kept else ()) == wanted and (
            not wanted or (kept is not None and kept.name == title)
        ):
            return
        for edit in self.lines[slot]:
            edit.setModified(False)
        self._sets[slot] = TagSet(slot, title, wanted)
        self._keeper.do(partial(self._keeper.library.housekeeping.set_tags_of, slot, title, wanted))


class RunsPage(QWidget):
    """Each automatic run, to be looked at or taken back by itself. ``found`` carries a search for its photos."""

    found = Signal(str)

    def __init__(self, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent)
        self._keeper = keeper
        titles = (
            self.tr("Tag"),
            self.tr("Run"),
            self.tr("When"),
            self.tr("Photos"),
            self.tr("Still stand"),
            self.tr("Network"),
        )
        self.listing = Listing(titles, self)
        self.note = plain_label("", self)
        self.revoke = QPushButton(self.tr("Take back this run"), self)
        self.revoke.clicked.connect(self._revoke)
        self.show_photos = QPushButton(self.tr("Show its photos"), self)
        self.show_photos.clicked.connect(self._find)
        self.listing.doubleClicked.connect(lambda _: self._find())
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.show_photos)
        buttons.addWidget(self.revoke)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.listing, 1)
        layout.addLayout(buttons)

    def _find(self) -> None:
        if self.listing.chosen is not None:
            self.found.emit(f"run:{self.listing.chosen.id}")

    def refresh(self) -> None:
        self._keeper.ask(self._keeper.library.runs.all, self._show)

    def _show(self, runs: list[Run]) -> None:
        row = self.listing.currentRow()
        self.listing.fill(runs, self._texts)
        if runs:
            self.listing.selectRow(min(max(row, 0), len(runs) - 1))
        self.show_photos.setEnabled(bool(runs))
        self.revoke.setEnabled(bool(runs) and not self._keeper.locked)
        some = self.tr("What was decided by itself. Taking a run back leaves alone what you decided since.")
        none = self.tr("Nothing was decided by itself. A tag's page says which tags may be.")
        self.note.setText(some if runs else none)

    def _texts(self, run: Run) -> tuple[str, ...]:
        tag = run.tag if run.kind == SURE_RUN else self.tr("not “{tag}” (look-alikes)").format(tag=run.tag)
        numbers = (texts.number(run.photos), texts.number(run.stands))
        return (tag, str(run.id), moment_text(run.when), *numbers, run.network)

    def _revoke(self) -> None:
        run = self.listing.chosen
        if run is not None:
            self._keeper.do(partial(self._keeper.library.runs.revoke, run.id))
