"""What can be said of a suggestion by the right button: how far a refusal goes, and what it may do by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from photomgr.gui.looks.icons import icon

if TYPE_CHECKING:
    from photomgr.gui.tags.panel import TagPanel


class SuggestionMenu(QMenu):
    """The context menu of a suggestion of the photos in the panel; it goes away by itself."""

    def __init__(self, panel: TagPanel, tag: str) -> None:
        super().__init__(panel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        decide, ids = panel.decider, panel.ids
        name = tag.replace("\n", " ").replace("&", "&&")
        accept = self.addAction(icon("check"), self.tr("Accept"), partial(decide.accept_suggested, tag, ids))
        reject = self.addAction(icon("clear"), self.tr("Reject"), partial(decide.reject_suggested, tag, ids))
        alike = self.addAction(
            self.tr("Reject, for look-alikes too"), partial(decide.reject_lookalikes, tag, ids)
        )
        never = self.addAction(
            self.tr("Never suggest “{tag}” anywhere").format(tag=name),
            partial(decide.never_suggest, tag, ids),
        )
        self.addSeparator()
        itself = self.addAction(
            self.tr("Accept “{tag}” by itself where it is sure").format(tag=name),
            partial(decide.set_automatic, tag, True),
        )
        self.addSeparator()
        review = panel.suggestions.review_wanted
        self.addAction(self.tr("Review where it is suggested"), partial(review.emit, tag))
        self.addAction(
            icon("search"), self.tr("Show what it is suggested for"), partial(panel.show_suggested, tag)
        )
        for action in (accept, reject, alike, never, itself):
            action.setEnabled(not panel.locked)
