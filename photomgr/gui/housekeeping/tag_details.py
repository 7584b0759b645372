"""One tag beside the table: its broader tags and other names, and how far it may go by itself."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.reviewing import Proposed
from photomgr.core.records import tag_key
from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.review.bands import Bands
from photomgr.library.housekeeping import ListedTag

_KINDS = ("merged", "renamed", "label")


class TagDetails(QWidget):
    """``found`` asks to show the photos of a tag, ``merged`` to merge it into another, ``renamed`` to rename it."""

    found = Signal(str)
    merged = Signal(str)
    renamed = Signal(str)

    def __init__(self, keeper: Keeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._tag: ListedTag | None = None
        self.name = self._label(bold=True)
        self.parents = QLineEdit(self)
        self.parents.setPlaceholderText(self.tr("animal, pet"))
        self.names = QLineEdit(self)
        self.names.setPlaceholderText(self.tr("other words, with commas"))
        self.leads = self._label()
        self.automatic = QCheckBox(self.tr("Accept by itself where it is sure"), self)
        self.ignored = QCheckBox(self.tr("Never suggest it"), self)
        self.by_hand = QCheckBox(self.tr("Set the bands by hand"), self)
        self.sure, self.ask = self._share(self.tr("Sure from")), self._share(self.tr("Ask from"))
        self.bands = Bands(self)
        self.show_photos = QPushButton(self.tr("Show photos"), self)
        self.rename = QPushButton(self.tr("Rename (F2)"), self)
        self.merge = QPushButton(self.tr("Merge into…"), self)
        self._lay_out()
        self._connect()
        self.show_tag(None)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setVerticalSpacing(3)
        form.addRow(self.tr("Is a kind of"), self.parents)
        form.addRow(self.tr("Other names that find it"), self.names)
        bands = QFormLayout()
        bands.addRow(self.tr("Sure from"), self.sure)
        bands.addRow(self.tr("Ask from"), self.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 0, 0)
        layout.setSpacing(7)
        layout.addWidget(self.name)
        layout.addLayout(form)
        for widget in (self.leads, self.automatic, self.ignored, self.by_hand):
            layout.addWidget(widget)
        layout.addLayout(bands)
        layout.addWidget(self.bands)
        layout.addStretch(1)
        for button in (self.show_photos, self.rename, self.merge):
            layout.addWidget(button)

    def _connect(self) -> None:
        runs = self._keeper.library.runs
        self.parents.editingFinished.connect(self._set_parents)
        self.names.editingFinished.connect(self._set_names)
        self.automatic.clicked.connect(lambda on: self._do(partial(runs.set_automatic, self._name, on)))
        self.ignored.clicked.connect(
            lambda on: self._do(partial(runs.never_suggest if on else runs.suggest_again, self._name))
        )
        self.by_hand.clicked.connect(self._hand)
        self.sure.valueChanged.connect(lambda _: self._set_bands())
        self.ask.valueChanged.connect(lambda _: self._set_bands())
        self.bands.moved.connect(self._follow)
        self.bands.settled.connect(self._settled)
        self.show_photos.clicked.connect(lambda: self.found.emit(self._name))
        self.rename.clicked.connect(lambda: self.renamed.emit(self._name))
        self.merge.clicked.connect(lambda: self.merged.emit(self._name))

    def _label(self, bold: bool = False) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        font = label.font()
        font.setBold(bold)
        label.setFont(font)
        return label

    def _share(self, name: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(0.1, 100.0)
        box.setDecimals(1)
        box.setSuffix(" %")
        box.setKeyboardTracking(False)
        box.setAccessibleName(name)
        return box

    @property
    def _name(self) -> str:
        return self._tag.kept.tag if self._tag is not None else ""

    def show_tag(self, tag: ListedTag | None) -> None:
        """Show another tag, or with None that one is to be chosen."""
        same = tag is not None and tag.kept.tag == self._name
        self._tag = tag
        self.name.setText(tag.kept.tag.replace("\n", " ") if tag else self.tr("Choose a tag"))
        kept = tag.kept if tag else None
        if not (same and self.parents.isModified()):
            self.parents.setText(", ".join(kept.parents) if kept else "")
        own = [name.name for name in kept.names if name.kind == "alias"] if kept else []
        if not (same and self.names.isModified()):
            self.names.setText(", ".join(own))
        lead = [name.name for name in kept.names if name.kind in _KINDS] if kept else []
        self.leads.setText(self.tr("Also leads here: {names}").format(names=", ".join(lead)))
        self.leads.setVisible(bool(lead))
        sure = kept.sure if kept and kept.sure is not None else 0.95
        ask = kept.ask if kept and kept.ask is not None else 0.25
        for widget in (self.automatic, self.ignored, self.by_hand, self.sure, self.ask):
            widget.blockSignals(True)
        self.automatic.setChecked(bool(kept and kept.automatic))
        self.ignored.setChecked(bool(kept and kept.ignored))
        self.by_hand.setChecked(bool(kept and kept.by_hand))
        self.sure.setValue(100 * sure)
        self.ask.setValue(100 * ask)
        for widget in (self.automatic, self.ignored, self.by_hand, self.sure, self.ask):
            widget.blockSignals(False)
        free = kept is not None and not self._keeper.locked
        for each in (
            self.parents,
            self.names,
            self.automatic,
            self.ignored,
            self.by_hand,
            self.rename,
            self.merge,
        ):
            each.setEnabled(free)
        for box in (self.sure, self.ask):
            box.setEnabled(free and bool(kept and kept.by_hand))
        self.show_photos.setEnabled(kept is not None)
        self.bands.lock(not free)
        self.bands.setVisible(kept is not None)
        if tag is not None:
            self._keeper.ask(
                partial(self._keeper.library.catalog.reviews.proposed, tag.kept.tag),
                partial(self._proposed, tag.kept.tag),
            )

    def _proposed(self, name: str, found: Proposed) -> None:
        """What waits for the tag, and how right it has been."""
        if name != self._name or self._tag is None or self.bands.plot.held:
            return
        kept, counted = self._tag.kept, (found.foretold, found.foretold_right)
        self.bands.show_tag(found.scores, counted, found.sure, found.ask, kept.by_hand)
        if not kept.by_hand:  # what a hand would begin with is what it sees
            self._follow(self.bands.plot.line, self.bands.plot.ask or None)

    def _follow(self, sure: float | None, ask: float | None) -> None:
        """The numbers go with the hand that moves the bands in the plot."""
        for box, share in ((self.sure, sure), (self.ask, ask)):
            if share is not None:
                box.blockSignals(True)
                box.setValue(100 * share)
                box.blockSignals(False)

    def _settled(self, sure: float | None, ask: float | None) -> None:
        if sure is None:
            self._hand(False)
        else:
            lowest = ask or self.bands.plot.ask or sure
            runs = self._keeper.library.runs
            self._do(partial(runs.set_bands, self._name, round(sure, 4), round(min(sure, lowest), 4)))

    def _do(self, work: object) -> None:
        self._keeper.do(work)  # type: ignore[arg-type]

    def _hand(self, on: bool) -> None:
        if on:
            self._set_bands()
        else:
            self._do(partial(self._keeper.library.runs.clear_bands, self._name))

    def _set_bands(self) -> None:
        sure, ask = round(self.sure.value() / 100, 4), round(self.ask.value() / 100, 4)
        self._do(partial(self._keeper.library.runs.set_bands, self._name, sure, min(sure, ask)))

    def _set_parents(self) -> None:
        if self._tag is not None:
            keeping = self._keeper.library.housekeeping
            for name, on in _differences(self._tag.kept.parents, self.parents.text()):
                self._do(partial(keeping.set_parent, self._name, name, on))

    def _set_names(self) -> None:
        if self._tag is None:
            return
        keeping = self._keeper.library.housekeeping
        own = tuple(name.name for name in self._tag.kept.names if name.kind == "alias")
        for name, on in _differences(own, self.names.text()):
            self._do(
                partial(keeping.add_alias, self._name, name) if on else partial(keeping.drop_alias, name)
            )


def _differences(before: tuple[str, ...], typed: str) -> list[tuple[str, bool]]:
    """(name, whether it came) of what differs between the names shown and those typed with commas."""
    wanted = {tag_key(name): " ".join(name.split()) for name in typed.split(",") if name.strip()}
    known = {tag_key(name): name for name in before}
    gone = [(name, False) for key, name in known.items() if key not in wanted]
    return gone + [(name, True) for key, name in wanted.items() if key not in known]
