"""The grid of photos: an item view of its own, because only arithmetic shows 100,000 of them at once.

It paints what is on the screen and asks for that and one page ahead; nothing is decoded or queried
on this thread. What a cell looks like is ``grid_cells``' matter, what a click selects is
``grid_selection``'s, where a cell lies is ``grid_geometry``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDrag,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QToolTip, QWidget

from photomgr.gui.grid.cells import CellPainter, cell_for
from photomgr.gui.grid.dragging import with_photos
from photomgr.gui.grid.feed import GridFeed
from photomgr.gui.grid.geometry import HEADER, GridGeometry
from photomgr.gui.grid.menu import PhotoMenu, drag_picture
from photomgr.gui.grid.painting import GridPainting
from photomgr.gui.grid.photo_list import PhotoList
from photomgr.gui.grid.selection import GridSelection, Kept
from photomgr.gui.grid.thumbnails import ThumbnailLoader
from photomgr.gui.grid.tips import tip
from photomgr.gui.grid.view import ArithmeticView, Index
from photomgr.gui.threads.bridge import Bridge

if TYPE_CHECKING:
    from photomgr.library import Library

SMALLEST: Final = 96
LARGEST: Final = 384
_ZOOM_STEP: Final = 1.15
_KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier


class Grid(ArithmeticView):
    """``opened`` carries the photo that shall be looked at, ``selection_changed`` the selected ids in
    their order (a list), ``zoomed`` the side of a cell in pixels. ``rate_wanted`` (stars) and
    ``label_wanted`` (colour or None) come from the context menu and are meant for what is selected."""

    opened = Signal(int)
    selection_changed = Signal(object)
    zoomed = Signal(int)
    rate_wanted = Signal(int)
    label_wanted = Signal(object)
    alike_wanted = Signal(int)
    album_wanted = Signal(object)

    def __init__(
        self, library: Library, bridge: Bridge, photos: PhotoList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.library = library
        self.photos = photos
        self.more: list[QAction] = []  # what the window adds to the menu of photos
        self.more_views: list[QAction] = []
        self.thumbnails = ThumbnailLoader(library, bridge, self)
        self.cells = CellPainter(self)
        self.selecting = GridSelection(self)
        self._painting = GridPainting(self)
        self._side = 180
        self._ratio = 0.0
        self._mask: npt.NDArray[np.bool_] | None = None
        self._kept: Kept | None = None
        self._feed = GridFeed(self)
        self._setup()
        self._connect()

    def _setup(self) -> None:
        self.set_up_bars()
        self.setAccessibleName(self.tr("Photos"))
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(SMALLEST + 60, SMALLEST + 60)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    def _connect(self) -> None:
        self.setModel(self.photos)
        self.photos.modelAboutToBeReset.connect(self._keep)
        self.photos.replaced.connect(self._restore)
        self.photos.grouped.connect(self._regroup)

    # what others ask of it

    @property
    def cell_size(self) -> int:
        return self._side

    def set_cell_size(self, size: int, at: QPoint | None = None) -> None:
        """The side of a cell in pixels, 96 to 384. ``at`` is the place of the viewport whose photo
        stays where it is; without it the current photo does, or the first one on the screen."""
        size = min(LARGEST, max(SMALLEST, size))
        if size == self._side:
            return
        hold = self.hold(at)
        self._side = size
        self._relayout(hold)
        self.zoomed.emit(size)

    def show_names(self, names: bool) -> None:
        """File names under the photos, or not."""
        if names != self.cells.names:
            self.cells.names = names
            self._relayout(self.hold())

    def show_suggestions(self, shown: bool) -> None:
        """The best suggestions as chips on the photos, or not."""
        self.cells.suggestions = shown
        self.cells.forget_all()
        self.viewport().update()

    def selected_ids(self) -> list[int]:
        """In the order of the grid; of a closed stack all."""
        ids: list[int] = self.photos.stacked.spread(self.photos.ids[self.selected()]).tolist()
        return ids

    def current_id(self) -> int | None:
        row = self.current_row()
        return self.photos.id_at(row) if row >= 0 else None

    def select_id(self, photo_id: int) -> None:
        """Select that photo alone and scroll to it; nothing when it is not in the list."""
        row = self.photos.row_of(photo_id)
        if row >= 0:
            self.selecting.only(row)

    def on_badge(self, row: int, point: QPoint) -> bool:
        """Whether a point of the content lies on the number of a stack."""
        place = self.photos.place(self.photos.id_at(row))
        if place is None:
            return False
        corner = self.geometry_.rect(row).topLeft()
        return self.cells.stack_box(place).toAlignedRect().contains(point - corner)

    def toggle_stack(self, row: int | None = None) -> bool:
        """Open or close the stack in a row, of the current one by itself; False when there is none."""
        row = self.current_row() if row is None else row
        if row < 0:
            return False
        self.move_current(row)
        return self.photos.toggle_stack(self.photos.id_at(row))

    def header_title(self, section: int) -> str:
        """The date over that section, in words."""
        return self._painting.title(section)

    # rows

    def move_current(self, row: int, scroll: bool = True) -> None:
        index = self.photos.index(row, 0)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if scroll:
            self.scrollTo(index)

    def is_selected(self, row: int) -> bool:
        return bool(self.selected()[row])

    def selected(self) -> npt.NDArray[np.bool_]:
        if self._mask is None or len(self._mask) != self.photos.rowCount():
            self._mask = self.selecting.mask()
        return self._mask

    # layout

    def _relayout(self, hold: tuple[int, int] | None = None) -> None:
        cell = cell_for(self._side, self.cells.names, self._small_font())
        ratio = self.devicePixelRatioF()
        if cell != self.geometry_.cell or ratio != self._ratio:
            self._ratio = ratio
            self.cells.configure(cell, ratio, self.palette(), self._small_font())
        width, height = self.viewport().width(), self.viewport().height()
        self.geometry_ = GridGeometry(self.photos.rowCount(), cell, width, self.photos.starts)
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, height - (HEADER if self.geometry_.headers else 0)))
        bar.setSingleStep(max(8, self.geometry_.step_y // 3))
        bar.setRange(0, max(0, self.geometry_.height - height))
        if hold is not None and hold[0] < self.geometry_.count:
            bar.setValue(self.geometry_.rect(hold[0]).top() - hold[1])
        self.viewport().update()
        self._feed.ask()

    def _small_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(max(9.0, font.pointSizeF() - 1))
        return font

    def _keep(self) -> None:
        self._kept = Kept(self)

    def _restore(self) -> None:
        """After a new set of ids: what was selected and looked at stays so where it is still there."""
        self._mask = None
        self.selecting.stop()
        self._relayout()
        if self._kept is not None:
            same = self._kept.restore(self, self.selecting)
            self._kept = None
            if not same:
                self.selection_changed.emit(self.selected_ids())

    def _regroup(self) -> None:
        self._relayout(self.hold())

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self._relayout(self.hold())

    def resizeEvent(self, event: QResizeEvent) -> None:
        hold = self.hold()
        super(QAbstractItemView, self).resizeEvent(event)
        self._relayout(hold)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in kinds and hasattr(self, "cells"):
            self._ratio = 0.0
            self._relayout(self.hold())

    # what Qt asks of an item view

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._relayout()

    def selectAll(self) -> None:
        if count := self.photos.rowCount():
            self.selecting.select_ranges([(0, count - 1)])

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self._mask = None
        self.viewport().update()
        if self._kept is None:
            self.selection_changed.emit(self.selected_ids())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.speak()
        self.viewport().update()

    def speak(self) -> None:
        """What a screen reader says of the current photo."""
        row = self.current_row()
        if row < 0:
            self.setAccessibleDescription("")
            return
        name = self.photos.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) or self.tr("Photo")
        text = self.tr("{photo}; {place} of {count}")
        self.setAccessibleDescription(text.format(photo=name, place=row + 1, count=self.photos.rowCount()))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._feed.ask()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.devicePixelRatioF() != self._ratio:
            self._relayout(self.hold())
        self._painting.paint(event.region())

    # mouse, wheel and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.selecting.press(event, self.content_point(event.position().toPoint()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.selecting.move(event, self.content_point(event.position().toPoint())):
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.selecting.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.selecting.stop()
            self.opened.emit(self.photos.id_at(row))

    def _drag(self) -> None:
        ids = self.selected_ids()
        drag = QDrag(self)
        drag.setMimeData(with_photos(self.photos.files_of(ids), ids))
        current = self.current_id()
        picture = self.thumbnails.get(current) if current is not None else None
        if picture is not None:
            drag.setPixmap(drag_picture(picture, len(ids), self.palette()))
        drag.exec(Qt.DropAction.CopyAction)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        if delta := event.angleDelta().y():
            size = round(self._side * _ZOOM_STEP ** (delta / 120))
            self.set_cell_size(size, event.position().toPoint())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if (current := self.current_id()) is not None and not event.modifiers() & ~_KEYPAD:
                self.opened.emit(current)
                return
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.selecting.stop()
            self.selectionModel().clearSelection()
            self.viewport().update()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
        elif not self.selecting.key(event):
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.current_row() >= 0:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        if self.selected().any():
            self._menu = PhotoMenu(self)
            self._menu.popup(place)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tip(event)
            return True
        return super().viewportEvent(event)

    def _tip(self, event: QHelpEvent) -> None:
        row = self.indexAt(event.pos()).row()
        known = self.photos.row(self.photos.id_at(row)) if row >= 0 else None
        if known is None:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), tip(known), self.viewport())
