"""The search box: finds while one types, completes, and says quietly what is wrong with a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDropEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from photomgr.core.errors import QueryError
from photomgr.gui.looks.icons import dress
from photomgr.gui.search.help import SearchHelp
from photomgr.gui.search.offers import OfferDelegate, dropped_picture, note_of
from photomgr.gui.search.underline import Underline
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library
    from photomgr.library.completion import Offer

PAUSE: Final = 60  # milliseconds without a key before a query is run
_COMPLETIONS: Final = 10
_GOES_ON: Final = (":", "<", ">", "=", " ")  # a completion that ends so wants more after it
_SAID: Final = 2  # faults of a text that are said at once
LONGEST: Final = 2000  # characters that can be searched for in the box
_READ: Final = 8000  # milliseconds that a sentence under the box stays when one has left the box


class SearchBar(QWidget):
    """``changed`` carries the query while it is typed, ``entered`` when it is settled (Enter, a
    completion, a click somewhere else), ``left`` asks for the focus to go back to the photos, ``pictured``
    carries the path of a picture that was dropped on the box."""

    changed = Signal(str)
    entered = Signal(str)
    left = Signal()
    pictured = Signal(str)

    def __init__(self, library: Library, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._asked: Ticket | None = None
        self._told = ""
        self.edit = QLineEdit(self)
        self.edit.setClearButtonEnabled(False)
        self.edit.setMaxLength(LONGEST + 1)
        self.underline = Underline(self.edit)
        self.edit.setPlaceholderText(self.tr('Search: words, "two words", -without, tag:beach, 2019-06'))
        self.edit.setToolTip(self.tr("Search (Ctrl+F or /). Alt+Down: saved and recent searches"))
        self.edit.setAccessibleName(self.tr("Search"))
        self.edit.setMinimumWidth(180)
        self.edit.setMinimumHeight(30)
        self._lead = QAction(self.tr("Search"), self)
        dress(self._lead, "search")
        self.edit.addAction(self._lead, QLineEdit.ActionPosition.LeadingPosition)
        self.clear_action = QAction(self.tr("Clear the search (Esc)"), self)
        dress(self.clear_action, "clear")
        self.clear_action.triggered.connect(self.clear)
        self.edit.addAction(self.clear_action, QLineEdit.ActionPosition.TrailingPosition)
        self.clear_action.setVisible(False)
        self.help_button = QToolButton(self)
        self.help_button.setIconSize(QSize(18, 18))
        dress(self.help_button, "help")
        self.help_button.setToolTip(self.tr("What can be searched for"))
        self.help_button.setAccessibleName(self.tr("Help for the search"))
        self.help_button.clicked.connect(self.show_help)
        self.help = SearchHelp(self)
        self.help.chosen.connect(self.insert)
        self._hint = _Hint(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self.help_button)
        self.setFocusProxy(self.edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._build_completer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._tell)
        self.edit.textChanged.connect(self._typed)
        self.edit.textEdited.connect(self._complete)
        self.edit.returnPressed.connect(self._enter)
        self.edit.setAcceptDrops(True)
        self.edit.installEventFilter(self)

    def _build_completer(self) -> None:
        self._words = QStringListModel(self)
        self.completer = QCompleter(self._words, self)
        self.completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.completer.setMaxVisibleItems(_COMPLETIONS)
        self.completer.setWidget(self.edit)
        self._popup = QListView()
        self._popup.setUniformItemSizes(True)
        self._popup.setStyleSheet("QListView::item { padding: 3px 6px; }")
        self._notes: dict[str, str] = {}
        self.completer.setPopup(self._popup)
        self._popup.setItemDelegate(OfferDelegate(self._notes, self._popup))
        self._popup.setAccessibleName(self.tr("Completions"))
        self.completer.activated.connect(self._completed)

    # The query

    @property
    def text(self) -> str:
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Show a query that came from elsewhere; ``changed`` is not emitted."""
        self._timer.stop()
        self._told = text.strip()
        self._forget_completions()
        if self.edit.text() != text:
            self.edit.setText(text)
            self._timer.stop()
        self.underline.look(typing=False)
        self.set_hint("")

    def clear(self) -> None:
        self._forget_completions()
        self.edit.clear()
        self._tell()

    def insert(self, text: str) -> None:
        """Add an example of the help to what is typed."""
        before = self.edit.text().rstrip()
        self.edit.setText(f"{before} {text}".strip())
        self.edit.setFocus()
        self._enter()

    def set_hint(self, text: str) -> None:
        """A sentence under the box, for a query that was mended or cannot be understood."""
        if len(self.edit.text()) > LONGEST:
            text = self._too_long()
        elif not text and self.edit.hasFocus():
            text = " ".join(dict.fromkeys(fault.said for fault in self.underline.faults[:_SAID]))
        self._hint.say(text)

    @property
    def hint(self) -> str:
        """The sentence that stands under the box."""
        return self._hint.label.text() if self._hint.isVisible() else ""

    def _typed(self, text: str) -> None:
        self.clear_action.setVisible(bool(text))
        self.underline.look(typing=True)
        self._timer.start()

    def _tell(self) -> None:
        self._timer.stop()
        text = self.edit.text().strip()
        if len(self.edit.text()) > LONGEST:
            self.set_hint("")
        elif text != self._told:
            self._told = text
            self.set_hint("")
            self.changed.emit(text)

    def _enter(self) -> None:
        """Enter means what is typed; with a row of the completions picked, the completer tells which."""
        if self._popup.isVisible() and self._popup.currentIndex().isValid():
            return
        self._forget_completions()
        self._tell()
        self.underline.look(typing=False)
        if len(self.edit.text()) > LONGEST:
            return
        self.entered.emit(self.edit.text().strip())

    def _too_long(self) -> str:
        return self.tr(
            "This search is too long: {n} characters are the most. Shorten it, or press Esc."
        ).format(n=f"{LONGEST:,}")

    # Completion

    def remind(self) -> None:
        """Offer what the text may become; with nothing typed, saved and recent searches."""
        self._ask_offers(self.edit.text())

    def _complete(self, text: str) -> None:
        self._drop_question()
        if not text.strip() or len(text) > LONGEST:
            self._forget_completions()
            return
        if self.edit.cursorPosition() < len(text):
            self._popup.hide()
            return
        if self._popup.isVisible():  # until the answer, what was offered for less and still fits
            begun = text.casefold()
            self._show_offers([old for old in self._words.stringList() if old.casefold().startswith(begun)])
        self._ask_offers(text)

    def _ask_offers(self, text: str) -> None:
        self._asked = self._bridge.call(
            lambda: self._library.offers(text, _COMPLETIONS),
            lambda found: self._offer(text, found),
            self._not_completed,
            priority=NOW,
        )

    def _not_completed(self, error: BaseException) -> None:
        self._popup.hide()
        if not isinstance(error, QueryError):  # half a query is no fault
            self._bridge.failed.emit(error)

    def _offer(self, text: str, found: list[Offer]) -> None:
        if text != self.edit.text() or not self.edit.hasFocus():
            return
        self._notes.clear()
        self._notes.update((offer.text, note_of(offer)) for offer in found)
        self._show_offers([offer.text for offer in found])

    def _show_offers(self, found: list[str]) -> None:
        typed = self.edit.text().strip()
        offers = [entry for entry in found if entry.strip() != typed]
        self._words.setStringList(offers)
        if offers:
            self.completer.complete()
            self._popup.setCurrentIndex(QModelIndex())  # only Down and Up pick a row
        else:
            self._popup.hide()

    def _completed(self, text: str) -> None:
        self._forget_completions()
        self.edit.setText(text)
        if text.endswith(_GOES_ON):
            self.remind()
        else:
            self._enter()

    def _drop_question(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None

    def _forget_completions(self) -> None:
        self._drop_question()
        self._popup.hide()

    # Keys

    def show_help(self) -> None:
        self.help.popup_under(self.edit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and isinstance(event, QDropEvent) and (path := dropped_picture(event)):
            event.acceptProposedAction()
            if event.type() == QEvent.Type.Drop:
                self.pictured.emit(path)
            return True
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # Esc is this box's own while one types in it
            return True
        if watched is self.edit and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._escape()
                return True
            if event.key() == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.remind()
                return True
            if event.key() == Qt.Key.Key_Down and not self._popup.isVisible():
                self._enter()
                self.left.emit()
                return True
        if watched is self.edit and event.type() == QEvent.Type.MouseButtonRelease and not self.edit.text():
            self.remind()
        if watched is self.edit and isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._hint.hide()
        return super().eventFilter(watched, event)

    def _escape(self) -> None:
        if self._popup.isVisible():
            self._forget_completions()
        elif self.edit.text():
            self.clear()
        else:
            self.left.emit()


class _Hint(QFrame):
    """One line under the search box. Not a window of its own: it takes neither focus nor clicks."""

    def __init__(self, bar: SearchBar) -> None:
        super().__init__(bar)
        self._bar = bar
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self._away = QTimer(self, singleShot=True, interval=_READ)
        self._away.timeout.connect(self._leave)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 8, 3)
        layout.addWidget(self.label)
        self.hide()

    def say(self, text: str) -> None:
        window = self._bar.window()
        if not text or window is None:
            self.hide()
            return
        if self.parent() is not window:
            self.setParent(window)
        self.label.setText(text)
        self.label.setMaximumWidth(max(200, self._bar.edit.width()))
        self.label.setWordWrap(self.label.fontMetrics().horizontalAdvance(text) > self._bar.edit.width())
        self.adjustSize()
        self.move(self._bar.edit.mapTo(window, QPoint(0, self._bar.edit.height() + 2)))
        self.show()
        self.raise_()
        self._away.start()

    def _leave(self) -> None:
        """It lies over photos: it stays for as long as one types, or until it is read."""
        if not self._bar.edit.hasFocus():
            self.hide()
