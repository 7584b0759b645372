"""The networks: the one that ships and the person's own, compared on decisions, let speak, taken in and out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.records import Change, What
from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.housekeeping.lists import Listing, plain_label
from photomgr.gui.messages import Messages
from photomgr.gui.networks.wording import Wording, card_beside
from photomgr.gui.threads.bridge import NOW, Bridge, JobHandle, Ticket
from photomgr.jobs import Progress
from photomgr.library.added import NetworkInfo
from photomgr.library.judging import NetworkScore

if TYPE_CHECKING:
    from photomgr.library import Library

_COMPARE: Final = "networks"


class NetworksDesk(QDialog):
    """Not modal. What is slow runs beside it; what was refused is said in its last line."""

    def __init__(self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Networks"))
        self.setAcceptDrops(not library.read_only)
        self.keeper = Keeper(library, bridge, messages, self)
        self._wording = Wording()
        self._networks: list[NetworkInfo] = []
        self._scores: dict[str, NetworkScore] = {}
        self._messages = messages
        self._trying = ""
        self._gone = False
        self._asking: Ticket | None = None
        self._handle: JobHandle | None = None
        self._build()
        self.listing.itemSelectionChanged.connect(self._chosen)
        self.keeper.done.connect(self.refresh)
        self.keeper.said.connect(self.said.setText)
        bridge.changes.connect(self._changed)
        self.resize(940, 460)
        self.refresh()

    def _build(self) -> None:
        note = self.tr(
            "The network that ships always speaks; networks of your own speak beside it when you let them. "
            "They all run on this computer."
        )
        self.listing = Listing(self._wording.titles(), self)
        self.listing.setAccessibleName(self.tr("Networks"))
        self._wording.explain(self.listing)
        self.about, self.said = plain_label("", self), plain_label("", self)
        self.about.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.add = self._button(self.tr("Add…"), self.choose)
        self.remove = self._button(self.tr("Take out…"), self._ask_remove)
        self.compare = self._button(self.tr("Compare on my decisions"), self.start_comparing)
        self.use = self._button(self.tr("Let it speak"), self._turn)
        self.progress, self.cancel = QProgressBar(self), self._button(self.tr("Cancel"), self.stop_comparing)
        self.progress.setAccessibleName(self.tr("Comparing"))
        self.progress.setMaximumHeight(self.cancel.sizeHint().height() // 2)
        self.progress.setTextVisible(False)
        self._show_progress(False)
        below = QHBoxLayout()
        for widget in (self.add, self.remove):
            below.addWidget(widget)
        below.addStretch(1)
        below.addWidget(self.progress)
        for widget in (self.cancel, self.compare, self.use):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(plain_label(note, self))
        layout.addWidget(self.listing, 1)
        layout.addWidget(self.about)
        layout.addWidget(self.said)
        layout.addLayout(below)

    def _button(self, text: str, press: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(press)
        return button

    # what is shown

    def _changed(self, change: Change) -> None:
        if change.what & What.NETWORKS:
            self.refresh()

    def refresh(self) -> None:
        """Read again which networks there are."""
        if not self._gone:
            self._asking = self.keeper.bridge.call(self.keeper.library.networks.all, self._show, priority=NOW)

    def _show(self, networks: list[NetworkInfo]) -> None:
        chosen = self.listing.chosen.name if self.listing.chosen is not None else ""
        self._networks = networks
        self._fill()
        names = [each.name for each in networks]
        self.listing.selectRow(names.index(chosen) if chosen in names else len(names) - 1)
        self._chosen()

    def _fill(self) -> None:
        row = self.listing.currentRow()
        self.listing.fill(self._networks, lambda one: self._wording.row(one, self._scores.get(one.name)))
        if row >= 0:
            self.listing.selectRow(min(row, len(self._networks) - 1))

    def _chosen(self) -> None:
        one: NetworkInfo | None = self.listing.chosen
        free, own = not self.keeper.locked, one is not None and not one.ships
        self.add.setEnabled(free and not self._trying)
        self.remove.setEnabled(free and own)
        self.use.setEnabled(free and own and one is not None and (one.in_use or not one.problem))
        speaks = one is not None and own and one.in_use
        self.use.setText(self.tr("Let it be silent") if speaks else self.tr("Let it speak"))
        self.compare.setEnabled(self._handle is None and bool(self._networks))
        self.about.setText("" if one is None else self._wording.about(one, self._scores.get(one.name)))

    # who speaks

    def _turn(self) -> None:
        """Let the chosen network speak, or no more; undone like any decision."""
        one: NetworkInfo | None = self.listing.chosen
        if one is None or one.ships or self.keeper.locked:
            return
        used = [each.name for each in self._networks if each.in_use and not each.ships]
        wanted = [name for name in used if name != one.name] if one.in_use else [*used, one.name]
        self.keeper.do(partial(self.keeper.library.networks.use, wanted))

    # compared on decisions

    def start_comparing(self) -> None:
        """Show the photos that were decided on to every network. Switches nothing."""
        if self._handle is not None or self.keeper.bridge.job(_COMPARE) is not None:
            return
        networks = self.keeper.library.networks
        handle = self._handle = self.keeper.bridge.start(_COMPARE, networks.evaluate)
        handle.progress.connect(self._go_on)
        handle.finished.connect(self._compared)
        handle.failed.connect(self._failed)
        handle.cancelled.connect(self._stopped)
        self.said.setText(self.tr("Every network looks at the photos that you decided on…"))
        self._show_progress(True)
        self._chosen()

    def stop_comparing(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _failed(self, error: BaseException) -> None:
        self._end(str(error))

    def _stopped(self) -> None:
        self._end("" if self._gone else self.tr("Stopped; nothing was compared."))

    def _go_on(self, progress: Progress) -> None:
        if self._gone:
            return
        self.progress.setRange(0, progress.total or 0)
        self.progress.setValue(progress.done)

    def _compared(self, scores: list[NetworkScore]) -> None:
        if self._gone:
            return
        self._scores = {each.name: each for each in scores}
        decided = any(each.decided for each in scores)
        nothing = self.tr("Nothing is decided yet: accept or reject some suggestions first.")
        self._end(self._wording.compared(scores) if decided else nothing)
        self._fill()
        self._chosen()

    def _end(self, said: str) -> None:
        self._handle = None
        if self._gone:
            return
        self._show_progress(False)
        self.said.setText(said)
        self._chosen()

    def _show_progress(self, on: bool) -> None:
        self.progress.setRange(0, 0)
        self.progress.setVisible(on)
        self.cancel.setVisible(on)

    # taken in and out

    def choose(self) -> None:
        """Ask for the file of a network."""
        dialog = self._file_dialog(self.tr("A network"), self.tr("Networks (*.onnx)"))
        dialog.fileSelected.connect(lambda chosen: self.take_in(Path(chosen)))
        dialog.open()

    def take_in(self, model: Path, card: Path | None = None) -> None:
        """Try a network and take it in; its card lies beside it, or is asked for."""
        if self._trying or self.keeper.locked:
            return
        card = card or card_beside(model)
        if card is None:
            dialog = self._file_dialog(
                self.tr("The card of {name}").format(name=model.name), self.tr("Cards (*.toml)")
            )
            dialog.setDirectory(str(model.parent))
            dialog.fileSelected.connect(lambda chosen: self.take_in(model, Path(chosen)))
            dialog.open()
            return
        self._trying = model.name
        self.said.setText(self.tr("{name} is being tried…").format(name=model.name))
        self._chosen()
        add = partial(self.keeper.library.networks.add, model, card)
        self.keeper.bridge.call(add, self._taken_in, self._refused)

    def _taken_in(self, one: NetworkInfo) -> None:
        self._trying = ""
        said = self._wording.taken_in(one)
        if self._gone:  # it took longer than the window was open
            self._messages.info(said)
            return
        self.said.setText(said)
        self.refresh()

    def _refused(self, error: BaseException) -> None:
        self._trying = ""
        if self._gone:
            self._messages.failed(error)
            return
        self.said.setText(str(error))
        self._chosen()

    def _file_dialog(self, title: str, kind: str) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(kind)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _ask_remove(self) -> None:
        """Its copy is deleted, which cannot be undone: a second press says so."""
        one: NetworkInfo | None = self.listing.chosen
        if one is None or one.ships:
            return
        if self.remove.property("asked") != one.name:
            self.remove.setProperty("asked", one.name)
            text = self.tr(
                "The copy of {name} that photomgr made is deleted; your own file stays. Press again."
            )
            self.said.setText(text.format(name=one.name))
            return
        self.remove.setProperty("asked", "")
        self._scores.pop(one.name, None)
        self.keeper.do(partial(self.keeper.library.networks.remove, one.name))

    # events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(_dropped(url.toLocalFile()) for url in event.mimeData().urls()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if _dropped(url.toLocalFile())]
        models = [each for each in files if each.suffix.lower() == ".onnx"]
        cards = [each for each in files if each.suffix.lower() == ".toml"]
        event.accept()
        if models:
            self.take_in(models[0], cards[0] if cards else None)
        else:
            self.said.setText(self.tr("Drop the network's .onnx file, with its card."))

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed in any way: what still runs must not speak to a window that is gone."""
        super().hideEvent(event)
        if event.spontaneous():  # merely minimised
            return
        self._gone = True
        self.stop_comparing()
        if self._asking is not None:
            self._asking.cancel()


def _dropped(name: str) -> bool:
    return name.lower().endswith((".onnx", ".toml"))
