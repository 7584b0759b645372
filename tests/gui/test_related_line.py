"""The panel names the words that lie near a decided tag."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication

from .test_tag_panel import Stand, stand  # noqa: F401


def test_the_tag_under_the_pointer_has_related_words(stand: Stand) -> None:  # noqa: F811
    photo = stand.ids[3]
    stand.library.accept("beach", [photo])
    stand.show(photo)
    stand.wait(lambda: "beach" in stand.chips())
    line = stand.panel.related
    height = line.height()
    assert line.isVisible() and line.text() == ""
    chip = stand.chip("beach")
    centre = QPointF(chip.rect().center())
    QApplication.sendEvent(chip, QEnterEvent(centre, centre, QPointF(chip.mapToGlobal(centre))))
    stand.wait(lambda: bool(line.text()))
    assert line.text() == "Related: " + ", ".join(stand.library.words.related("beach"))
    assert line.height() == height
    QApplication.sendEvent(chip, QEvent(QEvent.Type.Leave))
    assert line.text() == ""


def test_a_tag_without_near_words_has_none(stand: Stand) -> None:  # noqa: F811
    stand.panel.related.show_for("<b>floofle</b>")
    stand.wait(lambda: stand.panel.related._asking is None)
    assert stand.panel.related.text() == ""
