"""The window of the tag list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.query import quote
from photomgr.core.records import Change, What, tag_key
from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.housekeeping.lists import MergesPage, RunsPage, SetsPage, plain_label
from photomgr.gui.housekeeping.merging import MergeDialog
from photomgr.gui.housekeeping.report_page import ReportPage
from photomgr.gui.housekeeping.tag_details import TagDetails
from photomgr.gui.housekeeping.tag_model import NAME, PHOTOS, TagTable
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import Bridge
from photomgr.library.housekeeping import ListedTag

if TYPE_CHECKING:
    from photomgr.library import Library

TAGS, MERGES, SETS, RUNS, REPORT = range(5)
_SOON: Final = 200  # milliseconds for which changes are gathered


class TagDesk(QDialog):
    """Not modal. ``query_wanted`` carries a search for the photos of a tag."""

    query_wanted = Signal(str)

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget, page: int = TAGS
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Tags"))
        self.keeper = Keeper(library, bridge, messages, self)
        self._again = QTimer(self, singleShot=True, interval=_SOON)
        self._again.timeout.connect(self.refresh)
        self._wanted = ""  # the tag to show as soon as the list is there
        self._build()
        self._connect()
        bridge.changes.connect(self._changed)
        self.pages.setCurrentIndex(page)
        self.resize(980, 640)
        self.refresh()

    def _build(self) -> None:
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(self.tr("Find a tag by any of its names"))
        self.filter.setAccessibleName(self.tr("Find a tag"))
        self.filter.setClearButtonEnabled(True)
        self.model = TagTable(self.keeper.locked, self)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Tags"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.table.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.table.setDropIndicatorShown(True)
        self.table.setDragDropOverwriteMode(True)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(PHOTOS, Qt.SortOrder.DescendingOrder)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for column, width in enumerate((170, 66, 80, 110, 120)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(column, width)
        self.details = TagDetails(self.keeper, self)
        self.details.setFixedWidth(270)
        self.hint = plain_label(
            self.tr("F2 renames. Drag a tag onto another one to merge it into that."), self
        )
        left = QVBoxLayout()
        for widget in (self.filter, self.table, self.hint):
            left.addWidget(widget)
        tags = QWidget(self)
        line = QHBoxLayout(tags)
        line.addLayout(left, 1)
        line.addWidget(self.details)
        self.merges = MergesPage(self.keeper, self)
        self.sets = SetsPage(self.keeper, self)
        self.runs = RunsPage(self.keeper, self)
        self.report = ReportPage(self.keeper, self)
        self.pages = QTabWidget(self)
        for page, title in (
            (tags, self.tr("Tags")),
            (self.merges, self.tr("Suggested merges")),
            (self.sets, self.tr("Tag sets")),
            (self.runs, self.tr("By itself")),
            (self.report, self.tr("Learning report")),
        ):
            self.pages.addTab(page, title)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter keeps what was typed into a line, and presses nothing

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._filtered)
        self.model.renamed.connect(self._rename)
        self.model.dropped.connect(self.ask_merge)
        self.table.selectionModel().currentRowChanged.connect(lambda index, _: self._chosen(index))
        self.details.found.connect(lambda tag: self.query_wanted.emit(f"tag:{quote(tag)}"))
        self.details.merged.connect(lambda tag: self.ask_merge(tag, ""))
        self.details.renamed.connect(lambda _: self._edit())
        self.table.doubleClicked.connect(lambda _: self._show_photos())
        self.runs.found.connect(self.query_wanted)
        self.merges.wanted.connect(self.ask_merge)
        self.keeper.said.connect(self.hint.setText)
        self.keeper.done.connect(self._again.start)
        self.pages.currentChanged.connect(lambda _: self.refresh())

    # what is shown

    def _changed(self, change: Change) -> None:
        if change.what & (What.TAGS | What.SUGGESTIONS):
            self._again.start()

    def refresh(self) -> None:
        """Read again what the page at the front shows."""
        page = self.pages.currentIndex()
        if page == TAGS:
            self.keeper.ask(self.keeper.library.housekeeping.tags, self._show)
        else:
            (self.merges, self.sets, self.runs, self.report)[page - 1].refresh()

    def _show(self, tags: list[ListedTag]) -> None:
        name = self._wanted or self._current()
        if self.table.state() is QAbstractItemView.State.EditingState:
            self._again.start()
            return
        self.model.set_tags(tags)
        self._wanted = ""
        self._select(name)

    def _filtered(self, text: str) -> None:
        name = self._current()
        self.model.set_filter(text)
        self._select(name)

    def _current(self) -> str:
        tag = self.model.tag(self.table.currentIndex())
        return tag.kept.tag if tag is not None else ""

    def _select(self, name: str) -> None:
        row = max(self.model.row_of(name), 0)
        index = self.model.index(row, NAME)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        self._chosen(index)

    def look_at(self, tag: str) -> None:
        """Show this tag, as soon as the list is there."""
        self._wanted = tag
        self.filter.clear()
        self.pages.setCurrentIndex(TAGS)
        self._select(tag)

    def _chosen(self, index: QModelIndex) -> None:
        self.details.show_tag(self.model.tag(index))

    def _show_photos(self) -> None:
        if name := self._current():
            self.query_wanted.emit(f"tag:{quote(name)}")

    # what is done

    def _edit(self) -> None:
        self.table.setFocus()
        self.table.edit(self.model.index(self.table.currentIndex().row(), NAME))

    def _rename(self, tag: str, name: str) -> None:
        housekeeping = self.keeper.library.housekeeping
        self.keeper.ask(lambda: housekeeping.tag(name), partial(self._rename_or_merge, tag, name))

    def _rename_or_merge(self, tag: str, name: str, other: ListedTag | None) -> None:
        """A name that another tag has means merging: that is asked first."""
        if other is not None and tag_key(other.kept.tag) != tag_key(tag):
            self.ask_merge(tag, other.kept.tag)
        else:
            self.keeper.do(partial(self.keeper.library.housekeeping.rename, tag, name))

    def ask_merge(self, tag: str, into: str) -> MergeDialog:
        """Show what merging would do, and offer it."""
        names = [each.kept.tag for each in self.model.everything if each.kept.tag != tag]
        dialog = MergeDialog(self.keeper, tag, into, names, self)
        dialog.open()
        return dialog
