"""The status bar: how many photos, how many selected, what went wrong, and the running jobs."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from photomgr.gui.frame.job_bar import JobBar
from photomgr.gui.frame.problems import Problems
from photomgr.gui.looks import texts
from photomgr.gui.looks.icons import dress
from photomgr.gui.messages import Messages


class Status(QStatusBar):
    """``show_photos`` carries the ids of an entry of the list of problems. ``locked`` says why nothing can
    be changed; empty when it can."""

    show_photos = Signal(object)

    def __init__(self, messages: Messages, parent: QWidget, locked: str = "") -> None:
        super().__init__(parent)
        self._messages = messages
        self.setSizeGripEnabled(False)
        self.counts = QLabel(self)
        self.counts.setContentsMargins(8, 0, 8, 0)
        self.counts.setTextFormat(Qt.TextFormat.PlainText)
        self.read_only = QLabel(self.tr("Read-only"), self)
        self.read_only.setContentsMargins(8, 0, 8, 0)
        self.read_only.setTextFormat(Qt.TextFormat.PlainText)
        self.read_only.setToolTip(locked)
        self.read_only.setAccessibleDescription(locked)
        self.jobs = JobBar(self)
        self.problem_button = QToolButton(self)
        self.problem_button.setProperty("flat", True)
        self.problem_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.problem_button.setIconSize(QSize(16, 16))
        dress(self.problem_button, "warning")
        self.problem_button.clicked.connect(self._open)
        self.problems = Problems(messages, self)
        self.problems.show_photos.connect(self.show_photos)
        self.addWidget(self.counts)
        self.addPermanentWidget(self.jobs)
        self.addPermanentWidget(self.problem_button)
        self.addPermanentWidget(self.read_only)
        self.read_only.setVisible(bool(locked))
        messages.listed.connect(self._count_problems)
        self._count_problems()
        self.set_counts(0, 0)

    def set_counts(self, shown: int, selected: int, stacked: int | None = None) -> None:
        """``12,408 photos, shown as 11,930 · 3 selected``; ``stacked`` is how many stand there, stacks as one."""
        text = texts.photos(shown)
        self.counts.setToolTip("")
        if stacked is not None and stacked != shown:
            text += self.tr(", shown as {n}").format(n=texts.number(stacked))
            tip = self.tr("RAW with JPEG, live photos and bursts stand as one: S opens a stack")
            self.counts.setToolTip(tip)
        if selected:
            text += " · " + self.tr("{n} selected").format(n=texts.number(selected))
        self.counts.setText(text)

    def _count_problems(self) -> None:
        kept = len(self._messages.kept)
        self.problem_button.setVisible(kept > 0)
        self.problem_button.setText(texts.number(kept))
        text = self.tr("What went wrong: {n}").format(n=texts.number(kept))
        self.problem_button.setToolTip(text)
        self.problem_button.setAccessibleName(text)
        font = self.problem_button.font()
        font.setBold(self._messages.unread > 0)
        self.problem_button.setFont(font)

    def _open(self) -> None:
        self.problems.popup_over(self.problem_button)
