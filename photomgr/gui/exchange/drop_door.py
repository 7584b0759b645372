"""Pictures dropped on the window that are in no folder of the library: an address, a file, or the picture itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, QUrl
from PySide6.QtGui import QImage

from photomgr.core.containers import open_fault
from photomgr.core.walk import is_photo_name
from photomgr.gui.exchange.drop_page import DropPage
from photomgr.gui.threads.bridge import NOW
from photomgr.library import address
from photomgr.library.dropping import Dropped, Looked

if TYPE_CHECKING:
    from photomgr.gui.main_window import MainWindow

_FULL: Final = QUrl.ComponentFormattingOption.FullyEncoded
_MOST_PIXELS: Final = 100_000_000


def can_take(data: QMimeData) -> bool:
    """Whether a drop holds a picture that comes from elsewhere."""
    return data.hasImage() or any(_is_picture(url) for url in data.urls())


def _is_picture(url: QUrl) -> bool:
    if url.isLocalFile():
        path = Path(url.toLocalFile())
        return is_photo_name(path.name.encode("utf-8", "surrogateescape")) and path.is_file()
    return url.scheme() == "https"


class DropDoor(QObject):
    """Serves one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dropping = window.library.dropping
        self._bridge = window.bridge
        self._messages = window.messages

    def take(self, data: QMimeData) -> DropPage | None:
        """Look at what was dropped, or save it, as the person has it set; the picture itself before its address."""
        urls = [url for url in data.urls() if _is_picture(url)]
        url = urls[0] if urls else QUrl()
        name = url.fileName() or self.tr("Picture")
        image = data.imageData() if data.hasImage() else None
        if url.isLocalFile():
            return self._begin(name, partial(_file, url.toLocalFile(), self._window))
        if isinstance(image, QImage) and not image.isNull():
            return self._begin(name, partial(_image, image, name, self._window))
        if not url.isEmpty():
            return self.fetch(url.toString(_FULL))
        return None

    def fetch(self, where: str) -> DropPage | None:
        """The picture at an address, which is asked for first unless that is allowed."""
        if self._dropping.allowed:
            return self._begin(where, partial(self._dropping.fetch, where))
        page = self._page(where)
        page.allowed.connect(partial(self._permitted, page, where))
        page.show()
        return page

    def _permitted(self, page: DropPage, where: str, always: bool) -> None:
        if always:
            self._window.housekeeping.set("network", True)
        self._work(page, partial(self._dropping.fetch, where, once=True))

    def _page(self, name: str) -> DropPage:
        return DropPage(name, self._window, can_keep=not self._window.library.read_only)

    def _begin(self, name: str, get: partial[Dropped]) -> DropPage | None:
        if self._window.library.settings.get("dropped") == "inbox":
            self._bridge.call(
                lambda: self._dropping.keep(get()), self._kept, self._messages.failed, priority=NOW
            )
            return None
        page = self._page(name)
        page.show()
        self._work(page, get)
        return page

    def _work(self, page: DropPage, get: partial[Dropped]) -> None:
        """Get the picture and look at it; it is kept at once where the person has that set."""
        at_once = self._window.library.settings.get("dropped") == "inbox"
        page.work()
        closed: list[bool] = []
        page.destroyed.connect(lambda: closed.append(True))

        def look() -> tuple[Dropped, Looked | None, Path | None]:
            dropped = get()
            if at_once:
                return dropped, None, self._dropping.keep(dropped)
            return dropped, self._dropping.look(dropped), None

        def show(found: tuple[Dropped, Looked | None, Path | None]) -> None:
            dropped, looked, path = found
            if path is not None:
                self._kept(path)
            if closed:
                return
            if looked is None:
                page.close()
                return
            page.show_looked(looked)
            page.kept.connect(partial(self._keep, page, dropped))

        def failed(error: BaseException) -> None:
            if not closed:
                page.close()
            self._messages.failed(error)

        self._bridge.call(look, show, failed, priority=NOW)

    def _keep(self, page: DropPage, dropped: Dropped) -> None:
        page.close()
        self._bridge.call(
            lambda: self._dropping.keep(dropped), self._kept, self._messages.failed, priority=NOW
        )

    def _kept(self, path: Path) -> None:
        text = self.tr("{name} saved into {folder}")
        self._messages.info(text.format(name=path.name, folder=path.parent))


def _file(path: str, window: MainWindow) -> Dropped:
    try:
        with open(path, "rb") as file:
            data = file.read(address.MOST + 1)
    except OSError as error:
        raise open_fault(error) from error
    return window.library.dropping.take(data, path)


def _image(image: QImage, name: str, window: MainWindow) -> Dropped:
    """The picture as PNG; transparency and depth stay. Raises ImageError."""
    data = QByteArray()
    if image.width() * image.height() <= _MOST_PIXELS:
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
    return window.library.dropping.take(bytes(data.data()), name)
