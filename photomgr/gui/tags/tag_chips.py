"""The decided tags of the selected photos as chips, and the rejected ones."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from photomgr.core.records import Source
from photomgr.gui.grid.tips import plain
from photomgr.gui.looks.flow_layout import FlowLayout
from photomgr.gui.tags.chips import TagChip
from photomgr.gui.tags.details import moment_text
from photomgr.gui.tags.facts import Facts

_FIRST: Final = 24


class ChipBox(QWidget):
    """``clicked``, ``removed``, ``spread`` and ``review_wanted`` carry a tag's name, as does ``pointed`` that of the
    chip under the pointer or the focus, empty for none. Chips are kept and shown anew, so that the focus stays in
    its place when one goes."""

    clicked = Signal(str)
    removed = Signal(str)
    spread = Signal(str)
    review_wanted = Signal(str)
    pointed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[TagChip] = []
        self._all = False
        self._shown: tuple[Facts, str] | None = None
        self._empty = QLabel(self.tr("No tags yet"), self)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._layout = FlowLayout(self)
        self._layout.addWidget(self._empty)
        self._more = QPushButton(self)
        self._more.setFlat(True)
        self._more.clicked.connect(self._show_all)
        self._layout.addWidget(self._more)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def shown(self) -> list[TagChip]:
        return [chip for chip in self.chips if not chip.isHidden()]

    def show_facts(self, facts: Facts, locked: str) -> None:
        """Tags that stand on all photos first, then the others by how many they are on; of very many
        the first, until more are asked for."""
        if self._shown is None or self._shown[0].ids != facts.ids:
            self._all = False
        self._shown = (facts, locked)
        tags = sorted(facts.decided, key=lambda tag: (-facts.decided[tag], tag.casefold()))
        rest = 0 if self._all else max(0, len(tags) - _FIRST)
        tags = tags[: len(tags) - rest]
        self._more.setVisible(rest > 0)
        self._more.setText(self.tr("%n more tag(s)", "", rest))
        self._empty.setVisible(not tags)
        while len(self.chips) < len(tags):
            self._add()
        for number, chip in enumerate(self.chips):
            chip.setVisible(number < len(tags))
            if number < len(tags):
                tag = tags[number]
                chip.show_tag(tag, facts.decided[tag], facts.count, self._source(facts, tag), locked)
                decided = facts.sources.get(tag)
                chip.set_automatic(decided is not None and decided.source is Source.MODEL)
        self._layout.invalidate()
        self.updateGeometry()

    def _source(self, facts: Facts, tag: str) -> str:
        decided = facts.sources.get(tag)
        if decided is None:
            return ""
        names = {
            Source.PERSON: self.tr("decided by you"),
            Source.FILE: self.tr("in the file or its sidecar"),
            Source.MODEL: self.tr("accepted by itself"),
            Source.RULE: self.tr("follows from another photo"),
        }
        lines = [f"{names[decided.source]}, {moment_text(decided.when)}".rstrip(", ")]
        if decided.score is not None:
            share = self.tr("suggested with {number} % by network {name}")
            lines.append(share.format(number=round(100 * decided.score), name=decided.network))
        return "\n".join(lines)

    def _add(self) -> None:
        chip = TagChip(self)
        chip.clicked.connect(self.clicked)
        chip.removed.connect(self._remove)
        chip.spread.connect(self._spread)
        review = QAction(self.tr("Review where this tag is suggested"), chip)
        review.triggered.connect(lambda: self.review_wanted.emit(chip.tag))
        chip.addAction(review)
        chip.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        chip.installEventFilter(self)
        self.chips.append(chip)
        self._layout.addWidget(chip)
        self._layout.removeWidget(self._more)  # it stays the last
        self._layout.addWidget(self._more)

    def eventFilter(self, chip: QObject, event: QEvent) -> bool:
        if isinstance(chip, TagChip) and event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.pointed.emit(chip.tag)
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut, QEvent.Type.Hide):
            self.pointed.emit("")
        return super().eventFilter(chip, event)

    def _show_all(self) -> None:
        self._all = True
        if self._shown is not None:
            self.show_facts(*self._shown)

    def _remove(self, tag: str) -> None:
        self._pending(tag)
        self.removed.emit(tag)

    def _spread(self, tag: str) -> None:
        self._pending(tag)
        self.spread.emit(tag)

    def _pending(self, tag: str) -> None:
        for chip in self.shown:
            if chip.tag == tag:
                chip.set_pending()


class RejectedBox(QWidget):
    """Rejected tags; pressing one says that it was right after all: ``accepted`` carries its name.

    By the right button it is undecided again: ``forgotten``.
    """

    accepted = Signal(str)
    forgotten = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        self._tags: list[str] = []
        self._layout = FlowLayout(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_facts(self, facts: Facts, locked: str) -> None:
        self._tags = sorted(facts.rejected, key=str.casefold)
        while len(self.buttons) < len(self._tags):
            self._add(len(self.buttons))
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(self._tags))
            if number < len(self._tags):
                self._show(button, self._tags[number], facts, locked)
        self._layout.invalidate()
        self.updateGeometry()

    def _show(self, button: QPushButton, tag: str, facts: Facts, locked: str) -> None:
        text = tag.replace("\n", " ")
        if facts.rejected[tag] < facts.count:
            text += "  " + self.tr("{some} of {all}").format(some=facts.rejected[tag], all=facts.count)
        room = 180
        text = button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        button.setText(text.replace("&", "&&"))
        button.setAccessibleName(self.tr("Bring {tag} back").format(tag=tag))
        button.setToolTip(plain(locked or self.tr("{tag} is right after all: add it").format(tag=tag)))
        button.setEnabled(not locked)

    def _add(self, number: int) -> None:
        button = QPushButton(self)
        button.setFlat(True)
        font = button.font()
        font.setStrikeOut(True)
        button.setFont(font)
        button.clicked.connect(lambda: self.accepted.emit(self._tags[number]))
        forget = QAction(self.tr("Undecided again: it may be suggested"), button)
        forget.triggered.connect(lambda: self.forgotten.emit(self._tags[number]))
        button.addAction(forget)
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.buttons.append(button)
        self._layout.addWidget(button)
