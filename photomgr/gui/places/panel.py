"""The left panel: places of the library, folders, tags. A click searches; with Ctrl it narrows the search."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QMenu,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.records import Change, Counts, Root, Sort, TagCount, What
from photomgr.gui.looks.icons import pixmap
from photomgr.gui.places.model import (
    COUNT_ROLE,
    FAINT_ROLE,
    ICON_ROLE,
    MAP,
    FolderModel,
    FolderNode,
    PlaceModel,
    TagModel,
    folder_nodes,
    folder_query,
    tag_query,
)
from photomgr.gui.threads.bridge import Bridge
from photomgr.gui.threads.rereading import Rereading

if TYPE_CHECKING:
    from photomgr.library import Library

_Read = tuple[list[Root], list[FolderNode], list[TagCount], Counts]
_LISTED: Final = What.PHOTOS | What.METADATA | What.TAGS | What.SUGGESTIONS | What.PRESENCE | What.ROOTS
_PAUSE: Final = 400  # milliseconds in which changes are gathered before the counts are read again


class RowDelegate(QStyledItemDelegate):
    """Icon, name, and a count at the right edge."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, option.fontMetrics.height() + 9)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        state: QStyle.StateFlag = option.state
        palette: QPalette = option.palette
        selected = bool(state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole
        ink = palette.color(role.HighlightedText if selected else role.Text)
        faint = ink if selected else palette.color(role.PlaceholderText)
        room: QRect = option.rect.adjusted(4, 0, -8, 0)
        metrics = option.fontMetrics
        side = 16
        ratio = option.widget.devicePixelRatioF()
        picture = pixmap(index.data(ICON_ROLE), side, faint, ratio)
        painter.drawPixmap(QPoint(room.left(), room.center().y() - side // 2 + 1), picture)
        count = index.data(COUNT_ROLE)
        painter.setPen(faint)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        words = room.adjusted(side + 7, 0, -metrics.horizontalAdvance(count) - 8, 0)
        painter.setPen(faint if index.data(FAINT_ROLE) else ink)
        name = metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)


class _Enter(QObject):
    """Gives Enter in an item view to a function, since ``activated`` differs between platforms."""

    def __init__(self, view: QAbstractItemView, entered: Callable[[QModelIndex], None]) -> None:
        super().__init__(view)
        self._view = view
        self._entered = entered
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in keys:
            self._entered(self._view.currentIndex())
            return True
        return False


class Section(QWidget):
    """A heading that folds what is below it."""

    def __init__(self, title: str, body: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.body = body
        self.header = QToolButton(self)
        self.header.setText(title)
        self.header.setProperty("flat", True)
        self.header.setCheckable(True)
        self.header.setChecked(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setArrowType(Qt.ArrowType.DownArrow)
        plain = "QToolButton, QToolButton:checked { background: transparent; font-weight: 600; }"
        self.header.setStyleSheet(plain)
        self.header.toggled.connect(self._fold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(body, 1)

    def _fold(self, opened: bool) -> None:
        self.header.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.body.setVisible(opened)
        self.setMaximumHeight(16_777_215 if opened else self.header.sizeHint().height())


class FolderTree(QWidget):
    """``asked`` carries (query, Sort or None) to show; ``narrowed`` a query to add to the present one.
    ``rescan`` carries a folder, ``writing_wanted`` a folder and where its decisions are to be written, ``remove`` a
    root's id, ``moved`` a folder that is somewhere else now, ``add_wanted`` asks for the folder chooser, ``map_wanted``
    for the map; ``counted`` follows when ``roots`` and ``counts`` were read; ``left`` a click of the mouse, after which
    the keys are for the photos."""

    asked = Signal(str, object)
    narrowed = Signal(str)
    rescan = Signal(object)
    writing_wanted = Signal(object, object)
    remove = Signal(int)
    moved = Signal(object)
    add_wanted = Signal()
    counted = Signal()
    left = Signal()
    map_wanted = Signal()

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._marked = ("", Sort.NEWEST)
        self.counts: Counts | None = None
        self.roots: list[Root] = []
        self._opened: dict[str, bool] = {}  # by path, for the folders that a person opened or closed
        self.places = PlaceModel(self)
        self.folders = FolderModel(self)
        self.tags = TagModel(self)
        self.delegate = RowDelegate(self)
        self.place_view = self._list(self.places, self.tr("Library"), self._place_clicked)
        self.folder_view = self._tree()
        self.tag_view = self._list(self.tags, self.tr("Tags"), self._tag_clicked)
        self.tag_filter = QLineEdit(self)
        self.tag_filter.setPlaceholderText(self.tr("Filter the tags"))
        self.tag_filter.setAccessibleName(self.tr("Filter the tags"))
        self.tag_filter.setClearButtonEnabled(True)
        self.tag_filter.textChanged.connect(self.tags.set_filter)
        self._lay_out()
        self._lists = Rereading(bridge, self._read, self._show, self, pause=_PAUSE)
        bridge.changes.connect(self._changed)
        self._fit_places()
        self.places.modelReset.connect(self._fit_places)

    def _list(
        self, model: PlaceModel | TagModel, name: str, clicked: Callable[[QModelIndex], None]
    ) -> QListView:
        view = QListView(self)
        view.setModel(model)
        view.setUniformItemSizes(True)
        self._dress(view, name, clicked)
        return view

    def _tree(self) -> QTreeView:
        view = QTreeView(self)
        view.setModel(self.folders)
        view.setHeaderHidden(True)
        view.setUniformRowHeights(True)
        view.setIndentation(14)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._menu)
        view.expanded.connect(self._note_opened)
        view.collapsed.connect(self._note_opened)
        self._dress(view, self.tr("Folders"), self._folder_clicked)
        return view

    def _dress(self, view: QAbstractItemView, name: str, clicked: Callable[[QModelIndex], None]) -> None:
        view.setItemDelegate(self.delegate)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setAccessibleName(name)
        view.viewport().setAutoFillBackground(False)
        view.clicked.connect(clicked)
        view.clicked.connect(self.left)
        _Enter(view, clicked)

    def _lay_out(self) -> None:
        tags = QWidget(self)
        inner = QVBoxLayout(tags)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        filter_row = QVBoxLayout()
        filter_row.setContentsMargins(6, 2, 6, 0)
        filter_row.addWidget(self.tag_filter)
        inner.addLayout(filter_row)
        inner.addWidget(self.tag_view, 1)
        self.library_section = Section(self.tr("Library"), self.place_view, self)
        self.folder_section = Section(self.tr("Folders"), self.folder_view, self)
        self.tag_section = Section(self.tr("Tags"), tags, self)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.folder_section)
        self.splitter.addWidget(self.tag_section)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.library_section)
        layout.addWidget(self.splitter, 1)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Tab goes from top to bottom."""
        order = (
            self.library_section.header,
            self.place_view,
            self.folder_section.header,
            self.folder_view,
            self.tag_section.header,
            self.tag_filter,
            self.tag_view,
        )
        for one, other in pairwise(order):
            QWidget.setTabOrder(one, other)

    def _fit_places(self) -> None:
        row = self.place_view.sizeHintForRow(0)
        self.place_view.setFixedHeight(row * self.places.rowCount() + 4)

    # What is listed

    def _changed(self, change: Change) -> None:
        if change.what & _LISTED:
            self._lists.soon()

    def refresh(self) -> None:
        """Read folders, tags and counts again, off this thread."""
        self._lists.now()

    def _read(self) -> _Read:
        library = self._library
        roots = library.roots()
        return roots, folder_nodes(roots, library.folders()), library.tags(), library.counts()

    def _show(self, read: _Read) -> None:
        self.roots, nodes, tags, counts = read
        self._show_folders(nodes)
        self.tags.set_tags(tags)
        self.places.set_counts(counts)
        self.counts = counts
        self.counted.emit()

    def _show_folders(self, nodes: list[FolderNode]) -> None:
        current = self.folders.node(self.folder_view.currentIndex())
        if not self.folders.set_nodes(nodes):
            return
        for number, node in enumerate(nodes):
            if self._opened.get(node.key, node.is_root):
                self.folder_view.expand(self.folders.index_of(number))
        if current is not None:
            self.folder_view.setCurrentIndex(self.folders.find(current.path))

    def _note_opened(self, index: QModelIndex) -> None:
        node = self.folders.node(index)
        if node is not None:
            self._opened[node.key] = self.folder_view.isExpanded(index)

    # What is clicked

    def mark(self, query: str, sort: Sort) -> None:
        """Show where the present query stands, without asking for it."""
        self._marked = (query, sort)
        row = self.places.row_of(query, sort)
        self.place_view.setCurrentIndex(self.places.index(row) if row >= 0 else QModelIndex())
        current = self.folders.node(self.folder_view.currentIndex())
        if current is None or folder_query(current.path) != query:
            self.folder_view.setCurrentIndex(QModelIndex())
        tag = self.tags.tag(self.tag_view.currentIndex())
        if tag is None or query not in (tag_query(tag.tag), tag_query(tag.tag, suggested=True)):
            self.tag_view.setCurrentIndex(QModelIndex())

    def mark_map(self, shown: bool) -> None:
        """The map stands in the place of the photos, or no longer."""
        if shown:
            self.place_view.setCurrentIndex(self.places.index(self.places.row_of_key(MAP)))
        else:
            self.mark(*self._marked)

    def _ask(self, query: str, sort: Sort | None = None) -> None:
        if QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier and query:
            self.narrowed.emit(query)
        else:
            self.asked.emit(query, sort)

    def _place_clicked(self, index: QModelIndex) -> None:
        place = self.places.place(index)
        if place is not None and place.key == MAP:
            self.map_wanted.emit()
        elif place is not None:
            self._ask(place.query, place.sort)

    def _folder_clicked(self, index: QModelIndex) -> None:
        node = self.folders.node(index)
        if node is not None:
            self._ask(folder_query(node.path))

    def _tag_clicked(self, index: QModelIndex) -> None:
        tag = self.tags.tag(index)
        if tag is not None:
            self._ask(tag_query(tag.tag, suggested=not tag.count))

    def _menu(self, where: QPoint) -> None:
        menu = self.folder_menu(self.folders.node(self.folder_view.indexAt(where)))
        menu.aboutToHide.connect(lambda: self.mark(*self._marked))  # the right button has moved the bar
        menu.popup(self.folder_view.viewport().mapToGlobal(where))

    def folder_menu(self, node: FolderNode | None) -> QMenu:
        """What can be done with a folder; deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        free = not self._library.read_only
        if node is not None:
            path: Path = node.path
            menu.addAction(self.tr("Show these photos"), lambda: self._ask(folder_query(path)))
            again = menu.addAction(self.tr("Look here for new photos"), lambda: self.rescan.emit(path))
            again.setEnabled(free)
            menu.addAction(
                self.tr("Open in the file manager"),
                lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(os.fspath(path))),
            ).setEnabled(node.online)
            menu.addAction(
                self.tr("Copy the path"), lambda: QGuiApplication.clipboard().setText(os.fspath(path))
            )
            self._add_writing(menu, path, free)
            if node.is_root and not node.online:
                menu.addAction(
                    self.tr("It is somewhere else now…"), lambda: self.moved.emit(path)
                ).setEnabled(free)
            if node.is_root:
                menu.addSeparator()
                away = menu.addAction(self.tr("Take out of the library"), lambda: self.remove.emit(node.root))
                away.setToolTip(self.tr("Files and decisions stay"))
                away.setEnabled(free)
            menu.addSeparator()
        menu.addAction(self.tr("Add a folder…"), self.add_wanted.emit).setEnabled(free)
        return menu

    def _add_writing(self, menu: QMenu, folder: Path, free: bool) -> None:
        """Where decisions on the photos of a folder and below are written by themselves."""
        rule = self._library.exchange.folder_modes().get(os.fsencode(folder))
        choices = menu.addMenu(self.tr("Write decisions here"))
        choices.setEnabled(free)
        for text, mode in (
            (self.tr("As the folder above, or the settings, say"), None),
            (self.tr("Nowhere"), "never"),
            (self.tr("Into sidecars"), "sidecar"),
            (self.tr("Into the photo files"), "file"),
        ):
            action = choices.addAction(text, partial(self.writing_wanted.emit, folder, mode))
            action.setCheckable(True)
            action.setChecked(mode == rule)
