"""The settings, made from their declarations: each takes effect when it is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from photomgr.core.settings import SETTINGS, Setting, Settings

_ELSEWHERE: Final = frozenset(
    {"thumbnail_size", "read_only", "visual", "variety"}
)  # they have a control of their own in the window


def _words(text: str) -> str:
    return QCoreApplication.translate("Settings", text)


class SettingsPage(QDialog):
    """``wanted`` carries (name, value) of a setting that the person changed."""

    wanted = Signal(str, object)

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self.controls: dict[str, QWidget] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for row, setting in enumerate(each for name, each in SETTINGS.items() if name not in _ELSEWHERE):
            self._line(grid, row, setting, settings.get(setting.name))
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        note = QLabel(self.tr("Changes take effect at once."), self)
        note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(14)
        self.running = QLabel(self)
        self.running.setTextFormat(Qt.TextFormat.PlainText)
        self.running.setWordWrap(True)
        self.running.hide()
        layout.addLayout(grid)
        self.networks = QPushButton(self.tr("Networks…"), self)
        below = QHBoxLayout()
        below.addWidget(self.networks)
        below.addStretch(1)
        below.addWidget(close)
        layout.addWidget(self.running)
        layout.addWidget(note)
        layout.addLayout(below)

    def show_running(self, running: str, note: str = "") -> None:
        """Say what the networks really run on, and why on nothing else."""
        text = self.tr("The networks run on: {provider}.").format(provider=_choice(running))
        self.running.setText(f"{text} {note}" if note else text)
        self.running.show()

    def show_choice(self, name: str, value: str) -> None:
        """What holds now, where the person's choice needed an answer first."""
        control = self.controls[name]
        if isinstance(control, QComboBox):
            control.setCurrentIndex(control.findData(value))

    def _line(self, grid: QGridLayout, row: int, setting: Setting, value: Any) -> None:
        if isinstance(setting.default, bool):
            box = QCheckBox(_words(setting.help), self)
            box.setChecked(value)
            box.toggled.connect(self._teller(setting.name))
            grid.addWidget(box, row, 0, 1, 2)
            self.controls[setting.name] = box
            return
        label = QLabel(_words(setting.help), self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if setting.choices:
            control: QWidget = self._chooser(setting, value)
        elif isinstance(setting.default, float):
            control = self._share(setting, value)
        elif isinstance(setting.default, str):
            control = self._text(setting, value)
        else:
            control = self._number(setting, value)
        label.setBuddy(control)
        control.setAccessibleName(_words(setting.help))
        grid.addWidget(label, row, 0)
        grid.addWidget(control, row, 1)
        self.controls[setting.name] = control

    def _chooser(self, setting: Setting, value: Any) -> QComboBox:
        box = QComboBox(self)
        for choice in setting.choices:
            box.addItem(_choice(choice), choice)
        box.setCurrentIndex(setting.choices.index(value))
        tell = self._teller(setting.name)
        box.activated.connect(lambda index: tell(box.itemData(index)))
        return box

    def _text(self, setting: Setting, value: str) -> QLineEdit:
        line = QLineEdit(value, self)
        line.editingFinished.connect(lambda: self.wanted.emit(setting.name, line.text().strip()))
        return line

    def _share(self, setting: Setting, value: float) -> QDoubleSpinBox:
        """A share in [0, 1], shown in percent."""
        box = QDoubleSpinBox(self)
        box.setDecimals(1)
        box.setRange(100 * (setting.low or 0.0), 100 * (setting.high or 1.0))
        box.setSuffix(" %")
        box.setValue(100 * value)
        box.setKeyboardTracking(False)
        tell = self._teller(setting.name)
        box.valueChanged.connect(lambda percent: tell(round(percent / 100, 4)))
        return box

    def _number(self, setting: Setting, value: Any) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(int(setting.low or 0), int(setting.high or 1_000_000))
        box.setValue(value)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(self._teller(setting.name))
        return box

    def _teller(self, name: str) -> Callable[[object], None]:
        return lambda value: self.wanted.emit(name, value)


def _choice(name: str) -> str:
    translate = QCoreApplication.translate
    known = {
        "system": translate("Settings", "As the system"),
        "light": translate("Settings", "Light"),
        "dark": translate("Settings", "Dark"),
        "auto": translate("Settings", "The fastest that works"),
        "cpu": translate("Settings", "Processor"),
        "cuda": "CUDA (Nvidia)",
        "openvino": "OpenVINO (Intel)",
        "coreml": "Core ML (Apple)",
        "directml": "DirectML (Windows)",
        "never": translate("Settings", "Nowhere"),
        "sidecar": translate("Settings", "Into sidecars"),
        "file": translate("Settings", "Into the photo files"),
        "tags": translate("Settings", "Its tags"),
        "inbox": translate("Settings", "A place in the inbox"),
    }
    return known.get(name, name)
