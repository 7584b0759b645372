"""Before tags are written to files: every field that would change, for one photo or thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from photomgr.gui.exchange.difference_model import DifferenceModel
from photomgr.gui.messages import Messages
from photomgr.gui.threads.bridge import Bridge, JobHandle
from photomgr.library.writing import Written

if TYPE_CHECKING:
    from photomgr.library import Library

_OPEN_AT_MOST: Final = 50  # files whose fields are unfolded from the start


class WritePage(QDialog):
    """Not modal. Looks first, writes when the person says so, and can put everything back."""

    def __init__(
        self,
        library: Library,
        bridge: Bridge,
        messages: Messages,
        show_job: Callable[[JobHandle], None],
        ids: Sequence[int],
        parent: QWidget,
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
        self._asked = 0
        self._gone = False
        self.destroyed.connect(partial(setattr, self, "_gone", True))
        self._build()
        self.resize(760, 560)
        self.look()

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
        chosen = str(self._library.settings.get("write_metadata"))
        self.where.setCurrentIndex(1 if chosen == "file" else 0)
        self.where.activated.connect(lambda _: self.look())
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
        self.write = QPushButton(self.tr("Write"), self)
        self.write.setDefault(True)
        self.write.clicked.connect(self.write_now)
        self.put_back = QPushButton(self.tr("Put back what was there"), self)
        self.put_back.clicked.connect(self.restore)
        self.put_back.hide()
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.put_back)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.write)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(self.about)
        layout.addWidget(self.where)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.summary)
        layout.addLayout(buttons)

    @property
    def mode(self) -> str:
        return str(self.where.currentData())

    def look(self) -> None:
        """Find out what would change; nothing is written."""
        self._asked += 1
        mode, ids = self.mode, self._ids
        self.write.setEnabled(False)
        self.summary.setText(self.tr("Looking at %n photo(s)…", "", len(ids)))
        exchange = self._library.exchange
        self._run(self.tr("Looking at files"), lambda: exchange.write(ids, mode, dry=True), self._seen)

    def _seen(self, found: Written) -> None:
        self.model.show(found.differences)
        for row in range(min(len(found.differences), _OPEN_AT_MOST)):
            self.tree.expand(self.model.index(row, 0))
        if found.files:
            text = self.tr("%n file(s) would change.", "", found.files)
        else:
            text = self.tr("Nothing has to be written: the files say already what you decided.")
        self.summary.setText(" ".join([text, *self._trouble(found)]))
        self.write.setEnabled(found.files > 0 and not self._library.read_only)

    def _trouble(self, found: Written) -> list[str]:
        if not found.failed:
            return []
        path, reason = found.problems[0]
        name = path.rpartition("/")[2].encode("utf-8", "replace").decode()
        more = self.tr("%n photo(s) cannot be written:", "", found.failed)
        return [f"{more} {name}: {reason}"]

    def write_now(self) -> None:
        """Write what was shown."""
        self.write.setEnabled(False)
        ids = sorted({each.photo for each in self.model.files})
        mode, exchange = self.mode, self._library.exchange
        self._written = ids
        self._run(self.tr("Writing tags"), lambda: exchange.write(ids, mode), self._done)

    def _done(self, found: Written) -> None:
        text = self.tr("%n file(s) written.", "", found.files)
        self.summary.setText(" ".join([text, *self._trouble(found)]))
        self._messages.info(text)
        self.put_back.setVisible(found.files > 0)

    def restore(self) -> None:
        """Put every file back as it was; decisions stay."""
        self.put_back.setEnabled(False)
        ids, exchange = self._written, self._library.exchange
        self._run(self.tr("Putting files back"), lambda: exchange.restore(ids), self._restored)

    def _restored(self, found: Written) -> None:
        text = self.tr("%n file(s) are as they were.", "", found.files)
        self._messages.info(text)
        self.put_back.hide()
        self.put_back.setEnabled(True)
        self.look()

    def _run(self, name: str, job: Callable[[], object], done: Callable[[Written], None]) -> None:
        handle = self._bridge.start(name, job)  # type: ignore[arg-type]
        asked = self._asked

        def finished(found: Written) -> None:
            if not self._gone and asked == self._asked:
                done(found)

        handle.finished.connect(finished)
        handle.failed.connect(self._messages.failed)
        self._show_job(handle)
