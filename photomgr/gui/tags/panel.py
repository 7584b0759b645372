"""The right panel: what is decided and what is suggested for one photo or for hundreds, and all that a
person can do about it. It asks the library off the GUI thread and shows as decided what is committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from photomgr.core.query import quote
from photomgr.core.records import Change, What
from photomgr.gui.grid.tips import waits_for_reader
from photomgr.gui.looks.collapsible import Collapsible
from photomgr.gui.messages import Messages
from photomgr.gui.tags.add_box import AddBox
from photomgr.gui.tags.decider import Decider
from photomgr.gui.tags.describing import Describing
from photomgr.gui.tags.details import Details, History
from photomgr.gui.tags.facts import Facts, gather
from photomgr.gui.tags.head import PhotoHead
from photomgr.gui.tags.preview import Preview
from photomgr.gui.tags.rating_bar import LabelBar, StarBar
from photomgr.gui.tags.related_line import RelatedLine
from photomgr.gui.tags.suggestion_list import SuggestionList
from photomgr.gui.tags.suggestion_menu import SuggestionMenu
from photomgr.gui.tags.suggestion_row import SuggestionRow
from photomgr.gui.tags.tag_chips import ChipBox, RejectedBox
from photomgr.gui.tags.why import WhySheet
from photomgr.gui.threads.bridge import NOW, Bridge, Ticket

if TYPE_CHECKING:
    from photomgr.library import Library

_SHOWN = What.METADATA | What.TAGS | What.RATING | What.LABEL | What.SUGGESTIONS | What.PRESENCE | What.PHOTOS
_SHOWN |= What.TEXTS | What.WRITING

_SOON: Final = 15  # ms
_SETTLE: Final = 60


class TagPanel(QWidget):
    """``tag_clicked`` carries a query that finds the photos with a tag, ``review_wanted`` a tag to review,
    ``left`` follows when the keys are for the photos again."""

    tag_clicked = Signal(str)
    review_wanted = Signal(str)
    left = Signal()

    def __init__(
        self, library: Library, bridge: Bridge, messages: Messages, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._bridge = bridge
        self._ids: list[int] = []
        self._known: frozenset[int] = frozenset()
        self._facts = Facts(())
        self._asking: Ticket | None = None
        self._looked_for: frozenset[str] = frozenset()
        self._dirty = False  # something changed while the library was asked
        self._fresh = True  # what is shown is of ``_ids``
        self._later: list[Callable[[], None]] = []
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._ask)
        self.decider = Decider(library, bridge, messages, self)
        self.preview = Preview(library, bridge, self)
        self.head = PhotoHead(self)
        self.stars = StarBar(self)
        self.labels = LabelBar(self)
        self.texts = Describing(self)
        self.tags = ChipBox(self)
        self.related = RelatedLine(library, bridge, self)
        self.add_box = AddBox(library, bridge, self)
        self.suggestions = SuggestionList(self)
        self.rejected = RejectedBox(self)
        self.details = Details(self)
        self.history = History(self)
        self.why = WhySheet(library, bridge, self)
        self._build()
        self._connect()
        self._show(self._facts)

    # putting together

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Tags and details"))
        marks = QHBoxLayout()
        marks.addWidget(self.stars)
        marks.addStretch(1)
        marks.addWidget(self.labels)
        self._suggested = self._heading()
        self._suggested.setToolTip(
            self.tr("The surest come first, but a tag before those that it implies: salad before food.")
        )
        self._rejected = Collapsible("", self.rejected, parent=self)
        self._details = Collapsible(self.tr("Details"), self.details, parent=self)
        self._history = Collapsible(self.tr("History"), self.history, parent=self)
        self._body = QWidget(self)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.preview)
        column.addWidget(self.head)
        column.addLayout(marks)
        column.addWidget(self.texts)
        column.addSpacing(4)
        column.addWidget(self._heading(self.tr("Tags")))
        column.addWidget(self.tags)
        column.addWidget(self.related)
        column.addWidget(self.add_box)
        column.addSpacing(4)
        column.addWidget(self._suggested)
        for part in (self.suggestions, self._rejected, self._details, self._history):
            column.addWidget(part)
        column.addStretch(1)
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._body)
        self._nothing = QLabel(self.tr("Select photos to see and to decide their tags."), self)
        self._nothing.setTextFormat(Qt.TextFormat.PlainText)
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setMargin(28)  # a style sheet takes a label its contents margins away
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area)
        layout.addWidget(self._nothing)

    def _heading(self, text: str = "") -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        return label

    def _connect(self) -> None:
        self.stars.rated.connect(self.rate)
        self.labels.labelled.connect(self.set_label)
        self.texts.described.connect(self._describe)
        self.texts.left.connect(self.left)
        self.tags.clicked.connect(lambda tag: self.tag_clicked.emit(f"tag:{quote(tag)}"))
        self.tags.review_wanted.connect(self.review_wanted)
        self.tags.pointed.connect(self.related.show_for)
        self.suggestions.review_wanted.connect(self.review_wanted)
        self.add_box.wanted.connect(lambda tag: self.decider.add(tag, self._ids))
        for signal, write in (
            (self.tags.removed, self.decider.take_off),
            (self.tags.spread, self.decider.add),
            (self.suggestions.accepted, self.decider.accept_suggested),
            (self.suggestions.rejected, self.decider.reject_suggested),
            (self.suggestions.taken_back, self.decider.take_off),
            (self.rejected.accepted, self.decider.accept),
            (self.rejected.forgotten, self.decider.take_rejection_back),
        ):
            signal.connect(partial(self._decide, write))
        self.suggestions.why_wanted.connect(self._explain)
        self.why.closed.connect(self.suggestions.close_why)
        self.why.placed.connect(self.preview.show_place)
        self.suggestions.menu_wanted.connect(lambda tag, place: SuggestionMenu(self, tag).popup(place))
        self.decider.refused.connect(self._refresh)
        self.decider.saved.connect(self._saved)
        self._bridge.changes.connect(self._changed)

    # which photos

    @property
    def ids(self) -> list[int]:
        return list(self._ids)

    @property
    def facts(self) -> Facts:
        """What is shown now."""
        return self._facts

    def set_photos(self, ids: Sequence[int]) -> None:
        """Show these photos; the same ones again cost nothing."""
        if list(ids) == self._ids:
            return
        self.texts.finish()
        self._ids = list(ids)
        self._known = frozenset(self._ids)
        self._fresh = False
        self._later.clear()
        self._drop()
        self.add_box.clear()
        self.suggestions.begin()
        self.close_why()
        self.preview.show_photos(self._ids)
        if len(self._ids) > 1 and self._facts.ids:
            self._again.start(_SETTLE)  # a band or Shift+arrows may still be growing the selection
        else:
            self._ask()

    def look_for(self, tags: frozenset[str]) -> None:
        """The tags that the search is about (``query.asked_for``): the keys decide on them first."""
        if tags != self._looked_for:
            self._looked_for = tags
            self.suggestions.begin()
            self._again.start()

    def _drop(self) -> None:
        self._again.stop()
        self._dirty = False
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _ask(self) -> None:
        if self._asking is not None:  # of very many photos it takes a while: let it end, then ask again
            self._dirty = True
            return
        if not self._ids:
            self._show(Facts(()))
            return
        ids = tuple(self._ids)
        self._asking = self._bridge.call(
            partial(gather, self._library, ids, self._looked_for),
            self._gathered,
            self._not_gathered,
            priority=NOW,
        )

    def _gathered(self, facts: Facts) -> None:
        self._asking = None
        self._fresh = True
        self._show(facts)
        if self._dirty:
            self._dirty = False
            self._refresh()
        later, self._later = self._later, []
        for press in later:
            press()

    def _not_gathered(self, error: BaseException) -> None:
        self._asking = None
        self._later.clear()
        self._bridge.failed.emit(error)

    def _saved(self, change: Change) -> None:
        if not change.what:  # nothing was to be done: nobody hears of it, but pending signs must go
            self._refresh()

    def _refresh(self) -> None:
        """Soon, and once for several changes."""
        if not self._again.isActive():
            self._again.start(_SOON)

    def _changed(self, change: Change) -> None:
        if change.what & _SHOWN and (not change.photos or not self._known.isdisjoint(change.photos)):
            self._refresh()
            if change.what & What.METADATA:  # the file itself may be another one now
                self.preview.show_photos(self._ids, anew=True)

    # showing

    @property
    def locked(self) -> str:
        """Why nothing can be decided; empty when it can."""
        if self._library.read_only:
            return self.tr("The library is open read-only: nothing can be changed.")
        return ""

    def _show(self, facts: Facts) -> None:
        self._facts = facts
        some = bool(facts.ids)
        self.area.setVisible(some)
        self._nothing.setVisible(not some)
        if not some:
            return
        locked = self.locked
        self.head.show_facts(facts)
        self.stars.show_stars(facts.rating, locked)
        self.labels.show_label(facts.label, locked)
        self.texts.show_facts(facts, locked)
        self.tags.show_facts(facts, locked)
        self.related.setVisible(bool(facts.decided))
        self.add_box.lock(locked)
        self.suggestions.show_facts(facts, locked, self._why_none(facts))
        count = self.suggestions.open_count
        self._suggested.setText(self.tr("Suggested ({n})").format(n=count) if count else self.tr("Suggested"))
        self.rejected.show_facts(facts, locked)
        self._rejected.setVisible(bool(facts.rejected))
        self._rejected.set_title(self.tr("Rejected ({n})").format(n=len(facts.rejected)))
        self.details.show_photo(facts.photo, facts.taken)
        self._details.setVisible(facts.photo is not None)
        self.history.show_verdicts(facts.history)
        self._history.setVisible(bool(facts.history))

    def _why_none(self, facts: Facts) -> str:
        if self._library.model_problem:
            return self._library.model_problem
        if facts.photo is not None and waits_for_reader(facts.photo):
            return self.tr("What is not shown yet gets no suggestions.")
        if facts.photo is not None and facts.photo.problem:
            return self.tr("A photo that cannot be read gets no suggestions.")
        if facts.decided or facts.rejected:
            return self.tr("No more suggestions.")
        return self.tr("No suggestions yet.")

    def _decide(self, write: Callable[[str, Sequence[int]], None], tag: str) -> None:
        """Of the photos that are shown; a click into what still shows others is not meant for these."""
        if self._fresh:
            write(tag, self._ids)

    def _describe(self, field: str, text: str) -> None:
        if self._fresh and self._ids:
            self.decider.describe(field, text, self._ids)

    def show_suggested(self, tag: str) -> None:
        """Search for the photos for which a tag is suggested."""
        self.tag_clicked.emit(f"maybe:{quote(tag)}")

    # what the window's keys do

    def _press(self, press: Callable[[], None]) -> None:
        """A hand may be faster than the library: a key waits until these photos' suggestions are shown."""
        if self._fresh:
            press()
        elif self._ids:
            self._later.append(press)

    def accept_current(self) -> None:
        """Accept the highlighted suggestion and go to the next."""
        self._press(self.suggestions.accept_current)

    def reject_current(self) -> None:
        self._press(self.suggestions.reject_current)

    def leave_current(self) -> None:
        """Leave the highlighted suggestion undecided and go to the next."""
        self._press(self.suggestions.step)

    def toggle_suggestion(self, number: int) -> None:
        """The n-th suggestion, from 1: accept it, or take that back."""
        self._press(partial(self.suggestions.toggle, number))

    def explain_current(self) -> None:
        """Show why the highlighted suggestion is made, or no more."""
        self._press(self.suggestions.explain_current)

    def close_why(self) -> bool:
        """Show no reasons any more; True when some were shown."""
        return self.suggestions.close_why()

    def _explain(self, row: SuggestionRow | None) -> None:
        if row is None or len(self._ids) != 1:
            self.why.dismiss()
        else:
            self.why.ask(self._ids[0], row.tag, row)

    def focus_add(self) -> None:
        """Take the keyboard to add a tag."""
        if self._ids:
            self.add_box.start()
            self.area.ensureWidgetVisible(self.add_box)

    def rate(self, stars: int) -> None:
        """0 to 5 stars for all photos shown."""
        if self._ids:
            self.decider.rate(stars, self._ids)

    def set_label(self, colour: str | None) -> None:
        """A label colour for all photos shown, None for none."""
        if self._ids:
            self.decider.label(colour, self._ids)
