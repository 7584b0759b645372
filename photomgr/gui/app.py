"""Starts the window: application, colours, translations, the library, and what is shown when it is busy."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSocketNotifier, Qt, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from photomgr import __version__
from photomgr.core.assets import resources_dir
from photomgr.core.errors import CatalogBusy, CatalogError, PhotomgrError
from photomgr.core.paths import Paths
from photomgr.core.settings import Settings
from photomgr.gui.frame import pages
from photomgr.gui.frame.pages import Page
from photomgr.gui.looks.icons import application_icon
from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.main_window import MainWindow
from photomgr.gui.threads.collector import Collector
from photomgr.library import Library

if TYPE_CHECKING:
    from photomgr.gui.messages import Messages

log = logging.getLogger(__name__)

_BACKUP_AFTER = 20_000  # milliseconds from the start to the daily backup
# Seconds for which another thread goes on while the window waits for Python. A painting hands Python back and forth
# some sixty times, so that at the usual 0.005 a busy search index alone kept a key waiting for 0.4 s.
_TURN = 0.0001


class App(QObject):
    """One library on the screen: its window, or the page that says why it cannot be opened."""

    def __init__(self, application: QApplication, paths: Paths) -> None:
        super().__init__(application)
        self.paths = paths
        self.theme = Theme(application, _colours(paths))
        self.library: Library | None = None
        self.window: MainWindow | None = None
        self.page: Page | None = None
        self._folders: list[Path] = []

    def open(self, read_only: bool, folders: Sequence[Path] = ()) -> bool:
        """Open the library and show its window; False when a page says why that was not possible."""
        self._folders = list(folders)
        try:
            self.library = Library.open(self.paths, read_only=read_only)
        except CatalogBusy as error:
            self._explain(pages.busy(self._look, self._again, self.close, str(error)))
            return False
        except (CatalogError, PhotomgrError, OSError) as error:
            self._explain(pages.broken(str(error), self._again, self.close))
            return False
        window = MainWindow(self.library, self.theme)
        window.reopen_wanted.connect(self._reopen, Qt.ConnectionType.QueuedConnection)
        self.window = window
        self._put_page_away()
        window.show()
        QTimer.singleShot(0, window, lambda: window.begin(self._take_folders()))
        QTimer.singleShot(_BACKUP_AFTER, window, window.housekeeping.daily_backup)
        return True

    def _take_folders(self) -> list[Path]:
        folders, self._folders = self._folders, []
        return folders

    def _explain(self, state: pages.State) -> None:
        if self.page is None:
            self.page = Page()
            self.page.setWindowTitle("photomgr")
            self.page.resize(760, 480)
        self.page.show_state(state)
        self.page.show()

    def _put_page_away(self) -> None:
        if self.page is not None:
            self.page.hide()
            self.page.deleteLater()
            self.page = None

    def _look(self) -> None:
        self.open(True, self._folders)

    def _again(self) -> None:
        self.open(False, self._folders)

    def _reopen(self, read_only: bool) -> None:
        self.close()
        self.open(read_only)

    def close(self) -> None:
        """Close the window and the library; a page too."""
        window, self.window = self.window, None
        if window is not None:
            window.close()
            window.deleteLater()
        if self.library is not None:
            self.library.close()
            self.library = None
        self._put_page_away()

    @property
    def messages(self) -> Messages | None:
        return self.window.messages if self.window is not None else None


def _colours(paths: Paths) -> Choice:
    try:
        return Choice(Settings(paths.settings).get("colours"))
    except PhotomgrError:
        return Choice.SYSTEM


def install_translations(application: QApplication) -> None:
    """Qt's own texts and ours in the person's language; English needs ours too, for its plurals."""
    qt = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    ours = resources_dir() / "translations"
    for folder, name in ((qt, "qtbase"), (ours, "photomgr")):
        translator = QTranslator(application)
        found = translator.load(QLocale(), name, "_", str(folder))
        if not found and folder == ours:
            found = translator.load(str(ours / "photomgr_en.qm"))
        if found:
            application.installTranslator(translator)


def prepare(application: QApplication) -> None:
    """Name, icon, translations and font of the application, and Python's threads in short turns."""
    sys.setswitchinterval(_TURN)
    if QLocale.system().language() is QLocale.Language.C:  # numbers are still grouped for a person
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    application.setApplicationName("photomgr")
    application.setApplicationDisplayName("")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("photomgr")
    application.setWindowIcon(application_icon())
    install_translations(application)
    font = application.font()
    if 0 < font.pointSizeF() < 9:
        font.setPointSizeF(9)
        application.setFont(font)


class _Signals(QObject):
    """Ctrl+C and a polite kill close the window like a person does."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._come)
        self._before = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    def _come(self) -> None:
        self._read.recv(64)
        QApplication.closeAllWindows()
        QApplication.quit()

    def close(self) -> None:
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        self._read.close()
        self._write.close()


def keep_log(paths: Paths) -> Path | None:
    """Warnings and errors go to a file beside the caches, two of half a megabyte at most; None where
    nothing may be written (a guest)."""
    path = paths.cache / "photomgr.log"
    try:
        paths.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = RotatingFileHandler(path, maxBytes=500_000, backupCount=1, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    return path


def run(paths: Paths, folders: Sequence[Path] = (), read_only: bool = False) -> int:
    """Show the window until it is closed; the exit code."""
    application = QApplication(sys.argv[:1])
    prepare(application)
    keep_log(paths)
    collector = Collector(application)
    app = App(application, paths)

    def unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("unexpected %s", kind.__name__, exc_info=(kind, error, trace))
        if app.messages is not None and isinstance(error, Exception):
            app.messages.failed(error)

    sys.excepthook = unexpected
    signals = _Signals(application)
    absolute = [Path.cwd() / folder for folder in folders]
    app.open(read_only or _guest(paths), absolute)
    try:
        return application.exec()
    finally:
        app.close()
        signals.close()
        collector.stop()


def _guest(paths: Paths) -> bool:
    try:
        return bool(Settings(paths.settings).get("read_only"))
    except PhotomgrError:
        return False
