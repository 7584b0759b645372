"""Asks before two tags become one, and says what that does."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.keeping import Merge
from photomgr.core.catalog.tag_rules import AUTOMATIC, BANDS, IGNORED
from photomgr.gui.housekeeping.keeper import Keeper
from photomgr.gui.looks import texts
from photomgr.gui.threads.bridge import Ticket

_PAUSE: Final = 200  # milliseconds after the last letter


class MergeDialog(QDialog):
    """``tag`` goes into another one, named in ``into``; the button is free once it is known what that does."""

    def __init__(self, keeper: Keeper, tag: str, into: str, names: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Merge tags"))
        self._keeper = keeper
        self._tag = tag
        self._asking: Ticket | None = None
        self._soon = QTimer(self, singleShot=True, interval=_PAUSE)
        self._soon.timeout.connect(self._ask)
        what = QLabel(
            self.tr("Everything decided on “{tag}” will count for:").format(tag=texts.one_line(tag)), self
        )
        self.into = QLineEdit(into, self)
        self.into.setAccessibleName(self.tr("The tag that stays"))
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.into.setCompleter(completer)
        self.preview = QLabel(self)
        self.preview.setMinimumHeight(self.fontMetrics().height() * 4)
        for label in (what, self.preview):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.merge = QPushButton(self.tr("Merge"), self)
        self.merge.setDefault(True)
        self.merge.clicked.connect(self._merge)
        stay = QPushButton(self.tr("Cancel"), self)
        stay.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(stay)
        buttons.addWidget(self.merge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(10)
        for widget in (what, self.into, self.preview):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.setMinimumWidth(420)
        self.into.textChanged.connect(self._typed)
        self.finished.connect(lambda _: self._forget())
        self._typed()

    def _forget(self) -> None:
        """Closed: no answer is waited for."""
        self._soon.stop()
        if self._asking is not None:
            self._asking.cancel()

    def _typed(self) -> None:
        self.merge.setEnabled(False)
        self._say("")
        if self._asking is not None:
            self._asking.cancel()
        self._soon.start()

    def _ask(self) -> None:
        into = self.into.text().strip()
        if into:
            keeping = self._keeper.library.housekeeping
            self._asking = self._keeper.ask(
                partial(keeping.preview_merge, self._tag, into), self._tell, self._refused
            )

    def _tell(self, found: Merge) -> None:
        tag, into = texts.one_line(self._tag), texts.one_line(self.into.text().strip())
        lines = [
            self.tr("“{tag}” stands on {photos}.").format(tag=tag, photos=texts.photos(found.all)),
            self.tr("{photos} will get “{into}”, {both} have both.").format(
                photos=texts.photos(found.photos), into=into, both=texts.number(found.both)
            ),
        ]
        if found.odds:
            lines.append(
                self.tr(
                    "On {photos} one was accepted and the other rejected: there “{into}” stays as it is."
                ).format(photos=texts.photos(found.odds), into=into)
            )
        lines += [text.format(tag=tag, into=into) for text in self._rules(found)]
        lines.append(
            self.tr("“{tag}” remains as another name. One undo brings all of it back.").format(tag=tag)
        )
        self._say("\n".join(lines))
        self.merge.setEnabled(True)

    def _say(self, text: str) -> None:
        """A dialog that is shown does not grow with its text by itself; it does not shrink under the hand either."""
        self.preview.setText(text)
        layout = self.layout()
        if layout is not None and (wanted := layout.totalHeightForWidth(self.width())) > self.height():
            self.resize(self.width(), wanted)

    def _rules(self, found: Merge) -> list[str]:
        """What becomes of what was laid down for the tag."""
        kept = {
            AUTOMATIC: self.tr("“{into}” will be accepted by itself where it is sure, as “{tag}” is."),
            IGNORED: self.tr("“{into}” will never be suggested, as “{tag}” is not."),
            BANDS: self.tr("“{into}” gets the bands that you set for “{tag}”."),
        }
        lost = {
            AUTOMATIC: self.tr("“{tag}” is accepted by itself; “{into}” is asked about, and stays so."),
            IGNORED: self.tr("“{tag}” is never suggested; “{into}” is, and stays so."),
            BANDS: self.tr("The bands that you set for “{tag}” end; “{into}” keeps its own."),
        }
        return [kept[rule] for rule in found.kept] + [lost[rule] for rule in found.lost]

    def _refused(self, error: BaseException) -> None:
        self._say(str(error))

    def _merge(self) -> None:
        keeping = self._keeper.library.housekeeping
        self._keeper.do(partial(keeping.merge, self._tag, self.into.text().strip()))
        self.close()
