"""Before tags are written to files: every field that would change, for one photo or thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.exchange.difference_model import DifferenceModel
from photomgr.gui.looks import texts
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import Bridge, JobHandle
from photomgr.jobs import Job, Progress
from photomgr.library.writing import FileDifference, Written

if TYPE_CHECKING:
    from photomgr.library import Library

_OPEN_AT_MOST: Final = 50  # files whose fields are unfolded from the start
_BUSY: Final = 200  # milliseconds until it is tried again to begin a job that another page has running
_PAUSE: Final = 150  # milliseconds without a letter until the list is filtered


class WritePage(QDialog):
    """Not modal. Looks first, writes when the person says so, and can put everything back.

    ``photos_wanted`` carries ids of photos to be shown. ``mode`` sidecar or file is what is looked at first, "" for
    what the settings say.
    """

    photos_wanted = Signal(object)

    def __init__(
        self,
        library: Library,
        bridge: Bridge,
        messages: Messages,
        show_job: Callable[[JobHandle], None],
        ids: Sequence[int],
        parent: QWidget,
        mode: str = "",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Write tags to files"))
        self._library = library
        self._bridge = bridge
        self._messages = messages
        self._show_job = show_job
        self._ids = list(ids)
        self._written: list[int] = []
        self._unwritten: list[int] = []
        self._handle: JobHandle | None = None
        self._asked = 0
        self._writing = False
        self._gone = False
        self.destroyed.connect(partial(setattr, self, "_gone", True))
        self._filter_soon = QTimer(self, singleShot=True, interval=_PAUSE)
        self._build()
        chosen = mode or str(library.settings.get("write_metadata"))
        self.where.setCurrentIndex(1 if chosen == "file" else 0)
        self.resize(760, 560)
        self.look()

    # putting together

    def _build(self) -> None:
        self.about = QLabel(
            self.tr(
                "Other programs read tags from the photo files, or from small .xmp files beside them (sidecars). "
                "Nothing is written before you have seen it here. Only what you decided is written, never "
                "suggestions; what other programs wrote stays, and everything can be put back byte by byte."
            ),
            self,
        )
        self.where = QComboBox(self)
        self.where.addItem(self.tr("Into sidecars beside the photos"), "sidecar")
        self.where.addItem(self.tr("Into the photo files, where they can hold it"), "file")
        self.where.setAccessibleName(self.tr("Where to write"))
        self.where.activated.connect(lambda _: self.look())
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(self.tr("Filter by file, field, tag or problem"))
        self.filter.setAccessibleName(self.tr("Filter what would change"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _: self._filter_soon.start())
        self._filter_soon.timeout.connect(self._filter)
        self.model = DifferenceModel(self)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(self.tr("What would change"))
        self.tree.setUniformRowHeights(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.tree.header().resizeSection(0, 300)
        self.summary = QLabel(self)
        for label in (self.about, self.summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.about.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(self.cancel)
        self._lay_out()

    def _lay_out(self) -> None:
        self.write = QPushButton(self.tr("Write"), self)
        self.write.setDefault(True)
        self.write.clicked.connect(self.write_now)
        self.put_back = QPushButton(self.tr("Put back what was there"), self)
        self.put_back.clicked.connect(self.restore)
        self.put_back.hide()
        self.show_failed = QPushButton(self.tr("Show the photos that cannot be written"), self)
        self.show_failed.clicked.connect(lambda: self.photos_wanted.emit(list(self._unwritten)))
        self.show_failed.hide()
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.put_back)
        buttons.addWidget(self.show_failed)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.write)
        top = QHBoxLayout()
        top.addWidget(self.where)
        top.addWidget(self.filter, 1)
        state = QHBoxLayout()
        state.addWidget(self.bar, 1)
        state.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(self.about)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addLayout(state)
        layout.addWidget(self.summary)
        layout.addLayout(buttons)

    @property
    def mode(self) -> str:
        return str(self.where.currentData())

    # looking

    def look(self) -> None:
        """Find out what would change; nothing is written."""
        mode, ids = self.mode, self._ids
        self.write.setEnabled(False)
        self.show_failed.hide()
        exchange = self._library.exchange
        text = self.tr("Looking at %n photo(s)…", "", len(ids))
        self._run(self.tr("Looking at files"), text, lambda: exchange.write(ids, mode, dry=True), self._seen)

    def _seen(self, found: Written) -> None:
        self._list(found)
        if found.files:
            text = self.tr("%n file(s) would change.", "", found.files)
        else:
            text = self.tr("Nothing has to be written: the files already say what you decided.")
        self.summary.setText(" ".join([text, *self._trouble(found)]))
        self.write.setEnabled(found.files > 0 and not self._library.read_only)
        self._look_back()

    def _look_back(self) -> None:
        """Offer to put back what was written earlier, by itself too."""
        asked, ids, exchange = self._asked, self._ids, self._library.exchange

        def show(found: list[int]) -> None:
            if not self._gone and asked == self._asked:
                self._written = found
                self.put_back.setText(self.tr("Put back what was there (%n photo(s))", "", len(found)))
                self.put_back.setVisible(bool(found) and not self._library.read_only)

        self._bridge.call(lambda: exchange.restorable(ids), show, self._messages.failed)

    def _list(self, found: Written) -> None:
        """What cannot be written stands first."""
        wrong = [FileDifference(0, Path(path), False, (), problem=reason) for path, reason in found.problems]
        self.model.show([*wrong, *sorted(found.differences, key=lambda each: each.path)])
        self._unwritten = list(found.unwritten)
        self.show_failed.setVisible(bool(self._unwritten))
        self._filter()

    def _filter(self) -> None:
        self.model.filter(self.filter.text())
        for row in range(min(len(self.model.files), _OPEN_AT_MOST)):
            self.tree.expand(self.model.index(row, 0))

    def _trouble(self, found: Written) -> list[str]:
        if not found.failed:
            return []
        path, reason = found.problems[0]
        name = path.rpartition("/")[2].encode("utf-8", "replace").decode()
        more = self.tr("%n photo(s) cannot be written:", "", found.failed)
        return [f"{more} {name}: {reason}"]

    # writing, and back

    def write_now(self) -> None:
        """Write what was shown."""
        self.write.setEnabled(False)
        ids = sorted({each.photo for each in self.model.all_files if not each.problem})
        mode, exchange = self.mode, self._library.exchange
        text = self.tr("Writing…")
        self._run(self.tr("Writing tags"), text, lambda: exchange.write(ids, mode), self._done, writing=True)

    def _done(self, found: Written) -> None:
        text = self.tr("%n file(s) written.", "", found.files)
        self._list(found)
        self.summary.setText(" ".join([text, *self._trouble(found)]))
        self._messages.info(text)
        self._look_back()

    def restore(self) -> None:
        """Put every file back as it was; decisions stay."""
        self.put_back.setEnabled(False)
        ids, exchange = self._written, self._library.exchange
        text = self.tr("Putting files back…")
        self._run(
            self.tr("Putting files back"), text, lambda: exchange.restore(ids), self._restored, writing=True
        )

    def _restored(self, found: Written) -> None:
        text = self.tr("%n file(s) are as they were.", "", found.files)
        self._messages.info(text)
        self.put_back.hide()
        self.put_back.setEnabled(True)
        self.look()

    # jobs

    def _run(
        self, name: str, text: str, job: Callable[[], Job[Any]], done: Callable[[Written], None], *,
        writing: bool = False,
    ) -> None:  # fmt: skip
        """Start a job; what this page looked for until now is of no interest any more."""
        self._asked += 1
        asked = self._asked
        if self._handle is not None:
            self._handle.cancel()
        self._writing = writing
        self.summary.setText(text)
        self.bar.setRange(0, 0)
        self._show_running(True)

        def begin() -> None:
            if self._gone or asked != self._asked:
                return
            if (
                self._bridge.job(name) is not None
            ):  # of another page, or this one's last, which is just ending
                QTimer.singleShot(_BUSY, begin)
                return
            self._handle = handle = self._bridge.start(name, job)
            mine = partial(self._ended, asked)
            handle.progress.connect(lambda progress: None if self._gone else self._progress(asked, progress))
            handle.finished.connect(lambda found: mine(done, found))
            handle.cancelled.connect(lambda: mine(self._stopped, None))
            handle.failed.connect(lambda error: mine(self._failed, error))
            self._show_job(handle)

        begin()

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.stop.setVisible(running)
        self.where.setEnabled(not (running and self._writing))

    def _progress(self, asked: int, progress: Progress) -> None:
        if asked == self._asked and progress.total:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
            head = self.tr("Writing") if self._writing else self.tr("Looking")
            numbers = f"{texts.number(progress.done)}/{texts.number(progress.total)}"
            self.summary.setText(" · ".join(filter(None, (f"{head}: {numbers}", progress.text))))

    def _ended(self, asked: int, then: Callable[[Any], None], result: Any) -> None:
        if self._gone or asked != self._asked:
            return
        self._handle = None
        self._show_running(False)
        then(result)

    def cancel(self) -> None:
        """Stop looking or writing. A file is wholly old or wholly new."""
        if self._handle is not None:
            self._handle.cancel()

    def _stopped(self, _: None) -> None:
        if self._writing:
            self.summary.setText(self.tr("Stopped. What was written until then can be put back."))
            self.put_back.setEnabled(True)
            self._look_back()
        else:
            self.summary.setText(self.tr("Stopped. Choose where to write to look again."))

    def _failed(self, error: BaseException) -> None:
        self.summary.setText(self.tr("That did not work; the reason stands in the list of problems."))
        self._messages.failed(error)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Looking ends with the page; writing goes on, and stands in the status bar."""
        if self._handle is not None and not self._writing:
            self._handle.cancel()
        super().closeEvent(event)
