"""What can be done with the selected photos by the right button, and what a drag looks like."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QMenu

from photomgr.core.records import LABEL_COLOURS
from photomgr.gui.looks import glyphs, texts
from photomgr.gui.looks.icons import icon

if TYPE_CHECKING:
    from photomgr.gui.grid.grid import Grid


class PhotoMenu(QMenu):
    """The context menu of a grid; it goes away by itself."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._grid = grid
        self._ids = grid.selected_ids()
        self.setAccessibleName(texts.photos(len(self._ids)))
        current = grid.current_id()
        self._current = current if current in self._ids else self._ids[0]
        opened = self.addAction(icon("photo"), self.tr("Open"), partial(grid.opened.emit, self._current))
        opened.setShortcut(Qt.Key.Key_Return)
        self.setDefaultAction(opened)
        self.addAction(icon("search"), self.tr("More like this"), self.find_alike)
        album = partial(grid.album_wanted.emit, self._ids)
        self.addAction(icon("photos"), self.tr("New album with these photos"), album).setEnabled(
            not grid.library.read_only
        )
        self.addAction(icon("folder"), self.tr("Show in folder"), self.show_in_folder)
        self.addAction(self.tr("Open in another program"), self.open_elsewhere)
        self.addAction(self.tr("Copy path(s)", "", len(self._ids)), self.copy_paths)
        self.addSeparator()
        self._add_ratings()
        self._add_labels()
        self.addSeparator()
        for action in grid.more:
            self.addAction(action)
        self.addSeparator()
        for action in grid.more_views:
            self.addAction(action)
        self._add_switch(self.tr("File names"), grid.cells.names, grid.show_names)
        self._add_switch(self.tr("Suggestions on the photos"), grid.cells.suggestions, grid.show_suggestions)

    def _add_switch(self, text: str, on: bool, switch: Callable[[bool], None]) -> None:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(switch)

    def _add_ratings(self) -> None:
        menu = self.addMenu(icon("star"), self.tr("Rating"))
        menu.setEnabled(not self._grid.library.read_only)
        for stars in range(5, -1, -1):
            text = self.tr("%n star(s)", "", stars) if stars else self.tr("No rating")
            menu.addAction(f"{text}\tCtrl+{stars}", partial(self._grid.rate_wanted.emit, stars))

    def _add_labels(self) -> None:
        menu = self.addMenu(icon("tag"), self.tr("Label"))
        menu.setEnabled(not self._grid.library.read_only)
        for colour in LABEL_COLOURS:
            wish = partial(self._grid.label_wanted.emit, colour)
            menu.addAction(_swatch(glyphs.LABELS[colour]), label_name(colour), wish)
        menu.addAction(self.tr("No label"), partial(self._grid.label_wanted.emit, None))

    def copy_paths(self) -> None:
        """The paths as text and as files, for an editor and for a file manager."""
        QGuiApplication.clipboard().setMimeData(self._grid.photos.files_of(self._ids))

    def find_alike(self) -> None:
        self._grid.alike_wanted.emit(self._current)

    def open_elsewhere(self) -> None:
        """In the program that the system has for such files: a film is played."""
        photo = self._grid.library.photo(self._current)
        if photo is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(os.fspath(photo.path)))

    def show_in_folder(self) -> None:
        photo = self._grid.library.photo(self._current)
        if photo is not None:
            folder = os.fspath(photo.path.parent)
            QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


def label_name(colour: str) -> str:
    """A label's colour in the person's language."""
    translate = QGuiApplication.translate
    names = {
        "red": translate("Labels", "Red"),
        "yellow": translate("Labels", "Yellow"),
        "green": translate("Labels", "Green"),
        "blue": translate("Labels", "Blue"),
        "purple": translate("Labels", "Purple"),
    }
    return names[colour]


def _swatch(colour: QColor) -> QIcon:
    pixmap = QPixmap(16, 16)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(2, 2, 12, 12, 3, 3)
    painter.end()
    return QIcon(pixmap)


def drag_picture(photo: QPixmap, count: int, palette: QPalette) -> QPixmap:
    """A small photo with the number of photos that go along."""
    picture = photo.scaled(
        QSize(112, 112), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    if count > 1:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = texts.number(count)
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        badge = QRect(picture.width() - width - 4, 4, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(badge, 10, 10)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
    return picture
