"""How many photos that only look like a search follow its exact hits, and whether they are varied."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from photomgr.core.errors import QueryError
from photomgr.core.query import Flag, Listed, leaves, parse
from photomgr.gui.looks.icons import dress
from photomgr.library.finding import AMOUNTS, phrase_of

_OFF: Final = Flag("visual", "off")
_PAUSE: Final = 120  # milliseconds in which the slider may still move


def looks_matter(query: str) -> tuple[bool, bool]:
    """Whether a search can find photos by their looks (the amount matters), and whether it asks for alike ones
    (only their variety does). ``visual:off`` counts as the first: the slider then says why it stands at none."""
    try:
        terms = [leaf for leaf, negated in leaves(parse(query).node) if not negated]
    except QueryError:
        return False, False
    alike = any(isinstance(leaf, Listed) and leaf.field == "similar" for leaf in terms)
    return not alike and (_OFF in terms or phrase_of(query) is not None), alike


def is_switched_off(query: str) -> bool:
    """Whether ``visual:off`` stands in a search."""
    try:
        return any(leaf == _OFF for leaf, _ in leaves(parse(query).node))
    except QueryError:
        return False


class LooksAmount(QWidget):
    """A slider from none to many, and a switch. ``wanted`` carries (setting, value) that the person chose."""

    wanted = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label = QLabel(self.tr("Looks like it"), self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, len(AMOUNTS) - 1)
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setFixedWidth(72)
        self.slider.setAccessibleName(self.tr("How many photos that only look like it"))
        self.label.setBuddy(self.slider)
        self.switch = QToolButton(self)
        self.switch.setText(self.tr("Varied"))
        self.switch.setCheckable(True)
        self.switch.setProperty("flat", True)
        self.switch.setIconSize(QSize(16, 16))
        self.switch.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        dress(self.switch, "photos")
        self.switch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.switch.setToolTip(
            self.tr(
                "Spread what looks like it, so that it does not begin with one burst; off: the most alike first"
            )
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for part in (self.label, self.slider, self.switch):
            layout.addWidget(part)
        self._rest = QTimer(self, singleShot=True, interval=_PAUSE)
        self._rest.timeout.connect(lambda: self.wanted.emit("visual", self.slider.value()))
        self.slider.valueChanged.connect(self._slid)
        self.switch.clicked.connect(lambda on: self.wanted.emit("variety", on))
        self.hide()

    def show_settings(self, amount: int, varied: bool) -> None:
        """Show what is set, without asking for it."""
        self.slider.blockSignals(True)
        self.slider.setValue(amount)
        self.slider.blockSignals(False)
        self.switch.setChecked(varied)
        self._name(amount)

    def show_query(self, query: str, amount: int) -> None:
        """Be there where it matters for a search. ``visual:off`` in its text holds the slider at none."""
        amount = self.slider.value() if self._rest.isActive() else amount
        counts, alike = looks_matter(query)
        off = is_switched_off(query)
        self.setVisible(counts or alike)
        self.label.setVisible(counts)
        self.slider.setVisible(counts)
        self.slider.setEnabled(not off)
        self.switch.setEnabled(not off)
        self.show_settings(0 if off else amount, self.switch.isChecked())

    def _slid(self, amount: int) -> None:
        self._name(amount)
        self._rest.start()

    def _name(self, amount: int) -> None:
        said = (self.tr("none"), self.tr("only the surest"), self.tr("as usual"), self.tr("many"))[amount]
        tip = self.tr("Photos that only look like it: {amount}").format(amount=said)
        if not self.slider.isEnabled():
            tip = self.tr("visual:off in the search leaves out what only looks like it")
        self.slider.setToolTip(tip)
        self.slider.setAccessibleDescription(tip)
