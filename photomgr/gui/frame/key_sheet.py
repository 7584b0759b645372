"""All keys on one sheet (`?`)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from photomgr.gui import actions

_COLUMNS = 2


class KeySheet(QDialog):
    """Made anew each time it is opened; Esc closes it. Not modal."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("All keys"))
        columns = QHBoxLayout(self)
        columns.setContentsMargins(24, 18, 24, 20)
        columns.setSpacing(40)
        groups = list(_rows().items())
        # Two columns of about the same height.
        total = sum(len(rows) + 2 for _, rows in groups)
        column, height = self._column(columns), 0
        for title, rows in groups:
            if height and height + len(rows) // 2 > total / _COLUMNS:
                column.addStretch(1)
                column, height = self._column(columns), -total
            column.addWidget(self._group(title, rows))
            height += len(rows) + 2
        column.addStretch(1)

    def _column(self, columns: QHBoxLayout) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(14)
        columns.addLayout(column)
        return column

    def _group(self, title: str, rows: list[tuple[str, str]]) -> QWidget:
        widget = QWidget(self)
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(4)
        head = QLabel(title, widget)
        font = head.font()
        font.setBold(True)
        head.setFont(font)
        grid.addWidget(head, 0, 0, 1, 2)
        for row, (keys, text) in enumerate(rows, start=1):
            key = QLabel(keys, widget)
            key.setTextFormat(Qt.TextFormat.PlainText)
            key.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            grid.addWidget(key, row, 0)
            grid.addWidget(QLabel(text, widget), row, 1)
        grid.setColumnMinimumWidth(0, 130)
        grid.setColumnStretch(1, 1)
        return widget


def _rows() -> dict[str, list[tuple[str, str]]]:
    """Group -> (keys, what), actions first, then what the widgets know themselves."""
    native = QKeySequence.SequenceFormat.NativeText
    found: dict[str, list[tuple[str, str]]] = {}
    for spec in actions.specs():
        if spec.keys and not spec.name.startswith(("rate_", "label_")):
            keys = "  ".join(QKeySequence(key).toString(native) for key in spec.keys)
            found.setdefault(spec.group, []).append((keys, spec.text.removesuffix("…")))
    for group, keys, text in [*actions.in_short(), *actions.elsewhere()]:
        found.setdefault(group, []).append((keys, text))
    return found
