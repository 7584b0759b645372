"""A page for every state in which there are no photos to show: what is so, why, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from photomgr.gui.looks.icons import application_icon, dress, pixmap

_WIDEST: Final = 540  # pixels of a line of text


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a page."""

    text: str
    run: Callable[[], None]
    icon: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What a page says. ``icon`` is a name of the icon set, empty for the program's own."""

    name: str
    icon: str
    title: str
    text: str
    choices: Sequence[Choice] = ()
    small: str = ""


class Page(QWidget):
    """Shows one :class:`State` in the middle of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state: State | None = None
        self.picture = QLabel(self)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.title = self._label(1.5, bold=True)
        self.text = self._label(1.05)
        self.small = self._label(1.0)
        self.small.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 24, 40, 24)
        layout.setSpacing(10)
        layout.addStretch(4)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(4)
        for label in (self.title, self.text):
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        layout.addLayout(self._row)
        layout.addSpacing(4)
        layout.addWidget(self.small, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(5)

    def _label(self, scale: float, bold: bool = False) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        font = label.font()
        font.setPointSizeF(font.pointSizeF() * scale)
        font.setBold(bold)
        label.setFont(font)
        return label

    def show_state(self, state: State) -> None:
        """Say what ``state`` says."""
        self.state = state
        self._draw()
        for label, text in ((self.title, state.title), (self.text, state.text), (self.small, state.small)):
            label.setText(text)
            label.setVisible(bool(text))
            # A wrapped label in the middle of a layout must be told its size: layouts guess it too small.
            width = min(_WIDEST, label.fontMetrics().horizontalAdvance(text) + 16)
            label.setFixedSize(width, max(0, label.heightForWidth(width)))
        self.setAccessibleName(f"{state.title}. {state.text}")
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for choice in state.choices:
            button = QPushButton(choice.text, self)
            button.setMinimumHeight(32)
            button.setDefault(choice.first)
            if choice.icon:
                dress(button, choice.icon)
            button.clicked.connect(lambda _=False, run=choice.run: run())
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)

    def _draw(self) -> None:
        if self.state is None:
            return
        if self.state.icon:
            ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
            self.picture.setPixmap(pixmap(self.state.icon, 56, ink, self.devicePixelRatioF()))
        else:
            self.picture.setPixmap(application_icon().pixmap(QSize(96, 96), self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)


class Banner(QFrame):
    """One quiet line above the photos that stays until its cause is gone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = ""
        self.picture = QLabel(self)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.button = QPushButton(self)
        self.hide_button = QPushButton(self.tr("Hide"), self)
        self.hide_button.clicked.connect(self._put_away)
        self._away: str = ""
        self._run: Callable[[], None] | None = None
        self.button.clicked.connect(self._clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 8, 5)
        layout.setSpacing(8)
        layout.addWidget(self.picture)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.button)
        layout.addWidget(self.hide_button)
        self.hide()

    def say(self, icon: str, text: str, choice: Choice | None = None) -> None:
        """Show ``text``, unless the person has put this very text away; an empty one hides the line."""
        self._icon = icon
        self._run = choice.run if choice is not None else None
        self.label.setText(text)
        self.button.setText(choice.text if choice is not None else "")
        self.button.setVisible(choice is not None)
        self.setAccessibleName(text)
        self._draw()
        self.setVisible(bool(text) and text != self._away)

    def _clicked(self) -> None:
        if self._run is not None:
            self._run()

    def _put_away(self) -> None:
        self._away = self.label.text()
        self.hide()

    def _draw(self) -> None:
        if self._icon:
            ink = self.palette().color(QPalette.ColorRole.WindowText)
            self.picture.setPixmap(pixmap(self._icon, 18, ink, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)


def welcome(add: Callable[[], None], read_only: bool) -> State:
    """No library yet."""
    translate = QCoreApplication.translate
    if read_only:
        return State(
            "welcome",
            "",
            translate("Pages", "There is nothing to look at yet"),
            translate("Pages", "This library holds no folders, and it is open read-only."),
        )
    return State(
        "welcome",
        "",
        translate("Pages", "Welcome to photomgr"),
        translate(
            "Pages",
            "It suggests tags for your photos, learns from what you accept and reject, and finds every photo "
            "again at once.",
        ),
        (Choice(translate("Pages", "Add a folder…"), add, "folder-add", first=True),),
        translate(
            "Pages",
            "Or drop a folder on this window. Your photos stay where they are and are never changed; "
            "nothing leaves this computer.",
        ),
    )


def looking(folder: str) -> State:
    """A scan runs and has found nothing so far."""
    translate = QCoreApplication.translate
    return State(
        "looking",
        "photos",
        translate("Pages", "Looking for photos…"),
        translate("Pages", "They appear here as they are found in {folder}.").format(folder=folder),
    )


def empty_folder(folder: str, again: Callable[[], None], add: Callable[[], None]) -> State:
    """There are folders, and not one photo in them."""
    translate = QCoreApplication.translate
    return State(
        "empty",
        "folder",
        translate("Pages", "No photos here"),
        translate(
            "Pages", "In {folder} and the folders in it there is no picture of a kind that can be read."
        ).format(folder=folder),
        (
            Choice(translate("Pages", "Look again"), again, "refresh"),
            Choice(translate("Pages", "Add another folder…"), add, "folder-add"),
        ),
        translate(
            "Pages",
            "JPEG, PNG, WebP, TIFF, GIF, AVIF and HEIC pictures are read. New photos appear by themselves.",
        ),
    )


def nothing_found(
    hint: str, nearest: str, try_nearest: Callable[[], None], clear: Callable[[], None]
) -> State:
    """A search without results, with its reason and what to try."""
    translate = QCoreApplication.translate
    choices = [Choice(translate("Pages", "Show all photos"), clear, "photos")]
    if nearest:
        text = translate("Pages", "Search for {query}").format(query=nearest).replace("&", "&&")
        choices.insert(0, Choice(text, try_nearest, "search", first=True))
    return State(
        "nothing",
        "search",
        translate("Pages", "No photo found"),
        hint or translate("Pages", "No photo matches this search."),
        choices,
    )


def drive_away(folder: Path | str, again: Callable[[], None]) -> State:
    """The only photos that could be shown lie on a drive that is not here."""
    translate = QCoreApplication.translate
    return State(
        "away",
        "drive-away",
        translate("Pages", "The drive is away"),
        translate(
            "Pages",
            "{folder} cannot be reached now. Nothing is forgotten: connect the drive and its photos come back.",
        ).format(folder=folder),
        (Choice(translate("Pages", "Look again"), again, "refresh"),),
    )


def busy(look: Callable[[], None], again: Callable[[], None], leave: Callable[[], None], why: str) -> State:
    """Another photomgr holds the pen."""
    translate = QCoreApplication.translate
    return State(
        "busy",
        "lock",
        translate("Pages", "The library is open in another photomgr"),
        why,
        (
            Choice(translate("Pages", "Look at it read-only"), look, "photos", first=True),
            Choice(translate("Pages", "Try again"), again, "refresh"),
            Choice(translate("Pages", "Quit"), leave),
        ),
        translate("Pages", "Read-only shows everything and changes nothing."),
    )


def broken(why: str, again: Callable[[], None], leave: Callable[[], None]) -> State:
    """The catalog cannot be used."""
    translate = QCoreApplication.translate
    return State(
        "broken",
        "warning",
        translate("Pages", "The library cannot be opened"),
        why,
        (
            Choice(translate("Pages", "Try again"), again, "refresh", first=True),
            Choice(translate("Pages", "Quit"), leave),
        ),
    )
