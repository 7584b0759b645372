"""The status bar's view of running jobs: what, how far, how fast, how long, with pause and cancel."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from photomgr.gui.looks import texts
from photomgr.gui.looks.icons import dress
from photomgr.gui.threads.bridge import JobHandle
from photomgr.jobs import Progress

_QUIET: Final = {
    "index": 1.5,
    "learn": 1.5,
    "write": 1.5,
}  # seconds before a job that is mostly over at once is shown


def job_title(name: str) -> str:
    """What a job does, for a person."""
    titles = {
        "scan": QCoreApplication.translate("Jobs", "Looking for photos"),
        "thumbnails": QCoreApplication.translate("Jobs", "Making thumbnails"),
        "annotate": QCoreApplication.translate("Jobs", "Suggesting tags"),
        "compare": QCoreApplication.translate("Jobs", "Looking for duplicates"),
        "networks": QCoreApplication.translate("Jobs", "Comparing networks"),
        "index": QCoreApplication.translate("Jobs", "Updating the search"),
        "learn": QCoreApplication.translate("Jobs", "Learning from decisions"),
        "write": QCoreApplication.translate("Jobs", "Writing decisions to files"),
        "backup": QCoreApplication.translate("Jobs", "Making a backup"),
    }
    return titles.get(name, name)


class _Meter(QWidget):
    """One line of text over a thin bar of how much is done."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self._detail = ""
        self._part: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_state(self, text: str, detail: str, part: float | None) -> None:
        """``text`` may be elided, ``detail`` (the numbers) stays; ``part`` is in [0, 1] or unknown."""
        if (text, detail, part) != (self._text, self._detail, self._part):
            self._text, self._detail, self._part = text, detail, part
            self.setAccessibleName(f"{text} {detail}".strip())
            self.setToolTip(f"{text}\n{detail}".strip())
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 46, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 16, self.fontMetrics().height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = self.fontMetrics()
        room = self.rect().adjusted(0, 0, 0, -4)
        numbers = min(metrics.horizontalAdvance(self._detail), self.width())
        words = metrics.elidedText(
            self._text, Qt.TextElideMode.ElideMiddle, max(0, room.width() - numbers - 10)
        )
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, words)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, self._detail)
        line = self.rect().adjusted(0, self.height() - 3, 0, -1)
        painter.fillRect(line, self.palette().color(QPalette.ColorRole.Mid))
        if self._part is not None:
            line.setWidth(round(line.width() * self._part))
            painter.fillRect(line, self.palette().color(QPalette.ColorRole.Accent))


class JobView(QWidget):
    """One running job."""

    def __init__(self, handle: JobHandle, parent: QWidget) -> None:
        super().__init__(parent)
        self.handle = handle
        self._pace = texts.Pace()
        self._title = job_title(handle.name)
        self._meter = _Meter(self)
        self.pause_button = self._button("pause", self.toggle)
        self.cancel_button = self._button("clear", self.cancel)
        self._name_buttons()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._meter)
        layout.addWidget(self.pause_button)
        layout.addWidget(self.cancel_button)
        self._meter.show_state(self._title, "", None)
        handle.progress.connect(self._progress)

    @property
    def said(self) -> str:
        """What stands in the line now."""
        return self._meter.accessibleName()

    def _button(self, icon: str, slot: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("flat", True)
        button.setIconSize(QSize(14, 14))
        dress(button, icon)
        button.clicked.connect(slot)
        return button

    def _name_buttons(self) -> None:
        paused = self.handle.paused
        dress(self.pause_button, "play" if paused else "pause")
        texts_of = {
            self.pause_button: self.tr("Go on: {job}") if paused else self.tr("Pause: {job}"),
            self.cancel_button: self.tr("Stop: {job}"),
        }
        for button, text in texts_of.items():
            button.setToolTip(text.format(job=self._title))
            button.setAccessibleName(text.format(job=self._title))

    def toggle(self) -> None:
        """Pause or go on."""
        if self.handle.paused:
            self._pace.restart()
            self.handle.resume()
        else:
            self.handle.pause()
        self._name_buttons()
        self._show(self.handle.latest)

    def cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self.pause_button.setEnabled(False)
        self.handle.cancel()

    def _progress(self, progress: Progress) -> None:
        self._pace.add(time.monotonic(), progress.done)
        self._show(progress)

    def _show(self, progress: Progress | None) -> None:
        if progress is None:
            return
        parts = [texts.number(progress.done)]
        if progress.total is not None:
            parts = [f"{texts.number(progress.done)}/{texts.number(progress.total)}"]
        speed, left = self._pace.per_second, self._pace.left(progress.total)
        if self.handle.paused:
            parts.append(self.tr("paused"))
        else:
            if speed is not None:
                parts.append(texts.rate(speed))
            if left is not None and left > 0:
                parts.append(texts.duration(left))
        part = min(1.0, progress.done / progress.total) if progress.total else None
        words = f"{self._title} · {progress.text}" if progress.text else self._title
        self._meter.show_state(words, " · ".join(parts), part)


class JobBar(QWidget):
    """All running jobs beside each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)
        self.views: list[JobView] = []
        self.setAccessibleName(self.tr("Running jobs"))

    def add(self, handle: JobHandle) -> None:
        """Show ``handle`` until it ends."""
        view = JobView(handle, self)
        view.hide()
        self.views.append(view)
        self._layout.addWidget(view)
        wait = QTimer(view)
        wait.setSingleShot(True)
        wait.timeout.connect(view.show)
        wait.start(round(1000 * _QUIET.get(handle.name, 0.15)))
        for signal in (handle.finished, handle.failed, handle.cancelled):
            signal.connect(lambda *_: self._remove(view))

    def _remove(self, view: JobView) -> None:
        if view in self.views:
            self.views.remove(view)
            view.hide()
            view.deleteLater()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
