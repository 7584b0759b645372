"""The bands of a tag as a plot and in words, each to be moved by hand and put back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from photomgr.gui.looks import texts
from photomgr.gui.looks.icons import dress
from photomgr.gui.review.plot import PrecisionPlot


class Bands(QWidget):
    """``moved`` and ``settled`` are the plot's: (sure, ask), ``ask`` None where it stays, both None to be learnt."""

    moved = Signal(object, object)
    settled = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = PrecisionPlot(self)
        self.words = QLabel(self)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        small = self.words.font()
        small.setPointSizeF(max(9.0, small.pointSizeF() - 1.0))
        self.words.setFont(small)
        self.reset = QToolButton(self)
        self.reset.setProperty("flat", True)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(self.reset, "refresh")
        text = self.tr("Put both back to what your decisions teach (Home)")
        self.reset.setToolTip(text)
        self.reset.setAccessibleName(text)
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addWidget(self.words, 1)
        line.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self.plot)
        layout.addLayout(line)
        hold = self.reset.sizePolicy()
        hold.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(hold)
        self.reset.clicked.connect(self.plot.put_back)
        self.plot.moved.connect(self._moved)
        self.plot.settled.connect(self.settled)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_tag(
        self,
        scores: NDArray[np.float64],
        counted: tuple[NDArray[np.int32], NDArray[np.int32]],
        sure: float,
        ask: float,
        by_hand: bool,
    ) -> None:
        """``scores`` [N] of what waits; ``counted`` decisions, all and the accepted ones, by steps of the score."""
        if not by_hand and len(scores):
            ask = min(ask, float(scores.min()))  # what narrower tags imply is shown from further below
        self.plot.show_tag(scores, *counted, sure, ask)
        self._say(by_hand)

    def lock(self, locked: bool) -> None:
        """Nothing can be moved while ``locked``."""
        self.plot.setEnabled(not locked)
        self.reset.setEnabled(not locked)

    def _moved(self, sure: float | None, ask: float | None) -> None:
        self._say(sure is not None)
        self.moved.emit(sure, ask)

    def _say(self, by_hand: bool) -> None:
        """From where on the tag is sure, is asked about, and what is hidden."""
        sure, ask = texts.percent(self.plot.line), texts.percent(self.plot.ask)
        if self.plot.ask <= 0:
            text = self.tr("sure from {sure}, the rest asked").format(sure=sure)
        elif self.plot.ask >= self.plot.line:
            text = self.tr("sure from {sure}, hidden below").format(sure=sure)
        else:
            text = self.tr("sure from {sure}, asked from {ask}").format(sure=sure, ask=ask)
        text = text.replace(" %", "\u00a0%")
        self.words.setText(text)
        self.words.setToolTip(text)
        self.reset.setVisible(by_hand)
