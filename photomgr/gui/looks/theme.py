"""Dark and light: two palettes for the Fusion style, following the system or the person's choice.

The photos are the colour and the frame is grey. Text stands out from its ground by at least 4.5:1
in both (WCAG 2.1, 1.4.3); a test computes it.
"""

from __future__ import annotations

import enum
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from photomgr.core.assets import resources_dir
from photomgr.gui.looks.icons import redress

_Role = QPalette.ColorRole
_Group = QPalette.ColorGroup

LIGHT: Final[dict[QPalette.ColorRole, str]] = {
    _Role.Window: "#f1f2f4",
    _Role.WindowText: "#1d1f23",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f6f7f9",
    _Role.Text: "#1d1f23",
    _Role.PlaceholderText: "#656a73",
    _Role.Button: "#e9ebee",
    _Role.ButtonText: "#1d1f23",
    _Role.BrightText: "#b3261e",
    _Role.ToolTipBase: "#2a2d33",
    _Role.ToolTipText: "#f4f5f7",
    _Role.Highlight: "#2a67c9",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#2a67c9",
    _Role.Link: "#1f5bbd",
    _Role.LinkVisited: "#6a3fa0",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e3e5e9",
    _Role.Mid: "#c9ccd2",
    _Role.Dark: "#a4a8b0",
    _Role.Shadow: "#70747c",
}
DARK: Final[dict[QPalette.ColorRole, str]] = {
    _Role.Window: "#26282c",
    _Role.WindowText: "#e7e9ec",
    _Role.Base: "#1b1d20",
    _Role.AlternateBase: "#212327",
    _Role.Text: "#e7e9ec",
    _Role.PlaceholderText: "#9a9fa8",
    _Role.Button: "#34373c",
    _Role.ButtonText: "#e7e9ec",
    _Role.BrightText: "#ff8a80",
    _Role.ToolTipBase: "#3a3d43",
    _Role.ToolTipText: "#f1f2f4",
    _Role.Highlight: "#2f6fd2",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#6ea4f5",
    _Role.Link: "#86b4f8",
    _Role.LinkVisited: "#c3a4ee",
    _Role.Light: "#4a4d54",
    _Role.Midlight: "#3b3e44",
    _Role.Mid: "#44474d",
    _Role.Dark: "#17181b",
    _Role.Shadow: "#0c0d0f",
}
_DISABLED: Final = {
    False: "#8b9099",
    True: "#777c85",
}
_SHEET: Final = """
QToolBar {{ border: 0; spacing: 4px; padding: 4px 6px; background: palette(window); }}
QToolBar QToolButton, QToolButton[flat="true"] {{ border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolBar QToolButton:hover, QToolButton[flat="true"]:hover {{ background: palette(midlight); }}
QToolBar QToolButton:pressed, QToolButton[flat="true"]:pressed {{ background: {pressed}; }}
QToolBar QToolButton:checked, QToolButton[flat="true"]:checked {{ background: palette(midlight); }}
QToolBar QToolButton:focus, QToolButton[flat="true"]:focus {{ border-color: {accent}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QSplitter::handle {{ background: {line}; }}
QStatusBar {{ border-top: 1px solid {line}; }}
QStatusBar::item {{ border: 0; }}
QCheckBox::indicator {{ width: 13px; height: 13px; }}
QCheckBox::indicator {{ border: 1px solid {edge}; border-radius: 3px; background: palette(base); }}
QCheckBox::indicator:checked {{ border-color: {box}; background: {box}; image: url("{tick}"); }}
QCheckBox::indicator:disabled {{ border-color: palette(mid); }}
QCheckBox::indicator:checked:disabled {{ background: palette(mid); }}
QTabWidget::pane {{ border: 0; border-top: 1px solid {line}; }}
QTabBar::tab {{ padding: 6px 12px 5px; border: 0; border-bottom: 2px solid transparent; }}
QTabBar::tab:hover {{ background: palette(midlight); }}
QTabBar::tab:selected {{ border-bottom-color: {accent}; }}
QTabBar::tab:selected:focus {{ background: palette(midlight); }}
QToolTip {{ padding: 3px 6px; }}
QScrollBar {{ background: transparent; border: 0; margin: 0; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {thumb}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 36px; }}
QScrollBar::handle:horizontal {{ min-width: 36px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: palette(placeholder-text); }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


class Choice(enum.StrEnum):
    """Which colours the person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def palette(dark: bool) -> QPalette:
    """The palette of one of the two colour schemes."""
    result = QPalette()
    for role, colour in (DARK if dark else LIGHT).items():
        result.setColor(role, QColor(colour))
    faint = QColor(_DISABLED[dark])
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        result.setColor(_Group.Disabled, role, faint)
    result.setColor(_Group.Disabled, _Role.Highlight, result.color(_Role.Mid))
    return result


class Theme(QObject):
    """Keeps the application in the colours of the system, or of the person's choice, live."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = Choice.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self._dark: bool | None = None
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow)
        self._follow()

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def dark(self) -> bool:
        return bool(self._dark)

    def choose(self, choice: Choice) -> None:
        self._choice = choice
        self._follow()

    def _follow(self) -> None:
        scheme = self._application.styleHints().colorScheme()
        dark = self._choice is Choice.DARK or (
            self._choice is Choice.SYSTEM and scheme is Qt.ColorScheme.Dark
        )
        if dark == self._dark:
            return
        self._dark = dark
        colours = palette(dark)
        self._application.setPalette(colours)
        self._application.setStyleSheet(
            _SHEET.format(
                accent=colours.color(_Role.Accent).name(),
                line=colours.color(_Role.Mid).name() if not dark else "#101113",
                box=colours.color(_Role.Highlight).name(),
                tick=(resources_dir() / "icons" / "ticked.svg").as_posix(),
                edge=colours.color(_Role.PlaceholderText).name(),
                thumb="#5f646d" if dark else "#9398a1",
                pressed=colours.color(_Role.Mid).name(),
            )
        )
        for window in self._application.topLevelWidgets():
            redress(window)
        self.changed.emit()
