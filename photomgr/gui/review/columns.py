"""What the ways of reviewing that choose from a list have in common: the list at the left, words over a wall beside."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QListView, QSplitter, QVBoxLayout, QWidget

from photomgr.gui.places.panel import RowDelegate


def chooser(model: QAbstractItemModel, name: str, parent: QWidget) -> QListView:
    """A list with icons and counts to choose from, ``name`` for who hears it."""
    view = QListView(parent)
    view.setModel(model)
    view.setItemDelegate(RowDelegate(parent))
    view.setUniformItemSizes(True)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setAccessibleName(name)
    view.viewport().setAutoFillBackground(False)
    return view


def beside(view: QListView, head: QWidget, wall: QWidget, parent: QWidget) -> QSplitter:
    """The list, and at its right the head over the wall."""
    right = QWidget(parent)
    column = QVBoxLayout(right)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(head)
    column.addWidget(wall, 1)
    columns = QSplitter(Qt.Orientation.Horizontal, parent)
    columns.setHandleWidth(1)
    columns.setChildrenCollapsible(False)
    columns.addWidget(view)
    columns.addWidget(right)
    columns.setStretchFactor(1, 1)
    columns.setSizes([220, 800])
    return columns


def faint(parent: QWidget) -> QLabel:
    """A line of text that stands back."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
