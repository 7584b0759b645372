"""The review workbench as a page of the window: its ways of reviewing, the order, and how far one is."""

from __future__ import annotations

import enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.catalog.reviewing import WaitingTag
from photomgr.core.records import Change, What
from photomgr.gui.frame.pages import Choice, State
from photomgr.gui.looks import texts
from photomgr.gui.looks.icons import dress
from photomgr.gui.messages import Messages
from photomgr.gui.review.by_photo import ByPhoto
from photomgr.gui.review.by_tag import ByTag
from photomgr.gui.review.checking import Checking
from photomgr.gui.review.clusters import Clusters
from photomgr.gui.review.waiting_list import WaitingList
from photomgr.gui.threads.bridge import SOON, Bridge
from photomgr.gui.threads.rereading import Rereading
from photomgr.library.reviewing import Order

if TYPE_CHECKING:
    from photomgr.library import Library

_PAUSE = 400  # milliseconds in which changes are gathered before the list is read again
_LOOK = 60  # milliseconds that a photo must be current before the panel beside shows it


class Way(enum.Enum):
    """How one reviews."""

    TAG = "tag"
    PHOTO = "photo"
    GROUP = "group"
    BROWSE = "browse"
    CHECK = "check"


_UNORDERED = (Way.BROWSE, Way.CHECK)


class ReviewPage(QWidget):
    """``closed`` asks to leave; ``looked_at`` carries the photos that the panel beside shall show (a list);
    ``way_changed`` follows another way of reviewing, ``tag_changed`` carries the tag that is reviewed, or None."""

    closed = Signal()
    looked_at = Signal(object)
    way_changed = Signal()
    tag_changed = Signal(object)
    keys_wanted = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self.way = Way.TAG
        self._listed = False
        self._wanted: str | None = None
        self._seen: list[int] = []
        self.by_tag = ByTag(library, bridge, messages, self)
        self.by_photo = ByPhoto(library, bridge, messages, self)
        self.clusters = Clusters(library, bridge, messages, self)
        self.checking = Checking(library, bridge, messages, self)
        self.tags = WaitingList(self)
        self._lists = Rereading(
            bridge, library.reviewing.tags, self._listed_tags, self, pause=_PAUSE, priority=SOON
        )
        self._look = QTimer(self, singleShot=True, interval=_LOOK)
        self._look.timeout.connect(lambda: self.looked_at.emit(self._seen))
        self._build()
        self._act()
        self._connect()

    # putting together

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Review"))
        self.ways = QButtonGroup(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 5, 8, 5)
        bar.setSpacing(3)
        for way, text, tip in self._ways():
            button = QToolButton(self)
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("flat", True)
            button.setProperty("way", way.value)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.ways.addButton(button)
            bar.addWidget(button)
        self.order = QComboBox(self)
        for order, text in _orders().items():
            self.order.addItem(text, order)
        self.order.setToolTip(self.tr("Which come first"))
        self.order.setAccessibleName(self.tr("Order of the review"))
        self.order.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.progress = QLabel(self)
        self.progress.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.keys_button = self._button("keyboard", self.tr("All keys (?)"))
        self.close_button = self._button("clear", self.tr("Leave the review (Esc)"))
        bar.addSpacing(8)
        bar.addWidget(self.order)
        bar.addStretch(1)
        bar.addWidget(self.progress)
        bar.addSpacing(8)
        bar.addWidget(self.keys_button)
        bar.addWidget(self.close_button)
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.columns.setHandleWidth(1)
        self.columns.setChildrenCollapsible(False)
        self.tags.setMinimumWidth(150)
        self.columns.addWidget(self.tags)
        self.columns.addWidget(self.by_tag)
        self.columns.setStretchFactor(1, 1)
        self.columns.setSizes([210, 800])
        self.stack = QStackedWidget(self)
        for widget in (self.columns, self.by_photo, self.clusters, self.checking):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 1)

    def _ways(self) -> list[tuple[Way, str, str]]:
        return [
            (Way.TAG, self.tr("By tag"), self.tr("One tag on a wall of photos, the surest first")),
            (Way.PHOTO, self.tr("By photo"), self.tr("One photo after the other, with all its suggestions")),
            (Way.GROUP, self.tr("By group"), self.tr("Near duplicates and events are decided together")),
            (Way.BROWSE, self.tr("Browse groups"), self.tr("The library by look and time: tag a group at once")),
            (Way.CHECK, self.tr("Check tags"), self.tr("Tags that are probably wrong, or probably missing")),
        ]  # fmt: skip

    def _button(self, icon: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("flat", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(text)
        button.setAccessibleName(text)
        dress(button, icon)
        return button

    def _act(self) -> None:
        for keys, run in (("A", False), ("Shift+A", True)):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, both=run: self.accept_shown(both))
            self.addAction(action)

    def _connect(self) -> None:
        self.ways.buttonClicked.connect(lambda button: self.show_way(Way(button.property("way"))))
        self.order.currentIndexChanged.connect(self._reorder)
        self.close_button.clicked.connect(self.closed)
        self.keys_button.clicked.connect(self.keys_wanted)
        self.tags.chosen.connect(self.show_tag)
        self.tags.left.connect(self.by_tag.wall.setFocus)
        self.tags.dropped.connect(lambda tag, ids: self.by_tag.decider.add(tag, ids))
        for room in (self.by_tag, self.clusters, self.checking):
            room.looked_at.connect(partial(self._seeing, room))
            room.opened.connect(self.show_photo)
        self.checking.tag_changed.connect(self._lead)
        self.checking.went_on.connect(self._say_progress)
        self.checking.left.connect(self.closed)
        self.by_photo.closed.connect(self.closed)
        self.by_tag.finished.connect(self._finished)
        self.by_tag.went_on.connect(self._say_progress)
        self.by_tag.session.changed.connect(lambda _: self._say_progress())
        self.by_photo.went_on.connect(self._photo_progress)
        self._bridge.changes.connect(self._changed)

    # opening and leaving

    def begin(self, tag: str | None = None) -> None:
        """Show what waits: for this tag, else where one was before, else for the tag with most."""
        self._wanted = tag if tag is not None else self._wanted
        self.show_way(Way.TAG if tag is not None else self.way)
        if tag is not None and self.by_tag.session.tag not in (None, tag):
            self.show_tag(tag)  # asked for from within the review
        self._lists.now()

    def end(self) -> None:
        """Nobody looks on any more: nothing is asked for until :meth:`begin`."""
        self._wanted = self.by_tag.session.tag or self._wanted
        self._lists.stop()
        self._look.stop()
        self.by_tag.session.stop()
        self.by_photo.stop()
        self.clusters.stop()
        self.checking.stop()

    def show_way(self, way: Way) -> None:
        """Review in another way."""
        before, self.way = self.way, way
        for button in self.ways.buttons():
            button.setChecked(button.property("way") == way.value)
        self.order.setVisible(way not in _UNORDERED)
        self.order.setEnabled(way is not Way.GROUP)
        grouped = self.tr("Groups come largest first") if way is Way.GROUP else ""
        self.order.setToolTip(grouped or self.tr("Which come first"))
        if way in (Way.TAG, Way.GROUP):
            self.stack.setCurrentWidget(self.columns)
            if before is not way and self.by_tag.session.tag is not None:
                self.by_tag.reorder(self._order, way is Way.GROUP)
            elif self._listed and self.by_tag.session.tag is None:
                self.show_tag(self._wanted)
        elif way is Way.PHOTO:
            self.by_tag.session.stop() if before is not way else None
            self.stack.setCurrentWidget(self.by_photo)
            self.by_photo.open(self._order)
        else:
            room = self.clusters if way is Way.BROWSE else self.checking
            self.stack.setCurrentWidget(room)
            room.open()
        if way not in (Way.TAG, Way.GROUP):
            self._wanted = self.by_tag.name.accessibleName() or self._wanted
        self.way_changed.emit()
        self.focus_photos()
        self._say_progress()

    def focus_photos(self) -> None:
        """Give the keys to what is reviewed."""
        photos = {
            Way.PHOTO: self.by_photo.view,
            Way.BROWSE: self.clusters.wall,
            Way.CHECK: self.checking.wall,
        }
        photos.get(self.way, self.by_tag.wall).setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.focus_photos()

    def show_tag(self, tag: str | None) -> None:
        """Review this tag; without one the first that waits."""
        shown = self.tags.model.shown
        if tag is None and shown:
            tag = shown[0].tag
        self._wanted = tag
        self.tag_changed.emit(tag)
        if tag is not None:
            self.by_tag.open(tag, self._order, self.way is Way.GROUP)
            self.tags.mark(tag)
        else:
            self.by_tag.open(None, self._order, False)
            self.by_tag.say(self._nothing())
        self._say_progress()

    def show_photo(self, photo_id: int) -> None:
        """Look at one photo large, with all its suggestions."""
        self.show_way(Way.PHOTO)
        self.by_photo.open(self._order, photo_id)

    @property
    def tag(self) -> str | None:
        """The tag that is decided on."""
        return self.checking.tag if self.way is Way.CHECK else self.by_tag.session.tag

    @property
    def _order(self) -> Order:
        return Order(self.order.currentData())

    def _reorder(self) -> None:
        if self.way is Way.PHOTO:
            self.by_photo.open(self._order)
        elif self.by_tag.session.tag is not None:
            self.by_tag.reorder(self._order, self.way is Way.GROUP)
        self.focus_photos()

    # what waits

    def _changed(self, change: Change) -> None:
        waits = What.TAGS | What.SUGGESTIONS | What.PRESENCE
        if self.isVisible() and change.what & waits:
            self._lists.soon()

    def _listed_tags(self, tags: list[WaitingTag]) -> None:
        self._listed = True
        current = self.by_tag.session.tag
        self.tags.show_tags(tags, current or self._wanted)
        if self.way in (Way.TAG, Way.GROUP) and current is None and self.isVisible():
            self.show_tag(self._wanted)
        if self.way is Way.PHOTO and not self.by_photo.photos.rowCount() and not tags:
            self.by_photo.say(self._nothing())

    def _nothing(self) -> State:
        """Why no tag waits, and what can be done."""
        problem = self._library.model_problem
        back = Choice(self.tr("Back to the photos"), self.closed.emit, "photos", first=True)
        if problem:
            text = self.tr("{problem} Without it nothing is suggested; tags can be added by hand.")
            return State(
                "model", "model", self.tr("The model is missing"), text.format(problem=problem), (back,)
            )
        title = self.tr("Nothing waits for you")
        text = self.tr(
            "There is no suggestion that you have not decided on. New photos bring new ones as soon as "
            "the model has looked at them."
        )
        return State("nothing", "check", title, text, (back,))

    def _finished(self, tag: str) -> None:
        following = self.tags.next_of(tag)
        go = None
        if following is not None:
            text = self.tr("Go on with {tag}").format(tag=texts.one_line(following)).replace("&", "&&")
            go = Choice(text, lambda: self.show_tag(following), "forward", first=True)
        self.by_tag.page.show_state(self.by_tag.done_state(tag, following, go))
        self.by_tag.stack.setCurrentWidget(self.by_tag.page)
        if go is not None and self.by_tag.page.buttons:
            self.by_tag.page.buttons[0].setFocus()

    def _say_progress(self) -> None:
        if self.way is Way.PHOTO:
            self.progress.setText(self.by_photo.pace.text(self.by_photo.waiting))
        elif self.way is Way.BROWSE:
            self.progress.setText("")
        elif self.way is Way.CHECK:
            self.progress.setText(self.checking.progress)
        else:
            self.progress.setText(self.by_tag.pace.text(self.by_tag.session.waiting))

    def _photo_progress(self) -> None:
        if not self.by_photo.photos.rowCount():
            self.by_photo.say(self._nothing())
        self._say_progress()

    def _seeing(self, room: QWidget, ids: list[int]) -> None:
        """A room that is not at the front has nothing to say: its photos may come after it was left."""
        if room.isVisible():
            self._seen = list(ids)
            self._look.start()

    def _lead(self, tag: str | None) -> None:
        """In the panel beside, the tag that is checked stands first."""
        if self.way is Way.CHECK:
            self.tag_changed.emit(tag)

    # what the window's keys do

    def accept_shown(self, reject_others: bool = False) -> None:
        """What ``A`` does here: accept what is ticked."""
        if self.way is Way.PHOTO:
            self.by_photo.accept_shown(reject_others)
        elif self.way is Way.BROWSE:
            self.clusters.add_box.start()
        elif self.way is Way.CHECK:
            self.checking.settle(reject_others)
        else:
            self.by_tag.accept_ticked(reject_others)

    def decide(self, yes: bool) -> None:
        if self.way is Way.PHOTO:
            self.by_photo.decide(yes)
        elif self.way is Way.CHECK:
            self.checking.decide(yes)
        elif self.way is not Way.BROWSE:
            self.by_tag.decide(yes)

    def leave(self) -> None:
        if self.way is Way.PHOTO:
            self.by_photo.leave()
        elif self.way is Way.CHECK:
            self.checking.leave()
        elif self.way is not Way.BROWSE:
            self.by_tag.leave()

    def next_tag(self) -> None:
        """Go on with the next tag that waits."""
        if self.way is Way.CHECK:
            self.checking.next_tag()
            return
        following = self.tags.next_of(self.by_tag.session.tag)
        if self.way in (Way.TAG, Way.GROUP) and following is not None:
            self.show_tag(following)


def _orders() -> dict[Order, str]:
    translate = QCoreApplication.translate
    return {
        Order.CONFIDENCE: translate("Review", "Surest first"),
        Order.TEACHING: translate("Review", "Most useful first"),
        Order.DATE: translate("Review", "Newest first"),
        Order.FOLDER: translate("Review", "By folder"),
    }
