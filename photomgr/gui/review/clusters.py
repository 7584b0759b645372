"""Browsing the whole library in clusters by look and time, to tag one at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.frame.pages import Page, State
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks import texts
from photomgr.gui.looks.elided import heading
from photomgr.gui.looks.flow_layout import FlowLayout
from photomgr.gui.messages import Messages
from photomgr.gui.places.model import COUNT_ROLE, FAINT_ROLE, ICON_ROLE
from photomgr.gui.review.arrangement import one_cluster
from photomgr.gui.review.columns import beside, chooser, faint
from photomgr.gui.review.wall import Wall
from photomgr.gui.tags.add_box import AddBox
from photomgr.gui.tags.decider import Decider
from photomgr.gui.threads.bridge import Bridge, JobHandle
from photomgr.library.cluster_names import Cluster

if TYPE_CHECKING:
    from photomgr.library import Library

CLUSTERS: Final = "clusters"
_NONE: Final = QModelIndex()
_OFFERED: Final = 3


class ClusterModel(QAbstractListModel):
    """The clusters by name."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clusters: list[Cluster] = []

    def set_clusters(self, clusters: Sequence[Cluster]) -> None:
        self.beginResetModel()
        self.clusters = list(clusters)
        self.endResetModel()

    def name(self, cluster: Cluster) -> str:
        """Its most telling tags, or that there are none; with the time where another one has the same."""
        parts = [*cluster.tags] or [self.tr("Nothing in common by name")]
        if cluster.when is not None:
            parts.append(texts.months(*cluster.when))
        name = " \u00b7 ".join(parts)
        return name if cluster.number == 1 else self.tr("{name} ({n})").format(name=name, n=cluster.number)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NONE) -> int:
        return 0 if parent.isValid() else len(self.clusters)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if not index.isValid():
            return None
        cluster = self.clusters[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(cluster)
        if role == COUNT_ROLE:
            return texts.number(len(cluster.photos))
        if role == FAINT_ROLE:
            return not cluster.tags
        if role == ICON_ROLE:
            return "photos"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = f"{self.name(cluster)}, {texts.photos(len(cluster.photos))}"
            return plain(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return None


class Clusters(QWidget):
    """``looked_at`` carries the photos that are current, ``opened`` one to be seen large."""

    looked_at = Signal(object)
    opened = Signal(int)

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self.decider = Decider(library, bridge, messages, self)
        self.model = ClusterModel(self)
        self.wall = Wall(library, bridge, self)
        self.add_box = AddBox(library, bridge, self)
        self.page = Page(self)
        self._offers: list[QPushButton] = []
        self._build()
        self.wall.selection_changed.connect(self.looked_at)
        self.wall.opened.connect(self.opened)
        self.wall.ticks_changed.connect(self._count)
        self.add_box.wanted.connect(self.tag_ticked)
        self.add_box.left.connect(self.wall.setFocus)

    def _build(self) -> None:
        self.view = chooser(self.model, self.tr("Groups of the library"), self)
        self.view.selectionModel().currentChanged.connect(lambda index, _: self._choose(index))
        self.name = heading(self)
        self.about = faint(self)
        self._offer_box = QWidget(self)
        self._offer_layout = FlowLayout(self._offer_box, spacing=6)
        self.head = QFrame(self)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.name)
        words.addWidget(self.about)
        words.addWidget(self._offer_box)
        self.add_box.setFixedWidth(250)
        self.add_box.edit.setPlaceholderText(self.tr("Tag the ticked photos (T)"))
        top = QHBoxLayout(self.head)
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(14)
        top.addLayout(words, 1)
        top.addWidget(self.add_box, 0, Qt.AlignmentFlag.AlignTop)
        self.columns = beside(self.view, self.head, self.wall, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.columns)
        self.stack.addWidget(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setFocusProxy(self.wall)

    def open(self) -> None:
        """Group the library; what was grouped before is shown meanwhile."""
        if self._bridge.job(CLUSTERS) is not None:
            return
        if not self.model.clusters:
            text = self.tr("Grouping the library by look and time…")
            self.page.show_state(State("grouping", "photos", text, ""))
            self.stack.setCurrentWidget(self.page)
        job: JobHandle = self._bridge.start(CLUSTERS, self._library.reviewing.clusters)
        job.finished.connect(self._found)
        job.failed.connect(self._bridge.failed)

    def stop(self) -> None:
        if (job := self._bridge.job(CLUSTERS)) is not None:
            job.cancel()

    def say(self, state: State) -> None:
        """Show why there is nothing to browse."""
        self.page.show_state(state)
        self.stack.setCurrentWidget(self.page)

    def _found(self, clusters: list[Cluster]) -> None:
        if not clusters:
            title = self.tr("No groups yet")
            text = self.tr(
                "Photos are grouped by what the model saw in them, and it has not looked at any yet."
            )
            self.say(State("nothing", "photos", title, text))
            return
        self.model.set_clusters(clusters)
        self.stack.setCurrentWidget(self.columns)
        self.view.setCurrentIndex(self.model.index(0))
        self.wall.setFocus()

    @property
    def cluster(self) -> Cluster | None:
        """The one that is looked at."""
        index = self.view.currentIndex()
        return self.model.clusters[index.row()] if index.isValid() else None

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        cluster = self.model.clusters[index.row()]
        name = self.model.name(cluster)
        self.name.set_text(name)
        self.wall.forget_ticks()
        first = int(cluster.photos[0]) if len(cluster.photos) else None
        self.wall.arrange(one_cluster(cluster.photos, name), first)
        self._offer(cluster)

    def _offer(self, cluster: Cluster) -> None:
        """A button for each of the tags that name the group."""
        for button in self._offers:
            button.deleteLater()
        self._offers = []
        for tag in cluster.tags[:_OFFERED]:
            button = QPushButton(self._offer_box)
            text = self.tr("Tag them “{tag}”").format(tag=tag.replace("\n", " "))
            text = button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 240)
            button.setText(text.replace("&", "&&"))
            button.setToolTip(plain(tag))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setEnabled(not self._library.read_only)
            button.clicked.connect(lambda _=False, tag=tag: self.tag_ticked(tag))
            self._offer_layout.addWidget(button)
            self._offers.append(button)
            button.show()
        self.add_box.lock(
            self.tr("The library is open read-only: nothing can be changed.")
            if self._library.read_only
            else ""
        )

    def _count(self) -> None:
        ticked = int(self.wall.ticked().sum())
        text = self.tr("{n} of {photos} ticked: what you add goes to them in one step")
        self.about.setText(
            text.format(n=texts.number(ticked), photos=texts.photos(len(self.wall.arrangement.ids)))
        )

    def tag_ticked(self, tag: str) -> None:
        """Give the ticked photos a tag in one undoable action."""
        ids = self.wall.ticked_ids()
        if ids:
            self.decider.add(tag, ids)
        self.wall.setFocus()
