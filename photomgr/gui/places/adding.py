"""Taking folders into the library and out of it: by the chooser, by drop, from the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QStandardPaths, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from photomgr.core.records import Change
from photomgr.gui.exchange.drop_door import can_take
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import NOW, Bridge

if TYPE_CHECKING:
    from photomgr.library import Library


class Adding(QObject):
    """Watches ``window`` for drops. What the library refuses, it says in a message. ``pictured`` carries the data of
    a drop that holds a picture rather than a folder, to be looked at before this call returns."""

    pictured = Signal(object)

    def __init__(self, library: Library, bridge: Bridge, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def choose(self) -> None:
        """Ask for a folder, without stopping anything else."""
        if self._library.read_only:
            self._messages.error(self.tr("The library is open read-only: no folder can be added."))
            return
        dialog = QFileDialog(self._window, self.tr("Add a folder of photos"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(_pictures())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.add(Path(chosen)))
        dialog.open()

    def add(self, folder: Path) -> None:
        """Take a folder in; its photos are looked for at once."""
        self._bridge.call(lambda: self._library.add_root(folder), self._said, priority=NOW)

    def remove(self, root_id: int) -> None:
        """Take a folder out; its files and what was decided stay."""
        self._bridge.call(lambda: self._library.remove_root(root_id), self._said, priority=NOW)

    def _said(self, change: Change) -> None:
        self._messages.info(change.text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent):
            # What is dragged out of the grid is not brought back in.
            data = event.mimeData()
            if event.source() is None and (any(url.isLocalFile() for url in data.urls()) or can_take(data)):
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                return True
        elif isinstance(event, QDropEvent):
            data = event.mimeData()
            files = [Path(os.path.abspath(url.toLocalFile())) for url in data.urls() if url.isLocalFile()]
            folders = [each for each in files if each.is_dir()]
            if can_take(data) and not folders:
                self.pictured.emit(data)
            else:
                for each in folders or files:
                    self.add(each)
            event.accept()
            return True
        return super().eventFilter(watched, event)


def _pictures() -> str:
    """Where a person's photos most probably are: the folder of pictures, else home."""
    places = QStandardPaths.StandardLocation
    found = (QStandardPaths.writableLocation(each) for each in (places.PicturesLocation, places.HomeLocation))
    return next((each for each in found if os.path.isdir(each)), "")
